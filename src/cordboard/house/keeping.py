"""Keeps the configuration in force as it was left: finishes, takes trials back, sweeps, and tells what drifts."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from ami.actions import CoreShowChannels
from ami.client import SwitchLink
from ami.errors import AmiError
from ami.live import Live
from cordboard.desk.deploy import Deployment
from cordboard.provisioning.actual import generations_in
from cordboard.provisioning.applied import Applied
from cordboard.provisioning.errors import DeployBusy, ProvisioningError
from cordboard.store.errors import StoreError

log = logging.getLogger(__name__)

ACTOR = "cordboard run"
# How soon the end of a trial is noticed, and how soon that the last call of an earlier generation has ended.
TRIAL_PAUSE = 0.5
SWEEP_PAUSE = 5.0


async def settle_and_watch(deployment: Deployment, live: Live, interval: float) -> None:
    """Finish or put back what a deployment left unfinished: now, and whenever Asterisk is back. Then, and every
    `interval` seconds, compare what is with what was left; 0: never."""
    is_back = asyncio.Event()
    unwatch = live.watch(lambda _: is_back.set(), frozenset({"reset"}))
    known: object = None
    try:
        while True:
            is_back.clear()
            known = await _settle(deployment, known)
            while True:
                if interval:
                    await _watch(deployment)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(is_back.wait(), interval or None)
                    break
    finally:
        unwatch()


async def _settle(deployment: Deployment, known: object) -> object:
    """What was found, to be told only when it is another than what is known."""
    try:
        settled = await deployment.settle(ACTOR)
    except DeployBusy:
        return known  # somebody deploys right now, and knows better
    except (ProvisioningError, AmiError, StoreError) as error:
        log.error("the configuration in force could not be verified", extra={"reason": str(error)})
        return known
    found = (settled.generation, settled.state, settled.failed, settled.reason)
    if found != known:
        log.log(
            logging.INFO if settled.is_verified else logging.WARNING,
            "generation in force",
            extra={"generation": settled.generation, "state": settled.state, "reason": settled.reason},
        )
    return found


async def _watch(deployment: Deployment) -> None:
    try:
        await deployment.watch(ACTOR)
    except DeployBusy:
        pass  # it is compared next time
    except (ProvisioningError, AmiError, StoreError) as error:
        log.warning("what runs was not compared with what was left", extra={"reason": str(error)})


async def end_trials(deployment: Deployment, link: SwitchLink) -> None:
    """Take a generation back when its time has passed and nobody has confirmed it."""
    failure = ""
    while True:
        try:
            if (reverted := await deployment.revert_if_due(ACTOR)) is not None:
                _tell(reverted)
                link.resync("a generation was taken back")
            failure = ""
        except (ProvisioningError, AmiError, StoreError) as error:
            if str(error) != failure:
                log.error("a generation could not be taken back", extra={"reason": str(error)})
            failure = str(error)
        await asyncio.sleep(TRIAL_PAUSE)


async def sweep_contexts(deployment: Deployment, link: SwitchLink) -> None:
    """Unload the contexts of earlier generations when the last call in them has ended."""
    while True:
        await asyncio.sleep(SWEEP_PAUSE)
        try:
            kept = deployment.may_sweep()
            # The account that may reload is used only when there is something to do.
            if kept and kept - generations_in(await link.list(CoreShowChannels())):
                await deployment.sweep(ACTOR)
        except DeployBusy:
            pass  # there is no hurry
        except (ProvisioningError, AmiError, StoreError) as error:
            log.debug("contexts were not swept", extra={"reason": str(error)})


def _tell(reverted: Applied) -> None:
    log.warning(
        "generation taken back: it was not confirmed in time",
        extra={"generation": reverted.generation, "state": reverted.state, "taken_back": reverted.taken_back},
    )
