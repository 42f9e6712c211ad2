"""What is wrong with a flow as a whole, found before any caller does: one list of every problem, in document order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from agi.errors import Problem, Sort
from agi.flow.announcing import unannounced
from agi.flow.document import Flow
from agi.flow.nodes import Edge, Menu, Node, Target, TargetKind, base_language
from agi.flow.secrecy import said_secrets
from agi.flow.steps import GIVEN

__all__ = ["Entry", "Problem", "Reached", "Sort", "check", "survey"]

Place = TypeVar("Place")


@dataclass(frozen=True, slots=True)
class Entry:
    """Where calls begin: the id of a node, and the language that they begin in; "": it is not known."""

    start: str
    language: str


@dataclass(frozen=True, slots=True)
class Reached:
    """What calls come to, each with the languages that they can have there: nodes, prompts, and what lies outside the
    flow by kind and id."""

    nodes: Mapping[str, frozenset[str]]
    prompts: Mapping[str, frozenset[str]]
    exits: Mapping[Target, frozenset[str]]


def check(flow: Flow, entries: Iterable[Entry], known_targets: Mapping[str, Collection[str]]) -> list[Problem]:
    """Every problem of the flow.

    `known_targets` are the ids that exist outside the flow, by kind: queue, person, voicemail, message. What does not
    keep calls from getting through is a warning: a node that nobody reaches, a prompt without one of the languages.
    """
    return survey(flow, entries, known_targets)[0]


def survey(
    flow: Flow, entries: Iterable[Entry], known_targets: Mapping[str, Collection[str]]
) -> tuple[list[Problem], Reached]:
    """The problems as `check` tells them, and what calls come to."""
    entries = list(entries)
    problems = [
        *_missing_starts(flow, entries),
        *(problem for node in flow.nodes.values() for problem in _of_node(flow, node, known_targets)),
    ]
    # Ways that lead nowhere are told above; what follows looks at those that lead somewhere.
    travels = _Travels(flow, entries)
    problems += _unknown_variables(flow)
    problems += said_secrets(flow.nodes.values())
    problems += _unreachable(flow, travels)
    problems += _back_before_any_menu(flow, travels)
    problems += _loops_without_input(flow, travels)
    problems += _no_way_out(flow, travels)
    problems += unannounced(flow.nodes.values(), [entry.start for entry in entries], _ways(flow, travels).__getitem__)
    reached = _reached(flow, travels)
    problems += _silent_prompts(flow, reached)
    problems += _silent_nodes(flow, reached)
    return problems, reached


# --- ways -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _State:
    """Somewhere a call can be: at a node, in a language. `menu` is the last menu it came to, itself after a move. ""
    stands for a language, and for a menu, that is not known."""

    node: str
    language: str
    menu: str | None


class _Travels:
    """Every state that a call can reach.

    Which menus lie behind a caller is his own history. `back` is taken to lead to every menu from which this one is
    entered (to itself if it is the first on some way), `top` to every menu that is the first on some way: more than any
    one caller can do, never less.

    Where a call is led that nobody knows, it may come to every node, in any language and from any menu
    (`lead_anywhere`).
    """

    def __init__(self, flow: Flow, entries: Iterable[Entry]) -> None:
        self._flow = flow
        self.before: dict[str, set[str]] = {}
        self.first: set[str] = set()
        self.states: set[_State] = set()
        starts = [_State(entry.start, entry.language, None) for entry in entries if entry.start in flow.nodes]
        self.lead_anywhere = False
        known = -1
        # A menu found late can be the `back` of one found early: travel until nothing new comes up.
        while known != (known := self._size()):
            self._travel(starts)
            self.nodes = {state.node for state in self.states}
            if not self.lead_anywhere and (flow.unknown.starts or not self.nodes.isdisjoint(flow.unknown.ways)):
                self.lead_anywhere = True
                starts += [_State(name, "", "") for name in flow.nodes]

    def _size(self) -> int:
        return len(self.states) + len(self.first) + sum(map(len, self.before.values())) + self.lead_anywhere

    def _travel(self, starts: list[_State]) -> None:
        seen: set[_State] = set()
        waiting = list(starts)
        while waiting:
            state = waiting.pop()
            if state in seen:
                continue
            seen.add(state)
            node = self._flow.nodes[state.node]
            language, menu = state.language, state.menu
            language = node.spoken(language)
            if isinstance(node, Menu):
                if menu is None:
                    self.first.add(node.id)
                elif menu and menu != node.id:
                    self.before.setdefault(node.id, set()).add(menu)
                menu = node.id
            waiting.extend(
                _State(place, edge.language or language, place if edge.target.kind.is_move else menu)
                for _, edge in node.ways()
                for place in self.leads_to(node, menu, edge.target)
            )
        self.states |= seen

    def leads_to(self, node: Node, menu: str | None, target: Target) -> Iterator[str]:
        """The nodes that an edge of `node` leads to, for a caller whose last menu is `menu`; none where it leaves."""
        is_menu = isinstance(node, Menu)
        match target.kind:
            case kind if kind.is_node:
                found = self._flow.nodes.get(target.id)
                if found is not None and found.is_meant_by(target):
                    yield target.id
            case TargetKind.REPEAT if menu:
                yield menu
            case TargetKind.BACK if menu:
                yield from self.before.get(menu, ()) if is_menu else {menu}
                if menu in self.first:
                    yield menu
            case TargetKind.TOP if menu:
                yield from self.first

    def steps(self, state: _State, edges: Iterable[Edge]) -> Iterator[str]:
        node = self._flow.nodes[state.node]
        menu = node.id if isinstance(node, Menu) else state.menu
        for edge in edges:
            yield from self.leads_to(node, menu, edge.target)


# --- problems of one node ---------------------------------------------------------------------------------------------


def _missing_starts(flow: Flow, entries: list[Entry]) -> Iterator[Problem]:
    for start in dict.fromkeys(entry.start for entry in entries):
        if start not in flow.nodes:
            what, cure = "calls begin here, but it does not exist", "Add it, or begin elsewhere"
            yield Problem(f"nodes.{start}", what, cure, sort=Sort.START)


def _of_node(flow: Flow, node: Node, known_targets: Mapping[str, Collection[str]]) -> Iterator[Problem]:
    where = f"nodes.{node.id}"
    for path, edge in node.ways():
        yield from _dangling(flow, f"{where}.{path}", edge.target, known_targets)
        if edge.target.kind is TargetKind.REPEAT and not isinstance(node, Menu):
            yield Problem(f"{where}.{path}", "only a menu can be repeated", "Write back, or name a menu")
    for path, prompt in node.prompts():
        if prompt not in flow.prompts:
            what, cure = f"prompt {prompt} does not exist", "Add it to the prompts"
            yield Problem(f"{where}.{path}", what, cure, sort=Sort.PROMPT)
    for path, name in node.gives():
        if name in GIVEN:
            yield Problem(f"{where}.{path}", f"{name} is what every call has by itself", "Choose another name")
    for problem in node.problems(flow.schedules):
        yield replace(problem, where=f"{where}.{problem.where}")


def _dangling(
    flow: Flow, where: str, target: Target, known_targets: Mapping[str, Collection[str]]
) -> Iterator[Problem]:
    if target.kind.names_node and (node := flow.nodes.get(target.id)) is not None:
        if not node.is_meant_by(target):
            what = f"leads to {target}, which is of kind {node.kind}"
            yield Problem(where, what, f"Write {node.kind} {target.id}", sort=Sort.WAY)
    elif target.kind is TargetKind.END:
        yield Problem(
            where, f"leads to {target} of a part, and this is a whole flow", "Name where to go", sort=Sort.WAY
        )
    elif target.kind.names_node or (target.kind.has_id and target.id not in known_targets.get(target.kind, ())):
        what = f"leads to {target}, which does not exist"
        yield Problem(where, what, f"Add it, or name another {target.kind}", sort=Sort.WAY)


# --- problems of the whole --------------------------------------------------------------------------------------------


def _unknown_variables(flow: Flow) -> Iterator[Problem]:
    if flow.unknown.values:
        return
    known = {*GIVEN, *(name for node in flow.nodes.values() for _, name in node.gives())}
    for node in flow.nodes.values():
        for path, name in node.reads():
            if name not in known:
                what = f"variable {name} never gets a value"
                yield Problem(f"nodes.{node.id}.{path}", what, "Collect it or set it, or name another")


def _unreachable(flow: Flow, travels: _Travels) -> Iterator[Problem]:
    for name in flow.nodes:
        if name not in travels.nodes:
            yield Problem(f"nodes.{name}", "no call ever comes here", "Lead a key here, or remove it", is_warning=True)


def _back_before_any_menu(flow: Flow, travels: _Travels) -> Iterator[Problem]:
    for name in sorted({state.node for state in travels.states if state.menu is None}):
        node = flow.nodes[name]
        if isinstance(node, Menu):
            continue
        for path, edge in node.ways():
            if edge.target.kind in (TargetKind.BACK, TargetKind.TOP):
                yield Problem(
                    f"nodes.{name}.{path}", f"{edge.target} leads nowhere before the first menu", "Name where to go"
                )


def _loops_without_input(flow: Flow, travels: _Travels) -> Iterator[Problem]:
    silent: dict[str, set[str]] = {}
    for state in travels.states:
        silent.setdefault(state.node, set()).update(travels.steps(state, flow.nodes[state.node].ways_of_silence()))
    for name in flow.nodes:
        if name in silent and name in _reached_from(name, silent):
            yield Problem(
                f"nodes.{name}",
                "a caller who presses nothing comes back here for ever",
                "Let the way of silence end in a queue, a person, a voicemail, a message or hangup",
            )


def _no_way_out(flow: Flow, travels: _Travels) -> Iterator[Problem]:
    graph = _ways(flow, travels)
    exits = {name for name in graph if any(edge.target.kind.is_exit for _, edge in flow.nodes[name].ways())}
    exits |= flow.unknown.ways
    if travels.lead_anywhere:
        # Who moves back comes to where he came from, which need not be known.
        exits |= {name for name in graph if any(edge.target.kind.is_move for _, edge in flow.nodes[name].ways())}
    for name in flow.nodes:
        if name in graph and name not in exits and not exits & _reached_from(name, graph):
            yield Problem(f"nodes.{name}", "no key leads out of here", "Lead a key to a queue, a person or an end")


def _ways(flow: Flow, travels: _Travels) -> dict[str, set[str]]:
    """Nodes that calls come to -> those that their ways lead to."""
    graph: dict[str, set[str]] = {}
    for state in travels.states:
        edges = [edge for _, edge in flow.nodes[state.node].ways()]
        graph.setdefault(state.node, set()).update(travels.steps(state, edges))
    return graph


def _reached_from(name: str, graph: Mapping[str, set[str]]) -> set[str]:
    """The nodes reached from `name` in one step or more."""
    reached: set[str] = set()
    waiting = list(graph.get(name, ()))
    while waiting:
        place = waiting.pop()
        if place not in reached:
            reached.add(place)
            waiting.extend(graph.get(place, ()))
    return reached


def _reached(flow: Flow, travels: _Travels) -> Reached:
    nodes: dict[str, set[str]] = {}
    prompts: dict[str, set[str]] = {}
    exits: dict[Target, set[str]] = {}
    for state in sorted(travels.states, key=lambda state: (state.node, state.language)):
        node = flow.nodes[state.node]
        language = node.spoken(state.language)
        _note(nodes, state.node, language)
        for prompt, heard_in in node.hears(state.language):
            _note(prompts, prompt, heard_in)
        for _, edge in node.ways():
            if edge.target.kind.is_exit:
                _note(exits, edge.target, edge.language or language)
    return Reached(
        nodes={name: frozenset(found) for name, found in nodes.items()},
        prompts={name: frozenset(found) for name, found in prompts.items()},
        exits={target: frozenset(found) for target, found in exits.items()},
    )


def _note(found: dict[Place, set[str]], place: Place, language: str) -> None:
    """Calls come here in this language; in "", nobody knows in which."""
    languages = found.setdefault(place, set())
    if language:
        languages.add(language)


def _silent_nodes(flow: Flow, reached: Reached) -> Iterator[Problem]:
    if not flow.language:
        return  # what is heard where a language is missing is not known
    for name, languages in reached.nodes.items():
        for problem in flow.nodes[name].unsaid(languages, flow.language):
            yield replace(problem, where=f"nodes.{name}.{problem.where}")


def _silent_prompts(flow: Flow, reached: Reached) -> Iterator[Problem]:
    if not flow.language:
        return
    asked = [(prompt, language) for prompt, languages in reached.prompts.items() for language in sorted(languages)]
    for prompt, language in asked:
        if prompt not in flow.prompts:
            continue
        spoken = flow.prompts[prompt]
        if not flow.sounds(prompt, language):
            yield Problem(f"prompts.{prompt}", f"is silent for callers in {language}", f"Add sounds for {language}")
        elif not any(spoken.get(name) for name in (language, base_language(language))):
            yield Problem(
                f"prompts.{prompt}",
                f"is not spoken in {language}, its callers hear it in {flow.language}",
                f"Add sounds for {language}",
                is_warning=True,
                sort=Sort.LANGUAGE,
            )
