"""The books that scripts ask: flows, blocked numbers and routes, read from the store, kept while nothing changes.

A call must not wait for a database: what was read last answers when the store is slow or away, and `None` (the
dialplan's compiled value) when nothing was ever read. Which version of a flow a call enters follows from its id and the
clock, so that every process on every node says the same, and a version whose moment comes is met without being read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from agi.flow.document import Flow, FlowRefused, start_node
from agi.flow.routing import NO_WISH, Wish
from agi.ports import Block, Candidate, Clock, PinnedFlow, RouteDecision, RouteRequest
from ami.models import AgentState
from cordboard.calls.presence import UNKNOWN, AgentPresence, Presence
from cordboard.calls.reasons import ENGLISH, Reasons
from cordboard.store.blocks import find_block
from cordboard.store.company import company_revision, list_companies, load_company
from cordboard.store.engine import Session, Store
from cordboard.store.errors import StoreError
from cordboard.store.flows import find_flow, flows_met, version_met
from cordboard.store.records import FlowVersion, Publication
from cordboard.store.skills import penalty_of, queue_with, tier_of, window
from cordboard.store.values import LONGEST_IDLE, RING_ALL, Blocked, Company, QueueSpec

logger = logging.getLogger(__name__)

STORE_SECONDS = 1.0
AHEAD_SECONDS = 3.0
"""What may be taken to read everything before there is a caller."""
UNKNOWN_STATE = "unknown"
T = TypeVar("T")


class SystemClock:
    """The time of day of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Page:
    """What is known of one company, and the revision and publications that it was read at. `flows`: by version, those
    that calls enter now or later, and those that they came in on."""

    revision: int
    company: Company
    met: tuple[Publication, ...]
    flows: dict[int, Flow]


class Books:
    """Answers `agi.ports.Flows`, `Blocks` and `Routes` for all companies of the store."""

    def __init__(self, store: Store, clock: Clock | None = None, speech: str = "") -> None:
        """`speech`: the folder in which this switch has what is spoken; "": there is none."""
        self._store = store
        self._clock = clock or SystemClock()
        self._speech = speech
        self._pages: dict[str, _Page] = {}
        self._is_reachable = True
        self.presence: Presence = UNKNOWN

    async def read_ahead(self) -> None:
        """Read every company, while no caller waits: many who come at once to books that were never opened would all
        read them, each for too long."""

        async def ask() -> None:
            async with self._store.reading() as session:
                companies = await list_companies(session)
            for company in companies:
                await self._read_page(company.id)

        await self._asked(ask, None, AHEAD_SECONDS)

    async def entry(self, company: str, did: str, call: str, version: int | None) -> PinnedFlow | None:
        page = await self._page(company)
        if page is None:
            return None
        if version is not None and (found := start_in(await self._flow(page, version), version, did)):
            return found
        met = version_met(page.met, self._clock.now(), did, call)
        return start_in(page.flows[met.version], met.version, did) if met else None

    async def _flow(self, page: _Page, version: int) -> Flow | None:
        """A version that a call is on, however old."""

        async def ask() -> Flow | None:
            async with self._store.reading() as session:
                found = await find_flow(session, page.company.id, version)
            return self._read(found) if found else None

        if version not in page.flows and (flow := await self._asked(ask, None)):
            page.flows[version] = flow
        return page.flows.get(version)

    async def find(self, company: str, number: str) -> Block | None:
        async def ask() -> Block | None:
            async with self._store.reading() as session:
                return block_of(await find_block(session, company, number))

        return await self._asked(ask, None)

    async def decide(self, request: RouteRequest) -> RouteDecision | None:
        page = await self._page(request.company)
        queue = page.company.queues.get(request.queue) if page else None
        if page is None or queue is None:
            return None
        return decide(page.company, queue, self.presence, request.at, request.wish)

    async def company(self, company: str) -> Company | None:
        """The company with this id."""
        page = await self._page(company)
        return page.company if page else None

    async def _page(self, company: str) -> _Page | None:
        return await self._asked(lambda: self._read_page(company), self._pages.get(company))

    async def _read_page(self, company: str) -> _Page | None:
        async with self._store.reading() as session:
            known = self._pages.get(company)
            revision = await company_revision(session, company)
            met = await flows_met(session, company, at=self._clock.now())
            if not revision or not met:
                return None
            if known and (known.revision, known.met) == (revision, met):
                return known
            page = _Page(
                revision,
                await load_company(session, company),
                met,
                {each.version: await self._flow_of(session, each, known) for each in met},
            )
        self._pages[company] = page
        return page

    async def _flow_of(self, session: Session, publication: Publication, known: _Page | None) -> Flow:
        """What a version never changes is not read twice."""
        if known and publication.version in known.flows:
            return known.flows[publication.version]
        found = await find_flow(session, publication.company, publication.version)
        assert found is not None, "read in the transaction that lists it"
        return self._read(found)

    def _read(self, version: FlowVersion) -> Flow:
        flow = Flow.from_json(version.document)
        return flow.placed(self._speech) if self._speech else flow

    async def _asked(self, ask: Callable[[], Awaitable[T]], otherwise: T, seconds: float = STORE_SECONDS) -> T:
        try:
            async with asyncio.timeout(seconds):
                answer = await ask()
        except FlowRefused as error:
            logger.error("a version of menus cannot be read, what was read last is used", extra={"error": str(error)})
            return otherwise
        except (StoreError, TimeoutError) as error:
            if self._is_reachable:
                logger.error("the store does not answer, what was read last is used", extra={"error": str(error)})
            self._is_reachable = False
            return otherwise
        if not self._is_reachable:
            logger.info("the store answers again")
        self._is_reachable = True
        return answer


