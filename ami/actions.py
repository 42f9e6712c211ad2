"""What may be asked of Asterisk: typed actions, and the one place where a value meets an AMI line.

Each action renders itself with `.headers()`. CR, LF and NUL are refused in every value (Asterisk takes even a bare LF
for a separator), and so are lines longer than it reads. The console is not offered: what only it shows has an action
of its own here, whose words are fixed. No application is: a call goes to an extension of the dialplan, and it is one
phone that is rung, or an extension.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

from ami import rows
from ami.errors import UnsafeValue
from ami.stream import headers_of

LINE_LIMIT = 1000  # bytes; Asterisk refuses the whole message above 1,024
HEADER_LIMIT = 120  # Asterisk refuses the whole message above 128

Header = tuple[str, str]
RowT = TypeVar("RowT", bound=rows.AnyRow)


def safe(name: str, value: str) -> Header:
    """One header line, or UnsafeValue. The offending value is never repeated: it may be a caller's or a secret."""
    if any(character in value for character in "\r\n\0"):
        raise UnsafeValue(f"{name}: a line break or NUL cannot stand in an AMI value")
    try:
        length = len(name) + 2 + len(value.encode())
    except UnicodeEncodeError:
        raise UnsafeValue(f"{name}: cannot be written in UTF-8") from None
    if length > LINE_LIMIT:
        raise UnsafeValue(f"{name}: longer than {LINE_LIMIT} bytes")
    return name, value


@dataclass(frozen=True, slots=True)
class Action:
    """An action answered by a single `Response`."""

    name: ClassVar[str] = ""

    def fields(self) -> Iterator[Header]:
        """The headers after `Action:`, unchecked."""
        return iter(())

    def headers(self) -> tuple[Header, ...]:
        """All header lines in order, each checked. Raises UnsafeValue."""
        lines = (("Action", self.name), *(safe(key, value) for key, value in self.fields()))
        if len(lines) > HEADER_LIMIT:
            raise UnsafeValue(f"{self.name}: more than {HEADER_LIMIT} header lines")
        return lines


@dataclass(frozen=True, slots=True)
class ListAction(Action, Generic[RowT]):
    """An action answered by rows, up to a row that says the list is complete."""

    def row(self, message: str) -> rows.AnyRow | None:
        """What one message of the answer says; None if that is of no interest."""
        return rows.parse_row(headers_of(message))

    def rows_in(self, messages: Sequence[str]) -> list[RowT]:
        """What messages of the answer, that came one after the other, say."""
        found = (self.row(message) for message in messages)
        return [row for row in found if row is not None]  # type: ignore[misc]  # the action names the type of its rows


_QUEUES_OWN = "\r\nDevice: Queue:"


@dataclass(frozen=True, slots=True)
class ReportAction(ListAction[RowT]):
    """A list that is answered in the lines of one message."""

    def rows(self, lines: Sequence[Header]) -> list[RowT]:
        """The rows that these header lines hold, of which some names come many times."""
        raise NotImplementedError


def _optional(name: str, value: str | None) -> Iterator[Header]:
    if value:
        yield name, value


@dataclass(frozen=True, slots=True)
class Ping(Action):
    name = "Ping"


@dataclass(frozen=True, slots=True)
class CoreStatus(Action):
    """When the core started: a change of it means that Asterisk was restarted."""

    name = "CoreStatus"


@dataclass(frozen=True, slots=True)
class CoreSettings(Action):
    """Which version it is."""

    name = "CoreSettings"


@dataclass(frozen=True, slots=True)
class CoreShowChannels(ListAction[rows.ChannelRow]):
    name = "CoreShowChannels"


@dataclass(frozen=True, slots=True)
class BridgeList(ListAction[rows.BridgeRow]):
    name = "BridgeList"


@dataclass(frozen=True, slots=True)
class BridgeInfo(ListAction[rows.BridgeChannelRow]):
    bridge: str
    name = "BridgeInfo"

    def fields(self) -> Iterator[Header]:
        yield "BridgeUniqueid", self.bridge


