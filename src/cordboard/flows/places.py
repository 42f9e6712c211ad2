"""What people call the places where calls end."""

from __future__ import annotations

from agi.flow.nodes import TargetKind
from cordboard.store.values import Company

PHONE = "phone"
"""What a person is called, as a place of calls, that is no person's phone."""


def place_names(company: Company) -> dict[tuple[TargetKind, str], str]:
    """Kind and id -> name."""
    return {
        **{(TargetKind.QUEUE, queue.id): queue.name for queue in company.queues.values()},
        **{(TargetKind.CALLBACK, queue.id): queue.name for queue in company.queues.values()},
        **{(TargetKind.PERSON, each.id): each.name for each in company.endpoints()},
        **{(TargetKind.VOICEMAIL, box.id): box.name for box in company.boxes()},
        **{(TargetKind.MESSAGE, message.id): message.name for message in company.messages.values()},
        **{(TargetKind.CONFERENCE, room.id): room.name for room in company.conferences.values()},
    }


def kind_called(company: Company, kind: str, name: str) -> str:
    """What people call a place of this kind: a phone that is no person's is called a phone."""
    return PHONE if kind == TargetKind.PERSON and name in company.phones else str(kind)
