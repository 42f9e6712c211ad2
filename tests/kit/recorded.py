"""The recorded calls of tests/transcripts, as messages and as events.

events = recorded("01_inbound_answered_callerhangup")
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache

from ami.events import Event, parse
from ami.moments import Moments, Times
from ami.replay import Replay
from ami.stream import Stream, headers_of
from ami.transcript import Message, Transcript
from kit.asterisk_peer import TRANSCRIPTS

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def recordings() -> list[str]:
    """The names of all recorded calls."""
    return sorted(path.name.removesuffix(".ami.txt") for path in TRANSCRIPTS.glob("*.ami.txt"))


def raw(name: str) -> bytes:
    """The bytes that Asterisk sent, greeting and login included."""
    return (TRANSCRIPTS / f"{name}.ami.txt").read_bytes()


@cache
def recorded(name: str) -> tuple[Event, ...]:
    """The watched events of a recording, in order."""
    return tuple(events_in(raw(name)))


def events_in(data: bytes) -> list[Event]:
    """The watched events in bytes of the manager wire."""
    return [event for message in Stream().feed(data) if (event := parse(headers_of(message))) is not None]


def queue_log(name: str) -> list[list[str]]:
    """What Asterisk itself logged of the queues in that recording: time, uniqueid, queue, agent, event, data ..."""
    path = TRANSCRIPTS / f"{name}.queue_log"
    return [line.split("|") for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def call_records(name: str) -> list[dict[str, str]]:
    """What Asterisk wrote into its CSV of call records in that recording."""
    path = TRANSCRIPTS / f"{name}.cdr"
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines(), CDR)) if path.is_file() else []


CDR = (
    *("account", "src", "dst", "context", "callerid", "channel", "to_channel", "application", "data"),
    *("start", "answer", "end", "duration", "billed", "disposition", "flags", "uniqueid", "userfield"),
)


def times(name: str) -> Times | None:
    """When each event of that recording came, as its summary lists them."""
    path = TRANSCRIPTS / f"{name}.summary.txt"
    return Times(path.read_text(encoding="utf-8").splitlines()) if path.is_file() else None


def messages_of(name: str) -> list[tuple[Message, datetime]]:
    """The messages of a recording, each with its moment."""
    return list(Moments(times(name)).dated(Transcript([raw(name)])))


def timed(name: str) -> list[Event]:
    """The watched events of a recording, each with its moment."""
    found = []
    for message, at in messages_of(name):
        event = parse(message.headers)
        if event is not None:
            found.append(dataclasses.replace(event, at=at))
    return found


def replayed(name: str) -> Replay:
    """A recording folded again, with all its times."""
    return folded(raw(name), times(name))


def folded(stream: bytes, listed: Times | None = None) -> Replay:
    """A recorded stream folded again."""
    replay = Replay()
    for message, at in Moments(listed).dated(Transcript([stream])):
        replay.take(message, at)
    replay.finish()
    return replay


def wire(*blocks: Iterable[str]) -> bytes:
    """Blocks of header lines as bytes of the manager wire."""
    return b"".join("\r\n".join(block).encode() + b"\r\n\r\n" for block in blocks)


class Time:
    """A clock that a test moves: call it for the present moment."""

    def __init__(self, start: datetime = START) -> None:
        self.at = start

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