@dataclass(frozen=True, slots=True)
class QueueStatus(ListAction[rows.QueueRow | rows.MemberRow | rows.WaitingRow]):
    """Parameters, members and waiting callers of every queue, or of one."""

    queue: str | None = None
    name = "QueueStatus"

    def fields(self) -> Iterator[Header]:
        yield from _optional("Queue", self.queue)


@dataclass(frozen=True, slots=True)
class QueueRule(ReportAction[rows.QueueRuleRow]):
    name = "QueueRule"

    def rows(self, lines: Sequence[Header]) -> list[rows.QueueRuleRow]:
        return rows.queue_rules(lines)


@dataclass(frozen=True, slots=True)
class ShowMusicClasses(ReportAction[rows.MusicRow]):
    """The console's `moh show classes`: nothing else tells them."""

    name = "Command"

    def fields(self) -> Iterator[Header]:
        yield "Command", "moh show classes"

    def rows(self, lines: Sequence[Header]) -> list[rows.MusicRow]:
        return rows.music_classes(lines)


@dataclass(frozen=True, slots=True)
class ShowParkingLots(ReportAction[rows.ParkingLotRow]):
    """The console's `parking show`: the manager's own list shows fewer settings, to who may act on calls."""

    name = "Command"

    def fields(self) -> Iterator[Header]:
        yield "Command", "parking show"

    def rows(self, lines: Sequence[Header]) -> list[rows.ParkingLotRow]:
        return rows.parking_lots(lines)


@dataclass(frozen=True, slots=True)
class ShowSpeechEngines(ReportAction[rows.SpeechEngineRow]):
    """The console's `aeap show clients`: nothing else tells them."""

    name = "Command"

    def fields(self) -> Iterator[Header]:
        yield "Command", "aeap show clients"

    def rows(self, lines: Sequence[Header]) -> list[rows.SpeechEngineRow]:
        return rows.speech_engines(lines)


@dataclass(frozen=True, slots=True)
class DeviceStateList(ListAction[rows.DeviceRow]):
    """Every device but app_queue's own, of which there is one for each place in each queue: its members say more."""

    name = "DeviceStateList"

    def row(self, message: str) -> rows.AnyRow | None:
        return None if _QUEUES_OWN in message else rows.parse_row(headers_of(message))


@dataclass(frozen=True, slots=True)
class QueueAdd(Action):
    """Log an interface in to a queue. `member` is the name under which app_queue logs it."""

    queue: str
    interface: str
    member: str
    penalty: int = 0
    paused: bool = False
    reason: str = ""
    state_interface: str | None = None
    name = "QueueAdd"

    def fields(self) -> Iterator[Header]:
        yield "Queue", self.queue
        yield "Interface", self.interface
        yield "MemberName", self.member
        yield "Penalty", str(self.penalty)
        yield "Paused", _bool(self.paused)
        yield from _optional("Reason", self.reason)
        yield from _optional("StateInterface", self.state_interface)


@dataclass(frozen=True, slots=True)
class QueueRemove(Action):
    queue: str
    interface: str
    name = "QueueRemove"

    def fields(self) -> Iterator[Header]:
        yield "Queue", self.queue
        yield "Interface", self.interface


@dataclass(frozen=True, slots=True)
class QueuePause(Action):
    """Pause or unpause an interface in one queue, or in all of its queues if `queue` is None."""

    interface: str
    paused: bool
    reason: str = ""
    queue: str | None = None
    name = "QueuePause"

    def fields(self) -> Iterator[Header]:
        yield "Interface", self.interface
        yield "Paused", _bool(self.paused)
        yield from _optional("Reason", self.reason)
        yield from _optional("Queue", self.queue)


@dataclass(frozen=True, slots=True)
class QueuePenalty(Action):
    """Change a member's penalty in one queue, or in all of its queues if `queue` is None."""

    interface: str
    penalty: int
    queue: str | None = None
    name = "QueuePenalty"

    def fields(self) -> Iterator[Header]:
        yield "Interface", self.interface
        yield "Penalty", str(self.penalty)
        yield from _optional("Queue", self.queue)


