"""What the database did not take before the end is kept in a file of the home, and written at the next start: once.

Each bundle has a name, and the database remembers the last one that it took in the very transaction that wrote it. A
bundle that it refuses stays in the file until it is taken.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from cordboard.desk.rota import Owed, settle
from cordboard.journal.left_over import LeftOver, keep_left_over
from cordboard.provisioning.disk import SECRET_MODE, replace_file, sync_folder
from cordboard.settings import Settings
from cordboard.store.engine import Store
from cordboard.store.errors import StoreError
from cordboard.store.tenures import note_left_over

log = logging.getLogger(__name__)

NAME = "left-over.jsonl"
MOST_BYTES = 512 * 1024 * 1024
"""Beyond it a bundle is given up: the memory that it waited in is bounded by less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What one run left over, of one switch."""

    node: str
    history: LeftOver
    agents: Owed
    name: str = field(default_factory=lambda: secrets.token_hex(16))


_BUNDLES = TypeAdapter(Bundle)


def leave(settings: Settings, history: LeftOver, agents: Owed) -> None:
    """Keep this, beside what earlier runs left; nothing happens if there is nothing."""
    if not history and not agents:
        return
    path = settings.home / NAME
    facts: dict[str, object] = {"path": str(path), "calls": len(history.calls) + len(history.ended)}
    try:
        line = _BUNDLES.dump_json(Bundle(node=settings.node, history=history, agents=agents)).decode()
        lines = [*_lines(path), line]
        if sum(map(len, lines)) > MOST_BYTES:
            log.error("what was not written is too much to be kept", extra=facts)
            return
        _put(path, lines)
    except OSError as error:
        log.error("what was not written cannot be kept", extra=facts | {"reason": error.strerror})
        return
    log.warning("what was not written is kept for the next start", extra=facts)


async def take_in(store: Store, settings: Settings) -> None:
    """Write what earlier runs left over. What cannot be read or written stays, and the log says so."""
    path = settings.home / NAME
    try:
        left = _lines(path)
        for line in list(left):
            if await _is_taken_in(store, settings.node, line, path):
                left.remove(line)
                _put(path, left)  # one by one: the database knows only what it took last
    except OSError as error:
        log.error("the file of left-overs fails", extra={"path": str(path), "reason": error.strerror})


async def _is_taken_in(store: Store, node: str, line: str, path: Path) -> bool:
    try:
        bundle = _BUNDLES.validate_json(line)
    except ValidationError as error:
        log.error("a left-over is unreadable", extra={"path": str(path), "reason": f"{error.error_count()} errors"})
        return False
    if bundle.node != node:
        return False  # the home was another switch's
    try:
        async with store.transaction() as session:
            if await note_left_over(session, node, bundle.name):
                await keep_left_over(session, bundle.history)
                await settle(session, node, bundle.agents, datetime.now(UTC))
    except StoreError as error:
        log.error("a left-over is not written", extra={"path": str(path), "reason": type(error).__name__})
        return False
    history = bundle.history
    log.info(
        "what was left over is written",
        extra={"calls": len(history.calls) + len(history.ended), "agents": len(history.spans)},
    )
    return True


def _lines(path: Path) -> list[str]:
    # A caller's name may hold what else ends a line for `splitlines`.
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return [line for line in text.split("\n") if line]


def _put(path: Path, lines: Iterable[str]) -> None:
    """Make the file hold these, whole and on disk; without any it is gone."""
    if text := "".join(f"{line}\n" for line in lines):
        replace_file(path, text, SECRET_MODE)
    else:
        path.unlink(missing_ok=True)
        sync_folder(path.parent)
