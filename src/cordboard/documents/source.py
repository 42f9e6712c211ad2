"""Files -> plain data, with the place of each part: the tree of each file as values, aliases written out, in bounds.

Keys are always text, as written (`1`, `+33123456789`). What an alias repeats counts towards the size of the file, so a
small file cannot become a big document.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cordboard.documents.margins import SECRETS
from cordboard.documents.nodes import MERGE, Node
from cordboard.documents.problems import MOST_PROBLEMS, Fault, Path, Spot
from cordboard.documents.tree import DEEPEST, MOST_NOTED, MOST_PARTS, Refused, read_tree
from cordboard.store.values import Comment

MOST_BYTES = 8_000_000
"""Of all files of a company together."""
OWN = "x-"
"""Keys at the top that begin so are the author's: a place for anchors, read by nobody."""

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
    """The data of a file or several (None: nothing could be read), where each part stands, what the YAML has wrong."""

    file: str = "company.yaml"
    """What problems call it; the first of several."""
    others: tuple[str, ...] = ()
    data: Any = None
    spots: dict[Path, Spot] = field(default_factory=dict)
    texts: dict[Path, str] = field(default_factory=dict)
    """What was written where something else than text was read."""
    comments: dict[Path, Comment] = field(default_factory=dict)
    """What was noted, in the order of the file: where it is written, not where an alias repeats it. () is the file."""
    faults: list[Fault] = field(default_factory=list)

    def spot(self, path: Path) -> Spot:
        """Where a part stands, or the nearest part around it that is there."""
        around = (path[:length] for length in range(len(path), -1, -1))
        return next((self.spots[each] for each in around if each in self.spots), Spot(self.file, 1))

    def refuse(self, line: int, what: str, cure: str, column: int = 1) -> None:
        """Nothing of the document can be used."""
        self.data = None
        self.spots = {(): Spot(self.file, line, None, column)}
        self.faults.append(Fault((), what, cure, spot=self.spots[()]))


@dataclass(slots=True)
class Budget:
    """What may still be read: bytes and parts, those that aliases repeat counted again; comments."""

    size: int = MOST_BYTES
    parts: int = MOST_PARTS
    noted: int = MOST_NOTED
    """Characters of comments."""


def read_source(content: str | bytes, file: str = "company.yaml", budget: Budget | None = None) -> Source:
    """Never raises: whatever the content, there is a Source that says what is wrong with it."""
    source = Source(file)
    budget = budget or Budget()
    budget.size -= len(content)
    if budget.size < 0:
        source.refuse(1, _TOO_LARGE, "Take out what is not needed")
        return source
    try:
        text = content if isinstance(content, str) else content.decode("utf-8")
    except UnicodeDecodeError as error:
        read = error.object[: error.start].decode("utf-8")
        source.refuse(read.count("\n") + 1, "is not UTF-8 text", "Save the file as UTF-8", len(read) - read.rfind("\n"))
        return source
    try:
        root, parts, noted = read_tree(text, budget.parts, budget.noted)
        budget.parts -= parts
        budget.noted -= noted
        if root is not None:
            source.spots[()] = Spot(file, root.line, None, root.column)
            if comment := root.comment:
                source.comments[()] = comment
            source.data = _Writer(source, budget).data(root, (), None, 0)
    except Refused as refused:
        source.refuse(refused.line, refused.what, refused.cure, refused.column)
    return source


_TOO_LARGE = f"is larger than {MOST_BYTES // 1000} kB, all files of the company together"


