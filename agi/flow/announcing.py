"""Are callers told before they are recorded? Whoever comes to a recording without having heard anything was not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from agi.errors import Problem
from agi.flow.nodes import Node, Play
from agi.flow.recording import RecordCall


def unannounced(
    nodes: Iterable[Node], starts: Iterable[str], leads_to: Callable[[str], Collection[str]]
) -> Iterator[Problem]:
    """Recordings of calls that somebody comes to, from one of these starts, who was told nothing: neither by the
    recording itself nor by an announcement (`play`) on every way there. `leads_to`: node -> where its ways lead."""
    untold = _untold({node.id: node for node in nodes}, starts, leads_to)
    for node in untold:
        if isinstance(node, RecordCall) and node.starts and node.announcement is None:
            what = "records callers who were not told so: they come here without an announcement"
            yield Problem(f"nodes.{node.id}.do", what, "Name an announcement here, or play one on every way before")


def _untold(nodes: dict[str, Node], starts: Iterable[str], leads_to: Callable[[str], Collection[str]]) -> list[Node]:
    """The nodes that a caller can come to who was not told anything."""
    seen: dict[str, Node] = {}
    waiting = list(starts)
    while waiting:
        node = nodes.get(waiting.pop())
        if node is None or node.id in seen:
            continue
        seen[node.id] = node
        if not _tells(node):
            waiting.extend(leads_to(node.id))
    return [node for name, node in nodes.items() if name in seen]


def _tells(node: Node) -> bool:
    """Does a caller hear something here that he may not pass over?"""
    match node:
        case Play():
            return node.prompt is not None and not node.barge_in
        case RecordCall():
            return node.announcement is not None
        case _:
            return False
