"""Puts a plan into force: written, switched, reloaded, read back, and put back if Asterisk does not run what was meant.

desired -> look() -> plan, shown -> apply(that plan) -> Applied
start   -> settle()                                  -> Applied     finishes or puts back what was interrupted
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ami.client import Manager
from ami.errors import AmiError
from cordboard.provisioning.actual import LiveUse, generation_of, in_use, occupied
from cordboard.provisioning.applied import Applied
from cordboard.provisioning.changes import Author, Thing
from cordboard.provisioning.desired import Desired, contexts_in, own_files
from cordboard.provisioning.errors import NoSuchGeneration, OnTrial, PlanRefused, PlanStale, StorageFailed
from cordboard.provisioning.generations import Generation, Generations, Recovery, State
from cordboard.provisioning.loaded import needed_modules, not_loaded, not_loaded_problem
from cordboard.provisioning.modules import in_order, module_of
from cordboard.provisioning.pending import Pending
from cordboard.provisioning.plan import Plan, plan
from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.rehearsal import Rehearsal
from cordboard.provisioning.restarts import Restarts
from cordboard.provisioning.summary import told_changes
from cordboard.provisioning.takeover import Takeover, base_of, how_many_differ
from cordboard.provisioning.verify import UNREADABLE, Difference, unread
from dialplan_templates import manifest
from dialplan_templates.errors import ManifestRefused
from dialplan_templates.views import Mode

log = logging.getLogger(__name__)

__all__ = ["NOT_REACHED", "Applied", "Deployer", "Rehearse", "recovered", "rehearsed"]

NOT_REACHED = "Asterisk was not reached"
Rehearse = Callable[[Desired], Awaitable[Rehearsal]]
A_FAULT_OF_OURS = "nothing was written; a fault of Cordboard, to report with what `cordboard plan --files` prints"


class Deployer:
    """The deployments to one switch. A `manager` of None means: Asterisk was not reached."""

    def __init__(
        self, generations: Generations, mode: Mode, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.generations = generations
        self.takeover = Takeover(generations, is_owned=mode is Mode.OWNED)
        self.restarts = Restarts(generations)
        self.now = now

    @property
    def is_first(self) -> bool:
        """Was nothing ever put into force here?"""
        return self.generations.current() is None

    # --- looking ---------------------------------------------------------------------------------------------------

    async def look(
        self,
        desired: Desired,
        manager: Manager | None,
        *,
        authors: Mapping[Thing, tuple[Author, ...]] | None = None,
        allow_shrink: bool = False,
        is_read: bool = True,
    ) -> Plan:
        """Compare what is wanted with what is in force. Changes nothing. `authors`: who touched what since then.
        `is_read` False: Asterisk is only asked who is inside; that is enough for an apply, which reads the rest later.

        Raises: StorageFailed, AmiError.
        """
        number = self.generations.current()
        live: LiveUse | None = None
        if number is None:
            live = None if manager is None else await in_use(manager)
            return plan(desired, None, live=live, authors=authors, allow_shrink=allow_shrink)
        try:
            generation = self.generations.load(number)
        except (StorageFailed, NoSuchGeneration) as damaged:
            return self._plan_without_record(desired, str(damaged), allow_shrink)
        if is_read:
            differences, actual = await self.takeover.compare(generation, manager)
            live = actual.use if actual else None
        else:
            differences = self.takeover.edited(number)
            live = await in_use(manager) if manager else None
        found = plan(
            desired,
            base_of(generation, is_proven=self.generations.status(number).state is State.VERIFIED),
            drift=differences,
            live=live,
            authors=authors,
            allow_shrink=allow_shrink,
        )
        waiting = await self.restarts.planned(manager, desired.prints, desired.inventory) if desired.prints else None
        if manager is not None:
            found = await self._with_modules(found, desired, generation, manager)
        return found if waiting is None else replace(found, restarts=waiting)

    async def _with_modules(self, found: Plan, desired: Desired, generation: Generation, manager: Manager) -> Plan:
        """The plan, with an error for each module that it needs and Asterisk has not loaded."""
        if found.is_empty:
            return found
        needed = needed_modules(self.takeover.manifest_of(generation), desired.inventory, found.reloads)
        lacking = await not_loaded(manager, needed)
        return replace(
            found,
            problems=(*found.problems, *map(not_loaded_problem, lacking)),
            reloads=tuple(module for module in found.reloads if module not in lacking),
        )

    def _plan_without_record(self, desired: Desired, reason: str, allow_shrink: bool) -> Plan:
        problem = PlanProblem(
            f"generation {self.generations.current()}",
            f"what it holds cannot be told: {reason}",
            "apply with --allow-shrink to write everything anew, without knowing what that removes",
            is_warning=allow_shrink,
            is_shrinking=True,
        )
        found = plan(desired, None, allow_shrink=allow_shrink)
        return replace(found, problems=(*found.problems, problem))

    # --- applying --------------------------------------------------------------------------------------------------

    async def apply(
        self,
        identity: str,
        desired: Desired,
        manager: Manager | None,
        *,
        by: str,
        allow_shrink: bool = False,
        number: int = 1,
        notes: Mapping[str, object] | None = None,
        rehearse: Rehearse | None = None,
        confirm_within: timedelta | None = None,
        ends_trial: bool = False,
    ) -> Applied:
        """Put exactly the plan with this identity into force, as generation `number` or a higher one. `notes`
        (JSON-able) are kept with it. An empty plan writes nothing: what is in force is read back.

        `rehearse`: tries the generation before anything is written. `confirm_within`: put it on trial for that long.
        `ends_trial`: it replaces a generation that is on trial; else that one has to be confirmed first.

        Raises: DeployBusy, OnTrial, PlanStale, PlanRefused, StorageFailed, and AmiError while nothing was written yet.
        """
        with self.generations.lock(by, "apply"):
            recovery = recovered(self.generations, by)
            if (pending := self.generations.pending()) is not None and not ends_trial:
                raise OnTrial(pending)
            seen = await self.look(desired, manager, allow_shrink=allow_shrink, is_read=False)
            if not seen.effective:
                seen = await self.look(desired, manager, allow_shrink=allow_shrink)
            self._check_is_the_plan_seen(seen, identity)
            self._check_is_possible(seen)
            if seen.is_empty:
                return _with_news(await self._read_back(manager), recovery)
            base = self.generations.current()
            if confirm_within is not None and base is None:
                raise PlanRefused([NOTHING_TO_GO_BACK_TO])
            rehearsal = await rehearsed(rehearse, desired)
            kept = await self._kept_contexts(manager)
            number = max(number, self.generations.next_number())
            # Of a large company that takes a while, in which this process may have others to serve.
            generation = await asyncio.to_thread(self._next_generation, number, desired, seen, kept, by, notes or {})
            trial = self._trial(generation, confirm_within)
            await _to_its_end(self._put_in_force, generation, trial)
            log.info("generation switched", extra={"generation": generation.number, "by": by})
            if manager is None:
                applied = Applied(generation=generation.number, state=State.SWITCHED, reason=NOT_REACHED)
            else:
                applied = await self.takeover.take_over(manager, generation, seen.reloads)
            trial = self._begin_trial(applied, trial, confirm_within)
            await _to_its_end(self._prune)
            waiting = await self._waiting_for_restart(manager, applied, seen)
            applied = replace(
                applied,
                changes=told_changes(seen.effective),
                restarts=waiting,
                kept=tuple(sorted(kept)),
                rehearsal=rehearsal,
                trial=trial,
            )
            return _with_news(applied, recovery)

    def _trial(self, generation: Generation, within: timedelta | None) -> Pending | None:
        if within is None or generation.base is None:
            return None
        until = self.now() + within
        return Pending(generation=generation.number, base=generation.base, until=until, by=generation.by)

    def _begin_trial(self, applied: Applied, trial: Pending | None, within: timedelta | None) -> Pending | None:
        """The time to confirm begins when the generation is in force. One that failed ended its own trial, and leaves
        the trial that it would have replaced."""
        try:
            if applied.failed is not None:
                self.generations.end_trial_of(applied.failed)
                return self.generations.pending()
            if trial is None or within is None:
                self.generations.end_trial()
                return None
            trial = replace(trial, until=self.now() + within)
            self.generations.expect_confirmation(trial)
        except StorageFailed as error:
            log.error("trial of a generation not kept", extra={"reason": error.reason})
        return trial

    async def _waiting_for_restart(self, manager: Manager | None, applied: Applied, seen: Plan) -> tuple[str, ...]:
        """Remembered if Asterisk runs: one that does not takes everything over when it starts."""
        try:
            if manager is not None and applied.failed is None and seen.base is not None:
                await self.restarts.note(manager, seen.base, seen.restarts, applied.restarts)
            return await self.restarts.needed(manager)
        except (AmiError, StorageFailed) as error:
            log.warning("what waits for a restart was not noted", extra={"reason": str(error)})
            return () if applied.failed is not None else (*seen.restarts, *applied.restarts)

    def _check_is_the_plan_seen(self, seen: Plan, identity: str) -> None:
        if seen.identity != identity:
            raise PlanStale

    def _check_is_possible(self, seen: Plan) -> None:
        if seen.is_refused:
            raise PlanRefused(seen.errors)

    async def _kept_contexts(self, manager: Manager | None) -> dict[int, str]:
        """Contexts of older generations that stay loaded: those with calls in them, and always the last ones."""
        current = self.generations.current()
        if current is None:
            return {}
        try:
            available = contexts_in(self.generations.load(current).files)
        except (StorageFailed, NoSuchGeneration):
            return {}
        if manager is None:
            return available
        wanted = {current, *await occupied(manager)}
        return {number: text for number, text in available.items() if number in wanted}

    def _next_generation(
        self, number: int, desired: Desired, seen: Plan, kept: Mapping[int, str], by: str, notes: Mapping[str, object]
    ) -> Generation:
        files = desired.files(number, kept)
        try:
            defined = manifest(own_files(files, number))
            if {each: text for each, text in contexts_in(files).items() if each != number} != dict(kept):
                raise ManifestRefused("the contexts of earlier generations are not as they were kept")
        except ManifestRefused as refused:
            raise PlanRefused([PlanProblem(f"generation {number}", f"{refused}", A_FAULT_OF_OURS)]) from refused
        base = self.generations.current()
        if base is not None and kept:
            older = self.takeover.manifest_of(self.generations.load(base)).contexts
            still = {name: extensions for name, extensions in older.items() if generation_of(name) in kept}
            defined = replace(defined, contexts={**defined.contexts, **still})
        self.takeover.expect(defined)
        return Generation(
            number=number,
            base=base,
            by=by,
            created=self.now(),
            wanted=desired.identity,
            files=files,
            notes={
                **notes,
                "inventory": desired.inventory,
                "prints": desired.prints,
                "manifest": defined.to_json(),
                "plan": seen.identity,
                "changes": list(told_changes(seen.effective)),
            },
        )

    def _put_in_force(self, generation: Generation, trial: Pending | None) -> None:
        self.generations.prepare(generation)
        if trial is not None:
            self.generations.expect_confirmation(trial)
        self.generations.switch(generation.number)
        self.takeover.remember(generation.number, State.SWITCHED)

    def _prune(self) -> None:
        try:
            self.generations.prune()
        except StorageFailed as error:
            log.error("old generations not removed", extra={"reason": error.reason})

    # --- afterwards ------------------------------------------------------------------------------------------------

    async def verify(self, manager: Manager | None, *, by: str) -> Applied:
        """Read back the generation in force, for `by`. Reloads nothing; one not proven yet is marked when it is.

        Raises: DeployBusy, StorageFailed, AmiError.
        """
        with self.generations.lock(by, "verify"):
            return await self._read_back(manager)

    async def differences(self, manager: Manager | None) -> tuple[Difference, ...]:
        """What is not as the generation in force left it. Changes nothing. Raises StorageFailed, AmiError."""
        number = self.generations.current()
        if number is None:
            return ()
        found, _ = await self.takeover.compare(self.generations.load(number), manager)
        return found

    async def _read_back(self, manager: Manager | None) -> Applied:
        number = self.generations.current()
        if number is None:
            return Applied(generation=None, state=State.PREPARED, reason="nothing was applied yet")
        found, actual = await self.takeover.compare(self.generations.load(number), manager)
        state, reason = self._proof(number, manager, [each for each in found if not each.is_foreign])
        return Applied(
            generation=number,
            state=state,
            reason=reason,
            differences=found,
            unreadable=unread(actual) if actual else UNREADABLE,
            restarts=await self.restarts.needed(manager),
            trial=self.generations.pending(),
        )

    def _proof(self, number: int, manager: Manager | None, wrong: Sequence[Difference]) -> tuple[State, str]:
        """How far this generation got, as far as is known now, and why not further."""
        state = self.generations.status(number).state
        unproven = State.SWITCHED if state is State.VERIFIED else state  # what was proven once is not proven now
        if manager is None:
            return unproven, NOT_REACHED
        if wrong:
            return unproven, how_many_differ(wrong)
        if state is not State.VERIFIED:
            self.takeover.remember(number, State.VERIFIED)
        return State.VERIFIED, ""

    async def settle(self, manager: Manager | None, *, by: str) -> Applied:
        """Finish, for `by`, what the last deployment left unfinished, at a start or when Asterisk comes back: a
        generation that was put in force and never proven is read back, loaded if need be, and put back if it still
        differs.

        Raises: DeployBusy, StorageFailed, AmiError.
        """
        with self.generations.lock(by, "settle"):
            recovery = recovered(self.generations, by)
            found = await self._read_back(manager)
            if manager is None or found.generation is None or found.is_verified or not recovery.needs_verification:
                return _with_news(found, recovery)
            generation = self.generations.load(found.generation)
            modules = {module_of(name) for name in generation.files}
            applied = await self.takeover.take_over(
                manager, generation, in_order(modules), may_go_back=not recovery.is_way_back
            )
            if applied.failed is not None:
                self.generations.end_trial_of(applied.failed)
            return _with_news(applied, recovery)


NOTHING_TO_GO_BACK_TO = PlanProblem(
    "generation 1", "there is nothing before it to go back to", "apply it without --confirm-within"
)


def recovered(generations: Generations, by: str) -> Recovery:
    """Tidy up after an interrupted deployment, and say so. Raises StorageFailed."""
    recovery = generations.recover()
    if recovery.put_back_from is not None or recovery.discarded:
        log.warning(
            "interrupted deployment tidied up",
            extra={
                "generation": recovery.current,
                "put_back_from": recovery.put_back_from,
                "discarded": recovery.discarded,
                "by": by,
            },
        )
    return recovery


async def rehearsed(rehearse: Rehearse | None, desired: Desired) -> Rehearsal | None:
    """Raises PlanRefused when the rehearsal was held and something was wrong."""
    if rehearse is None:
        return None
    rehearsal = await rehearse(desired)
    if rehearsal.is_possible and not rehearsal.is_passed:
        found = [*rehearsal.problems, *map(str, rehearsal.differences)]
        cure = "correct what it comes from; nothing was written"
        raise PlanRefused([PlanProblem("rehearsal", what, cure) for what in found])
    return rehearsal


def _with_news(applied: Applied, recovery: Recovery) -> Applied:
    return replace(applied, put_back_from=recovery.put_back_from, discarded=recovery.discarded)


async def _to_its_end(work: Callable[..., None], *arguments: object) -> None:
    """Do what waits for the disk in a thread. Even a cancelled apply holds its lock until that has ended."""
    thread = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        await asyncio.shield(thread)
    finally:
        while not thread.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([thread])
