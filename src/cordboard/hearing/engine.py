"""The recogniser: finds where somebody speaks, and which of some phrases it was. pocketsphinx comes in here alone."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import pocketsphinx

from cordboard.hearing.errors import NoModel
from cordboard.hearing.models import Model, unknown

RATE = 8000
"""Samples a second that come in, of 16 bits each."""
_MODEL_RATE = 16_000
FRAME_SECONDS = 0.03
PAUSE_SECONDS = 0.3
"""Silence that ends what somebody says; shorter ones are within a phrase."""
LONGEST_SECONDS = 5.0
"""Who speaks longer said none of a menu's phrases."""
_STRICTNESS = 2
"""0 takes more noises for speech, 3 fewer."""
_FRAMES_A_SECOND = 100
_MENU, _PHONES = "menu", "phones"
_FILLERS = ("<", "[", "+")
"""How what is no word begins: silence, noises."""
_LOG_STEPS = 1e4
"""Scores are logarithms to the base 1.0001: so many of them are one of base e."""
_TAPS = 16
_BETWEEN = tuple(
    math.sin(math.pi * x) / (math.pi * x) * (1 + math.cos(math.pi * x / _TAPS)) / 2
    for x in (tap + 0.5 for tap in range(_TAPS))
)
"""How much the samples beside a point count for what is between the nearest two."""
_BEAMS = {"beam": 1e-100, "pbeam": 1e-100, "wbeam": 1e-80}
"""How unlikely a way of hearing may look and still be followed: grammars are small, so hardly any is given up."""
_TOLERATED, _SCALE = 5.0, 15.0
"""How far a phrase may fit worse than the sounds that fit best, a frame, and how fast confidence falls beyond that.
Chosen by what was understood of four voices behind a telephone line, words of the grammar and others."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was understood, "" if it is none of the phrases; `confidence` is 0 to 100."""

    phrase: str
    confidence: int


NOT_UNDERSTOOD = Said("", 0)


class Listener:
    """Cuts what somebody says out of a line's sound."""

    def __init__(self) -> None:
        self._ends = pocketsphinx.Endpointer(
            window=PAUSE_SECONDS, vad_mode=_STRICTNESS, sample_rate=RATE, frame_length=FRAME_SECONDS
        )
        self._waiting = bytearray()
        self._spoken = bytearray()

    def feed(self, sound: bytes) -> bytes | None:
        """Take samples as they come; what was said, once it is over."""
        self._waiting += sound
        size = self._ends.frame_bytes
        while len(self._waiting) >= size:
            frame = bytes(self._waiting[:size])
            del self._waiting[:size]
            speech = self._ends.process(frame)
            if speech is None:
                continue
            self._spoken += speech
            if not self._ends.in_speech or len(self._spoken) > 2 * RATE * LONGEST_SECONDS:
                return bytes(self._spoken)
        return None


class Recogniser:
    """Knows the words of one language. Not for several threads at once."""

    def __init__(self, model: Model) -> None:
        """Raises NoModel."""
        self._model = model
        try:
            self._decoder = pocketsphinx.Decoder(
                hmm=str(model.acoustic),
                dict=str(model.dictionary),
                lm=None,
                samprate=_MODEL_RATE,
                cmn="batch",  # who spoke before changes nothing
                bestpath=False,  # the way that was heard, not one put together of its words afterwards
                **_BEAMS,
                loglevel="FATAL",
            )
            if model.phones is not None:
                self._decoder.add_allphone_file(_PHONES, str(model.phones))
        except (RuntimeError, ValueError) as error:
            raise NoModel(f"the model in {model.acoustic} cannot be used: {error}") from error
        self._voices = pocketsphinx.Vad(mode=_STRICTNESS, sample_rate=RATE, frame_length=FRAME_SECONDS)

    def heard(self, speech: bytes, phrases: Sequence[str]) -> Said:
        """Which of these phrases it was. One with a word that the dictionary does not have is not listened for."""
        lost = set(unknown(self._model, phrases))
        known = [phrase for phrase in phrases if not lost.intersection(phrase.split())]
        if not known or not 2 * RATE * FRAME_SECONDS <= len(speech) <= 2 * RATE * LONGEST_SECONDS:
            return NOT_UNDERSTOOD
        speech = speech[: len(speech) // 2 * 2]
        wide = _doubled(speech)
        self._decoder.add_fsg(_MENU, _grammar(self._decoder, known))
        score = self._best(_MENU, wide)
        if score is None:
            return NOT_UNDERSTOOD
        phrase = self._decoder.hyp().hypstr
        covered = sum(
            each.end_frame - each.start_frame + 1 for each in self._decoder.seg() if each.word[:1] not in _FILLERS
        )
        least = self._best(_PHONES, wide) if self._model.phones is not None else None
        spoken = self._spoken_frames(speech)
        fit = 0.0 if least is None else (score - least) / (len(wide) / 2 / _MODEL_RATE * _FRAMES_A_SECOND)
        share = min(1.0, covered / spoken) * min(1.0, math.exp((fit + _TOLERATED) / _SCALE))
        return Said(phrase, round(100 * share))

    def _best(self, search: str, wide: bytes) -> float | None:
        """How well the best of a search fits; None: nothing does."""
        decoder = self._decoder
        decoder.activate_search(search)
        decoder.start_utt()
        decoder.process_raw(wide, full_utt=True)
        decoder.end_utt()
        best: pocketsphinx.Hypothesis | None = decoder.hyp()
        return math.log(float(best.best_score)) * _LOG_STEPS if best is not None and best.hypstr else None

    def _spoken_frames(self, speech: bytes) -> float:
        """Frames of the model in which somebody speaks, one at least."""
        size = self._voices.frame_bytes
        pieces = (speech[start : start + size] for start in range(0, len(speech) - size + 1, size))
        spoken = sum(bool(self._voices.is_speech(piece)) for piece in pieces)
        return max(1.0, spoken * FRAME_SECONDS * _FRAMES_A_SECOND)


def _grammar(decoder: pocketsphinx.Decoder, phrases: Sequence[str]) -> pocketsphinx.FsgModel:
    """One of the phrases: from state 0 a chain of words each to state 1."""
    transitions: list[tuple[int, int, float, str]] = []
    states = 2
    for phrase in phrases:
        here = 0
        *first, last = phrase.split()
        for word in first:
            transitions.append((here, states, 1 / len(phrases) if here == 0 else 1.0, word))
            here, states = states, states + 1
        transitions.append((here, 1, 1 / len(phrases) if here == 0 else 1.0, last))
    return decoder.create_fsg("menu", 0, 1, transitions)


def _doubled(speech: bytes) -> bytes:
    """The same at twice the rate, as the models want it."""
    samples = array("h", speech)
    padded = array("h", [0] * (_TAPS - 1)) + samples + array("h", [0] * _TAPS)
    between = [0.0] * len(samples)
    for tap, weight in enumerate(_BETWEEN):
        beside = zip(padded[_TAPS - 1 - tap :], padded[_TAPS + tap :], strict=False)
        between = [so_far + weight * (one + two) for so_far, (one, two) in zip(between, beside, strict=False)]
    wide = array("h", bytes(4 * len(samples)))
    wide[0::2] = samples
    wide[1::2] = array("h", [max(-32768, min(32767, round(sample))) for sample in between])
    return wide.tobytes()
