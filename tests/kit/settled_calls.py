"""Random flows with callers whom time does not change, so that a real call can be held against a simulated one.

    flow, start, plan, meant = settled(random, true_lengths(), visits=Record)
    cases = settled_calls(random, true_lengths(), 20)       # who come to every kind of node

A caller's keys have a time of their own, and no two machines keep time alike. So a caller is only taken who would meet
the same were he, what he says, or the sounds, somewhat slower or faster: `settled` finds such ones, with what the
simulator says.

Left out is what no two readings of a clock agree on: numbers, amounts, dates and times that are said (Asterisk puts
them together of sounds by rules of its own, which the simulator does not know the length of).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import cycle
from random import Random

from agi.flow.checker import Entry, survey
from agi.flow.document import Flow, Node
from agi.flow.kinds import KINDS
from agi.flow.plan import Move, Plan
from agi.flow.recording import Record
from agi.flow.recording_names import LEFT_OF_SILENCE
from agi.flow.saying import What
from agi.simulated_caller import Act, Planned
from agi.simulated_steps import Step
from agi.simulated_tape import TONE, Recorded
from kit.flow_model import Journey
from kit.flow_trial import Length, answering, called, journey_of
from kit.random_flows import EXITS, Shape, random_caller, random_flow

LANGUAGE = "fr"
MOMENT = datetime(2026, 11, 23, 9, 10, tzinfo=UTC)
"""When all these calls are, as their clock says: a Monday in office hours, in the middle of an interval."""
SHAPE = Shape(
    menus=3,
    others=3,
    sounds=("digits/1", "hello", "vm-goodbye", "vm-press", "please-try-again", "not-a-sound"),
    seconds=(1.5, 2.0, 3.0),
    languages=("fr", "en"),
    least=1,
    says=(What.DIGITS,),
)
LONGEST = 14.0
"""Seconds of a call."""
LATE = 0.45
"""How much later than meant a key may come; a phone sends it for a while, and packets travel."""
SLOW = 0.12
"""How much longer than its length a sound may last, its command's way included, and what is said."""
PACES: Sequence[tuple[Sequence[float], float]] = (
    *(((late,), slow) for late, slow in ((LATE, 0.0), (0.0, SLOW), (LATE, SLOW), (LATE / 2, SLOW), (-0.1, SLOW / 2))),
    *((late, slow) for late in ((LATE, 0.0), (0.0, LATE), (LATE, 0.0, 0.0)) for slow in (0.0, SLOW)),
)
"""How late a caller's moves may be, in turn, and how slow each sound."""
APART = 0.5
"""Seconds between two keys, so that they are heard as two."""
SAYS = (2.0, 3.0, 4.5)
"""Seconds that somebody speaks after a tone."""
KNOWN = {str(target.kind): {each.id for each in EXITS if each.kind is target.kind} for target in EXITS}
"""Where calls may end, as the checker wants it."""


def settled_calls(random: Random, length: Length, count: int) -> list[tuple[Flow, str, Plan, Journey]]:
    """So many, who come to one kind of node after the other."""
    kinds = cycle(KINDS.values())
    return [settled(random, length, visits=next(kinds)) for _ in range(count)]


def settled(
    random: Random,
    length: Length,
    *,
    shape: Shape = SHAPE,
    longest: float = LONGEST,
    is_faultless: bool = False,
    visits: type[Node] | None = None,
) -> tuple[Flow, str, Plan, Journey]:
    """A flow, its start, a caller, and what comes of him, whether all goes as fast as it should or somewhat slower.
    `is_faultless`: one of which the checker has only warnings, without the nodes that nobody reaches. `visits`: of this
    kind is one of the nodes that he comes to; if it records, he says something."""
    while True:
        flow, start = random_flow(random, shape)
        if visits is not None and not any(isinstance(node, visits) for node in flow.nodes.values()):
            continue
        if is_faultless:
            found, reached = survey(flow, [Entry(start, LANGUAGE)], KNOWN)
            flow = replace(flow, nodes={name: node for name, node in flow.nodes.items() if name in reached.nodes})
            if not all(problem.is_warning for problem in found):
                continue
        if visits is Record or random.random() < 0.7:
            plan = answering(random, flow, start, LANGUAGE, length, MOMENT)
        else:
            plan = _spread(random_caller(random, most=5, seconds=4.0))
        plan = Plan(tuple(_at_the_tone(random, move) for move in plan.moves))
        given = (flow, start, plan, length)
        meant = _at_pace(*given, (0.0,), 0.0)
        if meant is None or not (1.0 <= meant.clock <= longest) or len(meant.nodes) > 20:
            continue
        if visits is not None and not any(isinstance(flow.nodes[name], visits) for name in meant.nodes):
            continue
        if visits is Record and not any(move.says for move in plan.moves):
            continue
        meant = replace(meant, clock=0.0)
        paced = (_at_pace(*given, late, slow) for late, slow in PACES)
        if all(each is not None and replace(each, clock=0.0) == meant for each in paced):
            return flow, start, plan, meant


