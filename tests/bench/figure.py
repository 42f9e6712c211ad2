"""What a measurement gives back, and what it is given: a Figure, and a Run to measure in.

A module `bench_NAME.py` or `soak_NAME.py` of this folder says in its docstring what it measures and defines

    async def measure(run: Run) -> Figure: ...

or an asynchronous generator `measure` that yields several figures, told apart by their `part`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Limit:
    """What a value must keep: "at least" or "at most" so much, in the unit of its figure."""

    kind: Literal["at least", "at most"]
    value: float

    def is_kept_by(self, value: float) -> bool:
        return value >= self.value if self.kind == "at least" else value <= self.value

    def __str__(self) -> str:
        return f"{self.kind} {self.value:g}"


@dataclass(frozen=True)
class Figure:
    """One measured value beside those of its peers in the same run, and the counts behind it.

    `tried` and `failed` count the single things that were measured (events, sessions, calls): a figure with a failure,
    or beyond its limit, makes the run fail.
    """

    value: float
    unit: str
    peers: Mapping[str, float] = field(default_factory=dict)
    limit: Limit | None = None
    tried: int = 0
    failed: int = 0
    part: str = ""
    notes: str = ""
    details: str = ""
    """A table of its own, lines of plain text: shown under the table of all, and written beside the figure."""

    @property
    def is_good(self) -> bool:
        return not self.failed and (self.limit is None or self.limit.is_kept_by(self.value))


class Run:
    """One measurement under way: its chance, its time, and where it tells how far it is."""

    def __init__(self, seed: int, seconds: float, tell: Callable[[str], None]) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.seconds = seconds
        """How long a soak is to last."""
        self._began = time.monotonic()
        self._tell = tell

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._began

    @property
    def is_over(self) -> bool:
        """Whether a soak has lasted as long as it is to last."""
        return self.elapsed >= self.seconds

    def progress(self, text: str) -> None:
        """Say in a few words how far it is; may be called as often as wanted."""
        self._tell(text)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value that this share of them, the smallest first, does not exceed; infinite if there is none."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("inf")
