"""A TCP relay that hurts what passes through it, and counts each hurt so that a test can prove that it happened.

async with FaultProxy(host, port) as proxy:          # connect to proxy.host, proxy.port instead
    proxy.down.cut_after = 1000                      # down: server to client, up: client to server
    ...
    assert proxy.down.cuts == 1
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from kit.event_faults import EventFaults

_EMPTY_LINE = b"\r\n\r\n"


@dataclass
class Way:
    """One direction of a relay: its faults, which may be changed at any time, and what they did.

    cut_after     break the connection off when so many bytes have passed since it was set (None: never)
    is_blackhole  swallow everything, keep the connection open
    delay         seconds before each piece
    drip          pass one byte at a time, with this many seconds between (0: off)
    segment       pass pieces of so many bytes (0: as they come)
    drop_replies  manager wire only: swallow each whole message whose ActionID matches this pattern ("": none)
    events        manager wire only: what happens to events (None: nothing)
    """

    cut_after: int | None = None
    is_blackhole: bool = False
    delay: float = 0.0
    drip: float = 0.0
    segment: int = 0
    drop_replies: str = ""
    events: EventFaults | None = None
    passed: int = 0
    """Bytes passed on."""
    swallowed: int = 0
    """Bytes that went nowhere."""
    cuts: int = 0
    delayed: int = 0
    dropped: list[str] = field(default_factory=list)
    """ActionIDs of swallowed messages."""


class FaultProxy:
    """A relay on loopback in front of one server."""

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.host, self.port = "127.0.0.1", 0
        self.up, self.down = Way(), Way()
        self.refuses = False
        """Whether new connections are closed at once."""
        self.connections = 0
        self.refused = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def cut(self) -> None:
        """Break every connection off at once (RST)."""
        if self._writers:
            self.down.cuts += 1
        for writer in self._writers:
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        writers = [writer]
        try:
            if self.refuses:
                self.refused += 1
                return
            far_reader, far_writer = await asyncio.open_connection(*self.target)
            writers.append(far_writer)
            self._writers.update(writers)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._relay(self.up, reader, far_writer, writers))
                group.create_task(self._relay(self.down, far_reader, writer, writers))
        except (OSError, asyncio.CancelledError):
            pass  # the server is gone, or the proxy closes: the client sees its connection end
        finally:
            self._writers.difference_update(writers)
            for each in writers:
                each.close()
            for each in writers:
                with contextlib.suppress(OSError):
                    await each.wait_closed()
            self._tasks.discard(task)

    async def _relay(
        self,
        way: Way,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        both: list[asyncio.StreamWriter],
    ) -> None:
        held = b""
        try:
            while data := await reader.read(1 << 16):
                if way.is_blackhole:
                    way.swallowed += len(data)
                    continue
                if way.drop_replies:
                    data, held = self._without_dropped(way, held + data)
                elif way.events is not None:
                    *messages, held = (held + data).split(_EMPTY_LINE)
                    data = b"".join(message + _EMPTY_LINE for message in way.events.through(messages))
                elif held:
                    data, held = held + data, b""
                await self._pass(way, data, writer)
            await self._pass(way, held, writer)
            if writer.can_write_eof():
                writer.write_eof()
        except OSError:
            for each in both:
                each.transport.abort()

    @staticmethod
    def _without_dropped(way: Way, data: bytes) -> tuple[bytes, bytes]:
        """(what passes, the start of a message whose end has not come yet)."""
        *messages, rest = data.split(_EMPTY_LINE)
        passing = []
        for message in messages:
            found = re.search(rb"(?im)^ActionID: *(.*?)\r?$", message)
            name = found[1].decode(errors="replace") if found else ""
            if name and re.search(way.drop_replies, name):
                way.dropped.append(name)
                way.swallowed += len(message) + len(_EMPTY_LINE)
            else:
                passing.append(message + _EMPTY_LINE)
        return b"".join(passing), rest

    async def _pass(self, way: Way, data: bytes, writer: asyncio.StreamWriter) -> None:
        step = 1 if way.drip else way.segment or len(data) or 1
        for start in range(0, len(data), step):
            piece = data[start : start + step]
            if way.delay or way.drip:
                way.delayed += 1
                await asyncio.sleep(way.delay or way.drip)
            if way.cut_after is not None and len(piece) >= way.cut_after:
                writer.write(piece[: way.cut_after])
                way.passed += way.cut_after
                way.swallowed += len(piece) - way.cut_after
                way.cut_after = None
                way.cuts += 1
                await writer.drain()
                raise ConnectionAbortedError("cut by the test")
            if way.cut_after is not None:
                way.cut_after -= len(piece)
            writer.write(piece)
            way.passed += len(piece)
            await writer.drain()
            if way.segment:
                await asyncio.sleep(0)
