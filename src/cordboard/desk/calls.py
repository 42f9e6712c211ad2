"""Commands on calls: hang up, transfer, park, fetch, dial for somebody, take out of a queue, prioritise, move.

Each is checked against the live state first and refused in words, noted in the audit, sent once, and looked for on the
switch (asking.py). A call is sent only through the doors that the generated dialplan has for it, or dialled on a phone
as if by hand: nothing can be reached that a phone, or the company file, does not reach.
"""

from __future__ import annotations

import asyncio
import secrets
import weakref
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import quote

from ami.actions import (
    Action,
    AskRelist,
    Atxfer,
    BlindTransfer,
    CancelAtxfer,
    Getvar,
    Hangup,
    Originate,
    ParkedCalls,
    QueueChangePriorityCaller,
    QueueStatus,
    QueueWithdrawCaller,
    Redirect,
    SetVariable,
    ShowDialPlan,
)
from ami.models import CallId, Channel, ChannelState, DeviceState, LinkState, Snapshot
from ami.rows import ParkedRow, WaitingRow
from cordboard.desk.access import Visitor
from cordboard.desk.asking import AWAY, Asking, CannotLook, Link, Look
from cordboard.desk.destinations import DESK, NUMBER, Destination, destination, queue_of
from cordboard.desk.errors import store_errors
from cordboard.desk.open_calls import OpenCall, find, open_calls, pair_in, people_in
from cordboard.desk.requests import TurnedDown
from cordboard.desk.results import Done, Refused, Result
from cordboard.store.agents import list_logins
from cordboard.store.audit import record_audit
from cordboard.store.company import load_company
from cordboard.store.engine import Store
from cordboard.store.records import AuditEntry, Role
from cordboard.store.values import Company, Person, Phone, split_switch_name

BUSY = frozenset(
    {DeviceState.IN_USE, DeviceState.BUSY, DeviceState.RINGING, DeviceState.RING_IN_USE, DeviceState.ON_HOLD}
)
UNREACHABLE = frozenset({DeviceState.INVALID, DeviceState.UNAVAILABLE})
RINGING = frozenset({ChannelState.RINGING, ChannelState.UP})
NOT_HIS_CALL = "not_his_call"
HIGHEST_PRIORITY = 100
RING_SECONDS = 30.0


