"""A site without the daemon's FastAGI: Asterisk starts a program for each call, which runs the same scripts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from demo import COMPANY
from demo.callers import CALLER_TONE, TONES, TRUNK
from demo.script import CLOSED, MAIN
from kit.patience import PATIENCE
from kit.site import Site, open_site
from kit.switch import REPOSITORY
from kit.trip import edited_company

pytestmark = pytest.mark.switch

MOBILE = "+33612345678"


async def offer_callbacks(site: Site, folder: Path) -> None:
    """Key 5 leads to them from here on. Nothing is applied: who asks is kept and let go before that, too."""
    other = YAML(typ="safe").load(REPOSITORY / "tests/kit/callbacks.yaml")
    async with edited_company(site, folder) as document:
        document["outgoing"] = other["outgoing"]
        document["prompts"] |= other["prompts"]
        document["steps"] = {"call-me": other["steps"]["call-me"]}
        document["menus"]["accueil"]["keys"]["5"] = {"step": "call-me"}


async def test_callers_are_served_by_programs_alone(tmp_path: Path) -> None:
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

        await offer_callbacks(site, tmp_path)
        rather = await site.phones.caller(MOBILE, site.switch.sip, headers=TRUNK)
        call = await rather.dial(MAIN)
        await call.hears_something()
        await call.press("5")
        async with asyncio.timeout(PATIENCE):
            while not call.has_ended:  # he says yes until he is thanked
                await call.press("1")
                await asyncio.sleep(1)
        (asked,) = (await site.cordboard("callbacks", "list", "--json")).json()
        record = await site.call_record(MOBILE)
        assert (asked["number"], asked["queue"], asked["state"]) == (MOBILE, "support", "waiting")
        assert (record["outcome"], record["detail"]) == ("callback", "support")
        assert asked["call"] == f"pbx1/{record['uniqueid']}"
