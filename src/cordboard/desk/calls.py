"""Commands on calls: hang up, transfer, park, fetch, dial for somebody, take out of a queue, prioritise, move.

Each is checked against the live state first and refused in words, noted in the audit, sent once, and looked for on the
switch (asking.py). A call is sent only through the doors that the generated dialplan has for it, or dialled on a phone
as if by hand: nothing can be reached that a phone, or the company file, does not reach.
"""

from __future__ import annotations

import asyncio
import secrets
import weakref
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
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
    QueueChangePriorityCaller,
    QueueWithdrawCaller,
    Redirect,
    SetVariable,
)
from ami.models import CallId, Channel, LinkState, LinkStatus
from cordboard.desk.asking import AWAY, Asking, CannotLook, Link
from cordboard.desk.cases import NOT_HIS_CALL, Asker, Case, Command, Plan, asker_of
from cordboard.desk.destinations import DESK, NUMBER, OUTSIDE, Destination, destination, queue_of
from cordboard.desk.errors import NoSuchCompany, store_errors
from cordboard.desk.open_calls import OpenCall, find, open_calls, pair_in, people_in
from cordboard.desk.requests import TurnedDown, note
from cordboard.desk.results import Done, Refused, Result
from cordboard.desk.sights import Live, Sights
from cordboard.provisioning.dialled_out import why_denied
from cordboard.store.agents import list_logins
from cordboard.store.company import list_companies, load_company
from cordboard.store.engine import Session, Store
from cordboard.store.values import Company, Person, Phone, split_switch_name

__all__ = ["HIGHEST_PRIORITY", "NOT_HIS_CALL", "Asker", "Calls", "asker_of"]

