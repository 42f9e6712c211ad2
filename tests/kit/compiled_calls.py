"""Random flows with nobody behind FastAGI: the generated dialplan takes a caller where the simulator says, key by key.

    wrong = await compiled_otherwise(phones, Random(5), 12)     # a switch of its own

Steps that ask other systems, or offer to call back, need Cordboard: none of these flows has one. Every third caller
comes to a step that records.

What the dialplan tells of a call is compared: its menus, what was chosen there, and its end. It does not tell which
sounds were played; those that are missing are passed over, as the live script passes over them.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from itertools import cycle
from random import Random
from urllib.parse import unquote

from agi.flow.document import Edge, Flow, Play, Target, TargetKind
from agi.flow.nodes import FAILURES, Asking
from agi.flow.plan import Plan
from agi.flow.recording import Record, RecordCall
from agi.flow.routing import Wish
from cordboard.provisioning.compiled import compiled
from cordboard.provisioning.sources import Tenant
from cordboard.store.skills import queue_with
from cordboard.store.values import (
    Company,
    Did,
    Message,
    Person,
    QueueSpec,
    Skill,
    TargetRef,
    Trunk,
    VoicemailBox,
)
from cordboard.store.values import TargetKind as Kind
from dialplan_templates import render
from kit import acme, basis
from kit.flow_calls import true_lengths
from kit.flow_model import Journey
from kit.generated import view_for
from kit.manager import ManagerSession
from kit.patience import PATIENCE
from kit.phones import Phone, Phones
from kit.planned_phone import keep_to
from kit.random_flows import EXITS, TIMELESS
from kit.settled_calls import LANGUAGE, SHAPE, settled
from kit.switch import Switch

AT_ONCE = 4
QUEUES = {"sales": {"any": 1}, "support": {"any": 1, "more": 2}}
EXITS_TOLD = tuple(target for target in EXITS if target.kind is not TargetKind.CONFERENCE)
"""Nothing is told of who comes to a conference before a PIN was typed there, which no flow asks for."""
ACCOUNT = f"[{basis.AMI_USER}]\nsecret={basis.AMI_SECRET}\nread=call,dialplan,user\nwrite=\n"
"""Sees what no account of Cordboard does: each step of the dialplan, and so the tone of a recording."""
END = TargetRef(Kind.MESSAGE, "closed")


@dataclass(frozen=True)
class Case:
    did: Did
    flow: Flow
    start: str
    plan: Plan
    meant: Journey


def _cases(random: Random, calls: int) -> list[Case]:
    cases = []
    for number, kind in zip(range(calls), cycle((Record, None, None, RecordCall, None, None)), strict=False):
        shape = replace(
            SHAPE,
            prefix=f"f{number}.a-",
            is_sound=True,
            lets_stop=False,
            has_secrets=False,
            has_lookups=False,
            exits=EXITS_TOLD,
            schedules=TIMELESS,
        )
        did = Did(id=f"d{number}", number=f"+3319900{number:04}", name="D", open=END, language=LANGUAGE)
        cases.append(Case(did, *settled(random, true_lengths(), shape=shape, is_faultless=True, visits=kind)))
    return cases


def _tenant(cases: list[Case]) -> Tenant:
    queues = [
        QueueSpec(id=name, name=name, skills=skills, when_late=END, when_full=END, when_empty=END)
        for name, skills in QUEUES.items()
    ]
    company = Company(
        id="acme",
        name="Acme",
        language="en",
        country="FR",
        time_zone="Europe/Paris",
        skills={skill: Skill(id=skill, name=skill) for skill in ("any", "more")},
        people={"amel": Person(id="amel", name="Amel", extension="201")},
        messages={"closed": Message(id="closed", name="C", sounds={"en": ("beep",)}, answers=True)},
        voicemails={"box": VoicemailBox(id="box", name="Box")},
        queues={queue.id: queue for queue in queues},
        dids={case.did.id: case.did for case in cases},
        trunks={"carrier": Trunk(id="carrier", name="Operator", header=("X-Trunk", "carrier"), to="sip:127.0.0.1:9")},
    )
    nodes: dict[str, object] = {}
    prompts: dict[str, object] = {}
    heard_out: set[str] = set()
    for case in cases:
        # Each flow's own language is what its prompts fall back to: here they fall back to one language.
        nodes |= dict(case.flow.nodes)
        prompts |= dict(case.flow.prompts)
        heard_out |= case.flow.heard_out
        start = f"did.{case.did.id}"
        nodes[start] = Play(start, None, Edge(Target(TargetKind.MENU, case.start)))
    flow = Flow(nodes, TIMELESS, prompts, "en", frozenset(heard_out))  # type: ignore[arg-type]
    return acme.tenant(company, flow)


@dataclass
class Told:
    """What the dialplan tells of a call: menus, choices, ways of other nodes, and its outcome with its detail."""

    menus: list[str]
    choices: list[tuple[str, str, str]]
    steps: list[tuple[str, str]]
    outcome: tuple[str, str] = ("", "")


def _told_of(journey: Journey, flow: Flow) -> Told:
    menus = [node for node in journey.nodes if isinstance(flow.nodes[node], Asking)]
    choices = []
    for node, way in journey.ways:
        if isinstance(flow.nodes[node], Asking):
            first, _, key = way.partition(".")
            choices.append((node, first, "") if first in FAILURES else (node, "key", key))
    steps = [
        (node, way.removesuffix(".then"))
        for node, way in journey.ways
        if not isinstance(flow.nodes[node], Asking) and not flow.nodes[node].only_leads_on
    ]
    kind, name, why = journey.end
    skills = Wish.parse(journey.wanted).skills
    wanted = (queue_with(QUEUES, name, skills) if skills else None) or name
    outcome = {
        "queue": ("queue", wanted),
        "person": ("dissuaded", "empty"),
        "voicemail": ("voicemail", name),
        "message": ("self_service", why),
        "external": ("overflowed", f"acme-{name[1:]}"),
        "dial": ("overflowed", f"acme-{getattr(flow.nodes.get(name), 'number', '')[1:]}"),
        "hangup": ("self_service", f"step:{journey.given}") if journey.given else ("dissuaded", why),
        "hung up": ("self_service", f"step:{journey.given}") if journey.given else ("", ""),
    }[kind]
    return Told(menus, choices, steps, outcome)


async def _call(session: ManagerSession, phone: Phone, case: Case) -> list[dict[str, str]]:
    """Let somebody call, and return what the dialplan told of it."""
    call = await phone.start_call(case.did.number)
    try:
        entered = await session.event("UserEvent", UserEvent="CordboardEntered", Did=case.did.id)
        await call.answered()
        begun = {"Event": "Newexten", "Uniqueid": entered["Uniqueid"], "Application": "Record"}.items()
        await keep_to(case.plan, call, true_lengths(), lambda: sum(begun <= each.items() for each in session.events))
        async with asyncio.timeout(PATIENCE):
            while not any(_is_decided(each) for each in session.events if each.get("Uniqueid") == entered["Uniqueid"]):
                await asyncio.sleep(0.02)
        await call.hang_up()
        await session.event("Hangup", Uniqueid=entered["Uniqueid"])
    finally:
        await call.hang_up()
    return [each for each in session.events if each.get("UserEvent") and each["Uniqueid"] == entered["Uniqueid"]]


def _is_decided(told: dict[str, str]) -> bool:
    """Nothing that this test compares comes after it."""
    return (
        told["Event"] == "Hangup"
        or told.get("UserEvent") == "CordboardRouted"
        or (told.get("UserEvent") == "CordboardOutcome" and not _is_on_the_way(told))
    )


def _is_on_the_way(told: dict[str, str]) -> bool:
    """A step gave an answer, or it is taken back: the call goes on."""
    return not told["Outcome"] or told["Detail"].startswith("step:")


def _seen(told: list[dict[str, str]]) -> Told:
    seen = Told([], [], [])
    for each in told:
        match each["UserEvent"]:
            case "CordboardMenu":
                seen.menus.append(each["Menu"])
            case "CordboardChoice":
                seen.choices.append((each["Menu"], each["Edge"], unquote(each["Key"])))
            case "CordboardStep" if each["Node"]:
                seen.steps.append((each["Node"], each["Way"]))
            case "CordboardRouted":
                seen.outcome = ("queue", each["Queue"])
                return seen
            case "CordboardOutcome":
                seen.outcome = (each["Outcome"], each["Detail"] if each["Outcome"] else "")
                if not _is_on_the_way(each):
                    return seen
    return seen


async def compiled_otherwise(phones: Phones, random: Random, calls: int) -> list[str]:
    """Let so many random callers call an Asterisk on the dialplan of their flows; what went otherwise than meant."""
    cases = _cases(random, calls)
    switch = Switch("compiled")
    try:
        company = compiled([_tenant(cases)], acme.placement(), 7).companies[0]
        files = dict(render(view_for(switch, company)))
        files["manager.conf"] += ACCOUNT
        await switch.start(files)
        async with ManagerSession.open(switch, basis.AMI_USER, basis.AMI_SECRET) as session:
            callers = [await phones.caller(f"06123456{number:02}", switch.sip) for number in range(AT_ONCE)]
            seen: dict[str, object] = {}
            waiting = iter(cases)

            async def work(phone: Phone) -> None:
                for case in waiting:
                    seen[case.did.id] = _seen(await _call(session, phone, case))

            async with asyncio.TaskGroup() as group:
                for phone in callers:
                    group.create_task(work(phone))
    finally:
        switch.close()
    return [
        f"{case.plan}: {seen[case.did.id]} and not {meant}, in {case.flow}"
        for case in cases
        if seen[case.did.id] != (meant := _told_of(case.meant, case.flow))
    ]
