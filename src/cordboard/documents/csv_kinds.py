"""The kinds of lists that come as CSV: their columns in English and French, and what a line does to a company file.

A cell that is empty leaves what is there; `-` takes it out.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from cordboard.documents.csv_table import Row, folded
from cordboard.documents.kinds import slug
from cordboard.documents.problems import Path, did_you_mean, shown

OUT = "-"

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What lines are matched with: the company as it is stored, whatever other lines say. `ids` are taken already;
    those that lines make are added. `hours`: which ones days are for that name none."""

    extensions: Mapping[str, str]
    """Extension -> id of the person or phone."""
    numbers: Mapping[str, str]
    """Id of a DID -> its number."""
    ids: set[str]
    hours: str = ""


def known_of(document: Document, hours: str = "") -> Known:
    everybody = {**document["people"], **document["phones"]}
    return Known(
        {item["extension"]: key for key, item in everybody.items() if item.get("extension")},
        {item["id"]: number for number, item in document["dids"].items()},
        {*everybody, *document["trunks"], *document["voicemails"]},
        hours,
    )


class Refused(Exception):
    """A cell that cannot be taken."""

    def __init__(self, column: str, value: str, what: str, cure: str) -> None:
        super().__init__(what)
        self.column = column
        self.value = value
        self.what = what
        self.cure = cure


@dataclass(frozen=True, slots=True)
class ListKind:
    """One kind of list. `headings`: column -> what it may be called, English first, then French."""

    name: str
    key: str
    """The column that a fault of the line as a whole is told at."""
    headings: Mapping[str, tuple[str, ...]]
    needed: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...]
    """Lines of the template, one cell for each column."""
    apply: Callable[[Document, Row, Known], Path]
    """Puts a line into the document, whose sections are copies; answers where. Raises: Refused."""

    @property
    def names(self) -> dict[str, str]:
        """Folded heading -> column."""
        return {folded(name): column for column, names in self.headings.items() for name in (column, *names)}

    def template(self, language: str) -> list[tuple[str, ...]]:
        """The first line and some examples."""
        heads = tuple(names[0] if language == "fr" and names else column for column, names in self.headings.items())
        return [heads, *self.samples]


# ----- people and phones

PERSON_ONLY = ("email", "skills", "voicemail")
_KINDS = {"person": "people", "personne": "people", "phone": "phones", "poste": "phones", "telephone": "phones"}
_YES = {"yes", "true", "1", "x", "oui", "vrai", "y", "o"}
_NO = {"no", "false", "0", "non", "faux", "n"}
_SKILL = re.compile(r"([a-z][a-z0-9-]*)[ :=]\s*([0-9]+)")


def _extension(document: Document, row: Row, known: Known) -> Path:
    section, key, had = _whom(document, row, known)
    item = dict(had)
    _take(item, row, "name", "extension", "site", "language", "outgoing")
    if section == "people":
        _take(item, row, "email")
        _put(item, row, "skills", _skills)
        _put(item, row, "voicemail", _truth)
    elif given := next((column for column in PERSON_ONLY if row.get(column) not in ("", OUT)), None):
        raise Refused(given, row.get(given), "means nothing for a phone of a place", "Leave it empty")
    document[section][key] = item
    return (section, key)


def _whom(document: Document, row: Row, known: Known) -> tuple[str, str, dict[str, Any]]:
    """Section, id and present parts of the person or phone that a line is about."""
    kind = row.get("kind")
    section = _KINDS.get(folded(kind)) if kind else None
    if kind and section is None:
        raise Refused("kind", kind, f'"{shown(kind)}" is neither person nor phone', "Write person or phone")
    key = row.get("id") or known.extensions.get(row.get("extension"), "")
    found = next((each for each in ("people", "phones") if key in document[each]), None)
    if found and section and found != section:
        what = "is a person" if found == "people" else "is a phone of a place"
        raise Refused("kind", kind, f"{shown(key)} {what} already", "Leave the kind empty, or choose another id")
    section = found or section or "people"
    if not key:
        key = _new_id(row, known)
    return section, key, document[section].get(key, {})


def _new_id(row: Row, known: Known) -> str:
    """An id made of the name: `Chloé d'Arc` -> `chloe-d-arc`; with the extension where that is taken. Refused
    if that is taken too: nobody is changed who is not meant."""
    name, extension = row.get("name"), row.get("extension")
    if not name:
        raise Refused("name", "", "is missing, and no id says who it is", "Write a name, or an id or extension of now")
    made = slug(name) or slug(f"p-{name}")
    if made in known.ids:
        made = slug(made, re.sub(r"[^0-9]", "", extension))
    if made in known.ids:
        cure = "Write the id: a new one, or that of who is meant"
        raise Refused("name", name, f"would have the id {made}, which is taken", cure)
    known.ids.add(made)
    return made


def _skills(cell: str) -> dict[str, int]:
    """`french 5, billing 4`, `french:5; billing:4`"""
    found: dict[str, int] = {}
    for part in filter(None, (each.strip() for each in re.split(r"[,;|]", cell))):
        written = _SKILL.fullmatch(part)
        if written is None:
            raise Refused("skills", cell, f'"{shown(part)}" is no skill with a level', "Write french 5, billing 4")
        found[written[1]] = int(written[2][:3])
    return found


def _truth(cell: str) -> bool:
    word = folded(cell)
    if word not in _YES | _NO:
        raise Refused("voicemail", cell, f'"{shown(cell)}" is neither yes nor no', "Write yes or no")
    return word in _YES


# ----- numbers of the public network

