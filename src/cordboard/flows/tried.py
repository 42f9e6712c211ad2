"""A call that is tried act by act: whoever tries it says each time all that the caller did so far, and it is done
again from the beginning, up to where the call waits for more. Nothing is kept between two of these."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agi.simulated_steps import Step
from agi.stand_in import Replies, told
from cordboard.calls.paper import Paper
from cordboard.flows.errors import NotUnderstood
from cordboard.flows.trial import Lengths, Passage, try_call, unmeasured
from cordboard.flows.typist import Typist
from cordboard.store.values import Did


class Awaited(StrEnum):
    """What a call waits for."""

    KEYS = "keys"
    SPEECH = "speech"
    """The tone of a recording came: how long the caller speaks."""


@dataclass(frozen=True, slots=True)
class Tried:
    """`steps`: up to where more is `awaited`; None: the call is over, and `passage` tells its end."""

    passage: Passage
    steps: tuple[Step, ...]
    awaited: Awaited | None


async def try_acts(
    books: Paper,
    did: Did,
    acts: Sequence[str],
    *,
    number: str,
    begins: datetime,
    lengths: Lengths = unmeasured,
    replies: Replies = told({}),  # noqa: B008 - of nothing
) -> Tried:
    """`acts`: one line each time that the call waited, as `Typist` takes them. Raises NotUnderstood."""
    lines = _Acts(acts)
    steps: list[Step] = []

    def tell(step: Step) -> None:
        if lines.awaited is None:
            steps.append(step)

    typist = Typist(lines)
    passage = await try_call(
        books, did, typist, number=number, begins=begins, lengths=lengths, tell=tell, replies=replies
    )
    return Tried(passage, tuple(steps), lines.awaited)


class _Acts:
    """Lines until there are no more: what comes then is awaited, and the caller hangs up unheard."""

    def __init__(self, acts: Sequence[str]) -> None:
        self._acts = deque(acts)
        self.awaited: Awaited | None = None

    def keys(self) -> str:
        act = self._next(Awaited.KEYS)
        return "h" if act is None else act

    def speech(self) -> str | None:
        return self._next(Awaited.SPEECH)

    def refuse(self, what: str) -> None:
        raise NotUnderstood(what)

    def _next(self, what: Awaited) -> str | None:
        if self._acts:
            return self._acts.popleft()
        self.awaited = self.awaited or what
        return None
