"""Deeds about a switch, kept: a line in the audit trail, and the whole record with the generation that it is about."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from cordboard.provisioning.applied import Applied
from cordboard.provisioning.generations import State
from cordboard.provisioning.moments import when
from cordboard.provisioning.outcome import applied_json
from cordboard.store.audit import last_audit, record_audit
from cordboard.store.engine import Session, Store
from cordboard.store.errors import StoreError
from cordboard.store.records import AuditEntry, Generation, GenerationState
from cordboard.store.switches import (
    add_generation,
    find_generation,
    list_generations,
    mark_generation,
    next_generation,
)

log = logging.getLogger(__name__)

Result = Mapping[str, Any]
"""As `applied_json` told it; empty if nothing is known."""
STATES = {
    State.PREPARED: GenerationState.WRITTEN,
    State.SWITCHED: GenerationState.APPLIED,
    State.VERIFIED: GenerationState.CONFIRMED,
    State.FAILED: GenerationState.FAILED,
}


class Deed(StrEnum):
    """What the audit trail calls it."""

    APPLY = "deploy.apply"
    ROLLBACK = "deploy.rollback"
    CONFIRM = "deploy.confirm"
    REVERT = "deploy.revert"
    SETTLE = "deploy.settle"
    SWEEP = "deploy.sweep"
    VERIFY = "deploy.verify"
    DRIFT = "deploy.drift"


class Ledger:
    """For the switch of this name. By the time something is kept Asterisk has changed: a database that fails then does
    not undo it, and is told in the log."""

    def __init__(self, store: Store, node: str) -> None:
        self._store = store
        self._node = node

    async def next_number(self) -> int:
        """One above the greatest that the database knows. Raises StoreError."""
        async with self._store.reading() as session:
            return await next_generation(session, self._node)

    async def results(self, since: int) -> Mapping[int, Result]:
        """Generation -> what came of putting it into force, from number `since` on. Nothing if the database is away."""
        try:
            async with self._store.reading() as session:
                known = await list_generations(session, self._node, None, since=since)
        except StoreError:
            return {}
        return {each.number: each.manifest.get("result", {}) for each in known}

    async def is_news(self, applied: Applied) -> bool:
        """Did something happen that the database does not tell yet? Raises StoreError."""
        if applied.reloaded or applied.failed is not None or applied.interrupted:
            return True
        if applied.generation is None or not applied.is_verified:
            return False
        async with self._store.reading() as session:
            known = await find_generation(session, self._node, applied.generation)
        return known is None or known.state is not GenerationState.CONFIRMED

    async def record(
        self, actor: str, deed: Deed, what: str, applied: Applied, revisions: Mapping[str, int] | None = None
    ) -> None:
        """Keep what came of a deed. `revisions`: of the companies that a new generation was made from."""
        detail = f"{what}: {told(applied)}, {applied.seconds:.1f} s"
        now = datetime.now(UTC)
        try:
            async with self._store.transaction() as session:
                await self._keep_generation(session, actor, deed, applied, revisions or {}, now)
                await record_audit(session, self._entry(actor, deed, detail, now))
        except StoreError as error:
            log.error("deployment not recorded", extra={"detail": detail, "reason": str(error)})

    async def note(self, actor: str, deed: Deed, detail: str) -> None:
        """Keep a line."""
        try:
            async with self._store.transaction() as session:
                await record_audit(session, self._entry(actor, deed, detail, datetime.now(UTC)))
        except StoreError as error:
            log.error("deed not recorded", extra={"detail": detail, "reason": str(error)})

    async def last_line(self, deed: Deed) -> str | None:
        """What was kept last of such a deed; None if nothing was, or the database is away."""
        try:
            async with self._store.reading() as session:
                lines = await last_audit(session, actions=(deed,))
        except StoreError:
            return None
        return next((line.detail for line in lines if line.object == self._node), None)

    def _entry(self, actor: str, deed: Deed, detail: str, now: datetime) -> AuditEntry:
        return AuditEntry(at=now, actor=actor, action=deed, object=self._node, detail=detail)

    async def _keep_generation(
        self,
        session: Session,
        actor: str,
        deed: Deed,
        applied: Applied,
        revisions: Mapping[str, int],
        now: datetime,
    ) -> None:
        tried = applied.failed if applied.failed is not None else applied.generation
        if tried is not None and await find_generation(session, self._node, tried) is None:
            await add_generation(
                session,
                Generation(
                    node=self._node,
                    number=tried,
                    state=GenerationState.WRITTEN,
                    revisions=revisions,
                    manifest={"deed": str(deed), "result": applied_json(applied)},
                    created=now,
                    by=actor,
                    changed=now,
                ),
            )
        failed = () if applied.failed is None else (applied.failed,)
        for never in (*applied.interrupted, *applied.taken_back, *failed):
            await mark_generation(session, self._node, never, GenerationState.FAILED, now)
        if applied.generation is not None and applied.generation != applied.failed:
            await mark_generation(session, self._node, applied.generation, STATES[applied.state], now)


def told(applied: Applied) -> str:
    """What came of a deed, in a line."""
    before = "".join(f"generation {number} was interrupted, " for number in applied.interrupted)
    reloads = f", reloaded {' '.join(applied.reloaded)}" if applied.reloaded else ""
    swept = f", swept {' '.join(map(str, applied.swept))}" if applied.swept else ""
    moved = len(applied.people.differences) if applied.people else 0
    people = f", {moved} callers or agents not as they were" if moved else ""
    trial = f", on trial until {when(applied.trial.until)}" if applied.trial else ""
    if applied.failed is not None:
        failure = f"generation {applied.failed} failed ({applied.reason})"
        return f"{before}{failure}, {applied.generation} is in force{reloads}{people}"
    gone = "".join(f"generation {number} taken back, " for number in applied.taken_back)
    gone += "".join(f"{company} as before, " for company in applied.companies_back)
    reason = f" ({applied.reason})" if applied.reason else ""
    return f"{before}{gone}generation {applied.generation} {applied.state}{reason}{reloads}{swept}{people}{trial}"
