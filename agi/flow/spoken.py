"""Texts that callers hear, and recordings: sounds that are made before any call, and named after what they say."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from typing import Any, Protocol

from agi.flow.ways import SOUND, Prompt

LONGEST_TEXT = 1000
"""Characters of one text: what is said in about a minute."""
BRIEF = 60
"""Characters of a text in whose place its beginning is shown, where it is long."""
SIGNS_A_SECOND = 14
"""Characters that a voice says in a second, about."""
RECORDING = SOUND
"""How recordings are named: a path below their folder, with the ending of the file."""
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


class Speech(Protocol):
    """A text, a recording, or a recording of that text; "" is none."""

    @property
    def text(self) -> str: ...

    @property
    def recording(self) -> str: ...


class Spoken(str):
    """A sound that a voice or a studio makes. As a string it is the sound's name, which follows from the rest of it."""

    __slots__ = ("language", "recording", "text")

    text: str
    """What is said; "" if only the recording knows."""
    recording: str
    """The file that says it; "" if a voice does."""
    language: str

    def __new__(cls, text: str, language: str, recording: str = "") -> Spoken:
        said = json.dumps([language, text, recording]).encode()
        spoken = super().__new__(cls, f"spoken-{hashlib.sha256(said).hexdigest()[:24]}")
        spoken.text, spoken.language, spoken.recording = text, language, recording
        return spoken

    def __getnewargs__(self) -> tuple[str, str, str]:  # type: ignore[override] # it is made of more than its name
        return self.text, self.language, self.recording

    @property
    def seconds(self) -> float:
        """How long it takes to say this, about."""
        return len(self.text) / SIGNS_A_SECOND

    @property
    def shown(self) -> str:
        """What people read in its place."""
        return f'"{self.text}"' if self.text else self.recording


def fault_of_text(text: str) -> str:
    """Why a text cannot be spoken; "" if it can. What is said is one line without anything that cannot be seen."""
    if len(text) > LONGEST_TEXT:
        return f"has {len(text)} characters, more than {LONGEST_TEXT}"
    hidden = next((sign for sign in text if unicodedata.category(sign) in _HIDDEN), "")
    if hidden:
        return f"holds a character that cannot be seen (U+{ord(hidden):04X})"
    return "" if any(sign.isalnum() for sign in text) else "has nothing to say"


def shown(sound: str) -> str:
    """A sound as people read of it: its name, or what it says."""
    return sound.shown if isinstance(sound, Spoken) else sound


def briefly(sound: str) -> str:
    """The same of a long text in one line: its beginning."""
    if not isinstance(sound, Spoken) or len(sound.text) <= BRIEF:
        return shown(sound)
    return f'"{sound.text[:BRIEF].rstrip()}…"'


def named(sounds: Mapping[str, tuple[str | Speech, ...]]) -> Prompt:
    """Sounds by language, each with its name: those of Asterisk have one."""
    return {
        language: tuple(
            piece if isinstance(piece, str) else Spoken(piece.text, language, piece.recording) for piece in pieces
        )
        for language, pieces in sounds.items()
    }


def placed(prompt: Prompt, folder: str) -> Prompt:
    """The same with the names by which an Asterisk finds them that has what is spoken in this folder."""
    return {
        language: tuple(f"{folder}/{sound}" if isinstance(sound, Spoken) else sound for sound in sounds)
        for language, sounds in prompt.items()
    }


def sound_json(sound: str) -> Any:
    """A sound in a document: `"digits/1"`, `{"say": "Welcome", "file": "welcome.wav"}`."""
    if not isinstance(sound, Spoken):
        return sound
    return {name: value for name, value in (("say", sound.text), ("file", sound.recording)) if value}


def sound_of(written: object, language: str) -> str | None:
    """What `sound_json` gave; None: it is no sound."""
    if isinstance(written, str):
        return written if SOUND.fullmatch(written) else None
    if not isinstance(written, Mapping) or not written or not written.keys() <= {"say", "file"}:
        return None
    text, recording = written.get("say", ""), written.get("file", "")
    if not isinstance(text, str) or not isinstance(recording, str):
        return None
    if ("say" in written and fault_of_text(text)) or ("file" in written and not RECORDING.fullmatch(recording)):
        return None
    return Spoken(text, language, recording)
