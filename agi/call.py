"""What a script may do to its call, whoever carries it: a FastAGI connection, a process, a simulator."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterable
from typing import Protocol
from urllib.parse import quote as percent_encode

from agi.errors import CallerHungUp, CommandRefused, UnsafeValue
from agi.flow.recording_names import ENDING, seconds_of
from agi.flow.ways import LANGUAGE, PLACED_SOUND
from agi.protocol import LONGEST_SOUND, Command, Environment, Reply

logger = logging.getLogger(__name__)

ALL_KEYS = "0123456789*#"
# The dead man's switch allows this much more than a step may last, so that only a server that is gone sets it off.
GUARD_MARGIN = 5.0
LONGEST_TONE = 2.0
"""Seconds that the tone lasts at most that a recording begins with."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")

_FUNCTION = re.compile(r"[A-Z_]{1,32}\([a-z0-9]{1,32}\)")
_APPLICATION = re.compile(r"[A-Z][A-Za-z]{0,63}")
_KEY_OF = {str(ord(key)): key for key in ALL_KEYS + "ABCD"}

_KEPT = "CB_KEPT"
MOST_KEPT = 40
"""Keys that are kept at most while no command is out."""
_STATUS = Command("CHANNEL STATUS")
_ANSWER = Command("ANSWER", lasts=5.0)


class Carrier(Protocol):
    """Takes commands to a call and brings the replies back."""

    @property
    def environment(self) -> Environment:
        """What was said of the call when it began."""

    async def run(self, command: Command) -> Reply:
        """Do one command and return its reply, whatever its code.

        Raises CallerHungUp once the caller is known to have left, DeadlinePassed, ProtocolError, UnsafeValue.
        """


