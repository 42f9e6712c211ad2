"""One browser's connection: turned away if there are too many, closed if it is silent, told nothing of the insides."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Never, cast

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from cordboard.desk.access import network_of

log = logging.getLogger(__name__)

MOST = 1000
MOST_AN_ADDRESS = 128
"""A whole office may share an address, and a browser has a few connections besides its live page."""
REFUSAL = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def _most() -> int:
    # The link to Asterisk, history and the database live on descriptors of the same process.
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else min(MOST, soft // 2)


@dataclass(frozen=True, slots=True)
class Limits:
    """`silence`: seconds in which a whole request head has to arrive, the first as well as the next on a connection
    that is kept; `unread`: seconds that a browser may leave unread what it was sent. `most` connections at once, and of
    them `most_an_address` from one remote address; None: no such limit, as behind a proxy, where all have the same."""

    silence: float = 10.0
    unread: float = 30.0
    most: int = field(default_factory=_most)
    most_an_address: int | None = MOST_AN_ADDRESS


class Door:
    """The protocol of each new connection to `server`, within limits."""

    def __init__(self, server: web.Server, limits: Limits) -> None:
        self.server = server
        self.limits = limits
        self._told = -60.0

    def __call__(self) -> Connection:
        return Connection(self)

    def has_room(self, address: str) -> bool:
        """Whether one more from this address may come in."""
        limits, there = self.limits, self.server.connections
        if len(there) >= limits.most:
            return False
        if limits.most_an_address is None:
            return True
        place = network_of(address)
        theirs = sum(isinstance(other, Connection) and other.place == place for other in there)
        return theirs < limits.most_an_address

    def tell(self, address: str) -> None:
        """Say that somebody was turned away; once a minute, as a flood must not flood the log."""
        if (now := time.monotonic()) - self._told >= 60.0:
            self._told = now
            log.warning("too many connections: some are turned away", extra={"address": address})


class Connection(web.RequestHandler):
    """What aiohttp makes of a connection, with our limits and our silence."""

    def __init__(self, door: Door) -> None:
        super().__init__(
            door.server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=door.limits.silence,
            access_log=None,  # type: ignore[arg-type]  # documented as off
            logger=wire_log,
            # A few bytes that swell to gigabytes must not even be looked at.
            auto_decompress=False,
        )
        self.place = ""
        self._door = door

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in, or close it at once."""
        address = str((transport.get_extra_info("peername") or ("unknown",))[0])
        if not self._door.has_room(address):
            self._door.tell(address)
            cast(asyncio.Transport, transport).abort()
            return
        self.place = network_of(address)
        _bound_patience(transport, self._door.limits.unread)
        super().connection_made(transport)

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> Never:
        """Junk is answered in the fewest words, which name no software; then the connection ends."""
        if exc is not None:
            wire_log.error("a request failed outside its handler", exc_info=exc)
        if self.transport is not None and request.writer.output_size == 0:
            self.transport.write(REFUSAL)
        raise ConnectionResetError("the request could not be handled")


def _bound_patience(transport: asyncio.BaseTransport, seconds: float) -> None:
    connection = transport.get_extra_info("socket")
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        with suppress(OSError):  # it may have gone meanwhile
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1000 * seconds))


def _is_ours(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (HttpProcessingError, ConnectionError, web.RequestPayloadError))


wire_log = logging.getLogger(f"{__name__}.wire")
"""What goes wrong between aiohttp and a client; what clients do wrong is no news."""
wire_log.addFilter(_is_ours)
