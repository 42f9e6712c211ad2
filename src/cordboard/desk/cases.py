"""What a command on a call is about: who asks, the company, the call, who sits where; and what shall be done. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from ami.actions import Action
from ami.models import Snapshot
from cordboard.desk.access import Visitor
from cordboard.desk.asking import Look
from cordboard.desk.open_calls import OpenCall
from cordboard.desk.requests import TurnedDown
from cordboard.store.records import Role
from cordboard.store.values import Company, Person, Phone

NOT_HIS_CALL = "not_his_call"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks. `person`: somebody who may act on the calls that he is in and no others; None: on all of the company.
    `mark`: tells the request from all others in the audit, "" if nobody will ask for it."""

    account: str
    person: str | None = None
    mark: str = ""


def asker_of(visitor: Visitor, mark: str = "") -> Asker | None:
    """Supervisors and administrators steer every call of their company, an agent those that he is in, others none."""
    if visitor.role in (Role.SUPERVISOR, Role.ADMINISTRATOR):
        return Asker(visitor.account, None, mark)
    if visitor.role is Role.AGENT and visitor.person is not None:
        return Asker(visitor.account, visitor.person, mark)
    return None


@dataclass(frozen=True, slots=True)
class Case:
    """What a command is about: the company, its call if there is one already, and who sits where (phone -> person)."""

    company: Company
    asker: Asker
    seats: Mapping[str, str]
    snapshot: Snapshot
    found: OpenCall | None = None

    @property
    def one(self) -> OpenCall:
        """The call of a command on one."""
        assert self.found is not None
        return self.found

    @property
    def phone(self) -> str | None:
        """The phone at which the asker sits, if he acts for himself."""
        return self._seat_of(self.asker.person) if self.asker.person else None

    def phone_for(self, person: str) -> Person | Phone:
        """Where somebody sits: where he is logged in, else his own. Raises: TurnedDown."""
        if person not in self.company.people:
            raise TurnedDown("unknown_person", f"There is nobody with the id {person!r} in {self.company.name}.")
        item = self._seat_of(person)
        found = next((phone for phone in self.company.endpoints() if phone.id == item), None)
        if found is None:
            raise TurnedDown("no_phone", f"{self.company.people[person].name} has no phone and is logged in nowhere.")
        return found

    def _seat_of(self, person: str) -> str:
        return next((phone for phone, who in self.seats.items() if who == person), person)


@dataclass(frozen=True, slots=True)
class Command:
    """One thing to be done: `steps` prepare it and do nothing by themselves, `look` says whether it is done."""

    name: str
    action: Action
    look: Look
    detail: str = ""
    steps: tuple[Action, ...] = ()
    warnings: tuple[str, ...] = ()


Plan = Callable[[Case], Awaitable[Command]]
