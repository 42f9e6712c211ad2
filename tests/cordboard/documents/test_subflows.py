"""Parts that several steps use: what their nodes become, where calls go on to, and what is wrong with them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from agi.flow.document import Flow
from agi.flow.plan import Plan
from agi.simulated_caller import Planned
from cordboard.calls.paper import Paper
from cordboard.documents import export_company, flow_of, read_company
from cordboard.documents.problems import Problem
from cordboard.flows.exploring import coverage, explore
from cordboard.flows.picture import picture
from cordboard.flows.trial import try_call
from cordboard.store.values import Company

TODAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEXT = """\
cordboard: 1
company: {id: acme, name: Acme, language: en, country: FR, time_zone: Europe/Paris}
skills: {sales: {name: Sales}}
people: {amel: {name: Amel, extension: "201", skills: {sales: 5}, voicemail: true}}
prompts: {sure: {en: [hello]}, number: {en: [hello]}, welcome: {en: [hello]}}
queues: {sales: {name: Sales, skills: {sales: 1}, when_late: {voicemail: amel}}}
menus:
  main:
    name: Main
    prompt: welcome
    keys: {"1": {step: buy}, "2": {step: cancel}, "9": repeat}
    no_input: {tries: 2, then: {queue: sales}}
    wrong_input: {tries: 2, then: {queue: sales}}
  sure:
    name: Sure?
    prompt: sure
    keys: {"1": {step: customer}, "2": {end: no-thanks}, "3": back, "4": {menu: main}}
    no_input: {tries: 1, then: {end: no-thanks}}
    wrong_input: {tries: 1, then: {queue: sales}}
steps:
  buy: {kind: use, start: {menu: sure}, ends: {known: {queue: sales}, no-thanks: hangup}}
  cancel: {kind: use, start: {menu: sure}, ends: {known: {person: amel, language: en}, no-thanks: {menu: main}}}
  customer: {kind: use, start: {step: ask}, ends: {typed: {end: known}, silent: {end: no-thanks}}}
  ask:
    kind: collect
    prompt: number
    into: customer
    shapes: [XX]
    then: {end: typed}
    no_input: {tries: 1, then: {end: silent}}
    wrong_input: {tries: 2, then: {end: silent}}
dids: {"+33199000001": {id: main, name: Main, target: {menu: main}}}
"""


@pytest.fixture
def company() -> Company:
    return read_company(TEXT, today=TODAY).accepted()


def errors(text: str) -> list[Problem]:
    return [problem for problem in read_company(text, today=TODAY).problems if not problem.is_warning]


def test_each_use_has_nodes_of_its_own(company: Company) -> None:
    flow = flow_of(company, TODAY)
    assert set(flow.nodes) == {
        "did.main",
        "main",
        *(f"{use}{part}" for use in ("buy", "cancel") for part in ("", ".sure", ".customer", ".customer.ask")),
    }
    assert Flow.from_json(flow.to_json()) == flow
    assert read_company(export_company(company), today=TODAY).accepted() == company


@pytest.mark.parametrize(
    ("press", "end", "nodes"),
    [
        ("1 1 12#", "queue sales", ("buy", "buy.sure", "buy.customer", "buy.customer.ask")),
        ("2 1 12#", "person amel", ("cancel", "cancel.sure", "cancel.customer", "cancel.customer.ask")),
        ("1 2", "hangup", ("buy", "buy.sure")),
        ("2 2 hangup", "hung up", ("cancel", "cancel.sure", "main")),
        ("1 1 wait", "hangup", ("buy", "buy.sure", "buy.customer", "buy.customer.ask")),
        ("2 1 wait hangup", "hung up", ("cancel", "cancel.sure", "cancel.customer", "cancel.customer.ask", "main")),
        ("1 3 hangup", "hung up", ("buy", "buy.sure", "main")),
        ("1 4 2 8", "queue sales", ("buy", "buy.sure", "main", "cancel", "cancel.sure")),
        ("1 8", "queue sales", ("buy", "buy.sure")),
    ],
)  # fmt: skip
async def test_a_caller_goes_on_from_the_use_that_he_came_by(
    company: Company, press: str, end: str, nodes: tuple[str, ...]
) -> None:
    books = Paper(company, flow_of(company, TODAY))
    passage = await try_call(books, company.dids["main"], Planned(Plan.parse(press)), begins=NOON)
    assert str(passage.end) == end
    assert passage.nodes == ("did.main", "main", *nodes)


async def test_who_tries_everything_takes_every_way_of_every_use(company: Company) -> None:
    books = Paper(company, flow_of(company, TODAY))
    paths = [path async for path in explore(books, NOON, depth=6)]
    covered = coverage(books.flow, paths)
    assert (covered.nodes, covered.edges) == ((), ())


@pytest.mark.parametrize(
    ("old", "new", "path", "what"),
    [
        ("no-thanks: hangup}", "never: hangup}", "steps.buy.ends", 'lacks no-thanks, where menu sure ends'),
        ("no-thanks: hangup}", "no-thanks: hangup, never: hangup}", "steps.buy.ends.never", "is no end of menu sure"),
        ("start: {menu: sure}", "start: {menu: sura}", "steps.buy.start.menu", 'no menu "sura"'),
        ("then: {end: typed}", "then: {step: customer}", "steps.customer.start", "leads to this step itself"),
        ('"2": {step: cancel}', '"2": {step: ask}', "steps.ask.then", "without a step that uses it"),
        ('"2": {step: cancel}', '"2": {step: customer}', "steps.customer.ends.typed", "without a step that uses it"),
        ("start: {menu: sure}, ", "failure: hangup, start: {menu: sure}, ", "steps.buy.failure", ""),
        ("keys: {\"1\": {step: customer}", "keys: {\"1\": {queue: gone}", "menus.sure.keys.1.queue", 'no queue "gone"'),
        ("prompt: number", "prompt: gone", "steps.ask.prompt", 'no prompt "gone"'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_where_it_is_written(old: str, new: str, path: str, what: str) -> None:
    assert old in TEXT
    found = errors(TEXT.replace(old, new, 1))
    assert any(problem.path == path and what in problem.what for problem in found), found


def test_names_that_grow_too_long_are_told_before_a_call() -> None:
    changed = TEXT.replace("customer: {kind", f"{'a' * 30}: {{kind").replace("step: customer", f"step: {'a' * 30}")
    [found] = errors(changed.replace("cancel", "b" * 30))
    assert "makes a name that is too long" in found.what


def company_of(steps: list[str]) -> str:
    head = """\
