"""A node that says a text in which variables stand, made while the caller waits for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from agi.errors import Problem
from agi.flow.forms import Form, Seconds, Way
from agi.flow.nodes import Node
from agi.flow.reading import LANGUAGE_CURE, NO_LANGUAGE, Reader
from agi.flow.spoken import LONGEST_TEXT, fault_of_text
from agi.flow.steps import VARIABLE
from agi.flow.ways import LANGUAGE, Edge, base_language

_HOLE = re.compile(r"{([^{}]*)}")
TEXT_CURE = f"Write words, {LONGEST_TEXT} characters at most, and variables as {{balance}}"


def fault_of_template(text: str) -> str:
    """Why a text with variables cannot be said; "" if it can."""
    if fault := fault_of_text(text):
        return fault
    for name in _HOLE.findall(text):
        if not VARIABLE.fullmatch(name):
            return f"has {{{name[:30]}}}, which is no variable's name"
    return "has a brace that belongs to no variable" if re.search("[{}]", _HOLE.sub("", text)) else ""


class Templates(Form[Mapping[str, str]]):
    """Languages, each with a text."""

    def read(self, reader: Reader, table: Mapping[str, Any], name: str, where: str) -> Mapping[str, str]:
        where = f"{where}.{name}"
        texts = reader.names(table.get(name), where, LANGUAGE, NO_LANGUAGE, LANGUAGE_CURE)
        for language, text in texts.items():
            fault = fault_of_template(text) if isinstance(text, str) else "is no text"
            if fault:
                reader.note(f"{where}.{language}", fault, TEXT_CURE)
        return {language: str(text) for language, text in texts.items()}

    def write(self, value: Mapping[str, str]) -> Any:
        return dict(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speak(Node):
    """Says a text, whole, with what variables hold in place of their names in braces, and goes on.

    It is made within `deadline_seconds`. What cannot be said (a variable that holds nothing or is secret, a voice that
    takes too long) takes the way of failure; without one it is passed over.
    """

    kind: ClassVar[str] = "speak"
    text: Annotated[Mapping[str, str], Templates()]
    """Language -> what is said."""
    then: Annotated[Edge, Way()]
    deadline_seconds: Annotated[float, Seconds(0.5, 10)] = 2.0

    def reads(self) -> Iterator[tuple[str, str]]:
        yield from named_in(self.text)

    def tells(self) -> Iterator[tuple[str, str]]:
        yield from self.reads()

    def unsaid(self, languages: Collection[str], default: str) -> Iterator[Problem]:
        yield from unsaid_in(self.text, languages, default)


def said_in(texts: Mapping[str, str], language: str, default: str) -> str:
    """The language that callers in this one hear: it, its base language, or the flow's own; "": none is there."""
    return next((each for each in (language, base_language(language), default) if each in texts), "")


def named_in(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Variables that stand in the part `text` of a node, each after its path."""
    for language, text in texts.items():
        yield from ((f"text.{language}", name) for name in dict.fromkeys(_HOLE.findall(text)))


def unsaid_in(texts: Mapping[str, str], languages: Collection[str], default: str) -> Iterator[Problem]:
    """What callers in these languages do not get of the part `text` of a node."""
    for language in sorted(languages):
        said = said_in(texts, language, default)
        if not said:
            yield Problem("text", f"says nothing to callers in {language}", f"Add a text for {language}")
        elif base_language(said) != base_language(language):
            what = f"is not said in {language}, its callers hear it in {default}"
            yield Problem("text", what, f"Add a text for {language}", is_warning=True)


def filled(template: str, value: Callable[[str], str]) -> str:
    """The text with what variables hold; "" if one of them holds nothing, or the whole cannot be said."""
    values = {name: value(name) for name in _HOLE.findall(template)}
    text = _HOLE.sub(lambda found: values[found[1]], template)
    return text if all(values.values()) and not fault_of_text(text) else ""
