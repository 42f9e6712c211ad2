"""How long a caller waited, talked and was held, from the moments of the facts.

The moments are those of the events (AMI `Timestamp`), never app_queue's own HoldTime and TalkTime: those are whole
seconds and go on counting after a transfer or a park.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ami.models import RESTART, Fact, FactKind


@dataclass(frozen=True, slots=True)
class Durations:
    """Seconds, each the sum over all spells of the call.

    *waited*: from joining a queue (`QueueCallerJoin`) until an agent is connected (`AgentConnect`) or the caller is
    out of the line (`QueueCallerLeave`, the dialplan's word after Queue(), or hang-up); and, for a person dialled
    directly, from the first ring (`DialBegin`) until the answer or the end of ringing. Time in menus is not waiting.
    *talked*: from the answer until the agent's part ends (`AgentComplete`, which the fold also derives from the
    agent's leg leaving), the caller joins another queue, or hangs up; less the time on hold.
    *held*: from `Hold` to `Unhold` within a talk. DMT is talked + held + wrap-up.
    """

    waited: float = 0.0
    talked: float = 0.0
    held: float = 0.0


_ANSWERS = frozenset({FactKind.CONNECTED, FactKind.ANSWERED})
_ENDS_WAITING = _ANSWERS | {FactKind.STOPPED_WAITING, FactKind.QUEUE_LEFT, FactKind.HUNG_UP}
_ENDS_TALKING = frozenset({FactKind.COMPLETED, FactKind.HUNG_UP, FactKind.JOINED})
_ENDS_DIRECT_RING = frozenset({FactKind.NOT_ANSWERED, FactKind.OFFER_CANCELLED})


def durations_of(facts: Iterable[Fact]) -> Durations:
    """Sum the finished spells. What still ran when the facts stop is not counted: nobody saw its end, but where the
    switch itself died."""
    waited = talked = held = 0.0
    waiting_since: datetime | None = None
    talking_since: datetime | None = None
    held_since: datetime | None = None
    held_in_talk = 0.0
    is_direct = False
    for fact in facts:
        kind, at = fact.kind, fact.at
        if kind == FactKind.LOST and fact.data.get("reason") == RESTART:
            kind = FactKind.HUNG_UP  # the switch took the call with it
        if waiting_since and (kind in _ENDS_WAITING or (is_direct and kind in _ENDS_DIRECT_RING)):
            waited += _seconds(waiting_since, at)
            waiting_since = None
        if kind == FactKind.LOST:
            waiting_since = talking_since = held_since = None
        if held_since and (kind == FactKind.RESUMED or kind in _ENDS_TALKING):
            held_in_talk += _seconds(held_since, at)
            held_since = None
        if talking_since and kind in _ENDS_TALKING:
            talked += max(0.0, _seconds(talking_since, at) - held_in_talk)
            held += held_in_talk
            talking_since, held_in_talk = None, 0.0

        if kind == FactKind.JOINED:
            waiting_since, is_direct = waiting_since or at, False
        elif kind == FactKind.OFFERED and not fact.data.get("queue") and not waiting_since and not talking_since:
            waiting_since, is_direct = at, True
        elif kind in _ANSWERS:
            talking_since = talking_since or at
        elif kind == FactKind.HELD and talking_since:
            held_since = held_since or at
    return Durations(waited, talked, held)


def _seconds(start: datetime, end: datetime) -> float:
    # A stepped clock of the switch must not take away what other spells counted.
    return max(0.0, (end - start).total_seconds())
