"""Headers to frozen events: all that is watched, and nothing else.

`parse` gives None for what is not watched and for what lacks its key; malformed numbers become 0 or None; it never
raises. `at` is Asterisk's own time (`timestampevents=yes`) or None. Cordboard's own user events are decoded here:
their values travel percent-encoded, and count only when a channel carried them (any manager account could send them
without one).
"""

from __future__ import annotations

from binascii import a2b_qp
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from ami import fields
from ami.fields import Headers, Leg, MemberFacts
from ami.models import DeviceState


@dataclass(frozen=True, slots=True)
class Event:
    """Root of all events."""

    at: datetime | None


# Channels and bridges


@dataclass(frozen=True, slots=True)
class ChannelSeen(Event):
    """A channel was created, or its state, caller or connected line changed."""

    leg: Leg
    is_new: bool


@dataclass(frozen=True, slots=True)
class ChannelRenamed(Event):
    uniqueid: str
    name: str


@dataclass(frozen=True, slots=True)
class ChannelHungUp(Event):
    """The channel is gone for good. `cause` is Q.850."""

    leg: Leg
    cause: int
    text: str


@dataclass(frozen=True, slots=True)
class Held(Event):
    """The phone of this leg put the other side on hold."""

    leg: Leg


@dataclass(frozen=True, slots=True)
class Resumed(Event):
    leg: Leg


@dataclass(frozen=True, slots=True)
class DialBegan(Event):
    """`dest` is being called, by `leg` if a channel dials (not for an Originate)."""

    leg: Leg | None
    dest: Leg


@dataclass(frozen=True, slots=True)
class DialEnded(Event):
    """`status`: ANSWER, NOANSWER, BUSY, CANCEL, CONGESTION, CHANUNAVAIL ...; `forward`: where the phone sends it, or
    ""."""

    leg: Leg | None
    dest: Leg
    status: str
    forward: str = ""


@dataclass(frozen=True, slots=True)
class BridgeCreated(Event):
    """`creator` is the application that made it, `name` a conference room's; "" for the bridge of a plain call."""

    bridge: str
    kind: str
    technology: str
    creator: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class BridgeDestroyed(Event):
    bridge: str


@dataclass(frozen=True, slots=True)
class BridgeEntered(Event):
    """`swaps` is the uniqueid of the channel whose place is taken, or ""."""

    leg: Leg
    bridge: str
    kind: str
    technology: str
    swaps: str
    creator: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class BridgeLeft(Event):
    leg: Leg
    bridge: str


@dataclass(frozen=True, slots=True)
class BlindTransferred(Event):
    transferee: Leg | None
    transferer: Leg
    context: str
    exten: str
    result: str


@dataclass(frozen=True, slots=True)
class AttendedTransferred(Event):
    transferer: Leg
    transferee: str  # uniqueid, "" if a bridge took part
    target: str  # uniqueid, "" if a bridge or an application took part
    target_name: str
    result: str
    second: Leg | None = None  # the leg of the consultation


@dataclass(frozen=True, slots=True)
class HangupAsked(Event):
    """The far end of this leg hung up, or was sent away; `cause` is Q.850, 0 if none was told."""

    leg: Leg
    cause: int


@dataclass(frozen=True, slots=True)
class LocalPaired(Event):
    """The two halves of a Local channel."""

    one: Leg
    two: Leg


@dataclass(frozen=True, slots=True)
class CallParked(Event):
    leg: Leg
    space: str
    by: str  # dial string of who parked it, "" if unknown
    timeout: int = 0  # seconds until it goes back to him


@dataclass(frozen=True, slots=True)
class CallRetrieved(Event):
    leg: Leg
    retriever: Leg | None
    space: str


@dataclass(frozen=True, slots=True)
class ParkEnded(Event):
    """`why`: timeout or hang_up."""

    leg: Leg
    space: str
    why: str


@dataclass(frozen=True, slots=True)
class PickedUp(Event):
    """`leg` took the call that rang at `target`."""

    leg: Leg
    target: Leg


