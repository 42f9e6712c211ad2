"""What is live on one Asterisk, as frozen values: channels, bridges, received calls, queues, members, agents.

Moments are aware UTC datetimes, durations are float seconds. `node` names the switch (its systemname) and stands on
every value that has a life of its own, so that values of several switches can lie in one table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ami.conversation import Conversation
    from ami.glance import Glance

NOTHING: Mapping[str, str] = MappingProxyType({})


class ChannelState(StrEnum):
    """The state of a channel, in the order of Asterisk's own numbers (0 is down)."""

    DOWN = "down"
    RESERVED = "reserved"
    OFF_HOOK = "off_hook"
    DIALING = "dialing"
    RING = "ring"  # it called us and hears ringing
    RINGING = "ringing"  # we called it and it rings
    UP = "up"
    BUSY = "busy"
    DIALING_OFF_HOOK = "dialing_off_hook"
    PRE_RING = "pre_ring"
    UNKNOWN = "unknown"


class DeviceState(IntEnum):
    """What Asterisk knows of a device; the numbers are those of `QueueMemberStatus`."""

    UNKNOWN = 0
    NOT_IN_USE = 1
    IN_USE = 2
    BUSY = 3
    INVALID = 4
    UNAVAILABLE = 5
    RINGING = 6
    RING_IN_USE = 7
    ON_HOLD = 8


class Stage(StrEnum):
    """Where a received call stands."""

    ENTERING = "entering"
    MENU = "menu"
    ROUTING = "routing"
    WAITING = "waiting"
    RINGING = "ringing"
    TALKING = "talking"
    HELD = "held"
    VOICEMAIL = "voicemail"
    MESSAGE = "message"
    ENDED = "ended"


class AgentState(StrEnum):
    """What an agent is doing."""

    LOGGED_OUT = "logged_out"
    READY = "ready"
    RINGING = "ringing"
    INBOUND_CALL = "inbound_call"
    OUTBOUND_CALL = "outbound_call"
    PAUSE = "pause"
    WITHDRAWN = "withdrawn"  # at other work than calls
    WRAP_UP = "wrap_up"
    UNREACHABLE = "unreachable"


class FactKind(StrEnum):
    """What may happen to a received call. The words in brackets are the keys of the fact's data."""

    ENTERED = "entered"  # (did, company, generation; origin if another switch of the house sent it)
    MENU = "menu"  # (menu, version, by)
    CHOICE = "choice"  # (menu, edge, key, by; silent, wrong: how often, and to: the node that it leads to, if any)
    STEP = "step"  # (node, way, version, by; to): a node that asks nothing was left; node "": the first is entered
    RECORDED = "recorded"  # (recording, what: said|call, step): it was begun; a file of this name may hold nothing
    ROUTED = "routed"  # (queue, priority, max_penalty, by, why)
    JOINED = "joined"  # (queue, position, count)
    OFFERED = "offered"  # (agent, interface, queue; queue is empty for a direct dial)
    NOT_ANSWERED = "not_answered"  # (agent, interface, queue, ring_seconds): he let it ring, or his phone refused
    OFFER_CANCELLED = "offer_cancelled"  # (agent, interface, queue): the caller left or another answered
    CONNECTED = "connected"  # (agent, interface, queue, hold_seconds, ring_seconds)
    HELD = "held"  # (by: endpoint)
    RESUMED = "resumed"  # (by: endpoint)
    TRANSFERRED = "transferred"  # (how: blind|attended, by: endpoint, to: extension or endpoint, result)
    COMPLETED = "completed"  # (agent, queue, hold_seconds, talk_seconds, reason: caller|agent|transfer)
    STOPPED_WAITING = "stopped_waiting"  # (queue, position): out of the waiting line, whatever the reason
    GAVE_UP = "gave_up"  # (queue, position, hold_seconds): app_queue says "abandon", also on its own timeouts
    QUEUE_LEFT = "queue_left"  # (queue: id, status: QUEUESTATUS): the dialplan's word, which beats gave_up
    FALLBACK = "fallback"  # (script, reason)
    OUTCOME = "outcome"  # (outcome, detail)
    ANSWERED = "answered"  # (person): a direct dial was answered
    HUNG_UP = "hung_up"  # (cause, text)
    GAP = "gap"  # (reason: link|overflow): events were lost here; what happened meanwhile is not told
    LOST = "lost"  # (reason: gap|restart): the call was gone when the switch was seen again
    REPAIRED = "repaired"  # (source): nobody saw its end, or the whole of it; these records of Asterisk's tell it


RESTART = "restart"
"""The reason for which a call is lost whose switch died: it was over when the link was."""


class LinkState(StrEnum):
    """How far the connection to the switch is."""

    CONNECTING = "connecting"
    SYNCING = "syncing"
    LIVE = "live"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """The state of the link, since when, and why if it is down."""

    state: LinkState
    since: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, order=True)
