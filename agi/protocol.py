"""AGI as bytes: the environment and the replies that Asterisk sends, the commands that it takes. No I/O.

What Asterisk 22 does on this wire, and why the rules here are what they are:
a command line beyond its buffer is cut there and *its rest runs as a command of its own*; a backslash escapes, a quote
groups; a line `HANGUP` comes unasked, before or after a reply; `200 result=-1` means a caller who left or a sound that
does not exist; a variable's value is sent raw between parentheses, whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from agi.errors import ProtocolError, UnsafeValue

COMMAND_BYTES = 8190
"""Longest command line, its line feed included; Asterisk reads into 8,192 bytes."""
REPLY_BYTES = 65536
REPLY_LINES = 256
"""Longest reply, all its lines together."""
HEADER_BYTES = 16384
HEADER_LINES = 128
"""Longest header that is read; Asterisk's has about 25 lines."""
HANGUP = b"HANGUP"
LONGEST_SOUND = 60.0
"""Seconds that one sound file may last; a longer announcement is several sounds."""

_VERB = re.compile(r"[A-Z]+(?: [A-Z]+)*")
_USUAL_VERBS = frozenset({"EXEC", "GET VARIABLE", "SET VARIABLE", "STREAM FILE", "WAIT FOR DIGIT"})
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,63}")
_NUMBER = re.compile(r"[0-9+*#]{1,32}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[_-][A-Za-z0-9]{2,8})?")
_STATUS = re.compile(r"([0-9]{3})[ -](.*)", re.DOTALL)
# The data is taken up to the last parenthesis: a value may hold some itself.
_VALUE_BEGINS = re.compile(rb"200 result=[^ ]* \(")
_VALUE_ENDS = re.compile(rb"\)(?: endpos=-?[0-9]+)?\Z")
_RESULT = re.compile(r"200 result=([^ ]*)(?: \((.*)\))?(?: endpos=(-?[0-9]+))?", re.DOTALL)


# --- commands ---------------------------------------------------------------------------------------------------------


def quote(value: str | int) -> str:
    """One argument as Asterisk reads it back unchanged. Raises UnsafeValue for CR, LF and NUL."""
    text = str(value)
    if "\n" in text or "\r" in text or "\0" in text:
        raise UnsafeValue("an argument cannot hold a line break or NUL")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(frozen=True, slots=True)
class Command:
    """One command; `lasts` is how many seconds Asterisk itself may take to do it, beyond answering."""

    verb: str
    arguments: tuple[str | int, ...] = ()
    lasts: float = 0.0

    def line(self) -> bytes:
        """The command as sent, line feed included. Raises UnsafeValue if the wire cannot carry it."""
        if self.verb not in _USUAL_VERBS and not _VERB.fullmatch(self.verb):
            raise UnsafeValue("not an AGI command")
        try:
            line = " ".join([self.verb, *map(quote, self.arguments)]).encode() + b"\n"
        except UnicodeEncodeError:
            raise UnsafeValue("an argument is not text") from None
        if len(line) > COMMAND_BYTES:
            raise UnsafeValue(f"a command of {len(line)} bytes is longer than Asterisk reads")
        return line


# --- replies ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reply:
    """What Asterisk answered.

    `code` 200 done, 510 unknown command, 511 not on a dead channel, 520 wrong usage (`usage` tells it). `result` is the
    word after `result=`, `data` what stood in parentheses (None: none did), `endpos` a place in a sound, in samples.
    """

    code: int
    result: str = ""
    data: str | None = None
    endpos: int | None = None
    usage: str = ""

    @property
    def has_failed(self) -> bool:
        """Did the command fail on a living channel, or the channel go away under it? AGI says the same for both."""
        return self.code == 200 and self.result.startswith("-")


