"""What waits for a restart of Asterisk, remembered until it was restarted, or until nothing is wanted of it any more.

HOME/generations/restarts.json   {"started": when Asterisk had started, "base": the generation whose restart-only
                                  settings it has, "needed": [...], "skipped": [modules that reload nothing]}
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ami.actions import CoreStatus
from ami.client import Manager
from cordboard.provisioning.disk import SECRET_MODE, replace_file, told
from cordboard.provisioning.errors import ProvisioningError
from cordboard.provisioning.generations import Generations
from cordboard.provisioning.inventory import Inventory
from cordboard.provisioning.plan import restarts_between
from cordboard.provisioning.takeover import base_of


@dataclass(frozen=True, slots=True)
class _Noted:
    started: str
    base: int
    needed: tuple[str, ...]
    skipped: tuple[str, ...]


class Restarts:
    """Files and settings in force on disk that the Asterisk of this home has not taken over."""

    def __init__(self, generations: Generations) -> None:
        self._generations = generations
        self._path = generations.home / "generations" / "restarts.json"

    async def needed(self, manager: Manager | None) -> tuple[str, ...]:
        """What waits now. Without Asterisk: what waited when it was last heard of. Raises StorageFailed, AmiError."""
        noted = await self._still_noted(manager)
        current = self._generations.current()
        if noted is None or current is None:
            return ()
        generation = self._generations.load(current)
        return self._since(noted, generation.notes["prints"], generation.notes["inventory"])

    async def planned(
        self, manager: Manager | None, prints: Mapping[str, str], inventory: Inventory
    ) -> tuple[str, ...] | None:
        """What would wait with this configuration in force; None if nothing is remembered, so that a comparison with
        the generation in force tells all. Raises StorageFailed, AmiError."""
        noted = await self._still_noted(manager)
        return None if noted is None else self._since(noted, prints, inventory)

    async def note(self, manager: Manager, base: int, needed: Sequence[str], skipped: Sequence[str]) -> None:
        """A generation came into force over `base`: remember what it needs a restart for, if it does. Raises
        StorageFailed, AmiError."""
        noted = await self._still_noted(manager)
        if noted is None and (needed or skipped):
            started = (await manager.act(CoreStatus())).started
            self._keep(_Noted(started, base, tuple(needed), tuple(skipped)))
        elif noted is not None and not needed and not skipped:
            self._forget()
        elif noted is not None:
            both = tuple(dict.fromkeys((*noted.skipped, *skipped)))
            self._keep(_Noted(noted.started, noted.base, tuple(needed), both))

    def _since(self, noted: _Noted, prints: Mapping[str, str], inventory: Inventory) -> tuple[str, ...]:
        try:
            base = base_of(self._generations.load(noted.base), is_proven=True)
        except ProvisioningError:
            return (*noted.needed, *noted.skipped)  # it is not kept any more
        return (*restarts_between(base, prints, inventory), *noted.skipped)

    async def _still_noted(self, manager: Manager | None) -> _Noted | None:
        noted = self._noted()
        if noted is not None and manager is not None:
            started = (await manager.act(CoreStatus())).started
            if started and started != noted.started:
                self._forget()
                return None
        return noted

    def _noted(self) -> _Noted | None:
        """None too for a note that cannot be read: what runs is compared anyway."""
        try:
            said = json.loads(self._path.read_text(encoding="utf-8"))
            needed, skipped = tuple(map(str, said["needed"])), tuple(map(str, said["skipped"]))
            return _Noted(str(said["started"]), int(said["base"]), needed, skipped)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _keep(self, noted: _Noted) -> None:
        text = {"started": noted.started, "base": noted.base, "needed": noted.needed, "skipped": noted.skipped}
        with told("writing", self._path):
            replace_file(self._path, json.dumps(text, ensure_ascii=False), SECRET_MODE)

    def _forget(self) -> None:
        with told("removing", self._path), suppress(FileNotFoundError):
            os.unlink(self._path)
