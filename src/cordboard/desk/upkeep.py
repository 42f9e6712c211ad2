"""What is done for agents without anybody asking: wrap-ups begin and end, pauses that were to follow a call begin,
missed offers are counted, and a switch that forgot, or was told by somebody else, is put right.

Everything follows from the live state and from the rows of the log-ins, which another process may have changed: they
are read again whenever something happens, and every `LOOK` seconds. What happened and could not be written yet is kept
until it can be.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from ami.actions import Action, QueueAdd, QueuePause, QueuePenalty, QueueRemove
from ami.errors import ActionRefused, LinkDown, OutcomeUnknown
from ami.fields import MemberFacts
from ami.models import Agent, AgentState, Change, ChangeKind, LinkState, Snapshot
from ami.states import IN_CALL
from cordboard.desk import duty
from cordboard.desk.errors import DatabaseAway, store_errors
from cordboard.desk.logins import Logins
from cordboard.desk.memberships import AUTO_PAUSE, desired_members, differences, interface_of, queue_names, queues_of
from cordboard.desk.requests import note
from cordboard.store.agents import find_login, keep_login
from cordboard.store.engine import Session
from cordboard.store.records import AgentLogin
from cordboard.store.values import MISSED_REASON, Company, split_switch_name

log = logging.getLogger(__name__)

_TOLD: frozenset[ChangeKind] = frozenset({"agent", "reset"})
LOOK = 2.0
"""Seconds after which the log-ins are read again though nothing was seen to happen."""
FIRST_RETRY, LAST_RETRY = 0.5, 30.0
"""Seconds between attempts."""
SETTLING = 1.0
"""Seconds for which the switch may differ from the log-ins before it is put right: what was asked may be on its way."""
BREATH = 0.2
"""Seconds after something failed before anything is tried."""
MOST_KEPT = 10_000
"""Occurrences that wait for the database."""
STARTED, ASTERISK_RESTARTED, LISTED, OTHERWISE = (
    "Cordboard was started",
    "Asterisk was restarted",
    "everything was listed again",
    "it was not so any more",
)

Who = tuple[str, str]
"""Company and person."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a comparison with the switch mended. `is_complete` is False if something still differs."""

    added: int = 0
    removed: int = 0
    mended: int = 0
    missed: int = 0
    is_complete: bool = True


