"""One house that follows two switches: both shown, both steered, and one that is lost takes nothing from the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from demo import COMPANY
from kit.neighbours import neighbours
from kit.phones import PhoneCall
from kit.site import Site
from kit.trip import staying_in_menu

pytestmark = pytest.mark.switch

TRUNK = {"X-Trunk": "carrier"}
MENU = "+33199000001"
Sites = tuple[Site, Site]


@pytest.fixture
async def sites() -> AsyncIterator[Sites]:
    async with neighbours(COMPANY) as both:
        yield both


async def call(site: Site, number: str) -> PhoneCall:
    caller = await site.phones.caller(number, site.switch.sip, tone=425)
    return await caller.dial(MENU, headers=TRUNK)


async def calls_of(site: Site) -> dict[str, dict[str, Any]]:
    """Caller -> his call, as the API of this site shows it."""
    return {one["caller"]: one for one in (await site.get("/api/calls"))["calls"]}


async def link_of(site: Site, node: str) -> dict[str, Any]:
    links: list[dict[str, Any]] = await site.get("/api/links")
    return next(link for link in links if link["node"] == node)


async def test_calls_and_agents_of_both_are_shown_and_steered(sites: Sites) -> None:
    first, second = sites
    one, other = await call(first, "+33611111111"), await call(second, "+33622222222")
    async with staying_in_menu(one), staying_in_menu(other):
        await _both_are_shown(sites)
        # A call is hung up on the switch that its id names, by the page and by the command line.
        known = await calls_of(first)
        await first.post(f"/api/calls/{known['+33622222222']['id']}/hangup", {})
        assert (await first.cordboard("call", "hangup", known["+33611111111"]["id"])).out == "done\n"
    refused = await first.cordboard("call", "hangup", "pbx9/1.1", expect=(1,))
    assert "pbx9 is not followed from here" in refused.err

    async def is_in_history() -> bool:
        return len(await first.calls()) == 2

    await first.until_async(is_in_history, "both calls in history")
    assert {one["node"] for one in await first.calls()} == {"pbx1", "pbx2"}, "each by its own Cordboard, once"


async def test_who_is_logged_in_where_his_phone_is_is_steered_there_and_kept_by_its_own_cordboard(sites: Sites) -> None:
    first, second = sites
    await second.phone("bruno")

    async def logs_in() -> bool:
        said = await first.cordboard("agent", "login", "bruno", expect=(0, 1))
        listed = (await first.cordboard("agent", "list", "--json")).json()
        return said.status == 0 or next(one for one in listed if one["person"] == "bruno")["switch"] == "pbx2"

    await first.until_async(logs_in, "bruno to be logged in")
    card = await first.agent_is("bruno", "ready")
    assert card["node"] == "pbx2"
    await first.post("/api/agents/bruno/pause", {"reason": "lunch", "because": "a test"})
    assert (await first.agent_is("bruno", "pause"))["node"] == "pbx2"
    said = await second.cordboard("agent", "list", "--json")
    mine = next(one for one in said.json() if one["person"] == "bruno")
    assert (mine["state"], mine["reason"], mine["switch"]) == ("pause", "lunch", "pbx2")
    members = await first.switch.cli("queue show")
    assert "bruno" not in members, "pbx1 does not offer him its calls"

    # Its own Cordboard puts him back when his switch forgets him.
    second.switch.kill()
    await second.start_switch()
    assert (await first.agent_is("bruno", "pause", "unreachable"))["node"] == "pbx2"
    audit = (await first.cordboard("audit", "--json")).json()
    assert {entry["by"] for entry in audit if entry["action"] == "agent.repair"} <= {"switch"}


async def test_a_switch_that_is_lost_takes_nothing_from_the_other_and_comes_back(sites: Sites) -> None:
    first, second = sites
    await call(second, "+33633333333")

    async def is_shown() -> bool:
        return "+33633333333" in await calls_of(first)

    await first.until_async(is_shown, "the call on pbx2")
    second.switch.kill()

    async def is_lost() -> bool:
        return (await link_of(first, "pbx2"))["unknown_since"] is not None

    await first.until_async(is_lost, "pbx2 to be shown as unknown")
    lost = await link_of(first, "pbx2")
    assert lost["state"] != "live"
    assert (await link_of(first, "pbx1"))["unknown_since"] is None
    cards = await first.cards()
    assert (cards["link/pbx1"]["state"], cards["link/pbx1"]["stale_since"]) == ("live", None)
    assert cards["link/pbx2"]["stale_since"] == lost["unknown_since"]

    # The other goes on: calls come, are shown and steered; of the lost one it is told that nobody knows.
    made = await call(first, "+33644444444")

    async with staying_in_menu(made):
        await _the_other_goes_on(first, lost)
    await made.hang_up()

    await second.start_switch()

    async def is_back() -> bool:
        return (await link_of(first, "pbx2"))["unknown_since"] is None

    await first.until_async(is_back, "pbx2 to be followed again")
    await call(second, "+33655555555")

    async def is_new() -> bool:
        return (await calls_of(first)).keys() == {"+33655555555"}

    await first.until_async(is_new, "the new call on pbx2, and not the one of before")


async def _both_are_shown(sites: Sites) -> None:
    first, second = sites

    async def are_shown() -> bool:
        return {"+33611111111", "+33622222222"} <= (await calls_of(first)).keys()

    await first.until_async(are_shown, "a call on each switch")
    known = await calls_of(first)
    assert known["+33611111111"]["id"].startswith("pbx1/pbx1-")
    assert known["+33622222222"]["id"].startswith("pbx2/pbx2-")
    top = (await first.cordboard("top", "--once")).out
    assert "pbx1 live" in top
    assert "pbx2 live" in top
    assert "+33611111111" in top
    assert "+33622222222" in top
    assert len((await first.cordboard("call", "list", "--json")).json()) == 2
    assert len((await second.cordboard("call", "list", "--json")).json()) == 1, "it follows no other"
    assert await first.differences() == []


async def _the_other_goes_on(first: Site, lost: dict[str, Any]) -> None:
    async def is_taken() -> bool:
        return "+33644444444" in await calls_of(first)

    await first.until_async(is_taken, "a call on pbx1")
    told = await first.get("/api/calls")
    assert [one["caller"] for one in told["calls"]] == ["+33644444444"]
    assert told["unknown"] == [{"node": "pbx2", "since": lost["unknown_since"]}]
    top = (await first.cordboard("top", "--once")).out
    assert "pbx1 live" in top
    assert "+33644444444" in top
    said = await first.cordboard("call", "list")
    assert "pbx2 does not answer: its calls are not shown." in said.err
    assert "pbx2 did not answer" in str(await _refused(first, "/api/differences"))
    assert await first.get("/api/differences?node=pbx1") == []


async def _refused(site: Site, path: str) -> Exception:
    with pytest.raises(Exception, match="503") as refused:
        await site.get(path)
    return refused.value
