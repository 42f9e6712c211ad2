"""A throw-away Asterisk with a company deployed to it, and the ways to hurt a deployment while it is under way.

async with Lab(switch) as lab:                    # generation 1 of acme is applied, Asterisk booted on it, verified
    applied = await lab.apply(acme.tenant(...))
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from ami.actions import Action, ListAction, QueueReload, QueueStatus, Reload, RowT
from ami.client import Address, Manager, Reply, open_manager
from ami.rows import MemberRow, WaitingRow
from cordboard.provisioning.apply import Applied, Deployer
from cordboard.provisioning.desired import Desired, desired
from cordboard.provisioning.generations import Generations
from cordboard.provisioning.plan import Plan
from cordboard.provisioning.sources import Placement, Tenant
from dialplan_templates.views import Mode
from kit import acme
from kit.switch import Switch

Fault = Callable[[Action], Awaitable[None]]


class Saboteur:
    """A manager that lets something happen before each reload goes out. `reloads` counts those that were asked for."""

    def __init__(self, manager: Manager, fault: Fault) -> None:
        self._manager = manager
        self._fault = fault
        self.reloads: list[str] = []

    async def act(self, action: Action, deadline: float = 10.0) -> Reply:
        if isinstance(action, Reload | QueueReload):
            self.reloads.append(action.module if isinstance(action, Reload) else "app_queue")
            await self._fault(action)
        return await self._manager.act(action, deadline)

    async def list(self, action: ListAction[RowT], deadline: float = 30.0) -> list[RowT]:
        return await self._manager.list(action, deadline)


class Lab:
    """One switch, its folder of generations, and who deploys to it."""

    def __init__(self, switch: Switch, mode: Mode = Mode.OWNED) -> None:
        self.switch = switch
        self.home = Path(tempfile.mkdtemp(prefix="cordboard-lab-"))
        self.generations = Generations(self.home)
        self.placement = replace(acme.placement_on(switch, str(self.generations.current_link)), mode=mode)
        self.deployer = self.second_deployer()

    async def __aenter__(self) -> Self:
        try:
            await self.apply(acme.tenant(), is_asterisk_running=False)
            await self.switch.start(etc=self.generations.current_link)
            verified = await self.verify()
            assert verified.is_verified, verified
        except BaseException:
            self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        shutil.rmtree(self.home)

    @property
    def etc(self) -> Path:
        """The folder that Asterisk reads."""
        return self.generations.current_link

    def second_deployer(self) -> Deployer:
        """Another process would make one of its own: nothing but the folder is shared."""
        return Deployer(Generations(self.home), self.placement.mode)

    def desired(self, *tenants: Tenant, placement: Placement | None = None) -> Desired:
        return desired(tenants or [acme.tenant()], placement or self.placement)

    @asynccontextmanager
    async def manager(self, account: str = acme.DEPLOY_ACCOUNT, fault: Fault | None = None) -> AsyncIterator[Manager]:
        secret = {acme.DEPLOY_ACCOUNT: acme.DEPLOY_SECRET, acme.RUN_ACCOUNT: acme.RUN_SECRET}[account]
        address = Address(self.switch.address, self.switch.ports.ami, account, secret)
        async with open_manager(address) as manager:
            yield manager if fault is None else cast(Manager, Saboteur(manager, fault))

    async def plan(self, *tenants: Tenant) -> Plan:
        async with self.manager() as manager:
            return await self.deployer.look(self.desired(*tenants), manager)

    async def apply(
        self, *tenants: Tenant, fault: Fault | None = None, is_asterisk_running: bool = True, allow_shrink: bool = False
    ) -> Applied:
        """Look and apply what was seen."""
        wanted = self.desired(*tenants)
        if not is_asterisk_running:
            seen = await self.deployer.look(wanted, None)
            return await self.deployer.apply(seen.identity, wanted, None, by="amel")
        async with self.manager(fault=fault) as manager:
            seen = await self.deployer.look(wanted, manager)
            return await self.deployer.apply(seen.identity, wanted, manager, by="amel", allow_shrink=allow_shrink)

    async def verify(self, *, is_asterisk_running: bool = True) -> Applied:
        if not is_asterisk_running:
            return await self.deployer.verify(None, by="amel")
        async with self.manager() as manager:
            return await self.deployer.verify(manager, by="amel")

    async def settle(self) -> Applied:
        async with self.manager() as manager:
            return await self.second_deployer().settle(manager, by="start")

    async def queue(self, name: str) -> tuple[list[tuple[str, int, bool, str]], list[tuple[int, str]]]:
        """Who serves a queue (interface, penalty, paused, reason) and who waits in it (position, uniqueid)."""
        async with self.manager() as manager:
            rows = await manager.list(QueueStatus(name))
        members = [row.member for row in rows if isinstance(row, MemberRow)]
        waiting = [(row.position, row.uniqueid) for row in rows if isinstance(row, WaitingRow)]
        served = sorted((each.interface, each.penalty, each.paused, each.pause_reason) for each in members)
        return served, sorted(waiting)
