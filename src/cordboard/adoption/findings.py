"""What adopting has to tell: all that did not become part of the company as it stands, and the book of what did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from cordboard.adoption.conf import Option, Place, Section


class Kind(StrEnum):
    """From what needs somebody to what needs nobody."""

    DECIDE = "decide"
    """Something had to be filled in, or is left open: you decide."""
    LOST = "lost"
    """Not carried over."""
    CHANGED = "changed"
    """Carried over, and not quite the same."""
    DIFFERS = "differs"
    """The files say one thing, the Asterisk that runs another."""
    BROKEN = "broken"
    """Asterisk itself does not understand it, or it could not be read."""
    REPLACED = "replaced"
    """Cordboard does this in its own way; nothing to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`about`: the object, as "queue support". `places`: the lines, none for what only the running Asterisk says."""

    kind: Kind
    about: str
    what: str
    cure: str
    places: tuple[Place, ...] = ()


class Ledger:
    """The book of every option: taken into the company, told, or neither. What is neither when the book is closed is
    told then, so nothing is dropped silently."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.taken: set[Place] = set()
        self._told: set[Place] = set()

    def take(self, option: Option | None) -> str:
        """The value of an option that goes into the company; "" if it is not there."""
        if option is None:
            return ""
        self.taken.update(option.places)
        return option.value

    def tell(self, kind: Kind, about: str, what: str, cure: str, *where: Option | Section | Place | None) -> None:
        """Tell a finding, and where. What is told need not be taken."""
        places = tuple(sorted(set(_places(where))))
        self._told.update(places)
        self.findings.append(Finding(kind=kind, about=about, what=what, cure=cure, places=places))

    def is_open(self, place: Place) -> bool:
        """Is this line neither taken nor told?"""
        return place not in self.taken and place not in self._told


def _places(where: Iterable[Option | Section | Place | None]) -> Iterator[Place]:
    for one in where:
        if isinstance(one, Option):
            yield from one.places
        elif isinstance(one, Section):
            yield one.place
        elif one is not None:
            yield one
