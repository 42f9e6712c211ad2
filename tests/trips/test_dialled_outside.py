"""Outside numbers dialled on real phones: who may dial what, by which trunk, showing which number; and who may not."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import pytest
import pytest_asyncio
from baresip.errors import BaresipError

from cordboard.store.values import Company, Dialling, Did, Outgoing, TargetKind, TargetRef, Trunk
from kit import acme
from kit.lab import Lab
from kit.patience import PATIENCE
from kit.phones import Answer, Phone, Phones
from kit.raw_sip import RawAgent, header
from kit.switch import Switch

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]

MAIN, OWN, BACKUP = acme.DID, "+33199000005", "+33199000009"
MOBILE, DIALLED = "+33612345678", "00612345678"
ABROAD, PREMIUM = "000442079460000", "00899123456"


def company(carrier: RawAgent, backup: RawAgent) -> Company:
    plain = acme.company()

    def did(key: str, number: str, to: TargetRef) -> Did:
        return Did(id=key, number=number, name=key, language="fr", open=to)

    def trunk(key: str, agent: RawAgent, shows: str | None = None) -> Trunk:
        return Trunk(id=key, name=key, header=("X-Trunk", key), to=f"sip:{agent.ip}:{agent.port}", shows=shows)

    return replace(
        plain,
        people={
            **plain.people,
            "amel": replace(plain.people["amel"], outgoing="national"),
            "chloe": replace(plain.people["chloe"], outgoing="world"),
            "dora": replace(plain.people["dora"], extension="204", outgoing="brief"),
        },
        dids={
            **plain.dids,
            "amel": did("amel", OWN, TargetRef(TargetKind.PERSON, "amel")),
            "backup": did("backup", BACKUP, acme.message("busy")),
        },
        trunks={"carrier": trunk("carrier", carrier), "second": trunk("second", backup, BACKUP)},
        outgoing={
            "national": Outgoing(id="national", name="France", national=("fixed", "mobile"), never=("+33700",)),
            "world": Outgoing(id="world", name="World", world=True, national=("fixed",), most_calls=1),
            "brief": Outgoing(id="brief", name="Brief", national=("fixed",), longest=10),
        },
        dialling=Dialling(prefix="0", trunks=("carrier", "second"), number=MAIN, most_calls=2),
    )


@dataclass
class House:
    lab: Lab
    phones: Phones
    carrier: RawAgent
    backup: RawAgent
    amel: Phone
    bruno: Phone
    chloe: Phone
    dora: Phone


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole_house() -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        switch = Switch("pbx1")
        stack.callback(switch.close)
        carrier = await stack.enter_async_context(RawAgent(switch.address))
        backup = await stack.enter_async_context(RawAgent(switch.address))
        lab = Lab(switch)
        stack.callback(lab.close)
        flow = acme.flow()
        starts = {
            "did.amel": replace(flow.nodes["did.main"], id="did.amel", open=acme.edge("person", "amel")),  # type: ignore[call-arg]
            "did.backup": replace(flow.nodes["did.main"], id="did.backup", open=acme.edge("message", "busy")),  # type: ignore[call-arg]
        }
        tenant = acme.tenant(company(carrier, backup), replace(flow, nodes={**flow.nodes, **starts}))
        await lab.apply(tenant, is_asterisk_running=False)
        await switch.start(etc=lab.etc)
        verified = await lab.verify()
        assert verified.is_verified, verified
        phones = await stack.enter_async_context(Phones())
        made = [
            await phones.phone(f"acme-{name}", switch.sip, f"{name}-sip-secret-0123456789", tone=tone)
            for name, tone in (("amel", 500), ("bruno", 600), ("chloe", 700), ("dora", 800))
        ]
        for phone in made:
            await phone.register()
        for trunk in ("carrier", "second"):
            await switch.wait_for("pjsip show contacts", rf"acme-{trunk}/.*Avail")
        yield House(lab, phones, carrier, backup, *made)


@pytest_asyncio.fixture(loop_scope="module")
async def house(whole_house: House) -> AsyncIterator[House]:
    yield whole_house
    for phone in whole_house.phones.all:
        phone.rule = Answer()
        for call in phone.calls:
            await call.hang_up()
    for agent in (whole_house.carrier, whole_house.backup):
        agent.forget()
    await whole_house.lab.switch.cli("channel request hangup all")
    await whole_house.lab.switch.wait_idle()


def shown(invite: str) -> str:
    """The number that somebody called sees."""
    found = re.search(r"<sip:([^@>]*)@", header(invite, "From"))
    assert found is not None
    return found[1]


def asked_for(invite: str) -> str:
    found = re.match(r"INVITE sip:([^@]*)@", invite)
    assert found is not None
    return found[1]


async def test_a_number_is_dialled_as_the_country_dials_it_and_shows_the_own_number(house: House) -> None:
    for dialled in (DIALLED, "0" + "0033612345678", MOBILE, "0" + "612345678", "0-06-12-34-56-78"):
        call = await house.amel.start_call(dialled)
        invite = await house.carrier.receives("INVITE", PATIENCE)
        assert (asked_for(invite), shown(invite)) == (MOBILE, OWN)
        assert "Amel" not in invite, "no name from inside is told outside"
        house.carrier.take(invite)
        await call.answered()
        await call.hang_up()
        await house.carrier.receives("BYE", PATIENCE)
        await house.lab.switch.wait_idle()
    assert house.backup.is_silent


async def test_the_own_number_is_withheld_when_asked(house: House) -> None:
    await house.amel.start_call("*31" + DIALLED)
    invite = await house.carrier.receives("INVITE", PATIENCE)
    assert asked_for(invite) == MOBILE
    assert "anonymous" in header(invite, "From").lower()
    assert OWN not in invite
    house.carrier.answer(invite, "486 Busy Here")


@pytest.mark.parametrize(
    ("who", "dialled", "cause"),
    [
        ("amel", ABROAD, "403"),
        ("amel", PREMIUM, "403"),
        ("amel", "0" + "0700123456", "403"),
        ("bruno", DIALLED, "403"),
        ("chloe", "0" + "0088213300001", "403"),
        ("amel", "0999", "404"),
        ("amel", "+999", "484"),
        ("amel", "*31" + ABROAD, "403"),
    ],
)
async def test_what_the_permission_does_not_name_is_not_let_out(
    house: House, who: str, dialled: str, cause: str
) -> None:
    phone: Phone = getattr(house, who)
    call = await phone.start_call(dialled)
    assert cause in await call.ended(PATIENCE)
    assert not call.is_answered
    assert house.carrier.is_silent
    assert house.backup.is_silent


async def test_who_is_denied_hears_why(house: House) -> None:
    call = await house.bruno.start_call(DIALLED)
    await call.hears_something()
    await call.hang_up()


async def test_what_the_permission_names_elsewhere_is_let_out(house: House) -> None:
    await house.chloe.start_call(ABROAD)
    invite = await house.carrier.receives("INVITE", PATIENCE)
    assert (asked_for(invite), shown(invite)) == ("+442079460000", MAIN)
    house.carrier.answer(invite, "486 Busy Here")


@pytest.mark.parametrize("dialled", ["112", "15", "0112", "*310" + "112"])
async def test_everybody_calls_for_help(house: House, dialled: str) -> None:
    call = await house.bruno.start_call(dialled)
    invite = await house.carrier.receives("INVITE", PATIENCE)
    assert (asked_for(invite), shown(invite)) == (dialled.removeprefix("*31").removeprefix("0"), MAIN)
    house.carrier.take(invite)
    await call.answered()


async def test_numbers_inside_win(house: House) -> None:
    call = await house.bruno.dial("201")
    await call.hears(500)
    assert house.carrier.is_silent


@pytest.mark.parametrize(
    ("answer", "goes_on"),
    [
        ("503 Service Unavailable", True),
        ("500 Server Error", True),
        ("404 Not Found", False),
        ("486 Busy Here", False),
        ("603 Decline", False),
        ("480 Temporarily Unavailable", False),
    ],
)
async def test_another_trunk_is_tried_where_it_may_help(house: House, answer: str, goes_on: bool) -> None:
    call = await house.amel.start_call(DIALLED)
    house.carrier.answer(await house.carrier.receives("INVITE", PATIENCE), answer)
    if goes_on:
        invite = await house.backup.receives("INVITE", PATIENCE)
        assert (asked_for(invite), shown(invite)) == (MOBILE, BACKUP)
        house.backup.take(invite)
        await call.answered()
    else:
        await call.ended(PATIENCE)
        assert house.backup.is_silent


async def test_a_redirection_of_the_operator_is_not_followed(house: House) -> None:
    call = await house.amel.start_call(DIALLED)
    invite = await house.carrier.receives("INVITE", PATIENCE)
    house.carrier.answer(invite, "302 Moved Temporarily", Contact=f"<sip:{ABROAD}@{house.lab.switch.sip}>")
    await call.ended(PATIENCE)
    assert house.carrier.is_silent


async def test_a_phone_that_forwards_gains_nothing(house: House) -> None:
    """Its 302 is not followed, whatever it may dial itself: who called it is not sent out."""
    async with RawAgent(house.lab.switch.address) as forwarding:
        await house.chloe.unregister()
        await forwarding.register("acme-chloe", "chloe-sip-secret-0123456789", house.lab.switch)
        call = await house.bruno.start_call("203")
        invite = await forwarding.receives("INVITE", PATIENCE)
        forwarding.answer(invite, "302 Moved Temporarily", Contact=f"<sip:{DIALLED}@{house.lab.switch.sip}>")
        await call.hears_something()
        assert house.carrier.is_silent
        await call.hang_up()
    await house.chloe.register()


async def test_who_passes_a_caller_on_gives_him_no_more_than_he_has_himself(house: House) -> None:
    caller = await house.phones.caller("+33698765432", house.lab.switch.sip, tone=425)
    call = await caller.start_call(OWN)
    await call.hears(500)
    await house.amel.call.transfer(ABROAD)
    await house.amel.incoming(number=sum(each.is_incoming for each in house.amel.calls))
    await call.hears(500)  # he is back with who passed him on
    assert house.carrier.is_silent
    passing_on = asyncio.create_task(house.amel.call.transfer(DIALLED))
    invite = await house.carrier.receives("INVITE", PATIENCE)
    assert (asked_for(invite), shown(invite)) == (MOBILE, OWN)
    house.carrier.take(invite)
    await passing_on


async def test_a_caller_whom_nobody_takes_outside_comes_back(house: House) -> None:
    caller = await house.phones.caller("+33698765432", house.lab.switch.sip, tone=425)
    call = await caller.start_call(OWN)
    await call.hears(500)
    before = sum(each.is_incoming for each in house.amel.calls)
    passing_on = asyncio.create_task(house.amel.call.transfer(DIALLED))
    house.carrier.answer(await house.carrier.receives("INVITE", PATIENCE), "486 Busy Here")
    await house.amel.incoming(number=before + 1)
    await call.hears(500)
    await asyncio.wait([passing_on])
    assert house.backup.is_silent


async def test_nobody_outside_sends_our_phones_outside(house: House) -> None:
    """A REFER from the far end of a trunk goes by what callers from outside may dial."""
    caller = await house.phones.caller("+33698765432", house.lab.switch.sip, tone=425)
    call = await caller.start_call(OWN)
    await call.hears(500)
    with pytest.raises(BaresipError):
        await call.transfer(DIALLED)
    assert house.carrier.is_silent
    await house.amel.call.hears(425)


async def test_no_key_in_a_menu_leads_outside(house: House) -> None:
    caller = await house.phones.caller("+33698765432", house.lab.switch.sip)
    call = await caller.start_call(MAIN)
    await house.lab.switch.wait_for("core show channels concise", r"!s!\d+!Up!(?:WaitExten|Back[Gg]round)")
    await call.press("*000044")
    await call.ended(PATIENCE)  # too many wrong keys
    assert house.carrier.is_silent


async def test_a_colleague_who_may_dial_out_lends_that_to_nobody(house: House) -> None:
    """Bruno, who may not, passes Amel, who may, on to the outside: it is he who asks."""
    call = await house.amel.dial("202")
    await house.bruno.incoming(number=sum(each.is_incoming for each in house.bruno.calls))
    await call.hears(600)
    before = sum(each.is_incoming for each in house.bruno.calls)
    await house.bruno.call.transfer(DIALLED)
    await house.bruno.incoming(number=before + 1)
    await call.hears(600)
    assert house.carrier.is_silent


@pytest.mark.parametrize("number", [DIALLED, MOBILE, "112", "*31" + DIALLED, "+442079460000", "0" + ABROAD])
async def test_nobody_from_outside_gets_outside(house: House, number: str) -> None:
    house.backup.invite(number, house.lab.switch, X_Trunk="carrier")
    await house.backup.receives("SIP/2.0 404", PATIENCE)
    assert house.carrier.is_silent


async def test_so_many_calls_at_once_and_no_more(house: House) -> None:
    first, second = await house.amel.start_call(DIALLED), await house.amel.start_call(DIALLED)
    for _ in range(2):
        house.carrier.take(await house.carrier.receives("INVITE", PATIENCE))
    for call in (first, second):
        await call.answered()
    for phone in (house.amel, house.chloe):  # hers, and the company's
        assert "503" in await (await phone.start_call("0" + "0123456789")).ended(PATIENCE)
    await house.bruno.start_call("112")
    helping = await house.carrier.receives("INVITE", PATIENCE)
    assert asked_for(helping) == "112"
    house.carrier.answer(helping, "486 Busy Here")
    await first.hang_up()
    await house.lab.switch.wait_for("core show channels", r"\b2 active channels")
    await house.chloe.start_call("0" + "0123456789")
    assert asked_for(await house.carrier.receives("INVITE", PATIENCE)) == "+33123456789"


async def test_a_call_that_was_passed_on_counts_as_long_as_it_lasts(house: House) -> None:
    call = await house.chloe.start_call("0" + "0123456789")
    house.carrier.take(await house.carrier.receives("INVITE", PATIENCE))
    await call.answered()
    await call.transfer("202")
    await house.bruno.incoming(number=sum(each.is_incoming for each in house.bruno.calls))
    await house.bruno.call.answered()
    assert "503" in await (await house.chloe.start_call("0" + "0123456789")).ended(PATIENCE)
    await house.bruno.call.hang_up()
    told = await house.carrier.receives_until("BYE", PATIENCE)
    assert not [message for message in told if "202" in header(message, "P-Asserted-Identity") or "Bruno" in message]


async def test_a_call_ends_when_it_has_lasted_as_long_as_it_may(house: House) -> None:
    call = await house.dora.start_call("0" + "0123456789")
    house.carrier.take(await house.carrier.receives("INVITE", PATIENCE))
    await call.answered()
    await house.carrier.receives("BYE", PATIENCE)
    await call.ended()


async def test_a_trunk_that_is_down_is_not_waited_for(house: House) -> None:
    house.carrier.close()
    await house.lab.switch.cli("pjsip qualify acme-carrier")
    await house.lab.switch.wait_for("pjsip show contacts", r"acme-carrier/.*Unavail")
    await house.amel.start_call(DIALLED)
    assert asked_for(await house.backup.receives("INVITE", PATIENCE)) == MOBILE
