"""Calls that are recorded: announced or complained of, told, stopped, and not while something secret is typed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agi.call import Call
from agi.errors import CallerHungUp
from agi.flow.checker import Entry, check
from agi.flow.document import Flow, Node
from agi.flow.interpreter import follow
from agi.flow.nodes import Edge, Menu, Play, Retry, Target, TargetKind
from agi.flow.plan import Plan
from agi.flow.recording import RecordCall
from agi.flow.steps import Collect
from agi.ports import PinnedFlow
from agi.simulated_caller import Planned
from agi.simulated_steps import Prompted, Told, Waited
from agi.simulated_tape import Monitored
from agi.simulation import SimulatedLine

MOMENT = datetime(2026, 11, 23, 9, 10, tzinfo=UTC)
PROMPTS = {name: {"en": (f"{name}-sound",)} for name in ("told", "pin", "welcome")}
KNOWN = {"queue": ["sales"]}


def to(kind: str, name: str = "") -> Edge:
    return Edge(Target(TargetKind(kind), name))


START = RecordCall("tape", do="start", announcement="told", then=to("step", "pin"))
PIN = Collect(
    "pin",
    prompt="pin",
    into="pin",
    secret=True,
    least=4,
    most=4,
    then=to("step", "off"),
    no_input=Retry(1, to("queue", "sales")),
    wrong_input=Retry(2, to("queue", "sales")),
)
OFF = RecordCall("off", do="stop", then=to("queue", "sales"))
TOLD = Play("notice", "told", to("step", "tape"))
SILENT = replace(START, announcement=None)


def flow(*nodes: Node) -> Flow:
    return Flow({node.id: node for node in nodes}, {}, PROMPTS, "en")


async def passed(plan: str, *nodes: Node) -> SimulatedLine:
    line = SimulatedLine(
        caller=Planned(Plan.parse(plan)),
        number="+33612345678",
        did="acme-main",
        language="en",
        arguments=("acme", "main", "0"),
        begins=MOMENT,
        length=lambda sound, language: 1.0,
    )
    with suppress(CallerHungUp):
        await follow(Call(line), PinnedFlow(flow(*nodes), 1, nodes[0].id), line, line.witness(Call(line)))
    return line


def switched(line: SimulatedLine) -> list[tuple[float, bool]]:
    assert {step.recording for step in line.steps if isinstance(step, Monitored)} <= {"simulated.1_1_call_tape"}
    return [(step.at, step.is_on) for step in line.steps if isinstance(step, Monitored)]


async def test_it_begins_behind_the_announcement_and_ends_where_it_is_stopped() -> None:
    line = await passed("", replace(START, then=to("step", "off")), OFF)
    assert [step.prompt for step in line.steps if isinstance(step, Prompted)] == ["told"]
    assert switched(line) == [(1.0, True), (1.0, False)]
    assert [dict(step.values) for step in line.steps if isinstance(step, Told) and "Recording" in step.event] == [
        {"Recording": "simulated.1_1_call_tape", "What": "call", "Step": "tape"}
    ]
    assert (line.variables["CB_RECORDING"], line.variables["CB_MIXMONITOR"]) == ("", "")


@pytest.mark.parametrize("typed", ["1234", "12# 1234", "12 wait 12 wait", "wait"])
async def test_nothing_is_recorded_from_the_question_for_a_secret_to_its_end(typed: str) -> None:
    line = await passed(typed, START, PIN, OFF)
    on = [step.is_on for step in line.steps if isinstance(step, Monitored | Waited) and isinstance(step, Monitored)]
    assert on[:3] == [True, False, True]
    is_on = False
    for step in line.steps:
        if isinstance(step, Monitored):
            is_on = step.is_on
        assert not (isinstance(step, Waited) and is_on)
        assert not (isinstance(step, Prompted) and step.prompt == "pin" and is_on)


async def test_who_hangs_up_at_a_secret_is_recorded_no_more() -> None:
    assert switched(await passed("12 hangup", START, PIN, OFF)) == [(1.0, True), (1.0, False)]


async def test_what_is_not_secret_is_recorded() -> None:
    assert [on for _, on in switched(await passed("1234", START, replace(PIN, secret=False), OFF))] == [True, False]


async def test_a_call_that_is_recorded_already_goes_on() -> None:
    again = replace(START, id="again", then=to("step", "off"))
    line = await passed("", replace(START, then=to("step", "again")), again, OFF)
    assert [on for _, on in switched(line)] == [True, False]
    assert sum(isinstance(step, Prompted) for step in line.steps) == 1


MENU = Menu(
    "menu",
    prompt="welcome",
    keys={"1": to("step", "tape"), "2": to("play", "notice")},
    no_input=Retry(1, to("queue", "sales")),
    wrong_input=Retry(1, to("queue", "sales")),
)
END = replace(OFF, id="pin")


@pytest.mark.parametrize(
    ("nodes", "is_told"),
    [
        ([START, END], True),
        ([SILENT, END], False),
        ([TOLD, SILENT, END], True),
        ([replace(TOLD, barge_in=True), SILENT, END], False),
        ([replace(TOLD, prompt=None), SILENT, END], False),
        ([MENU, TOLD, SILENT, END], False),
        ([replace(MENU, keys={"2": to("play", "notice")}), TOLD, SILENT, END], True),
        ([OFF], True),
    ],
)
def test_recording_somebody_who_was_not_told_is_complained_of(nodes: list[Node], is_told: bool) -> None:
    found = [each for each in check(flow(*nodes), [Entry(nodes[0].id, "en")], KNOWN) if not each.is_warning]
    assert [(each.where, each.cure) for each in found] == (
        [] if is_told else [("nodes.tape.do", "Name an announcement here, or play one on every way before")]
    )


def test_an_announcement_where_it_stops_is_complained_of() -> None:
    [problem] = check(flow(replace(OFF, announcement="told")), [Entry("off", "en")], KNOWN)
    assert problem.where == "nodes.off.announcement"