@dataclass(frozen=True, slots=True)
class SpyingBegan(Event):
    spy: Leg
    spied: Leg


@dataclass(frozen=True, slots=True)
class SpyingEnded(Event):
    """`spied` is None if that one was gone first."""

    spy: Leg
    spied: Leg | None


@dataclass(frozen=True, slots=True)
class RecordingBegan(Event):
    leg: Leg


@dataclass(frozen=True, slots=True)
class RecordingEnded(Event):
    leg: Leg


@dataclass(frozen=True, slots=True)
class MessageLeft(Event):
    """The caller of this leg left a message in a mailbox."""

    leg: Leg


@dataclass(frozen=True, slots=True)
class ApplicationBegan(Event):
    """The leg runs an application of the dialplan. Only for who may read the class `dialplan`."""

    leg: Leg
    application: str
    data: str


@dataclass(frozen=True, slots=True)
class VariableSet(Event):
    """One of `TELLING_VARIABLES`. Only for who may read the class `dialplan`."""

    leg: Leg
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class OriginateEnded(Event):
    """The first leg of an asynchronous Originate was answered or failed. `uniqueid` is "" if there was no leg;
    `channel` is then what was dialled."""

    action_id: str
    succeeded: bool
    reason: int
    uniqueid: str
    channel: str = ""


# Queues, members, agents


@dataclass(frozen=True, slots=True)
class CallerJoined(Event):
    leg: Leg
    queue: str
    position: int
    count: int


@dataclass(frozen=True, slots=True)
class CallerLeft(Event):
    """Out of the waiting line, whatever the reason. `position` is the one he had."""

    leg: Leg
    queue: str
    position: int
    count: int


@dataclass(frozen=True, slots=True)
class CallerGaveUp(Event):
    """app_queue's "abandon". It says so on its own timeouts too: `QueueLeft` knows better."""

    leg: Leg
    queue: str
    position: int
    original_position: int
    hold_seconds: int


@dataclass(frozen=True, slots=True)
class MemberChanged(Event):
    """Added, paused, unpaused, other penalty, other status: the event carries all there is to know."""

    member: MemberFacts


@dataclass(frozen=True, slots=True)
class MemberRemoved(Event):
    member: MemberFacts


@dataclass(frozen=True, slots=True)
class AgentCalled(Event):
    """A waiting call is being offered. `dest` is the leg to the member."""

    leg: Leg
    dest: Leg | None
    queue: str
    interface: str
    member: str


@dataclass(frozen=True, slots=True)
class AgentConnected(Event):
    leg: Leg
    dest: Leg | None
    queue: str
    interface: str
    member: str
    hold_seconds: int
    ring_seconds: int


@dataclass(frozen=True, slots=True)
class AgentCompleted(Event):
    """`reason`: caller, agent or transfer. After a redirect it comes only at the caller's last hang-up."""

    leg: Leg
    queue: str
    interface: str
    member: str
    hold_seconds: int
    talk_seconds: int
    reason: str


@dataclass(frozen=True, slots=True)
class AgentMissed(Event):
    """The offer was not taken: he let it ring, or his phone refused."""

    leg: Leg
    dest: Leg | None
    queue: str
    interface: str
    member: str
    ring_seconds: float


@dataclass(frozen=True, slots=True)
class DeviceChanged(Event):
    device: str
    state: DeviceState


# What the dialplan and the scripts tell of a call


@dataclass(frozen=True, slots=True)
class CallEntered(Event):
    leg: Leg
    did: str
    company: str
    generation: int
    origin: str = ""
    """The id that the call has on another switch of the house, if it comes from there."""


@dataclass(frozen=True, slots=True)
class MenuEntered(Event):
    leg: Leg
    menu: str
    version: str
    by: str


