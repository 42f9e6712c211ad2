"""Random flows with nobody behind FastAGI: the generated dialplan takes callers where the simulator says."""

from __future__ import annotations

from random import Random

import pytest

from kit.compiled_calls import compiled_otherwise
from kit.phones import Phones

pytestmark = pytest.mark.switch

CALLS = 12


async def test_random_flows_go_the_compiled_way_as_simulated(phones: Phones) -> None:
    assert await compiled_otherwise(phones, Random(5), CALLS) == []
