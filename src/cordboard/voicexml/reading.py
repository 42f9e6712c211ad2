"""Documents of VoiceXML -> a part of a company file, where their callers begin, and what is not in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cordboard.documents import Problem
from cordboard.documents.yaml_text import section_text
from cordboard.voicexml.asking import Asking
from cordboard.voicexml.errors import NotRead
from cordboard.voicexml.executable import MOST_MADE, Executable
from cordboard.voicexml.expressions import SPOKEN, literal, variable
from cordboard.voicexml.findings import Finding, Findings
from cordboard.voicexml.forms import Forms
from cordboard.voicexml.here import TooMuch
from cordboard.voicexml.made import Fragment, Label
from cordboard.voicexml.prompts import Speaker
from cordboard.voicexml.scopes import Work
from cordboard.voicexml.tree import Element, read_documents

DIALOGS = ("menu", "form")


@dataclass(frozen=True, slots=True)
class Options:
    """What a document does not say."""

    prefix: str = ""
    """What every id begins with."""
    places: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """URI -> where callers go: {"queue": "sales"}."""
    connections: Mapping[str, str] = field(default_factory=dict)
    """URI -> the connection that is told by it."""
    languages: Mapping[str, str] = field(default_factory=dict)
    """xml:lang -> the language of Asterisk's sounds."""
    listens: bool = False
    """Do menus listen for the words of their choices?"""


@dataclass(frozen=True, slots=True)
class Understood:
    """`sections` are parts of a company file; `starts` says for each document where its callers begin, as a number's
    `target` does."""

    sections: Mapping[str, Mapping[str, Any]]
    starts: Mapping[str, Any]
    findings: tuple[Finding, ...]

    @property
    def text(self) -> str:
        """A file that is imported with the rest of the company."""
        parts = [section_text(name, dict(content)) for name, content in self.sections.items() if content]
        return "\n".join(["cordboard: 1", *parts])


def read_voicexml(files: Sequence[tuple[str, bytes]], options: Options | None = None) -> Understood:
    """Documents by name and content. Raises: NotRead, with everything that keeps them from being read."""
    options = options or Options()
    roots = read_documents(files)
    findings = Findings()
    dialogs: dict[tuple[str, str], Label] = {}
    work = Work(findings, roots, dialogs, options.places, options.connections, options.languages, options.listens)
    labels = [label for name, root in roots.items() for label in _dialogs(name, root, dialogs, findings)]
    executable = Executable(work, Speaker(work))
    asking = Asking(executable)
    forms = Forms(executable, asking)
    try:
        for label in labels:
            label.way = (asking.menu if label.element.name == "menu" else forms.form)(label.element, label)
    except TooMuch as error:
        what = f"becomes more than {MOST_MADE} steps"
        raise NotRead([Problem(next(iter(roots)), 1, "", what, "Read the documents one after the other")]) from error
    for root in roots.values():
        _take_root(work, root)
    fragment = Fragment(findings, options.prefix)
    places = fragment.add(labels)
    starts = {name: places[found] for name in roots if (found := dialogs.get((name, ""))) is not None}
    return Understood(fragment.sections, starts, findings.closed(roots.values()))


def _dialogs(name: str, root: Element, dialogs: dict[tuple[str, str], Label], findings: Findings) -> list[Label]:
    """The dialogs of a document; the first is where callers begin who name none."""
    found: list[Label] = []
    for element in root.children():
        if element.name not in DIALOGS:
            continue
        named = element.enter().take("id")
        label = Label(named or f"{_stem(name)}-{len(found) + 1}", element)
        if named and (name, named) in dialogs:
            findings.of_attribute(element, "id", "is the id of another dialog", "Nobody comes here; give it another")
        else:
            dialogs[name, named] = label
        if not found:
            dialogs[name, ""] = label
        found.append(label)
    if not found:
        findings.note(root, "has no dialog", "Nothing is made of it but what others use of it")
    return found


def _take_root(work: Work, root: Element) -> None:
    root.enter()
    root.take("xml:lang")
    if work.application(root) is not None or root.take("application") == "":
        root.take("application")
    for each in root.children("var"):
        each.enter()
        name = variable(each.take("name"))
        text = each.take("expr")
        value = literal(text)
        is_known = name in ("caller", SPOKEN)
        if name is None or not (is_known or text in ("", "undefined", "null") or value == ""):
            cure = "It holds nothing at first; begin with a step of kind set"
            work.findings.of_attribute(each, "expr", "is a value from the beginning", cure)


def _stem(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2].partition(".")[0]
