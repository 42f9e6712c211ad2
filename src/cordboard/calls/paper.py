"""The books of one company in hand, stored or not yet: answers what calls ask, as `Books` does, without a database."""

from __future__ import annotations

from collections.abc import Collection

from agi.flow.document import Flow
from agi.ports import Block, PinnedFlow, RouteDecision, RouteRequest
from ami.models import AgentState
from cordboard.calls.books import block_of, decide, start_in
from cordboard.calls.presence import UNKNOWN, AgentPresence, Presence
from cordboard.calls.reasons import ENGLISH, Reasons
from cordboard.store.blocks import block_among
from cordboard.store.values import Company


class Paper:
    """Answers `agi.ports.Flows`, `Blocks` and `Routes`. `decision` is the last that was made."""

    def __init__(
        self,
        company: Company,
        flow: Flow,
        version: int = 0,
        presence: Presence = UNKNOWN,
        reasons: Reasons = ENGLISH,
    ) -> None:
        self.company = company
        self.flow = flow
        self.version = version
        """Of the published flow; 0: it is not published."""
        self.presence = presence
        self._reasons = reasons
        self.decision: RouteDecision | None = None

    async def entry(self, company: str, did: str, call: str, version: int | None) -> PinnedFlow | None:
        return start_in(self.flow, self.version, did) if company == self.company.id else None

    async def find(self, company: str, number: str) -> Block | None:
        return block_of(block_among(self.company, number)) if company == self.company.id else None

    async def decide(self, request: RouteRequest) -> RouteDecision | None:
        queue = self.company.queues.get(request.queue) if request.company == self.company.id else None
        self.decision = (
            decide(self.company, queue, self.presence, request.at, request.wish, self._reasons) if queue else None
        )
        return self.decision


def ready(company: Company, people: Collection[str] | None = None) -> Presence:
    """These people (ids) are ready, everybody else is not logged in; None: everybody with a phone is ready."""
    names = [person.id for person in company.people.values() if person.extension] if people is None else people
    there = AgentPresence(AgentState.READY, "", None)
    return Presence(True, {company.switch_name(name): there for name in names})
