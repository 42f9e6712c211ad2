"""A company's day in figures: its calls by outcome, what handling one takes, and what its agents did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ami.models import AgentState
from cordboard.journal.tally import Handling, Tally, tally_of
from cordboard.store.engine import Session
from cordboard.store.journal import count_outcomes, talks_of_agents
from cordboard.store.records import AgentSpan
from cordboard.store.spans import spans_within

DAYS = 7
"""Before the last day, where nobody says which is the first."""


@dataclass(frozen=True, slots=True)
class AgentDay:
    """What an agent did: the calls that he handled, and the seconds that he spent in each state, as far as they are
    over."""

    handling: Handling = field(default_factory=Handling)
    spent: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Day:
    """`agents` by id; a call that was handled by somebody who is none of them counts in `handling` alone."""

    day: date
    tally: Tally
    handling: Handling
    agents: Mapping[str, AgentDay]


def local_midnight(at: datetime, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which the day of `at` began in this zone."""
    return midnight_of(at.astimezone(zone).date(), zone)


async def tally_of_day(session: Session, company: str, at: datetime, zone: ZoneInfo) -> Tally:
    """The calls that entered since the midnight before `at` in the company's time zone, as far as they are written.

    Raises: StoreUnavailable."""
    midnight = local_midnight(at, zone)
    return tally_of(await count_outcomes(session, company, midnight, midnight + timedelta(days=2)))


async def figures_of_day(session: Session, company: str, day: date, zone: ZoneInfo) -> Day:
    """The calls that entered, and the time that agents spent, from midnight to midnight in the company's time zone.

    Raises: StoreUnavailable."""
    since, until = midnight_of(day, zone), midnight_of(day + timedelta(days=1), zone)
    tally = tally_of(await count_outcomes(session, company, since, until))
    spent = _spent(await spans_within(session, company, since, until), since, until)
    agents: dict[str, AgentDay] = {}
    for talks in await talks_of_agents(session, company, since, until):
        agents[talks.agent] = AgentDay(Handling(talks.calls, talks.talked, talks.held))
    for agent, states in spent.items():
        handled = agents.get(agent, AgentDay()).handling
        wrapped_up = states.get(AgentState.WRAP_UP, 0.0)
        agents[agent] = AgentDay(Handling(handled.calls, handled.talked, handled.held, wrapped_up), states)
    whole = sum((agent.handling for agent in agents.values()), Handling())
    return Day(day, tally, whole, dict(sorted(agents.items())))


def _spent(spans: Iterable[AgentSpan], since: datetime, until: datetime) -> dict[str, dict[str, float]]:
    """Agent -> state -> seconds between these moments."""
    spent: dict[str, dict[str, float]] = {}
    for span in spans:
        seconds = (min(span.until, until) - max(span.since, since)).total_seconds()
        states = spent.setdefault(span.agent, {})
        states[span.state] = states.get(span.state, 0.0) + seconds
    return spent


def days_of(first: date | None, last: date | None, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From the beginning of the first day in this zone (`DAYS` before the last unless given) to the end of the last
    (today unless given). Raises ValueError where the first is after the last."""
    until = datetime.now(zone).date() if last is None else last
    since = until - timedelta(days=DAYS) if first is None else first
    if since > until:
        raise ValueError("the first day is after the last")
    return midnight_of(since, zone), midnight_of(until + timedelta(days=1), zone)


def midnight_of(day: date, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which a day begins in this zone."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)
