"""Generated configurations on disk: each written whole, one in force through a symlink, the earlier ones kept.

    HOME/generations/N/*            the files of generation N, as Asterisk reads them
    HOME/generations/N/generation.json   what it is: its files' texts once more (sealed), where it came from
    HOME/generations/N/state.json   how far it got; absent: written, never known to be in force
    HOME/generations/lock           held (flock) by the one deployment at a time; says whose it is
    HOME/current -> generations/N   what Asterisk's etc folder, or the admin's #include lines, name

A name that begins with a dot is unfinished and means nothing: a crash at any instant leaves `current` on a whole
generation. Only regular system calls of one thread are used, so that every instant can be tried.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from cordboard.provisioning.errors import DeployBusy, NoSuchGeneration, Owner, StorageFailed

RECORD = "generation.json"
STATE = "state.json"
OURS = frozenset({RECORD, STATE})

# Asterisk may run under another user of the same group: with the setgid bit on the folder it can read, nobody else can.
FOLDER_MODE = 0o750
FILE_MODE = 0o640
SECRET_MODE = 0o600


class State(StrEnum):
    """How far a generation got."""

    PREPARED = "prepared"
    """Written whole, never in force as far as is known."""
    SWITCHED = "switched"
    """In force on disk; that Asterisk runs it was not proven."""
    VERIFIED = "verified"
    """Read back from Asterisk."""
    FAILED = "failed"
    """Never to be used: its read-back differed, or it was interrupted."""


@dataclass(frozen=True, slots=True)
class Status:
    state: State
    at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One generated configuration. `base` was in force before it, `wanted` identifies what it was generated from;
    `notes` is what the planner wants to find again. Everything is JSON-able."""

    number: int
    base: int | None
    by: str
    created: datetime
    wanted: str
    files: Mapping[str, str] = field(repr=False)
    notes: Mapping[str, Any] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a start found: the generation in force and how far it got; `put_back_from` names a failed one whose
    replacement by its predecessor was finished just now, `discarded` those that were interrupted before the switch."""

    current: int | None
    status: Status
    put_back_from: int | None = None
    discarded: tuple[int, ...] = ()

    @property
    def needs_verification(self) -> bool:
        return self.current is not None and self.status.state is not State.VERIFIED


class Generations:
    """The folder of generations under `home`. All methods that write expect the lock to be held."""

    def __init__(self, home: Path, keep: int = 20, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._home = home
        self._folder = home / "generations"
        self._keep = keep
        self._now = now
        self.current_link = home / "current"
        self._loaded: dict[int, tuple[tuple[int, int, int], Generation]] = {}

    # --- reading --------------------------------------------------------------------------------------------------

    def numbers(self) -> list[int]:
        """The generations kept, oldest first."""
        with _told("reading", self._folder):
            try:
                names = os.listdir(self._folder)
            except FileNotFoundError:
                return []
        return sorted(int(name) for name in names if re.fullmatch(r"[1-9][0-9]*", name))

    def current(self) -> int | None:
        """The number of the generation in force; None before the first."""
        try:
            target = os.readlink(self.current_link)
        except FileNotFoundError:
            return None
        except OSError:
            raise StorageFailed(
                "reading", self.current_link, "it is no symbolic link: move it away and apply again"
            ) from None
        name = os.path.basename(target)
        if target != f"generations/{name}" or not name.isdecimal() or not (self._folder / name).is_dir():
            raise StorageFailed(
                "reading", self.current_link, f"it leads to {target}, which is no generation: remove it and apply again"
            )
        return int(name)

    def next_number(self) -> int:
        """A number that was never used: contexts carry it, so a failed generation's is not taken again."""
        return max(self.numbers(), default=0) + 1

    def path(self, number: int) -> Path:
        return self._folder / str(number)

    def load(self, number: int) -> Generation:
        """What was written as generation `number`, whatever has happened to its files since."""
        path = self.path(number) / RECORD
        try:
            found = os.stat(path)
            version = (found.st_ino, found.st_size, found.st_mtime_ns)
            known = self._loaded.get(number)
            if known is None or known[0] != version:
                # Of a large company this takes a while, and one deployment asks several times for the last two.
                self._loaded = {each: self._loaded[each] for each in list(self._loaded)[-1:]}
                known = self._loaded[number] = (version, _read_record(path))
            return known[1]
        except FileNotFoundError:
            raise NoSuchGeneration(number) from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StorageFailed("reading", path, f"it is damaged ({error}): apply again to write a new one") from None
        except OSError as error:
            raise _storage_failed("reading", path, error) from error

    def status(self, number: int) -> Status:
        """How far generation `number` got. A state that cannot be read counts as none: it will be verified again."""
        try:
            state = json.loads((self.path(number) / STATE).read_text(encoding="utf-8"))
            return Status(State(state["state"]), datetime.fromisoformat(state["at"]), str(state["reason"]))
        except (OSError, ValueError, KeyError, TypeError):
            return Status(State.PREPARED)

    def edited(self, number: int) -> tuple[str, ...]:
        """The files of generation `number` that are not as they were written: changed, gone, or put there since."""
        written = self.load(number).files
        found: dict[str, bytes] = {}
        with _told("reading", self.path(number)):
            for entry in os.scandir(self.path(number)):
                if entry.name not in OURS and not entry.name.startswith("."):
                    found[entry.name] = Path(entry.path).read_bytes() if entry.is_file(follow_symlinks=False) else b""
        names = sorted({*written, *found})
        return tuple(name for name in names if name not in written or found.get(name) != written[name].encode())

    # --- writing --------------------------------------------------------------------------------------------------

    @contextmanager
    def lock(self, by: str, doing: str) -> Iterator[None]:
        """Be the one deployment. Raises DeployBusy, saying whose the lock is. The kernel frees a dead owner's lock."""
        path = self._folder / "lock"
        with _told("preparing", self._folder):
            if not self._folder.is_dir():
                self._folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
                _sync_folder(self._home)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, SECRET_MODE)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DeployBusy(_owner(path)) from None
            # Not synced: it is for those who look while this process lives. A full disk does not forbid to deploy.
            with suppress(OSError):
                os.ftruncate(descriptor, 0)
                owner = {"pid": os.getpid(), "by": by, "doing": doing, "since": self._now().isoformat()}
                os.pwrite(descriptor, json.dumps(owner).encode(), 0)
            try:
                yield
            finally:
                with suppress(OSError):
                    os.ftruncate(descriptor, 0)
        finally:
            os.close(descriptor)

    def prepare(self, generation: Generation) -> None:
        """Write a generation whole, without putting it in force. After an error nothing of it is left."""
        unfinished = self._folder / f".new-{generation.number}"
        record: dict[str, Any] = {
            "number": generation.number,
            "base": generation.base,
            "by": generation.by,
            "created": generation.created.isoformat(),
            "wanted": generation.wanted,
            "files": dict(generation.files),
            "notes": dict(generation.notes),
        }
        sealed = json.dumps({**record, "seal": _seal(record)}, ensure_ascii=False, indent=1)
        try:
            with _told("writing", unfinished):
                if self.path(generation.number).exists():
                    raise FileExistsError(errno.EEXIST, "this generation exists")
                shutil.rmtree(unfinished, ignore_errors=True)
                os.mkdir(unfinished, FOLDER_MODE)
                for name, text in generation.files.items():
                    if name in OURS or not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
                        raise ValueError(f"{name!r} is no name for a generated file")
                    _write(unfinished / name, text, FILE_MODE)
                _write(unfinished / RECORD, sealed, SECRET_MODE)
                _sync_folder(unfinished)
                os.rename(unfinished, self.path(generation.number))
                _sync_folder(self._folder)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise

    def switch(self, number: int) -> None:
        """Put generation `number` in force on disk: at every instant `current` leads to the one or to the other."""
        if not self.path(number).is_dir():
            raise NoSuchGeneration(number)
        fresh = self._home / ".current"
        with _told("switching", self.current_link):
            with suppress(FileNotFoundError):
                os.unlink(fresh)
            os.symlink(f"generations/{number}", fresh)
            os.replace(fresh, self.current_link)
            _sync_folder(self._home)

    def mark(self, number: int, state: State, reason: str = "") -> None:
        """Remember how far a generation got."""
        text = json.dumps({"state": state, "at": self._now().isoformat(), "reason": reason}, ensure_ascii=False)
        with _told("writing the state of", self.path(number)):
            self._replace(number, STATE, text, SECRET_MODE)

    def mend(self, number: int) -> tuple[str, ...]:
        """Write back the files of generation `number` that were edited, and remove those put there since."""
        edited = self.edited(number)
        written = self.load(number).files
        with _told("mending", self.path(number)):
            for name in edited:
                path = self.path(number) / name
                if name in written and not path.is_dir():
                    self._replace(number, name, written[name], FILE_MODE)
                elif path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()
        return edited

    def _replace(self, number: int, name: str, text: str, mode: int) -> None:
        folder = self.path(number)
        fresh = folder / f".{name}"
        try:
            with suppress(FileNotFoundError):
                os.unlink(fresh)
            _write(fresh, text, mode)
            os.replace(fresh, folder / name)
        except BaseException:
            with suppress(OSError):
                os.unlink(fresh)
            raise
        _sync_folder(folder)

    def prune(self) -> tuple[int, ...]:
        """Forget the oldest generations beyond those kept; never the one in force nor the one before it."""
        current = self.current()
        needed = {current, self.load(current).base} if current is not None else set()
        numbers = self.numbers()
        gone = [number for number in numbers[: -self._keep] if number not in needed]
        with _told("removing old generations of", self._folder):
            for number in gone:
                doomed = self._folder / f".old-{number}"
                os.rename(self.path(number), doomed)
                shutil.rmtree(doomed)
        return tuple(gone)

    def recover(self) -> Recovery:
        """Tidy up after whatever ended the last deployment, and say what is in force. May be called at any start."""
        if not self._folder.is_dir():
            return Recovery(None, Status(State.PREPARED))
        self._remove_unfinished()
        current = self.current()
        put_back_from = None
        if current is not None and self.status(current).state is State.FAILED:
            base = self.load(current).base
            if base is not None and self.path(base).is_dir():
                put_back_from = current
                self.mend(base)
                self.switch(base)
                self.mark(base, State.SWITCHED, f"put back after generation {current} failed")
                current = base
        if current is not None and self.status(current).state is State.PREPARED:
            self.mark(current, State.SWITCHED, "interrupted before it was verified")
        discarded = []
        for number in self.numbers():
            if number > (current or 0) and self.status(number).state is not State.FAILED:
                self.mark(number, State.FAILED, "interrupted before it was in force")
                discarded.append(number)
        status = self.status(current) if current is not None else Status(State.PREPARED)
        return Recovery(current, status, put_back_from, tuple(discarded))

    def _remove_unfinished(self) -> None:
        with _told("tidying", self._folder):
            with suppress(FileNotFoundError):
                os.unlink(self._home / ".current")
            for leftover in [*self._folder.glob(".new-*"), *self._folder.glob(".old-*")]:
                shutil.rmtree(leftover)
            for number in self.numbers():
                for name in (STATE, *self._names(number)):
                    (self.path(number) / f".{name}").unlink(missing_ok=True)

    def _names(self, number: int) -> list[str]:
        return [name for name in os.listdir(self.path(number)) if not name.startswith(".")]