_NAME = re.compile(r"[A-Za-z0-9._-]{1,80}")
_EXTEN = re.compile(r"[A-Za-z0-9*#+._-]{1,80}")
_CALL = re.compile(r"[A-Za-z0-9./_-]{1,200}")
_RUNG = re.compile(rf"PJSIP/{_NAME.pattern}|Local/{_EXTEN.pattern}@{_NAME.pattern}(?:/n)?")


def _place(context: str, exten: str) -> tuple[Header, Header]:
    """An extension of the dialplan, and nothing that Asterisk would read as more."""
    if not (_NAME.fullmatch(context) and _EXTEN.fullmatch(exten)):
        raise UnsafeValue("Context, Exten: no place in a dialplan")
    return ("Context", context), ("Exten", exten)


def _one(channel: str) -> Header:
    """One channel by its name or uniqueid; a pattern (`/.../`) would be many."""
    if channel.startswith("/"):
        raise UnsafeValue("Channel: a pattern is no channel")
    return "Channel", channel


@dataclass(frozen=True, slots=True)
class Originate(Action):
    """Dial `channel` and send it to an extension, asynchronously. `timeout` is in seconds.

    With `channel_id` (and `other_channel_id` for the second half of a Local channel) the uniqueid is known in advance,
    so that a call whose answer was lost can be looked up instead of being dialled twice. `action_id` comes back in the
    event `OriginateEnded`.
    """

    channel: str
    context: str
    exten: str
    priority: int = 1
    caller_id: str = ""
    timeout: float = 30.0
    channel_id: str | None = None
    other_channel_id: str | None = None
    account: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    action_id: str | None = None
    call: str = ""
    """The call's id: the phone that is rung is told it in a SIP header, as dialplan tells those that it dials."""
    name = "Originate"

    def fields(self) -> Iterator[Header]:
        if not _RUNG.fullmatch(self.channel):
            raise UnsafeValue("Channel: neither one phone nor one extension")
        yield "Channel", self.channel
        yield from _place(self.context, self.exten)
        yield "Priority", str(self.priority)
        yield "Timeout", str(round(self.timeout * 1000))
        yield "Async", "true"
        yield from _optional("CallerID", self.caller_id)
        yield from _optional("ChannelId", self.channel_id)
        yield from _optional("OtherChannelId", self.other_channel_id)
        yield from _optional("Account", self.account)
        yield from _optional("ActionID", self.action_id)
        for key, value in self.variables.items():
            # Asterisk splits one Variable header at commas: a value with a comma would set a second variable.
            if "," in value or not key.replace("_", "").isalnum():
                raise UnsafeValue(f"Variable {key!r}: a comma, or a name that is none")
            yield "Variable", f"{key}={value}"
        if self.call:
            if not _CALL.fullmatch(self.call):
                raise UnsafeValue("call: no id of a call")
            yield "Variable", f"PJSIP_HEADER(add,X-Cordboard-Call)={self.call}"


def barrier_probe(context: str, tag: str, seconds: float) -> Originate:
    """A call to nobody that lets the dialplan of this context say the tag in an event: all that happened before it is
    then in events that came before that one."""
    variables = {"CB_TAG": tag}
    return Originate(f"Local/s@{context}", context, "s", timeout=seconds, variables=variables, action_id=tag)


@dataclass(frozen=True, slots=True)
class Hangup(Action):
    """Hang up a channel by its name. A pattern (`/.../`) is refused: it would hang up many."""

    channel: str
    cause: int | None = None
    name = "Hangup"

    def fields(self) -> Iterator[Header]:
        yield _one(self.channel)
        yield from _optional("Cause", None if self.cause is None else str(self.cause))


@dataclass(frozen=True, slots=True)
class _ToPlace(Action):
    """What sends a channel, or whoever it is with, to an extension."""

    channel: str
    context: str
    exten: str

    def fields(self) -> Iterator[Header]:
        yield _one(self.channel)
        yield from _place(self.context, self.exten)


@dataclass(frozen=True, slots=True)
class Redirect(_ToPlace):
    """Send a channel to an extension, out of whatever it is in. A queue counts the caller as one who gave up, and a
    talk that a queue began goes on in its books: withdraw, or transfer, where that can be."""

    name = "Redirect"

    def fields(self) -> Iterator[Header]:
        yield from _ToPlace.fields(self)
        yield "Priority", "1"


