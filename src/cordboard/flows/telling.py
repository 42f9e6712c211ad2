"""A passage in words for people, and as data for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from agi.flow.document import Flow, start_node
from agi.flow.nodes import Hours, Menu, Target, TargetKind
from agi.flow.recording_names import LEAST_SECONDS
from agi.flow.spoken import Spoken, shown
from agi.ports import RouteDecision
from agi.simulated_ear import Listened
from agi.simulated_steps import (
    Asked,
    CallbackAsked,
    Entered,
    HungUp,
    Left,
    Notified,
    Played,
    Prompted,
    Said,
    Set,
    Spoke,
    Step,
    TakenBack,
    Told,
    Unsaid,
    Waited,
)
from agi.simulated_tape import Monitored, Recorded
from cordboard.flows.exploring import Path
from cordboard.flows.trial import FALLBACK, HUNG_UP, End, Passage
from cordboard.store.values import Company

_WAYS = {"no_input": "nothing was pressed often enough", "wrong_input": "nothing that is offered was pressed"}
_PLAIN = {"open": "open", "closed": "closed", "then": "on", "failure": "it cannot be done", "not_found": "not found"}
_ENDS = {"SILENCE": "silence", "DTMF": "a key", "TIMEOUT": "the longest time", "HANGUP": "hanging up"}
SHOWN_CANDIDATES = 12


def way_words(way: str) -> str:
    """A way out of a node, as people say it: `keys.2` is key 2."""
    first, _, rest = way.partition(".")
    return f"key {rest}" if first in ("keys", "languages") else _WAYS.get(first) or _PLAIN.get(first, way)


class Teller:
    """Puts steps into lines, as they come. Sounds of one prompt stand in one line."""

    def __init__(self, company: Company, flow: Flow) -> None:
        self._company = company
        self._flow = flow
        self._sounds: list[Played] = []

    def lines(self, step: Step) -> Iterator[str]:
        """What there is to say at a step. What was heard is told once it is over: `rest()` in the end."""
        if isinstance(step, Played):
            self._sounds.append(step)
            return
        yield from self.rest()
        words = self._words(step)
        if words:
            yield f"{step.at:7.1f}  {words}"

    def rest(self) -> Iterator[str]:
        """Sounds that were not told yet."""
        sounds, self._sounds = self._sounds, []
        if not sounds:
            return
        lacking = [shown(sound.sound) for sound in sounds if sound.seconds is None]
        seconds = sum(sound.seconds or 0.0 for sound in sounds)
        stopped = f", stopped by key {sounds[-1].key}" if sounds[-1].key else ""
        names = " ".join(shown(sound.sound) for sound in sounds)
        yield f"{'':7}    {sounds[0].language}: {names} ({seconds:.1f} s{stopped})"
        if lacking:
            yield f"{'':7}    not on this switch: {' '.join(lacking)}"

    def _words(self, step: Step) -> str:
        match step:
            case Entered():
                return self._entered(step.node)
            case Prompted():
                return f"  hears prompt {step.prompt}"
            case Said():
                return f"  hears {step.text}, said in {step.language}"
            case Unsaid():
                why = "is secret" if step.is_secret else "holds nothing"
                return f"  is passed over: {step.variable} {why}"
            case Asked():
                return f"  {_asked(step)}"
            case Notified():
                return f"  tells {step.source}: {_said(step.sent)}"
            case CallbackAsked():
                kept = "" if step.is_taken else ", which cannot be taken down"
                return f"  asks to be called back at {step.number} by queue {step.queue}{kept}"
            case Listened():
                return f"  {_listened(step)}"
            case Waited() if step.key is None:
                return f"  says nothing for {step.seconds:g} s"
            case Waited():
                return f"  presses {step.key}"
            case Recorded():
                return f"  {_recorded(step)}"
            case Monitored():
                return f"  is recorded {'from here on' if step.is_on else 'no more'}"
            case Left():
                return f"  {way_words(step.way)} -> {self._target(step.target)}"
            case Spoke():
                return f"  language {step.language}"
            case Set():
                return f"  {step.name} = {step.value}" if step.name != "CB_DONE" else ""
            case HungUp():
                return "hangs up"
            case TakenBack():
                return "the dialplan takes the call back: a step lasted longer than it may"
            case _:
                return ""

    def _target(self, target: Target) -> str:
        return "hang up" if target.kind is TargetKind.HANGUP else self._company.place_words(target.kind, target.id)

    def _entered(self, node: str) -> str:
        there = self._flow.nodes.get(node)
        if isinstance(there, Menu):
            name = self._company.menus[node].name if node in self._company.menus else ""
            return f"menu {node}{f' ({name})' if name else ''}"
        if isinstance(there, Hours):
            return f"hours {there.schedule}"
        if node.startswith(start_node("")):
            return "straight on"
        name = self._company.steps[node].name if node in self._company.steps else node
        return f"step {node}{f' ({name})' if name != node else ''}"


def _listened(step: Listened) -> str:
    if step.phrase:
        return f"says “{step.phrase}”{'' if step.is_known else ', which this menu does not know'}"
    return f"presses {step.key}" if step.key else f"says nothing for {step.seconds:g} s"


def _asked(step: Asked) -> str:
    sent = _said(step.sent)
    untold = "" if step.is_told else "; nobody told what it answers, so it is taken to fail"
    return f"asks {step.source}{f' about {sent}' if sent else ''}{untold}"


def _recorded(step: Recorded) -> str:
    if step.seconds < LEAST_SECONDS:
        return "says nothing that is recorded"
    return f"is recorded for {step.seconds:g} s, ended by {_ENDS.get(step.ended, step.ended)}"


def _said(sent: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value or '(nothing)'}" for name, value in sent.items())


def header_line(passage: Passage) -> str:
    """Who calls whom, when."""
    did = passage.did
    who = passage.caller or "a withheld number"
    return f"{who} calls {did.number} ({did.name}), {passage.begins:%a %Y-%m-%d %H:%M %Z}, language {did.language}"


def end_lines(passage: Passage) -> Iterator[str]:
    """Where the call ended, and why there."""
    end = passage.end
    if end.kind == FALLBACK:
        yield f"Ends in the dialplan's compiled way: {end.why}."
    elif end.kind == HUNG_UP:
        yield f"Ends: the caller hangs up after {passage.seconds:.1f} s."
    else:
        why = f", because: {end.why.replace('_', ' ')}" if end.why and end.why != "message" else ""
        where = "hung up" if end.kind == "hangup" else str(end)
        yield f"Ends in {where} after {passage.seconds:.1f} s, language {passage.language}{why}."
        if end.kind == TargetKind.CONFERENCE:
            yield "  is asked for its PIN"
    if passage.answered_by:
        yield f"  counts as self-service: step {passage.answered_by} gave the answer"
    if passage.announced:
        yield f"  hears {' '.join(map(shown, passage.announced))}, and is hung up"
    if passage.decision is not None:
        yield from _decision(passage.decision)


def _decision(decision: RouteDecision) -> Iterator[str]:
    yield f"Queue {decision.queue}, priority {decision.priority}, penalties up to {decision.max_penalty}:"
    yield from (f"  {sentence}" for sentence in decision.why)
    for candidate in decision.candidates[:SHOWN_CANDIDATES]:
        state = candidate.skipped_because or "can be offered the call"
        yield f"  {candidate.name} ({candidate.agent}): tier {candidate.tier}, penalty {candidate.penalty}, {state}"
    if len(decision.candidates) > SHOWN_CANDIDATES:
        yield f"  and {len(decision.candidates) - SHOWN_CANDIDATES} more"


# --- data -------------------------------------------------------------------------------------------------------------


def step_json(step: Step) -> dict[str, Any]:
    """`{"at": 3.1, "step": "left", "node": "accueil", "way": "keys.2", "target": "menu english"}`"""
    told: dict[str, Any] = {"at": round(step.at, 3), "step": type(step).__name__.lower()}
    for field in fields(step):
        value = getattr(step, field.name)
        if field.name == "at":
            continue
        if isinstance(value, float):
            value = round(value, 3)
        elif isinstance(step, Told) and field.name == "values":
            value = dict(value)
        elif isinstance(value, Target):
            value = str(value)
        elif isinstance(value, Spoken):
            told["says"] = value.text or value.recording
        told[field.name] = value
    return told


def end_json(end: End) -> dict[str, str]:
    return {"kind": end.kind, "id": end.id, "why": end.why}


def path_json(path: Path) -> dict[str, Any]:
    """A path, with what must be done to go it."""
    passage = path.passage
    return {
        "to": passage.did.number,
        "from": passage.caller or None,
        "at": passage.begins.isoformat(),
        "press": path.pressed,
        "answers": dict(path.answers),
        "edges": [list(edge) for edge in passage.edges],
        "heard": list(passage.heard),
        "end": None if path.cut else end_json(passage.end),
        "cut": path.cut,
    }


def decision_json(decision: RouteDecision) -> dict[str, Any]:
    """Where a call waits, why, and who was considered for it."""
    return {
        "queue": decision.queue,
        "priority": decision.priority,
        "max_penalty": decision.max_penalty,
        "why": list(decision.why),
        "candidates": [
            {field.name: getattr(candidate, field.name) for field in fields(candidate)}
            for candidate in decision.candidates
        ],
    }


def passage_json(passage: Passage) -> dict[str, Any]:
    """The whole passage; moments in ISO 8601, seconds since the call began."""
    decision = passage.decision
    return {
        "from": passage.caller or None,
        "to": passage.did.number,
        "did": passage.did.id,
        "at": passage.begins.isoformat(),
        "end": end_json(passage.end),
        "seconds": round(passage.seconds, 3),
        "language": passage.language,
        "heard": list(passage.heard),
        "nodes": list(passage.nodes),
        "variables": dict(passage.variables),
        "announced": list(passage.announced),
        "answered_by": passage.answered_by or None,
        "lacking_sounds": list(passage.lacking),
        "decision": None if decision is None else decision_json(decision),
        "steps": [step_json(step) for step in passage.steps],
    }
