"""Who should stand in which queue, and what is missing for it: log-ins and skills against a switch's own members.

Pure. Log-ins are desired states: whatever a switch forgot, kept too long or was told by somebody else, the differences
bring it back to what the database says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from ami.actions import Action, QueueAdd, QueuePause, QueuePenalty, QueueRemove
from cordboard.desk.duty import pause_on_switch
from cordboard.store.records import AgentLogin
from cordboard.store.skills import penalty_of
from cordboard.store.values import Company, Person


@dataclass(frozen=True, slots=True)
class Seat:
    """A place in a queue: the queue's switch name and the interface that is rung there."""

    queue: str
    interface: str


@dataclass(frozen=True, slots=True)
class Membership:
    """How an agent should stand in a queue. `name` is the agent's switch name."""

    seat: Seat
    name: str
    penalty: int
    is_paused: bool
    pause_reason: str

    def add(self) -> QueueAdd:
        """The action that puts the agent there."""
        interface = self.seat.interface
        return QueueAdd(
            self.seat.queue, interface, self.name, self.penalty, self.is_paused, self.pause_reason, interface
        )


class StandingMember(Protocol):
    """What is asked of a member as a switch tells it."""

    @property
    def queue(self) -> str: ...
    @property
    def interface(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def penalty(self) -> int: ...
    @property
    def paused(self) -> bool: ...
    @property
    def pause_reason(self) -> str: ...


def interface_of(company: Company, endpoint: str) -> str:
    """The interface by which a queue rings the phone of a person or place."""
    return f"PJSIP/{company.switch_name(endpoint)}"


def queues_of(company: Company, person: Person) -> dict[str, int]:
    """The queues whose calls this person may take, by switch name, each with the penalty."""
    found = {company.switch_name(queue.id): penalty_of(queue, person.skills) for queue in company.queues.values()}
    return {queue: penalty for queue, penalty in found.items() if penalty is not None}


def memberships_of(company: Company, login: AgentLogin) -> Iterator[Membership]:
    """Where this log-in should put its person."""
    person = company.people.get(login.person)
    if person is None:
        return
    interface = interface_of(company, login.endpoint)
    pause = pause_on_switch(login)
    for queue, penalty in queues_of(company, person).items():
        yield Membership(Seat(queue, interface), company.switch_name(person.id), penalty, bool(pause), pause)


def desired_members(companies: Iterable[Company], logins: Iterable[AgentLogin]) -> dict[Seat, Membership]:
    """Every place that the log-ins ask for."""
    by_id = {company.id: company for company in companies}
    return {
        membership.seat: membership
        for login in logins
        if (company := by_id.get(login.company)) is not None
        for membership in memberships_of(company, login)
    }


def queue_names(companies: Iterable[Company]) -> frozenset[str]:
    """The switch names of all queues of these companies."""
    return frozenset(company.switch_name(queue) for company in companies for queue in company.queues)


def differences(
    desired: Mapping[Seat, Membership],
    members: Iterable[StandingMember],
    ours: Collection[str],
    on_switch: Collection[str],
) -> tuple[Action, ...]:
    """What must be asked of the switch: strangers out, then the missing in, then penalties and pauses put right.

    `ours` are the queues that belong to the companies at hand: members of others are none of our business.
    `on_switch` are the queues that the switch has: nobody can be put into one that was not applied yet.
    """
    removed: list[Action] = []
    added: list[Action] = []
    mended: list[Action] = []
    seen: set[Seat] = set()
    for member in members:
        if member.queue not in ours:
            continue
        seat = Seat(member.queue, member.interface)
        wanted = desired.get(seat)
        if wanted is None or member.name != wanted.name:
            removed.append(QueueRemove(seat.queue, seat.interface))
            continue
        seen.add(seat)
        mended.extend(_mend(wanted, member))
    within = frozenset(ours) & frozenset(on_switch)
    added.extend(wanted.add() for seat, wanted in desired.items() if seat not in seen and seat.queue in within)
    return (*removed, *added, *mended)


def _mend(wanted: Membership, member: StandingMember) -> Iterator[Action]:
    seat = wanted.seat
    if member.penalty != wanted.penalty:
        yield QueuePenalty(seat.interface, wanted.penalty, seat.queue)
    if member.paused != wanted.is_paused or (wanted.is_paused and member.pause_reason != wanted.pause_reason):
        yield QueuePause(seat.interface, wanted.is_paused, wanted.pause_reason, seat.queue)
