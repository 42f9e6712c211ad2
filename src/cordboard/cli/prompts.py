"""The command flow prompts: what each prompt says, how long, and whether this switch has it as it should be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from agi.flow.spoken import Spoken, named, shown
from cordboard.cli.context import Context, Json, complain, loaded, print_json, print_table, printable
from cordboard.cli.subjects import Company, Files, subject_for
from cordboard.flows.subject import Subject, lengths_in
from cordboard.flows.trial import Lengths
from cordboard.house.placement import library_for
from cordboard.house.studio import studio_of
from cordboard.provisioning.sounds import Library
from cordboard.speech.errors import SpeechError
from cordboard.speech.studio import State, Studio

NOTHING = ""
"""Nothing of it is made here: it is Asterisk's own sounds."""


@dataclass(frozen=True, slots=True)
class Line:
    """One prompt or message in one language. `made`: made, stale or missing."""

    kind: str
    id: str
    language: str
    says: str
    seconds: float
    made: str
    fault: str


def prompts(
    context: Context,
    files: Files = None,
    make: Annotated[bool, typer.Option("--make", help="Make what is missing or stale on this switch.")] = False,
    save: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Make them, and write one WAV file for each, to listen to.")
    ] = None,
    company: Company = None,
    as_json: Json = False,
) -> None:
    """What prompts and messages say in each language, and how long; exit status 1 if some are not as they should be."""
    settings = loaded(context).settings
    studio = studio_of(settings)
    subject = subject_for(settings, files, company)
    failed: Mapping[Spoken, SpeechError] = {}
    if make or save is not None:
        failed = studio.make(sound for said in _said(subject) for sound in said.sounds if isinstance(sound, Spoken))
    library = library_for(settings, is_draft=bool(files))
    lengths = lengths_in(library)
    if save is not None:
        _save(_said(subject), studio, library, save)
    lines = [_line(said, studio, lengths, failed) for said in _said(subject)]
    if as_json:
        print_json([asdict(line) for line in lines])
    else:
        rows = [(line.kind, line.id, line.language, line.says, f"{line.seconds:.1f}", line.made) for line in lines]
        print_table(("kind", "id", "language", "says", "seconds", "made"), rows, right=("seconds",))
        for line in lines:
            if line.fault:
                complain(printable(f"{line.kind} {line.id} in {line.language}: {line.fault}"))
    is_wanting = any(line.fault or (not files and line.made not in (NOTHING, State.MADE)) for line in lines)
    raise typer.Exit(int(is_wanting))


@dataclass(frozen=True, slots=True)
class Said:
    """What callers hear of a prompt or a message in one language."""

    kind: str
    id: str
    language: str
    sounds: tuple[str, ...]


def _said(subject: Subject) -> Iterator[Said]:
    messages = {message.id: named(message.sounds) for message in subject.company.messages.values()}
    for kind, items in (("prompt", subject.flow.prompts), ("message", messages)):
        for name, spoken in items.items():
            yield from (Said(kind, name, language, sounds) for language, sounds in spoken.items())


def _save(said: Iterable[Said], studio: Studio, library: Library | None, folder: Path) -> None:
    """One file for each of which there is a sound, named after it."""
    folder.mkdir(parents=True, exist_ok=True)
    for each in said:
        paths = [_path(sound, each.language, studio, library) for sound in each.sounds]
        heard = [path for path in paths if path is not None and path.is_file()]
        if not heard:
            continue
        try:
            studio.join(heard, folder / f"{each.kind}-{each.id}.{each.language}.wav")
        except SpeechError as error:
            complain(printable(f"{each.kind} {each.id} in {each.language}: {error}"))


def _path(sound: str, language: str, studio: Studio, library: Library | None) -> Path | None:
    if isinstance(sound, Spoken):
        return studio.path(sound).with_suffix(".wav")
    return library.sound(language, sound).path if library is not None else None


def _line(said: Said, studio: Studio, lengths: Lengths, failed: Mapping[Spoken, SpeechError]) -> Line:
    looks = [studio.look(sound) for sound in said.sounds if isinstance(sound, Spoken)]
    states = [look.state for look in looks]
    faults = [str(failed[sound]) for sound in said.sounds if isinstance(sound, Spoken) and sound in failed]
    faults += [f"{look.fault}: {look.cure}" for look in looks if look.fault]
    return Line(
        said.kind,
        said.id,
        said.language,
        " ".join(map(shown, said.sounds)),
        round(sum(lengths(sound, said.language) or 0.0 for sound in said.sounds), 1),
        next((state for state in (State.MISSING, State.STALE, State.MADE) if state in states), NOTHING),
        next(iter(faults), ""),
    )
