"""Callers who are called back instead of waiting: asked for, placed in the queue, agent first, then the customer."""

from __future__ import annotations

import re
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from cordboard.store.callbacks import CallbackState, change_callback, list_callbacks
from cordboard.store.engine import open_store
from demo.callers import TRUNK
from kit.patience import PATIENCE
from kit.phones import Answer, Phone, PhoneCall, Refuse, Ring
from kit.site import Site
from kit.switch import REPOSITORY

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]

MAIN, MOBILE, OTHER = "+33199000001", "+33612345678", "+33123456789"
COMPANY = REPOSITORY / "tests/kit/callbacks.yaml"
CUSTOMER_TONE, AGENT_TONE = 1000, 500


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Amel is logged in and paused; her company's calls out lead to the phones of this test."""
    file = tmp_path_factory.mktemp("acme") / "company.yaml"
    file.write_text(COMPANY.read_text(encoding="utf-8"), encoding="utf-8")
    async with Site(file) as site:
        await site.agent("amel", tone=AGENT_TONE)
        (port, *_) = re.findall(r"sip:acme-amel[^@]*@127.0.0.1:([0-9]+)", await site.switch.cli("pjsip show contacts"))
        written = file.read_text(encoding="utf-8").replace("127.0.0.1:5090", f"127.0.0.1:{port}")
        file.write_text(written, encoding="utf-8")
        await site.cordboard("import", str(file))
        await site.cordboard("apply", "--yes")
        await pause(site)
        yield site


async def pause(site: Site) -> None:
    await site.post("/api/agents/amel/pause", {"reason": "lunch", "because": "a test"})
    await site.agent_is("amel", "pause")


async def ready(site: Site) -> None:
    await site.post("/api/agents/amel/ready", {"because": "a test"})


def amel(site: Site) -> Phone:
    return next(phone for phone in site.phones.all if phone.user == "acme-amel")


async def customer(site: Site, number: str) -> Phone:
    """Who calls from this number, and answers there."""
    known = next((phone for phone in site.phones.all if phone.user == number), None)
    return known or await site.phones.caller(number, site.switch.sip, tone=CUSTOMER_TONE, headers=TRUNK)


async def asks(site: Site, phone: Phone, *keys: str) -> None:
    """He calls, presses these keys once he hears the menu, and is hung up."""
    call = await phone.start_call(MAIN)
    await call.answered()
    await call.hears_something()
    for key in keys:
        await call.press(key)
    await call.ended()


async def requests(site: Site) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await site.cordboard("callbacks", "list", "--json")).json()
    return found


async def request_is(site: Site, **wanted: Any) -> dict[str, Any]:
    """The latest request, once it is so."""
    found: dict[str, Any] = {}

    async def is_so() -> bool:
        found.update((await requests(site))[0])
        return wanted.items() <= found.items()

    await site.until_async(is_so, f"a callback that is {wanted}", lambda: str(found))
    return found


async def due_now(site: Site) -> None:
    """The next attempt of the latest request is due."""
    async with open_store(f"sqlite:///{site.home}/cordboard.sqlite") as store, store.transaction() as session:
        (latest,) = await list_callbacks(session, "acme", states=[CallbackState.WAITING])
        assert await change_callback(session, latest, replace(latest, due=datetime.now(UTC)))


async def audit(site: Site) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await site.cordboard("audit", "--json")).json()
    return found


async def in_line(site: Site, count: int) -> bool:
    """Do so many wait in the queue, callers and who stands in for some?"""
    cards = (await site.cards()).items()
    (support,) = [card for name, card in cards if name.startswith("queue/") and card["id"] == "support"]
    return len(support["waiting"]) == count


async def all_are(site: Site, state: str) -> bool:
    return all(each["state"] == state for each in (await requests(site))[:2])


async def nothing_kept(site: Site) -> bool:
    return "0 results" in await site.switch.cli("database show cordboard-callback")


async def rung(phone: Phone, number: int) -> PhoneCall:
    return await phone.incoming(number=number)


def received(phone: Phone) -> int:
    return sum(call.is_incoming for call in phone.calls)


async def test_the_agent_is_rung_first_and_then_the_customer(site: Site) -> None:
    zoe = await customer(site, MOBILE)
    await asks(site, zoe, "3", "1")
    asked = await request_is(site, state="placed", attempts=0)
    assert (asked["number"], asked["queue"], asked["did"]) == (MOBILE, "support", "main")
    record = await site.call_record(MOBILE)
    assert (record["outcome"], record["detail"]) == ("callback", "support")
    assert asked["call"] == f"pbx1/{record['uniqueid']}"
    assert received(zoe) == 0
    before = received(amel(site))
    await ready(site)
    call = await rung(amel(site), before + 1)
    assert call.caller_number == MOBILE
    await call.hears(CUSTOMER_TONE)
    await zoe.call.hears(AGENT_TONE)
    assert zoe.call.caller_number == MAIN
    await site.agent_is("amel", "inbound_call", "outbound_call")
    await zoe.call.hang_up()
    await call.ended()
    done = await request_is(site, state="done", result="answered", attempts=1)
    assert received(zoe) == 1
    await pause(site)
    one = (await site.cordboard("calls", done["called"].partition("/")[2], "--json")).json()
    told = [one["call"][name] for name in ("direction", "outcome", "queue", "agent")]
    assert told == ["originated", "answered", "sales", "amel"]
    today = (await site.cards())["today"]
    assert (today["received"], today["callback"], today["handled"]) == (1, 1, 0)
    assert await site.differences() == []


