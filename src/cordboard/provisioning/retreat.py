"""The ways back: a trial confirmed or taken back, a generation put in force again.

None of it needs the database. Whatever comes into force again keeps the contexts in which calls are, also those of the
generation that goes.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace

from ami.client import Manager
from ami.errors import AmiError
from cordboard.provisioning.actual import LiveUse, in_use, occupied
from cordboard.provisioning.applied import Applied
from cordboard.provisioning.apply import NOT_REACHED, Deployer, recovered
from cordboard.provisioning.desired import contexts_in
from cordboard.provisioning.errors import NotOnTrial, PlanRefused, StorageFailed
from cordboard.provisioning.generations import Generation, State
from cordboard.provisioning.kept_contexts import with_contexts
from cordboard.provisioning.modules import in_order, module_of
from cordboard.provisioning.pending import Pending
from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.takeover import manifest_of

log = logging.getLogger(__name__)


class Retreat:
    """For the switch of this deployer. A `manager` of None means: Asterisk was not reached."""

    def __init__(self, deployer: Deployer) -> None:
        self._generations = deployer.generations
        self._takeover = deployer.takeover
        self._restarts = deployer.restarts
        self._now = deployer.now

    # --- trials --------------------------------------------------------------------------------------------------

    def pending(self) -> Pending | None:
        """The generation on trial. Raises StorageFailed."""
        return self._generations.pending()

    def confirm(self, by: str) -> Pending:
        """Keep the generation that is on trial; what it was. Raises DeployBusy, NotOnTrial, StorageFailed."""
        with self._generations.lock(by, "confirm"):
            recovered(self._generations, by)
            pending = self._generations.pending()
            if pending is None or pending.generation != self._generations.current():
                raise NotOnTrial
            self._generations.end_trial()
            log.info("generation confirmed", extra={"generation": pending.generation, "by": by})
            return pending

    def is_due(self) -> bool:
        """Has the time of a trial passed? Raises StorageFailed."""
        pending = self._generations.pending()
        return pending is not None and self._now() >= pending.until

    async def revert_if_due(self, manager: Manager | None, *, by: str) -> Applied | None:
        """Take back the generation on trial when its time has passed; None if there is nothing to do. Callers in queues
        that go with it stay where they are until their longest wait has passed: here the way back comes first.

        Raises DeployBusy, StorageFailed, and AmiError while nothing was changed yet.
        """
        if not self.is_due():
            return None
        with self._generations.lock(by, "revert"):
            recovered(self._generations, by)
            pending = self._generations.pending()
            if pending is None or pending.generation != self._generations.current() or self._now() < pending.until:
                return None
            why = f"generation {pending.generation} was not confirmed in time"
            log.warning("generation taken back", extra={"generation": pending.generation, "to": pending.base})
            base = self._generations.load(pending.base)
            return await self._back_to(base, manager, why, "taken back: not confirmed in time")

    # --- an earlier one again ------------------------------------------------------------------------------------

    def target(self, number: int | None, *, may_be_in_force: bool = False) -> int:
        """The generation to go back to: this one; or the one before a trial, else the last that was verified before the
        one in force. `may_be_in_force`: it need not be another one, unless that one is on trial.
        Raises NoSuchGeneration, PlanRefused, StorageFailed."""
        if number is not None:
            if may_be_in_force and number == self._generations.current() and self._generations.pending() is None:
                return number
            if problem := self._unfit(number):
                raise PlanRefused([problem])
            return number
        if (pending := self._generations.pending()) is not None:
            return pending.base
        current = self._generations.current()
        before = [each for each in self._generations.numbers() if current is not None and each < current]
        proven = [each for each in before if self._generations.status(each).state is State.VERIFIED]
        if not proven:
            what = "no generation was verified before the one in force"
            raise PlanRefused([PlanProblem("rollback", what, "import what you want, and apply")])
        return proven[-1]

    def _unfit(self, number: int) -> PlanProblem | None:
        self._generations.load(number)  # it is there, and whole
        where, cure = f"generation {number}", "name another one: `cordboard generations` lists them"
        if number == self._generations.current():
            return PlanProblem(where, "it is in force", cure)
        status = self._generations.status(number)
        if status.state is not State.VERIFIED:
            return PlanProblem(where, status.reason or "that Asterisk ran it was never proven", cure)
        return None

    async def put_in_force_again(self, number: int, manager: Manager | None, *, by: str) -> Applied:
        """Let generation `number` run again as it was written, whatever the database wants. Those after it are never
        used again.

        Raises DeployBusy, NoSuchGeneration, PlanRefused, StorageFailed, and AmiError while nothing was changed yet.
        """
        with self._generations.lock(by, "rollback"):
            recovered(self._generations, by)
            generation = self._generations.load(number)
            if problems := await self._problems(generation, manager):
                raise PlanRefused(problems)
            why = f"put in force again by {by}"
            return await self._back_to(generation, manager, why, f"taken back: generation {number} was {why}")

    async def _problems(self, generation: Generation, manager: Manager | None) -> list[PlanProblem]:
        if problem := self._unfit(generation.number):
            return [problem]
        where = f"generation {generation.number}"
        use = await in_use(manager) if manager is not None else LiveUse()
        kept = manifest_of(generation).queues
        return [
            PlanProblem(
                f"queue {queue}",
                f"{waiting} callers wait in it, and {where} does not have it",
                "try again when these are served",
            )
            for queue, waiting in use.waiting.items()
            if waiting and queue not in kept
        ]

    async def _back_to(self, target: Generation, manager: Manager | None, why: str, after: str) -> Applied:
        """Noted before it is so, at each step: a start after a crash in between finds it and goes on from there."""
        gone = self._after(target.number)
        busy = await occupied(manager) if manager is not None else None
        target = self._keeping(target, busy)
        self._takeover.remember(target.number, State.SWITCHED, why)
        self._generations.switch(target.number)
        for number in gone:
            self._takeover.remember(number, State.FAILED, after)
        self._generations.end_trial()
        if manager is None:
            applied = Applied(generation=target.number, state=State.SWITCHED, reason=NOT_REACHED)
        else:
            modules = in_order(module_of(name) for name in target.files)
            applied = await self._takeover.take_over(manager, target, modules, may_go_back=False)
        kept = sorted(contexts_in(target.files).keys() - {target.number})
        waiting: tuple[str, ...] = ()
        with suppress(AmiError, StorageFailed):  # the next plan or verification tells
            waiting = await self._restarts.needed(manager)
        return replace(applied, taken_back=gone, kept=tuple(kept), restarts=waiting)

    def _after(self, number: int) -> tuple[int, ...]:
        """The one in force and all after the one that returns, unless they are out of use already."""
        current = self._generations.current()
        states = {each: self._generations.status(each).state for each in self._generations.numbers() if each > number}
        return tuple(each for each, state in states.items() if state is not State.FAILED or each == current)

    def _keeping(self, target: Generation, busy: frozenset[int] | None) -> Generation:
        """The generation that returns, with the contexts of others that calls are in. `busy` None: nobody knows."""
        current = self._generations.current()
        self._generations.mend(target.number)
        if current is None or current == target.number:
            return target
        try:
            now = self._generations.load(current)
            texts = {**contexts_in(target.files), **contexts_in(now.files)}
            wanted = texts.keys() if busy is None else {current, *busy}
            kept = {number: texts[number] for number in texts.keys() & wanted if number != target.number}
            amended = with_contexts(target, kept, now, self._generations.current_link)
            self._generations.amend(amended)
        except StorageFailed as error:
            # To go back is worth more than a call in a context that goes: the generation is there whole, as it was.
            log.error("contexts of calls are not kept on the way back", extra={"reason": error.reason})
            return self._generations.load(target.number)
        return amended
