"""Calls that Asterisk let in, held against history: each has one row. Of one that has not, all that is known of it.

A phone repeats its INVITE until it is accepted or refused. Where Asterisk was killed in between, the one that was
started again takes it for another call: the caller has a row for each life of Asterisk that let him in. Of a call that
was let in the very second before Asterisk was killed nobody may have heard: its events and its record died with it.
"""

from __future__ import annotations

import bisect
import contextlib
import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from kit.full_house import offered
from kit.patience import PATIENCE
from kit.sip_crowd import CrowdCall
from kit.site import CommandFailedError, Site

LAST_SECOND = 1.0
Row = dict[str, Any]


@dataclass(frozen=True)
class Kill:
    """Asterisk was killed `at`; all that it had said was read when it was `over`. By the monotonic clock."""

    at: float
    over: float


@dataclass(frozen=True)
class Wanted:
    """How many rows a caller may have: one for each life of Asterisk that let him in, `surely` without those that ended
    within a second."""

    surely: int
    at_most: int


@dataclass
class Tally:
    """`wanted` and `rows` by the caller's number. `wrong`: all that is known of each with too many rows or too few;
    `twice`: of each with a row of several lives of Asterisk."""

    wanted: dict[str, Wanted]
    rows: dict[str, list[Row]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)

    def take(self, rows: Iterable[Row]) -> None:
        """These are the rows of history now; those of other callers are not counted."""
        self.rows = {}
        for row in rows:
            if row["outcome"] and row["caller_number"] in self.wanted:
                self.rows.setdefault(row["caller_number"], []).append(row)

    @property
    def is_complete(self) -> bool:
        return all(len(self.rows.get(number, ())) >= wanted.surely for number, wanted in self.wanted.items())

    @property
    def known(self) -> int:
        """Callers who are in history, or ought to be."""
        return sum(wanted.surely > 0 or number in self.rows for number, wanted in self.wanted.items())

    @property
    def unheard(self) -> int:
        return len(self.wanted) - self.known

    @property
    def headings(self) -> list[str]:
        """Some of those that are wrong, in a line each."""
        return [story.partition("\n")[0] for story in self.wrong[:8]]

    def miscounted(self) -> list[str]:
        """Callers with too many rows or too few."""
        return sorted(
            number
            for number, wanted in self.wanted.items()
            if not wanted.surely <= len(self.rows.get(number, ())) <= wanted.at_most
        )


def wanted_of(call: CrowdCall, kills: Sequence[Kill]) -> Wanted:
    """What history must have of a caller whom Asterisk let in, when it was killed like this."""
    lives: dict[int, float] = {}  # -> when it first told something
    for moment in call.let_in:
        lives.setdefault(bisect.bisect_left(kills, moment, key=lambda kill: kill.over), moment)
    rests = [kills[life].at - first if life < len(kills) else math.inf for life, first in lives.items()]
    return Wanted(sum(rest > LAST_SECOND for rest in rests), len(lives))


async def tally(site: Site, calls: Sequence[CrowdCall], kills: Sequence[Kill], kinds: dict[str, str]) -> Tally:
    """Wait until history has these calls, and count."""
    came_in = offered(site, calls)
    found = Tally(
        {
            call.user: wanted if call.user in came_in else replace(wanted, surely=0)
            for call in calls
            if (wanted := wanted_of(call, kills)).at_most
        }
    )

    async def is_written() -> bool:
        found.take((await site.cordboard("calls", "--json", "--last", "10000")).json())
        return found.is_complete

    with contextlib.suppress(TimeoutError):
        await site.until_async(is_written, "history to be written")
    by_number = {call.user: call for call in calls}
    wrong = found.miscounted()
    twice = [number for number, rows in found.rows.items() if len(rows) > 1 and number not in wrong]
    for numbers, stories in ((wrong, found.wrong), (twice, found.twice)):
        for number in numbers:
            heading = f"{number} ({kinds.get(number)})"
            stories.append(await _told(site, heading, found, by_number[number], kills))
    return found


async def _told(site: Site, heading: str, found: Tally, call: CrowdCall, kills: Sequence[Kill]) -> str:
    """All that is known of a caller."""
    rows = found.rows.get(call.user, [])
    around = [kill.at for kill in kills if abs(kill.at - call.let_in[0]) < PATIENCE]
    lines = [
        f"{heading}: {len(rows)} rows, wanted {found.wanted[call.user]}",
        f"  his phone: {call!r}, told of his INVITE at {', '.join(map(_clock, call.let_in))}",
        f"  Asterisk killed at {', '.join(map(_clock, around))}",
    ]
    for row in rows:
        keys = ("id", "uniqueid", "direction", "entered", "ended", "outcome", "detail", "is_partial", "conversation")
        lines.append("  " + ", ".join(f"{key} {row.get(key)}" for key in keys))
        lines.append(f"    {await _facts(site, row['uniqueid'])}")
    with contextlib.suppress(OSError):
        lines.extend(f"  CDR {line}" for line in site.switch.places.cdr.read_text().splitlines() if call.user in line)
    return "\n".join(lines)


async def _facts(site: Site, uniqueid: str) -> str:
    try:
        facts = (await site.cordboard("facts", uniqueid, "--json")).json()["facts"]
    except CommandFailedError:
        return "no received call"
    return ", ".join(f"{fact['at'][11:23]} {fact['kind']} {fact['data'] or ''}".strip() for fact in facts)


def _clock(moment: float) -> str:
    """A moment of the monotonic clock, as a time of day."""
    return f"{datetime.fromtimestamp(time.time() - time.monotonic() + moment, UTC):%H:%M:%S.%f}"[:-3]
