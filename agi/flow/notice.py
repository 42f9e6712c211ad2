"""A node that tells another system something: a text message, a note in the CRM, a ticket."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from agi.errors import Problem
from agi.flow.forms import Way, Whole
from agi.flow.lookup import Connected
from agi.flow.nodes import FAILURE, NOTHING
from agi.flow.speaking import Templates, named_in, unsaid_in
from agi.flow.ways import Edge

SENT = "sent"
TEXT = "text"
"""What the connection calls the text."""
RETRIES = 10
"""How often it is told again where no number is said: some hours."""
MOST_RETRIES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify(Connected):
    """Tells another system something, and goes on by whether it was taken.

    `text`: language -> words in which variables stand, sent as `text`; where one of them holds nothing, nothing is
    sent. It is told to the end, though the caller hangs up meanwhile, and as the same thing each time that a call comes
    here. What is not taken is told again `retry` times, long after the call has gone on by `failure`.
    """

    kind: ClassVar[str] = "notify"
    sent: Annotated[Edge, Way()]
    text: Annotated[Mapping[str, str], Templates()] = field(default_factory=dict)
    retry: Annotated[int, Whole(0, MOST_RETRIES)] = 0

    def told(self) -> frozenset[str]:
        return Connected.told(self) | ({TEXT} if self.text else frozenset())

    def reads(self) -> Iterator[tuple[str, str]]:
        yield from Connected.reads(self)
        yield from self.tells()

    def tells(self) -> Iterator[tuple[str, str]]:
        yield from named_in(self.text)

    def replies(self, wanted: Mapping[str, Collection[str]] = NOTHING) -> Iterator[object]:
        yield from (SENT, FAILURE)

    def unsaid(self, languages: Collection[str], default: str) -> Iterator[Problem]:
        if self.text:
            yield from unsaid_in(self.text, languages, default)

    def problems(self, schedules: Collection[str]) -> Iterator[Problem]:
        if self.text and TEXT in self.send:
            yield Problem(f"send.{TEXT}", "is what the text is sent as", "Choose another name, or leave the text out")
