"""Stands in for other systems in a call that nobody makes: what they answer was told beforehand, and comes at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from agi.flow.lookup import NOT_FOUND, Untrue
from agi.flow.nodes import FAILURE
from agi.ports import FAILED, NOTHING_FOUND, CallbackRequest, Known, Notice, Question, Reachable, Response
from agi.simulated_steps import Asked, CallbackAsked, Notified
from agi.simulation import SimulatedLine

HIDDEN = "(secret)"
UNTOLD = object()
"""Instead of an answer: nobody told one, so that asking fails."""
HANGS_UP = object()
"""Instead of an answer: the caller hangs up before it comes."""

Replies = Callable[[str], object]
"""Node -> what its question is answered with: JSON, `not_found`, `failure`, UNTOLD or HANGS_UP; of a
notice `failure`, or anything."""


def told(answers: Mapping[str, object]) -> Replies:
    """Answers by node."""
    return lambda node: answers.get(node, UNTOLD)


class StandIn:
    """Answers `agi.ports.Systems`, and lets its line tell of each question."""

    def __init__(self, line: SimulatedLine, replies: Replies) -> None:
        self._line = line
        self._replies = replies

    @asynccontextmanager
    async def asked(self, question: Question) -> AsyncIterator[Awaitable[Response]]:
        reply = self._replies(question.node)
        if reply is HANGS_UP:
            self._line.leave()
        response = response_of(reply, question.into)
        told = reply is not UNTOLD
        self._line.note(Asked(self._line.clock, question.source, _shown(question), response.way, told))
        yield Known(response)

    async def told(self, notice: Notice) -> bool:
        """It is taken unless it was told beforehand that this fails."""
        reply = self._replies(notice.node)
        if reply is HANGS_UP:
            self._line.leave()
        self._line.note(Notified(self._line.clock, notice.source, _shown(notice)))
        return reply != FAILURE


Reaches = Callable[[str, str], Reachable | None]
"""What may be dialled, by its name in the company, and a number -> that number, if somebody may be called there."""


def anywhere(outgoing: str, number: str) -> Reachable | None:
    """Whatever may be a number is one."""
    return Reachable(f"+{number}", number) if number.isdecimal() and len(number) > 1 else None


class CallbackStandIn:
    """Answers `agi.ports.Callbacks`: takes everybody down, unless it was told beforehand that this fails."""

    def __init__(self, line: SimulatedLine, replies: Replies, reaches: Reaches) -> None:
        self._line = line
        self._replies = replies
        self._reaches = reaches

    async def reachable(self, company: str, outgoing: str, number: str) -> Reachable | None:
        return self._reaches(outgoing, number)

    async def take(self, request: CallbackRequest) -> bool:
        is_taken = self._replies(request.node) != FAILURE
        self._line.note(CallbackAsked(self._line.clock, request.queue, request.number, is_taken))
        return is_taken


def _shown(put: Question | Notice) -> dict[str, str]:
    return {name: HIDDEN if name in put.secrets else value for name, value in put.values.items()}


def response_of(reply: object, into: Mapping[str, str]) -> Response:
    """What comes of a reply."""
    if reply == NOT_FOUND:
        return NOTHING_FOUND
    if reply == FAILURE or reply is UNTOLD:
        return FAILED
    try:
        return Response.of(reply, into)
    except Untrue:
        return FAILED
