"""The calls that are over, asked for over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from ami.conversation import Direction
from cordboard.journal.recorder import Limits, Recorder
from cordboard.journal.story import record_of
from cordboard.store.conversations import record_conversations
from cordboard.store.records import Role
from kit.recorded import recordings, replayed

from .conftest import House


async def get(client: aiohttp.ClientSession, path: str) -> tuple[int, Any]:
    async with client.get(path) as answer:
        return answer.status, await answer.json()


async def some_calls(house: House) -> None:
    """Three received calls, written to history."""
    recorder = Recorder(house.store, house.told.live, limits=Limits(gather=0.0), clock=lambda: house.told.now)
    running = asyncio.create_task(recorder.run())
    await asyncio.sleep(0)
    for number in range(3):
        house.told.call(f"pbx1-1795251600.{number}").enters().joins("acme-billing-fr").hangs_up()
        house.told.after(60)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await recorder.close()


async def test_the_last_calls_and_one_of_them(house: House) -> None:
    await some_calls(house)
    client = await house.somebody(Role.SUPERVISOR)
    status, told = await get(client, "/api/history")
    assert (status, [call["uniqueid"] for call in told["calls"]]) == (200, [f"pbx1-1795251600.{n}" for n in (2, 1, 0)])
    assert told["calls"][0]["outcome"] == "abandoned"
    assert told["calls"][0]["entered"] == "2026-11-21T09:02:00+00:00"
    assert len((await get(client, "/api/history?last=2"))[1]["calls"]) == 2
    assert (await get(client, "/api/history?direction=outbound"))[1] == {"calls": []}
    status, one = await get(client, "/api/history/pbx1/pbx1-1795251600.1")
    assert (status, one["call"]) == (200, told["calls"][1])
    assert [fact["kind"] for fact in one["facts"]] == ["entered", "joined", "hung_up"]
    assert [party["number"] for party in one["story"]["parties"]] == ["+33612345678"]
    assert one["story"]["queues"][0]["end"] == "abandoned"


async def test_who_listens_to_whom_is_told_to_those_alone_who_oversee(house: House) -> None:
    """A recorded call that a supervisor spied upon."""
    calls = [call for name in recordings() for call in replayed(name).conversations.values() if call.ended]
    heard = next(call for call in calls if call.listeners)
    spying = next(call for call in calls if call.direction is Direction.SPYING and call.spies_on == heard.id)
    async with house.store.transaction() as session:
        await record_conversations(session, [record_of(heard, "acme"), record_of(spying, "acme")])
    overseer, agent = await house.somebody(Role.SUPERVISOR), await house.somebody(Role.AGENT, person="amel")
    seen = {}
    for who, client in (("overseer", overseer), ("agent", agent)):
        listed = (await get(client, "/api/history"))[1]["calls"]
        asked = (await get(client, "/api/history?direction=spying"))[1]["calls"]
        status, _ = await get(client, f"/api/history/{spying.id}")
        _, one = await get(client, f"/api/history/{heard.id}")
        roles = {party["role"] for party in one["story"]["parties"]}
        seen[who] = len(listed), len(asked), status, len(one["story"]["spied_by"]), "spy" in roles
    assert seen["agent"] == (1, 0, 404, 0, False)
    assert seen["overseer"][:4] == (2, 1, 200, 1)


@pytest.mark.parametrize(
    "query", ["last=0", "last=1001", "last=-1", "last=x", "last=", "last=%C2%B2", "direction=up", "direction="]
)
async def test_a_question_that_makes_no_sense_is_refused(house: House, query: str) -> None:
    status, problem = await get(await house.somebody(Role.SUPERVISOR), f"/api/history?{query}")
    assert (status, problem["type"]) == (400, "urn:cordboard:problem:bad-query")


async def test_nobody_is_told_of_another_company_or_without_an_account(house: House) -> None:
    await some_calls(house)
    ours, one = "/api/history", "/api/history/pbx1/pbx1-1795251600.1"
    assert [(await get(await house.stranger(), path))[0] for path in (ours, one)] == [401, 401]
    client = await house.somebody(Role.SUPERVISOR)
    for path in (f"{ours}?company=other", f"{one}?company=other", f"{ours}/pbx1/nobody", f"{ours}/pbx2/x"):
        assert (await get(client, path))[0] == 404, path
