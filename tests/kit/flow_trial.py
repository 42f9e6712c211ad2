"""One random flow and one random caller, taken through the simulator and through the model of `kit.flow_model`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from random import Random

from agi.call import Call
from agi.errors import CallerHungUp, FlowBroken
from agi.flow.document import Flow
from agi.flow.plan import Plan
from agi.ports import Block, PinnedFlow, Ports, RouteDecision, RouteRequest
from agi.scripts import menu
from agi.simulation import Entered, HungUp, Left, Planned, Played, Prompted, SimulatedLine, Told
from kit.flow_model import Journey, travel
from kit.random_flows import Shape, random_caller, random_flow, random_lengths

Length = Callable[[str, str], float | None]


@dataclass
class OneFlow:
    """A house that has one flow."""

    flow: Flow
    start: str

    async def entry(self, company: str, did: str) -> PinnedFlow | None:
        return PinnedFlow(self.flow, 1, self.start)

    async def find(self, company: str, number: str) -> Block | None:
        return None

    async def decide(self, request: RouteRequest) -> RouteDecision | None:
        return None


def simulated(flow: Flow, start: str, language: str, plan: Plan, length: Length, begins: datetime) -> Journey:
    """What the menu script does with this caller, in the words of the model."""
    house = OneFlow(flow, start)
    line = SimulatedLine(
        caller=Planned(plan),
        number="0612345678",
        did="acme-main",
        language=language,
        arguments=("acme", "main", "0"),
        begins=begins,
        length=length,
    )

    async def call() -> None:
        with suppress(CallerHungUp, FlowBroken):
            await menu.run(Call(line), Ports(house, house, house, line, line.witness))

    # Nothing in it waits for anything real: it needs no event loop, and may be called within one.
    with suppress(StopIteration):
        call().send(None)
        raise AssertionError("a simulated call waited")
    return journey_of(line)


def journey_of(line: SimulatedLine) -> Journey:
    """The line's steps and variables in the words of the model."""
    given = line.variables
    end = ("fallback", "", "")
    if "CB_DONE" in given:
        end = (given["CB_KIND"], given["CB_TARGET"], given["CB_WHY"])
    elif line.steps and isinstance(line.steps[-1], HungUp):
        end = ("hung up", "", "")
    choices = (step for step in line.steps if isinstance(step, Told) and step.event == "CordboardChoice")
    told = [dict(step.values) for step in choices]
    return Journey(
        nodes=[step.node for step in line.steps if isinstance(step, Entered)],
        ways=[(step.node, step.way) for step in line.steps if isinstance(step, Left)],
        prompts=[step.prompt for step in line.steps if isinstance(step, Prompted)],
        sounds=[
            (step.sound, step.language, step.seconds)
            for step in line.steps
            if isinstance(step, Played) and step.seconds is not None
        ],
        answers=[f"{each['Menu']}={each['Key']}" for each in told if each["Edge"] == "key" and each["Key"]],
        end=end,
        language=line.language,
        clock=line.clock,
        variables={name: value for name, value in given.items() if name.startswith("CBV_")},
    )


def modelled(flow: Flow, start: str, language: str, plan: Plan, length: Length, begins: datetime) -> Journey:
    """The same by the model. Every move of the plan has a time of its own."""
    events, moment = [], 0.0
    for move in plan.moves:
        assert move.after is not None
        moment += move.after
        events.append((moment, move.keys))
    return travel(flow.to_json(), start, language, events=events, length=length, begins=begins)


def compared(random: Random, begins: datetime, shape: Shape | None = None) -> tuple[Journey, Journey]:
    """A random flow and caller: what the simulator says, and what the model says."""
    flow, start = random_flow(random, shape)
    lengths = random_lengths(random, "abcde")
    plan = random_caller(random)
    language = random.choice(("fr", "en", "pt_BR", "de"))

    def length(sound: str, of: str) -> float | None:
        return lengths[sound]

    given = (flow, start, language, plan, length, begins)
    return simulated(*given), modelled(*given)
