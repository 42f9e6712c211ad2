"""Asterisk's own books, queue_log and CDR: what they tell of calls whose end, or of which anything, nobody saw."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ami.models import Fact
from cordboard.journal import cdr, queue_log
from cordboard.journal.queue_log import Visit

log = logging.getLogger(__name__)

CLOCKS_APART = timedelta(seconds=2)
"""A record knows whole seconds, and its clock is not the one that stamps events."""


COMPRESSED = frozenset({".bz2", ".gz", ".xz", ".zst"})


@dataclass(frozen=True, slots=True)
class Books:
    """Where they lie, if they can be read here: the file of queue_log, and CDR's as cdr_csv writes it. A file that was
    rotated away beside them (`Master.csv.1`, `queue_log-20261122`) is read as well, unless it was compressed."""

    queue_log: Path | None = None
    records: Path | None = None

    async def endings(self, uniqueids: Collection[str], since: datetime) -> dict[str, list[Fact]]:
        """What both tell of these calls, of which the first entered at `since`; of a book that cannot be read nothing,
        and the log says so."""
        since -= CLOCKS_APART
        told = await self.stays(uniqueids, since)
        try:
            records = cdr.received(await self.records_since(since), since)
        except OSError as error:
            log.warning("CDR cannot be read", extra={"path": str(self.records), "reason": error.strerror})
            records = {}
        return {uniqueid: [*told.get(uniqueid, ()), *cdr.facts_of(records.get(uniqueid, ()))] for uniqueid in uniqueids}

    async def stays(self, uniqueids: Collection[str], since: datetime) -> dict[str, tuple[Fact, ...]]:
        """What queue_log tells of these calls; nothing if it cannot be read, and the log says so."""
        visits = await self.visits(uniqueids, since)
        return {uniqueid: queue_log.facts_of(stays) for uniqueid, stays in visits.items()}

    async def visits(self, uniqueids: Collection[str], since: datetime) -> dict[str, tuple[Visit, ...]]:
        """The stays of these callers in queues, by queue_log; none if it cannot be read, and the log says so."""
        if self.queue_log is None or not uniqueids:
            return {}
        try:
            return await asyncio.to_thread(_visits, self.queue_log, frozenset(uniqueids), since)
        except OSError as error:
            log.warning("queue_log cannot be read", extra={"path": str(self.queue_log), "reason": error.strerror})
            return {}

    async def records_since(self, since: datetime) -> list[cdr.Record]:
        """CDR's records: all that ended at `since` or later, and maybe some of before. Raises OSError."""
        return await asyncio.to_thread(_records_since, self.records, since) if self.records is not None else []


def _records_since(path: Path, since: datetime) -> list[cdr.Record]:
    return [record for volume in _volumes(path, since) for record in cdr.records_since(volume, since)]


def _visits(path: Path, uniqueids: frozenset[str], since: datetime) -> dict[str, tuple[Visit, ...]]:
    def lines() -> Iterator[queue_log.Line]:
        for volume in _volumes(path, since):
            with volume.open(encoding="utf-8", errors="replace") as text:
                yield from queue_log.lines_of(text)

    return queue_log.visits_of(
        line for line in lines() if line.uniqueid in uniqueids or line.event == queue_log.RESTART
    )


def _volumes(path: Path, since: datetime) -> list[Path]:
    """The file and those that were rotated away beside it, the oldest first, but for those that are older."""
    rotated = {each: each.stat().st_mtime for each in path.parent.glob(f"{path.name}[.-]*")}
    rotated = {each: at for each, at in rotated.items() if at >= since.timestamp() and each.suffix not in COMPRESSED}
    return [*sorted(rotated, key=rotated.__getitem__), *([path] if path.exists() else [])]