class ReplyReader:
    """Puts one reply together from its lines; a new one begins when a reply is complete."""

    __slots__ = ("_bytes", "_lines")

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._bytes = 0

    def feed(self, line: bytes) -> Reply | None:
        """Take one line without its line feed; None while more are to come. Raises ProtocolError.

        `HANGUP` lines are no part of a reply and are not given here.
        """
        if not self._lines and (line in _USUAL_REPLIES or not _continues(line)):
            return parse_reply(line)
        self._lines.append(line)
        self._bytes += len(line) + 1
        if self._bytes > REPLY_BYTES or len(self._lines) > REPLY_LINES:
            raise ProtocolError("a reply without end")
        whole = b"\n".join(self._lines)
        if _continues(whole):
            return None
        self._lines, self._bytes = [], 0
        return parse_reply(whole)


def _continues(text: bytes) -> bool:
    """Is this the beginning of a longer reply: a usage not told to its end, a value with a line break in it?"""
    if text.startswith(b"520-"):
        return not text[text.rfind(b"\n") + 1 :].startswith(b"520 ")
    return text.startswith(b"200 ") and _VALUE_BEGINS.match(text) is not None and _VALUE_ENDS.search(text) is None


_USUAL_REPLIES = {b"200 result=0": Reply(200, "0"), b"200 result=1": Reply(200, "1")}


def parse_reply(text: bytes) -> Reply | None:
    """One whole reply; None for `100 Trying`, after which the reply is still to come. Raises ProtocolError."""
    usual = _USUAL_REPLIES.get(text)
    if usual is not None:
        return usual
    written = text.decode("utf-8", "replace")
    done = _RESULT.fullmatch(written)
    if done is not None:
        result, data, endpos = done.groups()
        return Reply(200, result, data, None if endpos is None else int(endpos))
    refused = _STATUS.fullmatch(written)
    if refused is None or refused[1] == "200":
        raise ProtocolError("a line that is no reply")
    if refused[1] == "100":
        return None
    return Reply(int(refused[1]), usage=refused[2].removesuffix("\n520 End of proper usage."))


# --- the environment --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Environment:
    """What Asterisk says of a call when it begins; `fields` as sent, the properties typed at this edge."""

    fields: Mapping[str, str]

    @classmethod
    def parse(cls, block: bytes) -> Environment:
        """Read the header up to, with or without, its blank line. Raises ProtocolError.

        A field that comes twice is refused: only a line break inside a value can do that.
        """
        fields: dict[str, str] = {}
        for line in block.decode("utf-8", "replace").rstrip("\n").split("\n"):
            name, colon, value = line.partition(":")
            if not colon or not _FIELD.fullmatch(name):
                raise ProtocolError("a header line that is no field")
            if name in fields:
                raise ProtocolError("a header field that comes twice")
            fields[name] = value.removeprefix(" ")
        if "agi_channel" not in fields:
            raise ProtocolError("a header without a channel")
        return cls(fields)

    @property
    def script(self) -> str:
        """The name asked for in `agi://host/NAME`; empty for one process a call."""
        return self.fields.get("agi_network_script", "")

    @property
    def arguments(self) -> tuple[str, ...]:
        found: list[str] = []
        while (argument := self.fields.get(f"agi_arg_{len(found) + 1}")) is not None:
            found.append(argument)
        return tuple(found)

    @property
    def channel(self) -> str:
        return self.fields["agi_channel"]

    @property
    def uniqueid(self) -> str:
        return self.fields.get("agi_uniqueid", "")

    @property
    def account(self) -> str:
        """The channel's accountcode: the id of the DID that was called."""
        return self.fields.get("agi_accountcode", "")

    @property
    def language(self) -> str:
        spoken = self.fields.get("agi_language", "")
        return spoken if _LANGUAGE.fullmatch(spoken) else "en"

    @property
    def caller(self) -> str:
        """The caller's number: digits, +, * and #; `unknown` for anything else that was sent."""
        number = self.fields.get("agi_callerid", "")
        return number if _NUMBER.fullmatch(number) else "unknown"
