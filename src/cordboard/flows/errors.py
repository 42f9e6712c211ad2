"""What can go wrong when menus are looked at.

FlowsError
├── NoSuchDid       the company does not have this number (.number)
├── NoSuchPerson    nobody has this id (.person)
├── NoSuchPlace     there is no such extension, queue, box, person or message (.place)
├── NoSuchAnswer    no step (.step) asks another system, or is answered so
└── NotUnderstood   a line says nothing that a caller does
"""

from __future__ import annotations

from collections.abc import Collection


class FlowsError(Exception):
    """Anything here that somebody asked for in vain."""


class NoSuchDid(FlowsError):
    """The company does not have this number."""

    def __init__(self, number: str, known: Collection[str]) -> None:
        there = ", ".join(sorted(known)) or "none"
        asked = f"no DID {number[:40]!a}" if number else "say which number is called"
        super().__init__(f"{asked}; there is {there}")
        self.number = number


class NoSuchPerson(FlowsError):
    """Nobody has this id."""

    def __init__(self, person: str, known: Collection[str]) -> None:
        super().__init__(f"nobody has the id {person[:40]!a}; there is {', '.join(sorted(known)) or 'nobody'}")
        self.person = person


class NoSuchPlace(FlowsError):
    """There is no such extension, queue, box, person, message or conference."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"{place[:40]!a} is no extension and no queue, person, phone, voicemail, message or conference of this"
            " company"
        )
        self.place = place


class NoSuchAnswer(FlowsError):
    """Nobody is asked at this step, or what is asked there is not answered so."""

    def __init__(self, step: str, what: str) -> None:
        super().__init__(what)
        self.step = step


class NotUnderstood(FlowsError):
    """A line says nothing that a caller does."""