class CallId:
    """A received call: the uniqueid of the caller's channel, on its switch."""

    node: str
    uniqueid: str

    def __str__(self) -> str:
        return f"{self.node}/{self.uniqueid}"


@dataclass(frozen=True, slots=True)
class Channel:
    """One leg. `endpoint` is the PJSIP endpoint's name; `linkedid` is the conversation, which may change; `application`
    is what the leg ran when it was last listed ("" if it never was: no event of ours tells it)."""

    node: str
    uniqueid: str
    linkedid: str
    name: str
    endpoint: str | None
    state: ChannelState
    caller_number: str
    caller_name: str
    connected_number: str
    context: str
    exten: str
    application: str
    account: str
    bridge: str | None
    held: bool
    created: datetime


@dataclass(frozen=True, slots=True)
class Bridge:
    """Channels that hear each other (or wait together, if the technology is `holding_bridge`)."""

    node: str
    id: str
    kind: str
    technology: str
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to a call; `kind` is a `FactKind`."""

    at: datetime
    kind: str
    data: Mapping[str, str] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Call:
    """A received call.

    `waited`, `talked` (less the time on hold) and `held_for` count finished spells; `joined`, `talking_since` and
    `held_since` are the beginnings of those that still run. `queue` is the queue's switch name. `is_partial`: known
    from a list only, its entry was not seen.
    """

    id: CallId
    company: str
    did: str
    caller_number: str
    caller_name: str
    entered: datetime
    generation: int
    stage: Stage
    menu: str | None = None
    queue: str | None = None
    position: int | None = None
    joined: datetime | None = None
    agent: str | None = None
    offered_to: tuple[str, ...] = ()
    answered: datetime | None = None
    talking_since: datetime | None = None
    held_since: datetime | None = None
    ended: datetime | None = None
    waited: float = 0.0
    talked: float = 0.0
    held_for: float = 0.0
    facts: tuple[Fact, ...] = ()
    hangup_cause: int | None = None
    declared_outcome: str | None = None
    declared_detail: str = ""
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """An interface in one queue. `status` is a `DeviceState`; `wrap_up` is the seconds it is given."""

    queue: str
    interface: str
    name: str
    penalty: int
    paused: bool
    pause_reason: str
    paused_since: datetime | None
    status: DeviceState
    in_call: bool
    last_call: datetime | None
    wrap_up: float
    calls_taken: int
    ring_in_use: bool
    added: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A caller in a queue's waiting line; positions start at 1."""

    queue: str
    call: str
    position: int
    joined: datetime
    priority: int
    caller_number: str
    caller_name: str


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue with the callers who wait in it, in order, and its members, by name."""

    node: str
    name: str
    strategy: str
    waiting: tuple[Waiting, ...]
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Missed:
    """An offer of a queue (its switch name) that was left unanswered."""

    queue: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Agent:
    """An interface over all its queues. `call` is the received call he is offered or talks to, `serving` the queue
    whose call he is in, "" for other calls. `next_reason`: the pause that follows it. `missed`: his last missed offer.
    """

    node: str
    name: str
    interface: str
    queues: tuple[str, ...]
    state: AgentState
    since: datetime
    pause_reason: str = ""
    call: CallId | None = None
    wrap_up_until: datetime | None = None
    next_reason: str = ""
    serving: str = ""
    missed: Missed | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that is live at `at`: received calls in `calls`; all calls whatsoever in `conversations` and, as they
    are at this moment, in `glances`, if they were asked for. `devices` maps a device's name to its state.
    `began_anew`: of a reset because the switch was restarted, when all that was up before was over."""

    node: str
    revision: int
    at: datetime
    link: LinkStatus
    channels: tuple[Channel, ...] = ()
    bridges: tuple[Bridge, ...] = ()
    calls: tuple[Call, ...] = ()
    conversations: tuple[Conversation, ...] = ()
    glances: tuple[Glance, ...] = ()
    queues: tuple[Queue, ...] = ()
    agents: tuple[Agent, ...] = ()
    devices: Mapping[str, DeviceState] = field(default_factory=dict)
    began_anew: datetime | None = None


ChangeKind = Literal["channel", "call", "queue", "agent", "link", "reset"]
ChangeValue = Channel | Call | Queue | Agent | LinkStatus | Snapshot


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different now. `key`: a channel's or call's uniqueid, a queue's name, an agent's name, else "".

    `value` is None when the thing is gone. A call that ended is told once with `ended` set; an agent who left his last
    queue is told once as logged out. "reset" carries a whole snapshot: forget everything seen before.
    """

    revision: int
    kind: ChangeKind
    key: str
    value: ChangeValue | None