async def test_who_is_busy_is_tried_again_and_given_up_in_the_end(site: Site) -> None:
    zoe = await customer(site, MOBILE)
    zoe.rule, rung_before = Refuse(), received(zoe)
    await asks(site, zoe, "2", "1")
    await asks(site, zoe, "2", "1")
    is_open = [each for each in await requests(site) if each["state"] in ("waiting", "placed")]
    assert len(is_open) == 1, "he stands there once, however often he asks"
    for attempt, state in ((1, "waiting"), (2, "given_up")):
        before = received(amel(site))
        await ready(site)
        call = await rung(amel(site), before + 1)
        await call.ended()
        found = await request_is(site, state=state, result="busy", attempts=attempt)
        await pause(site)
        if state == "waiting":
            assert datetime.fromisoformat(found["due"]) > datetime.now(UTC) + timedelta(seconds=40)
            await due_now(site)
    assert received(zoe) == rung_before + 2
    zoe.rule = Answer()
    (line,) = [each for each in await audit(site) if each["object"] == str(found["id"])]
    assert (line["by"], line["action"]) == ("cordboard run", "callback.given_up")
    assert line["detail"] == "busy, 2 of 2 attempts"


async def test_callers_are_called_back_in_the_order_in_which_they_asked(site: Site) -> None:
    zoe, yan = await customer(site, MOBILE), await customer(site, OTHER)
    rung_before = received(zoe)
    await asks(site, zoe, "2", "1")
    await asks(site, yan, "2", "1")
    live = await customer(site, "+33698765432")
    waits = await live.start_call(MAIN)
    await waits.answered()
    await waits.hears_something()
    await waits.press("1")
    await site.until_async(lambda: in_line(site, 3), "a caller in the queue, behind two who are to be called back")
    refused = await customer(site, "+33611111111")
    await asks(site, refused, "2", "1")
    assert (await site.call_record("+33611111111"))["outcome"] == "dissuaded", "two of the queue wait already"
    before = received(amel(site))
    await ready(site)
    first = await rung(amel(site), before + 1)
    await site.until_async(lambda: in_line(site, 2), "the others to wait")
    await first.hears(CUSTOMER_TONE)
    assert received(zoe) == rung_before + 1, "who asked first stands before who came in after him"
    await zoe.call.hang_up()
    for number in (2, 3):
        call = await rung(amel(site), before + number)
        await call.hears(CUSTOMER_TONE)
        await call.hang_up()
    await site.until_async(lambda: all_are(site, "done"), "everybody to be called back")
    await waits.ended()
    assert (received(zoe), received(yan)) == (rung_before + 1, 1)
    await pause(site)


async def test_who_stands_in_the_queue_when_it_is_cancelled_leaves_it(site: Site) -> None:
    zoe = await customer(site, MOBILE)
    await asks(site, zoe, "2", "1")
    phone, rung_before = amel(site), received(zoe)
    phone.rule = Ring()
    before = received(phone)
    await ready(site)
    call = await rung(phone, before + 1)
    found = await request_is(site, state="placed")
    await site.cordboard("callbacks", "cancel", str(found["id"]))
    await call.ended()
    await site.switch.wait_idle()
    phone.rule = Answer()
    assert (await request_is(site, state="cancelled", attempts=0))["id"] == found["id"]
    again = await site.cordboard("callbacks", "cancel", str(found["id"]), expect=(1,))
    assert "is not open any more" in again.err
    assert received(zoe) == rung_before
    await pause(site)


async def test_a_request_survives_the_daemon_and_is_tried_once(site: Site) -> None:
    zoe = await customer(site, MOBILE)
    await asks(site, zoe, "2", "1")
    phone, rung_before = amel(site), received(zoe)
    phone.rule = Ring()
    before = received(phone)
    await ready(site)
    call = await rung(phone, before + 1)
    await request_is(site, state="placed")
    site.daemon.signal(signal.SIGKILL)
    await site.daemon.wait(PATIENCE)
    yan = await customer(site, OTHER)
    await asks(site, yan, "2")
    await call.answer()
    await call.hears(CUSTOMER_TONE)
    await zoe.call.hears(AGENT_TONE)
    await zoe.call.hang_up()
    await call.ended()
    phone.rule = Answer()
    await site.start_daemon()
    await site.sign_in_again()
    done = await request_is(site, state="done", result="answered", attempts=1)
    assert done["number"] == MOBILE, "who asked while Cordboard was away was passed over"
    assert received(zoe) == rung_before + 1
    await site.until_async(lambda: nothing_kept(site), "nothing to be kept by the switch any more")
