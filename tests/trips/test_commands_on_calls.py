"""A call steered from the terminal and over HTTP while the daemon follows it: parked, fetched, passed on, ended."""

from __future__ import annotations

import re
from typing import Any

import pytest

from demo.callers import CALLER_TONE, TRUNK
from demo.script import MAIN
from kit.phones import Phone
from kit.site import CommandFailedError, Site

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]


async def test_a_call_goes_where_it_is_sent_and_history_knows_it(site: Site) -> None:
    await phone_of(site, "amel", tone=500)
    bruno = await phone_of(site, "bruno", tone=600)
    chloe = await phone_of(site, "chloe", tone=700)
    caller = await site.phones.caller("+33612340001", site.switch.sip, tone=CALLER_TONE, headers=TRUNK)
    call = await caller.start_call(MAIN)
    await call.answered()
    await call.hears_something()
    await call.press("1")
    await call.hears(500)
    (card,) = (await site.cordboard("call", "list", "--json")).json()
    assert (card["stage"], card["agent"], card["caller"]) == ("talking", "amel", caller.user)
    end = card["id"].rpartition(".")[2]
    assert "PJSIP" not in (await site.cordboard("call", "list")).out

    said = await site.cordboard("call", "park", end)
    assert re.fullmatch(r"done; slot 701; dial \*701\n", said.out)
    await stands(site, "parked")
    assert (await site.post(f"/api/calls/{card['id']}/fetch", {"person": "bruno"}))["outcome"] == "done"
    await call.hears(600)
    await bruno.call.hears(CALLER_TONE)

    said = await site.cordboard("call", "transfer", end, "203")
    assert said.out == "done\n"
    await call.hears(700)
    await chloe.call.hears(CALLER_TONE)
    assert (await site.cordboard("call", "show", end, "--json")).json()["stage"] == "talking"
    said = await site.cordboard("call", "move", end, "support", expect=(1,))
    assert said.err == "refused: The caller does not wait in a queue.\n"
    with pytest.raises(CommandFailedError, match="not_waiting"):
        await site.post(f"/api/calls/{card['id']}/withdraw", {})

    assert (await site.cordboard("call", "hangup", card["id"])).out == "done\n"
    await call.ended()
    record = await site.call_record(caller.user)
    assert (record["outcome"], record["queue"], record["agent"]) == ("handled", "billing-fr", "chloe")
    log = [line[4] for line in site.switch.queue_log() if line[1] == record["uniqueid"]]
    assert log == ["ENTERQUEUE", "CONNECT", "BLINDTRANSFER"], "the queue was done with it when amel let go"
    audit = (await site.cordboard("audit")).out
    for action in ("call.park", "call.fetch", "call.transfer", "call.hangup"):
        assert action in audit
    assert caller.user not in audit
    await site.switch.wait_idle()
    assert (await site.cordboard("call", "list")).out == "No call is up.\n"
    assert await site.differences() == []


async def test_a_number_is_dialled_for_somebody(site: Site) -> None:
    bruno = await phone_of(site, "bruno", tone=600)
    chloe = await phone_of(site, "chloe", tone=700)
    before = sum(call.is_incoming for call in chloe.calls)
    answer = await site.post("/api/calls", {"person": "chloe", "number": "202"})
    call = await chloe.incoming(number=before + 1)
    assert call.caller_number == "202"
    await call.hears(600)
    await bruno.call.hears(700)
    (card,) = (await site.cordboard("call", "list", "--json")).json()
    assert (card["id"], card["stage"]) == (answer["call"], "talking")
    shown = await stands(site, "talking")
    assert (shown["id"], shown["direction"]) == (answer["call"], "originated")
    said = await site.cordboard("call", "originate", "chloe", "+33140000001", expect=(1,))
    assert said.err == "refused: This phone cannot dial that number.\n"
    assert (await site.cordboard("call", "hangup", card["id"])).out == "done\n"
    await call.ended()
    await site.switch.wait_idle()
    assert await site.differences() == []


async def test_the_daemon_knows_whom_the_terminal_put_first(site: Site) -> None:
    """Asterisk tells nobody that the order of a line has changed."""
    await phone_of(site, "amel", tone=500)
    await site.post("/api/agents/amel/pause", {"reason": "lunch", "because": "a test"})
    calls = []
    for number in (2, 3):
        caller = await site.phones.caller(f"+3361234000{number}", site.switch.sip, headers=TRUNK)
        call = await caller.start_call(MAIN)
        calls.append(call)
        await call.answered()
        await call.hears_something()
        await call.press("1")

        async def waits(place: int = number - 1) -> bool:
            return [card["position"] for card in await waiting(site)] == list(range(1, place + 1))

        await site.until_async(waits, "the caller to wait")
    first, second = await waiting(site)
    assert (await site.cordboard("call", "prioritise", second["id"], "5")).out == "done\n"

    async def is_first() -> bool:
        return [card["id"] for card in await waiting(site)] == [second["id"], first["id"]]

    await site.until_async(is_first, "the second to be first")
    assert await site.differences() == []
    assert (await site.cordboard("call", "withdraw", first["id"])).out == "done\n"
    for call in calls:
        await call.hang_up()
    await site.switch.wait_idle()


async def phone_of(site: Site, person: str, *, tone: int) -> Phone:
    """The person's phone, there from an earlier test or not; amel is logged in."""
    known = next((phone for phone in site.phones.all if phone.user == f"acme-{person}"), None)
    if known is not None:
        return known
    return await (site.agent if person == "amel" else site.phone)(person, tone=tone)


async def stands(site: Site, stage: str) -> dict[str, Any]:
    """The one call there is as the page has it, once it stands so."""
    found: list[dict[str, Any]] = []

    async def is_so() -> bool:
        found[:] = (await site.get("/api/calls"))["calls"]
        return [card["stage"] for card in found] == [stage]

    await site.until_async(is_so, f"the call to be {stage}", lambda: str(found))
    return found[0]


async def waiting(site: Site) -> list[dict[str, Any]]:
    """Those who wait, in their order."""
    calls = (await site.get("/api/calls"))["calls"]
    return sorted((card for card in calls if card["position"]), key=lambda card: card["position"])
