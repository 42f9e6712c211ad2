"""A file that one process at a time holds. The kernel frees a dead one's lock: nobody has to guess whether it lives.

Only regular system calls of one thread are used, so that every instant can be tried.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from cordboard.provisioning.disk import SECRET_MODE


def take(path: Path, *, creates: bool = True) -> int:
    """Hold it until the descriptor that this returns is closed. Raises BlockingIOError while another process holds it,
    OSError if it cannot be opened."""
    flags = os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if creates else 0)
    descriptor = os.open(path, flags, SECRET_MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def sign(descriptor: int, owner: Mapping[str, Any] | None) -> None:
    """Say in it whose it is; None: nobody's any more. Not synced, for it is for those who look while the owner lives. A
    full disk keeps nobody from holding a lock."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        if owner is not None:
            os.pwrite(descriptor, json.dumps(owner).encode(), 0)


def is_held(path: Path) -> bool:
    """Does somebody hold it? One that cannot be looked at is free."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
