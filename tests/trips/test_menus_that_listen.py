"""Callers on a real Asterisk who say what they want: understood, misunderstood, and with nobody left to listen."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from cordboard.hearing.engine import RATE, Listener, Recogniser
from cordboard.hearing.models import models_of
from kit.loopback import free_port
from kit.phones import Answer, PhoneCall
from kit.site import Site
from kit.switch import REPOSITORY
from kit.voice import speech

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]

COMPANY = REPOSITORY / "tests/kit/heard.yaml"
NUMBER = "+33199000001"
ANSWERS = "hearing process answers calls"
OTHER = "I would like to have a very large pizza with mushrooms and a glass of water please"
TOLD = ("welcome to acme", "say sales", "or press one", "to be put through to our team")
UNTOLD = ("the weather is nice", "goodbye", "elephant window table", "what do you mean")
"""What the prompt of the menu says, and what it does not."""
TRUNK = {"X-Trunk": "carrier"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site() -> AsyncIterator[Site]:
    site = Site(COMPANY, settings={"hearing": "en"})
    site.environment["CORDBOARD_HEARING_PORT"] = str(free_port(site.switch.address, 4574))
    async with site:
        await site.until(lambda: ANSWERS in site.daemon.said(), "somebody to listen")
        yield site


async def calls(site: Site, caller: str) -> PhoneCall:
    """Somebody calls, and hears the menu."""
    phone = await site.phones.caller(caller, site.switch.sip, headers=TRUNK)
    call = await phone.dial(NUMBER)
    await call.hears_something()
    return call


async def choice(site: Site, caller: str) -> dict[str, Any]:
    """What history has of how this caller's latest call left the menu."""
    record = await site.call_record(caller)
    told = (await site.cordboard("facts", record["id"], "--json")).json()
    (chosen,) = (fact["data"] for fact in told["facts"] if fact["kind"] == "choice")
    return dict(chosen)


def hearing_process(site: Site) -> int:
    """The process that hears callers now."""
    children = Path(f"/proc/{site.daemon.pid}/task/{site.daemon.pid}/children").read_text().split()
    (found,) = (int(pid) for pid in children if b"hear-calls" in Path(f"/proc/{pid}/cmdline").read_bytes())
    return found


async def test_who_speaks_into_the_prompt_comes_to_the_queue(site: Site) -> None:
    amel = await site.agent("amel", tone=850, rule=Answer())
    call = await calls(site, "+33611111101")
    await call.say(speech("commercial"))
    await call.hears(850)
    await call.hang_up()
    await amel.call.ended()
    chosen = await choice(site, "+33611111101")
    assert (chosen["edge"], chosen["key"], chosen["by"]) == ("key", "1", "flow")
    assert int(chosen["said"]) >= 50


async def test_what_is_not_offered_is_wrong_input(site: Site) -> None:
    call = await calls(site, "+33611111103")
    await call.say(speech(OTHER))
    await call.ended(60)
    assert (await site.call_record("+33611111103"))["detail"] == "step:strange"
    assert (await choice(site, "+33611111103"))["wrong"] == "1"


async def test_what_the_voice_of_the_site_says_is_understood(site: Site) -> None:
    """A prompt that was made of a text, as a caller hears it over Asterisk, is what it says."""
    call = await calls(site, "+33611111107")
    await site.until(lambda: call.heard.seconds > 5, "enough of the prompt")
    pcm = (call.heard.samples * 32767).astype("<i2").tobytes()
    assert call.heard.rate == RATE
    await call.hang_up()
    recogniser = Recogniser(models_of({"en": ""})["en"])
    heard = {recogniser.heard(piece, TOLD + UNTOLD) for piece in pieces_of(pcm)}
    assert {said.phrase for said in heard if said.confidence >= 50} & set(TOLD)


def pieces_of(pcm: bytes) -> Iterator[bytes]:
    """What is said between two pauses, one after the other."""
    listener = Listener()
    for start in range(0, len(pcm), 320):
        if (piece := listener.feed(pcm[start : start + 320])) is not None:
            yield piece
            listener = Listener()


async def test_an_engine_that_dies_in_a_prompt_leaves_keys_to_its_callers(site: Site) -> None:
    call = await calls(site, "+33611111105")
    answers = site.daemon.said().count(ANSWERS)
    os.kill(hearing_process(site), signal.SIGKILL)
    await site.until(lambda: "keys count" in site.daemon.said(), "the call to go on by keys")
    await call.press("2")
    await call.ended(60)
    assert (await choice(site, "+33611111105"))["key"] == "2"
    await site.until(lambda: site.daemon.said().count(ANSWERS) > answers, "another one to listen", 30)


async def test_while_the_engine_hangs_there_are_keys(site: Site) -> None:
    answers = site.daemon.said().count(ANSWERS)
    hanging = hearing_process(site)
    os.kill(hanging, signal.SIGSTOP)
    call = await calls(site, "+33611111106")
    await call.press("2")
    await call.ended(60)
    assert (await choice(site, "+33611111106"))["key"] == "2"
    await site.until(lambda: site.daemon.said().count(ANSWERS) > answers, "another one to listen", 30)
