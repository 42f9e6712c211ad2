"""What would lose more than half of itself: mostly the sign of a wrong file. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cordboard.provisioning.inventory import Inventory

GUARDED = ("phone", "queue", "DID", "menu", "person", "voicemail box")
"""Kinds of which neither an import nor an apply removes more than half unless it is told to."""


class Loss(NamedTuple):
    """So many of them are removed, of so many that there were."""

    what: str
    removed: int
    had: int


def losses(before: Inventory, after: Inventory) -> Iterator[Loss]:
    """Each guarded kind that loses too much, then all kinds taken together."""
    had_all = removed_all = has_all = 0
    for kind in GUARDED:
        had, has = before.get(kind, {}).keys(), after.get(kind, {}).keys()
        removed = had - has
        had_all, removed_all, has_all = had_all + len(had), removed_all + len(removed), has_all + len(has)
        if _is_too_much(len(had), len(removed), len(has)):
            yield Loss(f"{kind}es" if kind.endswith("x") else f"{kind}s", len(removed), len(had))
    if _is_too_much(had_all, removed_all, has_all):
        yield Loss("things", removed_all, had_all)


def _is_too_much(had: int, removed: int, has: int) -> bool:
    # Who gives everything another id removes all of it, and loses nothing.
    return had >= 2 and removed * 2 > had and has < had
