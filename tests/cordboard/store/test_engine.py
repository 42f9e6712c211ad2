"""Opening, reading, writing: what goes wrong at the door has our own words; moments are UTC; files are private."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from cordboard.store import Store, StoreError, engine, open_store
from cordboard.store.audit import last_audit, record_audit
from cordboard.store.errors import Conflict, StoreUnavailable
from cordboard.store.records import AuditEntry
from cordboard.store.tables import Audit, Company, Site, table_of

NOW = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)


def entry(at: datetime = NOW, actor: str = "ada") -> AuditEntry:
    return AuditEntry(at=at, actor=actor, action="test", object="thing")


async def write(store: Store) -> None:
    async with store.transaction() as session:
        await record_audit(session, entry())


async def audited(store: Store) -> list[AuditEntry]:
    async with store.reading() as session:
        return list(await last_audit(session))


# ----- moments


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(hours=9))])
async def test_moments_come_back_as_utc(store: Store, zone: timezone) -> None:
    async with store.transaction() as session:
        await record_audit(session, entry(NOW.astimezone(zone)))
    (kept,) = await audited(store)
    assert kept.at == NOW
    assert kept.at.tzinfo is UTC


async def test_a_moment_without_time_zone_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="time zone"):
        async with store.transaction() as session:
            await record_audit(session, entry(NOW.replace(tzinfo=None)))


# ----- transactions


async def test_an_exception_undoes_the_whole_transaction(store: Store) -> None:
    async def fail() -> None:
        async with store.transaction() as session:
            await record_audit(session, entry())
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    assert await audited(store) == []


async def test_a_cancelled_transaction_is_undone_and_frees_the_writer(store: Store) -> None:
    begun = asyncio.Event()

    async def write_for_ever() -> None:
        async with store.transaction() as session:
            await record_audit(session, entry())
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write_for_ever())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with store.transaction() as session:
        await record_audit(session, entry(actor="bob"))
    assert [kept.actor for kept in await audited(store)] == ["bob"]


async def test_readers_wait_for_no_writer_and_see_one_moment(store: Store) -> None:
    async with store.transaction() as session:
        await record_audit(session, entry())
    async with store.reading() as reader:
        assert len(await last_audit(reader)) == 1
        async with store.transaction() as writer:
            await record_audit(writer, entry(actor="bob"))
            assert len(await last_audit(reader)) == 1
        assert len(await last_audit(reader)) == 1
    assert len(await audited(store)) == 2


async def test_many_writers_at_once_all_write(store: Store) -> None:
    await asyncio.gather(*(write(store) for _ in range(40)))
    assert len(await audited(store)) == 40


# ----- errors


async def test_a_contradiction_is_a_conflict(store: Store) -> None:
    site = {"company": "nobody", "id": "x", "name": "X"}
    with pytest.raises(Conflict):
        async with store.transaction() as session:
            await session.execute(insert(table_of(Site)).values(site))
    company = {"id": "a", "name": "A", "language": "fr", "country": "FR", "time_zone": "UTC", "revision": 1}
    twice = [company | {"saved_at": NOW}] * 2
    with pytest.raises(Conflict):
        async with store.transaction() as session:
            await session.execute(insert(table_of(Company)), twice)


async def test_a_database_that_lacks_its_tables_is_unavailable(database_url: str) -> None:
    async with open_store(database_url) as store:
        with pytest.raises(StoreUnavailable) as error:
            await audited(store)
        assert isinstance(error.value.__cause__, DBAPIError)


async def test_an_oserror_of_the_block_is_the_blocks_own(store: Store) -> None:
    with pytest.raises(FileNotFoundError):
        async with store.transaction():
            raise FileNotFoundError


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"postgresql://u:hidden@127.0.0.1:{closed.getsockname()[1]}/x"
        async with open_store(address) as store:
            with pytest.raises(StoreUnavailable, match="cannot reach the database"):
                await audited(store)
            assert "hidden" not in store.url


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("These are notes.\n" * 100)
    with pytest.raises(StoreUnavailable, match="not a database"):
        open_store(f"sqlite:///{file}")
    assert file.read_text().startswith("These are notes.")


async def test_a_database_that_somebody_holds_for_too_long_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "cordboard.db"
    async with open_store(f"sqlite:///{file}") as store:
        await store.migrate()
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0)
    async with open_store(f"sqlite:///{file}") as store:
        with closing(sqlite3.connect(file, isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable, match="locked"):
                await write(store)
            assert await audited(store) == []
        await write(store)
        assert len(await audited(store)) == 1


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://localhost/x", "must begin with sqlite:/// or postgresql://"),
        ("nonsense", "must begin with"),
        ("", "must begin with"),
        ("sqlite://", "must be a file"),
        ("sqlite:///:memory:", "must be a file"),
        ("sqlite:////nowhere/at/all/x.db", "cannot open"),
    ],
)
def test_an_address_that_cannot_be_opened_is_refused_at_once(url: str, words: str) -> None:
    with pytest.raises(StoreUnavailable, match=words):
        open_store(url)


def test_an_address_that_cannot_be_read_keeps_its_password_to_itself() -> None:
    with pytest.raises(StoreUnavailable) as error:
        open_store("mysql://u:hidden@localhost/x")
    assert "hidden" not in str(error.value)


# ----- SQLite


async def test_the_file_and_its_companions_are_their_owners_alone(tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path / 'cordboard.db'}") as store:
        await store.migrate()
        for file in tmp_path.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
        assert {file.name for file in tmp_path.iterdir()} >= {"cordboard.db", "cordboard.db-wal"}


async def test_sqlite_is_set_for_several_processes(tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path / 'cordboard.db'}") as store, store.reading() as session:
        settings = {
            name: (await session.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "busy_timeout": 10_000}


async def test_a_transaction_sees_what_it_wrote(store: Store) -> None:
    async with store.transaction() as session:
        await record_audit(session, entry())
        assert len((await session.execute(select(table_of(Audit)))).all()) == 1


async def test_who_has_little_patience_does_not_wait_for_another_writer(store: Store) -> None:
    async def timeout(patience: float | None = None) -> object:
        async with store.transaction(patience) as session:
            return (await session.execute(text("PRAGMA busy_timeout"))).scalar_one()

    async with store.transaction():
        if "sqlite" not in store.url:
            async with store.transaction(10):
                return  # its writers wait for rows alone
        with pytest.raises(StoreUnavailable, match="others write"):
            await timeout(0.01)
    with sqlite3.connect(store.url.removeprefix("sqlite+aiosqlite:///"), isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked"):
            await timeout(0.01)
        other.execute("ROLLBACK")
    other.close()
    assert (await timeout(0.5), await timeout()) == (500, 10_000)
