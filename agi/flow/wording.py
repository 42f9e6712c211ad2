"""How texts of menus are worded: which keys they tell, and whether a caller hears the option before its key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from agi.flow.ways import base_language

_CLAUSE = re.compile(r"[^.,;:!?…]+")
_SENTENCE = re.compile(r"[^.;:!?…]+")
_DIGITS = r"[0-9]+(?![0-9])"
_TEN = "0123456789"
_NAMES: Mapping[str, Mapping[str, str]] = {
    "en": dict(zip(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], _TEN, strict=True))
    | {"star": "*", "asterisk": "*", "pound": "#", "hash": "#"},
    "fr": dict(zip(["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"], _TEN, strict=True))
    | {"étoile": "*", "astérisque": "*", "dièse": "#"},
}
"""By language: what is said -> the key."""
_ARTICLES = {
    "en": ("one", r"for|to|if|or|and|now|please|at|again"),
    "fr": ("un", r"pour|afin|si|ou|et|maintenant|à"),
}
"""The key that is an article too, and what may follow it where it is a key: "press one of these" names none."""
_KEY = {
    language: rf"(?:{_DIGITS}|[*#]|(?:{'|'.join(name for name in names if name != _ARTICLES[language][0])})\b"
    rf"|{_ARTICLES[language][0]}(?=\s*(?:[^\w\s]|$)|\s+(?:{_ARTICLES[language][1]})\b))"
    for language, names in _NAMES.items()
}
_KEYS = {
    "en": rf"(?:the\s+)?(?:key\s+|number\s+)?{_KEY['en']}",
    "fr": rf"(?:sur\s+)?(?:le\s+|la\s+touche\s+)?{_KEY['fr']}",
}
_PRESS = {"en": r"(?:press|dial|type|hit|push|enter)", "fr": r"(?:tapez|composez|appuyez|pressez|faites)"}
_FOR = {"en": r"(?:for|to|if)", "fr": r"(?:pour|afin|si)"}
_OR = {"en": r"(?:,|or\b|and\b)", "fr": r"(?:,|ou\b|et\b)"}
_COUNTED = {
    "en": r"(?:or\s+more|digits?|figures?|numbers?|times|letters?)",
    "fr": r"(?:ou\s+plus|ou\s+plusieurs|chiffres?|nombres?|numéros?|fois|lettres?)",
}
"""What stands behind a number that is no key: "type 5 digits"."""
_KEY_FIRST = {
    language: re.compile(rf"\b{_PRESS[language]}\s+{_KEYS[language]}\s+{_FOR[language]}\b", re.IGNORECASE)
    for language in _KEYS
}
_OPTION = {language: re.compile(rf"\b{word}\b", re.IGNORECASE) for language, word in _FOR.items()}
_OFFERED = {
    language: re.compile(
        rf"\b{_PRESS[language]}\s+({keys}(?:\s*{_OR[language]}\s*{keys})*)(?!\s+{_COUNTED[language]}\b)",
        re.IGNORECASE,
    )
    for language, keys in _KEYS.items()
}
_NAMED = {language: re.compile(rf"(?<!\w){key}", re.IGNORECASE) for language, key in _KEY.items()}
_RANGE = re.compile(r"(?<![0-9])([0-9])\s*(?:-|–|to|through|à)\s*([0-9])(?![0-9])")
BETTER = {"en": '"for sales, press 1"', "fr": "« pour les ventes, tapez 1 »"}
"""By language, how it is said well."""


def keys_offered(text: str, language: str) -> dict[str, str]:
    """The keys that a text tells its callers to press, each with its sentence; none where nothing is known of the
    language. A number of several digits may be one to dial elsewhere."""
    spoken = base_language(language)
    if spoken not in _KEYS:
        return {}
    return {
        key: sentence.strip()
        for sentence in _SENTENCE.findall(text)
        for offered in _OFFERED[spoken].finditer(sentence)
        for key in _keys_in(offered[1], spoken)
    }


def keys_named(text: str, language: str) -> set[str]:
    """The keys that a text names in any way: also "2 for sales", and those between "1 to 4"."""
    spoken = base_language(language)
    if spoken not in _KEYS:
        return set()
    between = {str(key) for first, last in _RANGE.findall(text) for key in range(int(first), int(last) + 1)}
    return between.union(_keys_in(text, spoken))


def _keys_in(text: str, spoken: str) -> Iterator[str]:
    for found in _NAMED[spoken].findall(text):
        yield _NAMES[spoken].get(found.lower(), found)


def key_said_first(text: str, language: str) -> str:
    """The first part of a text that says a key before its option ("press 1 for sales"); "" if none does, or nothing is
    known of the language."""
    spoken = base_language(language)
    if spoken not in _KEYS:
        return ""
    for clause in _CLAUSE.findall(text):
        found = _KEY_FIRST[spoken].search(clause)
        # "for sales press 1 for billing press 2" says the option first, without a comma.
        if found and not _OPTION[spoken].search(clause, 0, found.start()):
            return str(clause.strip())
    return ""
