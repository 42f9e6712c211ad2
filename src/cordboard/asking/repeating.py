"""Tells another system again what it has not taken: kept first, then tried with growing pauses, then given up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from agi.flow.lookup import Untrue
from agi.ports import Notice
from cordboard.asking.asker import Asker
from cordboard.asking.errors import Unasked
from cordboard.store.engine import Store
from cordboard.store.errors import StoreError
from cordboard.store.notices import (
    KeptNotice,
    drop_notice,
    due_notices,
    forget_old,
    give_up,
    give_up_old,
    keep_notice,
    note_reason,
    take_notice,
)

logger = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
"""The pause before each try is twice the one before, up to this."""
MOST_AGE = timedelta(days=1)
"""What was not told by then is given up: nobody wants to read it any more."""
KEPT_FOR = timedelta(days=30)
"""How long what was given up can still be told or looked at."""
AT_ONCE = 10
LOOKS = 5.0
"""Seconds between two looks at what is due."""
SWEEPS = timedelta(hours=1)
PATIENCE = 30.0
"""Seconds that a try may take: no caller waits for it."""
TOO_OLD = "nobody told it within a day"
_FOR_GOOD = (Unasked, Untrue)
"""What does not pass by itself."""


class Keeper:
    """Keeps what was not taken at once, if it is to be told again."""

    def __init__(self, store: Store, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._clock = clock

    async def keep(self, notice: Notice, error: Exception) -> None:
        """Raises nothing: what cannot be kept is told by the log."""
        if not notice.retries:
            return
        if notice.secrets:
            logger.warning("a notice that holds a secret is not kept, and not told again", extra=_facts(notice))
            return
        now = self._clock()
        kept = KeptNotice(
            company=notice.company,
            key=notice.key,
            node=notice.node,
            source=notice.source,
            content=dict(notice.values),
            retries=notice.retries,
            since=now,
            due=None if isinstance(error, _FOR_GOOD) else now + pause(0),
            reason=_reason(error),
        )
        try:
            async with self._store.transaction() as session:
                await keep_notice(session, kept)
        except StoreError as failure:
            logger.error("a notice could not be kept, and is lost", extra={**_facts(notice), "error": str(failure)})


class Repeater:
    """Tries what is due, by the connections of this site."""

    def __init__(self, store: Store, asker: Asker, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._asker = asker
        self._clock = clock
        self._swept = datetime.min.replace(tzinfo=UTC)

    async def run(self) -> NoReturn:
        """Look again and again; a database that is away is waited for."""
        failure = ""
        while True:
            try:
                await self.look()
                failure = ""
            except StoreError as error:
                if str(error) != failure:
                    logger.warning("notices are not told again now", extra={"error": str(error)})
                failure = str(error)
            await asyncio.sleep(LOOKS)

    async def look(self) -> None:
        """Let go what is too old, and try once what is due. Raises StoreError."""
        now = self._clock()
        if now - self._swept >= SWEEPS:
            await self._sweep(now)
            self._swept = now
        async with self._store.reading() as session:
            due = await due_notices(session, self._asker.sources, now, AT_ONCE)
        tried = await asyncio.gather(*(self._try(notice, now) for notice in due), return_exceptions=True)
        for error in tried:
            if error is not None:
                raise error

    async def _sweep(self, now: datetime) -> None:
        async with self._store.transaction() as session:
            given_up = await give_up_old(session, now - MOST_AGE, TOO_OLD)
            await forget_old(session, now - KEPT_FOR)
        if given_up:
            logger.warning("notices are given up", extra={"number": given_up, "reason": TOO_OLD})

    async def _try(self, kept: KeptNotice, now: datetime) -> None:
        # Due later before it is tried: who dies meanwhile has lost nothing, and its key tells a repetition.
        async with self._store.transaction() as session:
            if not await take_notice(session, kept, now + pause(kept.tries + 1)):
                return
        taken = replace(kept, tries=kept.tries + 1)
        error = await self._asker.tell(
            Notice(kept.node, kept.source, kept.content, frozenset(), kept.key, PATIENCE, kept.retries, kept.company)
        )
        async with self._store.transaction() as session:
            if error is None:
                await drop_notice(session, kept.key)
            elif taken.tries >= kept.retries or isinstance(error, _FOR_GOOD):
                await give_up(session, taken, _reason(error))
                logger.warning("a notice is given up", extra=_facts(kept))
            else:
                await note_reason(session, taken, _reason(error))


def pause(tries: int) -> timedelta:
    """How long to wait before the next try, after so many in the background."""
    return min(FIRST_PAUSE * (1 << tries), LONGEST_PAUSE)


def _facts(notice: Notice | KeptNotice) -> dict[str, str]:
    return {"connection": notice.source, "node": notice.node, "notice": notice.key}


def _reason(error: Exception) -> str:
    return str(error) or "no answer in time"
