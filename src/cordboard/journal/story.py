"""A call as people mean it, as it is kept: a row for lists, and in it the whole story as `docs/live.md` tells it."""

from __future__ import annotations

import json

from ami.conversation import Conversation, Ending, Role
from ami.plain import plain
from cordboard.journal.outcome import id_of
from cordboard.journal.page import NAME_LENGTH, NUMBER_LENGTH, clean
from cordboard.store.records import ConversationRecord

_AS_JSON = json.JSONEncoder(separators=(",", ":")).encode


def record_of(conversation: Conversation, company: str, *, is_repaired: bool = False) -> ConversationRecord:
    """The row of a company's conversation that is over, and has parties. `is_repaired`: nobody followed it to its
    end."""
    ending = conversation.ending or Ending("")
    caller = next((party for party in conversation.parties if party.role is Role.CALLER), conversation.parties[0])
    into = conversation.merged_into
    return ConversationRecord(
        node=conversation.id.node,
        uniqueid=conversation.id.uniqueid,
        company=clean(company, NUMBER_LENGTH),
        direction=str(conversation.direction),
        caller_number=clean(caller.number, NUMBER_LENGTH),
        caller_name=clean(caller.name, NAME_LENGTH),
        dialled=clean(conversation.dialled, NUMBER_LENGTH),
        queue=clean(id_of(conversation.queue), NUMBER_LENGTH) or None,
        agent=clean(id_of(conversation.agent), NUMBER_LENGTH) or None,
        started=conversation.started,
        answered=conversation.answered,
        ended=conversation.ended or conversation.started,
        outcome=clean(ending.word, NUMBER_LENGTH),
        detail=clean(ending.detail, NAME_LENGTH),
        ended_by=ending.by,
        waited=conversation.waited,
        rang=conversation.rang,
        talked=conversation.talked,
        held=conversation.held,
        parked=conversation.parked,
        merged_into=None if into is None else into.uniqueid,
        message_left=conversation.message_left,
        is_partial=conversation.is_partial,
        is_repaired=is_repaired,
        story=_AS_JSON(plain(conversation)),
    )
