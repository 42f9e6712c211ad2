"""A call with its wrap-up, told as a day in figures: talk, hold and wrap-up, and what the agent did."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from demo.callers import CALLER_TONE, TRUNK
from demo.script import MAIN
from kit.site import Site

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]

LASTS = 1.0
"""Seconds of each part, at least."""


async def test_a_handled_call_takes_talk_hold_and_wrap_up(site: Site) -> None:
    agent = await site.agent("amel", tone=500)
    caller = await site.phones.caller("+33612360001", site.switch.sip, tone=CALLER_TONE, headers=TRUNK)
    call = await caller.start_call(MAIN)
    await call.answered()
    await call.hears_something()
    await call.press("1")
    await call.hears(500)
    await asyncio.sleep(LASTS)
    await agent.call.hold()

    async def is_held() -> bool:
        return "held" in {card.get("stage") for card in (await site.cards()).values()}

    await site.until_async(is_held, "the caller to be on hold")
    await asyncio.sleep(LASTS)
    await agent.call.resume()
    await call.hears(500)
    await call.hang_up()
    await site.agent_is("amel", "ready")  # after his wrap-up
    day: dict[str, Any] = {}

    async def is_told() -> bool:
        day.update((await site.cordboard("day", "--json")).json())
        amel = day["agents"].get("amel", {"spent": {}})
        return bool(day["handling"]["calls"] == 1) and amel["spent"].keys() >= {
            "ready",
            "ringing",
            "inbound_call",
            "wrap_up",
        }

    await site.until_async(is_told, "the day to be told", lambda: str(day))
    handling, amel = day["handling"], day["agents"]["amel"]
    record = await site.call_record(caller.user)
    assert (record["outcome"], record["agent"]) == ("handled", "amel")
    assert abs(handling["talked"] - record["talked"]) < 0.1
    assert abs(handling["held"] - record["held"]) < 0.1
    assert handling["talked"] >= LASTS
    assert handling["held"] >= LASTS
    assert handling["wrapped_up"] == amel["spent"]["wrap_up"] >= LASTS
    assert abs(handling["mean"] - (handling["talked"] + handling["held"] + handling["wrapped_up"])) < 0.2
    assert abs(amel["spent"]["inbound_call"] - (record["talked"] + record["held"])) < 1
    said = (await site.cordboard("day")).out
    assert "1 received (handled 1)" in said
    assert "wrap-up" in said
