"""Who is logged in how, known also while the database is away: as read last, with what has happened since.

What happens is written as soon as the database takes it. Until then it is kept here, and counts already: a wrap-up
begins and ends in time whatever the database does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cordboard.desk.errors import DatabaseAway, store_errors
from cordboard.desk.logins import Logins
from cordboard.desk.occurrences import Occurrence, Who, after
from cordboard.desk.requests import note
from cordboard.store.agents import keep_login, list_logins
from cordboard.store.company import list_companies, load_company
from cordboard.store.engine import Session
from cordboard.store.records import AgentLogin
from cordboard.store.values import Company

log = logging.getLogger(__name__)

PATIENCE = 0.5
"""Seconds for which a database that others write is waited for. Shorter than what app_queue itself keeps an agent out
after a call."""
LONGEST = 10.0
"""Seconds after which one that took the work and does not answer is given up."""
MOST_KEPT = 10_000
"""Occurrences and repairs that wait for the database."""


Becoming = tuple[AgentLogin, AgentLogin]
"""A log-in that is another one now by what happened: before, and after."""


@dataclass(frozen=True, slots=True)
class Repair:
    """A line of the audit. `what`: what was put right, and why."""

    who: Who
    at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Owed:
    """What happened to agents, and was put right, and is not written."""

    happened: tuple[Occurrence, ...] = ()
    repairs: tuple[Repair, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.happened or self.repairs)


class Rota:
    """The log-ins of one switch as they should be now. One work at a time: within the turn of the log-ins."""

    def __init__(self, logins: Logins) -> None:
        self._logins = logins
        self.companies: dict[str, Company] = {}
        self.now: dict[Who, AgentLogin] = {}
        self.trouble = ""
        """Why the database could not be used last, "" if it could."""
        self._rows: dict[Who, AgentLogin] = {}  # as the database has them
        self._ahead: dict[Who, AgentLogin] = {}  # what was made of them without it
        self._happened: list[Occurrence] = []
        self._repairs: list[Repair] = []
        self._is_known = False

    def add(self, happened: Iterable[Occurrence] = (), repairs: Iterable[Repair] = ()) -> None:
        """Something to be written at the next work."""
        self._happened += happened
        self._repairs += repairs

    @property
    def owes(self) -> bool:
        """Is there something to be written?"""
        return bool(self._happened or self._repairs or self._ahead)

    @property
    def owed(self) -> Owed:
        return Owed(tuple(self._happened), tuple(self._repairs))

    def concerned(self, now: datetime) -> set[Who]:
        """Whom something happened to, or whose wrap-up is over."""
        over = {who for who, login in self.now.items() if login.wrap_up_until and login.wrap_up_until <= now}
        return over | {one.who for one in self._happened} | self._ahead.keys()

    def wrap_ups(self) -> list[datetime]:
        """When those end that are there."""
        return [login.wrap_up_until for login in self.now.values() if login.wrap_up_until is not None]

    async def work(self, now: datetime, *, everybody: bool) -> Sequence[Becoming]:
        """Read everybody, or those who are concerned; let what happened count, write it, and tell who is another one
        now. While the database is away (`trouble`) what was read last counts. Raises: DatabaseAway if nothing was ever
        read."""
        whom = None if everybody else self.concerned(now)
        happened, repairs = list(self._happened), list(self._repairs)
        must_write = self.owes or bool(self.concerned(now))
        store = self._logins.store
        try:
            with store_errors():
                # Looking alone must not wait for whoever writes.
                begun = store.transaction(PATIENCE) if must_write else store.reading(PATIENCE)
                async with asyncio.timeout(LONGEST), begun as session:
                    companies = {each.id: each for each in await self._logins.companies(session)}
                    rows = await self._read(session, whom)
                    then = after(rows, companies, happened, now) if must_write else rows
                    await _write(session, rows, then, repairs)
        except (DatabaseAway, TimeoutError) as error:
            self._note_trouble(str(error) or "the database does not answer")
            if not self._is_known:
                raise DatabaseAway(self.trouble) from error
            return self._go_on_without(now)
        self._happened, self._repairs = self._happened[len(happened) :], self._repairs[len(repairs) :]
        self._note_trouble("")
        self.companies = companies
        if whom is None:
            self._rows, self._is_known = then, True
        else:
            self._rows = {who: login for who, login in self._rows.items() if who not in whom} | then
        self.now = dict(self._rows)
        before = rows | {who: login for who, login in self._ahead.items() if who in rows}
        self._ahead.clear()
        return _changes(before, then)

    def learn(self, who: Who, login: AgentLogin | None) -> None:
        """Somebody asked for it, and it is written."""
        self._ahead.pop(who, None)
        for known in (self._rows, self.now):
            known.pop(who, None)
            if login is not None:
                known[who] = login

    def _go_on_without(self, now: datetime) -> Sequence[Becoming]:
        self._happened, self._repairs = self._happened[-MOST_KEPT:], self._repairs[-MOST_KEPT:]
        before = self._rows | self._ahead
        self.now = after(self._rows, self.companies, self._happened, now)
        found = _changes(before, self.now)
        self._ahead |= {(login.company, login.person): login for _, login in found}
        return found

    def _note_trouble(self, trouble: str) -> None:
        if trouble and not self.trouble:
            words = "the database does not take what happens to agents: it counts, and is written later"
            log.warning(words, extra={"reason": trouble})
        elif self.trouble and not trouble:
            log.info("what happened to agents is written")
        self.trouble = trouble

    async def _read(self, session: Session, whom: Iterable[Who] | None) -> dict[Who, AgentLogin]:
        """Those who are logged in, of these or of all."""
        if whom is None:
            found: Sequence[AgentLogin | None] = await self._logins.everybody(session)
        else:
            found = [await self._logins.one(session, *who) for who in whom]
        return {(login.company, login.person): login for login in found if login is not None}


async def settle(session: Session, node: str, owed: Owed, now: datetime) -> None:
    """Write what an earlier run owed of the agents of this switch. Raises StoreError."""
    companies = {each.id: await load_company(session, each.id) for each in await list_companies(session)}
    logins = [login for login in await list_logins(session) if login.node == node]
    rows = {(login.company, login.person): login for login in logins}
    await _write(session, rows, after(rows, companies, owed.happened, now), owed.repairs)


async def _write(
    session: Session,
    before: Mapping[Who, AgentLogin],
    then: Mapping[Who, AgentLogin],
    repairs: Iterable[Repair],
) -> None:
    for who, login in then.items():
        if login == before[who]:
            continue
        await keep_login(session, login)
        if login.is_paused and not before[who].is_paused:
            at, by, reason = login.paused_since, login.paused_by, login.pause_reason
            assert at is not None
            await note(session, who[0], at, by, "agent.pause", who[1], reason)
    for repair in repairs:
        await note(session, repair.who[0], repair.at, "switch", "agent.repair", repair.who[1], repair.what)


def _changes(before: Mapping[Who, AgentLogin], then: Mapping[Who, AgentLogin]) -> Sequence[Becoming]:
    return [(before[who], login) for who, login in then.items() if login != before[who]]
