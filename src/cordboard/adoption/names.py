"""Names as Asterisk's files write them -> names, ids and numbers that a company file takes."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from cordboard.documents import kinds
from cordboard.documents.kinds import slug

_CALLER = re.compile(r'\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^<]*?))\s*(?:<(?P<number>[^>]*)>)?\s*')


def _accepts(kind: Any) -> Callable[[str], bool]:
    adapter: TypeAdapter[str] = TypeAdapter(kind)

    def is_one(value: str) -> bool:
        try:
            adapter.validate_python(value)
        except ValidationError:
            return False
        return True

    return is_one


is_extension = _accepts(kinds.Extension)
is_email = _accepts(kinds.Email)
is_language = _accepts(kinds.Language)
is_sip_uri = _accepts(kinds.SipUri)
is_header_name = _accepts(kinds.HeaderName)
is_header_value = _accepts(kinds.HeaderValue)
is_secret = _accepts(kinds.Secret)
is_pin = _accepts(kinds.Pin)


def shown_name(text: str) -> str:
    """A name that a company file takes, as near to the text as can be; "" if nothing of it can be seen."""
    seen = "".join(
        " " if letter.isspace() else letter
        for letter in unicodedata.normalize("NFC", text)
        if letter.isspace() or unicodedata.category(letter)[0] != "C"
    )
    name = " ".join(seen.split())
    while len(name.encode()) > kinds.LONGEST_NAME:
        name = name[:-1].rstrip()
    return name


@dataclass
class Ids:
    """One space of ids: each is given once, and the same names in the same order get the same ids."""

    taken: set[str] = field(default_factory=set)

    def give(self, kind: str, wish: str, suffix: str = "") -> str:
        """The slug of the wish; if it is taken, with the suffix or the first free number behind it. A wish without a
        letter in front, as `600`, stands behind the kind: `queue-600`."""
        first = slug(wish) or slug(f"{kind}-{wish}") or kind
        chosen = first
        numbers = itertools.count(2)
        suffix = re.sub(r"[^0-9]", "", suffix)
        while chosen in self.taken:
            last = suffix or str(next(numbers))
            chosen = slug(first, last)
            suffix = ""
        self.taken.add(chosen)
        return chosen


def caller_id(text: str) -> tuple[str, str]:
    """Name and number of `"Amel Haddad" <201>`, `Amel Haddad <201>`, `<201>` or `201`."""
    found = _CALLER.fullmatch(text)
    if not found:
        return shown_name(text), ""
    name = re.sub(r"\\(.)", r"\1", found["quoted"]) if found["quoted"] is not None else found["plain"] or ""
    number = re.sub(r"[\s.()/-]", "", found["number"] or "")
    if found["number"] is None and re.fullmatch(r"\+?[0-9*#]+", name.strip()):
        return "", name.strip()
    return shown_name(name), number
