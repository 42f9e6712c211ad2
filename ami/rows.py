"""The rows with which Asterisk answers list actions, typed. A row of no interest, or without its key, is None."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ami import fields
from ami.fields import Headers, Leg, MemberFacts
from ami.models import DeviceState
from ami.stream import headers_of


@dataclass(frozen=True, slots=True)
class Row:
    """Root of all rows."""


@dataclass(frozen=True, slots=True)
class ChannelRow(Row):
    """CoreShowChannels. `duration` is whole seconds since the channel's creation."""

    leg: Leg
    application: str
    bridge: str | None
    duration: float


@dataclass(frozen=True, slots=True)
class BridgeRow(Row):
    """BridgeList."""

    id: str
    kind: str
    technology: str
    name: str
    creator: str = ""


@dataclass(frozen=True, slots=True)
class BridgeChannelRow(Row):
    """BridgeInfo: one channel of the bridge that was asked for."""

    leg: Leg


@dataclass(frozen=True, slots=True)
class QueueRow(Row):
    """QueueStatus: a queue's parameters. `service_level` is whole seconds."""

    queue: str
    strategy: str
    max_waiting: int
    weight: int
    service_level: int = 0


@dataclass(frozen=True, slots=True)
class QueueRuleRow(Row):
    """QueueRule: a rule and its changes as Asterisk prints them, "seconds,highest penalty,least penalty" with a sign
    before what is relative."""

    name: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MemberRow(Row):
    """QueueStatus: a member of a queue."""

    member: MemberFacts


@dataclass(frozen=True, slots=True)
class WaitingRow(Row):
    """QueueStatus: a waiting caller. `wait` is whole seconds."""

    queue: str
    uniqueid: str
    position: int
    priority: int
    wait: float
    caller_number: str
    caller_name: str


@dataclass(frozen=True, slots=True)
class KeptRow(Row):
    """DBGet: what the switch keeps under a name."""

    value: str


@dataclass(frozen=True, slots=True)
class ParkedRow(Row):
    """ParkedCalls: a parked caller. `lasts` is the whole seconds since he was parked, `left` those until he goes back
    to whom parked him (`parker`)."""

    uniqueid: str
    lot: str
    slot: int
    parker: str
    left: float
    lasts: float


@dataclass(frozen=True, slots=True)
class ParkingLotRow(Row):
    """The console's `parking show`: a lot and its settings, under the names that are printed ("Parking Spaces")."""

    name: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SpeechEngineRow(Row):
    """The console's `aeap show clients`: an engine that Asterisk connects to, and its settings as they are printed."""

    name: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DeviceRow(Row):
    """DeviceStateList."""

    device: str
    state: DeviceState


class DialplanRow(NamedTuple):
    """ShowDialPlan: one priority, or one include, switch or ignore pattern of a context. (A tuple: tens of thousands of
    them come at once.)

    `priority` is 0 for a line that is no priority; then `include` or `switch` names what it brings in.
    """

    context: str
    exten: str
    priority: int
    label: str
    application: str
    data: str
    registrar: str
    include: str
    switch: str


@dataclass(frozen=True, slots=True)
class EndpointRow(Row):
    """PJSIPShowEndpoints. `contacts` are the addresses registered now."""

    name: str
    transport: str
    aors: tuple[str, ...]
    auths: tuple[str, ...]
    contacts: tuple[str, ...]
    state: str


@dataclass(frozen=True, slots=True)
class DetailRow(Row):
    """PJSIPShowEndpoint, -Aors and -Auths: one object with its settings under Asterisk's own option names.

    `kind` is endpoint, auth, aor, transport, identify, contact ...; passwords are left out. `secret` is the sha256 of
    an auth's password in hexadecimal, "" if it has none.
    """

    kind: str
    name: str
    settings: Mapping[str, str]
    secret: str = ""


@dataclass(frozen=True, slots=True)
class MailboxRow(Row):
    """VoicemailUsersList. Passwords are left out."""

    context: str
    mailbox: str
    full_name: str
    email: str
    is_attached: bool = False
    """Does a mail about a message carry the message?"""


@dataclass(frozen=True, slots=True)
class MusicRow(Row):
    """A class of music on hold."""

    name: str
    mode: str
    directory: str


class PrintedContext(NamedTuple):
    """ShowDialPlan: rows of one context as printed, in order; each begins with the context's name. `row_of_step` reads
    one."""

    name: str
    steps: list[str]


class PrintedObject(NamedTuple):
    """PJSIPShowEndpoint: an object as printed, from its type on; `row_of_object` reads it."""

    event: str
    text: str


AnyRow = Row | DialplanRow | PrintedContext | PrintedObject


def parse_row(headers: Headers) -> AnyRow | None:
    """A row of a list, or None. Never raises."""
    build = _BUILDERS.get(headers.get("Event", ""))
    return build(headers) if build else None


