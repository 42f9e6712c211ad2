"""A node from which on a call counts as served by the flow itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from agi.flow.forms import PromptName, Way
from agi.flow.nodes import Node
from agi.flow.ways import Edge


@dataclass(frozen=True, slots=True)
class Answer(Node):
    """Plays a prompt, if it has one, and goes on: from here on the caller has what he asked for.

    However he leaves now, he was served by the flow itself, unless he goes on to a queue or a person: then he asks for
    more.
    """

    kind: ClassVar[str] = "answer"
    then: Annotated[Edge, Way()]
    prompt: Annotated[str | None, PromptName()] = None

    @property
    def about(self) -> str:
        return self.prompt or ""
