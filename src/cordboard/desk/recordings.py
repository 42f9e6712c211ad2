"""What calls left as recordings: listed, taken out and deleted by people, and removed when their time is over.

Files are named by the call that they are of. Each deed stands in the audit trail before it is done: what cannot be told
there is not done.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agi.flow.recording_names import ENDING, LEAST_SECONDS, RecordingName, bytes_of, seconds_of
from cordboard.desk.errors import NoSuchRecording, store_errors
from cordboard.store.audit import record_audit
from cordboard.store.engine import Store
from cordboard.store.records import AuditEntry
from cordboard.store.values import Company

EXPORT, DELETE, EXPIRE = "recording.export", "recording.delete", "recording.expire"
FILE_MODE = 0o640
UNFINISHED = timedelta(hours=1)
"""How long a file may hold nothing before somebody says something."""


@dataclass(frozen=True, slots=True)
class Recording:
    """`at`: when it ended; `seconds`: how long it is."""

    company: str
    name: RecordingName
    at: datetime
    seconds: float


class Recordings:
    """Those of the own switch, in this folder."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder

    def kept(self, company: str, call: str | None = None) -> list[Recording]:
        """Those of a company, or of one of its calls, the newest first. Raises OSError."""
        found = [
            Recording(company, name, _moment(status), seconds_of(status.st_size))
            for name, _, status in self._files(company)
            if status.st_size >= bytes_of(LEAST_SECONDS) and call in (None, name.call)
        ]
        return sorted(found, key=lambda each: each.at, reverse=True)

    async def taken_out(self, actor: str, company: str, name: str) -> bytes:
        """The WAV file of one. Raises NoSuchRecording, DatabaseAway, OSError."""
        path = self._path(company, name)
        content = _content(path)
        if content is None:
            raise NoSuchRecording(name)
        await self._note(actor, EXPORT, company, name)
        return content

    async def delete(self, actor: str, company: str, name: str) -> None:
        """Raises NoSuchRecording, DatabaseAway, OSError."""
        path = self._path(company, name)
        if _status(path) is None:
            raise NoSuchRecording(name)
        await self._note(actor, DELETE, company, name)
        path.unlink(missing_ok=True)

    async def expire(self, actor: str, company: Company, now: datetime, keep_days: int) -> list[str]:
        """Remove those whose time is over, as their steps say, or else after `keep_days`, and such as hold nothing;
        close the others to strangers. Which ones were removed whose time was over. Raises DatabaseAway, OSError."""
        removed = []
        for name, path, status in list(self._files(company.id)):
            age = now - _moment(status)
            if age > timedelta(days=_days(company, name) or keep_days):
                await self._note(actor, EXPIRE, company.id, str(name))
                path.unlink(missing_ok=True)
                removed.append(str(name))
            elif status.st_size < bytes_of(LEAST_SECONDS) and age > UNFINISHED:
                path.unlink(missing_ok=True)
            elif status.st_mode & 0o777 != FILE_MODE and status.st_uid == os.getuid():
                path.chmod(FILE_MODE)
        return removed

    def _files(self, company: str) -> Iterator[tuple[RecordingName, Path, os.stat_result]]:
        folder = self._folder / company
        if not folder.is_dir():
            return
        for path in sorted(folder.iterdir()):
            name = RecordingName.parse(path.stem) if path.suffix == ENDING else None
            if name is not None and (status := _status(path)) is not None:
                yield name, path, status

    def _path(self, company: str, name: str) -> Path:
        known = RecordingName.parse(name)
        if known is None:
            raise NoSuchRecording(name)
        return self._folder / company / f"{known}{ENDING}"

    async def _note(self, actor: str, action: str, company: str, name: str) -> None:
        entry = AuditEntry(
            at=datetime.now(UTC), actor=actor, action=action, object=name, detail=f"recording {name}", company=company
        )
        with store_errors():
            async with self._store.transaction() as session:
                await record_audit(session, entry)


def _days(company: Company, name: RecordingName) -> int | None:
    """How long its step has it kept, if that says so; a step of a part that several use has its own id behind
    theirs."""
    step = company.steps.get(name.node) or company.steps.get(name.node.rpartition(".")[2])
    return step.parts.get("keep_days") if step else None


def _moment(status: os.stat_result) -> datetime:
    return datetime.fromtimestamp(status.st_mtime, UTC)


def _status(path: Path) -> os.stat_result | None:
    """None: it is no file, or gone meanwhile."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def _content(path: Path) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with open(descriptor, "rb") as file:
        return file.read()
