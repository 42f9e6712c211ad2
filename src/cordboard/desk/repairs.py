"""What a comparison with the switch mended, counted and in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ami.actions import Action, QueueAdd, QueuePause, QueuePenalty, QueueRemove
from cordboard.desk.memberships import Membership, Seat, StandingMember
from cordboard.desk.occurrences import Who
from cordboard.store.values import split_switch_name


@dataclass(frozen=True, slots=True)
class Restored:
    """`is_complete` is False if something still differs."""

    added: int = 0
    removed: int = 0
    mended: int = 0
    missed: int = 0
    is_complete: bool = True

    @property
    def has_mended(self) -> bool:
        return bool(self.added or self.removed or self.mended)


def restored(actions: Sequence[Action], missed: int, *, is_complete: bool) -> Restored:
    """These were asked for; so many had missed offers."""
    added, removed = (sum(isinstance(action, kind) for action in actions) for kind in (QueueAdd, QueueRemove))
    return Restored(added, removed, len(actions) - added - removed, missed, is_complete)


def in_words(
    actions: Iterable[Action], members: Iterable[StandingMember], wanted: Mapping[Seat, Membership]
) -> dict[Who, str]:
    """What is mended for each person. `members` and `wanted` tell whose a place is."""
    names = {(one.queue, one.interface): one.name for one in members}
    names |= {(seat.queue, seat.interface): place.name for seat, place in wanted.items()}
    found: dict[Who, dict[str, None]] = {}
    for action in actions:
        match action:
            case QueueAdd(queue=queue, interface=interface):
                done = f"put back in {split_switch_name(queue)[1]}"
            case QueueRemove(queue=queue, interface=interface):
                done = f"taken out of {split_switch_name(queue)[1]}"
            case QueuePenalty(interface=interface, queue=queue):
                done = f"penalty in {split_switch_name(queue or '')[1]}"
            case QueuePause(interface=interface, paused=is_paused, reason=reason, queue=queue):
                done = f"paused for {reason}" if is_paused else "no longer paused"
            case _:
                continue
        who = split_switch_name(names.get((queue or "", interface), ""))
        if who[0]:
            found.setdefault(who, {})[done] = None
    return {who: ", ".join(done) for who, done in found.items()}
