"""What a command on a call needs of the switch before it is sent, and what shows that it was carried out."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Protocol

from ami.actions import Action, Getvar, ParkedCalls, QueueStatus, SetVariable, ShowDialPlan
from ami.models import Channel, ChannelState, DeviceState, LinkState, Snapshot
from ami.rows import ParkedRow, WaitingRow
from cordboard.desk.asking import Asking, CannotLook, Look
from cordboard.desk.destinations import DESK, Destination
from cordboard.desk.logins import UNREACHABLE
from cordboard.desk.requests import TurnedDown
from cordboard.desk.results import Done
from cordboard.store.values import Person, Phone

BUSY = frozenset(
    {DeviceState.IN_USE, DeviceState.BUSY, DeviceState.RINGING, DeviceState.RING_IN_USE, DeviceState.ON_HOLD}
)
RINGING = frozenset({ChannelState.RINGING, ChannelState.UP})
_PLACE = "CB_PLACE="
_ENDED = "The call has ended meanwhile."


class Live(Protocol):
    """What is asked of the live state."""

    def snapshot(self, *, with_conversations: bool = ...) -> Snapshot: ...


class Sights:
    """What can be seen on one switch. Checks raise TurnedDown, and CannotLook while it is away."""

    def __init__(self, asking: Asking, live: Live) -> None:
        self._asking = asking
        self._live = live

    # --- how it is seen that something was done

    def gone(self, leg: Channel) -> Look:
        """The leg is there no more."""
        return self._live_look(lambda: None if self._leg(leg.uniqueid) else Done())

    def apart(self, one: Channel, other: Channel) -> Look:
        """The two are in one bridge no more."""

        def look() -> Done | None:
            here, there = self._bridges(one, other)
            return Done() if here != there else None

        return self._live_look(look)

    def together(self, one: Channel, other: Channel) -> Look:
        """The two hear each other."""

        def look() -> Done | None:
            here, there = self._bridges(one, other)
            return Done() if here and here == there else None

        return self._live_look(look)

    def rings(self, uniqueid: str, phone: Person | Phone, told: dict[str, str]) -> Look:
        """A phone that is called by this channel rings."""
        was_seen = False

        def look() -> Done | None:
            nonlocal was_seen
            leg = self._leg(uniqueid)
            if leg is None and was_seen:
                raise TurnedDown("phone_unreachable", f"The phone of {phone.name} did not ring.")
            was_seen = was_seen or leg is not None
            return Done(told=told) if leg is not None and leg.state in RINGING else None

        return self._live_look(look)

    def through_a_door(self, moved: Channel, **variables: str) -> tuple[tuple[Action, ...], Look]:
        """What a channel must carry to be sent through a door of the dialplan, and how its arrival is seen."""
        mark = secrets.token_hex(8)
        words = {**variables, "CB_WANTED": mark}

        async def look() -> Done | None:
            arrived = await self._asking.value(Getvar("CB_ARRIVED", moved.name))
            if arrived is None:
                raise TurnedDown("call_ended", "The call has ended; whether it was sent there before cannot be told.")
            return Done() if arrived == mark else None

        return tuple(SetVariable(moved.name, name, value) for name, value in words.items()), look

    def in_slot(self, lot: str, moved: Channel) -> Look:
        """He is parked in this lot; told: his `slot`, and what to `dial` for him."""

        async def look() -> Done | None:
            parked = await self.parked(lot, moved)
            if parked is not None:
                return Done(told={"slot": str(parked.slot), "dial": f"*{parked.slot}"})
            if await self._asking.value(Getvar("CHANNEL(state)", moved.name)) is None:
                raise TurnedDown("call_ended", _ENDED)
            return None

        return look

    def has_priority(self, queue: str, caller: Channel, priority: int) -> Look:
        """He waits with this priority."""

        async def look() -> Done | None:
            rows = await self._asking.rows(QueueStatus(queue))
            now = {row.uniqueid: row.priority for row in rows if isinstance(row, WaitingRow)}
            if caller.uniqueid not in now:
                raise TurnedDown("not_waiting", "The caller does not wait any more.")
            return Done() if now[caller.uniqueid] == priority else None

        return look

    def _live_look(self, seen: Callable[[], Done | None]) -> Look:
        async def look() -> Done | None:
            if self._live.snapshot().link.state is not LinkState.LIVE:
                raise CannotLook
            return seen()

        return look

    def _leg(self, uniqueid: str) -> Channel | None:
        return next((each for each in self._live.snapshot().channels if each.uniqueid == uniqueid), None)

    def _bridges(self, one: Channel, other: Channel) -> tuple[str | None, str | None]:
        here, there = self._leg(one.uniqueid), self._leg(other.uniqueid)
        if here is None or there is None:
            raise TurnedDown("call_ended", _ENDED)
        return here.bridge, there.bridge

    # --- what must be so before

    async def parked(self, lot: str, caller: Channel) -> ParkedRow | None:
        """Where he is parked; None if he is not."""
        rows = await self._asking.rows(ParkedCalls(lot))
        return next((row for row in rows if row.uniqueid == caller.uniqueid), None)

    async def can_leave_in_order(self, caller: Channel) -> bool:
        """Does his place in the dialplan know what to do with somebody whom app_queue lets go?"""
        context = await self._asking.value(Getvar("CONTEXT", caller.name)) or ""
        return await self._exists(context, "withdrawable")

    async def check_way(self, door: str) -> None:
        if not await self._exists(DESK, door):
            raise TurnedDown("not_applied", "The dialplan in force has no way for this: cordboard apply.")

    async def check_door(self, place: Destination) -> None:
        """What was imported and not applied, or what no target of the company file names, is not behind a door."""
        rows = await self._asking.rows(ShowDialPlan(DESK))
        behind = next((row.data for row in rows if row.exten == place.door and row.data.startswith(_PLACE)), None)
        if behind is None:
            raise TurnedDown("not_applied", "The generation in force has no way for this yet: cordboard apply.")
        if not await self._exists(behind.removeprefix(_PLACE), place.item):
            if place.kind == "external":
                raise TurnedDown("not_dialable", "No target of the company file is this outside number.")
            raise TurnedDown("not_applied", "It is not in the generation in force yet: cordboard apply.")

    async def check_dialable(self, context: str, number: str) -> None:
        if not await self._exists(context, number):
            raise TurnedDown("not_dialable", "This phone cannot dial that number.")

    async def _exists(self, context: str, exten: str) -> bool:
        return await self._asking.value(Getvar(f"DIALPLAN_EXISTS({context},{exten},1)")) == "1"

    def check_free(self, endpoint: str) -> None:
        """A phone that can be rung now."""
        match self.hindrance(endpoint):
            case "phone_unreachable" as reason:
                raise TurnedDown(reason, "The phone is not registered.")
            case "phone_busy" as reason:
                raise TurnedDown(reason, "The phone is in a call.")

    def hindrance(self, endpoint: str) -> str:
        """What keeps a phone from being rung now, "" if nothing does."""
        state = self._live.snapshot().devices.get(f"PJSIP/{endpoint}")
        if state in UNREACHABLE:
            return "phone_unreachable"
        return "phone_busy" if state in BUSY else ""
