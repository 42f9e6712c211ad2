"""A stream that goes on after Asterisk was started again, or after it was cut: nothing of before stays open."""

from __future__ import annotations

import pytest

from ami.replay import Replay
from kit.recorded import folded, raw, wire

TALK = raw("01_inbound_answered_callerhangup").partition(b"Event: HangupRequest")[0]
"""A queue's call in the middle of its talk."""
LATER = 1_795_288_200
MUCH_LATER = f"# at {LATER}\r\n".encode()
OTHER = "Event: Newchannel", "Channel: PJSIP/a-00000001", "ChannelState: 4", "Uniqueid: mechb-1795288199.0"


def login(uptime: int, at: int = LATER) -> bytes:
    return wire(("Event: FullyBooted", f"Uptime: {uptime}", f"Timestamp: {at}.0", "Status: Fully Booted"))


def ends(replay: Replay) -> list[tuple[str, str]]:
    ended = [call.ending for call in replay.conversations.values() if call.ending is not None]
    return [(ending.word, ending.detail) for ending in ended]


def states(replay: Replay) -> list[tuple[str, bool]]:
    [day] = replay.agents.values()
    return [(spell.state.value, spell.until is None) for spell in day.spells]


SHUTDOWN = wire(("Event: Shutdown", "Shutdown: Uncleanly", "Restart: True"))


@pytest.mark.parametrize("between", [login(0), login(20), SHUTDOWN, SHUTDOWN + login(0)])
def test_where_asterisk_begins_anew_its_calls_are_over(between: bytes) -> None:
    replay = folded(TALK + between)
    assert ends(replay) == [("unseen", "restart")]
    assert states(replay) == [("ringing", False), ("inbound_call", False)]
    assert replay.live.snapshot().channels == ()


def test_calls_that_come_after_a_restart_are_their_own() -> None:
    replay = folded(TALK + login(0) + wire((*OTHER, "Linkedid: mechb-1795288199.0")))
    assert ends(replay) == [("unseen", "restart")]
    assert [channel.uniqueid for channel in replay.live.snapshot().channels] == ["mechb-1795288199.0"]


def test_a_late_word_of_a_leg_from_before_a_restart_is_not_taken() -> None:
    uniqueid = "mechb-1795288155.0"
    late = wire(("Event: Hangup", "Channel: PJSIP/cu1-00000000", f"Uniqueid: {uniqueid}", f"Linkedid: {uniqueid}"))
    replay = folded(TALK + SHUTDOWN + late)
    assert (ends(replay), len(replay.conversations)) == ([("unseen", "restart")], 1)


def test_another_login_alone_ends_nothing() -> None:
    assert ends(folded(TALK + login(100_000))) == []


def lists(*rows: bytes) -> bytes:
    done = ("CoreShowChannelsComplete", "BridgeListComplete", "QueueStatusComplete", "DeviceStateListComplete")
    return b"".join(rows) + wire(*((f"Event: {name}", "ActionID: 9") for name in done))


MEMBER = "Event: QueueMember", "ActionID: 9", "Queue: support", "Name: Agent One", "Location: PJSIP/ag1", "Status: 1"


def test_lists_of_another_login_are_loaded_and_end_what_they_do_not_show() -> None:
    replay = folded(TALK + login(100_000) + lists(wire(MEMBER)))
    assert (ends(replay), replay.drift) == ([("unseen", "gap")], [])
    assert states(replay) == [("ringing", False), ("inbound_call", False), ("ready", True)]


def test_lists_that_disagree_are_told_once_and_believed() -> None:
    replay = folded(TALK + MUCH_LATER + lists(wire(MEMBER)) + lists(wire(MEMBER)))
    assert {drift.difference.kind for drift in replay.drift} >= {"channel", "conversation"}
    assert len({drift.line for drift in replay.drift}) == 1
    assert (ends(replay), states(replay)[-1]) == ([("unseen", "gap")], ("ready", True))


def test_lists_of_less_than_everything_correct_nothing() -> None:
    replay = folded(TALK + MUCH_LATER + wire(("Event: CoreShowChannelsComplete", "ActionID: 9")))
    assert replay.drift
    assert ends(replay) == []