class What(Enum):
    TAKEN = auto()
    ENDED = auto()
    MISSED = auto()


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that happened to an agent. `queue` is a switch name."""

    what: What
    who: Who
    at: datetime
    queue: str = ""


class Upkeep:
    """The upkeep of one switch's agents. `run()` is a task; `restore()` and `settle()` may be asked for besides."""

    def __init__(self, logins: Logins) -> None:
        self._logins = logins
        logins.doubts = self._doubt
        self._seen: dict[str, Agent] = {}
        self._happened: list[Occurrence] = []
        self._was_listed = False
        self._is_new = True
        self._cause: str | None = None  # why a comparison is due; None: none is
        self._strays: dict[str, float] = {}  # who is not as logged in -> since when, by the loop's clock
        self._in_vain: frozenset[str] = frozenset()  # whom a comparison did not change
        self._retry, self._retry_at = FIRST_RETRY, 0.0
        self._ends: dict[Who, datetime] = {}  # of wrap-ups
        self._looked = float("-inf")  # when all log-ins were read last, by the loop's clock
        self._work = asyncio.Event()
        self._is_healthy = True

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
                    await self.settle()
                    if self._cause is not None and loop.time() >= self._retry_at:
                        trouble = await self._restore_what_is_due()
                except LinkDown:
                    self._cause = None  # the next relist brings the next turn
                except (DatabaseAway, OutcomeUnknown, ActionRefused) as error:
                    trouble = str(error)
                if trouble or self._cause is None:
                    self._note_health(trouble)
                if trouble:
                    self._retry_at = loop.time() + self._retry * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries
                    self._retry = min(2 * self._retry, LAST_RETRY)
                    await asyncio.sleep(BREATH)
        finally:
            unwatch()

    def look_again(self) -> None:
        """Somebody changed a log-in: its times may be others."""
        self._work.set()

    async def _wait(self, patience: float) -> None:
        if self._ends:
            patience = min(patience, (min(self._ends.values()) - self._logins.clock()).total_seconds())
        try:
            async with asyncio.timeout(max(0.01, min(patience, LOOK))):
                await self._work.wait()
        except TimeoutError:
            pass
        self._work.clear()

    async def _restore_what_is_due(self) -> str:
        cause, self._cause = self._cause, None
        try:
            restored = await self.restore(cause or "")
        except (DatabaseAway, OutcomeUnknown, ActionRefused):
            self._cause = cause
            raise
        if restored.added or restored.removed or restored.mended:
            # Who strays again after that strays anew.
            self._strays.clear()
            self._in_vain = frozenset()
        if not restored.is_complete:
            self._cause = cause
        return "" if restored.is_complete else "the switch did not take over everything"

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
        self._strays.clear()
        self._in_vain = frozenset()
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
        at, who = self._logins.clock(), split_switch_name(agent.name)
        found = list(_served(before, agent, who, at))
        missed = agent.missed
        if missed is not None and (before is None or before.missed != missed):
            found.append(Occurrence(What.MISSED, who, at, missed.queue))
        noted = self._logins.live.noted_of(agent.name)
        if noted.next_reason and not noted.until and _is_idle(agent):
            found.append(Occurrence(What.ENDED, who, at))
        self._happened += found
        if found or agent.pause_reason != noted.pause:
            self._work.set()

    # --- what becomes of it

    async def settle(self) -> None:
        """Write what happened to agents, end the wrap-ups whose time is over, and tell the switch. Those whom nothing
        happened to are looked at every `LOOK` seconds. Raises: DatabaseAway, LinkDown, OutcomeUnknown."""
        async with self._logins.turn:
            now, at = self._logins.clock(), asyncio.get_running_loop().time()
            happened, self._happened = self._happened, []
            was_listed, self._was_listed = self._was_listed, False
            due = {who for who, until in self._ends.items() if until <= now}
            must_write = bool(happened or was_listed or due)
            looks_at_all = was_listed or not must_write or at - self._looked >= LOOK
            store = self._logins.store
            try:
                with store_errors():
                    # Looking alone must not wait for whoever writes.
                    async with store.transaction() if must_write else store.reading() as session:
                        companies = {each.id: each for each in await self._logins.companies(session)}
                        whom = None if looks_at_all else due | {one.who for one in happened}
                        before = await self._logins_of(session, whom)
                        unseen = self._ended_unseen(before.values(), now) if was_listed else []
                        after = _after(before, companies, [*unseen, *happened], now) if must_write else before
                        changed = [who for who, login in after.items() if login is not before[who]]
                        for who in changed:
                            await self._keep(session, before[who], after[who], now)
            except BaseException:
                self._happened = (happened + self._happened)[-MOST_KEPT:]
                self._was_listed = was_listed or self._was_listed
                raise
            if looks_at_all:
                self._looked = at
                self._ends.clear()
                self._logins.show_all(companies.values(), after.values())
            else:
                for who in whom or ():
                    self._ends.pop(who, None)
                    if company := companies.get(who[0]):
                        self._logins.show(company, who[1], after.get(who))
            self._ends |= {who: login.wrap_up_until for who, login in after.items() if login.wrap_up_until is not None}
            await self._tell(companies, before, after, changed)
            if looks_at_all:
                self._look_for_strays(companies, after)

    async def _logins_of(self, session: Session, whom: Iterable[Who] | None) -> dict[Who, AgentLogin]:
        """Those who are logged in, of these or of all."""
        if whom is None:
            return {(login.company, login.person): login for login in await self._logins.everybody(session)}
        found = [await find_login(session, *who) for who in whom]
        return {(login.company, login.person): login for login in found if login is not None}

    async def _keep(self, session: Session, before: AgentLogin, after: AgentLogin, now: datetime) -> None:
        await keep_login(session, after)
        if after.is_paused and not before.is_paused:
            actor, reason = after.paused_by, after.pause_reason
            await note(session, after.company, now, actor, "agent.pause", after.person, reason)

    async def _tell(
        self,
        companies: Mapping[str, Company],
        before: Mapping[Who, AgentLogin],
        after: Mapping[Who, AgentLogin],
        changed: Sequence[Who],
    ) -> None:
        async def tell(who: Who) -> None:
            login, company = after[who], companies[who[0]]
            pause = duty.pause_on_switch(login)
            action = QueuePause(interface_of(company, login.endpoint), bool(pause), pause)
            await self._logins.tell(company, login.person, login, [action])

        differ = [who for who in changed if duty.pause_on_switch(before[who]) != duty.pause_on_switch(after[who])]
        await asyncio.gather(*map(tell, differ))

    def _ended_unseen(self, logins: Iterable[AgentLogin], now: datetime) -> list[Occurrence]:
        """The calls of queues that ended while nobody looked: at the moment that Asterisk remembers, or now."""
        over = [login for login in logins if login.serving and self._is_over(login)]
        if not over:
            return []
        last: dict[str, datetime] = {}
        for queue in self._logins.live.snapshot().queues:
            for member in queue.members:
                if member.last_call is not None:
                    last[member.name] = max(member.last_call, last.get(member.name, member.last_call))
        found = []
        for login in over:
            at = last.get(f"{login.company}-{login.person}")
            begun = login.serving_since
            is_of_that_call = at is not None and begun is not None and at >= begun.replace(microsecond=0)
            found.append(Occurrence(What.ENDED, (login.company, login.person), at if at and is_of_that_call else now))
        return found

    def _is_over(self, login: AgentLogin) -> bool:
        agent = self._seen.get(f"{login.company}-{login.person}")
        return agent is None or (not agent.serving and agent.state not in IN_CALL)

    def _look_for_strays(self, companies: Mapping[str, Company], logins: Mapping[Who, AgentLogin]) -> None:
        """Who is, for some time already, not as logged in: a comparison is due, once for the same people."""
        at = asyncio.get_running_loop().time()
        strays = {name for name, agent in self._seen.items() if self._is_stray(name, agent, companies, logins)}
        for login in logins.values():
            company = companies.get(login.company)
            name = f"{login.company}-{login.person}"
            if company and name not in self._seen and login.person in company.people:
                strays |= {name} if queues_of(company, company.people[login.person]) else set()
        self._strays = {name: self._strays.get(name, at) for name in strays}
        lasting = frozenset(name for name, since in self._strays.items() if at - since >= SETTLING)
        is_live = self._logins.live.snapshot().link.state is LinkState.LIVE if lasting - self._in_vain else False
        if is_live and self._cause is None:
            self._in_vain = lasting
            self._doubt()
        self._in_vain &= lasting

    def _is_stray(
        self, name: str, agent: Agent, companies: Mapping[str, Company], logins: Mapping[Who, AgentLogin]
    ) -> bool:
        company, person = split_switch_name(name)
        if company not in companies:
            return False
        login = logins.get((company, person))
        return login is None or agent.pause_reason != duty.pause_on_switch(login)

    # --- what is done about a switch that forgot

    async def restore(self, cause: str = "") -> Restored:
        """Make the members of every queue what the log-ins say: put back who is missing, remove who is not logged in,
        put penalties and pauses right; each repair is audited with its `cause`. Called after each relist and each
        change of the configuration. A pause that app_queue gave to somebody who did not answer becomes his own, for the
        reason `missed`.

        Raises: DatabaseAway; LinkDown, OutcomeUnknown, ActionRefused of the manager wire."""
        async with self._logins.turn:
            # Looked at before the desired log-ins are read: whoever changes both does it in the other order.
            standing = await self._logins.roster.look()
            with store_errors():
                async with self._logins.store.reading() as session:
                    companies = await self._logins.companies(session)
                    logins = await self._logins.everybody(session)
            missed = _missed(logins, standing.members, self._logins.clock())
            logins = [missed.get((login.company, login.person), login) for login in logins]
            wanted, ours = desired_members(companies, logins), queue_names(companies)
            actions = differences(wanted, standing.members, ours, standing.queues)
            if missed or actions:
                names = {(one.queue, one.interface): one.name for one in standing.members}
                names |= {(seat.queue, seat.interface): place.name for seat, place in wanted.items()}
                await self._write(missed, _repairs(actions, names), cause or OTHERWISE)
            self._logins.show_all(companies, logins)
            is_complete = await self._logins.roster.settle(wanted, ours, actions)
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

    async def _write(self, missed: Mapping[Who, AgentLogin], repairs: Mapping[Who, Sequence[str]], cause: str) -> None:
        at = self._logins.clock()
        with store_errors():
            async with self._logins.store.transaction() as session:
                for (company, person), done in repairs.items():
                    if (company, person) not in missed:
                        detail = f"{', '.join(done)}; because {cause}"
                        await note(session, company, at, "switch", "agent.repair", person, detail)
                for (company, person), login in missed.items():
                    await keep_login(session, login)
                    await note(session, company, at, "switch", "agent.pause", person, MISSED_REASON)


