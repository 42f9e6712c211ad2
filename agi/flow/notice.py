"""A node that tells another system something: a text message, a note in the CRM, a ticket."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from agi.errors import Problem
from agi.flow.deciding import Values
from agi.flow.forms import Seconds, Way, Word
from agi.flow.lookup import CONNECTION_CURE, FAILURE, LEAST_SECONDS, MOST_SECONDS
from agi.flow.nodes import NOTHING, Node
from agi.flow.speaking import Templates, named_in, unsaid_in
from agi.flow.steps import VARIABLE, VARIABLE_CURE
from agi.flow.ways import SLUG, Edge

SENT = "sent"
TEXT = "text"
"""What the connection calls the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify(Node):
    """Tells another system something by a connection that has a name, and goes on by whether it was taken.

    `send`: what the connection calls a value -> the variable that holds it. `text`: language -> words in which
    variables stand, sent as `text`; where one of them holds nothing, nothing is sent. A call tells it once, however
    often it comes here, and to the end, though the caller hangs up meanwhile.
    """

    kind: ClassVar[str] = "notify"
    source: Annotated[str, Word(SLUG, CONNECTION_CURE)]
    send: Annotated[Mapping[str, str], Values(VARIABLE, VARIABLE_CURE)]
    sent: Annotated[Edge, Way()]
    failure: Annotated[Edge, Way()]
    text: Annotated[Mapping[str, str], Templates()] = field(default_factory=dict)
    deadline_seconds: Annotated[float, Seconds(LEAST_SECONDS, MOST_SECONDS)] = 5.0

    @property
    def about(self) -> str:
        return self.source

    def told(self) -> frozenset[str]:
        return frozenset(self.send) | ({TEXT} if self.text else frozenset())

    def reads(self) -> Iterator[tuple[str, str]]:
        yield from ((f"send.{name}", variable) for name, variable in self.send.items())
        yield from named_in(self.text)

    def replies(self, wanted: Mapping[str, Collection[str]] = NOTHING) -> Iterator[object]:
        yield from (SENT, FAILURE)

    def unsaid(self, languages: Collection[str], default: str) -> Iterator[Problem]:
        if self.text:
            yield from unsaid_in(self.text, languages, default)

    def problems(self, schedules: Collection[str]) -> Iterator[Problem]:
        if self.text and TEXT in self.send:
            yield Problem(f"send.{TEXT}", "is what the text is sent as", "Choose another name, or leave the text out")
