"""One id joins everything: AMI's events, AGI, CDR, queue_log, history, the list and the page of a call; for calls that
come in, that stay in the house, and that are passed on."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from demo.callers import CALLER_TONE, TRUNK
from demo.script import MAIN
from kit.manager import ManagerSession
from kit.site import Site

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]

UNIQUEID = 16
"""The column of cdr_csv."""


@pytest_asyncio.fixture(loop_scope="module")
async def witness(site: Site) -> AsyncIterator[ManagerSession]:
    """Whatever Asterisk tells, without filters."""
    async with ManagerSession.open(site.switch, *await site.witness()) as session:
        yield session


async def listed(site: Site, *callers: str) -> list[dict[str, Any]]:
    """Everything that the list has of these callers, once it has all that Asterisk made records of."""
    found: list[dict[str, Any]] = []

    async def is_there() -> bool:
        found[:] = [call for call in await site.calls() if call["caller_number"] in callers]
        told = [await story(site, call["id"]) for call in found]
        legs = {leg for each in told if each["story"] for party in each["story"]["parties"] for leg in party["legs"]}
        return bool(found) and {row[UNIQUEID] for row in records(site) if row[1] in callers} <= legs

    await site.until_async(is_there, f"calls of {callers} in history", lambda: str(found))
    return found


async def story(site: Site, named: str) -> dict[str, Any]:
    told: dict[str, Any] = (await site.cordboard("calls", named, "--json")).json()
    return told


def records(site: Site) -> list[list[str]]:
    lines = site.switch.places.cdr.read_text(encoding="utf-8").splitlines()
    return [row for row in csv.reader(lines) if len(row) > UNIQUEID]


def linkedids(witness: ManagerSession, legs: set[str], name: str = "") -> set[str]:
    """What events of these legs (of one kind) call their call."""
    return {
        event["Linkedid"]
        for event in witness.events
        if event.get("Uniqueid") in legs and "Linkedid" in event and name in ("", event.get("Event"))
    }


async def test_a_call_that_comes_in(site: Site, witness: ManagerSession) -> None:
    agent = await site.agent("amel", tone=500)
    caller = await site.phones.caller("+33612350001", site.switch.sip, tone=CALLER_TONE, headers=TRUNK)
    call = await caller.start_call(MAIN)
    await call.answered()
    await call.hears_something()
    await call.press("1")
    await call.hears(500)
    up = [each["Channel"] for each in await witness.rows("CoreShowChannels")]
    by_cdr = {(await witness.act("Getvar", Channel=each, Variable="CDR(linkedid)"))["Value"] for each in up}
    await call.hang_up()
    await site.switch.wait_idle()

    [row] = await listed(site, caller.user)
    node, _, uniqueid = row["id"].partition("/")
    assert (node, row["uniqueid"], row["conversation"]) == (site.switch.name, uniqueid, uniqueid)
    assert (row["direction"], row["outcome"], row["agent"], row["did"]) == ("inbound", "handled", "amel", "main")
    assert by_cdr == {uniqueid}
    told = await story(site, row["id"])
    assert told["story"]["id"] == row["id"]
    legs = {leg for party in told["story"]["parties"] for leg in party["legs"]}
    assert len(up) == len(legs) == 2
    assert {each[UNIQUEID] for each in records(site) if each[1] == caller.user} == {uniqueid}
    assert linkedids(witness, legs) == {uniqueid}
    assert linkedids(witness, {uniqueid}, "AGIExecStart") == {uniqueid}, "the script of the menu"
    assert {line[1] for line in site.switch.queue_log() if line[4] == "ENTERQUEUE"} == {uniqueid}
    assert {fact["uniqueid"] for fact in told["facts"]} == {uniqueid}
    assert [fact["data"]["by"] for fact in told["facts"] if fact["kind"] == "menu"] == ["flow"], "told by AGI"
    for leg in legs:
        assert (await story(site, leg))["call"]["id"] == row["id"], "any leg leads to it"
    said = (await site.cordboard("calls", uniqueid)).out
    assert row["id"] in said
    assert "caller" in said
    assert "agent" in said
    assert agent.user in said


async def test_a_call_in_the_house_and_one_that_is_passed_on(site: Site, witness: ManagerSession) -> None:
    chloe = await site.phone("chloe", tone=700)
    bruno = await site.phone("bruno", tone=600)
    await site.phone("emma", tone=900)
    before = len(await site.calls())
    call = await chloe.start_call("202")
    await call.answered()
    await call.hears(600)
    up = [each["Channel"] for each in await witness.rows("CoreShowChannels")]
    by_cdr = {(await witness.act("Getvar", Channel=each, Variable="CDR(linkedid)"))["Value"] for each in up}
    (card,) = (await site.cordboard("call", "list", "--json")).json()
    assert (await site.cordboard("call", "transfer", card["id"], "205")).out == "done\n"
    await call.hears(900)
    await bruno.call.ended()
    await call.hang_up()
    await site.switch.wait_idle()

    [row] = await listed(site, "203")
    uniqueid = row["uniqueid"]
    assert (row["id"], row["company"]) == (card["id"], "acme")
    assert (row["direction"], row["dialled"], row["outcome"], row["did"]) == ("internal", "202", "answered", None)
    assert by_cdr == {uniqueid}
    told = (await story(site, row["id"]))["story"]
    assert [party["role"] for party in told["parties"]] == ["caller", "called", "called"]
    assert [step["what"] for step in told["steps"]] == ["transferred"]
    legs = {leg for party in told["parties"] for leg in party["legs"]}
    assert uniqueid in linkedids(witness, legs)
    assert {each[UNIQUEID] for each in records(site) if each[1] == "203"} <= legs
    assert len(await site.calls()) == before + 1
    inside = (await site.cordboard("calls", "--direction", "internal", "--json")).json()
    assert [each["id"] for each in inside] == [row["id"]]
    said = (await site.cordboard("calls", row["id"])).out
    assert "transferred" in said


async def test_a_call_that_goes_on_while_the_daemon_is_dead_is_kept_once(site: Site) -> None:
    dan, farid = await site.phone("dan", tone=800), await site.phone("farid", tone=1000)
    before = {call["id"] for call in await site.calls()}
    call = await dan.start_call("206")
    await call.answered()
    await farid.call.hears(800)
    site.daemon.kill()
    await site.start_daemon()
    await site.sign_in_again()
    await call.hang_up()
    await site.switch.wait_idle()
    [row] = await listed(site, "204")
    assert (row["direction"], row["outcome"], row["is_partial"]) == ("internal", "answered", True)
    assert {each["id"] for each in await site.calls()} == {*before, row["id"]}
