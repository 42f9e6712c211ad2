"""Random flows and callers on a real Asterisk, keys by RFC 4733, INFO and in-band: to the end as the simulator says."""

from __future__ import annotations

from random import Random

import pytest

from agi.flow.kinds import KINDS
from kit.flow_calls import open_line, true_lengths
from kit.phones import Phones
from kit.settled_calls import settled_calls
from kit.switch import Switch

pytestmark = pytest.mark.switch

CALLS = 20


async def test_twenty_random_calls_go_as_the_simulator_says(phones: Phones) -> None:
    cases = settled_calls(Random(20261122), true_lengths(), CALLS)
    switch = Switch()
    try:
        async with open_line(switch, rfc4733=["phone0", "phone1"], info=["phone2"], inband=["phone3"]) as line:
            handsets = await line.handsets(phones, switch)
            wrong, _ = await line.otherwise(handsets, cases)
    finally:
        switch.close()
    assert wrong == []
    assert len({meant.end[0] for *_, meant in cases}) >= 4
    assert {flow.nodes[name].kind for flow, *_, meant in cases for name in meant.nodes} == {*KINDS}
    assert any(move.says for _, _, plan, _ in cases for move in plan.moves)
