"""What can go wrong on the call wire.

    AgiError
    ├── CallerHungUp        the caller left: no error, the normal end of a script
    ├── ProtocolError       the peer does not speak AGI, or speaks too much of it
    ├── CommandRefused      Asterisk answered 510, 511, 520 or failed to do it (.code, .usage)
    ├── DeadlinePassed      a command or a call took longer than it may
    ├── UnsafeValue         a value that the wire cannot carry (also a ValueError)
    ├── FlowBroken          a flow leads nowhere: to a node it does not have, or round and round
    └── FlowRefused         a flow document with problems (.problems; also a ValueError)

No message holds what a caller typed or who he is: messages are logged.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AgiError(Exception):
    """Anything that ends a script before its last act."""


class CallerHungUp(AgiError):
    """The caller left. Scripts let it pass; the server counts it as a normal end."""


class ProtocolError(AgiError):
    """Bytes that are no AGI, or more of them than a call ever sends."""


class CommandRefused(AgiError):
    """Asterisk did not do the command.

    `code` is the AGI status (510 unknown, 511 dead channel, 520 wrong usage, 200 done but failed), `usage` what
    Asterisk said about it.
    """

    def __init__(self, verb: str, code: int, usage: str = "") -> None:
        super().__init__(f"{verb} refused with {code}")
        self.verb = verb
        self.code = code
        self.usage = usage


class DeadlinePassed(AgiError):
    """A command or a whole call took longer than it may."""


class UnsafeValue(AgiError, ValueError):
    """A value that cannot be written in this place without changing its meaning."""


class FlowBroken(AgiError):
    """A flow leads nowhere: to a node it does not have, or round and round. The dialplan's fallback takes the call."""


class Sort(StrEnum):
    """What a problem is about, where those who keep the company may tell it in words of their own."""

    START = "start"
    """Calls begin at what is not there."""
    WAY = "way"
    """A way leads to what is not there, or is something else."""
    SCHEDULE = "schedule"
    """Hours go by a schedule that is not there."""
    LANGUAGE = "language"
    """Callers hear another language than theirs."""
    PROMPT = "prompt"
    """A prompt is to be heard that is not there."""
    END = "end"
    """The ends of a part are not those that its uses go on by."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a flow: `where` is a path in the document, `cure` what to do about it.

    With `is_warning` calls get through nevertheless, only not as somebody may have meant it.
    """

    where: str
    what: str
    cure: str
    is_warning: bool = False
    sort: Sort | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.cure}"


class FlowRefused(AgiError, ValueError):
    """A flow document that cannot be read; `problems` holds all of them, in the document's order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems
