"""What is wrong with a company file, said so that its author can mend it."""

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

MOST_PROBLEMS = 200
_MOST_COMPARED = 1000
_LONGEST = 60

Path = tuple[str | int, ...]
"""The place in the document: keys, and positions in lists."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong at a place, and what to do about it. Warnings do not stop an import."""

    file: str
    line: int
    path: str
    what: str
    cure: str
    is_warning: bool = False
    column: int = 1
    """The first is 1, which also stands for a line as a whole."""

    def __str__(self) -> str:
        return self.as_line()

    def as_line(self, warning: str = "warning") -> str:
        """`warning`: what one is called that stops nothing."""
        severity = f"{warning}: " if self.is_warning else ""
        place = f"{self.path}: " if self.path else ""
        stop = "" if self.cure.endswith("?") else "."
        return f"{self.file}:{self.line}:{self.column}: {severity}{place}{self.what}. {self.cure}{stop}"


class Spot(NamedTuple):
    """Where a part is written, and the line of the alias by which it is used elsewhere. The first column is
    1, which also stands for a line as a whole."""

    file: str
    line: int
    used: int | None = None
    column: int = 1


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem before it is put in its line: where its path stands, unless it says otherwise."""

    path: Path
    what: str
    cure: str
    is_warning: bool = False
    spot: Spot | None = None


def shown(text: object) -> str:
    """A piece of the file as it may be printed in a terminal: one short line, anything unprintable escaped."""
    written = str(text)
    cut = written if len(written) <= _LONGEST else written[:_LONGEST] + "…"
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in cut)


def shown_path(path: Path) -> str:
    """`queues.billing.relax[0].after`"""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{shown(step)}" for step in path).removeprefix(".")


def is_told(path: str, what: str, told: Iterable[tuple[str, str]]) -> bool:
    """Was it said already at this place? A flow's own check is asked by the file first, and says the same with the way
    before it."""
    return any(where == path and what.endswith(known) for where, known in told)


def did_you_mean(word: str, known: Collection[str]) -> str:
    """A cure for a name that is not among the known ones: the nearest of them, else what there is."""
    if not known:
        return "There is none yet"
    if len(known) <= _MOST_COMPARED:
        near = _nearest(word[:_LONGEST], tuple(known))
        if near is not None:
            return f'Did you mean "{shown(near)}"?'
    return f"Known: {listed(sorted(known))}"


@lru_cache(maxsize=1024)
def _nearest(word: str, known: tuple[str, ...]) -> str | None:
    # A list of thousands has the same mistake in each line.
    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.6)), None)


def listed(names: Iterable[str], most: int = 8) -> str:
    """`a, b, c and 4 more`"""
    every = list(names)
    rest = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(map(shown, every[:most])) + rest
