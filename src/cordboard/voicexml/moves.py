"""Where `repeat`, `back` and `top` lead: VoiceXML has no memory of menus, so each must lead to one place.

Followed are all ways from the entries, with the menu that a caller was in last; and for each menu those from which he
may have come into it.
"""

from __future__ import annotations

from collections.abc import Iterable

from agi.flow.document import Edge, Flow, Menu, TargetKind

Place = tuple[str, str | None]
"""A node, and the menu that the caller was in last."""


class Moves:
    def __init__(self, flow: Flow, entries: Iterable[str]) -> None:
        self._flow = flow
        self._before: dict[str, set[str | None]] = {}
        self._firsts: set[str] = set()
        self._reached: dict[Place, None] = {}
        self._follow(entries)
        self._lasts: dict[str, list[str | None]] = {}
        for node, last in self._reached:
            self._lasts.setdefault(node, []).append(last)

    def places(self, node: str, kind: TargetKind) -> list[str]:
        """The menus that a move from this node may lead to, in order; none where nobody comes."""
        return sorted({menu for last in self._lasts.get(node, ()) for menu in self._moved(node, last, kind)})

    def _follow(self, entries: Iterable[str]) -> None:
        starts = [(node, None) for node in entries if node in self._flow.nodes]
        size = -1
        # Whoever comes into a menu by another way may go back by it from all that was seen before.
        while size != (size := len(self._reached) + sum(map(len, self._before.values())) + len(self._firsts)):
            self._reached.clear()
            waiting: list[Place] = [self._entered(node, last) for node, last in starts]
            while waiting:
                place = waiting.pop()
                if place in self._reached:
                    continue
                self._reached[place] = None
                for _, edge in self._flow.nodes[place[0]].ways():
                    waiting += self._next(place, edge)

    def _next(self, place: Place, edge: Edge) -> list[Place]:
        node, last = place
        target = edge.target
        if target.kind.is_move:
            return [(menu, menu) for menu in self._moved(node, last, target.kind)]
        if target.kind.is_node and target.id in self._flow.nodes:
            return [self._entered(target.id, last)]
        return []

    def _entered(self, node: str, last: str | None) -> Place:
        if not isinstance(self._flow.nodes[node], Menu) or last == node:
            return node, last
        self._before.setdefault(node, set()).add(last)
        if last is None:
            self._firsts.add(node)
        return node, node

    def _moved(self, node: str, last: str | None, kind: TargetKind) -> set[str]:
        if last is None:
            return set()
        if kind is TargetKind.TOP:
            return self._firsts
        if kind is TargetKind.BACK and last == node:
            return {before or last for before in self._before.get(last, {None})}
        return {last}
