"""Is what callers hear there, in their language and in a form that Asterisk plays? Looks at the folder of sounds.

Asterisk takes the sound `welcome` of a call in `fr_CA` from `sounds/fr_CA/`, else `sounds/fr/`, else `sounds/`.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from agi.flow.nodes import base_language
from agi.flow.spoken import Spoken, named, shown
from cordboard.provisioning.problems import PlanProblem, row_of
from cordboard.provisioning.reachability import Heard
from cordboard.provisioning.sound_lengths import seconds_of
from cordboard.provisioning.sources import Tenant
from cordboard.speech.studio import FORMS, State, Studio

# Module -> the endings of the files that it plays.
FORMATS: Mapping[str, frozenset[str]] = {
    "format_gsm": frozenset({"gsm"}),
    "format_pcm": frozenset({"pcm", "ulaw", "ul", "mu", "ulw", "alaw", "al", "alw", "au", "g722"}),
    "format_sln": frozenset(
        {"sln", "slin", "raw", "sln12", "sln16", "sln24", "sln32", "sln44", "sln48", "sln96", "sln192"}
    ),
    "format_wav": frozenset({"wav", "wav16"}),
    "format_wav_gsm": frozenset({"WAV", "wav49"}),
    "format_g719": frozenset({"g719"}),
    "format_g723": frozenset({"g723", "g723sf"}),
    "format_g726": frozenset({"g726-40", "g726-32", "g726-24", "g726-16"}),
    "format_g729": frozenset({"g729"}),
    "format_ilbc": frozenset({"ilbc"}),
    "format_siren7": frozenset({"siren7"}),
    "format_siren14": frozenset({"siren14"}),
    "format_ogg_vorbis": frozenset({"ogg"}),
    "format_ogg_speex": frozenset({"spx"}),
    "format_mp3": frozenset({"mp3"}),
}
SPOKEN_BY_THE_DIALPLAN = ("im-sorry", "please-try-call-later", "vm-nobodyavail", "silence/1")
"""What every company's callers may hear, whatever its file says."""
SPOKEN_TO_PHONES = (
    *("all-circuits-busy-now", "cannot-complete-as-dialed", "feature-not-avail-line", "simul-call-limit-reached"),
)
"""What people hear whose calls to the outside are not let out."""
SPOKEN_IN_CONFERENCES = (
    *("conf-getpin", "auth-incorrect", "auth-thankyou", "vm-goodbye", "conf-locked", "conf-onlyperson"),
    *("conf-waitforleader", "conf-muted", "conf-unmuted", "confbridge-join", "confbridge-leave"),
)
"""What people hear who come into a conference, and are in it."""
HEADER = 4096
"""Bytes of a WAV file in which its format is looked for."""


class Verdict(StrEnum):
    PLAYABLE = "playable"
    WRONG = "wrong"
    MISSING = "missing"
    UNSEEN = "unseen"
    """Where it may be cannot be looked at."""


LACKING = frozenset({Verdict.WRONG, Verdict.MISSING})


@dataclass(frozen=True, slots=True)
class Sound:
    """One sound in one language: `reason` says what is wrong with it, `cure` what to do; `path` is what is played."""

    verdict: Verdict
    reason: str = ""
    cure: str = ""
    path: Path | None = field(default=None, compare=False)


