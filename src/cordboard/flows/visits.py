"""One call's way through the menus, read from its facts: each visit to a node of the flow, how it ended, and to where
it led.

A visit begins where the caller comes to a node, and ends where he leaves it by a way: of a node that asks `key 2`,
`typed` (digits), `no_input`, `wrong_input` or `failure`; of another what the document calls it (`then`, `open`,
`not_found`, ...), with `case 1` for the first of its cases. Else `hung_up`, or `cut_off`: something else took the call,
such as the compiled way when Cordboard was gone. What it led to is the id of the next node, or a place outside the
menus: `queue:ID`, `person:ID` (any phone of the house), `voicemail:ID`, `callback:QUEUE`, `external:NUMBER`, or
`the_end`: a message, or nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from ami.models import FactKind
from cordboard.store.records import FactRecord
from cordboard.store.values import split_switch_name

HUNG_UP, CUT, TYPED, END = "hung_up", "cut_off", "typed", "the_end"
"""No id of a node has an underscore."""
THEN, FAILURE = "then", "failure"
FAILURES = ("no_input", "wrong_input", FAILURE)
KINDS = frozenset(
    {
        FactKind.MENU,
        FactKind.CHOICE,
        FactKind.STEP,
        FactKind.ROUTED,
        FactKind.JOINED,
        FactKind.OFFERED,
        FactKind.ANSWERED,
        FactKind.FALLBACK,
        FactKind.OUTCOME,
        FactKind.HUNG_UP,
        FactKind.GAP,
        FactKind.LOST,
        FactKind.REPAIRED,
    }
)
"""Facts that tell something here."""


@dataclass(slots=True)
class Visit:
    """`version` is that of the menus; None: it was not told. `asks`: were keys asked for? `silent` and `wrong`: how
    often nothing was typed in it, and something that is not offered; a visit without a way does not tell. `to` is ""
    where it led nowhere."""

    node: str
    version: int | None
    is_compiled: bool
    began: datetime
    ended: datetime
    asks: bool = False
    way: str = CUT
    silent: int = 0
    wrong: int = 0
    to: str = ""

    @property
    def seconds(self) -> float:
        return max(0.0, (self.ended - self.began).total_seconds())

    @property
    def is_exit(self) -> bool:
        """Did it lead out of the menus?"""
        return self.to == END or ":" in self.to


@dataclass(frozen=True, slots=True)
class Walk:
    """The visits of a call, in order. `is_whole`: every moment of it was seen."""

    visits: tuple[Visit, ...]
    is_whole: bool

    @property
    def exit(self) -> Visit | None:
        """The visit that led out of the menus first; None: he never left them by a way."""
        return next((visit for visit in self.visits if visit.is_exit), None)

    @property
    def last_asked(self) -> Visit | None:
        """The last visit before he left the menus in which he was asked something; None: there was none."""
        left = next((place for place, visit in enumerate(self.visits) if visit.is_exit), len(self.visits))
        return next((visit for visit in reversed(self.visits[: left + 1]) if visit.asks), None)


def way_called(way: str) -> str:
    """A way that no key opens as visits and figures call it: as the document does (`open`, `no_input.then`,
    `cases.0.then`), but for cases."""
    group, _, rest = way.partition(".")
    place = rest.partition(".")[0]
    return f"case {int(place) + 1}" if group == "cases" and place.isdecimal() else group


def walk_of(facts: Iterable[FactRecord]) -> Walk:
    """From the facts of one call, in order, that are of `KINDS`. One that is not over is as far as it came."""
    walker = _Walker()
    for fact in facts:
        walker.take(fact)
    return Walk(tuple(walker.visits), walker.is_whole)


class _At(Enum):
    """Where a caller is: in the last visit, as what he left tells (EXPECTED) or as its node does (IN); or OUT of it."""

    OUT = auto()
    EXPECTED = auto()
    IN = auto()


class _Walker:
    """Follows one call from fact to fact."""

    def __init__(self) -> None:
        self.visits: list[Visit] = []
        self.is_whole = True
        self._at = _At.OUT

    def take(self, fact: FactRecord) -> None:
        if self._at is not _At.OUT:
            self.visits[-1].ended = fact.at
        match fact.kind:
            case FactKind.GAP | FactKind.LOST | FactKind.REPAIRED:
                self.is_whole = False
            case FactKind.MENU:
                self._come(fact, fact.data.get("menu", ""))
                self.visits[-1].asks, self._at = True, _At.IN
            case FactKind.CHOICE:
                if self._at is _At.IN and fact.data.get("menu") == self.visits[-1].node:
                    self._choose(fact)
            case FactKind.STEP:
                self._pass(fact)
            case FactKind.HUNG_UP:
                if self._at is not _At.OUT:
                    self.visits[-1].way = HUNG_UP
                elif self.visits and self.visits[-1].way != CUT:
                    self._lead(END)
                self._at = _At.OUT
            case FactKind.OUTCOME if fact.data.get("detail", "").startswith("step:"):
                pass  # he has his answer, and goes on
            case _:
                if place := _place(fact):
                    self._lead(place)
                self._at = _At.OUT

    def _come(self, fact: FactRecord, node: str) -> None:
        """To a node, which is where the call was led if that was told."""
        if self._at is _At.EXPECTED:
            self.visits.pop()
            if self.visits:
                self.visits[-1].to = ""
        self._lead(node)
        version = fact.data.get("version", "")
        known = self.visits[-1].version if self.visits and "version" not in fact.data else None
        self.visits.append(
            Visit(
                node=node,
                version=int(version) if version.isdecimal() else known,
                is_compiled=fact.data.get("by") == "fallback",
                began=fact.at,
                ended=fact.at,
            )
        )

    def _choose(self, fact: FactRecord) -> None:
        visit, edge, key = self.visits[-1], fact.data.get("edge", ""), fact.data.get("key", "")
        visit.way = edge if edge in FAILURES else f"key {key}" if key else TYPED
        visit.silent, visit.wrong = (int(fact.data.get(how, 0)) for how in ("silent", "wrong"))
        self._leave(fact)

    def _pass(self, fact: FactRecord) -> None:
        """A node that asks nothing is left; an outside number that does not answer, otherwise than was told before."""
        node, way = fact.data.get("node", ""), fact.data.get("way", "")
        last = self.visits[-1] if self.visits else None
        if node and last is not None and self._at is _At.OUT and (last.node, last.way, way) == (node, THEN, FAILURE):
            last.ended, last.to, last.way = fact.at, "", way
        elif node:
            if last is None or self._at is not _At.EXPECTED or last.node != node:
                self._come(fact, node)
            self.visits[-1].way = way_called(way)
        self._leave(fact)

    def _leave(self, fact: FactRecord) -> None:
        self._at = _At.OUT
        if to := fact.data.get("to", ""):
            self._come(fact, to)
            self._at = _At.EXPECTED

    def _lead(self, place: str) -> None:
        """The last visit led there, unless it is known to what it led."""
        if self.visits and not self.visits[-1].to and self.visits[-1].way != HUNG_UP:
            self.visits[-1].to = place


def _place(fact: FactRecord) -> str:
    """To which place outside the menus a fact says that the call came; "" if it says nothing about that."""
    data = fact.data
    match fact.kind:
        case FactKind.ROUTED:
            return f"queue:{data.get('queue', '')}"
        case FactKind.JOINED:
            return f"queue:{split_switch_name(data.get('queue', ''))[1]}"
        case FactKind.OFFERED if not data.get("queue"):
            return f"person:{split_switch_name(data.get('agent', ''))[1]}"
        case FactKind.ANSWERED:
            return f"person:{data.get('person', '')}"
        case FactKind.OUTCOME if (detail := data.get("detail", "")).startswith("conference:"):
            return detail
        case FactKind.OUTCOME if data.get("outcome") == "voicemail":
            return f"voicemail:{data.get('detail', '')}"
        case FactKind.OUTCOME if data.get("outcome") == "callback":
            return f"callback:{data.get('detail', '')}"
        case FactKind.OUTCOME if data.get("outcome") == "overflowed":
            return f"external:{split_switch_name(data.get('detail', ''))[1]}"
        case _:
            return ""
