"""Load by sipp on a real switch: its counts are right, and what fails is counted as failed."""

from __future__ import annotations

import asyncio

import pytest

from conftest import StartSwitch
from kit.patience import PATIENCE
from kit.process import ProcessDiedError
from kit.sipp import answering_phones, callers

pytestmark = pytest.mark.switch
EXTENSIONS = """
[trunk]
exten => 600,1,Answer()
 same => n,Echo()
exten => 601,1,Answer()
 same => n,Wait(0.3)
 same => n,Hangup()
exten => 602,1,Dial(PJSIP/alice&PJSIP/bob,20)
"""


async def test_twenty_callers_are_answered_and_hang_up(start_switch: StartSwitch) -> None:
    numbers = ["0611111111", "0622222222"]
    switch = await start_switch({"extensions.conf": EXTENSIONS})
    load = await callers(switch, "600", calls=20, rate=10, talk=0.5, from_numbers=numbers)
    assert load.is_clean, load
    assert load.successful == 20
    await switch.wait_idle()
    async with asyncio.timeout(PATIENCE):  # a thread of its own writes them
        while not all(switch.places.cdr.read_text().count(number) >= 10 for number in numbers):
            await asyncio.sleep(0.02)


async def test_callers_who_stay_are_hung_up_by_the_switch(start_switch: StartSwitch) -> None:
    switch = await start_switch({"extensions.conf": EXTENSIONS})
    load = await callers(switch, "601", calls=5, rate=10, stays=True)
    assert load.is_clean, load


async def test_a_number_that_is_not_there_fails_every_call(start_switch: StartSwitch) -> None:
    switch = await start_switch({"extensions.conf": EXTENSIONS})
    load = await callers(switch, "699", calls=3, rate=10)
    assert not load.is_clean
    assert (load.successful, load.failed) == (0, 3)
    assert "404 Not Found" in load.errors


async def test_registered_phones_answer_and_send_the_sound_back(start_switch: StartSwitch) -> None:
    switch = await start_switch({"extensions.conf": EXTENSIONS}, phones=["alice", "bob"])
    async with answering_phones(switch, ["alice", "bob"], ring=0.1):
        load = await callers(switch, "602", calls=5, rate=5, talk=0.5)
        assert load.is_clean, load
        await switch.wait_idle()


async def test_phones_that_may_not_register_say_so(start_switch: StartSwitch) -> None:
    switch = await start_switch({"extensions.conf": EXTENSIONS}, phones=["alice"])
    with pytest.raises(ProcessDiedError, match="could not register"):
        async with answering_phones(switch, ["alice"], password="wrong"):
            pass
