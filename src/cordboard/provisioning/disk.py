"""Writing on a disk that may be full, closed or lost under us: whole files, synced, and errors with what to do.

Only regular system calls of one thread are used, so that every instant can be tried.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cordboard.provisioning.errors import StorageFailed

# Asterisk may run under another user of the same group: with the setgid bit on the folder it can read, nobody else can.
FOLDER_MODE = 0o750
FILE_MODE = 0o640
SECRET_MODE = 0o600


def write_new(path: Path, text: str, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    try:
        content = memoryview(text.encode())
        while content:
            content = content[os.write(descriptor, content) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, text: str, mode: int) -> None:
    """Make `path` hold this text, whole and on disk, at one instant. After an error it is as it was."""
    fresh = path.parent / f".{path.name}"
    try:
        with suppress(FileNotFoundError):
            os.unlink(fresh)
        write_new(fresh, text, mode)
        os.replace(fresh, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(fresh)
        raise
    sync_folder(path.parent)


def remove(path: Path) -> None:
    """Remove what stands there, a folder with all that is in it or anything else; nothing happens when nothing does."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


CURES = {
    errno.ENOSPC: "the disk is full: free some space and apply again",
    errno.EDQUOT: "the quota is used up: free some space and apply again",
    errno.EFBIG: "a file would be larger than this process may write: raise the limit and apply again",
    errno.EACCES: "permission denied: give the user that runs Cordboard the right to write there",
    errno.EPERM: "permission denied: give the user that runs Cordboard the right to write there",
    errno.EEXIST: "something stands in its place that is not ours: move it away and apply again",
    errno.ENOTDIR: "a file stands where a folder should be: move it away and apply again",
    errno.EROFS: "the file system is read-only: mount it for writing and apply again",
}


def storage_failed(doing: str, path: Path, error: OSError) -> StorageFailed:
    number = error.errno or 0
    said = error.strerror or str(error)
    is_the_systems = said == os.strerror(number)
    return StorageFailed(doing, path, CURES.get(number, said) if is_the_systems else said)


@contextmanager
def told(doing: str, path: Path) -> Iterator[None]:
    """Say an OSError in this room's words, with what to do."""
    try:
        yield
    except OSError as error:
        raise storage_failed(doing, path, error) from error
