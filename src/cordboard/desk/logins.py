"""The log-ins of the agents of one switch: kept in the database, shown by the live state, told to the switch.

Every change of a log-in goes this way, in this order: the database, what is noted beside the live state, the switch.
One change at a time (`turn`): what is desired and what the switch is told change together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from ami.actions import Action
from ami.errors import AmiError, LinkDown
from ami.models import Change, ChangeKind, DeviceState, LinkState, Snapshot
from ami.states import Noted
from cordboard.desk.duty import noted_of
from cordboard.desk.memberships import Membership, Seat, desired_members, interface_of, queue_names
from cordboard.desk.results import NOT_CONFIRMED, SWITCH_AWAY, Done, Result
from cordboard.desk.roster import Link, Roster
from cordboard.store.agents import find_login, list_logins
from cordboard.store.company import company_revision, list_companies, load_company
from cordboard.store.engine import Session, Store
from cordboard.store.records import AgentLogin
from cordboard.store.values import Company, split_switch_name

UNREACHABLE = frozenset({DeviceState.INVALID, DeviceState.UNAVAILABLE})


class Live(Protocol):
    """What is asked of the live state."""

    @property
    def last_gap(self) -> str: ...

    def snapshot(self) -> Snapshot: ...

    def watch(self, callback: Callable[[Change], None], kinds: frozenset[ChangeKind]) -> Callable[[], None]: ...

    def set_wrap_ups(self, wrap_up_of: Mapping[str, float]) -> None: ...

    def set_noted(self, noted: Mapping[str, Noted]) -> None: ...

    def note(self, name: str, noted: Noted | None) -> None: ...

    def noted_of(self, name: str) -> Noted: ...


def noted_by_name(companies: Iterable[Company], logins: Iterable[AgentLogin]) -> dict[str, Noted]:
    """What the live state should be told: by the switch names of all who are logged in."""
    by_id = {company.id: company for company in companies}
    return {
        company.switch_name(login.person): noted_of(company, login)
        for login in logins
        if (company := by_id.get(login.company)) is not None
    }


class Logins:
    """What the desk and the upkeep of one switch share."""

    def __init__(
        self,
        store: Store,
        link: Link,
        live: Live,
        deadline: float,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.store = store
        self.live = live
        self.node = live.snapshot().node
        self.clock = clock
        self.roster = Roster(link, deadline)
        self.turn = asyncio.Lock()
        self.doubts: Callable[[], None] = lambda: None
        """Called when the switch did not confirm something: a comparison must follow."""
        self._known: dict[str, tuple[int, Company]] = {}
        self._wrap_ups: dict[str, float] = {}

    # --- reading

    async def company(self, session: Session, company: str) -> Company:
        """Raises: UnknownCompany."""
        revision = await company_revision(session, company)
        return await self._at(session, company, revision)

    async def companies(self, session: Session) -> list[Company]:
        return [await self._at(session, entry.id, entry.revision) for entry in await list_companies(session)]

    async def everybody(self, session: Session) -> list[AgentLogin]:
        """Who is logged in on this switch, in the order of logging in: that is how a linear queue rings."""
        here = (login for login in await list_logins(session) if login.node == self.node)
        return sorted(here, key=lambda login: login.since)

    async def one(self, session: Session, company: str, person: str) -> AgentLogin | None:
        """As somebody is logged in on this switch, if he is."""
        login = await find_login(session, company, person)
        return login if login is not None and login.node == self.node else None

    async def _at(self, session: Session, company: str, revision: int) -> Company:
        known = self._known.get(company)
        if known is None or known[0] != revision:
            known = self._known[company] = revision, await load_company(session, company)
        return known[1]

    # --- showing

    def show_all(self, companies: Iterable[Company], logins: Iterable[AgentLogin]) -> None:
        """Note beside the live state what is known of everybody, and how long app_queue itself keeps agents out after a
        call of each queue, which it shows nowhere."""
        companies = tuple(companies)
        wrap_ups = {
            company.switch_name(queue.id): float(queue.wrap_up_guard)
            for company in companies
            for queue in company.queues.values()
        }
        if wrap_ups != self._wrap_ups:
            self._wrap_ups = wrap_ups
            self.live.set_wrap_ups(wrap_ups)
        self.live.set_noted(noted_by_name(companies, logins))

    def show(self, company: Company, person: str, login: AgentLogin | None) -> None:
        """Note what is known of one person, who may not be logged in any more."""
        self.live.note(company.switch_name(person), noted_of(company, login) if login else None)

    # --- telling the switch

    async def tell(self, company: Company, person: str, login: AgentLogin | None, actions: Sequence[Action]) -> Result:
        """Ask for `actions`, which should put the person where the log-in says."""
        name = company.switch_name(person)
        wanted = desired_members([company], [login] if login else [])
        try:
            is_sure = await self.roster.settle(
                wanted, queue_names([company]), actions, lambda member: member.name == name
            )
        except LinkDown:
            return SWITCH_AWAY
        except AmiError:
            is_sure = False
        if not is_sure:
            self.doubts()  # a comparison follows: no relist may come that would bring one
            return NOT_CONFIRMED
        return Done(self._warnings(company, login, wanted))

    def _warnings(
        self, company: Company, login: AgentLogin | None, wanted: Mapping[Seat, Membership]
    ) -> tuple[str, ...]:
        snapshot = self.live.snapshot()
        if login is None or snapshot.link.state is not LinkState.LIVE:
            return ()
        on_switch = {queue.name for queue in snapshot.queues}
        warnings = [
            f"queue_missing:{split_switch_name(seat.queue)[1]}" for seat in wanted if seat.queue not in on_switch
        ]
        if snapshot.devices.get(interface_of(company, login.endpoint)) in UNREACHABLE:
            warnings.append("phone_unreachable")
        return tuple(warnings)