@dataclass(frozen=True, slots=True)
class ChoiceMade(Event):
    """`edge`: key, no_input, wrong_input or failure. `silent` and `wrong`: how often nothing was typed there, and
    something that is not offered. `to`: the node of the flow that this leads to, "" if it is none. `said`: of 100, how
    surely the key was understood; 0: it was pressed."""

    leg: Leg
    menu: str
    edge: str
    key: str
    by: str
    silent: int = 0
    wrong: int = 0
    to: str = ""
    said: int = 0


@dataclass(frozen=True, slots=True)
class StepLeft(Event):
    """A node of the flow that asks for no keys was left by a way, for another (`to`, "" if it is none). `node` "": it
    is where the call begins."""

    leg: Leg
    node: str
    way: str
    to: str
    version: str
    by: str


@dataclass(frozen=True, slots=True)
class CallRouted(Event):
    """`why` is JSON text as the script gave it, not checked here."""

    leg: Leg
    queue: str
    priority: int
    max_penalty: int
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class QueueLeft(Event):
    """Queue() returned to the dialplan. `queue` is the queue's id, `status` its QUEUESTATUS."""

    leg: Leg
    queue: str
    status: str


@dataclass(frozen=True, slots=True)
class FallbackTaken(Event):
    """The dialplan went on without its script. `reason`: unfinished, timeout or refused."""

    leg: Leg
    script: str
    reason: str


@dataclass(frozen=True, slots=True)
class OutcomeDeclared(Event):
    leg: Leg
    outcome: str
    detail: str


@dataclass(frozen=True, slots=True)
class OutsideDenied(Event):
    """A call to the outside that was not let out. `phone`: who asked for it; `reason`: number (it is none), permission,
    limit, or trunks (none took it)."""

    leg: Leg
    phone: str
    reason: str


@dataclass(frozen=True, slots=True)
class RecordingNamed(Event):
    """Something of a call is recorded from now on: what its caller says (`said`) or all of it (`call`), by this step.
    The recording begins with the id of the call."""

    leg: Leg
    recording: str
    what: str
    step: str


@dataclass(frozen=True, slots=True)
class PersonAnswered(Event):
    leg: Leg
    person: str


@dataclass(frozen=True, slots=True)
class BarrierReached(Event):
    """All that happened before the probe channel ran is in events already delivered."""

    tag: str


@dataclass(frozen=True, slots=True)
class RelistAsked(Event):
    """Something was changed of which Asterisk sends no event: list everything again."""


TELLING_VARIABLES = frozenset({"QUEUESTATUS", "VMSTATUS"})
"""Channel variables in which applications tell how they ended, with no event of their own."""

Builder = Callable[[Headers], Event | None]


def parse(headers: Headers) -> Event | None:
    """The event that these headers are, or None. Never raises."""
    build = _BUILDERS.get(headers.get("Event", ""))
    return build(headers) if build is not None else None


def _at(headers: Headers) -> datetime | None:
    return fields.moment(headers, "Timestamp") if "Timestamp" in headers else None


def _of_leg(tell: Callable[[datetime | None, Leg], Event]) -> Builder:
    """For events that tell of one leg and no more."""

    def build(headers: Headers) -> Event | None:
        leg = fields.leg(headers)
        return tell(_at(headers), leg) if leg else None

    return build


def _of_member(tell: Callable[[datetime | None, MemberFacts], Event]) -> Builder:
    def build(headers: Headers) -> Event | None:
        member = fields.member(headers)
        return tell(_at(headers), member) if member else None

    return build


def _of_line(tell: Callable[[datetime | None, Leg, str, int, int], Event]) -> Builder:
    """For a caller who comes into a waiting line, or is out of it."""

    def build(headers: Headers) -> Event | None:
        leg, queue = fields.leg(headers), headers.get("Queue", "")
        if leg is None or not queue:
            return None
        return tell(_at(headers), leg, queue, fields.whole(headers, "Position"), fields.whole(headers, "Count"))

    return build


def _of_park_end(why: str) -> Builder:
    def build(headers: Headers) -> Event | None:
        leg = fields.leg(headers, "Parkee")
        return ParkEnded(_at(headers), leg, headers.get("ParkingSpace", ""), why) if leg else None

    return build


