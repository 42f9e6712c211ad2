"""Phones and trunks with real SIP and RTP on the generated configuration."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from dialplan_templates import render
from kit.generated import EVERYTHING, network_of, secret, view_for
from kit.manager import ManagerSession
from kit.phones import CallFailed, Phone, Phones, Refuse, RegistrationError, Ring, talking
from kit.switch import Switch

pytestmark = pytest.mark.switch

AMEL, BRUNO, CALLER = 425, 1130, 1770
DIRECT, LINE = "+33123456791", "+33123456790"


@pytest.fixture
async def switch(new_switch: Callable[..., Switch]) -> Switch:
    made = new_switch("node1")
    await made.start(render(view_for(made, EVERYTHING)))
    return made


@pytest.fixture
async def session(switch: Switch) -> AsyncIterator[ManagerSession]:
    async with ManagerSession.open(switch, "cordboard", secret("run")) as opened:
        yield opened


@pytest.fixture
async def phones() -> AsyncIterator[Phones]:
    async with Phones() as stack:
        yield stack


async def desk(phones: Phones, switch: Switch, name: str, tone: int) -> Phone:
    phone = await phones.phone(f"acme-{name}", switch.sip, secret(name), tone=tone)
    await phone.register()
    return phone


async def test_phones_of_a_company_talk_and_a_wrong_password_does_not(
    switch: Switch, session: ManagerSession, phones: Phones
) -> None:
    amel = await desk(phones, switch, "amel", AMEL)
    bruno = await desk(phones, switch, "bruno", BRUNO)
    async with talking(amel, "202", bruno) as (call, other):
        await call.hears(BRUNO)
        await other.hears(AMEL)
        assert other.caller_number == "201"
    answered = await session.event("UserEvent", UserEvent="CordboardAnswered", Person="bruno")
    assert answered["Channel"].startswith("PJSIP/acme-bruno-")
    assert answered["Linkedid"] != answered["Uniqueid"]
    thief = await phones.phone("acme-lobby", switch.sip, "guessed")
    with pytest.raises(RegistrationError):
        await thief.register()
    assert switch.complaints() == []


async def test_what_a_phone_may_dial(switch: Switch, phones: Phones) -> None:
    amel = await desk(phones, switch, "amel", AMEL)
    for number, status in (("+33840000000", "403"), ("00840000000", "403"), ("999", "404")):
        with pytest.raises(CallFailed) as refused:
            await amel.dial(number)
        assert status in str(refused.value)
    echo = await amel.dial("*43")
    await echo.hears(AMEL)
    await echo.hang_up()
    tone = await amel.dial("*44")
    await tone.hears(1004)
    await tone.hang_up()
    own_box = await amel.dial("*98")  # no PIN is asked for: it goes on to the menu of the box at once
    await switch.wait_for("core show channels concise", "!VoiceMailMain!amel@acme,s!")
    await own_box.hang_up()


async def test_a_phone_without_a_box_has_none_to_hear(switch: Switch, phones: Phones) -> None:
    bruno = await desk(phones, switch, "bruno", BRUNO)
    with pytest.raises(CallFailed):
        await bruno.dial("*98")


@pytest.mark.parametrize("rule", [Ring(), Refuse()])
async def test_a_phone_that_is_not_answered_leads_on(
    switch: Switch, session: ManagerSession, phones: Phones, rule: Ring | Refuse
) -> None:
    bruno = await desk(phones, switch, "bruno", BRUNO)
    bruno.rule = rule
    amel = await desk(phones, switch, "amel", AMEL)
    call = await amel.start_call("202")
    told = await session.event("UserEvent", UserEvent="CordboardOutcome", Outcome="dissuaded")
    assert told["Detail"] == ("late" if isinstance(rule, Ring) else "empty")
    await call.ended()


async def test_a_call_from_the_trunk_rings_the_person(switch: Switch, session: ManagerSession, phones: Phones) -> None:
    amel = await desk(phones, switch, "amel", AMEL)
    caller = await phones.caller("+33612345678", switch.sip, tone=CALLER)
    call = await caller.dial(DIRECT)
    await call.hears(AMEL)
    await amel.call.hears(CALLER)
    entered = await session.event("UserEvent", UserEvent="CordboardEntered", Did="direct")
    answered = await session.event("UserEvent", UserEvent="CordboardAnswered", Person="amel")
    assert answered["Linkedid"] == entered["Uniqueid"]
    assert entered["AccountCode"] == "acme-direct"
    await call.hang_up()


@pytest.mark.parametrize(
    ("number", "caller", "answer"), [("+33999999999", "+33612345678", "404"), (DIRECT, "+33899123456", "403")]
)
async def test_unknown_numbers_and_blocked_callers_are_refused_in_sip(
    switch: Switch, phones: Phones, number: str, caller: str, answer: str
) -> None:
    outside = await phones.caller(caller, switch.sip)
    with pytest.raises(CallFailed) as refused:
        await outside.dial(number)
    assert answer in str(refused.value)


async def test_who_is_neither_phone_nor_trunk_gets_in_nowhere(switch: Switch, phones: Phones) -> None:
    stranger = await phones.caller("+33612345678", switch.sip, headers={"X-Nothing": "at all"})
    with pytest.raises(CallFailed) as refused:
        await stranger.dial(DIRECT)
    assert "401" in str(refused.value)


@pytest.mark.parametrize("tone", [CALLER, ()], ids=["with sound", "mute"])
async def test_a_caller_of_a_hung_script_reaches_the_compiled_menu(
    new_switch: Callable[..., Switch], phones: Phones, tone: int | tuple[()]
) -> None:
    switch = new_switch("node1")

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hang, switch.address, 0)
    network = network_of(switch, agi_port=server.sockets[0].getsockname()[1], menu_guard_seconds=1)
    company = replace(EVERYTHING, menus=(replace(EVERYTHING.menus[0], prompt={"fr": ("beep",)}), *EVERYTHING.menus[1:]))
    await switch.start(render(view_for(switch, company, network=network)))
    async with ManagerSession.open(switch, "cordboard", secret("run")) as session:
        caller = await phones.caller("+33612345678", switch.sip, tone=tone)
        call = await caller.start_call(LINE)
        fallback = await session.event("UserEvent", UserEvent="CordboardFallback", Script="menu")
        assert fallback["Reason"] == "timeout"
        await call.answered()
        await session.event("UserEvent", UserEvent="CordboardMenu", Menu="accueil")
        await call.press("4")
        await session.event("UserEvent", UserEvent="CordboardOutcome", Outcome="self_service")
        await call.hang_up()
    server.close()
    await server.wait_closed()
