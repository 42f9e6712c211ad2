"""Header values to typed values, the same way for events and for the rows of lists. Nothing here raises."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from operator import itemgetter
from typing import NamedTuple

from ami.models import ChannelState, DeviceState

Headers = Mapping[str, str]

UNKNOWN = "<unknown>"

_CHANNEL_STATES = {str(number): state for number, state in enumerate(list(ChannelState)[:-1])}
_DEVICE_NUMBERS = {str(int(state)): state for state in DeviceState}
_DEVICE_WORDS = {
    "UNKNOWN": DeviceState.UNKNOWN,
    "NOT_INUSE": DeviceState.NOT_IN_USE,
    "INUSE": DeviceState.IN_USE,
    "BUSY": DeviceState.BUSY,
    "INVALID": DeviceState.INVALID,
    "UNAVAILABLE": DeviceState.UNAVAILABLE,
    "RINGING": DeviceState.RINGING,
    "RINGINUSE": DeviceState.RING_IN_USE,
    "ONHOLD": DeviceState.ON_HOLD,
}


def text(headers: Headers, name: str) -> str:
    """The value, or "" for one that is missing or that Asterisk does not know."""
    value = headers.get(name, "")
    return "" if value == UNKNOWN else value


def whole(headers: Headers, name: str, default: int = 0) -> int:
    """A whole number that fits 63 bits, or the default for anything else."""
    value = headers.get(name)
    if not value or len(value) > 19:
        return default
    try:
        return int(value)
    except ValueError:
        return default


def decimal(headers: Headers, name: str) -> float:
    """A finite number of 0 or more, or 0."""
    try:
        value = float(headers.get(name, ""))
    except ValueError:
        return 0.0
    return value if 0.0 <= value < 1e12 else 0.0


def truth(headers: Headers, name: str) -> bool:
    return headers.get(name, "").lower() in ("1", "yes", "true")


def moment(headers: Headers, name: str) -> datetime | None:
    """Seconds since the epoch to UTC; 0, missing and impossible values are None."""
    value = headers.get(name)
    if not value or value == "0":
        return None
    try:
        seconds = float(value)
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def device_state(value: str) -> DeviceState:
    """From the number of a queue member's status or from the word of a device-state event."""
    return _DEVICE_NUMBERS.get(value) or _DEVICE_WORDS.get(value) or DeviceState.UNKNOWN


def endpoint_of(channel: str) -> str | None:
    """`PJSIP/acme-amel-0000001f` -> `acme-amel`; None for what is no PJSIP channel."""
    if not channel.startswith("PJSIP/"):
        return None
    return channel[6:].rpartition("-")[0] or None


class Leg(NamedTuple):
    """A channel as it stood when Asterisk spoke of it. (A tuple: one or two are made and compared for each event.)"""

    uniqueid: str
    linkedid: str
    name: str
    state: ChannelState
    caller_number: str
    caller_name: str
    connected_number: str
    account: str
    context: str
    exten: str


_LEG_KEYS = (
    "Uniqueid",
    "Linkedid",
    "Channel",
    "ChannelState",
    "CallerIDNum",
    "CallerIDName",
    "ConnectedLineNum",
    "AccountCode",
    "Context",
    "Exten",
)
_KEYS = {
    prefix: tuple(prefix + key for key in _LEG_KEYS)
    for prefix in (
        *("", "Dest", "Transferer", "Transferee", "OrigTransferer", "SecondTransferer"),
        *("LocalOne", "LocalTwo", "Parkee", "Retriever", "Spyer", "Spyee", "Target"),
    )
}
_GETTERS = {prefix: itemgetter(*keys) for prefix, keys in _KEYS.items()}


def leg(headers: Headers, prefix: str = "") -> Leg | None:
    """The channel whose headers carry this prefix, or None if the message names none."""
    try:
        values = _GETTERS[prefix](headers)
    except KeyError:
        values = tuple(headers.get(key, "") for key in _KEYS[prefix])
    uniqueid, linkedid, name, state, number, caller_name, connected, account, context, exten = values
    if not uniqueid or uniqueid == UNKNOWN:
        return None
    return Leg(
        uniqueid,
        linkedid or uniqueid,
        name,
        _CHANNEL_STATES.get(state, ChannelState.UNKNOWN),
        number if number != UNKNOWN else "",
        caller_name if caller_name != UNKNOWN else "",
        connected if connected != UNKNOWN else "",
        account,
        context,
        exten,
    )


class MemberFacts(NamedTuple):
    """A queue member as app_queue describes him in every event and row about him."""

    queue: str
    interface: str
    name: str
    state_interface: str
    membership: str
    penalty: int
    paused: bool
    pause_reason: str
    last_pause: datetime | None
    status: DeviceState
    in_call: bool
    last_call: datetime | None
    logged_in: datetime | None
    wrap_up: float
    calls_taken: int
    ring_in_use: bool


def member(headers: Headers) -> MemberFacts | None:
    """The member named by an event or by a row of QueueStatus (which says Name and Location for MemberName and
    Interface); None if queue or interface is missing."""
    queue = headers.get("Queue", "")
    interface = headers.get("Interface") or headers.get("Location", "")
    if not queue or not interface:
        return None
    return MemberFacts(
        queue=queue,
        interface=interface,
        name=headers.get("MemberName") or headers.get("Name") or interface,
        state_interface=headers.get("StateInterface") or interface,
        membership=headers.get("Membership", ""),
        penalty=whole(headers, "Penalty"),
        paused=truth(headers, "Paused"),
        pause_reason=text(headers, "PausedReason"),
        last_pause=moment(headers, "LastPause"),
        status=device_state(headers.get("Status", "")),
        in_call=truth(headers, "InCall"),
        last_call=moment(headers, "LastCall"),
        logged_in=moment(headers, "LoginTime"),
        wrap_up=decimal(headers, "Wrapuptime"),
        calls_taken=whole(headers, "CallsTaken"),
        ring_in_use=truth(headers, "Ringinuse"),
    )
