"""A company as a document: taken in whole or not at all, and given back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cordboard.desk.errors import store_errors
from cordboard.documents import Problem, export_company, flow_of, read_company
from cordboard.documents.source import MOST_BYTES, read_source
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
        """Read a company file from disk and store it. A file that cannot be read is a problem like any other."""
        try:
            content = await asyncio.to_thread(_head_of, path)
        except OSError as error:
            what = f"cannot be read: {error.strerror}"
            return Imported((Problem(str(path), 1, "", what, "Check the name and the rights"),))
        return await self.import_text(content, actor, str(path))

    async def import_text(self, content: str | bytes, actor: str, file: str = "company.yaml") -> Imported:
        """Check the whole text, then store it in one transaction: the company (its revision goes up if anything
        differs), the audit line, and the version of the flow that new calls enter. Importing the same text again
        changes nothing. `file` is how problems call it."""
        today = self._clock().date()
        reading = await asyncio.to_thread(read_company, content, file, today)
        company = reading.company
        if company is None:
            return Imported(reading.problems)
        with store_errors():
            try:
                async with self._store.transaction() as session:
                    revision = await save_company(session, company, actor)
                    flow = await publish_flow(session, company.id, flow_of(company, today).to_json(), actor)
            except NumberTaken as taken:
                return Imported((*reading.problems, _number_is_taken(taken.number, content, file)))
        return Imported(reading.problems, company, revision, flow)

    async def export(self, company: str) -> str:
        """The company file: importing it changes nothing. Raises: NoSuchCompany."""
        with store_errors():
            async with self._store.reading() as session:
                return export_company(await load_company(session, company))


def _head_of(path: Path) -> bytes:
    """The file, or as much of one that is too long as is needed to say so."""
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _number_is_taken(number: str, content: str | bytes, file: str) -> Problem:
    # Whose number it is stays with them: the author of this file may have no right to know.
    line = read_source(content).line(("dids", number))
    what = f"{number} is a DID of another company already"
    return Problem(file, line, f"dids.{number}", what, "Take it out here, or take it out there first")
