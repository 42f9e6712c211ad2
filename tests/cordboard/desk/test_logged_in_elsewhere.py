"""A log-in is on one switch: another one neither changes it nor offers its calls, and takes it over by a log-in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import StartSwitch
from cordboard.desk.agents import Done, Refused
from cordboard.store.agents import find_login, keep_login
from cordboard.store.records import AgentLogin
from kit.floor import Floor, end, open_floor
from kit.phones import Phones
from kit.told import START

pytestmark = pytest.mark.switch

THERE = AgentLogin(
    company="acme",
    person="amel",
    node="pbx9",
    endpoint="amel",
    since=START,
    is_paused=True,
    pause_reason="lunch",
    paused_since=START,
    serving="billing",
    serving_since=START,
)
PAUSED = {"amel": {"billing": (0, "lunch"), "general": (0, "lunch")}}


@pytest.fixture
async def floor(start_switch: StartSwitch, phones: Phones, tmp_path: Path) -> AsyncIterator[Floor]:
    async with AsyncExitStack() as stack:
        opened = await open_floor(stack, start_switch, phones, tmp_path)
        async with opened.store.transaction() as session:
            await keep_login(session, THERE)
        yield opened


async def kept(floor: Floor) -> AgentLogin | None:
    async with floor.store.reading() as session:
        return await find_login(session, "acme", "amel")


async def test_nothing_is_done_here_to_who_is_logged_in_elsewhere(floor: Floor) -> None:
    agents = floor.agents
    for asked in (
        agents.log_out("acme", "amel", "x"),
        agents.pause("acme", "amel", "break", "x"),
        agents.ready("acme", "amel", "x"),
        agents.extend("acme", "amel", "x"),
    ):
        refused = await asked
        assert isinstance(refused, Refused)
        assert (refused.reason, "pbx9" in refused.words) == ("logged_in_elsewhere", True)
    restored = await agents.restore()
    assert (restored.added, restored.removed, restored.missed) == (0, 0, 0)
    assert await floor.standing() == {}, "nor is he offered calls"
    assert await kept(floor) == THERE, "nor is a call there taken for one that ended here"


async def test_a_log_in_takes_him_over_with_his_pause_and_without_the_call_there(floor: Floor) -> None:
    assert isinstance(await floor.agents.log_in("acme", "amel", "x"), Done)
    assert await kept(floor) == replace(THERE, node="pbx1", serving="", serving_since=None)
    assert await floor.standing() == PAUSED


async def test_who_was_taken_over_by_another_switch_leaves_the_queues(floor: Floor) -> None:
    upkeep = asyncio.create_task(floor.agents.run())
    try:
        assert isinstance(await floor.agents.log_in("acme", "amel", "x"), Done)
        await floor.stands(PAUSED)
        async with floor.store.transaction() as session:
            await keep_login(session, THERE)
        await floor.stands({})
        assert await kept(floor) == THERE
    finally:
        await end(upkeep)
