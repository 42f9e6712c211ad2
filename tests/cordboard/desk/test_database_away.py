"""Agents while the database is away, on a real Asterisk: locked by another process, killed, or answering nothing.

What happens counts at once, nobody gets a call that he should not, nobody is stuck; and all is written afterwards."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ami.actions import QueueRemove
from ami.models import Agent, AgentState
from conftest import StartSwitch
from cordboard.desk.agents import Done
from cordboard.desk.errors import DatabaseAway
from cordboard.store.agents import list_logins
from cordboard.store.audit import last_audit
from cordboard.store.records import AgentLogin, AuditEntry
from cordboard.store.values import Company
from kit.floor import ACME, Floor, end, open_floor
from kit.patience import PATIENCE
from kit.phones import Phones, Ring
from kit.postgres import Postgres

pytestmark = [pytest.mark.switch, pytest.mark.timeout(180)]

WRAP_UP = 4


class Database:
    """Can be away, in one of three ways."""

    def __init__(self, way: str, url: str, file: Path, server: Postgres | None) -> None:
        self.url, self._way, self._file, self._server = url, way, file, server

    @contextmanager
    def away(self) -> Iterator[None]:
        """For the length of this."""
        if self._server is None:
            other = sqlite3.connect(self._file, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                other.execute("ROLLBACK")
                other.close()
        elif self._way == "killed":
            self._server.kill()
            try:
                yield
            finally:
                self._server.start()
        else:
            self._server.freeze()
            try:
                yield
            finally:
                self._server.thaw()


@pytest.fixture(params=["locked", "killed", "frozen"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    file = tmp_path / "cordboard.db"
    if request.param == "locked":
        yield Database("locked", f"sqlite:///{file}", file, None)
        return
    server = Postgres.installed()
    if server is None:
        pytest.skip("PostgreSQL is not installed")
    with server:
        yield Database(request.param, await server.new_database(), file, server)


@pytest.fixture
async def floor(database: Database, start_switch: StartSwitch, phones: Phones, tmp_path: Path) -> AsyncIterator[Floor]:
    """A floor whose upkeep runs; one missed offer pauses."""
    queues = {name: replace(queue, wrap_up=WRAP_UP, missed_before_pause=1) for name, queue in ACME.queues.items()}
    company: Company = replace(ACME, queues=queues)
    async with AsyncExitStack() as stack:
        floor = await open_floor(stack, start_switch, phones, tmp_path, company=company, database=database.url)
        stack.push_async_callback(end, asyncio.create_task(floor.agents.run()))
        yield floor


def agent(floor: Floor, person: str) -> Agent | None:
    return next((one for one in floor.live.snapshot().agents if one.name == f"acme-{person}"), None)


async def is_in(floor: Floor, person: str, wanted: AgentState, reason: str = "") -> Agent:
    """Shown in this state, and paused on the switch for this reason, or not at all."""

    def is_so() -> bool:
        one = agent(floor, person)
        return one is not None and (one.state, one.pause_reason) == (wanted, reason)

    await floor.until(is_so, f"{person} to be {wanted} ({reason}), not {agent(floor, person)}")
    found = agent(floor, person)
    assert found
    return found


async def rows(floor: Floor) -> dict[str, AgentLogin]:
    async with floor.store.reading() as session:
        return {login.person: login for login in await list_logins(session)}


async def trail(floor: Floor, action: str) -> list[AuditEntry]:
    async with floor.store.reading() as session:
        return [line for line in reversed(await last_audit(session, "acme")) if line.action == action]


async def written(floor: Floor, caplog: pytest.LogCaptureFixture) -> None:
    """Once the database has taken all that happened."""
    await floor.until(lambda: "what happened to agents is written" in caplog.messages, "it to be written")


async def test_calls_end_and_pauses_begin_without_the_database(
    floor: Floor, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "cordboard.desk")
    amel = await floor.agent("amel")
    hers = await floor.call("billing")
    await floor.until(lambda: floor.talks_to("amel"), "amel to talk")
    bob = await floor.agent("bob")
    his = await floor.call("general")
    await floor.until(lambda: floor.talks_to("bob"), "bob to talk")
    assert await floor.agents.pause("acme", "bob", "lunch", "bob", after_call=True) == Done()
    with database.away():
        # Both wrap up in time, and whoever waits meanwhile is offered to nobody.
        await asyncio.gather(hers.hang_up(), his.hang_up())
        waiting = await floor.call("general", most_wait=60)
        wrapping = await is_in(floor, "amel", AgentState.WRAP_UP, "wrapup")
        await is_in(floor, "bob", AgentState.WRAP_UP, "wrapup")
        at_lunch = await is_in(floor, "bob", AgentState.PAUSE, "lunch")
        await floor.until(lambda: floor.talks_to("amel"), "amel to be given the call that waits")
        assert wrapping.wrap_up_until
        (talk,) = [call for call in floor.live.snapshot().calls if call.agent == "acme-amel" and call.talking_since]
        assert talk.talking_since
        assert talk.talking_since >= wrapping.wrap_up_until
        with pytest.raises(DatabaseAway):
            await floor.agents.ready("acme", "bob", "bob")
        await waiting.hang_up()
        second = await is_in(floor, "amel", AgentState.WRAP_UP, "wrapup")
        assert (len(amel.calls), len(bob.calls)) == (2, 1)
        free = await is_in(floor, "amel", AgentState.READY)
    await written(floor, caplog)
    found = await rows(floor)
    assert (found["amel"].serving, found["amel"].wrap_up_until) == ("", None)
    assert found["amel"].free_since == free.since == second.wrap_up_until
    assert (found["bob"].pause_reason, found["bob"].paused_since) == ("lunch", at_lunch.since)
    assert agent(floor, "bob") == at_lunch
    (line,) = [line for line in await trail(floor, "agent.pause") if line.at == at_lunch.since]
    assert (line.actor, line.object, line.detail) == ("bob", "bob", "lunch")
    assert await trail(floor, "agent.repair") == []
    assert await floor.agents.ready("acme", "bob", "bob") == Done()


async def test_missed_offers_and_repairs_are_recorded_afterwards(
    floor: Floor, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "cordboard.desk")
    await floor.agent("chloe", Ring())
    await floor.agent("dan")
    assert await floor.agents.pause("acme", "dan", "lunch", "dan") == Done()
    await is_in(floor, "dan", AgentState.PAUSE, "lunch")
    right = await floor.standing()
    with database.away():
        began = datetime.now(UTC)
        call = await floor.call("general", most_wait=60)
        missed = await is_in(floor, "chloe", AgentState.PAUSE, "missed")
        await call.hang_up()
        removals = [QueueRemove(f"acme-{queue}", "PJSIP/acme-dan") for queue in ("billing", "general")]
        await asyncio.gather(*map(floor.link.act, removals))  # both at once: each is put right as soon as it is seen
        await floor.until(lambda: agent(floor, "dan") is None, "dan to be gone")
        back = await is_in(floor, "dan", AgentState.PAUSE, "lunch")
        assert (await floor.standing())["dan"] == right["dan"]
        ended = datetime.now(UTC)
    await written(floor, caplog)
    found = await rows(floor)
    assert (found["chloe"].pause_reason, found["chloe"].paused_since) == ("missed", missed.since)
    assert found["dan"].paused_since == back.since
    (line,) = [line for line in await trail(floor, "agent.pause") if line.object == "chloe"]
    assert (line.actor, line.detail) == ("switch", "missed")
    (line,) = [line for line in await trail(floor, "agent.repair") if line.object == "dan"]
    assert line.detail == "put back in billing, put back in general; because it was not so any more"
    assert began < line.at < ended


async def test_asterisk_is_restarted_without_the_database(
    floor: Floor, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "cordboard.desk")
    await floor.agent("amel")
    await floor.agent("bob")
    await floor.call("billing")
    await floor.until(lambda: floor.talks_to("amel"), "amel to talk")
    assert await floor.agents.withdraw("acme", "bob", "training", "boss") == Done()
    withdrawn = await is_in(floor, "bob", AgentState.WITHDRAWN, "training")
    with database.away():
        floor.switch.kill()
        await floor.until(lambda: not floor.link.is_live, "the link to be down")
        await floor.switch.boot_again()
        await floor.link.wait_live(PATIENCE)

        def is_back() -> bool:
            found = {one.name: (one.pause_reason, len(one.queues)) for one in floor.live.snapshot().agents}
            return found == {"acme-amel": ("", 2), "acme-bob": ("training", 2)}

        await floor.until(is_back, "both to be back, the wrap-up of the call that Asterisk lost over")
        restarted = datetime.now(UTC)
    await written(floor, caplog)
    found = await rows(floor)
    assert (found["amel"].serving, found["bob"].paused_since) == ("", withdrawn.since)
    repairs = [line for line in await trail(floor, "agent.repair") if line.detail.endswith("Asterisk was restarted")]
    assert {line.object: line.detail.partition(";")[0] for line in repairs} == dict.fromkeys(
        ("amel", "bob"), "put back in billing, put back in general"
    )
    assert all(restarted - line.at < timedelta(seconds=60) and line.at < restarted for line in repairs)
