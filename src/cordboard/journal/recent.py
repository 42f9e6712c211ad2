"""Names that were seen lately: so many are remembered, the oldest is forgotten first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable


class Recent:
    def __init__(self, most: int) -> None:
        self._most = most
        self._names: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def add(self, names: Iterable[str]) -> None:
        for name in names:
            self._names[name] = None
            self._names.move_to_end(name)
        while len(self._names) > self._most:
            self._names.popitem(last=False)
