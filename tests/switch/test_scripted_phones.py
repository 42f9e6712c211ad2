"""Scripted phones on a real switch: registration, sound and keys both ways, busy, hold, transfers, many at once."""

from __future__ import annotations

import asyncio
import threading

import pytest

from conftest import StartSwitch
from kit.patience import PATIENCE
from kit.phones import Answer, CallBusy, CallFailed, Keys, Phone, Phones, Refuse, RegistrationError, Ring, talking
from kit.switch import Switch

pytestmark = pytest.mark.switch
# Tones off the musical scale and off each other's harmonics, so that none is mistaken for music or for another.
ALICE, BOB, CAROL = 425, 1130, 1770
EXTENSIONS = """
[phones]
exten => 600,1,Answer()
 same => n,Echo()
exten => 601,1,Answer()
 same => n,Read(DIGITS,,4,,1,10)
 same => n,Log(NOTICE,keys=${DIGITS}.)
 same => n,Hangup()
exten => 602,1,Answer()
 same => n,Wait(1)
 same => n,SendDTMF(147*)
 same => n,Wait(10)
exten => 603,1,Answer()
 same => n,Milliwatt()
exten => 604,1,Answer()
 same => n,Wait(20)
exten => _[a-z].,1,Dial(PJSIP/${EXTEN},30)
 same => n,Hangup(${HANGUPCAUSE})
[trunk]
exten => 600,1,Answer()
 same => n,Echo()
exten => 605,1,Dial(PJSIP/bob,30)
"""
TONES = {"alice": ALICE, "bob": BOB, "carol": CAROL}


async def boot(start_switch: StartSwitch, dtmf_mode: str = "rfc4733") -> Switch:
    return await start_switch({"extensions.conf": EXTENSIONS}, phones=list(TONES), dtmf_mode=dtmf_mode)


async def desk(phones: Phones, switch: Switch, name: str) -> Phone:
    """A registered phone of that name that says its tone."""
    phone = await phones.phone(name, switch.sip, f"{name}-secret", tone=TONES[name])
    await phone.register()
    return phone


async def test_a_phone_registers_unregisters_and_is_refused_with_a_wrong_password(
    start_switch: StartSwitch, phones: Phones
) -> None:
    switch = await boot(start_switch)
    alice = await desk(phones, switch, "alice")
    assert "alice@127.0.0.1" in await switch.cli("pjsip show contacts")
    await alice.unregister()
    assert "No objects found" in await switch.cli("pjsip show contacts")
    thief = await phones.phone("bob", switch.sip, "guessed")
    with pytest.raises(RegistrationError) as refused:
        await thief.register()
    assert refused.value.status in (401, 403)


async def test_two_phones_hear_each_other_press_keys_and_hold(start_switch: StartSwitch, phones: Phones) -> None:
    switch = await boot(start_switch)
    alice, bob = await desk(phones, switch, "alice"), await desk(phones, switch, "bob")
    async with talking(alice, "bob", bob) as (here, there):
        await here.hears(BOB)
        await there.hears(ALICE)
        assert there.caller_number == "alice"
        await here.press("159#")
        await there.hears_digits("159#")
        await there.press("*0")
        await here.hears_digits("*0")
        here.play()
        await there.hears_silence()
        here.play(ALICE)
        await here.hold()
        await there.hears_other_than(ALICE)  # the music on hold
        await here.resume()
        await there.hears(ALICE)
        await here.hears(BOB)
    quality = here.quality
    assert quality.sent > 50
    assert quality.received > 50
    assert 1 <= quality.mos <= 5
    await switch.wait_idle()


@pytest.mark.parametrize("how", ["rfc4733", "info", "inband"])
async def test_keys_reach_the_dialplan_and_come_back(start_switch: StartSwitch, phones: Phones, how: Keys) -> None:
    switch = await boot(start_switch, how)
    alice = await phones.phone("alice", switch.sip, "alice-secret", dtmf=how)
    await alice.register()
    call = await alice.dial("601")
    await switch.wait_for("core show channels concise", "!Read!")  # else it loses the first keys
    await call.press("12#")
    await call.ended()
    async with asyncio.timeout(PATIENCE):
        while "keys=12." not in switch.logs():  # a thread of its own writes it
            await asyncio.sleep(0.02)
    if how != "inband":  # the stack does not decode tones
        call = await alice.dial("602")
        await call.hears_digits("147*")
        await call.hang_up()


