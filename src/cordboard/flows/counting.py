"""What the calls of a company did in its menus, read from its history and counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cordboard.flows.figures import Counting, Figures
from cordboard.flows.visits import KINDS
from cordboard.store.engine import Session
from cordboard.store.journal import calls_with_facts


async def counted(
    session: Session, company: str, since: datetime, until: datetime, versions: Sequence[int | None]
) -> list[Figures]:
    """Figures of calls that entered from `since` to `until` (excluded), for each version; None: for all calls."""
    counting = [Counting(version) for version in versions]
    async for call, facts in calls_with_facts(session, company, since, until, KINDS):
        for each in counting:
            each.add(call, facts)
    return [each.figures for each in counting]
