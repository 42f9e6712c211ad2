"""Listens for browsers, from the start of a block to its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from cordboard.web.connections import Door, Limits
from cordboard.web.keys import ORIGINS

FAREWELL = 3.0
"""Seconds that requests have to finish when the block ends."""


@asynccontextmanager
async def serve(app: web.Application, host: str, port: int, *, limits: Limits | None = None) -> AsyncIterator[str]:
    """Serve `app` while the block runs; the value is the address people open. Raises OSError if the port is taken."""
    # Cordboard speaks no TLS itself: who is reached by it stands behind a proxy, whose address all browsers share.
    if limits is None:
        limits = Limits(most_an_address=None) if app[ORIGINS].is_secure else Limits()
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=FAREWELL)
    await runner.setup()
    try:
        assert runner.server is not None
        door = Door(runner.server, limits)
        listener = await asyncio.get_running_loop().create_server(door, host, port, reuse_address=True)
        try:
            bound = listener.sockets[0].getsockname()[1]
            yield f"http://{host}:{bound}/"
        finally:
            listener.close()
    finally:
        await runner.cleanup()
