"""What another system is still to be told, or was not told in the end: kept until it took it, or for some time.

A row is taken for one try by comparing what stands in it, so that several daemons on one database never try one at
once. What a notice says may be personal: it goes with the row.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, delete, insert, select, update

from cordboard.store.engine import Session
from cordboard.store.fetch import every, first
from cordboard.store.tables import Notice as Row
from cordboard.store.tables import table_of


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptNotice:
    """`key` is the same at each try. `due`: when it is tried next; None: it is given up, a dead letter. `tries`: those
    behind it, of `retries`; `since`: when these began. `reason`: why it was not taken last."""

    company: str
    key: str
    node: str
    source: str
    content: Mapping[str, str] = field(repr=False)
    retries: int
    since: datetime
    due: datetime | None
    reason: str
    tries: int = 0


async def keep_notice(session: Session, notice: KeptNotice) -> None:
    """One that is kept already stays as it is."""
    row = table_of(Row)
    if await first(session, select(row.c.key).where(row.c.key == notice.key)) is None:
        await session.execute(insert(row).values(asdict(notice)))


async def list_notices(session: Session) -> tuple[KeptNotice, ...]:
    """Dead letters first, then those that are due soonest."""
    row = table_of(Row)
    query = select(row).order_by(row.c.due.is_not(None), row.c.due, row.c.since, row.c.key)
    return tuple(KeptNotice(**found) for found in await every(session, query))


async def due_notices(session: Session, sources: Collection[str], now: datetime, most: int) -> tuple[KeptNotice, ...]:
    """Those that are to be tried now by one of these connections, the longest due first."""
    row = table_of(Row)
    query = select(row).where(row.c.due <= now, row.c.source.in_(sources)).order_by(row.c.due).limit(most)
    return tuple(KeptNotice(**found) for found in await every(session, query))


async def take_notice(session: Session, notice: KeptNotice, due: datetime) -> bool:
    """Try it once more, and be due then if nothing is heard of this try; False: somebody else has taken it."""
    return await _change(session, notice, tries=notice.tries + 1, due=due)


async def give_up(session: Session, notice: KeptNotice, reason: str) -> None:
    """Make it a dead letter, as it was seen."""
    await _change(session, notice, due=None, reason=reason)


async def note_reason(session: Session, notice: KeptNotice, reason: str) -> None:
    """Why it was not taken, as it was seen."""
    await _change(session, notice, reason=reason)


async def try_again(session: Session, key: str, now: datetime) -> KeptNotice | None:
    """Be due now, with all its tries before it; None: there is none of this key."""
    return await _known(session, key, update(table_of(Row)).values(due=now, since=now, tries=0))


async def drop_notice(session: Session, key: str) -> KeptNotice | None:
    """Forget it; None: there is none of this key."""
    return await _known(session, key, delete(table_of(Row)))


async def give_up_old(session: Session, before: datetime, reason: str) -> int:
    """Make dead letters of those that were to be told since before then; how many."""
    row = table_of(Row)
    return await _count(
        session, update(row).where(row.c.due.is_not(None), row.c.since < before).values(due=None, reason=reason)
    )


async def forget_old(session: Session, before: datetime) -> int:
    """Forget the dead letters from before then; how many."""
    row = table_of(Row)
    return await _count(session, delete(row).where(row.c.due.is_(None), row.c.since < before))


async def _known(session: Session, key: str, deed: Any) -> KeptNotice | None:
    row = table_of(Row)
    found = await first(session, select(row).where(row.c.key == key))
    if found is None or not await _count(session, deed.where(row.c.key == key)):
        return None
    return KeptNotice(**found)


async def _change(session: Session, notice: KeptNotice, **values: Any) -> bool:
    row = table_of(Row)
    as_seen = row.c.key == notice.key, row.c.tries == notice.tries, row.c.since == notice.since
    return bool(await _count(session, update(row).where(*as_seen, row.c.due.is_not(None)).values(**values)))


async def _count(session: Session, deed: Any) -> int:
    done = await session.execute(deed)
    assert isinstance(done, CursorResult)
    return done.rowcount
