"""Calls counted = calls offered, also while nobody follows Asterisk: the daemon killed, Asterisk just started again.

Who is offered is Asterisk's own word: a caller of whom it has no record never came in.
"""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from cordboard.store.engine import open_store
from cordboard.store.spans import spans_within
from kit.full_house import KEYS, MAIN, TRUNK, document, offered
from kit.sip_crowd import Crowd, CrowdCall
from kit.site import Site

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]

DIRECT, NOBODY, NOT_OURS = "+33199000002", "+33199000003", "+33199000009"
OUT, OUTSIDE = "390", "+33688888888"
TALKS = "t01"
NUMBERS = {name: str(person["extension"]) for name, person in document(2, 1, 1)["people"].items()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Site, Crowd]]:
    """The company of the full house, with a number for a person who is there and one for a person who is not, and a
    queue in which nobody is, which lets callers out to a number outside. The crowd is also what lies outside."""
    company = document(talkers=2, briefs=1, pausing=1)
    for number, did, person in ((DIRECT, "direct", TALKS), (NOBODY, "nobody", "p01")):
        place = {"id": did, "name": did, "hours": "always", "open": {"person": person}, "closed": {"message": "bye"}}
        company["dids"][number] = place
    company["skills"]["rare"] = {"name": "Rare"}
    company["queues"]["out"] = company["queues"]["talk"] | {
        "name": "Out", "number": OUT, "skills": {"rare": 5}, "when_empty": {"external": OUTSIDE}
    }  # fmt: skip
    file = tmp_path_factory.mktemp("company") / "company.yaml"
    site = Site(file)
    async with Crowd(site.switch) as crowd:
        company["trunks"]["carrier"]["to"] = f"sip:{crowd.ip}:{crowd.port}"
        file.write_text(json.dumps(company))
        async with site:
            yield site, crowd


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(place: tuple[Site, Crowd]) -> Site:
    return place[0]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def crowd(place: tuple[Site, Crowd]) -> Crowd:
    """The phones of all but one, registered; those who talk are logged in."""
    site, crowd = place
    for entry in (await site.cordboard("phones", "--show-secrets", "--json")).json():
        person = entry["endpoint"].partition("-")[2]
        if person != "p01":
            await crowd.phone(entry["endpoint"], entry["secret"])
        if person.startswith("t"):
            await site.post(f"/api/agents/{person}/login", {})
            await site.agent_is(person, "ready")
    return crowd


async def comes(crowd: Crowd, caller: str, number: str = MAIN, key: str = "") -> CrowdCall:
    call = await crowd.call(caller, number, TRUNK)
    if number == MAIN:
        await call.hears_something()  # the menu
    await call.press(key)
    return call


async def goes(call: CrowdCall, after: float) -> None:
    try:
        await call.ended(after)
    except TimeoutError:
        await call.hang_up()