# --- small things


def _served(before: Agent | None, agent: Agent, who: Who, at: datetime) -> Iterable[Occurrence]:
    """What the two values of an agent tell about his calls."""
    was_serving = before.serving if before is not None else ""
    was_in_call = before is not None and before.state in IN_CALL
    is_over = bool(was_serving) and agent.serving != was_serving
    if is_over or (was_in_call and not agent.serving and _is_idle(agent)):
        yield Occurrence(What.ENDED, who, at)
    if agent.serving and agent.serving != was_serving:
        yield Occurrence(What.TAKEN, who, at, agent.serving)


def _is_idle(agent: Agent) -> bool:
    return not agent.serving and agent.state not in IN_CALL and agent.state is not AgentState.RINGING


def _after(
    before: Mapping[Who, AgentLogin], companies: Mapping[str, Company], happened: Iterable[Occurrence], now: datetime
) -> dict[Who, AgentLogin]:
    """The log-ins after all this, at this moment."""
    after = dict(before)
    for one in happened:
        login, company = after.get(one.who), companies.get(one.who[0])
        if login is None or company is None:
            continue
        queue = company.queues.get(split_switch_name(one.queue)[1] if one.queue else login.serving)
        match one.what:
            case What.TAKEN:
                after[one.who] = duty.taken(login, queue.id if queue else "", one.at)
            case What.ENDED:
                after[one.who] = duty.ended(login, one.at, queue.wrap_up if queue else 0)
            case What.MISSED:
                after[one.who] = duty.missed(login, one.at, queue.missed_limit if queue else 0)
    return {who: duty.wrapped_up(login, now) for who, login in after.items()}


