"""When the messages of a recorded stream happened.

The best that there is: Asterisk's own `Timestamp` (`timestampevents=yes`), the recorder's marks, a list of times beside
the recording; else what the stream itself tells of time. That is much: an epoch in each new uniqueid, durations in
milliseconds at the end of each dial, the waits and talks that app_queue counts. It moves the clock to the second where
calls begin and end, but knows nothing of what happens between (a hold, for one).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal

from ami import fields
from ami.fields import Headers
from ami.transcript import Message

Source = Literal["timestamps", "marks", "times", "evidence"]

_EPOCH = re.compile(r"(?:^|-)(\d{10})\.\d+$")
_TIME = re.compile(r"\s*(\d+\.\d+)\s+Event=(\w+)")
_TICK = timedelta(microseconds=1)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
REMEMBERED = 20_000


class Times:
    """A list of times: lines `SECONDS Event=NAME ...` in the order of the stream; names that it leaves out altogether
    happen between."""

    def __init__(self, lines: Iterable[str]) -> None:
        found = [(float(match[1]), match[2]) for line in lines if (match := _TIME.match(line))]
        self._names = {name for _, name in found}
        self._queue = deque(found)

    def __len__(self) -> int:
        return len(self._queue)

    def of(self, name: str) -> float | None:
        """The seconds of the next event, if it is one of the list."""
        if name not in self._names or not self._queue or self._queue[0][1] != name:
            return None
        return self._queue.popleft()[0]


class Moments:
    """Ask for each message in order. `source` is the best that was used so far."""

    def __init__(self, times: Times | None = None) -> None:
        self.source: Source = "evidence"
        self._times = times if times is not None and len(times) else None
        self._base: datetime | None = None  # when the list of times began
        self._now = BEGINNING
        self._created: dict[str, datetime] = {}
        self._joined: dict[tuple[str, str], datetime] = {}
        self._connected: dict[tuple[str, str], datetime] = {}
        self._called: dict[str, datetime] = {}
        self._evidence: dict[str, Callable[[Headers], datetime | None]] = {
            "SuccessfulAuth": self._told,
            "Newchannel": self._began,
            "QueueCallerJoin": self._queued,
            "AgentCalled": self._rang,
            "AgentRingNoAnswer": self._missed,
            "AgentConnect": self._served,
            "AgentComplete": self._completed,
            "QueueCallerAbandon": self._gave_up,
            "VarSet": self._measured,
            "QueueMemberStatus": self._counted,
        }

    def of(self, message: Message) -> datetime:
        headers = message.headers
        name = headers.get("Event", "")
        stamp = fields.moment(headers, "Timestamp")
        if stamp is not None:
            self.source = "timestamps"
            self._now = stamp
        elif message.arrived is not None:
            self.source = "marks" if self.source != "timestamps" else self.source
            self._now = max(self._now, message.arrived)
        elif self._times is not None:
            self._by_list(self._times, name, headers)
        else:
            read = self._evidence.get(name)
            told = read(headers) if read is not None else None
            self._now = max(self._now, told) if told is not None else self._now + _TICK
        return self._now

    def _by_list(self, times: Times, name: str, headers: Headers) -> None:
        seconds = times.of(name)
        if self._base is None:
            began = self._told(headers) or _epoch(headers.get("Uniqueid", ""))
            if began is not None:
                self.source = "times"
                self._base = began - timedelta(seconds=seconds or 0.0)
        if seconds is not None:
            self._now = max(self._now, (self._base or BEGINNING) + timedelta(seconds=seconds))

    # What single events tell of time

    def _told(self, headers: Headers) -> datetime | None:
        try:
            return datetime.strptime(headers.get("EventTV", ""), "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC)
        except ValueError:
            return None

    def _began(self, headers: Headers) -> datetime | None:
        leg = headers.get("Uniqueid", "")
        began = max(self._now, _epoch(leg) or self._now)
        _keep(self._created, leg, began)
        return began

    def _queued(self, headers: Headers) -> None:
        _keep(self._joined, _place(headers), self._now)

    def _rang(self, headers: Headers) -> None:
        _keep(self._called, headers.get("DestUniqueid", ""), self._now)

    def _missed(self, headers: Headers) -> datetime | None:
        began = self._called.get(headers.get("DestUniqueid", ""))
        return began + timedelta(milliseconds=fields.whole(headers, "RingTime")) if began is not None else None

    def _served(self, headers: Headers) -> datetime | None:
        told = _whole_seconds(self._joined.get(_place(headers)), headers, "HoldTime")
        _keep(self._connected, _place(headers), max(self._now, told or self._now))
        return told

    def _completed(self, headers: Headers) -> datetime | None:
        return _whole_seconds(self._connected.get(_place(headers)), headers, "TalkTime")

    def _gave_up(self, headers: Headers) -> datetime | None:
        return _whole_seconds(self._joined.get(_place(headers)), headers, "HoldTime")

    def _measured(self, headers: Headers) -> datetime | None:
        """At the end of a dial or a bridge: the age of the channel."""
        if headers.get("Variable") != "DIALEDTIME_MS":
            return None
        began = self._created.get(headers.get("Uniqueid", ""))
        age = fields.whole(headers, "Value")
        return began + timedelta(milliseconds=age) if began is not None and 0 < age < 10**9 else None

    def _counted(self, headers: Headers) -> datetime | None:
        return fields.moment(headers, "LastCall")


def _keep(known: dict, key: object, value: datetime) -> None:  # type: ignore[type-arg]
    known[key] = value
    if len(known) > REMEMBERED:
        del known[next(iter(known))]


def _place(headers: Headers) -> tuple[str, str]:
    return headers.get("Uniqueid", ""), headers.get("Queue", "")


def _epoch(uniqueid: str) -> datetime | None:
    match = _EPOCH.search(uniqueid)
    return datetime.fromtimestamp(int(match[1]), UTC) if match else None


def _whole_seconds(began: datetime | None, headers: Headers, name: str) -> datetime | None:
    """app_queue takes the difference of two clocks that it cut to whole seconds."""
    if began is None or not 0 <= (seconds := fields.whole(headers, name)) < 10**8:
        return None
    return began.replace(microsecond=0) + timedelta(seconds=seconds)
