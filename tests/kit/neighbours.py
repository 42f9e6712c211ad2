"""Two Cordboards on two real Asterisks that share a database; the first one follows both switches.

async with neighbours(COMPANY) as (first, second):         # pbx1, whose pages are open, and pbx2
    await second.phone("bruno")
    await first.post("/api/agents/bruno/login", {})        # where his phone is: on pbx2
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from kit.site import Site


@contextlib.asynccontextmanager
async def neighbours(company: Path) -> AsyncIterator[tuple[Site, Site]]:
    """Both deployed, booted, and their daemons up; it is the first one's page that is signed in to."""
    first = Site(company)
    database = f"sqlite+aiosqlite:///{first.home / 'cordboard.sqlite'}"
    second = Neighbour(first, company, node="pbx2", settings={"database_url": database})
    ami = f"{second.switch.address}:{second.switch.ports.ami}"
    first.environment["CORDBOARD_FOLLOW"] = f"pbx2={ami}"
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(first.__aexit__, None, None, None)
        stack.push_async_callback(second.__aexit__, None, None, None)
        await first.set_up()
        await second.set_up()
        await asyncio.gather(first.start_switch(), second.start_switch())
        await asyncio.gather(first.start_daemon(), second.start_daemon())
        await first.sign_in()
        await stack.enter_async_context(first.phones)
        yield first, second


class Neighbour(Site):
    """A site whose database is that of another."""

    def __init__(self, other: Site, company: Path, *, node: str, settings: dict[str, str]) -> None:
        super().__init__(company, node=node, settings=settings)
        self._other = other
        self.phones = other.phones  # a process has one SIP stack

    async def set_up(self) -> None:
        """The home, and the first generation of what the other imported."""
        await self.cordboard("init")
        await self.cordboard("flow", "prompts", "--make")
        await self.cordboard("apply", "--yes")
        self._secrets = self._other._secrets
