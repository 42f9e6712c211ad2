"""What was rendered is judged before it is written: jumps to nowhere, and words that the installed Asterisk lacks."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.provisioning import checks
from cordboard.provisioning.checks import check_files
from cordboard.provisioning.desired import CANONICAL, desired
from cordboard.provisioning.sources import Installed
from cordboard.provisioning.steps import split, steps_of
from cordboard.provisioning.vocabulary import FILE, vocabulary_in
from dialplan_templates import render
from dialplan_templates.views import Mode
from kit import acme
from kit.generated import EVERYTHING, SMALL, view_of
from kit.switch import installation

CONTEXTS = f"contexts-g{CANONICAL}.conf"
FILES = render(view_of(SMALL, EVERYTHING, generation=CANONICAL, opus_module=None))


@pytest.fixture(scope="module")
def installed() -> Installed:
    return Installed(installation().data, installation().modules)


def told(files: dict[str, str], installed: Installed | None = None) -> list[str]:
    return [f"{problem.where}: {problem.what}" for problem in check_files(files, installed)]


def broken(old: str, new: str, file: str = CONTEXTS) -> dict[str, str]:
    assert old in FILES[file]
    return {**FILES, file: FILES[file].replace(old, new, 1)}


# --- what is generated is good ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", list(Mode))
def test_every_jump_and_every_word_of_what_is_generated_is_known(mode: Mode, installed: Installed) -> None:
    for company in (SMALL, EVERYTHING):
        assert told(render(view_of(company, mode=mode, opus_module=None)), installed) == []


def test_the_checks_see_all_of_it() -> None:
    steps = list(steps_of(FILES))
    lines = [line for name in (CONTEXTS, "extensions.conf") for line in FILES[name].split("\n")]
    assert len(steps) == sum(line.startswith(("exten => ", " same => ")) for line in lines)
    assert {"Goto", "GotoIf", "Gosub", "Dial", "Queue", "AGI"} <= {step.application for step in steps}


# --- jumps -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "missing"),
    [
        ("Goto(cb-hours-g0,acme-did.main,1)", "Goto(cb-ours-g0,acme-did.main,1)", "context cb-ours-g0"),
        ("Goto(cb-hours-g0,acme-did.main,1)", "Goto(cb-hours-g0,acme-did.mean,1)", "extension acme-did.mean"),
        ("Goto(cb-hours-g0,acme-did.main,1)", "Goto(cb-hours-g0,acme-did.main,99)", "step 99 of acme-did.main"),
        ('= "WITHDRAW"]?late)', '= "WITHDRAW"]?latest)', "step latest of"),
        ("Gosub(cb-tell-g0,s,1(dissuaded))", "Gosub(cb-tall-g0,s,1(dissuaded))", "context cb-tall-g0"),
        ("itU(cb-answered-g0^", "itU(cb-unanswered-g0^", "context cb-unanswered-g0"),
        ("]?unanswered)", "]?unanswered:elsewhere)", "step elsewhere of"),
        (
            "GotoIf(${LEN(${CB_DONE})}?cb-go-g0,s,1)",
            "GotoIf(${LEN(${CB_DONE})}?cb-go-g0,t,1)",
            "extension t in cb-go-g0",
        ),
        ("Goto(cb-fallback-g0,${CB_COMPANY}", "Goto(cb-backfall-g0,${CB_COMPANY}", "context cb-backfall-g0"),
    ],
)
def test_a_jump_to_nowhere_is_found(old: str, new: str, missing: str) -> None:
    (found,) = told(broken(old, new))
    assert missing in found
    assert found.startswith(f"{CONTEXTS}:")


def test_the_line_is_the_one_that_jumps() -> None:
    (problem,) = check_files(broken("Goto(cb-hours-g0,acme-did.main,1)", "Goto(nowhere,s,1)"))
    line = int(problem.where.rpartition(":")[2])
    text = broken("Goto(cb-hours-g0,acme-did.main,1)", "Goto(nowhere,s,1)")[CONTEXTS]
    assert "Goto(nowhere,s,1)" in text.split("\n")[line - 1]


def test_a_pattern_is_an_extension_for_all_that_it_matches() -> None:
    one = "[a]\nexten => s,1,Goto(b,33900123,1)\n[b]\nexten => _33900!,1,Hangup()\n"
    assert told({"extensions.conf": one}) == []
    assert len(told({"extensions.conf": one.replace("33900123", "3390123")})) == 1


def test_an_extension_written_twice_is_found_also_behind_a_hyphen() -> None:
    once = "[a]\nexten => a-b,1,Hangup()\n"
    assert told({"extensions.conf": once + "exten => a-c,1,Hangup()\n"}) == []
    for again in ("exten => a-b,1,Hangup()\n", "exten => ab,1,Hangup()\n"):
        assert len(told({"extensions.conf": once + again})) == 1


@given(st.sampled_from([step.context for step in steps_of(FILES)]), st.data())
def test_whatever_context_is_taken_out_its_callers_are_told(context: str, data: st.DataObject) -> None:
    """Jumps whose target is known before a call come to light for every context that is missing."""
    named = [step for step in steps_of(FILES) if f"{context}," in step.data and step.context != context]
    without = {name: text.replace(f"\n[{context}]\n", "\n[taken-out]\n") for name, text in FILES.items()}
    literal = [step for step in named if f"({context}," in f"({step.data}" and step.application == "Goto"]
    found = told(without)
    assert bool(found) or not literal


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "word"),
    [
        (CONTEXTS, "Playback(", "Playbook(", "application Playbook"),
        (CONTEXTS, "${FILTER(", "${SIEVE(", "function SIEVE"),
        (CONTEXTS, "Set(CHANNEL(language)", "Set(CANAL(language)", "function CANAL"),
        (CONTEXTS, ",itU(", ",itUJ(", "option J of application Dial"),
        ("pjsip.conf", "send_pai=yes", "send_pie=yes", "option send_pie of a SIP endpoint"),
        ("pjsip.conf", "remove_existing=yes", "remove_exiting=yes", "option remove_exiting of a SIP aor"),
        ("pjsip.conf", "type=identify", "type=identity", "SIP object of type identity"),
        ("modules.conf", "load=app_queue.so", "load=app_kew.so", "module app_kew.so"),
    ],
)
def test_a_word_that_the_installed_asterisk_lacks_is_found(
    installed: Installed, file: str, old: str, new: str, word: str
) -> None:
    (found,) = told(broken(old, new, file), installed)
    assert word in found
    assert found.startswith(file)


def test_a_word_is_told_once(installed: Installed) -> None:
    files = {**FILES, CONTEXTS: FILES[CONTEXTS].replace("Playback(", "Playbook(")}
    assert len(told(files, installed)) == 1


def test_without_documentation_it_is_said_once_and_nothing_is_refused(tmp_path: Path, installed: Installed) -> None:
    (tmp_path / "sounds").mkdir()
    (problem,) = check_files(FILES, Installed(tmp_path, installed.modules))
    assert problem.is_warning
    assert str(FILE) in problem.what
    (elsewhere,) = check_files(FILES, Installed())
    assert elsewhere.is_warning
    assert check_files(FILES) == []


def test_documentation_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.parent.mkdir(parents=True)

    def write(application: str, at: int) -> None:
        path.write_text(f'<docs><application name="{application}"/></docs>', encoding="utf-8")
        os.utime(path, ns=(at, at))

    write("One", 1_000_000_000)
    first = vocabulary_in(tmp_path)
    assert first is not None
    assert first.applications.keys() == {"one"}
    assert vocabulary_in(tmp_path) is first
    write("Two", 2_000_000_000)
    second = vocabulary_in(tmp_path)
    assert second is not None
    assert second.applications.keys() == {"two"}
    path.write_text("<docs>", encoding="utf-8")
    assert vocabulary_in(tmp_path) is None


@given(st.text("ab,?:(){}[]$", max_size=30), st.sampled_from(",?:"))
def test_what_is_split_can_be_joined_again(text: str, separator: str) -> None:
    assert separator.join(split(text, separator)) == text


# --- in a plan -------------------------------------------------------------------------------------------------------


def test_a_desire_that_jumps_to_nowhere_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = list(steps_of(broken("Goto(cb-hours-g0,acme-did.main,1)", "Goto(nowhere,s,1)")))
    monkeypatch.setattr(checks, "steps_of", lambda _: iter(steps))
    wanted = desired([acme.tenant()], acme.placement())
    assert not wanted.is_possible
    assert wanted.prints == {}


def test_what_the_sources_and_the_templates_refuse_is_told_together() -> None:
    company = acme.company(name="Acme")
    people = {**company.people, "amel": replace(company.people["amel"], extension="2(1")}
    queues = {**company.queues, "english": replace(company.queues["english"], skills={"klingon": 1})}
    wanted = desired([acme.tenant(replace(company, people=people, queues=queues))], acme.placement())
    rows = {problem.row for problem in wanted.problems if not problem.is_warning}
    assert rows == {"acme: queues.english.skills.klingon", "acme: people.amel.extension"}


def test_a_whole_company_passes_on_the_installed_asterisk(installed: Installed) -> None:
    wanted = desired([acme.tenant()], acme.placement(installed=installed))
    assert wanted.problems == ()
