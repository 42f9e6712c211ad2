"""A stream that begins in the middle of a call: what was not seen is not guessed wrong, and what can be known is."""

from __future__ import annotations

import pytest

from ami.conversation import Conversation
from ami.replay import Replay
from kit.recorded import folded, raw, wire

NAME = "01_inbound_answered_callerhangup"
LOGIN, _, WHOLE = raw(NAME).partition(b"Event: Newchannel")


def since(event: bytes) -> bytes:
    """The login, and what comes after the first event of this name."""
    _, _, rest = WHOLE.partition(b"Event: " + event + b"\r\n")
    return LOGIN + rest.partition(b"\r\n\r\n")[2]


def call_of(replay: Replay) -> Conversation:
    [call] = replay.conversations.values()
    return call


@pytest.mark.parametrize("event", [b"QueueCallerJoin", b"AgentCalled", b"DialBegin", b"BridgeCreate", b"AgentConnect"])
def test_a_call_whose_beginning_was_not_seen_is_still_what_it_is(event: bytes) -> None:
    replay = folded(since(event))
    call = call_of(replay)
    assert call.ending is not None
    assert (call.is_partial, call.direction, call.ending.by) == (True, "inbound", "caller")
    assert {party.role for party in call.parties if party.is_outside} == {"caller"}
    if event != b"AgentConnect":  # the two came together before it
        assert (call.ending.word, call.ending.detail, call.agent) == ("handled", "Agent One", "Agent One")
    assert [day.name for day in replay.agents.values()] == ["Agent One"]


@pytest.mark.parametrize("event", [b"QueueCallerJoin", b"AgentCalled", b"DialBegin"])
def test_a_queue_that_he_was_in_already_is_known_from_whom_it_connects(event: bytes) -> None:
    call = call_of(folded(since(event)))
    [visit] = call.visits
    assert (call.queue, visit.joined, visit.waited) == ("support", None, 0.0)
    assert (visit.end, visit.agent, visit.talk_seconds) == ("connected", "Agent One", 2)


def test_whose_beginning_was_seen_is_not_partial() -> None:
    call = call_of(folded(raw(NAME)))
    assert (call.is_partial, call.visits[0].joined is not None) == (False, True)


def test_a_first_seen_state_begins_when_it_was_seen() -> None:
    replay = folded(b"# at 1795288158.600\r\n" + since(b"AgentConnect"))
    [day] = replay.agents.values()
    assert all(spell.since >= (replay.began or spell.since) for spell in day.spells)


LISTS = wire(
    ("Event: QueueParams", "ActionID: 9", "Queue: sales", "Strategy: ringall"),
    ("Event: QueueMember", "ActionID: 9", "Queue: sales", "Name: Agent Two", "Location: PJSIP/ag2", "Status: 1"),
    *(
        (f"Event: {name}", "ActionID: 9")
        for name in ("CoreShowChannelsComplete", "BridgeListComplete", "QueueStatusComplete", "DeviceStateListComplete")
    ),
)
LATER = b"# at 1795288300\r\n"


def test_its_first_lists_are_loaded_whenever_they_come() -> None:
    replay = folded(since(b"QueueCallerJoin") + LATER + LISTS)
    assert (replay.drift, replay.lists) == ([], 1)
    assert "PJSIP/ag2" in replay.agents


def test_the_next_are_held_against_the_state() -> None:
    replay = folded(since(b"QueueCallerJoin") + LATER + LISTS + LISTS.replace(b"Agent Two", b"Agent Three"))
    assert {drift.difference.kind for drift in replay.drift} == {"agent", "member"}


def test_lists_of_a_stream_from_its_beginning_are_held_against_the_state() -> None:
    assert folded(raw(NAME) + LATER + LISTS).drift


def test_lists_before_any_time_is_told_are_one_though_an_event_comes_between() -> None:
    """Rows have no time of their own: the first event that has one does not make them old."""
    member, *ends = LISTS.partition(b"Event: CoreShowChannelsComplete")
    event = wire(("Event: DeviceStateChange", "Device: PJSIP/ag9", "State: INUSE", "Timestamp: 1795288158.6"))
    replay = folded(b"".join((member, event, *ends, member, *ends)))
    assert (replay.drift, replay.lists) == ([], 2)
    assert [day.name for day in replay.agents.values()] == ["Agent Two"]
