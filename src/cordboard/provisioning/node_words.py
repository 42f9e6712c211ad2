"""What an inventory tells of the nodes of a flow: where their callers go, and every part, in the words of the trade."""

from __future__ import annotations

from collections.abc import Mapping

from agi.flow.deciding import Case
from agi.flow.document import Edge, Hours, Menu, Node, Play, Retry
from agi.flow.hearing import Hearing
from agi.flow.routing import RouteCase
from cordboard.store.values import Company

Parameters = Mapping[str, str]

_PARTS = {
    "barge_in": "barge-in",
    "deadline_seconds": "deadline",
    "not_found": "not found",
    "first_digit_seconds": "first key within",
    "inter_digit_seconds": "next key within",
    "no_input": "no input",
    "most_waiting": "most waiting",
    "pause_seconds": "pause",
    "ring_seconds": "ring",
    "schedule": "hours",
    "within_hours": "within",
    "longest_seconds": "longest",
    "silence_seconds": "silence",
    "keep_days": "kept for days",
    "wrong_input": "wrong input",
}
"""What is said of the parts of nodes in other words than their documents'."""


class NodeWords:
    """`company`: whose people and phones they lead to."""

    def __init__(self, company: Company) -> None:
        self._company = company

    def start(self, node: Node | None) -> Parameters:
        """What callers of a number meet first."""
        match node:
            case Hours():
                return {"hours": node.schedule, "open": self._edge(node.open), "closed": self._edge(node.closed)}
            case Play():
                return {"plays": node.prompt or "", "leads to": self._edge(node.then)}
            case Node():
                return {"leads to": f"{node.kind} {node.id}"}
            case None:
                return {}

    def menu(self, menu: Menu) -> Parameters:
        return {
            "prompt": menu.prompt or "",
            "language": menu.language or "",
            "barge-in": yes_or_no(menu.barge_in),
            "first key within": seconds(menu.first_digit_seconds),
            "next key within": seconds(menu.inter_digit_seconds),
            **{f"key {keys}": self._edge(edge) for keys, edge in sorted(menu.keys.items())},
            **(_hearing(menu.speech) if menu.speech is not None else {}),
            "no input": self._retry(menu.no_input),
            "wrong input": self._retry(menu.wrong_input),
        }

    def step(self, node: Node) -> Parameters:
        """The parts of any node, as its document calls them."""
        parts = {name: getattr(node, name) for name, form in node.forms() if form.is_written(getattr(node, name))}
        return {_PARTS.get(name, name): self._part(part) for name, part in parts.items()}

    def _part(self, value: object) -> str:
        match value:
            case Edge():
                return self._edge(value)
            case Retry():
                return self._retry(value)
            case bool():
                return yes_or_no(value)
            case float():
                return seconds(value)
            case Mapping():
                return ", ".join(f"{name} {self._part(each)}" for name, each in value.items())
            case Case():
                held = [*value.values, *(f"{prefix}..." for prefix in value.prefixes)]
                return f"{' or '.join(held)}: {self._edge(value.then)}"
            case RouteCase():
                begins = ((name, [f"{each}..." for each in texts]) for name, texts in value.prefixes.items())
                tests = (f"{name} {' or '.join(texts)}" for name, texts in (*value.values.items(), *begins))
                wanted = [value.queue, None if value.wish.priority is None else f"priority {value.wish.priority}"]
                told = [each for each in (*wanted, levels(value.wish.skills)) if each]
                return f"{' and '.join(tests)}: {', '.join(told)}"
            case tuple():
                return ", ".join(map(self._part, value))
            case _:
                return "" if value is None else str(value)

    def _retry(self, retry: Retry) -> str:
        hint = f", says {retry.prompt}" if retry.prompt else ""
        return f"{retry.tries} times{hint}, then {self._edge(retry.then)}"

    def _edge(self, edge: Edge) -> str:
        place = self._company.place_words(edge.target.kind, edge.target.id)
        return f"{place} in {edge.language}" if edge.language else place


def _hearing(hearing: Hearing) -> Parameters:
    said = (
        f"{key} {language}: {', '.join(phrases)}"
        for key, spoken in sorted(hearing.words.items())
        for language, phrases in spoken.items()
    )
    return {"may be said": "; ".join(said), "understood with": f"{hearing.least} %"}


def yes_or_no(is_so: bool) -> str:
    return "yes" if is_so else "no"


def levels(skills: Mapping[str, int]) -> str:
    return ", ".join(f"{skill} {level}" for skill, level in sorted(skills.items()))


def seconds(value: float) -> str:
    return f"{value:g} s"