_CONTEXT = "\r\nContext: "


def printed_contexts(messages: Iterable[str]) -> list[PrintedContext]:
    """Rows of ShowDialPlan, not read any further; other messages are left out. Those of a context follow each other."""
    found: list[PrintedContext] = []
    head, start = "", 0
    for message in messages:
        if not (head and message.startswith(head)):
            at = message.find(_CONTEXT)
            if at < 0 or not message.startswith("Event: ListDialplan\r\n"):
                continue
            start = at + len(_CONTEXT)
            name, line_end, _ = message[start:].partition("\r\n")
            head = message[: start + len(name)] + line_end if line_end else ""
            found.append(PrintedContext(name, []))
        found[-1].steps.append(message[start:])
    return found


_TYPE = "\r\nObjectType: "


def printed_object(message: str) -> PrintedObject | None:
    """An endpoint or an identify, not read any further; None for any other message."""
    for event in ("EndpointDetail", "IdentifyDetail"):
        if message.startswith(f"Event: {event}\r\n") and (at := message.find(_TYPE)) > 0:
            return PrintedObject(event, message[at + 2 :])
    return None


def row_of_object(printed: PrintedObject) -> DetailRow | None:
    """What a printed object says."""
    return _detail(headers_of(printed.text))


def text_of_step(row: DialplanRow) -> str:
    """The text of an ordinary row, as Asterisk prints it."""
    label = f"\r\nExtensionLabel: {row.label}" if row.label else ""
    return (
        f"{row.context}\r\nExtension: {row.exten}{label}\r\nPriority: {row.priority}"
        f"\r\nApplication: {row.application}\r\nAppData: {row.data}\r\nRegistrar: {row.registrar}"
    )


def row_of_step(text: str) -> DialplanRow | None:
    """What a printed row says."""
    return _dialplan(headers_of(f"Event: ListDialplan{_CONTEXT}{text}"))


def _channel(headers: Headers) -> Row | None:
    leg = fields.leg(headers)
    if leg is None:
        return None
    return ChannelRow(leg, headers.get("Application", ""), headers.get("BridgeId") or None, _duration(headers))


def _duration(headers: Headers) -> float:
    """`01:02:03` in seconds (the hours may be any number of digits)."""
    parts = headers.get("Duration", "").split(":")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        return 0.0
    hours, minutes, seconds = (int(part) for part in parts)
    return float(hours * 3600 + minutes * 60 + seconds)


def _bridge(headers: Headers) -> Row | None:
    bridge = headers.get("BridgeUniqueid", "")
    if not bridge:
        return None
    return BridgeRow(
        bridge,
        headers.get("BridgeType", ""),
        headers.get("BridgeTechnology", ""),
        fields.text(headers, "BridgeName"),
        fields.text(headers, "BridgeCreator"),
    )


def _bridge_channel(headers: Headers) -> Row | None:
    leg = fields.leg(headers)
    return BridgeChannelRow(leg) if leg else None


def _queue(headers: Headers) -> Row | None:
    queue = headers.get("Queue", "")
    if not queue:
        return None
    return QueueRow(
        queue,
        headers.get("Strategy", ""),
        fields.whole(headers, "Max"),
        fields.whole(headers, "Weight"),
        fields.whole(headers, "ServiceLevel"),
    )


def _member(headers: Headers) -> Row | None:
    member = fields.member(headers)
    return MemberRow(member) if member else None


def _waiting(headers: Headers) -> Row | None:
    queue, uniqueid = headers.get("Queue", ""), headers.get("Uniqueid", "")
    if not queue or not uniqueid:
        return None
    return WaitingRow(
        queue,
        uniqueid,
        fields.whole(headers, "Position"),
        fields.whole(headers, "Priority"),
        fields.decimal(headers, "Wait"),
        fields.text(headers, "CallerIDNum"),
        fields.text(headers, "CallerIDName"),
    )


def _parked(headers: Headers) -> Row | None:
    uniqueid, lot = headers.get("ParkeeUniqueid", ""), headers.get("Parkinglot", "")
    if not uniqueid or not lot:
        return None
    return ParkedRow(
        uniqueid,
        lot,
        fields.whole(headers, "ParkingSpace"),
        headers.get("ParkerDialString", ""),
        fields.decimal(headers, "ParkingTimeout"),
        fields.decimal(headers, "ParkingDuration"),
    )


def _device(headers: Headers) -> Row | None:
    device = headers.get("Device", "")
    return DeviceRow(device, fields.device_state(headers.get("State", ""))) if device else None


