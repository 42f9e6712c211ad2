"""What callers may say to a menu instead of pressing a key, how a document writes it, and how it is told an engine."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from agi.errors import Problem
from agi.flow.forms import Form
from agi.flow.reading import LANGUAGE_CURE, NO_LANGUAGE, Reader
from agi.flow.ways import KEY, LANGUAGE, base_language

_LETTERS = "[a-zß-öø-ɏͰ-ӿ]{1,24}"
PHRASE = re.compile(rf"{_LETTERS}(?:[ '’-]{_LETTERS}){{0,7}}")
"""Words, small, with single blanks between them."""
PHRASE_CURE = "Write words in small letters, with single blanks between them"
LEAST_SURE = 50
"""Of 100: what is understood with less confidence counts as not understood, unless a menu says otherwise."""
MOST_PHRASES = 60
"""Of a menu in one language."""
LONGEST_WORDS = 6000
"""Bytes of what an engine is told of a menu in one language: it is one command."""
WORDS, READY = "words", "ready"
"""What an engine is told, and asked: which words are listened for, and whether it listens."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """`words`: key -> language -> what callers say for it. `least`: of 100, how sure the engine must be."""

    words: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    least: int = LEAST_SURE

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(language for spoken in self.words.values() for language in spoken))

    def keys_by_phrase(self, language: str) -> dict[str, str]:
        """What may be said in a language (of `pt_BR`, or else of `pt`), each with the key that it stands for."""
        return {phrase: key for key, _, phrase in self._spoken_in(language)}

    def _spoken_in(self, language: str) -> Iterator[tuple[str, str, str]]:
        """Key, the language that its words are written for, and a phrase."""
        for key, spoken in self.words.items():
            written = language if spoken.get(language) else base_language(language)
            yield from ((key, written, phrase) for phrase in spoken.get(written, ()))

    def problems(self, keys: Collection[str]) -> Iterator[Problem]:
        """By paths below this part; the menu has these keys."""
        for key in self.words:
            if key not in keys:
                yield Problem(f"words.{key}", "is no key of this menu", "Give words to keys that are offered")
        twice: dict[Problem, None] = {}
        for language in self.languages:
            owners: dict[str, str] = {}
            for key, written, phrase in self._spoken_in(language):
                if owners.setdefault(phrase, key) != key:
                    what = f"{phrase!r} is said for {owners[phrase]} too: nobody knows which is meant"
                    twice[Problem(f"words.{key}.{written}", what, "Give one of them other words")] = None
            if len(owners) > MOST_PHRASES:
                what = f"{len(owners)} phrases in {language} are more than an engine tells apart"
                yield Problem("words", what, f"Write {MOST_PHRASES} at most")
            elif len(words_for(language, owners).encode()) > LONGEST_WORDS:
                what = f"the phrases in {language} are longer than an engine is told in one piece"
                yield Problem("words", what, "Write fewer of them, or shorter ones")
        yield from twice


class Heard(Form[Hearing | None]):
    """The part `speech` of a menu, that there need not be."""

    def read(self, reader: Reader, table: Mapping[str, Any], name: str, where: str) -> Hearing | None:
        where = f"{where}.{name}"
        written = reader.mapping(table[name], where)
        reader.only(written, where, "words", "least")
        least = reader.whole(written, "least", where, 0, 100) if "least" in written else LEAST_SURE
        return Hearing(self._words(reader, written.get("words"), f"{where}.words"), least)

    def _words(self, reader: Reader, written: object, where: str) -> dict[str, dict[str, tuple[str, ...]]]:
        keys = reader.names(written, where, KEY, "cannot be typed", "Write 1 to 12 of the digits, * and #")
        return {key: self._spoken(reader, keys[key], f"{where}.{key}") for key in keys}

    def _spoken(self, reader: Reader, written: object, where: str) -> dict[str, tuple[str, ...]]:
        found = {}
        for language, phrases in reader.names(written, where, LANGUAGE, NO_LANGUAGE, LANGUAGE_CURE).items():
            places = {str(place): each for place, each in enumerate(reader.items(phrases, f"{where}.{language}"))}
            found[language] = tuple(
                str(reader.text(places, place, f"{where}.{language}", PHRASE, PHRASE_CURE)) for place in places
            )
        return found

    def write(self, value: Hearing | None) -> Any:
        return None if value is None else {
            "words": {
                key: {language: list(phrases) for language, phrases in spoken.items()}
                for key, spoken in value.words.items()
            },
            "least": value.least,
        }  # fmt: skip

    def is_written(self, value: Hearing | None) -> bool:
        return value is not None


def words_for(language: str, phrases: Collection[str]) -> str:
    """How an engine is told what to listen for."""
    return f"{language}:{','.join(phrases)}"


def words_from(text: str) -> tuple[str, tuple[str, ...]]:
    """The reverse of `words_for`. Raises ValueError."""
    language, _, listed = text.partition(":")
    phrases = tuple(listed.split(","))
    if not LANGUAGE.fullmatch(language) or not all(map(PHRASE.fullmatch, phrases)):
        raise ValueError("not the words of a language")
    return language, phrases
