"""Callers by whose numbers a flow decides: one for each case that asks for the caller's number, and one that none asks
for."""

from __future__ import annotations

import re
from collections.abc import Iterable

from agi.flow.nodes import Node

WITHHELD = ""
_CALLER = "caller"
_NUMBER = re.compile(r"\+?[0-9]{1,15}")
_LENGTH = 12
"""Of a number of which a case has the beginning."""


def callers_of(nodes: Iterable[Node]) -> list[str]:
    """The numbers to call from so that calls take every way that is open to some number, withheld first."""
    values = [value for node in nodes for variable, value in node.asks_for() if variable == _CALLER]
    found = dict.fromkeys([WITHHELD, *_asked_for_by_none(values)])
    for value in filter(_NUMBER.fullmatch, values):
        found |= dict.fromkeys([value.ljust(_LENGTH, "0"), value])
    return list(found)


def _asked_for_by_none(values: list[str]) -> list[str]:
    others = (f"+{digit}".ljust(_LENGTH, "0") for digit in range(1, 10))
    return [each for each in others if not each.startswith(tuple(values))][:1] if values else []
