"""The commands about menus: what they print, and their exit statuses, of files and of the stored company."""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cordboard.cli import typist
from cordboard.documents import flow_of, read_company_file
from cordboard.flows.errors import FlowsError
from cordboard.flows.telling import Teller
from cordboard.settings import SettingsError
from kit.command import cordboard, done
from kit.switch import REPOSITORY

DEMO = str(REPOSITORY / "demo/company.yaml")
AT = ("--at", "2026-11-23 10:00")
TESTS = """\
cordboard: 1
tests:
  it: {to: "+33199000002", at: "2026-11-23 10:00", press: "1", ends: {queue: QUEUE}}
"""


@pytest.fixture(autouse=True)
def home(bare_home: Path) -> Path:
    return bare_home


def file_of_tests(folder: Path, queue: str) -> str:
    path = folder / f"{queue}.yaml"
    path.write_text(TESTS.replace("QUEUE", queue), encoding="utf-8")
    return str(path)


def test_a_call_from_a_file_without_any_home() -> None:
    told = done("flow", "simulate", DEMO, "--to", "main", *AT, "--press", "2 wait 1", "--ready", "dan")
    assert "menu english (English)" in told
    assert "Ends in queue billing-en after" in told
    assert "first offered to Dan" in told
    told = json.loads(done("flow", "simulate", DEMO, "--to", "main", *AT, "--press", "4", "--json"))
    assert told["end"]["id"] == "opening-hours"


def test_now_and_silence_are_what_nobody_said() -> None:
    assert "Ends in queue billing-fr" in done("flow", "simulate", DEMO, "--to", "main")


def test_every_path_and_who_reaches(tmp_path: Path) -> None:
    told = done("flow", "simulate", DEMO, *AT, "--exhaustive")
    assert "+33199000002 at Mon 2026-11-23 10:00 press '2 2': did.office open > accueil key 2 > english key 2" in told
    assert "never taken: did.main closed" in told
    told = done("flow", "simulate", DEMO, *AT, "--exhaustive", "--from", "+33612345678")
    assert "+33199000002 at Mon 2026-11-23 10:00 from +33612345678 press '2 2': did.office open" in told
    told = done("flow", "simulate", DEMO, *AT, "--exhaustive", "--depth", "1")
    assert "--depth 2 goes on" in told
    assert "paths to 201, through 4 menus at most." in done("flow", "simulate", DEMO, *AT, "--who-reaches", "201")
    found = json.loads(done("flow", "simulate", DEMO, *AT, "--who-reaches", "support", "--to", "english", "--json"))
    assert {path["press"] for path in found["paths"]} == {"2"}
    covered = json.loads(done("flow", "simulate", DEMO, *AT, "--exhaustive", "--json"))["coverage"]
    assert covered["is_whole"]


def test_what_paths_took_is_drawn(tmp_path: Path) -> None:
    def drawn(*words: str) -> tuple[int, list[str]]:
        told = done("flow", "simulate", DEMO, *AT, "--exhaustive", *words, "-o", str(tmp_path / "c.svg"), "--json")
        texts = ElementTree.parse(tmp_path / "c.svg").iter("{http://www.w3.org/2000/svg}text")
        return len(json.loads(told)["paths"]), [each.text or "" for each in texts]

    paths, words = drawn()
    assert any(each.startswith(f"{paths} paths · ") for each in words)
    fewer, few = drawn("--to", "main", "--depth", "1")
    assert any(each.startswith(f"{fewer} paths, not all that there are") for each in few)
    assert 0 < words.count("never") < few.count("never")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--to", "nowhere"), "no DID 'nowhere'; there is +33199000001"),
        ((), "say which number is called"),
        (("--to", "main", "--press", "2 dance"), "--press: word 2, 'dance'"),
        (("--to", "main", "--at", "tomorrow"), "--at: 'tomorrow' is not a moment"),
        (("--to", "main", "--ready", "amel,nobody"), "nobody has the id 'nobody'"),
        (("--who-reaches", "999"), "'999' is no extension"),
        (("--output", "coverage.svg"), "the picture is of --exhaustive"),
        (("--output", "coverage.svg", "--exhaustive", "--who-reaches", "201"), "the picture is of --exhaustive"),
    ],
)
def test_what_cannot_be_is_said(words: tuple[str, ...], told: str) -> None:
    result = cordboard("flow", "simulate", DEMO, *words)
    assert isinstance(result.exception, FlowsError | SettingsError)
    assert told in str(result.exception)


