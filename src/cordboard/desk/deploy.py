"""Brings the configuration to the switch: plan, apply exactly that plan, verify. Checks first, effects after."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from enum import StrEnum

from agi.flow.document import Flow
from ami.client import Manager
from ami.errors import LinkDown, LoginRefused
from cordboard.provisioning.apply import Applied, Deployer
from cordboard.provisioning.desired import Desired, desired
from cordboard.provisioning.errors import DeployBusy, PlanRefused
from cordboard.provisioning.generations import State
from cordboard.provisioning.plan import Plan
from cordboard.provisioning.rehearsal import Rehearsal
from cordboard.provisioning.sources import Placement, Tenant
from cordboard.store.audit import record_audit
from cordboard.store.company import list_companies, load_company, sip_secrets, voicemail_pins
from cordboard.store.engine import Session, Store
from cordboard.store.errors import StoreError
from cordboard.store.flows import current_flow
from cordboard.store.records import AuditEntry, Generation, GenerationState
from cordboard.store.switches import add_generation, find_generation, mark_generation, next_generation

log = logging.getLogger(__name__)

PATIENCE = 3.0  # seconds; whoever follows Asterisk reads back for some 40 ms whenever it listed everything again
RETRY = 0.05
OpenManager = Callable[[], AbstractAsyncContextManager[Manager]]
STATES = {
    State.PREPARED: GenerationState.WRITTEN,
    State.SWITCHED: GenerationState.APPLIED,
    State.VERIFIED: GenerationState.CONFIRMED,
    State.FAILED: GenerationState.FAILED,
}


class Deed(StrEnum):
    """What the audit trail calls it."""

    APPLY = "deploy.apply"
    SETTLE = "deploy.settle"
    VERIFY = "deploy.verify"


class Deployment:
    """What may be done about the configuration of one switch. `open_manager` opens its deploying account; `patience` is
    how long (seconds) a deployment of somebody else is waited for: a read-back is over by then, an apply is told."""

    def __init__(
        self,
        store: Store,
        deployer: Deployer,
        placement: Placement,
        open_manager: OpenManager,
        *,
        patience: float = PATIENCE,
    ) -> None:
        self._store = store
        self._deployer = deployer
        self._placement = placement
        self._open_manager = open_manager
        self._patience = patience

    async def plan(self, *, allow_shrink: bool = False) -> Plan:
        """What an apply would change. Changes nothing. Raises StoreError, StorageFailed, AmiError."""
        wanted, _ = await self._desired()
        async with self._asterisk() as manager:
            return await self._deployer.look(wanted, manager, allow_shrink=allow_shrink)

    async def apply(self, actor: str, identity: str, *, allow_shrink: bool = False) -> Applied:
        """Put exactly the plan with this identity into force, for `actor`.

        After it, whoever follows the live state lists the queues again and puts logged-in agents back if
        `were_queues_reloaded`. Raises PlanStale, PlanRefused, DeployBusy, StorageFailed, StoreError, AmiError: then
        nothing was changed.
        """
        wanted, revisions = await self._desired()
        number = await self._next_number()
        began = time.monotonic()
        async with self._asterisk() as manager:
            applied = await self._in_turn(
                lambda: self._deployer.apply(
                    identity,
                    wanted,
                    manager,
                    by=actor,
                    allow_shrink=allow_shrink,
                    number=number,
                    notes={"revisions": revisions},
                )
            )
        await self._record(actor, Deed.APPLY, f"plan {identity}", applied, revisions, time.monotonic() - began)
        return applied

    async def rehearse(self, rehearsal: Callable[[Desired], Awaitable[Rehearsal]]) -> Rehearsal:
        """Try what the database wants in a throw-away Asterisk. Raises StoreError, and PlanRefused if the checks found
        errors."""
        wanted, _ = await self._desired()
        if not wanted.is_possible:
            raise PlanRefused([problem for problem in wanted.problems if not problem.is_warning])
        return await rehearsal(wanted)

    async def wanted(self) -> Desired:
        """What the database wants Asterisk to run, checked. Raises StoreError."""
        wanted, _ = await self._desired()
        return wanted

    async def lines_to_add(self) -> dict[str, str]:
        """For an Asterisk that is not ours: file -> the lines that its owner adds to it, once. Raises StoreError."""
        wanted, _ = await self._desired()
        return wanted.lines_to_add()

    async def verify(self, actor: str = "cordboard verify") -> Applied:
        """Read back what Asterisk runs; reloads nothing. Raises DeployBusy, StorageFailed, StoreError, AmiError."""
        began = time.monotonic()
        async with self._asterisk() as manager:
            verified = await self._in_turn(lambda: self._deployer.verify(manager, by=actor))
        if await self._is_news(verified):
            await self._record(actor, Deed.VERIFY, "verification", verified, {}, time.monotonic() - began)
        return verified

    async def settle(self, actor: str) -> Applied:
        """Finish or put back what the last deployment left unfinished: at a start, and when Asterisk is back.

        Raises DeployBusy, StorageFailed, StoreError, AmiError.
        """
        began = time.monotonic()
        async with self._asterisk() as manager:
            applied = await self._in_turn(lambda: self._deployer.settle(manager, by=actor))
        if await self._is_news(applied):
            await self._record(actor, Deed.SETTLE, "unfinished deployment", applied, {}, time.monotonic() - began)
        return applied

    async def _in_turn(self, work: Callable[[], Awaitable[Applied]]) -> Applied:
        """Do it when it is our turn; DeployBusy only after our patience."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._patience
        while True:
            try:
                return await work()
            except DeployBusy:
                if loop.time() >= end:
                    raise
            await asyncio.sleep(RETRY)

    # --- what it is made from, and where it is told ------------------------------------------------------------------

    async def _desired(self) -> tuple[Desired, dict[str, int]]:
        """What the database wants, all of one moment, and the revision of each company."""
        async with self._store.reading() as session:
            entries = await list_companies(session)
            tenants = [await _tenant(session, entry.id) for entry in entries]
        return desired(tenants, self._placement), {entry.id: entry.revision for entry in entries}

    async def _next_number(self) -> int:
        async with self._store.reading() as session:
            return await next_generation(session, self._placement.systemname)

    @asynccontextmanager
    async def _asterisk(self) -> AsyncIterator[Manager | None]:
        """The deploying account, or None if Asterisk cannot be reached with it."""
        async with AsyncExitStack() as stack:
            manager: Manager | None
            try:
                manager = await stack.enter_async_context(self._open_manager())
            except LinkDown:
                manager = None
            except LoginRefused:
                # An Asterisk that is not ours learns of the account by the first generation.
                if not self._deployer.is_first:
                    raise
                manager = None
            yield manager

    async def _is_news(self, applied: Applied) -> bool:
        """Did something happen that the database does not tell yet?"""
        if applied.reloaded or applied.failed is not None or applied.interrupted:
            return True
        if applied.generation is None or not applied.is_verified:
            return False
        async with self._store.reading() as session:
            known = await find_generation(session, self._placement.systemname, applied.generation)
        return known is None or known.state is not GenerationState.CONFIRMED

    async def _record(
        self, actor: str, deed: Deed, what: str, applied: Applied, revisions: dict[str, int], seconds: float
    ) -> None:
        """Keep what came of it. By now Asterisk has changed: a database that fails here does not undo that."""
        now = datetime.now(UTC)
        node = self._placement.systemname
        detail = f"{what}: {_told(applied)}, {seconds:.1f} s"
        try:
            async with self._store.transaction() as session:
                await self._keep_generation(session, applied, revisions, actor, now)
                entry = AuditEntry(at=now, actor=actor, action=deed, object=node, detail=detail)
                await record_audit(session, entry)
        except StoreError as error:
            log.error("deployment not recorded", extra={"detail": detail, "reason": str(error)})

    async def _keep_generation(
        self, session: Session, applied: Applied, revisions: dict[str, int], actor: str, now: datetime
    ) -> None:
        node = self._placement.systemname
        tried = applied.failed if applied.failed is not None else applied.generation
        if tried is not None and await find_generation(session, node, tried) is None:
            await add_generation(
                session,
                Generation(
                    node=node,
                    number=tried,
                    state=GenerationState.WRITTEN,
                    revisions=revisions,
                    manifest={"differences": [str(difference) for difference in applied.differences]},
                    created=now,
                    by=actor,
                    changed=now,
                ),
            )
        for never in (*applied.interrupted, *(() if applied.failed is None else (applied.failed,))):
            await mark_generation(session, node, never, GenerationState.FAILED, now)
        if applied.generation is not None and applied.generation != applied.failed:
            await mark_generation(session, node, applied.generation, STATES[applied.state], now)


async def _tenant(session: Session, company: str) -> Tenant:
    flow = await current_flow(session, company)
    return Tenant(
        company=await load_company(session, company),
        flow=Flow.from_json(flow.document) if flow else Flow(nodes={}),
        flow_version=flow.version if flow else 0,
        sip_secrets={name: each.get_secret_value() for name, each in (await sip_secrets(session, company)).items()},
        pins={name: each.get_secret_value() for name, each in (await voicemail_pins(session, company)).items()},
    )


def _told(applied: Applied) -> str:
    before = "".join(f"generation {number} was interrupted, " for number in applied.interrupted)
    reloads = f", reloaded {' '.join(applied.reloaded)}" if applied.reloaded else ""
    if applied.failed is not None:
        failure = f"generation {applied.failed} failed ({applied.reason})"
        return f"{before}{failure}, {applied.generation} is in force{reloads}"
    reason = f" ({applied.reason})" if applied.reason else ""
    return f"{before}generation {applied.generation} {applied.state}{reason}{reloads}"
