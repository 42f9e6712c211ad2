"""What callers of a real Asterisk did in nodes of every kind, as figures tell it: by which way left, and where lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from kit.other_system import Asked, OtherSystem, Reply, json_answer
from kit.phones import PhoneCall
from kit.site import Site, open_site

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]

NUMBER, OUTSIDE = "+33199000001", "+33140000009"
TO_AGENTS, GOES_OUTSIDE, IS_STRANGE = (f"+3361111330{number}" for number in range(3))
COMPANY = f"""\
cordboard: 1
company: {{id: acme, name: Acme, language: en, country: FR, time_zone: Europe/Paris}}
skills: {{sales: {{name: Sales}}}}
people: {{amel: {{name: Amel, extension: "201", skills: {{sales: 5}}}}}}
hours: {{always: {{open: [{{days: mon-sun, from: "00:00", to: "24:00"}}]}}}}
prompts: {{short: {{en: [beep]}}, long: {{en: [{", ".join(["vm-press"] * 40)}]}}}}
messages: {{closed: {{en: [beep]}}}}
queues: {{sales: {{name: Sales, skills: {{sales: 1}}, when_late: {{message: closed}}}}}}
menus:
  main:
    name: Main
    prompt: short
    keys: {{"1": {{step: to-agents}}, "2": {{step: outside}}}}
    no_input: {{tries: 9, then: hangup}}
    wrong_input: {{tries: 3, then: hangup}}
steps:
  notice: {{kind: play, prompt: short, then: {{step: by-the-clock}}}}
  by-the-clock: {{kind: hours, hours: always, open: {{step: gold}}, closed: hangup}}
  gold: {{kind: set, values: {{tier: gold, fee: "2"}}, then: {{step: by-tier}}}}
  by-tier:
    kind: condition
    variable: tier
    cases: [{{is: [lead], then: hangup}}, {{is: [gold], then: {{step: read-fee}}}}]
    otherwise: hangup
  read-fee: {{kind: say, what: number, variable: fee, then: {{step: sentence}}}}
  sentence: {{kind: speak, text: {{en: "{{name}}"}}, then: hangup, failure: {{step: who}}}}
  who:
    kind: lookup
    source: crm
    send: {{number: caller}}
    into: {{name: name}}
    found: {{step: remind}}
    not_found: {{step: please-wait}}
    failure: hangup
  remind: {{kind: notify, source: sms, send: {{to: caller}}, sent: {{step: which}}, failure: hangup}}
  please-wait: {{kind: play, prompt: long, then: hangup}}
  which:
    kind: language
    prompt: short
    languages: {{"1": en, "2": fr}}
    then: {{step: number}}
    no_input: {{tries: 9, then: hangup}}
    wrong_input: {{tries: 3, then: hangup}}
  number:
    kind: collect
    prompt: short
    into: number
    shapes: ["XX"]
    then: {{step: done}}
    no_input: {{tries: 9, then: hangup}}
    wrong_input: {{tries: 3, then: hangup}}
  done: {{kind: answer, prompt: short, then: {{menu: main}}}}
  to-agents: {{kind: route, queue: sales}}
  outside: {{kind: external, number: "{OUTSIDE}", ring: 5, failure: {{message: closed}}}}
