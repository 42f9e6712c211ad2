"""Writes history: follows the live fold, and keeps every received call and what happened to it in the database, and
every call whatsoever, and whatever an agent did, once it is over.

The fold tells, the recorder notes in memory, one task writes in batches. While the database is slow or away the notes
wait, bounded and counted, and are written in order when it is back; every row has a key of its own (switch, uniqueid,
number of the fact), so what is written twice is there once. A call whose end nobody saw is closed when the next exact
picture of the switch lacks it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Protocol

from ami.conversation import Conversation
from ami.models import Agent, Call, Change, ChangeKind, FactKind, LinkState, Queue, Snapshot
from cordboard.journal.books import Books
from cordboard.journal.companies import Companies
from cordboard.journal.denials import tell_denials
from cordboard.journal.ended import Ended, ended, keep_ended
from cordboard.journal.left_over import LeftOver
from cordboard.journal.outbox import Outbox
from cordboard.journal.outcome import id_of
from cordboard.journal.page import Page
from cordboard.journal.recent import Recent
from cordboard.journal.spans import Spans
from cordboard.store.engine import Session, Store
from cordboard.store.errors import StoreError
from cordboard.store.journal import facts_of_each, open_calls, record_calls, record_facts
from cordboard.store.records import AgentSpan
from cordboard.store.spans import record_spans
from cordboard.store.values import Company

log = logging.getLogger(__name__)

_TOLD: frozenset[ChangeKind] = frozenset({"agent", "call", "queue", "reset"})
REMEMBERED = 20_000
"""Received calls that are kept, and legs of calls that are over."""


class Fold(Protocol):
    """What the recorder asks of the live state of one switch."""

    def snapshot(self) -> Snapshot: ...

    def watch(self, callback: Callable[[Change], None], kinds: frozenset[ChangeKind]) -> Callable[[], None]: ...

    def watch_conversations(
        self, callback: Callable[[Conversation], None], *, only_ended: bool
    ) -> Callable[[], None]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes and patience of the recorder; seconds."""

    batch: int = 200
    """Calls written in one transaction."""
    gather: float = 0.2
    """How long news is gathered before it is written."""
    waiting_facts: int = 500_000
    """What may wait in memory for the database; beyond it the oldest closed calls are given up, and counted."""
    waiting_records: int = 20_000
    """The same of calls as people mean them, some 3 KB each, and of what agents did."""
    first_retry: float = 0.5
    last_retry: float = 15.0


@dataclass(slots=True)
class Counters:
    """What the recorder did since it began."""

    calls_closed: int = 0
    facts_kept: int = 0
    failures: int = 0
    calls_lost: int = 0
    facts_lost: int = 0
    unseen_ends: int = 0
    unseen_calls: int = 0