class Library:
    """The sounds of one Asterisk, looked at as far as somebody asks. `modules`: what it loads; empty: anything."""

    def __init__(self, folder: Path, modules: Collection[str] = (), studio: Studio | None = None) -> None:
        self._folder = folder
        self._studio = studio
        loaded = [endings for module, endings in FORMATS.items() if not modules or module in modules]
        self._playable = frozenset().union(*loaded)
        self._known = frozenset().union(*FORMATS.values()) | {"flac", "m4a", "aac", "opus", "aiff"}
        self._folders: dict[Path, dict[str, list[str]]] = {}
        self._closed: dict[Path, str] = {}
        self._sounds: dict[tuple[str, str], Sound] = {}

    @property
    def is_there(self) -> bool:
        return self._folder.is_dir()

    @property
    def closed(self) -> Mapping[Path, str]:
        """The folders that could not be read when somebody asked for a sound in them, and why."""
        return self._closed

    def speaks(self, language: str) -> bool:
        """Is there any sound of this language, or of the one it is a form of? So it is said if that cannot be seen."""
        folders = [self._folder / name for name in {language, base_language(language)}]
        return any(self._listed(folder) or folder in self._closed for folder in folders)

    def sound(self, language: str, name: str) -> Sound:
        """A sound as a call in this language would hear it."""
        if (language, name) not in self._sounds:
            self._sounds[language, name] = self._found(language, name)
        return self._sounds[language, name]

    def seconds(self, language: str, name: str) -> float | None:
        """How long a call in this language hears a sound; None where that cannot be told."""
        if isinstance(name, Spoken):
            return self._studio.seconds(name) if self._studio is not None else None
        path = self.sound(language, name).path
        return seconds_of(path) if path is not None else None

    def _found(self, language: str, name: str) -> Sound:
        if isinstance(name, Spoken):
            return _of_studio(self._studio, name) if self._studio is not None else Sound(Verdict.UNSEEN)
        wrong: Sound | None = None
        is_unseen = False
        for path in self._places(language, name):
            for ending in self._listed(path.parent).get(path.name, ()):
                judged = self._judged(path.with_name(f"{path.name}.{ending}"), ending)
                if judged.verdict is Verdict.PLAYABLE:
                    return judged
                wrong = wrong or judged
            is_unseen = is_unseen or path.parent in self._closed
        return Sound(Verdict.UNSEEN) if is_unseen else wrong or Sound(Verdict.MISSING)

    def _places(self, language: str, name: str) -> Iterator[Path]:
        if name.startswith("/"):
            yield Path(name)
        else:
            yield from (self._folder / each / name for each in dict.fromkeys((language, base_language(language), "")))

    def _listed(self, folder: Path) -> dict[str, list[str]]:
        """The files of a folder: name -> endings."""
        if folder not in self._folders:
            found: dict[str, list[str]] = {}
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        name, dot, ending = entry.name.rpartition(".")
                        if dot and ending in self._known:
                            found.setdefault(name, []).append(ending)
                        elif _is_folder(entry):
                            # A folder of sounds alone makes a language, too.
                            found.setdefault(f"{entry.name}/", [])
            except (FileNotFoundError, NotADirectoryError):
                pass  # nothing is in it
            except OSError as error:
                self._closed[folder] = error.strerror or str(error)
            self._folders[folder] = found
        return self._folders[folder]

    def _judged(self, path: Path, ending: str) -> Sound:
        shown = path.relative_to(self._folder) if path.is_relative_to(self._folder) else path
        cure = f"convert it: sox {shown} -r 8000 -c 1 -b 16 {shown.with_suffix('')}-8k.wav, and name or rename that"
        if ending not in self._playable:
            return Sound(Verdict.WRONG, f"{shown} is no form that this Asterisk plays", cure)
        if ending in FORMS and (fault := _fault_of_wav(path, FORMS[ending])):
            return Sound(Verdict.WRONG, f"{shown} is {fault}", cure)
        return Sound(Verdict.PLAYABLE, path=path)


def _of_studio(studio: Studio, sound: Spoken) -> Sound:
    found = studio.look(sound)
    if found.fault:
        return Sound(Verdict.WRONG, found.fault, found.cure)
    if found.state is State.MADE or studio.is_of_drafts:
        return Sound(Verdict.PLAYABLE, path=studio.path(sound).with_suffix(".wav"))
    how = "was never made here" if found.state is State.MISSING else "was made by another voice or of another recording"
    return Sound(Verdict.WRONG, f"its sound {how}", "make it: cordboard flow prompts --make")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link that leads nowhere says nothing of its neighbours


def _fault_of_wav(path: Path, rate: int) -> str:
    """Why Asterisk would not play a WAV file; "" if it does."""
    try:
        with path.open("rb") as file:
            head = file.read(HEADER)
    except OSError as error:
        return f"not readable ({error.strerror})"
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return "no WAV file"
    position = 12
    while position + 24 <= len(head):
        size = struct.unpack_from("<I", head, position + 4)[0]
        if head[position : position + 4] == b"fmt ":
            coding, channels, found, _, _, bits = struct.unpack_from("<HHIIHH", head, position + 8)
            faults = []
            if coding != 1:
                faults.append("compressed")
            if found != rate:
                faults.append(f"sampled at {found} Hz instead of {rate}")
            if channels != 1:
                faults.append("stereo" if channels == 2 else f"of {channels} channels")
            if bits != 16:
                faults.append(f"of {bits} bits instead of 16")
            return ", ".join(faults)
        position += 8 + size + size % 2
    return "a WAV file that does not tell its format"


# --- what callers of a company hear -----------------------------------------------------------------------------------


def sound_problems(tenant: Tenant, heard: Heard, library: Library) -> list[PlanProblem]:
    """A problem for each prompt and message that some callers would not hear whole.

    A prompt of which nothing can be played is an error, one with a gap a warning. A language without any sounds is told
    once, as a warning: whoever calls in it hears nothing that Asterisk says either.
    """
    company = tenant.company
    languages = {each for found in (heard.prompts, heard.messages) for one in found.values() for each in one}
    languages |= {did.language for did in company.dids.values()}
    mute = {language for language in languages if not library.speaks(language)}
    problems = [*_mute(tenant, sorted(mute)), *_gaps_of_sets(tenant, sorted(languages - mute), library)]
    problems += _of_all(tenant, heard, library, mute)
    return [*problems, *_strange_languages(tenant, heard)]


def spoken_problems(tenant: Tenant, heard: Heard, studio: Studio) -> Iterator[PlanProblem]:
    """An error for each text and recording that is not as it should be: all that can be told where Asterisk's own
    sounds cannot be looked at."""
    for where, row, language, sounds in _said(tenant, heard):
        for sound in sounds:
            if isinstance(sound, Spoken) and (found := _of_studio(studio, sound)).reason:
                yield _unheard(where, row, language, sound, found, is_warning=False)


