"""Steps that settle what becomes of a call, on a real Asterisk: live, and by the dialplan with Cordboard away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio

from kit.site import Site

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]

NUMBER, OUTSIDE = "+33199000001", "+33140000009"
COMPANY = f"""\
cordboard: 1
company: {{id: acme, name: Acme, language: en, country: FR, time_zone: Europe/Paris}}
skills: {{sales: {{name: Sales}}}}
people: {{amel: {{name: Amel, extension: "201", skills: {{sales: 5}}}}}}
prompts: {{welcome: {{en: [beep]}}}}
messages: {{closed: {{en: [beep]}}}}
queues:
  sales: {{name: Sales, skills: {{sales: 1}}, when_late: {{message: closed}}}}
  experts: {{name: Experts, skills: {{sales: 4}}, when_late: {{message: closed}}}}
menus:
  main:
    name: Main
    prompt: welcome
    keys: {{"1": {{step: answered}}, "2": {{step: gold}}, "3": {{step: outside}}, "4": {{step: buy}}, "5": hangup}}
    no_input: {{tries: 9, then: hangup}}
    wrong_input: {{tries: 3, then: hangup}}
  sure:
    name: Sure?
    prompt: welcome
    keys: {{"1": {{end: sure}}, "2": {{end: unsure}}}}
    no_input: {{tries: 9, then: {{end: unsure}}}}
    wrong_input: {{tries: 3, then: {{end: unsure}}}}
steps:
  answered: {{kind: answer, prompt: welcome, then: {{menu: main}}}}
  gold: {{kind: set, values: {{tier: gold}}, then: {{step: to-agents}}}}
  to-agents:
    kind: route
    queue: sales
    cases: [{{is: {{tier: [gold]}}, priority: 5, skills: {{sales: 3}}}}]
  outside: {{kind: external, number: "{OUTSIDE}", ring: 5, failure: {{message: closed}}}}
  buy: {{kind: use, start: {{menu: sure}}, ends: {{sure: {{queue: sales}}, unsure: hangup}}}}
dids: {{"{NUMBER}": {{id: main, name: Main, target: {{menu: main}}}}}}
trunks: {{carrier: {{name: Operator, header: {{name: X-Trunk, value: carrier}}, to: "sip:127.0.0.1:9"}}}}
"""
CALLS = {
    "15": ("self_service", {"step:answered"}, None),
    "5": ("dissuaded", {"message"}, None),
    "12": ("dissuaded", {"empty"}, "experts"),
    "3": ("dissuaded", {"unreachable", "unanswered"}, None),
    "41": ("dissuaded", {"empty"}, "sales"),
    "142": ("self_service", {"step:answered"}, None),
}
"""Keys -> how such a call ends: outcome, details that it may have, and its queue."""
ROUTED = list(CALLS).index("12")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    company = tmp_path_factory.mktemp("acme") / "company.yaml"
    company.write_text(COMPANY, encoding="utf-8")
    async with Site(company) as site:
        yield site


async def press(site: Site, caller: str, keys: str) -> None:
    """Let somebody call and press these keys, until he is hung up."""
    phone = await site.phones.caller(caller, site.switch.sip, headers={"X-Trunk": "carrier"})
    call = await phone.start_call(NUMBER)
    await call.answered()
    for key in keys:
        await call.hears_something()
        await call.press(key)
    await call.ended()


async def came_out(site: Site, callers: Sequence[str]) -> list[dict[str, Any]]:
    """What history says of the call of each of them, and that it is as it is to be."""
    found: dict[str, dict[str, Any]] = {}

    async def are_there() -> bool:
        found.update({call["caller_number"]: call for call in await site.calls() if call["outcome"]})
        return all(caller in found for caller in callers)

    await site.until_async(are_there, f"calls of {callers} in history", lambda: str(found.keys()))
    records = [found[caller] for caller in callers]
    for record, (outcome, details, _) in zip(records, CALLS.values(), strict=True):
        assert record["outcome"] == outcome, record
        assert record["detail"] in details, record
    return records


async def test_what_becomes_of_calls_live(site: Site) -> None:
    callers = [f"+3361111110{number}" for number in range(len(CALLS))]
    for caller, keys in zip(callers, CALLS, strict=True):
        await press(site, caller, keys)
    records = await came_out(site, callers)
    assert [record["queue"] for record in records] == [queue for _, _, queue in CALLS.values()]
    told = (await site.cordboard("facts", records[ROUTED]["uniqueid"], "--json")).json()["facts"]
    [fact] = [fact["data"] for fact in told if fact["kind"] == "routed"]
    assert (fact["queue"], fact["priority"]) == ("experts", "5")
    assert "the menus want sales 3 beside what Sales wants: Experts" in fact["why"]


async def test_the_same_with_cordboard_away(site: Site) -> None:
    await site.stop_daemon()
    callers = [f"+3361111120{number}" for number in range(len(CALLS))]
    for caller, keys in zip(callers, CALLS, strict=True):
        await press(site, caller, keys)
    await site.switch.wait_idle()
    await site.start_daemon()
    # Which queue they were refused at is in none of Asterisk's own books.
    await came_out(site, callers)