class _Writer:
    """Writes a tree out as plain data. `used` is the line of the alias by which a part stands where it does."""

    def __init__(self, source: Source, budget: Budget) -> None:
        self._source = source
        self._budget = budget

    def data(self, node: Node, path: Path, used: int | None, depth: int) -> Any:
        if node.refusal:
            self._fault(path, *node.refusal, node, used)
        if node.is_alias:
            if node.target is None:
                return None
            used = used or node.line
            self._source.spots[path] = Spot(self._source.file, node.target.line, used, node.target.column)
            return self.data(node.target, path, used, depth)
        self._pay(node, used, depth)
        if node.children is None:
            return self._scalar(node, path)
        if node.is_mapping:
            data: dict[str, Any] = {}
            self._fill(data, node, path, used, depth)
            return data
        return [self._child(child, (*path, place), used, depth) for place, child in enumerate(node.children)]

    def _child(self, node: Node, path: Path, used: int | None, depth: int) -> Any:
        self._source.spots[path] = Spot(self._source.file, node.line, used, node.column)
        self._keep_comment(node, path, used)
        return self.data(node, path, used, depth + 1)

    def _keep_comment(self, node: Node, path: Path, used: int | None) -> None:
        if used is None and path[0] != SECRETS and (comment := node.comment):
            self._source.comments[path] = comment

    def _scalar(self, node: Node, path: Path) -> Any:
        value = _value(node.text) if node.is_plain else node.text
        if not isinstance(value, str):
            self._source.texts[path] = node.text
        return value

    def _fill(self, data: dict[str, Any], node: Node, path: Path, used: int | None, depth: int) -> None:
        """Put the parts of a mapping into `data`; those that it merges give way to its own."""
        merges: list[Node] = []
        written: dict[str, int] = {}
        children = node.children or []
        for key, child in zip(children[::2], children[1::2], strict=True):
            place = (*path, key.text)
            self._pay(key, used, depth)
            if key.is_plain and key.text == MERGE and not merges:
                self._keep_comment(key, place, used)
                merges.append(child)
            elif key.is_plain and key.text == MERGE:
                self._fault(path, "takes in by << twice", "Write one list: <<: [*one, *other]", key, used)
            elif key.refusal or key.is_alias or key.children is not None:
                what, cure = key.refusal or _NO_NAME
                self._fault(path, what, cure, key, used)
            elif not path and key.text.startswith(OWN):
                continue
            elif key.text in written:
                what = f"is written on line {written[key.text]} already"
                self._fault(place, what, "Keep one of the two", key, used)
            else:
                written[key.text] = key.line
                if key.text in data:
                    self._look_at(child, place, used, depth)
                else:
                    self._source.spots[place] = Spot(self._source.file, key.line, used, key.column)
                    self._keep_comment(key, place, used)
                    data[key.text] = self.data(child, place, used, depth + 1)
        for child in merges:
            for each, line in self._mappings(child, path, used):
                self._pay(each, line, depth + 1)
                self._fill(data, each, path, line, depth + 1)

    def _look_at(self, node: Node, path: Path, used: int | None, depth: int) -> None:
        """Find what is wrong with a part that gives way to another of its name, and keep nothing of it."""
        source = self._source
        spots, texts, comments = source.spots, source.texts, source.comments
        source.spots, source.texts, source.comments = {}, {}, {}
        try:
            self.data(node, path, used, depth + 1)
        finally:
            source.spots, source.texts, source.comments = spots, texts, comments

    def _mappings(self, node: Node, path: Path, used: int | None) -> Iterator[tuple[Node, int | None]]:
        """What a merge key takes in: a mapping or several, each spelled out or by an alias."""
        is_list = not node.is_alias and node.children is not None and not node.is_mapping
        for each in (node.children or []) if is_list else [node]:
            target = each.target if each.is_alias else each
            if each.refusal:
                self._fault(path, *each.refusal, each, used)
            elif target is None or not target.is_mapping:
                self._fault(path, "takes in by << what is no mapping", "Write <<: *name of a mapping", each, used)
            if target is not None and target.is_mapping:
                yield target, (used or each.line) if each.is_alias else used

    def _fault(self, path: Path, what: str, cure: str, node: Node, used: int | None) -> None:
        if len(self._source.faults) <= MOST_PROBLEMS:
            self._source.faults.append(
                Fault(path, what, cure, spot=Spot(self._source.file, node.line, used, node.column))
            )

    def _pay(self, node: Node, used: int | None, depth: int) -> None:
        if used is not None:
            self._budget.parts -= 1
            self._budget.size -= len(node.text)
            if self._budget.parts < 0 or self._budget.size < 0:
                raise Refused(used, "becomes too large when its aliases are written out", "Repeat less by alias")
        if depth > DEEPEST:
            raise Refused(used or node.line, "is nested too deeply by its aliases", f"Keep to {DEEPEST} levels")


_NO_NAME = ("a mapping, a list or an alias stands where a name is due", "Write a name before the colon")


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
