"""The words of the trade in which plans speak, English and French: nouns, what callers do, and values translated."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

FRENCH = "fr"
LISTED = 4
"""How many names a sentence lists before it counts the rest."""

NOUNS: Mapping[str, str] = {
    "announcement": "annonce",
    "blocked caller": "appelant bloqué",
    "company": "entreprise",
    "dialling out": "appels sortants",
    "DID": "SDA",
    "callback": "rappel",
    "external": "numéro",
    "file": "fichier",
    "hangup": "raccrocher",
    "hours": "horaires",
    "manager account": "compte manager",
    "menu": "menu",
    "message": "message",
    "opening": "ouverture",
    "outgoing permission": "droit d'appel",
    "pause reason": "motif de pause",
    "person": "personne",
    "phone": "poste",
    "play": "annonce",
    "prompt": "annonce",
    "queue": "file",
    "relaxation": "file",
    "switch": "Asterisk",
    "trunk": "liaison",
    "voicemail": "messagerie",
    "voicemail box": "boîte vocale",
    "conference": "conférence",
    "repeat": "réécouter",
    "back": "menu précédent",
    "top": "premier menu",
    "step": "étape",
}

PARAMETERS: Mapping[str, str] = {
    "asks for": "compétences demandées",
    "barge-in": "interruption par touche",
    "may be said": "à dire",
    "understood with": "certitude d'au moins",
    "calls at once": "appels à la fois",
    "closed": "hors horaires",
    "closed on": "fermé le",
    "countries": "pays",
    "dials out": "appelle l'extérieur",
    "email": "adresse",
    "extension": "numéro interne",
    "first key within": "première touche sous",
    "from": "provenance",
    "header": "en-tête",
    "hours": "horaires",
    "language": "langue",
    "leads to": "mène à",
    "longest call": "durée maximale",
    "manager": "manager",
    "max wait": "attente maximale",
    "max waiting": "appelants au plus",
    "may come from": "provenance",
    "media": "médias",
    "menu guard": "garde du menu",
    "missed before pause": "appels manqués avant pause",
    "mode": "mode",
    "most members": "participants au plus",
    "waits for a host": "attente d'un hôte",
    "tells who comes": "annonce des arrivées",
    "guests muted": "invités muets",
    "music": "musique",
    "name": "nom",
    "names": "noms",
    "national numbers": "numéros nationaux",
    "never": "jamais",
    "next key within": "touche suivante sous",
    "no input": "sans touche",
    "number": "numéro",
    "open": "aux heures d'ouverture",
    "password": "mot de passe",
    "PIN": "code",
    "PIN of guests": "code des invités",
    "PIN of hosts": "code des hôtes",
    "peer": "autocommutateur de la maison",
    "plays": "joue",
    "prefix": "préfixe de sortie",
    "prefixes": "débuts de numéros",
    "priority": "priorité",
    "prompt": "annonce",
    "reason": "raison",
    "ring": "sonnerie",
    "route guard": "garde du routage",
    "scripts": "scripts",
    "shows": "numéro présenté",
    "strategy": "stratégie",
    "tells position": "annonce du rang",
    "time zone": "fuseau horaire",
    "to": "destination",
    "tones": "tonalités",
    "treatment": "traitement",
    "trunks": "liaisons",
    "voicemail": "messagerie",
    "wrap-up": "post-appel",
    "wrong input": "touche inconnue",
    "kind": "nature",
    "languages": "langues",
    "then": "ensuite",
    "into": "variable",
    "least": "au moins",
    "most": "au plus",
    "end": "touche de fin",
    "shapes": "formes admises",
    "confirm": "confirmation",
    "values": "valeurs",
    "variable": "variable",
    "cases": "cas",
    "otherwise": "sinon",
    "skills": "compétences",
    "failure": "en cas d'échec",
    "what": "dit",
    "unit": "unité",
    "cents": "centimes",
    "time_zone": "fuseau horaire",
    "secret": "secret",
    "source": "connexion",
    "sent": "si transmis",
    "send": "envoie",
    "found": "si trouvé",
    "not found": "si rien n'est trouvé",
    "deadline": "délai",
    "retry": "nouveaux essais",
    "longest": "durée maximale",
    "silence": "silence de fin",
    "review": "réécoute",
    "queue": "file",
    "outgoing": "droit d'appel",
    "ask": "demande du numéro",
    "thanks": "remerciement",
    "refused": "si refusé",
    "tries": "tentatives",
    "pause": "entre deux tentatives",
    "within": "dans les",
    "most waiting": "rappels en attente au plus",
    "kept for days": "jours de conservation",
    "do": "action",
    "announcement": "annonce préalable",
}

DAYS: Mapping[str, tuple[str, str]] = {
    "mon": ("Monday", "lundi"),
    "tue": ("Tuesday", "mardi"),
    "wed": ("Wednesday", "mercredi"),
    "thu": ("Thursday", "jeudi"),
    "fri": ("Friday", "vendredi"),
    "sat": ("Saturday", "samedi"),
    "sun": ("Sunday", "dimanche"),
}

GO: Mapping[str, tuple[str, str]] = {
    "message": ("hear message {}", "entendent le message {}"),
    "play": ("hear announcement {}", "entendent l'annonce {}"),
    "queue": ("wait in queue {}", "attendent dans la file {}"),
    "menu": ("go to menu {}", "arrivent au menu {}"),
    "step": ("go on to step {}", "passent à l'étape {}"),
    "hours": ("go by hours {}", "passent par les horaires {}"),
    "person": ("ring {}", "sonnent chez {}"),
    "phone": ("ring phone {}", "sonnent au poste {}"),
    "voicemail": ("go to voicemail {}", "arrivent à la messagerie {}"),
    "conference": ("come into conference {}", "entrent dans la conférence {}"),
    "callback": ("are called back by queue {}", "sont rappelés par la file {}"),
    "external": ("go out to {}", "sont envoyés au {}"),
    "end": ("come to the end {}", "arrivent à la fin {}"),
    "hangup": ("are hung up", "sont raccrochés"),
    "repeat": ("hear the menu again", "réentendent le menu"),
    "back": ("go back one menu", "reviennent au menu précédent"),
    "top": ("go to the first menu", "reviennent au premier menu"),
}
"""What callers do who are sent there."""

_PLACE = re.compile(r"(?P<kind>[a-z]+)(?: (?P<name>\S+))??(?: in (?P<language>\S+))?")
_RETRY = re.compile(r"(?P<tries>\d+) times(?:, says (?P<prompt>\S+))?, then (?P<place>.+)")
_VALUES = {
    "yes": "oui",
    "no": "non",
    "hidden": "masqué",
    "a new one": "un nouveau",
    "hung up at once": "raccroché aussitôt",
    "ringing": "sonnerie",
    "longest idle": "au repos depuis le plus longtemps",
    "fewest calls": "le moins d'appels pris",
    "round robin": "à tour de rôle",
    "no limit": "sans limite",
    "withdrawal": "retrait",
    "random": "au hasard",
    "ring all": "tous à la fois",
    "linear": "dans l'ordre de connexion",
}
_UNITS = {"callers": "appelants"}


def said(language: str, english: str, french: str) -> str:
    """What it is called in this language."""
    return french if language == FRENCH else english


def noun(kind: str, language: str) -> str:
    return NOUNS.get(kind, kind) if language == FRENCH else kind


def parameter(name: str, language: str) -> str:
    return PARAMETERS.get(name, name) if language == FRENCH else name


def place(value: str, language: str) -> str:
    """Where a call goes, as a noun: "queue billing in fr"."""
    found = _PLACE.fullmatch(value)
    if language != FRENCH or found is None or found["kind"] not in GO:
        return value
    spoken = f" en {found['language']}" if found["language"] else ""
    return f"{NOUNS.get(found['kind'], found['kind'])} {found['name'] or ''}".strip() + spoken


def go(value: str, language: str) -> str:
    """What callers do who are sent there: "wait in queue billing in fr"."""
    found = _PLACE.fullmatch(value)
    if found is None or found["kind"] not in GO:
        return f"vont vers {value}" if language == FRENCH else f"go to {value}"
    english, french = GO[found["kind"]]
    spoken = found["language"]
    if language == FRENCH:
        return french.format(found["name"] or "").strip() + (f" en {spoken}" if spoken else "")
    return english.format(found["name"] or "").strip() + (f" in {spoken}" if spoken else "")


def value_of(name: str, value: str, language: str) -> str:
    """The value of a parameter in the language."""
    if language != FRENCH:
        return value
    if value in _VALUES:
        return _VALUES[value]
    if (retry := _RETRY.fullmatch(value)) is not None:
        said = f", dit {retry['prompt']}" if retry["prompt"] else ""
        return f"{retry['tries']} fois{said}, puis {place(retry['place'], language)}"
    if name in ("open", "closed", "leads to") or name.startswith(("when ", "key ")):
        return place(value, language)
    if value.startswith("hears message "):
        return f"entend le message {value.removeprefix('hears message ')}"
    number, _, unit = value.partition(" ")
    return f"{number} {_UNITS[unit]}" if unit in _UNITS else value


def change_of(before: str, after: str) -> str:
    """`120 s`, `90 s` -> `120 -> 90 s`: a unit that both have is said once."""
    (old, _, unit), (new, _, same) = before.partition(" "), after.partition(" ")
    if unit and unit == same and _is_number(old) and _is_number(new):
        return f"{old} -> {new} {unit}"
    return f"{before} -> {after}"


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def listed(items: Sequence[str], language: str, most: int = LISTED) -> str:
    """`a, b, c and 4 more`."""
    if len(items) <= most:
        return ", ".join(items)
    rest = len(items) - most
    return ", ".join(items[:most]) + (f" et {rest} de plus" if language == FRENCH else f" and {rest} more")


def level(skill: str, grade: str) -> str:
    """A skill is called by its id, begun as names are: `English 3`."""
    return f"{skill[:1].upper()}{skill[1:]} {grade}".rstrip()


def printable(text: str) -> str:
    """Without anything that could move a terminal's cursor or turn its writing round."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else " " if unicodedata.category(each) == "Zs" else "?" for each in text)
