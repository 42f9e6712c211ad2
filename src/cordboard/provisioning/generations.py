"""Generated configurations on disk: each written whole, one in force through a symlink, the earlier ones kept.

    HOME/generations/N/*            the files of generation N, as Asterisk reads them
    HOME/generations/N/generation.json   what it is: its files' texts once more (sealed), where it came from
    HOME/generations/N/state.json   how far it got, and what a list of generations tells of it
    HOME/generations/N/amended.json the same, since other generations' contexts are kept in it than it was written with
    HOME/generations/pending.json   the generation in force is on trial until then
    HOME/generations/restarts.json  what waits for a restart of Asterisk
    HOME/generations/lock           held (flock) by the one deployment at a time; says whose it is
    HOME/current -> generations/N   what Asterisk's etc folder, or the admin's #include lines, name

A name that begins with a dot is unfinished and means nothing: a crash at any instant leaves `current` on a whole
generation. Only regular system calls of one thread are used, so that every instant can be tried.
"""

from __future__ import annotations

import errno
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

from cordboard.provisioning.disk import (
    FILE_MODE,
    FOLDER_MODE,
    SECRET_MODE,
    remove,
    replace_file,
    storage_failed,
    sync_folder,
    told,
    write_new,
)
from cordboard.provisioning.errors import DeployBusy, NoSuchGeneration, Owner, StorageFailed
from cordboard.provisioning.locks import is_held, sign, take
from cordboard.provisioning.pending import Pending, keep_pending, read_pending

RECORD = "generation.json"
STATE = "state.json"
AMENDED = "amended.json"
AMENDING = "amending"
INTERRUPTED = "interrupted before it was verified"
LISTED = ("plan", "changes", "revisions", "flows")
"""The notes that a list of generations tells."""
Version = tuple[int, int, int]
"""Tells a record from one that was written in its place."""
OURS = frozenset({RECORD, STATE, AMENDED, AMENDING})


class Edit(StrEnum):
    """What a hand did to a file."""

    EDITED = "edited"
    REMOVED = "removed"
    ADDED = "added"


class State(StrEnum):
    """How far a generation got."""

    PREPARED = "prepared"
    """Written whole, never in force as far as is known."""
    SWITCHED = "switched"
    """In force on disk; that Asterisk runs it was not proven."""
    VERIFIED = "verified"
    """Read back from Asterisk."""
    FAILED = "failed"
    """Never to be used: its read-back differed, it was interrupted, or it was taken back."""


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

    @property
    def is_way_back(self) -> bool:
        """Is in force what was put back, or was proven once? One more step back would mend nothing."""
        return self.status.state is State.SWITCHED and self.status.reason not in ("", INTERRUPTED)


