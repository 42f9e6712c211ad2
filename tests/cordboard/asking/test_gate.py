"""One that fails again and again is left alone, and asked by one at a time whether it is back."""

from __future__ import annotations

import asyncio
import logging

import pytest

from agi.flow.lookup import Untrue
from cordboard.asking.errors import Resting, Unanswered
from cordboard.asking.gate import FIRST_REST, LONGEST_REST, MOST_FAILURES, Gate

LATE = 1e9


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def fails(gate: Gate) -> None:
    with pytest.raises(Unanswered):
        async with gate.turn(LATE):
            raise Unanswered


async def answers(gate: Gate) -> None:
    async with gate.turn(LATE):
        pass


async def is_left_alone(gate: Gate) -> bool:
    try:
        await answers(gate)
    except Resting:
        return True
    return False


async def test_only_failures_in_a_row_count(clock: Clock) -> None:
    gate = Gate("crm", 10, clock)
    for _ in range(3):
        for _ in range(MOST_FAILURES - 1):
            await fails(gate)
        await answers(gate)
    for _ in range(MOST_FAILURES):
        await fails(gate)
    assert await is_left_alone(gate)


async def test_it_rests_longer_each_time_that_it_fails_again(clock: Clock) -> None:
    gate = Gate("crm", 10, clock)
    for _ in range(MOST_FAILURES):
        await fails(gate)
    rest = FIRST_REST
    for _ in range(6):
        clock.now += rest - 0.1
        assert await is_left_alone(gate)
        clock.now += 0.2
        await fails(gate)
        rest = min(LONGEST_REST, 2 * rest)
    assert rest == LONGEST_REST


async def test_one_asks_whether_it_is_back_and_says_so(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    gate = Gate("crm", 10, clock)
    for _ in range(MOST_FAILURES):
        await fails(gate)
    clock.now += FIRST_REST + 0.1
    async with gate.turn(LATE):
        assert await is_left_alone(gate)
    assert not await is_left_alone(gate)
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


async def test_a_lie_is_an_answer(clock: Clock) -> None:
    gate = Gate("crm", 10, clock)
    for _ in range(MOST_FAILURES):
        await fails(gate)
    clock.now += FIRST_REST + 0.1
    with pytest.raises(Untrue):
        async with gate.turn(LATE):
            raise Untrue
    for _ in range(MOST_FAILURES - 1):
        await fails(gate)
    assert not await is_left_alone(gate)


async def test_a_caller_who_leaves_says_nothing_about_it(clock: Clock) -> None:
    gate = Gate("crm", 1, clock)
    for _ in range(MOST_FAILURES):
        await fails(gate)
    clock.now += FIRST_REST + 0.1

    async def ask() -> None:
        async with gate.turn(LATE):
            await asyncio.Event().wait()

    task = asyncio.create_task(ask())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert await is_left_alone(gate)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not await is_left_alone(gate)


async def test_who_waits_for_a_place_waits_until_his_deadline(clock: Clock) -> None:
    gate = Gate("crm", 1, clock)
    async with gate.turn(LATE):
        with pytest.raises(TimeoutError):
            async with gate.turn(asyncio.get_running_loop().time() + 0.02):
                raise AssertionError
    assert not await is_left_alone(gate)
