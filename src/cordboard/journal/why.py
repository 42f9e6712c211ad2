"""Why this agent: who could have been offered a call at one moment, and what kept each of the others from it.

app_queue rings, of the members who are free and whose penalty is open, the one of lowest penalty. Of equals its
strategy decides: with `leastrecent` the one whose last call is longest ago (one who has had none since logging in
counts as longest), with `fewestcalls` the one who took the fewest, with `linear` who came first, with `rrmemory` whose
turn it is, with `random` anybody; with `ringall` all of them ring, and who answers first is the one.
The answer is kept as ids and numbers; the screens turn them into words of their reader's language.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from ami.models import DeviceState, Member, Queue
from ami.states import WRAP_UP
from cordboard.journal.outcome import id_of
from cordboard.store.skills import TIER_WIDTH, window


class Reason(StrEnum):
    """What decided about a candidate; in brackets the field of `Candidate` that says more."""

    CHOSEN = "chosen"
    UNREACHABLE = "unreachable"
    PAUSED = "paused"  # (pause)
    BUSY = "busy"
    WRAPPING_UP = "wrapping_up"
    NOT_YET = "not_yet"  # (opens_after)
    DID_NOT_TAKE_IT = "did_not_take_it"
    LESS_SKILLED = "less_skilled"  # (penalty)
    SERVED_MORE_RECENTLY = "served_more_recently"  # (idle)
    SERVED_MORE_CALLS = "served_more_calls"
    AFTER_IN_LINE = "after_in_line"  # logged in later
    NOT_IN_TURN = "not_in_turn"
    NOT_DRAWN = "not_drawn"
    RANG_TOO = "rang_too"  # at the same time, and another answered
    EQUAL = "equal"
    PASSED_OVER = "passed_over"  # the rules known here would have preferred this one


class Candidate(NamedTuple):
    """One member of the queue at that moment. `agent` is a company id, `idle` the seconds since the end of the last
    call (None: none since logging in), `opens_after` the seconds of waiting that open this tier (None: not known)."""

    agent: str
    reason: Reason
    tier: int
    penalty: int
    idle: float | None
    pause: str = ""
    opens_after: float | None = None

    def to_json(self) -> dict[str, Any]:
        """What is not empty, as plain values."""
        found: dict[str, Any] = {
            "agent": self.agent,
            "reason": self.reason,
            "tier": self.tier,
            "penalty": self.penalty,
        }
        if self.idle is not None:
            found["idle"] = round(self.idle, 1)
        if self.pause:
            found["pause"] = self.pause
        if self.opens_after is not None:
            found["opens_after"] = self.opens_after
        return found


@dataclass(frozen=True, slots=True)
class Choice:
    """One offer of a call: its queue, the seconds waited so far, the tier that was open, all members, best first."""

    queue: str
    agent: str
    waited: float
    tier: int
    candidates: tuple[Candidate, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values for the database and the screens."""
        return {
            "queue": self.queue,
            "agent": self.agent,
            "waited": round(self.waited, 1),
            "tier": self.tier,
            "candidates": [candidate.to_json() for candidate in self.candidates],
        }


RING_ALL, FEWEST_CALLS = "ringall", "fewestcalls"
"""Strategies in app_queue's words."""
_OF_EQUALS = {
    RING_ALL: Reason.RANG_TOO,
    "linear": Reason.AFTER_IN_LINE,
    "rrmemory": Reason.NOT_IN_TURN,
    "random": Reason.NOT_DRAWN,
}
# Looked through for each member of each call: quicker than a set, whose enum would be hashed by its name.
_UNREACHABLE = (DeviceState.INVALID, DeviceState.UNAVAILABLE)
_BUSY = (DeviceState.IN_USE, DeviceState.BUSY, DeviceState.RINGING, DeviceState.RING_IN_USE, DeviceState.ON_HOLD)


