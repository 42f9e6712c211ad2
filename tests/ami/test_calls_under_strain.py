"""Conversations are levels, not steps: events may come twice, and a relist anywhere changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from random import Random

import hypothesis
import hypothesis.strategies as st
import pytest

from ami.comparison import compare
from ami.conversation import Conversation
from ami.events import ChannelHungUp, Event
from ami.fields import MemberFacts
from ami.fold import Fold
from ami.legs import LiveChannel
from ami.live import snapshot_of
from ami.models import LinkState, LinkStatus, Member, Snapshot
from ami.parts import MAX_PARTS, MAX_SPANS, MAX_STEPS
from ami.relist import Listing, Memory, load, settle
from ami.rows import BridgeRow, ChannelRow, MemberRow, QueueRow, WaitingRow
from kit.recorded import START, recordings, timed
from kit.told import Told

NODE = "mechb"
NAMES = st.sampled_from(recordings())


def folded(events: Iterable[Event], fold: Fold | None = None) -> Fold:
    fold = fold or Fold(NODE)
    for event in events:
        assert event.at is not None
        fold.apply(event, event.at)
    return fold


def cut_somewhere(name: str, data: st.DataObject) -> tuple[Fold, datetime, list[Event]]:
    """A recording up to some moment, folded; the moment; and what follows."""
    events = timed(name)
    cut = data.draw(st.integers(1, max(1, len(events) - 1)))
    at = events[cut - 1].at
    assert at is not None
    return folded(events[:cut]), at, events[cut:]


def all_of(fold: Fold) -> dict[str, Conversation]:
    conversations = fold.conversations
    living = [conversations.value(live) for live in conversations.live.values()]
    return {str(each.id): each for each in (*conversations.ended, *living)}


def shown(fold: Fold, at: datetime) -> Snapshot:
    return snapshot_of(fold, at, 1, LinkStatus(LinkState.LIVE, START), with_conversations=True)


def listed(fold: Fold, at: datetime) -> Listing:
    """What the switch would show at this moment."""

    def channel(channel: LiveChannel) -> ChannelRow:
        return ChannelRow(
            channel.leg, "" if channel.dials else "AppDial", channel.bridge, (at - channel.created).total_seconds()
        )

    queues = fold.staff.queues.values()
    return Listing(
        at,
        tuple(channel(each) for each in fold.legs.channels.values()),
        tuple(
            BridgeRow(bridge.id, bridge.kind, bridge.technology, bridge.name, bridge.creator)
            for bridge in fold.legs.bridges.values()
        ),
        (
            *(QueueRow(queue.name, queue.strategy, 0, 0) for queue in queues),
            *(MemberRow(facts_of(member)) for queue in queues for member in queue.members.values()),
            *(
                WaitingRow(queue.name, place.uniqueid, position, 0, (at - place.joined).total_seconds(), "", "")
                for queue in queues
                for position, place in enumerate(queue.line, 1)
            ),
        ),
        (),
    )


def facts_of(member: Member) -> MemberFacts:
    return MemberFacts(
        queue=member.queue,
        interface=member.interface,
        name=member.name,
        state_interface=member.interface,
        membership="",
        penalty=member.penalty,
        paused=member.paused,
        pause_reason=member.pause_reason,
        last_pause=member.paused_since,
        status=member.status,
        in_call=member.in_call,
        last_call=member.last_call,
        logged_in=member.added,
        wrap_up=member.wrap_up,
        calls_taken=member.calls_taken,
        ring_in_use=member.ring_in_use,
    )


@hypothesis.given(name=NAMES, data=st.data())
@hypothesis.settings(max_examples=150)
def test_events_that_come_twice_change_nothing(name: str, data: st.DataObject) -> None:
    events = timed(name)
    twice = data.draw(st.lists(st.booleans(), min_size=len(events), max_size=len(events)))
    doubled = [event for event, again in zip(events, twice, strict=True) for event in [event] * (1 + again)]
    assert all_of(folded(doubled)) == all_of(folded(events))


@hypothesis.given(name=NAMES, data=st.data())
@hypothesis.settings(max_examples=100)
def test_a_stretch_that_is_told_again_changes_nothing(name: str, data: st.DataObject) -> None:
    """As after a relist: what the lists showed already comes as events once more."""
    events = timed(name)
    end = data.draw(st.integers(0, len(events)))
    start = data.draw(st.integers(max(0, end - 40), end))
    again, once = folded([*events[:end], *events[start:]]), folded(events)
    for known, told in zip(all_of(once).values(), all_of(again).values(), strict=True):
        assert (told.ending, told.legs, told.visits) == (known.ending, known.legs, known.visits)


@hypothesis.given(name=NAMES, data=st.data())
@hypothesis.settings(max_examples=150)
def test_a_relist_anywhere_changes_nothing(name: str, data: st.DataObject) -> None:
    before, at, rest = cut_somewhere(name, data)
    after = Fold(NODE)
    load(after, listed(before, at), Memory.of(before, ""))
    settle(after, at)
    ended = {str(each.id): each for each in before.conversations.ended}
    assert {**ended, **all_of(folded(rest, after))} == all_of(folded(timed(name)))


@hypothesis.given(name=NAMES, data=st.data())
@hypothesis.settings(max_examples=150)
def test_lists_alone_tell_who_is_with_whom(name: str, data: st.DataObject) -> None:
    """Somebody who comes to a switch in the middle: the state agrees with itself, and at the end nothing is left."""
    whole, at, rest = cut_somewhere(name, data)
    fresh = Fold(NODE)
    load(fresh, listed(whole, at))
    settle(fresh, at)
    differences = compare(shown(whole, at), shown(fresh, at))
    assert [difference for difference in differences if difference.kind == "conversation"] == []
    folded(rest, fresh)
    assert fresh.conversations.live.keys() == folded(timed(name)).conversations.live.keys()


@pytest.mark.parametrize("name", recordings())
def test_a_copy_goes_its_own_way(name: str) -> None:
    events = timed(name)
    half = folded(events[: len(events) // 2])
    pictures = {live.id: half.conversations.value(live) for live in half.conversations.live.values()}
    other = Fold(NODE)
    for live in half.conversations.live.values():
        other.conversations.adopt(live.copy())
    folded(events[len(events) // 2 :], other)
    for live in half.conversations.live.values():
        live.value = None
        assert half.conversations.value(live) == pictures[live.id]


def test_nothing_of_ended_calls_is_kept() -> None:
    fold = Fold(NODE)
    for _ in range(3):
        for name in recordings():
            folded(timed(name), fold)
    conversations = fold.conversations
    assert (conversations.live, conversations.by_leg, conversations._by_linkedid) == ({}, {}, {})


def test_a_caller_who_is_rung_around_all_day_takes_bounded_room() -> None:
    told = Told()
    told.call("1.1").enters().joins()
    caller = {"Uniqueid": "1.1", "Linkedid": "1.1", "Channel": "PJSIP/carrier-00000001", "ChannelState": "6"}
    for number in range(3 * MAX_PARTS):
        told.after(3)
        dest = {"Uniqueid": f"1.{number + 2}", "Linkedid": "1.1", "Channel": f"PJSIP/amel-{number:08x}"}
        told.event("Newchannel", **dest, ChannelState="5")
        told.event("DialBegin", **caller, **{f"Dest{key}": value for key, value in dest.items()}, DestChannelState="5")
        told.event("Hold", **caller)
        told.event("Unhold", **caller)
        told.event("BlindTransfer", TransfererUniqueid="1.1", TransfererLinkedid="1.1", Extension=str(number))
        told.event("Hangup", **dest, ChannelState="5", Cause="16")
    [call] = told.live.snapshot(with_conversations=True).conversations
    assert len(call.legs) <= MAX_PARTS
    assert len(call.legs) + call.forgotten_legs == 3 * MAX_PARTS + 1
    assert len(call.steps) <= MAX_STEPS
    assert max(len(part.spans) for part in told.live.fold.conversations.live["1.1"].parts.values()) <= MAX_SPANS


@hypothesis.given(names=st.lists(NAMES, min_size=1, max_size=3, unique=True), chance=st.randoms(use_true_random=False))
@hypothesis.settings(max_examples=100)
def test_events_missing_or_in_any_order_leave_nothing_behind(names: list[str], chance: Random) -> None:
    """Nothing raises, every picture can be painted, and once all legs have hung up no conversation is left."""
    events = [event for name in names for event in timed(name)]
    share = chance.random()
    heard = [event for event in events if chance.random() < share]
    if chance.random() < 0.5:
        chance.shuffle(heard)
    fold = folded(heard)
    all_of(fold)
    shown(fold, START)
    folded([event for event in events if isinstance(event, ChannelHungUp)], fold)
    ended = {str(each.id) for each in fold.conversations.ended}
    assert fold.conversations.live == {}
    assert len(ended) == len(fold.conversations.ended), "a conversation ended twice"
    assert all(each.ending is not None for each in fold.conversations.ended)
