"""A fresh database for each test: SQLite always, PostgreSQL too where its programs are installed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from cordboard.store import Store, open_store
from kit.postgres import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres | None]:
    """A PostgreSQL of our own for the whole run; None where it is not installed."""
    server = Postgres.installed()
    if server is None:
        yield None
        return
    with server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, postgres: Postgres | None, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'cordboard.db'}"
    if postgres is None:
        pytest.skip("PostgreSQL is not installed")
    return await postgres.new_database()


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """An empty database with the schema of today."""
    async with open_store(url) as opened:
        await opened.migrate()
        yield opened