def _renamed(headers: Headers) -> Event | None:
    uniqueid, name = headers.get("Uniqueid", ""), headers.get("Newname", "")
    return ChannelRenamed(_at(headers), uniqueid, name) if uniqueid and name else None


def _hung_up(headers: Headers) -> Event | None:
    leg = fields.leg(headers)
    if leg is None:
        return None
    return ChannelHungUp(_at(headers), leg, fields.whole(headers, "Cause"), headers.get("Cause-txt", ""))


def _dial_began(headers: Headers) -> Event | None:
    dest = fields.leg(headers, "Dest")
    return DialBegan(_at(headers), fields.leg(headers), dest) if dest else None


def _dial_ended(headers: Headers) -> Event | None:
    dest = fields.leg(headers, "Dest")
    if dest is None:
        return None
    return DialEnded(_at(headers), fields.leg(headers), dest, headers.get("DialStatus", ""), headers.get("Forward", ""))


def _bridge_created(headers: Headers) -> Event | None:
    bridge = headers.get("BridgeUniqueid", "")
    if not bridge:
        return None
    return BridgeCreated(
        _at(headers),
        bridge,
        headers.get("BridgeType", ""),
        headers.get("BridgeTechnology", ""),
        fields.text(headers, "BridgeCreator"),
        fields.text(headers, "BridgeName"),
    )


def _bridge_destroyed(headers: Headers) -> Event | None:
    bridge = headers.get("BridgeUniqueid", "")
    return BridgeDestroyed(_at(headers), bridge) if bridge else None


def _bridge_entered(headers: Headers) -> Event | None:
    leg, bridge = fields.leg(headers), headers.get("BridgeUniqueid", "")
    if leg is None or not bridge:
        return None
    return BridgeEntered(
        _at(headers),
        leg,
        bridge,
        headers.get("BridgeType", ""),
        headers.get("BridgeTechnology", ""),
        headers.get("SwapUniqueid", ""),
        fields.text(headers, "BridgeCreator"),
        fields.text(headers, "BridgeName"),
    )


def _bridge_left(headers: Headers) -> Event | None:
    leg, bridge = fields.leg(headers), headers.get("BridgeUniqueid", "")
    return BridgeLeft(_at(headers), leg, bridge) if leg and bridge else None


def _blind_transfer(headers: Headers) -> Event | None:
    transferer = fields.leg(headers, "Transferer")
    if transferer is None:
        return None
    return BlindTransferred(
        _at(headers),
        fields.leg(headers, "Transferee"),
        transferer,
        headers.get("Context", ""),
        headers.get("Extension", ""),
        headers.get("Result", ""),
    )


def _attended_transfer(headers: Headers) -> Event | None:
    transferer = fields.leg(headers, "OrigTransferer")
    if transferer is None:
        return None
    return AttendedTransferred(
        _at(headers),
        transferer,
        headers.get("TransfereeUniqueid", ""),
        headers.get("TransferTargetUniqueid", ""),
        headers.get("TransferTargetChannel", ""),
        headers.get("Result", ""),
        fields.leg(headers, "SecondTransferer"),
    )


def _hangup_asked(headers: Headers) -> Event | None:
    leg = fields.leg(headers)
    return HangupAsked(_at(headers), leg, fields.whole(headers, "Cause")) if leg else None


def _local_paired(headers: Headers) -> Event | None:
    one, two = fields.leg(headers, "LocalOne"), fields.leg(headers, "LocalTwo")
    return LocalPaired(_at(headers), one, two) if one and two else None


def _parked(headers: Headers) -> Event | None:
    leg, space = fields.leg(headers, "Parkee"), headers.get("ParkingSpace", "")
    by, timeout = fields.text(headers, "ParkerDialString"), fields.whole(headers, "ParkingTimeout")
    return CallParked(_at(headers), leg, space, by, timeout) if leg else None


def _retrieved(headers: Headers) -> Event | None:
    leg, space = fields.leg(headers, "Parkee"), headers.get("ParkingSpace", "")
    return CallRetrieved(_at(headers), leg, fields.leg(headers, "Retriever"), space) if leg else None