HIGHEST_PRIORITY = 100
NOT_MOVED = {"CB_POSITION": "", "CB_WAITED": ""}
"""Of somebody who waits anew, if he waits."""
RING_SECONDS = 30.0


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
        self._sights = Sights(self._asking, live)
        self._live = live
        self._clock = clock
        # One command at a time on a call, or on a phone that is to be rung.
        self._turns: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    # --- looking

    async def all(self, company: str) -> tuple[tuple[OpenCall, ...], Mapping[str, LinkStatus]]:
        """The calls that are up, oldest first, and the link by node: while it is not live, nobody knows of any."""
        with store_errors():
            async with self._store.reading() as session:
                companies = await _companies(session)
        if company not in companies:
            raise NoSuchCompany(company)
        snapshot = self._live.snapshot(with_conversations=True)
        is_live = snapshot.link.state is LinkState.LIVE
        return open_calls(snapshot, company, companies) if is_live else (), {snapshot.node: snapshot.link}

    # --- ending and sending

    async def hang_up(self, company: str, call: str, asker: Asker) -> Result:
        """End a call for everybody in it."""

        async def plan(case: Case) -> Command:
            return Command("call.hangup", Hangup(case.one.caller.name), self._sights.gone(case.one.caller))

        return await self._carry_out(company, call, asker, plan)

    async def transfer(self, company: str, call: str, to: str, asker: Asker) -> Result:
        """Send the caller on without asking there first, whatever he is doing: talking, waiting, in a menu, parked.
        `to`: as `destination` reads it."""

        async def plan(case: Case) -> Command:
            place = destination(case.company, to)
            await self._sights.check_door(place)
            hindrance = self._sights.hindrance(place.item) if place.kind == "person" else ""
            detail, warnings = f"to {place.kind} {_shown(place)}", (hindrance,) if hindrance else ()
            if case.one.waiting is not None:
                return await self._withdrawal("call.transfer", case, place.kind, place.item, detail, warnings=warnings)
            if case.one.together:
                pair = pair_in(case.one, case.company, case.phone)
                action: Action = BlindTransfer(pair.stays.name, DESK, place.door)
                moved = pair.moves
            else:
                moved = case.one.caller
                action = Redirect(moved.name, DESK, place.door)
            steps, look = self._sights.through_a_door(moved, CB_TO=place.item, **NOT_MOVED)
            return Command("call.transfer", action, look, detail, steps, warnings)

        return await self._carry_out(company, call, asker, plan)

    async def consult(self, company: str, call: str, to: str, asker: Asker) -> Result:
        """Let the phone that talks to the caller call somebody about him first (attended transfer), while he hears
        music. `complete` connects the two, `cancel` brings the phone back to him."""

        async def plan(case: Case) -> Command:
            place = destination(case.company, to)
            if not place.digits:
                raise TurnedDown("no_extension", "What has no extension cannot be asked first: transfer without.")
            pair = pair_in(case.one, case.company, case.phone)
            if pair.stays is case.one.caller:
                raise TurnedDown("his_own_call", "Who made the call himself transfers it by the keys of his phone.")
            if place.kind == "person":
                self._sights.check_free(place.item)
            context = f"cordboard-phones-{case.company.id}"
            steps: tuple[Action, ...] = ()
            if place.kind == "external":
                await self._sights.check_door(place)
                await self._sights.check_way(OUTSIDE)
                context, steps = DESK, _inherited(pair.stays, CB_OUTSIDE=place.item, CB_SHOWN=_number_of(case))
            look = self._sights.apart(pair.stays, pair.moves)
            action = Atxfer(pair.stays.name, context, place.digits)
            return Command("call.consult", action, look, f"to {place.kind} {_shown(place)}", steps)

        return await self._carry_out(company, call, asker, plan)

    async def cancel(self, company: str, call: str, asker: Asker) -> Result:
        """End a consultation: the phone is back with the caller."""

        async def plan(case: Case) -> Command:
            phone = _consulting(case.one)
            look = self._sights.together(phone, case.one.caller)
            return Command("call.cancel", CancelAtxfer(phone.name), look)

        return await self._carry_out(company, call, asker, plan)

    async def complete(self, company: str, call: str, asker: Asker) -> Result:
        """End a consultation by connecting the caller to whom was asked."""

        async def plan(case: Case) -> Command:
            phone = _consulting(case.one)
            return Command("call.complete", Hangup(phone.name), self._sights.gone(phone))

        return await self._carry_out(company, call, asker, plan)

    # --- parking

    async def park(self, company: str, call: str, asker: Asker) -> Result:
        """Let the caller wait with music until a phone fetches him; told: his `slot`, and what to `dial` for him."""

        async def plan(case: Case) -> Command:
            pair = pair_in(case.one, case.company, case.phone)
            lot = _lot(case.company)
            await self._sights.check_way("to-park")
            of, phone = split_switch_name(pair.stays.endpoint or "")
            if of != case.company.id:
                raise TurnedDown("not_talking", "No phone of the company talks in this call.")
            steps, _ = self._sights.through_a_door(pair.moves, CB_TO=case.company.switch_name(phone), CB_LOT=lot)
            action = BlindTransfer(pair.stays.name, DESK, "to-park")
            return Command("call.park", action, self._sights.in_slot(lot, pair.moves), "", steps)

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
            parked = await self._sights.parked(lot, case.one.caller)
            if parked is None:
                raise TurnedDown("not_parked", "This caller is not parked.")
            phone = case.phone_for(who)
            await self._sights.check_way("fetch")
            variables = {"CB_LOT": lot, "CB_SLOT": str(parked.slot), "CB_FROM": phone.extension or ""}
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
            phone = case.phone_for(person)
            if why := await asyncio.to_thread(why_denied, case.company, phone, dialled):
                raise TurnedDown(*_DENIED[why])
            await self._sights.check_way("dial")
            await self._sights.check_dialable(f"cordboard-phones-{case.company.id}", dialled)
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
        """Put a waiting caller into another queue, before those of his priority who came after him. What he has waited
        counts there."""

        async def plan(case: Case) -> Command:
            left, wanted = _waiting_in(case.one), queue_of(case.company, queue)
            name = case.company.switch_name(wanted.id)
            if name == left:
                raise TurnedDown("already_there", f"The caller waits in {wanted.name} already.")
            place = Destination("queue", name)
            await self._sights.check_door(place)
            waited = await self._waited(case)
            position = _position_in(name, wanted.priority, case.snapshot.at - waited, case)
            words = {"CB_POSITION": str(position), "CB_WAITED": str(round(waited.total_seconds()))}
            detail = f"from {split_switch_name(left)[1]} to {wanted.id}"
            return await self._withdrawal("call.move", case, place.kind, name, detail, words)

        return await self._carry_out(company, call, asker, plan)

    async def prioritise(self, company: str, call: str, priority: int, asker: Asker) -> Result:
        """Give a waiting caller another priority: he stands before all with a lower one at once."""

        async def plan(case: Case) -> Command:
            queue, caller = _waiting_in(case.one), case.one.caller
            if not 0 <= priority <= HIGHEST_PRIORITY:
                raise TurnedDown("bad_priority", f"A priority is a whole number from 0 to {HIGHEST_PRIORITY}.")

            look = self._sights.has_priority(queue, caller, priority)
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
                known, companies = await load_company(session, company), await _companies(session)
                seats = {login.endpoint: login.person for login in await list_logins(session, company)}
        snapshot = self._live.snapshot(with_conversations=True)
        if snapshot.link.state is not LinkState.LIVE:
            return AWAY
        try:
            one = find(open_calls(snapshot, company, companies), call) if call is not None else None
        except TurnedDown as turned_down:
            return turned_down.answer
        return Case(known, asker, seats, snapshot, one)

    async def _note(self, case: Case, command: Command, subject: str) -> None:
        detail = f"{command.detail} [{case.asker.mark}]".strip() if case.asker.mark else command.detail
        with store_errors():
            async with self._store.transaction() as session:
                await note(session, case.company.id, self._clock(), case.asker.account, command.name, subject, detail)

    # --- ways that several commands go

    async def _withdrawal(
        self,
        name: str,
        case: Case,
        door: str,
        item: str,
        detail: str,
        more: Mapping[str, str] = NOT_MOVED,
        *,
        warnings: tuple[str, ...] = (),
    ) -> Command:
        """`more`: what his channel says of his wait."""
        queue, caller = _waiting_in(case.one), case.one.caller
        await self._sights.check_way(f"to-{door}")
        words = {"CB_TO": item, **more}
        action: Action = QueueWithdrawCaller(queue, caller.name, door)
        if case.one.is_offered or not await self._sights.can_leave_in_order(caller):
            # app_queue would let him out only when that phone stops ringing, and not at all if it is answered.
            words |= {"CB_LEFT": split_switch_name(queue)[1], "CB_DOOR": door}
            action = Redirect(caller.name, DESK, "pulled")
        steps, look = self._sights.through_a_door(caller, **words)
        return Command(name, action, look, detail, steps, warnings)

    async def _waited(self, case: Case) -> timedelta:
        """How long a caller has waited, in this queue and in those that he was moved from."""
        assert case.one.waiting is not None
        before = await self._asking.value(Getvar("CB_BEFORE", case.one.caller.name)) or ""
        here = max(timedelta(0), case.snapshot.at - case.one.waiting.joined)
        return here + timedelta(seconds=int(before if before.isdecimal() else 0))

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
        self._sights.check_free(endpoint)
        moment = int(self._clock().timestamp())
        uniqueid = f"{case.snapshot.node}-{moment}.c{secrets.token_hex(6)}"
        call = str(CallId(case.snapshot.node, uniqueid))
        look = self._sights.rings(uniqueid, phone, {"call": call})
        action = Originate(
            f"PJSIP/{endpoint}",
            DESK,
            door,
            caller_id=f"<{shown}>",
            timeout=RING_SECONDS,
            channel_id=uniqueid,
            variables=variables,
            call=call,
        )
        return Command(name, action, look, detail)


