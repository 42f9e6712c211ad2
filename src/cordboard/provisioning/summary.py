"""What a generation changed, in lines to keep with it, and in one to list it by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cordboard.provisioning.changes import Action, Change
from cordboard.provisioning.phrases import sentences

MOST_LINES = 200
MOST_IN_ONE = 3


def told_changes(changes: Iterable[Change]) -> tuple[str, ...]:
    """A line or more for each change that somebody made, in English; what only follows from another is left out."""
    made = [change for change in changes if change.action is not Action.KEEP and not change.follows]
    lines = [line for change in made for line in sentences(change, "en")]
    if len(lines) > MOST_LINES:
        return (*lines[:MOST_LINES], f"and {len(lines) - MOST_LINES} more")
    return tuple(lines)


def in_one_line(lines: Sequence[str]) -> str:
    """The first few, and how many more."""
    if len(lines) <= MOST_IN_ONE:
        return "; ".join(lines)
    return f"{'; '.join(lines[:MOST_IN_ONE])}; and {len(lines) - MOST_IN_ONE} more"
