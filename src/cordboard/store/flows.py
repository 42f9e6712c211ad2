"""Flow documents by version: publishing adds a row, the newest is the one that new calls enter."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, insert, select

from cordboard.store.audit import record_audit
from cordboard.store.engine import Session
from cordboard.store.fetch import every, first
from cordboard.store.records import AuditEntry, FlowVersion
from cordboard.store.tables import Flow, table_of

MAIN = "main"


async def publish_flow(
    session: Session, company: str, document: Mapping[str, Any], actor: str, name: str = MAIN, *, first: int = 1
) -> FlowVersion:
    """Make this document the current version, one above the last; the last itself if it holds the same already.
    `first` is the number of the first one."""
    current = await current_flow(session, company, name)
    if current is not None and current.document == document:
        return current
    version = FlowVersion(
        company=company,
        name=name,
        version=current.version + 1 if current else first,
        document=document,
        published_at=datetime.now(UTC),
        by=actor,
    )
    await session.execute(
        insert(table_of(Flow)).values(
            company=version.company,
            name=version.name,
            version=version.version,
            document=dict(document),
            published_at=version.published_at,
            by=actor,
        )
    )
    await record_audit(
        session,
        AuditEntry(
            at=version.published_at,
            actor=actor,
            action="flow.publish",
            object=name,
            detail=f"version {version.version}",
            company=company,
        ),
    )
    return version


async def current_flow(session: Session, company: str, name: str = MAIN) -> FlowVersion | None:
    """The version that new calls enter. None: nothing was published."""
    flow = table_of(Flow)
    query = select(flow).filter_by(company=company, name=name).order_by(flow.c.version.desc()).limit(1)
    row = await first(session, query)
    return FlowVersion(**row) if row else None


async def flow_versions(session: Session, name: str = MAIN) -> Mapping[str, int]:
    """Company -> the version that new calls enter, without the documents. Who published none is not among them."""
    flow = table_of(Flow)
    query = select(flow.c.company, func.max(flow.c.version).label("version")).filter_by(name=name)
    return {row["company"]: row["version"] for row in await every(session, query.group_by(flow.c.company))}


async def find_flow(session: Session, company: str, version: int, name: str = MAIN) -> FlowVersion | None:
    """One version, however old: calls stay on the one they entered with."""
    query = select(table_of(Flow)).filter_by(company=company, name=name, version=version)
    row = await first(session, query)
    return FlowVersion(**row) if row else None
