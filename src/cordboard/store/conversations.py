"""Calls as people mean them, once they are over: written in batches, read by lists. Written twice one is there once."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import or_, select

from cordboard.store.bulk import Bulk
from cordboard.store.engine import Session
from cordboard.store.fetch import Key, every, every_of
from cordboard.store.records import ConversationRecord
from cordboard.store.tables import Conversation, table_of

_CONVERSATIONS = Bulk(table_of(Conversation))
_LISTED = select(*(column for column in table_of(Conversation).columns if column.name != "story"))


async def record_conversations(session: Session, conversations: Sequence[ConversationRecord]) -> None:
    """Add these, or bring what is known of them up to date."""
    await _CONVERSATIONS.write(session, conversations)


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
