"""Lists in a recorded stream end at the barrier that their own connection asked for, not at another's."""

from __future__ import annotations

import pytest

from ami.replay import Replay
from kit.followed_peer import PROBE
from kit.recorded import folded, wire

ACCEPTED = "Response: Success", "ActionID: 1", "Message: Authentication accepted"
LOGIN = "Event: FullyBooted", "SystemName: mechb", "Uptime: 20", "Timestamp: 1795288200.0", "Status: Fully Booted"
PEOPLE = "one", "two"


def barrier(tag: str) -> tuple[str, ...]:
    probe = (f"{name}: {value}" for name, value in PROBE.items())
    return "Event: UserEvent", *probe, "UserEvent: CordboardBarrier", f"Tag: {tag}"


def lists(tag: str) -> list[tuple[str, ...]]:
    """Everything that the switch shows, and the probe: that it was taken, and that it came through."""
    members = [
        ("Event: QueueMember", "Queue: support", f"Name: {name}", f"Location: PJSIP/{name}", "Status: 1", "ActionID: 9")
        for name in PEOPLE
    ]
    return [
        ("Event: CoreShowChannelsComplete", "ActionID: 7"),
        ("Event: BridgeListComplete", "ActionID: 8"),
        ("Event: QueueParams", "Queue: support", "Max: 0", "Strategy: ringall", "ActionID: 9"),
        *members,
        ("Event: QueueStatusComplete", "ActionID: 9"),
        ("Event: DeviceStateListComplete", "ActionID: 10"),
        ("Response: Success", f"ActionID: {tag}"),
        barrier(tag),
    ]


def drift_of(replay: Replay) -> list[tuple[str, str]]:
    return [(drift.difference.kind, drift.difference.key) for drift in replay.drift]


@pytest.mark.parametrize("place", range(len(lists("cb-1")) + 1))
def test_the_barrier_of_another_connection_ends_no_lists(place: int) -> None:
    first, last = lists("cb-1"), lists("cb-2")
    for each in (first, last):
        each.insert(place, barrier("cb-another"))
    replay = folded(wire(ACCEPTED, LOGIN, *first, *last))
    assert (replay.lists, drift_of(replay)) == (2, [])
    assert sorted(day.name for day in replay.agents.values()) == sorted(PEOPLE)


def test_what_comes_after_their_own_barrier_is_no_part_of_them() -> None:
    left = "Event: QueueMemberRemoved", "Queue: support", "MemberName: two", "Interface: PJSIP/two"
    unheard = [block for block in lists("cb-2") if "Name: two" not in block]
    replay = folded(wire(ACCEPTED, LOGIN, *lists("cb-1"), left, *unheard))
    assert (replay.lists, drift_of(replay)) == (2, [])
    assert drift_of(folded(wire(ACCEPTED, LOGIN, *lists("cb-1"), *unheard))) != []


def test_any_barrier_ends_the_lists_of_a_recording_without_answers() -> None:
    """One that was cut down to its events says of no barrier whose it is."""
    came = "Event: QueueMemberPause", "Queue: support", "MemberName: two", "Interface: PJSIP/two", "Paused: 1"
    listed = [block for block in lists("cb-1") if not block[0].startswith("Response")]
    agents = folded(wire(LOGIN, *listed, came)).agents
    assert [len(day.spells) for day in agents.values() if day.name == "two"] == [2]
