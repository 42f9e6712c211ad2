"""Moments that differ in what is open: one for every combination of open schedules that ever comes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from agi.flow.document import Flow, Schedule

USUAL_DAYS = 8
"""A week, and the day that it began with once more."""
LONGEST_AHEAD = timedelta(days=400)
"""Closed days beyond this are taken to be as those before."""


def moments(flow: Flow, schedules: Collection[str], since: datetime) -> Mapping[frozenset[str], datetime]:
    """The schedules (ids) that are open together -> the first moment from `since` (aware) on when just they are."""
    asked = [flow.schedules[name] for name in schedules if name in flow.schedules]
    found: dict[frozenset[str], datetime] = {}
    for moment in sorted({since, *(each for schedule in asked for each in _turns(schedule, asked, since))}):
        if moment >= since:
            found.setdefault(frozenset(each.id for each in asked if each.is_open(moment)), moment)
    return found


def _turns(schedule: Schedule, asked: Collection[Schedule], since: datetime) -> Iterator[datetime]:
    """When it may open or close, on the days of a usual week and around every closed day of any of them."""
    zone = ZoneInfo(schedule.time_zone)
    today = since.astimezone(zone).date()
    usual = {today + timedelta(days=ahead) for ahead in range(USUAL_DAYS)}
    usual |= {_first_usual(asked, today) + timedelta(days=ahead) for ahead in range(USUAL_DAYS)}
    special = {
        day + timedelta(days=shift)
        for each in asked
        for day in each.closed_dates
        if today <= day <= today + LONGEST_AHEAD
        for shift in (0, 1)
    }
    times = {time.min, *(edge for interval in schedule.weekly for edge in (interval.start, interval.end))}
    for day in usual | special:
        for at in times:
            yield datetime.combine(day, at, zone).astimezone(UTC)


def _first_usual(asked: Collection[Schedule], today: date) -> date:
    """The beginning of the first week from today on in which no day is closed; today if there is none soon."""
    closed = {day for each in asked for day in each.closed_dates}
    for ahead in range(LONGEST_AHEAD.days):
        day = today + timedelta(days=ahead)
        if closed.isdisjoint(day + timedelta(days=more) for more in range(USUAL_DAYS)):
            return day
    return today
