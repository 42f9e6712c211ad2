"""Random flows, one process a call: what comes of a caller is what the simulator says, by the pipe that pyst2 uses."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from random import Random

import pytest

from agi.call import Call
from agi.errors import CallerHungUp, FlowBroken
from agi.ports import Ports
from agi.process import Pipe, ProcessCarrier, Vocabulary
from agi.protocol import Command, Reply
from agi.scripts import menu
from agi.simulated_caller import Planned
from agi.simulation import SimulatedLine
from agi.stand_in import CallbackStandIn, StandIn, anywhere
from kit.agi_caller import words
from kit.flow_trial import OneFlow, answering, journey_of, simulated
from kit.random_flows import random_flow, random_lengths, random_reply

BEGIN = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


class Answered:
    """Asterisk's end of the pipe: each command is done on a simulated line, and its reply written back at once."""

    def __init__(self, line: SimulatedLine, writing: int) -> None:
        self._line = line
        self._writing = writing

    def write(self, data: bytes) -> None:
        text = data.decode().removesuffix("\n")
        verb = text.partition(' "')[0]
        arguments = tuple(words(text)[len(verb.split()) :])
        with suppress(CallerHungUp):
            os.write(self._writing, _line_of(_done(self._line, Command(verb, arguments))))
            return
        os.write(self._writing, b"HANGUP\n")

    def flush(self) -> None:
        pass


def _done(line: SimulatedLine, command: Command) -> Reply:
    running = line.run(command)
    try:
        running.send(None)
    except StopIteration as done:
        reply: Reply = done.value
        return reply
    raise AssertionError("a simulated line waited")


def _line_of(reply: Reply) -> bytes:
    data = "" if reply.data is None else f" ({reply.data})"
    endpos = "" if reply.endpos is None else f" endpos={reply.endpos}"
    return f"{reply.code} result={reply.result}{data}{endpos}\n".encode()


@pytest.mark.parametrize("seed", range(40))
async def test_a_flow_goes_as_it_is_simulated(seed: int) -> None:
    random = Random(seed)
    flow, start = random_flow(random)
    lengths = random_lengths(random, "abcde")

    def length(sound: str, of: str) -> float | None:
        return lengths[sound]

    plan = answering(random, flow, start, "fr", length, BEGIN, thinks=0.25)
    line = SimulatedLine(
        caller=Planned(plan),
        number="0612345678",
        did="acme-main",
        language="fr",
        arguments=("acme", "main", "0"),
        begins=BEGIN,
        length=length,
    )
    house = OneFlow(flow, start)
    reading, writing = os.pipe()
    try:
        pipe = Pipe(reading, 5.0)
        agi = Vocabulary(line.environment, pipe, Answered(line, writing))  # type: ignore[arg-type]
        carrier = ProcessCarrier(agi, pipe, line.environment, 5.0)
        with suppress(CallerHungUp, FlowBroken):
            systems, callbacks = StandIn(line, random_reply), CallbackStandIn(line, random_reply, anywhere)
            await menu.run(Call(carrier), Ports(house, house, house, line, line.witness, systems, callbacks=callbacks))
    finally:
        os.close(reading)
        os.close(writing)
    assert journey_of(line) == simulated(flow, start, "fr", plan, length, BEGIN)
