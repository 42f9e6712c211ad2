"""Finds the calls that nobody followed: those that came and went while the link or this program was down.

Each time the switch is seen exactly again, and every now and then, the calls of Asterisk's own records (CDR) are held
against history: received ones, and all as people mean them, whoever made them. One that has no row gets it, once: its
key is the switch and Asterisk's uniqueid, as for every call.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from ami.live import Live
from ami.models import Change, ChangeKind, LinkState
from cordboard.journal import cdr
from cordboard.journal.books import Books
from cordboard.journal.unfollowed import Unfollowed
from cordboard.store.errors import StoreError

log = logging.getLogger(__name__)

_RESET: frozenset[ChangeKind] = frozenset({"reset"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds. `settle`: how long a call must be over before its absence from history says anything; `always`: the most
    between two looks; `retry`: after one that failed; `overlap`: how far a look goes back behind the last one;
    `first_overlap`: how far the first goes back behind what history knows."""

    settle: float = 4.0
    always: float = 900.0
    retry: float = 15.0
    overlap: float = 600.0
    first_overlap: float = 86_400.0


class Missed:
    """`await missed.run()` is a task of the house, beside the recorder's."""

    def __init__(
        self,
        unfollowed: Unfollowed,
        live: Live,
        books: Books,
        *,
        pace: Pace | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._unfollowed = unfollowed
        self._live = live
        self._books = books
        self._pace = pace or Pace()
        self._clock = clock
        self._is_seen_again = asyncio.Event()
        self._looked: datetime | None = None
        """Calls that ended before were held against history."""

    async def run(self) -> NoReturn:
        """Look after each exact picture of the switch, until cancelled."""
        unwatch = self._live.watch(self._note, _RESET)
        try:
            self._is_seen_again.set()
            patience = self._pace.always
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(patience):
                        await self._is_seen_again.wait()
                self._is_seen_again.clear()
                patience = self._pace.always if await self._look() else self._pace.retry
        finally:
            unwatch()

    def _note(self, _change: Change) -> None:
        self._is_seen_again.set()

    async def _look(self) -> bool:
        """Take up what was missed; False if that could not be found out."""
        if self._live.link.state is not LinkState.LIVE:
            return True  # who is followed again is told by a reset
        # Rounded down, as the moments of a record are.
        until = self._clock().replace(microsecond=0)
        for _ in range(4):  # in steps: what waited in the socket of a program that was stopped is taken in between them
            await asyncio.sleep(self._pace.settle / 4)
        if self._live.link.state is not LinkState.LIVE:
            return True
        try:
            since = await self._since()
            records = await self._books.records_since(since)
            found = await self._unfollowed.take_up(_over(cdr.received(records, since), until))
            up = {channel.linkedid for channel in self._live.snapshot().channels}
            over = _over(cdr.wholes(records, since), until)
            found |= await self._unfollowed.take_up_wholes({name: over[name] for name in over.keys() - up})
        except StoreError:
            return False  # the recorder says so
        except OSError as error:
            log.warning("CDR cannot be read", extra={"path": str(self._books.records), "reason": error.strerror})
            return False
        self._looked = until
        if found:
            log.warning("calls that nobody followed are taken up from CDR", extra={"calls": len(found)})
        return True

    async def _since(self) -> datetime:
        if self._looked is not None:
            return self._looked - timedelta(seconds=self._pace.overlap)
        known = await self._unfollowed.last_moment()
        return known - timedelta(seconds=self._pace.first_overlap) if known else datetime.min.replace(tzinfo=UTC)


def _over(calls: cdr.Calls, until: datetime) -> cdr.Calls:
    return {name: records for name, records in calls.items() if cdr.ended(records) <= until}
