"""What every deed about one switch works with: the database, the generations, the account that may reload, a turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from ami.client import Manager
from ami.errors import LinkDown, LoginRefused
from cordboard.provisioning.apply import Deployer, Rehearse
from cordboard.provisioning.desired import Desires
from cordboard.provisioning.errors import DeployBusy
from cordboard.provisioning.generations import Generations
from cordboard.provisioning.sources import Mode, Placement
from cordboard.provisioning.whose import check_is_ours
from cordboard.store.engine import Store

PATIENCE = 3.0  # seconds; whoever follows Asterisk reads back for some 40 ms whenever it listed everything again
RETRY = 0.05
OpenManager = Callable[[], AbstractAsyncContextManager[Manager]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchRoom:
    """`open_manager` opens the deploying account. `patience`: seconds that a deployment of somebody else is waited for;
    a read-back is over by then, an apply is told. `rehearse`: what tries a generation first, None where none is
    wanted."""

    store: Store
    deployer: Deployer
    placement: Placement
    open_manager: OpenManager
    patience: float = PATIENCE
    rehearse: Rehearse | None = None
    desires: Desires = field(repr=False)

    @property
    def node(self) -> str:
        return self.placement.systemname

    @property
    def generations(self) -> Generations:
        return self.deployer.generations

    async def in_turn(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do it when it is our turn; DeployBusy only after our patience."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self.patience
        while True:
            try:
                return await work()
            except DeployBusy:
                if loop.time() >= end:
                    raise
            await asyncio.sleep(RETRY)

    @asynccontextmanager
    async def asterisk(self) -> AsyncIterator[Manager | None]:
        """The deploying account, or None if Asterisk cannot be reached with it. Raises OtherAsterisk."""
        async with AsyncExitStack() as stack:
            manager: Manager | None
            try:
                manager = await stack.enter_async_context(self.open_manager())
                await self._check_is_ours(manager)
            except LinkDown:
                manager = None
            except LoginRefused:
                # An Asterisk that is not ours learns of the account by the first generation.
                if not self.deployer.is_first:
                    raise
                manager = None
            yield manager

    async def _check_is_ours(self, manager: Manager) -> None:
        if self.placement.mode is Mode.OWNED:
            network = self.placement.network
            address = f"{network.ami_address}:{network.ami_port}"
            await check_is_ours(manager, self.placement.directories.etc, address)
