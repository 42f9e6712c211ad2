"""The process that answers FastAGI: listens, beats on the link to its parent, hears the agents' presence there."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Mapping

from agi.ports import Ports, Systems, Voice
from agi.server import FastAgiServer, Limits, Script
from cordboard.calls.books import Books, SystemClock
from cordboard.calls.callbacks import May, Requests
from cordboard.calls.heartbeat import beating
from cordboard.calls.presence import from_line
from cordboard.calls.watchdog import STOP
from cordboard.store.engine import Store

logger = logging.getLogger(__name__)

# A line of presence holds every agent of the switch.
LONGEST_LINE = 4 * 1024 * 1024


async def answer_calls(
    store: Store,
    link: socket.socket,
    scripts: Mapping[str, Script],
    *,
    host: str,
    port: int,
    limits: Limits,
    beat_seconds: float,
    drain_seconds: float,
    systems: Systems,
    voice: Voice,
    node: str,
    may_be_called: May,
    speech: str = "",
) -> None:
    """Serve until the parent says stop or is gone, then let callers finish. `speech`: the folder of what is spoken.
    Raises OSError when the port is taken."""
    link.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=link, limit=LONGEST_LINE)
    books = Books(store, speech=speech)
    callbacks = Requests(store, node, books.company, may_be_called)
    house = Ports(books, books, books, SystemClock(), systems=systems, voice=voice, callbacks=callbacks)
    server = FastAgiServer(host, port, scripts, house=house, limits=limits)
    try:
        await books.read_ahead()
        await server.start()
        async with beating(writer, beat_seconds):
            await _follow(reader, books)
            await server.drain(drain_seconds)
    finally:
        await server.close()
        writer.close()


async def _follow(reader: asyncio.StreamReader, books: Books) -> None:
    """Take in presence until the parent says stop or is gone."""
    while True:
        try:
            line = await reader.readline()
        except (ConnectionError, ValueError):
            return
        if not line or line == STOP:
            return
        try:
            books.presence = from_line(line)
        except ValueError:
            logger.error("a line on the link is no presence")
