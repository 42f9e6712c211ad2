"""What waits for a restart of Asterisk, remembered until it was restarted.

HOME/generations/restarts.json   {"started": when Asterisk had started, "at": when it was noted, "needed": [...]}
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ami.actions import CoreStatus
from ami.client import Manager
from cordboard.provisioning.disk import SECRET_MODE, replace_file, told


class Restarts:
    """Files and settings in force on disk that the Asterisk of this home has not taken over yet."""

    def __init__(self, home: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path = home / "generations" / "restarts.json"
        self._now = now

    async def needed(self, manager: Manager | None) -> tuple[str, ...]:
        """What still waits. Without Asterisk: what waited when it was last heard of. Raises StorageFailed, AmiError."""
        noted = self._noted()
        if noted is None:
            return ()
        if manager is not None and _was_restarted(noted, (await manager.act(CoreStatus())).started):
            with told("removing", self._path), suppress(FileNotFoundError):
                os.unlink(self._path)
            return ()
        return tuple(map(str, noted["needed"]))

    async def note(self, manager: Manager | None, needed: Sequence[str]) -> tuple[str, ...]:
        """Remember these too; all that wait now. Raises StorageFailed, AmiError."""
        waiting = tuple(dict.fromkeys((*await self.needed(manager), *needed)))
        if needed and manager is not None:  # an Asterisk that does not run takes everything over when it starts
            started = (await manager.act(CoreStatus())).started
            noted = {"started": started, "at": self._now().isoformat(), "needed": waiting}
            with told("writing", self._path):
                replace_file(self._path, json.dumps(noted, ensure_ascii=False), SECRET_MODE)
        return waiting

    def _noted(self) -> dict[str, Any] | None:
        """None too for a note that cannot be read: the next comparison of what runs says more than it."""
        try:
            noted = json.loads(self._path.read_text(encoding="utf-8"))
            return noted if isinstance(noted.get("needed"), list) else None
        except (OSError, ValueError, AttributeError):
            return None


def _was_restarted(noted: dict[str, Any], started: str) -> bool:
    return bool(started) and started != noted.get("started")
