"""Hears what a caller says, by an engine that Asterisk's speech interface is connected to; keys are heard meanwhile.

Whatever is wrong with the engine, a call goes on by keys: it is not there, does not listen, or goes away while somebody
speaks. Asterisk waits some seconds for it at most, once in a call.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass

from agi.call import ALL_KEYS, Call
from agi.errors import AgiError, CommandRefused, UnsafeValue
from agi.flow.hearing import READY, WORDS, words_for
from agi.flow.ways import PLACED_SOUND
from agi.protocol import LONGEST_SOUND

logger = logging.getLogger(__name__)

ENGINE = "cordboard"
"""What Asterisk's configuration calls the engine."""
NO_SOUND = "silence/1"
"""Asterisk counts the time to listen from the end of a sound, and for ever without one."""
_NO_SOUND_SECONDS = 1.0
_SLOWEST = 5.0
"""Seconds after which Asterisk has given up an engine that does not answer, whatever it is asked."""
_KEYS = "dtmf"
"""How Asterisk says that what was heard is a key."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A key; or what the caller said ("" if it was not understood) and how sure that is, of 100. Neither: nothing."""

    key: str = ""
    phrase: str | None = None
    confidence: int = 0


class Playing(str):
    """What SpeechBackground() is told: sounds, and how many seconds it listens behind them."""

    __slots__ = ("seconds", "sounds")

    sounds: tuple[str, ...]
    seconds: float

    def __new__(cls, sounds: Sequence[str], seconds: float) -> Playing:
        told = super().__new__(cls, f"{'&'.join(sounds)},{seconds:g}")
        told.sounds, told.seconds = tuple(sounds), seconds
        return told


class Ear:
    """The ear of one call. `sure`: how sure it was of what the caller chose by saying it; None: he said nothing."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._is_open = False
        self._is_deaf = False
        self.sure: int | None = None

    async def listens_for(self, phrases: Collection[str], language: str) -> bool:
        """Is one of these phrases understood from here on? Otherwise there are only keys, for the rest of the call."""
        self.sure = None
        if self._is_deaf:
            return False
        await self._call.guard(_SLOWEST)
        try:
            if not self._is_open:
                await self._call.execute("SpeechCreate", ENGINE)
                self._is_open = await self._call.get_function("SPEECH(status)") == "1"
            if self._is_open:
                await self._call.set_function(f"SPEECH_ENGINE({WORDS})", words_for(language, phrases))
                if await self._is_engine_there():
                    return True
        except (CommandRefused, UnsafeValue) as error:
            logger.debug("speech commands are refused", extra={"reason": str(error)})
        await self._give_up()
        return False

    async def listen(self, sounds: Sequence[str], seconds: float) -> Heard | None:
        """Play sounds and listen, from their beginning to so many seconds behind their end, to the first thing that is
        said or pressed. It stops the sounds. None: the engine went away meanwhile, and the call has keys from now
        on."""
        if not all(map(PLACED_SOUND.fullmatch, sounds)):
            raise UnsafeValue("not a sound's name")
        if not sounds:
            sounds, seconds = (NO_SOUND,), max(0.1, seconds - _NO_SOUND_SECONDS)
        await self._call.set_variable("SPEECH_DTMF_MAXLEN", 1)
        await self._call.set_variable("SPEECH_DTMF_TERMINATOR", "")
        lasts = LONGEST_SOUND * len(sounds) + seconds
        try:
            await self._call.execute("SpeechBackground", Playing(sounds, seconds), lasts=lasts)
        except CommandRefused:
            await self._give_up()
            return None
        grammar = await self._call.get_function("SPEECH_GRAMMAR(0)")
        if grammar is None:
            if await self._is_engine_there():
                return Heard()
            await self._give_up()
            return None
        text = await self._call.get_function("SPEECH_TEXT(0)") or ""
        if grammar == _KEYS:
            return Heard(key=text if text in tuple(ALL_KEYS) else "")
        score = await self._call.get_function("SPEECH_SCORE(0)") or ""
        return Heard(phrase=text, confidence=int(score) if score.isascii() and score.isdecimal() else 0)

    async def _is_engine_there(self) -> bool:
        return await self._call.get_function(f"SPEECH_ENGINE({READY})") == "yes"

    async def _give_up(self) -> None:
        logger.warning(
            "callers are not understood: no engine listens, keys count", extra={"uniqueid": self._call.uniqueid}
        )
        self._is_deaf = True
        await self.close()

    async def close(self) -> None:
        """Listen no more. Raises nothing: who goes on hears the rest from his next act."""
        if self._is_open:
            self._is_open = False
            with suppress(AgiError):
                await self._call.execute("SpeechDestroy")
