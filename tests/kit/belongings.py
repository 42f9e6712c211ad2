"""What this process holds: threads, child processes, sockets. Two looks at it show what a test left behind."""

from __future__ import annotations

import gc
import os
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

# Helpers that Python starts once for the whole process, at their first use.
_OF_PYTHON = (b"multiprocessing.resource_tracker", b"multiprocessing.forkserver")


@dataclass(frozen=True)
class Belongings:
    """Everything of these kinds that the process has at one moment."""

    threads: frozenset[threading.Thread]
    children: frozenset[int]
    sockets: frozenset[tuple[int, str]]
    """(descriptor, the kernel's name of the socket)"""

    @classmethod
    def now(cls) -> Belongings:
        return cls(frozenset(threading.enumerate()), _children(), _sockets())

    def newer(self, earlier: Belongings) -> list[str]:
        """Each thing that is here and was not there `earlier`, in words."""
        threads = [f"thread {thread.name}" for thread in self.threads - earlier.threads]
        children = [f"process {pid}: {_command(pid)}" for pid in self.children - earlier.children]
        sockets = [f"socket {descriptor}: {_ends(descriptor)}" for descriptor, _ in self.sockets - earlier.sockets]
        return sorted(threads + children + sockets)


BELONGINGS = pytest.StashKey[Belongings]()
"""What a test found when it began; a fixture that hands something on to a wider scope adds it here."""


def left_behind(earlier: Belongings, patience: float = 3.0) -> list[str]:
    """What is still here after `patience` seconds and was not there `earlier`, in words."""
    left = Belongings.now().newer(earlier)
    if left:
        gc.collect()  # a cycle may hold what nobody uses any more; its warning, if any, is an error of its own
        left = Belongings.now().newer(earlier)
    deadline = time.monotonic() + patience
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        left = Belongings.now().newer(earlier)
    return left


def _children() -> frozenset[int]:
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        try:
            found.update(int(pid) for pid in (task / "children").read_text().split())
        except OSError:
            continue  # the thread ended while we looked
    return frozenset(pid for pid in found if not any(name in _raw_command(pid) for name in _OF_PYTHON))


def _raw_command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _command(pid: int) -> str:
    return _raw_command(pid).replace(b"\0", b" ").decode(errors="replace").strip() or "ended, never waited for"


def _sockets() -> frozenset[tuple[int, str]]:
    found: set[tuple[int, str]] = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue  # the descriptor of this very listing
        if target.startswith("socket:"):
            found.add((int(name), target))
    return frozenset(found)


def _ends(descriptor: int) -> str:
    try:
        with socket.socket(fileno=os.dup(descriptor)) as copy:
            here = copy.getsockname()
            try:
                return f"{here} to {copy.getpeername()}"
            except OSError:
                return f"{here}"
    except OSError:
        return "closed meanwhile"
