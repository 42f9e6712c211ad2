"""Where a call may be sent: what somebody writes, and the door of the dialplan that stands for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cordboard.desk.requests import TurnedDown
from cordboard.store.values import Company, Person, Phone, QueueSpec

DESK = "cordboard-desk"
"""The context whose extensions are the doors."""
OUTSIDE = "0"
"""What a phone dials there for the outside number that its channel carries."""
NUMBER = re.compile(r"[0-9*#+]{1,20}")
_E164 = re.compile(r"\+[1-9][0-9]{5,14}")


@dataclass(frozen=True, slots=True)
class Destination:
    """`kind` is queue, person or external; `item` is its name behind the door (`acme-billing`); `digits` what a phone
    dials for it, "" if nothing: an outside number in the context of the doors, others in its own."""

    kind: str
    item: str
    digits: str = ""

    @property
    def door(self) -> str:
        return f"to-{self.kind}"


def destination(company: Company, named: str) -> Destination:
    """A queue or a person by id, by extension, or as `queue:ID` and `person:ID` (the id may be both); an outside number
    as `+33123456789`. Raises: TurnedDown."""
    if named.startswith("+"):
        if not _E164.fullmatch(named):
            raise TurnedDown("unknown_target", "An outside number is written + and digits, as +33123456789.")
        return Destination("external", company.switch_name(named[1:]), OUTSIDE)
    kind, colon, item = named.partition(":")
    kinds, item = ((kind,), item) if colon else (("queue", "person"), named)
    found = [
        *(_queue(company, queue) for queue in company.queues.values() if "queue" in kinds and _is(queue, item)),
        *(_phone(company, phone) for phone in company.endpoints() if "person" in kinds and _is(phone, item)),
    ]
    if len(found) > 1:
        raise TurnedDown("ambiguous_target", "A queue and a person have this id: write queue:ID or person:ID.")
    if not found:
        raise TurnedDown("unknown_target", f"{company.name} has no queue, person or phone of this id or extension.")
    return found[0]


def _is(item: QueueSpec | Person | Phone, named: str) -> bool:
    number = item.number if isinstance(item, QueueSpec) else item.extension
    return named in (item.id, number)


def _queue(company: Company, queue: QueueSpec) -> Destination:
    return Destination("queue", company.switch_name(queue.id), queue.number or "")


def _phone(company: Company, phone: Person | Phone) -> Destination:
    return Destination("person", company.switch_name(phone.id), phone.extension or "")


def queue_of(company: Company, named: str) -> QueueSpec:
    """A queue by its id or number. Raises: TurnedDown."""
    for queue in company.queues.values():
        if _is(queue, named):
            return queue
    raise TurnedDown("unknown_queue", f"{company.name} has no queue of this id or number.")
