"""Nodes that stand between menus: `back` from one of them is the menu that led to it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from agi.errors import Problem
from agi.flow.forms import KeyLanguages, PromptName, Truth, Way, Whole, Word, Words
from agi.flow.nodes import NOTHING, SILENCE, Asking, Choice
from agi.flow.ways import Edge

VARIABLE = re.compile(r"[a-z][a-z0-9_]{0,29}")
SHAPE = re.compile(r"[0-9X]{1,40}")
END_KEY = re.compile(r"[*#]?")
MOST_DIGITS = 40
GIVEN = ("caller", "language")
"""Variables that every call has."""
YES = "1"
"""The key that confirms digits."""
NO_VARIABLE = "is not a variable's name"
VARIABLE_CURE = "Begin with a small letter; then small letters, digits and _"


@dataclass(frozen=True, slots=True, kw_only=True)
class Language(Choice):
    """Which language? Its prompt is heard in each of those that can be chosen, one after the other."""

    kind: ClassVar[str] = "language"
    languages: Annotated[Mapping[str, str], KeyLanguages()]
    """Key -> language."""
    then: Annotated[Edge, Way()]

    @property
    def heard_in(self) -> tuple[str, ...]:
        """Languages that its prompt is heard in, in this order."""
        return tuple(dict.fromkeys(self.languages.values()))

    @property
    def offered(self) -> Mapping[str, str]:
        return {key: f"languages.{key}" for key in self.languages}

    def ways(self) -> Iterator[tuple[str, Edge]]:
        for key, language in self.languages.items():
            yield f"languages.{key}", Edge(self.then.target, language)
        yield from ((path, edge) for path, edge in Choice.ways(self) if path != "then")

    def hears(self, language: str) -> Iterator[tuple[str, str]]:
        for path, prompt in self.prompts():
            yield from ((prompt, each) for each in (self.heard_in if path == "prompt" else (language,)))

    def problems(self, schedules: Collection[str]) -> Iterator[Problem]:
        if len(self.heard_in) < 2:
            what = "is no choice: there are not two languages"
            yield Problem("languages", what, "Write a key for each of two languages or more")
        if self.then.language is not None:
            yield Problem("then", "names a language beside the one that is chosen", "Leave it out")
        yield from Choice.problems(self, schedules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collect(Asking):
    """Reads digits into a variable: until `end` is pressed, there are `most` of them, or no other comes.

    Digits are right if there are `least` of them and, where there are `shapes` (X is any digit), one of these fits.
    `confirm` is a prompt that is heard after the digits are said back: 1 confirms them, any other key begins anew and
    counts as wrong input. What is `secret` is told to nobody: it is not said back, and leaves no process.
    """

    kind: ClassVar[str] = "collect"
    into: Annotated[str, Word(VARIABLE, VARIABLE_CURE)]
    then: Annotated[Edge, Way()]
    least: Annotated[int, Whole(1, MOST_DIGITS)] = 1
    most: Annotated[int, Whole(1, MOST_DIGITS)] = 20
    end: Annotated[str, Word(END_KEY, "Write # or *, or nothing")] = "#"
    shapes: Annotated[tuple[str, ...], Words(SHAPE, "Write digits, and X for any digit")] = ()
    confirm: Annotated[str | None, PromptName()] = None
    secret: Annotated[bool, Truth()] = False

    def accepts(self, digits: str) -> bool:
        """Are these digits right?"""
        if not (digits.isascii() and digits.isdigit() and self.least <= len(digits) <= self.most):
            return False
        return not self.shapes or any(fits(shape, digits) for shape in self.shapes)

    def is_complete(self, typed: str) -> bool:
        """Does what was typed end here, whatever could follow?"""
        return len(typed) >= self.most or (bool(self.end) and typed.endswith(self.end))

    @property
    def is_secret(self) -> bool:
        return self.secret

    def gives(self) -> Iterator[tuple[str, str]]:
        yield "into", self.into

    def behaviours(self, wanted: Mapping[str, Collection[str]] = NOTHING) -> Iterator[tuple[str, ...]]:
        right = [_filled(shape) for shape in (*self.shapes, "X" * self.least)]
        found = dict.fromkeys(digits for digits in right[:1] if self.accepts(digits))
        for begin in wanted.get(self.into, ()):
            fitting = (begin, begin + right[0][len(begin) :], begin + "1" * (self.least - len(begin)))
            found |= dict.fromkeys([digits for digits in fitting if self.accepts(digits)][:1])
        yes = (YES,) if self.confirm is not None else ()
        yield from ((*self._typed(digits), *yes) for digits in found)
        yield (SILENCE,) * self.no_input.tries
        wrong = next((digits for digits in ("0", "0" * self.most, "*") if not self.accepts(digits)), "")
        if wrong and wrong != self.end:
            yield self._typed(wrong) * self.wrong_input.tries

    def _typed(self, digits: str) -> tuple[str, ...]:
        """How somebody presses these digits, as words of a plan."""
        if self.is_complete(digits):
            return (digits,)
        return (digits + self.end,) if self.end else (digits, SILENCE)

    def problems(self, schedules: Collection[str]) -> Iterator[Problem]:
        if self.most < self.least:
            yield Problem("most", f"is less than the {self.least} that are asked for", f"Write {self.least} or more")
        for place, shape in enumerate(self.shapes):
            if not self.least <= len(shape) <= self.most:
                what = f"has {len(shape)} digits, and {self.least} to {self.most} are taken"
                yield Problem(f"shapes.{place}", what, "Mend it, or least and most")
        if self.secret and self.confirm is not None:
            yield Problem("confirm", "would say back what is secret", "Leave it out")


def fits(shape: str, digits: str) -> bool:
    """Are these digits of this shape?"""
    return len(shape) == len(digits) and all(sign in ("X", digit) for sign, digit in zip(shape, digits, strict=True))


def _filled(shape: str) -> str:
    """Digits of this shape."""
    return shape.replace("X", "1")
