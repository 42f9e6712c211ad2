"""The cards of the live page: frozen values of plain JSON things, which are compared key by key.

Moments are seconds since the epoch (UTC), durations are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class PauseCard:
    """A reason of the company's list. `names`: language -> what people call it."""

    id: str
    kind: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CompanyCard:
    id: str
    name: str
    language: str
    time_zone: str
    pauses: tuple[PauseCard, ...]


@dataclass(frozen=True, slots=True)
class LinkCard:
    """How far the live state of one switch can be believed. `stale_since`: when it stopped being true; None while it
    is, and for one that has not been true yet."""

    node: str
    state: str
    since: float
    stale_since: float | None = None


@dataclass(frozen=True, slots=True)
class WaitingCard:
    call: str
    caller: str
    caller_name: str
    since: float
    position: int
    priority: int


@dataclass(frozen=True, slots=True)
class QueueCard:
    """A waiting line and how many of its logged-in agents could take a call, take one, or are away."""

    node: str
    id: str
    name: str
    number: str | None
    rank: int
    late_after: float
    waiting: tuple[WaitingCard, ...]
    ready: int
    busy: int
    away: int


@dataclass(frozen=True, slots=True)
class AgentCard:
    """`since` is None when nothing is known of the agent since the switch was first seen."""

    node: str
    id: str
    name: str
    state: str
    since: float | None
    until: float | None
    """End of the wrap-up."""
    reason: str
    """Of the pause or the withdrawal."""
    next: str
    """The reason of the pause that follows the call or the wrap-up, "" if none does."""
    caller: str
    caller_name: str
    queue: str
    queues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartyCard:
    """Somebody who is in a call right now. `id`: of the person or the phone of the company that it is, else "".
    `trunk`: the id of that by which somebody outside is reached, where it is one of the company's. `role` and `doing`
    are the words of `ami.conversation`."""

    id: str
    name: str
    number: str
    is_outside: bool
    role: str
    doing: str
    since: float
    trunk: str = ""


@dataclass(frozen=True, slots=True)
class CallCard:
    """A call in progress, whoever began it. `since` is the beginning of what `stage` says: the wait, the talk, the
    hold, or the call.

    `is_received`: its dialplan tells of it; `did`, `agent` and `offered_to` are of such a call, `dialled` of others.
    `stage`: of a received call where it stands (`ami.models.Stage`); `parked`, `conference` and whatever else its
    caller does (`ami.conversation.Doing`). `parties` are those who are in it now, the caller first, `more` how many
    others there are. `spied_by` and calls of the direction `spying` are for those alone who oversee others. `is_stray`:
    whose it is is not known.
    """

    node: str
    direction: str
    caller: str
    caller_name: str
    did: str
    dialled: str
    stage: str
    entered: float
    since: float
    place: str
    """The menu, the queue or the conference."""
    position: int | None
    agent: str
    offered_to: tuple[str, ...]
    parties: tuple[PartyCard, ...]
    more: int
    spied_by: tuple[str, ...]
    spies_on: str
    """The id of the call that is listened to."""
    is_received: bool
    is_recorded: bool
    is_partial: bool
    is_stray: bool


@dataclass(frozen=True, slots=True)
class TodayCard:
    """What became of the calls received today: `received` is the sum of the outcomes and `in_progress`, always.
    Blocked callers are not received. The rates are 0 to 1, None before the first call."""

    day: str
    received: int
    handled: int
    self_service: int
    overflowed: int
    dissuaded: int
    abandoned: int
    voicemail: int
    callback: int
    technical: int
    in_progress: int
    blocked: int
    service_rate: float | None
    abandon_rate: float | None


@dataclass(frozen=True, slots=True)
class OtherCard:
    """An agent who was not chosen, and the journal's word for what decided that."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class WhyCard:
    """Why this agent. `rule`: `only_one` (nobody else was free), `best_skilled`; of those equally skilled by the
    queue's strategy `longest_idle`, `fewest_calls`, `first_in_line`, `in_turn`, `drawn`, `first_to_answer`; `equal`
    (nothing told them apart). `tier`: how often the queue's requirement had gone down. `idle`: the seconds since the
    agent's call before."""

    rule: str
    tier: int
    idle: float | None
    others: tuple[OtherCard, ...]


@dataclass(frozen=True, slots=True)
class OutcomeCard:
    """How a call ended. `detail` is the code of the reason, `place` the menu, queue or box that it speaks of."""

    call: str
    entered: float
    ended: float
    caller: str
    caller_name: str
    did: str
    queue: str
    agent: str
    outcome: str
    detail: str
    place: str
    waited: float
    talked: float
    why: WhyCard | None


@dataclass(frozen=True, slots=True)
class LastCard:
    calls: tuple[OutcomeCard, ...]


Card = CompanyCard | LinkCard | QueueCard | AgentCard | CallCard | TodayCard | LastCard


def fields_of(card: object) -> dict[str, Any]:
    """A card's own fields, for an encoder that asks for the cards within it in turn (a deep copy is slow)."""
    return {name: getattr(card, name) for name in card.__slots__}  # type: ignore[attr-defined]


def seconds(moment: datetime) -> float:
    """A moment as the cards tell it."""
    return round(moment.timestamp(), 3)
