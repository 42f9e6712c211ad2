"""What is done for agents without anybody asking: wrap-ups begin and end, pauses that were to follow a call begin,
missed offers are counted, and a switch that forgot, or was told by somebody else, is put right.

Everything follows from the live state and from the rows of the log-ins, which another process may have changed: they
are read again whenever something happens, and every `LOOK` seconds.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import random
from collections.abc import Iterable

from ami.actions import QueuePause
from ami.errors import ActionRefused, LinkDown, OutcomeUnknown
from ami.models import Agent, AgentState, Change, ChangeKind, LinkState, Snapshot
from cordboard.desk import duty
from cordboard.desk.errors import DatabaseAway
from cordboard.desk.logins import Logins
from cordboard.desk.memberships import desired_members, differences, interface_of, queue_names
from cordboard.desk.occurrences import Who, auto_paused, ended_unseen, told_by
from cordboard.desk.repairs import Restored, in_words, restored
from cordboard.desk.rota import Becoming, Owed, Repair, Rota
from cordboard.desk.strays import Strays
from cordboard.store.records import AgentLogin
from cordboard.store.values import MISSED_REASON

log = logging.getLogger(__name__)

_TOLD: frozenset[ChangeKind] = frozenset({"agent", "reset"})
LOOK = 2.0
"""Seconds after which the log-ins are read again though nothing was seen to happen."""
FIRST_RETRY, LAST_RETRY = 0.5, 30.0
"""Seconds between attempts."""
BREATH = 0.2
"""Seconds after something failed before anything is tried."""
STARTED, ASTERISK_RESTARTED, LISTED, OTHERWISE = (
    "Cordboard was started",
    "Asterisk was restarted",
    "everything was listed again",
    "it was not so any more",
)


class Upkeep:
    """The upkeep of one switch's agents. `run()` is a task; `restore()` may be asked for besides."""

    def __init__(self, logins: Logins) -> None:
        self._logins = logins
        logins.doubts = self._doubt
        self._rota = Rota(logins)
        self._strays = Strays()
        self._seen: dict[str, Agent] = {}
        self._was_listed = False
        self._is_new = True
        self._cause: str | None = None  # why a comparison is due; None: none is
        self._retry, self._retry_at = FIRST_RETRY, 0.0
        self._looked = float("-inf")  # when all log-ins were read last, by the loop's clock
        self._work = asyncio.Event()
        self._is_healthy = True

    @property
    def owed(self) -> Owed:
        """What the database did not take yet."""
        return self._rota.owed

    # --- the task

    async def run(self) -> None:
        """Until cancelled."""
        unwatch = self._logins.live.watch(self._notice, _TOLD)
        snapshot = self._logins.live.snapshot()
        if snapshot.link.state is LinkState.LIVE:
            self._notice_all(snapshot)
        loop = asyncio.get_running_loop()
        try:
            while True:
                await self._wait(self._retry_at - loop.time() if self._cause is not None else LOOK)
                trouble = ""
                try:
                    async with self._logins.turn:
                        await self.settle()
                    if self._cause is not None and loop.time() >= self._retry_at:
                        trouble = await self._restore_what_is_due()
                except LinkDown:
                    self._cause = None  # the next relist brings the next turn
                except DatabaseAway as error:
                    trouble = str(error)
                if trouble or self._cause is None:
                    self._note_health(trouble)
                if trouble or self._rota.trouble:
                    await asyncio.sleep(BREATH)
        finally:
            unwatch()

    async def _wait(self, patience: float) -> None:
        now = self._logins.clock()
        ends = min(((until - now).total_seconds() for until in self._rota.wrap_ups()), default=LOOK)
        try:
            async with asyncio.timeout(max(0.01, min(patience, ends, LOOK))):
                await self._work.wait()
        except TimeoutError:
            pass
        self._work.clear()

    async def _restore_what_is_due(self) -> str:
        cause, self._cause = self._cause, None
        try:
            found = await self.restore(cause or "")
            trouble = "" if found.is_complete else "the switch did not take over everything"
            if found.has_mended:
                self._strays.forget()
        except (DatabaseAway, OutcomeUnknown, ActionRefused) as error:
            trouble = str(error)
        if trouble:
            self._cause = cause
            self._retry_at = asyncio.get_running_loop().time() + self._retry * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries
            self._retry = min(2 * self._retry, LAST_RETRY)
        return trouble

    def _doubt(self) -> None:
        self._cause = self._cause or OTHERWISE
        self._work.set()

    def _note_health(self, trouble: str) -> None:
        if trouble and self._is_healthy:
            log.warning("agents are not as they are logged in, it is tried again", extra={"reason": trouble})
        elif not trouble and not self._is_healthy:
            log.info("agents are as they are logged in again")
        self._is_healthy = not trouble

    # --- what is seen

    def _notice(self, change: Change) -> None:
        match change.value:
            case Agent() as agent:
                self._notice_one(agent)
            case Snapshot(link=link) as snapshot if link.state is LinkState.LIVE:
                self._notice_all(snapshot)

    def _notice_all(self, snapshot: Snapshot) -> None:
        is_restart = self._logins.live.last_gap == "restart"
        self._cause = STARTED if self._is_new else ASTERISK_RESTARTED if is_restart else LISTED
        self._is_new = False
        self._was_listed = True
        self._strays.forget()
        self._retry, self._retry_at = FIRST_RETRY, 0.0
        gone = self._seen.keys() - {agent.name for agent in snapshot.agents}
        for name in gone:
            del self._seen[name]
        for agent in snapshot.agents:
            self._notice_one(agent)
        self._work.set()

    def _notice_one(self, agent: Agent) -> None:
        before = self._seen.get(agent.name)
        if agent.state is AgentState.LOGGED_OUT:
            self._seen.pop(agent.name, None)
        else:
            self._seen[agent.name] = agent
        noted = self._logins.live.noted_of(agent.name)
        found = list(told_by(before, agent, noted, self._logins.clock()))
        self._rota.add(found)
        if found or agent.pause_reason != noted.pause:
            self._work.set()

    # --- what becomes of it

    async def settle(self) -> None:
        """Within the turn: let what happened to agents count, end the wrap-ups whose time is over, and tell the switch.
        Those whom nothing happened to are looked at every `LOOK` seconds. Raises: DatabaseAway if it was never there,
        LinkDown, OutcomeUnknown."""
        rota, live = self._rota, self._logins.live
        now, at = self._logins.clock(), asyncio.get_running_loop().time()
        whom = rota.concerned(now)
        looks_at_all = self._was_listed or not whom or at - self._looked >= LOOK
        changed = await rota.work(now, everybody=looks_at_all)
        if looks_at_all:
            self._looked = at
            self._logins.show_all(rota.companies.values(), rota.now.values())
        else:
            for company, person in whom:
                if known := rota.companies.get(company):
                    self._logins.show(known, person, rota.now.get((company, person)))
        if self._was_listed:
            self._was_listed = False
            rota.add(ended_unseen(rota.now.values(), self._seen, live.snapshot().queues, now))
            self._work.set()
        await self._tell(changed)
        is_due = looks_at_all and self._strays.call_for_one(self._seen, rota.companies, rota.now, at)
        if is_due and self._cause is None and live.snapshot().link.state is LinkState.LIVE:
            self._strays.give_up()
            self._doubt()

    async def catch_up(self) -> None:
        """Within the turn: what happened comes before what is asked for now. Raises: DatabaseAway, and as `settle`."""
        if self._rota.owes:
            await self.settle()
            if self._rota.trouble:
                raise DatabaseAway(self._rota.trouble)

    def learn(self, who: Who, login: AgentLogin | None) -> None:
        """Somebody changed a log-in: its times may be others."""
        self._rota.learn(who, login)
        self._work.set()

    async def _tell(self, changed: Iterable[Becoming]) -> None:
        async def tell(login: AgentLogin) -> None:
            company, pause = self._rota.companies[login.company], duty.pause_on_switch(login)
            action = QueuePause(interface_of(company, login.endpoint), bool(pause), pause)
            await self._logins.tell(company, login.person, login, [action])

        differ = (after for before, after in changed if duty.pause_on_switch(before) != duty.pause_on_switch(after))
        await asyncio.gather(*map(tell, differ))

    # --- what is done about a switch that forgot

    async def restore(self, cause: str = "") -> Restored:
        """Make the members of every queue what the log-ins say: put back who is missing, remove who is not logged in,
        put penalties and pauses right; each repair is audited with its `cause`. Called after each relist and each
        change of the configuration. A pause that app_queue gave to somebody who did not answer becomes his own, for the
        reason `missed`.

        Raises: DatabaseAway; LinkDown, OutcomeUnknown, ActionRefused of the manager wire."""
        rota = self._rota
        async with self._logins.turn:
            # Looked at before the desired log-ins are read: whoever changes both does it in the other order.
            standing = await self._logins.roster.look()
            now = self._logins.clock()
            rota.add(auto_paused(standing.members, now))
            changed = await rota.work(now, everybody=True)
            missed = {(each.company, each.person) for _, each in changed if each.pause_reason == MISSED_REASON}
            companies = rota.companies.values()
            wanted = desired_members(companies, sorted(rota.now.values(), key=lambda login: login.since))
            ours = queue_names(companies)
            actions = differences(wanted, standing.members, ours, standing.queues)
            for who, what in in_words(actions, standing.members, wanted).items():
                if who not in missed:
                    rota.add(repairs=[Repair(who, now, f"{what}; because {cause or OTHERWISE}")])
            if rota.owes:
                await rota.work(now, everybody=False)
            self._logins.show_all(companies, rota.now.values())
            is_complete = await self._logins.roster.settle(wanted, ours, actions)
        found = restored(actions, len(missed), is_complete=is_complete)
        if actions:
            log.info("agents were put back as they are logged in", extra=dataclasses.asdict(found))
        return found
