"""One connection to Asterisk's manager, over panoramisk: the only file that imports it.

panoramisk 1.4 gives the connection, the login, action ids and the matching of answers; its known faults are repaired by
the three subclasses below (docs/decisions/panoramisk-repaired.md lists them, tests/ami/test_wire.py proves each).
The reader only reads: it cuts bytes into messages and puts the events somebody watches into one bounded, ordered
backlog. When that is full, events are lost, `lost_events` counts them, and whoever follows must list everything again.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from panoramisk.actions import Action as PanoramiskAction
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager as PanoramiskManager

from ami.actions import Action, Header, ListAction, Ping, ReportAction, RowT, safe
from ami.errors import ActionRefused, LinkDown, LoginRefused, OutcomeUnknown
from ami.events import ROWS_OR_EVENTS, Event, is_watched, parse
from ami.stream import MessageTooLong, Stream, event_name, headers_of, is_forged, lines_of

log = logging.getLogger(__name__)

BACKLOG_EVENTS = 20_000
BACKLOG_CHARACTERS = 64 << 20
PENDING_ACTIONS = 256
PING_INTERVAL = 5.0
PING_DEADLINE = 5.0
BATCH = 256
LAST_LOOK = 0.1  # seconds to read what has come meanwhile
GATHERING = 0.002
"""Seconds. Asterisk writes each row of a list by itself: a reader that wakes for each spends more on waking than on
reading. While a list comes, and always for who only asks and follows no events, it looks again after this time."""

Messages = list[str]
_SUCCESS, _ACTION_ID, _LIST = "Response: Success\r\n", "\r\nActionID: ", "\r\nEventList: "


@dataclass(frozen=True, slots=True)
class Address:
    """Where a switch's manager listens and who we are there. With `tls` the certificate is verified, against
    `ca_file` if one is named, else against the system's."""

    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    tls: bool = False
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A switch's "Success". `value` is what Getvar read, `started` when the core started (CoreStatus), `version` what
    Asterisk calls itself (CoreSettings)."""

    message: str
    value: str = field(default="", repr=False)
    started: str = ""
    version: str = ""


class _Pending(PanoramiskAction):  # type: ignore[misc]
    """An action under way. Its future gets the whole answer: the response, then the rows of a list, as text.

    panoramisk guesses from the answer's words whether a list follows, which never ends for QueueAdd, and waits for the
    rows of a list that was refused.
    """

    def __init__(self, headers: Sequence[Header], wants_list: bool) -> None:
        merged: dict[str, str | list[str]] = {}
        for name, value in headers:
            if name == "Variable":
                merged.setdefault(name, [])
            known = merged.get(name)
            if isinstance(known, list):
                known.append(value)
            else:
                merged[name] = value
        super().__init__(merged)
        self.wants_list = wants_list

    def add_message(self, message: str) -> bool:
        """Take one message of the answer; True when that was the last."""
        self.responses.append(message)
        if not self._is_complete(message):
            return False
        if not self.future.done():
            self.future.set_result(self.responses)
        return True

    def _is_complete(self, message: str) -> bool:
        if not self.wants_list:
            return True
        if _LIST not in message:
            return len(self.responses) == 1  # refused, or a success that announces no list
        return _list_state(message) != "start"

    def fail(self, error: Exception) -> None:
        if not self.future.done():
            self.future.set_exception(error)
            self.future.exception()  # whoever waits is told; nobody waiting is no accident


class _Protocol(AMIProtocol):  # type: ignore[misc]
    """panoramisk's protocol with a reader of our own, and with nothing left pending or resent when it closes."""

    closed: bool
    responses: dict[str, _Pending]

    def __init__(self, wire: Wire) -> None:
        self.factory = wire
        self._wire = wire
        self._unsent: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.factory = self._wire
        self.stream = Stream()

    def data_received(self, data: bytes) -> None:
        if self.closed:
            return
        try:
            messages = self.stream.feed(data)
        except MessageTooLong:
            self._wire.lose("a message without an end")
            return
        self._wire.heard(messages)
        dispatch = self._wire.dispatch
        if self._wire.gathers or any(pending.wants_list for pending in self.responses.values()):
            self.transport.pause_reading()
            asyncio.get_running_loop().call_later(GATHERING, self._look_again)
        row, tail, rows = "", "", messages
        for message in messages:
            if row and message.startswith(row) and message.endswith(tail) and _LIST not in message:
                rows.append(message)  # of tens of thousands each is told by the one before it
            elif (taken := self._answered(message)) is not None:
                row, tail, rows = taken
            else:
                dispatch(message)

    def _look_again(self) -> None:
        if not self.closed:
            self.transport.resume_reading()

    def _answered(self, message: str) -> tuple[str, str, Messages] | None:
        """Give it to whoever asked. Returns how another row of the same list begins ("" if none follows) and ends, and
        where it belongs; None if nobody asked."""
        at = message.find(_ACTION_ID) if self.responses else 0
        if at <= 0:
            return None
        end = message.find("\r\n", at + len(_ACTION_ID))
        action_id = message[at + len(_ACTION_ID) :] if end < 0 else message[at + len(_ACTION_ID) : end]
        pending = self.responses.get(action_id)
        if pending is None:
            return None
        if pending.add_message(message):
            self.responses.pop(action_id, None)
            return "", "", pending.responses
        if not message.startswith("Event: "):
            return "", "", pending.responses
        # Most rows name their action first, those of queues last.
        return (message[: end + 2], "", pending.responses) if end > 0 else ("Event: ", message[at:], pending.responses)

    def send(self, data: _Pending | dict[str, str], as_list: bool | None = None) -> asyncio.Future[Messages]:
        """Write an action that was checked. panoramisk hands its login over as a dict."""
        pending = data
        if not isinstance(pending, _Pending):
            pending = _Pending([safe(name, value) for name, value in pending.items()], bool(as_list))
        self.responses[pending.id] = pending
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self._write)
        self._unsent.append(str(pending))
        future: asyncio.Future[Messages] = pending.future
        return future

    def _write(self) -> None:
        """Write all that was asked in one turn of the loop at once: the kernel's work for each is more than ours."""
        if not self.closed:
            self.transport.write("".join(self._unsent).encode())
        self._unsent.clear()

    def close(self) -> None:
        """Leave. Whoever waits for an answer is told that it is unknown; nothing is kept to be sent again."""
        if not self.closed:
            self.closed = True
            self.transport.abort()
        while self.responses:
            self.responses.popitem()[1].fail(OutcomeUnknown("the link was lost before the answer"))


