"""What callers and phones write into SIP to get further than they may: forwards, and line breaks in numbers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from ami.client import Address, SwitchLink
from ami.live import Live
from dialplan_templates import render
from kit.generated import EVERYTHING, SMALL, secret, view_for
from kit.patience import PATIENCE
from kit.raw_sip import RawAgent
from kit.switch import Switch

pytestmark = pytest.mark.switch

DIRECT, LINE = "+33123456791", "+33123456790"
FORWARDS = (
    "sip:Local/acme-amel%40cb-own-box-g7@x",
    "sip:Local/201%40cordboard-phones-acme@x",
)


@pytest.fixture
async def switch(new_switch: Callable[..., Switch]) -> Switch:
    switch = new_switch("node1")
    await switch.start(render(view_for(switch, EVERYTHING, SMALL)))
    return switch


@pytest.mark.parametrize("contact", FORWARDS)
async def test_a_phone_that_forwards_a_call_leads_nowhere(switch: Switch, contact: str) -> None:
    async with RawAgent(switch.address) as phone, RawAgent(switch.address) as caller:
        await phone.register("acme-amel", secret("amel"), switch)
        await switch.wait_for("pjsip show contacts", r"acme-amel.*Avail")
        caller.invite(DIRECT, switch, X_Trunk="carrier")
        phone.answer(await phone.receives("INVITE"), "302 Moved Temporarily", Contact=f"<{contact}>")
        await asyncio.sleep(1)  # time enough to go where it was sent
        running = await switch.cli("core show channels concise")
        assert "VoiceMailMain" not in running
        assert "Local/" not in running


def _hex(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


async def test_a_caller_cannot_write_events(switch: Switch) -> None:
    """Line breaks in the caller's number and in the number called: neither the live state nor another call changes."""
    live = Live("node1")
    link = SwitchLink("node1", Address(switch.address, switch.ports.ami, "cordboard", secret("run")), live)
    following = asyncio.create_task(link.run())
    try:
        await link.wait_live(PATIENCE)
        async with RawAgent(switch.address) as victim, RawAgent(switch.address) as stranger:
            victim.invite(LINE, switch, caller="+33611111111", X_Trunk="carrier")
            async with asyncio.timeout(PATIENCE):
                while not live.snapshot().calls:
                    await asyncio.sleep(0.05)
            [call] = live.snapshot().calls
            uniqueid = call.id.uniqueid
            forged = (
                f"0\r\n\r\nEvent: Hangup\r\nUniqueid: {uniqueid}\r\nX: y",
                "0\r\n\r\nEvent: DeviceStateChange\r\nDevice: PJSIP/acme-amel\r\nState: BUSY\r\nX: ",
                f"0\r\nUniqueid: {uniqueid}\r\nX: y",
            )
            for text in forged:
                stranger.invite(DIRECT, switch, caller=_hex(text), X_Trunk="carrier")
                stranger.invite(_hex(text), switch, X_Trunk="carrier")
            await switch.wait_for("core show channels count", r"[4-9] calls processed")
            await asyncio.sleep(0.5)
            [still] = [known for known in live.snapshot().calls if known.id.uniqueid == uniqueid]
            assert still.caller_number == "+33611111111"
            assert not [name for name, state in live.snapshot().devices.items() if "amel" in name and state == 3]
            assert await link.compare() == []
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
