"""The id of a call in a header of SIP: to phones and between switches of the house, and to and from nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from ami.actions import Originate
from ami.client import Address, SwitchLink, open_manager
from ami.live import Live
from ami.models import Call, FactKind
from dialplan_templates import render
from dialplan_templates.views import CompanyView, DidView, TrunkView
from kit.generated import EVERYTHING, secret, to, view_for
from kit.manager import ManagerSession, Message
from kit.patience import PATIENCE
from kit.raw_sip import RawAgent, header
from kit.switch import Switch

pytestmark = pytest.mark.switch

HEADER = "X-Cordboard-Call"
AWAY, DIRECT, QUEUE = "+33123456780", "+33123456791", "+33123456792"
OUTSIDE = TrunkView(id="test", name="Outside", match_header=("X-Trunk", "carrier"))


def house(*trunks: TrunkView) -> CompanyView:
    """Everything, with these trunks, and a number whose callers are sent where it has another one."""
    away = DidView(id="away", number=AWAY, name="Away", language="fr", start=to("external", DIRECT))
    return replace(EVERYTHING, trunks=(*trunks, OUTSIDE), dids=(*EVERYTHING.dids, away), outgoing=None, blocked=())


def peer(switch: Switch) -> TrunkView:
    return TrunkView(id="house", name="The other", match=(switch.address,), contact=f"sip:{switch.sip}", is_peer=True)


async def entered(session: ManagerSession, count: int = 1) -> Message:
    """What was told of the call that came in as this one."""
    return (await session.all_events("UserEvent", {"UserEvent": "CordboardEntered"}, count))[-1]


def complaints(switch: Switch) -> list[str]:
    """But for those that nobody answers FastAGI here."""
    return [line for line in switch.complaints() if " res_agi.c: " not in line]


@asynccontextmanager
async def followed(switch: Switch) -> AsyncIterator[Live]:
    live = Live(switch.name)
    link = SwitchLink(switch.name, Address(switch.address, switch.ports.ami, "cordboard", secret("run")), live)
    following = asyncio.create_task(link.run())
    try:
        await link.wait_live(PATIENCE)
        yield live
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def received_call(live: Live) -> Call:
    async with asyncio.timeout(PATIENCE):
        while not (calls := live.snapshot().calls):
            await asyncio.sleep(0.02)
    return calls[0]


async def test_a_call_is_known_by_its_id_from_switch_to_switch_to_phone(new_switch: Callable[..., Switch]) -> None:
    here, there = new_switch("pbx1"), new_switch("pbx2")
    await here.start(render(view_for(here, house(peer(there)))))
    await there.start(render(view_for(there, house(peer(here)))))
    async with (
        RawAgent(here.address) as caller,
        RawAgent(there.address) as phone,
        ManagerSession.open(here, "cordboard", secret("run")) as told_here,
        followed(there) as live,
    ):
        await phone.register("acme-amel", secret("amel"), there)
        caller.invite(AWAY, here, X_Trunk="carrier")
        ringing = header(await phone.receives("INVITE"), HEADER)
        first, second = await entered(told_here), await received_call(live)
        (fact,) = (fact for fact in second.facts if fact.kind is FactKind.ENTERED)
        assert fact.data["origin"] == f"pbx1/{first['Uniqueid']}"
        assert ringing == str(second.id)
        assert first["Origin"] == ""
    assert complaints(here) == complaints(there) == []


async def test_agents_and_people_see_it_and_operators_do_not(new_switch: Callable[..., Switch]) -> None:
    switch = new_switch("pbx1")
    async with RawAgent(switch.address) as phone, RawAgent(switch.address) as outside:
        operator = TrunkView(id="operator", name="Operator", contact=f"sip:{outside.ip}:{outside.port}")
        await switch.start(render(view_for(switch, house(peer(new_switch("pbx2")), operator))))
        async with ManagerSession.open(switch, "cordboard", secret("run")) as session:
            await phone.register("acme-amel", secret("amel"), switch)
            await session.act("QueueAdd", Queue="acme-reception", Interface="PJSIP/acme-amel", Penalty="0")
            for count, number in enumerate((DIRECT, QUEUE), 1):
                outside.invite(number, switch, X_Trunk="carrier")
                invite = await phone.receives("INVITE")
                call = await entered(session, count)
                assert header(invite, HEADER) == f"pbx1/{call['Uniqueid']}"
                phone.answer(invite, "486 Busy Here")
            outside.invite(AWAY, switch, X_Trunk="carrier")
            invite = await outside.receives("INVITE")
            assert DIRECT in invite.splitlines()[0]
            assert "cordboard" not in invite.lower().replace("user-agent: cordboard", "")
    assert complaints(switch) == []


async def test_a_phone_that_a_command_rings_is_told_it_too(new_switch: Callable[..., Switch]) -> None:
    switch = new_switch("pbx1")
    await switch.start(render(view_for(switch, house(peer(new_switch("pbx2"))))))
    address = Address(switch.address, switch.ports.ami, "cordboard", secret("run"))
    async with RawAgent(switch.address) as phone, open_manager(address) as manager:
        await phone.register("acme-amel", secret("amel"), switch)
        call = "pbx1-1795288257.c0ffee"
        await manager.act(Originate("PJSIP/acme-amel", "cordboard-desk", "dial", channel_id=call, call=f"pbx1/{call}"))
        assert header(await phone.receives("INVITE"), HEADER) == f"pbx1/{call}"
    assert complaints(switch) == []


HOSTILE = (
    "",
    "pbx1",
    "pbx1/",
    "/1795288257.39",
    "pbx1/1795288257.39/2",
    "pbx 1/1795288257.39",
    "pbx1/1795288257.39,CB_TO=acme-reception",
    "pbx1/1795288257.39)}${SHELL(touch pwned)}",
    'pbx1/1795288257.39" "1',
    "pbx1/é",
    "pbx1/1795288257.39\tx",
    "pbx1/1795288257.39%0d%0aEvent: Hangup",
    "${CHANNEL(name)}/1",
    ".pbx1/1",
    f"{'p' * 33}/1",
    f"pbx1/{'1' * 81}",
    "pbx1/" + "1" * 9000,
)


async def test_only_a_switch_of_the_house_is_believed_and_only_what_is_an_id(new_switch: Callable[..., Switch]) -> None:
    switch, other = new_switch("pbx1"), new_switch("pbx2")
    await switch.start(render(view_for(switch, house(peer(other)))))
    async with (
        RawAgent(other.address) as house_switch,
        RawAgent(switch.address) as stranger,
        ManagerSession.open(switch, "cordboard", secret("run")) as session,
    ):
        for count, value in enumerate(HOSTILE, 1):
            house_switch.invite(QUEUE, switch, X_Cordboard_Call=value)
            told = await entered(session, count)
            assert told["Channel"].startswith("PJSIP/acme-house-")
            assert (value, told["Origin"]) == (value, "")
        house_switch.invite(QUEUE, switch)
        assert (await entered(session, len(HOSTILE) + 1))["Origin"] == ""
        longest = f"{'p' * 32}/{'1' * 80}"
        house_switch.invite(QUEUE, switch, X_Cordboard_Call=longest)
        assert (await entered(session, len(HOSTILE) + 2))["Origin"] == longest
        stranger.invite(QUEUE, switch, X_Cordboard_Call=longest, X_Trunk="carrier")
        told = await entered(session, len(HOSTILE) + 3)
        assert told["Channel"].startswith("PJSIP/acme-test-")
        assert told["Origin"] == ""
    assert not (switch.places.etc.parent / "pwned").exists()
