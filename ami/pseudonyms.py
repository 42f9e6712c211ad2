"""Other numbers and other words for those of a stream, each always the same one. Who has not the key cannot undo it."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Callable

SHORTEST_NUMBER = 3  # digits; shorter ones are keys and priorities
REMEMBERED = 200_000
INTERNATIONAL = "00"  # dialled for a "+"; with it a number has eleven digits at least
_LETTERS = "bcdfghjklmnpqrstvwxz"  # no vowels: what they spell is nobody's name
_WORD_LENGTH = 8
_ATTEMPTS = 64


class Pseudonyms:
    """One set of other identities: another one, with another key, knows others."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)
        self._numbers: dict[str, str] = {}
        self._words: dict[str, str] = {}
        self._taken: set[str] = set()

    def number(self, value: str) -> str:
        """Digits alone, of the same length and with the same first one; a "+" stays before them, and so does "00"
        before a number that long. The separators of a printed number are left out; one that is too short to be
        anybody's stays."""
        text = plain(value)
        plus = "+" if text.lstrip(" (").startswith("+") else ""
        digits = "".join(filter(str.isdigit, text.replace("(0)", "") if plus else text))
        if len(digits) < SHORTEST_NUMBER:
            return text
        if not plus and len(digits) > 10 and digits.startswith(INTERNATIONAL):
            plus, digits = INTERNATIONAL, digits[2:]
        return plus + self._known(self._numbers, digits, self._other_number)

    def word(self, value: str) -> str:
        """A word of ten letters or so that says nothing."""
        return self._known(self._words, value, self._other_word)

    def _known(self, known: dict[str, str], value: str, other: Callable[[str], str]) -> str:
        found = known.get(value)
        if found is None:
            found = other(value)
            if len(known) < REMEMBERED:
                known[value] = found
                self._taken.add(found)
        return found

    def _drawn(self, kind: str, attempt: int, value: str) -> int:
        seed = f"{kind}{attempt}:{value}".encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.blake2b(seed, key=self._key).digest(), "big")

    def _other_number(self, digits: str) -> str:
        """By the first digit its kind is told."""
        count = len(digits) - 1
        for attempt in range(_ATTEMPTS):
            drawn = self._drawn("", attempt, digits)
            other = digits[0] + str(drawn)[-count:].zfill(count)
            if other != digits and other not in self._taken:
                return other
        if count < 6:  # nearly all of this length are given away
            for step in range(10**count):
                next_to_it = digits[0] + str((drawn + step) % 10**count).zfill(count)
                if next_to_it != digits and next_to_it not in self._taken:
                    return next_to_it
        return other

    def _other_word(self, value: str) -> str:
        for attempt in range(_ATTEMPTS):
            drawn = self._drawn("n", attempt, value)
            other = "n"
            for _ in range(_WORD_LENGTH):
                drawn, letter = divmod(drawn, len(_LETTERS))
                other += _LETTERS[letter]
            if other not in self._taken:
                break
        return other


def plain(text: str) -> str:
    """The text with ASCII digits, spaces and hyphens for all that are shown as such, and with nothing invisible."""
    if text.isascii() and text.isprintable():
        return text
    folded = unicodedata.normalize("NFKC", text)
    return "".join(_shown(character) for character in folded)


def _shown(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    kind = unicodedata.category(character)
    if kind == "Nd":
        return str(unicodedata.decimal(character))
    if kind == "Cf":
        return ""
    if kind[0] in "ZC":
        return " "
    return "-" if kind == "Pd" else character
