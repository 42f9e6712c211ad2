"""The live feed's WebSocket: speaks to one browser until it leaves, falls behind, or its session ends."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from aiohttp import WSMsgType, web

from cordboard.desk.access import Access, Visitor
from cordboard.web.allowance import Allowance
from cordboard.web.feed import FLOODING, GOING_AWAY, SIGNED_OUT, TOO_SLOW, Feed, Watcher
from cordboard.web.problems import ProblemError
from cordboard.web.sight import sight_of

log = logging.getLogger(__name__)

LONGEST_MESSAGE = 64 * 1024
WRITE_BUFFER = 64 * 1024
FAREWELL = 2.0
LEFT = 1000


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. `beat`: between two signs of life; `send`: that a browser may take to read what it was sent;
    `session`: between two looks whether its session still holds."""

    beat: float = 5.0
    send: float = 10.0
    session: float = 30.0


class Sockets:
    """The open live pages: how many there may be, and whose they are."""

    def __init__(self, *, most: int = 500, most_a_session: int = 10, most_an_account: int = 20) -> None:
        self._most = most
        self._most_an_account = most_an_account
        self._most_a_session = most_a_session
        self._open: dict[Watcher, Visitor] = {}

    @contextmanager
    def place(self, feed: Feed, visitor: Visitor) -> Iterator[Watcher]:
        """A watcher of the feed that is the visitor's."""
        watcher = feed.join()
        self._open[watcher] = visitor
        try:
            yield watcher
        finally:
            del self._open[watcher]
            feed.leave(watcher)

    def check_room(self, visitor: Visitor) -> None:
        """Raises: ProblemError when there are too many."""
        mine = sum(other.session == visitor.session for other in self._open.values())
        ours = sum(other.account == visitor.account for other in self._open.values())
        if mine >= self._most_a_session or ours >= self._most_an_account or len(self._open) >= self._most:
            raise ProblemError(503, "too-many-pages", "Too many live pages are open.", headers={"Retry-After": "30"})

    def end_session(self, visitor: Visitor) -> None:
        """The visitor signed out."""
        for watcher, other in self._open.items():
            if other.session == visitor.session:
                watcher.close(SIGNED_OUT)

    def end_account(self, account: str) -> None:
        """Every session of the account ended."""
        for watcher, other in self._open.items():
            if other.account == account:
                watcher.close(SIGNED_OUT)


async def serve_live(
    request: web.Request,
    company: str,
    feed: Feed,
    visitor: Visitor,
    *,
    access: Access,
    sockets: Sockets,
    patience: Patience,
) -> web.WebSocketResponse:
    """Follow a company's feed for one browser to the end. Raises: ProblemError, before anything was answered."""
    sockets.check_room(visitor)
    channel = web.WebSocketResponse(
        timeout=FAREWELL,
        heartbeat=4 * patience.beat,
        compress=False,
        max_msg_size=LONGEST_MESSAGE,
        writer_limit=WRITE_BUFFER // 4,
    )
    await channel.prepare(request)
    _bound_buffers(request, patience)
    with sockets.place(feed, visitor) as watcher:
        listening = asyncio.create_task(_listen(channel, watcher), name="live page listens")
        guarding = asyncio.create_task(_guard(watcher, visitor, company, access, patience), name="live page guard")
        try:
            await _speak(channel, watcher, patience)
        finally:
            for task in (listening, guarding):
                task.cancel()
            await asyncio.gather(listening, guarding, return_exceptions=True)
    await _part(request, channel, watcher.closed_as or LEFT)
    return channel


def _bound_buffers(request: web.Request, patience: Patience) -> None:
    """Let a browser that does not read be noticed early, and cost the system little while and after."""
    if request.transport is None:
        return
    request.transport.set_write_buffer_limits(high=WRITE_BUFFER)
    connection = request.transport.get_extra_info("socket")
    with suppress(OSError):  # it may have gone meanwhile
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, WRITE_BUFFER)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            # The system itself would go on offering what is not taken for a quarter of an hour.
            milliseconds = int(1000 * (patience.send + patience.beat))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)


async def _speak(channel: web.WebSocketResponse, watcher: Watcher, patience: Patience) -> None:
    while watcher.closed_as is None:
        await watcher.news(patience.beat)
        if watcher.closed_as is not None:
            break
        try:
            async with asyncio.timeout(patience.send):
                await channel.send_str(watcher.take(time.time()))
        except TimeoutError:
            watcher.close(TOO_SLOW)
        except ConnectionError:
            watcher.close(LEFT)


async def _listen(channel: web.WebSocketResponse, watcher: Watcher) -> None:
    """A live page has nothing to say: what it says is thrown away, and too much of it ends the talk."""
    allowance = Allowance(rate=1.0, burst=20)
    try:
        async for message in channel:
            if message.type is not WSMsgType.ERROR and allowance.wait():
                watcher.close(FLOODING)
                return
    finally:
        watcher.close(LEFT)


async def _guard(watcher: Watcher, visitor: Visitor, company: str, access: Access, patience: Patience) -> None:
    """Looks again and again whether the session holds, which also counts as its use."""
    while True:
        await asyncio.sleep(patience.session)
        try:
            current = await access.visitor_of(visitor.session)
        except Exception:
            # Nobody can say that the session holds: it does not.
            log.exception("a live page's session could not be checked")
            watcher.close(GOING_AWAY)
            return
        if current is None or not current.may_see(company) or sight_of(current) is not sight_of(visitor):
            watcher.close(SIGNED_OUT)
            return


async def _part(request: web.Request, channel: web.WebSocketResponse, code: int) -> None:
    """Say good-bye if the browser listens; hold nothing back for one that does not."""
    transport = request.transport
    with suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(FAREWELL):
            await channel.close(code=code)
    if transport is not None:
        transport.abort()
