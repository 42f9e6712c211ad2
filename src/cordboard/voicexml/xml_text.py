"""Elements -> XML text, one a line where it holds others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

_STEP = "  "


@dataclass(frozen=True, slots=True)
class Tag:
    """An element. What it holds is escaped when it is written."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Tag | Comment | str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comment:
    text: str


def tag(element: str, *parts: Tag | Comment | str, **attributes: str | None) -> Tag:
    """Attributes that are None are left out. `_` behind a name keeps it from being a word of Python; `xml_lang` is
    `xml:lang`, and `interpret_as` has a hyphen."""
    named = {_attribute(name): value for name, value in attributes.items() if value is not None}
    return Tag(element, named, parts)


def lines(part: Tag | Comment, depth: int = 0) -> Iterator[str]:
    begin = _STEP * depth
    if isinstance(part, Comment):
        yield f"{begin}<!-- {_commented(part.text)} -->"
    elif not part.parts:
        yield f"{begin}<{_head(part)}/>"
    elif any(isinstance(each, str) for each in part.parts):
        yield begin + _in_line(part)
    else:
        yield f"{begin}<{_head(part)}>"
        for each in part.parts:
            assert not isinstance(each, str)
            yield from lines(each, depth + 1)
        yield f"{begin}</{part.name}>"


def _in_line(part: Tag | Comment | str) -> str:
    if isinstance(part, str):
        return escape(part)
    if isinstance(part, Comment):
        return f"<!-- {_commented(part.text)} -->"
    inside = "".join(map(_in_line, part.parts))
    return f"<{_head(part)}>{inside}</{part.name}>" if inside else f"<{_head(part)}/>"


def _head(part: Tag) -> str:
    given = [f"{name}={quoteattr(value)}" for name, value in part.attributes.items()]
    return " ".join([part.name, *given])


def _attribute(name: str) -> str:
    return {"xml_lang": "xml:lang", "interpret_as": "interpret-as"}.get(name, name.rstrip("_"))


def _commented(text: str) -> str:
    """Two hyphens would end a comment."""
    while "--" in text:
        text = text.replace("--", "- -")
    return f"{text} " if text.endswith("-") else text
