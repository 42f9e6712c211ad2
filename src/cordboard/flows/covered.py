"""How many paths came to each node and took each way of a flow, and what a picture says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agi.flow.nodes import FAILURE
from cordboard.flows.trial import Passage

NEVER, NOT_TRIED = "never", "not tried"


@dataclass(frozen=True, slots=True)
class Taken:
    """`nodes` and `ways` (node, way of the document): each with its number of paths, those never taken left out; a path
    that comes round counts once. `paths`: of them all. `is_whole`: there are no others."""

    nodes: Mapping[str, int]
    ways: Mapping[tuple[str, str], int]
    paths: int
    is_whole: bool

    def words_of_node(self, node: str) -> str:
        """`12 paths`, or that none came there."""
        return _words(self.nodes.get(node, 0))

    def words_of_way(self, node: str, way: str) -> str:
        """`12 paths`, or that none took it; no path is expected to take a way of what fails."""
        taken = self.ways.get((node, way), 0)
        return NOT_TRIED if way == FAILURE and not taken else _words(taken)

    @property
    def words(self) -> str:
        """Of the whole, and what the others mean."""
        most = "" if self.is_whole else ", not all that there are"
        never = f"{NEVER} (dotted): none of them came here"
        return f"{_words(self.paths)}{most} · {never} · {NOT_TRIED}: no caller can bring it about"


def taken_by(passages: Sequence[Passage], *, is_whole: bool) -> Taken:
    """What these calls came to."""
    return Taken(
        Counter(node for each in passages for node in set(each.nodes)),
        Counter(edge for each in passages for edge in set(each.edges)),
        len(passages),
        is_whole,
    )


def _words(paths: int) -> str:
    return f"{paths} path{'' if paths == 1 else 's'}" if paths else NEVER
