"""Ways that lead back to where they began: queues that pass a caller on in a ring would never let him go. Pure."""

from collections import deque
from collections.abc import Collection, Iterator, Mapping


def rings(ways: Mapping[str, Collection[str]]) -> Iterator[list[str]]:
    """Each ring as a shortest way, from its first place in the order of `ways` back to it: `[a, b, a]`. Of rings
    that hang together perhaps the first alone is told; where there is any, one is.

    `ways`: place -> the places that it leads to, each of them a key too."""
    told: set[str] = set()
    for start in ways:
        ring = _ring(start, ways)
        if ring and not told.intersection(ring):
            told.update(ring)
            yield ring


def _ring(start: str, ways: Mapping[str, Collection[str]]) -> list[str]:
    """A shortest way from `start` back to it; [] if there is none."""
    came_from: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        for there in ways[here]:
            if there not in came_from:
                came_from[there] = here
                waiting.append(there)
    if start not in came_from:
        return []
    ring = [start, came_from[start]]
    while ring[-1] != start:
        ring.append(came_from[ring[-1]])
    return ring[::-1]
