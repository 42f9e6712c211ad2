"""The simulated line: callers who keep to a plan, on a clock that runs by itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi.call import Call
from agi.errors import CallerHungUp
from agi.flow.document import Edge, Flow, Menu, Play, Retry, Target, TargetKind
from agi.flow.plan import Move, Plan, PlanRefused
from agi.ports import Ports
from agi.protocol import Command
from agi.scripts import menu
from agi.simulated_caller import Planned
from agi.simulated_steps import HungUp, Played, Prompted, TakenBack, Told, Waited
from agi.simulation import SimulatedLine
from kit.flow_trial import OneFlow

BEGINS = datetime(2026, 11, 23, 9, tzinfo=UTC)
LENGTHS = {"hello": 4.0, "sorry": 1.0, "long": 70.0}


def to(kind: str, name: str = "") -> Edge:
    return Edge(Target(TargetKind(kind), name))


FLOW = Flow(
    {
        "top": Menu(
            "top",
            prompt="hello",
            keys={
                "1": to("queue", "one"),
                "2": to("menu", "sub"),
                "12": to("queue", "twelve"),
                "5": to("play", "news"),
            },
            no_input=Retry(2, to("queue", "quiet")),
            wrong_input=Retry(3, to("message", "lost"), "sorry"),
            first_digit_seconds=5,
            inter_digit_seconds=2,
        ),
        "sub": Menu(
            "sub",
            prompt="hello",
            keys={"1": to("person", "amel")},
            no_input=Retry(1, to("hangup")),
            wrong_input=Retry(1, to("hangup")),
            barge_in=False,
        ),
        "news": Play("news", "long", to("hangup")),
    },
    {},
    {"hello": {"fr": ("hello", "gone")}, "sorry": {"fr": ("sorry",)}, "long": {"fr": ("long",)}},
    "fr",
)


async def run(words: str, start: str = "top") -> SimulatedLine:
    house = OneFlow(FLOW, start)
    line = SimulatedLine(
        caller=Planned(Plan.parse(words)),
        number="0612345678",
        did="acme-main",
        language="fr",
        arguments=("acme", "main", "0"),
        begins=BEGINS,
        length=lambda sound, language: LENGTHS.get(sound),
    )
    try:
        await menu.run(Call(line), Ports(house, house, house, line, line.witness))
    except CallerHungUp:
        assert isinstance(line.steps[-1], HungUp | TakenBack)
    return line


def end(line: SimulatedLine) -> str:
    return f"{line.variables.get('CB_KIND', '')} {line.variables.get('CB_TARGET', '')}".strip()


@pytest.mark.parametrize(
    ("words", "where", "clock"),
    [
        ("1", "queue one", 4 + 2),  # 12 begins with it
        ("12", "queue twelve", 4 + 0.25),
        ("2 1", "person amel", 4 + 4),
        ("21", "hangup", 4 + 4 + 6),  # the second key falls into a prompt that may not be barged into
        ("", "queue quiet", 2 * (4 + 5)),
        ("wait 12", "queue twelve", 4 + 5 + 4 + 0.25),
        ("9 9 9", "message lost", 4 + 1 + 4 + 1 + 4),
        ("9 wait 12", "queue twelve", 4 + 1 + 4 + 5 + 4 + 0.25),
        ("1.5s 12", "queue twelve", 1.75),
        ("wait 1.5s 12", "queue twelve", 1.75),
        ("4.5s 2 1", "person amel", 8.5),
        ("1s 9 0.5s 12", "queue twelve", 1.75),
        ("hangup", "", 0),
        ("3s hangup", "", 3),
        ("2 hangup", "", 4),
        ("6.5s hangup", "", 6.5),
    ],
)
async def test_a_caller_does_what_he_planned(words: str, where: str, clock: float) -> None:
    line = await run(words)
    assert (end(line), line.clock) == (where, clock)
    assert line.now().timestamp() - BEGINS.timestamp() == clock


async def test_what_is_told_of_a_call() -> None:
    line = await run("1s 9 2 hangup")
    heard = [step for step in line.steps if isinstance(step, Prompted | Played | Waited)]
    assert heard == [
        Prompted(0, "hello"),
        Played(0, "hello", "fr", 1.0, "9"),
        Prompted(1, "sorry"),
        Played(1, "sorry", "fr", 1.0),
        Prompted(2, "hello"),
        Played(2, "hello", "fr", 4.0),
        Played(6, "gone", "fr", None),
        Waited(6, 0, "2"),
        Prompted(6, "hello"),
        Played(6, "hello", "fr", 0.0),
    ]
    told = [step for step in line.steps if isinstance(step, Told)]
    assert [(step.event, dict(step.values)["Menu"]) for step in told] == [
        ("CordboardMenu", "top"),
        ("CordboardChoice", "top"),
        ("CordboardMenu", "sub"),
    ]
    assert line.steps[-1] == HungUp(6)


async def test_a_sound_beyond_its_guard_loses_the_call_to_the_dialplan() -> None:
    line = await run("5")
    assert line.steps[-1] == TakenBack(4 + 65)
    assert "CB_DONE" not in line.variables


async def test_who_is_gone_gets_no_command_done() -> None:
    line = await run("hangup")
    with pytest.raises(CallerHungUp):
        await line.run(Command("ANSWER"))
    line = await run("12")
    await Call(line).hang_up()
    with pytest.raises(CallerHungUp):
        await Call(line).answer()


async def test_a_command_that_no_script_sends_is_unknown_there() -> None:
    line = await run("12")
    assert (await line.run(Command("EXEC", ("System", "true")))).code == 510
    assert (await line.run(Command("SAY ALPHA", ("a",)))).code == 510


# --- plans ------------------------------------------------------------------------------------------------------------

MOVES = st.builds(
    lambda keys, after, is_end: Move("" if is_end else keys, after, is_end),
    st.text("0123456789*#", min_size=1, max_size=5),
    st.none() | st.integers(0, 99).map(float),
    st.booleans(),
)


@given(st.lists(MOVES, max_size=8))
def test_a_plan_is_read_as_it_is_written(moves: list[Move]) -> None:
    plan = Plan(tuple(moves))
    assert Plan.parse(str(plan)) == plan


@given(st.text(max_size=30))
def test_any_words_get_a_plan_or_the_word_that_is_none(text: str) -> None:
    try:
        Plan.parse(text)
    except PlanRefused as error:
        refused = error
    else:
        return
    assert refused.word == text.split()[refused.place - 1]
    assert str(refused).isprintable()


def test_a_plan_has_an_end() -> None:
    assert Plan.parse("1 " * 200).moves
    with pytest.raises(PlanRefused, match="200 words at most"):
        Plan.parse("1 " * 201)
