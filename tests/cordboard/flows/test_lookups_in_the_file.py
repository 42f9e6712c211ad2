"""Steps that ask other systems, in the company file: tried, tested, explored and checked without asking anybody."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from agi.flow.document import Flow
from agi.flow.notice import Notify
from agi.flow.plan import Plan
from agi.simulated_caller import Planned
from agi.stand_in import told
from cordboard.calls.paper import Paper
from cordboard.documents import export_company, flow_of, read_company
from cordboard.flows.checking import Needs, findings
from cordboard.flows.exploring import coverage, explore
from cordboard.flows.picture import picture
from cordboard.flows.subject import read_subject
from cordboard.flows.telling import Teller
from cordboard.flows.testing import run_tests
from cordboard.flows.trial import try_call
from cordboard.provisioning.compiled import compiled
from cordboard.store.values import Company
from dialplan_templates.views import LookupView, TargetKind, TargetView
from kit import acme
from kit.command import cordboard, done
from kit.other_system import OtherSystem, json_answer
from kit.switch import REPOSITORY

FILE = REPOSITORY / "tests/kit/lookups.yaml"
TEXT = FILE.read_text(encoding="utf-8")
TODAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NEEDS: Needs = {"crm": {"number"}, "contracts": {"number"}, "sms": {"to", "text"}}


@pytest.fixture
def company() -> Company:
    return read_company(TEXT, today=TODAY).accepted()


@pytest.mark.parametrize(
    ("answers", "end"),
    [
        ({"who": {"customer": {"tier": "gold"}}, "paid": {"debt": 12}}, "gold"),
        ({"who": {"customer": {"tier": "gold"}}, "paid": {"debt": 12}, "remind": "failure"}, "plain"),
        ({"who": {"customer": {"tier": "gold"}}, "paid": {"owes": 12}}, "plain"),
        ({"who": {"customer": {"tier": "lead"}}}, "plain"),
        ({"who": "not_found"}, "strange"),
        ({"who": {"customer": "lies"}}, "down"),
        ({"who": "failure"}, "down"),
        ({}, "down"),
    ],
)
async def test_a_call_goes_by_what_is_answered(company: Company, answers: dict[str, object], end: str) -> None:
    books = Paper(company, flow_of(company, TODAY))
    passage = await try_call(
        books, company.dids["main"], Planned(Plan()), number="+33611111101", begins=NOON, replies=told(answers)
    )
    assert passage.answered_by == end
    teller = Teller(company, books.flow)
    lines = [line for step in passage.steps for line in teller.lines(step)]
    assert any("asks crm about number +33611111101" in line for line in lines)
    assert any("nobody told what it answers" in line for line in lines) == (not answers)


async def test_tests_say_what_is_answered() -> None:
    reading = read_company(TEXT, today=TODAY)
    company = reading.accepted()
    outcomes = await run_tests(company, flow_of(company, TODAY), reading.tests)
    assert [(outcome.test.id, outcome.faults) for outcome in outcomes] == [("gold", ()), ("without-the-crm", ())]
    assert outcomes[0].passage.answered_by == "gold"
    assert outcomes[1].passage.answered_by == "down"


async def test_every_way_is_tried(company: Company) -> None:
    books = Paper(company, flow_of(company, TODAY))
    paths = [path async for path in explore(books, NOON)]
    assert coverage(books.flow, paths).edges == ()
    assert {edge for path in paths for edge in path.passage.edges} >= {("who", "failure"), ("paid", "failure")}


def test_the_file_comes_back_and_the_flow(company: Company) -> None:
    assert read_company(export_company(company), today=TODAY).accepted() == company
    flow = flow_of(company, TODAY)
    assert Flow.from_json(flow.to_json()) == flow


def test_names_that_somebody_chose_mean_nothing(company: Company) -> None:
    text = TEXT.replace("name: customer.name", "then: prompt, failure: schedule")
    again = read_company(text, today=TODAY).accepted()
    assert again.steps["who"].parts["into"] == {"failure": "schedule", "then": "prompt", "tier": "customer.tier"}
    assert read_company(export_company(again), today=TODAY).accepted() == again


def test_it_is_drawn_with_its_ways(company: Company) -> None:
    root = ElementTree.fromstring(picture(company, flow_of(company, TODAY)))
    texts = {each.text for each in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"found", "not_found", "failure"} <= texts
    assert any(text and "lookup" in text and "crm" in text for text in texts)


def test_while_nobody_asks_it_fails_and_its_variables_are_empty(company: Company) -> None:
    view = compiled([acme.tenant(company, flow_of(company, TODAY))], acme.placement(), 7).companies[0]
    (who,) = [step for step in view.steps if step.id == "who"]
    assert who == LookupView(
        id="who", name="who", variables=("name", "tier"), failure=TargetView(TargetKind.STEP, "down")
    )


@pytest.mark.parametrize(
    ("old", "new", "place", "what"),
    [
        ("source: crm\n    ", "", "steps.who.source", "is missing"),
        ("source: crm", "source: https://crm", "steps.who.source", "is not a valid id"),
        ("{tier: customer.tier,", "{tier: /customer,", "steps.who.into.tier", "is no place in an answer"),
        ("{tier: customer.tier,", "{caller: customer.tier,", "steps.who.into.caller", "by itself"),
        ("send: {number: caller}", "send: {number: custommer}", "steps.who.send.number", "never gets a value"),
        ("deadline: 1", "deadline: 60", "steps.who.deadline", "60 is above 20"),
        ("prompt: one-moment", "prompt: wait", "steps.who.prompt", 'no prompt "wait"'),
        ("not_found: {step: strange}", "not_found: {step: who}", "steps.who", "comes back here for ever"),
        ("failure: {step: down}", "failure: {step: up}", "steps.who.failure.step", 'no step "up"'),
        ('{debt} euros", fr', '{dept} euros", fr', "steps.remind.text.en", "variable dept never gets a value"),
        ("send: {to: caller}", "send: {text: caller}", "steps.remind.send.text", "is what the text is sent as"),
        ('paid: {debt: "12.50"}', "remind: {a: 1}", "tests.gold.answers.remind", "is no answer of it"),
        ("answers: {who: {", "answers: {whom: {", "tests.gold.answers.whom", 'no step that asks another system "whom"'),
        ("answers: {who: {", "answers: {gold: {", "tests.gold.answers.gold", 'no step that asks another system "gold"'),
        ('paid: {debt: "12.50"}', "paid: gold", "tests.gold.answers.paid", '"gold" is no answer'),
    ],
)
def test_what_is_wrong_is_told_at_its_line(old: str, new: str, place: str, what: str) -> None:
    assert old in TEXT
    changed = TEXT.replace(old, new, 1)
    problems = [each for each in read_company(changed, today=TODAY).problems if not each.is_warning]
    found = [each for each in problems if each.path == place and what in each.what]
    assert found, problems
    line = TEXT[: TEXT.index(old)].count("\n") + 1
    assert abs(found[0].line - line) <= 1 or place == "steps.who" or what == "is missing"


@pytest.mark.parametrize(
    ("needs", "path", "what", "is_warning"),
    [
        (None, "steps.who.source", "nobody knows here whether there is a connection crm", True),
        ({**NEEDS, "sms": {"from"}}, "steps.remind.send", "connection sms must be told from", False),
        ({"crn": {"number"}, "contracts": (), "sms": ()}, "steps.who.source", 'no connection "crm"', False),
        ({**NEEDS, "crm": {"number", "key"}}, "steps.who.send", "connection crm must be told key", False),
    ],
)
def test_connections_are_checked_where_they_are_known(needs: Needs, path: str, what: str, is_warning: bool) -> None:
    subject, _ = read_subject([FILE], TODAY)
    assert subject is not None
    assert findings(subject, None, TODAY, NEEDS) == []
    found = [each for each in findings(subject, None, TODAY, needs) if each.path == path]
    assert [(each.what, each.is_warning) for each in found] == [(what, is_warning)]
    assert found[0].line > 1


# --- commands ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CORDBOARD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CORDBOARD_ASTERISK_MODE", "included")
    monkeypatch.setenv("CORDBOARD_ASTERISK_HOME", str(tmp_path / "none"))
    return tmp_path


def connected(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file = folder / "connections.toml"
    text = f'[crm]\nurl = "{url}/{{number}}"\nheaders = {{X-Key = "canary"}}\n'
    file.write_text(f'{text}[contracts]\ndatabase = "sqlite:///{folder}/c.db"\nquery = "SELECT :number AS debt"\n')
    file.chmod(0o600)
    monkeypatch.setenv("CORDBOARD_CONNECTIONS", str(file))


def test_a_call_is_tried_with_answers_that_are_typed(bare: Path) -> None:
    words = ("flow", "simulate", str(FILE), "--at", "2026-11-24 10:00", "--press", "")
    assert "step plain gave the answer" in done(*words, "--answer", 'who={"customer": {"tier": "b"}}')
    assert "step strange gave the answer" in done(*words, "--answer", "who=not_found")
    assert "nobody told what it answers" in done(*words)
    for wrong in ("who=gold", "gold={}", "who", "remind={}", "remind=not_found"):
        refused = cordboard(*words, "--answer", wrong)
        assert refused.exit_code
    every = done("flow", "simulate", str(FILE), "--at", "2026-11-24 10:00", "--exhaustive")
    assert """answer 'who={"customer": {"name": "1", "tier": "gold"}}' answer 'paid=not_found'""" in every
    assert "every node, every way and every opening was taken" in every


async def test_a_real_system_is_asked_where_that_is_said(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with OtherSystem() as system:
        system.says = lambda _: json_answer({"customer": {"tier": "silver"}})
        connected(bare, system.url, monkeypatch)
        words = ("flow", "simulate", str(FILE), "--from", "+33611111101", "--at", "2026-11-24 10:00", "--press", "")
        assert "step plain gave the answer" in await asyncio.to_thread(done, *words, "--ask")
        assert [asked.path for asked in system.asked] == ["/%2B33611111101"]
        assert "step down gave the answer" in await asyncio.to_thread(done, *words)
        assert len(system.asked) == 1


def test_connections_are_listed_without_secrets(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "none:" in done("connections")
    connected(bare, "https://crm.example.org", monkeypatch)
    told = done("connections")
    assert "crm: GET https://crm.example.org, needs number" in told
    assert "canary" not in told + done("connections", "--json")
    assert [each["name"] for each in json.loads(done("connections", "--json"))] == ["crm", "contracts"]
    (bare / "connections.toml").chmod(0o644)
    assert cordboard("connections").exit_code


@pytest.mark.parametrize(("written", "retries"), [("true", 10), ("false", 0), ("3", 3), ("20", 20)])
def test_how_often_a_notice_is_told_again_is_a_number_or_yes(written: str, retries: int) -> None:
    company = read_company(TEXT.replace("retry: true", f"retry: {written}"), today=TODAY).accepted()
    node = flow_of(company, TODAY).nodes["remind"]
    assert isinstance(node, Notify)
    assert node.retry == retries
    assert read_company(export_company(company), today=TODAY).accepted() == company


@pytest.mark.parametrize("written", ["21", "-1", "often", "1.5"])
def test_no_notice_is_told_again_for_ever(written: str) -> None:
    problems = read_company(TEXT.replace("retry: true", f"retry: {written}"), today=TODAY).problems
    assert [problem.path for problem in problems] == ["steps.remind.retry"]
