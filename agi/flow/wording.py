"""How texts of menus are worded: a caller who hears the option first knows by the key whether to press it."""

from __future__ import annotations

import re

from agi.flow.ways import base_language

_CLAUSE = re.compile(r"[^.,;:!?…]+")
_KEYS = {
    "en": r"(?:the\s+)?(?:key\s+|number\s+)?"
    r"(?:[0-9]+|star|pound|hash|zero|one|two|three|four|five|six|seven|eight|nine)",
    "fr": r"(?:sur\s+)?(?:le\s+|la\s+touche\s+)?"
    r"(?:[0-9]+|étoile|dièse|zéro|un|deux|trois|quatre|cinq|six|sept|huit|neuf)",
}
_PRESS = {"en": r"(?:press|dial|type|hit|push|enter)", "fr": r"(?:tapez|composez|appuyez|pressez|faites)"}
_FOR = {"en": r"(?:for|to|if)", "fr": r"(?:pour|afin|si)"}
_KEY_FIRST = {
    language: re.compile(rf"\b{_PRESS[language]}\s+{_KEYS[language]}\s+{_FOR[language]}\b", re.IGNORECASE)
    for language in _KEYS
}
_OPTION = {language: re.compile(rf"\b{word}\b", re.IGNORECASE) for language, word in _FOR.items()}
BETTER = {"en": '"for sales, press 1"', "fr": "« pour les ventes, tapez 1 »"}
"""By language, how it is said well."""


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
