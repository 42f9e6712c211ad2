"""What a process that serves calls says to its watchdog: that it is ready, and that it lives.

The heartbeat runs in the very loop that serves callers: when they are not served, it stops.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from cordboard.calls.watchdog import BEAT, READY


@contextlib.asynccontextmanager
async def beating(writer: asyncio.StreamWriter, seconds: float) -> AsyncIterator[None]:
    """Ready, and alive as long as the block lasts."""
    writer.write(READY)
    task = asyncio.create_task(_beat(writer, seconds), name="heartbeat")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _beat(writer: asyncio.StreamWriter, seconds: float) -> None:
    while True:
        writer.write(BEAT)
        await asyncio.sleep(seconds)
