"""Nodes that know what a call knows: they give variables values, and lead on by them.

A variable is what was collected or set under its name, "" before that; `caller` is the caller's number (`unknown` if it
is withheld), `language` what is spoken to him.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from agi.errors import Problem
from agi.flow.forms import WAY, Form, Way, Word, Words
from agi.flow.nodes import Node
from agi.flow.reading import Reader
from agi.flow.steps import NO_VARIABLE, VARIABLE, VARIABLE_CURE
from agi.flow.ways import Edge

VALUE = re.compile(r"[A-Za-z0-9_+*#.-]{1,40}")
VALUE_CURE = "Write letters, digits and _ + * # . -, 40 at most"


@dataclass(frozen=True, slots=True)
class Case:
    """Where a call goes whose variable is one of some values, or begins with one of some others."""

    then: Edge
    values: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()

    def holds(self, value: str) -> bool:
        return value in self.values or value.startswith(self.prefixes)


class Cases(Form[tuple[Case, ...]]):
    _TEXTS = Words(VALUE, VALUE_CURE)

    def read(self, reader: Reader, table: Mapping[str, Any], name: str, where: str) -> tuple[Case, ...]:
        return tuple(self._case(reader, *each) for each in reader.tables(table.get(name), f"{where}.{name}"))

    def _case(self, reader: Reader, table: Mapping[str, Any], where: str) -> Case:
        reader.only(table, where, "is", "begins", "then")
        texts = {
            name: self._TEXTS.read(reader, table, name, where) if name in table else () for name in ("is", "begins")
        }
        return Case(reader.edge(table, "then", where), texts["is"], texts["begins"])

    def write(self, value: tuple[Case, ...]) -> Any:
        return [
            {
                **({"is": list(case.values)} if case.values else {}),
                **({"begins": list(case.prefixes)} if case.prefixes else {}),
                "then": WAY.write(case.then),
            }
            for case in value
        ]

    def edges(self, value: tuple[Case, ...]) -> Iterator[tuple[str, Edge]]:
        yield from ((f"{place}.then", case.then) for place, case in enumerate(value))

    def led(self, value: tuple[Case, ...], lead: Callable[[Edge], Edge]) -> tuple[Case, ...]:
        return tuple(replace(case, then=lead(case.then)) for case in value)


@dataclass(frozen=True)
class Values(Form[Mapping[str, str]]):
    """Names as variables have them, each with a text of one shape: the value that it gets."""

    pattern: re.Pattern[str] = VALUE
    cure: str = VALUE_CURE

    def read(self, reader: Reader, table: Mapping[str, Any], name: str, where: str) -> Mapping[str, str]:
        where = f"{where}.{name}"
        written = reader.names(table.get(name), where, VARIABLE, NO_VARIABLE, VARIABLE_CURE)
        return {each: str(reader.text(written, each, where, self.pattern, self.cure)) for each in written}

    def write(self, value: Mapping[str, str]) -> Any:
        return dict(value)


@dataclass(frozen=True, slots=True)
class Assign(Node):
    """Gives variables values, and goes on."""

    kind: ClassVar[str] = "set"
    is_instant: ClassVar[bool] = True
    values: Annotated[Mapping[str, str], Values()]
    then: Annotated[Edge, Way()]

    def gives(self) -> Iterator[tuple[str, str]]:
        yield from ((f"values.{name}", name) for name in self.values)

    def problems(self, schedules: Collection[str]) -> Iterator[Problem]:
        if not self.values:
            yield Problem("values", "sets nothing", "Name a variable and its value, or lead on without this")


@dataclass(frozen=True, slots=True)
class Condition(Node):
    """Leads on by the first of its cases that holds for a variable, or otherwise."""

    kind: ClassVar[str] = "condition"
    is_instant: ClassVar[bool] = True
    variable: Annotated[str, Word(VARIABLE, VARIABLE_CURE)]
    cases: Annotated[tuple[Case, ...], Cases()]
    otherwise: Annotated[Edge, Way()]

    @property
    def about(self) -> str:
        return self.variable

    def way_of(self, value: str) -> str:
        """The way that a call takes whose variable has this value."""
        held = next((place for place, case in enumerate(self.cases) if case.holds(value)), None)
        return "otherwise" if held is None else f"cases.{held}.then"

    def reads(self) -> Iterator[tuple[str, str]]:
        yield "variable", self.variable

    def asks_for(self) -> Iterator[tuple[str, str]]:
        for case in self.cases:
            yield from ((self.variable, value) for value in (*case.values, *case.prefixes))

    def problems(self, schedules: Collection[str]) -> Iterator[Problem]:
        if not self.cases:
            yield Problem("cases", "leads everybody the same way", "Write a case, or lead on without this")
        for place, case in enumerate(self.cases):
            if not case.values and not case.prefixes:
                yield Problem(f"cases.{place}", "never holds", "Write is or begins, with values")
