"""Phones that die without a word, on the generated configuration: in a call, while they ring, after a call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from ami.models import Agent, AgentState, Change
from cordboard.desk.agents import Done
from kit.call_room import SUPERVISOR, Room, open_room
from kit.floor import end
from kit.mortal_phone import TONE, MortalPhone
from kit.phones import Phones
from kit.switch import Switch

pytestmark = pytest.mark.switch

SECRET = "chloe-sip-secret-0123456789"


class Mortals:
    """Starts the phone of chloe, which can be killed, and sees what becomes of her."""

    def __init__(self, room: Room, stack: AsyncExitStack, folder: Path) -> None:
        self.room, self._stack, self._folder = room, stack, folder
        self._starts = 0
        self.states: list[str] = []
        room.live.watch(self._see, frozenset({"agent"}))

    def _see(self, change: Change) -> None:
        if isinstance(change.value, Agent) and change.value.state not in self.states[-1:]:
            self.states.append(str(change.value.state))

    async def phone(self, *, answers: bool = True) -> MortalPhone:
        self._starts += 1
        folder = self._folder / str(self._starts)
        folder.mkdir()
        phone = await MortalPhone.start("acme-chloe", self.room.lab.switch.sip, SECRET, folder, answers=answers)
        self._stack.callback(phone.kill)
        await self.room.until(lambda: self.room.live.snapshot().devices.get("PJSIP/acme-chloe") == 1, "it to be seen")
        return phone

    async def log_in(self) -> None:
        assert await self.room.agents.log_in("acme", "chloe", "test") == Done()
        await self.becomes(AgentState.READY)

    async def becomes(self, state: AgentState) -> None:
        await self.room.until(lambda: self.states[-1:] == [state], f"chloe to be {state}, not {self.states[-3:]}")


async def hurry(room: Room) -> None:
    """Shorten the times of the generated configuration; which is the longer stays."""
    text = (room.lab.etc / "pjsip.conf").read_text()
    silence, sign = (int(text.partition(f"\n{key}=")[2].split()[0]) for key in ("rtp_timeout", "qualify_frequency"))
    assert sign + 3 < silence, "who died in a call must be known to be away when the call ends"
    for file, before, now in (
        ("pjsip.conf", f"rtp_timeout={silence}", "rtp_timeout=6"),
        ("pjsip.conf", f"qualify_frequency={sign}", "qualify_frequency=1"),
        ("queues.conf", "timeout=30", "timeout=5"),
    ):
        path = room.lab.etc / file
        assert before in path.read_text()
        path.write_text(path.read_text().replace(before, now))
    for module in ("res_pjsip.so", "app_queue.so"):
        await room.lab.switch.cli(f"module reload {module}")


@pytest.fixture
async def mortals(new_switch: Callable[..., Switch], phones: Phones, tmp_path: Path) -> AsyncIterator[Mortals]:
    async with AsyncExitStack() as stack:
        room = await open_room(stack, new_switch("pbx1"), phones, tmp_path)
        await hurry(room)
        stack.push_async_callback(end, asyncio.create_task(room.agents.run()))
        yield Mortals(room, stack, tmp_path)


async def test_who_dies_in_a_call_leaves_it_is_unreachable_and_comes_back(mortals: Mortals) -> None:
    room = mortals.room
    phone = await mortals.phone()
    await mortals.log_in()
    caller = await room.call()
    one = await room.up("talking")
    phone.kill()
    assert (await room.up("talking")).id == one.id, "nobody can know yet"
    await caller.ended()
    await mortals.becomes(AgentState.UNREACHABLE)
    await room.until(lambda: not room.up_now, "the call to be over")
    assert mortals.states[mortals.states.index("inbound_call") :] == ["inbound_call", "unreachable"]
    log = [line[4] for line in room.lab.switch.queue_log() if line[1] == one.id.uniqueid]
    assert log == ["ENTERQUEUE", "CONNECT", "COMPLETEAGENT"]

    await mortals.phone()
    await mortals.becomes(AgentState.READY)
    caller = await room.call()
    await caller.hears(TONE)


async def test_who_dies_while_his_phone_rings_has_not_answered_and_the_caller_waits_on(mortals: Mortals) -> None:
    room = mortals.room
    phone = await mortals.phone(answers=False)
    await mortals.log_in()
    await room.call()
    one = await room.up("ringing")
    phone.kill()
    await mortals.becomes(AgentState.UNREACHABLE)
    assert (await room.up("waiting")).id == one.id
    await mortals.phone()
    await mortals.becomes(AgentState.PAUSE)
    assert room.paused("chloe") == "missed", "she let it ring, as far as anybody knew"
    assert await room.agents.ready("acme", "chloe", "chloe") == Done()
    await room.up("talking")


async def test_who_dies_after_a_call_is_unreachable_and_not_ready_for_the_next(mortals: Mortals) -> None:
    room = mortals.room
    phone = await mortals.phone()
    await mortals.log_in()
    await (await room.call()).hears(TONE)
    (one,) = room.up_now
    assert await room.calls.hang_up("acme", str(one.id), SUPERVISOR) == Done()
    await mortals.becomes(AgentState.READY)
    phone.kill()
    await mortals.becomes(AgentState.UNREACHABLE)
