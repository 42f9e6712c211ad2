"""What an agent, or a supervisor for him, may ask: log in, log out, pause, withdraw, be ready, wrap up for longer.

A request changes what is *desired* (one row and an audit line in one transaction), then asks the switch for it. What
happens without anybody asking (wrap-ups, missed offers, a switch that forgot) is the upkeep's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ami.actions import Action, QueuePause, QueueRemove
from ami.models import Agent, AgentState, LinkState
from ami.states import IN_CALL
from cordboard.desk import duty, rota
from cordboard.desk.errors import DatabaseAway, store_errors
from cordboard.desk.logins import Live, Logins
from cordboard.desk.memberships import (
    Membership,
    desired_members,
    differences,
    interface_of,
    memberships_of,
    queue_names,
)
from cordboard.desk.repairs import Restored
from cordboard.desk.requests import (
    BECAUSE,
    REASON,
    Request,
    TurnedDown,
    check_because,
    check_logged_in,
    check_not_paused_for,
    check_phone_exists,
    check_phone_is_free,
    check_phone_is_his,
    check_reason,
    check_skills_admit_him,
    check_wraps_up,
)
from cordboard.desk.results import Done, Refused, Result, Unknown
from cordboard.desk.roster import Link
from cordboard.desk.rota import Owed
from cordboard.desk.upkeep import Upkeep
from cordboard.store.agents import find_login, forget_login
from cordboard.store.engine import Session, Store
from cordboard.store.records import AgentLogin
from cordboard.store.values import PauseKind

__all__ = ["BECAUSE", "REASON", "Agents", "Done", "Refused", "Restored", "Result", "Unknown"]

USUAL_EXTENSION = 60
"""Seconds."""
PATIENCE, RETRY = 5.0, 0.1
"""Seconds for which a database that is away is waited for, and between attempts."""


class Agents:
    """The desk for the agents of one switch. `run()` is a task of the house."""

    def __init__(
        self,
        store: Store,
        link: Link,
        live: Live,
        *,
        deadline: float = 5.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._logins = Logins(store, link, live, deadline, clock)
        self._upkeep = Upkeep(self._logins)
        self._live = live

    # --- what may be asked. Raises: NoSuchCompany, DatabaseAway.
    # `because`: what somebody says about it who asks for another, for the audit; None: the person asks himself.

    async def log_in(
        self, company: str, person: str, actor: str, *, phone: str | None = None, may_borrow: bool = True
    ) -> Result:
        """Offer this person the calls of all queues that his skills admit. `phone` is the id of the phone he sits at, a
        person's or a place's; his own unless said otherwise. `may_borrow`: somebody else's will do."""

        async def desire(request: Request) -> Sequence[Action]:
            seat = check_phone_exists(request, phone)
            if not may_borrow:
                check_phone_is_his(request, seat)
            check_skills_admit_him(request)
            await check_phone_is_free(request, seat)
            self._check_not_in_place(request, seat)
            login = _login(request, seat)
            await request.keep(login)
            await request.note("agent.login", f"phone {seat}")
            return [
                *_removals(_left(request, seat)),
                *(place.add() for place in memberships_of(request.company, login)),
            ]

        return await self._carry_out(company, person, actor, desire)

    async def log_out(self, company: str, person: str, actor: str, because: str | None = None) -> Result:
        """Offer this person no call any more. A call that he is in goes on."""

        async def desire(request: Request) -> Sequence[Action]:
            login = check_logged_in(request)
            said = check_because(because)
            await forget_login(request.session, company, person)
            await request.note("agent.logout", said)
            return _removals(memberships_of(request.company, login))

        return await self._carry_out(company, person, actor, desire)

    async def pause(
        self,
        company: str,
        person: str,
        reason: str,
        actor: str,
        *,
        after_call: bool = False,
        because: str | None = None,
    ) -> Result:
        """Offer this person no call until he is ready. `reason` is an id of the company's list, "" for its first pause;
        it may be changed later. `after_call`: once the call that he is in is over, and its wrap-up; at once if he is in
        neither."""
        return await self._go_away(PauseKind.PAUSE, company, person, reason, actor, after_call, because)

    async def withdraw(
        self,
        company: str,
        person: str,
        reason: str,
        actor: str,
        *,
        after_call: bool = False,
        because: str | None = None,
    ) -> Result:
        """As a pause, for somebody who is at other work than calls."""
        return await self._go_away(PauseKind.WITHDRAWN, company, person, reason, actor, after_call, because)

    async def ready(self, company: str, person: str, actor: str, because: str | None = None) -> Result:
        """End a pause, also the one after missed calls, one that was to follow a call, or a wrap-up."""

        async def desire(request: Request) -> Sequence[Action]:
            login = check_logged_in(request)
            said = check_because(because)
            self._check_away(request, login)
            await request.keep(duty.ready(login, request.at))
            await request.note("agent.ready", said)
            return [QueuePause(interface_of(request.company, login.endpoint), False)]

        return await self._carry_out(company, person, actor, desire)

    async def extend(self, company: str, person: str, actor: str, seconds: int = USUAL_EXTENSION) -> Result:
        """Let the wrap-up that this person is in end `seconds` later."""

        async def desire(request: Request) -> Sequence[Action]:
            login = check_logged_in(request)
            until = check_wraps_up(request, login) + timedelta(seconds=seconds)
            if seconds < 1 or until > request.at + duty.MOST_WRAP_UP:
                most = duty.MOST_WRAP_UP // timedelta(minutes=1)
                raise TurnedDown(
                    "too_long", f"A wrap-up is extended by 1 s or more, to {most} minutes from now at most."
                )
            await request.keep(duty.extended(login, timedelta(seconds=seconds)))
            await request.note("agent.extend", f"{seconds} s")
            return ()

        return await self._carry_out(company, person, actor, desire)

    # --- what is done without anybody asking

    async def look(self) -> None:
        """Note beside the live state what the database knows of everybody, for who follows a switch whose agents
        another process keeps. Raises: DatabaseAway."""
        with store_errors():
            async with self._logins.store.reading() as session:
                companies = await self._logins.companies(session)
                logins = await self._logins.everybody(session)
        self._logins.show_all(companies, logins)

    async def restore(self, cause: str = "") -> Restored:
        """Make the members of every queue what the log-ins say: see the upkeep. Raises as there."""
        return await self._upkeep.restore(cause)

    async def run(self) -> None:
        """The upkeep, until cancelled."""
        await self._upkeep.run()

    @property
    def owed(self) -> Owed:
        """What happened and is not written yet."""
        return self._upkeep.owed

    # --- how it is carried out

    async def _go_away(
        self, kind: PauseKind, company: str, person: str, reason: str, actor: str, after_call: bool, because: str | None
    ) -> Result:
        async def desire(request: Request) -> Sequence[Action]:
            login = check_logged_in(request)
            chosen, said = check_reason(request, kind, reason), check_because(because)
            check_not_paused_for(login, chosen)
            is_later = after_call and not login.is_paused and self._is_busy(request, login)
            if is_later:
                after = duty.paused_next(login, chosen, actor)
            else:
                after = duty.paused(login, chosen, request.at, actor)
            await request.keep(after)
            action = "agent.pause" if kind is PauseKind.PAUSE else "agent.withdraw"
            await request.note(action, chosen, "after the call" if is_later else "", said)
            return [QueuePause(interface_of(request.company, login.endpoint), True, duty.pause_on_switch(after))]

        return await self._carry_out(company, person, actor, desire)

    async def _carry_out(
        self, company: str, person: str, actor: str, desire: Callable[[Request], Awaitable[Sequence[Action]]]
    ) -> Result:
        """Check and keep what is desired, all in one transaction, then ask the switch for it."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + PATIENCE
        while True:
            try:
                async with self._logins.turn:
                    return await self._in_turn(company, person, actor, desire)
            except DatabaseAway:
                if loop.time() >= ends:
                    raise
            # Waited for without the turn: what happens to agents meanwhile does not wait.
            await asyncio.sleep(RETRY)

    async def _in_turn(
        self, company: str, person: str, actor: str, desire: Callable[[Request], Awaitable[Sequence[Action]]]
    ) -> Result:
        await self._upkeep.catch_up()
        try:
            with store_errors():
                async with self._logins.store.transaction(rota.PATIENCE) as session:
                    request = await self._request(session, company, person, actor)
                    actions = await desire(request)
                    wanted = await find_login(session, company, person)
        except TurnedDown as turned_down:
            return turned_down.answer
        self._logins.show(request.company, person, wanted)
        self._upkeep.learn((company, person), wanted)
        return await self._logins.tell(request.company, person, wanted, actions)

    async def _request(self, session: Session, company: str, person: str, actor: str) -> Request:
        known = await self._logins.company(session, company)
        if person not in known.people:
            raise TurnedDown("unknown_person", f"There is nobody with the id {person!r} in {known.name}.")
        login = await find_login(session, company, person)
        return Request(session, self._logins.node, known, known.people[person], login, actor, self._logins.clock())

    # --- checks that look at the live state

    def _check_not_in_place(self, request: Request, endpoint: str) -> None:
        """Logging in again is refused, unless the switch is seen to differ: then it is a way to put it right."""
        login, snapshot = request.login, self._live.snapshot()
        if login is None or (login.node, login.endpoint) != (request.node, endpoint):
            return
        name = request.company.switch_name(request.person.id)
        members = [member for queue in snapshot.queues for member in queue.members if member.name == name]
        wanted = desired_members([request.company], [login])
        on_switch = {queue.name for queue in snapshot.queues}
        is_live = snapshot.link.state is LinkState.LIVE
        if not is_live or not differences(wanted, members, queue_names([request.company]), on_switch):
            raise TurnedDown("already_logged_in", f"{request.person.name} is logged in already.")

    def _check_away(self, request: Request, login: AgentLogin) -> None:
        # The switch may have paused him a moment ago, after a call that he did not answer.
        agent = self._agent(request)
        if not duty.pause_on_switch(login) and not (agent is not None and agent.pause_reason):
            raise TurnedDown("already_ready", f"{request.person.name} is not paused.")

    def _is_busy(self, request: Request, login: AgentLogin) -> bool:
        """Is he in something that a pause may follow?"""
        agent = self._agent(request)
        is_called = agent is not None and (agent.state in IN_CALL or agent.state is AgentState.RINGING)
        return is_called or bool(login.serving) or login.wrap_up_until is not None

    def _agent(self, request: Request) -> Agent | None:
        name = request.company.switch_name(request.person.id)
        return next((agent for agent in self._live.snapshot().agents if agent.name == name), None)


# --- small things


def _login(request: Request, endpoint: str) -> AgentLogin:
    """How the person is logged in on this phone; one who only changes phones keeps his pause and his time, one who
    changes switches does not wait for the end of a call there."""
    at, node, before = request.at, request.node, request.login
    if before is None:
        company, person = request.company.id, request.person.id
        return AgentLogin(company=company, person=person, node=node, endpoint=endpoint, since=at, free_since=at)
    if before.node != node:
        before = replace(before, node=node, serving="", serving_since=None)
    return replace(before, endpoint=endpoint)


def _left(request: Request, endpoint: str) -> tuple[Membership, ...]:
    """Where the person is on this switch no more when he sits down at a phone. Another switch is put right by whoever
    keeps its agents."""
    before = request.login
    if before is None or before.node != request.node or before.endpoint == endpoint:
        return ()
    return tuple(memberships_of(request.company, before))


def _removals(places: Iterable[Membership]) -> list[QueueRemove]:
    return [QueueRemove(place.seat.queue, place.seat.interface) for place in places]
