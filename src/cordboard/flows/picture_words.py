"""What the picture of menus says beside what somebody named, English and French."""

from __future__ import annotations

from collections.abc import Mapping

from agi.flow.nodes import TargetKind
from cordboard.provisioning.words import FRENCH, noun, said

_MOVES: Mapping[TargetKind, tuple[str, tuple[str, str]]] = {
    TargetKind.REPEAT: ("again", ("réécouter", "le même menu")),
    TargetKind.BACK: ("back", ("retour", "menu précédent")),
    TargetKind.TOP: ("first menu", ("premier menu", "retour au début")),
}
_KINDS: Mapping[str, str] = {"play": "announcement"}
"""What people call a kind of node that is not called so."""
_FRENCH_KINDS: Mapping[str, str] = {
    "answer": "réponse",
    "collect": "saisie",
    "condition": "condition",
    "external": "numéro extérieur",
    "language": "choix de langue",
    "lookup": "consultation",
    "notify": "avis",
    "record": "enregistrement de l’appelant",
    "recording": "enregistrement de l’appel",
    "route": "acheminement",
    "say": "lecture",
    "set": "variable",
    "speak": "texte parlé",
    "use": "partie commune",
}
"""Kinds of steps; everything else that a box may be is one of the trade's nouns."""


def kind_in_words(kind: str, language: str) -> str:
    """What a node is, by its kind: menu, announcement, a kind of step."""
    if language == FRENCH and kind in _FRENCH_KINDS:
        return _FRENCH_KINDS[kind]
    return noun(_KINDS.get(kind, kind), language)


def move_in_words(kind: TargetKind, language: str) -> tuple[str, str]:
    """Where a move leads; in English also what the file calls it."""
    english, french = _MOVES[kind]
    return french if language == FRENCH else (english, str(kind))


def end_in_words(language: str) -> tuple[str, str]:
    return said(language, "Hang up", "Raccrocher"), said(language, "the end", "la fin")


def nothing_in_words(language: str) -> str:
    return said(language, "does not exist", "n’existe pas")


def hours_in_words(hours: str, language: str) -> str:
    return f"{noun('hours', language)} {hours}"
