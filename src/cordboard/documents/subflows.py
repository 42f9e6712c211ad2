"""Parts of a flow that several places use: each use becomes nodes of its own, `<use>.<node>`, that lead on from there.

What belongs to such a part is what leads, from where it starts, to one of its ends; all else that it leads to (a queue,
another menu) is the same for whoever uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from agi.flow.checker import Problem, Sort
from agi.flow.document import Edge, Node, Play, Target, TargetKind, edge_of
from agi.flow.ways import LONGEST_NODE_ID
from cordboard.documents.problems import listed
from cordboard.store.values import Step

KIND = "use"
MOST_NODES = 5000
"""That all uses together become: a part that uses others twice, and these others, doubles them each time."""


@dataclass(frozen=True, slots=True)
class Use:
    """A step that leads through a part and goes on by the end that a call comes to there."""

    id: str
    start: Target
    ends: Mapping[str, Edge]


def use_of(step: Step) -> Use:
    """Raises FlowRefused for parts that no use has."""
    ends = {name: edge_of(edge) for name, edge in step.parts["ends"].items()}
    return Use(step.id, edge_of(step.parts["start"]).target, ends)


class Parts:
    """A company's nodes, and the uses among them; calls begin at `entries`. There may be ways that nobody knows, where
    it is not `is_whole`."""

    def __init__(
        self, nodes: Mapping[str, Node], uses: Mapping[str, Use], entries: Iterable[str], *, is_whole: bool = True
    ) -> None:
        self._nodes = nodes
        self._uses = uses
        self._is_whole = is_whole
        self._of: dict[str, frozenset[str]] = {}
        self._sizes: dict[str, int] = {}
        self._outside = _closure(entries, self._next)
        """What calls come to without a use."""
        self._used = frozenset(member for use in uses.values() for member in self._members(use.start.id))
        self._idle = frozenset(filter(self._ends, (*nodes, *uses))) - self._used - self._outside
        """What leads to the end of a part that nothing uses."""

    def expanded(self) -> dict[str, Node]:
        """The nodes that calls go through, in the order of the document; those of a part stand there once for each
        use."""
        found: dict[str, Node] = {}
        for name in (*self._nodes, *self._uses):
            if name in self._used or name in self._idle:
                continue
            if name in self._uses:
                found |= dict(self._placed(self._uses[name], name))
            else:
                found[name] = self._nodes[name]
        return found

    def problems(self) -> Iterator[Problem]:
        """What is wrong with parts and their uses, by paths in a flow that has uses among its nodes."""
        for name in sorted(self._outside):
            for way in self._ends(name):
                what = "leads to the end of a part, but calls come here without a step that uses it"
                yield Problem(f"nodes.{name}.{way}", what, "Lead here by a step of kind use", sort=Sort.END)
        for name in sorted(self._idle) if self._is_whole else ():
            what = "belongs to a part that no step uses"
            yield Problem(f"nodes.{name}", what, "Lead here by a step of kind use, or remove it", is_warning=True)
        rounds = list(filter(self._comes_round, self._uses))
        for name in rounds:
            what = "leads to this step itself: it would never end"
            yield Problem(f"nodes.{name}.start", what, "Lead on by an end")
        for use in self._uses.values():
            if use.id not in rounds:
                yield from self._of_ends(use)
        if not rounds:
            yield from self._of_sizes()

    def _of_ends(self, use: Use) -> Iterator[Problem]:
        where = f"nodes.{use.id}"
        ends = {end for name in self._members(use.start.id) for end in self._ends(name).values()}
        if missing := sorted(ends - use.ends.keys()):
            what = f"lacks {listed(missing)}, where {use.start} ends"
            yield Problem(f"{where}.ends", what, "Say where calls go then", sort=Sort.END)
        for name in sorted(use.ends.keys() - ends) if self._is_whole else ():
            what, cure = f"is no end of {use.start}", f"Lead there by end: {name}, or leave it out"
            yield Problem(f"{where}.ends.{name}", what, cure, sort=Sort.END)

    def _of_sizes(self) -> Iterator[Problem]:
        """Of uses of which none comes round."""
        total = 0
        for use in self._uses.values():
            total += self._size(use.start.id)
            if total > MOST_NODES:
                what = f"makes the uses become more than {MOST_NODES} steps together"
                yield Problem(f"nodes.{use.id}.start", what, "Use less within the parts that are used")
                return
            longest = max((name for name, _ in self._placed(use, use.id)), key=len)
            if len(longest) > LONGEST_NODE_ID:
                cure = f"Shorten ids: {LONGEST_NODE_ID} characters at most with the dots"
                yield Problem(f"nodes.{use.id}", f"makes a name that is too long: {longest}", cure)

    def _size(self, start: str) -> int:
        """How many nodes a use of the part becomes that starts here."""
        if start not in self._sizes:
            members = self._members(start)
            inner = sum(self._size(self._uses[name].start.id) for name in members & self._uses.keys())
            self._sizes[start] = 1 + len(members - self._uses.keys()) + inner
        return self._sizes[start]

    def _ends(self, name: str) -> Mapping[str, str]:
        """Its ways to ends of a part, each with the end's name."""
        return {way: edge.target.id for way, edge in self._ways(name) if edge.target.kind is TargetKind.END}

    def _ways(self, name: str) -> Iterator[tuple[str, Edge]]:
        if name in self._uses:
            yield from ((f"ends.{end}", edge) for end, edge in self._uses[name].ends.items())
        elif name in self._nodes:
            yield from self._nodes[name].ways()

    def _members(self, start: str) -> frozenset[str]:
        """What leads from here to an end."""
        if start not in self._of:
            reached = _closure([start], self._next)
            before: dict[str, set[str]] = {}
            for name in reached:
                for further in self._next(name):
                    before.setdefault(further, set()).add(name)
            self._of[start] = _closure(filter(self._ends, reached), lambda name: before.get(name, ())) - self._outside
        return self._of[start]

    def _next(self, name: str) -> Iterator[str]:
        yield from (edge.target.id for _, edge in self._ways(name) if edge.target.kind.is_node)

    def _comes_round(self, use: str) -> bool:
        """Does a use come to itself by the parts that it uses?"""

        def inside(name: str) -> Iterable[str]:
            return self._members(self._uses[name].start.id) & self._uses.keys()

        return use in _closure(inside(use), inside)

    def _placed(self, use: Use, prefix: str) -> Iterator[tuple[str, Node]]:
        """The nodes of one use, which does not come round."""
        members = self._members(use.start.id)

        def led(edge: Edge) -> Edge:
            target = edge.target
            if target.kind is TargetKind.END and target.id in use.ends:
                end = use.ends[target.id]
                return Edge(end.target, edge.language or end.language)
            if target.kind.is_node and target.id in members:
                return replace(edge, target=replace(target, id=f"{prefix}.{target.id}"))
            return edge

        yield prefix, Play(prefix, None, led(Edge(use.start)))
        for name in (*self._nodes, *self._uses):
            if name not in members:
                continue
            if name in self._nodes:
                yield f"{prefix}.{name}", self._nodes[name].led(led, f"{prefix}.{name}")
            else:
                inner = self._uses[name]
                there = replace(inner, ends={each: led(edge) for each, edge in inner.ends.items()})
                yield from self._placed(there, f"{prefix}.{name}")


def _closure(starts: Iterable[str], further: Callable[[str], Iterable[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(further(name))
    return frozenset(found)
