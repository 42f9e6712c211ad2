"""Lists from spreadsheets: people and phones, numbers, closed days, put into a company that is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from cordboard.desk.companies import Companies, Imported
from cordboard.desk.errors import store_errors
from cordboard.documents import Problem
from cordboard.documents.csv_import import ListReading, read_list
from cordboard.documents.csv_kinds import ListKind
from cordboard.documents.csv_table import Rejection
from cordboard.documents.problems import shown
from cordboard.documents.reading import Reading
from cordboard.store.company import company_revision, load_company
from cordboard.store.engine import Store
from cordboard.store.values import Company


@dataclass(frozen=True, slots=True)
class ImportedList:
    """What came of a list. `imported` as of a company file; nothing was stored while a line is rejected that was not to
    be skipped. `taken`: lines that were put in; `rejected_file`: the others as CSV, to be mended."""

    imported: Imported = field(default_factory=Imported)
    taken: int = 0
    rejected: tuple[Rejection, ...] = ()
    rejected_file: str = ""


class Lists:
    """Raises: DatabaseAway, NoSuchCompany, ChangedMeanwhile."""

    def __init__(self, store: Store, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._clock = clock

    async def import_list(
        self,
        kind: ListKind,
        path: Path,
        company: str,
        actor: str,
        *,
        encoding: str = "utf-8",
        hours: str = "",
        is_dry: bool = False,
        skip_rejected: bool = False,
    ) -> ImportedList:
        """Put a CSV file into a company, as one new revision of it. With one rejected line nothing is stored, unless
        these are skipped. `hours`: those that closed days are for which name none."""
        with store_errors():
            async with self._store.reading() as session:
                revision = await company_revision(session, company)
                values = await load_company(session, company)
        read = await asyncio.to_thread(_read, kind, path, values, self._clock().date(), encoding, hours)
        imported = Imported(read.reading.problems, is_dry=is_dry)
        if skip_rejected or not read.rejected:
            imported = await Companies(self._store, clock=self._clock).store_reading(
                read.reading, actor, is_dry=is_dry, expected=revision, reason=f"{kind.name} from {shown(path.name)}"
            )
        return ImportedList(imported, read.taken, read.rejected, read.rejected_file)


def _read(kind: ListKind, path: Path, company: Company, today: date, encoding: str, hours: str) -> ListReading:
    try:
        with path.open("rb") as file:
            return read_list(kind, file, str(path), company, today, encoding=encoding, option=hours)
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        return ListReading(Reading(None, (Problem(str(path), 1, "", what, "Check the name and the rights"),)))
