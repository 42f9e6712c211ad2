"""Opens the database and hands out transactions.

SQLite (WAL) serves one machine: any number of processes read while one writes, writers queue. PostgreSQL serves the
rest. Write transactions begin as such: SQLite refuses to turn a reader into a writer once somebody else has written.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from cordboard.store import schema
from cordboard.store.errors import Conflict, StoreUnavailable

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
BUSY_SECONDS = 10
_PATIENCE = "cordboard_patience"

Session = AsyncSession
"""What every query takes first; made by `Store.transaction()` and `Store.reading()`."""


class Store:
    """The database. `async with open_store(url) as store:` closes it at the end."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._readers = (
            engine.execution_options(cordboard_begin="BEGIN")
            if self._is_sqlite
            else engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        )
        self._writer = asyncio.Lock()

    @property
    def url(self) -> str:
        """The address of the database, its password hidden."""
        return self._engine.url.render_as_string(hide_password=True)

    @asynccontextmanager
    async def transaction(self, patience: float | None = None) -> AsyncIterator[Session]:
        """Everything done inside is kept together, or not at all when an exception leaves the block. `patience`:
        seconds for which others who write, or a server that does not answer, are waited for before the block begins.

        Raises: StoreUnavailable, Conflict."""
        with mapped():
            session = AsyncSession(self._engine, expire_on_commit=False)
            async with self._turn(patience), session, session.begin():
                await self._connect(session, patience)
                yield session

    @asynccontextmanager
    async def reading(self, patience: float | None = None) -> AsyncIterator[Session]:
        """One consistent view of the database, which waits for no writer. Writes nothing. `patience` as above.

        Raises: StoreUnavailable."""
        with mapped():
            async with AsyncSession(self._readers, expire_on_commit=False, autoflush=False) as session:
                await self._connect(session, patience)
                yield session

    @asynccontextmanager
    async def _turn(self, patience: float | None = None) -> AsyncIterator[None]:
        # SQLite has one writer at a time: waiting here is fair, waiting in SQLite is polling.
        if not self._is_sqlite:
            yield
            return
        try:
            async with asyncio.timeout(patience):
                await self._writer.acquire()
        except TimeoutError:
            raise StoreUnavailable("others write in the database") from None
        try:
            yield
        finally:
            self._writer.release()

    async def _connect(self, session: Session, patience: float | None = None) -> AsyncConnection:
        # A refused connection comes out of the driver as it is; the OSErrors of a block's own code are not ours to map.
        options = {} if patience is None else {_PATIENCE: patience}
        try:
            # SQLite itself knows how long to wait; what it has begun cannot be called back.
            async with asyncio.timeout(None if self._is_sqlite else patience):
                return await session.connection(execution_options=options)
        except OSError as error:
            raise StoreUnavailable(f"cannot reach the database: {error}") from error

    async def migrate(self) -> None:
        """Bring the database to this version's schema. Several processes may do so at once.

        Raises: SchemaMismatch (the database is newer), StoreUnavailable."""
        from cordboard.store.migrate import upgrade  # alembic is slow to load, and few processes ever migrate

        with mapped():
            async with self._turn(), AsyncSession(self._engine) as session, session.begin():
                await (await self._connect(session)).run_sync(upgrade)

    async def check_schema(self) -> None:
        """Raises: SchemaMismatch when `migrate()` is needed or the database is newer; StoreUnavailable."""
        with mapped():
            async with AsyncSession(self._readers) as session:
                await (await self._connect(session)).run_sync(schema.check)

    async def close(self) -> None:
        await self._engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def open_store(url: str) -> Store:
    """The database at `sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql://user:password@host/name`.

    A missing SQLite file is made, its owner's alone; to a server nothing is connected before the first use.
    Raises: StoreUnavailable."""
    address = address_of(url)
    try:
        if address.get_backend_name() == "sqlite":
            _prepare_file(Path(address.database or ""))
            engine = create_async_engine(address, pool_size=8, max_overflow=8)
            event.listen(engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(engine.sync_engine, "begin", _begin_sqlite)
        else:
            engine = create_async_engine(address, pool_size=8, max_overflow=8, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise StoreUnavailable(f"no driver for this database: {error.name} (install cordboard[postgres])") from error
    return Store(engine)


def address_of(url: str) -> URL:
    """An address with the driver that is used here. Raises StoreUnavailable."""
    try:
        address = make_url(url)
        driver = _DRIVERS[address.get_backend_name()]
    except (ArgumentError, NoSuchModuleError, KeyError, ValueError) as error:
        raise StoreUnavailable("the database's address must begin with sqlite:/// or postgresql://") from error
    if driver.startswith("sqlite") and (not address.database or ":memory:" in address.database):
        raise StoreUnavailable("several processes share the database: it must be a file, sqlite:///path")
    return address.set(drivername=driver)


def _prepare_file(path: Path) -> None:
    """Make the file if it is missing, its owner's alone, and let it serve readers while one writes (WAL).

    An existing file is opened by SQLite only: closing it behind its back would drop the locks of this process."""
    try:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
            _use_wal(connection)
    except OSError as error:
        raise StoreUnavailable(f"cannot open {path}: {error.strerror}") from error
    except sqlite3.Error as error:
        raise StoreUnavailable(f"cannot open {path}: {error}") from error


def _use_wal(connection: sqlite3.Connection) -> None:
    # The switch, made once in a file's life, does not wait for others as everything else does.
    deadline = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _prepare_sqlite(connection: Any, record: object) -> None:
    # The driver's own BEGIN is deferred and late; ours is issued by `_begin_sqlite`.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout = {BUSY_SECONDS * 1000}", "synchronous = NORMAL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    patience = options.get(_PATIENCE, BUSY_SECONDS)
    if connection.info.get(_PATIENCE, BUSY_SECONDS) != patience:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(patience * 1000)}")
        connection.info[_PATIENCE] = patience
    connection.exec_driver_sql(options.get("cordboard_begin", "BEGIN IMMEDIATE"))


@contextmanager
def mapped() -> Iterator[None]:
    """Errors of the driver become those of the store."""
    try:
        yield
    except IntegrityError as error:
        raise Conflict(str(error.orig)) from error
    except DBAPIError as error:
        raise StoreUnavailable(str(error.orig)) from error
    except SQLAlchemyError as error:
        raise StoreUnavailable(str(error)) from error
