"""The ear of a simulated call: it understands what the caller says as he says it, if the menu knows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agi.ear import Playing
from agi.flow.hearing import READY, WORDS, words_from
from agi.flow.spoken import Spoken
from agi.protocol import Command, Reply

if TYPE_CHECKING:
    from agi.simulated_caller import Act, Caller
    from agi.simulation import SimulatedLine

PAUSE = 0.3
"""Seconds of silence by which an engine knows that something was said to its end."""
SURE = "100"
RESULT = ("SPEECH_GRAMMAR(0)", "SPEECH_TEXT(0)", "SPEECH_SCORE(0)")
_OK = Reply(200, "0")


@dataclass(frozen=True, slots=True)
class Listened:
    """The flow listened, behind its prompt, for what is said or pressed; neither came within `seconds` if both are
    empty. `is_known`: the menu knows what was said."""

    at: float
    seconds: float
    key: str
    phrase: str
    is_known: bool


class SimulatedEar:
    """Answers what Asterisk's speech applications and functions would."""

    def __init__(self, line: SimulatedLine, caller: Caller) -> None:
        self._line = line
        self._caller = caller
        self._is_open = False
        self._language = ""
        self._phrases: tuple[str, ...] = ()
        self._result: dict[str, str] = {}

    def run(self, command: Command) -> Reply | None:
        """Do what concerns speech; None: this does not."""
        name = str(command.arguments[0]) if command.arguments else ""
        match command.verb:
            case "EXEC" if name == "SpeechBackground":
                playing = command.arguments[1]
                assert isinstance(playing, Playing)
                self._listen(playing.sounds, playing.seconds)
            case "EXEC" if name in ("SpeechCreate", "SpeechDestroy"):
                self._is_open = name == "SpeechCreate"
            case "SET VARIABLE" if name == f"SPEECH_ENGINE({WORDS})":
                self._language, self._phrases = words_from(str(command.arguments[1]))
            case "SET VARIABLE" if name.startswith("SPEECH_"):
                pass
            case "GET VARIABLE" if name.startswith("SPEECH"):
                known = {"SPEECH(status)": str(int(self._is_open)), f"SPEECH_ENGINE({READY})": "yes", **self._result}
                return Reply(200, "1", known[name]) if name in known else _OK
            case _:
                return None
        return _OK

    def _listen(self, sounds: Sequence[str], seconds: float) -> None:
        """To what the caller does first, from the beginning of the sounds on."""
        self._result = {}
        line, act = self._line, None
        for sound in sounds:
            if act is None:
                act = line.hear(sound, self._over)
            elif line.clock < self._over(act):
                line.overhear(sound, self._over(act))
        start = line.clock
        end = start + seconds
        act = act or self._caller.at_wait(start, end)
        over = end if act is None else self._over(act)
        line.go_on(max(start, min(over, end)))
        if act is not None and act.is_end:
            line.leave()
        if act is None or over > end:
            line.note(Listened(start, line.clock - start, "", "", is_known=False))
            return
        is_known = act.phrase in self._phrases
        line.note(Listened(start, line.clock - start, act.key, act.phrase, is_known))
        found = ("dtmf", act.key, "1000") if act.key else ("said", act.phrase * is_known, SURE if is_known else "0")
        self._result = dict(zip(RESULT, found, strict=True))

    def _over(self, act: Act) -> float:
        """When an act is over: a key at once, what is said when nothing more is said."""
        return act.at + (Spoken(act.phrase, self._language).seconds + PAUSE if act.phrase else 0.0)
