"""Calls that nobody followed, as Asterisk's own books (CDR, queue_log) tell them, handed to the recorder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from cordboard.journal import cdr
from cordboard.journal.books import CLOCKS_APART, Books
from cordboard.journal.companies import Companies
from cordboard.journal.ended import ended
from cordboard.journal.page import Page
from cordboard.journal.recorder import Recorder
from cordboard.journal.retold import companies_in, retold
from cordboard.store.conversations import last_begun, unknown_conversations
from cordboard.store.engine import Store
from cordboard.store.journal import known_calls, last_moment
from cordboard.store.values import Company


class Unfollowed:
    """What history lacks of a switch's calls that are over; `recorder` is the journal of that switch."""

    def __init__(
        self,
        store: Store,
        node: str,
        recorder: Recorder,
        books: Books,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._node = node
        self._recorder = recorder
        self._books = books
        self._clock = clock
        self._companies = Companies()

    async def last_moment(self) -> datetime | None:
        """The last moment that history knows of this switch; None: nothing yet. Raises StoreUnavailable."""
        async with self._store.reading() as session:
            moments = await last_moment(session, self._node), await last_begun(session, self._node)
        return max((moment for moment in moments if moment is not None), default=None)

    async def take_up(self, calls: cdr.Calls) -> set[str]:
        """Keep those of these received calls, which are over, that history does not know; which ones they were. Raises
        StoreUnavailable."""
        wanted = [uniqueid for uniqueid in calls if uniqueid.startswith(f"{self._node}-")]
        async with self._store.reading() as session:
            known = await known_calls(session, self._node, wanted)
            missed = [uniqueid for uniqueid in wanted if uniqueid not in known and not self._recorder.is_told(uniqueid)]
            firsts = {uniqueid: calls[uniqueid][0] for uniqueid in missed}
            companies = await self._companies.named(session, {one.company for one in firsts.values()})
        missed = [
            uniqueid for uniqueid, first in firsts.items() if not _is_of_a_phone(first, companies.get(first.company))
        ]
        began = min((calls[uniqueid][0].began for uniqueid in missed), default=self._clock())
        told = await self._books.stays(missed, began)
        # While queue_log was read, somebody may have told of one.
        missed = [uniqueid for uniqueid in missed if not self._recorder.is_told(uniqueid)]
        pages = [Page(cdr.call_of(self._node, calls[uniqueid])) for uniqueid in missed]
        for page, uniqueid in zip(pages, missed, strict=True):
            page.witness(cdr.whole_story(calls[uniqueid], told.get(uniqueid, ())))
            page.close(self._clock())
        self._recorder.add(pages)
        return set(missed)

    async def take_up_wholes(self, calls: cdr.Calls) -> set[str]:
        """The same of calls as people mean them, whoever made them. Raises StoreUnavailable, OSError."""
        legs = {
            linkedid: (cdr.born(linkedid, records), frozenset(record.uniqueid for record in records))
            for linkedid, records in calls.items()
            if linkedid.startswith(f"{self._node}-")
        }
        async with self._store.reading() as session:
            unknown = await unknown_conversations(session, self._node, legs)
        if not unknown:
            return set()
        since = min(legs[linkedid][0] for linkedid in unknown) - CLOCKS_APART
        found = calls | cdr.wholes(await self._books.records_since(since), since)
        callers = {linkedid: {record.uniqueid for record in found[linkedid]} for linkedid in unknown}
        stays = await self._books.visits({leg for legs_of_it in callers.values() for leg in legs_of_it}, since)
        async with self._store.reading() as session:
            named = {name for linkedid in unknown for name in companies_in(found[linkedid])}
            companies = await self._companies.named(session, named)
        taken = {}
        for linkedid in unknown:
            records, legs_of_it = found[linkedid], callers[linkedid]
            if self._recorder.was_told_over(legs_of_it):
                continue  # meanwhile
            visits = [stay for leg in legs_of_it for stay in stays.get(leg, ())]
            call = retold(self._node, records, visits, companies)
            if call is not None:
                received_by = next((each.company for each in records if each.company), "")
                taken[linkedid] = ended(call, received_by, is_repaired=True)
        self._recorder.add_ended(list(taken.values()))
        return set(taken)


def _is_of_a_phone(record: cdr.Record, company: Company | None) -> bool:
    """Is it somebody's of ours, who came to a received caller? A received call itself comes in by a trunk."""
    return company is not None and any(record.endpoint == phone.id for phone in company.endpoints())
