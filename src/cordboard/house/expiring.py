"""Removes what is kept for some days only, at a start and every hour: recordings, and who asked to be called back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from cordboard.desk.callbacks import Callbacks
from cordboard.desk.errors import DeskError
from cordboard.desk.recordings import Recordings
from cordboard.house.placement import recordings_folder
from cordboard.settings import Settings
from cordboard.store.company import list_companies, load_company
from cordboard.store.engine import Store
from cordboard.store.errors import StoreError
from cordboard.store.values import Company

log = logging.getLogger(__name__)

ACTOR = "cordboard run"
PAUSE = 3600.0

Expire = Callable[[Company, datetime], Awaitable[int]]
"""Removes what is over of a company at this moment; how many that were. Raises DeskError, OSError."""


async def expire(store: Store, settings: Settings) -> None:
    works = works_of(store, Recordings(store, recordings_folder(settings)), settings.keep_days)
    while True:
        await expire_once(store, works, datetime.now(UTC))
        await asyncio.sleep(PAUSE)


def works_of(store: Store, recordings: Recordings, keep_days: int) -> dict[str, Expire]:
    """By what it is that goes."""
    callbacks = Callbacks(store)

    async def of_recordings(company: Company, now: datetime) -> int:
        return len(await recordings.expire(ACTOR, company, now, keep_days))

    async def of_callbacks(company: Company, now: datetime) -> int:
        return await callbacks.expire(ACTOR, company.id, now - timedelta(days=keep_days))

    return {"recordings": of_recordings, "callbacks": of_callbacks}


async def expire_once(store: Store, works: dict[str, Expire], now: datetime) -> None:
    """Of each company. What cannot be removed is told, keeps nothing else, and is tried again the next time."""
    try:
        async with store.reading() as session:
            companies = [await load_company(session, entry.id) for entry in await list_companies(session)]
    except StoreError:
        return  # told by those whose work it is
    for company in companies:
        for what, work in works.items():
            told = {"company": company.id}
            try:
                count = await work(company, now)
            except (DeskError, OSError) as error:
                log.warning("%s whose time is over were not removed", what, extra={**told, "reason": str(error)})
                continue
            if count:
                log.info("%s removed: their time is over", what, extra={**told, "count": count})
