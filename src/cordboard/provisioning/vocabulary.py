"""The words that the installed Asterisk knows, read from its own documentation, and those that it does not know.

`core-en_US.xml` names applications with their options, functions, and the options of SIP objects. What it does not
describe (the options of queues and voicemail boxes) a rehearsal finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.steps import Written, split

FILE = Path("documentation") / "core-en_US.xml"
FUNCTION = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\(")
ASSIGNED = re.compile(r"(?:^|,)([A-Z][A-Z0-9_]*)\(")
MEANT = frozenset({"application", "function", "parameter", "option", "configFile", "configObject", "configOption"})
"""Elements of the documentation that name a word."""
ASSIGNING = frozenset({"Set", "MSet"})
CURE = "install the package of Asterisk that has it, or Asterisk 20 or newer"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What one version of Asterisk knows. Applications are named in lower case, as Asterisk compares them."""

    applications: Mapping[str, Mapping[int, frozenset[str]]]
    """Application -> position of an argument -> the option letters that it takes."""
    functions: frozenset[str]
    sip: Mapping[str, frozenset[str]]
    """Type of a SIP object -> its options."""


_read: dict[Path, tuple[tuple[int, int], Vocabulary]] = {}


def vocabulary_in(data: Path) -> Vocabulary | None:
    """Of the Asterisk whose data folder this is; None where its documentation is not there or cannot be read. Read
    again only when the file changed."""
    path = data / FILE
    try:
        found = path.stat()
        state = (found.st_mtime_ns, found.st_size)
        if path not in _read or _read[path][0] != state:
            _read[path] = (state, _vocabulary(path.read_bytes()))
    except (OSError, expat.ExpatError):
        return None
    return _read[path][1]


class _Reading:
    """The documentation as it is read, element by element: as a tree it would cost three times as much."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._file = ""
        self._object: set[str] = set()
        self._arguments: list[set[str]] = []
        self.applications: dict[str, list[set[str]]] = {}
        self.functions: set[str] = set()
        self.sip: dict[str, set[str]] = {}

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        path = self._path
        path.append(tag)
        if tag not in MEANT:
            return
        name = attributes.get("name", "")
        match path[1:]:
            case ["application"]:
                self._arguments = self.applications.setdefault(name.lower(), [])
                self._arguments.clear()
            case ["function"]:
                self.functions.add(name)
            case ["application", "syntax", "parameter"]:
                self._arguments.append(set())
            case ["application", "syntax", "parameter", "optionlist", "option"]:
                self._arguments[-1].add(name)
            case ["configInfo", "configFile"]:
                self._file = name
            case ["configInfo", "configFile", "configObject"] if self._file == "pjsip.conf":
                self._object = self.sip.setdefault(name, {"type"})
            case ["configInfo", "configFile", "configObject", "configOption"] if self._file == "pjsip.conf":
                self._object.add(name)
            case _:
                pass

    def end(self, _tag: str) -> None:
        self._path.pop()

    def vocabulary(self) -> Vocabulary:
        return Vocabulary(
            applications={name: dict(_letters(arguments)) for name, arguments in self.applications.items()},
            functions=frozenset(self.functions),
            sip={kind: frozenset(options) for kind, options in self.sip.items()},
        )


def _letters(arguments: Iterable[set[str]]) -> Iterator[tuple[int, frozenset[str]]]:
    """The arguments that hold option letters alone."""
    for position, letters in enumerate(arguments):
        if letters and all(len(letter) == 1 for letter in letters):
            yield position, frozenset(letters)


def _vocabulary(text: bytes) -> Vocabulary:
    """Raises ExpatError."""
    reading = _Reading()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reading.begin
    parser.EndElementHandler = reading.end
    parser.Parse(text, True)
    return reading.vocabulary()


# --- words that it does not know --------------------------------------------------------------------------------------


def word_problems(files: Mapping[str, str], steps: Iterable[Written], known: Vocabulary) -> Iterator[PlanProblem]:
    """Every word of these files that it does not know, once, where it stands first."""
    told: set[str] = set()
    for where, word in (*_dialplan_words(steps, known), *_sip_words(files, known)):
        if word not in told:
            told.add(word)
            yield PlanProblem(where, f"the installed Asterisk knows no {word}", CURE)


def _dialplan_words(steps: Iterable[Written], known: Vocabulary) -> Iterator[tuple[str, str]]:
    seen: set[tuple[str, str]] = set()
    for step in steps:
        if (step.application, step.data) in seen:
            continue
        seen.add((step.application, step.data))
        options = known.applications.get(step.application.lower())
        if options is None:
            yield step.where, f"application {step.application}"
        elif options:
            for letter in _unknown_letters(step.data, options):
                yield step.where, f"option {letter} of application {step.application}"
        named = FUNCTION.findall(step.data) if "${" in step.data else []
        if step.application in ASSIGNING:
            named += ASSIGNED.findall(step.data)
        for function in named:
            if function not in known.functions:
                yield step.where, f"function {function}"


def _unknown_letters(data: str, options: Mapping[int, frozenset[str]]) -> Iterator[str]:
    arguments = split(data, ",")
    for position, letters in options.items():
        # What is known when the call comes cannot be judged before.
        if position < len(arguments) and "$" not in arguments[position]:
            bare = re.sub(r"\([^()]*\)", "", arguments[position])
            yield from (letter for letter in bare if letter.isalnum() and letter not in letters)


def _sip_words(files: Mapping[str, str], known: Vocabulary) -> Iterator[tuple[str, str]]:
    """Options are judged when the object's type is known, which may stand after them."""
    for name, text in files.items():
        if name.removeprefix("cordboard_") != "pjsip.conf":
            continue
        options: list[tuple[int, str]] = []
        kind = ""
        for number, line in enumerate([*text.split("\n"), "["], 1):
            if line.startswith("["):
                yield from _unknown_options(name, kind, options, known)
                options, kind = [], ""
            elif line and not line.startswith((";", "#")):
                option, _, value = line.partition("=")
                options.append((number, option.strip()))
                if option.strip() == "type":
                    kind = value.removeprefix(">").strip()


def _unknown_options(
    file: str, kind: str, options: Iterable[tuple[int, str]], known: Vocabulary
) -> Iterator[tuple[str, str]]:
    if kind and kind not in known.sip:
        yield file, f"SIP object of type {kind}"
    for number, option in options:
        if kind in known.sip and option not in known.sip[kind]:
            yield f"{file}:{number}", f"option {option} of a SIP {kind}"


def module_problems(files: Mapping[str, str], folder: Path) -> Iterator[PlanProblem]:
    """Modules that shall be loaded and are not installed in this folder."""
    for line in files.get("modules.conf", "").split("\n"):
        name = line.removeprefix("load=")
        if name != line and not (folder / name).is_file():
            yield PlanProblem("modules.conf", f"the installed Asterisk has no module {name}", CURE)
