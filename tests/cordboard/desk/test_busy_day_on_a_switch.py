"""A busy day in a minute, on a real Asterisk: calls all the time, agents who pause, withdraw, miss calls, log out and
call out at random, asked for by two processes; Cordboard's upkeep dies now and then, and so does Asterisk.

Nobody who has been told that he is paused is rung; in the end nobody is stuck, and everything is as it is noted."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from ami.models import Agent, AgentState, Change
from conftest import StartSwitch
from cordboard.desk.agents import Agents, Done, Result
from cordboard.store.agents import list_logins
from kit.floor import ACME, Floor, end, open_floor
from kit.patience import PATIENCE
from kit.phones import Answer, CallFailed, Phone, PhoneCall, Phones, Ring

pytestmark = pytest.mark.switch

SEED = int(os.environ.get("CORDBOARD_DAY_SEED", "1"))
PEOPLE = ("amel", "bob", "chloe", "dan")
COMPANY = replace(
    ACME, queues={key: replace(queue, wrap_up=2, missed_before_pause=2) for key, queue in ACME.queues.items()}
)


@dataclass
class Day:
    """`away`: who was told that he is away, and has asked for nothing since."""

    floor: Floor
    phones: dict[str, Phone]
    chance: random.Random
    upkeep: asyncio.Task[None]
    away: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    deeds: int = 0
    were_away: int = 0
    calls: list[PhoneCall] = field(default_factory=list)

    def watch(self, change: Change) -> None:
        match change.value:
            case Agent(state=AgentState.RINGING) as one if one.name.removeprefix("acme-") in self.away:
                self.faults.append(f"{one.name} is rung while {one.pause_reason or 'not paused'}")

    # --- what agents do

    async def ask(self) -> None:
        """One wish of one agent, at either of two desks."""
        floor, person = self.floor, self.chance.choice(PEOPLE)
        desk = self.chance.choice((floor.agents, Agents(floor.store, floor.link, floor.live)))
        wishes: dict[str, Callable[[], Awaitable[Result]]] = {
            "pause": lambda: desk.pause("acme", person, "lunch", person),
            "withdraw": lambda: desk.withdraw("acme", person, "training", person),
            "later": lambda: desk.pause("acme", person, "break", person, after_call=True),
            "ready": lambda: desk.ready("acme", person, person),
            "extend": lambda: desk.extend("acme", person, person, 2),
            "logout": lambda: desk.log_out("acme", person, person),
            "login": lambda: desk.log_in("acme", person, person),
        }
        wish = self.chance.choices(tuple(wishes), (2, 2, 3, 6, 1, 1, 3))[0]
        if wish in ("ready", "login"):
            self.away.discard(person)
        was_ringing = any(one.name == f"acme-{person}" and one.state is AgentState.RINGING for one in self.agents())
        result = await wishes[wish]()
        self.deeds += isinstance(result, Done)
        is_in_call = any(one.name == f"acme-{person}" and one.state in RINGS_OR_TALKS for one in self.agents())
        # A call that was ringing rings on; what is certain is that none comes after the switch has confirmed.
        if isinstance(result, Done) and wish in ("pause", "withdraw") and not was_ringing and not is_in_call:
            self.away.add(person)
            self.were_away += 1

    def agents(self) -> tuple[Agent, ...]:
        return self.floor.live.snapshot().agents

    async def call_out(self) -> None:
        person = self.chance.choice(PEOPLE)
        with contextlib.suppress(CallFailed, TimeoutError):
            call = await self.phones[person].start_call("600")
            await asyncio.sleep(self.chance.uniform(0.1, 1.0))
            await call.hang_up()

    def change_mood(self) -> None:
        self.phones[self.chance.choice(PEOPLE)].rule = self.chance.choice((Answer(), Answer(), Answer(), Ring()))

    # --- callers

    async def callers(self) -> None:
        while True:
            self.calls = [call for call in self.calls if not call.has_ended]
            if len(self.calls) >= 6:
                with contextlib.suppress(TimeoutError):
                    await self.chance.choice(self.calls).hang_up()
            else:
                with contextlib.suppress(CallFailed, TimeoutError):
                    self.calls.append(await self.floor.call(self.chance.choice(("billing", "general")), most_wait=20))
            await asyncio.sleep(self.chance.uniform(0.05, 0.4))

    # --- what dies

    async def upkeep_dies(self) -> None:
        await end(self.upkeep)
        await asyncio.sleep(self.chance.uniform(0, 2.5))
        self.upkeep = asyncio.create_task(self.floor.agents.run())

    async def asterisk_dies(self) -> None:
        floor = self.floor
        floor.switch.kill()
        await floor.until(lambda: not floor.link.is_live, "the link to be down")
        await floor.switch.boot_again()
        await floor.link.wait_live(PATIENCE)
        for phone in self.phones.values():
            await phone.register()


RINGS_OR_TALKS = (AgentState.RINGING, AgentState.INBOUND_CALL, AgentState.OUTBOUND_CALL)


@pytest.mark.timeout(300)
async def test_a_busy_day(start_switch: StartSwitch, phones: Phones, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        floor = await open_floor(stack, start_switch, phones, tmp_path, company=COMPANY)
        seats = {person: await floor.agent(person) for person in PEOPLE}
        day = Day(floor, seats, random.Random(SEED), asyncio.create_task(floor.agents.run()))
        stack.push_async_callback(lambda: end(day.upkeep))
        stop = floor.live.watch(day.watch)
        callers = asyncio.create_task(day.callers())
        try:
            for step in range(160):
                await day.ask()
                if step % 7 == 0:
                    await day.call_out()
                if step % 5 == 0:
                    day.change_mood()
                if step % 31 == 30:
                    await day.upkeep_dies()
                if step % 79 == 78:
                    await day.asterisk_dies()
                await asyncio.sleep(day.chance.uniform(0.02, 0.4))
        finally:
            await end(callers)
            stop()
        assert day.faults == []
        assert day.deeds > 40
        assert day.were_away > 3
        await phones.hang_up_all()
        await floor.until(lambda: not floor.live.snapshot().calls, "all calls to be over")
        for person in PEOPLE:
            seats[person].rule = Answer()
            # A phone that registered while Asterisk died believes that it still is.
            await seats[person].unregister()
            await seats[person].register()

        # Nobody is stuck: wrap-ups end by themselves, whoever asks for it is ready.
        await floor.until(lambda: all(one.state is not AgentState.WRAP_UP for one in day.agents()), "wrap-ups to end")
        for person in PEOPLE:
            await floor.agents.log_in("acme", person, person)
            await floor.agents.ready("acme", person, person)
        ready = {f"acme-{person}": AgentState.READY for person in PEOPLE}
        with contextlib.suppress(TimeoutError):
            await floor.until(lambda: {one.name: one.state for one in day.agents()} == ready, "everybody to be ready")
        told = {person: one.status.name for (_, person), one in (await floor.members()).items()}
        assert {one.name: one.state for one in day.agents()} == ready, told
        await floor.agents.restore()
        assert (await floor.agents.restore()).mended == 0
        assert {who: set(seat) for who, seat in (await floor.standing()).items()} == {
            person: {"billing", "general"} for person in PEOPLE
        }
        async with floor.store.reading() as session:
            logins = await list_logins(session)
        assert [(login.is_paused, login.next_reason, login.serving, login.wrap_up_until) for login in logins] == [
            (False, "", "", None)
        ] * len(PEOPLE)
        assert await floor.link.compare() == []