def why(
    queue: Queue,
    chosen: str,
    at: datetime,
    waited: float,
    *,
    opens_after: Sequence[float] = (),
    max_penalty: int | None = None,
    did_not_take_it: Collection[str] = (),
    rang_too: Collection[str] = (),
) -> Choice:
    """Explain the offer of a call that waited `waited` seconds to the member named `chosen`.

    `queue` is the queue as it stood when app_queue chose; `opens_after[n - 1]` the seconds after which tier n opens;
    `max_penalty` the window the call entered with (None: that of tier 0); `did_not_take_it` the members whose phones
    refused this call or rang in vain since it joined; `rang_too` those who were rung at the same time.
    """
    opened = sum(1 for after in opens_after if after <= waited)
    open_to = max(window(opened), window(0) if max_penalty is None else max_penalty)
    for member in queue.members:
        if member.name == chosen:
            # app_queue looks at its rules about once a second: being chosen proves that the window was open.
            open_to = max(open_to, member.penalty)
    best = next((member for member in queue.members if member.name == chosen), None)
    best_idle = None if best is None else idle_of(best, at)
    by_calls = queue.strategy == FEWEST_CALLS
    standing = [(member.penalty, idle_of(member, at), member) for member in queue.members]
    standing.sort(key=lambda each: (each[0], each[2].calls_taken if by_calls else _by_rest(each[1]), each[2].name))
    candidates = []
    for penalty, idle, member in standing:
        name = member.name
        if name == chosen:
            reason = Reason.CHOSEN
        elif name in rang_too:
            reason = Reason.RANG_TOO
        else:
            reason = _kept_away(member, idle, open_to) or (
                Reason.DID_NOT_TAKE_IT
                if name in did_not_take_it
                else _compared(member, idle, best, best_idle, queue.strategy)
            )
        tier = penalty // TIER_WIDTH
        is_late_tier = reason is Reason.NOT_YET and 0 < tier <= len(opens_after)
        pause = member.pause_reason if reason is Reason.PAUSED else ""
        opens = opens_after[tier - 1] if is_late_tier else None
        candidates.append(Candidate(id_of(name), reason, tier, penalty, idle, pause, opens))
    return Choice(id_of(queue.name), id_of(chosen), waited, open_to // TIER_WIDTH, tuple(candidates))


def idle_of(member: Member, at: datetime) -> float | None:
    """Seconds since the end of the member's last call; None: no call since logging in."""
    return None if member.last_call is None else max(0.0, (at - member.last_call).total_seconds())


def _by_rest(idle: float | None) -> float:
    return float("-inf") if idle is None else -idle


def _kept_away(member: Member, idle: float | None, open_to: int) -> Reason | None:
    """What kept app_queue from ringing this member; None: nothing of his own."""
    if member.status in _UNREACHABLE:
        return Reason.UNREACHABLE
    if member.paused:
        return Reason.WRAPPING_UP if member.pause_reason == WRAP_UP else Reason.PAUSED
    if member.in_call or member.status in _BUSY:
        return Reason.BUSY
    if idle is not None and idle < member.wrap_up:
        return Reason.WRAPPING_UP
    return Reason.NOT_YET if member.penalty > open_to else None


def _compared(
    member: Member, idle: float | None, best: Member | None, best_idle: float | None, strategy: str
) -> Reason:
    """Why the one who was chosen came before this one."""
    if best is None:
        return Reason.PASSED_OVER
    if member.penalty != best.penalty:
        return Reason.LESS_SKILLED if member.penalty > best.penalty else Reason.PASSED_OVER
    if strategy in _OF_EQUALS:
        return _OF_EQUALS[strategy]
    if strategy == FEWEST_CALLS:
        return _by_calls(member.calls_taken, best.calls_taken)
    return _by_idle(idle, best_idle)


def _by_calls(mine: int, his: int) -> Reason:
    if mine == his:
        return Reason.EQUAL
    return Reason.SERVED_MORE_CALLS if mine > his else Reason.PASSED_OVER


def _by_idle(idle: float | None, best_idle: float | None) -> Reason:
    # Whole seconds: that is all app_queue keeps of a last call.
    mine = None if idle is None else int(idle)
    his = None if best_idle is None else int(best_idle)
    if mine == his:
        return Reason.EQUAL
    if mine is None:
        return Reason.PASSED_OVER
    return Reason.SERVED_MORE_RECENTLY if his is None or mine < his else Reason.PASSED_OVER
