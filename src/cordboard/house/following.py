"""Asterisk followed live for the length of a command."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ami.client import SwitchLink
from ami.errors import LinkDown
from ami.live import Live
from cordboard.house.placement import run_address
from cordboard.house.workshop import this_switch
from cordboard.settings import Settings
from cordboard.store.engine import Store


@asynccontextmanager
async def followed(store: Store, settings: Settings, *, must_be_live: bool) -> AsyncIterator[tuple[Live, SwitchLink]]:
    """The live state of the switch, exact unless Asterisk does not answer; then LinkDown if it `must_be_live`."""
    live = Live(settings.node)
    link = SwitchLink(
        settings.node,
        run_address(settings, await this_switch(store, settings)),
        live,
        sweep_interval=settings.sweep_interval,
        connect_deadline=settings.action_deadline,
    )
    task = asyncio.create_task(link.run(), name="link")
    try:
        try:
            await link.wait_live(settings.action_deadline)
        except LinkDown:
            if must_be_live:
                raise
        yield live, link
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
