"""Acme's generated configuration on a real Asterisk, followed live through a relay that can hurt.

    room = await open_room(stack, new_switch(), phones, tmp_path)
    chloe = await room.agent("chloe")                       # phone registered, logged in
    caller = await room.call(LINE)                          # somebody calls in
    one = await room.up("talking")                          # the call, once it stands so
    await room.calls.hang_up("acme", str(one.id), SUPERVISOR)

Callers of `LINE` wait in the queue `english`, those of `MENU` are in the menu; nobody answers FastAGI.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from agi.flow.document import Hours
from ami.client import SwitchLink
from ami.live import Live
from ami.models import LinkState
from ami.wire import Address
from cordboard.desk.agent_desks import AgentDesks
from cordboard.desk.agents import Agents, Done
from cordboard.desk.calls import Asker, Calls
from cordboard.desk.open_calls import OpenCall, open_calls
from cordboard.desk.whereabouts import Whereabouts
from cordboard.provisioning.sources import Tenant
from cordboard.store.audit import last_audit
from cordboard.store.company import save_company
from cordboard.store.engine import Store, open_store
from cordboard.store.values import Company, Did, TargetKind, TargetRef
from kit import acme
from kit.floor import end
from kit.lab import Lab
from kit.patience import PATIENCE
from kit.phones import Answer, Phone, PhoneCall, Phones, Rule
from kit.proxy import FaultProxy
from kit.switch import Switch

SUPERVISOR = Asker("sylvie")
LINE, MENU = "+33123456780", acme.DID
OUTSIDE = "+33140000001"
PARKING_SECONDS = 12


def _company() -> Company:
    plain = acme.company()
    queues = {
        **plain.queues,
        "english": replace(plain.queues["english"], when_late=acme.message("busy"), ring=30),
        "billing-fr": replace(plain.queues["billing-fr"], when_full=TargetRef(TargetKind.EXTERNAL, OUTSIDE), ring=30),
    }
    line = Did(id="line", number=LINE, name="Line", language="en", open=TargetRef(TargetKind.QUEUE, "english"))
    return replace(plain, queues=queues, dids={**plain.dids, "line": line})


COMPANY = _company()


def _tenant() -> Tenant:
    flow = acme.flow()
    line = Hours("did.line", "office", acme.edge("queue", "english"), acme.edge("message", "closed"))
    return acme.tenant(COMPANY, replace(flow, nodes={**flow.nodes, "did.line": line}))


class Room:
    """What a test sees of the call centre."""

    def __init__(self, lab: Lab, store: Store, phones: Phones, proxy: FaultProxy) -> None:
        self.lab, self.store, self.phones, self.proxy = lab, store, phones, proxy
        self.live = Live(lab.switch.name)
        address = Address(proxy.host, proxy.port, acme.RUN_ACCOUNT, acme.RUN_SECRET)
        self.link = SwitchLink(lab.switch.name, address, self.live)
        self.agents = Agents(store, self.link, self.live)
        self.agent_desks = AgentDesks({self.live.node: self.agents}, Whereabouts(store, {self.live.node: self.live}))
        self.calls = Calls(store, self.link, self.live)
        self._callers = 0

    # --- people

    async def phone(self, item: str, rule: Rule | None = None, tone: int = 850) -> Phone:
        """A phone of the company, registered and seen to be."""
        sip = self.lab.switch.sip
        phone = await self.phones.phone(
            f"acme-{item}", sip, f"{item}-sip-secret-0123456789", tone=tone, rule=rule or Answer()
        )
        await phone.register()
        await self.until(
            lambda: self.live.snapshot().devices.get(f"PJSIP/acme-{item}") not in (None, 0, 4, 5), f"{item} reachable"
        )
        return phone

    async def agent(self, person: str, rule: Rule | None = None, tone: int = 850) -> Phone:
        """The person's phone, registered, and the person logged in."""
        phone = await self.phone(person, rule, tone)
        result = await self.agents.log_in("acme", person, "test")
        assert isinstance(result, Done), result
        return phone

    async def call(self, number: str = LINE, tone: int = 425) -> PhoneCall:
        """Somebody calls in, and is answered by the dialplan."""
        self._callers += 1
        caller = await self.phones.caller(f"+3361234{self._callers:04}", self.lab.switch.sip, tone=tone)
        call = await caller.start_call(number)
        await call.answered()
        return call

    def paused(self, person: str) -> str:
        """The reason of the person's pause as the live state has it; "" if not paused."""
        return {agent.name: agent.pause_reason for agent in self.live.snapshot().agents}[f"acme-{person}"]

    # --- what is up

    @property
    def up_now(self) -> tuple[OpenCall, ...]:
        return open_calls(self.live.snapshot(with_conversations=True), COMPANY.id, {COMPANY.id})

    def line(self, queue: str) -> list[str]:
        """The uniqueids of those who wait in a queue, in their order."""
        (found,) = [each for each in self.live.snapshot().queues if each.name == f"acme-{queue}"]
        return [each.call for each in found.waiting]

    async def up(self, stage: str, which: int = 0) -> OpenCall:
        """The call that stands so, once one does; the oldest of several."""
        await self.until(lambda: sum(one.stage == stage for one in self.up_now) > which, f"a call that is {stage}")
        return [one for one in self.up_now if one.stage == stage][which]

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait until something is so while the state is live."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not (self.live.link.state is LinkState.LIVE and condition()):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            seen = [(one.stage, [leg.name for leg in one.legs]) for one in self.up_now]
            raise TimeoutError(f"waited {PATIENCE} s for {what}; up: {seen}") from None

    async def audit(self) -> list[tuple[str, str, str, str]]:
        """Commands on calls in the order in which they were given: who, what, on what, how."""
        async with self.store.reading() as session:
            lines = await last_audit(session, "acme")
        return [
            (line.actor, line.action, line.object, line.detail)
            for line in reversed(lines)
            if line.action.startswith("call.")
        ]


async def open_room(stack: contextlib.AsyncExitStack, switch: Switch, phones: Phones, folder: Path) -> Room:
    """Everything up and the live state exact; `stack` ends it."""
    lab = Lab(switch)
    stack.callback(lab.close)
    lab.placement = replace(lab.placement, network=replace(lab.placement.network, parking_seconds=PARKING_SECONDS))
    await lab.apply(_tenant(), is_asterisk_running=False)
    await switch.start(etc=lab.etc)
    store = await stack.enter_async_context(open_store(f"sqlite:///{folder}/cordboard.db"))
    await store.migrate()
    async with store.transaction() as session:
        await save_company(session, COMPANY, "test")
    proxy = await stack.enter_async_context(FaultProxy(switch.address, switch.ports.ami))
    room = Room(lab, store, phones, proxy)
    stack.push_async_callback(end, asyncio.create_task(room.link.run()))
    await room.link.wait_live(PATIENCE)
    return room
