"""Signs of lost events: what real calls tell is never one; what follows a lost event is."""

from __future__ import annotations

import asyncio
import math
import time

import pytest

from ami import client as client_module
from ami.client import Address, SwitchLink
from ami.live import Live
from kit.asterisk_peer import Block, event
from kit.followed_peer import FollowedPeer
from kit.recorded import recorded, recordings
from kit.told import Told

CARRIER = {
    "Channel": "PJSIP/carrier-00000001",
    "ChannelState": "6",
    "Uniqueid": "1.1",
    "Linkedid": "1.1",
}

PATIENCE = 30.0


@pytest.mark.parametrize("name", recordings())
def test_nothing_in_a_recorded_call_is_strange(name: str) -> None:
    live = Live("pbx1")
    for each in recorded(name):
        live.apply(each)
    assert live.strange == 0


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        ("Newstate", {}),
        ("NewCallerid", {}),
        ("Hangup", {"Cause": "16"}),
        ("Hold", {}),
        ("Unhold", {}),
        ("BridgeEnter", {"BridgeUniqueid": "b1"}),
        ("BridgeLeave", {"BridgeUniqueid": "b1"}),
        ("QueueCallerJoin", {"Queue": "q", "Position": "1", "Count": "1"}),
        ("QueueCallerLeave", {"Queue": "q", "Position": "1", "Count": "0"}),
        ("DialEnd", {f"Dest{key}": value for key, value in CARRIER.items()} | {"DialStatus": "ANSWER"}),
    ],
)
def test_a_channel_that_nobody_announced_is_strange_until_it_is_over(name: str, headers: dict[str, str]) -> None:
    told = Told()
    told.event(name, **CARRIER | headers)
    assert told.live.strange == 1
    told.event("Newchannel", **CARRIER)
    told.event("Hangup", **CARRIER, Cause="16")
    told.event(name, **CARRIER | headers)
    assert told.live.strange == 1, "what comes late of a channel that is over is none"


def test_a_line_of_another_length_is_strange() -> None:
    told = Told()
    told.event("Newchannel", **CARRIER)
    told.event("QueueCallerJoin", **CARRIER, Queue="q", Position="1", Count="2")
    assert told.live.strange == 1, "one more is in line, of whom nobody told"
    told.event("QueueCallerJoin", **CARRIER, Queue="q", Position="1", Count="2")
    assert told.live.strange == 1, "told twice"
    told.event("QueueCallerLeave", **CARRIER, Queue="q", Position="1", Count="1")
    assert told.live.strange == 2


def test_a_bridge_that_ends_with_somebody_in_it_is_strange() -> None:
    told = Told()
    told.event("Newchannel", **CARRIER)
    told.event("BridgeEnter", **CARRIER, BridgeUniqueid="b1", BridgeType="basic", BridgeTechnology="simple_bridge")
    told.event("BridgeDestroy", BridgeUniqueid="b1")
    assert told.live.strange == 1


async def test_a_strange_event_is_counted_and_asks_for_an_early_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "DOUBT_PAUSE", 0.01)
    monkeypatch.setattr(client_module, "DOUBT_INTERVAL", 0.01)
    live = Live("pbx1")
    async with FollowedPeer() as peer:
        link = SwitchLink("pbx1", Address(peer.host, peer.port, "cordboard", "secret"), live, sweep_interval=3600)
        running = asyncio.create_task(link.run())
        try:
            await link.wait_live(PATIENCE)
            await peer.tell(_lost_its_beginning())
            async with asyncio.timeout(PATIENCE):
                while not link.resyncs or live.snapshot().channels:
                    await asyncio.sleep(0.005)
            assert link.strange == 1
            assert link.drift > 0, "the channel is not in the peer's lists"
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_doubts_that_prove_groundless_ask_ever_more_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "DOUBT_PAUSE", 0.001)
    monkeypatch.setattr(client_module, "DOUBT_INTERVAL", 0.02)
    async with FollowedPeer() as peer:
        link = SwitchLink("pbx1", Address(peer.host, peer.port, "cordboard", "secret"), Live("pbx1"), sweep_interval=60)
        running = asyncio.create_task(link.run())
        try:
            await link.wait_live(PATIENCE)
            listed, began = peer.count("QueueStatus"), time.monotonic()
            for number in range(40):
                # A channel that nobody announced, and gone at once: the lists do not show it either.
                leg = CARRIER | {"Uniqueid": f"1.{number}", "Linkedid": f"1.{number}"}
                await peer.tell(event("Newstate", leg), event("Hangup", leg | {"Cause": "16"}))
                await asyncio.sleep(0.01)
            async with asyncio.timeout(PATIENCE):
                while link.strange < 40 or peer.count("QueueStatus") == listed:
                    await asyncio.sleep(0.005)
            assert link.drift == 0
            pauses = 1 + (time.monotonic() - began) / 0.02
            assert peer.count("QueueStatus") - listed <= 2 + math.log2(pauses), "each pause is twice the one before"
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def _lost_its_beginning() -> Block:
    return event("Newstate", CARRIER)
