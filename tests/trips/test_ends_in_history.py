"""How calls ended, in history, the list and the page of a call: where app_queue's word is not the whole truth, and
whether a message was left."""

from __future__ import annotations

import re
from typing import Any

import pytest

from demo.callers import BECAUSE, CALLER_TONE, TRUNK
from demo.script import MAIN
from kit.manager import ManagerSession
from kit.phones import PhoneCall
from kit.site import Site

SPOKEN = 3 * 16_000
"""Bytes: more seconds than a message must have."""

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]


async def comes(site: Site, number: str, key: str) -> PhoneCall:
    caller = await site.phones.caller(number, site.switch.sip, tone=CALLER_TONE, headers=TRUNK)
    call = await caller.start_call(MAIN)
    await call.answered()
    await call.hears_something()
    await call.press(key)
    return call


async def told(site: Site, caller: str) -> dict[str, Any]:
    """All that history has of this caller's one call, once it has both of its sides."""
    found: dict[str, Any] = {}

    async def is_there() -> bool:
        calls = [call for call in await site.calls() if call["caller_number"] == caller]
        if calls:
            found.update((await site.cordboard("calls", calls[0]["id"], "--json")).json())
        return len(calls) == 1 and found["story"] is not None and bool(found["facts"])

    await site.until_async(is_there, f"the call of {caller} in history", lambda: str(found))
    return found


async def test_who_is_put_together_with_a_phone_while_he_waits_is_handled(site: Site) -> None:
    """app_queue calls him abandoned: he left its line, and none of its members had him."""
    caller = "+33612350011"
    await site.agent("amel", tone=500)
    await site.post("/api/agents/amel/pause", {"reason": "", **BECAUSE})
    dan = await site.phone("dan", tone=800)
    call = await comes(site, caller, "1")
    await site.switch.wait_for("queue show acme-billing-fr", r"1\. PJSIP/acme-carrier")
    aside = await dan.start_call("*43")
    await aside.answered()
    async with ManagerSession.open(site.switch, *await site.witness()) as manager:
        channels = {row["Channel"].rpartition("-")[0]: row["Channel"] for row in await manager.rows("CoreShowChannels")}
        await manager.act(
            "Bridge", Channel1=channels["PJSIP/acme-carrier"], Channel2=channels["PJSIP/acme-dan"], Tone="no"
        )
        await call.hears(800)
        assert await site.differences() == [], "he is in no line any more"
        await call.hang_up()
        await aside.hang_up()
        await site.switch.wait_idle()
    found = await told(site, caller)
    assert any(line[4] == "ABANDON" for line in site.switch.queue_log()), "so says app_queue"
    assert (found["call"]["outcome"], found["call"]["agent"]) == ("handled", "dan")
    assert (found["story"]["outcome"], found["story"]["agent"]) == ("handled", "acme-dan")
    assert [visit["end"] for visit in found["story"]["queues"]] == ["redirected"]
    assert "bridged" in [step["what"] for step in found["story"]["steps"]]
    assert found["story"]["waited"] == pytest.approx(found["call"]["waited"], abs=0.1), "the talk is no waiting"
    kinds = [fact["kind"] for fact in found["facts"]]
    assert kinds.index("connected") > kinds.index("joined")
    assert found["call"]["message_left"] is None


@pytest.mark.parametrize("is_left", [True, False])
async def test_a_mailbox_with_a_message_and_without(site: Site, is_left: bool) -> None:
    caller = f"+3361235002{is_left:d}"
    call = await comes(site, caller, "3")  # nobody of support is there
    await site.switch.wait_for("core show channels concise", rf"!VoiceMail!.*!{re.escape(caller)}!")
    if is_left:
        spool = site.switch.places.spool / "voicemail" / "acme" / "support"
        await site.until(lambda: any(file.stat().st_size > SPOKEN for file in spool.rglob("*.wav")), "a message")
    await call.hang_up()
    await site.switch.wait_idle()
    found = await told(site, caller)
    expected = ("voicemail", "support") if is_left else ("dissuaded", "empty")
    assert (found["call"]["outcome"], found["call"]["detail"]) == expected
    assert found["call"]["message_left"] is is_left
    assert found["story"]["message_left"] is is_left
    said = (await site.cordboard("calls", found["call"]["id"])).out
    assert ("He left a message." in said, "left no message" in said) == (is_left, not is_left)
    [row] = [row for row in (await site.get("/api/history"))["calls"] if row["caller_number"] == caller]
    assert row["message_left"] is is_left
