"""The commands that read VoiceXML into a part of a company file, and write menus as VoiceXML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from agi.flow.document import start_node
from agi.flow.spoken import named
from agi.flow.ways import LANGUAGE, SLUG
from cordboard.cli.context import Context, Json, complain, loaded, print_json, printable, say
from cordboard.cli.keeping import keep_text
from cordboard.cli.subjects import Company, Files, IsDraft, Version, subject_for
from cordboard.documents.yaml_text import in_line
from cordboard.settings import SettingsError
from cordboard.voicexml.errors import NotRead
from cordboard.voicexml.places import PLACES, place_of
from cordboard.voicexml.reading import Options, Understood, read_voicexml
from cordboard.voicexml.surroundings import Surroundings
from cordboard.voicexml.tree import MOST_BYTES
from cordboard.voicexml.writing import write_voicexml

Places = Annotated[
    list[str] | None,
    typer.Option("--place", metavar="URI=KIND:ID", help="Who a URI is, as in sip:sales@pbx=queue:sales."),
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")]


def add_voicexml(flow: typer.Typer) -> None:
    flow.command("read-voicexml")(read)
    flow.command("write-voicexml")(write)


def read(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Documents of VoiceXML 2.0 or 2.1.")],
    output: Output = None,
    places: Places = None,
    connections: Annotated[
        list[str] | None,
        typer.Option(
            "--connection", metavar="URI=NAME", help="The connection that is told where a document tells a URI."
        ),
    ] = None,
    languages: Annotated[
        list[str] | None,
        typer.Option("--language", metavar="CODE=LANGUAGE", help="What callers hear for an xml:lang: en-GB=en."),
    ] = None,
    speech: Annotated[bool, typer.Option("--speech", help="Let menus listen for the words of their choices.")] = False,
    prefix: Annotated[str, typer.Option(help="What every id begins with, as old-.")] = "",
    as_json: Json = False,
) -> None:
    """Read VoiceXML into a part of a company file, to be imported with the rest; list what was not understood."""
    options = Options(prefix=_prefix(prefix), places=_places(places), listens=speech, **_named(connections, languages))
    try:
        understood = read_voicexml([(str(path), _content(path)) for path in files], options)
    except NotRead as error:
        for problem in error.problems:
            complain(printable(str(problem)))
        raise typer.Exit(1) from error
    if output is not None:
        keep_text(output, understood.text)
    if as_json:
        print_json(_as_json(understood))
        return
    if output is None:
        typer.echo(understood.text, nl=False)
    tell = say if output is not None else complain
    for finding in understood.findings:
        tell(printable(str(finding)))
    for name, start in understood.starts.items():
        tell(printable(f"Callers of {name} begin at target: {in_line(start)}"))
    tell(_counted(len(understood.findings)))


def write(
    context: Context,
    files: Files = None,
    output: Output = None,
    places: Places = None,
    company: Company = None,
    version: Version = None,
    draft: IsDraft = False,
) -> None:
    """Write menus as one document of VoiceXML 2.1; list what it cannot say."""
    subject = subject_for(loaded(context).settings, files, company, version, is_draft=draft)
    around = Surroundings(
        entries={start_node(did.id): did.language for did in subject.company.dids.values()},
        messages={message.id: named(message.sounds) for message in subject.company.messages.values()},
        places={f"{kind}:{name}": uri for uri, place in _places(places).items() for kind, name in place.items()},
    )
    written = write_voicexml(subject.flow, around)
    for loss in written.losses:
        complain(printable(str(loss)))
    if output is not None:
        keep_text(output, written.text)
    else:
        typer.echo(written.text, nl=False)


def _counted(findings: int) -> str:
    if findings == 0:
        return "Everything was understood."
    return f"{findings} {'thing is' if findings == 1 else 'things are'} not as in the documents."


def _as_json(understood: Understood) -> dict[str, Any]:
    return {
        "sections": understood.sections,
        "starts": understood.starts,
        "findings": [asdict(finding) for finding in understood.findings],
    }


def _content(path: Path) -> bytes:
    """No more than is needed to say that it is too long. Raises: SettingsError."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise SettingsError([f"{path} cannot be read: {error.strerror}"]) from error


def _pairs(words: Sequence[str] | None, option: str) -> dict[str, str]:
    """A URI may hold = too. Raises: SettingsError."""
    found: dict[str, str] = {}
    for word in words or ():
        name, _, value = word.rpartition("=")
        if not name or not value:
            raise SettingsError([f"{option}: {word[:60]!a} is not written as A=B"])
        found[name] = value
    return found


def _places(words: Sequence[str] | None) -> dict[str, Mapping[str, str]]:
    found: dict[str, Mapping[str, str]] = {}
    for uri, text in _pairs(words, "--place").items():
        place = place_of(text)
        if place is None:
            kinds = ", ".join(PLACES)
            raise SettingsError([f"--place: {text[:60]!a} is no place; write one of {kinds}, a colon and its id"])
        found[uri] = place
    return found


def _named(connections: Sequence[str] | None, languages: Sequence[str] | None) -> dict[str, dict[str, str]]:
    named = {"connections": _pairs(connections, "--connection"), "languages": _pairs(languages, "--language")}
    wrong = [
        f"--connection: {name[:60]!a} is no name" for name in named["connections"].values() if not SLUG.fullmatch(name)
    ]
    wrong += [
        f"--language: {name[:60]!a} is no language"
        for name in named["languages"].values()
        if not LANGUAGE.fullmatch(name)
    ]
    if wrong:
        raise SettingsError(wrong)
    return named


def _prefix(text: str) -> str:
    if text and not SLUG.fullmatch(text):
        raise SettingsError(["--prefix: begin with a small letter; then small letters, digits and -"])
    return text