class Generations:
    """The folder of generations under `home`. All methods that write expect the lock to be held."""

    def __init__(self, home: Path, keep: int = 20, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.home = home
        self._folder = home / "generations"
        self._keep = keep
        self._now = now
        self.current_link = home / "current"
        self._pending_path = self._folder / "pending.json"
        self._loaded: dict[int, tuple[Version, Generation]] = {}

    # --- reading --------------------------------------------------------------------------------------------------

    def numbers(self) -> list[int]:
        """The generations kept, oldest first."""
        with told("reading", self._folder):
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
        """What was written, or amended, as generation `number`, whatever has happened to its files since."""
        folder = self.path(number)
        path = folder / RECORD
        try:
            path = folder / AMENDED if (folder / AMENDED).exists() else path
            version = _version(path)
            known = self._loaded.get(number)
            if known is None or known[0] != version:
                known = self._know(number, version, _read_record(path))
            return known[1]
        except FileNotFoundError:
            if folder.is_dir():
                raise StorageFailed("reading", path, "it is gone: apply again to write a new one") from None
            raise NoSuchGeneration(number) from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StorageFailed("reading", path, f"it is damaged ({error}): apply again to write a new one") from None
        except OSError as error:
            raise storage_failed("reading", path, error) from error

    def _know(self, number: int, version: Version, generation: Generation) -> tuple[Version, Generation]:
        """Of a large company reading takes a while, and one deployment asks several times for the last two."""
        self._loaded = {each: self._loaded[each] for each in list(self._loaded)[-1:]}
        known = self._loaded[number] = (version, generation)
        return known

    def status(self, number: int) -> Status:
        """How far generation `number` got. A state that cannot be read counts as none: it will be verified again."""
        try:
            state = self._state(number)
            return Status(State(state["state"]), datetime.fromisoformat(state["at"]), str(state["reason"]))
        except (OSError, ValueError, KeyError, TypeError):
            return Status(State.PREPARED)

    def _state(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.path(number) / STATE).read_text(encoding="utf-8"))
        return found

    def about(self, number: int) -> Generation:
        """What a list tells of generation `number`: without its files and its longer notes, but quickly. Raises as
        `load`."""
        try:
            about = self._state(number)["about"]
            return Generation(**{**about, "created": datetime.fromisoformat(about["created"])}, files={})
        except (OSError, ValueError, KeyError, TypeError):
            return self.load(number)  # one of an earlier version

    def pending(self) -> Pending | None:
        """The generation that is on trial, if one is. Raises StorageFailed."""
        return read_pending(self._pending_path)

    def edited(self, number: int) -> tuple[str, ...]:
        """The files of generation `number` that are not as they were written. Raises as `edits`."""
        return tuple(self.edits(number))

    def edits(self, number: int) -> dict[str, Edit]:
        """What a hand did to which file of generation `number`. Raises NoSuchGeneration, StorageFailed."""
        written = self.load(number).files
        found: dict[str, bytes] = {}
        with told("reading", self.path(number)):
            for entry in os.scandir(self.path(number)):
                if entry.name not in OURS and not entry.name.startswith("."):
                    found[entry.name] = Path(entry.path).read_bytes() if entry.is_file(follow_symlinks=False) else b""
        names = sorted({*written, *found})
        return {
            name: Edit.ADDED if name not in written else Edit.EDITED if name in found else Edit.REMOVED
            for name in names
            if name not in written or found.get(name) != written[name].encode()
        }

    # --- writing --------------------------------------------------------------------------------------------------

    @contextmanager
    def lock(self, by: str, doing: str) -> Iterator[None]:
        """Be the one deployment. Raises DeployBusy, saying whose the lock is. The kernel frees a dead owner's lock."""
        path = self._folder / "lock"
        with told("preparing", self._folder):
            if not self._folder.is_dir():
                self._folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
                sync_folder(self.home)
            try:
                descriptor = take(path)
            except BlockingIOError:
                raise DeployBusy(_owner(path)) from None
        try:
            sign(descriptor, {"pid": os.getpid(), "by": by, "doing": doing, "since": self._now().isoformat()})
            yield
        finally:
            sign(descriptor, None)
            os.close(descriptor)

    def deploying(self) -> Owner | None:
        """Who deploys at this moment, None if nobody does. Raises nothing: a lock that cannot be looked at is free."""
        path = self._folder / "lock"
        owner = _owner(path)
        return owner if owner is not None and is_held(path) else None  # else it was left by one who died

    def prepare(self, generation: Generation) -> None:
        """Write a generation whole, without putting it in force. After an error nothing of it is left."""
        unfinished = self._folder / f".new-{generation.number}"
        sealed = _sealed(generation)
        try:
            with told("writing", unfinished):
                if self.path(generation.number).exists():
                    raise FileExistsError(errno.EEXIST, "this generation exists")
                shutil.rmtree(unfinished, ignore_errors=True)
                os.mkdir(unfinished, FOLDER_MODE)
                for name, text in generation.files.items():
                    _check_name(name)
                    write_new(unfinished / name, text, FILE_MODE)
                write_new(unfinished / RECORD, sealed, SECRET_MODE)
                write_new(unfinished / STATE, self._state_text(State.PREPARED, "", _about(generation)), SECRET_MODE)
                sync_folder(unfinished)
                os.rename(unfinished, self.path(generation.number))
                sync_folder(self._folder)
                # What was written and synced under this seal need not be read again while it is that very file.
                self._know(generation.number, _version(self.path(generation.number) / RECORD), generation)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise

    def switch(self, number: int) -> None:
        """Put generation `number` in force on disk: at every instant `current` leads to the one or to the other."""
        if not self.path(number).is_dir():
            raise NoSuchGeneration(number)
        fresh = self.home / ".current"
        with told("switching", self.current_link):
            with suppress(FileNotFoundError):
                os.unlink(fresh)
            os.symlink(f"generations/{number}", fresh)
            os.replace(fresh, self.current_link)
            sync_folder(self.home)

    def mark(self, number: int, state: State, reason: str = "") -> None:
        """Remember how far a generation got."""
        try:
            about = self._state(number).get("about")
        except (OSError, ValueError, AttributeError):
            about = None
        text = self._state_text(state, reason, about)
        with told("writing the state of", self.path(number)):
            replace_file(self.path(number) / STATE, text, SECRET_MODE)

    def _state_text(self, state: State, reason: str, about: Mapping[str, Any] | None) -> str:
        told = {"state": state, "at": self._now().isoformat(), "reason": reason}
        return json.dumps(told if about is None else {**told, "about": about}, ensure_ascii=False)

    def amend(self, generation: Generation) -> None:
        """Let a generation that was written before hold these files from now on. For its reader the change is whole
        at every instant: what is included is there before what includes it, and goes after it."""
        folder = self.path(generation.number)
        for name in generation.files:
            _check_name(name)
        with told("amending", folder):
            if not (folder / AMENDING).exists():
                write_new(folder / AMENDING, "", SECRET_MODE)
            replace_file(folder / AMENDED, _sealed(generation), SECRET_MODE)
        self._finish_amending(generation.number)

    @contextmanager
    def lent(self, number: int, files: Mapping[str, str]) -> Iterator[None]:
        """Let files of a generation hold something else while the block lasts: put right at its end, or by whoever
        tidies up after us."""
        folder = self.path(number)
        with told("lending", folder):
            if not (folder / AMENDING).exists():
                write_new(folder / AMENDING, "", SECRET_MODE)
        try:
            with told("lending", folder):
                for name, text in files.items():
                    replace_file(folder / name, text, FILE_MODE)
            yield
        finally:
            self._finish_amending(number)

    def _finish_amending(self, number: int) -> None:
        self.mend(number)
        with told("amending", self.path(number)):
            os.unlink(self.path(number) / AMENDING)
            sync_folder(self.path(number))

    def expect_confirmation(self, pending: Pending) -> None:
        """Put a generation on trial: durable before it comes into force."""
        keep_pending(self._pending_path, pending)

    def end_trial(self) -> None:
        """It was confirmed, or taken back."""
        with told("removing", self._pending_path), suppress(FileNotFoundError):
            os.unlink(self._pending_path)
            sync_folder(self._folder)

    def end_trial_of(self, number: int) -> None:
        """End the trial if it is this generation's."""
        pending = self.pending()
        if pending is not None and pending.generation == number:
            self.end_trial()

    def mend(self, number: int) -> tuple[str, ...]:
        """Write back the files of generation `number` that were edited, then remove those put there since."""
        edited = self.edited(number)
        written = self.load(number).files
        with told("mending", self.path(number)):
            for name in sorted(edited, key=lambda name: name not in written):
                path = self.path(number) / name
                if name not in written or path.is_dir():
                    remove(path)
                if name in written:
                    replace_file(path, written[name], FILE_MODE)
        return edited

    def prune(self) -> tuple[int, ...]:
        """Forget the oldest generations beyond those kept; never the one in force nor the one before it."""
        current = self.current()
        needed = {current, self.load(current).base} if current is not None else set()
        numbers = self.numbers()
        gone = [number for number in numbers[: -self._keep] if number not in needed]
        with told("removing old generations of", self._folder):
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
        for number in self.numbers():
            if (self.path(number) / AMENDING).exists():
                self._finish_amending(number)
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
            self.mark(current, State.SWITCHED, INTERRUPTED)
        discarded = []
        for number in self.numbers():
            if number > (current or 0) and self.status(number).state is not State.FAILED:
                self.mark(number, State.FAILED, "interrupted before it was in force")
                discarded.append(number)
        status = self.status(current) if current is not None else Status(State.PREPARED)
        self._end_trial_of_another(current, status)
        return Recovery(current, status, put_back_from, tuple(discarded))

    def _end_trial_of_another(self, current: int | None, status: Status) -> None:
        """A trial is over when its generation failed, or another one is proven to be in force."""
        pending = self.pending()
        if pending is None or not (self.path(pending.generation) / RECORD).exists():
            is_over = pending is not None
        else:
            has_failed = self.status(pending.generation).state is State.FAILED
            is_over = has_failed or (current != pending.generation and status.state is State.VERIFIED)
        if is_over:
            self.end_trial()

    def _remove_unfinished(self) -> None:
        with told("tidying", self._folder):
            with suppress(FileNotFoundError):
                os.unlink(self.home / ".current")
            for pattern in (".new-*", ".old-*", ".*.json"):
                for leftover in self._folder.glob(pattern):
                    remove(leftover)
            for number in self.numbers():
                for name in (STATE, AMENDED, AMENDING, *self._names(number)):
                    (self.path(number) / f".{name}").unlink(missing_ok=True)

    def _names(self, number: int) -> list[str]:
        return [name for name in os.listdir(self.path(number)) if not name.startswith(".")]


