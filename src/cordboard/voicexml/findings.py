"""What was not made of a document: each element and attribute with its line, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cordboard.documents.problems import shown
from cordboard.voicexml.tree import Element

_SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}"
_NAMING = ("id", "name", "dtmf")
_NOTHING_FOR_CALLERS = {
    "meta": "says something of the document, and nothing to callers",
    "metadata": "says something of the document, and nothing to callers",
    "log": "is written to the platform's log; the facts of a call tell its way here",
}
_UNKNOWN = {
    "script": "is a program; a menu here has none",
    "object": "is an extension of a platform",
    "initial": "asks for several answers at once; here they are asked one after the other",
    "link": "listens everywhere at once; here each menu has its own keys",
    "help": "answers a spoken request for help; on a phone give it a key",
    "error": "handles errors of the platform; steps have their own way failure",
    "catch": "is for events that nothing here leads to",
    "noinput": "counts for nothing that asks, or does more than say something or lead on",
    "nomatch": "counts for nothing that asks, or does more than say something or lead on",
    "property": "is not known here, or counts for nothing that asks",
}


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something that is not in the company file as it stood in the document. `about`: `<field name="pin">`."""

    file: str
    line: int
    about: str
    what: str
    cure: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.about}: {self.what}. {self.cure}."


class Findings:
    """The book of what was told. What is neither taken nor told when it is closed is told then."""

    def __init__(self) -> None:
        self._found: list[Finding] = []

    def of_attribute(self, element: Element, name: str, what: str, cure: str) -> None:
        """Tell an attribute. It need not be taken."""
        element.taken.add(name)
        about = f'{_tag(element)} {shown(name)}="{shown(element.attributes.get(name, ""))}"'
        self._found.append(Finding(element.file, element.line, about, what, cure))

    def of_element(self, element: Element, what: str, cure: str) -> None:
        """Tell an element of which nothing is made, with all that is in it."""
        element.is_told = True
        self.note(element, what, cure)

    def note(self, element: Element, what: str, cure: str) -> None:
        """Tell something of an element, of which something is made nevertheless."""
        self._found.append(Finding(element.file, element.line, _tag(element), what, cure))

    def closed(self, roots: Iterable[Element]) -> tuple[Finding, ...]:
        """Everything, in the order of documents and lines."""
        every = list(roots)
        for root in every:
            self._rest(root)
        order = {root.file: place for place, root in enumerate(every)}
        return tuple(sorted(dict.fromkeys(self._found), key=lambda each: (order[each.file], each.line)))

    def _rest(self, element: Element) -> None:
        if element.is_told:
            return
        if not element.is_taken:
            what, cure = _not_taken(element.name)
            self.of_element(element, what, cure)
            return
        for name in element.attributes.keys() - element.taken:
            if not name.startswith(_SCHEMA):
                self.of_attribute(element, name, "is not understood", "Nothing was made of it; see whether it matters")
        if element.has_text and not element.is_text_taken:
            self.note(element, "holds text that is not understood", "Nothing was made of it; see whether it matters")
        for child in element.children():
            self._rest(child)


def _not_taken(name: str) -> tuple[str, str]:
    if name in _NOTHING_FOR_CALLERS:
        return _NOTHING_FOR_CALLERS[name], "Nothing is to be done"
    return _UNKNOWN.get(name, "is not understood here"), "Nothing was made of it; write by hand what callers need of it"


def _tag(element: Element) -> str:
    named = [f' {name}="{shown(element.attributes[name])}"' for name in _NAMING if name in element.attributes]
    return f"<{shown(element.name)}{''.join(named[:1])}>"


def chain(element: Element | None) -> Iterator[Element]:
    """An element and those that it stands in, from the inside out."""
    while element is not None:
        yield element
        element = element.above
