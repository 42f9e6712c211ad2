"""Figures of menus as rows, one a measure: for spreadsheets, and to set two versions beside each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cordboard.flows.figures import Figures, NodeFigures, Times

SHARE = "share"
_OF_CALLS = ("calls", "compiled", "unseen", "in_progress", "unfollowed", "elsewhere")
_OF_VISITS = ("visits", "silent", "wrong", "hung_up")
_COUNTS = frozenset({*_OF_CALLS, *_OF_VISITS})


@dataclass(frozen=True, slots=True)
class Measure:
    """What a figure is of: all calls (`part` calls), a node, a way that leaves it, an exit, zero-outs. `name` says what
    is measured: some are counts (`is_count`), `share` is 0 to 1, others are seconds."""

    part: str
    of: str
    way: str
    name: str

    @property
    def is_count(self) -> bool:
        return self.name in _COUNTS


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure of two versions; None where one has none."""

    measure: Measure
    before: float | None
    after: float | None

    @property
    def difference(self) -> float | None:
        """What is more in the second. None if one has no figure."""
        return None if self.before is None or self.after is None else self.after - self.before


def measures(figures: Figures) -> Iterator[tuple[Measure, float | None]]:
    """Every figure; those of nodes first to which most calls came."""
    for name in _OF_CALLS:
        yield Measure("calls", "", "", name), getattr(figures, name)
    yield from _times(Measure("calls", "", "", "to_exit"), figures.to_exit)
    for node, of in figures.by_reach:
        yield from _node(figures, node, of)
    for place, outcomes in figures.by_exit:
        yield Measure("exit", place, "", "calls"), outcomes.total()
        yield Measure("exit", place, "", SHARE), figures.share(outcomes.total())
        for outcome, calls in sorted(outcomes.items()):
            yield Measure("exit", place, outcome, "calls"), calls
    yield Measure("zero_out", "", "", "calls"), figures.zero_outs.total()
    yield Measure("zero_out", "", "", SHARE), figures.share(figures.zero_outs.total())
    for way, calls in sorted(figures.zero_outs.items()):
        yield Measure("zero_out", "", way, "calls"), calls


def compared(before: Figures, after: Figures) -> list[Compared]:
    """Each figure of both; a count or a share that one of them does not have is 0 there."""
    first, second = dict(measures(before)), dict(measures(after))
    both = dict.fromkeys([*first, *second])
    return [Compared(each, _figure(first, each), _figure(second, each)) for each in both]


def _figure(found: dict[Measure, float | None], measure: Measure) -> float | None:
    return found.get(measure, 0 if measure.is_count or measure.name == SHARE else None)


def _node(figures: Figures, node: str, of: NodeFigures) -> Iterator[tuple[Measure, float | None]]:
    yield Measure("node", node, "", "calls"), of.calls
    yield Measure("node", node, "", SHARE), figures.share(of.calls)
    for name in _OF_VISITS:
        yield Measure("node", node, "", name), getattr(of, name)
    yield from _times(Measure("node", node, "", "seconds"), of.seconds)
    for way, to in sorted(of.ways.items()):
        yield Measure("way", node, way, "visits"), to.total()
        yield Measure("way", node, way, SHARE), to.total() / of.visits


def _times(measure: Measure, times: Times) -> Iterator[tuple[Measure, float | None]]:
    for name, seconds in times.figures.items():
        yield replace(measure, name=f"{measure.name}_{name}"), seconds