class Wire(PanoramiskManager):  # type: ignore[misc]
    """One connection: opened once, lost or closed once, never opened again. Its owner opens the next one.

    `lost_events` counts events that found the backlog full; `orphans` counts answers that nobody waited for any more.
    """

    protocol: _Protocol | None
    pinger: asyncio.TimerHandle | None

    def __init__(
        self,
        address: Address,
        *,
        wants_events: bool = True,
        backlog_events: int = BACKLOG_EVENTS,
        ping_interval: float = PING_INTERVAL,
        ping_deadline: float = PING_DEADLINE,
    ) -> None:
        # Checked here: panoramisk sends the login from a callback, where an error would reach nobody.
        safe("Username", address.username)
        safe("Secret", address.secret)
        super().__init__(
            host=address.host,
            port=address.port,
            username=address.username,
            secret=address.secret,
            events="on" if wants_events else "off",
            ssl=_tls(address),
            protocol_factory=lambda: _Protocol(self),
            log=log,
        )
        self.ping_interval = ping_interval
        self.ping_delay = ping_interval
        self.ping_deadline = ping_deadline
        self.gathers = not wants_events
        self.lost_events = 0
        self.orphans = 0
        self.forged = 0
        self._backlog_events = backlog_events
        self._backlog: deque[str] = deque()
        self._backlog_characters = 0
        self._wake = asyncio.Event()
        self._slots = asyncio.Semaphore(PENDING_ACTIONS)
        self._pong_deadline: asyncio.TimerHandle | None = None
        self._logged_in: asyncio.Future[None] | None = None
        self._end: str | None = None  # why the connection is over

    # Its life

    async def open(self, deadline: float) -> None:
        """Connect and log in within `deadline` seconds. Raises LinkDown or LoginRefused; then it is closed."""
        self._logged_in = asyncio.get_running_loop().create_future()
        connecting = self.connect()
        try:
            async with asyncio.timeout(deadline):
                await self._logged_in
        except TimeoutError:
            raise LinkDown(f"no login within {deadline:g} s") from None
        finally:
            if not self.is_open:
                self.close()
                connecting.cancel()
                await asyncio.wait([connecting])

    @property
    def is_open(self) -> bool:
        """Logged in, and not lost yet as far as anybody can tell."""
        return self._end is None and bool(self.authenticated)

    @property
    def end(self) -> str:
        """Why the connection is over; "" while it is not."""
        return self._end or ""

    def connection_made(self, f: asyncio.Future[Any]) -> None:
        """The connection came to be, or did not. panoramisk would try again for ever, even after close()."""
        if f.cancelled():
            return
        if error := f.exception():
            self._give_up(LinkDown(_reason(error)))
        elif self._end is not None:
            f.result()[0].abort()
        else:
            super().connection_made(f)

    def login(self, future: asyncio.Future[Messages]) -> bool:
        """The login was answered. panoramisk ignores a refusal and comes back with the same wrong secret."""
        if future.exception() is not None:
            self._give_up(LinkDown(self.end or "the link was lost before the login was answered"))
            return False
        answer = headers_of(future.result()[0])
        if answer.get("Response") != "Success":
            self._give_up(LoginRefused(answer.get("Message", "")))
            return False
        self.authenticated = True
        self._ping_later()
        if self._logged_in is not None and not self._logged_in.done():
            self._logged_in.set_result(None)
        return True

    def _give_up(self, error: LinkDown | LoginRefused) -> None:
        if self._logged_in is not None and not self._logged_in.done():
            self._logged_in.set_exception(error)
        self.lose(str(error))

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer went, or the transport failed. Coming back is the owner's business, with a full listing."""
        self.lose(_reason(exc) if exc else "the switch closed the connection")

    def lose(self, reason: str) -> None:
        """End the connection at once, for this reason. The first reason stays."""
        if self._end is None:
            self._end = reason
        self.authenticated = False
        for timer in (self.pinger, self._pong_deadline):
            if timer is not None:
                timer.cancel()
        self.pinger = None
        self._pong_deadline = None
        if self.protocol is not None:
            self.protocol.close()
        if self._logged_in is not None and not self._logged_in.done():
            self._logged_in.set_exception(LinkDown(reason))
        self._wake.set()

    def close(self) -> None:
        """Leave. What was sent and not answered fails as unknown; nothing is retried. May be called twice."""
        self.lose("closed")
        if self._logged_in is not None and self._logged_in.done() and not self._logged_in.cancelled():
            self._logged_in.exception()

    # The half-open link: panoramisk sends pings and never looks for the answers

    def _ping_later(self) -> None:
        if self.pinger is not None:
            self.pinger.cancel()
        self.pinger = asyncio.get_running_loop().call_later(self.ping_interval, self.ping)

    def ping(self) -> None:
        """Ask for a sign of life; without an answer in time the link is lost."""
        if not self.is_open:
            if self._end is None and self.pinger is not None:
                self.pinger = None  # not logged in yet: the deadline of open() watches
            return
        assert self.protocol is not None
        if self.gathers and self.protocol.responses:
            # Asterisk does one action of a session after the other: a reload may take longer than a pong may, and has
            # a deadline of its own.
            self._ping_later()
            return
        self._pong_deadline = asyncio.get_running_loop().call_later(self.ping_deadline, self._overdue)
        self.protocol.send(_Pending(Ping().headers(), wants_list=False)).add_done_callback(self._ponged)

    def _overdue(self) -> None:
        """The answer is not there; or it is, and nobody has read it yet because this process was busy."""
        reason = f"no answer to a ping in {self.ping_deadline:g} s"
        self._pong_deadline = asyncio.get_running_loop().call_later(LAST_LOOK, self.lose, reason)

    def _ponged(self, answer: asyncio.Future[Messages]) -> None:
        if self._end is None and not answer.exception():
            if self._pong_deadline is not None:
                self._pong_deadline.cancel()
            self._ping_later()

    # Events

    def heard(self, messages: Messages) -> None:
        """Every message as it came, before anything is made of it: for who records the wire."""

    def dispatch(self, event: str) -> None:
        """Keep a watched event for `next_events`. No callback runs here, so none can raise, pile up or overtake."""
        name = event_name(event)
        if not name:
            self.orphans += 1
            return
        if is_forged(event):
            self.forged += 1
            log.warning("an event with the headers of two was dropped: a caller wrote line breaks into his number")
            return
        if not is_watched(name, event) or (name in ROWS_OR_EVENTS and "\r\nActionID: " in event):
            return  # the latter is a row of a list that came too late, no event
        if len(self._backlog) >= self._backlog_events or self._backlog_characters > BACKLOG_CHARACTERS:
            self.lost_events += 1
            return
        self._backlog.append(event)
        self._backlog_characters += len(event)
        if len(self._backlog) == 1:
            self._wake.set()

    async def next_events(self, timeout: float | None = None) -> list[Event]:
        """The next events in order, at most `BATCH`, waiting for the first; [] when `timeout` seconds pass without.
        Raises LinkDown once the link is over and everything it brought is taken."""
        while not self._backlog:
            if self._end is not None:
                raise LinkDown(self._end)
            self._wake.clear()
            try:
                async with asyncio.timeout(timeout):
                    await self._wake.wait()
            except TimeoutError:
                return []
        events: list[Event] = []
        for _ in range(min(BATCH, len(self._backlog))):
            message = self._backlog.popleft()
            self._backlog_characters -= len(message)
            if (event := parse(headers_of(message))) is not None:
                events.append(event)
        return events

    # Actions

    async def act(self, action: Action, deadline: float) -> Reply:
        """Send an action and wait for its answer, at most `deadline` seconds.

        Raises UnsafeValue or LinkDown (nothing was sent), ActionRefused, OutcomeUnknown (it may have been done).
        """
        answer = headers_of((await self._ask(action, deadline))[0])
        if answer.get("Response") not in ("Success", "Goodbye"):
            raise ActionRefused(answer.get("Message", ""))
        started = f"{answer.get('CoreStartupDate', '')} {answer.get('CoreStartupTime', '')}".strip()
        return Reply(answer.get("Message", ""), answer.get("Value", ""), started, answer.get("AsteriskVersion", ""))

    async def list(self, action: ListAction[RowT], deadline: float) -> list[RowT]:
        """All rows of a list; an empty list is one, though Asterisk calls some of them an error. Raises as `act`."""
        messages = await self._ask(action, deadline)
        is_success = messages[0].startswith(_SUCCESS)
        if not is_success and (answer := headers_of(messages[0])).get("Response") != "Success":
            if answer.get("Message", "") in _NOTHING_THERE:
                return []
            raise ActionRefused(answer.get("Message", ""))
        if isinstance(action, ReportAction):
            return action.rows(lines_of(messages[0]))
        if len(messages) > 1 and _list_state(messages[-1]) == "cancelled":
            raise ActionRefused("the list was cut short")
        rows: list[RowT] = []
        for first in range(1, len(messages), BATCH):
            if first > BATCH:
                await asyncio.sleep(0)  # a list of 25,000 rows must not keep the reader from reading
            rows += action.rows_in(messages[first : first + BATCH])
        return rows

    async def _ask(self, action: Action, deadline: float) -> Messages:
        headers = action.headers()
        ends = asyncio.get_running_loop().time() + deadline
        if self._slots.locked():
            try:
                async with asyncio.timeout_at(ends):
                    await self._slots.acquire()
            except TimeoutError:
                raise LinkDown("too many actions are waiting for their answers") from None
        else:
            await self._slots.acquire()  # at once: a deadline for each of a thousand questions is worth sparing
        try:
            if not self.is_open:
                raise LinkDown(self.end or "not logged in")
            pending = _Pending(headers, isinstance(action, ListAction))
            future: asyncio.Future[Messages] = self.send_action(pending)
            try:
                async with asyncio.timeout_at(ends):
                    return await future
            except TimeoutError:
                raise OutcomeUnknown(f"{action.name}: no answer within {deadline:g} s") from None
            finally:
                if self.protocol is not None:
                    self.protocol.responses.pop(pending.id, None)
        finally:
            self._slots.release()


_NOTHING_THERE = frozenset(
    {
        "No Contacts found",
        "No endpoints found",
        "No Endpoints found",
        "No AORs found",
        "No aors found",
        "No active conferences.",
    }
)


def _list_state(message: str) -> str:
    """What its first header EventList says; "" if it has none."""
    at = message.find(_LIST)
    return message[at + len(_LIST) :].partition("\r\n")[0].lower() if at >= 0 else ""


def _tls(address: Address) -> ssl.SSLContext | bool:
    return ssl.create_default_context(cafile=address.ca_file) if address.tls else False


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
