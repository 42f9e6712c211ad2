"""How recordings are called, where Asterisk keeps them (below its spool, a folder a company), which hold nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from agi.errors import UnsafeValue
from agi.flow.ways import NODE_ID

FOLDER = "recordings"
"""Below Asterisk's spool."""
ENDING = ".wav"
HEADER_BYTES, BYTES_A_SECOND = 44, 16_000
"""Of a file: 8,000 samples a second, two bytes each."""
LEFT_OF_SILENCE = 1.0
"""Seconds that Asterisk leaves of the silence that ended a recording."""
LEAST_SECONDS = LEFT_OF_SILENCE + 0.25
"""What is shorter is nothing: only what is left of a silence, and the click of a key."""

_CALL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_NAME = re.compile(rf"(?P<call>{_CALL.pattern})_(?P<number>[0-9]{{1,6}})_(?P<what>[a-z]+)_(?P<node>{NODE_ID.pattern})")
_SPOOL = re.compile(r"(?:/[A-Za-z0-9_.+@=-]{1,120}){1,40}")
_COMPANY = re.compile(r"[a-z][a-z0-9]{0,19}")


class What(StrEnum):
    """What was recorded."""

    SAID = "said"
    """What a caller said after a tone."""
    CALL = "call"
    """A call, both sides."""


@dataclass(frozen=True, slots=True)
class RecordingName:
    """`<uniqueid of the call>_<number in the call>_<what>_<node>`: whoever sees a file knows whose it is."""

    call: str
    number: int
    what: What
    node: str

    def __post_init__(self) -> None:
        if not _CALL.fullmatch(self.call):
            raise UnsafeValue("a call's id that no file can be called by")

    def __str__(self) -> str:
        return f"{self.call}_{self.number}_{self.what}_{self.node}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """None for what is no recording's name."""
        found = _NAME.fullmatch(text)
        if found is None or found["what"] not in [*What]:
            return None
        return cls(found["call"], int(found["number"]), What(found["what"]), found["node"])

    def path(self, spool: str, company: str) -> str:
        """Where Asterisk keeps it, without ending. Raises UnsafeValue for a folder that cannot be written to it."""
        if not _SPOOL.fullmatch(spool) or not _COMPANY.fullmatch(company):
            raise UnsafeValue("a folder that a command cannot name")
        return f"{spool}/{FOLDER}/{company}/{self}"


def seconds_of(size: int) -> float:
    """How long a file of so many bytes is."""
    return max(0, size - HEADER_BYTES) / BYTES_A_SECOND


def bytes_of(seconds: float) -> int:
    """How large a file of so many seconds is."""
    return HEADER_BYTES + int(seconds * BYTES_A_SECOND)
