"""What agents did, from when to when: written in batches, read by the figures. Written twice one is there once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from cordboard.store.bulk import Bulk
from cordboard.store.engine import Session
from cordboard.store.fetch import every
from cordboard.store.records import AgentSpan
from cordboard.store.tables import AgentSpan as Row
from cordboard.store.tables import table_of

_SPANS = Bulk(table_of(Row))


async def record_spans(session: Session, spans: Sequence[AgentSpan]) -> None:
    """Add these; one that was noted before from the same beginning ends when it is said to end now."""
    await _SPANS.write(session, spans)


async def spans_within(session: Session, company: str, since: datetime, until: datetime) -> tuple[AgentSpan, ...]:
    """Those of a company's agents of which a part lies between these moments, the earliest first."""
    row = table_of(Row)
    query = select(row).where(row.c.company == company, row.c.until > since, row.c.since < until)
    return tuple(AgentSpan(**found) for found in await every(session, query.order_by(row.c.since, row.c.agent)))
