"""What Asterisk must show once a generation is loaded, object by object, read from the generated text itself."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dialplan_templates.errors import ManifestRefused


class Step(NamedTuple):
    """One priority of an extension, as AMI's ShowDialPlan prints it. (A tuple: a large company has 20,000 of them.)"""

    priority: int
    application: str
    data: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The objects of one generation. Names are those that Asterisk itself prints.

    Each file ends in an object of its own (`cordboard-end-...`), listed here like the others: it is missing where a
    file was cut.
    """

    generation: int
    digest: str
    """What the marker context `cordboard-generation-N` says: sha256 over all files but the marker."""
    files: Mapping[str, str]
    """File name -> sha256 of its bytes."""
    contexts: Mapping[str, Mapping[str, tuple[Step, ...]]]
    """Context -> extension -> steps in order of priority (ShowDialPlan)."""
    endpoints: Mapping[str, Mapping[str, str]]
    """Endpoint -> options as written (PJSIPShowEndpoint spells yes and no as true and false)."""
    aors: Mapping[str, Mapping[str, str]]
    auths: Mapping[str, Mapping[str, str]]
    """Auth -> options as written, of its password the sha256."""
    identifies: Mapping[str, tuple[tuple[str, str], ...]]
    """Endpoint -> its `match` and `match_header` lines."""
    queues: Mapping[str, Mapping[str, str]]
    """Queue -> headers of its QueueParams event that the file decides: Strategy, Max, Weight, ServiceLevel."""
    rules: Mapping[str, tuple[str, ...]]
    """Queue rule -> its `penaltychange` values, as "seconds,highest penalty"."""
    mailboxes: Mapping[tuple[str, str], Mapping[str, str]]
    """(context, box) -> Fullname, Email and AttachMessage (VoicemailUsersList), and the sha256 of its PIN."""
    musics: Mapping[str, Mapping[str, str]]
    """Music class -> options as written."""
    parkings: Mapping[str, Mapping[str, str]]
    """Parking lot -> options as written; none where Asterisk is not ours, and of an earlier version's generation."""
    engines: Mapping[str, Mapping[str, str]]
    """Engine that hears callers -> options as written; none where nobody is heard, and of an earlier version's
    generation."""

    def to_json(self) -> dict[str, Any]:
        """A plain dict of this manifest, for keeping."""
        return {
            "generation": self.generation,
            "digest": self.digest,
            "files": dict(self.files),
            "contexts": {
                context: {extension: _flat(steps) for extension, steps in extensions.items()}
                for context, extensions in self.contexts.items()
            },
            "endpoints": {name: dict(options) for name, options in self.endpoints.items()},
            "aors": {name: dict(options) for name, options in self.aors.items()},
            "auths": {name: dict(options) for name, options in self.auths.items()},
            "identifies": {name: [list(line) for line in lines] for name, lines in self.identifies.items()},
            "queues": {name: dict(options) for name, options in self.queues.items()},
            "rules": {name: list(changes) for name, changes in self.rules.items()},
            "mailboxes": [[context, box, dict(shown)] for (context, box), shown in self.mailboxes.items()],
            "musics": {name: dict(options) for name, options in self.musics.items()},
            "parkings": {name: dict(options) for name, options in self.parkings.items()},
            "engines": {name: dict(options) for name, options in self.engines.items()},
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Manifest:
        """The manifest that `to_json` gave, also that of an earlier version, which knew some objects by name only."""
        return cls(
            generation=document["generation"],
            digest=document["digest"],
            files=dict(document["files"]),
            contexts={
                context: {extension: _steps(kept) for extension, kept in extensions.items()}
                for context, extensions in document["contexts"].items()
            },
            endpoints={name: dict(options) for name, options in document["endpoints"].items()},
            aors={name: dict(options) for name, options in document["aors"].items()},
            auths=_with_options(document["auths"]),
            identifies={name: tuple((k, v) for k, v in lines) for name, lines in document["identifies"].items()},
            queues={name: dict(options) for name, options in document["queues"].items()},
            rules={name: tuple(changes) for name, changes in document["rules"].items()},
            mailboxes={(context, box): dict(shown) for context, box, shown in document["mailboxes"]},
            musics=_with_options(document["musics"]),
            parkings=_with_options(document.get("parkings", {})),
            engines=_with_options(document.get("engines", {})),
        )


def _flat(steps: tuple[Step, ...]) -> str:
    """Application, data, label, application ..., a line each: priorities count from 1. Of a large company thousands of
    lists with three strings for each step would take several times as long to write and to read."""
    return "\n".join([part for step in steps for part in step[1:]])


def _steps(kept: str | list[Any]) -> tuple[Step, ...]:
    if isinstance(kept, str):
        kept = kept.split("\n") if kept else []
    elif kept and isinstance(kept[0], list):  # as an earlier version kept them
        return tuple(map(Step._make, kept))
    parts = zip(kept[::3], kept[1::3], kept[2::3], strict=True)
    return tuple(Step(priority, *part) for priority, part in enumerate(parts, 1))


def _with_options(objects: Mapping[str, Mapping[str, str]] | list[str]) -> dict[str, dict[str, str]]:
    return {name: dict(objects[name]) if isinstance(objects, Mapping) else {} for name in objects}


def manifest(files: Mapping[str, str]) -> Manifest:
    """Read a generation's files (name -> text, as `render` gives them) back into the objects they define.

    Raises ManifestRefused when they are not one whole generation: no marker, or one that tells of other files.
    """
    unmarked, generation, digest = marker_of(files)
    if digest_of(unmarked) != digest:
        raise ManifestRefused("the marker tells of other files: some were changed, added or left out")
    parts = {name.removeprefix("cordboard_"): text for name, text in files.items()}
    contexts = {**_contexts(parts["extensions.conf"]), **_contexts(files[f"contexts-g{generation}.conf"])}
    endpoints, aors, auths, identifies = _pjsip(parts["pjsip.conf"])
    return Manifest(
        generation=generation,
        digest=digest,
        files={name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(files.items())},
        contexts=contexts,
        endpoints=endpoints,
        aors=aors,
        auths=auths,
        identifies=identifies,
        queues={
            section.name: _queue_parameters(dict(section.lines))
            for section in _sections(parts["queues.conf"])
            if section.name != "general"
        },
        rules={
            section.name: tuple(value for _, value in section.lines)
            for section in _sections(parts["queuerules.conf"])
            if section.name != "general"
        },
        mailboxes={
            (section.name, box): _mailbox(line)
            for section in _sections(parts["voicemail.conf"])
            if section.name != "general"
            for box, line in section.lines
        },
        musics=_options(parts["musiconhold.conf"]),
        parkings=_options(parts.get("res_parking.conf", "")),
        engines=_options(parts.get("aeap.conf", "")),
    )


def digest_of(files: Mapping[str, str]) -> str:
    """sha256 over names and texts of files, in which the marker does not stand yet."""
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
    return hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()


_MARKER = re.compile(
    r"\n(?:;[^\n]*\n)*\[cordboard-generation-([0-9]+)\]\nexten => s,1,NoOp\(([0-9a-f]{64})\)\n\Z",
)


def marker_of(files: Mapping[str, str]) -> tuple[dict[str, str], int, str]:
    """The files without the marker, the generation and the digest that it gives."""
    for name, text in files.items():
        if found := _MARKER.search(text):
            generation = int(found[1])
            if name != f"contexts-g{generation}.conf":
                raise ManifestRefused(f"{name} holds the marker of generation {generation}")
            return {**files, name: text[: found.start()]}, generation, found[2]
    raise ManifestRefused("no file ends in the marker of a generation: it was cut, or it is not ours")


# --- the files' syntax, as far as it is generated ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Section:
    name: str
    lines: list[tuple[str, str]] = field(default_factory=list)


def _sections(text: str) -> Iterator[_Section]:
    """The sections of a file in order, several of one name kept apart; comments and directives left out."""
    section: _Section | None = None
    for written in text.split("\n"):
        line = written
        if ";" in line:
            line = re.split(r"(?<!\\);", line, maxsplit=1)[0].replace(r"\;", ";")
        line = line.strip(" \t")
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            if section is not None:
                yield section
            section = _Section(line[1 : line.index("]")])
        elif section is not None:
            key, _, value = line.partition("=")
            section.lines.append((key.strip(" "), value.removeprefix(">").strip(" ")))
        else:
            raise ManifestRefused("a line stands before the first section")
    if section is not None:
        yield section


def _options(text: str) -> dict[str, dict[str, str]]:
    return {section.name: dict(section.lines) for section in _sections(text) if section.name != "general"}


_STEP = re.compile(r"([0-9]+|n)(?:\(([^()]*)\))?,([A-Za-z]+)\((.*)\)")


def _contexts(text: str) -> dict[str, dict[str, tuple[Step, ...]]]:
    contexts: dict[str, dict[str, tuple[Step, ...]]] = {}
    for section in _sections(text):
        if section.name in ("general", "globals"):
            continue
        extensions: dict[str, list[Step]] = {}
        extension = ""
        for key, value in section.lines:
            step = value
            if key == "exten":
                extension, _, step = value.partition(",")
            found = _STEP.fullmatch(step)
            if not (found and extension):
                raise ManifestRefused(f"context {section.name} holds a line that is no step of an extension")
            steps = extensions.setdefault(extension, [])
            steps.append(Step(len(steps) + 1, found[3], found[4], found[2] or ""))
        contexts[section.name] = {name: tuple(steps) for name, steps in extensions.items()}
    return contexts


_Options = dict[str, dict[str, str]]


def _pjsip(text: str) -> tuple[_Options, _Options, _Options, dict[str, tuple[tuple[str, str], ...]]]:
    endpoints: _Options = {}
    aors: _Options = {}
    auths: _Options = {}
    identifies: dict[str, tuple[tuple[str, str], ...]] = {}
    for section in _sections(text):
        options = dict(section.lines)
        kind = options.pop("type")
        if kind == "endpoint":
            endpoints[section.name] = options
        elif kind == "aor":
            aors[section.name] = options
        elif kind == "auth":
            auths[section.name] = {**options, "password": _print(options["password"])}
        elif kind == "identify":
            identifies[options["endpoint"]] = tuple(line for line in section.lines if line[0].startswith("match"))
    return endpoints, aors, auths, identifies


def _print(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _queue_parameters(options: Mapping[str, str]) -> dict[str, str]:
    return {
        "Strategy": options["strategy"],
        "Max": options.get("maxlen", "0"),
        "Weight": options.get("weight", "0"),
        "ServiceLevel": options.get("servicelevel", "0"),
    }


def _mailbox(line: str) -> dict[str, str]:
    pin, name, mail, _, options = line.split(",")
    shown = {"Fullname": name, "Email": mail, "PIN": _print(pin)}
    attach = dict(option.split("=", 1) for option in options.split("|") if "=" in option).get("attach")
    return {**shown, "AttachMessage": attach} if attach else shown
