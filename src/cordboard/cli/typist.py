"""The caller of a simulated call whose keys and words are typed while the call waits: in a terminal, or piped in."""

from __future__ import annotations

import sys

from agi.flow.plan import spoken_phrase, spoken_seconds
from agi.simulated_caller import TYPING, Act
from cordboard.cli.context import say, say_all
from cordboard.flows.telling import Teller
from cordboard.settings import SettingsError

SPOKEN = "        the tone: seconds to speak, or nothing, then Enter: "
QUESTION = "        keys 0-9 * #, say:sales to speak, w to wait, h to hang up, then Enter: "


def typist_for(teller: Teller, *, as_json: bool) -> Typist | None:
    """Who asks in the terminal, or takes the lines that are piped in; None: a terminal where only JSON is printed."""
    if not _is_at_a_terminal():
        return Typist(_Piped())
    return None if as_json else Typist(_AtTheTerminal(teller))


def _is_at_a_terminal() -> bool:
    return sys.stdin.isatty()


class _AtTheTerminal:
    """Lines that are typed while the call waits for them; who ends the input hangs up."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller

    def line(self, question: str) -> str | None:
        say_all(self._teller.rest())
        try:
            return input(question)
        except EOFError:
            return "h" if question == QUESTION else None

    def refuse(self, what: str) -> None:
        say(f"        {what}")


class _Piped:
    """Lines of a file or of another program; after the last nothing more is pressed."""

    def __init__(self) -> None:
        self._read = 0

    def line(self, question: str) -> str | None:
        self._read += 1
        return sys.stdin.readline() or None

    def refuse(self, what: str) -> None:
        raise SettingsError([f"line {self._read} of what is piped in: {what}"])


class Typist:
    """A caller who does what lines say, one each time that the call waits for something."""

    def __init__(self, lines: _AtTheTerminal | _Piped) -> None:
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
        while (line := self._lines.line(QUESTION)) is not None:
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
        while words := (self._lines.line(SPOKEN) or "").strip().rstrip("s"):
            if seconds := spoken_seconds(f"says-{words}s"):
                return start + seconds
            self._lines.refuse("those are no seconds; write 5, or nothing")
        return start

    def _next(self, at: float) -> Act:
        key, self._typed = self._typed[0], self._typed[1:]
        return Act(at, key)
