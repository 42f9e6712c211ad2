"""Where the lines of a simulated caller come from: typed while the call waits, in a terminal, or piped in."""

from __future__ import annotations

import sys

from cordboard.cli.context import say, say_all
from cordboard.flows.telling import Teller
from cordboard.flows.typist import Typist
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

    def keys(self) -> str | None:
        return self._asked(QUESTION, "h")

    def speech(self) -> str | None:
        return self._asked(SPOKEN, None)

    def _asked(self, question: str, at_the_end: str | None) -> str | None:
        say_all(self._teller.rest())
        try:
            return input(question)
        except EOFError:
            return at_the_end

    def refuse(self, what: str) -> None:
        say(f"        {what}")


class _Piped:
    """Lines of a file or of another program; after the last nothing more is pressed."""

    def __init__(self) -> None:
        self._read = 0

    def keys(self) -> str | None:
        self._read += 1
        return sys.stdin.readline() or None

    speech = keys

    def refuse(self, what: str) -> None:
        raise SettingsError([f"line {self._read} of what is piped in: {what}"])
