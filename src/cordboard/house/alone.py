"""One daemon serves a home. The kernel frees a dead one's lock, so nobody has to guess whether one runs."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from cordboard.settings import SettingsError

NAME = "run.lock"


@contextmanager
def only_daemon(home: Path) -> Iterator[None]:
    """Be the daemon of this home. Raises SettingsError, saying which one is."""
    try:
        descriptor = os.open(home / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SettingsError([f"{home / NAME}: {error.strerror}"]) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            served = f"{home} is served already by `cordboard run`{_whose(home)}"
            raise SettingsError([f"{served}: end that one first, or choose another home"]) from None
        with suppress(OSError):  # for those who look; a full disk does not forbid to run
            os.ftruncate(descriptor, 0)
            owner = {"pid": os.getpid(), "since": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"}
            os.pwrite(descriptor, json.dumps(owner).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def does_daemon_run(home: Path) -> bool:
    """Does `cordboard run` serve this home now?"""
    try:
        descriptor = os.open(home / NAME, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _whose(home: Path) -> str:
    try:
        owner = json.loads((home / NAME).read_text(encoding="utf-8"))
        return f" (process {int(owner['pid'])}, since {owner['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
