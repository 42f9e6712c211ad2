"""One daemon serves a home."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from cordboard.provisioning.locks import is_held, sign, take
from cordboard.provisioning.moments import when
from cordboard.settings import SettingsError

NAME = "run.lock"


@contextmanager
def only_daemon(home: Path) -> Iterator[None]:
    """Be the daemon of this home. Raises SettingsError, saying which one is."""
    path = home / NAME
    try:
        descriptor = take(path)
    except BlockingIOError:
        served = f"{home} is served already by `cordboard run`{_whose(home)}"
        raise SettingsError([f"{served}: end that one first, or choose another home"]) from None
    except OSError as error:
        raise SettingsError([f"{path}: {error.strerror}"]) from error
    try:
        sign(descriptor, {"pid": os.getpid(), "since": when(datetime.now(UTC))})
        yield
    finally:
        os.close(descriptor)


def does_daemon_run(home: Path) -> bool:
    """Does `cordboard run` serve this home now?"""
    return is_held(home / NAME)


def _whose(home: Path) -> str:
    try:
        owner = json.loads((home / NAME).read_text(encoding="utf-8"))
        return f" (process {int(owner['pid'])}, since {owner['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
