"""A call never depends on Cordboard: FastAGI killed, hung, mute or gone, the daemon killed; each with a real call.

Every fault is proven to have happened: the process is another one afterwards, or the caller's facts say `fallback`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from demo.callers import CALLER_TONE, TONES, Cast
from kit.patience import PATIENCE
from kit.phones import Phone, PhoneCall
from kit.site import Site
from kit.trip import calls_in, fastagi, starts_call

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]


async def _reaches_amel(cast: Cast, call: PhoneCall) -> None:
    """Press a key again and again until Amel is heard, and hear the caller there."""
    async with asyncio.timeout(60):
        while True:
            await call.hears_something()
            await call.press("1")
            with contextlib.suppress(TimeoutError):
                await call.hears(TONES["amel"], timeout=4)
                break
    await cast.agents["amel"].call.hears(CALLER_TONE)
    await call.hang_up()


async def _facts(site: Site, caller: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    record = await site.call_record(caller)
    facts = (await site.cordboard("facts", record["uniqueid"], "--json")).json()["facts"]
    return record, facts


def _fallbacks(facts: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(f["data"]["script"], f["data"]["reason"]) for f in facts if f["kind"] == "fallback"]


def _services(site: Site) -> int:
    """How many FastAGI processes have come to answer calls, one after the other."""
    return site.daemon.said().count("FastAGI process answers calls")


async def _serving_again(site: Site, before: int) -> None:
    await site.until(lambda: _services(site) > before, "another FastAGI process to answer")


@pytest_asyncio.fixture(loop_scope="module")
async def at_rest(site: Site, cast: Cast) -> AsyncIterator[None]:
    """Amel is ready before the test, and nothing is left of its call after it."""
    await site.agent_is("amel", "ready")
    yield
    await site.switch.wait_idle()
    assert await site.differences() == []


async def test_fastagi_killed_in_the_menu(site: Site, cast: Cast, at_rest: None) -> None:
    call = await calls_in(site, "+33611111101")
    before = _services(site)
    os.kill(fastagi(site), signal.SIGKILL)
    await _reaches_amel(cast, call)
    record, facts = await _facts(site, "+33611111101")
    assert (record["outcome"], record["agent"]) == ("handled", "amel")
    assert ("menu", "unfinished") in _fallbacks(facts)
    await _serving_again(site, before)


async def test_fastagi_hung_in_the_menu(site: Site, cast: Cast, at_rest: None) -> None:
    call = await calls_in(site, "+33611111102")
    before = _services(site)
    said = site.daemon.said().count("hangs and is killed")
    os.kill(fastagi(site), signal.SIGSTOP)
    await site.until(lambda: site.daemon.said().count("hangs and is killed") > said, "the watchdog to kill it")
    await _reaches_amel(cast, call)
    record, facts = await _facts(site, "+33611111102")
    assert (record["outcome"], record["agent"]) == ("handled", "amel")
    assert _fallbacks(facts)
    await _serving_again(site, before)


async def test_nobody_answers_fastagi(site: Site, cast: Cast, at_rest: None) -> None:
    """Connection refused: the compiled menu at once. The daemon is stopped whole, Asterisk goes on by itself."""
    assert await site.stop_daemon() == 0
    caller = "+33611111103"
    try:
        call = await calls_in(site, caller)
        await _reaches_amel(cast, call)
        await site.switch.wait_idle()
        log = [line for line in site.switch.queue_log() if line[4] == "CONNECT"]
        assert log[-1][3] == "acme-amel"
    finally:
        await site.start_daemon()
        await site.sign_in_again()
    await site.agent_is("amel", "ready")


async def test_fastagi_accepts_and_says_nothing(site: Site, cast: Cast, at_rest: None) -> None:
    """A mute server in Cordboard's place: the dead man's switch of the dialplan frees the caller."""
    assert await site.stop_daemon() == 0
    accepted = 0

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal accepted
        accepted += 1
        with contextlib.suppress(asyncio.CancelledError):
            while await reader.read(1000):
                pass
        writer.close()

    server = await asyncio.start_server(mute, site.switch.address, site.agi_port)
    try:
        call = await starts_call(site, "+33611111104")
        await call.answered()
        await _reaches_amel(cast, call)
    finally:
        server.close()
        await server.wait_closed()
        await site.start_daemon()
        await site.sign_in_again()
    assert accepted >= 1
    await site.agent_is("amel", "ready")


async def test_the_daemon_is_killed_during_a_talk(site: Site, cast: Cast, at_rest: None) -> None:
    """kill -9, and up again: the talk goes on, its row is taken up and closed with one outcome."""
    caller = "+33611111105"
    call = await calls_in(site, caller)
    await call.press("1")
    await call.hears(TONES["amel"])
    pid = site.daemon.pid
    site.daemon.kill()
    await call.hears(TONES["amel"])
    await site.start_daemon()
    await site.sign_in_again()
    assert site.daemon.pid != pid
    await site.agent_is("amel", "inbound_call")
    assert await site.differences() == []
    await call.hears(TONES["amel"])
    await call.hang_up()
    records = await site.records(caller)
    assert [(r["outcome"], r["agent"]) for r in records] == [("handled", "amel")]
    assert records[0]["talked"] > 1


async def test_asterisk_is_killed_and_comes_back(site: Site, cast: Cast, at_rest: None) -> None:
    """Agents are put back as they were logged in, with their pauses. Each lost call is closed once: who talked to an
    agent was handled until the link was lost; who was in the menu met a technical end, unseen."""
    talker, chooser = "+33611111106", "+33611111107"
    await site.post("/api/agents/bruno/pause", {"reason": "lunch", "because": "a test"})
    talk = await calls_in(site, talker)
    await talk.press("1")
    await talk.hears(TONES["amel"])
    choice = await calls_in(site, chooser)
    site.switch.kill()
    await site.loses_asterisk()
    await site.switch.boot_again()
    for phone in cast.agents.values():
        await _register_again(site, phone)
    await site.agent_is("amel", "ready")
    assert (await site.agent_is("bruno", "pause"))["reason"] == "lunch"
    await site.post("/api/agents/bruno/ready", {"because": "a test"})
    talks = await site.records(talker)
    assert [(r["outcome"], r["agent"], r["queue"]) for r in talks] == [("handled", "amel", "billing-fr")]
    assert talks[0]["talked"] > 0
    choices = await site.records(chooser)
    assert [(r["outcome"], r["detail"]) for r in choices] == [("technical", "unseen")]
    for call in (talk, choice):
        await call.hang_up()


async def _register_again(site: Site, phone: Phone) -> None:
    """As a desk phone does from time to time: one whose call was cut believes for a while that it is registered."""
    async with asyncio.timeout(PATIENCE):
        while phone.user not in await site.switch.cli("pjsip show contacts"):
            await phone.register()
