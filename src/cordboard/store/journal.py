"""The history of calls: written in batches, read by the pages and reports. Writing a batch twice changes nothing."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import func, select, tuple_

from cordboard.store.bulk import Bulk
from cordboard.store.engine import Session
from cordboard.store.fetch import MOST_IN_ONE_QUESTION, Key, every, every_of
from cordboard.store.records import AgentTalks, CallRecord, FactRecord
from cordboard.store.tables import Call, CallFact, table_of

_CALLS = Bulk(table_of(Call))
_FACTS = Bulk(table_of(CallFact), keeps=True)


async def record_calls(session: Session, calls: Sequence[CallRecord]) -> None:
    """Add these calls, or bring what is known of them up to date."""
    await _CALLS.write(session, calls)


async def record_facts(session: Session, facts: Sequence[FactRecord]) -> None:
    """Append these facts; one that is there already stays as it is."""
    await _FACTS.write(session, facts)


async def find_calls(session: Session, keys: Sequence[Key]) -> tuple[CallRecord, ...]:
    """Those of these calls that there are, open or not."""
    rows = [row async for row in every_of(session, select(table_of(Call)), table_of(Call), keys)]
    return tuple(CallRecord(**row) for row in rows)


async def find_call(session: Session, node: str, uniqueid: str) -> CallRecord | None:
    return next(iter(await find_calls(session, [(node, uniqueid)])), None)


async def facts_of(session: Session, node: str, uniqueid: str) -> tuple[FactRecord, ...]:
    """What happened to a call, in order."""
    return (await facts_of_each(session, [(node, uniqueid)]))[node, uniqueid]


async def facts_of_each(
    session: Session, keys: Sequence[Key], kinds: Collection[str] | None = None
) -> Mapping[Key, tuple[FactRecord, ...]]:
    """What happened to each of these calls, in order; of facts of these kinds alone, or of all."""
    fact = table_of(CallFact)
    query = select(fact).order_by(fact.c.node, fact.c.uniqueid, fact.c.sequence)
    if kinds is not None:
        query = query.where(fact.c.kind.in_(kinds))
    rows = [FactRecord(**row) async for row in every_of(session, query, fact, keys)]
    found = {key: tuple(facts) for key, facts in groupby(rows, lambda each: (each.node, each.uniqueid))}
    return {key: found.get(key, ()) for key in keys}


async def calls_with_facts(
    session: Session, company: str, since: datetime, until: datetime, kinds: Collection[str]
) -> AsyncIterator[tuple[CallRecord, tuple[FactRecord, ...]]]:
    """A company's calls that entered from `since` to `until` (excluded), the earliest first, each with its facts of
    these kinds, in order. However many they are, some hundred are held at a time."""
    call = table_of(Call)
    place = tuple_(call.c.entered, call.c.node, call.c.uniqueid)
    query = select(call).where(call.c.company == company, call.c.entered >= since, call.c.entered < until)
    query = query.order_by(call.c.entered, call.c.node, call.c.uniqueid).limit(MOST_IN_ONE_QUESTION)
    page = await every(session, query)
    while page:
        calls = [CallRecord(**row) for row in page]
        keys = [(each.node, each.uniqueid) for each in calls]
        facts = await facts_of_each(session, keys, kinds)
        for each, key in zip(calls, keys, strict=True):
            yield each, facts[key]
        page = await every(session, query.where(place > (calls[-1].entered, *keys[-1])))


async def open_calls(session: Session, node: str | None = None) -> tuple[CallRecord, ...]:
    """Calls without an outcome, of one switch or of all, the oldest first."""
    call = table_of(Call)
    query = select(call).where(call.c.outcome.is_(None)).order_by(call.c.entered, call.c.uniqueid)
    if node is not None:
        query = query.where(call.c.node == node)
    return tuple(CallRecord(**row) for row in await every(session, query))


async def known_calls(session: Session, node: str, uniqueids: Sequence[str]) -> frozenset[str]:
    """Those of these calls of a switch that have a row."""
    call = table_of(Call)
    keys = [(node, uniqueid) for uniqueid in uniqueids]
    return frozenset([row["uniqueid"] async for row in every_of(session, select(call.c.uniqueid), call, keys)])


async def last_moment(session: Session, node: str) -> datetime | None:
    """When the latest thing happened that the rows of a switch tell of; None: it has no rows."""
    call = table_of(Call)
    query = select(func.max(call.c.entered), func.max(call.c.ended)).where(call.c.node == node)
    entered, ended = (await session.execute(query)).one()
    return max((moment for moment in (entered, ended) if moment is not None), default=None)


async def last_outcomes(session: Session, company: str | None = None, limit: int = 50) -> tuple[CallRecord, ...]:
    """Closed calls, the last to end first."""
    call = table_of(Call)
    query = select(call).where(call.c.outcome.is_not(None)).order_by(call.c.ended.desc(), call.c.uniqueid).limit(limit)
    if company is not None:
        query = query.where(call.c.company == company)
    return tuple(CallRecord(**row) for row in await every(session, query))


async def count_outcomes(
    session: Session, company: str | None, since: datetime, until: datetime
) -> Mapping[str | None, int]:
    """How many calls that entered from `since` to `until` (excluded) had each outcome; None: still open."""
    call = table_of(Call)
    query = select(call.c.outcome, func.count()).where(call.c.entered >= since, call.c.entered < until)
    if company is not None:
        query = query.where(call.c.company == company)
    return {row[0]: row[1] for row in await session.execute(query.group_by(call.c.outcome))}


async def count_outcomes_by_version(
    session: Session, company: str, since: datetime
) -> Mapping[int, Mapping[str | None, int]]:
    """How many of a company's calls that entered since then had each outcome (None: still open), by the version of the
    menus that they came to. Calls that came to none, or to compiled ones alone, are not counted."""
    call, fact = table_of(Call), table_of(CallFact)
    version = fact.c.data["version"].as_string().label("version")
    is_its_fact = (fact.c.node == call.c.node) & (fact.c.uniqueid == call.c.uniqueid)
    came = (
        select(call.c.node, call.c.uniqueid, call.c.outcome, version)
        .join(fact, is_its_fact)
        .where(call.c.company == company, call.c.entered >= since)
        .where(fact.c.kind == "menu", fact.c.data["by"].as_string() == "flow")
        .distinct()
        .subquery()
    )
    query = select(came.c.version, came.c.outcome, func.count()).group_by(came.c.version, came.c.outcome)
    found: dict[int, dict[str | None, int]] = {}
    for row in await session.execute(query):
        found.setdefault(int(row[0]), {})[row[1]] = row[2]
    return found


async def count_open(session: Session, company: str, since: datetime) -> Mapping[str, int]:
    """How many of a company's calls that entered since then have no outcome yet, by switch."""
    call = table_of(Call)
    query = select(call.c.node, func.count()).where(
        call.c.company == company, call.c.entered >= since, call.c.outcome.is_(None)
    )
    return {row[0]: row[1] for row in await session.execute(query.group_by(call.c.node))}


async def talks_of_agents(session: Session, company: str, since: datetime, until: datetime) -> tuple[AgentTalks, ...]:
    """What each agent talked in the handled calls that entered from `since` to `until` (excluded)."""
    call = table_of(Call)
    query = select(
        call.c.agent,
        func.count().label("calls"),
        func.sum(call.c.talked).label("talked"),
        func.sum(call.c.held).label("held"),
    ).where(call.c.company == company, call.c.entered >= since, call.c.entered < until, call.c.outcome == "handled")
    rows = await every(session, query.group_by(call.c.agent).order_by(call.c.agent))
    return tuple(AgentTalks(**{**row, "agent": row["agent"] or ""}) for row in rows)
