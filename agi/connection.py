"""One FastAGI connection: reads the header, carries commands, and knows at once when the caller leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from agi.errors import AgiError, CallerHungUp, DeadlinePassed, ProtocolError
from agi.protocol import (
    HANGUP,
    HEADER_BYTES,
    HEADER_LINES,
    REPLY_BYTES,
    Command,
    Environment,
    Reply,
    ReplyReader,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the listener bears. Times are seconds; `command_seconds` is beyond what a command itself lasts."""

    max_calls: int = 500
    max_greetings: int = 100
    """Connections that have not sent their header yet; one more closes the oldest. Never fewer than `max_calls`: all
    of them may come in one moment, and be accepted before the first is read."""
    header_bytes: int = HEADER_BYTES
    header_lines: int = HEADER_LINES
    header_seconds: float = 5.0
    command_seconds: float = 5.0
    call_seconds: float = 3600.0
    hangup_seconds: float = 0.5
    """What a script has to end by itself once its caller has left."""


# A reply is a short line; what is longer comes in pieces.
_INBOX_BYTES = 2048


class Connection(asyncio.BufferedProtocol):
    """A carrier over TCP. Its owner is told of its beginning, its header, its last command and its end."""

    def __init__(
        self,
        limits: Limits,
        *,
        on_made: Callable[[Connection], None],
        on_header: Callable[[Connection], None],
        on_end: Callable[[Connection], None],
        on_lost: Callable[[Connection], None],
    ) -> None:
        self._limits = limits
        self._on_made, self._on_header, self._on_end, self._on_lost = on_made, on_header, on_end, on_lost
        # Read into: asyncio else takes and gives back 256 KiB for every line.
        self._inbox = bytearray(_INBOX_BYTES)
        self._buffer = bytearray()
        self._environment: Environment | None = None
        self._replies = ReplyReader()
        self._waiter: asyncio.Future[Reply] | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._end: AgiError | None = None
        self.has_spoken = False
        """Did the other end send anything?"""
        self._loop = asyncio.get_running_loop()

    @property
    def environment(self) -> Environment:
        if self._environment is None:
            raise ProtocolError("the header has not been read")
        return self._environment

    @property
    def peer(self) -> str:
        """The address of the other end."""
        name = self._transport.get_extra_info("peername")
        return str(name[0]) if name else ""

    @property
    def end(self) -> AgiError | None:
        """Why no command can be carried any more: CallerHungUp, DeadlinePassed, ProtocolError. None while it can."""
        return self._end

    async def run(self, command: Command) -> Reply:
        """Send one command and return its reply. Raises what ended the connection, or UnsafeValue.

        One at a time. A script that gives up waiting has ended its call: the reply that still comes is one too many.
        """
        if self._end is not None:
            raise type(self._end)(*self._end.args)
        if self._waiter is not None:
            raise ProtocolError("a command while another is out")
        line = command.line()
        waiter: asyncio.Future[Reply] = self._loop.create_future()
        self._waiter = waiter
        self._give(self._limits.command_seconds + command.lasts)
        try:
            self._transport.write(line)
            return await waiter
        finally:
            self._waiter = None

    def close(self) -> None:
        """Close the socket; what is still unsent goes nowhere, for a peer that does not read would keep it open."""
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        else:
            self._transport.close()

    # --- asyncio.BufferedProtocol -------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._on_made(self)

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._inbox

    def buffer_updated(self, nbytes: int) -> None:
        self.has_spoken = True
        if self._end is not None:
            return
        self._buffer += self._inbox[:nbytes]
        try:
            if self._environment is None and not self._read_header():
                return
            self._read_replies()
        except ProtocolError as error:
            self._finish(error)

    def connection_lost(self, error: Exception | None) -> None:
        self._finish(CallerHungUp("the connection was closed"))
        self._on_lost(self)

    # --- reading ------------------------------------------------------------------------------------------------------

    def _read_header(self) -> bool:
        end = self._buffer.find(b"\n\n")
        if (len(self._buffer) if end < 0 else end) > self._limits.header_bytes:
            raise ProtocolError("a header too long")
        if self._buffer.count(b"\n", 0, len(self._buffer) if end < 0 else end) >= self._limits.header_lines:
            raise ProtocolError("a header of too many lines")
        if end < 0:
            return False
        self._environment = Environment.parse(bytes(self._buffer[:end]))
        del self._buffer[: end + 2]
        self._on_header(self)
        return True

    def _read_replies(self) -> None:
        while self._end is None and (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            if line == HANGUP:
                self._finish(CallerHungUp())
            elif self._waiter is None or self._waiter.done():
                raise ProtocolError("a line that nobody asked for")
            elif (reply := self._replies.feed(line)) is not None:
                self._waiter.set_result(reply)
        if len(self._buffer) > REPLY_BYTES:
            raise ProtocolError("a line without end")

    # --- deadlines ----------------------------------------------------------------------------------------------------

    def _give(self, seconds: float) -> None:
        """Give the command that is being sent so many seconds; one timer serves many, as most are answered soon."""
        self._deadline = self._loop.time() + seconds
        if self._timer is None or self._timer.when() > self._deadline:
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._deadline, self._look_at_clock)

    def _look_at_clock(self) -> None:
        self._timer = None
        if self._waiter is None:
            return
        if self._loop.time() < self._deadline:
            self._set_timer()
        else:
            # What comes later would be taken for the answer to another command: nothing can be carried any more.
            self._finish(DeadlinePassed("a command was not answered in time"))

    def _finish(self, error: AgiError) -> None:
        if self._end is not None:
            return
        self._end = error
        self._buffer.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)
        self._on_end(self)