def test_keys_are_asked_for_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    typed: Iterator[str] = iter(["w", "x", "21"])
    monkeypatch.setattr("builtins.input", lambda question: next(typed))
    monkeypatch.setattr(typist, "_is_at_a_terminal", lambda: True)
    told = done("flow", "simulate", DEMO, "--to", "main", *AT)
    assert "says nothing for 5 s" in told
    assert "those are no keys" in told
    assert "Ends in queue billing-en" in told
    monkeypatch.setattr("builtins.input", lambda question: "h")
    assert "Ends: the caller hangs up" in done("flow", "simulate", DEMO, "--to", "main", *AT)


def test_a_terminal_is_told_that_lines_end_with_enter(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def hang_up(question: str) -> str:
        asked.append(question)
        return "h"

    monkeypatch.setattr("builtins.input", hang_up)
    monkeypatch.setattr(typist, "_is_at_a_terminal", lambda: True)
    done("flow", "simulate", DEMO, "--to", "main", *AT)
    assert asked
    assert all("then Enter" in question for question in asked)


def test_keys_are_piped_in_line_by_line() -> None:
    call = ("flow", "simulate", DEMO, "--to", "main", *AT)
    told = done(*call, piped="7\nw\n21\n")
    assert "presses 7" in told
    assert "says nothing for 5 s" in told
    assert "Ends in queue billing-en" in told
    assert json.loads(done(*call, "--json", piped="4\n"))["end"]["id"] == "opening-hours"
    assert "Ends: the caller hangs up" in done(*call, piped="h")
    assert "Ends in queue billing-fr" in done(*call, piped="w\n"), "nothing more is pressed behind the last line"
    refused = cordboard(*call, piped="7\nseven\n").exception
    assert isinstance(refused, SettingsError)
    assert "line 2 of what is piped in: those are no keys" in str(refused)


def test_the_seconds_of_what_is_left_are_piped_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("5s\n\nlong\n"))
    company = read_company_file(Path(DEMO), date(2026, 11, 22)).accepted()
    caller = typist.typist_for(Teller(company, flow_of(company, date(2026, 11, 22))), as_json=False)
    assert caller is not None
    assert [caller.at_tone(10.0), caller.at_tone(10.0)] == [15.0, 10.0]
    with pytest.raises(SettingsError, match=r"line 3 .* no seconds"):
        caller.at_tone(10.0)


def test_words_are_asked_for_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda question: "say:opening hours")
    monkeypatch.setattr(typist, "_is_at_a_terminal", lambda: True)
    told = done("flow", "simulate", str(REPOSITORY / "tests/kit/heard.yaml"), *AT)
    assert "says “opening hours”" in told
    assert "-> step hours" in told


def test_check_tells_places_and_ends_with_1_for_an_error(tmp_path: Path) -> None:
    words = done("flow", "check", DEMO)
    assert f"{DEMO}:65:3: warning: hours.always: no time is closed" in words
    assert "0 errors, 2 warnings." in words
    bad = tmp_path / "bad.yaml"
    bad.write_text(Path(DEMO).read_text(encoding="utf-8").replace('"9": repeat', '"9": {menu: nowhere}', 1))
    assert "1 error, " in done("flow", "check", str(bad), status=1)
    (found,) = [
        each for each in json.loads(done("flow", "check", str(bad), "--json", status=1)) if not each["is_warning"]
    ]
    assert (found["path"], found["column"]) == ("menus.accueil.keys.9.menu", 13)


