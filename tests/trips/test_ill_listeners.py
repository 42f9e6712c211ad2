"""A few callers of a whole Cordboard whose FastAGI process is slow, held up by strangers, replaced by somebody who says
rubbish, or left at any step, and of a system that lies: what `make soak ONLY=flows` does with many."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from kit.flow_faults import Faults, open_faults

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def faults(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Faults]:
    folder: Path = tmp_path_factory.mktemp("faults")
    async with open_faults(folder) as faults:
        yield faults


async def test_a_slow_process_serves_everybody(faults: Faults) -> None:
    trial = await faults.slow(4)
    assert (trial.wrong, trial.proof > 5) == ([], True)


async def test_strangers_with_half_a_header_keep_nobody_out(faults: Faults) -> None:
    trial = await faults.half_open(3, 50)
    assert (trial.wrong, trial.proof) == ([], 50)


async def test_nothing_is_left_of_who_hangs_up_at_any_step(faults: Faults) -> None:
    trial = await faults.hang_ups(12)
    assert (trial.wrong, trial.proof > 5) == ([], True)


async def test_lies_cost_their_deadline_and_lead_to_the_failure(faults: Faults) -> None:
    trial = await faults.lies(2, ["a drip"])
    assert (trial.wrong, trial.proof) == ([], 2)
