"""A recorded manager stream, message by message, each with its line and its moment. Pure, but for the bytes it is fed.

The text is what Asterisk wrote: headers in lines that end at CR LF (or at LF alone, where no line ends at CR LF), and
an empty line after each message. Lines that begin with "# " are marks of who recorded it: `# at SECONDS` is the arrival
of what follows. What is no header is damage, noted with its line; nothing is raised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from ami.stream import GREETING, MESSAGE_LIMIT, headers_of, is_forged

_AT = re.compile(r"# at (\d{1,11}(?:\.\d{1,9})?)")
_HEADER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _()/.-]{0,127}:(?: |$)")
MAX_DAMAGES = 100  # told one by one; the rest is counted


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `arrived` is the recorder's mark, None if it made none."""

    line: int
    headers: dict[str, str]
    arrived: datetime | None


@dataclass(frozen=True, slots=True)
class Damage:
    """What is wrong with a transcript, and in which line."""

    line: int
    what: str


class Transcript:
    """Iterate over it once. `damages` tells what was wrong, `uncounted` how many more; `marks` the other marks."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.damages: list[Damage] = []
        self.uncounted = 0
        self.marks: list[str] = []
        self.messages = 0
        self._chunks = chunks
        self._arrived: datetime | None = None

    def __iter__(self) -> Iterator[Message]:
        block: list[str] = []
        first = size = number = 0
        is_too_long = False
        for number, line in enumerate(self._lines(), 1):
            if line.startswith("# "):
                self._mark(line)
            elif line and not line.startswith(GREETING):
                first = first or number
                size += len(line)
                if size <= MESSAGE_LIMIT:
                    block.append(line)
                elif not is_too_long:
                    is_too_long = True
                    self._damage(first, "a message without an end: left out")
            elif block and not line:
                if not is_too_long and (message := self._message(first, block)) is not None:
                    yield message
                block, first, size, is_too_long = [], 0, 0, False
        if block and not is_too_long:
            self._damage(first, f"it ends in line {number}, inside a message: left out")

    def _lines(self) -> Iterator[str]:
        rest, ending = b"", b""
        for chunk in self._chunks:
            rest += chunk
            if not ending and (b"\r\n" in rest or len(rest) > 1 << 16):
                ending = b"\r\n" if b"\r\n" in rest else b"\n"
            if ending:
                *lines, rest = rest.split(ending)
                yield from (line.decode("utf-8", "replace") for line in lines)
                if len(rest) > MESSAGE_LIMIT:
                    yield rest.decode("utf-8", "replace")
                    rest = b""
        *lines, last = rest.split(ending or b"\n")
        yield from (line.decode("utf-8", "replace") for line in lines)
        if last:
            yield last.decode("utf-8", "replace")

    def _mark(self, line: str) -> None:
        if match := _AT.fullmatch(line):
            self._arrived = datetime.fromtimestamp(float(match[1]), UTC)
        elif len(self.marks) < MAX_DAMAGES:
            self.marks.append(line[2:])

    def _message(self, first: int, block: list[str]) -> Message | None:
        for offset, line in enumerate(block):
            if not _HEADER.match(line):
                self._damage(first + offset, "no header of the manager")
                return None
        text = "\r\n".join(block)
        if text.startswith("Event: ") and is_forged(text):
            self._damage(first, "an event with the headers of two: a caller wrote line breaks into his number")
            return None
        self.messages += 1
        return Message(first, headers_of(text), self._arrived)

    def _damage(self, line: int, what: str) -> None:
        if len(self.damages) < MAX_DAMAGES:
            self.damages.append(Damage(line, what))
        else:
            self.uncounted += 1
