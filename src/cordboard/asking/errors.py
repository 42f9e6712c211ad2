"""What can go wrong when another system is asked.

AskingError
├── ConnectionsRefused      the file of connections cannot be used (.problems)
├── Unasked                 the question cannot be put to this connection, as a flow puts it
├── Resting                 it has failed too often to be asked now
└── Unanswered              it cannot be reached, or answers that it cannot answer

`agi.flow.lookup.Untrue` stands beside them: it answered, but not what was asked for. No message holds a value of a
call.
"""

from __future__ import annotations

from collections.abc import Sequence


class AskingError(Exception):
    """Anything that leaves a question without an answer."""


class ConnectionsRefused(AskingError):
    """The file of connections cannot be used; every problem is in `problems`, a line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


class Unasked(AskingError):
    """The question lacks what the connection wants, or has what it may not be told."""


class Resting(AskingError):
    """It has failed too often to be asked now."""


class Unanswered(AskingError):
    """It cannot be reached, or answers that it cannot answer."""
