"""Calls tried on the page: the same as in the terminal, act by act, without any effect, of one's own company alone."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import re
import socket
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from agi.flow.plan import Plan
from agi.simulated_caller import Planned
from cordboard.calls.paper import Paper, ready
from cordboard.desk.tried_calls import CallWanted, MenusMeant
from cordboard.documents import flow_of, read_company
from cordboard.flows.telling import decision_json, passage_json
from cordboard.flows.trial import Passage, local, try_call, unmeasured
from cordboard.house.tried_calls import TriedCalls
from cordboard.store.company import company_revision, save_company
from cordboard.store.engine import Store
from cordboard.store.flows import publish_flow
from cordboard.store.records import Role
from cordboard.web import tried_calls
from kit import acme
from kit.switch import REPOSITORY

from .conftest import House
from .menus_scene import DEMO, draft, put_in, today

AT = "2026-11-23T10:00"
SHAPES = (REPOSITORY / "src/console/source/menus/tried.ts").read_text(encoding="utf-8")
LOOKUPS = (REPOSITORY / "tests/kit/lookups.yaml").read_text(encoding="utf-8")
HEARD = (REPOSITORY / "tests/kit/heard.yaml").read_text(encoding="utf-8")
FAULTY = "cordboard: 1\nmenus: {accueil: {prompt: welcome, keys: {'1': {queue: none}}}}"
SPOKEN = """cordboard: 1
prompts: {pin: {fr: {say: Votre code.}}, tell: {fr: {say: Parlez.}}}
steps:
  pin: {kind: collect, prompt: pin, into: pin, least: 4, most: 4, secret: true, then: {step: said},
    no_input: {tries: 1, then: {queue: support}}, wrong_input: {tries: 1, then: {queue: support}}}
  said: {kind: record, prompt: tell, into: story, longest: 60, then: {queue: support},
    no_input: {tries: 1, then: {queue: support}}, failure: {queue: support}}
