"""How a long-running program lives and ends: tasks that live together, stages of stopping, each with its patience."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

log = logging.getLogger(__name__)


class Stages:
    """Waits for the signals that end the daemon, and tells each stage when to be patient no longer."""

    def __init__(self) -> None:
        self._signals = asyncio.Semaphore(0)

    def listen(self) -> Callable[[], None]:
        """Take SIGTERM and SIGINT; what comes back stops taking them."""
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGTERM, signal.SIGINT)
        for number in numbers:
            loop.add_signal_handler(number, self._signals.release)

        def stop() -> None:
            for number in numbers:
                loop.remove_signal_handler(number)

        return stop

    async def wanted(self) -> None:
        """Return at the first signal."""
        await self._signals.acquire()

    async def stage(self, work: Coroutine[Any, Any, object], what: str) -> None:
        """Finish `work`, or leave it at the next signal. What goes wrong in it is told; the stages after it go on."""
        task = asyncio.ensure_future(work)
        signalled = asyncio.ensure_future(self._signals.acquire())
        try:
            await asyncio.wait({task, signalled}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            signalled.cancel()
            if not task.done():
                log.warning("%s is cut short", what)
                task.cancel()
            await asyncio.gather(task, signalled, return_exceptions=True)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("%s failed", what, extra={"reason": str(error)})


@asynccontextmanager
async def living_together() -> AsyncIterator[Callable[[Coroutine[Any, Any, object], str], asyncio.Task[object]]]:
    """Tasks that live as long as the block; if one of them fails, so does the block. All are awaited."""
    tasks: list[asyncio.Task[object]] = []
    async with asyncio.TaskGroup() as group:

        def begin(work: Coroutine[Any, Any, object], name: str) -> asyncio.Task[object]:
            tasks.append(group.create_task(work, name=name))
            return tasks[-1]

        try:
            yield begin
        finally:
            for task in tasks:
                task.cancel()
