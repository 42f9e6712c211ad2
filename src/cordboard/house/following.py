"""Asterisk followed live for the length of a command."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ami.client import SwitchLink
from ami.errors import LinkDown
from ami.live import Live
from cordboard.desk.logins import noted_by_name
from cordboard.house.addresses import run_address
from cordboard.house.workshop import this_switch
from cordboard.settings import Settings
from cordboard.store.agents import list_logins
from cordboard.store.company import list_companies, load_company
from cordboard.store.engine import Store


async def follower_of(store: Store, settings: Settings) -> tuple[Live, SwitchLink]:
    """The live state of the switch and the link that keeps it true once its `run()` is a task."""
    live = Live(settings.node)
    await teach_wrap_ups(store, live)
    link = SwitchLink(
        settings.node,
        run_address(settings, await this_switch(store, settings)),
        live,
        sweep_interval=settings.sweep_interval,
        connect_deadline=settings.action_deadline,
    )
    return live, link


async def teach_wrap_ups(store: Store, live: Live) -> None:
    """Tell the live state how long app_queue itself keeps agents out after a call of each queue: it does not show it.
    And what is noted of agents, for those who follow without the agents' upkeep."""
    async with store.reading() as session:
        companies = [await load_company(session, entry.id) for entry in await list_companies(session)]
        logins = await list_logins(session)
    live.set_wrap_ups(
        {
            company.switch_name(queue.id): float(queue.wrap_up_guard)
            for company in companies
            for queue in company.queues.values()
        }
    )
    live.set_noted(noted_by_name(companies, logins))


@asynccontextmanager
async def followed(store: Store, settings: Settings, *, must_be_live: bool) -> AsyncIterator[tuple[Live, SwitchLink]]:
    """The live state of the switch, exact unless Asterisk does not answer; then LinkDown if it `must_be_live`."""
    live, link = await follower_of(store, settings)
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
