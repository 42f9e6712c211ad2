"""YAML text -> a tree of what is written, each part with its line and column. The only reader of YAML.

The text is taken event by event: nothing is constructed that the file did not spell out. An alias is a leaf that knows
the part it stands for; nothing is multiplied here, and no part can hold itself.
"""

import io

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

from cordboard.documents.margins import Margins
from cordboard.documents.nodes import Node
from cordboard.documents.problems import shown

DEEPEST = 16
MOST_PARTS = 800_000
MOST_NOTED = 1_000_000
"""Characters of comments."""


class Refused(Exception):
    """Nothing of the file can be used."""

    def __init__(self, line: int, what: str, cure: str, column: int = 1) -> None:
        super().__init__(what)
        self.line = line
        self.column = column
        self.what = what
        self.cure = cure


class _Builder:
    """Builds the tree with a stack of its own: deep nesting cannot exhaust Python's."""

    def __init__(self, most: int) -> None:
        self.parts = 0
        self._most = most
        self.top: list[Node] = []
        self._open: list[Node | None] = [None]
        self._anchors: dict[str, Node] = {}

    def take(self, event: object, line: int, column: int) -> Node | None:
        """The node that was made of it."""
        if isinstance(event, DocumentStartEvent) and self.top:
            raise Refused(line, "holds a second document", "Keep one: take out the line ---", column)
        if isinstance(event, CollectionEndEvent):
            self._open.pop()
        elif isinstance(event, AliasEvent):
            return self._add(self._alias(event.anchor, line, column), column)
        elif isinstance(event, ScalarEvent | CollectionStartEvent):
            node = _node(event, line)
            self._add(node, column)
            if event.anchor is not None:
                self._name(node, event.anchor)
            if node.children is not None:
                self._open.append(node)
            if len(self._open) > DEEPEST:
                raise Refused(line, "is nested too deeply", f"Nothing here goes deeper than {DEEPEST} levels", column)
            return node
        return None

    def _add(self, node: Node, column: int) -> Node:
        node.column = column
        self.parts += 1
        if self.parts > self._most:
            what = f"has too many parts: more than {MOST_PARTS}, all files of the company together"
            raise Refused(node.line, what, "Take out what is not needed", column)
        around = self._open[-1]
        siblings = self.top if around is None or around.children is None else around.children
        siblings.append(node)
        return node

    def _name(self, node: Node, name: str) -> None:
        if name in self._anchors:
            what = f"has the anchor &{shown(name)}, which is given on line {self._anchors[name].line} already"
            raise Refused(node.line, what, "Choose another name; text that begins with & needs quotes", node.column)
        self._anchors[name] = node

    def _alias(self, name: str, line: int, column: int) -> Node:
        node = Node(line, is_alias=True, target=self._anchors.get(name))
        if node.target is None:
            what = f"is an alias, *{shown(name)}, of an anchor that does not stand before it"
            node.refusal = (what, f'Write &{shown(name)} where it begins; text that begins with * needs quotes, as "*"')
        elif any(around is node.target for around in self._open):
            what = f"holds an alias, *{shown(name)}, of what it stands in: it would go on for ever"
            raise Refused(line, what, "Write the value itself", column)
        return node


def read_tree(text: str, most: int = MOST_PARTS, most_noted: int = MOST_NOTED) -> tuple[Node | None, int, int]:
    """The whole document, None if it is empty, how many parts it has, `most` at most, and how many characters of
    comments, `most_noted` at most. Raises: Refused."""
    builder = _Builder(most)
    text = text.removeprefix("\ufeff")
    margins = Margins(text)
    try:
        for event in YAML(typ="safe", pure=True).parse(io.StringIO(text)):
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            margins.take(event, builder.take(event, line, column))
            if margins.size > most_noted:
                what = f"has more than {MOST_NOTED} characters of comments, all files of the company together"
                raise Refused(line, what, "Take some of them out", column)
    except ReaderError as error:
        line, column = _place(text, error.position)
        raise Refused(line, "holds a character that YAML does not allow", "Take the character out", column) from error
    except MarkedYAMLError as error:
        line, column = _where(error, text)
        reason = shown(error.problem or error.context or "unreadable")
        raise Refused(line, f"is not YAML: {reason}", _cure(reason), column) from error
    except (YAMLError, ValueError) as error:
        raise Refused(1, f"is not YAML: {shown(error)}", "Begin anew from the example") from error
    return builder.top[0] if builder.top else None, builder.parts, margins.size


def _where(error: MarkedYAMLError, text: str) -> tuple[int, int]:
    """Line and column; of what is missed at the end of the text, where that begins which is not ended."""
    for mark in (error.problem_mark, error.context_mark):
        if mark is not None and mark.index < len(text):
            return mark.line + 1, mark.column + 1
    return _place(text, max(0, len(text.rstrip()) - 1))


def _place(text: str, position: int) -> tuple[int, int]:
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)


def _node(event: ScalarEvent | CollectionStartEvent, line: int) -> Node:
    refusal = None
    if event.tag is not None:
        refusal = ("has a tag (!name)", "Take it out; text that begins with ! needs quotes")
    if isinstance(event, ScalarEvent):
        return Node(line, text=event.value, is_plain=event.style in (None, ""), refusal=refusal)
    return Node(line, is_mapping=isinstance(event, MappingStartEvent), children=[], refusal=refusal)


def _cure(reason: str) -> str:
    if "'\\t'" in reason:
        return "Indent with spaces, not tabs"
    if "mapping values are not allowed" in reason or "expected ','" in reason:
        return "Check brackets and indentation; text that holds : or # needs quotes"
    return "Mend it here or just above; text that begins with a sign, or holds : or #, needs quotes"
