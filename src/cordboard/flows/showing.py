"""A tried call as data for a page, which has words of its own: steps with the names of what they are about, what is
awaited, and the end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agi.flow.document import Flow, start_node
from agi.flow.nodes import Asking, Hours, Menu, Node, Target, TargetKind
from agi.flow.recording_names import LEAST_SECONDS
from agi.flow.spoken import shown
from agi.simulated_steps import Asked, Entered, Left, Notified, Set, Step, Told
from agi.simulated_tape import Recorded
from cordboard.flows.answers import written
from cordboard.flows.exploring import wanted_in
from cordboard.flows.picture import called_way
from cordboard.flows.places import kind_called, place_names
from cordboard.flows.reaching import Onward, Reaching
from cordboard.flows.telling import decision_json, path_json, step_json
from cordboard.flows.tried import Awaited, Tried
from cordboard.store.values import Company

_UNTOLD = (Set, Told)
"""What a page tells otherwise, or not: variables all together, events to nobody."""


class Showing:
    """Of one company's calls through one flow. Values of JSON."""

    def __init__(self, company: Company, flow: Flow) -> None:
        self._company = company
        self._flow = flow
        self._names = place_names(company)
        self._wanted = wanted_in(flow)

    def tried(self, tried: Tried) -> dict[str, Any]:
        """`awaited`: what the call waits for; None: it is over, and `end` tells how."""
        passage = tried.passage
        node = next((step.node for step in reversed(tried.steps) if isinstance(step, Entered)), "")
        decision = passage.decision
        is_over = tried.awaited is None
        return {
            "did": passage.did.id,
            "at": passage.begins.isoformat(),
            "language": passage.language,
            "seconds": round(passage.seconds, 3),
            "steps": list(self._steps(tried)),
            "variables": {name: value for name, value in passage.variables if name != "CB_DONE"},
            "awaited": None if tried.awaited is None else self._awaited(tried.awaited, node, passage.language),
            "end": {**self._end(passage.end.kind, passage.end.id), "why": passage.end.why} if is_over else None,
            "announced": list(map(shown, passage.announced)),
            "answered_by": passage.answered_by or None if is_over else None,
            "decision": decision_json(decision) if is_over and decision else None,
        }

    def reaching(self, found: Reaching) -> dict[str, Any]:
        """A path, and how it goes on to the place that is looked for."""
        did = found.path.passage.did
        path = {name: value for name, value in path_json(found.path).items() if name != "heard"}
        answers = {node: written(answer) for node, answer in found.path.answers.items()}
        end = found.path.passage.end
        return {
            **path,
            "did": did.id,
            "answers": answers,
            "end": self._end(end.kind, end.id),
            "after": list(map(self._onward, found.after)),
        }

    def _onward(self, onward: Onward) -> dict[str, Any]:
        to = self._end(onward.to.kind, onward.to.id)
        return {"how": str(onward.how), "source": onward.source, "seconds": onward.seconds, "to": to}

    def _steps(self, tried: Tried) -> Iterator[dict[str, Any]]:
        node = ""
        for step in tried.steps:
            if isinstance(step, Entered):
                node = step.node
            if not isinstance(step, _UNTOLD):
                yield {**step_json(step), **self._about(step, node)}

    def _about(self, step: Step, node: str) -> dict[str, Any]:
        there = self._flow.nodes.get(node)
        match step:
            case Entered() if there is not None:
                return self._node(there)
            case Left() if there is not None:
                return {"called": called_way(there, step.way), "to": self._place(step.target)}
            case Asked() | Notified() if there is not None:
                return {"node": node, "replies": [written(reply) for reply in there.replies(self._wanted)]}
            case Recorded():
                return {"is_kept": step.seconds >= LEAST_SECONDS}
            case _:
                return {}

    def _node(self, node: Node) -> dict[str, Any]:
        hours = node.schedule if isinstance(node, Hours) else ""
        begins = start_node("")
        if node.id.startswith(begins):
            return {"kind": "did", "name": self._company.dids[node.id.removeprefix(begins)].name, "hours": hours}
        known = self._company.menus.get(node.id) or self._company.steps.get(node.id)
        return {"kind": node.kind, "name": known.name if known else "", "hours": hours}

    def _place(self, target: Target) -> dict[str, str]:
        if target.kind.is_node and (node := self._flow.nodes.get(target.id)) is not None:
            return {"kind": "", "id": node.id, "name": self._node(node)["name"]}
        place = self._flow.place(target)
        return self._end(place.kind, place.id)

    def _end(self, kind: str, name: str) -> dict[str, str]:
        """A place outside, or how a call ends."""
        known = self._names.get((TargetKind(kind), name), "") if kind in set(TargetKind) else ""
        return {"kind": kind_called(self._company, kind, name), "id": name, "name": known}

    def _awaited(self, awaited: Awaited, node: str, language: str) -> dict[str, Any]:
        there = self._flow.nodes.get(node)
        keys = list(there.offered) if isinstance(there, Asking) else []
        speech = there.speech if isinstance(there, Menu) else None
        phrases = speech.keys_by_phrase(language) if speech is not None else {}
        return {"what": str(awaited), "node": node, "keys": keys, "phrases": list(phrases)}
