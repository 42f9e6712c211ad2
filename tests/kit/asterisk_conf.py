"""Asterisk's own way of reading its configuration files, written from its rules and from nothing that generates them.

What the reader does: a `;--` that no backslash precedes begins a comment that a `--;` ends, maybe lines later; `;` that
no backslash precedes ends the line; `\\;` is a semicolon; lines above 8,191 bytes are dropped; a line that begins
with `[` opens a section; in others the first `=` (or `=>`) parts name from value, and spaces around both go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST_LINE = 8191


@dataclass(frozen=True)
class Line:
    """One option: the section it stands in (with what follows the bracket), its name and its value."""

    section: str
    name: str
    value: str


class UnreadableError(Exception):
    """Asterisk would drop this line or refuse the file."""


def read(text: str) -> list[Line]:
    """The options of a file in order; `#include` lines have the name `#include`. Raises UnreadableError."""
    lines: list[Line] = []
    section = ""
    is_comment = False
    for raw in text.split("\n"):
        if len(raw.encode()) > LONGEST_LINE:
            raise UnreadableError("a line is too long")
        if "\0" in raw or "\r" in raw:
            raise UnreadableError("a control character")
        line, is_comment = _without_comments(raw, is_comment)
        line = line.strip(" \t")
        if not line:
            continue
        if line.startswith("["):
            found = re.fullmatch(r"\[([^\]]*)\](?:\(([^)]*)\))?", line)
            if not found:
                raise UnreadableError(f"a section that does not end: {line}")
            section = found[1] + (f"({found[2]})" if found[2] is not None else "")
            lines.append(Line(section, "", ""))
        elif line.startswith("#"):
            directive, _, argument = line.partition(" ")
            lines.append(Line(section, directive, argument.strip('" ')))
        else:
            name, equals, value = line.partition("=")
            if not equals or not section:
                raise UnreadableError(f"no option: {line}")
            lines.append(Line(section, name.strip(), value.removeprefix(">").strip()))
    if is_comment:
        raise UnreadableError("a comment that does not end")
    return lines


def _without_comments(raw: str, is_comment: bool) -> tuple[str, bool]:
    kept = ""
    position = 0
    while position < len(raw):
        if is_comment:
            end = raw.find("--;", position)
            if end < 0:
                return kept, True
            is_comment, position = False, end + 3
        elif raw.startswith("\\;", position):
            kept, position = kept + ";", position + 2
        elif raw.startswith(";--", position) and not raw.startswith(";---", position):
            is_comment, position = True, position + 3
        elif raw[position] == ";":
            break
        else:
            kept, position = kept + raw[position], position + 1
    return kept, is_comment
