"""Who speaks which language: a voice of espeak-ng, or a model of Piper. Each says a text into a WAV file."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from agi.flow.ways import base_language
from cordboard.speech.errors import NoSuchVoice, SpeakingFailed
from cordboard.speech.programs import run

ESPEAK, PIPER = "espeak-ng", "piper"
PIPER_WORDS_A_MINUTE = 160
"""How fast a model speaks by itself, about."""


class Voice(Protocol):
    @property
    def identity(self) -> str:
        """Tells this voice from any other, and from what it was with another version of its engine. Raises
        SpeechError."""

    def speak(self, text: str, target: Path, patience: float) -> None:
        """Write a WAV file, mono, at the engine's own rate, within so many seconds. Raises SpeechError."""


@dataclass(frozen=True, slots=True)
class EspeakVoice:
    program: str
    name: str
    words_a_minute: int

    @property
    def identity(self) -> str:
        return f"{_espeak_version(self.program)} {self.name} {self.words_a_minute}"

    def speak(self, text: str, target: Path, patience: float) -> None:
        words = ("--stdin", "-b", "1", "-v", self.name, "-s", str(self.words_a_minute), "-w", str(target))
        run([self.program, *words], _plain(text), package=ESPEAK, setting="espeak", patience=patience)


@dataclass(frozen=True, slots=True)
class PiperVoice:
    program: str
    model: Path
    words_a_minute: int

    @property
    def identity(self) -> str:
        try:
            found = self.model.stat()
        except OSError as error:
            raise NoSuchVoice(str(self.model), "it") from error
        return f"piper {self.model} {found.st_size} {found.st_mtime_ns} {self.words_a_minute}"

    def speak(self, text: str, target: Path, patience: float) -> None:
        pace = f"{PIPER_WORDS_A_MINUTE / self.words_a_minute:.2f}"
        words = ("--model", str(self.model), "--length_scale", pace, "--output_file", str(target))
        run(
            [self.program, *words],
            f"{_plain(text)}\n",
            package="piper-tts, from PyPI",
            setting="piper",
            patience=patience,
        )


@dataclass(frozen=True, slots=True)
class Voices:
    """`named`: language -> a voice of espeak-ng, or the path of a Piper model. Who is not named is spoken by the voice
    that espeak-ng has for the language."""

    named: Mapping[str, str] = field(default_factory=dict, hash=False)
    words_a_minute: int = 150
    espeak: str = ESPEAK
    piper: str = PIPER

    def of(self, language: str) -> Voice:
        """Raises SpeechError."""
        base = base_language(language)
        named = self.named.get(language) or self.named.get(base)
        if named is not None and named.startswith("/"):
            return PiperVoice(self.piper, Path(named), self.words_a_minute)
        names = [named] if named is not None else [language.lower().replace("_", "-"), base]
        version = _espeak_version(self.espeak)
        for name in names:
            with suppress(SpeakingFailed):
                _check_voice(self.espeak, version, name)
                return EspeakVoice(self.espeak, name, self.words_a_minute)
        raise NoSuchVoice(names[-1], language)


def _plain(text: str) -> str:
    """Two brackets begin phonemes in either engine, and a text is nothing but text."""
    return re.sub(r"\[(?=\[)", "[ ", text)


@lru_cache(maxsize=64)
def _check_voice(program: str, version: str, voice: str) -> None:
    """Raises SpeakingFailed if that version does not have it."""
    run([program, "-q", "-v", voice, "--stdin"], package=ESPEAK, setting="espeak")


def _espeak_version(program: str) -> str:
    found = shutil.which(program)
    return _version_of(program, os.stat(found).st_mtime_ns if found else 0)


@lru_cache(maxsize=8)
def _version_of(program: str, changed: int) -> str:
    """`changed`: when the program was, so that a newer one is asked anew."""
    # "eSpeak NG text-to-speech: 1.51  Data at: ..."
    said = run([program, "--version"], package=ESPEAK, setting="espeak").partition("Data at")[0]
    return " ".join(said.split())
