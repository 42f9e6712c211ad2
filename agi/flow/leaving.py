"""A node by which a call leaves the house: an outside number, and what becomes of the call if nobody answers there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from agi.errors import Problem
from agi.flow.forms import Way, Whole, Word
from agi.flow.nodes import Node
from agi.flow.ways import NUMBER, NUMBER_CURE, Edge, Target, TargetKind


@dataclass(frozen=True, slots=True, kw_only=True)
class External(Node):
    """Calls an outside number, the one that is written here, for `ring_seconds`.

    Who is not answered there has left the flow: `failure` is a place outside it.
    """

    kind: ClassVar[str] = "external"
    number: Annotated[str, Word(NUMBER, NUMBER_CURE)]
    failure: Annotated[Edge, Way()]
    ring_seconds: Annotated[int, Whole(5, 120)] = 30

    @property
    def about(self) -> str:
        return self.number

    def is_meant_by(self, target: Target) -> bool:
        return target.kind is TargetKind.DIAL or Node.is_meant_by(self, target)

    def ways(self) -> Iterator[tuple[str, Edge]]:
        yield "then", Edge(Target(TargetKind.DIAL, self.id))
        yield "failure", self.failure

    def problems(self, schedules: Collection[str]) -> Iterator[Problem]:
        if not self.failure.target.kind.is_exit:
            what = "leads back into the menus, which such a call has left"
            yield Problem("failure", what, "Lead to a queue, a person, a voicemail, a message or hangup")
