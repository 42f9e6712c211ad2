"""A finding in the language of who reads it: what is wrong, and the cure. Its place and names stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

from cordboard.words.nouns import NOUNS, the, thing
from cordboard.words.templates import Phrasebook

FRENCH = "fr"
FOLDER = Path(__file__).with_name("french")
"""Files of pairs: a line in English, and indented below it the same in French."""
MOST_WORDS_OF_A_WAY = 4
"""`no input prompt`, `key 12`: so much may stand before what a flow says of itself."""
_WAY = re.compile(r"[A-Za-z0-9.*#\[\] ]+")
DEEPEST = 2
"""So many sentences stand in one another."""
SENTENCES = ("said", "each")
"""Sorts of holes in which other sentences stand."""
_LAST = re.compile(r" or (\S+)$")
_REST = re.compile(r" and (\d+) more$")


class Told(Protocol):
    """One thing that is wrong: a frozen dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def what(self) -> str: ...

    @property
    def cure(self) -> str: ...


class ToldOfPlan(Told, Protocol):
    """`where` names the thing that it is about: `queue billing`."""

    @property
    def where(self) -> str: ...


Found = TypeVar("Found", bound=Told)
OfPlan = TypeVar("OfPlan", bound=ToldOfPlan)


def in_language(sentence: str, language: str) -> str:
    """A sentence of a finding. One that nobody put into the language stays in English."""
    if language != FRENCH:
        return sentence
    return _said(sentence) or _behind_its_way(sentence) or sentence


def finding_in(finding: Found, language: str) -> Found:
    """The same finding for who reads this language."""
    if language != FRENCH:
        return finding
    return replace(finding, what=in_language(finding.what, language), cure=in_language(finding.cure, language))


def plan_problem_in(finding: OfPlan, language: str) -> OfPlan:
    """The same, with the thing that it is about."""
    return replace(finding_in(finding, language), where=thing(finding.where)) if language == FRENCH else finding


def severity(language: str, *, is_warning: bool) -> str:
    """What stands before a colon."""
    if language == FRENCH:
        return "avertissement " if is_warning else "erreur "
    return "warning" if is_warning else "error"


def pairs() -> Iterator[tuple[str, str]]:
    """English and French, as they are written in the files."""
    for file in sorted(FOLDER.glob("*.txt")):
        lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line and not line.startswith("# ")]
        for english, french in zip(lines[::2], lines[1::2], strict=True):
            if english.startswith(" ") or not french.startswith("    "):
                raise ValueError(f"{file.name}: {english!r} and {french!r} are no pair")
            yield english, french.strip()


@cache
def _phrasebook() -> Phrasebook:
    return Phrasebook(pairs(), SENTENCES)


def _said(sentence: str, depth: int = 0) -> str | None:
    """By the phrasebook; a cure may begin with a capital letter where its maker wrote a small one. None: not by it."""
    render = partial(_rendered, depth=depth)
    found = _phrasebook().said(sentence, render)
    if found is None and sentence[:1].isupper():
        found = _phrasebook().said(sentence[:1].lower() + sentence[1:], render)
        return found and found[:1].upper() + found[1:]
    if found is None and sentence[:1].islower():
        found = _phrasebook().said(sentence[:1].upper() + sentence[1:], render)
        return found and found[:1].lower() + found[1:]
    return found


def _behind_its_way(sentence: str) -> str | None:
    """`key 1 leads to itself`: what a flow's own check says, told with the way that it is about before it."""
    words = sentence.split(" ")
    for length in range(1, min(MOST_WORDS_OF_A_WAY, len(words) - 1) + 1):
        way, rest = " ".join(words[:length]), " ".join(words[length:])
        if _WAY.fullmatch(way) and (said := _said(rest)) is not None:
            return f"{thing(way)} {said}"
    return None


def _rendered(value: str, sort: str, depth: int) -> str | None:
    """What stands in a hole of this sort. None: this does not stand in such a hole."""
    match sort:
        case "noun":
            return NOUNS.get(value, value)
        case "kind":
            return NOUNS.get(value)
        case "thing":
            return thing(value)
        case "the":
            return _within(value, depth) or the(value)
        case "things":
            return " et ".join(", ".join(map(thing, each.split(", "))) for each in value.split(" and "))
        case "list":
            return _REST.sub(r" et \1 autres", value)
        case "choice":
            return _LAST.sub(r" ou \1", value)
        case "number":
            return value if value.isdecimal() else None
        case "said":
            return _within(value, depth) or value
        case "each":
            return " ; ".join(_within(each, depth) or each for each in value.split("; "))
        case "known":
            parts = [_within(each, depth) or NOUNS.get(each) for each in value.split(", ")]
            return None if None in parts else ", ".join(filter(None, parts))
        case "":
            return value
    raise ValueError(f"no sort of hole is called {sort}")


def _within(sentence: str, depth: int) -> str | None:
    """A sentence within another."""
    return _said(sentence, depth + 1) if depth < DEEPEST else None
