"""Random flows of what VoiceXML can say, and flows read back from documents of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

from agi.flow.deciding import Assign, Condition
from agi.flow.document import Flow, Menu, Node, Play
from agi.flow.leaving import External
from agi.flow.recording import Record
from agi.flow.saying import Say, What
from agi.flow.steps import Collect, Language
from cordboard.documents.checks import faults_of
from cordboard.documents.convert import company_of
from cordboard.documents.draft import Draft, Drafter
from cordboard.documents.flow import flow_of
from cordboard.documents.merging import read_sources
from cordboard.voicexml.reading import Understood
from kit.random_flows import Shape, random_flow

SHAPE = Shape(
    is_sound=True, least=1, lets_stop=False, has_secrets=False, has_lookups=False, says=(What.DIGITS, What.NUMBER)
)
HELD = (Menu, Language, Collect, Record, Play, Assign, Condition, Say, External)
"""Kinds that VoiceXML has something for that does the same."""
BASE = """
cordboard: 1
company: {{id: acme, name: Acme, language: {language}, country: FR, time_zone: Europe/Paris}}
skills: {{any: {{name: Any}}}}
people: {{amel: {{name: Amel, extension: "201", skills: {{any: 5}}}}}}
voicemails: {{box: {{name: Box}}}}
conferences: {{room: {{name: Room, number: "800"}}}}
trunks: {{out: {{name: Out, from: [192.0.2.1], to: "sip:out.example"}}}}
queues:
  sales: {{name: Sales, skills: {{any: 1}}, when_late: {{voicemail: box}}}}
  support: {{name: Support, skills: {{any: 2}}, when_late: {{voicemail: box}}}}
dids: {{"+33199000001": {{id: main, name: Main, target: {target}}}}}
"""


def expressible_flow(random: Random) -> tuple[Flow, str]:
    """A flow of kinds that VoiceXML has, and where its callers start."""
    flow, start = random_flow(random, SHAPE)
    prompts = {name: {flow.language: ("a",), **_heard(spoken)} for name, spoken in flow.prompts.items()}
    nodes = {name: _held(node, next(iter(prompts))) for name, node in flow.nodes.items()}
    return replace(flow, nodes=nodes, prompts=prompts, schedules={}), start


def _heard(prompt: Any) -> dict[str, tuple[str, ...]]:
    return {language: sounds for language, sounds in prompt.items() if sounds}


def _held(node: Node, prompt: str) -> Node:
    if not isinstance(node, HELD) or not _decides(node):
        return Play(node.id, prompt, next(edge for _, edge in node.ways()))
    spoken: dict[str, Any] = {"prompt": prompt} if getattr(node, "prompt", "") is None else {}
    failure: dict[str, Any] = {} if isinstance(node, External) else {"failure": None}
    held = replace(node, **spoken, **failure)
    if isinstance(held, Menu):
        return replace(held, language=None)
    if isinstance(held, Language):
        # In a company file languages are in the order of their keys.
        return replace(held, languages=dict(sorted(held.languages.items())))
    if isinstance(held, Record):
        return replace(held, review=None, end="any" if held.end else "")
    if isinstance(held, Collect):
        fits = {len(shape) for shape in held.shapes} >= {held.least, held.most}
        return replace(held, confirm=None, shapes=held.shapes if fits else ())
    return held


def _decides(node: Node) -> bool:
    """Is it what a company file may have?"""
    if isinstance(node, Condition):
        return any(case.values or case.prefixes for case in node.cases)
    return not isinstance(node, Language) or len(node.heard_in) > 1


def flow_again(understood: Understood, language: str) -> Flow:
    """The flow of a company into which documents were read; whatever the checker finds hard about its ways."""
    start = {name: place for name, place in next(iter(understood.starts.values())).items() if name != "language"}
    draft = drafted(understood, BASE.format(language=language, target=start))
    assert not [fault for fault in faults_of(draft) if not fault.is_warning]
    return flow_of(company_of(draft), date(2026, 11, 22))


def drafted(understood: Understood, base: str) -> Draft:
    """What was read beside a company file; each part of it is as company files have it."""
    source = read_sources([("base.yaml", base), ("menus.yaml", understood.text)])
    drafter = Drafter(source)
    drafter.read()
    assert not [*source.faults, *drafter.faults], (source.faults, drafter.faults)
    return drafter.draft
