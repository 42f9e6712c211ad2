"""Bytes of the manager wire to messages, and messages to headers. Pure; holds no socket.

A message ends at an empty line, and lines end at CR LF only: a bare LF, or any other character that some programs take
for a line break, is part of a value, so that a value can forge no message. Bytes are decoded by whole messages, so that
no character is torn between two segments; bytes that are no UTF-8 become U+FFFD.
"""

from __future__ import annotations

EMPTY_LINE = b"\r\n\r\n"
GREETING = "Asterisk Call Manager/"
MESSAGE_LIMIT = 1 << 20  # bytes; Asterisk's longest list rows have some thousands


class MessageTooLong(Exception):
    """The peer sends bytes without ever ending a message: this is no manager, or a broken one."""


class Stream:
    """Takes segments as they come and gives back whole messages, in order, as text without their empty line."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self.version: str | None = None

    def feed(self, segment: bytes) -> list[str]:
        """The messages that this segment completes. Raises MessageTooLong."""
        rest = self._rest
        searched = max(0, len(rest) - 3)
        rest += segment
        end = rest.rfind(EMPTY_LINE, searched)
        if end < 0:
            if len(rest) > MESSAGE_LIMIT:
                raise MessageTooLong
            return []
        whole = rest[:end].decode("utf-8", "replace")
        del rest[: end + 4]
        if len(rest) > MESSAGE_LIMIT:
            raise MessageTooLong
        if self.version is None:
            whole = self._greet(whole)
        messages = whole.split("\r\n\r\n")
        # Asterisk ends some messages with one empty line too many, which then hangs on to this one or the next.
        return [message for part in messages if (message := part.strip("\r\n"))]

    def _greet(self, whole: str) -> str:
        """Take off the greeting, which is one line with no empty line after it."""
        line, _, rest = whole.partition("\r\n")
        if not line.startswith(GREETING):
            self.version = ""
            return whole
        self.version = line[len(GREETING) :]
        return rest


def event_name(message: str) -> str:
    """The name of the event that a message is, "" if it is none. Asterisk begins every event with its name."""
    if not message.startswith("Event: "):
        return ""
    end = message.find("\r\n")
    return message[7:end] if end >= 0 else message[7:]


def is_forged(event: str) -> bool:
    """Whether a value in it holds a line break: no event that we watch tells of two channels by this name."""
    return event.count("\r\nUniqueid: ") > 1 or "\r\nEvent: " in event


def headers_of(message: str) -> dict[str, str]:
    """Its headers, empty values included. Of a repeated one the first counts: Asterisk writes what it knows of a
    channel first, then what a user event brings, which so cannot pass itself off as another channel's."""
    lines = [line.partition(": ") for line in message.split("\r\n")]
    headers = {name: value for name, _, value in lines}
    if len(headers) < len(lines):
        headers.update((name, value) for name, _, value in reversed(lines))
    return headers


def lines_of(message: str) -> list[tuple[str, str]]:
    """All its header lines in order: some answers are lists of lines with one name."""
    lines = []
    for line in message.split("\r\n"):
        name, _, value = line.partition(": ")
        lines.append((name, value))
    return lines
