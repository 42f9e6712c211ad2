"""Acme deployed to a real Asterisk by the desk: saves, faults, a clock moved by hand, rehearsals that wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

from cordboard.desk.deploy import Deployment
from cordboard.provisioning.apply import Deployer
from cordboard.provisioning.desired import Desired
from cordboard.provisioning.generations import Generations
from cordboard.provisioning.rehearsal import Rehearsal
from cordboard.store.company import save_company
from cordboard.store.engine import Store
from cordboard.store.values import Company
from kit import acme
from kit.lab import Fault, Lab
from kit.switch import Switch


def changed(name: str = "english", **more: object) -> Company:
    """Acme with one queue changed."""
    company = acme.company()
    return replace(company, queues={**company.queues, name: replace(company.queues[name], **more)})  # type: ignore[arg-type]


async def save(store: Store, company: Company, by: str = "nadia") -> None:
    """As an import does."""
    async with store.transaction() as session:
        await save_company(session, company, by)


class Office:
    """`moment` is what its clock shows. Clear `hold` to let a rehearsal wait; `is_held` is set when one began."""

    def __init__(self, lab: Lab, store: Store) -> None:
        self.lab = lab
        self.store = store
        self.fault: Fault | None = None
        self.moment = datetime.now(UTC)
        self.hold = asyncio.Event()
        self.hold.set()
        self.is_held = asyncio.Event()
        self.deployment = Deployment(
            store,
            Deployer(Generations(lab.home, now=lambda: self.moment), lab.placement.mode, lambda: self.moment),
            lab.placement,
            lambda: lab.manager(fault=self.fault),
            agents_patience=0.1,
            rehearsal=self._rehearse,
        )

    async def _rehearse(self, _: Desired) -> Rehearsal:
        self.is_held.set()
        await self.hold.wait()
        return Rehearsal(is_possible=True, version="22", seconds=0.1)


@asynccontextmanager
async def deployed_office(switch: Switch, store: Store) -> AsyncIterator[Office]:
    """Generation 1 of acme, which is in the store, runs and was read back."""
    lab = Lab(switch)
    try:
        office = Office(lab, store)
        await office.deployment.apply("test", (await office.deployment.plan()).identity)
        await lab.switch.start(etc=lab.etc)
        assert (await office.deployment.settle("test")).is_verified
        office.is_held.clear()
        yield office
    finally:
        lab.close()