dids: {"+33199000001": {id: main, name: Standard, target: {step: pin}}}
"""


async def _asked(client: aiohttp.ClientSession, what: str, status: int, body: Any, language: str = "en") -> Any:
    answer = await client.post(f"/api/menus/{what}?language={language}", json=body)
    assert answer.status == status, await answer.text()
    return await answer.json()


async def _call(client: aiohttp.ClientSession, *acts: str, status: int = 200, language: str = "en", **more: Any) -> Any:
    return await _asked(client, "call", status, {"to": "main", "at": AT, "acts": acts, **more}, language)


async def _ways(client: aiohttp.ClientSession, kind: str, name: str, status: int = 200, **more: Any) -> Any:
    return await _asked(client, "ways", status, {"kind": kind, "id": name, "at": AT, **more})


async def _keep(store: Store, text: str) -> None:
    """This company instead of the one that is stored, its menus published."""
    company = read_company(text, "company.yaml", today().date()).accepted()
    async with store.transaction() as session:
        await save_company(session, company, "nadia", await company_revision(session, company.id))
        await publish_flow(session, company.id, flow_of(company, today().date()).to_json(), "nadia")


async def _in_the_terminal(text: str, press: str, number: str) -> Passage:
    company = read_company(text, "company.yaml", today().date()).accepted()
    books = Paper(company, flow_of(company, today().date()), 2, ready(company))
    caller = Planned(Plan.parse(press))
    begins = local(company, datetime.fromisoformat(AT))
    return await try_call(books, company.dids["main"], caller, number=number, begins=begins)


def _is_shown(step: dict[str, Any]) -> bool:
    return step["step"] not in ("set", "told")


def _known(steps: list[Any], told: list[Any]) -> list[Any]:
    """Of what the page is told, what the terminal tells."""
    return [
        {name: on_page[name] for name in step} for on_page, step in zip(steps, filter(_is_shown, told), strict=True)
    ]


def _kinds(call: Any) -> list[str]:
    return [step["step"] for step in call["steps"]]


async def test_a_call_on_the_page_is_the_call_in_the_terminal(house: House) -> None:
    await put_in(house)
    client = await house.somebody(Role.SUPERVISOR)
    for acts, press in (
        (["1"], "1"),
        (["2", "w", "2"], "2 wait 2"),
        (["7", "9", "w", "w"], "7 9 wait wait"),
        (["21"], "21"),
    ):
        on_page = await _call(client, *acts, caller="+33612345678")
        assert (await _call(client, press=press, caller="+33612345678")) == on_page, press
        passage = await _in_the_terminal(DEMO, press, "+33612345678")
        told = json.loads(json.dumps(passage_json(passage)))
        assert _known(on_page["steps"], told["steps"]) == [step for step in told["steps"] if _is_shown(step)]
        assert {name: on_page["end"][name] for name in told["end"]} == told["end"]
        assert on_page["variables"] == {name: value for name, value in told["variables"].items() if name != "CB_DONE"}
        assert on_page["decision"] == (decision_json(passage.decision) if passage.decision else None)
        assert (on_page["awaited"], on_page["seconds"], on_page["version"]) == (None, told["seconds"], 2)


async def test_a_call_grows_act_by_act(house: House) -> None:
    await put_in(house)
    client = await house.somebody(Role.SUPERVISOR)
    acts = ["2", "w", "9", "1"]
    calls = [await _call(client, *acts[:count]) for count in range(len(acts) + 1)]
    for before, after in itertools.pairwise(calls):
        assert after["steps"][: len(before["steps"])] == before["steps"]
        assert len(after["steps"]) > len(before["steps"])
        assert before["awaited"]["what"] == "keys"
        assert before["end"] is before["decision"] is None
    assert [call["awaited"] and call["awaited"]["node"] for call in calls] == ["accueil", *["english"] * 3, None]
    assert set(calls[1]["awaited"]["keys"]) == {"0", "1", "2", "9"}
    assert "hungup" not in _kinds(calls[0])
    left = await _call(client, "w", "h")
    assert (left["end"]["kind"], _kinds(left)[-2:]) == ("hung up", ["played", "hungup"])
    assert calls[-1]["end"] == {"kind": "queue", "id": "billing-en", "name": "Billing", "why": "message"}


async def test_each_of_the_menus_is_tried_that_somebody_means(house: House) -> None:
    await put_in(house)
    await draft(house)
    client = await house.somebody(Role.SUPERVISOR)

    async def end(**more: Any) -> tuple[str, str, int | None]:
        call = await _call(client, "4", **more)
        return call["end"]["kind"], call["end"]["id"], call["version"]

    assert await end() == ("message", "opening-hours", 2)
    assert await end(is_draft=True) == await end(is_draft=True) == ("queue", "support", None)
    assert (await _call(client, version=1))["awaited"]["keys"] == ["1", "2", "3", "9"]
    await _call(client, version=77, status=404)
    await _call(client, version=2, is_draft=True, status=422)
    faulty = await _call(client, text=FAULTY, status=422)
    assert faulty["type"].endswith(":faulty")
    assert 'no queue "none"' in [problem["what"] for problem in faulty["problems"]]
    faulty = await _call(client, text=FAULTY, status=422, language="fr")
    assert "inconnu : file « none »" in [problem["what"] for problem in faulty["problems"]]


async def test_who_types_what_is_secret_and_speaks_after_the_tone(house: House) -> None:
    await put_in(house)
    client = await house.somebody(Role.SUPERVISOR)
    waiting = await _call(client, "1234", text=SPOKEN)
    assert waiting["awaited"] == {"what": "speech", "node": "said", "keys": [], "phrases": []}
    assert [step["key"] for step in waiting["steps"] if step["step"] == "waited"] == list("1234")
    spoken = await _call(client, "1234", "5", text=SPOKEN)
    assert spoken["awaited"]["what"] == "keys"
    ended = await _call(client, "1234", "5", "#", text=SPOKEN)
    recorded = next(step for step in ended["steps"] if step["step"] == "recorded")
    assert (recorded["is_kept"], recorded["ended"]) == (True, "DTMF")
    assert "CBV_story" in ended["variables"]
    assert "CBV_pin" not in ended["variables"], "what is secret is told to nobody"
    silent = await _call(client, "1234", "", "w", text=SPOKEN)
    assert next(step for step in silent["steps"] if step["step"] == "recorded")["is_kept"] is False


async def test_a_menu_listens(house: House) -> None:
    await _keep(house.store, HEARD)
    client = await house.somebody(Role.SUPERVISOR)
    assert (await _call(client))["awaited"]["phrases"] == ["sales", "commercial", "opening hours"]
    said = await _call(client, "say:opening_hours")
    assert next(step for step in said["steps"] if step["step"] == "listened")["is_known"]
    assert (said["answered_by"], said["end"]["id"]) == ("hours", "bye")


async def test_what_other_systems_answer_is_said_and_nobody_is_asked(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _keep(house.store, LOOKUPS)
    trials = TriedCalls(house.store, lambda is_draft: unmeasured)
    before = _database(tmp_path)
    monkeypatch.setattr(socket.socket, "connect", _refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", _refuse)
    monkeypatch.setattr(socket.socket, "sendto", _refuse)

    async def call(**answers: str) -> dict[str, Any]:
        wanted = CallWanted("main", "+33611111101", datetime.fromisoformat(AT), answers=answers)
        return await trials.call("acme", MenusMeant(), wanted, "en")

    untold = await call()
    asked = next(step for step in untold["steps"] if step["step"] == "asked")
    assert (asked["node"], asked["is_told"], untold["answered_by"]) == ("who", False, "down")
    assert asked["replies"][-2:] == ["not_found", "failure"]
    gold = next(reply for reply in asked["replies"] if "gold" in reply)
    told = await call(who=gold, paid='{"debt": "12"}')
    assert told["answered_by"] == "gold"
    assert next(step for step in told["steps"] if step["step"] == "notified")["sent"]["text"] == "You owe 12 euros"
    assert (await call(who=gold, paid='{"debt": "12"}', remind="failure"))["answered_by"] == "plain"
    monkeypatch.undo()
    assert _database(tmp_path) == before, "nothing is written"


def _refuse(*_: object) -> None:
    raise AssertionError("a tried call speaks with nobody")


def _database(folder: Path) -> list[str]:
    """Everything in it."""
    with contextlib.closing(sqlite3.connect(folder / "cordboard.db")) as connection:
        return list(connection.iterdump())


async def test_every_way_to_a_place_can_be_made(house: House) -> None:
    await put_in(house)
    client = await house.somebody(Role.SUPERVISOR)
    found = await _ways(client, "message", "opening-hours")
    assert found["count"] == len(found["ways"])
    assert found["is_whole"]
    for way in found["ways"]:
        body = {"to": way["did"], "caller": way["from"] or "", "at": way["at"], "press": way["press"]}
        assert (await _asked(client, "call", 200, {**body, "answers": way["answers"]}))["end"]["id"] == "opening-hours"
    by_queue = [way for way in (await _ways(client, "person", "amel"))["ways"] if way["after"]]
    offered = {"how": "offered", "source": "billing-fr", "seconds": 0}
    assert {**offered, "to": {"kind": "person", "id": "amel", "name": "Amel Haddad"}} in [
        way["after"][0] for way in by_queue
    ]
    assert all(way["end"]["kind"] == "queue" for way in by_queue)
    assert (await _ways(client, "voicemail", "amel"))["ways"]
    assert (await _ways(client, "queue", "amel", 422))["type"].endswith(":no-such-place")


async def test_reasons_are_told_in_the_language_of_the_page(house: House) -> None:
    await put_in(house)
    client = await house.somebody(Role.SUPERVISOR)
    english = (await _call(client, "1", ready=["bruno"]))["decision"]
    french = (await _call(client, "1", ready=["bruno"], language="fr"))["decision"]
    assert english["why"][-1] == "first offered to Bruno Lefèvre"
    assert french["why"][-1] == "proposé d’abord à Bruno Lefèvre"
    assert {each["skipped_because"] for each in french["candidates"]} == {None, "non connecté"}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"to": "nobody"}, "no-such-number"),
    ({"ready": ["nobody"]}, "no-such-person"),
    ({"answers": {"accueil": "failure"}}, "no-such-answer"),
    ({"answers": {"sure-to-buy.who": "failure"}}, "no-such-answer"),
    ({"answers": {"who ever": "failure"}}, "invalid"),
    ({"acts": ["seven"]}, "not-understood"),
    ({"press": "seven"}, "not-understood"),
    ({"acts": ["1"] * 201}, "invalid"),
    ({"acts": ["1" * 81]}, "invalid"),
    ({"caller": "0612; DROP"}, "invalid"),
    ({"at": "9999-12-31T23:59"}, "invalid"),
    ({"at": "soon"}, "invalid"),
    ({"version": 0}, "invalid"),
    ({"version": 10**20}, "invalid"),
    ({"more": 1}, "invalid"),
]


async def test_what_cannot_be_tried_is_refused_by_its_name(house: House) -> None:
    await put_in(house)
    client = await house.somebody(Role.SUPERVISOR)
    for wish, code in WRONG:
        refused = await _asked(client, "call", 422, {"to": "main", "at": AT, **wish})
        assert refused["type"] == f"urn:cordboard:problem:{code}", wish


async def test_who_tries_too_many_at_once_waits(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tried_calls, "RATE", 0.001)
    monkeypatch.setattr(tried_calls, "BURST", 3)
    one, other = await house.somebody(Role.SUPERVISOR), await house.somebody(Role.ADMINISTRATOR)
    answers = [await one.post("/api/menus/call", json={"to": "nobody"}) for _ in range(4)]
    assert [answer.status for answer in answers] == [422, 422, 422, 429]
    assert (await answers[-1].json())["seconds"] > 1
    assert (await other.post("/api/menus/call", json={"to": "nobody"})).status == 422


async def test_a_few_of_an_account_are_worked_at_or_wait_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    may_end, begun, are_there = asyncio.Event(), itertools.count(1), asyncio.Event()

    async def slowly(*_: object) -> dict[str, Any]:
        if next(begun) == tried_calls.MOST_AT_ONCE:
            are_there.set()
        await may_end.wait()
        return {}

    monkeypatch.setattr(TriedCalls, "ways", slowly)
    one, other = await house.somebody(Role.SUPERVISOR), await house.somebody(Role.ADMINISTRATOR)
    place = {"kind": "queue", "id": "billing"}
    async with asyncio.TaskGroup() as group:
        several = [group.create_task(_asked(one, "ways", 200, place)) for _ in range(tried_calls.MOST_AT_ONCE)]
        await are_there.wait()
        assert (await _asked(one, "ways", 429, place))["type"].endswith(":too-many")
        several.append(group.create_task(_asked(other, "ways", 200, place)))
        may_end.set()
    assert [each.result() for each in several] == [{}] * (tried_calls.MOST_AT_ONCE + 1)
    assert await _asked(one, "ways", 200, place) == {}


async def test_an_account_of_another_company_tries_nothing_of_it(house: House) -> None:
    async with house.store.transaction() as session:
        await save_company(session, acme.company(id="other", dids={}), "test")
    other = await house.somebody(Role.ADMINISTRATOR, company="other")
    assert (await other.get("/api/menus/choices?company=acme")).status == 404
    for what, body in (("call", {"to": "main"}), ("ways", {"kind": "queue", "id": "billing"})):
        assert (await other.post(f"/api/menus/{what}?company=acme", json=body)).status == 404


async def test_the_console_finds_every_field_that_it_needs(house: House) -> None:
    await put_in(house)
    client = await house.somebody(Role.SUPERVISOR)
    choices = await (await client.get("/api/menus/choices")).json()
    assert [did["id"] for did in choices["dids"]] == ["main", "office", "archive", "english", "amel"]
    waiting, over = await _call(client, "2"), await _call(client, "1")
    way = (await _ways(client, "person", "amel"))["ways"][-1]
    for name, value in [
        ("Choices", choices), ("Place", choices["places"][0]), ("Tried", waiting), ("Awaited", waiting["awaited"]),
        ("End", over["end"]), ("Decision", over["decision"]), ("Candidate", over["decision"]["candidates"][0]),
        ("Way", way), ("Onward", way["after"][0]), ("Ways", await _ways(client, "queue", "support")),
    ]:  # fmt: skip
        assert _fields(name) <= value.keys(), name
    for step in (*waiting["steps"], *over["steps"]):
        found = re.search(rf'\| \{{ step: "{step["step"]}"; (.*?) \}}\n', SHAPES)
        assert found is not None, step
        assert set(re.findall(r"(\w+)\??: ", found[1])) - {"says"} <= step.keys()


def _fields(name: str) -> set[str]:
    """Those that the console finds in an interface."""
    found = re.search(rf"export interface {name} (?:extends \w+ )?{{(.*?)\n}}", SHAPES, re.DOTALL)
    assert found is not None
    return set(re.findall(r"^  (\w+):", found[1], re.MULTILINE))
