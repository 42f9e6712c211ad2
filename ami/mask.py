"""Identities of a manager stream replaced, each always by the same other one, so that a customer may give it away.

Only what Cordboard reads is kept: events that it watches and rows of its lists, with the headers that it reads, all
others left out. Numbers become other numbers of the same length, names and endpoints become words; queues, contexts and
applications keep theirs. What application data and dial strings hold is replaced piece by piece.
"""

from __future__ import annotations

import hashlib
import re
import secrets

from ami.events import is_watched
from ami.stream import event_name

SHORTEST_NUMBER = 3  # digits; shorter ones are keys and priorities
REMEMBERED = 200_000

_ROWS = frozenset({"CoreShowChannel", "BridgeListItem", "QueueParams", "QueueMember", "QueueEntry", "ParkedCall"})
_LIST_ENDS = frozenset(
    {"CoreShowChannelsComplete", "BridgeListComplete", "QueueStatusComplete", "DeviceStateListComplete"}
)

# A channel's headers come with these prefixes when an event tells of several.
_OF_CHANNELS = re.compile(
    r"(?:Dest|Transferer|Transferee|OrigTransferer|SecondTransferer|TransferTarget|LocalOne|LocalTwo|Parkee|Retriever|"
    r"Spyer|Spyee|Target|Swap|Orig|Second)?"
    r"(Channel|ChannelState|ChannelStateDesc|CallerIDNum|CallerIDName|ConnectedLineNum|ConnectedLineName|AccountCode|"
    r"Context|Exten|Priority|Uniqueid|Linkedid)"
)
_PLAIN = frozenset(
    {
        "ActionID", "Application", "BridgeCreator", "BridgeId", "BridgeNumChannels", "BridgeTechnology", "BridgeType",
        "BridgeUniqueid", "By", "CallsTaken", "Cause", "Cause-txt", "Company", "Count", "DestType", "DialStatus",
        "Digit", "Duration", "Edge", "Event", "EventList", "Generation", "HoldTime", "Id", "InCall", "IsExternal",
        "LastCall", "LastPause", "ListItems", "LocalOptimization", "LoginTime", "Max", "MaxPenalty", "Membership",
        "Menu", "OriginalPosition", "Outcome", "ParkingDuration", "ParkingSpace", "ParkingTimeout", "Parkinglot",
        "Paused", "PausedReason", "Penalty", "Position", "Priority", "Queue", "QueuePriority", "Reason", "Response",
        "Result", "RingTime", "Ringinuse", "Script", "State", "Status", "Strategy", "Success", "SwapUniqueid",
        "SystemName", "Tag", "TalkTime", "TechCause", "Timestamp", "UserEvent", "Variable", "Version", "Wait", "Weight",
        "Wrapuptime",
    }
)  # fmt: skip
_CHANNELS = frozenset({"Channel", "Interface", "StateInterface", "Location", "Device", "ParkerDialString"})
_NAMES = frozenset({"CallerIDName", "ConnectedLineName", "MemberName", "Name", "Person"})
_NUMBERS = frozenset({"CallerIDNum", "ConnectedLineNum", "Exten", "Extension"})
_TEXTS = frozenset({"AppData", "DialString", "Forward", "Detail", "AccountCode", "BridgeName", "Conference", "Did"})
# applications whose data is told, the first without a change; of all others nothing is
_KEPT_DATA = frozenset({"Queue"})
_TOLD_DATA = frozenset({"Dial", "Goto", "VoiceMail", "ConfBridge", "Park", "ParkedCall", "ChanSpy", "Pickup"})
_TOLD_DATA |= {"Playback", "BackGround", "Read", "AppDial", "AppDial2", "AppQueue"}

_CHANNEL = r"\b(?P<technology>PJSIP|SIP|IAX2|DAHDI|Dongle|Local)/(?P<rest>[^,&|\s()]+)"
_NUMBER = rf"(?P<number>(?<![\w.-])\+?\d{{{SHORTEST_NUMBER},}}(?![\w.-]*[A-Za-z]))"
_PIECE = re.compile(rf"{_CHANNEL}|{_NUMBER}|[^\W_][\w.'-]*")
_TECHNOLOGY = re.compile(_CHANNEL)
_SUFFIX = re.compile(r"-[0-9a-f]{8}(;[12])?(<\w+>)?$")
_UNKNOWN = frozenset({"", "<unknown>", "s", "h", "i", "t", "T", "o", "a"})