def _read_record(path: Path) -> Generation:
    record = json.loads(path.read_text(encoding="utf-8"))
    seal = record.pop("seal")
    if seal != _seal(record):
        raise ValueError("its seal does not fit")
    return Generation(**{**record, "created": datetime.fromisoformat(record["created"])})


def _write(path: Path, text: str, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    try:
        content = memoryview(text.encode())
        while content:
            content = content[os.write(descriptor, content) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _seal(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _owner(path: Path) -> Owner | None:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Owner(int(said["pid"]), str(said["by"]), str(said["doing"]), datetime.fromisoformat(said["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


CURES = {
    errno.ENOSPC: "the disk is full: free some space and apply again",
    errno.EDQUOT: "the quota is used up: free some space and apply again",
    errno.EFBIG: "a file would be larger than this process may write: raise the limit and apply again",
    errno.EACCES: "permission denied: give the user that runs Cordboard the right to write there",
    errno.EPERM: "permission denied: give the user that runs Cordboard the right to write there",
    errno.EROFS: "the file system is read-only: mount it for writing and apply again",
}


def _storage_failed(doing: str, path: Path, error: OSError) -> StorageFailed:
    return StorageFailed(doing, path, CURES.get(error.errno or 0, error.strerror or str(error)))


@contextmanager
def _told(doing: str, path: Path) -> Iterator[None]:
    """Say an OSError in this room's words, with what to do."""
    try:
        yield
    except OSError as error:
        raise _storage_failed(doing, path, error) from error
