"""Nouns and short phrases that stand in the holes of findings, in French."""

from __future__ import annotations

from collections.abc import Mapping

from cordboard.provisioning.words import NOUNS as OF_PLANS

NOUNS: Mapping[str, str] = {
    **OF_PLANS,
    # what a company file names
    "person": "personne",
    "people": "personnes",
    "site": "site",
    "skill": "compétence",
    "manager": "compte manager",
    "trial": "essai",
    "mapping": "association",
    "prompt or message": "annonce ou message",
    "step that records": "étape qui enregistre",
    "step that asks another system": "étape qui interroge un autre système",
    "truth value": "valeur de vérité",
    "number": "nombre",
    "date": "date",
    "play": "annonce",
    "language": "langue",
    "collect": "saisie",
    "condition": "condition",
    "route": "aiguillage",
    "lookup": "consultation",
    "notify": "notification",
    "record": "enregistrement",
    "say": "lecture",
    "use": "emploi",
    "end": "fin",
    "dial": "étape",
    "nothing": "rien",
    "nobody": "personne",
    "no step": "aucune étape",
    "compressed": "compressé",
    "stereo": "stéréo",
    # what a switch has
    "test": "test",
    "draft": "brouillon",
    "time": "moment",
    "extension": "numéro interne",
    "blocked": "appelant bloqué",
    "voicemail box": "boîte vocale",
    "did number": "numéro de SDA",
    "folder": "dossier",
    "module": "module",
    "things": "éléments",
    "queues": "files",
    "phones": "postes",
    "persons": "personnes",
    "steps": "étapes",
    "prompts": "annonces",
    "announcements": "annonces",
    "DIDs": "SDA",
    "trunks": "liaisons",
    "voicemail boxes": "boîtes vocales",
    "conferences": "conférences",
    # ways out of a step
    "key": "touche",
    "it": "cela",
    "the way on": "la suite",
    "when full": "when_full",
    "when late": "when_late",
    "when empty": "when_empty",
    "no input": "le silence",
    "wrong input": "une touche inconnue",
}

_FEMININE = {"boîte", "compétence", "condition", "conférence", "consultation", "file", "fin", "langue", "lecture"}
_FEMININE |= {"liaison", "messagerie", "notification", "personne", "saisie", "SDA", "entreprise", "touche"}
_BARE = {"raccrocher", "réécouter", "rien"}
"""What is done rather than a thing has no article."""


def thing(words: str) -> str:
    """`queue billing`, `voicemail box lobby`, `key 1`: what sort of thing it is in French, its name as it is."""
    kind, name = _parts(words)
    return f"{NOUNS[kind]} {name}".strip() if kind else words


def the(words: str) -> str:
    """The same with its article: `la file billing`, `l'annonce welcome`."""
    kind, _ = _parts(words)
    french = thing(words)
    first = french.partition(" ")[0]
    if not kind or first in _BARE:
        return french
    if first in ("horaires", "appels"):
        return f"les {french}"
    if first[:1] in "aeéhiou":
        return f"l'{french}"
    return f"{'la' if first in _FEMININE else 'le'} {french}"


def _parts(words: str) -> tuple[str, str]:
    """The sort of thing and its name; of words that begin with no sort "" and all of them."""
    parts = words.split(" ")
    for length in (len(parts), 2, 1):
        kind = " ".join(parts[:length])
        if kind in NOUNS:
            return kind, " ".join(parts[length:])
    return "", words