@dataclass(frozen=True, slots=True)
class BlindTransfer(_ToPlace):
    """Send whoever `channel` talks to, to an extension; `channel` itself is let go."""

    name = "BlindTransfer"


@dataclass(frozen=True, slots=True)
class Atxfer(_ToPlace):
    """Let `channel` dial an extension while whoever it talks to waits. Asterisk presses the keys for it: the extension
    is one of digits, and the call must have been made with the option `t` or `T`."""

    name = "Atxfer"


@dataclass(frozen=True, slots=True)
class CancelAtxfer(Action):
    """Bring `channel` back to whom it let wait."""

    channel: str
    name = "CancelAtxfer"

    def fields(self) -> Iterator[Header]:
        yield _one(self.channel)


@dataclass(frozen=True, slots=True)
class QueueWithdrawCaller(Action):
    """Take a waiting caller (`caller`: the channel's name) out of a queue; the dialplan goes on with QUEUESTATUS
    WITHDRAW and QUEUE_WITHDRAW_INFO."""

    queue: str
    caller: str
    info: str = ""
    name = "QueueWithdrawCaller"

    def fields(self) -> Iterator[Header]:
        yield "Queue", self.queue
        yield "Caller", self.caller
        yield from _optional("WithdrawInfo", self.info)


@dataclass(frozen=True, slots=True)
class QueueChangePriorityCaller(Action):
    """Give a waiting caller (`caller`: the channel's name) another priority, and the place that goes with it."""

    queue: str
    caller: str
    priority: int
    name = "QueueChangePriorityCaller"

    def fields(self) -> Iterator[Header]:
        yield "Queue", self.queue
        yield "Caller", self.caller
        yield "Priority", str(self.priority)
        yield "Immediate", "yes"


_OUR_VARIABLE = re.compile(r"(?:__)?CB_[A-Z_]{1,40}")


@dataclass(frozen=True, slots=True)
class SetVariable(Action):
    """Set one of our own variables (`CB_...`) of a channel."""

    channel: str
    variable: str
    value: str
    name = "Setvar"

    def fields(self) -> Iterator[Header]:
        if not self.channel or not _OUR_VARIABLE.fullmatch(self.variable):
            raise UnsafeValue("Variable: not one of a channel that Cordboard sets")
        yield _one(self.channel)
        yield "Variable", self.variable
        yield "Value", self.value


@dataclass(frozen=True, slots=True)
class AskRelist(Action):
    """Tell everybody who follows this switch that something changed of which it sends no event."""

    name = "UserEvent"

    def fields(self) -> Iterator[Header]:
        yield "UserEvent", "CordboardRelist"


@dataclass(frozen=True, slots=True)
class ParkedCalls(ListAction[rows.ParkedRow]):
    """Who is parked, in one lot or in all."""

    lot: str | None = None
    name = "ParkedCalls"

    def fields(self) -> Iterator[Header]:
        yield from _optional("ParkingLot", self.lot)


@dataclass(frozen=True, slots=True)
class Reload(Action):
    """Reload one module. The answer is no evidence of what was loaded: read back."""

    module: str
    name = "Reload"

    def fields(self) -> Iterator[Header]:
        if not self.module:
            raise UnsafeValue("Module: a reload of everything is never asked for")
        yield "Module", self.module


@dataclass(frozen=True, slots=True)
class QueueReload(Action):
    """Reload queues.conf and queuerules.conf. Members are never reloaded alone: that resets the general options."""

    parameters: bool = True
    rules: bool = True
    name = "QueueReload"

    def fields(self) -> Iterator[Header]:
        yield "Parameters", "yes" if self.parameters else "no"
        yield "Rules", "yes" if self.rules else "no"


@dataclass(frozen=True, slots=True)
class ShowDialPlan(ListAction[rows.DialplanRow]):
    """The dialplan that runs, of one context or of all."""

    context: str | None = None
    name = "ShowDialPlan"

    def fields(self) -> Iterator[Header]:
        yield from _optional("Context", self.context)


