"""When the messages of a recorded stream happened.

The best that there is: Asterisk's own `Timestamp` (`timestampevents=yes`), the recorder's marks, a list of times beside
the recording; else what the stream itself tells of time. That is much: an epoch in each new uniqueid, durations in
milliseconds at the end of each dial, the waits and talks that app_queue counts. It moves the clock to the second where
calls begin and end, but knows nothing of what happens between (a hold, for one).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal

from ami import fields
from ami.fields import Headers
from ami.transcript import Message

Source = Literal["timestamps", "marks", "times", "evidence"]

_EPOCH = re.compile(r"(?:^|-)(\d{10})\.\d+$")
_TIME = re.compile(r"\s*(\d+\.\d+)\s+Event=(\w+)")
_TICK = timedelta(microseconds=1)
# how a talk may end, or a wait
_ENDS = frozenset({"HangupRequest", "SoftHangupRequest", "BlindTransfer", "AttendedTransfer", "ParkedCall", "Pickup"})
# what somebody does, or a phone
_FROM_OUTSIDE = _ENDS | {"Hold", "Unhold", "DTMFBegin", "DTMFEnd", "Newstate", "QueueMemberPause", "ChanSpyStart"}
# what may be the first that is seen of an action of a manager
_BY_A_MANAGER = frozenset({"BridgeLeave", "Hangup"})
LONGEST_WAIT = 500  # messages
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
    """Dates messages in order. `source` is the best that was used so far.

    What a stream tells of time it tells late: the length of a talk comes after the events of its end. So whatever
    follows something that came from outside (a key, a hang-up, an answer) waits until the stream has told the time, or
    until the next such thing comes.
    """

    def __init__(self, times: Times | None = None) -> None:
        self.source: Source = "evidence"
        self._times = times if times is not None and len(times) else None
        self._base: datetime | None = None  # when the list of times began
        self._now = BEGINNING
        self._began: dict[str, datetime] = {}  # legs
        self._joined: dict[tuple[str, str], datetime] = {}
        self._served: dict[tuple[str, str], datetime] = {}
        self._rang: dict[str, datetime] = {}
        self._tells: dict[str, Callable[[Headers], datetime | None]] = {
            "SuccessfulAuth": _written,
            "Newchannel": _of_uniqueid,
            "AgentRingNoAnswer": self._missed,
            "AgentConnect": self._connected,
            "AgentComplete": self._completed,
            "QueueCallerAbandon": self._gave_up,
            "DialedTime": self._measured,
            "QueueMemberStatus": _last_call,
        }

    def dated(self, messages: Iterable[Message]) -> Iterator[tuple[Message, datetime]]:
        """Each message with its moment."""
        waiting: list[Message] = []
        for message in messages:
            if self._is_dated(message):
                yield from self._dated(waiting)
                waiting.clear()
                yield message, self._now
                continue
            name = message.headers.get("Event", "")
            tells = self._tells.get("DialedTime" if message.headers.get("Variable") == "DIALEDTIME_MS" else name)
            told = tells(message.headers) if tells is not None else None
            if waiting and tells is not None and (told is None or _is_new_call(message.headers)):
                # What waits is not the beginning of this: it is another call, or what it speaks of waits itself.
                yield from self._dated(waiting)
                waiting.clear()
                told = tells(message.headers)
            if told is not None and told > self._now:
                self._now = told
                yield from self._dated([*waiting, message])
                waiting.clear()
            elif _begins(name, waiting) or len(waiting) > LONGEST_WAIT:
                yield from self._dated(waiting)
                waiting = [message]
            elif waiting:
                waiting.append(message)
            else:
                yield from self._dated([message])
        yield from self._dated(waiting)

    def _dated(self, messages: list[Message]) -> Iterator[tuple[Message, datetime]]:
        """They happened now, one after the other."""
        for message in messages:
            self._now += _TICK
            self._remember(message.headers)
            yield message, self._now

    def _is_dated(self, message: Message) -> bool:
        """Whether it says itself when it happened, or somebody wrote it down."""
        headers = message.headers
        stamp = fields.moment(headers, "Timestamp")
        if stamp is not None:
            self.source = "timestamps"
            self._now = stamp
        elif message.arrived is not None:
            self.source = "marks" if self.source != "timestamps" else self.source
            self._now = max(self._now, message.arrived)
        elif self._times is not None:
            self._by_list(self._times, headers.get("Event", ""), headers)
        else:
            return False
        return True

    def _by_list(self, times: Times, name: str, headers: Headers) -> None:
        seconds = times.of(name)
        if self._base is None:
            began = _written(headers) or _epoch(headers.get("Uniqueid", ""))
            if began is not None:
                self.source = "times"
                self._base = began - timedelta(seconds=seconds or 0.0)
        if seconds is not None:
            self._now = max(self._now, (self._base or BEGINNING) + timedelta(seconds=seconds))

    # What single events tell of time

    def _remember(self, headers: Headers) -> None:
        name = headers.get("Event", "")
        if name == "Newchannel":
            _keep(self._began, headers.get("Uniqueid", ""), self._now)
        elif name == "QueueCallerJoin":
            _keep(self._joined, _place(headers), self._now)
        elif name == "AgentCalled":
            _keep(self._rang, headers.get("DestUniqueid", ""), self._now)
        elif name == "AgentConnect":
            _keep(self._served, _place(headers), self._now)

    def _missed(self, headers: Headers) -> datetime | None:
        began = self._rang.get(headers.get("DestUniqueid", ""))
        return began + timedelta(milliseconds=fields.whole(headers, "RingTime")) if began is not None else None

    def _connected(self, headers: Headers) -> datetime | None:
        return _whole_seconds(self._joined.get(_place(headers)), headers, "HoldTime")

    def _completed(self, headers: Headers) -> datetime | None:
        return _whole_seconds(self._served.get(_place(headers)), headers, "TalkTime")

    def _gave_up(self, headers: Headers) -> datetime | None:
        return _whole_seconds(self._joined.get(_place(headers)), headers, "HoldTime")

    def _measured(self, headers: Headers) -> datetime | None:
        """At the end of a dial or a bridge: the age of the channel."""
        began = self._began.get(headers.get("Uniqueid", ""))
        age = fields.whole(headers, "Value")
        return began + timedelta(milliseconds=age) if began is not None and 0 < age < 10**9 else None


def _begins(name: str, waiting: list[Message]) -> bool:
    """Whether this is the beginning of something, and not what follows from what waits."""
    if name in _BY_A_MANAGER:
        return not waiting or waiting[0].headers.get("Event") not in _ENDS | _BY_A_MANAGER
    return name in _FROM_OUTSIDE


def _is_new_call(headers: Headers) -> bool:
    return headers.get("Event") == "Newchannel" and headers.get("Uniqueid") == headers.get("Linkedid")


def _written(headers: Headers) -> datetime | None:
    try:
        return datetime.strptime(headers.get("EventTV", ""), "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC)
    except ValueError:
        return None


def _of_uniqueid(headers: Headers) -> datetime | None:
    return _epoch(headers.get("Uniqueid", ""))


def _last_call(headers: Headers) -> datetime | None:
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
