"""How many rows history must have of a caller, when Asterisk was killed around him."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from bench.tally import Kill, Tally, Wanted, wanted_of
from kit.sip_crowd import Crowd, CrowdCall
from kit.switch import Switch

KILLS = [Kill(at, at + 0.1) for at in (100.0, 200.0)]


@pytest_asyncio.fixture
async def call() -> AsyncIterator[CrowdCall]:
    switch = Switch("never-started")
    try:
        async with Crowd(switch) as crowd:
            call = CrowdCall(crowd, "1", "2", "c", is_incoming=False)
            yield call
            call.over("us")
    finally:
        switch.close()


def wanted(call: CrowdCall, *told: float) -> Wanted:
    call.let_in = list(told)
    return wanted_of(call, KILLS)


async def test_each_life_of_asterisk_that_let_him_in_has_a_row(call: CrowdCall) -> None:
    assert wanted(call, 50.0, 50.2) == Wanted(surely=1, at_most=1)
    assert wanted(call, 97.0, 101.0) == Wanted(surely=2, at_most=2)
    assert wanted(call, 250.0) == Wanted(surely=1, at_most=1)


async def test_of_who_came_within_the_last_second_nobody_may_have_heard(call: CrowdCall) -> None:
    assert wanted(call, 99.5) == Wanted(surely=0, at_most=1)
    assert wanted(call, 99.5, 101.0) == Wanted(surely=1, at_most=2)
    assert wanted(call, 100.05) == Wanted(surely=0, at_most=1), "what a dead one had said is read a little later"


def row(number: str, outcome: str | None = "handled") -> dict[str, Any]:
    return {"caller_number": number, "outcome": outcome}


def test_too_many_rows_and_too_few_are_told_apart_from_right_ones() -> None:
    once, maybe, twice = Wanted(1, 1), Wanted(0, 1), Wanted(1, 2)
    tally = Tally({"a": once, "b": once, "c": maybe, "d": twice, "e": once})
    tally.take([row("a"), row("b"), row("b"), row("d"), row("d"), row("e", None), row("colleague")])
    assert tally.miscounted() == ["b", "e"]
    assert not tally.is_complete
    assert (tally.known, tally.unheard) == (4, 1)
