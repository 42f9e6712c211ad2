"""Steps that offer to call back: their own tests, what is wrong with them, every way, the picture, plans, and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from agi.flow.callback import Callback
from agi.flow.plan import Plan
from agi.simulated_caller import Planned
from cordboard.calls.paper import Paper
from cordboard.documents import export_company, flow_of, read_company, read_company_file
from cordboard.flows.exploring import coverage, explore
from cordboard.flows.picture import picture
from cordboard.flows.telling import Teller
from cordboard.flows.testing import run_tests
from cordboard.flows.trial import did_of, try_call
from cordboard.provisioning.menus import menu_words, not_there
from cordboard.provisioning.reachability import way_problems
from kit.switch import REPOSITORY
from kit.tenants import tenant_of

FILE = REPOSITORY / "tests/kit/callbacks.yaml"
TEXT = FILE.read_text(encoding="utf-8")
TODAY = date(2026, 11, 24)
READING = read_company_file(FILE)
COMPANY = READING.accepted()
FLOW = flow_of(COMPANY, TODAY)


async def test_the_tests_beside_the_steps_pass() -> None:
    for outcome in await run_tests(COMPANY, FLOW, READING.tests):
        assert outcome.has_passed, (outcome.test.id, outcome.faults)


@pytest.mark.parametrize(
    ("old", "new", "row", "what"),
    [
        ("    queue: support\n    out", "    queue: night\n    out", "steps.call-me.queue", 'no queue "night"'),
        ("outgoing: national\n", "outgoing: world\n", "steps.call-me.outgoing", 'no outgoing permission "world"'),
        ("outgoing: national\n", "outgoing: none\n", "steps.call-me.outgoing", 'no outgoing permission "none"'),
        ("hours: always\n", "hours: night\n", "steps.call-me.hours", 'no hours "night"'),
        ("ask: which-number", "ask: nothing", "steps.call-me.ask", 'no prompt "nothing"'),
        (
            "skills: {sales: 2}}\ndids",
            "skills: {chess: 2}}\ndids",
            "steps.call-me-soon.skills.chess",
            'no skill "chess"',
        ),
        ("    thanks: thanks\n", "", "steps.call-me.thanks", "is missing"),
        ("failure: {message: closed}\n    no", "failure: {message: gone}\n    no", "steps.call-me.failure", "gone"),
        ("tries: 2\n    pause", "tries: 10\n    pause", "steps.call-me.tries", "9"),
        ("pause: 60", "pause: 5", "steps.call-me.pause", "60"),
        (', to: "sip:127.0.0.1:5090"', "", "outgoing", "no trunk leads out"),
        ("answers: {call-me: failure}", "answers: {call-me: {a: 1}}", "tests.too-many-wait.answers", "no answer"),
        ("ends: {callback: support}", "ends: {callback: night}", "tests.his-own-number.ends.callback", "no queue"),
    ],
)
def test_what_is_wrong_is_told_at_its_row(old: str, new: str, row: str, what: str) -> None:
    assert old in TEXT
    problems = read_company(TEXT.replace(old, new, 1)).problems
    assert any(row in problem.path and what in problem.what for problem in problems), problems


def test_an_export_says_the_same() -> None:
    again = read_company(export_company(COMPANY)).accepted()
    assert again.steps == COMPANY.steps
    assert flow_of(again, TODAY) == FLOW


async def test_every_way_is_found() -> None:
    books = Paper(COMPANY, FLOW)
    paths = [path async for path in explore(books, datetime(2026, 11, 24, 9, tzinfo=UTC))]
    found = coverage(FLOW, paths)
    assert (found.edges, found.nodes, found.schedules) == ((), (), ())
    ways = {edge for path in paths for edge in path.passage.edges if edge[0] == "call-me"}
    assert {way for _, way in ways} == {"taken", "refused", "no_input.then", "wrong_input.then"}
    assert {str(path.passage.end) for path in paths} == {"queue support", "callback support"}


async def test_every_path_of_a_known_caller_can_be_gone_again() -> None:
    books, number = Paper(COMPANY, FLOW), "+33612345678"
    paths = [path async for path in explore(books, datetime(2026, 11, 24, 9, tzinfo=UTC), numbers=[number])]
    assert coverage(FLOW, paths).edges == ()
    for path in paths:
        passage = path.passage
        caller = Planned(Plan.parse(path.pressed))
        again = await try_call(books, passage.did, caller, number=number, begins=passage.begins)
        assert (again.edges, again.end) == (passage.edges, passage.end), path.pressed


async def test_what_is_taken_down_is_told_in_words() -> None:
    teller, lines = Teller(COMPANY, FLOW), list[str]()
    await try_call(
        Paper(COMPANY, FLOW),
        did_of(COMPANY, "main"),
        Planned(Plan.parse("2 1")),
        number="+33612345678",
        begins=datetime(2026, 11, 24, 9, tzinfo=UTC),
        tell=lambda step: lines.extend(teller.lines(step)),
    )
    assert any("asks to be called back at +33612345678 by queue support" in line for line in lines)
    assert any("taken -> callback support" in line for line in lines)


def test_the_picture_shows_who_calls_back() -> None:
    drawn = picture(COMPANY, FLOW)
    assert 'class="callback"' in drawn
    assert "callback support" in drawn


def test_a_queue_that_only_calls_back_is_reached() -> None:
    problems, heard = way_problems(tenant_of(COMPANY))
    assert problems == []
    assert heard.queues.keys() == {"support", "sales"}


def test_plans_speak_of_it_in_both_languages() -> None:
    text = TEXT.replace("tries: 2\n    pause: 60", "tries: 3\n    pause: 120")
    after = read_company(text).accepted()
    before_and_after = tenant_of(COMPANY), tenant_of(after)
    english, french = (" ".join(menu_words(*before_and_after, language)) for language in ("en", "fr"))
    assert "tries" in english
    assert "pause" in english
    assert "tentatives" in french
    assert "entre deux tentatives" in french


def test_what_is_not_applied_yet_is_not_published() -> None:
    wanted = tenant_of(COMPANY)
    assert "callback support" in set(not_there(wanted, replace(COMPANY, outgoing={}), FLOW))
    assert list(not_there(wanted, COMPANY, FLOW)) == []


def test_the_step_is_read_as_it_is_meant() -> None:
    soon = FLOW.nodes["call-me-soon"]
    assert isinstance(soon, Callback)
    assert (soon.schedule, soon.wish.priority, dict(soon.wish.skills)) == ("always", 5, {"sales": 2})
    assert (soon.tries, soon.pause_seconds, soon.within_hours, soon.most_waiting) == (2, 60, 48, 2)