def _picked_up(headers: Headers) -> Event | None:
    leg, target = fields.leg(headers), fields.leg(headers, "Target")
    return PickedUp(_at(headers), leg, target) if leg and target else None


def _spying_began(headers: Headers) -> Event | None:
    spy, spied = fields.leg(headers, "Spyer"), fields.leg(headers, "Spyee")
    return SpyingBegan(_at(headers), spy, spied) if spy and spied else None


def _spying_ended(headers: Headers) -> Event | None:
    spy = fields.leg(headers, "Spyer")
    return SpyingEnded(_at(headers), spy, fields.leg(headers, "Spyee")) if spy else None


def _message_left(headers: Headers) -> Event | None:
    """Without a leg it tells that messages were heard or deleted."""
    leg = fields.leg(headers) if fields.truth(headers, "Waiting") else None
    return MessageLeft(_at(headers), leg) if leg else None


def _application_began(headers: Headers) -> Event | None:
    leg = fields.leg(headers)
    if leg is None:
        return None
    return ApplicationBegan(_at(headers), leg, headers.get("Application", ""), headers.get("AppData", ""))


def _variable_set(headers: Headers) -> Event | None:
    name = headers.get("Variable", "")
    leg = fields.leg(headers) if name in TELLING_VARIABLES else None
    return VariableSet(_at(headers), leg, name, headers.get("Value", "")) if leg else None


def _originate_ended(headers: Headers) -> Event | None:
    action_id = headers.get("ActionID", "")
    if not action_id:
        return None
    return OriginateEnded(
        _at(headers),
        action_id,
        headers.get("Response") == "Success",
        fields.whole(headers, "Reason"),
        fields.text(headers, "Uniqueid"),
        headers.get("Channel", ""),
    )


def _caller_gave_up(headers: Headers) -> Event | None:
    leg, queue = fields.leg(headers), headers.get("Queue", "")
    if leg is None or not queue:
        return None
    return CallerGaveUp(
        _at(headers),
        leg,
        queue,
        fields.whole(headers, "Position"),
        fields.whole(headers, "OriginalPosition"),
        fields.whole(headers, "HoldTime"),
    )


def _offer(headers: Headers) -> tuple[Leg, str, str, str] | None:
    """The caller's leg, queue, interface and member name that every event about an offer carries."""
    leg = fields.leg(headers)
    queue, interface = headers.get("Queue", ""), headers.get("Interface", "")
    if leg is None or not queue or not interface:
        return None
    return leg, queue, interface, headers.get("MemberName") or interface


def _agent_called(headers: Headers) -> Event | None:
    if (offer := _offer(headers)) is None:
        return None
    leg, queue, interface, member = offer
    return AgentCalled(_at(headers), leg, fields.leg(headers, "Dest"), queue, interface, member)


def _agent_connected(headers: Headers) -> Event | None:
    if (offer := _offer(headers)) is None:
        return None
    leg, queue, interface, member = offer
    return AgentConnected(
        _at(headers),
        leg,
        fields.leg(headers, "Dest"),
        queue,
        interface,
        member,
        fields.whole(headers, "HoldTime"),
        fields.whole(headers, "RingTime"),
    )


def _agent_completed(headers: Headers) -> Event | None:
    if (offer := _offer(headers)) is None:
        return None
    leg, queue, interface, member = offer
    return AgentCompleted(
        _at(headers),
        leg,
        queue,
        interface,
        member,
        fields.whole(headers, "HoldTime"),
        fields.whole(headers, "TalkTime"),
        headers.get("Reason", ""),
    )


def _agent_missed(headers: Headers) -> Event | None:
    if (offer := _offer(headers)) is None:
        return None
    leg, queue, interface, member = offer
    seconds = fields.whole(headers, "RingTime") / 1000
    return AgentMissed(_at(headers), leg, fields.leg(headers, "Dest"), queue, interface, member, seconds)