def start_in(flow: Flow | None, version: int, did: str) -> PinnedFlow | None:
    """Where callers of a DID (its id) begin; None: the flow does not know it."""
    start = start_node(did)
    return PinnedFlow(flow, version, start) if flow is not None and start in flow.nodes else None


def block_of(found: Blocked | None) -> Block | None:
    """What stops a caller, in a script's words."""
    if found is None:
        return None
    return Block(found.reason, "message" if found.message else "hangup", found.message or "")


def decide(
    company: Company,
    queue: QueueSpec,
    presence: Presence,
    at: datetime,
    wish: Wish = NO_WISH,
    reasons: Reasons = ENGLISH,
) -> RouteDecision:
    """Where a caller of `queue` starts, and why. One for whom more skills are wanted waits in the queue that asks for
    them as well, if there is one.

    The skill window opens at the queue's own levels. If nobody who has them is logged in, waiting for them is in vain:
    it opens at the first relaxation step that somebody logged in meets. Steps after that widen it as written.
    """
    why = []
    if wish.skills:
        found = queue_with({each.id: each.skills for each in company.queues.values()}, queue.id, wish.skills)
        name = company.queues[found].name if found else ""
        why.append(reasons.menus_want(_levels(wish.skills), queue.name, name))
        queue = company.queues[found] if found else queue
    if wish.priority is not None:
        why.append(reasons.priority(wish.priority))
    candidates = _candidates(company, queue, presence, at, reasons)
    required = _levels(queue.requirements[0])
    why.append(reasons.wants(queue.name, required))
    why += [reasons.relaxed(step.after, _levels(step.skills)) for step in queue.relax]
    tier = 0
    tiers = [candidate.tier for candidate in candidates if candidate.state != AgentState.LOGGED_OUT]
    if not presence.is_known:
        why.append(reasons.unknown_states)
    elif not tiers:
        why.append(reasons.nobody_there)
    elif min(tiers) > 0:
        tier = min(tiers)
        why.append(reasons.opens_at_once(required, _levels(queue.requirements[tier])))
    limit = window(tier)
    candidates = tuple(_not_yet(candidate, queue, limit, reasons) for candidate in candidates)
    ready = [candidate for candidate in candidates if candidate.skipped_because is None]
    if presence.is_known:
        why.append(_first(ready, queue.strategy, reasons))
    return RouteDecision(
        queue=queue.id,
        priority=queue.priority if wish.priority is None else wish.priority,
        max_penalty=limit,
        why=tuple(why),
        candidates=candidates,
    )


def _candidates(
    company: Company, queue: QueueSpec, presence: Presence, at: datetime, reasons: Reasons
) -> tuple[Candidate, ...]:
    """All whose skills allow them this queue, in the order of being offered: ready ones by penalty, of equals the
    longest idle where that decides; then the others."""
    found: list[Candidate] = []
    for person in company.people.values():
        tier, penalty = tier_of(queue, person.skills), penalty_of(queue, person.skills)
        if tier is None or penalty is None or not person.extension:
            continue
        agent = presence.agents.get(company.switch_name(person.id))
        state = agent.state if agent else AgentState.LOGGED_OUT if presence.is_known else UNKNOWN_STATE
        idle = max(0.0, (at - agent.last_call).total_seconds()) if agent and agent.last_call else None
        skipped = _skipped(agent, reasons) if presence.is_known else None
        found.append(Candidate(person.id, person.name, tier, penalty, state, idle, skipped))
    found.sort(key=lambda candidate: _order(candidate, queue.strategy))
    return tuple(found)


def _first(ready: Sequence[Candidate], strategy: str, reasons: Reasons) -> str:
    """Who is rung first, as far as that can be told before app_queue decides."""
    if not ready:
        return reasons.nobody_ready
    names = [candidate.name for candidate in ready if candidate.penalty == ready[0].penalty]
    if len(names) == 1 or strategy == LONGEST_IDLE:
        return reasons.offered_to(names[0])
    if strategy == RING_ALL:
        return reasons.offered_at_once_to(names)
    return reasons.offered_to_one_of(names)


def _order(candidate: Candidate, strategy: str) -> tuple[bool, int, float, str]:
    # Somebody who had no call yet is the longest idle of all, as in app_queue.
    idle = float("inf") if candidate.idle_seconds is None else candidate.idle_seconds
    if strategy != LONGEST_IDLE:
        idle = 0.0
    return candidate.skipped_because is not None, candidate.penalty, -idle, candidate.agent


def _skipped(agent: AgentPresence | None, reasons: Reasons) -> str | None:
    if agent is None or agent.state is AgentState.LOGGED_OUT:
        return reasons.not_logged_in
    if agent.state in reasons.is_away:
        return reasons.away(agent.state, agent.pause_reason)
    return reasons.is_busy.get(agent.state)


def _not_yet(candidate: Candidate, queue: QueueSpec, limit: int, reasons: Reasons) -> Candidate:
    if candidate.skipped_because is not None or candidate.penalty <= limit:
        return candidate
    return replace(candidate, skipped_because=reasons.not_before(queue.relax[candidate.tier - 1].after))


def _levels(required: Mapping[str, int]) -> str:
    return ", ".join(f"{skill} {level}" for skill, level in required.items())