@dataclass(frozen=True, slots=True)
class PrintDialPlan(ListAction[rows.PrintedContext]):
    """As ShowDialPlan, for whoever knows how it should be printed: a large one is not read for nothing. A context may
    come in several parts."""

    context: str | None = None
    name = "ShowDialPlan"

    def fields(self) -> Iterator[Header]:
        yield from _optional("Context", self.context)

    def rows_in(self, messages: Sequence[str]) -> list[rows.PrintedContext]:
        return rows.printed_contexts(messages)


@dataclass(frozen=True, slots=True)
class PJSIPShowEndpoints(ListAction[rows.EndpointRow]):
    name = "PJSIPShowEndpoints"


@dataclass(frozen=True, slots=True)
class PJSIPShowEndpoint(ListAction[rows.DetailRow]):
    """All objects of one endpoint, each with its settings; secrets are left out."""

    endpoint: str
    name = "PJSIPShowEndpoint"

    def fields(self) -> Iterator[Header]:
        yield "Endpoint", self.endpoint


@dataclass(frozen=True, slots=True)
class PrintEndpoint(ListAction[rows.PrintedObject]):
    """As PJSIPShowEndpoint, of the endpoint itself and its identifies alone, and not read any further."""

    endpoint: str
    name = "PJSIPShowEndpoint"

    def fields(self) -> Iterator[Header]:
        yield "Endpoint", self.endpoint

    def row(self, message: str) -> rows.AnyRow | None:
        return rows.printed_object(message)


@dataclass(frozen=True, slots=True)
class PJSIPShowAors(ListAction[rows.DetailRow]):
    name = "PJSIPShowAors"


@dataclass(frozen=True, slots=True)
class PJSIPShowAuths(ListAction[rows.DetailRow]):
    """Every auth; of its password only what tells it from another."""

    name = "PJSIPShowAuths"


@dataclass(frozen=True, slots=True)
class VoicemailUsersList(ListAction[rows.MailboxRow]):
    name = "VoicemailUsersList"


_BOX = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class VoicemailPin(Action):
    """The PIN of a box, in the `value` of the reply: compare it and forget it."""

    context: str
    mailbox: str
    name = "Getvar"

    def fields(self) -> Iterator[Header]:
        if not (_BOX.fullmatch(self.context) and _BOX.fullmatch(self.mailbox)):
            raise UnsafeValue("Variable: no name of a voicemail box")
        yield "Variable", f"VM_INFO({self.mailbox}@{self.context},password)"


@dataclass(frozen=True, slots=True)
class Getvar(Action):
    """Read a variable of a channel, or a global one or a function if `channel` is None."""

    variable: str
    channel: str | None = None
    name = "Getvar"

    def fields(self) -> Iterator[Header]:
        yield from _optional("Channel", self.channel)
        yield "Variable", self.variable


_KEPT = re.compile(r"[a-z0-9-]{1,60}")


@dataclass(frozen=True, slots=True)
class KeptValue(ListAction[rows.KeptRow]):
    """What the dialplan keeps in the switch's own database; refused if there is nothing of that name."""

    family: str
    key: str
    name = "DBGet"

    def fields(self) -> Iterator[Header]:
        yield "Family", self.family
        yield "Key", self.key


@dataclass(frozen=True, slots=True)
class ForgetKept(Action):
    """Take that out of the switch's own database, by the way that is open to who may act on calls."""

    family: str
    key: str
    name = "Setvar"

    def fields(self) -> Iterator[Header]:
        if not (_KEPT.fullmatch(self.family) and _KEPT.fullmatch(self.key)):
            raise UnsafeValue("Family, Key: no names of what is kept")
        yield "Variable", f"DB_DELETE({self.family}/{self.key})"
        yield "Value", "yes"


@dataclass(frozen=True, slots=True)
class ModuleCheck(Action):
    """Refused if the module is not loaded."""

    module: str
    name = "ModuleCheck"

    def fields(self) -> Iterator[Header]:
        yield "Module", self.module


def _bool(value: bool) -> str:
    return "true" if value else "false"
