"""Makes sounds of texts and recordings, once each, in the forms that Asterisk plays; knows which are as they should be.

    FOLDER/<sound>.wav, .wav16          what Asterisk plays, at 8 and 16 kHz
    FOLDER/<sound>.json                 what these were made of, written last
    FOLDER/masters/<made of>.wav        as the voice said it

A sound is named after its text; what it is made of also tells voice, pace and version of the engine, or the content of
the recording. Where the two part it is stale. Files change by renaming: a call hears the one or the other, whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
import wave
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from agi.flow.spoken import Spoken
from cordboard.speech.errors import RecordingMissing, SpeakingFailed, SpeechError, StudioFailed
from cordboard.speech.programs import PATIENCE, find, run
from cordboard.speech.voices import Voices

FORMS = {"wav": 8000, "wav16": 16000}
"""Endings of the files that are made, and their samples a second."""
FORM = 1
"""Counts up when sounds are made differently of the same master."""
FILE_MODE, FOLDER_MODE = 0o640, 0o750
"""Asterisk may run under another user of the same group."""
SOX = "sox"
PLAYLISTS = (".m3u", ".pls")
"""What sox reads as a list of other files: it hands addresses in it to a shell."""
LOUDEST = "-3"
"""Decibels below the loudest that a line carries: peaks of every sound, whoever made it."""


class State(StrEnum):
    MADE = "made"
    STALE = "stale"
    """There, but made by another voice or of another recording than it would be now."""
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Look:
    """One sound. `seconds`: how long it lasts, or is thought to last while it is not made. `fault`, `cure`: why it
    could not be made now."""

    state: State
    seconds: float
    fault: str = ""
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Studio:
    """`folder` is read by Asterisk, `recordings` is the site's own. `is_of_drafts`: what is looked at is made when it
    is stored, so that nothing is missing as long as it could be made. `patience`: seconds that each program has."""

    folder: Path
    recordings: Path
    voices: Voices
    is_of_drafts: bool = False
    patience: float = PATIENCE

    @property
    def of_calls(self) -> Studio:
        """For what is known in a call alone, in a folder of its own."""
        return replace(self, folder=self.folder / "said")

    def look(self, sound: Spoken) -> Look:
        made_of, seconds = self._record(sound)
        try:
            if made_of == self._made_of(sound):
                return Look(State.MADE, seconds)
            find(SOX, SOX)
            fault = cure = ""
        except SpeechError as error:
            fault, cure = error.what, error.cure
        return Look(State.STALE if made_of else State.MISSING, seconds, fault, cure)

    def seconds(self, sound: Spoken) -> float | None:
        """How long callers hear it; None: it is not made as it should be."""
        look = self.look(sound)
        return look.seconds if look.state is State.MADE else None

    def path(self, sound: str) -> Path:
        """What Asterisk is told to play, without an ending."""
        return self.folder / sound

    def make(self, sounds: Iterable[Spoken]) -> dict[Spoken, SpeechError]:
        """Make those that are missing or stale; what could not be made, and why. Nothing is made twice."""
        failed: dict[Spoken, SpeechError] = {}
        for sound in dict.fromkeys(sounds):
            try:
                self.make_one(sound)
            except SpeechError as error:
                failed[sound] = error
        return failed

    def make_one(self, sound: Spoken) -> None:
        """Make it, if it is missing or stale. Raises SpeechError."""
        made_of = self._made_of(sound)
        with _of_this(self.folder):
            if self._record(sound)[0] == made_of:
                for ending in (*FORMS, "json"):
                    os.utime(self.path(sound).with_suffix(f".{ending}"))
                return
            for folder in (self.folder, self.folder / "masters"):
                folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            master = self.recordings / sound.recording if sound.recording else self._spoken(sound, made_of)
            seconds = 0.0
            for ending, rate in FORMS.items():
                with _fresh(self.path(sound).with_suffix(f".{ending}")) as fresh:
                    _convert(master, fresh, rate, self.patience)
                    seconds = _seconds(fresh)
            with _fresh(self.path(sound).with_suffix(".json")) as fresh:
                fresh.write_text(json.dumps({"made_of": made_of, "seconds": round(seconds, 3)}), encoding="utf-8")

    def join(self, files: Sequence[Path], target: Path) -> None:
        """Write one WAV file of several sound files one after the other, as a line carries it. Raises SpeechError."""
        with _of_this(target.parent), _fresh(target) as fresh:
            form = ("-r", str(FORMS["wav"]), "-c", "1", "-b", "16", "-t", "wav")
            run([SOX, "-V1", "-G", *map(str, files), *form, str(fresh)], package=SOX, patience=self.patience)

    def sweep(self, used: Collection[str], idle_seconds: float) -> int:
        """Remove what is not among `used` and was not wanted for so long; how many files. Raises StudioFailed."""
        removed = 0
        with _of_this(self.folder):
            masters = {self._record_of(self.folder / f"{sound}.json")[0] for sound in used}
            oldest = time.time() - idle_seconds
            for path in [*self.folder.glob("*"), *(self.folder / "masters").glob("*")]:
                # One that begins with a dot was never finished.
                name = path.name.partition(".")[0]
                if path.is_file() and name not in used and name not in masters and path.stat().st_mtime < oldest:
                    path.unlink(missing_ok=True)
                    removed += 1
        return removed

    def keep_newest(self, most: int) -> None:
        """Remove all but so many sounds, those first that were not wanted for longest. Raises StudioFailed."""
        with _of_this(self.folder):
            for kept, forms in (("*.wav", (*FORMS, "json")), ("masters/*.wav", ("wav",))):
                for path in sorted(self.folder.glob(kept), key=_wanted_last, reverse=True)[most:]:
                    for ending in forms:
                        path.with_suffix(f".{ending}").unlink(missing_ok=True)

    # --- what it is made of -------------------------------------------------------------------------------------------

    def _made_of(self, sound: Spoken) -> str:
        """Raises SpeechError."""
        source: list[object] = [FORM, LOUDEST]
        if sound.recording:
            source += [self._recorded(sound)]
        else:
            source += [self.voices.of(sound.language).identity, sound.text]
        return hashlib.sha256(json.dumps(source).encode()).hexdigest()[:32]

    def _recorded(self, sound: Spoken) -> str:
        """Tells the content of a recording from any other. Raises RecordingMissing."""
        path = self.recordings / sound.recording
        if path.suffix.lower() in PLAYLISTS:
            raise RecordingMissing(path, "it is a list of files, and no sound")
        try:
            if path.exists() and not path.is_file():
                raise RecordingMissing(path, "it is no file")  # a pipe would be waited for
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise RecordingMissing(path, error.strerror or str(error)) from error

    def _record(self, sound: Spoken) -> tuple[str, float]:
        """What the files there were made of, "" if they are not whole; and the seconds."""
        if not all(self.path(sound).with_suffix(f".{ending}").is_file() for ending in FORMS):
            return "", sound.seconds
        return self._record_of(self.path(sound).with_suffix(".json"))

    def _record_of(self, path: Path) -> tuple[str, float]:
        try:
            record = json.loads(path.read_bytes())
            return str(record["made_of"]), float(record["seconds"])
        except (OSError, ValueError, KeyError, TypeError):
            return "", 0.0

    # --- making -------------------------------------------------------------------------------------------------------

    def _spoken(self, sound: Spoken, made_of: str) -> Path:
        master = self.folder / "masters" / f"{made_of}.wav"
        if not master.is_file():
            with _fresh(master) as fresh:
                self.voices.of(sound.language).speak(sound.text, fresh, self.patience)
        return master


def _wanted_last(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0  # somebody else removed it


def _convert(master: Path, target: Path, rate: int, patience: float) -> None:
    form = ("-r", str(rate), "-c", "1", "-b", "16", "-e", "signed-integer", "-t", "wav")
    run([SOX, "-V1", "-G", str(master), *form, str(target), "gain", "-n", LOUDEST], package=SOX, patience=patience)


def _seconds(path: Path) -> float:
    try:
        with wave.open(str(path), "rb") as file:
            return file.getnframes() / file.getframerate()
    except (wave.Error, EOFError) as error:
        raise SpeakingFailed(SOX, f"what it wrote is no WAV file ({error})") from error


@contextmanager
def _fresh(path: Path) -> Iterator[Path]:
    """A new file that takes the place of `path` once it is whole."""
    fresh = path.with_name(f".{path.stem}.{uuid.uuid4().hex}{path.suffix}")
    try:
        yield fresh
        fresh.chmod(FILE_MODE)
        fresh.replace(path)
    finally:
        with suppress(FileNotFoundError):
            fresh.unlink()


@contextmanager
def _of_this(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StudioFailed(folder, error.strerror or str(error)) from error
