"""Tests of menus: what they ask, what they say when it comes otherwise, and what is wrong with them themselves."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cordboard.documents import flow_of, read_company, read_company_parts, read_tests
from cordboard.flows.gate import failed_tests
from cordboard.flows.testing import Outcome, run_tests
from kit.switch import REPOSITORY

TODAY = date(2026, 11, 22)
DEMO = (REPOSITORY / "demo/company.yaml").read_text(encoding="utf-8")
OPEN = 'to: "+33199000002", at: "2026-11-23 10:00"'


async def outcome_of(test: str) -> Outcome:
    reading = read_company(f"{DEMO}\ntests: {{it: {{{test}}}}}\n", today=TODAY)
    company = reading.accepted()
    (outcome,) = await run_tests(company, flow_of(company, TODAY), reading.tests)
    return outcome


@pytest.mark.parametrize(
    "asked",
    [
        "ends: {queue: billing-fr}, press: '1'",
        "ends: {message: goodbye}, press: 7 7 7, hears: [welcome, again, goodbye], never_hears: [english-welcome]",
        "press: 2 wait 1, hears: [english-welcome, english-welcome], language: en, ends: {queue: billing-en}",
        "press: '1', ready: [dan, chloe], offered: chloe",
        "press: 2s hangup, ends: hangup",
        'from: "+33899700123", ends: hangup, never_hears: [welcome]',
        "never_hears: [closed]",
        "hears: []",
    ],
)
async def test_what_comes_as_it_is_to_come(asked: str) -> None:
    outcome = await outcome_of(f"{OPEN}, {asked}")
    assert outcome.faults == ()
    assert outcome.has_passed


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("ends: {queue: support}, press: '1'", "is to end in queue support, ends in queue billing-fr"),
        ("ends: hangup, press: '4'", "is to end in hangup, ends in message opening-hours"),
        ("hears: [welcome, closed], press: '1'", "does not hear closed after welcome: it hears welcome"),
        ("hears: [again, welcome, welcome], press: '7 1'", "does not hear welcome after welcome"),
        ("never_hears: [welcome], press: '1'", "hears welcome: it hears welcome"),
        ("language: en, press: '1'", "is to be spoken to in en, is spoken to in fr"),
        ("offered: amel, ready: [bruno], press: '1'", "is to be offered first to amel, is offered to bruno"),
        ("offered: amel, ready: [], press: '1'", "is offered to nobody"),
        ("offered: amel, press: '4'", "is offered to nobody"),
    ],
)
async def test_what_comes_otherwise_is_said(asked: str, told: str) -> None:
    outcome = await outcome_of(f"{OPEN}, {asked}")
    assert not outcome.has_passed
    assert told in outcome.faults[0]


@pytest.mark.parametrize(
    ("test", "told"),
    [
        ('at: "2026-11-23 10:00"', "tests.it.to: is missing"),
        ('to: "+33199000009", at: "2026-11-23 10:00"', 'tests.it.to: no DID "+33199000009"'),
        (f"{OPEN}, ready: [nobody]", 'tests.it.ready[0]: no person "nobody"'),
        (f"{OPEN}, hears: [welcome, welcom]", 'tests.it.hears[1]: no prompt or message "welcom"'),
        (f"{OPEN}, never_hears: [x]", 'tests.it.never_hears[0]: no prompt or message "x"'),
        (f"{OPEN}, ends: {{queue: x}}", 'tests.it.ends.queue: no queue "x"'),
        (f"{OPEN}, ends: {{queue: support, message: busy}}", "tests.it.ends: names message, queue"),
        (f"{OPEN}, ends: somewhere", 'tests.it.ends: "somewhere" is not known here'),
        (f"{OPEN}, press: 1 dance", 'tests.it.press: word 2, "dance", is nothing that a caller does'),
        (f"{OPEN}, press: 1", "tests.it.press: 1 is read as a number"),
        ('to: "+33199000002", at: "2026-02-30 10:00"', 'tests.it.at: "2026-02-30 10:00" is not a moment'),
        ('to: "+33199000002", at: tomorrow', 'tests.it.at: "tomorrow" is not a moment'),
        (f"{OPEN}, hear: [welcome]", 'tests.it.hear: "hear" is not known here. Did you mean "hears"?'),
    ],
)
def test_what_is_wrong_with_a_test_has_its_line(test: str, told: str) -> None:
    reading = read_company(f"{DEMO}\ntests:\n  it: {{{test}}}\n", today=TODAY)
    assert reading.company is None
    line = DEMO.count("\n") + 3
    assert any(
        str(problem).startswith(f"company.yaml:{line}:") and told in str(problem) for problem in reading.problems
    )


async def test_an_import_is_kept_back_by_a_failing_test() -> None:
    good = f"\ntests:\n  it: {{{OPEN}, press: '1', ends: {{queue: billing-fr}}}}\n"
    bad = good.replace("queue: billing-fr", "queue: support")
    assert await failed_tests(read_company(DEMO + good, today=TODAY), TODAY) == []
    (problem,) = await failed_tests(read_company(DEMO + bad, today=TODAY), TODAY)
    assert not problem.is_warning
    assert problem.path == "tests.it"
    assert (
        "fails: is to end in queue support, ends in queue billing-fr (did.office open > accueil key 1" in problem.what
    )
    assert await failed_tests(read_company(DEMO, today=TODAY), TODAY) == []
    assert await failed_tests(read_company("cordboard: 1\n" + bad, today=TODAY), TODAY) == []


async def test_tests_may_stand_in_files_of_their_own(tmp_path: Path) -> None:
    tests = f"cordboard: 1\ntests:\n  it: {{{OPEN}, press: '1'}}\n"
    reading = read_company_parts([("company.yaml", DEMO), ("tests.yaml", tests)], TODAY)
    assert [test.id for test in reading.tests] == ["it"]
    company = reading.accepted()
    path = tmp_path / "tests.yaml"
    path.write_text(tests, encoding="utf-8")
    assert read_tests([path], company) == (reading.tests, ())
    path.write_text(tests.replace("+33199000002", "+33199000009"), encoding="utf-8")
    found, problems = read_tests([path], company)
    assert found == ()
    assert [(problem.line, problem.path) for problem in problems] == [(3, "tests.it.to")]
    found, problems = read_tests([tmp_path / "missing.yaml"], company)
    assert found == ()
    assert "cannot be read" in problems[0].what
