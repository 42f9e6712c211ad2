"""A site without the daemon's FastAGI: Asterisk starts a program for each call, which runs the same scripts."""

from __future__ import annotations

import pytest

from demo import COMPANY
from demo.callers import CALLER_TONE, TONES, TRUNK
from demo.script import CLOSED, MAIN
from kit.site import open_site

pytestmark = pytest.mark.switch


async def test_a_caller_reaches_an_agent_by_programs_alone() -> None:
    async with open_site(COMPANY, agi_carrier="process") as site:
        amel = await site.agent("amel", tone=TONES["amel"])
        caller = await site.phones.caller("+33611111201", site.switch.sip, tone=CALLER_TONE, headers=TRUNK)
        call = await caller.dial(MAIN)
        await call.hears_something()
        await call.press("1")
        await call.hears(TONES["amel"])
        await amel.call.hears(CALLER_TONE)
        await call.hang_up()
        record = await site.call_record(caller.user)
        assert (record["outcome"], record["agent"]) == ("handled", "amel")
        facts = (await site.cordboard("facts", record["uniqueid"], "--json")).json()["facts"]
        told = {fact["kind"]: fact["data"] for fact in facts}
        assert told["menu"]["by"] == "flow"
        assert told["routed"]["by"] == "flow"
        assert "fallback" not in told

        closed = await site.phones.caller("+33611111202", site.switch.sip, headers=TRUNK)
        await (await closed.start_call(CLOSED)).ended(60)
        assert (await site.call_record(closed.user))["detail"] == "closed"
