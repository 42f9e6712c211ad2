"""A database of somebody else, SQLite or PostgreSQL: one query at a time, read and never written."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from cordboard.store.engine import address_of, mapped
from cordboard.store.errors import StoreUnavailable, ValueRefused

BUSY_SECONDS = 1
INTERRUPT_PAUSE = 0.02
_OF_VALUES = "22"
"""What SQLSTATEs begin with that tell of a value: no number, no date, out of range."""


def parameters_of(query: str) -> frozenset[str]:
    """Names of the values that a query takes: `number` of `WHERE number = :number`."""
    return frozenset(text(query).compile().params)


class ForeignDatabase:
    """Opened at the first query; `most` of them run at once."""

    def __init__(self, url: str, most: int) -> None:
        self._url = url
        self._most = most
        self._engine: AsyncEngine | None = None

    async def first_row(self, query: str, values: Mapping[str, str]) -> Mapping[str, object] | None:
        """The first row by the names of its columns; None: there is none. What is not a number, a text or true and
        false comes as its text. Cancelling it ends the query.

        Raises: StoreUnavailable, Conflict, ValueRefused."""
        with mapped():
            try:
                if self._engine is None:
                    self._engine = _engine(self._url, self._most)
                async with self._engine.connect() as connection:
                    read = _first_of_sqlite if connection.dialect.name == "sqlite" else _first
                    return await read(connection, query, values)
            except DBAPIError as error:
                if str(getattr(error.orig, "sqlstate", "")).startswith(_OF_VALUES):
                    raise ValueRefused("it cannot read a value") from error
                raise
            except (SQLAlchemyError, StoreUnavailable):
                raise
            except Exception as error:  # a driver's own, past SQLAlchemy: while it connects, or gives rows one by one
                raise StoreUnavailable(type(error).__name__) from error

    async def close(self) -> None:
        if self._engine is not None:
            await self._engine.dispose()


def _engine(url: str, most: int) -> AsyncEngine:
    address = address_of(url)
    options: dict[str, Any] = {"pool_size": most, "max_overflow": 0}
    if address.get_backend_name() == "sqlite":
        # A connection that fails leaves a thread of the driver behind for a moment.
        if not Path(address.database or "").is_file():
            raise StoreUnavailable("there is no such file")
        file = f"file:{quote(address.database or '')}"
        address = address.set(database=file, query={"mode": "ro", "uri": "true"})
        return create_async_engine(address, connect_args={"timeout": BUSY_SECONDS}, **options)
    engine = create_async_engine(address, pool_pre_ping=True, **options)
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


async def _first(connection: AsyncConnection, query: str, values: Mapping[str, str]) -> Mapping[str, object] | None:
    result = await connection.stream(text(query), dict(values))
    row = await result.mappings().first()
    return None if row is None else {str(name): _plain(value) for name, value in row.items()}


async def _first_of_sqlite(
    connection: AsyncConnection, query: str, values: Mapping[str, str]
) -> Mapping[str, object] | None:
    """The thread of SQLite hears of no cancelling: what it does is interrupted."""
    raw = await connection.get_raw_connection()
    reading = asyncio.create_task(_first(connection, query, values), name="query of a foreign database")
    try:
        return await asyncio.shield(reading)
    except asyncio.CancelledError:
        ending = asyncio.create_task(_interrupt(raw.driver_connection, reading), name="end of a query")
        while not ending.done():
            # Who is cancelled at his deadline may be cancelled again, by a caller who hangs up.
            with suppress(asyncio.CancelledError):
                await asyncio.shield(ending)
        raise


async def _interrupt(driver: Any, reading: asyncio.Task[Any]) -> None:
    while not reading.done():
        # It is lost on a query that has not begun.
        await driver.interrupt()
        await asyncio.wait([reading], timeout=INTERRUPT_PAUSE)
    if not reading.cancelled():
        reading.exception()


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
