"""What holds around a dialog: handlers of events, properties, names of variables, from the inside out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from agi.flow.steps import VARIABLE
from agi.flow.ways import LANGUAGE
from cordboard.documents.problems import listed, shown
from cordboard.voicexml.expressions import SPOKEN, seconds, truth
from cordboard.voicexml.findings import Findings, chain
from cordboard.voicexml.made import Label
from cordboard.voicexml.tree import Element, descendants

HANDLERS = ("catch", "noinput", "nomatch", "help", "error")
ASKING = {"noinput": "no_input", "nomatch": "wrong_input"}
"""How an attempt to answer can fail: the event, and the part of a menu."""
ALL = "."
"""An event that stands for all of them."""
_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_DOT = re.compile(r"\.")
_LONGEST_VARIABLE = 30
_UNSAID = "en"
"""The language of a document that says none."""


@dataclass(frozen=True, slots=True)
class Handler:
    """What is done at the `count`th event of a kind."""

    element: Element
    count: int


class Names:
    """Variables by the names that documents have for them: each has one of the company file, wherever it stands. What a
    subdialog brings back, `check.pin`, is the `pin` that it returned."""

    def __init__(self, documents: Iterable[Element] = ()) -> None:
        self._subdialogs = {
            each.attributes.get("name", "").strip()
            for document in documents
            for each in descendants(document)
            if each.name == "subdialog"
        }
        self._names: dict[str, str] = {"caller": "caller", SPOKEN: SPOKEN}
        self._given = set(self._names)

    def of(self, name: str) -> str:
        subdialog, _, returned = name.partition(".")
        if returned and subdialog in self._subdialogs:
            return self.of(returned)
        if name not in self._names:
            words = name if VARIABLE.fullmatch(name) else "_".join(_WORDS.findall(name)).lower()
            plain = (words if words[:1].isalpha() else f"v_{words}")[:_LONGEST_VARIABLE].rstrip("_")
            number, free = 1, plain
            while free in self._given or not VARIABLE.fullmatch(free):
                number += 1
                free = f"{plain[: _LONGEST_VARIABLE - 3]}_{number}"
            self._names[name] = free
            self._given.add(free)
        return self._names[name]

    def same(self, name: str, other: str) -> None:
        """One of them holds what the other does, from the beginning."""
        if name not in self._names:
            self._names[name] = self.of(other)


@dataclass(slots=True)
class Work:
    """What all who read the documents share."""

    findings: Findings
    documents: Mapping[str, Element]
    dialogs: dict[tuple[str, str], Label]
    """(file, id) -> dialog."""
    places: Mapping[str, Mapping[str, str]]
    """URI -> place of the company that it is."""
    connections: Mapping[str, str]
    """URI -> the connection that is told by it."""
    languages: Mapping[str, str]
    listens: bool
    """Are words listened for?"""
    names: Names = field(init=False)
    _by_event: dict[Element, dict[str, list[tuple[int, Element]]]] = field(default_factory=dict)
    """Element -> event that its handlers name -> these, each with its place among them: there may be thousands."""

    def __post_init__(self) -> None:
        self.names = Names(self.documents.values())

    def around(self, element: Element) -> Iterator[Element]:
        """What an element stands in, from the inside out, and the root document of its application last."""
        above = list(chain(element))
        yield from above
        root = self.application(above[-1])
        if root is not None:
            yield root

    def application(self, document: Element) -> Element | None:
        """The root document that a document names, if it is among those that are read."""
        named = document.attributes.get("application", "").strip()
        found = self.documents.get(self.file_of(named, document.file)) if named else None
        return found if found is not document else None

    def file_of(self, uri: str, file: str) -> str:
        """The document that a URI without its fragment means, seen from a file; "" if it is none of those that are
        read."""
        if not uri:
            return file
        same = [name for name in self.documents if _last(name) == _last(uri)]
        return same[0] if len(same) == 1 else ""

    # --- properties ---------------------------------------------------------------------------------------------------

    def property(self, element: Element, name: str) -> Element | None:
        for around in self.around(element):
            for each in reversed(around.children("property")):
                if each.attributes.get("name", "").strip() == name:
                    each.enter()
                    each.take("name")
                    return each
        return None

    def seconds(self, element: Element, name: str, least: float, most: float) -> float | None:
        """A property that is a time, within what a menu takes."""
        found = self.property(element, name)
        return self.time(found, "value", least, most) if found else None

    def time(self, element: Element, attribute: str, least: float, most: float) -> float | None:
        """An attribute that is a time, within what a menu takes."""
        text = element.take(attribute)
        given = seconds(text) if text else None
        if text and given is None:
            self.findings.of_attribute(element, attribute, "is no time", "Write it as 6s or 500ms")
        if given is None:
            return None
        kept = min(max(given, least), most)
        if kept != given:
            what = f"is kept as {kept:g} seconds"
            self.findings.of_attribute(element, attribute, what, f"Times there are {least:g} to {most:g} seconds")
        return int(kept) if kept.is_integer() else kept

    def may_be_stopped(self, prompt: Element) -> bool:
        """Does a key stop this prompt?"""
        if "bargein" in prompt.attributes:
            return self.flag(prompt, "bargein")
        found = self.property(prompt, "bargein")
        return True if found is None else self.flag(found, "value")

    def flag(self, element: Element, attribute: str) -> bool:
        """An attribute that is true or false; true where it is neither, which is told."""
        given = truth(element.take(attribute))
        if given is None:
            self.findings.of_attribute(element, attribute, "is neither true nor false", "It is taken as true")
        return given is not False

    # --- handlers -----------------------------------------------------------------------------------------------------

    def handlers(self, element: Element, event: str) -> Iterator[Handler]:
        """Those that an event in an element is for, the nearest first."""
        for around in self.around(element):
            for each in self._handlers_in(around, event):
                if each.attributes.get("cond", "true").strip() != "true":
                    self.findings.of_element(each, "counts only sometimes", "Write without cond what is to happen")
                    continue
                count = each.attributes.get("count", "1").strip()
                if not count.isdecimal() or int(count[:4]) < 1:
                    self.findings.of_element(each, "counts from no number", "Write count as a whole number from 1 on")
                    continue
                yield Handler(each, int(count[:4]))

    def _handlers_in(self, around: Element, event: str) -> list[Element]:
        """Those in an element that name an event, what it is a kind of, or all of them, in their order."""
        known = self._by_event.get(around)
        if known is None:
            known = self._by_event[around] = {}
            for place, each in enumerate(around.children(*HANDLERS)):
                for name in _events(each):
                    known.setdefault(name, []).append((place, each))
        names = (ALL, event, *(event[: dot.start()] for dot in _DOT.finditer(event)))
        found = dict(each for name in names for each in known.get(name, ()))
        return [found[place] for place in sorted(found)]

    def handler(self, element: Element, event: str, count: int = 1) -> Element | None:
        """What is done at the `count`th event of a kind: that of the highest count that is reached, the nearest of
        several."""
        found = [each for each in self.handlers(element, event) if each.count <= count]
        best = max(found, key=lambda each: each.count, default=None)  # the first of several, which is the nearest
        return best.element if best else None

    def take(self, handler: Element, event: str) -> Element:
        """Something is made of a handler, for this event."""
        for name in ("event", "count", "cond"):
            handler.take(name)
        others = [each for each in _events(handler) if each not in (*ASKING, event)]
        if others:
            what = f"is for {listed(others)} too, which nothing here leads to"
            self.findings.note(handler, what, "Write by hand what callers need of it")
        return handler.enter()

    # --- languages ----------------------------------------------------------------------------------------------------

    def language(self, element: Element) -> str:
        """What is spoken by an element, as Asterisk calls it."""
        for around in self.around(element):
            if named := around.take("xml:lang"):
                if LANGUAGE.fullmatch(found := self.as_here(named)):
                    return found
                self.findings.of_attribute(around, "xml:lang", "is not a language", "What is spoken around it is taken")
        return _UNSAID

    def as_here(self, named: str) -> str:
        """`pt-BR` -> `pt_BR`, `fr-FR` -> `fr`, unless something else was said."""
        if named in self.languages:
            return self.languages[named]
        base, _, country = named.replace("_", "-").partition("-")
        if not country or country.lower() == base.lower() or (base.lower(), country.upper()) == ("en", "US"):
            return base.lower()
        return f"{base.lower()}_{country.upper()}"


def _events(handler: Element) -> list[str]:
    if handler.name != "catch":
        return [handler.name]
    return handler.attributes.get("event", ALL).split()


def _last(uri: str) -> str:
    """The name of a file, without folders and query."""
    return shown(uri.partition("?")[0].rstrip("/").rpartition("/")[2])
