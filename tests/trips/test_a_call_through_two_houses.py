"""Two whole Cordboards, each with its own Asterisk and history, and a call that goes from one to the other."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from kit.raw_sip import RawAgent, header
from kit.site import Site

pytestmark = pytest.mark.switch

PARIS, LYON = "+33199000001", "+33199000077"
COMPANY = """\
cordboard: 1
company: {{id: {company}, name: {company}, language: fr, country: FR, time_zone: Europe/Paris}}
skills: {{french: {{name: Français}}}}
people:
  amel: {{name: Amel, extension: "201", skills: {{french: 5}}}}
queues:
  other: {{name: The other house, skills: {{french: 3}}, when_late: {{external: "{away}"}}}}
dids:
  "{number}": {{id: main, name: Main, target: {target}}}
trunks:
  outside: {{name: Outside, header: {{name: X-Trunk, value: carrier}}}}
  house: {{name: The other house, from: [{address}], to: "sip:{sip}", peer: true}}
"""


@pytest.fixture
async def houses(tmp_path: Path) -> AsyncIterator[tuple[Site, Site]]:
    """Paris leads its callers to Lyon, where Amel's phone rings."""
    files = [tmp_path / "paris.yaml", tmp_path / "lyon.yaml"]
    paris, lyon = Site(files[0], node="paris"), Site(files[1], node="lyon")
    for file, company, number, target, other in (
        (files[0], "paris", PARIS, "{queue: other}", lyon),
        (files[1], "lyon", LYON, "{person: amel}", paris),
    ):
        away = LYON if number == PARIS else "+33199000088"
        there = {"address": other.switch.address, "sip": other.switch.sip}
        file.write_text(COMPANY.format(company=company, number=number, target=target, away=away, **there))
    async with AsyncExitStack() as stack:
        for site in (paris, lyon):
            stack.push_async_exit(site)
        for site in (lyon, paris):
            await site.set_up()
            await site.start_switch()
            await site.start_daemon()
        await paris.switch.wait_for("pjsip show contacts", r"paris-house.*Avail")
        yield paris, lyon


async def closed(site: Site) -> dict[str, Any]:
    """The one call in its history, once it is over."""

    async def is_there() -> bool:
        return bool(await site.calls())

    await site.until_async(is_there, "the call to be in history")
    (call,) = await site.calls()
    return call


async def test_its_id_in_one_house_stands_with_it_in_the_other(houses: tuple[Site, Site]) -> None:
    paris, lyon = houses
    async with RawAgent(paris.switch.address) as caller, RawAgent(lyon.switch.address) as phone:
        secrets = (await lyon.cordboard("phones", "--show-secrets", "--json")).json()
        (amel,) = (entry for entry in secrets if entry["endpoint"] == "lyon-amel")
        await phone.register("lyon-amel", amel["secret"], lyon.switch)
        caller.invite(PARIS, paris.switch, X_Trunk="carrier")
        ringing = await phone.receives("INVITE")
        phone.answer(ringing, "486 Busy Here")
        first, second = await closed(paris), await closed(lyon)
    told = (await lyon.cordboard("facts", second["uniqueid"])).out.splitlines()
    (entered,) = (line for line in told if " entered " in line)
    assert f"origin paris/{first['uniqueid']}" in entered
    assert header(ringing, "X-Cordboard-Call") == f"lyon/{second['uniqueid']}"
    records = list(csv.reader(lyon.switch.places.cdr.read_text().splitlines()))
    assert {record[-2] for record in records if record[0] == "lyon-main"} == {second["uniqueid"]}
    assert "origin" not in (await paris.cordboard("facts", first["uniqueid"])).out
