"""Calls as people mean them, once they are over: written in batches, read by lists. Written twice one is there once."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from cordboard.store.bulk import Bulk
from cordboard.store.engine import Session
from cordboard.store.fetch import Key, every, every_of
from cordboard.store.records import ConversationRecord
from cordboard.store.tables import Conversation, table_of

_CONVERSATIONS = Bulk(table_of(Conversation))
_REPAIRED = Bulk(table_of(Conversation), keeps=True)
_LONGEST = timedelta(hours=24)
"""A call that began longer before is not looked for."""
_AROUND = timedelta(seconds=5)
_LISTED = select(*(column for column in table_of(Conversation).columns if column.name != "story"))


async def record_conversations(session: Session, conversations: Sequence[ConversationRecord]) -> None:
    """Add these, or bring what is known of them up to date. What records tell does not replace what was seen."""
    await _REPAIRED.write(session, [each for each in conversations if each.is_repaired])
    await _CONVERSATIONS.write(session, [each for each in conversations if not each.is_repaired])


async def find_conversations(
    session: Session, keys: Sequence[Key], *, with_story: bool = False
) -> dict[Key, ConversationRecord]:
    """Those of these that there are; their stories only for who wants them."""
    row = table_of(Conversation)
    query = select(row) if with_story else _LISTED
    return {
        (found["node"], found["uniqueid"]): ConversationRecord(**found)
        async for found in every_of(session, query, row, keys)
    }


async def last_conversations(
    session: Session, company: str, limit: int = 50, directions: Collection[str] | None = None
) -> tuple[ConversationRecord, ...]:
    """Those of a company that ended last and went these ways, the latest first, without their stories; but for those
    that went on as part of another."""
    row = table_of(Conversation)
    query = _LISTED.where(row.c.company == company, row.c.merged_into.is_(None))
    if directions is not None:
        query = query.where(row.c.direction.in_(list(directions)))
    query = query.order_by(row.c.ended.desc(), row.c.uniqueid).limit(limit)
    return tuple(ConversationRecord(**each) for each in await every(session, query))


async def conversation_with(
    session: Session, company: str, leg: str, since: datetime, until: datetime
) -> ConversationRecord | None:
    """The one of a company that was up at some time between these and whose story names this leg; if it went on as part
    of another, the other."""
    row = table_of(Conversation)
    query = select(row).where(
        row.c.company == company,
        row.c.ended >= since,
        row.c.started <= until,
        or_(row.c.uniqueid == leg, row.c.story.contains(f'"{leg}"', autoescape=True)),
    )
    found = [ConversationRecord(**each) for each in await every(session, query)]
    return min(found, key=lambda each: each.merged_into is not None, default=None)


async def unknown_conversations(
    session: Session, node: str, legs: Mapping[str, tuple[datetime, Collection[str]]]
) -> frozenset[str]:
    """Those of these calls of a switch, by linkedid, that have no row: neither under that id, nor one that has a leg of
    theirs. Of each is given when it began, and its legs."""
    known = await find_conversations(session, [(node, linkedid) for linkedid in legs])
    unknown = [linkedid for linkedid in legs if (node, linkedid) not in known]
    return frozenset([each for each in unknown if not await _has_leg(session, node, *legs[each])])


async def _has_leg(session: Session, node: str, began: datetime, legs: Collection[str]) -> bool:
    row = table_of(Conversation)
    query = select(row.c.uniqueid).where(
        row.c.node == node,
        row.c.started >= began - _LONGEST,
        row.c.started <= began + _AROUND,
        row.c.ended >= began - _AROUND,
        or_(*(row.c.story.contains(f'"{leg}"', autoescape=True) for leg in legs)),
    )
    return (await session.execute(query.limit(1))).first() is not None


async def last_begun(session: Session, node: str) -> datetime | None:
    """When the latest of a switch began; None: it has none."""
    row = table_of(Conversation)
    found: datetime | None = (await session.execute(select(func.max(row.c.started)).where(row.c.node == node))).scalar()
    return found
