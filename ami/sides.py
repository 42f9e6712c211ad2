"""Who is one of ours and who is outside: Asterisk does not say it, so it is concluded from what it does say.

In this order: a context that was named as a trunk's; who is at home in a context that our own dialplan has for phones
is ours, whatever number he shows; a queue's member is ours; a context whose name tells it (from-trunk, inbound ...); a
context in which a queue's member is at home is ours; a number as long as those of the public network is outside;
everybody else is ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ami.staff import Staff

PHONES_CONTEXT = "cordboard-phones-"
"""So begin the names of the contexts that our own dialplan has for phones, one a company."""
OUTSIDE_CONTEXT = re.compile(
    r"(?:^|[-_])(?:in|inbound|incoming|trunks?|pstn|provider|carrier|dids?|extern|external|outside|public)"
    r"(?:$|[-_0-9])",
    re.IGNORECASE,
)
OUTSIDE_NUMBER = re.compile(r"\+?\d{7,}")
REMEMBERED = 10_000


class Sides:
    """Asked with a leg's endpoint, the context it was born in (its endpoint's own) and its number."""

    def __init__(self, staff: Staff, trunk_contexts: Iterable[str]) -> None:
        self._staff = staff
        self._trunks = frozenset(trunk_contexts)
        self._homes: dict[str, str] = {}  # endpoint -> the context it is at home in
        self._ours: set[str] = set()
        self._inside: set[str] = set()  # contexts

    def see(self, endpoint: str, context: str) -> None:
        """A leg of this endpoint was born in this context."""
        if endpoint and context and len(self._homes) < REMEMBERED:
            self._homes.setdefault(endpoint, context)

    def know(self, endpoint: str) -> None:
        """This endpoint is one of ours: a queue's member was reached there."""
        if endpoint and len(self._ours) < REMEMBERED:
            self._ours.add(endpoint)
            if home := self._homes.get(endpoint):
                self._inside.add(home)

    def is_outside(self, endpoint: str, context: str, number: str) -> bool:
        if context in self._trunks:
            return True
        if context.startswith(PHONES_CONTEXT):
            return False
        if endpoint not in self._ours and f"PJSIP/{endpoint}" in self._staff.agents:
            self.know(endpoint)
        if endpoint in self._ours:
            return False
        if OUTSIDE_CONTEXT.search(context):
            return True
        return context not in self._inside and OUTSIDE_NUMBER.fullmatch(number) is not None
