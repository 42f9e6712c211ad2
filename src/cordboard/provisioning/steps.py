"""The dialplan that was generated, step by step with its line, and how the arguments of a step fall apart. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

_OPEN, _CLOSE = "([{", ")]}"


class Written(NamedTuple):
    """One step of the dialplan as a line of a file tells it."""

    file: str
    line: int
    context: str
    extension: str
    priority: int
    label: str
    application: str
    data: str

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}"


def steps_of(files: Mapping[str, str]) -> Iterator[Written]:
    """Every step of the dialplan files among `files`, in order. A line that is no step is passed over."""
    for file, text in files.items():
        if file.removeprefix("cordboard_") == "extensions.conf" or file.startswith("contexts"):
            yield from _steps(file, text)


def _steps(file: str, text: str) -> Iterator[Written]:
    context = extension = ""
    priority = 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith(" same => "):
            rest = line[9:]
        elif line.startswith("exten => "):
            extension, _, rest = line[9:].partition(",")
            priority = 0
        else:
            if line.startswith("["):
                context = line[1:].partition("]")[0]
            continue
        position, _, step = rest.partition(",")
        priority += 1
        place, _, label = position.partition("(")
        if place.isdigit():
            priority = int(place)
        application, parenthesis, data = step.partition("(")
        if parenthesis:
            data = data.removesuffix(")")
            yield Written(file, number, context, extension, priority, label.removesuffix(")"), application, data)


def split(text: str, separator: str) -> list[str]:
    """`text` at each `separator` (one character) that stands in no bracket, `${...}` and `$[...]` among them."""
    if separator not in text:
        return [text]
    parts: list[str] = []
    depth = start = 0
    for position, character in enumerate(text):
        if character in _OPEN:
            depth += 1
        elif character in _CLOSE:
            depth = max(0, depth - 1)
        elif character == separator and not depth:
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]
