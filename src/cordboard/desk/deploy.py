"""Brings the configuration to the switch: plan, apply exactly that plan, verify, go back, watch. Checks first, effects
after."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from ami.client import Manager
from ami.errors import AmiError
from cordboard.desk.drift import DriftNews, DriftReport
from cordboard.desk.history import History
from cordboard.desk.ledger import Deed, Ledger
from cordboard.desk.rollback import Rollback, Rollbacks
from cordboard.desk.switchroom import PATIENCE, OpenManager, SwitchRoom
from cordboard.desk.wanted import Wanted, authors_since, base_revisions, sources_in
from cordboard.provisioning.actual import in_use
from cordboard.provisioning.applied import Applied
from cordboard.provisioning.apply import Deployer, Rehearse, rehearsed
from cordboard.provisioning.desired import Desired, Desires
from cordboard.provisioning.errors import DeployBusy, PlanRefused, PlanStale, ProvisioningError, StorageFailed
from cordboard.provisioning.generations import Generations
from cordboard.provisioning.pending import Pending
from cordboard.provisioning.people import Place as QueuePlace
from cordboard.provisioning.plan import Plan
from cordboard.provisioning.rehearsal import Rehearsal
from cordboard.provisioning.retreat import Retreat
from cordboard.provisioning.sources import Placement
from cordboard.provisioning.sweep import Sweeper
from cordboard.provisioning.verify import Place
from cordboard.store.engine import Store
from cordboard.store.errors import StoreError

log = logging.getLogger(__name__)

AGENTS_PATIENCE = 6.0  # seconds; the daemon looks for a new generation every second, and then lists everything again
AGENTS_RETRY = 0.25
T = TypeVar("T")


class Deployment:
    """What may be done about the configuration of one switch. `open_manager` opens its deploying account; `patience` is
    how long (seconds) a deployment of somebody else is waited for, `agents_patience` how long agents who went missing;
    `rehearsal` tries a generation before it is written; `desires` may remember what was compiled for another look."""

    def __init__(
        self,
        store: Store,
        deployer: Deployer,
        placement: Placement,
        open_manager: OpenManager,
        *,
        patience: float = PATIENCE,
        agents_patience: float = AGENTS_PATIENCE,
        rehearsal: Rehearse | None = None,
        desires: Desires | None = None,
    ) -> None:
        self._room = SwitchRoom(
            store=store,
            deployer=deployer,
            placement=placement,
            open_manager=open_manager,
            patience=patience,
            rehearse=rehearsal,
            desires=desires or Desires(),
        )
        self._store = store
        self._deployer = deployer
        self._agents_patience = agents_patience
        self._retreat = Retreat(deployer)
        self._sweeper = Sweeper(deployer)
        self._ledger = Ledger(store, placement.systemname)
        self._rollbacks = Rollbacks(self._room)
        self._news = DriftNews(self._ledger, deployer.now)
        self.history = History(self._room.generations, self._room.asterisk, self._ledger.results)

    @property
    def generations(self) -> Generations:
        """Those that are kept, on disk."""
        return self._room.generations

    # --- there ---------------------------------------------------------------------------------------------------

    async def plan(self, *, allow_shrink: bool = False) -> Plan:
        """What an apply would change. Changes nothing. Raises StoreError, StorageFailed, AmiError."""
        async with self._store.reading() as session:
            sources = await sources_in(session)
            authors = await authors_since(session, sources.revisions, base_revisions(self._room.generations))
        wanted = await sources.wanted(self._room.desires, self._room.placement)
        async with self._room.asterisk() as manager:
            return await self._deployer.look(wanted.desired, manager, authors=authors, allow_shrink=allow_shrink)

    async def at_rest(self, by: str, work: Callable[[], Awaitable[T]]) -> T:
        """Look while nobody deploys: what is half loaded is not taken for drift. Raises DeployBusy."""

        async def alone() -> T:
            with self._room.generations.lock(by, "look"):
                return await work()

        return await self._room.in_turn(alone)

    async def apply(
        self, actor: str, identity: str, *, allow_shrink: bool = False, confirm_within: timedelta | None = None
    ) -> Applied:
        """Put exactly the plan with this identity into force, for `actor`; on trial, if it is to be confirmed.

        Whoever follows the live state sees the new generation, lists the queues again and puts logged-in agents back.
        Raises PlanStale, PlanRefused, OnTrial, OtherAsterisk, DeployBusy, StorageFailed, StoreError, AmiError: then
        nothing was changed.
        """
        wanted = await self._wanted()
        what = f"plan {identity}"
        return await self._apply(
            actor, Deed.APPLY, what, identity, wanted, self._room.rehearse, allow_shrink, confirm_within
        )

    async def _apply(
        self,
        actor: str,
        deed: Deed,
        what: str,
        identity: str,
        wanted: Wanted,
        rehearse: Rehearse | None,
        allow_shrink: bool,
        confirm_within: timedelta | None = None,
    ) -> Applied:
        number = await self._ledger.next_number()

        async def work(manager: Manager | None) -> Applied:
            return await self._deployer.apply(
                identity,
                wanted.desired,
                manager,
                by=actor,
                allow_shrink=allow_shrink,
                number=number,
                notes=wanted.notes,
                rehearse=rehearse,
                confirm_within=confirm_within,
                ends_trial=deed is Deed.ROLLBACK,
            )

        applied = await self._with_agents(await self._timed(work))
        await self._ledger.record(actor, deed, what, applied, wanted.revisions)
        return applied

    async def rehearse(self, rehearsal: Rehearse) -> Rehearsal:
        """Try what the database wants in a throw-away Asterisk. Raises StoreError, and PlanRefused if the checks found
        errors."""
        wanted = await self.wanted()
        if not wanted.is_possible:
            raise PlanRefused([problem for problem in wanted.problems if not problem.is_warning])
        return await rehearsal(wanted)

    async def wanted(self) -> Desired:
        """What the database wants Asterisk to run, checked. Raises StoreError."""
        return (await self._wanted()).desired

    async def lines_to_add(self) -> dict[str, str]:
        """For an Asterisk that is not ours: file -> the lines that its owner adds to it, once. Raises StoreError."""
        return (await self.wanted()).lines_to_add()

    async def verify(self, actor: str = "cordboard verify") -> Applied:
        """Read back what Asterisk runs; reloads nothing. Raises DeployBusy, StorageFailed, StoreError, AmiError."""
        verified = await self._timed(lambda manager: self._deployer.verify(manager, by=actor))
        if await self._ledger.is_news(verified):
            await self._ledger.record(actor, Deed.VERIFY, "verification", verified)
        return verified

    async def settle(self, actor: str) -> Applied:
        """Finish or put back what the last deployment left unfinished: at a start, and when Asterisk is back.

        Raises DeployBusy, StorageFailed, StoreError, AmiError.
        """
        applied = await self._timed(lambda manager: self._deployer.settle(manager, by=actor))
        if await self._ledger.is_news(applied):
            await self._ledger.record(actor, Deed.SETTLE, "unfinished deployment", applied)
        return applied

    # --- and back ------------------------------------------------------------------------------------------------

    async def plan_rollback(self, number: int | None, actor: str, *, allow_shrink: bool = False) -> Rollback:
        """What going back to the companies of generation `number` would change; None: the last one that was verified
        before the one in force. Of the one in force: what was saved since it was made is taken back. Changes nothing.

        Raises PlanRefused when it cannot be gone back to, NoSuchGeneration, StoreError, StorageFailed, AmiError.
        """
        target = self._retreat.target(number, may_be_in_force=True)
        return await self._rollbacks.look(target, actor, allow_shrink=allow_shrink)

    async def rollback(self, actor: str, seen: Rollback, identity: str, *, allow_shrink: bool = False) -> Applied:
        """Save the companies of that generation again, and put exactly the plan that was seen into force.

        Raises PlanStale, PlanRefused, DeployBusy, StorageFailed, StoreError, AmiError. What is raised after the save
        carries a note that says so: the database then wants what `cordboard plan` shows.
        """
        fresh = await self._rollbacks.look(seen.target, actor, allow_shrink=allow_shrink, secrets=seen.secrets)
        if fresh.plan.identity != identity:
            raise PlanStale
        if fresh.plan.is_refused:
            raise PlanRefused(fresh.plan.errors)
        held = await self._rehearsed_before(fresh)
        wanted = await self._rollbacks.save(fresh, actor)
        what = f"to generation {seen.target}, plan {identity}"
        try:
            return await self._apply(actor, Deed.ROLLBACK, what, identity, wanted, held, allow_shrink)
        except (ProvisioningError, StoreError) as error:
            error.add_note(
                f"The database wants generation {seen.target} again, but it was not applied: `cordboard plan`."
            )
            raise

    async def _rehearsed_before(self, rollback: Rollback) -> Rehearse | None:
        """Before anything is saved: what came of it is given to the apply."""
        if rollback.plan.is_empty:
            return None
        rehearsal = await rehearsed(self._room.rehearse, rollback.wanted.desired)
        if rehearsal is None:
            return None

        async def held(_: Desired) -> Rehearsal:
            return rehearsal

        return held

    async def rollback_files(self, actor: str, number: int | None) -> Applied:
        """Put the files of generation `number` itself back, whatever the database wants; it need not be there.

        Raises PlanRefused, NoSuchGeneration, DeployBusy, StorageFailed, AmiError: then nothing was changed.
        """
        target = self._retreat.target(number)
        again = await self._timed(lambda manager: self._retreat.put_in_force_again(target, manager, by=actor))
        await self._ledger.record(actor, Deed.ROLLBACK, f"to the files of generation {target}", again)
        return again

    def pending(self) -> Pending | None:
        """The generation that is on trial. Raises StorageFailed."""
        return self._retreat.pending()

    async def confirm(self, actor: str) -> Pending:
        """Keep the generation that is on trial. Raises NotOnTrial, DeployBusy, StorageFailed."""

        async def work() -> Pending:
            return self._retreat.confirm(actor)

        confirmed = await self._room.in_turn(work)
        await self._ledger.note(actor, Deed.CONFIRM, f"generation {confirmed.generation}")
        return confirmed

    async def revert_if_due(self, actor: str) -> Applied | None:
        """Take the generation on trial back if its time has passed; None if there is nothing to do. Then the companies,
        as they were before it, if the database is there: without it the trial ends as well.

        Raises DeployBusy, StorageFailed, AmiError.
        """
        trial = self._retreat.pending()
        if trial is None or not self._retreat.is_due():
            return None

        async def work(manager: Manager | None) -> Applied | None:
            return await self._retreat.revert_if_due(manager, by=actor)

        reverted = await self._timed_or_none(work)
        if reverted is None:
            return None
        try:
            back = await self._rollbacks.undo(trial.generation, trial.base, actor)
        except (StoreError, ProvisioningError) as error:
            log.warning("companies not brought back after a trial", extra={"reason": str(error)})
            back = ()
        tried = self._revisions_of(trial.generation) if back else {}
        reverted = replace(await self._with_agents(reverted), companies_back=back, tried=tried)
        await self._ledger.record(actor, Deed.REVERT, "not confirmed in time", reverted)
        return reverted

    def _revisions_of(self, number: int) -> Mapping[str, int]:
        try:
            found: Mapping[str, int] = self.generations.about(number).notes.get("revisions", {})
        except ProvisioningError:
            return {}
        return found

    def may_sweep(self) -> frozenset[int]:
        """The other generations whose contexts are still loaded. Raises StorageFailed."""
        return self._sweeper.may_sweep()

    async def sweep(self, actor: str) -> Applied | None:
        """Unload the contexts of other generations that no call is in any more; None if there are none.

        Raises DeployBusy, StorageFailed, AmiError.
        """
        if not self._sweeper.may_sweep():
            return None

        async def work(manager: Manager | None) -> Applied | None:
            return None if manager is None else await self._sweeper.sweep(manager, by=actor)

        swept = await self._timed_or_none(work)
        if swept is not None:
            await self._ledger.record(actor, Deed.SWEEP, "contexts of other generations", swept)
        return swept

    # --- watching ------------------------------------------------------------------------------------------------

    async def drift(self) -> DriftReport:
        """How database, files and Asterisk stand to the generation in force. Changes nothing.

        Raises DeployBusy while somebody deploys, StorageFailed, AmiError.
        """
        try:
            wanted: Desired | None = await self.wanted()
        except StoreError:
            wanted = None
        async with self._room.asterisk() as manager:

            async def work() -> DriftReport:
                # It reads for a while in a large company, and nobody shall wait for it; a picture with a deployment in
                # it is thrown away.
                before = self._moment()
                report = await self._compared(wanted, manager)
                if self._moment() != before:
                    raise DeployBusy(None)
                return report

            return await self._room.in_turn(work)

    def _moment(self) -> tuple[object, ...]:
        """What a deployment would change. Raises DeployBusy, StorageFailed."""
        generations = self._room.generations
        if (owner := generations.deploying()) is not None:
            raise DeployBusy(owner)
        current = generations.current()
        if current is None:
            return (None,)
        with suppress(StorageFailed):  # a damaged one is what the comparison tells
            return current, generations.status(current), self._sweeper.may_sweep()
        return current, generations.status(current)

    async def _compared(self, wanted: Desired | None, manager: Manager | None) -> DriftReport:
        number = self._room.generations.current()
        if wanted is not None:
            seen = await self._deployer.look(wanted, manager)
            pending, found = len(seen.effective), seen.drift
        else:
            pending, found = 0, await self._deployer.differences(manager)
        return DriftReport(
            at=self._deployer.now(),
            generation=number,
            pending=pending,
            files=tuple(each for each in found if each.place is Place.FILE),
            asterisk=tuple(each for each in found if each.place is Place.ASTERISK),
            is_asterisk_read=manager is not None,
            is_database_read=wanted is not None,
            restarts=await self._deployer.restarts.needed(manager),
        )

    @property
    def last_drift(self) -> DriftReport | None:
        """What `watch` saw last."""
        return self._news.last

    async def watch(self, actor: str) -> DriftReport:
        """Look, and tell in the log and in the audit trail what has changed since the last look. Raises as `drift`."""
        report = await self.drift()
        await self._news.take(report, actor)
        return report

    # --- how -----------------------------------------------------------------------------------------------------

    async def _wanted(self) -> Wanted:
        async with self._store.reading() as session:
            sources = await sources_in(session)
        return await sources.wanted(self._room.desires, self._room.placement)

    async def _timed(self, work: Callable[[Manager | None], Awaitable[Applied]]) -> Applied:
        applied = await self._timed_or_none(work)
        assert applied is not None
        return applied

    async def _timed_or_none(self, work: Callable[[Manager | None], Awaitable[Applied | None]]) -> Applied | None:
        """Do it with Asterisk, in turn, and say how long it took."""
        began = time.monotonic()
        async with self._room.asterisk() as manager:
            applied = await self._room.in_turn(lambda: work(manager))
        return replace(applied, seconds=time.monotonic() - began) if applied is not None else None

    async def _with_agents(self, applied: Applied) -> Applied:
        """Agents who went missing are put back by whoever follows the live state: wait for it, and say who is back."""
        people = applied.people
        if people is None or not people.missing:
            return applied
        loop = asyncio.get_running_loop()
        end = loop.time() + self._agents_patience
        back: tuple[QueuePlace, ...] = ()
        try:
            async with self._room.asterisk() as manager:
                while manager is not None:
                    stand = (await in_use(manager)).members
                    back = tuple(place for place in people.missing if place[1] in stand.get(place[0], ()))
                    if len(back) == len(people.missing) or loop.time() >= end:
                        break
                    await asyncio.sleep(AGENTS_RETRY)
        except AmiError:
            pass  # what was seen until then is what is told
        return replace(applied, people=replace(people, back=back))