dids: {{"{NUMBER}": {{id: main, name: Main, target: {{step: notice}}}}}}
trunks: {{carrier: {{name: Operator, header: {{name: X-Trunk, value: carrier}}, to: "sip:127.0.0.1:9"}}}}
"""
WAYS = {
    "notice": {"then": {"by-the-clock": 3}},
    "by-the-clock": {"open": {"gold": 3}},
    "gold": {"then": {"by-tier": 3}},
    "by-tier": {"case 2": {"read-fee": 3}},
    "read-fee": {"then": {"sentence": 3}},
    "sentence": {"failure": {"who": 3}},
    "who": {"found": {"remind": 2}, "not_found": {"please-wait": 1}},
    "remind": {"sent": {"which": 2}},
    "please-wait": {"hung_up": {"": 1}},
    "which": {"key 1": {"number": 2}},
    "number": {"typed": {"done": 2}},
    "done": {"then": {"main": 2}},
    "main": {"key 1": {"to-agents": 1}, "key 2": {"outside": 1}},
    "to-agents": {"otherwise": {"queue:sales": 1}},
    "outside": {"failure": {"the_end": 1}},
}


def _knows(asked: Asked) -> Reply:
    return json_answer({"name": "Zoé"}, 404 if asked.path.endswith(IS_STRANGE[1:]) else 200)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    folder: Path = tmp_path_factory.mktemp("acme")
    company = folder / "company.yaml"
    company.write_text(COMPANY, encoding="utf-8")
    async with OtherSystem() as system:
        system.says = _knows
        connections = folder / "connections.toml"
        connections.write_text(
            f'[crm]\nurl = "{system.url}/customers/{{number}}"\n'
            f'[sms]\nurl = "{system.url}/sms"\nmethod = "POST"\nbody = {{to = ["{{to}}"]}}\n',
            encoding="utf-8",
        )
        connections.chmod(0o600)
        async with open_site(company, connections=str(connections)) as site:
            yield site


async def _card(site: Site, caller: str) -> tuple[str, dict[str, Any]]:
    """What the live page shows of his call, after the call's id."""
    found = ((name, card) for name, card in (await site.cards()).items() if card.get("caller") == caller)
    name, card = next(found, ("", {}))
    return name.removeprefix("call/"), card


async def _calls(site: Site, caller: str, **pressed: str) -> PhoneCall:
    """Somebody calls and presses, in each menu or step that asks, what he is to."""
    phone = await site.phones.caller(caller, site.switch.sip, headers={"X-Trunk": "carrier"})
    call = await phone.start_call(NUMBER)
    seen: dict[str, Any] = {}
    for node, keys in pressed.items():

        async def is_there(node: str = node) -> bool:
            seen.update((await _card(site, caller))[1])
            return bool(seen.get("place", "").lower() == node)  # menus by their names, others by their ids

        await site.until_async(is_there, f"{caller} to be in {node}", lambda: str(seen))
        await call.press(keys)
    return call


async def test_figures_are_what_callers_did_in_nodes_of_every_kind(site: Site) -> None:
    asked = {"which": "1", "number": "42"}
    _, _, stranger = await asyncio.gather(
        _calls(site, TO_AGENTS, **asked, main="1"),
        _calls(site, GOES_OUTSIDE, **asked, main="2"),
        _calls(site, IS_STRANGE),
    )

    async def is_waiting() -> bool:
        call, _ = await _card(site, IS_STRANGE)
        facts = (await site.cordboard("facts", call.partition("/")[2], "--json")).json()["facts"]
        return any(fact["data"].get("to") == "please-wait" for fact in facts)

    await site.until_async(is_waiting, "the stranger to wait")
    await stranger.hang_up()
    records = {each: await site.call_record(each) for each in (TO_AGENTS, GOES_OUTSIDE, IS_STRANGE)}
    told: dict[str, Any] = {}

    async def are_counted() -> bool:
        told.update((await site.cordboard("flow", "figures", "--json")).json())
        return bool(told["calls"] == len(records))

    await site.until_async(are_counted, "all calls to be counted", lambda: str(told))
    assert {node: each["ways"] for node, each in told["nodes"].items()} == WAYS
    assert told["exits"] == {
        "queue:sales": {"dissuaded": 1},
        "the_end": {"dissuaded": 1},
        "hung_up": {"abandoned": 1},
    }
    assert (told["compiled"], told["unseen"], told["zero_outs"]) == (0, 0, {})
    assert told["nodes"]["please-wait"]["seconds"]["median"] > 0
    page = await site.get("/api/menus/figures")
    assert {name: page[name] for name in ("nodes", "exits", "calls")} == {
        name: told[name] for name in ("nodes", "exits", "calls")
    }
    assert {box["of"] for box in (await site.get("/api/menus"))["tree"]["boxes"]} >= WAYS.keys()
    (lost,) = (await site.cordboard("flow", "figures", "--calls", "please-wait", "--json")).json()
    assert lost["id"] == f"{records[IS_STRANGE]['node']}/{records[IS_STRANGE]['uniqueid']}"
    rows = (await site.cordboard("flow", "figures", "--compare", "1", "1", "--json")).json()["figures"]
    hung_up = next(row for row in rows if (row["of"], row["name"]) == ("please-wait", "hung_up"))
    assert (hung_up["before"], hung_up["after"]) == (1, 1)
    shown = (await site.cordboard("flow", "figures")).out
    assert "case 2" in shown
    assert "not found" in shown