def test_tests_pass_or_fail_with_the_path_that_was_taken(tmp_path: Path) -> None:
    assert "1 test, 0 failed." in done("flow", "test", DEMO, file_of_tests(tmp_path, "billing-fr"))
    told = done("flow", "test", DEMO, file_of_tests(tmp_path, "support"), status=1)
    assert "FAILED  it" in told
    assert "the call went: did.office open > accueil key 1 > queue billing-fr" in told
    (found,) = json.loads(done("flow", "test", DEMO, file_of_tests(tmp_path, "support"), "--json", status=1))
    assert not found["has_passed"]
    assert "no queue" in cordboard("flow", "test", DEMO, file_of_tests(tmp_path, "nowhere")).output


def test_the_picture_is_printed_or_written(tmp_path: Path) -> None:
    ElementTree.fromstring(done("flow", "picture", DEMO))
    assert done("flow", "picture", DEMO, "-o", str(tmp_path / "menus.svg")) == ""
    ElementTree.fromstring((tmp_path / "menus.svg").read_text(encoding="utf-8"))


def test_the_stored_company_and_what_keeps_an_import_back(home: Path, tmp_path: Path) -> None:
    done("init")
    refused = cordboard("import", DEMO, file_of_tests(tmp_path, "support"))
    assert refused.exit_code == 1
    assert "tests.it: fails: is to end in queue support" in refused.output
    assert "--skip-tests" in refused.output
    assert "nothing was stored" in refused.output
    assert cordboard("import", DEMO, file_of_tests(tmp_path, "support"), "--dry-run").exit_code == 1
    assert "revision 1" in done("import", DEMO, file_of_tests(tmp_path, "support"), "--skip-tests")
    assert "nothing differs" in done("import", DEMO, file_of_tests(tmp_path, "billing-fr"))
    assert "tests" not in done("export")
    assert "Ends in queue support" in done("flow", "simulate", "--to", "main", *AT, "--press", "3")
    assert "hours.always: no time is closed" in done("flow", "check")
    assert "1 test, 1 failed." in done(
        "flow", "test", file_of_tests(tmp_path, "support"), "--company", "acme", status=1
    )
    assert "no queue" in cordboard("flow", "test", file_of_tests(tmp_path, "nowhere"), "--company", "acme").output
    ElementTree.fromstring(done("flow", "picture"))


def test_prompts_are_saved_to_be_listened_to(tmp_path: Path) -> None:
    done("flow", "prompts", DEMO, "--save", str(tmp_path / "hear"))
    saved = {path.name: path for path in (tmp_path / "hear").iterdir()}
    # Asterisk's own sounds are not to be found here.
    assert set(saved) == {
        f"prompt-{name}.{language}.wav" for name in ("welcome", "english-welcome") for language in ("fr", "en")
    }
    with wave.open(str(saved["prompt-welcome.fr.wav"]), "rb") as file:
        assert file.getframerate() == 8000
        assert file.getnframes() / file.getframerate() > 5


def test_what_prompts_say_and_whether_they_are_made(home: Path, tmp_path: Path) -> None:
    told = json.loads(done("flow", "prompts", DEMO, "--json"))
    (welcome,) = [each for each in told if (each["id"], each["language"]) == ("welcome", "en")]
    assert welcome["says"].startswith('"Welcome to Acme Conseil. Billing, press 1.')
    assert (welcome["kind"], welcome["made"], welcome["fault"]) == ("prompt", "missing", "")
    assert welcome["seconds"] > 5
    assert [each["made"] for each in told if each["id"] in ("again", "closed")] == [""] * 4
    done("init")
    done("import", DEMO)
    assert {each["made"] for each in json.loads(done("flow", "prompts", "--json"))} == {"", "made"}
    for sound in (home / "speech").glob("*.wav"):
        sound.unlink()
    done("flow", "prompts", status=1)
    assert "missing" not in done("flow", "prompts", "--make")
    pace = ("--set", "speech_pace=200")
    assert "stale" in done(*pace, "flow", "prompts", status=1)
    mute = done("--set", "espeak=no-such-espeak", "flow", "prompts", "--make", status=1)
    assert "prompt welcome in en: the program no-such-espeak is not installed" in mute
