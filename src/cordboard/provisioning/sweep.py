"""Unloads what nobody is in any more: contexts of generations that were in force, once their last call has ended."""

from __future__ import annotations

import logging
from dataclasses import replace

from ami.client import Manager
from ami.errors import AmiError
from cordboard.provisioning.actual import occupied
from cordboard.provisioning.applied import Applied
from cordboard.provisioning.apply import Deployer, recovered
from cordboard.provisioning.desired import contexts_in
from cordboard.provisioning.generations import Generation, State
from cordboard.provisioning.kept_contexts import with_contexts
from cordboard.provisioning.modules import DIALPLAN

log = logging.getLogger(__name__)


class Sweeper:
    """For the switch of this deployer."""

    def __init__(self, deployer: Deployer) -> None:
        self._generations = deployer.generations
        self._takeover = deployer.takeover

    def may_sweep(self) -> frozenset[int]:
        """The other generations whose contexts the one in force keeps. Raises StorageFailed."""
        current = self._generations.current()
        if current is None:
            return frozenset()
        return frozenset(contexts_in(self._generations.load(current).files).keys() - {current})

    async def sweep(self, manager: Manager, *, by: str) -> Applied | None:
        """Unload the contexts of other generations in which there is no call any more; None if there are none. No call
        can enter them: every door leads to the generation in force.

        Raises DeployBusy, StorageFailed, and AmiError while nothing was changed yet.
        """
        with self._generations.lock(by, "sweep"):
            recovery = recovered(self._generations, by)
            current = recovery.current
            if current is None or recovery.needs_verification:
                return None
            before = self._generations.load(current)
            kept = {number: text for number, text in contexts_in(before.files).items() if number != current}
            busy = await occupied(manager)
            free = tuple(sorted(kept.keys() - busy))
            if not free:
                return None
            # A change by hand is for a plan to tell; a sweep does not take it over, nor load it.
            found, _ = await self._takeover.compare(before, manager, {DIALPLAN})
            if self._generations.edited(current) or any(not each.is_foreign for each in found):
                return None
            still = {number: text for number, text in kept.items() if number in busy}
            swept = with_contexts(before, still, before, self._generations.current_link)
            self._generations.amend(swept)
            applied = await self._load_dialplan(manager, swept)
            if not applied.is_verified:
                log.error("sweep undone", extra={"generation": current, "reason": applied.reason})
                self._generations.amend(before)
                again = await self._load_dialplan(manager, before)
                return replace(again, reason=f"sweep undone: {applied.reason}", kept=tuple(sorted(kept)))
            log.info("contexts swept", extra={"generation": current, "swept": free})
            return replace(applied, swept=free, kept=tuple(sorted(still)))

    async def _load_dialplan(self, manager: Manager, generation: Generation) -> Applied:
        reloaded: list[str] = []
        try:
            refusals = await self._takeover.reload(manager, [DIALPLAN], reloaded, [])
            found, _ = await self._takeover.compare(generation, manager, {DIALPLAN})
        except AmiError as error:
            self._takeover.remember(generation.number, State.SWITCHED, f"the link failed during a sweep: {error}")
            return Applied(generation=generation.number, state=State.SWITCHED, reason=str(error))
        wrong = tuple(each for each in found if not each.is_foreign)
        if refusals or wrong:
            reason = "; ".join([*refusals, *map(str, wrong)])
            self._takeover.remember(generation.number, State.SWITCHED, reason)
            return Applied(generation=generation.number, state=State.SWITCHED, reason=reason, differences=wrong)
        self._takeover.remember(generation.number, State.VERIFIED)
        return Applied(generation=generation.number, state=State.VERIFIED, differences=found, reloaded=tuple(reloaded))