def closed_problems(library: Library) -> Iterator[PlanProblem]:
    """A warning for each folder that could not be read when sounds were looked for in it, and not for those below."""
    for folder, reason in library.closed.items():
        if not library.closed.keys().isdisjoint(folder.parents):
            continue
        yield PlanProblem(
            f"folder {folder}",
            f"it cannot be read ({reason}): whether its sounds can be played is not looked at",
            "give the user that runs Cordboard the right to read it",
            is_warning=True,
        )


def _mute(tenant: Tenant, languages: Iterable[str]) -> Iterator[PlanProblem]:
    for language in languages:
        yield PlanProblem(
            f"language {language}",
            "there are no sounds of it on this Asterisk: digits and what Asterisk itself says are not heard",
            f"install its set of sounds (Debian: asterisk-core-sounds-{base_language(language)}), or choose another",
            is_warning=True,
            row=row_of(tenant.company.id, "company", "language"),
        )


def _gaps_of_sets(tenant: Tenant, languages: Iterable[str], library: Library) -> Iterator[PlanProblem]:
    spoken = (
        *SPOKEN_BY_THE_DIALPLAN,
        *(SPOKEN_TO_PHONES if tenant.company.dials_out else ()),
        *(SPOKEN_IN_CONFERENCES if tenant.company.conferences else ()),
    )
    for language in languages:
        lacking = [name for name in spoken if library.sound(language, name).verdict in LACKING]
        if lacking:
            yield PlanProblem(
                f"language {language}",
                f"its sounds lack {', '.join(lacking)}: callers who cannot be served hear nothing",
                f"install its whole set of sounds (Debian: asterisk-core-sounds-{base_language(language)})",
                is_warning=True,
                row=row_of(tenant.company.id, "company", "language"),
            )


def _said(tenant: Tenant, heard: Heard) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """What callers hear of each prompt and message: what it is, its row, a language, and its sounds in it."""
    told = {message.id: named(message.sounds) for message in tenant.company.messages.values()}
    for section, kind, items, found in (
        ("prompts", "prompt", tenant.flow.prompts, heard.prompts),
        ("messages", "message", told, heard.messages),
    ):
        for name, languages in found.items():
            for language in sorted(languages):
                sounds = _chosen(items.get(name, {}), language, tenant.company.language)
                yield f"{kind} {name}", row_of(tenant.company.id, section, name, language), language, sounds


def _of_all(tenant: Tenant, heard: Heard, library: Library, mute: Collection[str]) -> Iterator[PlanProblem]:
    for where, row, language, written in _said(tenant, heard):
        faults = [(sound, found) for sound in written if (found := library.sound(language, sound)).reason]
        gaps = [sound for sound in written if library.sound(language, sound).verdict is Verdict.MISSING]
        is_silent = bool(written) and len(faults) + len(gaps) == len(written)
        for sound, found in faults:
            is_gap = not (is_silent or isinstance(sound, Spoken))
            yield _unheard(where, row, language, sound, found, is_warning=is_gap)
        if gaps and not (language in mute and is_silent):
            what = f"there is no sound {', '.join(gaps)} for callers in {language}"
            cure = f"put it into sounds/{language}/ of Asterisk's data folder, or name another"
            yield PlanProblem(where, what, cure, not is_silent, row)


def _unheard(where: str, row: str, language: str, sound: str, found: Sound, *, is_warning: bool) -> PlanProblem:
    what = f"{shown(sound)} is not heard in {language}: {found.reason}"
    return PlanProblem(where, what, found.cure, is_warning, row)


def _chosen(sounds: Mapping[str, tuple[str, ...]], language: str, default: str) -> tuple[str, ...]:
    """What a call in this language hears of a prompt: its own sounds, else its base language's, else the default."""
    return next((sounds[each] for each in (language, base_language(language), default) if each in sounds), ())


def _strange_languages(tenant: Tenant, heard: Heard) -> Iterator[PlanProblem]:
    """DIDs whose callers hear nothing in the language that they were promised."""
    company = tenant.company
    everything = [*(tenant.flow.prompts.get(name, {}) for name in heard.prompts)]
    everything += [named(company.messages[name].sounds) for name in heard.messages if name in company.messages]
    is_all_known = {*heard.prompts} <= {*tenant.flow.prompts} and {*heard.messages} <= {*company.messages}
    if tenant.flow.unknown.leads or not is_all_known:
        return  # there is more to hear than what is known
    spoken = {base_language(language) for sounds in everything for language in sounds}
    for did in company.dids.values():
        if everything and base_language(did.language) not in spoken:
            yield PlanProblem(
                f"DID {did.number}",
                f"its callers are to hear {did.language}, but no prompt or message that is heard speaks it",
                f"add sounds in {did.language}, or choose another language",
                is_warning=True,
                row=row_of(company.id, "dids", did.number, "language"),
            )
