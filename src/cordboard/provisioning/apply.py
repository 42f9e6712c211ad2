"""Puts a plan into force: written, switched, reloaded, read back, and put back if Asterisk does not run what was meant.

desired -> look() -> plan, shown -> apply(that plan) -> Applied
start   -> settle()                                  -> Applied     finishes or puts back what was interrupted
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ami.actions import Action, QueueReload, Reload
from ami.client import Manager
from ami.errors import ActionRefused, AmiError
from cordboard.provisioning.actual import READ, Actual, generation_of, in_use, occupied, read
from cordboard.provisioning.changes import Author, Thing
from cordboard.provisioning.desired import Desired, contexts_in, own_files
from cordboard.provisioning.errors import NoSuchGeneration, PlanRefused, PlanStale, StorageFailed
from cordboard.provisioning.generations import Generation, Generations, Recovery, State
from cordboard.provisioning.modules import DIALPLAN, QUEUES, in_order, module_of
from cordboard.provisioning.plan import Base, Plan, edited_files, plan
from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.verify import UNREADABLE, Difference, Place, compare
from dialplan_templates import Manifest, manifest
from dialplan_templates.views import Mode

log = logging.getLogger(__name__)

RELOAD_DEADLINE = 60.0  # seconds for one module: Asterisk answers when it has loaded its file
RELOAD_PATIENCE = 30.0  # seconds that somebody else's reload may take
RETRY = 0.1  # seconds between two attempts meanwhile
NOT_REACHED = "Asterisk was not reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What came of an apply or of a verification.

    `generation` is in force and got as far as `state`; `failed` was tried and is out of force again. `differences` are
    those of the failed one, if there is one, else those of the one in force.
    """

    generation: int | None
    state: State
    reason: str = ""
    failed: int | None = None
    differences: tuple[Difference, ...] = ()
    reloaded: tuple[str, ...] = ()
    restarts: tuple[str, ...] = ()
    """Files and settings that only a restart of Asterisk takes over."""
    kept: tuple[int, ...] = ()
    """Earlier generations whose contexts stay loaded for calls that are in them."""
    unreadable: tuple[str, ...] = UNREADABLE
    """Of what the read-back could say nothing."""
    put_back_from: int | None = None
    """A failed generation whose going back was interrupted: it was finished on disk before anything else was done."""
    discarded: tuple[int, ...] = ()
    """Generations that were interrupted before they were in force, and never will be."""

    @property
    def is_verified(self) -> bool:
        return self.state is State.VERIFIED and self.failed is None

    @property
    def interrupted(self) -> tuple[int, ...]:
        """The generations that an earlier deployment left unfinished and that were tidied up now."""
        return (*self.discarded, *(() if self.put_back_from is None else (self.put_back_from,)))

    @property
    def were_queues_reloaded(self) -> bool:
        """Must whoever follows the live state list the queues again, and put the logged-in agents back?"""
        return QUEUES in self.reloaded