async def rows(site: Site, *callers: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of these callers, once there is one for each."""
    found: dict[str, list[dict[str, Any]]] = {}

    async def are_there() -> bool:
        found.clear()
        for row in await site.calls():
            if row["caller_number"] in callers:
                found.setdefault(row["caller_number"], []).append(row)
        return found.keys() == set(callers)

    await site.until_async(are_there, f"rows of {callers}", lambda: str(found.keys()))
    return found


async def test_callers_who_come_and_go_while_the_daemon_is_dead(site: Site, crowd: Crowd) -> None:
    """Each has one row, with the outcome that it would have had if it had been seen."""
    site.daemon.kill()
    ways: dict[str, tuple[str, str, float, tuple[str, str, str | None]]] = {
        "+33611111301": (MAIN, KEYS["box"], 0.3, ("dissuaded", "message", None)),
        "+33611111302": (MAIN, "", 0.3, ("abandoned", "menu:main", None)),
        "+33611111303": (MAIN, "777", 30.0, ("dissuaded", "wrong_input", None)),
        "+33611111304": (MAIN, KEYS["talk"], 2.0, ("handled", "", "t")),
        "+33611111305": (DIRECT, "", 2.0, ("handled", TALKS, TALKS)),
        "+33611111306": (NOBODY, "", 30.0, ("dissuaded", "empty", None)),
        "+33611111307": (MAIN, KEYS["brief"], 30.0, ("dissuaded", "empty", None)),
    }
    for caller, (number, keys, stays, (outcome, _, _)) in ways.items():
        call = await comes(crowd, caller, number, keys)
        if outcome == "handled":
            await crowd.arrives(caller)
        await goes(call, stays)
    await site.switch.wait_idle()
    await site.start_daemon()
    await site.sign_in_again()
    found = await rows(site, *ways)
    for caller, (number, _, _, (outcome, detail, agent)) in ways.items():
        [row] = found[caller]
        assert (row["company"], row["outcome"], row["is_partial"]) == ("full", outcome, True), caller
        assert row["did"] == {MAIN: "main", DIRECT: "direct", NOBODY: "nobody"}[number]
        assert detail in row["detail"], caller
        assert (row["agent"] or "").startswith(agent or ""), caller
        facts = (await site.cordboard("facts", row["uniqueid"], "--json")).json()["facts"]
        assert [fact["data"] for fact in facts if fact["kind"] == "repaired"] == [{"source": "cdr"}]
    assert found["+33611111304"][0]["talked"] >= 1
    assert {row["is_repaired"] for [row] in found.values()} == {True}
    assert (found["+33611111301"][0]["message_left"], found["+33611111302"][0]["message_left"]) == (False, None)
    [told] = [await site.cordboard("calls", found["+33611111304"][0]["id"])]
    assert "Nobody followed it" in told.out
    assert "agent" in told.out


async def test_calls_of_colleagues_and_calls_out_while_the_daemon_is_dead(site: Site, crowd: Crowd) -> None:
    """Each is there once, with who took part, which way it went and how long it took; Asterisk's own probes are not."""
    before = {call["id"] for call in await site.calls()}
    site.daemon.kill()
    inside = await crowd.dial("full-b01", NUMBERS["t02"])
    await crowd.arrives(NUMBERS["b01"])
    await asyncio.sleep(2.1)
    await inside.hang_up()
    out = await crowd.dial("full-t02", OUT)
    await asyncio.sleep(2.1)
    await out.hang_up()
    echo = await crowd.dial("full-t01", "*43")
    await echo.hang_up()
    await site.switch.wait_idle()
    await site.start_daemon()
    await site.sign_in_again()
    found: list[dict[str, Any]] = []

    async def are_there() -> bool:
        found[:] = [call for call in await site.calls() if call["id"] not in before]
        return len(found) >= 3

    await site.until_async(are_there, "three calls", lambda: str(found))
    await asyncio.gather(*(site.get("/api/differences") for _ in range(2)))  # it is asked for everything again
    await are_there()
    ways = {call["dialled"]: call for call in found}
    assert sorted(ways) == ["*43", OUTSIDE, NUMBERS["t02"]]
    assert len(found) == 3
    assert all((call["company"], call["is_repaired"], call["is_partial"]) == ("full", True, True) for call in found)
    call = ways[NUMBERS["t02"]]
    assert (call["direction"], call["caller_number"], call["agent"]) == ("internal", NUMBERS["b01"], "t02")
    assert (call["outcome"], call["detail"]) == ("answered", "full-t02")
    assert 2 <= call["talked"] <= 4
    call = ways[OUTSIDE]
    assert (call["direction"], call["caller_number"], call["agent"]) == ("outbound", NUMBERS["t02"], "t02")
    assert (call["outcome"], call["detail"]) == ("answered", OUTSIDE)
    assert 2 <= call["talked"] <= 4
    told = (await site.cordboard("calls", call["id"], "--json")).json()["story"]
    assert [(party["role"], party["number"], party["outside"]) for party in told["parties"]] == [
        ("caller", NUMBERS["t02"], False), ("called", OUTSIDE, True),
    ]  # fmt: skip
    assert [step["what"] for step in told["steps"]] == ["repaired"]
    assert (ways["*43"]["direction"], ways["*43"]["outcome"]) == ("internal", "completed")


async def test_a_caller_who_stays_until_the_daemon_is_back(site: Site, crowd: Crowd) -> None:
    """He is found by the list of what is there, with his company; nothing of him is told twice."""
    caller = "+33611111310"
    site.daemon.kill()
    call = await comes(crowd, caller, key=KEYS["talk"])
    agent = await crowd.arrives(caller)
    await site.start_daemon()
    await site.sign_in_again()
    await call.hang_up()
    [row] = (await rows(site, caller))[caller]
    assert (row["company"], row["did"], row["outcome"]) == ("full", "main", "handled")
    assert f"full-{row['agent']}" == agent.user


async def test_who_talks_when_asterisk_is_killed_talked_until_then(site: Site, crowd: Crowd) -> None:
    """One end in the call's row, its story, and in what its agent did, though Asterisk is away for longer."""
    caller = "+33611111315"
    both = await comes(crowd, caller, key=KEYS["talk"]), await crowd.arrives(caller)
    agent = both[1].user.removeprefix("full-")
    await site.agent_is(agent, "inbound_call")
    await asyncio.sleep(2.0)
    killed = datetime.now(UTC)
    site.switch.kill()
    for each in both:
        each.over("them")  # nothing tells them
    await site.loses_asterisk()
    seen = datetime.now(UTC)
    await asyncio.sleep(2.0)  # an end that is taken from its return is later than `seen`
    await site.switch.boot_again()
    [row] = (await rows(site, caller))[caller]
    ended = datetime.fromisoformat(row["ended"])
    assert killed <= ended <= seen
    assert (row["outcome"], row["agent"], row["is_repaired"]) == ("handled", agent, True)
    answered = datetime.fromisoformat(row["answered"])
    assert row["talked"] == pytest.approx((ended - answered).total_seconds(), abs=0.1)
    said = (await site.cordboard("calls", row["id"])).out
    assert "Nobody saw its end" in said
    story = (await site.cordboard("calls", row["id"], "--json")).json()["story"]
    ends = [datetime.fromisoformat(party["left"]) for party in story["parties"] if party["role"] != "called"]
    assert all(abs((end - ended).total_seconds()) < 0.01 for end in ends)
    assert 0 < story["talked"] < row["talked"] + 0.1  # whoever has answered is soon in the bridge
    async with open_store(f"sqlite:///{site.home / 'cordboard.sqlite'}") as store, store.reading() as session:
        spans = await spans_within(session, "full", answered, datetime.now(UTC))
    [until] = [span.until for span in spans if (span.agent, span.call) == (agent, row["uniqueid"])]
    assert until == ended
    assert all(one.until <= two.since for one, two in pairwise(span for span in spans if span.agent == agent))
    assert await site.differences() == []


async def test_callers_who_meet_asterisk_just_started(site: Site, crowd: Crowd) -> None:
    """One comes and goes before the link is live again, one stays beyond; the daemon is held to make sure of it."""
    went, stayed = "+33611111320", "+33611111321"
    site.daemon.signal(signal.SIGSTOP)
    try:
        site.switch.kill()
        await site.switch.boot_again()
        stays = await comes(crowd, stayed, key=KEYS["stay"])
        await goes(await comes(crowd, went, key=KEYS["box"]), 0.3)
    finally:
        site.daemon.signal(signal.SIGCONT)
    found = await rows(site, went)
    await stays.press(KEYS["stay"])

    async def is_seen_in_the_menu() -> bool:
        cards = (await site.cards()).values()
        return any(card.get("caller") == stayed and card.get("place") == "Main" for card in cards)

    await site.until_async(is_seen_in_the_menu, "who stays to be in the menu")
    await stays.hang_up()
    found |= await rows(site, stayed)
    assert [(row["company"], row["outcome"], row["detail"]) for row in found[went]] == [
        ("full", "dissuaded", "message")
    ]
    assert [(row["company"], row["outcome"], row["detail"]) for row in found[stayed]] == [
        ("full", "abandoned", "menu:main")
    ]
    assert await site.differences() == []


async def test_who_never_came_in_is_no_call_offered(site: Site, crowd: Crowd) -> None:
    """A number that is not ours is refused before there is a call. Who cancels has been let in or not, as Asterisk's
    records say; history has exactly those."""
    refused = await crowd.start_call("+33611111330", NOT_OURS, TRUNK)
    cancelled = []
    for number in range(12):
        call = await crowd.start_call(f"+336111114{number:02}", MAIN, TRUNK)
        await asyncio.sleep(0.004 * number)
        await call.hang_up()
        cancelled.append(call)
    last = "+33611111399"
    await goes(await comes(crowd, last), 0.1)
    await site.switch.wait_idle()
    came = offered(site, [refused, *cancelled])
    assert (refused.status, refused.user in came) == ("SIP/2.0 404 Not Found", False)
    assert {call.status.partition(" ")[2] for call in cancelled} <= {"487 Request Terminated", "200 OK"}
    found = await rows(site, last, *came)
    assert [len(each) for each in found.values()] == [1] * len(found)
    unknown = {call.user for call in cancelled} - came
    assert not any(row["caller_number"] in unknown | {refused.user} for row in await site.calls())
    assert Path(site.switch.places.cdr).is_file()