async def test_busy_no_answer_unknown_number_and_a_caller_who_gives_up(
    start_switch: StartSwitch, phones: Phones
) -> None:
    switch = await boot(start_switch)
    alice, bob = await desk(phones, switch, "alice"), await desk(phones, switch, "bob")
    bob.rule = Refuse(after=0.1)
    with pytest.raises(CallBusy):
        await alice.dial("bob")
    with pytest.raises(CallFailed) as unknown:
        await alice.dial("999")
    assert unknown.value.status == 404
    bob.rule = Ring()
    call = await alice.start_call("bob")
    await call.rings()
    ringing = await bob.incoming(number=2)
    assert not ringing.is_answered
    await call.hang_up()
    await ringing.ended()
    bob.rule = Answer(after=0.3)
    call = await alice.dial("bob")
    assert bob.call.is_answered
    await bob.call.hang_up()
    await call.ended()


async def test_a_blind_transfer_brings_the_far_end_to_a_third_phone(start_switch: StartSwitch, phones: Phones) -> None:
    switch = await boot(start_switch)
    alice, bob, carol = [await desk(phones, switch, name) for name in TONES]
    call = await alice.dial("bob")
    await bob.call.hears(ALICE)
    await call.transfer("carol")
    await carol.call.answered()
    await bob.call.hears(CAROL)
    await carol.call.hears(BOB)
    await bob.call.hang_up()
    await carol.call.ended()
    await switch.wait_idle()


async def test_an_attended_transfer_joins_the_two_far_ends(start_switch: StartSwitch, phones: Phones) -> None:
    switch = await boot(start_switch)
    alice, bob, carol = [await desk(phones, switch, name) for name in TONES]
    first = await alice.dial("bob")
    await bob.call.hears(ALICE)
    await first.hold()
    second = await alice.dial("carol")
    await carol.call.hears(ALICE)
    await first.transfer_to(second)
    await bob.call.hears(CAROL)
    await carol.call.hears(BOB)
    await carol.call.hang_up()
    await bob.call.ended()
    await switch.wait_idle()


async def test_a_caller_behind_a_trunk_has_number_name_and_headers(start_switch: StartSwitch) -> None:
    async with Phones(show_headers=("P-Asserted-Identity",)) as phones:
        switch = await boot(start_switch)
        bob = await desk(phones, switch, "bob")
        caller = await phones.caller("+33612345678", switch.sip, name="Chloé", tone=ALICE)
        async with talking(caller, "605", bob) as (here, there):
            await here.hears(BOB)
            await there.hears(ALICE)
            assert there.caller_number == "+33612345678"
            assert "+33612345678" in there.headers["P-Asserted-Identity"]
        stranger = await phones.caller("+33612345678", switch.sip, headers={"X-Trunk": "somebody"})
        with pytest.raises(CallFailed) as refused:
            await stranger.dial("605")
        assert refused.value.status == 401


async def test_a_phone_hears_prompts_milliwatt_and_silence(start_switch: StartSwitch, phones: Phones) -> None:
    switch = await boot(start_switch)
    alice = await desk(phones, switch, "alice")
    call = await alice.dial("603")
    assert abs((await call.hears(1004)).dominant - 1004) < 10
    await call.hang_up()
    call = await alice.dial("604")
    await call.hears_silence()
    with pytest.raises(TimeoutError, match="never heard 1004 Hz"):
        await call.hears(1004, timeout=0.6)
    await call.hang_up()


async def test_thirty_calls_at_once_each_hear_themselves_and_leave_no_thread(start_switch: StartSwitch) -> None:
    before = set(threading.enumerate())
    async with Phones() as phones:
        switch = await boot(start_switch)
        callers = [await phones.caller(f"06000000{n:02}", switch.sip, tone=400 + 35 * n) for n in range(30)]
        calls = await asyncio.gather(*(caller.dial("600") for caller in callers))
        # A machine that is busy with other work gives so many lines their sound late.
        await asyncio.gather(*(call.hears(400 + 35 * n) for n, call in enumerate(calls)))
        assert await switch.channels() == 30
        await asyncio.gather(*(call.hang_up() for call in calls))
        await switch.wait_idle()
    left = {thread.name for thread in set(threading.enumerate()) - before}
    assert not {name for name in left if name.startswith("baresip")}


async def test_phones_close_while_calls_are_up_and_the_switch_is_dead(start_switch: StartSwitch) -> None:
    switch = await boot(start_switch)
    async with Phones() as phones:
        alice = await desk(phones, switch, "alice")
        await alice.dial("600")
        switch.kill()
    assert alice.call.has_ended  # though nobody confirmed its BYE
