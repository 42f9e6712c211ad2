"""Asks the systems that connections lead to: each question costs its deadline at most, and is answered or fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Protocol

from agi.flow.lookup import Untrue
from agi.ports import FAILED, Notice, Question, Response
from cordboard.asking.connections import Connection, Http, Sql
from cordboard.asking.errors import AskingError, Resting, Unasked
from cordboard.asking.gate import Gate
from cordboard.asking.sql import SqlSource

logger = logging.getLogger(__name__)


class _Source(Protocol):
    async def ask(self, question: Question) -> object: ...
    async def tell(self, notice: Notice) -> None: ...


Keep = Callable[[Notice, Exception], Coroutine[Any, Any, None]]
"""Takes what was not taken by whom it was for, and why. Raises nothing."""


async def keep_nothing(_: Notice, __: Exception) -> None:
    """For who has nowhere to keep it."""


class Asker:
    """Answers `agi.ports.Systems`. `async with Asker(connections) as asker:` closes what it opened. `keep` is given
    what was not taken at once."""

    def __init__(self, connections: Mapping[str, Connection], keep: Keep = keep_nothing) -> None:
        self._connections = connections
        self._keep = keep
        self._gates = {name: Gate(name, each.at_once) for name, each in connections.items()}
        self._sources: dict[str, _Source] = {}
        self._session: Any = None
        self._telling: set[asyncio.Task[bool]] = set()
        self._opened = AsyncExitStack()

    async def __aenter__(self) -> Asker:
        return self

    @property
    def sources(self) -> Collection[str]:
        """The names of its connections."""
        return self._connections.keys()

    async def __aexit__(self, *_: object) -> None:
        # What is being told is told to its end, which its deadline brings.
        async with self._opened:
            await asyncio.gather(*self._telling)

    @asynccontextmanager
    async def asked(self, question: Question) -> AsyncIterator[Awaitable[Response]]:
        """As `agi.ports.Systems.asked`."""
        asking = asyncio.create_task(self.answer(question), name=f"question to {question.source}")
        try:
            yield asking
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def answer(self, question: Question) -> Response:
        """The answer, within the seconds of the question. Raises nothing."""
        try:
            async with self._turn(question) as source:
                document = await source.ask(question)
            return Response.of(document, question.into)
        except _NO_ANSWER as error:
            _log(question, error)
            return FAILED

    async def told(self, notice: Notice) -> bool:
        """As `agi.ports.Systems.told`."""
        telling = asyncio.create_task(self._tell_or_keep(notice), name=f"notice to {notice.source}")
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)
        return await asyncio.shield(telling)

    async def _tell_or_keep(self, notice: Notice) -> bool:
        error = await self.tell(notice)
        if error is not None:
            await self._keep(notice, error)
        return error is None

    async def tell(self, notice: Notice) -> Exception | None:
        """Why it was not taken within the seconds of the notice; None: it was. Raises nothing."""
        try:
            async with self._turn(notice) as source:
                await source.tell(notice)
        except _NO_ANSWER as error:
            _log(notice, error)
            return error
        return None

    @asynccontextmanager
    async def _turn(self, put: Question | Notice) -> AsyncIterator[_Source]:
        """A place to ask from within the seconds that there are."""
        deadline = asyncio.get_running_loop().time() + put.seconds
        connection = self._connections.get(put.source)
        if connection is None:
            raise Unasked("the settings have no connection of this name")
        if missing := connection.needed - put.values.keys():
            raise Unasked(f"it is not told {', '.join(sorted(missing))}")
        async with self._gates[put.source].turn(deadline), asyncio.timeout_at(deadline):
            yield self._source(connection)

    def _source(self, connection: Connection) -> _Source:
        """What asks by a connection; opened at the first question, and closed with us."""
        if connection.name not in self._sources:
            self._sources[connection.name] = self._open(connection)
        return self._sources[connection.name]

    def _open(self, connection: Connection) -> _Source:
        match connection:
            case Http():
                # Most processes of one call ask nobody, and it is slow to load.
                from cordboard.asking.http import HttpSource, new_session

                if self._session is None:
                    self._session = new_session()
                    self._opened.push_async_callback(self._session.close)
                return HttpSource(connection, self._session)
            case Sql():
                source = SqlSource(connection)
                self._opened.push_async_callback(source.close)
                return source


_NO_ANSWER = (AskingError, Untrue, TimeoutError)


def _log(put: Question | Notice, error: Exception) -> None:
    level = logging.DEBUG if isinstance(error, Resting) else logging.WARNING
    told = {"connection": put.source, "node": put.node, "error": str(error) or "no answer in time"}
    logger.log(level, "a connection gave no answer that can be used", extra=told)
