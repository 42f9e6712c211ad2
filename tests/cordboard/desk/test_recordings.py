"""Recordings that are kept: listed by call, taken out and deleted with a line in the audit trail, removed in time."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from agi.flow.recording_names import bytes_of
from cordboard.desk.errors import DatabaseAway, NoSuchRecording
from cordboard.desk.recordings import Recordings
from cordboard.documents import read_company
from cordboard.house.expiring import expire_once, works_of
from cordboard.store.audit import last_audit
from cordboard.store.company import save_company
from cordboard.store.engine import Store, open_store
from cordboard.store.values import Company

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOTE, CALL = "pbx1-1795341600.12_1_said_note", "pbx1-1795341600.99_1_call_taped"
GONE, OF_PART = "pbx1-1795341600.13_2_said_gone", "pbx1-1795341600.14_1_said_pay.note"
COMPANY = """\
cordboard: 1
company: {id: acme, name: Acme, language: en, country: FR, time_zone: Europe/Paris}
prompts: {told: {en: [beep]}}
messages: {closed: {en: [beep]}}
steps:
  note: {kind: record, prompt: told, into: note, keep_days: 90, then: hangup, no_input: {tries: 1, then: hangup}}
  taped: {kind: recording, do: start, announcement: told, keep_days: 2, then: {message: closed}}
dids: {"+33199000001": {id: main, name: Main, target: {step: note}}}
"""


@pytest.fixture
def company() -> Company:
    return read_company(COMPANY, today=date(2026, 11, 22)).accepted()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite+aiosqlite:///{tmp_path / 'db.sqlite'}") as store:
        await store.migrate()
        yield store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "recordings/acme").mkdir(parents=True)
    return tmp_path / "recordings"


def put(folder: Path, name: str, *, days: float, seconds: float = 3.0, mode: int = 0o644) -> Path:
    path = folder / "acme" / f"{name}.wav"
    path.write_bytes(b"\0" * bytes_of(seconds))
    path.chmod(mode)
    at = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (at, at))
    return path


async def audit(store: Store) -> list[tuple[str, str, str]]:
    async with store.reading() as session:
        return [(each.actor, each.action, each.object) for each in await last_audit(session, "acme")]


def test_the_newest_first_and_those_of_a_call(store: Store, folder: Path) -> None:
    recordings = Recordings(store, folder)
    assert recordings.kept("acme") == []
    put(folder, NOTE, days=1, seconds=2.5)
    put(folder, CALL, days=3)
    put(folder, GONE, days=0, seconds=1.2)  # which holds nothing
    put(folder, "somebody-elses", days=0)
    (folder / "acme" / f"{OF_PART}.wav").symlink_to("/etc/passwd")
    assert [(str(each.name), each.seconds) for each in recordings.kept("acme")] == [(NOTE, 2.5), (CALL, 3.0)]
    assert [str(each.name) for each in recordings.kept("acme", "pbx1-1795341600.99")] == [CALL]
    assert recordings.kept("other") == []


async def test_who_takes_one_out_or_deletes_it_is_told(store: Store, folder: Path) -> None:
    recordings, path = Recordings(store, folder), put(folder, NOTE, days=1)
    assert await recordings.taken_out("ann", "acme", NOTE) == path.read_bytes()
    await recordings.delete("bob", "acme", NOTE)
    assert not path.exists()
    assert await audit(store) == [("bob", "recording.delete", NOTE), ("ann", "recording.export", NOTE)]
    with pytest.raises(NoSuchRecording):
        await recordings.delete("bob", "acme", NOTE)


@pytest.mark.parametrize("name", ["../acme/x", "/etc/passwd", f"{NOTE}.wav", "", "x" * 500, f"a/{NOTE}", NOTE])
async def test_nothing_else_is_taken_out(store: Store, folder: Path, name: str) -> None:
    put(folder, CALL, days=1)
    (folder / "acme" / "x.wav").write_bytes(b"secret")
    recordings = Recordings(store, folder)
    for deed in (recordings.taken_out, recordings.delete):
        with pytest.raises(NoSuchRecording):
            await deed("ann", "acme", name)
    assert await audit(store) == []


async def test_a_link_is_not_followed(store: Store, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (folder / "acme" / f"{NOTE}.wav").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="symbolic"):
        await Recordings(store, folder).taken_out("ann", "acme", NOTE)


async def test_what_cannot_be_told_is_not_done(folder: Path, tmp_path: Path) -> None:
    path = put(folder, NOTE, days=200)
    async with open_store(f"sqlite+aiosqlite:///{tmp_path / 'empty.sqlite'}") as without_tables:
        recordings = Recordings(without_tables, folder)
        for deed in (recordings.taken_out, recordings.delete):
            with pytest.raises(DatabaseAway):
                await deed("ann", "acme", NOTE)
    assert path.exists()


async def test_each_is_kept_as_long_as_its_step_says(store: Store, folder: Path, company: Company) -> None:
    async with store.transaction() as session:
        await save_company(session, company, "test")
    recordings = Recordings(store, folder)
    paths = {
        name: put(folder, name, days=days)
        for name, days in ((NOTE, 89.9), (CALL, 2.1), (GONE, 30.1), (OF_PART, 89.9), ("pbx1-1.1_1_call_taped", 1.9))
    }
    nothing = put(folder, "pbx1-1.2_1_said_note", days=0.1, seconds=1.0)
    new = put(folder, "pbx1-1.3_1_said_note", days=0.01, seconds=1.0)
    await expire_once(store, works_of(store, recordings, 30), NOW)
    assert [name for name, path in paths.items() if not path.exists()] == [CALL, GONE]
    assert (nothing.exists(), new.exists()) == (False, True)
    assert paths[NOTE].stat().st_mode & 0o777 == 0o640
    assert {each for each in await audit(store) if each[1].startswith("recording")} == {
        ("cordboard run", "recording.expire", name) for name in (CALL, GONE)
    }
    await expire_once(store, works_of(store, recordings, 30), NOW + timedelta(days=0.2))
    assert not any(path.exists() for path in paths.values())


class OfOneThatIsClosed(Recordings):
    """The folder of the company `aaa` is another user's."""

    async def expire(self, actor: str, company: Company, now: datetime, keep_days: int) -> list[str]:
        if company.id == "aaa":
            raise PermissionError("closed")
        return await super().expire(actor, company, now, keep_days)


async def test_what_cannot_be_removed_keeps_nothing_else(
    store: Store, folder: Path, company: Company, caplog: pytest.LogCaptureFixture
) -> None:
    async with store.transaction() as session:
        await save_company(session, replace(company, id="aaa", dids={}), "test")
        await save_company(session, company, "test")
    (folder / "acme" / "pbx1-1.1_1_said_note.wav").mkdir()
    old = put(folder, NOTE, days=91)
    await expire_once(store, works_of(store, OfOneThatIsClosed(store, folder), 30), NOW)
    assert not old.exists()
    (told,) = [each for each in caplog.records if each.levelname == "WARNING"]
    assert (told.company, told.reason) == ("aaa", "closed")  # type: ignore[attr-defined]
