"""What Asterisk itself wrote about its queues: queue_log lines read into one account for each call.

A second witness beside the events: it tells how calls ended that nobody was connected to see, and the journal is held
against it in tests. The agent field is taken as it stands: Asterisk writes a member's name or an interface into it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ami.models import Fact, FactKind


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `epoch|uniqueid|queue|agent|event|data...`."""

    at: datetime
    uniqueid: str
    queue: str
    agent: str
    event: str
    data: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Visit:
    """One stay of a caller in one queue. `end` is the event that closed it: `COMPLETECALLER`, `ABANDON`,
    `EXITWITHTIMEOUT` ..., `QUEUESTART` when Asterisk died under it, "" while it lasts. Durations are whole seconds."""

    queue: str
    joined: datetime
    agent: str = ""
    connected: datetime | None = None
    ended: datetime | None = None
    end: str = ""
    missed_by: tuple[str, ...] = ()

    @property
    def waited(self) -> float:
        """Seconds from joining to the agent, or to the end; 0 while the caller still waits."""
        until = self.connected or self.ended
        return (until - self.joined).total_seconds() if until else 0.0

    @property
    def talked(self) -> float:
        """Seconds from the connection to its end; 0 while it lasts, and when its end was not seen."""
        is_seen = self.connected and self.ended and self.end != RESTART
        return (self.ended - self.connected).total_seconds() if is_seen and self.ended and self.connected else 0.0


RESTART = "QUEUESTART"
_ENDS = frozenset(
    {
        "ABANDON",
        "ATTENDEDTRANSFER",
        "BLINDTRANSFER",
        "COMPLETEAGENT",
        "COMPLETECALLER",
        "EXITEMPTY",
        "EXITWITHKEY",
        "EXITWITHTIMEOUT",
        "SYSCOMPAT",
        "TRANSFER",
        "WITHDRAW",
    }
)
_BY_THE_CALLER = frozenset({"ABANDON", "COMPLETECALLER"})


def lines_of(text: Iterable[str]) -> Iterator[Line]:
    """Every line that is one; a torn or foreign line is left out."""
    for raw in text:
        fields = raw.rstrip("\r\n").split("|")
        if len(fields) < 5 or not fields[0].isascii() or not fields[0].isdigit():
            continue
        try:
            at = datetime.fromtimestamp(int(fields[0]), UTC)
        except (OverflowError, OSError, ValueError):
            continue
        yield Line(at, fields[1], fields[2], fields[3], fields[4], tuple(fields[5:]))


def visits_of(lines: Iterable[Line]) -> dict[str, tuple[Visit, ...]]:
    """Uniqueid -> the stays of that caller, in order of time."""
    visits: dict[str, list[Visit]] = {}
    for line in lines:
        if line.event == RESTART:
            for stays in visits.values():
                if not stays[-1].end:
                    stays[-1] = replace(stays[-1], ended=line.at, end=RESTART)
            continue
        if line.event == "ENTERQUEUE":
            visits.setdefault(line.uniqueid, []).append(Visit(line.queue, line.at))
            continue
        stays = visits.get(line.uniqueid, [])
        if not stays or stays[-1].queue != line.queue or stays[-1].end:
            continue
        if line.event == "CONNECT":
            stays[-1] = replace(stays[-1], agent=line.agent, connected=line.at)
        elif line.event == "RINGNOANSWER":
            stays[-1] = replace(stays[-1], missed_by=(*stays[-1].missed_by, line.agent))
        elif line.event in _ENDS:
            stays[-1] = replace(stays[-1], ended=line.at, end=line.event)
    return {uniqueid: tuple(stays) for uniqueid, stays in visits.items()}


def facts_of(visits: Iterable[Visit]) -> tuple[Fact, ...]:
    """What these stays say happened, in the journal's own words. Whether the caller hung up is told only where
    queue_log tells it: a caller let out of a queue went on to somewhere that it does not see."""
    facts: list[Fact] = []
    for visit in visits:
        queue = {"queue": visit.queue}
        facts.append(Fact(visit.joined, FactKind.JOINED, queue))
        if visit.connected:
            facts.append(Fact(visit.connected, FactKind.CONNECTED, {"agent": visit.agent, **queue}))
        if visit.ended is None or visit.end == RESTART:
            continue
        if visit.connected:
            facts.append(Fact(visit.ended, FactKind.COMPLETED, {"agent": visit.agent, **queue}))
        if visit.end in _BY_THE_CALLER:
            facts.append(Fact(visit.ended, FactKind.HUNG_UP))
    return tuple(facts)
