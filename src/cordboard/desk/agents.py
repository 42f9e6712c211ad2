"""What an agent, or a supervisor for him, may ask: log in, log out, pause, be ready.

A request changes what is *desired* (one row and an audit line in one transaction), then asks the switch for it. The
switch may forget: `restore()` compares its members with the desired log-ins and puts back what differs. A pause that
app_queue gave an agent who did not answer becomes his desired pause, with the reason `missed`: he is offered nothing
until he says that he is ready.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from ami.actions import Action, QueueAdd, QueuePause, QueueRemove
from ami.errors import ActionRefused, AmiError, LinkDown, OutcomeUnknown
from ami.fields import MemberFacts
from ami.models import Agent, Change, DeviceState, LinkState, LinkStatus, Snapshot
from cordboard.desk.errors import DatabaseAway, store_errors
from cordboard.desk.memberships import (
    AUTO_PAUSE,
    MISSED,
    Membership,
    Seat,
    desired_members,
    differences,
    interface_of,
    memberships_of,
    queue_names,
)
from cordboard.desk.requests import (
    REASON,
    Request,
    TurnedDown,
    check_logged_in,
    check_not_paused_for,
    check_phone_exists,
    check_phone_is_free,
    check_phone_is_his,
    check_reason,
    check_skills_admit_him,
    note,
)
from cordboard.desk.results import NOT_CONFIRMED, SWITCH_AWAY, Done, Refused, Result, Unknown
from cordboard.desk.roster import Link, Roster
from cordboard.store.agents import (
    find_login,
    forget_login,
    keep_login,
    keep_pause,
    keep_ready,
    list_logins,
)
from cordboard.store.company import list_companies, load_company
from cordboard.store.engine import Session, Store
from cordboard.store.records import AgentLogin
from cordboard.store.values import Company, split_switch_name

__all__ = ["REASON", "Agents", "Done", "Refused", "Restored", "Result", "Unknown"]

log = logging.getLogger(__name__)
FIRST_RETRY, LAST_RETRY = 0.5, 30.0
"""Seconds between attempts to compare."""
UNREACHABLE = frozenset({DeviceState.INVALID, DeviceState.UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class Restored:
    """What a comparison with the switch mended. `is_complete` is False if something still differs."""

    added: int = 0
    removed: int = 0
    mended: int = 0
    missed: int = 0
    is_complete: bool = True


class Live(Protocol):
    """What is asked of the live state."""

    def snapshot(self) -> Snapshot: ...

    def watch(self, callback: Callable[[Change], None]) -> Callable[[], None]: ...


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
        self._store = store
        self._roster = Roster(link, deadline)
        self._live = live
        self._clock = clock
        # What is desired and what the switch is told change together, for one request at a time.
        self._turn = asyncio.Lock()
        self._news = asyncio.Event()
        self._is_healthy = True

    # --- what may be asked. Raises: NoSuchCompany, DatabaseAway.

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
            await keep_login(request.session, login)
            await request.note("agent.login", f"phone {seat}")
            moves = request.login is not None and request.login.endpoint != seat
            left = memberships_of(request.company, request.login) if request.login and moves else ()
            return [*_removals(left), *(place.add() for place in memberships_of(request.company, login))]

        return await self._carry_out(company, person, actor, desire)

    async def log_out(self, company: str, person: str, actor: str) -> Result:
        """Offer this person no call any more. A call that he is in goes on."""

        async def desire(request: Request) -> Sequence[Action]:
            login = check_logged_in(request)
            await forget_login(request.session, company, person)
            await request.note("agent.logout")
            return _removals(memberships_of(request.company, login))

        return await self._carry_out(company, person, actor, desire)

    async def pause(self, company: str, person: str, reason: str, actor: str) -> Result:
        """Offer this person no call until he is ready. `reason` is an id such as `lunch`; it may be changed later."""

        async def desire(request: Request) -> Sequence[Action]:
            login = check_logged_in(request)
            check_reason(reason)
            check_not_paused_for(login, reason)
            await keep_pause(request.session, company, person, reason, login.paused_since or request.at)
            await request.note("agent.pause", reason)
            return [QueuePause(interface_of(request.company, login.endpoint), True, reason)]

        return await self._carry_out(company, person, actor, desire)

    async def ready(self, company: str, person: str, actor: str) -> Result:
        """End a pause, the one after a missed call as well."""

        async def desire(request: Request) -> Sequence[Action]:
            login = check_logged_in(request)
            self._check_paused(request, login)
            await keep_ready(request.session, company, person)
            await request.note("agent.ready")
            return [QueuePause(interface_of(request.company, login.endpoint), False)]

        return await self._carry_out(company, person, actor, desire)

    # --- what is done about a switch that forgot

    async def restore(self) -> Restored:
        """Make the members of every queue what the log-ins say: put back who is missing, remove who is not logged in,
        put penalties and pauses right. Called after each relist and each change of the configuration.

        Raises: DatabaseAway; LinkDown, OutcomeUnknown, ActionRefused of the manager wire."""
        async with self._turn:
            # Looked at before the desired log-ins are read: whoever changes both does it in the other order.
            standing = await self._roster.look()
            with store_errors():
                async with self._store.reading() as session:
                    companies = [await load_company(session, entry.id) for entry in await list_companies(session)]
                    # In the order of logging in: that is the order in which a linear queue rings.
                    logins = sorted(await list_logins(session), key=lambda login: login.since)
            missed = _missed(logins, standing.members)
            if missed:
                logins = await self._keep_missed(missed, logins)
            wanted, ours = desired_members(companies, logins), queue_names(companies)
            actions = differences(wanted, standing.members, ours, standing.queues)
            is_complete = await self._roster.settle(wanted, ours, actions)
        restored = Restored(
            added=sum(isinstance(action, QueueAdd) for action in actions),
            removed=sum(isinstance(action, QueueRemove) for action in actions),
            mended=sum(not isinstance(action, QueueAdd | QueueRemove) for action in actions),
            missed=len(missed),
            is_complete=is_complete,
        )
        if actions:
            log.info("agents were put back as they are logged in", extra=dataclasses.asdict(restored))
        return restored

    async def run(self) -> None:
        """Restore after each relist and each request that was not confirmed, and take over the pauses of agents who did
        not answer, until cancelled."""
        unwatch = self._live.watch(self._notice)
        if self._live.snapshot().link.state is LinkState.LIVE:
            self._news.set()
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                await self._restore_patiently()
        finally:
            unwatch()

    def _notice(self, change: Change) -> None:
        match change.value:
            case Snapshot(link=LinkStatus(state=LinkState.LIVE)):
                self._news.set()
            case Agent(pause_reason=reason) if reason == AUTO_PAUSE:
                self._news.set()

    async def _restore_patiently(self) -> None:
        pause = FIRST_RETRY
        while True:
            try:
                is_complete = (await self.restore()).is_complete
            except LinkDown:
                return  # the next relist brings the next turn
            except (DatabaseAway, OutcomeUnknown, ActionRefused) as error:
                self._note_health(str(error))
            else:
                self._note_health("" if is_complete else "the switch did not take over everything")
                if is_complete:
                    return
            if await self._hears_news(pause * random.uniform(0.5, 1.0)):  # noqa: S311 - spreads retries, guards nothing
                pause = FIRST_RETRY
            else:
                pause = min(2 * pause, LAST_RETRY)

    async def _hears_news(self, patience: float) -> bool:
        try:
            async with asyncio.timeout(patience):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True

    def _note_health(self, trouble: str) -> None:
        if trouble and self._is_healthy:
            log.warning("agents are not as they are logged in, it is tried again", extra={"reason": trouble})
        elif not trouble and not self._is_healthy:
            log.info("agents are as they are logged in again")
        self._is_healthy = not trouble

    async def _keep_missed(
        self, missed: Mapping[tuple[str, str], datetime], logins: list[AgentLogin]
    ) -> list[AgentLogin]:
        with store_errors():
            async with self._store.transaction() as session:
                for (company, person), since in missed.items():
                    await keep_pause(session, company, person, MISSED, since)
                    await note(session, company, self._clock(), "switch", "agent.pause", person, MISSED)
        return [
            replace(login, is_paused=True, pause_reason=MISSED, paused_since=missed[login.company, login.person])
            if (login.company, login.person) in missed
            else login
            for login in logins
        ]

    # --- how it is carried out

    async def _carry_out(
        self, company: str, person: str, actor: str, desire: Callable[[Request], Awaitable[Sequence[Action]]]
    ) -> Result:
        """Check and keep what is desired, all in one transaction, then ask the switch for it."""
        async with self._turn:
            try:
                with store_errors():
                    async with self._store.transaction() as session:
                        request = await self._request(session, company, person, actor)
                        actions = await desire(request)
                        wanted = await find_login(session, company, person)
            except TurnedDown as turned_down:
                return turned_down.answer
            return await self._tell(request, wanted, actions)

    async def _request(self, session: Session, company: str, person: str, actor: str) -> Request:
        known = await load_company(session, company)
        if person not in known.people:
            raise TurnedDown("unknown_person", f"There is nobody with the id {person!r} in {known.name}.")
        login = await find_login(session, company, person)
        return Request(session, known, known.people[person], login, actor, self._clock())

    async def _tell(self, request: Request, login: AgentLogin | None, actions: Sequence[Action]) -> Result:
        company = request.company
        name = company.switch_name(request.person.id)
        wanted = desired_members([company], [login] if login else [])
        try:
            is_sure = await self._roster.settle(
                wanted, queue_names([company]), actions, lambda member: member.name == name
            )
        except LinkDown:
            return SWITCH_AWAY
        except AmiError:
            is_sure = False
        if not is_sure:
            self._news.set()  # a comparison follows: no relist may come that would bring one
            return NOT_CONFIRMED
        return Done(self._warnings(company, login, wanted))

    def _warnings(self, company: Company, login: AgentLogin | None, wanted: Iterable[Seat]) -> tuple[str, ...]:
        snapshot = self._live.snapshot()
        if login is None or snapshot.link.state is not LinkState.LIVE:
            return ()
        on_switch = {queue.name for queue in snapshot.queues}
        warnings = [
            f"queue_missing:{split_switch_name(seat.queue)[1]}" for seat in wanted if seat.queue not in on_switch
        ]
        if snapshot.devices.get(interface_of(company, login.endpoint)) in UNREACHABLE:
            warnings.append("phone_unreachable")
        return tuple(warnings)

    # --- checks that look at the live state

    def _check_not_in_place(self, request: Request, endpoint: str) -> None:
        """Logging in again is refused, unless the switch is seen to differ: then it is a way to put it right."""
        login, snapshot = request.login, self._live.snapshot()
        if login is None or login.endpoint != endpoint:
            return
        name = request.company.switch_name(request.person.id)
        members = [member for queue in snapshot.queues for member in queue.members if member.name == name]
        wanted = desired_members([request.company], [login])
        on_switch = {queue.name for queue in snapshot.queues}
        is_live = snapshot.link.state is LinkState.LIVE
        if not is_live or not differences(wanted, members, queue_names([request.company]), on_switch):
            raise TurnedDown("already_logged_in", f"{request.person.name} is logged in already.")

    def _check_paused(self, request: Request, login: AgentLogin) -> None:
        # The switch may have paused him a moment ago, after a call that he did not answer.
        name = request.company.switch_name(request.person.id)
        agents = self._live.snapshot().agents
        if not login.is_paused and not any(agent.name == name and agent.pause_reason for agent in agents):
            raise TurnedDown("already_ready", f"{request.person.name} is not paused.")


# --- small things


def _login(request: Request, endpoint: str) -> AgentLogin:
    """How the person is logged in on this phone; one who only changes phones keeps his pause and his time."""
    if request.login is not None:
        return replace(request.login, endpoint=endpoint)
    return AgentLogin(company=request.company.id, person=request.person.id, endpoint=endpoint, since=request.at)


def _removals(places: Iterable[Membership]) -> list[QueueRemove]:
    return [QueueRemove(place.seat.queue, place.seat.interface) for place in places]


def _missed(logins: Iterable[AgentLogin], members: Iterable[MemberFacts]) -> dict[tuple[str, str], datetime]:
    """Who was paused by app_queue for not answering and is not known to be paused: company and person -> since when."""
    ready = {(login.company, login.person) for login in logins if not login.is_paused}
    found: dict[tuple[str, str], datetime] = {}
    for member in members:
        who = split_switch_name(member.name)
        if who in ready and member.paused and member.pause_reason == AUTO_PAUSE:
            found[who] = member.last_pause or datetime.now(UTC)
    return found
