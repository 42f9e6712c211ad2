"""A node that asks another system what it knows: of the caller, or of what he typed."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from agi.flow.deciding import Values
from agi.flow.forms import PromptName, Seconds, Truth, Way, Word
from agi.flow.nodes import FAILURE, NOTHING, Node
from agi.flow.steps import VARIABLE, VARIABLE_CURE
from agi.flow.ways import SLUG, Edge

NOT_FOUND = "not_found"
PLACE = re.compile(r"[A-Za-z0-9_-]{1,40}(?:\.[A-Za-z0-9_-]{1,40}){0,9}")
PLACE_CURE = "Write names in the answer, the outer one first, with dots between them: customer.tier"
CONNECTION_CURE = "Name a connection of the settings"
LONGEST_TEXT = 80
"""Characters that a variable holds of an answer."""
LEAST_SECONDS, MOST_SECONDS = 0.5, 20.0


class Untrue(ValueError):
    """An answer that is not of the kind that was asked for. Nothing of it stands in the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected(Node):
    """Speaks with another system, by a connection that has a name. `send`: what the connection calls a value -> the
    variable that holds it."""

    source: Annotated[str, Word(SLUG, CONNECTION_CURE)]
    send: Annotated[Mapping[str, str], Values(VARIABLE, VARIABLE_CURE)]
    failure: Annotated[Edge, Way()]
    deadline_seconds: Annotated[float, Seconds(LEAST_SECONDS, MOST_SECONDS)] = 5.0

    @property
    def about(self) -> str:
        return self.source

    def told(self) -> frozenset[str]:
        """Names of what the connection is told."""
        return frozenset(self.send)

    def reads(self) -> Iterator[tuple[str, str]]:
        yield from ((f"send.{name}", variable) for name, variable in self.send.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup(Connected):
    """Asks what another system knows, and goes on by whether something was found.

    `into`: variable -> where its value stands in the answer; one that the answer does not have is "", and all of them
    are where nothing was found. `prompt` is heard whole meanwhile. What is `secret` is told to nobody.
    """

    kind: ClassVar[str] = "lookup"
    into: Annotated[Mapping[str, str], Values(PLACE, PLACE_CURE)]
    found: Annotated[Edge, Way()]
    not_found: Annotated[Edge, Way()]
    prompt: Annotated[str | None, PromptName()] = None
    secret: Annotated[bool, Truth()] = False

    @property
    def is_secret(self) -> bool:
        return self.secret

    def gives(self) -> Iterator[tuple[str, str]]:
        yield from ((f"into.{name}", name) for name in self.into)

    def replies(self, wanted: Mapping[str, Collection[str]] = NOTHING) -> Iterator[object]:
        plain = {name: _none_of(wanted.get(name, ())) for name in self.into}
        yield self._answering(plain)
        for name in self.into:
            yield from (self._answering({**plain, name: value}) for value in wanted.get(name, ()))
        yield from (NOT_FOUND, FAILURE)

    def _answering(self, values: Mapping[str, str]) -> object:
        """An answer with these values of variables, as far as it can have them all."""
        document: dict[str, Any] = {}
        for name, value in values.items():
            *outer, last = self.into[name].split(".")
            here: Any = document
            for step in outer:
                here = here.setdefault(step, {}) if isinstance(here, dict) else None
            if isinstance(here, dict):
                here.setdefault(last, value)
        return document or {"found": True}


def document_of(text: str | bytes) -> object:
    """What a system answered, its numbers as they were written. Raises Untrue for what is no JSON."""
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Untrue("is no JSON") from None


def _refuse(constant: str) -> object:
    raise ValueError(constant)


def _none_of(wanted: Collection[str]) -> str:
    """A value that is none of these, and begins with none."""
    return next((digit for digit in "123456789" if not digit.startswith(tuple(wanted))), "")


def is_nothing(document: object) -> bool:
    """Does an answer say that there is nothing?"""
    return document is None or document == {} or document == []


def values_of(document: object, into: Mapping[str, str]) -> dict[str, str]:
    """The values of variables in an answer. Raises Untrue where a value is none that a variable can hold."""
    return {name: _text(_at(document, place)) for name, place in into.items()}


def _at(document: object, place: str) -> object:
    for step in place.split("."):
        match document:
            case Mapping():
                document = document.get(step)
            case list() if step.isascii() and step.isdigit():
                document = document[int(step)] if int(step) < len(document) else None
            case None:
                return None
            case _:
                raise Untrue("has a plain value where others are looked for in it")
    return document


def _text(value: object) -> str:
    """In one line of what can be seen."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            seen = unicodedata.normalize("NFC", str(value))
        case _:
            raise Untrue("has a whole object for a value")
    seen = " ".join("".join(each if each.isprintable() else " " for each in seen).split())
    if len(seen) > LONGEST_TEXT:
        raise Untrue("has a value that is too long")
    return seen
