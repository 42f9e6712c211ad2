"""A recorded manager stream, message by message, each with its line and its moment. Pure, but for the bytes it is fed.

The text is what Asterisk wrote: headers in lines that end at CR LF, and an empty line after each message. A message
whose first line ends at LF alone has such lines only: somebody stored it so. In all others a bare LF is part of a
value, so that a value can forge no header; if a header seems to follow it the message is damaged.
Lines that begin with "# " are marks of who recorded it: `# at SECONDS` is the arrival of what follows. What is no
header is damage, noted with its line; nothing is raised.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from ami.stream import GREETING, MESSAGE_LIMIT, headers_of, is_forged

_AT = re.compile(r"# at (\d{1,11}(?:\.\d{1,9})?)")
_HEADER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _()/.-]{0,127}:(?: |$)")
_LOST = re.compile(
    r"(?:Event|Response|Privilege|Timestamp|SystemName|ActionID|EventList|Queue|Interface|MemberName|Paused|Variable"
    r"|[A-Za-z]*(?:Channel|ChannelState|ChannelStateDesc|CallerIDNum|CallerIDName|ConnectedLineNum|ConnectedLineName"
    r"|Language|AccountCode|Context|Exten|Priority|Uniqueid|Linkedid|Technology|Cause|DialStatus|Time)): "
)
"""What begins the line after one that lost its CR; headers in a value of many lines have other names."""
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
    """Iterate over it once. `damages` tells what was wrong, `uncounted` how many more; `marks` the other marks; `mixed`
    how many messages were left out because their lines end in two ways."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.damages: list[Damage] = []
        self.uncounted = 0
        self.marks: list[str] = []
        self.messages = self.mixed = 0
        self._chunks = chunks
        self._arrived: datetime | None = None

    def __iter__(self) -> Iterator[Message]:
        block: list[tuple[int, str]] = []
        size = number = mixed = 0
        for number, line, lost in self._lines():
            if line.startswith("# "):
                self._mark(line)
            elif line and not line.startswith(GREETING):
                is_too_long = size > MESSAGE_LIMIT
                size += len(line)
                mixed = mixed or lost
                if size <= MESSAGE_LIMIT or not block:
                    block.append((number, line))
                if size > MESSAGE_LIMIT and not is_too_long:
                    self._damage(block[0][0], "a message without an end: left out")
            elif block and not line:
                if size <= MESSAGE_LIMIT and (message := self._message(block, mixed)) is not None:
                    yield message
                block, size, mixed = [], 0, 0
        if block and size <= MESSAGE_LIMIT:
            self._damage(block[0][0], f"it ends in line {number}, inside a message: left out")

    def _lines(self) -> Iterator[tuple[int, str, int]]:
        """Each line of a message with its number, and that of a line inside it which seems to have lost its CR."""
        is_inside = is_bare = False
        parts: list[str] = []
        first = size = lost = 0
        for number, raw in enumerate(self._physical_lines(), 1):
            has_return = raw.endswith(b"\r")
            if number == 1:
                raw = raw.removeprefix(BOM_UTF8)  # of an editor
            part = raw.removesuffix(b"\r").decode("utf-8", "replace")
            if not parts:
                first, size, lost = number, 0, 0
                is_bare = is_bare if is_inside else not has_return
            elif not lost and _LOST.match(part):
                lost = number - 1
            parts.append(part)
            size += len(part)
            # No value begins with an empty line: after a whole header it is the end of the message, however it ends.
            if has_return or is_bare or not size or size > MESSAGE_LIMIT:
                line = "\n".join(parts)
                parts = []
                is_inside = bool(line) and (is_inside or not line.startswith(("# ", GREETING)))
                yield first, line, lost
        if parts:
            yield first, "\n".join(parts), lost

    def _physical_lines(self) -> Iterator[bytes]:
        rest = b""
        for chunk in self._chunks:
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
            if len(rest) > MESSAGE_LIMIT:
                yield rest
                rest = b""
        if rest:
            yield rest

    def _mark(self, line: str) -> None:
        if match := _AT.fullmatch(line):
            self._arrived = datetime.fromtimestamp(float(match[1]), UTC)
        elif len(self.marks) < MAX_DAMAGES:
            self.marks.append(line[2:])

    def _message(self, block: list[tuple[int, str]], mixed: int) -> Message | None:
        first = block[0][0]
        for number, line in block:
            if not _HEADER.match(line):
                self._damage(number, "no header of the manager")
                return None
        if mixed:
            self.mixed += 1
            self._damage(mixed, "a line that ends at LF, in a message whose lines end at CR LF: left out")
            return None
        text = "\r\n".join(line for _, line in block)
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
