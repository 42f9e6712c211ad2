"""Comments by the place that they have in an export: found there again whatever was written otherwise, or in its way.

A place goes by names: keys, and in lists what tells one part from another, so that comments follow where parts are
added and taken out.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cordboard.documents.problems import Path
from cordboard.store.values import Comment, Comments

_TELLING = ("number", "prefix", "after")
"""By what mappings of a list are told from each other; by their position where they have none of it."""


def named(container: Any) -> Iterator[tuple[str, Any]]:
    """The parts of a mapping or list, each with what comments know it by; of anything else there are none."""
    if isinstance(container, Mapping):
        yield from ((str(key), part) for key, part in container.items())
    elif isinstance(container, list):
        taken: set[str] = set()
        for position, part in enumerate(container):
            name = _name(part) or f"[{position}]"
            while name in taken:
                name += f"[{position}]"
            taken.add(name)
            yield name, part


def _name(part: Any) -> str:
    if isinstance(part, Mapping):
        return next((f"{key} {part[key]}" for key in _TELLING if key in part), "")
    return "" if isinstance(part, list) else str(part)


def placed(found: Mapping[Path, Comment], data: Any, document: Any) -> dict[tuple[str, ...], Comment]:
    """What was noted in `data`, for the same said as in `document`. Where that leaves a part out, what was noted there
    stands below the last part of what is around it."""
    written = _Parts(data)
    return fitted(((written.names(path), comment) for path, comment in found.items()), document)


def fitted(found: Iterable[tuple[tuple[str, ...], Comment]], document: Any) -> dict[tuple[str, ...], Comment]:
    """The same of comments that go by names already."""
    known = _Parts(document)
    comments: dict[tuple[str, ...], list[Comment]] = {}
    for names, comment in found:
        for place, part in _fitted(names, comment, known):
            comments.setdefault(place, []).append(part)
    joined = {place: Comment.of(parts) for place, parts in comments.items()}
    return {place: comment for place, comment in joined.items() if comment != Comment()}


def still_there(comments: Comments, document: Any) -> dict[tuple[str, ...], Comment]:
    """Those whose parts a document has."""
    known = _Parts(document)
    return {path: comment for path, comment in comments.items() if known.holds(path)}


class _Parts:
    """The parts of a document by their names. Each list and mapping is looked through once."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._known: dict[int, dict[str, Any]] = {}
        self._orders: dict[int, list[str]] = {}

    def of(self, container: Any) -> dict[str, Any]:
        parts = self._known.get(id(container))
        if parts is None:
            parts = self._known[id(container)] = dict(named(container))
        return parts

    def names(self, path: Path) -> tuple[str, ...]:
        """The path of a part of this document, with names for positions; it may go on where there is none."""
        names: list[str] = []
        part = self._document
        for step in path:
            names.append(self._order(part)[step] if isinstance(step, int) else step)
            part = self.of(part).get(names[-1])
        return tuple(names)

    def _order(self, container: Any) -> list[str]:
        order = self._orders.get(id(container))
        if order is None:
            order = self._orders[id(container)] = list(self.of(container))
        return order

    def along(self, names: tuple[str, ...]) -> Iterator[Any]:
        """The document and its parts along a path, as far as it leads."""
        part = self._document
        yield part
        for name in names:
            parts = self.of(part)
            if name not in parts or (isinstance(part, list) and isinstance(parts[name], list)):
                return
            part = parts[name]
            yield part

    def holds(self, names: tuple[str, ...]) -> bool:
        return sum(1 for _ in self.along(names)) == len(names) + 1


def _fitted(names: tuple[str, ...], comment: Comment, known: _Parts) -> Iterator[tuple[tuple[str, ...], Comment]]:
    """Where there is room for it: only what holds something has a line below its last part, and the first part of a
    mapping in a list has none above."""
    parts = list(known.along(names))
    place, part = names[: len(parts) - 1], parts[-1]
    before, beside, after = comment.before, comment.beside, comment.after
    if len(place) < len(names):
        before, beside, after = (), "", (*before, *((beside,) if beside else ()), *after)
    if after and place and not (known.of(part) or (len(place) == 1 and isinstance(part, Mapping | list))):
        before, after = (*before, *after), ()
    above = place
    if len(parts) > 2 and isinstance(parts[-3], list) and next(iter(known.of(parts[-2])), None) == place[-1]:
        above = place[:-1]
    yield above, Comment(before=before)
    yield place, Comment(beside=beside, after=after)


class Remarks:
    """The comments of a part (`own`) and those inside it, for who writes it."""

    __slots__ = ("_below", "own")

    def __init__(self) -> None:
        self.own = Comment()
        self._below: dict[str, Remarks] = {}

    @classmethod
    def of(cls, comments: Comments) -> "Remarks":
        whole = cls()
        for path, comment in comments.items():
            one = whole
            for name in path:
                one = one._below.setdefault(name, cls())
            one.own = comment
        return whole

    def at(self, name: str) -> "Remarks":
        return self._below.get(name, NOTHING)

    @property
    def are_inside(self) -> bool:
        """Is there any that needs lines between those of its parts?"""
        return bool(self._below or self.own.after)

    def above(self, indent: int) -> Iterator[str]:
        yield from (f"{' ' * indent}#{line}" for line in self.own.before)

    @property
    def beside(self) -> str:
        """What is added to its line."""
        return f"  #{self.own.beside}" if self.own.beside else ""

    def below(self, indent: int) -> Iterator[str]:
        yield from (f"{' ' * indent}#{line}" for line in self.own.after)

    def __bool__(self) -> bool:
        return self.are_inside or self.own != Comment()


NOTHING = Remarks()
