"""Sentences with holes: which of many made a sentence, with which values.

A template is text with numbered holes, `leads to {0}, which does not exist`; a brace that is meant stands twice.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

_FORMS = string.Formatter()

Render = Callable[[str, str], str | None]
"""What stands in a hole, and the sort of hole -> how it is written; None: it cannot stand there."""


@dataclass(frozen=True, slots=True)
class Template:
    """`pieces`: the text before, between and behind the holes."""

    pieces: tuple[str, ...]
    holes: tuple[str, ...]
    sorts: tuple[str, ...]
    """After the colon of each hole; "" for one that takes any value as it is."""

    @property
    def letters(self) -> int:
        """How much of a sentence is the template's own: the more, the surer it made the sentence."""
        return sum(map(len, self.pieces))

    def values(self, sentence: str) -> dict[str, str] | None:
        """Hole -> what stands there, each as short as can be; None: another template made the sentence."""
        first, last = self.pieces[0], self.pieces[-1]
        if not self.holes:
            return {} if sentence == first else None
        if len(sentence) < len(first) + len(last) or not (sentence.startswith(first) and sentence.endswith(last)):
            return None
        found, begin, end = [], len(first), len(sentence) - len(last)
        for piece in self.pieces[1:-1]:
            at = sentence.find(piece, begin, end)
            if at < 0:
                return None
            found.append(sentence[begin:at])
            begin = at + len(piece)
        found.append(sentence[begin:end])
        return dict(zip(self.holes, found, strict=True))

    def filled(self, values: Mapping[str, str]) -> str:
        """`values`: hole -> what is written there."""
        behind = zip(self.holes, self.pieces[1:], strict=True)
        return self.pieces[0] + "".join(f"{values[hole]}{piece}" for hole, piece in behind)


def parsed(text: str) -> Template:
    """Raises ValueError for braces that make no holes."""
    pieces, holes, sorts = [""], [], []
    for literal, hole, sort, _ in _FORMS.parse(text):
        pieces[-1] += literal
        if hole is not None:
            holes.append(hole)
            sorts.append(sort or "")
            pieces.append("")
    return Template(tuple(pieces), tuple(holes), tuple(sorts))


class Phrasebook:
    """Pairs of templates, of one language and of another, whose holes say of what sort they are. `whole`: sorts of
    holes in which whole sentences stand: a template with such a hole is asked first, for a sentence in it may be longer
    than all that is its own."""

    def __init__(self, pairs: Iterable[tuple[str, str]], whole: Collection[str] = ()) -> None:
        every = [(parsed(known), parsed(other)) for known, other in pairs]
        self._plain = {known.pieces[0]: other.pieces[0] for known, other in every if not known.holes}
        self._holed = sorted(
            (pair for pair in every if pair[0].holes),
            key=lambda pair: (set(pair[1].sorts).isdisjoint(whole), -pair[0].letters),
        )

    def said(self, sentence: str, render: Render) -> str | None:
        """The sentence by the first template that could have made it; None: none made it."""
        if sentence in self._plain:
            return self._plain[sentence]
        for known, other in self._holed:
            values = known.values(sentence)
            if values is None:
                continue
            written = {hole: render(values[hole], sort) for hole, sort in zip(other.holes, other.sorts, strict=True)}
            right = {hole: value for hole, value in written.items() if value is not None}
            if len(right) == len(written):
                return other.filled(right)
        return None
