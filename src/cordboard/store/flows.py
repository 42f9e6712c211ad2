"""Flow documents by version: who published which and when, and which one a call enters.

Publishing adds a row. Of the versions that were not withdrawn only the newest may wait for its moment or be on trial;
every call that it does not take enters the one before. Which one that is follows from the rows and the clock alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, insert, or_, select, update

from cordboard.store import tables
from cordboard.store.audit import record_audit
from cordboard.store.engine import Session
from cordboard.store.errors import UnknownVersion
from cordboard.store.fetch import every, first
from cordboard.store.records import AuditEntry, FlowVersion, Publication
from cordboard.store.tables import Flow, table_of

MAIN = "main"
KEPT_VERSIONS = 100
LONGEST_CALL = timedelta(days=7)


# ----- publishing and taking back


async def publish_flow(
    session: Session,
    company: str,
    document: Mapping[str, Any],
    actor: str,
    name: str = MAIN,
    *,
    first_version: int = 1,
    starts: datetime | None = None,
    share: int | None = None,
    did: str | None = None,
    words: Sequence[str] = (),
) -> FlowVersion:
    """Make this document the newest version, one above the last; the newest itself if it holds the same already. One
    that waits or is on trial makes room. The menus are those of the company as it is saved now. `first_version` is
    the number of the first one, `words` what it changes."""
    now = datetime.now(UTC)
    revision = await session.scalar(select(table_of(tables.Company).c.revision).filter_by(id=company))
    newest = await newest_flow(session, company, name)
    while newest is not None and newest.document != document and not newest.is_settled(now):
        await withdraw_flow(session, newest, actor)
        newest = await newest_flow(session, company, name)
    if newest is not None and newest.document == document:
        # It says the same with other names: going back to it brings these.
        await _change(session, newest, revision=revision)
        return replace(newest, revision=revision)
    last = await session.scalar(select(func.max(table_of(Flow).c.version)).filter_by(company=company, name=name))
    version = FlowVersion(
        company=company,
        name=name,
        version=last + 1 if last else first_version,
        document=document,
        published_at=now,
        by=actor,
        revision=revision,
        starts=starts,
        share=share,
        did=did,
    )
    await session.execute(
        insert(table_of(Flow)).values(
            company=company,
            name=name,
            version=version.version,
            document=dict(document),
            published_at=now,
            by=actor,
            revision=revision,
            starts=starts,
            share=share,
            did=did,
            withdrawn_by="",
        )
    )
    await _record(session, version, actor, "publish", _condition(version), words)
    await _forget(session, version)
    return version


async def withdraw_flow(session: Session, version: Publication, actor: str, words: Sequence[str] = ()) -> None:
    """Calls that come from now on do not enter this version. `words`: what changes by that."""
    await _change(session, version, withdrawn_at=datetime.now(UTC), withdrawn_by=actor)
    await _record(session, version, actor, "unpublish", "", words)


async def promote_flow(session: Session, version: Publication, actor: str, words: Sequence[str] = ()) -> Publication:
    """Every call enters this version from now on, which waited or was on trial; the version as it is then."""
    promoted = replace(version, starts=datetime.now(UTC), share=None, did=None)
    await _change(session, version, starts=promoted.starts, share=None, did=None)
    await _record(session, version, actor, "promote", "", words)
    return promoted


def _condition(version: Publication) -> str:
    """When, and for whom."""
    of = f", number {version.did} alone" if version.did else ""
    of = f", {version.share} % of calls" if version.share else of
    return of + (f", from {version.starts.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if version.starts else "")


async def _change(session: Session, version: Publication, **columns: Any) -> None:
    key = {"company": version.company, "name": version.name, "version": version.version}
    await session.execute(update(table_of(Flow)).filter_by(**key).values(columns))


async def _record(
    session: Session, version: Publication, actor: str, deed: str, condition: str, words: Sequence[str]
) -> None:
    told = f": {'; '.join(words)}" if words else ""
    await record_audit(
        session,
        AuditEntry(
            at=datetime.now(UTC),
            actor=actor,
            action=f"flow.{deed}",
            object=version.name,
            detail=f"version {version.version}{condition}{told}",
            company=version.company,
        ),
    )


async def _forget(session: Session, newest: Publication) -> None:
    """Versions beyond the last hundred go, but none that a call may be on: one that was met since the oldest call that
    is up came in, or within a week."""
    row, call = table_of(Flow), table_of(tables.Call)
    since = newest.published_at - LONGEST_CALL
    open_calls = select(func.min(call.c.entered)).where(call.c.company == newest.company, call.c.outcome.is_(None))
    oldest = await session.scalar(open_calls)
    if oldest is not None:
        since = min(since, oldest)
    of_flow = and_(row.c.company == newest.company, row.c.name == newest.name)
    was_met = and_(_settled(since), func.coalesce(row.c.starts, row.c.published_at) <= since)
    met_then = await session.scalar(select(func.max(row.c.version)).where(of_flow, was_met))
    await session.execute(
        delete(row).where(
            of_flow,
            row.c.version <= newest.version - KEPT_VERSIONS,
            row.c.version < (met_then or 0),
            or_(row.c.withdrawn_at.is_(None), row.c.withdrawn_at < since),
        )
    )


# ----- reading


def version_met(versions: Sequence[Publication], at: datetime, did: str, call: str) -> Publication | None:
    """The one that a call enters, of those that were not withdrawn, the newest first. None: there is none."""
    return next((each for each in versions if each.takes(at, did, call)), None)


async def flows_met(
    session: Session, company: str, name: str = MAIN, at: datetime | None = None
) -> tuple[Publication, ...]:
    """The versions of which whichever call enters one, from now on unless `at` is said, the newest first: the newest
    alone, or with the one before for calls that it does not take."""
    query = _publications(company, name).where(table_of(Flow).c.withdrawn_at.is_(None)).limit(2)
    found = tuple(Publication(**row) for row in await every(session, query))
    return found[:1] if found and found[0].is_settled(at or datetime.now(UTC)) else found


async def list_flows(session: Session, company: str, limit: int | None = None, name: str = MAIN) -> list[Publication]:
    """All versions that are kept, the newest first."""
    return [Publication(**row) for row in await every(session, _publications(company, name).limit(limit))]


async def newest_flow(session: Session, company: str, name: str = MAIN) -> FlowVersion | None:
    """The newest version that was not withdrawn: it may wait or be on trial."""
    row = table_of(Flow)
    query = select(row).filter_by(company=company, name=name, withdrawn_at=None).order_by(row.c.version.desc()).limit(1)
    return _version(await first(session, query))


async def current_flow(
    session: Session, company: str, name: str = MAIN, at: datetime | None = None
) -> FlowVersion | None:
    """The version that every call enters, now unless `at` is said, but for those that one on trial takes. None: nothing
    was published."""
    row = table_of(Flow)
    query = select(row).filter_by(company=company, name=name).where(_settled(at or datetime.now(UTC)))
    return _version(await first(session, query.order_by(row.c.version.desc()).limit(1)))


async def flow_versions(session: Session, name: str = MAIN) -> Mapping[str, int]:
    """Company -> the version that every call enters now, as `current_flow` has it, without the documents. Who published
    none is not among them."""
    row = table_of(Flow)
    query = select(row.c.company, func.max(row.c.version).label("version")).filter_by(name=name)
    query = query.where(_settled(datetime.now(UTC))).group_by(row.c.company)
    return {each["company"]: each["version"] for each in await every(session, query)}


async def find_flow(session: Session, company: str, version: int, name: str = MAIN) -> FlowVersion | None:
    """One version, however old: calls stay on the one they entered with."""
    query = select(table_of(Flow)).filter_by(company=company, name=name, version=version)
    return _version(await first(session, query))


async def load_flow(session: Session, company: str, version: int) -> FlowVersion:
    """Raises: UnknownVersion."""
    found = await find_flow(session, company, version)
    if found is None:
        raise UnknownVersion(company, version)
    return found


def _publications(company: str, name: str) -> Select[Any]:
    row = table_of(Flow)
    columns = [column for column in row.c if column.name != "document"]
    return select(*columns).filter_by(company=company, name=name).order_by(row.c.version.desc())


def _settled(at: datetime) -> ColumnElement[bool]:
    row = table_of(Flow)
    is_due = or_(row.c.starts.is_(None), row.c.starts <= at)
    return and_(row.c.withdrawn_at.is_(None), row.c.share.is_(None), row.c.did.is_(None), is_due)


def _version(row: dict[str, Any] | None) -> FlowVersion | None:
    return FlowVersion(**row) if row else None