class Deployer:
    """The deployments to one switch. A `manager` of None means: Asterisk was not reached."""

    def __init__(
        self, generations: Generations, mode: Mode, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._generations = generations
        self._is_owned = mode is Mode.OWNED
        self._now = now

    @property
    def is_first(self) -> bool:
        """Was nothing ever put into force here?"""
        return self._generations.current() is None

    # --- looking ---------------------------------------------------------------------------------------------------

    async def look(
        self,
        desired: Desired,
        manager: Manager | None,
        *,
        authors: Mapping[Thing, tuple[Author, ...]] | None = None,
        allow_shrink: bool = False,
    ) -> Plan:
        """Compare what is wanted with what is in force. Changes nothing. `authors`: who touched what since then.

        Raises: StorageFailed, AmiError.
        """
        number = self._generations.current()
        if number is None:
            live = None if manager is None else await in_use(manager)
            return plan(desired, None, live=live, authors=authors, allow_shrink=allow_shrink)
        try:
            generation = self._generations.load(number)
        except (StorageFailed, NoSuchGeneration) as damaged:
            return self._plan_without_record(desired, str(damaged), allow_shrink)
        differences, actual = await self._compare(generation, manager)
        return plan(
            desired,
            _base(generation, is_proven=self._generations.status(number).state is State.VERIFIED),
            drift=differences,
            live=actual.use if actual else None,
            authors=authors,
            allow_shrink=allow_shrink,
        )

    def _plan_without_record(self, desired: Desired, reason: str, allow_shrink: bool) -> Plan:
        problem = PlanProblem(
            f"generation {self._generations.current()}",
            f"what it holds cannot be told: {reason}",
            "apply with --allow-shrink to write everything anew, without knowing what that removes",
            is_warning=allow_shrink,
        )
        found = plan(desired, None, allow_shrink=allow_shrink)
        return replace(found, problems=(*found.problems, problem))

    async def _compare(
        self, generation: Generation, manager: Manager | None, modules: Collection[str] | None = None
    ) -> tuple[tuple[Difference, ...], Actual | None]:
        """Everything that is not as this generation says, in its files and in Asterisk. `modules`: in these alone."""
        differences = self._edited(generation.number)
        if manager is None:
            return differences, None
        wanted = _manifest(generation)
        actual = await read(
            manager, wanted, whole_dialplan=self._is_owned, modules=READ if modules is None else modules
        )
        differences += compare(wanted, actual, is_owned=self._is_owned)
        return tuple(each for each in differences if modules is None or each.module in modules), actual

    def _edited(self, number: int) -> tuple[Difference, ...]:
        try:
            return edited_files(self._generations.edited(number))
        except (StorageFailed, NoSuchGeneration) as error:
            return (Difference(Place.FILE, "generation", str(number), "as it was written", str(error)),)

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
    ) -> Applied:
        """Put exactly the plan with this identity into force, as generation `number` or a higher one. `notes`
        (JSON-able) are kept with it. An empty plan writes nothing: what is in force is read back.

        Raises: DeployBusy, PlanStale, PlanRefused, StorageFailed, and AmiError while nothing was written yet.
        """
        with self._generations.lock(by, "apply"):
            recovery = self._recover(by)
            seen = await self.look(desired, manager, allow_shrink=allow_shrink)
            self._check_is_the_plan_seen(seen, identity)
            self._check_is_possible(seen)
            if seen.is_empty:
                return _with_news(await self._verify(manager), recovery)
            kept = await self._kept_contexts(manager)
            number = max(number, self._generations.next_number())
            generation = self._next_generation(number, desired, seen, kept, by, notes or {})
            await _to_its_end(self._put_in_force, generation)
            log.info("generation switched", extra={"generation": generation.number, "by": by})
            if manager is None:
                applied = Applied(generation=generation.number, state=State.SWITCHED, reason=NOT_REACHED)
            else:
                applied = await self._take_over(manager, generation, seen.reloads)
            await _to_its_end(self._prune)
            applied = replace(applied, restarts=(*seen.restarts, *applied.restarts), kept=tuple(sorted(kept)))
            return _with_news(applied, recovery)

    def _recover(self, by: str) -> Recovery:
        recovery = self._generations.recover()
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

    def _check_is_the_plan_seen(self, seen: Plan, identity: str) -> None:
        if seen.identity != identity:
            raise PlanStale("what is wanted or what is in force has changed since this plan was made: plan again")

    def _check_is_possible(self, seen: Plan) -> None:
        if seen.is_refused:
            raise PlanRefused(seen.errors)

    async def _kept_contexts(self, manager: Manager | None) -> dict[int, str]:
        """Contexts of older generations that stay loaded: those with calls in them, and always the last ones."""
        current = self._generations.current()
        if current is None:
            return {}
        try:
            available = contexts_in(self._generations.load(current).files)
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
        defined = manifest(own_files(files, number))
        base = self._generations.current()
        if base is not None and kept:
            older = _manifest(self._generations.load(base)).contexts
            still = {name: extensions for name, extensions in older.items() if generation_of(name) in kept}
            defined = replace(defined, contexts={**defined.contexts, **still})
        return Generation(
            number=number,
            base=base,
            by=by,
            created=self._now(),
            wanted=desired.identity,
            files=files,
            notes={
                **notes,
                "inventory": desired.inventory,
                "prints": desired.prints,
                "manifest": defined.to_json(),
                "plan": seen.identity,
            },
        )

    def _put_in_force(self, generation: Generation) -> None:
        self._generations.prepare(generation)
        self._generations.switch(generation.number)
        self._remember(generation.number, State.SWITCHED)

    def _remember(self, number: int, state: State, reason: str = "") -> None:
        """Note how far a generation got. What is in force is so without the note: a disk that is full now does not stop
        us half-way, and the next start looks again."""
        try:
            self._generations.mark(number, state, reason)
        except StorageFailed as error:
            log.error("state of a generation not kept", extra={"generation": number, "reason": error.reason})

    def _prune(self) -> None:
        try:
            self._generations.prune()
        except StorageFailed as error:
            log.error("old generations not removed", extra={"reason": error.reason})

    async def _take_over(self, manager: Manager, generation: Generation, modules: Sequence[str]) -> Applied:
        """Let Asterisk load the generation on disk and read it back; if it differs, put the one before it back.

        The dialplan is loaded last, after everything that it leads to was read back: a generation with a broken queue
        or phone is put back before a single call has entered its contexts.
        """
        reloaded: list[str] = []
        skipped: list[str] = []
        before = set(modules) - {DIALPLAN}
        try:
            # The dialplan is always loaded: its marker context tells which generation Asterisk runs.
            for stage, looked_at in ((before, before), ({DIALPLAN}, None)):
                refusals = await self._reload(manager, stage, reloaded, skipped)
                found, _ = await self._compare(generation, manager, looked_at)
                wrong = tuple(each for each in found if not each.is_foreign)
                if refusals or wrong:
                    reason = "; ".join([*refusals, *([f"{len(wrong)} objects differ"] if wrong else [])])
                    log.error("generation differs", extra={"generation": generation.number, "reason": reason})
                    return await self._put_back(manager, generation, reason, (*wrong,), reloaded)
        except AmiError as error:
            reason = f"the link to Asterisk failed before it was read back: {error}"
            return Applied(generation=generation.number, state=State.SWITCHED, reason=reason, reloaded=tuple(reloaded))
        self._remember(generation.number, State.VERIFIED)
        log.info("generation verified", extra={"generation": generation.number})
        return Applied(
            generation=generation.number,
            state=State.VERIFIED,
            differences=found,
            reloaded=tuple(reloaded),
            restarts=tuple(f"what {module} reads" for module in skipped),
        )

    async def _put_back(
        self,
        manager: Manager,
        failed: Generation,
        reason: str,
        differences: tuple[Difference, ...],
        reloaded: Sequence[str],
    ) -> Applied:
        """Put the generation before `failed` into force again and prove that it is. Never raises AmiError."""
        result = Applied(
            generation=failed.number,
            state=State.FAILED,
            reason=reason,
            failed=failed.number,
            differences=differences,
            reloaded=tuple(reloaded),
        )
        self._remember(failed.number, State.FAILED, reason)
        if failed.base is None:
            return replace(result, reason=f"{reason}; there is no generation before it to go back to")
        why = f"put back after generation {failed.number} failed"
        try:
            base = self._generations.load(failed.base)
            self._generations.mend(base.number)
            self._generations.switch(base.number)
        except (StorageFailed, NoSuchGeneration) as error:
            return replace(result, reason=f"{reason}; the one before it cannot be put back: {error}")
        self._remember(base.number, State.SWITCHED, why)
        result = replace(result, generation=base.number, state=State.SWITCHED)
        again: list[str] = []
        modules = {*reloaded, *(each.module for each in differences), DIALPLAN}
        try:
            refusals = await self._reload(manager, modules, again, [])
            found, _ = await self._compare(base, manager)
        except AmiError as error:
            return replace(result, reason=f"{reason}; it is not proven that its predecessor runs again: {error}")
        wrong = [each for each in found if not each.is_foreign]
        if refusals or wrong:
            told = "; ".join([*refusals, *map(str, wrong)])
            return replace(result, reason=f"{reason}; its predecessor differs as well: {told}")
        self._remember(base.number, State.VERIFIED, why)
        log.info("generation put back", extra={"generation": base.number})
        return replace(result, state=State.VERIFIED, reloaded=tuple(dict.fromkeys((*reloaded, *again))))

    async def _reload(
        self, manager: Manager, modules: Iterable[str], reloaded: list[str], skipped: list[str]
    ) -> list[str]:
        """Reload each module once and return the refusals. What is done is noted at once: the link may fail next."""
        refusals = []
        for module in in_order(modules):
            try:
                await _reload_one(manager, module)
                reloaded.append(module)
            except ActionRefused as refused:
                if "no such module" in refused.message.lower() or "not support reload" in refused.message.lower():
                    skipped.append(module)
                else:
                    refusals.append(f"reload of {module}: {refused.message}")
        return refusals

    # --- afterwards ------------------------------------------------------------------------------------------------

    async def verify(self, manager: Manager | None, *, by: str) -> Applied:
        """Read back the generation in force, for `by`. Reloads nothing; one not proven yet is marked when it is.

        Raises: DeployBusy, StorageFailed, AmiError.
        """
        with self._generations.lock(by, "verify"):
            return await self._verify(manager)

    async def _verify(self, manager: Manager | None) -> Applied:
        number = self._generations.current()
        if number is None:
            return Applied(generation=None, state=State.PREPARED, reason="nothing was applied yet")
        status = self._generations.status(number)
        found, _ = await self._compare(self._generations.load(number), manager)
        wrong = [each for each in found if not each.is_foreign]
        if manager is None:
            return Applied(generation=number, state=status.state, reason=NOT_REACHED, differences=found)
        if wrong:
            return Applied(
                generation=number,
                state=status.state if status.state is not State.VERIFIED else State.SWITCHED,
                reason=f"{len(wrong)} objects differ",
                differences=found,
            )
        if status.state is not State.VERIFIED:
            self._remember(number, State.VERIFIED)
        return Applied(generation=number, state=State.VERIFIED, differences=found)

    async def settle(self, manager: Manager | None, *, by: str) -> Applied:
        """Finish, for `by`, what the last deployment left unfinished, at a start or when Asterisk comes back: a
        generation that was put in force and never proven is read back, loaded if need be, and put back if it still
        differs.

        Raises: DeployBusy, StorageFailed, AmiError.
        """
        with self._generations.lock(by, "settle"):
            recovery = self._recover(by)
            found = await self._verify(manager)
            if manager is None or found.generation is None or found.is_verified or not recovery.needs_verification:
                return _with_news(found, recovery)
            generation = self._generations.load(found.generation)
            modules = {module_of(name) for name in generation.files}
            return _with_news(await self._take_over(manager, generation, in_order(modules)), recovery)


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


async def _reload_one(manager: Manager, module: str) -> None:
    """Raises ActionRefused, also when somebody else's reload does not end."""
    action: Action = QueueReload() if module == QUEUES else Reload(module)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + RELOAD_PATIENCE
    while True:
        try:
            await manager.act(action, RELOAD_DEADLINE)
            return
        except ActionRefused as refused:
            if "in progress" not in refused.message.lower() or loop.time() > deadline:
                raise
        await asyncio.sleep(RETRY)


def _manifest(generation: Generation) -> Manifest:
    """What this generation defines; kept with it, so that a later version of Cordboard still knows."""
    return Manifest.from_json(generation.notes["manifest"])


def _base(generation: Generation, *, is_proven: bool) -> Base:
    return Base(
        is_proven=is_proven,
        number=generation.number,
        wanted=generation.wanted,
        inventory=generation.notes["inventory"],
        prints=generation.notes["prints"],
    )