# --- small things

_DENIED = {
    "number": ("not_dialable", "This phone cannot dial that number."),
    "permission": ("not_permitted", "The company file does not let this phone dial that number."),
}
"""Why a number is not dialled from a phone -> reason and words."""
_SPACING = str.maketrans("", "", " .-()/\N{NO-BREAK SPACE}")


def _waiting_in(one: OpenCall) -> str:
    if one.waiting is None:
        raise TurnedDown("not_waiting", "The caller does not wait in a queue.")
    return one.waiting.queue


def _position_in(queue: str, priority: int, joined: datetime, case: Case) -> int:
    """Where the caller would stand if he had waited there from the beginning."""
    lines = (each.waiting for each in case.snapshot.queues if each.name == queue)
    mine = (-priority, joined)
    return 1 + sum((-other.priority, other.joined) < mine for line in lines for other in line)


async def _companies(session: Session) -> frozenset[str]:
    return frozenset([entry.id for entry in await list_companies(session)])


def _consulting(one: OpenCall) -> Channel:
    if one.aside is None:
        raise TurnedDown("not_consulting", "Nobody is being asked about this caller.")
    return one.aside


def _inherited(leg: Channel, **variables: str) -> tuple[Action, ...]:
    """Variables that the channels which this one dials have too."""
    return tuple(SetVariable(leg.name, f"__{name}", value) for name, value in variables.items())


def _number_of(case: Case) -> str:
    """The number of the company that somebody outside sees: the one that the caller dialled, else the first; "" if the
    company has none."""
    dids = case.company.dids
    did = dids.get(case.one.call.did) if case.one.call else None
    did = did or next(iter(dids.values()), None)
    return did.number if did else ""


def _lot(company: Company) -> str:
    return f"cordboard-parking-{company.id}"


def _shown(place: Destination) -> str:
    item = split_switch_name(place.item)[1]
    return f"+{item}" if place.kind == "external" else item