def _version(record: Path) -> Version:
    found = os.stat(record)
    return found.st_ino, found.st_size, found.st_mtime_ns


def _check_name(name: str) -> None:
    if name in OURS or not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
        raise ValueError(f"{name!r} is no name for a generated file")


def _head(generation: Generation) -> dict[str, Any]:
    return {
        "number": generation.number,
        "base": generation.base,
        "by": generation.by,
        "created": generation.created.isoformat(),
        "wanted": generation.wanted,
    }


def _about(generation: Generation) -> dict[str, Any]:
    return {**_head(generation), "notes": {key: generation.notes[key] for key in LISTED if key in generation.notes}}


def _sealed(generation: Generation) -> str:
    record = {**_head(generation), "files": dict(generation.files), "notes": dict(generation.notes)}
    written = json.dumps(record, ensure_ascii=False)
    return f'{written[:-1]}, "seal": "{_seal(written)}"}}'


def _read_record(path: Path) -> Generation:
    text = path.read_text(encoding="utf-8")
    record = json.loads(text)
    seal = record.pop("seal")
    if seal != _seal(_written(text)) and seal != _seal(json.dumps(record, sort_keys=True, ensure_ascii=False)):
        raise ValueError("its seal does not fit")
    return Generation(**{**record, "created": datetime.fromisoformat(record["created"])})


def _written(text: str) -> str:
    """What the seal is over: the record as it is written. (An earlier version sealed its names and values in order.)"""
    return text[: -len(', "seal": "') - 64 - len('"}')] + "}"


def _seal(written: str) -> str:
    return hashlib.sha256(written.encode()).hexdigest()


def _owner(path: Path) -> Owner | None:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Owner(int(said["pid"]), str(said["by"]), str(said["doing"]), datetime.fromisoformat(said["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
