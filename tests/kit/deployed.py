"""What happens at a deployed company: its queues change, people log in, callers come."""

from __future__ import annotations

from dataclasses import replace

from ami.actions import QueueAdd
from cordboard.provisioning.sources import Tenant
from kit import acme
from kit.lab import Lab
from kit.phones import Phone, PhoneCall, Phones

MENU = r"cb-menu-acme-accueil-g{0}!s!\d+!Up!WaitExten|cb-menu-acme-accueil-g{0}!s!\d+!Up!Back[Gg]round"


def with_queue(name: str = "english", **changes: object) -> Tenant:
    """Acme with one queue changed."""
    company = acme.company()
    changed = replace(company.queues[name], **changes)  # type: ignore[arg-type] # the fields' types differ
    return acme.tenant(replace(company, queues={**company.queues, name: changed}))


def without_queue(name: str) -> Tenant:
    company, menu = acme.company(), acme.menu()
    queues = {each: queue for each, queue in company.queues.items() if each != name}
    keys = {key: edge for key, edge in menu.keys.items() if edge.target.id != name}
    flow = acme.flow()
    flow = replace(flow, nodes={**flow.nodes, "accueil": replace(menu, keys=keys)})
    return acme.tenant(replace(company, queues=queues), flow)


async def agent(lab: Lab, phones: Phones, name: str, penalties: dict[str, int]) -> Phone:
    """A registered phone, logged in to queues and paused: callers are let in to wait, and nobody rings."""
    phone = await phones.phone(f"acme-{name}", lab.switch.sip, f"{name}-sip-secret-0123456789", tone=850)
    await phone.register()
    interface = f"PJSIP/acme-{name}"
    await lab.switch.wait_for(f"pjsip show endpoint acme-{name}", "Not in use")
    async with lab.manager(acme.RUN_ACCOUNT) as running:
        for queue, penalty in penalties.items():
            await running.act(QueueAdd(queue, interface, f"acme-{name}", penalty, paused=True, reason="lunch"))
    return phone


async def call_in(lab: Lab, phones: Phones, number: str, key: str = "", *, generation: int = 1) -> PhoneCall:
    """A caller at the menu of this generation, who presses a key there."""
    caller = await phones.caller(number, lab.switch.sip)
    call = await caller.dial(acme.DID)
    await lab.switch.wait_for("core show channels concise", MENU.format(generation))
    if key:
        await call.press(key)
    return call
