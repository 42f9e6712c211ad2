"""YAML text -> plain data, with the line of each part. The only reader of YAML.

The text is taken event by event: nothing is constructed that the file did not spell out. Anchors, aliases and tags are
refused, so a small file cannot become a big document; keys are always text, as written (`1`, `+33123456789`).
"""

import io
import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
)
from ruamel.yaml.reader import ReaderError

from cordboard.documents.problems import Fault, Path, shown

MOST_BYTES = 1_000_000
_DEEPEST = 16

# The core schema of YAML 1.2; numbers too long to be meant as such stay text.
_INTEGER = re.compile(r"[-+]?[0-9]{1,30}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,30}|[0-9]{1,30}(?:\.[0-9]{0,30})?)(?:[eE][-+]?[0-9]{1,2})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(slots=True)
class Source:
    """The data of a document (None: nothing could be read), where each part stands, and what the YAML has wrong."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    texts: dict[Path, str] = field(default_factory=dict)
    """What was written where something else than text was read."""
    faults: list[Fault] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of a part, or of the nearest part around it that is there."""
        return next((self.lines[path[:n]] for n in range(len(path), -1, -1) if path[:n] in self.lines), 1)

    def refuse(self, line: int, what: str, cure: str) -> None:
        """Nothing of the document can be used."""
        self.data = None
        self.lines = {(): line}
        self.faults.append(Fault((), what, cure))


@dataclass(slots=True)
class _Node:
    """A part of the document as written: text, or its children (of a mapping: keys and values in turn)."""

    line: int
    text: str = ""
    is_plain: bool = False
    is_mapping: bool = False
    children: "list[_Node] | None" = None
    refusal: tuple[str, str] | None = None
    """What is not allowed about it, and the cure."""


def read_source(content: str | bytes) -> Source:
    """Never raises: whatever the content, there is a Source that says what is wrong with it."""
    source = Source()
    if len(content) > MOST_BYTES:
        source.refuse(1, f"is larger than {MOST_BYTES // 1000} kB", "Take out what is not needed")
        return source
    try:
        text = content if isinstance(content, str) else content.decode("utf-8")
    except UnicodeDecodeError as error:
        source.refuse(error.object.count(b"\n", 0, error.start) + 1, "is not UTF-8 text", "Save the file as UTF-8")
        return source
    try:
        root = _tree(text, source)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        source.refuse(line, "holds a character that YAML does not allow", "Take the character out")
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = shown(error.problem or error.context or "unreadable")
        source.refuse(mark.line + 1 if mark else 1, f"is not YAML: {reason}", _cure(reason))
    except (YAMLError, ValueError) as error:
        source.refuse(1, f"is not YAML: {shown(error)}", "Begin anew from the example")
    else:
        if root is not None:
            source.lines[()] = root.line
            source.data = _data(root, (), source)
    return source


def _tree(text: str, source: Source) -> _Node | None:
    """The whole document, built with a stack of its own: deep nesting cannot exhaust Python's."""
    top: list[_Node] = []
    stack = [top]
    for event in YAML(typ="safe", pure=True).parse(io.StringIO(text.removeprefix("\ufeff"))):
        line = event.start_mark.line + 1
        if isinstance(event, DocumentStartEvent) and top:
            source.refuse(line, "holds a second document", "Keep one: take out the line ---")
            return None
        if isinstance(event, CollectionEndEvent):
            stack.pop()
        elif isinstance(event, AliasEvent | ScalarEvent | CollectionStartEvent):
            node = _node(event, line)
            stack[-1].append(node)
            if node.children is not None:
                stack.append(node.children)
            if len(stack) > _DEEPEST:
                source.refuse(line, "is nested too deeply", f"Nothing here goes deeper than {_DEEPEST} levels")
                return None
    return top[0] if top else None


def _node(event: AliasEvent | ScalarEvent | CollectionStartEvent, line: int) -> _Node:
    if isinstance(event, AliasEvent):
        cure = 'Write the value itself; text that begins with * needs quotes, as "*"'
        return _Node(line, refusal=("is an alias (*name)", cure))
    refusal = None
    if event.anchor is not None:
        refusal = (
            "has an anchor (&name)",
            "Write the value wherever it is needed; text that begins with & needs quotes",
        )
    elif event.tag is not None:
        refusal = ("has a tag (!name)", "Take it out; text that begins with ! needs quotes")
    if isinstance(event, ScalarEvent):
        return _Node(line, text=event.value, is_plain=event.style in (None, ""), refusal=refusal)
    return _Node(line, is_mapping=isinstance(event, MappingStartEvent), children=[], refusal=refusal)


def _data(node: _Node, path: Path, source: Source) -> Any:
    if node.refusal:
        source.faults.append(Fault(path, *node.refusal))
    if node.children is None:
        value = _value(node.text) if node.is_plain else node.text
        if not isinstance(value, str):
            source.texts[path] = node.text
        return value
    if not node.is_mapping:
        for position, child in enumerate(node.children):
            source.lines[*path, position] = child.line
        return [_data(child, (*path, position), source) for position, child in enumerate(node.children)]
    data: dict[str, Any] = {}
    for key, child in zip(node.children[::2], node.children[1::2], strict=True):
        place = (*path, key.text)
        if key.refusal or key.children is not None:
            what, cure = key.refusal or (
                "a mapping or list stands where a name is due",
                "Write a name before the colon",
            )
            source.faults.append(Fault(path, what, cure, line=key.line))
        elif key.text in data:
            what = f"is written on line {source.lines[place]} already"
            source.faults.append(Fault(place, what, "Keep one of the two", line=key.line))
        else:
            source.lines[place] = key.line
            data[key.text] = _data(child, place, source)
    return data


def _value(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _DATE.fullmatch(text):
        with suppress(ValueError):
            return date.fromisoformat(text)
    return text


def _cure(reason: str) -> str:
    if "'\\t'" in reason:
        return "Indent with spaces, not tabs"
    if "mapping values are not allowed" in reason or "expected ','" in reason:
        return "Check brackets and indentation; text that holds : or # needs quotes"
    return "Mend it here or just above; text that begins with a sign, or holds : or #, needs quotes"
