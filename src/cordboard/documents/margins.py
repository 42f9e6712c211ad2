"""The comments of a YAML text, each given to the part that it is about. The reader of YAML leaves them out.

Between two parts of a text there is nothing but punctuation, anchors, tags and comments: these gaps are read here, as
the reader goes from part to part. A comment at the end of a line is about what ends there, or else about what begins
there. One that has its line to itself is about what follows; where it is indented more than that, it stands below the
last part of what it is indented like.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    MappingStartEvent,
    ScalarEvent,
    StreamEndEvent,
)

from cordboard.documents.headings import is_ours
from cordboard.documents.nodes import MERGE, Node
from cordboard.store.values import Comment

FORM, SECRETS = "cordboard", "secrets"
_SILENT = (SECRETS, MERGE)
"""Sections of which nothing is kept, nor what follows them up to a line of an export: there may be a password in it."""
_BREAKS = "\r\n\x85\u2028\u2029"
_COMMENT = rf"#[^\0{_BREAKS}]*"
_PROPERTY = r"[&!][^\s,\[\]{}]*"
_PIECE = re.compile(
    rf"(?P<comment>{_COMMENT})|(?P<end>\r\n|[{_BREAKS}])|(?P<sign>%[^\0{_BREAKS}]*|{_PROPERTY}|[^\s#,\[\]{{}}]+|[^\s#])"
)
_PROPERTIES = re.compile(rf"(?:{_PROPERTY}|\s+|{_COMMENT})*")
_HEADER = re.compile(rf"[|>][0-9+-]*[ \t]+({_COMMENT})")
_Begin = AliasEvent | ScalarEvent | CollectionStartEvent


@dataclass(slots=True)
class _Found:
    """A comment. `column`, from 0: where it has the line to itself. `is_apart`: an empty line follows."""

    text: str
    column: int | None
    is_on_first_line: bool
    is_behind_dash: bool
    is_apart: bool = False


def _said(comment: str) -> str:
    return comment.removeprefix("#").rstrip()


@dataclass(slots=True)
class _Frame:
    """A mapping or list that is read. `part`: what its own comments are given to; `column` that of its parts, from 0,
    in block style."""

    part: Node
    is_mapping: bool
    column: int | None
    key: Node | None = None
    """Of the value that is due."""


class Margins:
    """Takes the events of a text in their order, each with the node that was made of it, and gives nodes their
    comments: keys, positions of lists, and the first node those of the document as a whole. `size`: what was given,
    in characters, each `#` one of them."""

    def __init__(self, text: str) -> None:
        self.size = 0
        self._text = text
        self._read = 0
        self._last: Node | None = None
        self._root: Node | None = None
        self._section = ""
        self._open: list[_Frame] = []
        self._closed: list[_Frame] = []
        """Of block style, ended since the last part was read; the innermost first."""

    def take(self, event: object, node: Node | None) -> None:
        if isinstance(event, StreamEndEvent):
            self._settle(len(self._text), None, 0, is_section=True)
        elif isinstance(event, CollectionEndEvent):
            self._end(event)
        elif node is not None and isinstance(event, _Begin):
            self._begin(event, node)

    def _begin(self, event: _Begin, node: Node) -> None:
        around = self._open[-1] if self._open else None
        is_value = around is not None and around.key is not None
        is_section = len(self._open) <= 1 and not is_value
        column = around.column if around is not None and around.column is not None else -1
        part = self._part(around, node)
        start = event.start_mark.index
        if not isinstance(event, AliasEvent) and (event.anchor is not None or event.tag is not None):
            properties = _PROPERTIES.match(self._text, start)
            start = properties.end() if properties else start
        if isinstance(event, CollectionStartEvent):
            self._open.append(_Frame(part, isinstance(event, MappingStartEvent), self._column(event)))
            if self._open[-1].column is not None and (is_value or around is None):
                return  # its first part stands at the same place
        elif event.start_mark.index == event.end_mark.index:
            if is_value and column >= 0:
                # Nothing is written: what stands below, indented, is inside it all the same.
                self._closed.append(_Frame(part, is_mapping=True, column=column + 1))
            return
        self._settle(start, part, column, is_section=is_section)
        if is_section and around is not None:
            self._section = part.text
        self._last, self._read = part, max(start, event.end_mark.index)
        if isinstance(event, CollectionStartEvent):
            self._read = start + (self._open[-1].column is None and self._text.startswith(("{", "["), start))
        elif isinstance(event, ScalarEvent) and event.style in ("|", ">"):
            header = _HEADER.match(self._text, start)
            self._note(part, beside=_said(header[1]) if header else "")

    def _part(self, around: _Frame | None, node: Node) -> Node:
        """What comments at this node are about: of a value its key."""
        if around is None:
            self._root = self._root or node
        elif around.key is not None:
            node, around.key = around.key, None
        elif around.is_mapping:
            around.key = node
        return node

    def _column(self, event: CollectionStartEvent) -> int | None:
        """That of its parts: keys, dashes; None in flow style."""
        if event.flow_style:
            return None
        # A list that is indented no more than its key is told of behind its first dash.
        is_behind = not isinstance(event, MappingStartEvent) and not self._text.startswith("-", event.end_mark.index)
        return int(event.end_mark.column) - is_behind

    def _end(self, event: CollectionEndEvent) -> None:
        frame = self._open.pop()
        if frame.column is not None:
            self._closed.append(frame)
        else:
            self._settle(max(self._read, event.end_mark.index - 1), None, -1, inside=frame.part)
            self._last, self._read = frame.part, event.end_mark.index

    def _settle(
        self, until: int, part: Node | None, column: int, *, inside: Node | None = None, is_section: bool = False
    ) -> None:
        """Give away what stands between the last part and this one, or the end of what it is `inside`."""
        closed, self._closed = self._closed, []
        if self._text.find("#", self._read, until) < 0:
            return
        found = self._found(until)
        if is_section:
            found = self._authors(found)
        elif self._section in _SILENT:
            found = []
        if self._last is None and is_section:
            head = max((place for place, each in enumerate(found, 1) if each.is_apart), default=0)
            self._note(self._root, before=[each.text for each in found[:head]])
            found = found[head:]
        before: list[str] = []
        after: dict[int, tuple[Node, list[str]]] = {}
        place = 0
        for each in found:
            if each.column is None and each.is_on_first_line and self._last is not None:
                self._note(self._last, beside=each.text)
            elif each.column is None and each.is_behind_dash and part is not None:
                self._note(part, beside=each.text)
            elif inside is not None:
                before.append(each.text)
            else:
                while not before and place < len(closed) and not self._is_in(closed[place], each, column):
                    place += 1
                if before or place == len(closed):
                    before.append(each.text)
                else:
                    owner = closed[place].part
                    after.setdefault(id(owner), (owner, []))[1].append(each.text)
        for owner, lines in after.values():
            self._note(owner, after=lines)
        if part is None:
            self._note(inside or self._root, after=before)
        else:
            self._note(self._root if is_section and part.text == FORM else part, before=before)

    @staticmethod
    def _is_in(frame: _Frame, found: _Found, column: int) -> bool:
        """Is it indented like the parts of what has ended, and more than what follows?"""
        return found.column is not None and frame.column is not None and found.column >= max(frame.column, column + 1)

    def _authors(self, found: Sequence[_Found]) -> list[_Found]:
        """Those between sections that no export wrote."""
        are_ours = [each.column == 0 and is_ours(each.text) for each in found]
        begin = 0
        if self._section in _SILENT:
            begin = are_ours.index(True) if any(are_ours) else len(found)
        return [each for place, each in enumerate(found) if place >= begin and not are_ours[place]]

    def _found(self, until: int) -> list[_Found]:
        begin = self._read
        line: int | None = begin if begin == 0 or self._text[begin - 1] in _BREAKS else None
        found: list[_Found] = []
        sign, ends, is_first_line = "", 0, True
        for piece in _PIECE.finditer(self._text, begin, until):
            if piece["comment"]:
                column = None if sign or line is None else piece.start() - line
                found.append(_Found(_said(piece["comment"]), column, is_first_line, sign == "-"))
                ends = 0
            elif piece["end"]:
                line, sign, is_first_line, ends = piece.end(), "", False, ends + 1
                if ends > 1 and found:
                    found[-1].is_apart = True
            else:
                sign, ends = piece["sign"], 0
        return found

    def _note(
        self, part: Node | None, *, before: Sequence[str] = (), beside: str = "", after: Sequence[str] = ()
    ) -> None:
        if part is not None and (before or beside or after):
            new = Comment(before=tuple(before), beside=beside, after=tuple(after))
            part.notes = part.notes or []
            part.notes.append(new)
            self.size += sum(1 + len(line) for line in (*before, *filter(None, [beside]), *after))
