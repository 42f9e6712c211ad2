"""Random flows and callers on a real Asterisk, with keys by RFC 4733 and by INFO: as the simulator says, to the end."""

from __future__ import annotations

from random import Random

import pytest

from kit.flow_calls import open_line, settled, true_lengths
from kit.phones import Phones
from kit.switch import Switch

pytestmark = pytest.mark.switch

CALLS = 20
AT_ONCE = 4


async def test_twenty_random_calls_go_as_the_simulator_says(phones: Phones) -> None:
    random, length = Random(20261122), true_lengths()
    cases = [settled(random, length) for _ in range(CALLS)]
    switch = Switch()
    try:
        names = [f"phone{number}" for number in range(AT_ONCE)]
        async with open_line(switch, rfc4733=names[1:], info=names[:1]) as line:
            handsets = [
                await phones.phone(name, switch.sip, f"{name}-secret", dtmf="info" if name == names[0] else "rtp")
                for name in names
            ]
            for phone in handsets:
                await phone.register()
            wrong, _ = await line.otherwise(handsets, cases)
    finally:
        switch.close()
    assert wrong == []
    assert len({meant.end[0] for *_, meant in cases}) >= 4
