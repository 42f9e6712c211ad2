"""Steps in the company file: what is wrong is told at its line, and what is right is called, drawn and kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from agi.flow.document import Flow
from agi.flow.plan import Plan
from agi.flow.steps import Collect
from agi.simulated_caller import Planned
from cordboard.calls.paper import Paper, ready
from cordboard.documents import export_company, flow_of, read_company
from cordboard.flows.exploring import coverage, explore
from cordboard.flows.picture import picture, tree
from cordboard.flows.reaching import places_of, reaching
from cordboard.flows.telling import Teller, end_lines
from cordboard.flows.testing import path_line
from cordboard.flows.trial import try_call
from cordboard.store.values import Company

TODAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEXT = (Path(__file__).parent / "steps.yaml").read_text(encoding="utf-8")


@pytest.fixture
def company() -> Company:
    return read_company(TEXT, today=TODAY).accepted()


async def called(company: Company, press: str, number: str = "") -> str:
    books = Paper(company, flow_of(company, TODAY))
    did = company.dids["main"]
    passage = await try_call(books, did, Planned(Plan.parse(press)), number=number, begins=NOON)
    return f"{passage.end} {passage.language} {dict(passage.variables).get('CBV_customer', '-')}"


@pytest.mark.parametrize(
    ("press", "end"),
    [
        ("2 123456# 1 1", "queue sales en 123456"),
        ("1 9123456 1", "person amel fr 9123456"),
        ("wait wait 123456# 2 8123456 1 wait wait", "message closed fr 8123456"),
        ("2 1# 1# 1#", "message closed en -"),
        ("1 7100000 1", "queue experts fr 7100000"),
        ("1 wait wait 4", "external +41441234567 fr -"),
        ("1 wait wait 5", "external +41441234568 fr -"),
        ("2 7100000 1", "queue sales en 7100000"),
    ],
)
async def test_callers_go_through_every_kind(company: Company, press: str, end: str) -> None:
    assert await called(company, press) == end


@pytest.mark.parametrize(
    ("press", "priority", "why"),
    [
        ("1 7000001 1", 7, "priority 7, as the menus say"),
        ("1 7100000 1", 0, "the menus want sales 3 beside what Sales wants: Experts"),
        ("2 7100000 1", 1, "priority 1, as the menus say"),
    ],
)
async def test_a_route_says_how_urgent_and_for_whom(company: Company, press: str, priority: int, why: str) -> None:
    books = Paper(company, flow_of(company, TODAY), presence=ready(company))
    passage = await try_call(books, company.dids["main"], Planned(Plan.parse(press)), begins=NOON)
    assert passage.decision is not None
    assert passage.decision.priority == priority
    assert why in passage.decision.why
    assert [each.agent for each in passage.decision.candidates] == ["amel"]


async def test_a_step_may_have_the_id_of_a_queue() -> None:
    company = read_company(TEXT.replace("abroad-office", "sales"), today=TODAY).accepted()
    assert await called(company, "1 wait wait 4") == "external +41441234567 fr -"
    assert await called(company, "1 wait wait 1") == "queue sales fr -"
    drawn = tree(company, flow_of(company, TODAY))["boxes"]
    outside, queue = ([box for box in drawn if box["of"] == of] for of in ("sales", "queue:sales"))
    assert ("external", "+41441234567") in [(box["kind"], box["title"]) for box in outside]
    assert {(box["kind"], box["title"]) for box in queue} == {("queue", "Sales")}


def test_an_outside_number_needs_a_trunk_that_leads_out() -> None:
    problems = read_company(TEXT.replace(', to: "sip:192.0.2.1"', "", 1), today=TODAY).problems
    assert {each.path for each in problems if each.what == "no trunk leads out"} == {
        "steps.abroad-office.number",
        "menus.main.keys.5.external",
    }


def test_a_premium_number_is_told_beside_the_trunk_that_is_not_there() -> None:
    text = TEXT.replace(', to: "sip:192.0.2.1"', "", 1).replace('number: "+41441234567"', 'number: "+33899123456"', 1)
    told = [each.what for each in read_company(text, today=TODAY).problems if each.path == "steps.abroad-office.number"]
    assert [what.partition(":")[0] for what in told] == ["is a premium number", "no trunk leads out"]


def test_skills_that_no_queue_asks_for_are_warned_of() -> None:
    changed = TEXT.replace("skills: {sales: 3}}", "skills: {sales: 5}}", 1)
    [found] = [each for each in read_company(changed, today=TODAY).problems if "asked for by no queue" in each.what]
    assert (found.path, found.is_warning) == ("steps.to-agents.cases[1].skills", True)


async def test_the_callers_number_decides(company: Company) -> None:
    assert await called(company, "", "+41221234567") == "queue sales fr -"


@pytest.mark.parametrize(
    ("press", "answered_by"),
    [("wait wait wait wait 3 wait wait", "answered"), ("wait wait wait wait 3 1", ""), ("wait wait wait wait 1", "")],
)
async def test_who_has_his_answer_is_served_unless_he_asks_for_somebody(
    company: Company, press: str, answered_by: str
) -> None:
    books = Paper(company, flow_of(company, TODAY))
    passage = await try_call(books, company.dids["main"], Planned(Plan.parse(press)), begins=NOON)
    assert passage.answered_by == answered_by
    told = [line.split()[4] for line in end_lines(passage) if "counts as self-service: step" in line]
    assert told == ([answered_by] if answered_by else [])


def test_a_secret_is_refused_where_it_would_be_said() -> None:
    reading = read_company(TEXT.replace("    confirm: is-it-right\n", "    secret: true\n"), today=TODAY)
    assert reading.company is None
    what, cure = "would say customer, which is secret: see customer", "Name another variable, or leave secret out there"
    places = ("read-back.variable", "told.text.fr", "told.text.en")
    told = {(each.path, each.what, each.cure) for each in reading.problems}
    assert told == {(f"steps.{place}", what, cure) for place in places}


async def test_what_is_secret_is_told_as_passed_over(company: Company) -> None:
    flow = flow_of(company, TODAY)
    customer = flow.nodes["customer"]
    assert isinstance(customer, Collect)
    flow = replace(flow, nodes={**flow.nodes, "customer": replace(customer, secret=True, confirm=None)})
    passage = await try_call(Paper(company, flow), company.dids["main"], Planned(Plan.parse("1 9123456")), begins=NOON)
    teller = Teller(company, flow)
    told = [line.split(maxsplit=1)[-1] for step in passage.steps for line in teller.lines(step)]
    assert told.count("is passed over: customer is secret") == 2


async def test_a_phone_that_is_no_persons_is_called_a_phone() -> None:
    text = TEXT.replace("hours: {office", 'phones: {lobby: {name: Lobby, extension: "250"}}\nhours: {office')
    text = text.replace('"2": {person: amel}', '"2": {phone: lobby}, "6": {person: amel}')
    company = read_company(text, today=TODAY).accepted()
    flow = flow_of(company, TODAY)
    for key, place in (("2", "phone lobby"), ("6", "person amel")):
        plan = Planned(Plan.parse(f"1 wait wait {key}"))
        passage = await try_call(Paper(company, flow), company.dids["main"], plan, begins=NOON)
        teller = Teller(company, flow)
        assert path_line(passage).endswith(f"> {place}")
        assert next(end_lines(passage)).startswith(f"Ends in {place} after ")
        assert any(line.endswith(f"-> {place}") for step in passage.steps for line in teller.lines(step))
        assert place in {box["note"] for box in tree(company, flow)["boxes"]}


async def test_who_reaches_an_outside_number_and_what_lies_behind_it(company: Company) -> None:
    flow = flow_of(company, TODAY)
    paths = [path async for path in explore(Paper(company, flow), NOON, depth=3)]
    found = list(reaching(company, flow, places_of(company, "+41441234567"), paths))
    assert found
    assert {each.path.passage.end.id for each in found} == {"+41441234567"}
    behind = [each.after for each in reaching(company, flow, places_of(company, "closed"), paths)]
    assert ["+41441234567 does not answer -> message closed"] in [[onward.words for onward in each] for each in behind]


def test_the_file_comes_back(company: Company) -> None:
    again = read_company(export_company(company), today=TODAY).accepted()
    assert again == company
    flow = flow_of(company, TODAY)
    assert Flow.from_json(flow.to_json()) == flow


async def test_who_tries_everything_takes_every_way_that_is_open_to_a_caller(company: Company) -> None:
    books = Paper(company, flow_of(company, TODAY))
    paths = [path async for path in explore(books, NOON, depth=8)]
    assert coverage(books.flow, paths).edges == (("by-number", "cases.1.then"),), "hidden behind case 0"


def test_each_step_is_drawn_once_by_its_name(company: Company) -> None:
    root = ElementTree.fromstring(picture(company, flow_of(company, TODAY)))
    texts = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    for step in company.steps.values():
        assert sum(text == step.name for text in texts) <= 1
    assert {"Customer number", "collect customer · your-number", "1 (fr)", "2 (en)"} <= set(texts)


@pytest.mark.parametrize(
    ("old", "new", "place", "what"),
    [
        ("kind: collect", "kind: colect", "steps.customer.kind", '"colect" is not known here'),
        ("kind: collect\n    ", "", "steps.customer.kind", "is missing"),
        ("into: customer\n    ", "", "steps.customer.into", "is missing"),
        ("into: customer", "into: Customer", "steps.customer.into", '"Customer" is not a variable\'s name'),
        ("into: customer", "into: caller", "steps.customer.into", "caller is what every call has by itself"),
        ("least: 6", "least: 60", "steps.customer.least", "60 is above 40"),
        ('"1": fr, "2": en', '"1": fr', "steps.which-language.languages", "is empty"),
        ("prompt: your-number", "prompt: number", "steps.customer.prompt", 'no prompt "number"'),
        ("confirm: is-it-right", "confirm: gone", "steps.customer.confirm", 'no prompt "gone"'),
        ("then: {step: by-number}", "then: {step: by-nummer}", "steps.customer.then.step", 'no step "by-nummer"'),
        ("hours: office, open", "hours: offices, open", "steps.opening.hours", 'no hours "offices"'),
        ('is: ["9000000"]', 'was: ["9000000"]', "steps.by-number.cases[1].was", '"was" is not known here'),
        (
            "variable: customer",
            "variable: custommer",
            "steps.by-number.variable",
            "variable custommer never gets a value",
        ),
        ("what: amount", "what: money", "steps.read-back.what", '"money" is not known here'),
        ("what: date", "what: number", "steps.today.variable", "is a moment, not number"),
        ("queue: sales\n    priority", "queue: salles\n    priority", "steps.to-agents.queue", 'no queue "salles"'),
        ("priority: 7", "priority: 700", "steps.to-agents.cases[0].priority", "700 is above 100"),
        ("skills: {sales: 3}", "skills: {sails: 3}", "steps.to-agents.cases[1].skills.sails", 'no skill "sails"'),
        ("is: {language: [fr]}", "is: {tongue: [fr]}", "steps.to-agents.cases[1].is.tongue", "never gets a value"),
        ('number: "+41441234567"', 'number: "+33199000001"', "steps.abroad-office.number", "number of this company"),
        ('number: "+41441234567"', 'number: "+33899123456"', "steps.abroad-office.number", "premium number"),
        ('external: "+41441234568"', 'external: "+33899123456"', "menus.main.keys.5.external", "premium number"),
        ("failure: {message: closed}", "failure: back", "steps.abroad-office.failure", "which such a call has left"),
        ("failure: {message: closed}", "failure: {menu: main}", "steps.abroad-office.failure", "such a call has left"),
        ("priority: 7", "failure: back", "steps.to-agents.cases[0].failure", "is not known here"),
        ("unit: recorded", "unit: euros", "steps.read-back.unit", 'no prompt "euros"'),
        ("tier: gold", 'tier: "a b"', "steps.important.values.tier", '"a b" is no value'),
        ("{menu: main}  # otherwise", "{menu: customer}", "steps.by-number.otherwise.menu", 'no menu "customer"'),
        ("main:\n    name: Main", "customer:\n    name: Main", "steps.customer", "taken by menus.customer"),
    ],
)
def test_what_is_wrong_is_told_at_its_line(old: str, new: str, place: str, what: str) -> None:
    assert old in TEXT
    changed = TEXT.replace(old, new, 1)
    problems = [each for each in read_company(changed, today=TODAY).problems if not each.is_warning]
    found = [each for each in problems if each.path == place]
    assert found, problems
    assert what in found[0].what
    line = TEXT[: TEXT.index(old)].count("\n") + 1
    assert abs(found[0].line - line) <= 1 or what == "is missing" or place == "steps.customer"