def _device_changed(headers: Headers) -> Event | None:
    device = headers.get("Device", "")
    if not device or device.startswith("Queue:"):  # app_queue's own, several for each step of each call
        return None
    return DeviceChanged(_at(headers), device, fields.device_state(headers.get("State", "")))


def _user_event(headers: Headers) -> Event | None:
    name, leg = headers.get("UserEvent", ""), fields.leg(headers)
    if name == "CordboardRelist":
        return RelistAsked(_at(headers)) if leg is None else None  # no caller's channel may ask for it
    build = _TOLD.get(name)
    return build(headers, leg) if build is not None and leg else None


def _plain(headers: Headers, name: str) -> str:
    value = headers.get(name, "")
    if "%" not in value:
        return value
    if not value.isascii() or "=" in value or "%%" in value or "\n" in value or "\r" in value:
        return unquote(value, errors="replace")
    # The reasons of a routing are thousands of characters, and this is many times as quick.
    decoded = a2b_qp(value.replace("%", "="))
    if value[-1] == "%" or decoded.count(b"=") != value.count("%3D") + value.count("%3d"):
        return unquote(value, errors="replace")  # a "%" with no number after it
    return decoded.decode("utf-8", "replace")


def _call_entered(headers: Headers, leg: Leg) -> Event | None:
    did, company, origin = _plain(headers, "Did"), _plain(headers, "Company"), _plain(headers, "Origin")
    return CallEntered(_at(headers), leg, did, company, fields.whole(headers, "Generation"), origin) if did else None


def _menu_entered(headers: Headers, leg: Leg) -> Event:
    return MenuEntered(_at(headers), leg, _plain(headers, "Menu"), _plain(headers, "Version"), _plain(headers, "By"))


def _choice_made(headers: Headers, leg: Leg) -> Event:
    return ChoiceMade(
        _at(headers),
        leg,
        _plain(headers, "Menu"),
        _plain(headers, "Edge"),
        _plain(headers, "Key"),
        _plain(headers, "By"),
        fields.whole(headers, "Silent"),
        fields.whole(headers, "Wrong"),
        _plain(headers, "To"),
        fields.whole(headers, "Said"),
    )


def _step_left(headers: Headers, leg: Leg) -> Event:
    values = (_plain(headers, name) for name in ("Node", "Way", "To", "Version", "By"))
    return StepLeft(_at(headers), leg, *values)


def _call_routed(headers: Headers, leg: Leg) -> Event:
    return CallRouted(
        _at(headers),
        leg,
        _plain(headers, "Queue"),
        fields.whole(headers, "QueuePriority"),
        fields.whole(headers, "MaxPenalty"),
        _plain(headers, "By"),
        _plain(headers, "Why"),
    )


def _queue_left(headers: Headers, leg: Leg) -> Event:
    return QueueLeft(_at(headers), leg, _plain(headers, "Queue"), _plain(headers, "Status"))


def _fallback_taken(headers: Headers, leg: Leg) -> Event:
    return FallbackTaken(_at(headers), leg, _plain(headers, "Script"), _plain(headers, "Reason"))


def _outcome_declared(headers: Headers, leg: Leg) -> Event:
    return OutcomeDeclared(_at(headers), leg, _plain(headers, "Outcome"), _plain(headers, "Detail"))


def _outside_denied(headers: Headers, leg: Leg) -> Event:
    return OutsideDenied(_at(headers), leg, _plain(headers, "Phone"), _plain(headers, "Reason"))


def _recording_named(headers: Headers, leg: Leg) -> Event:
    return RecordingNamed(_at(headers), leg, *(_plain(headers, name) for name in ("Recording", "What", "Step")))


def _person_answered(headers: Headers, leg: Leg) -> Event:
    return PersonAnswered(_at(headers), leg, _plain(headers, "Person"))


def _barrier_reached(headers: Headers, _leg: Leg) -> Event | None:
    tag = _plain(headers, "Tag")
    return BarrierReached(_at(headers), tag) if tag else None


