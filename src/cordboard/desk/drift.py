"""What is not as it was left: imported and not applied, edited by hand, or running otherwise. Told when it changes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cordboard.desk.ledger import Deed, Ledger
from cordboard.provisioning.show import differences_json
from cordboard.provisioning.summary import in_one_line
from cordboard.provisioning.verify import Difference

log = logging.getLogger(__name__)

NOTHING_DIFFERS = "nothing differs any more"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """How database, files and Asterisk stood to the generation in force at this moment (UTC)."""

    at: datetime
    generation: int | None
    pending: int = 0
    """Changes in the database that were not applied."""
    files: tuple[Difference, ...] = ()
    """Files of the generation that somebody edited, took away or added."""
    asterisk: tuple[Difference, ...] = ()
    """What Asterisk holds otherwise than the generation has it."""
    is_asterisk_read: bool = True
    is_database_read: bool = True
    restarts: tuple[str, ...] = ()
    """What waits for a restart of Asterisk."""

    @property
    def is_none(self) -> bool:
        """Is everything, as far as it could be read, as it was left?"""
        return not (self.pending or self.files or self.asterisk or self.restarts)

    @property
    def is_whole(self) -> bool:
        """Could both the database and Asterisk be looked at?"""
        return self.is_asterisk_read and self.is_database_read

    @property
    def what(self) -> tuple[object, ...]:
        """All but the moment: two reports with the same tell the same."""
        return (
            self.generation,
            self.pending,
            self.files,
            self.asterisk,
            self.is_asterisk_read,
            self.is_database_read,
            self.restarts,
        )

    def lines(self) -> Iterator[str]:
        """One for each thing, in English."""
        if self.pending:
            changes = "1 change is" if self.pending == 1 else f"{self.pending} changes are"
            yield f"database: {changes} not applied (`cordboard plan` shows which)"
        yield from map(str, self.files)
        yield from map(str, self.asterisk)
        for restart in self.restarts:
            yield f"Asterisk: {restart} is taken over by a restart only, and it was not restarted since"
        if not self.is_asterisk_read:
            yield "Asterisk was not reached: what it runs was not looked at"
        if not self.is_database_read:
            yield "the database is away: what it wants was not looked at"

    def in_one_line(self) -> str:
        found = list(self.lines())
        if not found:
            return f"generation {self.generation}: {NOTHING_DIFFERS}"
        return f"generation {self.generation}: {in_one_line(found)}"

    def to_json(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "generation": self.generation,
            "is_none": self.is_none,
            "pending": self.pending,
            "files": differences_json(self.files),
            "asterisk": differences_json(self.asterisk),
            "is_asterisk_read": self.is_asterisk_read,
            "is_database_read": self.is_database_read,
            "restarts": list(self.restarts),
        }


class DriftNews:
    """Remembers the last report, and tells each change of it once: in the log and in the audit trail. What the trail
    told last, a start does not tell again."""

    def __init__(self, ledger: Ledger, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._ledger = ledger
        self.now = now
        self.last: DriftReport | None = None

    async def take(self, report: DriftReport, actor: str) -> bool:
        """Was it news?"""
        known, self.last = self.last, report
        line = report.in_one_line()
        if known is None:
            told = await self._ledger.last_line(Deed.DRIFT)
            is_news = told != line if not report.is_none else told is not None and not told.endswith(NOTHING_DIFFERS)
            if report.is_none and not is_news:
                return False
        else:
            # That something could not be read says nothing about the configuration: the log alone tells it.
            before = (known.pending, known.files, known.asterisk, known.restarts)
            is_news = before != (report.pending, report.files, report.asterisk, report.restarts)
            if report.what == known.what:
                return False
        level = logging.INFO if report.is_none and report.is_asterisk_read else logging.WARNING
        facts = {"generation": report.generation, "pending": report.pending, "what": list(report.lines())}
        log.log(level, "drift" if not report.is_none else "no drift", extra=facts)
        if is_news:
            await self._ledger.note(actor, Deed.DRIFT, line)
        return True
