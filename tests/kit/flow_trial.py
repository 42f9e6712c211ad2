"""One random flow and one random caller, taken through the simulator and through the model of `kit.flow_model`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

from agi.call import Call
from agi.errors import CallerHungUp, FlowBroken
from agi.flow.document import Flow
from agi.flow.plan import Move, Plan, acts_of, speaking, spoken_seconds
from agi.flow.recording import AGAIN, HEAR, KEEP, Record
from agi.ports import Block, PinnedFlow, Ports, RouteDecision, RouteRequest
from agi.scripts import menu
from agi.simulated_caller import Act, Caller, Planned
from agi.simulated_ear import Listened
from agi.simulated_steps import Entered, HungUp, Left, Played, Prompted, Step, Told
from agi.simulation import SimulatedLine
from agi.stand_in import CallbackStandIn, StandIn, anywhere
from kit.flow_model import PHRASE, Journey, travel
from kit.random_flows import SAID, Shape, random_caller, random_flow, random_lengths, random_reply

CALLER = "0612345678"
CALL = "simulated.1"
"""The id of every simulated call."""
Length = Callable[[str, str], float | None]
THINKING = 0.75
"""Seconds after which an answering caller presses a key."""
MOST_ANSWERS = 30


@dataclass
class OneFlow:
    """A house that has one flow."""

    flow: Flow
    start: str

    async def entry(self, company: str, did: str, call: str, version: int | None) -> PinnedFlow | None:
        return PinnedFlow(self.flow, 1, self.start)

    async def find(self, company: str, number: str) -> Block | None:
        return None

    async def decide(self, request: RouteRequest) -> RouteDecision | None:
        return None


def simulated(flow: Flow, start: str, language: str, plan: Plan, length: Length, begins: datetime) -> Journey:
    """What the menu script does with this caller, in the words of the model."""
    return journey_of(called(flow, start, language, Planned(plan), length, begins))


def answering(
    random: Random, flow: Flow, start: str, language: str, length: Length, begins: datetime, *, thinks: float = THINKING
) -> Plan:
    """Moves, each with its time, of somebody who hears everything and answers what he is asked, in one of the ways that
    nodes say can be answered. `thinks`: seconds before each key."""
    caller = _Answering(random, flow, thinks)
    called(flow, start, language, caller, length, begins, caller.see)
    return Plan(tuple(caller.moves))


class _Answering:
    def __init__(self, random: Random, flow: Flow, thinks: float) -> None:
        self._random = random
        self._flow = flow
        self._thinks = thinks
        self._acts: deque[str] = deque()
        self._since = 0.0
        self.moves: list[Move] = []

    def see(self, step: Step) -> None:
        if isinstance(step, Entered):
            node = self._flow.nodes[step.node]
            behaviours = list(node.behaviours())
            words = self._random.choice(behaviours) if behaviours else ()
            if isinstance(node, Record) and words[-1:] == (KEEP,):
                before = self._random.choice(((), (HEAR,), (AGAIN, *words[:-1])))
                words = (*words[:-1], *before, KEEP)
            self._acts = deque(acts_of(words))

    def in_sound(self, start: float, end: float) -> Act | None:
        return None

    def at_tone(self, start: float) -> float:
        if not self._acts or not (says := spoken_seconds(self._acts[0])) or len(self.moves) >= MOST_ANSWERS:
            return start
        self._acts.popleft()
        self.moves.append(Move("", start - self._since, says=says))
        self._since = start + says
        return self._since

    def at_wait(self, start: float, end: float) -> Act | None:
        key = self._acts.popleft() if self._acts else ""
        at = max(start, self._since) + self._thinks
        if not key or at > end or len(self.moves) >= MOST_ANSWERS:
            return None
        self.moves.append(Move(key, at - self._since))
        self._since = at
        return Act(at, key)


class OneSound:
    """Says every text by the same sound."""

    async def said(self, text: str, language: str, seconds: float) -> str:
        return SAID


def called(
    flow: Flow,
    start: str,
    language: str,
    caller: Caller,
    length: Length,
    begins: datetime,
    tell: Callable[[Step], None] = lambda step: None,
) -> SimulatedLine:
    house = OneFlow(flow, start)
    line = SimulatedLine(
        caller=caller,
        number=CALLER,
        did="acme-main",
        language=language,
        arguments=("acme", "main", "0"),
        begins=begins,
        length=length,
        tell=tell,
    )

    async def call() -> None:
        with suppress(CallerHungUp, FlowBroken):
            systems = StandIn(line, random_reply)
            callbacks = CallbackStandIn(line, random_reply, anywhere)
            ports = Ports(house, house, house, line, line.witness, systems, OneSound(), callbacks)
            await menu.run(Call(line), ports)

    # Nothing in it waits for anything real: it needs no event loop, and may be called within one.
    with suppress(StopIteration):
        call().send(None)
        raise AssertionError("a simulated call waited")
    return line


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
        said=[step.phrase for step in line.steps if isinstance(step, Listened) and step.is_known],
        answers=[f"{each['Menu']}={each['Key']}" for each in told if each["Edge"] == "key" and each["Key"]],
        end=end,
        language=line.language,
        clock=line.clock,
        variables={name: value for name, value in given.items() if name.startswith("CBV_")},
        given=given.get("CB_GIVEN", ""),
        wanted=given.get("CB_WANTS", ""),
    )


def modelled(flow: Flow, start: str, language: str, plan: Plan, length: Length, begins: datetime) -> Journey:
    """The same by the model. Every move of the plan has a time of its own."""
    events, moment = [], 0.0
    for move in plan.moves:
        assert move.after is not None
        moment += move.after
        told = f"{PHRASE}{move.phrase}" if move.phrase else speaking(move.says) if move.says else move.keys
        events.append((moment, told))
        moment += move.says
    return travel(flow.to_json(), start, language, events=events, length=length, begins=begins, replies=random_reply)


def compared(random: Random, begins: datetime, shape: Shape | None = None) -> tuple[Journey, Journey]:
    """A random flow and caller: what the simulator says, and what the model says."""
    flow, start = random_flow(random, shape or Shape(listens=0.6))
    lengths = random_lengths(random, "abcde")
    language = random.choice(("fr", "en", "pt_BR", "de"))

    def length(sound: str, of: str) -> float | None:
        return lengths[sound]

    if random.random() < 0.4:
        plan = answering(random, flow, start, language, length, begins, thinks=0.25)
    else:
        plan = random_caller(random, speaks=0.4)
    given = (flow, start, language, plan, length, begins)
    return _rounded(simulated(*given)), _rounded(modelled(*given))


def _rounded(journey: Journey) -> Journey:
    """To the microsecond: two ways of adding up the same may differ by less."""
    sounds = [(sound, of, round(seconds, 6)) for sound, of, seconds in journey.sounds]
    return replace(journey, sounds=sounds, clock=round(journey.clock, 6))
