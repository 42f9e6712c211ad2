"""What the daemon tells on: who is there, to those who answer calls; what other processes did, to those who follow."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from ami.live import Live
from cordboard.calls.presence import presence_of
from cordboard.calls.watchdog import CallServer
from cordboard.house.following import Followed, look_at_agents
from cordboard.provisioning.errors import ProvisioningError
from cordboard.provisioning.generations import Generations
from cordboard.store.company import list_companies
from cordboard.store.engine import Store
from cordboard.store.errors import StoreError
from cordboard.store.switches import list_generations

# Presence is told after a change and not more often than this: it explains routing, it does not steer it.
PRESENCE_PAUSE = 0.1
# How soon a generation or a company that another process brought in is noticed.
LOOK_PAUSE = 1.0


async def tell_presence(live: Live, server: CallServer) -> None:
    """Keep the FastAGI process informed of who is there."""
    changed = asyncio.Event()

    unwatch = live.watch(lambda _: changed.set(), frozenset({"agent", "link", "reset"}))
    try:
        while True:
            changed.clear()
            server.tell_presence(lambda: presence_of(live.snapshot()))
            await changed.wait()
            await asyncio.sleep(PRESENCE_PAUSE)
    finally:
        unwatch()


async def notice_changes(store: Store, generations: Generations, switches: Sequence[Followed]) -> None:
    """List a switch anew after another process applied or imported something: Asterisk's reloads send no events. And
    take over what the Cordboards of the others keep of their agents."""
    own, *others = switches
    known: dict[str, object] = {}
    while True:
        await look_at_agents(others)
        with contextlib.suppress(StoreError, ProvisioningError):  # told by those whose work it is
            current = generations.current()
            status = generations.status(current) if current is not None else None
            async with store.reading() as session:
                revisions = tuple((entry.id, entry.revision) for entry in await list_companies(session))
                found: dict[str, object] = {own.node: (current, status, revisions)}
                for each in others:
                    found[each.node] = await list_generations(session, each.node, 1), revisions
            for each in switches:
                if known.get(each.node, found[each.node]) != found[each.node]:
                    each.link.resync("the configuration changed")
            known = found
        await asyncio.sleep(LOOK_PAUSE)
