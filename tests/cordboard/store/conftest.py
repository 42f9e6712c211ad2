"""A fresh database for each test: SQLite always, PostgreSQL too where its programs are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest

from cordboard.store import Store, open_store

_databases = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Path | None]:
    """The folder of the socket of a PostgreSQL of our own, which no network reaches and which ends with the run; None
    where it is not installed."""
    programs = _programs()
    if programs is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="cordboard-pg-"))
    # It refuses to run as root.
    drop = ["setpriv", "--pdeathsig", "KILL"]
    if os.getuid() == 0:
        drop += ["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    try:
        subprocess.run(
            [
                *drop,
                programs / "initdb",
                "-D",
                data,
                "-U",
                "cordboard",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "-N",
            ],
            check=True,
            capture_output=True,
            cwd="/",
        )
        options = ("listen_addresses=", f"unix_socket_directories={folder}", "fsync=off", "full_page_writes=off")
        server = subprocess.Popen(
            [*drop, programs / "postgres", "-D", data, *(part for option in options for part in ("-c", option))],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        try:
            _wait_for(folder / ".s.PGSQL.5432", server)
            yield folder
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    finally:
        shutil.rmtree(folder)


def _programs() -> Path | None:
    """Where initdb and postgres are, the newest of them."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), default=None)


def _wait_for(socket: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while not socket.exists():
        assert server.poll() is None, "PostgreSQL ended before it began"
        assert time.monotonic() < deadline, "PostgreSQL does not begin"
        time.sleep(0.05)


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, postgres: Path | None, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'cordboard.db'}"
    if postgres is None:
        pytest.skip("PostgreSQL is not installed")
    name = f"test{os.getpid()}x{next(_databases)}"
    connection = await asyncpg.connect(host=str(postgres), user="cordboard", database="postgres")
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    return f"postgresql://cordboard@/{name}?host={postgres}"


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """An empty database with the schema of today."""
    async with open_store(url) as opened:
        await opened.migrate()
        yield opened
