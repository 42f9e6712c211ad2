"""Asks from a thread of its own: the loop of a process that answers one call stands still while Asterisk plays."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager

from agi.ports import Notice, Question, Response
from cordboard.asking.asker import Asker, Keep, keep_nothing
from cordboard.asking.connections import Connection


class Beside:
    """Answers `agi.ports.Systems` as `Asker` does. The thread starts when it is needed first, and ends with us. Where
    it cannot, asking raises what keeps it: OSError, RuntimeError. `keep` is called in the loop that we belong to."""

    def __init__(self, connections: Mapping[str, Connection], keep: Keep = keep_nothing) -> None:
        self._connections = connections
        self._keep = keep
        self._home = asyncio.get_running_loop()
        self._thread: threading.Thread | None = None
        self._at_work: Future[tuple[asyncio.AbstractEventLoop, Asker, asyncio.Event]] = Future()

    async def __aenter__(self) -> Beside:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._thread is not None:
            if self._at_work.exception() is None:
                loop, _asker, end = self._at_work.result()
                loop.call_soon_threadsafe(end.set)
            await asyncio.to_thread(self._thread.join)

    @asynccontextmanager
    async def asked(self, question: Question) -> AsyncIterator[Awaitable[Response]]:
        """As `agi.ports.Systems.asked`."""
        loop, asker = self._started()
        asking = asyncio.run_coroutine_threadsafe(asker.answer(question), loop)
        try:
            yield asyncio.wrap_future(asking)
        finally:
            asking.cancel()

    async def told(self, notice: Notice) -> bool:
        """As `agi.ports.Systems.told`."""
        loop, asker = self._started()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asker.told(notice), loop))

    def _started(self) -> tuple[asyncio.AbstractEventLoop, Asker]:
        if self._thread is None:
            thread = threading.Thread(target=self._work, name="asking")
            thread.start()
            self._thread = thread
        loop, asker, _end = self._at_work.result()
        return loop, asker

    def _work(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            if self._at_work.done():
                raise
            self._at_work.set_exception(error)

    async def _serve(self) -> None:
        end = asyncio.Event()
        async with Asker(self._connections, self._kept_at_home) as asker:
            self._at_work.set_result((asyncio.get_running_loop(), asker, end))
            await end.wait()

    async def _kept_at_home(self, notice: Notice, error: Exception) -> None:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._keep(notice, error), self._home))
