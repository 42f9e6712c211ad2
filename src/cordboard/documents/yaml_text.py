"""Plain data -> YAML as people and git like it: one item a line where it fits, always in the order given."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from cordboard.documents.remarks import NOTHING, Remarks, named

WIDTH = 120
_STEP = 2

_PLAIN = re.compile(r"[^\W\d_][\w/@.-]*(?: [^\W_][\w/@.-]*)*")
"""Text that nobody, whatever the version of YAML, reads as something else than text."""
_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


class Tall(dict[str, Any]):
    """A mapping that has one part a line, however short it is."""


def section_text(name: str, content: Any, remarks: Remarks = NOTHING) -> str:
    """A section: its name, then one item a line or, where an item is longer than a line, or has comments inside, below
    its key. What is noted above the section is not in it."""
    begin = f"{name}:{remarks.beside}"
    if isinstance(content, Mapping):
        return "\n".join([begin, *_mapping(content, _STEP, remarks), *remarks.below(_STEP), ""])
    if isinstance(content, list):
        return "\n".join([begin, *_list(content, _STEP, remarks), *remarks.below(_STEP), ""])
    return f"{name}: {in_line(content)}{remarks.beside}\n"


def in_line(part: Any) -> str:
    """Everything between braces and brackets, however long."""
    match part:
        case Mapping():
            return "{" + ", ".join(f"{in_line(key)}: {in_line(value)}" for key, value in part.items()) + "}"
        case str():
            return _text(part)
        case bool():
            return "true" if part else "false"
        case int() | float():
            return repr(part)
        case date():
            return part.isoformat()
        case Sequence():
            return "[" + ", ".join(map(in_line, part)) + "]"
        case _:
            return "null"


def _text(text: str) -> str:
    # A string of JSON is one of YAML too.
    is_plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def _mapping(parts: Mapping[str, Any], indent: int, remarks: Remarks) -> Iterator[str]:
    for key, part in parts.items():
        noted = remarks.at(str(key))
        yield from noted.above(indent)
        yield from _entry(f"{' ' * indent}{in_line(key)}:", part, indent, noted)


def _list(parts: list[Any], indent: int, remarks: Remarks) -> Iterator[str]:
    for name, part in named(parts):
        noted = remarks.at(name)
        yield from noted.above(indent)
        dash = f"{' ' * indent}-"
        if not isinstance(part, Mapping) or not part or not (noted.are_inside or not _fits(dash, part)):
            yield f"{dash} {in_line(part)}{noted.beside}"
            continue
        first, *rest = _mapping(part, indent + _STEP, noted)
        if noted.beside:
            yield f"{dash}{noted.beside}"
            yield first
        else:
            yield f"{dash} {first.lstrip()}"
        yield from rest
        yield from noted.below(indent + _STEP)


def _entry(begin: str, part: Any, indent: int, remarks: Remarks) -> Iterator[str]:
    if not isinstance(part, Mapping | list) or not part or not (remarks.are_inside or not _fits(begin, part)):
        yield f"{begin} {in_line(part)}{remarks.beside}"
        return
    yield f"{begin}{remarks.beside}"
    below = indent + _STEP
    yield from _list(part, below, remarks) if isinstance(part, list) else _mapping(part, below, remarks)
    yield from remarks.below(below)


def _fits(begin: str, part: Any) -> bool:
    return not _is_tall(part) and len(begin) + 1 + len(in_line(part)) <= WIDTH


def _is_tall(part: Any) -> bool:
    """Does it hold several items, each of which deserves a line?"""
    if isinstance(part, Mapping):
        return (isinstance(part, Tall) and bool(part)) or any(map(_is_tall, part.values()))
    return isinstance(part, list) and any(isinstance(one, Mapping) for one in part)
