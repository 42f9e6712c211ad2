"""What was kept of a call says where it stood: recollected at any moment it is as it was, but for its legs."""

import dataclasses
from collections.abc import Iterator

import pytest

from ami import events as told
from ami.events import Event
from ami.fold import Fold
from ami.live import Live
from ami.models import Call, Stage
from ami.received import ReceivedCall
from ami.recollection import recollected
from ami.relist import Listing, Memory, load, settle
from ami.rows import BridgeRow, ChannelRow
from kit.recorded import START, queue_log, recorded, recordings

DIRECT = "33_device_state_register_unregister"
HELD = "16_hold_unhold"


def received(name: str) -> Iterator[Event]:
    """The events of a recording, with the entry of each caller who joins a queue, or else of the first leg."""
    callers = {line[1] for line in queue_log(name) if line[4] == "ENTERQUEUE"}
    for event in recorded(name):
        yield event
        if isinstance(event, told.ChannelSeen) and event.is_new:
            callers = callers or {event.leg.uniqueid}
            if event.leg.uniqueid in callers:
                yield told.CallEntered(event.at, event.leg, "main", "acme", 1)


def again(call: Call) -> ReceivedCall:
    return recollected(call.id, call.caller_number, call.caller_name, call.entered, call.facts)


def without_legs(call: Call) -> Call:
    """But for what a list of the switch tells."""
    return dataclasses.replace(call, stage=Stage.ENTERING, position=None, offered_to=(), hangup_cause=None)


@pytest.mark.parametrize("name", [*(name for name in recordings() if queue_log(name)), DIRECT])
def test_a_recorded_call_is_recollected_as_it_was_after_each_event(name: str) -> None:
    live = Live("mechb", lambda: START)
    waited = 0
    for event in received(name):
        live.apply(event)
        for call in live.snapshot().calls:
            assert without_legs(again(call).value()) == without_legs(call)
            waited += call.joined is not None
    assert waited or name.startswith("31_")  # in which nobody calls


def test_a_talk_on_hold_goes_on_by_the_leg_that_is_listed() -> None:
    live = Live("mechb", lambda: START)
    for event in received(HELD):
        live.apply(event)
        if isinstance(event, told.Held):
            break
    [before] = live.snapshot().calls
    assert before.stage is Stage.HELD

    [call] = listed(live, again(before)).calls.values()
    assert without_legs(call.value()) == dataclasses.replace(without_legs(before), facts=call.value().facts)
    assert call.value().stage is Stage.HELD
    call.resume(START, call.peer, "acme-amel")
    assert call.value().stage is Stage.TALKING


def listed(live: Live, *calls: ReceivedCall) -> Fold:
    """What a program knows that began with these calls and has just listed everything that is live."""
    now = live.snapshot()
    legs = live.fold.legs.channels.values()
    listing = Listing(
        START,
        tuple(ChannelRow(leg.leg, "", leg.bridge, 1) for leg in legs),
        tuple(BridgeRow(bridge.id, bridge.kind, bridge.technology, "") for bridge in now.bridges),
        (),
        (),
    )
    fold = live.new_fold()
    load(fold, listing, Memory.of(fold, "link", calls))
    settle(fold, START)
    return fold
