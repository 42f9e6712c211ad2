"""An agent calls somebody outside by hand: what the plan says of his right, what the live page and history show of the
call and of him, and of one that is not let out."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from kit.phones import Phone
from kit.site import Site

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]

MAIN, OWN, MOBILE = "+33199000001", "+33199000005", "+33612345678"
COMPANY = f"""\
cordboard: 1
company: {{id: acme, name: Acme, language: fr, country: FR, time_zone: Europe/Paris}}
skills: {{french: {{name: Français}}}}
people:
  amel: {{name: Amel Haddad, extension: "201", skills: {{french: 5}}}}
  bruno: {{name: Bruno Lefèvre, extension: "202", skills: {{french: 3}}}}
messages: {{closed: {{fr: [vm-goodbye]}}}}
queues:
  support: {{name: Support, skills: {{french: 3}}, wrap_up: 30, when_late: {{message: closed}}}}
dids:
  "{MAIN}": {{id: main, name: Main, target: {{queue: support}}}}
  "{OWN}": {{id: amel, name: Amel, target: {{person: amel}}}}
trunks:
  carrier: {{name: Operator, header: {{name: X-Trunk, value: carrier}}, to: "sip:127.0.0.1:PORT"}}
"""
PERMITTED = """\
outgoing: {national: {name: France, national: [fixed, mobile]}}
dialling: {prefix: "0"}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    file = tmp_path_factory.mktemp("acme") / "company.yaml"
    file.write_text(COMPANY.replace("PORT", "5090"), encoding="utf-8")
    async with Site(file) as site:
        await site.agent("amel", tone=500)
        await site.phone("bruno", tone=600)
        yield site


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def plan(site: Site) -> str:
    """Amel may dial out, by a trunk that leads to the SIP stack of the phones; what the plan said of it."""
    (port, *_) = re.findall(r"sip:acme-amel[^@]*@127.0.0.1:([0-9]+)", await site.switch.cli("pjsip show contacts"))
    written = COMPANY.replace("PORT", port).replace("Amel Haddad,", "Amel Haddad, outgoing: national,")
    site.company_file.write_text(written + PERMITTED, encoding="utf-8")
    await site.cordboard("import", str(site.company_file))
    said = (await site.cordboard("plan", expect=(0, 2))).out
    await site.cordboard("apply", "--yes")
    return said


def phone_of(site: Site, person: str) -> Phone:
    return next(phone for phone in site.phones.all if phone.user == f"acme-{person}")


async def talking_card(site: Site) -> dict[str, Any]:
    """The card of the one call that is up, once the live page shows its people talking."""
    found: list[dict[str, Any]] = []

    async def is_there() -> bool:
        found[:] = [card for name, card in (await site.cards()).items() if name.startswith("call/")]
        return [card["stage"] for card in found] == ["talking"]

    await site.until_async(is_there, "one call on the live page, talking", lambda: str(found))
    return found[0]


async def last_call(site: Site, outcome: str) -> dict[str, Any]:
    """The last outbound call of history, once it is there."""
    found: list[dict[str, Any]] = []

    async def is_there() -> bool:
        calls = (await site.cordboard("calls", "--json", "--direction", "outbound", "--last", "1")).json()
        found[:] = [call for call in calls if call["outcome"] == outcome]
        return bool(found)

    await site.until_async(is_there, f"an outbound call that was {outcome}")
    return found[0]


async def test_the_plan_tells_who_gains_what(site: Site, plan: str) -> None:
    assert "Amel Haddad may dial out: national" in plan
    assert "outgoing permission national (France) is new: national numbers fixed, mobile" in plan
    phones = {each["number"]: each["dials_out"] for each in (await site.cordboard("phones", "--json")).json()}
    assert phones == {"201": "national", "202": "no"}


async def test_an_agent_who_calls_outside_is_in_an_outbound_call_and_ready_again(site: Site, plan: str) -> None:
    amel = phone_of(site, "amel")
    somebody = await site.phones.caller(MOBILE, site.switch.sip, tone=1000)
    call = await amel.dial("00612345678")
    await call.hears(1000)
    assert somebody.call.caller_number == OWN
    await somebody.call.hears(500)
    await site.agent_is("amel", "outbound_call")
    card = await talking_card(site)
    assert card["direction"] == "outbound"
    assert (card["parties"][1]["number"], card["parties"][1]["trunk"]) == (MOBILE, "carrier")
    assert f"{MOBILE} (carrier)" in (await site.cordboard("top", "--once")).out
    await call.hang_up()
    await site.agent_is("amel", "ready")
    kept = await last_call(site, "answered")
    assert (kept["agent"], kept["dialled"]) == ("amel", "00612345678")
    story = (await site.cordboard("calls", kept["uniqueid"], "--json")).json()["story"]
    (outside,) = [party for party in story["parties"] if party["outside"]]
    assert (outside["number"], outside["endpoint"]) == (MOBILE, "acme-carrier")
    assert "outside, carrier" in (await site.cordboard("calls", kept["uniqueid"])).out
    assert await site.differences() == []


async def test_a_click_to_call_dials_what_the_phone_may(site: Site, plan: str) -> None:
    amel = phone_of(site, "amel")
    somebody = await site.phones.caller("+33123456789", site.switch.sip, tone=1000)
    before = sum(call.is_incoming for call in amel.calls)
    said = await site.cordboard("call", "originate", "amel", "+33 1 23 45 67 89")
    assert said.out.startswith("done")
    call = await amel.incoming(number=before + 1)
    await call.hears(1000)
    assert somebody.call.caller_number == OWN
    await call.hang_up()
    for person, number in (("amel", "+442079460000"), ("amel", "+33899123456"), ("bruno", MOBILE)):
        refused = await site.cordboard("call", "originate", person, number, expect=(1,))
        assert refused.err == "refused: The company file does not let this phone dial that number.\n"
    await site.cordboard("call", "originate", "amel", "00123", expect=(1,))
    await site.switch.wait_idle()


async def test_what_is_not_let_out_is_kept_and_told_without_its_number(site: Site, plan: str) -> None:
    call = await phone_of(site, "amel").start_call("000442079460000")
    await call.hears_something()
    await call.ended()
    await site.agent_is("amel", "ready")
    kept = await last_call(site, "denied")
    assert (kept["agent"], kept["detail"], kept["dialled"]) == ("amel", "permission", "000442079460000")
    (told,) = [line for line in site.daemon.said().splitlines() if "was not let out" in line]
    assert "acme-amel" in told
    assert "permission" in told
    assert "442079460000" not in told
    assert await site.differences() == []
