"""Identities of a manager stream replaced, each always by the same other one, so that a customer may give it away.

Denied by default. Only what Cordboard reads is kept: events that it watches and rows of its lists, with the headers
that it reads. Of these each has its kind: a figure, a moment, an id, a name of the dialplan, somebody's name or number,
a channel, a text. What has not the form of its kind is replaced word by word; in texts the words of the dialplan stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from ami.events import TELLING_VARIABLES, WATCHED, is_watched
from ami.pseudonyms import Pseudonyms, plain
from ami.public_words import PUBLIC_WORDS
from ami.stream import event_name

REMEMBERED = 200_000
LONGEST_NAME_DIGITS = 4  # of a queue or a context; with more it may be somebody's number

_ROWS = frozenset({"CoreShowChannel", "BridgeListItem", "QueueParams", "QueueMember", "QueueEntry", "ParkedCall"})
_LIST_ENDS = frozenset(
    {
        *("CoreShowChannelsComplete", "BridgeListComplete", "QueueStatusComplete", "DeviceStateListComplete"),
        "ParkedCallsComplete",
    }
)
_OF_THE_SWITCH = frozenset({"FullyBooted", "Shutdown"})
OWN_EVENTS = frozenset(
    f"Cordboard{what}"
    for what in (
        *("Entered", "Menu", "Choice", "Step", "Routed", "QueueLeft", "Fallback", "Outcome", "Answered", "Recording"),
        "Denied",
        *("Barrier", "Relist"),
    )
)

_KEPT = _ROWS | _LIST_ENDS | _OF_THE_SWITCH
_WHICH = WATCHED | _KEPT | OWN_EVENTS | TELLING_VARIABLES | {"VarSet"}

# A channel's headers come with these prefixes when an event tells of several.
_OF_CHANNELS = re.compile(
    r"(?:Dest|Transferer|Transferee|OrigTransferer|SecondTransferer|TransferTarget|LocalOne|LocalTwo|Parkee|Retriever|"
    r"Spyer|Spyee|Target|Swap|Orig|Second)?"
    r"(Channel|ChannelState|ChannelStateDesc|CallerIDNum|CallerIDName|ConnectedLineNum|ConnectedLineName|AccountCode|"
    r"Context|Exten|Priority|Uniqueid|Linkedid)"
)
_KINDS: dict[str, tuple[str, ...]] = {
    "told": (
        *("BridgeNumChannels", "BridgeTechnology", "BridgeType", "CallsTaken", "Cause", "Cause-txt", "ChannelState"),
        *("ChannelStateDesc", "Count", "DestType", "DialStatus", "Duration", "EventList", "Generation", "HoldTime"),
        *("InCall", "IsExternal", "ListItems", "LocalOptimization", "Max", "MaxPenalty", "Membership"),
        *("OriginalPosition", "ParkingDuration", "ParkingSpace", "ParkingTimeout", "Paused", "Penalty", "Position"),
        *("Priority", "QueuePriority", "Reason", "Response", "Result", "RingTime", "Ringinuse", "State", "Status"),
        *("Strategy", "Success", "TalkTime", "TechCause", "Value", "Wait", "Waiting", "Weight", "Wrapuptime"),
        *("PausedReason", "Uptime", "LastReload", "Shutdown", "Restart"),
    ),
    "which": ("Event", "UserEvent", "Variable"),
    "moment": ("LastCall", "LastPause", "LoginTime", "Timestamp"),
    "name": (
        *("Application", "BridgeCreator", "By", "Context", "Edge", "Menu", "Node", "Outcome", "Parkinglot", "Queue"),
        *("Script", "Step", "SystemName", "To", "Way", "What"),
    ),
    "id": (
        *("BridgeId", "BridgeUniqueid", "Linkedid", "SwapUniqueid", "Uniqueid"),
    ),
    "tag": ("ActionID", "Id", "Tag"),
    "channel": ("Channel", "Newname", "Interface", "StateInterface", "Location", "ParkerDialString", "Device"),
    "dialled": ("DialString",),
    "identity": (
        *("CallerIDName", "ConnectedLineName", "MemberName", "Name", "Person", "Phone", "AccountCode", "BridgeName"),
        *("Company", "Conference", "Did", "Version"),
    ),
    "number": ("CallerIDNum", "ConnectedLineNum", "Exten", "Extension"),
    "text": ("Forward", "Detail"),
    "data": ("AppData",),
}  # fmt: skip

# applications whose data is told; of all others nothing is
_TOLD_DATA = frozenset({"Dial", "Goto", "VoiceMail", "ConfBridge", "Park", "ParkedCall", "ChanSpy", "Pickup", "Queue"})
_TOLD_DATA |= {"Playback", "BackGround", "Read", "AppDial", "AppDial2", "AppQueue"}
_OPTIONS_AT = {"Dial": 2, "Queue": 1, "VoiceMail": 1}
_OPTIONS = re.compile(r"[tTkKwWxXhHrRgGn]{1,6}|[usb]{1,2}")

_FIGURE = re.compile(r"-?\d{1,6}(?:\.\d{1,6})?|\d{1,3}:\d\d:\d\d", re.ASCII)
_MOMENT = re.compile(r"1\d{9}(?:\.\d{1,9})?|0?", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_-]{0,80}")
_OWN_ID = re.compile(r"(?:(?P<switch>[A-Za-z][\w.-]*)-)?1\d{9}\.\d{1,8}(?:;[12])?", re.ASCII)
_OUR_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|cb-[0-9a-f]{16}|[a-z]?\d{1,4}|<unknown>|", re.ASCII)
_SUFFIX = re.compile(r"-00[0-9a-f]{6}(?:;[12])?(?:<(?:ZOMBIE|MASQ)>)?$")
_LOCAL_OPTIONS = re.compile(r"/[njbm]{1,4}$")
_DEVICE = re.compile(
    r"(?P<provider>Queue|Custom|confbridge|park|meetme|MWI|Calendar|Presence|CustomPresence):(?P<rest>.*)"
)
_NOBODY = frozenset({"", "<unknown>"})
_SPECIAL = _NOBODY | {"s", "h", "i", "t", "T", "o", "a"}

_TECHNOLOGIES = r"PJSIP|SIP|IAX2|DAHDI|Dongle|Local|SCCP|Console|Skinny|Mobile|Motif|Agent|USTM|AudioSocket|WebSocket"
_CHANNEL = (
    r"(?<![\w/])(?P<passing>(?:AsyncGoto|Parked|Surrogate|Bridge)/)?"
    rf"(?P<technology>{_TECHNOLOGIES})/(?P<rest>[^,&|\s()]+)"
)
_LETTER = r"(?:[^\W_]|[^\x00-\x7f])"


# Channels, URIs, numbers and words. A printed number has up to three other characters between its digits, but for those
# that make it another; a run of eight digits is a number on its own.
_BETWEEN = r"(?:[^\w*#@+]|_){1,3}"
_NUMBER = rf"\+?\d{{8,}}|\+\(?\d{{1,4}}(?:{_BETWEEN}\d+)+|\+?\(?\d{{1,7}}(?:{_BETWEEN}\d{{1,7}}(?!\d))*"
_PIECE = re.compile(
    rf"{_CHANNEL}|(?P<scheme>\b(?:sips?|tel|https?|mailto|ftp|wss?|iax2?)):(?P<address>[^\s,|&]+)"
    rf"|(?P<number>(?<!{_LETTER})(?:{_NUMBER})(?!{_LETTER}))|{_LETTER}+",
    re.IGNORECASE,
)
_FLAT_PIECE = re.compile(rf"(?P<number>(?<!{_LETTER})(?:{_NUMBER})(?!{_LETTER}))|{_LETTER}+")
_IS_NUMBER = re.compile(r"[^\w@*#,;]*\d(?:[^\w@*#]|_|\d)*", re.ASCII)
_LONG_NUMBER = 7  # digits; arguments that are figures alone have fewer together


class Mask:
    """Give it every message in order. One mask, one set of other identities: another mask knows others."""

    def __init__(self, key: bytes | None = None) -> None:
        self._others = Pseudonyms(key)
        self._ids: dict[str, str] = {}  # those that somebody chose
        self._names: set[str] = set()  # of queues, contexts and the like
        self._switches: set[str] = set()
        masks: dict[str, Callable[[str, dict[str, str]], str]] = {
            "told": lambda value, _: self._told(value),
            "which": lambda value, _: value if value in _WHICH else self._identity(value),
            "moment": lambda value, _: value if _MOMENT.fullmatch(value) else self._identity(value),
            "name": lambda value, _: self._name(value),
            "id": lambda value, _: self._id(value),
            "tag": lambda value, _: self._chosen_id(value),
            "channel": lambda value, _: self._channel(value),
            "dialled": lambda value, _: self._dial_string(value),
            "identity": lambda value, _: self._somebody(value),
            "number": lambda value, _: self._extension(value),
            "text": lambda value, _: self._text(value),
            "data": self._data,
        }
        self._masks = {header: masks[kind] for kind, headers in _KINDS.items() for header in headers}

    def message(self, text: str) -> str | None:
        """The message without identities; None for one that is left out."""
        name = event_name(text)
        if name and not (is_watched(name, text) or name in _KEPT):
            return None
        if not name and not text.startswith("Response: "):
            return None
        lines = [line.partition(": ") for line in text.split("\r\n")]
        headers = {key: value for key, _, value in reversed(lines)}
        if name == "UserEvent" and headers.get("UserEvent") not in OWN_EVENTS:
            return None
        if switch := headers.get("SystemName"):
            self._remember(self._switches, switch)
        kept = []
        for key, _, value in lines:
            match = _OF_CHANNELS.fullmatch(key)
            mask = self._masks.get(match[1] if match else key)
            if mask is None:
                continue
            if name == "UserEvent" and "%" in value:  # encoded where it was sent
                value = mask(unquote(value, errors="replace"), headers).replace("%", "%25")
            else:
                value = mask(value, headers)
            kept.append(f"{key}: {value}")
        return "\r\n".join(kept)

    @staticmethod
    def _remember(known: set[str], value: str) -> None:
        if len(known) < REMEMBERED:
            known.add(value)

    # The kinds of headers

    def _told(self, value: str) -> str:
        """A figure, or words of Asterisk's own."""
        return value if value in _NOBODY or _FIGURE.fullmatch(value) else self._text(value)

    def _name(self, value: str) -> str:
        """A name that the dialplan or a queue has, unless a number or an address is part of it."""
        if value in _NOBODY:
            return value
        if _NAME.fullmatch(value) and sum(map(str.isdigit, value)) <= LONGEST_NAME_DIGITS:
            self._remember(self._names, value)
            return value
        return self._pieces(value, PUBLIC_WORDS)

    def _id(self, value: str) -> str:
        """An id of Asterisk's own making, with its moment, or what replaces one that somebody chose."""
        if match := _OWN_ID.fullmatch(value):
            switch = match["switch"]
            if switch is None:
                return value
            if switch in self._switches or not self._switches:
                return f"{self._name(switch)}{value.removeprefix(switch)}"
        return self._chosen_id(value)

    def _chosen_id(self, value: str) -> str:
        if _OUR_ID.fullmatch(value):
            return value
        known = self._ids.get(value)
        if known is None:
            base, half, side = value.partition(";") if value.endswith((";1", ";2")) else (value, "", "")
            known = f"{self._others.word(plain(base))}{half}{side}"
            if len(self._ids) < REMEMBERED:
                self._ids[value] = known
        return known

    def _extension(self, value: str) -> str:
        if value in _SPECIAL:
            return value
        shown = plain(value).strip()
        return self._others.number(shown) if _IS_NUMBER.fullmatch(shown) else self._identity(shown)

    def _somebody(self, value: str) -> str:
        if value in _NOBODY:
            return value
        shown = plain(value).strip()
        if _IS_NUMBER.fullmatch(shown):
            return self._others.number(shown)
        return self._identity(shown)

    def _channel(self, value: str) -> str:
        if value in _NOBODY:
            return value
        if device := _DEVICE.fullmatch(value):
            return f"{device['provider']}:{self._text(device['rest'])}"
        return self._identity(value)

    def _dial_string(self, value: str) -> str:
        """As after the technology, which may stand before it."""
        shown = plain(value)
        match = _PIECE.match(shown)
        return self._identity(shown) if match and match["technology"] else self._reached(shown)

    def _data(self, value: str, headers: dict[str, str]) -> str:
        """The data of an application, argument by argument."""
        application = headers.get("Application", "")
        if application not in _TOLD_DATA:
            return ""
        shown = plain(value)
        if _IS_NUMBER.fullmatch(shown) and sum(map(str.isdigit, shown)) >= _LONG_NUMBER:
            return self._others.number(shown)
        told = []
        for place, argument in enumerate(value.split(",")):
            if application == "Queue" and place == 0:
                told.append(self._name(argument))
            elif _OPTIONS_AT.get(application) == place and _OPTIONS.fullmatch(argument):
                told.append(argument)
            else:
                told.append(self._text(argument))
        return ",".join(told)

    # Texts

    def _text(self, value: str) -> str:
        """All is replaced but the words of the dialplan, and a queue or a context that was met."""
        if value in self._names or value in _NOBODY:
            return value
        if value in self._ids:
            return self._ids[value]
        before, colon, name = value.partition(":")
        if colon and before in PUBLIC_WORDS and name in self._names:
            return value
        return self._pieces(value, PUBLIC_WORDS)

    def _identity(self, value: str) -> str:
        """All is replaced."""
        return self._pieces(value, frozenset())

    def _flat(self, value: str) -> str:
        """All is replaced, whatever it is: a value cannot nest one thing in another without end."""
        return _FLAT_PIECE.sub(
            lambda match: self._others.number(match[0]) if match["number"] else self._others.word(match[0]),
            plain(value),
        )

    def _place(self, value: str) -> str:
        """What stands for somebody in a channel: a number, or words."""
        if value in _SPECIAL:
            return value
        shown = plain(value).strip()
        return self._others.number(shown) if _IS_NUMBER.fullmatch(shown) else self._flat(shown)

    def _pieces(self, value: str, stay: frozenset[str]) -> str:
        def other(match: re.Match[str]) -> str:
            piece = match[0]
            if match["technology"]:
                return self._called(match)
            if match["scheme"]:
                return f"{match['scheme']}:{self._flat(match['address'])}"
            if match["number"]:
                return self._others.number(piece)
            return piece if piece.lower() in stay else self._others.word(piece)

        return _PIECE.sub(other, plain(value))

    def _called(self, match: re.Match[str]) -> str:
        """A channel, or what is dialled to get one."""
        technology, rest = match["technology"], match["rest"]
        suffix = found[0] if (found := _SUFFIX.search(rest)) else ""
        rest = rest.removesuffix(suffix)
        before = f"{match['passing'] or ''}{technology}/"
        if technology != "Local":
            return f"{before}{self._reached(rest)}{suffix}"
        who, at, where = rest.rpartition("@")
        if not at:
            return f"{before}{self._place(where)}{suffix}"
        options = found[0] if (found := _LOCAL_OPTIONS.search(where)) else ""
        # Where it leads is a context of the dialplan, not somebody.
        return f"{before}{self._place(who)}@{self._name(where.removesuffix(options))}{options}{suffix}"

    def _reached(self, value: str) -> str:
        """An endpoint, a number at one, or an endpoint with an address after a slash, which is left out."""
        first, slash, _ = value.partition("/")
        who, at, where = first.partition("@")
        return f"{self._place(who)}{at}{self._place(where)}{slash and '/masked'}"
