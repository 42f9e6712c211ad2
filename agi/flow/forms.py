"""How the parts of a node are written in a document, and what of each leads on or is heard.

A kind of node is a dataclass whose fields have a form each; reading, writing, ways and prompts follow from them:

    @dataclass(frozen=True, slots=True)
    class Play(Node):
        prompt: Annotated[str | None, PromptName()]
        then: Annotated[Edge, Way()]
        barge_in: Annotated[bool, Truth()] = False
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from agi.flow.reading import LANGUAGE_CURE, Reader
from agi.flow.ways import KEY, LANGUAGE, Edge, Retry

Value = TypeVar("Value")


class Form(Generic[Value]):
    """One part of a node. Paths of edges and prompts are those below the part; "" is the part itself."""

    def read(self, reader: Reader, table: Mapping[str, Any], name: str, where: str) -> Value:
        raise NotImplementedError

    def write(self, value: Value) -> Any:
        return value

    def is_written(self, value: Value) -> bool:
        """Does a document have this part at all?"""
        return True

    def edges(self, value: Value) -> Iterator[tuple[str, Edge]]:
        yield from ()

    def led(self, value: Value, lead: Callable[[Edge], Edge]) -> Value:
        """The same part, each of its edges led elsewhere."""
        return value

    def prompts(self, value: Value) -> Iterator[tuple[str, str]]:
        yield from ()


class Way(Form[Edge]):
    def read(self, reader: Reader, table: Mapping[str, Any], name: str, where: str) -> Edge:
        return reader.edge(table, name, where)

    def write(self, value: Edge) -> Any:
        written: dict[str, Any] = {"kind": str(value.target.kind)}
        if value.target.id:
            written["id"] = value.target.id
        if value.language is not None:
            written["language"] = value.language
        return written

    def edges(self, value: Edge) -> Iterator[tuple[str, Edge]]:
        yield "", value

    def led(self, value: Edge, lead: Callable[[Edge], Edge]) -> Edge:
        return lead(value)


WAY = Way()


class MaybeWay(Form[Edge | None]):
    """A way that there need not be."""

    def read(self, reader: Reader, table: Mapping[str, Any], name: str, where: str) -> Edge | None:
        return reader.edge(table, name, where)

    def write(self, value: Edge | None) -> Any:
        return None if value is None else WAY.write(value)

    def is_written(self, value: Edge | None) -> bool:
        return value is not None

    def edges(self, value: Edge | None) -> Iterator[tuple[str, Edge]]:
        if value is not None:
            yield "", value

    def led(self, value: Edge | None, lead: Callable[[Edge], Edge]) -> Edge | None:
        return None if value is None else lead(value)


class KeyWays(Form[Mapping[str, Edge]]):
    """Keys, each with where it leads."""

    def read(self, reader: Reader, table: Mapping[str, Any], name: str, where: str) -> Mapping[str, Edge]:
        keys = read_keys(reader, table, name, where)
        return {key: reader.edge(keys, key, f"{where}.{name}") for key in keys}

    def write(self, value: Mapping[str, Edge]) -> Any:
        return {key: WAY.write(edge) for key, edge in value.items()}

    def edges(self, value: Mapping[str, Edge]) -> Iterator[tuple[str, Edge]]:
        yield from value.items()

    def led(self, value: Mapping[str, Edge], lead: Callable[[Edge], Edge]) -> Mapping[str, Edge]:
        return {key: lead(edge) for key, edge in value.items()}


class Retrying(Form[Retry]):
    def read(self, reader: Reader, table: Mapping[str, Any], name: str, where: str) -> Retry:
        return reader.retry(table, name, where)

    def write(self, value: Retry) -> Any:
        return {"tries": value.tries, "prompt": value.prompt, "then": WAY.write(value.then)}

    def edges(self, value: Retry) -> Iterator[tuple[str, Edge]]:
        yield "then", value.then

    def led(self, value: Retry, lead: Callable[[Edge], Edge]) -> Retry:
        return replace(value, then=lead(value.then))

    def prompts(self, value: Retry) -> Iterator[tuple[str, str]]:
        if value.prompt is not None:
            yield "prompt", value.prompt


class PromptName(Form[str | None]):
    def read(self, reader: Reader, table: Mapping[str, Any], name: str, where: str) -> str | None:
        return reader.prompt_name(table, name, where)

    def prompts(self, value: str | None) -> Iterator[tuple[str, str]]:
        if value is not None:
            yield "", value


@dataclass(frozen=True)
class Word(Form[str]):
    """A text of one shape."""

    pattern: re.Pattern[str]
    cure: str

    def read(self, reader: Reader, table: Mapping[str, Any], name: str, where: str) -> str:
        return str(reader.text(table, name, where, self.pattern, self.cure))


class Truth(Form[bool]):
    def read(self, reader: Reader, table: Mapping[str, Any], name: str, where: str) -> bool:
        return reader.truth(table, name, where)


@dataclass(frozen=True)
class Seconds(Form[float]):
    low: float
    high: float

    def read(self, reader: Reader, table: Mapping[str, Any], name: str, where: str) -> float:
        return reader.seconds(table, name, where, self.low, self.high)


class SpokenFromHere(Form[str | None]):
    """The part `language`: what is spoken from the node on, if it changes that."""

    def read(self, reader: Reader, table: Mapping[str, Any], name: str, where: str) -> str | None:
        return reader.language(table, where)


def read_keys(reader: Reader, table: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    """A table whose names are what callers press."""
    cure = "Write 1 to 12 of the digits, * and #"
    return reader.names(table.get(name, {}), f"{where}.{name}", KEY, "cannot be typed", cure)


class KeyLanguages(Form[Mapping[str, str]]):
    """Keys, each with the language that it chooses."""

    def read(self, reader: Reader, table: Mapping[str, Any], name: str, where: str) -> Mapping[str, str]:
        keys, where = read_keys(reader, table, name, where), f"{where}.{name}"
        return {key: str(reader.text(keys, key, where, LANGUAGE, LANGUAGE_CURE)) for key in keys}

    def write(self, value: Mapping[str, str]) -> Any:
        return dict(value)


@dataclass(frozen=True)
class Whole(Form[int]):
    low: int
    high: int

    def read(self, reader: Reader, table: Mapping[str, Any], name: str, where: str) -> int:
        return reader.whole(table, name, where, self.low, self.high)


@dataclass(frozen=True)
class MaybeWhole(Form[int | None]):
    """A whole number that there need not be."""

    low: int
    high: int

    def read(self, reader: Reader, table: Mapping[str, Any], name: str, where: str) -> int | None:
        return None if table.get(name) is None else reader.whole(table, name, where, self.low, self.high)

    def is_written(self, value: int | None) -> bool:
        return value is not None


@dataclass(frozen=True)
class Words(Form[tuple[str, ...]]):
    """A list of texts of one shape."""

    pattern: re.Pattern[str]
    cure: str

    def read(self, reader: Reader, table: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
        where = f"{where}.{name}"
        written = {str(place): each for place, each in enumerate(reader.items(table.get(name), where))}
        return tuple(str(reader.text(written, place, where, self.pattern, self.cure)) for place in written)

    def write(self, value: tuple[str, ...]) -> Any:
        return list(value)
