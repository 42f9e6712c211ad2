"""The calls of a company's day so far, in figures."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cordboard.journal.tally import Tally, tally_of
from cordboard.store.engine import Session
from cordboard.store.journal import count_outcomes


def local_midnight(at: datetime, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which the day of `at` began in this zone."""
    return datetime.combine(at.astimezone(zone).date(), time.min, zone).astimezone(UTC)


async def tally_of_day(session: Session, company: str, at: datetime, zone: ZoneInfo) -> Tally:
    """The calls that entered since the midnight before `at` in the company's time zone, as far as they are written.

    Raises: StoreUnavailable."""
    midnight = local_midnight(at, zone)
    return tally_of(await count_outcomes(session, company, midnight, midnight + timedelta(days=2)))
