"""What a deployment did to people: the callers in line and the agents in their queues, before it and after it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from ami.actions import CoreShowChannels
from ami.client import Manager
from cordboard.provisioning.actual import LiveUse, Seat, listed

WAITING = "Queue"
"""The application of a channel that stands in line."""

Place = tuple[str, str]
"""A queue, and the interface of a member in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """`callers` kept their place in line, `agents` their places in queues. Who was served, hung up or left meanwhile is
    in neither; `differences` tells of everybody who is not as before and did not go by himself."""

    callers: int
    agents: int
    differences: tuple[str, ...] = ()
    missing: tuple[Place, ...] = ()
    """Members who are gone though their queue is there."""
    back: tuple[Place, ...] = ()
    """Those of them who were seen put back afterwards."""

    @property
    def is_whole(self) -> bool:
        return not self.differences


async def kept_people(manager: Manager, before: LiveUse, after: LiveUse, queues: Collection[str]) -> Kept:
    """What became of the people of `before`. `queues`: those that the configuration in force has. Raises AmiError."""
    stand = {caller for line in after.lines.values() for caller in line}
    gone = {caller for line in before.lines.values() for caller in line} - stand
    limbo: frozenset[str] = frozenset()
    if gone:
        channels = await listed(manager, CoreShowChannels())
        limbo = frozenset(
            channel.leg.uniqueid
            for channel in channels
            if channel.leg.uniqueid in gone and channel.application == WAITING and channel.bridge is None
        )
    return compare_people(before, after, queues, limbo)


def compare_people(before: LiveUse, after: LiveUse, queues: Collection[str], limbo: Collection[str]) -> Kept:
    """`limbo`: the callers who wait and stand in no line. Pure."""
    callers = 0
    differences: list[str] = []
    for queue, line in before.lines.items():
        stand = [caller for caller in line if caller in after.lines.get(queue, ())]
        callers += len(stand)
        if stand != [caller for caller in after.lines.get(queue, ()) if caller in stand]:
            differences.append(f"queue {queue}: its callers stand in another order")
        differences += [
            f"queue {queue}: call {caller} waits in it and is not in its line any more"
            for caller in line
            if caller in limbo
        ]
    had, has = _places(before), _places(after)
    for (queue, interface), seat in had.items():
        now = has.get((queue, interface))
        if now is not None:
            differences += [f"queue {queue}: member {interface} {told}" for told in _changes(seat, now)]
        elif queue in queues:
            differences.append(f"queue {queue}: member {interface} is gone")
    return Kept(
        callers=callers,
        agents=len({interface for queue, interface in had.keys() & has.keys()}),
        differences=tuple(differences),
        missing=tuple(sorted(place for place in had.keys() - has.keys() if place[0] in queues)),
    )


def _places(use: LiveUse) -> Mapping[Place, Seat]:
    return {(queue, seat.interface): seat for queue, seats in use.seats.items() for seat in seats}


def _changes(seat: Seat, now: Seat) -> Iterator[str]:
    # Not the penalty: it follows skills, which are in force with their import, be it during an apply.
    if (now.is_paused, now.reason) != (seat.is_paused, seat.reason):
        yield f"is {_pause(now)}, not {_pause(seat)}"


def _pause(seat: Seat) -> str:
    return f"paused ({seat.reason})" if seat.is_paused else "ready"
