"""Every path through a company's menus up to a bound, found by letting callers try everything; and what nobody took.

The interpreter itself is walked: a caller who is asked something does the first that can be done there, the next caller
the second, until each was done: a key or digits that are right, silence until the node gives up, or wrong keys until it
does. So do other systems that are asked: they find, each time what opens another way, find nothing, and fail. Where
the caller's number decides, callers of several numbers try.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from itertools import product
from typing import TypeVar

from agi.flow.callback import Callback
from agi.flow.checker import Entry, survey
from agi.flow.document import Flow, start_node
from agi.flow.nodes import FAILURE, Hours, Node
from agi.flow.plan import acts_of, spoken_seconds
from agi.ports import Reachable
from agi.simulated_caller import TYPING, Act
from agi.simulated_steps import Entered, Spoke, Step
from agi.stand_in import HANGS_UP, UNTOLD, anywhere
from cordboard.calls.paper import Paper
from cordboard.flows.callers import callers_of
from cordboard.flows.moments import moments
from cordboard.flows.trial import Lengths, Passage, reaches_in, try_call, unmeasured, zone_of
from cordboard.store.values import Company, Did

DEPTH = 4
"""Menus, and steps that ask callers or other systems, that a caller goes through, unless more are asked for."""
DEEPEST = 12
MOST_PATHS = 20_000
AGAIN, DEEPER = "comes round", "goes deeper"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Path:
    """One way that a caller can go; `pressed` is what to press for it, `answers` what other systems answer, by node.
    `cut`: why it was not followed to its end: it `comes round` to where it had been already, or `goes deeper` than was
    asked for."""

    passage: Passage
    pressed: str
    cut: str = ""
    answers: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What of a flow no path came to, but for ways of what fails: no caller can bring that about. `is_whole`: all paths
    up to the bound were taken."""

    nodes: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    schedules: tuple[str, ...]
    """Schedules that no path met both open and closed, as `office closed`."""
    paths: int
    is_whole: bool


@dataclass(slots=True)
class Budget:
    """How many calls may still be made; 0 after an exploration: there may be more paths than were found."""

    left: int = MOST_PATHS


async def explore(
    books: Paper,
    since: datetime,
    *,
    dids: Sequence[Did] | None = None,
    depth: int = DEPTH,
    lengths: Lengths = unmeasured,
    numbers: Sequence[str] | None = None,
    budget: Budget | None = None,
) -> AsyncIterator[Path]:
    """Every path of these DIDs (None: all), each with the first moment from `since` (aware) on when it is open; DIDs in
    the order of their ids. `numbers`: who calls; None: one for each case of the caller's number. `budget`: how many
    calls may be made for it; unless given, `MOST_PATHS`."""
    budget = budget or Budget()
    for did in books.company.dids.values() if dids is None else dids:
        nodes = _met_from(books.flow, start_node(did.id))
        schedules = list(dict.fromkeys(node.schedule for node in nodes if isinstance(node, Hours)))
        seen: set[tuple[object, ...]] = set()
        callers = callers_of(nodes) if numbers is None else numbers
        for moment, number in product(moments(books.flow, schedules, since).values(), callers):
            reaches = _Reaches(books.company, number)
            decided: list[_Choice] | None = []
            while decided is not None:
                if not budget.left:
                    return
                explorer = _Explorer(books.flow, did.language, decided, depth, reaches)
                begins = moment.astimezone(zone_of(books.company))
                passage = await try_call(
                    books,
                    did,
                    explorer,
                    number=number,
                    begins=begins,
                    lengths=lengths,
                    tell=explorer.see,
                    replies=explorer.reply,
                    reaches=reaches,
                )
                budget.left -= 1
                way = (passage.edges, explorer.cut or passage.end)
                if way not in seen:
                    seen.add(way)
                    yield Path(passage, explorer.pressed, explorer.cut, explorer.answers)
                decided = _next(explorer.choices)


def coverage(flow: Flow, paths: Sequence[Path], dids: Sequence[Did] | None = None) -> Coverage:
    """What these paths left out, in the order of the document: of what callers of these numbers can come to, of
    everything unless they are named."""
    within: Collection[str] = flow.nodes
    if dids is not None:
        within = survey(flow, [Entry(start_node(did.id), did.language) for did in dids], {})[1].nodes
    nodes = {node for path in paths for node in path.passage.nodes}
    edges = {edge for path in paths for edge in path.passage.edges}
    asking = {name: node.schedule for name, node in flow.nodes.items() if isinstance(node, Hours) and name in within}
    met = {(asking[node], way) for node, way in edges if node in asking}
    # Hours in which callers are called back are none that a path meets.
    for_callbacks = {node.schedule for node in flow.nodes.values() if isinstance(node, Callback)}
    asked = set(asking.values())
    schedules = [each for each in flow.schedules if each in asked or (dids is None and each not in for_callbacks)]
    states = [(schedule, way) for schedule in schedules for way in ("open", "closed")]
    return Coverage(
        nodes=tuple(name for name in flow.nodes if name in within and name not in nodes),
        edges=tuple(
            edge
            for name, node in flow.nodes.items()
            if name in within
            for way, _ in node.ways()
            if way != FAILURE and (edge := (name, way)) not in edges
        ),
        schedules=tuple(" ".join(state) for state in states if state not in met),
        paths=len(paths),
        is_whole=len(paths) < MOST_PATHS and not any(path.cut == DEEPER for path in paths),
    )