cordboard: 1
company: {id: acme, name: Acme, language: en, country: FR, time_zone: Europe/Paris}
dids: {"+33199000001": {id: main, name: Main, target: {step: top}}}
steps:
  top: {kind: use, start: {step: c0}, ends: {e: hangup}}
"""
    return head + "".join(f"  {step}\n" for step in steps)


def case(name: str, first: str, other: str) -> str:
    cases = f'[{{is: ["1"], then: {{{first}}}}}]'
    return f"{name}: {{kind: condition, variable: caller, cases: {cases}, otherwise: {{{other}}}}}"


def use(name: str, start: str) -> str:
    return f"{name}: {{kind: use, start: {{step: {start}}}, ends: {{e: {{end: e}}}}}}"


def test_parts_that_double_each_other_are_refused_and_not_put_together() -> None:
    steps = [case(f"c{depth}", f"step: a{depth}", f"step: b{depth}") for depth in range(40)]
    steps += [use(f"{each}{depth}", f"c{depth + 1}") for depth in range(40) for each in "ab"]
    [found] = errors(company_of([*steps, case("c40", "end: e", "end: e")]))
    assert "more than 5000 steps together" in found.what


def test_parts_that_all_use_each_other_are_refused_and_not_put_together() -> None:
    steps = [case(f"c{place}", f"step: u{place}", f"step: c{place + 1}") for place in range(40)]
    steps += [use(f"u{place}", "c0") for place in range(40)]
    found = errors(company_of([*steps, case("c40", "end: e", "end: e")]))
    assert {problem.what for problem in found} == {"leads to this step itself: it would never end"}
    assert len(found) == 40


def test_a_part_that_nothing_uses_is_left_out_with_a_warning() -> None:
    loose = "steps:\n  loose: {kind: set, values: {a: b}, then: {end: set}}\n"
    reading = read_company(TEXT.replace("steps:\n", loose, 1), today=TODAY)
    [found] = reading.problems
    assert (found.path, found.what, found.is_warning) == ("steps.loose", "belongs to a part that no step uses", True)
    assert "loose" not in flow_of(reading.accepted(), TODAY).nodes


def test_a_use_is_drawn_as_one(company: Company) -> None:
    drawn = picture(company, flow_of(company, TODAY))
    assert ">use</text>" in drawn
    assert "menu buy.sure" in drawn


def test_loops_across_uses_are_found() -> None:
    found = errors(TEXT.replace("no-thanks: hangup", "no-thanks: {step: buy}", 1))
    assert {(problem.path, problem.what) for problem in found} >= {
        ("menus.sure", "a caller who presses nothing comes back here for ever")
    }
