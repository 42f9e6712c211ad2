"""Takes down who is to be called back: where he may be called, that nobody stands there twice, and not too often."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from agi.ports import CallbackRequest, Reachable
from cordboard.store.audit import record_audit
from cordboard.store.callbacks import (
    TOO_LATE,
    Callback,
    CallbackState,
    add_callback,
    change_callback,
    count_callbacks_to,
    count_open_callbacks,
    open_callback_to,
)
from cordboard.store.engine import Session, Store
from cordboard.store.errors import Conflict, StoreError
from cordboard.store.numbers import digits_inside, international
from cordboard.store.records import AuditEntry
from cordboard.store.values import Company

logger = logging.getLogger(__name__)

STORE_SECONDS = 3.0
"""For which a caller waits until his request is kept."""

MOST_A_DAY = 5
"""Requests of one number in 24 hours: whoever types the number of somebody else annoys him no more often."""
ACTOR = "cordboard answer-call"

May = Callable[[Company, str, str], bool]
"""May somebody be called at a number (E.164), by an item of the company's `outgoing`?"""


def reachable(company: Company, outgoing: str, number: str, may: May) -> Reachable | None:
    """A number as somebody typed it, or as the network gave it, where he may be called."""
    found = international(number, company.country)
    return Reachable(found, digits_inside(found, company.country)) if may(company, outgoing, found) else None


class Requests:
    """Answers `agi.ports.Callbacks` on the switch `node`. `company_of`: a company by its id."""

    def __init__(
        self, store: Store, node: str, company_of: Callable[[str], Awaitable[Company | None]], may: May
    ) -> None:
        self._store = store
        self._node = node
        self._company_of = company_of
        self._may = may

    async def reachable(self, company: str, outgoing: str, number: str) -> Reachable | None:
        known = await self._company_of(company)
        # A number plan is some thousand patterns: other callers are not to wait for it.
        return await asyncio.to_thread(reachable, known, outgoing, number, self._may) if known else None

    async def take(self, request: CallbackRequest) -> bool:
        try:
            async with asyncio.timeout(STORE_SECONDS):
                return await self._take(request)
        except Conflict:
            return True  # he has just been taken down
        except (StoreError, TimeoutError) as error:
            logger.error("a request to be called back is not kept", extra={"reason": str(error)})
            return False

    async def _take(self, request: CallbackRequest) -> bool:
        async with self._store.transaction() as session:
            known = await open_callback_to(session, request.company, request.number)
            if known is not None and not await _is_left_over(session, known, request.asked):
                return True
            since = request.asked - timedelta(days=1)
            if await count_callbacks_to(session, request.company, request.number, since) >= MOST_A_DAY:
                told = {"company": request.company, "call": f"{self._node}/{request.call}"}
                logger.warning("nobody is called back who was to be called so often already", extra=told)
                return False
            if await count_open_callbacks(session, request.company, request.queue) >= request.most_waiting:
                return False
            await add_callback(session, self._kept(request))
        return True

    def _kept(self, request: CallbackRequest) -> Callback:
        return Callback(
            company=request.company,
            node=self._node,
            call=request.call,
            did=request.did,
            queue=request.queue,
            number=request.number,
            language=request.language,
            wants=str(request.wish),
            outgoing=request.outgoing,
            hours=request.schedule,
            tries=request.tries,
            pause=request.pause_seconds,
            asked=request.asked,
            expires=request.expires,
            due=request.asked,
        )


async def _is_left_over(session: Session, known: Callback, now: datetime) -> bool:
    """Is its time over, and nobody ends it, as its switch is not served any more? Then it is ended here."""
    if known.state is not CallbackState.WAITING or known.expires > now:
        return False
    ended = replace(known, state=CallbackState.GIVEN_UP, result=TOO_LATE, ended=now)
    if await change_callback(session, known, ended) is not None:
        detail = f"{TOO_LATE}, {known.attempts} of {known.tries} attempts"
        action = f"callback.{ended.state}"
        entry = AuditEntry(
            at=now, actor=ACTOR, action=action, object=str(known.id), detail=detail, company=known.company
        )
        await record_audit(session, entry)
    return True