_TOLD: dict[str, Callable[[Headers, Leg], Event | None]] = {
    "CordboardEntered": _call_entered,
    "CordboardMenu": _menu_entered,
    "CordboardChoice": _choice_made,
    "CordboardStep": _step_left,
    "CordboardRouted": _call_routed,
    "CordboardQueueLeft": _queue_left,
    "CordboardFallback": _fallback_taken,
    "CordboardOutcome": _outcome_declared,
    "CordboardDenied": _outside_denied,
    "CordboardAnswered": _person_answered,
    "CordboardRecording": _recording_named,
    "CordboardBarrier": _barrier_reached,
}

_BUILDERS: dict[str, Builder] = {
    "Newchannel": _of_leg(lambda at, leg: ChannelSeen(at, leg, True)),
    "Newstate": _of_leg(lambda at, leg: ChannelSeen(at, leg, False)),
    "NewCallerid": _of_leg(lambda at, leg: ChannelSeen(at, leg, False)),
    "NewConnectedLine": _of_leg(lambda at, leg: ChannelSeen(at, leg, False)),
    "NewAccountCode": _of_leg(lambda at, leg: ChannelSeen(at, leg, False)),
    "Rename": _renamed,
    "Hangup": _hung_up,
    "Hold": _of_leg(Held),
    "Unhold": _of_leg(Resumed),
    "DialBegin": _dial_began,
    "DialEnd": _dial_ended,
    "BridgeCreate": _bridge_created,
    "BridgeDestroy": _bridge_destroyed,
    "BridgeEnter": _bridge_entered,
    "BridgeLeave": _bridge_left,
    "BlindTransfer": _blind_transfer,
    "AttendedTransfer": _attended_transfer,
    "HangupRequest": _hangup_asked,
    "LocalBridge": _local_paired,
    "ParkedCall": _parked,
    "UnParkedCall": _retrieved,
    "ParkedCallTimeOut": _of_park_end("timeout"),
    "ParkedCallGiveUp": _of_park_end("hang_up"),
    "Pickup": _picked_up,
    "ChanSpyStart": _spying_began,
    "ChanSpyStop": _spying_ended,
    "MixMonitorStart": _of_leg(RecordingBegan),
    "MixMonitorStop": _of_leg(RecordingEnded),
    "MessageWaiting": _message_left,
    "Newexten": _application_began,
    "VarSet": _variable_set,
    "OriginateResponse": _originate_ended,
    "QueueCallerJoin": _of_line(CallerJoined),
    "QueueCallerLeave": _of_line(CallerLeft),
    "QueueCallerAbandon": _caller_gave_up,
    "QueueMemberAdded": _of_member(MemberChanged),
    "QueueMemberPause": _of_member(MemberChanged),
    "QueueMemberPenalty": _of_member(MemberChanged),
    "QueueMemberStatus": _of_member(MemberChanged),
    "QueueMemberRinginuse": _of_member(MemberChanged),
    "QueueMemberRemoved": _of_member(MemberRemoved),
    "AgentCalled": _agent_called,
    "AgentConnect": _agent_connected,
    "AgentComplete": _agent_completed,
    "AgentRingNoAnswer": _agent_missed,
    "DeviceStateChange": _device_changed,
    "UserEvent": _user_event,
}

WATCHED: frozenset[str] = frozenset(_BUILDERS) - {"VarSet"}
"""The names of the events that `parse` may turn into something; all others can be dropped unread, but for a few of the
many that tell of a variable: see `is_watched`."""

ROWS_OR_EVENTS = frozenset({"DeviceStateChange", "ParkedCall"})
"""The names that rows of lists have too: those carry an action's id."""

_TELLING_LINES = tuple(f"\r\nVariable: {name}\r\n" for name in sorted(TELLING_VARIABLES))


def is_watched(name: str, event: str) -> bool:
    """Whether `parse` may turn this event, of this name, into something."""
    return name in WATCHED or (name == "VarSet" and any(line in event for line in _TELLING_LINES))