class Mask:
    """Give it every message in order. One mask, one set of other identities: another mask knows others."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)
        self._numbers: dict[str, str] = {}
        self._taken: set[str] = set()
        self._words: dict[str, str] = {}

    def message(self, text: str) -> str | None:
        """The message without identities; None for one that is left out."""
        name = event_name(text)
        if name and not (is_watched(name, text) or name in _ROWS or name in _LIST_ENDS):
            return None
        if not name and not text.startswith("Response: "):
            return None
        lines = [line.partition(": ") for line in text.split("\r\n")]
        headers = {key: value for key, _, value in reversed(lines)}
        if name == "UserEvent" and not headers.get("UserEvent", "").startswith("Cordboard"):
            return None
        kept = []
        for key, _, value in lines:
            masked = self._header(key, value, headers)
            if masked is not None:
                kept.append(f"{key}: {masked}")
        return "\r\n".join(kept)

    def _header(self, key: str, value: str, headers: dict[str, str]) -> str | None:
        match = _OF_CHANNELS.fullmatch(key)
        kind = match[1] if match else key
        if kind in _CHANNELS:
            return self._channel(value)
        if kind in _NAMES:
            return self._name(value)
        if kind in _NUMBERS:
            return self._extension(value)
        if kind in _TEXTS:
            if key == "AppData" and (application := headers.get("Application", "")) not in _TOLD_DATA:
                return value if application in _KEPT_DATA else ""
            return self._text(value)
        if kind == "Value":
            return value if is_watched("VarSet", "\r\n".join(f"{k}: {v}" for k, v in headers.items())) else None
        return value if match or key in _PLAIN else None

    # The kinds of identities

    def _number(self, value: str) -> str:
        digits = value.lstrip("+")
        if not digits.isascii() or not digits.isdigit() or len(digits) < SHORTEST_NUMBER:
            return value
        known = self._numbers.get(digits)
        if known is None:
            known = self._numbers[digits] = self._other_number(digits)
        return "+" * (len(value) - len(digits)) + known

    def _other_number(self, digits: str) -> str:
        """Of the same length and with the same first digit, by which its kind is told."""
        for attempt in range(64):
            seed = f"{attempt}:{digits}".encode()
            drawn = int.from_bytes(hashlib.blake2b(seed, key=self._key).digest(), "big")
            other = digits[0] + str(drawn)[-(len(digits) - 1) :].zfill(len(digits) - 1)
            if other != digits and (other not in self._taken or attempt == 63):
                break
        if len(self._taken) < REMEMBERED:
            self._taken.add(other)
        return other

    def _word(self, value: str) -> str:
        known = self._words.get(value)
        if known is None:
            known = f"n{hashlib.blake2b(value.encode(), key=self._key, digest_size=4).hexdigest()}"
            if len(self._words) < REMEMBERED:
                self._words[value] = known
        return known

    def _name(self, value: str) -> str:
        if value in _UNKNOWN:
            return value
        if value.lstrip("+").isdigit():
            return self._number(value)
        return self._channel(value) if _TECHNOLOGY.match(value) else self._word(value)

    def _extension(self, value: str) -> str:
        """A number, a key combination, or a word that may be somebody's."""
        if value in _UNKNOWN:
            return value
        return self._word(value) if value[0].isalpha() else self._text(value)

    def _channel(self, value: str) -> str:
        return _TECHNOLOGY.sub(self._dialled, value) if _TECHNOLOGY.match(value) else self._name(value)

    def _dialled(self, match: re.Match[str]) -> str:
        technology, rest = match["technology"], match["rest"]
        suffix = found[0] if (found := _SUFFIX.search(rest)) else ""
        rest = rest.removesuffix(suffix)
        who, at, where = rest.partition("@")
        if technology == "Local":  # where it leads is a context of the dialplan, not somebody
            return f"{technology}/{self._extension(who)}{at}{where}{suffix}"
        return f"{technology}/{self._reached(who)}{at}{self._reached(where) if where else ''}{suffix}"

    def _reached(self, value: str) -> str:
        """An endpoint, a number, or an address with options after a slash."""
        first, slash, _ = value.partition("/")
        return (self._number(first) if first.lstrip("+").isdigit() else self._word(first)) + (slash and "/masked")

    def _text(self, value: str) -> str:
        """Application data and the like: channels, numbers, and every word that was met as a name."""
        for name in self._met(value):
            before, _, after = value.partition(name)
            return f"{self._text(before)}{self._words[name]}{self._text(after)}"
        return _PIECE.sub(self._piece, value)

    def _piece(self, match: re.Match[str]) -> str:
        piece = match[0]
        if match["technology"]:
            return self._dialled(match)
        return self._number(piece) if match["number"] else self._words.get(piece, piece)

    def _met(self, value: str) -> list[str]:
        """Names of several words that stand in this text, the longest first."""
        if " " not in value:
            return []
        return sorted((name for name in self._words if " " in name and name in value), key=len, reverse=True)
