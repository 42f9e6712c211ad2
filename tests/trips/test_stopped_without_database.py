"""Cordboard is stopped while its database is away: what happened meanwhile is in history after the next start, once."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from cordboard.house.left_overs import NAME
from cordboard.store.engine import open_store
from cordboard.store.spans import spans_within
from demo import COMPANY
from demo.callers import CALLER_TONE, TRUNK
from demo.script import MAIN
from kit.postgres import Postgres
from kit.site import Site

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    server = Postgres.installed()
    if server is None:
        pytest.skip("PostgreSQL is not installed")
    with server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(postgres: Postgres) -> AsyncIterator[Site]:
    async with Site(COMPANY, settings={"database_url": await postgres.new_database()}) as site:
        yield site


async def spans(site: Site) -> list[tuple[str, datetime, datetime, str]]:
    now = datetime.now(UTC)
    async with open_store(site.environment["CORDBOARD_DATABASE_URL"]) as store, store.reading() as session:
        found = await spans_within(session, "acme", now - timedelta(days=1), now + timedelta(days=1))
    return [(each.agent, each.since, each.until, each.state) for each in found]


async def history(site: Site) -> list[dict[str, Any]]:
    calls = await site.calls()
    return [(await site.cordboard("calls", call["id"], "--json")).json() for call in calls]


async def test_what_happened_before_the_end_is_there_after_the_next_start(site: Site, postgres: Postgres) -> None:
    amel = await site.agent("amel", tone=500)
    dan, _ = await site.phone("dan", tone=800), await site.phone("farid", tone=1000)
    caller = await site.phones.caller("+33612350001", site.switch.sip, tone=CALLER_TONE, headers=TRUNK)
    call = await caller.start_call(MAIN)
    await call.answered()
    await call.hears_something()
    await call.press("1")
    await call.hears(500)
    talked = (await site.agent_is("amel", "inbound_call"))["since"]
    postgres.kill()
    await asyncio.sleep(1.1)
    await call.hang_up()
    inside = await dan.start_call("206")
    await inside.answered()
    await inside.hears(1000)
    await inside.hang_up()
    await site.switch.wait_idle()
    await asyncio.sleep(2)  # the daemon, which nobody can ask now, reads what Asterisk told
    assert await site.stop_daemon() == 0
    file = site.home / NAME
    assert "what was not written is kept for the next start" in site.daemon.said()
    copy = file.with_name("copy")
    shutil.copy(file, copy)

    postgres.start()
    await site.start_daemon()
    await site.sign_in_again()
    assert "what was left over is written" in site.daemon.said()
    assert not file.exists()
    found = await history(site)
    assert sorted((each["call"]["direction"], each["call"]["outcome"]) for each in found) == [
        ("inbound", "handled"), ("internal", "answered"),
    ]  # fmt: skip
    assert not any(each["call"]["is_repaired"] for each in found), "as it was seen, not as records tell it"
    [received] = [each for each in found if each["call"]["direction"] == "inbound"]
    assert received["call"]["agent"] == amel.user.partition("-")[2]
    assert received["call"]["talked"] >= 1
    kinds = [fact["kind"] for fact in received["facts"]]
    assert kinds[0] == "entered"
    assert kinds[-1] == "hung_up"
    assert "repaired" not in kinds
    talks = [each for each in await spans(site) if each[3] == "inbound_call"]
    assert [(agent, round(since.timestamp())) for agent, since, _, _ in talks] == [("amel", round(talked))]

    assert await site.stop_daemon() == 0
    copy.rename(file)  # the machine lost its power before the file was gone
    before = await history(site)
    await site.start_daemon()
    assert not file.exists()
    assert await history(site) == before
    assert [each for each in await spans(site) if each[3] == "inbound_call"] == talks