def wanted_in(flow: Flow) -> dict[str, list[str]]:
    """Variable -> the values by which calls go this way or that."""
    wanted: dict[str, list[str]] = {}
    for node in flow.nodes.values():
        for variable, value in node.asks_for():
            wanted.setdefault(variable, []).append(value)
    return wanted


def _met_from(flow: Flow, start: str) -> list[Node]:
    """Nodes that callers who begin here may meet, moves between menus not looked at: they lead to what was met."""
    found: dict[str, Node] = {}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        node = flow.nodes.get(name)
        if name in found or node is None:
            continue
        found[name] = node
        waiting.extend(edge.target.id for _, edge in node.ways() if edge.target.kind.is_node)
    return list(found.values())


class _Reaches:
    """Where somebody may be called back: where he calls from, if the company says so, and wherever else he likes."""

    def __init__(self, company: Company, caller: str) -> None:
        self._caller = caller
        self._of_caller = cache(partial(reaches_in, company))

    def __call__(self, outgoing: str, number: str) -> Reachable | None:
        return self._of_caller(outgoing, number) if number == self._caller else anywhere(outgoing, number)

    def behaviours(self, node: Node, wanted: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
        """What he may do at a node."""
        if isinstance(node, Callback) and self(node.outgoing, self._caller) is not None:
            return node.answers()
        return node.behaviours(wanted)


@dataclass(frozen=True, slots=True)
class _Choice:
    """A decision where something is asked: which of the things that can be done, and how many there are."""

    taken: int
    of: int


def _next(choices: Sequence[_Choice]) -> list[_Choice] | None:
    """What the next caller decides: the last choice that has another way takes it, those after it are open again."""
    for place in range(len(choices) - 1, -1, -1):
        if choices[place].taken + 1 < choices[place].of:
            return [*choices[:place], _Choice(choices[place].taken + 1, choices[place].of)]
    return None


class _Explorer:
    """A caller who does at each node that asks what was decided, and the first that can be done there beyond that."""

    def __init__(self, flow: Flow, language: str, decided: Sequence[_Choice], depth: int, reaches: _Reaches) -> None:
        self._flow = flow
        self._reaches = reaches
        self._wanted = wanted_in(flow)
        self._language = language
        self._decided = list(decided)
        self._depth = depth
        self._been: set[tuple[str, str, tuple[str, ...]]] = set()
        self._acts: deque[str] = deque()
        """What is still to do at this node: a key each time that one is waited for, or "" for pressing none."""
        self._is_typing = False
        self.choices: list[_Choice] = []
        self.answers: dict[str, object] = {}
        """What other systems answer, by node."""
        self.words: list[str] = []
        self.cut = ""

    @property
    def pressed(self) -> str:
        return " ".join(self.words)

    def see(self, step: Step) -> None:
        """Follow where the line says that the caller is."""
        match step:
            case Entered():
                node = self._flow.nodes[step.node]
                behaviours, replies = (
                    list(self._reaches.behaviours(node, self._wanted)),
                    list(node.replies(self._wanted)),
                )
                if step.node in self.answers:  # whoever asks again is told the same
                    replies = [self.answers[step.node]]
                if behaviours and (words := self._decided_on(step, behaviours)) is not None:
                    self._will_do(words)
                if replies and (reply := self._decided_on(step, replies)) is not None:
                    self.answers[step.node] = reply
            case Spoke():
                self._language = step.language
            case _:
                pass

    def _decided_on(self, here: Entered, choices: Sequence[_T]) -> _T | None:
        """The one of these that it is this time; None: the path is cut here."""
        place = (here.node, self._language, here.menus)
        if place in self._been or len(self.choices) >= self._depth:
            self.cut = AGAIN if place in self._been else DEEPER
            return None
        self._been.add(place)
        position = len(self.choices)
        choice = self._decided[position] if position < len(self._decided) else _Choice(0, len(choices))
        self.choices.append(choice)
        return choices[choice.taken]

    def _will_do(self, words: tuple[str, ...]) -> None:
        self.words += words
        self._acts = deque(acts_of(words))
        self._is_typing = False

    def reply(self, node: str) -> object:
        """What a system answers that is asked at this node."""
        return HANGS_UP if self.cut else self.answers.get(node, UNTOLD)

    def in_sound(self, start: float, end: float) -> Act | None:
        return Act(start, "") if self.cut else None

    def at_tone(self, start: float) -> float:
        return start + (spoken_seconds(self._acts.popleft()) if self._acts and spoken_seconds(self._acts[0]) else 0.0)

    def at_wait(self, start: float, end: float) -> Act | None:
        if self.cut:
            return Act(start, "")
        key = self._acts.popleft() if self._acts else ""
        at = min(end, start + TYPING) if self._is_typing else start
        self._is_typing = bool(key)
        return Act(at, key) if key else None
