"""Keeps the boards' names and today's figures in step with the database.

The journal writes a moment after a call changes, and a company may be imported by another process: so the figures are
read again shortly after each call's change, and everything is at least every `Pace.always` seconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ami.models import CallId, Change, ChangeKind
from cordboard.desk.access import utc_now
from cordboard.desk.board import Boards, History, LiveSource
from cordboard.desk.names import names_of
from cordboard.journal.day import local_midnight, tally_of_day
from cordboard.store.company import list_companies, load_company
from cordboard.store.engine import Session, Store
from cordboard.store.errors import StoreError, UnknownCompany
from cordboard.store.journal import count_open, find_calls, last_outcomes

log = logging.getLogger(__name__)

LAST_CALLS = 12
_TOLD: frozenset[ChangeKind] = frozenset({"call", "reset"})


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds. `soon`: after a call's change; `later`: once more, should the journal have been slow; `always`: the most
    between two readings."""

    soon: float = 0.5
    later: float = 2.0
    always: float = 15.0


class Figures:
    """`await figures.run()` is a task of the house; `await figures.refresh()` reads everything once."""

    def __init__(
        self,
        store: Store,
        boards: Boards,
        sources: Sequence[LiveSource],
        *,
        pace: Pace | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._boards = boards
        self._sources = tuple(sources)
        self._pace = pace or Pace()
        self._clock = clock
        self._revisions: dict[str, int] = {}
        self._zones: dict[str, ZoneInfo] = {}
        self._news = asyncio.Event()
        self._is_healthy = True

    async def run(self) -> None:
        """Read until cancelled."""
        unwatch = [source.watch(self._note, _TOLD) for source in self._sources]
        try:
            patience = self._pace.always
            while True:
                await self._refresh_if_possible()
                if await self._wait_for_news(patience):
                    await asyncio.sleep(self._pace.soon)
                    self._news.clear()
                    patience = self._pace.later
                else:
                    patience = self._pace.always
        finally:
            for stop in unwatch:
                stop()

    async def refresh(self) -> None:
        """Bring names and figures of all companies up to date. Raises: StoreUnavailable."""
        async with self._store.reading() as reading:
            entries = await list_companies(reading)
            for company in self._revisions.keys() - {entry.id for entry in entries}:
                del self._revisions[company], self._zones[company]
                self._boards.forget(company)
            for entry in entries:
                if self._revisions.get(entry.id) != entry.revision:
                    await self._learn(reading, entry.id, entry.revision)
            companies = [entry.id for entry in entries if entry.id in self._zones]
            histories = {company: await self._history(reading, company) for company in companies}
            told = {company: await self._told(reading, company) for company in companies}
        for company, history in histories.items():
            self._boards.set_history(company, history, told[company])

    async def _learn(self, reading: Session, company: str, revision: int) -> None:
        try:
            found = await load_company(reading, company)
        except UnknownCompany:
            return
        self._revisions[company] = revision
        self._zones[company] = ZoneInfo(found.time_zone)
        self._boards.set_names(names_of(found))

    async def _history(self, reading: Session, company: str) -> History:
        now, zone = self._clock(), self._zones[company]
        midnight = local_midnight(now, zone)
        last = await last_outcomes(reading, company, LAST_CALLS)
        return History(
            day=now.astimezone(zone).date().isoformat(),
            tally=await tally_of_day(reading, company, now, zone),
            last=tuple(call for call in last if call.ended is not None and call.ended >= midnight),
            since=midnight,
            open=await count_open(reading, company, midnight),
        )

    async def _told(self, reading: Session, company: str) -> list[CallId]:
        """Of the calls that ended just now those that the figures read here count by their outcome."""
        ended = [(call.node, call.uniqueid) for call in self._boards.just_ended(company)]
        rows = await find_calls(reading, ended)
        return [CallId(row.node, row.uniqueid) for row in rows if row.outcome is not None]

    async def _refresh_if_possible(self) -> None:
        try:
            await self.refresh()
        except StoreError as error:
            if self._is_healthy:
                log.warning("today's figures cannot be read", extra={"reason": str(error)})
            self._is_healthy = False
        else:
            if not self._is_healthy:
                log.info("today's figures are read again")
            self._is_healthy = True

    async def _wait_for_news(self, patience: float) -> bool:
        try:
            async with asyncio.timeout(patience):
                await self._news.wait()
        except TimeoutError:
            return False
        return True

    def _note(self, _change: Change) -> None:
        self._news.set()