_PLACES = {
    "menu": "menu",
    "queue": "queue",
    "file": "queue",
    "person": "person",
    "personne": "person",
    "phone": "phone",
    "poste": "phone",
    "voicemail": "voicemail",
    "messagerie": "voicemail",
    "message": "message",
    "conference": "conference",
}
_PLACE = re.compile(r"([^\W\d_]+)[ :]\s*(\S+)")


def _did(document: Document, row: Row, known: Known) -> Path:
    dids = document["dids"]
    number, key = row.get("number"), row.get("id")
    at = known.numbers.get(key)
    if not number and at is None:
        raise Refused("number", "", "is missing", 'Write it as "+33123456789"')
    if at is not None and number and at != number and number in dids:
        raise Refused(
            "number", number, f'"{shown(number)}" is the number of {shown(dids[number]["id"])}', "Choose another"
        )
    had = dids.get(at or number, {})
    item = dict(had) or {"id": key or f"did-{re.sub(r'[^0-9]', '', number)}"}
    if key and item["id"] != key:
        raise Refused(
            "id", key, f"this number is called {shown(item['id'])}, and ids never change", "Leave the id empty"
        )
    _take(item, row, "name", "language", "site", "hours")
    for column in ("target", "open", "closed"):
        _put(item, row, column, partial(_place, column))
    # A number has either a target or hours: what a line gives takes the other out.
    if row.get("target") not in ("", OUT) and not row.get("hours"):
        for column in ("hours", "open", "closed"):
            item.pop(column, None)
    elif row.get("hours") not in ("", OUT) and not row.get("target"):
        item.pop("target", None)
    if at is not None and number and at != number:
        dids.pop(at, None)
    dids[number or at] = item
    return ("dids", number or at or "")


def _place(column: str, cell: str) -> dict[str, str]:
    """`queue billing`, `menu:accueil`"""
    written = _PLACE.fullmatch(cell)
    kind = _PLACES.get(folded(written[1])) if written else None
    if written is None or kind is None:
        cure = did_you_mean(folded(written[1]), sorted(_PLACES)) if written else "Write queue billing, or menu accueil"
        raise Refused(column, cell, f'"{shown(cell)}" is no place for calls', cure)
    return {kind: written[2]}


# ----- days that are closed

_DAY_FIRST = re.compile(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})")


def _holiday(document: Document, row: Row, known: Known) -> Path:
    hours = document["hours"]
    key = row.get("hours") or known.hours
    if not key and len(hours) == 1:
        key = next(iter(hours))
    if key not in hours:
        what = f'no hours "{shown(key)}"' if key else "does not say which hours"
        raise Refused("hours", key, what, did_you_mean(key, hours) if key else "Write their id, or give --hours")
    day = _day(row.get("date"))
    closed = hours[key].get("closed", [])
    if day in closed:
        return ("hours", key, "closed", closed.index(day))
    hours[key] = {**hours[key], "closed": [*closed, day]}
    return ("hours", key, "closed", len(closed))


def _day(cell: str) -> date:
    """`2026-12-24`, `24/12/2026`, `24.12.2026`: where the year stands last, the day stands first."""
    found = _DAY_FIRST.fullmatch(cell)
    try:
        return date(int(found[3]), int(found[2]), int(found[1])) if found else date.fromisoformat(cell)
    except ValueError:
        raise Refused("date", cell, f'"{shown(cell)}" is not a date', "Write 2026-12-24 or 24/12/2026") from None


# ----- cells


def _take(item: dict[str, Any], row: Row, *columns: str) -> None:
    for column in columns:
        _put(item, row, column, str)


def _put(item: dict[str, Any], row: Row, column: str, made: Callable[[str], Any]) -> None:
    cell = row.get(column)
    if cell == OUT:
        item.pop(column, None)
    elif cell:
        item[column] = made(cell)


EXTENSIONS = ListKind(
    "extensions",
    "id",
    {
        "id": ("identifiant",),
        "name": ("nom", "nom complet", "full name"),
        "extension": ("numéro interne", "numéro", "number", "interne"),
        "kind": ("genre", "type"),
        "email": ("courriel", "e-mail", "mail", "adresse"),
        "site": ("lieu",),
        "language": ("langue",),
        "skills": ("compétences",),
        "voicemail": ("messagerie",),
        "outgoing": ("sortants", "appels sortants"),
    },
    (),
    (
        ("amel", "Amel Haddad", "201", "person", "amel@example.org", "", "", "french 5, billing 4", "yes", ""),
        ("lobby", "Lobby", "250", "phone", "", "", "", "", "", ""),
    ),
    _extension,
)
DIDS = ListKind(
    "dids",
    "number",
    {
        "number": ("numéro", "sda", "did"),
        "id": ("identifiant",),
        "name": ("nom",),
        "language": ("langue",),
        "site": ("lieu",),
        "target": ("destination", "cible"),
        "hours": ("horaires",),
        "open": ("ouvert",),
        "closed": ("fermé",),
    },
    (),
    (
        ("+33199000001", "main", "Main number", "", "", "", "office", "menu accueil", "message closed"),
        ("+33199000005", "amel", "Direct line", "", "", "person amel", "", "", ""),
    ),
    _did,
)
HOLIDAYS = ListKind(
    "holidays",
    "date",
    {"date": ("jour",), "hours": ("horaires",)},
    ("date",),
    (("2026-12-24", "office"), ("2026-12-31", "office")),
    _holiday,
)
LISTS: Mapping[str, ListKind] = {kind.name: kind for kind in (EXTENSIONS, DIDS, HOLIDAYS)}
