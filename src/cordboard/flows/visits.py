"""One call's way through the menus, read from its facts: each visit to a menu or step that asks, how it ended, and to
where it led.

A visit begins where the caller is told to be asked, and ends where he leaves by a way: `key 2`, `typed` (digits),
`no_input`, `wrong_input` or `failure`; else `hung_up`, or `cut_off`: something else took the call, such as the
compiled way when Cordboard was gone. What it led to is the id of the next menu or step that asks, or a place outside
the menus: `queue:ID`, `person:ID` (any phone of the house), `voicemail:ID`, `external:NUMBER`, or `the_end`: a message,
or nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ami.models import FactKind
from cordboard.store.records import FactRecord
from cordboard.store.values import split_switch_name

HUNG_UP, CUT, TYPED, END = "hung_up", "cut_off", "typed", "the_end"
"""No id of a node has an underscore."""
FAILURES = ("no_input", "wrong_input", "failure")
KINDS = frozenset(
    {
        FactKind.MENU,
        FactKind.CHOICE,
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
_UNSEEN = frozenset({FactKind.GAP, FactKind.LOST, FactKind.REPAIRED})


@dataclass(slots=True)
class Visit:
    """`version` is that of the menus; None: it was not told. `silent` and `wrong`: how often nothing was typed in it,
    and something that is not offered; a visit without a way does not tell. `to` is "" where it led nowhere."""

    node: str
    version: int | None
    is_compiled: bool
    began: datetime
    ended: datetime
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


def walk_of(facts: Iterable[FactRecord]) -> Walk:
    """From the facts of one call, in order, that are of `KINDS`. One that is not over is as far as it came."""
    visits: list[Visit] = []
    is_in, is_whole = False, True  # is the last visit under way, was all of the call seen
    for fact in facts:
        if is_in:
            visits[-1].ended = fact.at
        if fact.kind in _UNSEEN:
            is_whole = False
        elif fact.kind == FactKind.MENU:
            _lead(visits, fact.data.get("menu", ""))
            visits.append(_entered(fact))
            is_in = True
        elif fact.kind == FactKind.CHOICE:
            if is_in and fact.data.get("menu") == visits[-1].node:
                _leave(visits[-1], fact)
                is_in = False
        elif fact.kind == FactKind.HUNG_UP:
            if is_in:
                visits[-1].way = HUNG_UP
            elif visits and visits[-1].way != CUT:
                _lead(visits, END)
            is_in = False
        else:
            if place := _place(fact):
                _lead(visits, place)
            is_in = False
    return Walk(tuple(visits), is_whole)


def _entered(fact: FactRecord) -> Visit:
    node, version = fact.data.get("menu", ""), fact.data.get("version", "")
    is_compiled = fact.data.get("by") == "fallback"
    return Visit(node, int(version) if version.isdecimal() else None, is_compiled, fact.at, fact.at)


def _leave(visit: Visit, fact: FactRecord) -> None:
    edge, key = fact.data.get("edge", ""), fact.data.get("key", "")
    visit.way = edge if edge in FAILURES else f"key {key}" if key else TYPED
    visit.silent, visit.wrong = (int(fact.data.get(how, 0)) for how in ("silent", "wrong"))


def _lead(visits: list[Visit], place: str) -> None:
    """The last visit led there, unless it is known to what it led."""
    if visits and not visits[-1].to and visits[-1].way != HUNG_UP:
        visits[-1].to = place


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
        case FactKind.OUTCOME if data.get("outcome") == "voicemail":
            return f"voicemail:{data.get('detail', '')}"
        case FactKind.OUTCOME if data.get("outcome") == "overflowed":
            return f"external:{split_switch_name(data.get('detail', ''))[1]}"
        case _:
            return ""
