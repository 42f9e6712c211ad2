"""Opening hours on the clock of their own place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Interval:
    """Open from `start` up to, not including, `end` on these weekdays; an `end` of 00:00 is the day's own midnight."""

    days: tuple[str, ...]
    start: time
    end: time

    def holds(self, weekday: str, at: time) -> bool:
        return weekday in self.days and self.start <= at and (self.end == time.min or at < self.end)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Opening hours on the clock of their own place; a closed date is closed from midnight to midnight."""

    id: str
    time_zone: str
    weekly: tuple[Interval, ...]
    closed_dates: tuple[date, ...] = ()

    def is_open(self, at: datetime) -> bool:
        """Is it open at this moment (aware)?"""
        if at.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        local = at.astimezone(ZoneInfo(self.time_zone))
        if local.date() in self.closed_dates:
            return False
        return any(interval.holds(DAYS[local.weekday()], local.time()) for interval in self.weekly)


def is_time_zone(name: object) -> bool:
    """Is this the name of a time zone known here?"""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_+/-]{0,63}", name):
        return False
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return False
    return True
