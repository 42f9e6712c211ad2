"""A node that offers to call somebody back instead of letting him wait."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from agi.errors import Problem, Sort
from agi.flow.forms import MaybeWhole, PromptName, Way, Whole, Word
from agi.flow.nodes import NOTHING, SILENCE, Asking
from agi.flow.routing import MOST_PRIORITY, QUEUE_CURE, Levels, Wish
from agi.flow.ways import SLUG, Edge, Target, TargetKind

TAKEN, REFUSED = "taken", "refused"
YES, OTHER, NO = "1", "2", "3"
"""Keys that answer a number which was said: this one, another one, none."""
END = "#"
MOST_DIGITS = 20
_TRIED, _NO_NUMBER = "0123456789", "0"
"""What somebody types who tries all ways: something that may be a number, and something that is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback(Asking):
    """Says the number that somebody calls from back to him, or lets him type another, and takes down that he is to be
    called there by an agent of `queue`; that ends his call, behind `thanks`.

    `prompt` is heard ahead of his number, `confirm` behind it; `ask` asks for another one. He may be called where
    `outgoing` (an item of the company) lets somebody call. He is called while `schedule` is open, in the next
    `within_hours`, `tries` times at most until he answers, `pause_seconds` between two. `most_waiting` may wait for it
    in the queue. `priority` and `skills` as in a route.
    """

    kind: ClassVar[str] = "callback"
    queue: Annotated[str, Word(SLUG, QUEUE_CURE)]
    outgoing: Annotated[str, Word(SLUG, "Name what may be dialled")]
    schedule: Annotated[str, Word(SLUG, "Name one of the schedules")]
    confirm: Annotated[str | None, PromptName()]
    ask: Annotated[str | None, PromptName()]
    thanks: Annotated[str | None, PromptName()]
    refused: Annotated[Edge, Way()]
    failure: Annotated[Edge, Way()]
    tries: Annotated[int, Whole(1, 9)] = 3
    pause_seconds: Annotated[int, Whole(60, 86_400)] = 900
    within_hours: Annotated[int, Whole(1, 336)] = 48
    most_waiting: Annotated[int, Whole(1, 1000)] = 20
    priority: Annotated[int | None, MaybeWhole(0, MOST_PRIORITY)] = None
    skills: Annotated[Mapping[str, int], Levels()] = field(default_factory=dict)

    @property
    def about(self) -> str:
        return self.queue

    @property
    def offered(self) -> Mapping[str, str]:
        return {YES: TAKEN, NO: REFUSED}

    @property
    def wish(self) -> Wish:
        """What is wanted of the queue."""
        return Wish(self.priority, self.skills)

    def wishes(self) -> Iterator[tuple[str, Wish]]:
        """As those of a route."""
        yield self.queue, self.wish

    def ways(self) -> Iterator[tuple[str, Edge]]:
        yield TAKEN, Edge(Target(TargetKind.CALLBACK, self.queue))
        yield from Asking.ways(self)

    def is_complete(self, typed: str) -> bool:
        """Does a number that is typed end here?"""
        return typed.endswith(END) or len(typed) >= MOST_DIGITS

    def behaviours(self, wanted: Mapping[str, Collection[str]] = NOTHING) -> Iterator[tuple[str, ...]]:
        """Of somebody whose number is not known."""
        yield from ((_TRIED + END, key) for key in (YES, NO))
        yield (SILENCE,) * self.no_input.tries
        yield (_NO_NUMBER + END,) * self.wrong_input.tries

    def answers(self) -> Iterator[tuple[str, ...]]:
        """The same of somebody who may be called where he calls from."""
        yield from ((key,) for key in (YES, NO))
        yield (SILENCE,) * self.no_input.tries
        yield (_NO_NUMBER,) * self.wrong_input.tries

    def problems(self, schedules: Collection[str]) -> Iterator[Problem]:
        if self.schedule not in schedules:
            what = f"schedule {self.schedule} does not exist"
            yield Problem("schedule", what, "Add it to the schedules", sort=Sort.SCHEDULE)
