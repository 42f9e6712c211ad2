"""A command whose answer is lost: it is looked for on the switch, and never sent again. And one that never arrived."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from ami.actions import (
    Action,
    Atxfer,
    BlindTransfer,
    CancelAtxfer,
    Hangup,
    ListAction,
    Originate,
    QueueChangePriorityCaller,
    QueueWithdrawCaller,
    Redirect,
    RowT,
)
from ami.errors import OutcomeUnknown
from ami.wire import Reply
from cordboard.desk.asking import AWAY, NOT_DONE, NOT_TOLD
from cordboard.desk.calls import Calls
from cordboard.desk.results import Done, Result
from kit.call_room import SUPERVISOR, Room, open_room
from kit.patience import PATIENCE
from kit.phones import Phones, Ring
from kit.switch import Switch

pytestmark = pytest.mark.switch

COMMANDS = (
    Atxfer,
    BlindTransfer,
    CancelAtxfer,
    Hangup,
    Originate,
    QueueChangePriorityCaller,
    QueueWithdrawCaller,
    Redirect,
)


class CutLink:
    """The link of a room that is cut when a command is on its way: its answer does not come back, or it does not even
    get there. `sent` are the commands, `lost` counts those whose answer was lost."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.sent: list[Action] = []
        self.lost = 0
        self.is_armed = False
        self.arrives = True
        self.comes_back = True

    async def act(self, action: Action, deadline: float = 5.0) -> Reply:
        if not isinstance(action, COMMANDS):
            return await self._room.link.act(action, deadline)
        self.sent.append(action)
        if not self.is_armed:
            return await self._room.link.act(action, deadline)
        proxy = self._room.proxy
        way = proxy.down if self.arrives else proxy.up
        way.is_blackhole, before = True, way.swallowed
        passed = proxy.up.passed
        asked = asyncio.create_task(self._room.link.act(action, deadline))
        async with asyncio.timeout(PATIENCE):
            while way.swallowed == before or (self.arrives and proxy.up.passed == passed):
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)  # the answer comes with the first events, or before them
        proxy.refuses = not self.comes_back
        proxy.cut()
        way.is_blackhole = False
        with pytest.raises(OutcomeUnknown):
            await asked
        self.lost += 1
        raise OutcomeUnknown("cut by the test")

    async def list(self, action: ListAction[RowT], deadline: float = 5.0) -> list[RowT]:
        return await self._room.link.list(action, deadline)


@pytest.fixture
async def room(new_switch: Callable[..., Switch], phones: Phones, tmp_path: Path) -> AsyncIterator[Room]:
    async with AsyncExitStack() as stack:
        yield await open_room(stack, new_switch("pbx1"), phones, tmp_path)


@pytest.fixture
def link(room: Room) -> CutLink:
    link = CutLink(room)
    room.calls = Calls(room.store, link, room.live, deadline=4.0)
    return link


async def talking(room: Room) -> str:
    await room.agent("chloe")
    await room.phone("bruno", tone=1000)
    await room.call()
    return str((await room.up("talking")).id)


async def waiting(room: Room) -> str:
    await room.agent("chloe", Ring())
    await room.agent("amel", Ring())
    await room.call()
    await room.up("ringing")
    await room.call()
    return str((await room.up("waiting")).id)


async def ringing(room: Room) -> str:
    await room.agent("chloe", Ring())
    await room.phone("bruno", tone=1000)
    await room.call()
    return str((await room.up("ringing")).id)


async def consulting(room: Room) -> str:
    call = await talking(room)
    assert await room.calls.consult("acme", call, "bruno", SUPERVISOR) == Done()
    await room.up("consulted_about")
    return call


async def parked(room: Room) -> str:
    call = await talking(room)
    assert isinstance(await room.calls.park("acme", call, SUPERVISOR), Done)
    await room.up("parked")
    return call


async def idle(room: Room) -> str:
    await room.phone("chloe")
    await room.phone("bruno", tone=1000)
    return ""


Begin = Callable[[Room], Awaitable[str]]
Wish = Callable[[Calls, str], Awaitable[Result]]
CASES: dict[str, tuple[Begin, Wish]] = {
    "hang up": (talking, lambda calls, call: calls.hang_up("acme", call, SUPERVISOR)),
    "transfer a talk": (talking, lambda calls, call: calls.transfer("acme", call, "bruno", SUPERVISOR)),
    "transfer who waits": (waiting, lambda calls, call: calls.transfer("acme", call, "601", SUPERVISOR)),
    "transfer who is offered": (ringing, lambda calls, call: calls.transfer("acme", call, "bruno", SUPERVISOR)),
    "consult": (talking, lambda calls, call: calls.consult("acme", call, "bruno", SUPERVISOR)),
    "cancel": (consulting, lambda calls, call: calls.cancel("acme", call, SUPERVISOR)),
    "complete": (consulting, lambda calls, call: calls.complete("acme", call, SUPERVISOR)),
    "park": (talking, lambda calls, call: calls.park("acme", call, SUPERVISOR)),
    "fetch": (parked, lambda calls, call: calls.fetch("acme", call, SUPERVISOR, person="bruno")),
    "originate": (idle, lambda calls, call: calls.originate("acme", "chloe", "202", SUPERVISOR)),
    "prioritise": (waiting, lambda calls, call: calls.prioritise("acme", call, 9, SUPERVISOR)),
    "move": (waiting, lambda calls, call: calls.move("acme", call, "billing-fr", SUPERVISOR)),
}


@pytest.mark.parametrize("name", CASES)
async def test_what_was_done_and_not_answered_is_seen_and_not_done_again(room: Room, link: CutLink, name: str) -> None:
    begin, wish = CASES[name]
    call = await begin(room)
    link.sent.clear()
    link.is_armed = True
    result = await wish(room.calls, call)
    assert isinstance(result, Done), result
    assert (len(link.sent), link.lost) == (1, 1)
    if isinstance(link.sent[0], Originate):
        rung = "acme-chloe" if name == "originate" else "acme-bruno"
        (phone,) = [phone for phone in room.phones.all if phone.user == rung]
        assert len([each for each in phone.calls if each.is_incoming]) == 1


@pytest.mark.parametrize("name", ["hang up", "transfer a talk", "park", "originate", "prioritise", "move"])
async def test_what_never_arrived_is_told_as_not_done(room: Room, link: CutLink, name: str) -> None:
    begin, wish = CASES[name]
    call = await begin(room)
    link.is_armed, link.arrives = True, False
    before = standing(room)
    assert await wish(room.calls, call) == NOT_DONE
    assert (len(link.sent), link.lost) == (1, 1)
    assert standing(room) == before


def standing(room: Room) -> Any:
    return [(str(one.id), one.stage, len(one.legs)) for one in room.up_now]


async def test_what_cannot_be_looked_for_is_unknown_and_then_refused_until_the_switch_is_back(
    room: Room, link: CutLink
) -> None:
    call = await talking(room)
    link.is_armed, link.comes_back = True, False
    assert await room.calls.hang_up("acme", call, SUPERVISOR) == NOT_TOLD
    assert await room.calls.hang_up("acme", call, SUPERVISOR) == AWAY
    assert (len(link.sent), link.lost) == (1, 1)
    room.proxy.refuses = False
    await room.until(lambda: not room.up_now, "what was done to be seen")
    assert [line[1] for line in await room.audit()] == ["call.hangup"]
