"""Nodes that record: what the caller says after a tone, and a call from here on."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from agi.errors import Problem
from agi.flow.forms import MaybeWhole, PromptName, Retrying, Seconds, Truth, Way, Whole, Word
from agi.flow.nodes import NOTHING, SILENCE, Node
from agi.flow.plan import speaking
from agi.flow.steps import VARIABLE, VARIABLE_CURE
from agi.flow.ways import Edge, Retry

KEEP, HEAR, AGAIN = "1", "2", "3"
"""Keys that answer the prompt behind a recording; any other key, and silence, keep it."""
ENDS = re.compile(r"[*#]?|any")
ENDS_CURE = 'Write "#", "*", any, or "" for no key'
START, STOP = "start", "stop"
DOES = re.compile(f"{START}|{STOP}")
MOST_SECONDS, MOST_SILENCE = 1800, 30
MOST_DAYS = 3650
"""For which recordings may be kept."""
_SAYS = 5
"""Seconds that somebody speaks who tries all ways."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Node):
    """Records what the caller says after a tone, until `end` is pressed, nothing is said for `silence_seconds`, or
    `longest_seconds` are over; `into` then names the recording.

    `review` is a prompt that is heard behind it: 1 keeps it, 2 lets it be heard, 3 begins anew. Who hangs up while he
    speaks has left what he said. Who says nothing is asked again, as often as `no_input` says.
    """

    kind: ClassVar[str] = "record"
    prompt: Annotated[str | None, PromptName()]
    into: Annotated[str, Word(VARIABLE, VARIABLE_CURE)]
    then: Annotated[Edge, Way()]
    no_input: Annotated[Retry, Retrying()]
    review: Annotated[str | None, PromptName()] = None
    end: Annotated[str, Word(ENDS, ENDS_CURE)] = "#"
    longest_seconds: Annotated[int, Whole(2, MOST_SECONDS)] = 120
    silence_seconds: Annotated[int, Whole(1, MOST_SILENCE)] = 4
    barge_in: Annotated[bool, Truth()] = True
    first_digit_seconds: Annotated[float, Seconds(0.5, 60)] = 6.0
    keep_days: Annotated[int | None, MaybeWhole(1, MOST_DAYS)] = None

    @property
    def ends_by(self) -> str:
        """The keys that end it."""
        return "0123456789*#" if self.end == "any" else self.end

    @property
    def about(self) -> str:
        return self.prompt or ""

    def ways_of_silence(self) -> Iterator[Edge]:
        yield self.no_input.then
        if self.failure is not None:
            yield self.failure

    def reason(self, way: str) -> str | None:
        return "key" if way == "then" else way.partition(".")[0]

    def gives(self) -> Iterator[tuple[str, str]]:
        yield "into", self.into

    def behaviours(self, wanted: Mapping[str, Collection[str]] = NOTHING) -> Iterator[tuple[str, ...]]:
        keeps = (KEEP,) if self.review is not None else ()
        yield (speaking(_SAYS), self.ends_by[-1:] or SILENCE, *keeps)
        yield (SILENCE,) * self.no_input.tries

    def problems(self, schedules: Collection[str]) -> Iterator[Problem]:
        if self.silence_seconds >= self.longest_seconds:
            what = f"is not less than the {self.longest_seconds} seconds that are recorded"
            yield Problem("silence_seconds", what, "Write less, or let more be recorded")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCall(Node):
    """Records the call, both sides, from here on: through queues and talks, until it ends or comes to one that stops
    it. `announcement` is heard whole before. One that is recorded already goes on, and a stopped one begins anew.

    What is secret is not in it: nothing is recorded while it is typed.
    """

    kind: ClassVar[str] = "recording"
    do: Annotated[str, Word(DOES, f"Write {START} or {STOP}")]
    then: Annotated[Edge, Way()]
    announcement: Annotated[str | None, PromptName()] = None
    keep_days: Annotated[int | None, MaybeWhole(1, MOST_DAYS)] = None

    @property
    def about(self) -> str:
        return self.do

    @property
    def starts(self) -> bool:
        return self.do == START

    def problems(self, schedules: Collection[str]) -> Iterator[Problem]:
        if self.announcement is not None and not self.starts:
            yield Problem(
                "announcement", "stands where nothing is recorded any more", "Leave it out, or play it before"
            )
