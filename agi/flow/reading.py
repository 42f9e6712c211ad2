"""Reads plain data to its end whatever is wrong with it, noting each problem with its path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from agi.errors import Problem
from agi.flow.ways import LANGUAGE, NODE_ID, NUMBER, NUMBER_CURE, SLUG, Edge, Retry, Target, TargetKind

Item = TypeVar("Item")
NO_LANGUAGE = "is not a language"
LANGUAGE_CURE = "Write a code such as fr or pt_BR"
NOWHERE = Edge(Target(TargetKind.HANGUP))


class Reader:
    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def note(self, where: str, what: str, cure: str) -> None:
        self.problems.append(Problem(where or "flow", what, cure))

    # --- plain values -------------------------------------------------------------------------------------------------

    def mapping(self, value: object, where: str) -> Mapping[str, Any]:
        if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
            return value
        self.note(where, "is not a mapping", "Write names with a value each")
        return {}

    def names(self, value: object, where: str, pattern: re.Pattern[str], what: str, cure: str) -> Mapping[str, Any]:
        """A mapping whose names are of one shape; `what` is said of those that are not."""
        found = self.mapping(value, where)
        for name in found:
            if not pattern.fullmatch(name):
                self.note(f"{where}.{name}", what, cure)
        return found

    def tables(self, value: object, where: str) -> Iterator[tuple[Mapping[str, Any], str]]:
        """The mappings of a list, each with its path."""
        for place, each in enumerate(self.items(value, where)):
            yield self.mapping(each, f"{where}.{place}"), f"{where}.{place}"

    def items(self, value: object, where: str) -> list[Any]:
        if isinstance(value, list):
            return value
        self.note(where, "is not a list", "Write a list")
        return []

    def only(self, table: Mapping[str, Any], where: str, *known: str) -> None:
        for name in table:
            if name not in known:
                self.note(f"{where}.{name}".strip("."), "is not known here", f"Known are {', '.join(known)}")

    def text(
        self,
        table: Mapping[str, Any],
        name: str,
        where: str,
        pattern: re.Pattern[str],
        cure: str,
        default: Any = ...,
    ) -> Any:
        value = table.get(name, default)
        if value is default and default is not ...:
            return default
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        self.note(f"{where}.{name}".strip("."), "is missing" if value is ... else "is not valid", cure)
        return ""

    def seconds(self, table: Mapping[str, Any], name: str, where: str, low: float, high: float) -> float:
        value = table.get(name)
        # Not a number is in no range either.
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        self.note(f"{where}.{name}", "is out of range", f"Write a number of seconds from {low:g} to {high:g}")
        return low

    def whole(self, table: Mapping[str, Any], name: str, where: str, low: int, high: int) -> int:
        value = table.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.note(f"{where}.{name}", "is out of range", f"Write a whole number from {low} to {high}")
        return low

    def truth(self, table: Mapping[str, Any], name: str, where: str) -> bool:
        value = table.get(name)
        if isinstance(value, bool):
            return value
        self.note(f"{where}.{name}", "is neither true nor false", "Write true or false")
        return False

    def named(
        self,
        table: Mapping[str, Any],
        room: str,
        pattern: re.Pattern[str],
        read: Callable[[str, object, str], Item | None],
    ) -> dict[str, Item]:
        read_items: dict[str, Item] = {}
        cure = "Begin with a small letter; then small letters, digits and -"
        for name, value in self.names(table.get(room, {}), room, pattern, "is not a valid id", cure).items():
            item = read(name, value, f"{room}.{name}")
            if item is not None:
                read_items[name] = item
        return read_items

    # --- parts of nodes -----------------------------------------------------------------------------------------------

    def language(self, table: Mapping[str, Any], where: str, default: str | None = None) -> str | None:
        value: str | None = self.text(table, "language", where, LANGUAGE, LANGUAGE_CURE, default)
        return value

    def prompt_name(self, table: Mapping[str, Any], name: str, where: str) -> str | None:
        named: str | None = self.text(table, name, where, SLUG, "Name one of the prompts, or write null", None)
        return named

    def retry(self, table: Mapping[str, Any], name: str, where: str) -> Retry:
        where = f"{where}.{name}"
        written = self.mapping(table.get(name), where)
        self.only(written, where, "tries", "prompt", "then")
        tries = self.whole(written, "tries", where, 1, 9)
        return Retry(tries, self.edge(written, "then", where), self.prompt_name(written, "prompt", where))

    def edge(self, table: Mapping[str, Any], name: str, where: str) -> Edge:
        where = f"{where}.{name}"
        if name not in table:
            self.note(where, "is missing", "Say where the call goes")
            return NOWHERE
        written = self.mapping(table[name], where)
        self.only(written, where, "kind", "id", "language")
        try:
            kind = TargetKind(written.get("kind", ""))
        except ValueError:
            self.note(f"{where}.kind", "is not a place to go to", f"Write one of {', '.join(TargetKind)}")
            return NOWHERE
        target_id = ""
        if kind.has_id:
            pattern, cure = (NODE_ID if kind.names_node else SLUG), f"Write the id of the {kind}"
            if kind is TargetKind.EXTERNAL:
                pattern, cure = NUMBER, NUMBER_CURE
            target_id = self.text(written, "id", where, pattern, cure)
        elif "id" in written:
            self.note(f"{where}.id", f"means nothing for {kind}", "Leave it out")
        return Edge(Target(kind, target_id), self.language(written, where))
