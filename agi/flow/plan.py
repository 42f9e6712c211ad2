"""What a caller will do, written down before he calls: keys, silences, the hang-up, and their times."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_KEYS = re.compile(r"[0-9*#]{1,40}")
_SECONDS = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,3})?)s")
_PHRASE = re.compile(r"say:([^\W\d_]+(?:[_'’-][^\W\d_]+)*)")
_SAYS = re.compile(rf"says-{_SECONDS.pattern}")
MOST_WORDS = 200
SILENCE = "wait"
"""The word for pressing nothing."""


class PlanRefused(ValueError):
    """Words that are no plan; `word` is the one that was not understood, `place` which it is (1 is the first)."""

    def __init__(self, word: str, place: int, cure: str) -> None:
        super().__init__(f"word {place}, {word[:40]!a}, is neither keys nor wait nor hangup; {cure}")
        self.word, self.place, self.cure = word, place, cure


@dataclass(frozen=True, slots=True)
class Move:
    """One word of a plan. `keys` "" with `is_end` False: one silence. `after`: seconds after the move before, whatever
    is played; None: once the flow waits for a key (of a hang-up: once anything is played or waited for). `says`: so
    many seconds of speech from the next tone on; where none comes, a silence.
    `phrase`: what is said to a menu that listens; one that does not hears nothing."""

    keys: str
    after: float | None = None
    is_end: bool = False
    says: float = 0.0
    phrase: str = ""

    @property
    def is_silence(self) -> bool:
        """Is nothing pressed, and nothing said that a menu may know?"""
        return not (self.keys or self.phrase or self.is_end)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a caller will do, in order; after that he says nothing more.

    As text, words between blanks: keys (`2`, `12`, `*`), pressed once the flow waits for one; `wait`, one silence
    until the menu asks again or gives up; `says-5s`, five seconds of speech after the tone of a recording; `say:sales`
    or `say:sales_department`, said to a menu that listens; `hangup`; and before any of them a time such as `3s`: so
    many seconds after the word before it, be it in the middle of a prompt. `wait 3s 2` is the same as `3s 2`.
    """

    moves: tuple[Move, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Plan:
        """Raises PlanRefused."""
        moves: list[Move] = []
        after: float | None = None
        words = text.split()
        if len(words) > MOST_WORDS:
            raise PlanRefused(words[MOST_WORDS], MOST_WORDS + 1, f"write {MOST_WORDS} words at most")
        for place, word in enumerate(words, start=1):
            time = _SECONDS.fullmatch(word)
            if time:
                after = (after or 0.0) + float(time[1])
            elif word == SILENCE:
                if place == len(words) or not _SECONDS.fullmatch(words[place]):
                    moves.append(Move("", after))
                    after = None
            elif word == "hangup":
                moves.append(Move("", after, is_end=True))
                after = None
            elif _KEYS.fullmatch(word):
                moves.append(Move(word, after))
                after = None
            elif phrase := spoken_phrase(word):
                moves.append(Move("", after, phrase=phrase))
                after = None
            elif says := spoken_seconds(word):
                moves.append(Move("", after, says=says))
                after = None
            else:
                raise PlanRefused(
                    word,
                    place,
                    'write keys such as 2 or 12, "wait", a time such as 3s, "says-5s", "say:sales" or "hangup"',
                )
        return cls(tuple(moves))

    def __str__(self) -> str:
        words: list[str] = []
        for move in self.moves:
            if move.after is not None:
                words.append(f"{move.after:g}s")
            words.append(_word(move))
        return " ".join(words)


def _word(move: Move) -> str:
    if move.is_end:
        return "hangup"
    if move.phrase:
        return f"say:{move.phrase.replace(' ', '_')}"
    return move.keys or (speaking(move.says) if move.says else SILENCE)


def speaking(seconds: float) -> str:
    """The word for saying something so long."""
    return f"says-{seconds:g}s"


def spoken_seconds(word: str) -> float:
    """How long something is said by this word of a plan; 0: it is another word."""
    found = _SAYS.fullmatch(word)
    return float(found[1]) if found else 0.0


def spoken_phrase(word: str) -> str:
    """What is said by this word of a plan; "": it is another word."""
    found = _PHRASE.fullmatch(word)
    return found[1].replace("_", " ") if found else ""


def acts_of(words: Iterable[str]) -> Iterator[str]:
    """What is done one after the other by words without times: a key each, "" for a silence, or the word for saying
    something."""
    for word in words:
        yield from [""] if word == SILENCE else [word] if spoken_seconds(word) else word
