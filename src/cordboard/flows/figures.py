"""What calls did in the menus, counted: node by node, where they led, where callers were lost, how long it took.

    counting = Counting()
    async for call, facts in calls_with_facts(...):
        counting.add(call, facts)
    counting.figures

Pure. It holds counts alone, so a year of calls takes the room of a day. A call counts if it is over, was seen from its
beginning to its end, and came to a node of the menus: one that does more than lead on.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cordboard.flows.visits import CUT, FAILURES, HUNG_UP, Visit, Walk, walk_of
from cordboard.store.records import CallRecord, FactRecord

SOMEBODY = ("queue", "person", "voicemail", "external")
"""Kinds of places where somebody is asked for, or left a message."""
ZERO = "key 0"
MEDIAN, NINE_OF_TEN = 0.5, 0.9


class Times:
    """Durations, kept as how many there were of each tenth of a second."""

    def __init__(self) -> None:
        self._tenths: Counter[int] = Counter()
        self._sum = 0.0
        self.count = 0

    def add(self, seconds: float) -> None:
        self._tenths[round(seconds * 10)] += 1
        self._sum += seconds
        self.count += 1

    @property
    def mean(self) -> float | None:
        """Seconds; None: there is none."""
        return self._sum / self.count if self.count else None

    @property
    def figures(self) -> dict[str, float | None]:
        """`mean`, `median` and `p90`, to a tenth of a second; None where there is none."""
        mean = None if self.mean is None else round(self.mean, 1)
        return {"mean": mean, "median": self.at(MEDIAN), "p90": self.at(NINE_OF_TEN)}

    def at(self, share: float) -> float | None:
        """The seconds, to a tenth, that this share of them (0 to 1) did not exceed. None: there is none."""
        rank, passed = max(1, math.ceil(share * self.count)), 0
        for tenths in sorted(self._tenths):
            passed += self._tenths[tenths]
            if passed >= rank:
                return tenths / 10
        return None


@dataclass(slots=True)
class NodeFigures:
    """A menu, a step, or where a number begins. `calls` came here, in `visits`; `ways`: by which way how many visits
    ended, and to what they led. `silent`, `wrong`: how often nothing was typed, and something that is not offered, in
    those that were left by a way. `seconds`: of each visit."""

    calls: int = 0
    visits: int = 0
    ways: dict[str, Counter[str]] = field(default_factory=dict)
    silent: int = 0
    wrong: int = 0
    seconds: Times = field(default_factory=Times)

    def left_by(self, way: str) -> int:
        """How many visits ended this way."""
        return self.ways.get(way, Counter()).total()

    @property
    def hung_up(self) -> int:
        """How many callers hung up here."""
        return self.left_by(HUNG_UP)

    def to_json(self) -> dict[str, Any]:
        return {
            "calls": self.calls,
            "visits": self.visits,
            "hung_up": self.hung_up,
            "silent": self.silent,
            "wrong": self.wrong,
            "seconds": self.seconds.figures,
            "ways": {way: dict(places) for way, places in sorted(self.ways.items())},
        }


@dataclass(slots=True)
class Figures:
    """`calls` counted, of them `compiled` at least once by the compiled way; `unseen` and `in_progress` would have
    counted, had they been seen whole, and been over. `unfollowed` may have been in the menus of any version: nobody saw
    where they were. `elsewhere` were seen, and came to no menu. Where no version is asked for, all of these add up to
    the received calls.

    `exits`: where calls left the menus first, each with the outcomes of these calls; under `hung_up` and `cut_off`
    those that never left by a way. They add up to `calls`. `zero_outs`: those that left to somebody without choosing:
    by key 0, or because they failed; after the way. `to_exit`: from entering to leaving the menus."""

    calls: int = 0
    compiled: int = 0
    unseen: int = 0
    in_progress: int = 0
    unfollowed: int = 0
    elsewhere: int = 0
    nodes: dict[str, NodeFigures] = field(default_factory=dict)
    exits: dict[str, Counter[str]] = field(default_factory=dict)
    zero_outs: Counter[str] = field(default_factory=Counter)
    to_exit: Times = field(default_factory=Times)

    def share(self, calls: int) -> float | None:
        """Of all calls, 0 to 1. None: there is none."""
        return calls / self.calls if self.calls else None

    @property
    def by_reach(self) -> Sequence[tuple[str, NodeFigures]]:
        """The nodes with their ids, those first to which most calls came."""
        return sorted(self.nodes.items(), key=lambda item: (-item[1].calls, item[0]))

    @property
    def by_exit(self) -> Sequence[tuple[str, Counter[str]]]:
        """The exits, those first to which most calls left."""
        return sorted(self.exits.items(), key=lambda item: (-item[1].total(), item[0]))

    def to_json(self) -> dict[str, Any]:
        return {
            "calls": self.calls,
            "compiled": self.compiled,
            "unseen": self.unseen,
            "in_progress": self.in_progress,
            "unfollowed": self.unfollowed,
            "elsewhere": self.elsewhere,
            "nodes": {node: each.to_json() for node, each in self.by_reach},
            "exits": {place: dict(outcomes) for place, outcomes in self.by_exit},
            "zero_outs": dict(self.zero_outs),
            "to_exit": self.to_exit.figures,
        }


class Counting:
    """Adds up calls. `version`: only those that came to this version of the menus first."""

    def __init__(self, version: int | None = None) -> None:
        self._version = version
        self.figures = Figures()

    def add(self, call: CallRecord, facts: Iterable[FactRecord]) -> None:
        walk = walk_of(facts)
        if is_counted(call, walk, self._version):
            self._count(call, walk)
        elif not walk.visits:
            self._pass_by(call, walk)
        elif _came_to(walk, self._version):
            is_seen = _is_seen(call, walk)
            self.figures.in_progress += is_seen
            self.figures.unseen += not is_seen

    def _pass_by(self, call: CallRecord, walk: Walk) -> None:
        """A call of which no menu is known, nor a version therefore."""
        if not _is_seen(call, walk):
            self.figures.unfollowed += 1
        elif self._version is None:
            is_over = call.outcome is not None
            self.figures.elsewhere += is_over
            self.figures.in_progress += not is_over

    def _count(self, call: CallRecord, walk: Walk) -> None:
        figures = self.figures
        figures.calls += 1
        figures.compiled += any(visit.is_compiled for visit in walk.visits)
        for visit in walk.visits:
            self._visited(visit)
        for node in {visit.node for visit in walk.visits}:
            figures.nodes[node].calls += 1
        left = walk.exit
        assert call.outcome is not None
        figures.exits.setdefault(exit_of(walk), Counter())[call.outcome] += 1
        if left is not None:
            figures.to_exit.add(max(0.0, (left.ended - call.entered).total_seconds()))
            asked = walk.last_asked
            if asked is not None and _is_zero_out(asked, left):
                figures.zero_outs[asked.way] += 1

    def _visited(self, visit: Visit) -> None:
        node = self.figures.nodes.setdefault(visit.node, NodeFigures())
        node.visits += 1
        node.silent += visit.silent
        node.wrong += visit.wrong
        node.ways.setdefault(visit.way, Counter())[visit.to] += 1
        node.seconds.add(visit.seconds)


def is_counted(call: CallRecord, walk: Walk, version: int | None) -> bool:
    """Is a call over, seen whole, and did it come to menus, to those of this version first if one is asked for?"""
    return call.outcome is not None and _is_seen(call, walk) and _came_to(walk, version)


def _came_to(walk: Walk, version: int | None) -> bool:
    return bool(walk.visits) and version in (None, walk.visits[0].version)


def _is_seen(call: CallRecord, walk: Walk) -> bool:
    """From its beginning on, all of it."""
    return walk.is_whole and not call.is_partial


def exit_of(walk: Walk) -> str:
    """Where a call left the menus first; `hung_up` or `cut_off` if it never did by a way."""
    if walk.exit is not None:
        return walk.exit.to
    return HUNG_UP if walk.visits[-1].way == HUNG_UP else CUT


def _is_zero_out(asked: Visit, left: Visit) -> bool:
    """Did a caller come to somebody without choosing whom, who was last asked in one visit, and left in another?"""
    return left.to.partition(":")[0] in SOMEBODY and (asked.way == ZERO or asked.way in FAILURES)
