"""Places of a company in URIs and on the command line: who a document transfers to, and where it leads."""

from __future__ import annotations

from collections.abc import Mapping

from agi.flow.ways import NUMBER, SLUG
from cordboard.documents.places import WrittenEntry

PLACES = tuple(WrittenEntry.places())
TEL = "tel:"
_PLACE = "cordboard:"


def place_of(text: str) -> Mapping[str, str] | None:
    """`queue:sales` as a company file says it; None: it is no place."""
    kind, _, name = text.partition(":")
    is_right = (NUMBER if kind == "external" else SLUG).fullmatch(name)
    return {kind: name} if kind in PLACES and is_right else None


def place_in(uri: str) -> Mapping[str, str] | None:
    """The place that a URI names by itself: `cordboard:queue/sales`, `tel:+33140000000`."""
    if uri.startswith(TEL):
        return place_of(f"external:{uri.removeprefix(TEL).replace('-', '')}")
    kind, _, name = uri.removeprefix(_PLACE).partition("/")
    return place_of(f"{kind}:{name}") if uri.startswith(_PLACE) else None


def uri_of(kind: str, name: str) -> str:
    return f"{TEL}{name}" if kind == "external" else f"{_PLACE}{kind}/{name}"
