"""The switches that are followed: the live state of each, the link that keeps it true, the desk for its agents."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ami.client import SwitchLink
from ami.live import Live
from ami.models import CallId, ChangeKind, Fact, LinkState
from ami.received import ReceivedCall
from ami.recollection import recollected
from cordboard.desk.agent_desks import AgentDesks
from cordboard.desk.agents import Agents
from cordboard.desk.errors import DatabaseAway
from cordboard.desk.whereabouts import Whereabouts
from cordboard.house.addresses import run_address
from cordboard.house.workshop import all_switches
from cordboard.settings import Settings
from cordboard.store.engine import Store
from cordboard.store.journal import facts_of_each, open_calls

if TYPE_CHECKING:
    from cordboard.desk.call_desks import CallDesks

_TOLD: frozenset[ChangeKind] = frozenset({"link", "reset"})


@dataclass(frozen=True, slots=True)
class Followed:
    """One switch. Its state is kept true once `link.run()` is a task."""

    live: Live
    link: SwitchLink
    agents: Agents

    @property
    def node(self) -> str:
        return self.link.node


async def switches_to_follow(store: Store, settings: Settings) -> tuple[Followed, ...]:
    """Those of the settings, the own one first; what the database knows of agents and of calls is noted. Raises
    SettingsError."""
    found = []
    for switch in await all_switches(store, settings):
        live = Live(switch.node)
        link = SwitchLink(
            switch.node,
            run_address(settings, switch),
            live,
            sweep_interval=settings.sweep_interval,
            connect_deadline=settings.action_deadline,
        )
        each = Followed(live, link, Agents(store, link, live, deadline=settings.action_deadline))
        await each.agents.look()
        link.recollect(await _open_calls(store, switch.node))
        found.append(each)
    return tuple(found)


async def _open_calls(store: Store, node: str) -> list[ReceivedCall]:
    """The calls of a switch that are not over as far as history knows: what they did before somebody looks at them."""
    async with store.reading() as session:
        rows = await open_calls(session, node)
        facts = await facts_of_each(session, [(node, row.uniqueid) for row in rows])
    return [
        recollected(
            CallId(node, row.uniqueid), row.caller_number, row.caller_name, row.entered,
            [Fact(fact.at, fact.kind, fact.data) for fact in facts[node, row.uniqueid]],
        )
        for row in rows
    ]  # fmt: skip


def agent_desks_of(store: Store, switches: Sequence[Followed]) -> AgentDesks:
    """The agents of these switches."""
    return AgentDesks({each.node: each.agents for each in switches}, _whereabouts_of(store, switches))


def call_desks_of(store: Store, settings: Settings, switches: Sequence[Followed]) -> CallDesks:
    """The calls of these switches."""
    from cordboard.desk.call_desks import CallDesks  # who only asks for agents does without
    from cordboard.desk.calls import Calls

    desks = {each.node: Calls(store, each.link, each.live, deadline=settings.action_deadline) for each in switches}
    return CallDesks(desks, _whereabouts_of(store, switches))


async def look_at_agents(switches: Sequence[Followed]) -> None:
    """Note what other processes keep of the agents of these switches; later, if the database is away."""
    with suppress(DatabaseAway):
        for each in switches:
            await each.agents.look()


def _whereabouts_of(store: Store, switches: Sequence[Followed]) -> Whereabouts:
    return Whereabouts(store, {each.node: each.live for each in switches})


@asynccontextmanager
async def followed(store: Store, settings: Settings, *, must_be_live: bool) -> AsyncIterator[tuple[Followed, ...]]:
    """The switches, followed for the length of a command: each is exact unless it does not answer. LinkDown if none
    does and one `must_be_live`."""
    switches = await switches_to_follow(store, settings)
    tasks = [asyncio.create_task(each.link.run(), name=f"link to {each.node}") for each in switches]
    try:
        await _settled(switches, settings.action_deadline)
        if must_be_live and not any(each.link.is_live for each in switches):
            await switches[0].link.wait_live(0)
        yield switches
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _settled(switches: Sequence[Followed], deadline: float) -> None:
    """Wait until one is live and the others are, or are seen to be away; no longer than `deadline` seconds."""
    moved = asyncio.Event()
    unwatch = [each.live.watch(lambda _: moved.set(), _TOLD) for each in switches]
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(deadline):
                while not _are_settled(switches):
                    moved.clear()
                    await moved.wait()
    finally:
        for stop in unwatch:
            stop()


def _are_settled(switches: Sequence[Followed]) -> bool:
    is_known = all(each.link.is_live or each.live.link.state is LinkState.DOWN for each in switches)
    return is_known and any(each.link.is_live for each in switches)