class Recorder:
    """The journal of one switch.

    `await recorder.run()` is a task of the house; `await recorder.close(patience)` after its end makes the last writes.
    Asterisk's own books, if they can be read here, tell how calls ended that nobody saw; `unfollowed.py` takes up from
    them those that nobody saw at all.
    """

    def __init__(
        self,
        store: Store,
        live: Fold,
        *,
        limits: Limits | None = None,
        books: Books | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._live = live
        self._limits = limits or Limits()
        self._books = books or Books()
        self._clock = clock
        self._node = live.snapshot().node
        self._companies = Companies()
        self._pages: dict[str, Page] = {}
        self._changed: dict[str, None] = {}  # uniqueids in the order of their oldest unwritten news
        self._waiting_facts = 0
        self._batch = self._limits.batch
        self._lost: dict[str, Page] = {}
        self._queues: dict[str, Queue] = {}
        self._news = asyncio.Event()
        self._is_healthy = True
        # What is told lately may not be looked up in time: it is written in between.
        self._closed = Recent(REMEMBERED)
        self._ended_legs = Recent(REMEMBERED)
        sizes = {"batch": self._limits.batch, "most": self._limits.waiting_records}
        self.ended = Outbox(store, keep_ended, **sizes)
        self._spans = Spans()
        self.spans = Outbox(store, record_spans, **sizes)
        self.counters = Counters()

    @property
    def waiting(self) -> int:
        """How much news is not in the database: of received calls, calls that are over, and agents."""
        return len(self._changed) + len(self.ended) + len(self.spans)

    async def run(self) -> None:
        """Follow the fold and write until cancelled."""
        with contextlib.ExitStack() as stack:
            first = self._live.snapshot()
            stack.callback(self._live.watch(self._note, _TOLD))
            stack.callback(self._live.watch_conversations(self._note_end, only_ended=True))
            self._take(first)
            await self._persist(self._reopen)
            # An exact picture may have come while the database was asked.
            self._find_lost(self._live.snapshot())
            while True:
                await self._news.wait()
                await asyncio.sleep(self._limits.gather)
                self._news.clear()
                await self._account_for_lost()
                await self._persist(self._write_some)
                if self.waiting:  # what came meanwhile is gathered too
                    self._news.set()

    async def close(self, patience: float = 5.0) -> bool:
        """Write what still waits, for at most `patience` seconds; was everything written? `run()` must have ended."""
        self._keep_spans(*self._spans.open(self._clock()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._account_for_lost()
                while self.waiting:
                    await self._persist(self._write_some)
        if self.waiting:
            log.warning("history was not written before the end", extra={"waiting": self.waiting})
        return not self.waiting

    def left_over(self) -> LeftOver:
        """What still waits, as it would be written."""
        pages = [self._pages[uniqueid] for uniqueid in self._changed]
        return LeftOver(
            tuple(page.record(_opens_after(page, self._companies.last_known(page.company))) for page in pages),
            tuple(fact for page in pages for fact in page.fact_records()),
            tuple(self.ended),
            tuple(self.spans),
        )

    # --- calls that nobody followed: `unfollowed.py` finds them

    def is_told(self, uniqueid: str) -> bool:
        """Is this received call followed, or was it?"""
        return uniqueid in self._pages or uniqueid in self._closed

    def was_told_over(self, legs: Iterable[str]) -> bool:
        """Was the end of one of these legs told?"""
        return any(leg in self._ended_legs for leg in legs)

    def add(self, pages: Sequence[Page]) -> None:
        """Keep received calls that are over and that nobody followed."""
        for page in pages:
            self._pages[page.id.uniqueid] = page
            self._waiting_facts += page.unkept
            self.counters.unseen_calls += 1
            self._changed.setdefault(page.id.uniqueid)
        self._shed()
        if pages:
            self._news.set()

    def add_ended(self, conversations: Sequence[Ended]) -> None:
        """The same of calls as people mean them."""
        for conversation in conversations:
            self.ended.put(conversation)
        if conversations:
            self._news.set()

    # --- what the fold tells; nothing here waits

    def _note(self, change: Change) -> None:
        match change.kind, change.value:
            case "call", Call() as call:
                self._turn(call)
            case "agent", Agent() as agent:
                self._keep_spans(self._spans.turn(agent))
            case "queue", Queue() as queue:
                self._queues[queue.name] = queue
            case "queue", None:
                self._queues.pop(change.key, None)
            case "reset", Snapshot() as snapshot:
                self._take(snapshot)
                self._find_lost(snapshot)
            case _:
                return
        if self._changed or self._lost or self.spans:
            self._news.set()

    def _note_end(self, conversation: Conversation) -> None:
        self._ended_legs.add(conversation.legs)
        pages = [page for leg in conversation.legs if (page := self._pages.get(leg))]
        if conversation.parties:  # without any it is the switch talking to itself, and no call
            self.ended.put(ended(conversation, pages[0].company if pages else ""))
            tell_denials(conversation)
        if conversation.merged_into is None:  # else another tells it, when all of it is over
            for page in pages:
                if page.conversation != conversation.id.uniqueid:
                    page.conversation = conversation.id.uniqueid
                    self._changed.setdefault(page.id.uniqueid)
        self._news.set()

    def _take(self, snapshot: Snapshot) -> None:
        self._queues = {queue.name: queue for queue in snapshot.queues}
        for call in snapshot.calls:
            self._turn(call)
        if snapshot.link.state is LinkState.LIVE:
            self._keep_spans(*self._spans.list(snapshot.agents, snapshot.at, snapshot.began_anew))

    def _turn(self, call: Call) -> None:
        uniqueid = call.id.uniqueid
        page = self._pages.get(uniqueid)
        if page is None:
            page = self._pages[uniqueid] = Page(call)
            fresh = tuple(page.facts)
        else:
            fresh = page.turn(call)
        for fact in fresh:
            if fact.kind == FactKind.OFFERED and (queue := self._queues.get(fact.data.get("queue", ""))):
                page.note_offer(fact, queue)
        if page.lost is not None and not page.is_closed:
            self._lost[uniqueid] = page
        self._waiting_facts += len(fresh)
        if fresh or page.is_closed or page.kept == 0:
            self._changed.setdefault(uniqueid)
        self._shed()

    def _keep_spans(self, *spans: AgentSpan | None) -> None:
        for span in spans:
            if span is not None:
                self.spans.put(span)

    def _find_lost(self, snapshot: Snapshot) -> None:
        """Note the open calls that an exact picture of the switch does not show any more."""
        if snapshot.link.state is not LinkState.LIVE:
            return
        alive = {call.id.uniqueid for call in snapshot.calls}
        for uniqueid, page in self._pages.items():
            if uniqueid not in alive and not page.is_closed:
                self._lost[uniqueid] = page
        if self._lost:
            self._news.set()

    def _shed(self) -> None:
        """Keep what waits for the database within its bound: the oldest closed calls go first."""
        if self._waiting_facts <= self._limits.waiting_facts:
            return
        for uniqueid in [uniqueid for uniqueid in self._changed if self._pages[uniqueid].is_closed]:
            page = self._pages.pop(uniqueid)
            del self._changed[uniqueid]
            self._waiting_facts -= page.unkept
            self.counters.calls_lost += 1
            self.counters.facts_lost += page.unkept
            if self._waiting_facts <= self._limits.waiting_facts:
                return

    # --- what is written

    async def _reopen(self) -> None:
        """Take up the calls that an earlier run left open."""
        async with self._store.reading() as session:
            rows = await open_calls(session, self._node)
            facts = await facts_of_each(session, [(row.node, row.uniqueid) for row in rows])
        for row in rows:
            kept, page = facts[row.node, row.uniqueid], self._pages.get(row.uniqueid)
            if page is None:
                self._pages[row.uniqueid] = Page.reopened(row, kept)
                continue
            self._waiting_facts -= page.unkept
            page.adopt(row, kept)
            self._waiting_facts += page.unkept

    async def _account_for_lost(self) -> None:
        """Close the calls whose end nobody saw, with what Asterisk's own books tell of them."""
        if not self._lost:
            return
        lost = frozenset(self._lost)
        told = await self._books.endings(lost, min(self._lost[uniqueid].entered for uniqueid in lost))
        at = self._clock()
        for uniqueid in lost:
            page = self._lost.pop(uniqueid)
            if page.is_closed:
                continue
            self._waiting_facts += page.witness(told[uniqueid])
            page.close(at)
            self.counters.unseen_ends += 1
            self._changed.setdefault(uniqueid)

    async def _write_some(self) -> None:
        """Keep the next batch of each kind of news: what the database refuses of one does not hold up the other."""
        failed: StoreError | None = None
        kinds = ((self._changed, self._write), (self.ended, self.ended.write), (self.spans, self.spans.write))
        for waiting, write in kinds:
            if waiting:
                try:
                    await write()
                except StoreError as error:
                    failed = error
        if failed is not None:
            raise failed

    async def _write(self) -> None:
        """Keep the next batch of what is new of received calls."""
        pages = [self._pages[uniqueid] for uniqueid in islice(self._changed, self._batch)]
        try:
            async with self._store.transaction() as session:
                companies = await self._companies_of(session, pages)
                records = [page.record(_opens_after(page, companies.get(page.company))) for page in pages]
                facts = [fact for page in pages for fact in page.fact_records()]
                counts = [len(page.facts) for page in pages]
                await record_calls(session, records)
                await record_facts(session, facts)
        except StoreError:
            # Smaller next time, and somebody else first: a call that the database refuses must not hold up the others.
            self._batch = 1
            refused = pages[0].id.uniqueid
            if self._changed.pop(refused, self) is None:
                self._changed[refused] = None
            raise
        self._batch = min(self._batch * 2, self._limits.batch)
        for page, record, count in zip(pages, records, counts, strict=True):
            self._written(page, count, has_outcome=record.outcome is not None)

    def _written(self, page: Page, count: int, *, has_outcome: bool) -> None:
        uniqueid = page.id.uniqueid
        if uniqueid not in self._changed:
            return  # it was given up while it was written
        self.counters.facts_kept += count - page.kept
        self._waiting_facts -= count - page.kept
        page.kept = count
        if page.unkept or page.is_closed is not has_outcome:
            return  # more was told meanwhile
        del self._changed[uniqueid]
        if page.is_closed:
            self.counters.calls_closed += 1
            self._closed.add((uniqueid,))
            del self._pages[uniqueid]

    async def _companies_of(self, session: Session, pages: Iterable[Page]) -> dict[str, Company | None]:
        wanted = {page.company for page in pages if page.offer}
        return {company: await self._companies.find(session, company) for company in wanted}

    async def _persist(self, step: Callable[[], Awaitable[None]]) -> None:
        """Do `step`, again and again until the database takes it."""
        pause = self._limits.first_retry
        while True:
            try:
                await step()
            except StoreError as error:
                self.counters.failures += 1
                if self._is_healthy:
                    log.warning("history cannot be written, it waits in memory", extra={"reason": _cause_of(error)})
                self._is_healthy = False
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads retries, guards nothing
                pause = min(2 * pause, self._limits.last_retry)
            else:
                if not self._is_healthy:
                    log.info("history is written again", extra={"waiting": self.waiting})
                self._is_healthy = True
                return


def _cause_of(error: BaseException) -> str:
    """What the database said, if it can be told: only an operational message is sure to repeat no caller's data."""
    while error.__cause__ is not None:
        error = error.__cause__
    name = type(error).__name__
    return f"{name}: {error}" if name == "OperationalError" else name


def _opens_after(page: Page, company: Company | None) -> tuple[float, ...]:
    """When the tiers of the queue that offered the call last open, in seconds of waiting."""
    if page.offer is None or company is None:
        return ()
    queue = company.queues.get(id_of(page.offer.queue.name))
    return tuple(float(step.after) for step in queue.relax) if queue else ()
