"""A call as people mean it: everybody who takes part, and what each was doing from when to when. Frozen values.

A conversation begins with its first leg and ends when its last one is gone. Its id is its node and its first linkedid;
it never changes. When two conversations become one (an attended transfer, a park retrieved, a conference), the older
one goes on and the other ends with `merged_into`. The halves of a Local channel are in `legs` and are no parties.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ami.models import CallId, Fact


class Doing(StrEnum):
    """What a party is doing."""

    RINGING = "ringing"  # his phone rings
    CALLING = "calling"  # he called somebody, who has not answered yet
    CONNECTING = "connecting"  # answered, and not together with anybody yet
    WAITING = "waiting"  # in a queue's line
    PROGRAM = "program"  # with the dialplan: a menu, a message, a mailbox
    TALKING = "talking"
    ALONE = "alone"  # still in the bridge that the others have left
    HOLDING = "holding"  # he put the others on hold
    HELD = "held"  # on hold
    PARKED = "parked"
    CONFERENCE = "conference"
    SPYING = "spying"  # he listens to others, who are not told


TALK = frozenset({Doing.TALKING, Doing.HELD, Doing.HOLDING, Doing.CONFERENCE})
"""What somebody does who is with others."""


class Role(StrEnum):
    """Why somebody takes part."""

    CALLER = "caller"  # he began it; of a call that was originated: who was rung first
    CALLED = "called"
    AGENT = "agent"  # a queue brought him
    PICKER = "picker"  # he took a call that rang elsewhere
    RETRIEVER = "retriever"  # he took a parked call
    MEMBER = "conference_member"
    SPY = "spy"


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"
    ORIGINATED = "originated"  # click-to-call: no phone began it
    SPYING = "spying"


DENIED = "denied"
"""How a call ended that our dialplan did not let out."""


class StepKind(StrEnum):
    """What may happen to a conversation as a whole. The words in brackets are the keys of the step's data."""

    TRANSFERRED = "transferred"  # (how: blind|attended, by, to, result)
    REDIRECTED = "redirected"  # (party, from): taken out of a talk with no transfer told: an AMI Redirect
    BRIDGED = "bridged"  # (party, with): put together with no transfer told: an AMI Bridge
    PARKED = "parked"  # (party, space, by, timeout: seconds until he goes back)
    RETRIEVED = "retrieved"  # (party, space, by)
    PARK_ENDED = "park_ended"  # (party, space, why: timeout|hang_up)
    PICKED_UP = "picked_up"  # (party, from)
    FORWARDED = "forwarded"  # (party, to)
    MERGED = "merged"  # (conversation): that one went on as part of this one
    ORIGINATE_FAILED = "originate_failed"  # (reason: no_answer|busy|congestion|failed)
    NOT_LET_OUT = "not_let_out"  # (by, reason: number|permission|limit|trunks): a call to the outside, by our dialplan
    LOST = "lost"  # (reason: gap|restart): it was gone when the switch was seen again


@dataclass(frozen=True, slots=True)
class Span:
    """One stretch of a party's time; `until` is None while it lasts."""

    doing: Doing
    since: datetime
    until: datetime | None = None


def lasted(spans: Iterable[Span]) -> timedelta:
    """The time in which at least one of these, which are over, lasted."""
    total, until = timedelta(), None
    for span in sorted(spans, key=lambda span: span.since):
        if span.until is None:
            continue
        since = span.since if until is None else max(span.since, until)
        if span.until > since:
            total += span.until - since
            until = span.until
    return total


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody in a conversation: a phone of ours with all its legs, or one leg of somebody outside.

    `number` and `name` are his own, "" where Asterisk does not know them; `cause` is the Q.850 cause with which his
    last leg ended; `space` is where he is parked now, "" if he is not.
    """

    number: str
    name: str
    endpoint: str
    role: Role
    is_outside: bool
    joined: datetime
    left: datetime | None
    spans: tuple[Span, ...]
    legs: tuple[str, ...]
    cause: int | None = None
    space: str = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """A member of a queue was rung. `result`: answered, no_answer, busy, cancelled, failed; "" while he rings."""

    agent: str
    interface: str
    since: datetime
    until: datetime | None = None
    result: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """A caller in one queue, once. `joined` is None if he was refused at its door.

    `end`: connected, abandoned, or how else he left (timeout, leaveempty, joinempty, full, withdraw, continue, key,
    redirected ...); "" while he waits, or while nobody knows. `waited` and `talked` are seconds between the events, a
    talk until the agent is taken out of it or left alone; `hold_seconds` and `talk_seconds` the whole seconds that
    app_queue itself counts and writes into queue_log, None if it told none.
    """

    queue: str
    joined: datetime | None
    left: datetime | None = None
    position: int = 0
    end: str = ""
    agent: str = ""
    offers: tuple[Offered, ...] = ()
    waited: float = 0.0
    talked: float = 0.0
    hold_seconds: int | None = None
    talk_seconds: int | None = None
    completed: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Listener:
    """Somebody who spied upon this conversation, whose own one is `conversation`."""

    number: str
    name: str
    endpoint: str
    on: str
    conversation: CallId
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a conversation ended: `word` and `detail` as docs/live.md explains them, `by` who ended it: a role, or
    dialplan, network, switch, "" if nobody saw it."""

    word: str
    detail: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A call as people mean it.

    `dialled` is the number that the first leg called. `agent` is the last one of a queue, or who was called, who
    talked. Durations are seconds of finished spans, seen from the party who began it and, once he has left, from the
    earliest who is still there: `waited` in queues, `rang` while any phone rang and he neither talked nor was on hold,
    `talked` less the time on hold, `held` on hold, `parked`. `conference` is a room's name. `spies_on` is the
    conversation that this one listens to. `message_left`: in a mailbox; None if it came to none.
    `is_partial`: it was there before it was seen.
    """

    id: CallId
    direction: Direction
    dialled: str
    queue: str
    agent: str
    started: datetime
    answered: datetime | None
    ended: datetime | None
    parties: tuple[Party, ...]
    legs: tuple[str, ...]
    visits: tuple[Visit, ...] = ()
    steps: tuple[Fact, ...] = ()
    listeners: tuple[Listener, ...] = ()
    recordings: tuple[Recording, ...] = ()
    conference: str = ""
    spies_on: CallId | None = None
    merged: tuple[CallId, ...] = ()
    merged_into: CallId | None = None
    waited: float = 0.0
    rang: float = 0.0
    talked: float = 0.0
    held: float = 0.0
    parked: float = 0.0
    ending: Ending | None = None
    is_partial: bool = False
    forgotten_legs: int = 0
    message_left: bool | None = None
