"""The caller of a simulated call who does what lines say, one each time that the call waits for something."""

from __future__ import annotations

from typing import Protocol

from agi.flow.plan import spoken_phrase, spoken_seconds
from agi.simulated_caller import TYPING, Act


class Lines(Protocol):
    """Where the lines come from. None: nothing more comes."""

    def keys(self) -> str | None:
        """What he does while a key is waited for: keys, `say:sales`, `w` or nothing to wait, `h` to hang up."""

    def speech(self) -> str | None:
        """How many seconds he speaks after the tone; nothing: he does not."""

    def refuse(self, what: str) -> None:
        """The line was none of this. Where it returns, another line is asked for."""


class Typist:
    """A caller of such lines."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._typed = ""

    def in_sound(self, start: float, end: float) -> Act | None:
        """Keys that were typed behind others come while the next prompt is played."""
        if not self._typed or start + TYPING > end:
            return None
        return self._next(start + TYPING)

    def at_wait(self, start: float, end: float) -> Act | None:
        if self._typed:
            return self._next(min(end, start + TYPING))
        while (line := self._lines.keys()) is not None:
            words = line.strip().lower()
            if words in ("w", "wait", ""):
                return None
            if words in ("h", "hangup"):
                return Act(start, "")
            if phrase := spoken_phrase(words.replace(" ", "_")):
                return Act(start, "", phrase)
            if all(key in "0123456789*#" for key in words):
                self._typed = words
                return self._next(start)
            self._lines.refuse("those are no keys; write keys, say:sales, w or h")
        return None

    def at_tone(self, start: float) -> float:
        while words := (self._lines.speech() or "").strip().rstrip("s"):
            if seconds := spoken_seconds(f"says-{words}s"):
                return start + seconds
            self._lines.refuse("those are no seconds; write 5, or nothing")
        return start

    def _next(self, at: float) -> Act:
        key, self._typed = self._typed[0], self._typed[1:]
        return Act(at, key)
