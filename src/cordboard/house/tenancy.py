"""One daemon serves a switch, whichever home it has: two would both write its history. The database that they share
tells it.

A daemon that was killed is followed at once where the kernel knows that it is dead: on the same machine, by its process
or by the lock of its home, which we hold. Elsewhere only its beats tell: who makes none for a while is dead.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from cordboard.house.alone import NAME
from cordboard.provisioning.moments import when
from cordboard.settings import Settings, SettingsError
from cordboard.store.engine import Store
from cordboard.store.errors import StoreError
from cordboard.store.tenures import Tenure, end_tenure, find_tenure, keep_tenure, take_tenure

log = logging.getLogger(__name__)

LAST_PATIENCE = 2.0
_KERNEL = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Beats:
    """Seconds. `each`: between two beats; `patience`: without any after which their daemon is dead; `look`: between two
    looks at those of another."""

    each: float = 5.0
    patience: float = 20.0
    look: float = 1.0


@asynccontextmanager
async def only_daemon_of_switch(
    store: Store, settings: Settings, beats: Beats | None = None
) -> AsyncIterator[Callable[[], Coroutine[Any, Any, NoReturn]]]:
    """Be the daemon of this switch for the length of the block; the lock of the home must be held. What is handed out
    is to be a task meanwhile. Raises SettingsError, saying which daemon it has."""
    pace = beats or Beats()
    ours = _tenure(settings)
    while True:
        before = await find_tenure(store, settings.node)
        if before is not None and await _lives(store, before, ours, pace):
            raise SettingsError([_refusal(before)])
        # Otherwise it has made one more beat, or somebody else was quicker.
        if await take_tenure(store, ours, before):
            break
    try:
        yield lambda: _beat(store, ours, pace)
    finally:
        with contextlib.suppress(StoreError):  # it is dead then, as everybody will see
            await end_tenure(store, ours, LAST_PATIENCE)


async def _beat(store: Store, ours: Tenure, pace: Beats) -> NoReturn:
    """Show that we live, until cancelled. Raises SettingsError when somebody else serves the switch."""
    while True:
        await asyncio.sleep(pace.each)
        with contextlib.suppress(StoreError):  # while the database is away nobody else takes it either
            if not await keep_tenure(store, ours, pace.each):
                other = await find_tenure(store, ours.node)
                raise SettingsError([_refusal(other or ours)])


def _tenure(settings: Settings) -> Tenure:
    lock = os.stat(settings.home / NAME)
    return Tenure(
        node=settings.node,
        holder=secrets.token_hex(16),
        host=socket.gethostname()[:200],
        pid=os.getpid(),
        home=str(settings.home),
        since=datetime.now(UTC),
        kernel=_kernel(),
        process=_process(os.getpid()) or "",
        lock=f"{lock.st_dev}:{lock.st_ino}",
    )


async def _lives(store: Store, other: Tenure, ours: Tenure, pace: Beats) -> bool:
    """Does the other serve the switch? On another machine it takes a while to know it is dead."""
    if not other.holder:
        return False
    known = _is_known_to_live(other, ours)
    if known is not None:
        return known
    log.warning(
        "waiting for beats of the daemon that served this switch last",
        extra={"host": other.host, "pid": other.pid, "seconds": pace.patience},
    )
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(pace.patience):
            while True:
                await asyncio.sleep(pace.look)
                now = await find_tenure(store, other.node)
                if now is None or now.holder != other.holder:
                    return now is not None and bool(now.holder)
                if now.beats != other.beats:
                    return True
    return False


def _is_known_to_live(other: Tenure, ours: Tenure) -> bool | None:
    """What the kernel knows of it; None: it is another one's, or we do not see it from here."""
    if not ours.kernel or other.kernel != ours.kernel:
        return None
    if other.lock == ours.lock:
        return False  # who has its home's lock now is us
    space, _, _ = other.process.partition(" ")
    if not space or space != ours.process.partition(" ")[0]:
        return None
    return _process(other.pid) == other.process


def _kernel() -> str:
    """A name of the running kernel that no other one has; "" if it tells none."""
    try:
        return _KERNEL.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _process(pid: int) -> str | None:
    """A process by its space of ids and its beginning, since ids are given again; None if it does not live."""
    try:
        space = os.stat("/proc/self/ns/pid").st_ino
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    is_dead = fields[0] in "ZX"
    return None if is_dead else f"{space} {pid} {fields[19]}"


def _refusal(other: Tenure) -> str:
    return (
        f"{other.node} is served already by `cordboard run` on {other.host} (process {other.pid}, home {other.home}, "
        f"since {when(other.since)}): end that one first, or give this one another node"
    )
