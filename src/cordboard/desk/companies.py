"""A company as a document: taken in whole or not at all, and given back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from cordboard.desk.errors import store_errors
from cordboard.documents import Problem, Reading, export_company, flow_of, read_company, read_company_files
from cordboard.store.company import load_company, save_company
from cordboard.store.engine import Store
from cordboard.store.errors import NumberTaken
from cordboard.store.flows import publish_flow
from cordboard.store.records import FlowVersion, Revision
from cordboard.store.values import Company


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import. With any error among `problems`, nothing was stored and the rest is None; warnings stop
    nothing."""

    problems: tuple[Problem, ...] = ()
    company: Company | None = None
    revision: Revision | None = None
    flow: FlowVersion | None = None

    @property
    def was_stored(self) -> bool:
        """Does the database now hold the company as the file says it? (It may have held it before.)"""
        return self.company is not None


class Companies:
    """Import and export. Raises: DatabaseAway."""

    def __init__(self, store: Store, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._clock = clock

    async def import_file(self, path: Path, actor: str) -> Imported:
        """Read a company file or a folder of them, and store it. One that cannot be read is a problem like any other."""
        return await self.import_files([path], actor)

    async def import_files(self, paths: Sequence[Path], actor: str) -> Imported:
        """The same for one company in several files and folders."""
        today = self._clock().date()
        return await self._store_reading(await asyncio.to_thread(read_company_files, paths, today), actor, today)

    async def import_text(self, content: str | bytes, actor: str, file: str = "company.yaml") -> Imported:
        """Check the whole text, then store it in one transaction: the company (its revision goes up if anything
        differs), the audit line, and the version of the flow that new calls enter. Importing the same text again
        changes nothing. `file` is how problems call it."""
        today = self._clock().date()
        return await self._store_reading(await asyncio.to_thread(read_company, content, file, today), actor, today)

    async def _store_reading(self, reading: Reading, actor: str, today: date) -> Imported:
        company = reading.company
        if company is None:
            return Imported(reading.problems)
        with store_errors():
            try:
                async with self._store.transaction() as session:
                    revision = await save_company(session, company, actor)
                    flow = await publish_flow(session, company.id, flow_of(company, today).to_json(), actor)
            except NumberTaken as taken:
                return Imported((*reading.problems, _number_is_taken(taken.number, reading)))
        return Imported(reading.problems, company, revision, flow)

    async def export(self, company: str) -> str:
        """The company file: importing it changes nothing. Raises: NoSuchCompany."""
        with store_errors():
            async with self._store.reading() as session:
                return export_company(await load_company(session, company))


def _number_is_taken(number: str, reading: Reading) -> Problem:
    # Whose number it is stays with them: the author of this file may have no right to know.
    what = f"{number} is a DID of another company already"
    return reading.problem(("dids", number), what, "Take it out here, or take it out there first")
