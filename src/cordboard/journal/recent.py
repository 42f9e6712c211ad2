"""Names that were seen lately: so many are remembered, the oldest is forgotten first."""

from __future__ import annotations

from collections.abc import Iterable


class Recent:
    def __init__(self, most: int) -> None:
        self._most = most
        self._names: dict[str, None] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def add(self, names: Iterable[str]) -> None:
        for name in names:
            self._names.pop(name, None)
            self._names[name] = None
        for name in list(self._names)[: max(0, len(self._names) - self._most)]:
            del self._names[name]
