"""Removes recordings whose time is over, at a start and every hour."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from cordboard.desk.errors import DeskError
from cordboard.desk.recordings import Recordings
from cordboard.store.company import list_companies, load_company
from cordboard.store.engine import Store
from cordboard.store.errors import StoreError

log = logging.getLogger(__name__)

ACTOR = "cordboard run"
PAUSE = 3600.0


async def expire_recordings(
    store: Store, recordings: Recordings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> None:
    while True:
        await expire_once(store, recordings, clock())
        await asyncio.sleep(PAUSE)


async def expire_once(store: Store, recordings: Recordings, now: datetime) -> None:
    """Of each company. What cannot be removed is told, keeps no other company's, and is tried again the next time."""
    try:
        async with store.reading() as session:
            companies = [await load_company(session, entry.id) for entry in await list_companies(session)]
    except StoreError:
        return  # told by those whose work it is
    for company in companies:
        told = {"company": company.id}
        try:
            removed = await recordings.expire(ACTOR, company, now)
        except (DeskError, OSError) as error:
            log.warning("recordings whose time is over were not removed", extra={**told, "reason": str(error)})
            continue
        if removed:
            log.info("recordings removed: their time is over", extra={**told, "count": len(removed)})
