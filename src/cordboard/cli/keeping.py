"""Writes what a command makes into files: whole or not at all, and secrets for their owner's eyes alone."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cordboard.documents.headings import BEGIN
from cordboard.settings import SettingsError

SECRET_MODE = 0o600
MARK = BEGIN.partition("{")[0].encode()
"""What every file of an export begins with."""


def keep_text(path: Path, text: str, *, is_secret: bool = False, like: Path | None = None) -> None:
    """Write a file. A secret one is its owner's alone, also where it replaces one that was not; one that is `like`
    another is for whom that one is.

    Raises: SettingsError."""
    with _told(path):
        if is_secret and path.exists() and not path.is_file():
            raise SettingsError([f"{path} is no file: secrets are written to files alone"])
        if not is_secret and (path.is_symlink() or (path.exists() and not path.is_file())):
            # A device or somebody's link is written into, not replaced.
            path.write_text(text, encoding="utf-8")
            return
        _put(path, text.encode(), SECRET_MODE if is_secret else _usual_mode(like or path))


def keep_bytes(path: Path, content: bytes) -> None:
    """Write a file that is its owner's alone.

    Raises: SettingsError."""
    with _told(path):
        if path.exists() and not path.is_file():
            raise SettingsError([f"{path} is no file"])
        _put(path, content, SECRET_MODE)


def keep_folder(folder: Path, files: dict[str, str], known: frozenset[str], secret: frozenset[str]) -> None:
    """Write these files into a folder; earlier ones of `known` names that are not among them, and ours, are taken out.

    Raises: SettingsError."""
    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        keep_text(folder / name, text, is_secret=name in secret)
    for name in known - files.keys():
        with _told(folder / name):
            if _is_ours(folder / name):
                (folder / name).unlink()


def _put(path: Path, content: bytes, mode: int) -> None:
    """Put it there at once, in place of what was there."""
    descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        os.chmod(fresh, mode)
        os.replace(fresh, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(fresh)
        raise


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(MARK)) == MARK
    except FileNotFoundError:
        return False


def _usual_mode(path: Path) -> int:
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SettingsError([f"{path} cannot be written: {error.strerror}"]) from error
