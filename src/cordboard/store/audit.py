"""The audit trail: who did what, to what. Lines are added and read, never changed."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import insert, select

from cordboard.store.engine import Session
from cordboard.store.fetch import every
from cordboard.store.records import AuditEntry
from cordboard.store.tables import Audit, table_of


async def record_audit(session: Session, entry: AuditEntry) -> None:
    """Part of the caller's transaction: the line is kept if and only if what it tells of is."""
    await session.execute(
        insert(table_of(Audit)).values(
            at=entry.at,
            company=entry.company,
            actor=entry.actor,
            action=entry.action,
            object=entry.object,
            detail=entry.detail,
        )
    )


async def last_audit(
    session: Session, company: str | None = None, limit: int = 100, actions: Collection[str] | None = None
) -> tuple[AuditEntry, ...]:
    """The newest lines first, of one company or of all; of these actions alone, if some are named."""
    audit = table_of(Audit)
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if company is not None:
        query = query.where(audit.c.company == company)
    if actions is not None:
        query = query.where(audit.c.action.in_(actions))
    rows = await every(session, query)
    return tuple(AuditEntry(**{name: value for name, value in row.items() if name != "id"}) for row in rows)


async def is_marked(session: Session, company: str, mark: str, since: datetime) -> bool:
    """Does a line of this company since then end in `[mark]`?"""
    audit = table_of(Audit)
    query = select(audit.c.id).where(
        audit.c.company == company, audit.c.at >= since, audit.c.detail.endswith(f"[{mark}]", autoescape=True)
    )
    return (await session.execute(query.limit(1))).first() is not None
