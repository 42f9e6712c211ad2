"""Who makes a simulated call: what he does while something lasts."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Protocol

from agi.flow.plan import Move, Plan

TYPING = 0.25
"""Seconds between the keys of one word, as somebody types who knows what he wants."""


@dataclass(frozen=True, slots=True)
class Act:
    """What a caller does at a moment (seconds since the call began): press a key, begin to say a phrase, or with
    neither hang up."""

    at: float
    key: str
    phrase: str = ""

    @property
    def is_end(self) -> bool:
        return not (self.key or self.phrase)


class Caller(Protocol):
    """Decides what to do while something lasts. Asked again about the rest of it when what he did did not end it."""

    def in_sound(self, start: float, end: float) -> Act | None:
        """What he does first between these moments, while a sound is played; None: he listens."""

    def at_wait(self, start: float, end: float) -> Act | None:
        """What he does first between these moments, while the flow waits for a key; None: he says nothing."""

    def at_tone(self, start: float) -> float:
        """Until when he speaks, from this moment on, at which a recording begins; the same moment: he does not."""


class Planned:
    """A caller who keeps to a plan."""

    def __init__(self, plan: Plan) -> None:
        self._moves = deque(plan.moves)
        self._since = 0.0
        """When he did what he did last."""

    def in_sound(self, start: float, end: float) -> Act | None:
        move = self._moves[0] if self._moves else None
        if move is None or (move.after is None and not move.is_end):
            return None
        at = start if move.after is None else max(start, self._since + move.after)
        return self._do(move, at) if at <= end else None

    def at_wait(self, start: float, end: float) -> Act | None:
        move = self._moves[0] if self._moves else None
        if move is None:
            return None
        at = start if move.after is None else max(start, self._since + move.after)
        if at > end or (move.says and move.after is not None and at == end):
            return None  # the tone that he waits for may come at this very moment
        if move.is_silence:
            self._moves.popleft()
            self._since = end
            return None
        return self._do(move, at)

    def at_tone(self, start: float) -> float:
        move = self._moves[0] if self._moves else None
        if move is None or not move.says or self._since + (move.after or 0.0) > start:
            return start
        self._moves.popleft()
        self._since = start + move.says
        return self._since

    def _do(self, move: Move, at: float) -> Act | None:
        if move.is_silence:
            return None  # a silence in a sound is what everybody keeps
        self._moves.popleft()
        self._since = at
        if len(move.keys) > 1:
            self._moves.appendleft(replace(move, keys=move.keys[1:], after=TYPING))
        return Act(at, move.keys[:1], move.phrase)
