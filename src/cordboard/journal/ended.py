"""Calls as people mean them that are over: whose they are, and how they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from ami.conversation import Conversation, StepKind
from cordboard.journal.story import record_of
from cordboard.store.company import list_companies
from cordboard.store.conversations import record_conversations
from cordboard.store.engine import Session
from cordboard.store.records import ConversationRecord
from cordboard.store.values import split_switch_name


class Ended(NamedTuple):
    """`owners`: what may be the companies in it, by the names that its queue and its phones have on the switch, and by
    the number that it came in by."""

    record: ConversationRecord
    owners: frozenset[str]


def ended(conversation: Conversation, received_by: str = "", *, is_repaired: bool = False) -> Ended:
    """A conversation that is over; `received_by` is the company whose number was called, "" if none is known.
    `is_repaired`: Asterisk's records told it, or nobody saw its end."""
    # A trunk's name tells nothing: through one company's trunk the calls of another may come.
    names = [party.endpoint for party in conversation.parties if not party.is_outside]
    found = {split_switch_name(name)[0] for name in (conversation.queue, *names)}
    owners = frozenset(found | {received_by}) - {""}
    company = next(iter(owners)) if len(owners) == 1 else ""
    is_lost = any(step.kind == StepKind.LOST for step in conversation.steps)
    return Ended(record_of(conversation, company, is_repaired=is_repaired or is_lost), owners)


async def keep_ended(session: Session, calls: Sequence[Ended]) -> None:
    """Keep these. A call with phones of several companies in it is no company's; but not every phone with a hyphen in
    its name is one of a company."""
    companies: set[str] = set()
    if any(len(call.owners) > 1 for call in calls):
        companies = {company.id for company in await list_companies(session)}
    await record_conversations(session, [_resolved(call, companies) for call in calls])


def _resolved(call: Ended, companies: set[str]) -> ConversationRecord:
    known = call.owners & companies
    return replace(call.record, company=next(iter(known))) if len(known) == 1 else call.record
