"""The generations that are kept, each with what it changed, where it came from, and whether calls are still in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ami.client import Manager
from ami.errors import AmiError
from cordboard.desk.ledger import Result
from cordboard.provisioning.actual import in_use
from cordboard.provisioning.changes import Change, compare_inventories
from cordboard.provisioning.desired import contexts_in, own_files
from cordboard.provisioning.errors import OtherAsterisk, StorageFailed
from cordboard.provisioning.file_differences import file_differences
from cordboard.provisioning.generations import Generations, State
from cordboard.provisioning.pending import Pending
from cordboard.provisioning.summary import in_one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One generation. `calls`: those that have a channel in its contexts, None if Asterisk was not reached. `result`:
    what the database keeps of its apply, empty if it is away or knows nothing."""

    number: int
    state: State
    reason: str
    is_in_force: bool
    is_loaded: bool
    """Are its contexts in the generation in force?"""
    base: int | None
    by: str
    created: datetime
    plan: str
    changes: tuple[str, ...]
    revisions: Mapping[str, int]
    flows: Mapping[str, int]
    calls: int | None
    trial: Pending | None
    result: Result = field(repr=False, default_factory=dict)

    @property
    def summary(self) -> str:
        """What it changed, in one line."""
        return "the first" if self.base is None else in_one_line(self.changes)

    @property
    def seconds(self) -> float | None:
        """How long its apply took."""
        return self.result.get("seconds")

    def to_json(self) -> dict[str, Any]:
        return {
            "generation": self.number,
            "state": str(self.state),
            "reason": self.reason,
            "is_in_force": self.is_in_force,
            "is_loaded": self.is_loaded,
            "base": self.base,
            "by": self.by,
            "created": self.created.isoformat(),
            "plan": self.plan,
            "changes": list(self.changes),
            "revisions": dict(self.revisions),
            "flows": dict(self.flows),
            "calls": self.calls,
            "on_trial_until": self.trial.until.isoformat() if self.trial else None,
            "result": dict(self.result) or None,
            "seconds": self.seconds,
        }


class History:
    """Of one switch. `asterisk` opens an account that may read, or gives None if it is away; `results` gives what
    the database keeps of the generations from a number on."""

    def __init__(
        self,
        generations: Generations,
        asterisk: Callable[[], AbstractAsyncContextManager[Manager | None]],
        results: Callable[[int], Awaitable[Mapping[int, Result]]],
    ) -> None:
        self._generations = generations
        self._asterisk = asterisk
        self._results = results

    async def entries(self) -> tuple[Entry, ...]:
        """All that are kept, the newest first. Raises StorageFailed."""
        generations = self._generations
        current, pending = generations.current(), generations.pending()
        loaded = contexts_in(generations.load(current).files).keys() if current is not None else set()
        calls = await self._calls()
        numbers = generations.numbers()
        results = await self._results(min(numbers, default=1))
        found = []
        for number in reversed(numbers):
            status = generations.status(number)
            try:
                generation = generations.about(number)
            except StorageFailed:
                continue  # its damage is told where it is needed
            found.append(
                Entry(
                    number=number,
                    state=status.state,
                    reason=status.reason,
                    is_in_force=number == current,
                    is_loaded=number in loaded,
                    base=generation.base,
                    by=generation.by,
                    created=generation.created,
                    plan=generation.notes.get("plan", ""),
                    changes=tuple(generation.notes.get("changes", ())),
                    revisions=generation.notes.get("revisions", {}),
                    flows=generation.notes.get("flows", {}),
                    calls=None if calls is None else calls.get(number, 0),
                    trial=pending if pending and pending.generation == number else None,
                    result=results.get(number, {}),
                )
            )
        return tuple(found)

    async def _calls(self) -> Mapping[int, int] | None:
        try:
            async with self._asterisk() as manager:
                return None if manager is None else (await in_use(manager)).generation_of_calls
        except (AmiError, OtherAsterisk):
            return None

    def changes(self, before: int, after: int) -> tuple[Change, ...]:
        """What differs between two generations, in the trade's words. Raises NoSuchGeneration, StorageFailed."""
        return compare_inventories(*(self._generations.load(each).notes["inventory"] for each in (before, after)))

    def lines(self, before: int, after: int) -> str:
        """The lines of their files that differ, secrets hidden. Raises NoSuchGeneration, StorageFailed."""
        return file_differences(*(own_files(self._generations.load(each).files, each) for each in (before, after)))
