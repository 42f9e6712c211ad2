"""A conference on a real Asterisk: who knows a PIN comes in, from outside and from inside, also with Cordboard away."""

from __future__ import annotations

import re
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from kit.patience import PATIENCE
from kit.phones import PhoneCall
from kit.process import Process
from kit.site import Site

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]

NUMBER, ROOM = "+33199000001", "acme-staff"
GUEST, HOST, WRONG = "481516234#", "2342108151", "000111222#"
"""What is typed. A PIN of ten digits needs no #."""
COMPANY = f"""\
cordboard: 1
company: {{id: acme, name: Acme, language: en, country: FR, time_zone: Europe/Paris}}
people:
  amel: {{name: Amel, extension: "201"}}
  bruno: {{name: Bruno, extension: "202"}}
conferences:
  staff: {{name: Staff meeting, number: "800", most_members: 2, wait_for_host: true}}
prompts: {{welcome: {{en: [beep]}}, we-record: {{en: [beep]}}}}
steps: {{taped: {{kind: recording, do: start, announcement: we-record, then: {{conference: staff}}}}}}
messages: {{closed: {{en: [beep]}}}}
menus:
  main:
    name: Main
    prompt: welcome
    keys: {{"1": {{step: taped}}}}
    no_input: {{tries: 9, then: {{message: closed}}}}
    wrong_input: {{tries: 3, then: {{message: closed}}}}
dids: {{"{NUMBER}": {{id: main, name: Main, target: {{menu: main}}}}}}
trunks: {{carrier: {{name: Operator, header: {{name: X-Trunk, value: carrier}}}}}}
secrets: {{conferences: {{staff: "{GUEST.strip("#")}"}}, hosts: {{staff: "{HOST}"}}}}
"""
CALLER, AMEL, BRUNO = 425, 600, 850
"""The tones by which they are told apart, in hertz."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    company = tmp_path_factory.mktemp("acme") / "company.yaml"
    company.write_text(COMPANY, encoding="utf-8")
    async with Site(company) as site:
        yield site


async def calls(site: Site, caller: str) -> PhoneCall:
    """Somebody calls the company and chooses the conference."""
    phone = await site.phones.caller(caller, site.switch.sip, tone=CALLER, headers={"X-Trunk": "carrier"})
    call = await phone.start_call(NUMBER)
    await call.answered()
    await call.hears_something()
    await call.press("1")
    return call


async def types(site: Site, call: PhoneCall, *typed: str) -> None:
    """The PIN is asked for, and this is typed."""
    await site.switch.wait_for("core show channels concise", "!Authenticate!")
    for key in "".join(typed):
        await call.press(key)


async def are_in(site: Site, flags: str) -> str:
    """Wait until somebody is in the room with these flags of Asterisk's list: AM is a host, Ww a guest who waits."""
    return await site.switch.wait_for(f"confbridge list {ROOM}", flags)


async def dials(site: Site, person: str, tone: int) -> PhoneCall:
    call = await (await site.phone(person, tone=tone)).start_call("800")
    await call.answered()
    return call


async def test_who_knows_a_pin_comes_in_and_is_a_guest_or_a_host_by_it(site: Site, tmp_path: Path) -> None:
    tape = tmp_path / "events.ami.txt"
    recording = Process.start(
        [sys.executable, "-m", "cordboard", "record", str(tape)], tmp_path / "record.log", env=site.environment
    )
    try:
        await site.until(lambda: tape.exists() and tape.stat().st_size > 0, "the recording to begin")
        await they_come_and_go(site)
        recording.signal(signal.SIGINT)
        await recording.wait(PATIENCE)
    finally:
        recording.kill()
    assert b"acme-staff" in tape.read_bytes()
    assert not list(tells_of_pins(site, tape))


async def they_come_and_go(site: Site) -> None:
    outside = await calls(site, "+33611111101")
    await types(site, outside, WRONG, GUEST)
    [channel] = re.findall(r"PJSIP/\S+", await are_in(site, r"PJSIP/\S+ +Ww "))
    assert ".wav" not in await site.switch.cli(f"mixmonitor list {channel}"), "who is there was not told of it"
    host = await dials(site, "amel", AMEL)
    await types(site, host, HOST)
    await are_in(site, r"PJSIP/acme-amel\S+ +AM ")
    await outside.hears(AMEL)
    await host.hears(CALLER)
    await site.until_async(lambda: are_shown(site, ["conference", "Staff meeting"]), "one conference on the live page")
    late = await dials(site, "bruno", BRUNO)
    await types(site, late, GUEST)
    await late.ended()
    await site.until_async(lambda: is_true(site), "the live state to be that of Asterisk")
    await outside.hang_up()
    await host.hang_up()
    refused = await calls(site, "+33611111102")
    await types(site, refused, "1#", "#", "2#")
    await refused.ended()
    gone = await calls(site, "+33611111103")
    await types(site, gone, "1")
    await gone.hang_up()

    came_in, came_not, left = [await site.call_record(f"+3361111110{number}") for number in (1, 2, 3)]
    assert (came_in["outcome"], came_in["detail"], came_in["agent"]) == ("self_service", "conference:staff", None)
    assert (came_not["outcome"], came_not["detail"]) == ("dissuaded", "pin")
    assert (left["outcome"], left["detail"]) == ("abandoned", "menu:main")
    # Who came in from inside is in one call with who was there before.
    await site.until_async(lambda: inside_ended(site, {"202": "conference_full"}), "the call from inside in history")


async def are_shown(site: Site, *shown: list[str]) -> bool:
    cards = [card for name, card in (await site.cards()).items() if name.startswith("call/")]
    return [[card["stage"], card["place"]] for card in cards] == [*shown]


async def is_true(site: Site) -> bool:
    return not await site.differences()


async def inside_ended(site: Site, ends: dict[str, str]) -> bool:
    inside = [call for call in await site.calls() if call["direction"] == "internal"]
    return {call["caller_number"]: call["detail"] for call in inside} == ends


async def test_the_same_with_cordboard_away(site: Site) -> None:
    await site.stop_daemon()
    host = await calls(site, "+33611111111")
    await types(site, host, HOST)
    await are_in(site, r"PJSIP/\S+ +AM ")
    await host.hang_up()
    await site.switch.wait_idle()
    await site.start_daemon()
    found: dict[str, tuple[str, str]] = {}

    async def is_there() -> bool:
        found.update({call["caller_number"]: (call["outcome"], call["detail"]) for call in await site.calls()})
        return host.phone.user in found

    await site.until_async(is_there, "the call in history", lambda: str(found))
    assert found[host.phone.user] == ("self_service", "conference:staff")
    assert not list(tells_of_pins(site))


def tells_of_pins(site: Site, *more: Path) -> Iterator[str]:
    """Where a PIN can be read, or what somebody typed instead: nowhere, but in the tables of PINs."""
    typed = [each.strip("#") for each in (GUEST, HOST, WRONG)]
    for path in (*site.switch.folder.rglob("*"), *more):
        if path.is_file() and not path.name.startswith("cordboard.sqlite"):
            held = path.read_bytes()
            yield from (f"{path.name}: {each}" for each in typed if each.encode() in held)
    with sqlite3.connect(site.home / "cordboard.sqlite") as database:
        for line in database.iterdump():
            if not line.startswith(('INSERT INTO "conference_pin"', 'INSERT INTO "conference_host_pin"')):
                yield from (f"{line[:60]}: {each}" for each in typed if each in line)
