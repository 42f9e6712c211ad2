"""Calls that nobody makes through the demo's menus: where they go, and how that is told."""

from __future__ import annotations

import json
from datetime import date, datetime

import pytest

from agi.flow.plan import Plan
from agi.simulated_caller import Planned
from cordboard.calls.paper import Paper, ready
from cordboard.documents import flow_of, read_company_file
from cordboard.flows.errors import NoSuchDid
from cordboard.flows.telling import Teller, end_lines, header_line, passage_json
from cordboard.flows.testing import path_line
from cordboard.flows.trial import Passage, did_of, local, try_call
from cordboard.store.values import Company
from kit.switch import REPOSITORY

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def company() -> Company:
    return read_company_file(REPOSITORY / "demo/company.yaml", TODAY).accepted()


async def call(
    company: Company, to: str, press: str = "", at: str = "2026-11-23 10:00", caller: str = "", there: str | None = None
) -> Passage:
    people = None if there is None else there.split()
    books = Paper(company, flow_of(company, TODAY), presence=ready(company, people))
    begins = local(company, datetime.fromisoformat(at))
    return await try_call(books, did_of(company, to), Planned(Plan.parse(press)), number=caller, begins=begins)


@pytest.mark.parametrize(
    ("to", "at", "press", "where"),
    [
        ("+33199000002", "2026-11-23 10:00", "1", "queue billing-fr"),
        ("office", "2026-11-23 12:30", "1", "message closed"),
        ("office", "2026-12-24 10:00", "1", "message closed"),
        ("office", "2026-11-11 10:00", "1", "message closed"),  # a public holiday
        ("main", "2026-12-24 18:31", "2 wait 1", "queue billing-en"),
        ("main", "2026-12-24 18:31", "4", "message opening-hours"),
        ("main", "2026-12-24 18:31", "7 7 7", "message goodbye"),
        ("archive", "2026-11-23 10:00", "", "message closed"),
        ("amel", "2026-11-23 10:00", "", "person amel"),
        ("main", "2026-11-23 10:00", "9 2 0 hangup", "hung up"),
    ],
)
async def test_where_calls_end(company: Company, to: str, at: str, press: str, where: str) -> None:
    assert str((await call(company, to, press, at)).end) == where


async def test_a_queue_is_decided_as_for_a_live_call(company: Company) -> None:
    passage = await call(company, "main", "1", there="dan bruno")
    assert passage.decision is not None
    assert [each.agent for each in passage.decision.candidates][:1] == ["bruno"]
    assert dict(passage.variables) | {"CB_DONE": "", "CB_ANSWERS": ""} == {
        "CB_ANSWERS": "",
        "CB_DONE": "",
        "CB_KIND": "queue",
        "CB_TARGET": "billing-fr",
        "CB_WHY": "message",
        "CB_QUEUE": "billing-fr",
        "CB_PRIO": "0",
        "CB_MAXPEN": "99",
    }
    assert (await call(company, "main", "4")).decision is None


async def test_blocked_callers_are_turned_away(company: Company) -> None:
    refused, told = [await call(company, "main", caller=number) for number in ("0899700123", "+33897111111")]
    assert (refused.end.kind, refused.end.why, refused.nodes) == ("hangup", "blocked", ())
    assert (str(told.end), told.announced) == ("message not-in-service", ("ss-noservice",))


async def test_what_is_heard_and_in_which_language(company: Company) -> None:
    passage = await call(company, "main", "2 7 7 7")
    assert passage.heard == ("welcome", *["english-welcome", "again"] * 2, "english-welcome", "goodbye")
    assert passage.language == "en"


async def test_a_passage_is_told_to_people_and_to_programs(company: Company) -> None:
    passage = await call(company, "main", "2 wait 1", caller="+33612345678", there="dan")
    teller = Teller(company, flow_of(company, TODAY))
    lines = [line for step in passage.steps for line in teller.lines(step)] + [*teller.rest(), *end_lines(passage)]
    text = "\n".join(lines)
    for words in (
        "menu accueil (Accueil)",
        "hears prompt welcome",
        'fr: "Acme, bonjour. Facturation, tapez 1. English, tapez 2.',
        "key 2 -> menu english",
        "language en",
        "says nothing for 5 s",
        "Ends in queue billing-en after",
        "first offered to Dan O’Neill",
    ):
        assert words in text
    assert header_line(passage) == ("+33612345678 calls +33199000001 (Standard), Mon 2026-11-23 10:00 CET, language fr")
    assert path_line(passage) == "did.main open > accueil key 2 > english key 1 > queue billing-en"
    told = json.loads(json.dumps(passage_json(passage)))
    said = [step["says"] for step in told["steps"] if step["step"] == "played"]
    assert said[0].startswith("Acme, bonjour. Facturation, tapez 1.")
    assert said[1:] == ["Welcome to Acme Conseil. For billing, press 1. For technical support, press 2."] * 2
    assert told["end"] == {"kind": "queue", "id": "billing-en", "why": "message"}
    assert told["heard"] == ["welcome", "english-welcome", "english-welcome"]
    assert [step["way"] for step in told["steps"] if step["step"] == "left"] == ["open", "keys.2", "keys.1"]
    assert told["decision"]["candidates"][0]["agent"] == "dan"


async def test_a_number_that_is_not_there(company: Company) -> None:
    with pytest.raises(NoSuchDid, match="no DID '\\+33'; there is"):
        did_of(company, "+33")
    with pytest.raises(NoSuchDid, match="say which number"):
        did_of(company, None)
