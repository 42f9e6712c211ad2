"""Conversations as plain data for JSON, as docs/live.md documents it: moments in ISO 8601 UTC, durations in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ami.conversation import Conversation, Offered, Party, Span, Visit

Plain = dict[str, object]


def plain(conversation: Conversation) -> Plain:
    """The conversation as JSON has it."""
    ending = conversation.ending
    return {
        "id": str(conversation.id),
        "direction": conversation.direction.value,
        "dialled": conversation.dialled,
        "queue": conversation.queue or None,
        "agent": conversation.agent or None,
        "started": moment(conversation.started),
        "answered": moment(conversation.answered),
        "ended": moment(conversation.ended),
        "outcome": None if ending is None else ending.word,
        "detail": None if ending is None else ending.detail,
        "ended_by": None if ending is None else ending.by or None,
        "waited": seconds(conversation.waited),
        "rang": seconds(conversation.rang),
        "talked": seconds(conversation.talked),
        "held": seconds(conversation.held),
        "parked": seconds(conversation.parked),
        "parties": [_party(party) for party in conversation.parties],
        "queues": [_visit(visit) for visit in conversation.visits],
        "steps": [{"at": moment(step.at), "what": step.kind, **_texts(step.data)} for step in conversation.steps],
        "spied_by": [
            {
                "number": listener.number,
                "name": listener.name,
                "endpoint": listener.endpoint,
                "on": listener.on,
                "call": str(listener.conversation),
                "since": moment(listener.since),
                "until": moment(listener.until),
            }
            for listener in conversation.listeners
        ],
        "recorded": [
            {"since": moment(recording.since), "until": moment(recording.until)}
            for recording in conversation.recordings
        ],
        "conference": conversation.conference or None,
        "message_left": conversation.message_left,
        "spies_on": None if conversation.spies_on is None else str(conversation.spies_on),
        "merged": [str(other) for other in conversation.merged],
        "merged_into": None if conversation.merged_into is None else str(conversation.merged_into),
        "partial": conversation.is_partial,
    }


def moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds")


def seconds(value: float) -> float:
    return round(value, 3)


def _party(party: Party) -> Plain:
    return {
        "number": party.number,
        "name": party.name,
        "endpoint": party.endpoint or None,
        "role": party.role.value,
        "outside": party.is_outside,
        "joined": moment(party.joined),
        "left": moment(party.left),
        "cause": party.cause,
        "spans": [_span(span) for span in party.spans],
        "legs": list(party.legs),
    }


def _span(span: Span) -> Plain:
    return {"doing": span.doing.value, "since": moment(span.since), "until": moment(span.until)}


def _visit(visit: Visit) -> Plain:
    return {
        "queue": visit.queue,
        "joined": moment(visit.joined),
        "left": moment(visit.left),
        "position": visit.position,
        "end": visit.end or None,
        "agent": visit.agent or None,
        "waited": seconds(visit.waited),
        "talked": seconds(visit.talked),
        "hold_seconds": visit.hold_seconds,
        "talk_seconds": visit.talk_seconds,
        "completed": moment(visit.completed),
        "completed_by": visit.reason or None,
        "offers": [_offer(offer) for offer in visit.offers],
    }


def _offer(offer: Offered) -> Plain:
    return {
        "agent": offer.agent,
        "interface": offer.interface,
        "since": moment(offer.since),
        "until": moment(offer.until),
        "result": offer.result or None,
    }


def _texts(data: Mapping[str, str]) -> Mapping[str, str]:
    return data