class Call:
    """One caller, for one script. Everything raises CallerHungUp once he has left."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        environment = carrier.environment
        self.arguments = environment.arguments
        self.uniqueid = environment.uniqueid
        self.channel = environment.channel
        self.account = environment.account
        """Id of the DID that was called; empty for a call from inside."""
        self.caller = environment.caller
        """The caller's number as typed at the edge, or `unknown`."""
        self.language = environment.language
        """What is spoken to the caller now."""
        self._is_answered = False

    # --- the line -----------------------------------------------------------------------------------------------------

    async def answer(self) -> None:
        """Take the call; nothing happens when that was done."""
        if not self._is_answered:
            await self._do(_ANSWER)
            self._is_answered = True

    async def hang_up(self) -> None:
        """End the call. The script's next act raises CallerHungUp."""
        await self._do(Command("HANGUP"))

    async def guard(self, seconds: float) -> None:
        """Give this script `seconds` (and a margin) for its next step; after that the dialplan takes the call back."""
        await self.set_function("TIMEOUT(absolute)", math.ceil(seconds + GUARD_MARGIN))

    # --- sound and keys -----------------------------------------------------------------------------------------------

    async def play(self, sounds: Iterable[str], interrupt: str = "") -> str | None:
        """Play sounds one after the other until one of the keys in `interrupt` is pressed; returns that key.

        Other keys pressed meanwhile are dropped. A sound that the switch does not have is passed over. Raises
        UnsafeValue for a name that is no sound's.
        """
        for sound in sounds:
            key = await self._play_one(sound, interrupt)
            if key is not None:
                return key
        return None

    async def _play_one(self, sound: str, interrupt: str) -> str | None:
        if not PLACED_SOUND.fullmatch(sound):
            raise UnsafeValue("not a sound's name")
        try:
            reply = await self._do(Command("STREAM FILE", (sound, interrupt), lasts=LONGEST_SOUND))
        except CommandRefused as refused:
            if refused.code != 200:
                raise
            logger.warning("a sound is missing on the switch", extra={"sound": sound, "language": self.language})
            return None
        return _key(reply)

    async def say_number(self, number: int) -> None:
        """Say a number in the language of the call."""
        await self._say("SAY NUMBER", number, "")

    async def say_moment(self, epoch: int, form: str, time_zone: str) -> None:
        """Say a moment (seconds since 1970) on the clock of a place; `form` as Asterisk's voicemail.conf has it."""
        await self._say("SAY DATETIME", epoch, "", form, time_zone)

    async def _say(self, verb: str, *arguments: str | int) -> None:
        try:
            await self._do(Command(verb, arguments, lasts=LONGEST_SOUND))
        except CommandRefused as refused:
            if refused.code != 200:
                raise
            logger.warning("sounds of a language are missing on the switch", extra={"language": self.language})

    async def read_digit(self, seconds: float) -> str | None:
        """Wait for one key; None when none is pressed in time. A key pressed before counts."""
        return _key(await self._do(Command("WAIT FOR DIGIT", (math.ceil(seconds * 1000),), lasts=seconds)))

    async def read_digits(self, most: int, first_seconds: float, next_seconds: float, end: str = "#") -> str:
        """Read up to `most` keys, the first within `first_seconds`, the others within `next_seconds` each.

        A key in `end` ends it and is not returned.
        """
        digits = ""
        while len(digits) < most:
            key = await self.read_digit(next_seconds if digits else first_seconds)
            if key is None or key in end:
                break
            digits += key
        return digits

    async def keep_keys(self) -> bool:
        """From here on have the switch keep what is pressed: it else drops what comes while no command is out. False:
        it has no means to."""
        try:
            await self.execute("StoreDTMF", f"RX,{_KEPT},{MOST_KEPT}")
        except CommandRefused:
            return False
        return True

    async def kept_keys(self) -> str:
        """What was pressed since `keep_keys`; no more is kept."""
        await self.execute("StoreDTMF", "remove")
        kept = await self.get_variable(_KEPT) or ""
        if kept:
            await self.set_variable(_KEPT, "")
        return "".join(key for key in kept if key in ALL_KEYS)

    # --- what the caller says -----------------------------------------------------------------------------------------

    async def spool(self) -> str:
        """The folder below which this Asterisk keeps what calls leave."""
        return (await self._do(Command("GET FULL VARIABLE", ("${ASTSPOOLDIR}",)))).data or ""

    async def record(self, path: str, *, silence: int, longest: int, options: str) -> float | None:
        """Record what the caller says after a tone, in place of what was there; how many seconds there are of it. None:
        it could not be kept.

        `path` without ending. It ends after so many seconds of `silence`, of which one is left in it, after the
        `longest` in all, and by keys as `options` of Asterisk's Record() say. What a caller said who hangs up is kept.
        """
        written = f"{path}{ENDING},{silence},{longest},k{options}"
        await self.execute("Record", written, lasts=longest + LONGEST_TONE)
        if await self.get_variable("RECORD_STATUS") == "ERROR":
            return None
        reply = await self._do(Command("GET VARIABLE", (f"STAT(s,{path}{ENDING})",)))
        size = reply.data or ""
        return seconds_of(int(size)) if size.isascii() and size.isdecimal() else None

    async def replay(self, path: str, seconds: float, interrupt: str) -> str | None:
        """Play a recording of so many seconds, as `play` does with a sound."""
        return _key(await self._do(Command("STREAM FILE", (path, interrupt), lasts=seconds)))

    # --- the channel --------------------------------------------------------------------------------------------------

    async def speak(self, language: str) -> None:
        """Change the language of the call from here on."""
        if not LANGUAGE.fullmatch(language):
            raise UnsafeValue("not a language")
        await self.set_function("CHANNEL(language)", language)
        self.language = language

    async def set_variable(self, name: str, value: str | int) -> None:
        """Set a variable of the channel."""
        if not _VARIABLE.fullmatch(name):
            raise UnsafeValue("not a variable's name")
        await self._do(Command("SET VARIABLE", (name, value)))

    async def set_function(self, expression: str, value: str | int) -> None:
        """Set a dialplan function such as `CHANNEL(language)`."""
        if not _FUNCTION.fullmatch(expression):
            raise UnsafeValue("not a function that can be set")
        await self._do(Command("SET VARIABLE", (expression, value)))

    async def get_variable(self, name: str) -> str | None:
        """The value of a variable of the channel, cut by Asterisk after 1,023 bytes; None when it is not set."""
        if not _VARIABLE.fullmatch(name):
            raise UnsafeValue("not a variable's name")
        reply = await self._do(Command("GET VARIABLE", (name,)))
        return (reply.data or "") if reply.result == "1" else None

    async def get_function(self, expression: str) -> str | None:
        """The value of a dialplan function such as `SPEECH(status)`; None when it has none."""
        if not _FUNCTION.fullmatch(expression):
            raise UnsafeValue("not a function that can be read")
        reply = await self._do(Command("GET VARIABLE", (expression,)))
        return (reply.data or "") if reply.result == "1" else None

    async def execute(self, application: str, argument: str = "", *, lasts: float = 0.0) -> None:
        """Run an application of the dialplan, which may take so many seconds. Raises CommandRefused where it fails, and
        where Asterisk does not have it."""
        if not _APPLICATION.fullmatch(application):
            raise UnsafeValue("not an application's name")
        await self._do(Command("EXEC", (application, argument), lasts=lasts))

    async def tell(self, event: str, **values: str | int) -> None:
        """Tell what happened: `UserEvent(event,Name: value,...)` on this channel, each value percent-encoded.

        The names of `values` become the event's headers with a capital: `max_penalty` is sent as `MaxPenalty`.
        """
        if not _NAME.fullmatch(event):
            raise UnsafeValue("not an event's name")
        parts = [event]
        for name, value in values.items():
            header = "".join(word.capitalize() for word in name.split("_"))
            if not _NAME.fullmatch(header):
                raise UnsafeValue("not a header's name")
            parts.append(f"{header}: {percent_encode(str(value), safe='', errors='replace')}")
        await self._do(Command("EXEC", ("UserEvent", ",".join(parts))))

    async def _do(self, command: Command) -> Reply:
        reply = await self._carrier.run(command)
        if reply.code == 200 and not reply.has_failed:
            return reply
        if reply.code == 511:
            raise CallerHungUp
        if reply.has_failed and command is not _STATUS:
            # -1 is a caller who left, or a command that failed on a living channel: only another command tells which.
            await self._do(_STATUS)
        raise CommandRefused(command.verb, reply.code, reply.usage)


def _key(reply: Reply) -> str | None:
    return _KEY_OF.get(reply.result)