def _dialplan(headers: Headers) -> DialplanRow | None:
    context = headers.get("Context", "")
    if not context:
        return None
    return DialplanRow(
        context,
        headers.get("Exten") or headers.get("Extension", ""),
        fields.whole(headers, "Priority"),
        headers.get("ExtensionLabel", ""),
        headers.get("Application", ""),
        headers.get("AppData", ""),
        headers.get("Registrar", ""),
        headers.get("IncludeContext", ""),
        headers.get("Switch", ""),
    )


def _endpoint(headers: Headers) -> Row | None:
    name = headers.get("ObjectName", "")
    if not name:
        return None
    return EndpointRow(
        name,
        headers.get("Transport", ""),
        _names(headers.get("Aor", "")),
        _names(headers.get("Auths", "")),
        _names(headers.get("Contacts", "")),
        headers.get("DeviceState", ""),
    )


def _names(value: str) -> tuple[str, ...]:
    return tuple(name for part in value.split(",") if (name := part.strip()))


_SECRET = frozenset({"Password", "Md5Cred", "PasswordDigest", "RefreshToken", "OauthSecret"})
_NO_SETTING = (
    frozenset({"Event", "Privilege", "SystemName", "Timestamp", "ActionID", "ObjectName", "ObjectType"}) | _SECRET
)


def _detail(headers: Headers) -> DetailRow | None:
    kind, name = headers.get("ObjectType", ""), headers.get("ObjectName", "")
    if not kind or not name:
        return None
    password = headers.get("Password", "")
    secret = hashlib.sha256(password.encode()).hexdigest() if password else ""
    settings = dict(headers)
    for key in _NO_SETTING:
        settings.pop(key, None)
    return DetailRow(kind, name, settings, secret)


def _mailbox(headers: Headers) -> Row | None:
    context, mailbox = headers.get("VMContext", ""), headers.get("VoiceMailbox", "")
    if not context or not mailbox:
        return None
    return MailboxRow(
        context,
        mailbox,
        headers.get("Fullname", ""),
        headers.get("Email", ""),
        fields.truth(headers, "AttachMessage"),
    )


def queue_rules(lines: Iterable[tuple[str, str]]) -> list[QueueRuleRow]:
    """The rules in the lines of an answer to QueueRule."""
    rules: dict[str, list[str]] = {}
    changes: list[str] = []
    for name, value in lines:
        if name == "RuleList":
            changes = rules.setdefault(value, [])
        elif name == "Rule":
            changes.append(value)
    return [QueueRuleRow(rule, tuple(changes)) for rule, changes in rules.items()]


def music_classes(lines: Iterable[tuple[str, str]]) -> list[MusicRow]:
    """The classes in what the console prints of them."""
    classes: list[dict[str, str]] = []
    for name, value in lines:
        key, _, said = value.strip().partition(": ")
        if name != "Output":
            continue
        if key == "Class":
            classes.append({})
        if classes:
            classes[-1][key] = said
    return [MusicRow(each["Class"], each.get("Mode", ""), each.get("Directory", "")) for each in classes]


def parking_lots(lines: Iterable[tuple[str, str]]) -> list[ParkingLotRow]:
    """The lots in what the console prints of them."""
    lots: dict[str, dict[str, str]] = {}
    settings: dict[str, str] = {}
    for header, value in lines:
        key, is_setting, said = value.partition(":")
        if header != "Output" or not is_setting:
            continue
        if key == "Parking Lot":
            settings = lots.setdefault(said.strip(), {})
        else:
            settings[key.rstrip()] = said.strip()
    return [ParkingLotRow(lot, known) for lot, known in lots.items()]


def speech_engines(lines: Iterable[tuple[str, str]]) -> list[SpeechEngineRow]:
    """The engines in what the console prints of them."""
    engines: dict[str, dict[str, str]] = {}
    settings: dict[str, str] = {}
    for header, value in lines:
        key, is_setting, said = value.strip().partition(": ")
        if header != "Output" or not is_setting:
            continue
        if key == "client":
            settings = engines.setdefault(said, {})
        else:
            settings[key] = said
    return [SpeechEngineRow(engine, known) for engine, known in engines.items()]


_BUILDERS: dict[str, Callable[[Headers], AnyRow | None]] = {
    "CoreShowChannel": _channel,
    "BridgeListItem": _bridge,
    "BridgeInfoChannel": _bridge_channel,
    "QueueParams": _queue,
    "QueueMember": _member,
    "QueueEntry": _waiting,
    "ParkedCall": _parked,
    "DBGetResponse": lambda headers: KeptRow(headers.get("Val", "")),
    "DeviceStateChange": _device,
    "ListDialplan": _dialplan,
    "EndpointList": _endpoint,
    "EndpointDetail": _detail,
    "AorDetail": _detail,
    "AuthDetail": _detail,
    "TransportDetail": _detail,
    "IdentifyDetail": _detail,
    "ContactStatusDetail": _detail,
    "AorList": _detail,
    "AuthList": _detail,
    "VoicemailUserEntry": _mailbox,
}
