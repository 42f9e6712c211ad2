"""What Asterisk printed of objects that were found to be as generated: the very same print needs no second reading.

Asterisk is asked each time, and all that it prints is compared; what is spared is to take the same text apart again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

Print = tuple[bytes, object]
"""What an object was printed as (sha256), and what was wanted of it."""


def print_of(texts: Iterable[str], wanted: object) -> Print:
    """`texts` hold no empty line. `wanted` is compared, not copied."""
    return hashlib.sha256("\r\n\r\n".join(texts).encode()).digest(), wanted


class Known:
    """The prints of one switch: of each kind of object those of the last reading that were right."""

    def __init__(self) -> None:
        self._right: dict[str, Mapping[str, Print]] = {}

    def was_right(self, kind: str, name: str, printed: Print) -> bool:
        """Was this object printed so when it was found to be as wanted, and is the same wanted of it now?"""
        return self._right.get(kind, {}).get(name) == printed

    def keep(self, kind: str, right: Mapping[str, Print]) -> None:
        """From now on these alone are known."""
        self._right[kind] = right