class Live(Protocol):
    """What is asked of the live state."""

    def snapshot(self, *, with_conversations: bool = ...) -> Snapshot: ...


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks. `person`: somebody who may act on the calls that he is in and no others; None: on all of the company.
    `mark`: tells the request from all others in the audit, "" if nobody will ask for it."""

    account: str
    person: str | None = None
    mark: str = ""


def asker_of(visitor: Visitor, mark: str = "") -> Asker | None:
    """Supervisors and administrators steer every call of their company, an agent those that he is in, others none."""
    if visitor.role in (Role.SUPERVISOR, Role.ADMINISTRATOR):
        return Asker(visitor.account, None, mark)
    if visitor.role is Role.AGENT and visitor.person is not None:
        return Asker(visitor.account, visitor.person, mark)
    return None


@dataclass(frozen=True, slots=True)
class Case:
    """What a command is about: the company, its call if there is one already, and who sits where (phone -> person)."""

    company: Company
    asker: Asker
    seats: Mapping[str, str]
    snapshot: Snapshot
    found: OpenCall | None = None

    @property
    def one(self) -> OpenCall:
        """The call of a command on one."""
        assert self.found is not None
        return self.found

    @property
    def phone(self) -> str | None:
        """The phone at which the asker sits, if he acts for himself."""
        return phone_of(self.company, self.seats, self.asker.person) if self.asker.person else None


@dataclass(frozen=True, slots=True)
class Command:
    """One thing to be done: `steps` prepare it and do nothing by themselves, `look` says whether it is done."""

    name: str
    action: Action
    look: Look
    detail: str = ""
    steps: tuple[Action, ...] = ()
    warnings: tuple[str, ...] = field(default=())


Plan = Callable[[Case], Awaitable[Command]]


class Calls:
    """The desk for the calls of one switch. `deadline`: seconds for an answer, and again for what it does to be seen.
    Every command raises NoSuchCompany and DatabaseAway; then nothing was sent."""

    def __init__(
        self,
        store: Store,
        link: Link,
        live: Live,
        *,
        deadline: float = 5.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._asking = Asking(link, deadline)
        self._live = live
        self._clock = clock
        # One command at a time on a call, or on a phone that is to be rung.
        self._turns: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    # --- looking

    async def all(self, company: str) -> tuple[tuple[OpenCall, ...], LinkState]:
        """The calls that are up, oldest first, and how far they can be believed."""
        with store_errors():
            async with self._store.reading() as session:
                known = await load_company(session, company)
        snapshot = self._live.snapshot(with_conversations=True)
        return open_calls(snapshot, known), snapshot.link.state

    # --- ending and sending

    async def hang_up(self, company: str, call: str, asker: Asker) -> Result:
        """End a call for everybody in it."""

        async def plan(case: Case) -> Command:
            return Command("call.hangup", Hangup(case.one.caller.name), self._until_gone(case.one.caller))

        return await self._carry_out(company, call, asker, plan)

    async def transfer(self, company: str, call: str, to: str, asker: Asker) -> Result:
        """Send the caller on without asking there first, whatever he is doing: talking, waiting, in a menu, parked.
        `to`: as `destination` reads it."""

        async def plan(case: Case) -> Command:
            place = destination(case.company, to)
            await self._check_door(place)
            detail, warnings = f"to {place.kind} {_shown(place)}", self._warnings(case, place)
            if case.one.waiting is not None:
                return await self._withdrawal("call.transfer", case, place.kind, place.item, detail, warnings=warnings)
            if case.one.together:
                pair = pair_in(case.one, case.company, case.phone)
                action: Action = BlindTransfer(pair.stays.name, DESK, place.door)
                moved = pair.moves
            else:
                moved = case.one.caller
                action = Redirect(moved.name, DESK, place.door)
            steps, look = self._through_a_door(moved, CB_TO=place.item)
            return Command("call.transfer", action, look, detail, steps, warnings)

        return await self._carry_out(company, call, asker, plan)

    async def consult(self, company: str, call: str, to: str, asker: Asker) -> Result:
        """Let the phone that talks to the caller call somebody about him first (attended transfer), while he hears
        music. `complete` connects the two, `cancel` brings the phone back to him."""

        async def plan(case: Case) -> Command:
            place = destination(case.company, to)
            if not place.digits:
                raise TurnedDown("no_extension", "Only what has an extension can be asked first: transfer without.")
            pair = pair_in(case.one, case.company, case.phone)
            if pair.stays is case.one.caller:
                raise TurnedDown("his_own_call", "Who made the call himself transfers it by the keys of his phone.")
            if place.kind == "person":
                self._check_phone(case.snapshot, place.item)
            context = f"cordboard-phones-{case.company.id}"
            look = self._until(lambda: self._are_apart(pair.stays, pair.moves))
            action = Atxfer(pair.stays.name, context, place.digits)
            return Command("call.consult", action, look, f"to {place.kind} {_shown(place)}")

        return await self._carry_out(company, call, asker, plan)

    async def cancel(self, company: str, call: str, asker: Asker) -> Result:
        """End a consultation: the phone is back with the caller."""

        async def plan(case: Case) -> Command:
            phone = _consulting(case.one)
            look = self._until(lambda: self._are_together(phone, case.one.caller))
            return Command("call.cancel", CancelAtxfer(phone.name), look)

        return await self._carry_out(company, call, asker, plan)

    async def complete(self, company: str, call: str, asker: Asker) -> Result:
        """End a consultation by connecting the caller to whom was asked."""

        async def plan(case: Case) -> Command:
            phone = _consulting(case.one)
            return Command("call.complete", Hangup(phone.name), self._until_gone(phone))

        return await self._carry_out(company, call, asker, plan)

    # --- parking

    async def park(self, company: str, call: str, asker: Asker) -> Result:
        """Let the caller wait with music until a phone fetches him; told: his `slot`, and what to `dial` for him."""

        async def plan(case: Case) -> Command:
            pair = pair_in(case.one, case.company, case.phone)
            lot = _lot(case.company)
            await self._check_way("to-park")
            of, phone = split_switch_name(pair.stays.endpoint or "")
            if of != case.company.id:
                raise TurnedDown("not_talking", "No phone of the company talks in this call.")
            steps, _ = self._through_a_door(pair.moves, CB_TO=case.company.switch_name(phone), CB_LOT=lot)
            action = BlindTransfer(pair.stays.name, DESK, "to-park")
            return Command("call.park", action, self._until_parked(lot, pair.moves), "", steps)

        return await self._carry_out(company, call, asker, plan)

    async def fetch(self, company: str, call: str, asker: Asker, *, person: str | None = None) -> Result:
        """Ring the phone of `person` (the asker's own unless said) and connect it with a parked caller."""

        async def plan(case: Case) -> Command:
            who = person or case.asker.person
            if case.asker.person not in (None, who):
                raise TurnedDown(NOT_HIS_CALL, "An agent may only fetch a caller to the phone where he sits himself.")
            if who is None:
                raise TurnedDown("whose_phone", "Say whose phone shall fetch the caller.")
            lot = _lot(case.company)
            parked = await self._parked(lot, case.one.caller)
            if parked is None:
                raise TurnedDown("not_parked", "This caller is not parked.")
            phone = self._phone_for(case.company, case.seats, who)
            await self._check_way("fetch")
            variables = {"CB_LOT": lot, "CB_SLOT": str(parked.slot)}
            return self._ring(case, "call.fetch", phone, "fetch", variables, str(parked.slot), f"for {who}")

        return await self._carry_out(company, call, asker, plan, anybodys=True)

    # --- dialling

    async def originate(self, company: str, person: str, number: str, asker: Asker) -> Result:
        """Ring the phone where a person sits, then dial `number` from there as if by hand; told: the `call`."""
        case = await self._case(company, asker, None)
        if isinstance(case, Refused):
            return case

        async def plan(case: Case) -> Command:
            if case.asker.person not in (None, person):
                raise TurnedDown(NOT_HIS_CALL, "An agent may only dial from the phone where he sits himself.")
            dialled = number.translate(_SPACING)
            if not NUMBER.fullmatch(dialled):
                raise TurnedDown("bad_number", "A number is made of digits, * and #, with + in front at most.")
            phone = self._phone_for(case.company, case.seats, person)
            await self._check_way("dial")
            await self._check_dialable(f"cordboard-phones-{case.company.id}", dialled)
            named = case.company.people.get(phone.id)
            variables = {
                "CB_COMPANY": case.company.id,
                "CB_NUMBER": dialled,
                "CB_FROM": phone.extension or "",
                "CB_NAME": quote((named or phone).name, safe=""),
            }
            return self._ring(case, "call.originate", phone, "dial", variables, dialled, f"{dialled} from {phone.id}")

        return await self._in_turn(case, None, person, plan)

    # --- waiting callers

    async def withdraw(self, company: str, call: str, asker: Asker) -> Result:
        """Take a caller out of the queue where he waits; he goes on as one who waited too long."""

        async def plan(case: Case) -> Command:
            queue = _waiting_in(case.one)
            return await self._withdrawal("call.withdraw", case, "late", queue, f"from {split_switch_name(queue)[1]}")

        return await self._carry_out(company, call, asker, plan)

    async def move(self, company: str, call: str, queue: str, asker: Asker) -> Result:
        """Put a waiting caller into another queue, before those of his priority who came after him."""

        async def plan(case: Case) -> Command:
            left, wanted = _waiting_in(case.one), queue_of(case.company, queue)
            name = case.company.switch_name(wanted.id)
            if name == left:
                raise TurnedDown("already_there", f"The caller waits in {wanted.name} already.")
            place = Destination("queue", name)
            await self._check_door(place)
            position = _position_in(name, wanted.priority, case)
            detail = f"from {split_switch_name(left)[1]} to {wanted.id}"
            return await self._withdrawal("call.move", case, place.kind, name, detail, position=position)

        return await self._carry_out(company, call, asker, plan)

    async def prioritise(self, company: str, call: str, priority: int, asker: Asker) -> Result:
        """Give a waiting caller another priority: he stands before all with a lower one at once."""

        async def plan(case: Case) -> Command:
            queue, caller = _waiting_in(case.one), case.one.caller
            if not 0 <= priority <= HIGHEST_PRIORITY:
                raise TurnedDown("bad_priority", f"A priority is a whole number from 0 to {HIGHEST_PRIORITY}.")

            async def look() -> Done | None:
                rows = await self._asking.rows(QueueStatus(queue))
                now = {row.uniqueid: row.priority for row in rows if isinstance(row, WaitingRow)}
                if caller.uniqueid not in now:
                    raise TurnedDown("not_waiting", "The caller does not wait any more.")
                return Done() if now[caller.uniqueid] == priority else None

            action = QueueChangePriorityCaller(queue, caller.name, priority)
            return Command("call.prioritise", action, look, f"{priority} in {split_switch_name(queue)[1]}")

        result = await self._carry_out(company, call, asker, plan)
        if not isinstance(result, Refused):
            # Asterisk tells nobody that the order of a line has changed.
            await self._asking.tell(AskRelist())
        return result

    # --- how it is carried out

    async def _carry_out(self, company: str, call: str, asker: Asker, plan: Plan, *, anybodys: bool = False) -> Result:
        """`anybodys`: also an agent who is not in the call may ask."""
        case = await self._case(company, asker, call)
        if isinstance(case, Refused):
            return case
        is_his = anybodys or asker.person is None or asker.person in people_in(case.one, case.company, case.seats)
        if not is_his:
            return Refused(NOT_HIS_CALL, "An agent may only act on a call that he is in.")
        return await self._in_turn(case, str(case.one.id), str(case.one.id), plan)

    async def _in_turn(self, case: Case, call: str | None, subject: str, plan: Plan) -> Result:
        turn = self._turns.setdefault(subject, asyncio.Lock())
        has_to_wait = turn.locked()
        async with turn:
            if not has_to_wait:
                return await self._do(case, subject, plan)
            # What was done meanwhile may have changed everything.
            fresh = await self._case(case.company.id, case.asker, call)
            return fresh if isinstance(fresh, Refused) else await self._do(fresh, subject, plan)

    async def _do(self, case: Case, subject: str, plan: Plan) -> Result:
        try:
            command = await plan(case)
            await self._asking.prepare(*command.steps)
        except TurnedDown as turned_down:
            return turned_down.answer
        except CannotLook:
            return AWAY
        await self._note(case, command, subject)
        result = await self._asking.once(command.action, command.look)
        if isinstance(result, Done) and command.warnings:
            return Done((*result.warnings, *command.warnings), result.told)
        return result

    async def _case(self, company: str, asker: Asker, call: str | None) -> Case | Refused:
        with store_errors():
            async with self._store.reading() as session:
                known = await load_company(session, company)
                seats = {login.endpoint: login.person for login in await list_logins(session, company)}
        snapshot = self._live.snapshot(with_conversations=True)
        if snapshot.link.state is not LinkState.LIVE:
            return AWAY
        try:
            one = find(open_calls(snapshot, known), call) if call is not None else None
        except TurnedDown as turned_down:
            return turned_down.answer
        return Case(known, asker, seats, snapshot, one)

    async def _note(self, case: Case, command: Command, subject: str) -> None:
        detail = f"{command.detail} [{case.asker.mark}]".strip() if case.asker.mark else command.detail
        entry = AuditEntry(
            at=self._clock(),
            company=case.company.id,
            actor=case.asker.account,
            action=command.name,
            object=subject,
            detail=detail,
        )
        with store_errors():
            async with self._store.transaction() as session:
                await record_audit(session, entry)

    # --- the ways a command goes

    def _through_a_door(self, moved: Channel, **variables: str) -> tuple[tuple[Action, ...], Look]:
        """What a channel must carry to be sent through a door of the dialplan, and how its arrival is seen."""
        mark = secrets.token_hex(8)
        words = {**variables, "CB_WANTED": mark}

        async def look() -> Done | None:
            arrived = await self._asking.value(Getvar("CB_ARRIVED", moved.name))
            if arrived is None:
                raise TurnedDown("call_ended", "The call has ended; whether it was sent there before cannot be told.")
            return Done() if arrived == mark else None

        return tuple(SetVariable(moved.name, name, value) for name, value in words.items()), look

    async def _withdrawal(
        self,
        name: str,
        case: Case,
        door: str,
        item: str,
        detail: str,
        *,
        position: int | None = None,
        warnings: tuple[str, ...] = (),
    ) -> Command:
        queue, caller = _waiting_in(case.one), case.one.caller
        await self._check_way(f"to-{door}")
        words = {"CB_TO": item, "CB_POSITION": "" if position is None else str(position)}
        action: Action = QueueWithdrawCaller(queue, caller.name, door)
        context = await self._asking.value(Getvar("CONTEXT", caller.name)) or ""
        if case.one.is_offered or not await self._exists(context, "withdrawable"):
            # app_queue would let him out only when that phone stops ringing, and not at all if it is answered.
            words |= {"CB_LEFT": split_switch_name(queue)[1], "CB_DOOR": door}
            action = Redirect(caller.name, DESK, "pulled")
        steps, look = self._through_a_door(caller, **words)
        return Command(name, action, look, detail, steps, warnings)

    def _ring(
        self,
        case: Case,
        name: str,
        phone: Person | Phone,
        door: str,
        variables: dict[str, str],
        shown: str,
        detail: str,
    ) -> Command:
        """Ring a phone, which sees `shown` as who calls; once answered it goes through a door."""
        endpoint = case.company.switch_name(phone.id)
        self._check_phone(case.snapshot, endpoint)
        moment = int(self._clock().timestamp())
        uniqueid = f"{case.snapshot.node}-{moment}.c{secrets.token_hex(6)}"
        told = {"call": str(CallId(case.snapshot.node, uniqueid))}
        seen = False

        def rings() -> Done | None:
            nonlocal seen
            leg = next((each for each in self._live.snapshot().channels if each.uniqueid == uniqueid), None)
            if leg is None and seen:
                raise TurnedDown("phone_unreachable", f"The phone of {phone.name} did not ring.")
            seen = seen or leg is not None
            return Done(told=told) if leg is not None and leg.state in RINGING else None

        action = Originate(
            f"PJSIP/{endpoint}",
            DESK,
            door,
            caller_id=f"<{shown}>",
            timeout=RING_SECONDS,
            channel_id=uniqueid,
            variables=variables,
        )
        return Command(name, action, self._until(rings), detail)

    # --- what can be seen

    def _until(self, seen: Callable[[], Done | None]) -> Look:
        async def look() -> Done | None:
            if self._live.snapshot().link.state is not LinkState.LIVE:
                raise CannotLook
            return seen()

        return look

    def _until_gone(self, leg: Channel) -> Look:
        return self._until(lambda: None if self._leg(leg) else Done())

    def _leg(self, leg: Channel) -> Channel | None:
        return next((each for each in self._live.snapshot().channels if each.uniqueid == leg.uniqueid), None)

    def _are_apart(self, one: Channel, other: Channel) -> Done | None:
        here, there = self._both(one, other)
        return Done() if here.bridge != there.bridge else None

    def _are_together(self, one: Channel, other: Channel) -> Done | None:
        here, there = self._both(one, other)
        return Done() if here.bridge and here.bridge == there.bridge else None

    def _both(self, one: Channel, other: Channel) -> tuple[Channel, Channel]:
        here, there = self._leg(one), self._leg(other)
        if here is None or there is None:
            raise TurnedDown("call_ended", "The call has ended meanwhile.")
        return here, there

    def _until_parked(self, lot: str, moved: Channel) -> Look:
        async def look() -> Done | None:
            parked = await self._parked(lot, moved)
            if parked is not None:
                return Done(told={"slot": str(parked.slot), "dial": f"*{parked.slot}"})
            if await self._asking.value(Getvar("CHANNEL(state)", moved.name)) is None:
                raise TurnedDown("call_ended", "The call has ended meanwhile.")
            return None

        return look

    async def _parked(self, lot: str, caller: Channel) -> ParkedRow | None:
        rows = await self._asking.rows(ParkedCalls(lot))
        return next((row for row in rows if row.uniqueid == caller.uniqueid), None)

    # --- checks

    async def _check_way(self, door: str) -> None:
        if not await self._exists(DESK, door):
            raise TurnedDown("not_applied", "The dialplan in force has no way for this: cordboard apply.")

    async def _check_door(self, place: Destination) -> None:
        """What was imported and not applied, or what no target of the company file names, is not behind a door."""
        rows = await self._asking.rows(ShowDialPlan(DESK))
        prefix = "CB_PLACE="
        behind = next((row.data for row in rows if row.exten == place.door and row.data.startswith(prefix)), None)
        if behind is None:
            raise TurnedDown("not_applied", "The generation in force has no way for this yet: cordboard apply.")
        if not await self._exists(behind.removeprefix(prefix), place.item):
            if place.kind == "external":
                raise TurnedDown("not_dialable", "No target of the company file is this outside number.")
            raise TurnedDown("not_applied", "It is not in the generation in force yet: cordboard apply.")

    async def _check_dialable(self, context: str, number: str) -> None:
        if not await self._exists(context, number):
            raise TurnedDown("not_dialable", "This phone cannot dial that number.")

    async def _exists(self, context: str, exten: str) -> bool:
        return await self._asking.value(Getvar(f"DIALPLAN_EXISTS({context},{exten},1)")) == "1"

    def _phone_for(self, company: Company, seats: Mapping[str, str], person: str) -> Person | Phone:
        if person not in company.people:
            raise TurnedDown("unknown_person", f"There is nobody with the id {person!r} in {company.name}.")
        item = phone_of(company, seats, person)
        found = next((phone for phone in company.endpoints() if phone.id == item), None)
        if found is None:
            raise TurnedDown("no_phone", f"{company.people[person].name} has no phone and is logged in nowhere.")
        return found

    def _check_phone(self, snapshot: Snapshot, endpoint: str) -> None:
        state = snapshot.devices.get(f"PJSIP/{endpoint}")
        if state in UNREACHABLE:
            raise TurnedDown("phone_unreachable", "The phone is not registered.")
        if state in BUSY:
            raise TurnedDown("phone_busy", "The phone is in a call.")

    def _warnings(self, case: Case, place: Destination) -> tuple[str, ...]:
        state = case.snapshot.devices.get(f"PJSIP/{place.item}") if place.kind == "person" else None
        if state in UNREACHABLE:
            return ("phone_unreachable",)
        return ("phone_busy",) if state in BUSY else ()


# --- small things

_SPACING = str.maketrans("", "", " .-()/\N{NO-BREAK SPACE}")


def phone_of(company: Company, seats: Mapping[str, str], person: str) -> str:
    """The phone at which somebody sits: where he is logged in, else his own."""
    return next((phone for phone, who in seats.items() if who == person), person)


def _waiting_in(one: OpenCall) -> str:
    if one.waiting is None:
        raise TurnedDown("not_waiting", "The caller does not wait in a queue.")
    return one.waiting.queue


def _position_in(queue: str, priority: int, case: Case) -> int:
    """Where the caller would stand if he had waited there from the beginning."""
    assert case.one.waiting is not None
    lines = (each.waiting for each in case.snapshot.queues if each.name == queue)
    mine = (-priority, case.one.waiting.joined)
    return 1 + sum((-other.priority, other.joined) < mine for line in lines for other in line)


def _consulting(one: OpenCall) -> Channel:
    if one.aside is None:
        raise TurnedDown("not_consulting", "Nobody is being asked about this caller.")
    return one.aside


def _lot(company: Company) -> str:
    return f"cordboard-parking-{company.id}"


def _shown(place: Destination) -> str:
    item = split_switch_name(place.item)[1]
    return f"+{item}" if place.kind == "external" else item