def _missed(logins: Iterable[AgentLogin], members: Iterable[MemberFacts], now: datetime) -> dict[Who, AgentLogin]:
    """The log-ins, paused, of those whom app_queue paused for not answering and who are not known to be paused."""
    ready = {(login.company, login.person): login for login in logins if not login.is_paused}
    found: dict[Who, AgentLogin] = {}
    for member in members:
        who = split_switch_name(member.name)
        if who in ready and member.paused and member.pause_reason == AUTO_PAUSE:
            found[who] = duty.paused(ready[who], MISSED_REASON, member.last_pause or now, "switch")
    return found


def _repairs(actions: Iterable[Action], names: Mapping[tuple[str, str], str]) -> dict[Who, list[str]]:
    """What is mended for each person, in words; `names`: queue and interface -> the member's name."""
    found: dict[Who, list[str]] = {}
    for action in actions:
        match action:
            case QueueAdd(queue=queue, interface=interface):
                done = f"put back in {split_switch_name(queue)[1]}"
            case QueueRemove(queue=queue, interface=interface):
                done = f"taken out of {split_switch_name(queue)[1]}"
            case QueuePenalty(interface=interface, queue=queue):
                done = f"penalty in {split_switch_name(queue or '')[1]}"
            case QueuePause(interface=interface, paused=is_paused, reason=reason, queue=queue):
                done = f"paused for {reason}" if is_paused else "no longer paused"
            case _:
                continue
        who = split_switch_name(names.get((queue or "", interface), ""))
        if done not in found.setdefault(who, []):
            found[who].append(done)
    return {who: done for who, done in found.items() if who[0]}