def _at_pace(flow: Flow, start: str, plan: Plan, length: Length, late: Sequence[float], slow: float) -> Journey | None:
    """What comes of somebody who is so late, with sounds that are so slow; None: of him nobody can be sure."""
    caller = _Speaking(_later(plan, late, slow))
    line = called(flow, start, LANGUAGE, caller, _slower(length, slow), MOMENT)
    if caller.has_waited_in_vain or any(_is_disturbed(step, flow, caller, length) for step in line.steps):
        return None
    return _bare(journey_of(line))


class _Speaking(Planned):
    """Keeps to a plan, and tells when he pressed keys, and whether he wanted to speak where there was no tone."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.pressed: list[float] = []
        self.has_waited_in_vain = False

    def at_wait(self, start: float, end: float) -> Act | None:
        is_to_speak = self._is_to_speak()
        act = super().at_wait(start, end)
        self.has_waited_in_vain |= is_to_speak and not self._is_to_speak()
        return act

    def _is_to_speak(self) -> bool:
        return bool(self._moves) and bool(self._moves[0].says)

    def _do(self, move: Move, at: float) -> Act | None:
        act = super()._do(move, at)
        if act is not None and act.key:
            self.pressed.append(at)
        return act


def _is_disturbed(step: Step, flow: Flow, caller: _Speaking, length: Length) -> bool:
    """Is this a recording in which, or in whose tone, he pressed a key that does not end it? One that travels in the
    sound is sound."""
    if not isinstance(step, Recorded):
        return False
    node = flow.nodes[step.node]
    assert isinstance(node, Record)
    end = step.at + step.seconds + (node.silence_seconds - LEFT_OF_SILENCE if step.ended == "SILENCE" else 0.0)
    begin = step.at - (length(TONE, LANGUAGE) or 0.0) - SLOW
    keys = sum(begin <= moment <= end for moment in caller.pressed)
    return keys > (step.ended == "DTMF")


def _bare(journey: Journey) -> Journey:
    """Without what cannot be seen from outside: how much of each sound was heard, and variables that hold nothing. Keys
    of one who hung up are told to nobody."""
    answers = [] if journey.end[0] in ("hung up", "fallback") else journey.answers
    variables = {name: value for name, value in journey.variables.items() if value}
    return replace(journey, sounds=[], answers=answers, variables=variables)


def _spread(plan: Plan) -> Plan:
    """With time between the keys."""
    moves = [replace(move, after=max(APART, move.after or 0.0)) for move in plan.moves]
    return Plan(tuple(moves))


def _at_the_tone(random: Random, move: Move) -> Move:
    """Who is to speak waits for the tone, however long."""
    return replace(move, after=0.0, says=random.choice(SAYS)) if move.says else move


def _later(plan: Plan, late: Sequence[float], slow: float) -> Plan:
    """The first move so much later than meant, the second so much, and so in turn; who speaks takes longer."""
    meant = moment = 0.0
    moves = []
    for number, move in enumerate(plan.moves):
        if move.says:
            moves.append(replace(move, says=move.says + slow))
            meant = moment = 0.0  # his next move is timed from where he ends
            continue
        meant += move.after or 0.0
        at = max(moment, meant + late[number % len(late)])
        moves.append(replace(move, after=at - moment))
        moment = at
    return Plan(tuple(moves))


def _slower(length: Length, seconds: float) -> Length:
    def slower(sound: str, language: str) -> float | None:
        lasts = length(sound, language)
        return None if lasts is None else lasts + seconds

    return slower
