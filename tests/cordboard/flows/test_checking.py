"""Everything wrong with menus: with its line and column, told once, with a cure; of good menus nothing."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from cordboard.documents import flow_of, read_company_files
from cordboard.flows.checking import Finding, findings, findings_of
from cordboard.flows.subject import Subject, lengths_in, read_subject
from cordboard.flows.trial import unmeasured
from cordboard.provisioning.sounds import Library
from kit.switch import REPOSITORY, installation

TODAY = date(2026, 11, 22)
GUIDE = (REPOSITORY / "docs/flows.md").read_text(encoding="utf-8")
FIRST = re.search(r"```yaml\n(# company.yaml.*?)```", GUIDE, re.DOTALL)
WELCOME, AGAIN = re.findall(r"(?:welcome|again): {en: ({.*?})}", FIRST[1] if FIRST else "")


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(installation().data / "sounds")


def found(folder: Path, text: str, library: Library | None = None) -> list[Finding]:
    path = folder / "company.yaml"
    path.write_text(text, encoding="utf-8")
    return findings_of(read_company_files([path], TODAY), library, TODAY)


def changed(*pairs: tuple[str, str]) -> str:
    assert FIRST is not None
    text = FIRST[1]
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_nothing_is_wrong_with_the_guides_first_menu(tmp_path: Path, library: Library) -> None:
    assert found(tmp_path, changed(), library) == []
    assert found(tmp_path, changed()) == []


def test_the_demo_has_what_it_means_to_have(library: Library) -> None:
    subject, _ = read_subject([REPOSITORY / "demo/company.yaml"], TODAY)
    assert subject is not None
    assert [(each.path, each.is_warning) for each in findings(subject, library, TODAY)] == [
        ("hours.always", True),
        ("hours.never", True),
    ]


@pytest.mark.parametrize(
    ("old", "new", "path", "words", "is_warning"),
    [
        ('"1": {queue: sales}', '"1": {queue: sale}', "menus.main.keys.1.queue", 'no queue "sale"', False),
        ('"2": {person: amel}', '"12": hangup\n      "1": hangup', "menus.main.keys.1", "is how 12 begins", False),
        ("then: {queue: sales}}", "then: repeat}", "menus.main", "presses nothing comes back here for ever", False),
        ("prompt: welcome", "prompt: welcme", "menus.main.prompt", 'no prompt "welcme"', False),
        ('days: mon-fri, from: "09:00"', 'days: mon-fri, from: "19:00"', "hours.office.open[0]", "ends before", False),
        ("[{days: mon-fri, from: \"09:00\", to: \"18:00\"}]", "[]", "hours.office", "no time is open", True),
        (AGAIN, "[hello, no-such-sound]", "prompts.again.en", "no-such-sound", True),
        (AGAIN, "[no-such-sound]", "prompts.again.en", "no sound no-such-sound", False),
        (WELCOME, "[demo-congrats, hello]", "prompts.welcome", "longer than callers listen", True),
        ("tries: 2, then", "tries: 1, then", "", "", True),
        ('"9": repeat', '"9": {message: closed}', "", "", True),
        ("sales, press 1.", "sales, press 1. For the moon, press 7.", "menus.main.keys", "has no key 7", True),
        ('"9": repeat', '"9": repeat\n      "5": {queue: sales}', "menus.main.keys.5", "nobody knows of it", True),
        ("hours: {office", 'x: {y', "x", '"x" is not known', False),
    ],
)  # fmt: skip
def test_each_problem_has_its_place_and_a_cure(
    tmp_path: Path, library: Library, old: str, new: str, path: str, words: str, is_warning: bool
) -> None:
    text = changed((old, new)) if '"12"' not in new else changed(('"1": {queue: sales}\n      ', ""), (old, new))
    problems = found(tmp_path, text, library)
    if not path:
        assert problems == []
        return
    (problem,) = [each for each in problems if each.path == path and words in each.what]
    assert problem.is_warning == is_warning
    assert problem.cure
    lines = text.splitlines()
    key = re.split(r"[.\[]", path)[-1].rstrip("]")
    written = lines[problem.line - 1][problem.column - 1 :]
    assert problem.line > 1
    assert written.startswith((key, f'"{key}"', "{", "[")), written
    assert str(problem).startswith(f"{tmp_path}/company.yaml:{problem.line}:{problem.column}: ")


def test_the_same_is_told_once(tmp_path: Path, library: Library) -> None:
    orphan = "  lost: {name: L, prompt: welcome, keys: {'1': repeat}, no_input: {tries: 1, then: hangup},"
    orphan += " wrong_input: {tries: 1, then: hangup}}\ndids:\n"
    problems = found(
        tmp_path, changed(("dids:\n", orphan), ("messages: {", "messages: {gone: {en: [hello]}, ")), library
    )
    assert [(each.path, each.what) for each in problems] == [
        ("messages.gone", "no call ever comes here"),
        ("menus.lost", "no call ever comes here"),
    ]


def test_a_stored_company_has_no_lines_and_errors_first(tmp_path: Path, library: Library) -> None:
    subject, _ = read_subject([REPOSITORY / "demo/company.yaml"], TODAY)
    assert subject is not None
    stored = Subject(subject.company, flow_of(subject.company, TODAY), 3)
    problems = findings(stored, library, TODAY)
    assert [str(each).partition(":")[0] for each in problems] == ["warning", "warning"]
    assert {each.line for each in problems} == {0}


def test_lengths_are_true_where_sounds_are(library: Library) -> None:
    lengths = lengths_in(library)
    assert lengths("no-such-sound", "en") is None
    assert (lengths("demo-congrats", "en") or 0) > 25
    assert lengths_in(None) is unmeasured
