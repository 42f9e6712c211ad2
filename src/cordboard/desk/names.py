"""The words for what a switch only knows by switch names and ids: what people call queues, persons and places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cordboard.store.skills import tier_of
from cordboard.store.values import Company, PauseReason, split_switch_name


@dataclass(frozen=True, slots=True)
class QueueName:
    """What people call a queue. `late_after`: seconds of waiting after which a caller is sent elsewhere."""

    id: str
    name: str
    number: str | None
    late_after: float


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person with a phone. `is_agent`: has the skills of at least one queue."""

    id: str
    name: str
    is_agent: bool


@dataclass(frozen=True, slots=True)
class Names:
    """The words for what a switch only knows by switch names and ids. People and queues are keyed by switch name."""

    company: str
    name: str
    language: str
    time_zone: str
    people: Mapping[str, PersonName]
    queues: Mapping[str, QueueName]
    dids: Mapping[str, str]
    places: Mapping[str, str]
    """Menus, messages and boxes by id."""
    pauses: tuple[PauseReason, ...] = ()

    def queue(self, switch_name: str | None) -> str:
        """What people call a queue; "" for none."""
        known = self.queues.get(switch_name or "")
        return known.name if known else split_switch_name(switch_name or "")[1]

    def person(self, switch_name: str | None) -> str:
        """What people call a person or a phone; "" for none."""
        known = self.people.get(switch_name or "")
        return known.name if known else split_switch_name(switch_name or "")[1]

    def place(self, item: str) -> str:
        """What people call a queue, a person, a menu, a message or a box, by its id."""
        switch_name = f"{self.company}-{item}"
        known = self.queues.get(switch_name) or self.people.get(switch_name)
        return known.name if known else self.places.get(item, item)


def names_of(company: Company) -> Names:
    """The names that a company's board needs."""
    return Names(
        company=company.id,
        name=company.name,
        language=company.language,
        time_zone=company.time_zone,
        people={
            company.switch_name(person.id): PersonName(
                person.id,
                person.name,
                any(tier_of(queue, person.skills) is not None for queue in company.queues.values()),
            )
            for person in company.people.values()
        }
        | {company.switch_name(phone.id): PersonName(phone.id, phone.name, False) for phone in company.phones.values()},
        queues={
            company.switch_name(queue.id): QueueName(queue.id, queue.name, queue.number, float(queue.max_wait))
            for queue in company.queues.values()
        },
        dids={did.id: did.name for did in company.dids.values()},
        places={box.id: box.name for box in company.voicemails.values()}
        | {message.id: message.name for message in company.messages.values()}
        | {conference.id: conference.name for conference in company.conferences.values()}
        | {menu.id: menu.name for menu in company.menus.values()}
        | {step.id: step.name for step in company.steps.values()},
        pauses=tuple(company.pause_reasons.values()),
    )
