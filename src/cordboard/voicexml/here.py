"""Where in the documents something is done, for those who make steps of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cordboard.voicexml.made import Label, Way
from cordboard.voicexml.tree import Element


class TooMuch(Exception):
    """The documents lead through more steps than a company has."""


@dataclass(frozen=True, slots=True)
class Here:
    """Where something is done: the dialog, the element, and what can be said of its form."""

    dialog: Label
    element: Element
    hint: str
    again: Way
    """Where it asks again, or begins."""
    items: Mapping[str, Label]
    """Items of the form by name."""
    cleared: Callable[[Element], Way | None]
    """Where a call goes on for which items are cleared; None: nobody knows."""
    handling: tuple[str, ...] = ()
    """Events that are being handled."""
