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
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Candidate:
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
        found = {
            "agent": self.agent,
            "reason": self.reason.value,
            "tier": self.tier,
            "penalty": self.penalty,
            "idle": None if self.idle is None else round(self.idle, 1),
            "pause": self.pause,
            "opens_after": self.opens_after,
        }
        return {name: value for name, value in found.items() if value not in (None, "")}


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
_UNREACHABLE = frozenset({DeviceState.INVALID, DeviceState.UNAVAILABLE})
_BUSY = frozenset(
    {DeviceState.IN_USE, DeviceState.BUSY, DeviceState.RINGING, DeviceState.RING_IN_USE, DeviceState.ON_HOLD}
)


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
    candidates = tuple(
        _candidate(
            member,
            Reason.RANG_TOO
            if member.name in rang_too and member.name != chosen
            else _reason(member, best, at, open_to, member.name in did_not_take_it, queue.strategy),
            at,
            opens_after,
        )
        for member in sorted(queue.members, key=lambda member: _order(member, at, queue.strategy))
    )
    return Choice(id_of(queue.name), id_of(chosen), waited, open_to // TIER_WIDTH, candidates)


def idle_of(member: Member, at: datetime) -> float | None:
    """Seconds since the end of the member's last call; None: no call since logging in."""
    return None if member.last_call is None else max(0.0, (at - member.last_call).total_seconds())


def _order(member: Member, at: datetime, strategy: str) -> tuple[int, float, str]:
    idle = idle_of(member, at)
    by_idle = float("-inf") if idle is None else -idle
    return member.penalty, member.calls_taken if strategy == FEWEST_CALLS else by_idle, member.name


def _candidate(member: Member, reason: Reason, at: datetime, opens_after: Sequence[float]) -> Candidate:
    tier = member.penalty // TIER_WIDTH
    is_late_tier = reason is Reason.NOT_YET and 0 < tier <= len(opens_after)
    return Candidate(
        agent=id_of(member.name),
        reason=reason,
        tier=tier,
        penalty=member.penalty,
        idle=idle_of(member, at),
        pause=member.pause_reason if reason is Reason.PAUSED else "",
        opens_after=opens_after[tier - 1] if is_late_tier else None,
    )


def _reason(member: Member, best: Member | None, at: datetime, open_to: int, refused: bool, strategy: str) -> Reason:
    if best is not None and member.name == best.name:
        return Reason.CHOSEN
    if member.status in _UNREACHABLE:
        return Reason.UNREACHABLE
    if member.paused:
        return Reason.WRAPPING_UP if member.pause_reason == WRAP_UP else Reason.PAUSED
    if member.in_call or member.status in _BUSY:
        return Reason.BUSY
    idle = idle_of(member, at)
    if idle is not None and idle < member.wrap_up:
        return Reason.WRAPPING_UP
    if member.penalty > open_to:
        return Reason.NOT_YET
    if refused:
        return Reason.DID_NOT_TAKE_IT
    if best is None:
        return Reason.PASSED_OVER
    if member.penalty != best.penalty:
        return Reason.LESS_SKILLED if member.penalty > best.penalty else Reason.PASSED_OVER
    if strategy in _OF_EQUALS:
        return _OF_EQUALS[strategy]
    if strategy == FEWEST_CALLS:
        return _by_calls(member.calls_taken, best.calls_taken)
    return _by_idle(idle, idle_of(best, at))


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
