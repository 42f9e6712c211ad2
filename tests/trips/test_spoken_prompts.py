"""Texts and a recording as a caller hears them on a real Asterisk: live, by the dialplan, and with Cordboard away."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from agi.flow.spoken import Spoken
from kit.phones import PhoneCall
from kit.site import Site
from kit.sound import Sound

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]

NUMBER = "+33199000001"
WELCOME = "Bienvenue chez Acme. Pour nos horaires, tapez 1. Pour la mélodie, tapez 2."
CUSTOMER = "Client {customer}, vous nous devez 20 euros."
CLOSED = "Nous sommes ouverts du lundi au vendredi."
JINGLE = 700
COMPANY = f"""\
cordboard: 1
company: {{id: acme, name: Acme, language: fr, country: FR, time_zone: Europe/Paris}}
prompts: {{welcome: {{fr: {{say: "{WELCOME}"}}}}}}
messages:
  closed: {{fr: [beep, {{say: {CLOSED}}}], answers: true}}
  jingle: {{fr: {{file: studio/jingle.wav, say: La mélodie de la maison.}}, answers: true}}
menus:
  accueil:
    name: Accueil
    prompt: welcome
    keys: {{"1": {{message: closed}}, "2": {{message: jingle}}, "3": {{step: customer}}, "9": repeat}}
    no_input: {{tries: 3, then: {{message: closed}}}}
    wrong_input: {{tries: 3, then: {{message: closed}}}}
steps:
  customer:
    kind: collect
    prompt: welcome
    into: customer
    most: 3
    then: {{step: debt}}
    no_input: {{tries: 1, then: hangup}}
    wrong_input: {{tries: 1, then: hangup}}
  debt: {{kind: speak, text: {{fr: "{CUSTOMER}"}}, then: {{message: jingle}}, failure: hangup}}
dids: {{"{NUMBER}": {{id: main, name: Main, target: {{menu: accueil}}}}}}
trunks: {{carrier: {{name: Operator, header: {{name: X-Trunk, value: carrier}}}}}}
"""


def record(path: Path) -> None:
    words = ("synth", "2", "sine", str(JINGLE))
    subprocess.run(["sox", "-n", "-r", "44100", "-c", "2", str(path), *words], check=True)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    folder = tmp_path_factory.mktemp("acme")
    company, jingle = folder / "company.yaml", folder / "recordings/studio/jingle.wav"
    company.write_text(COMPANY, encoding="utf-8")
    jingle.parent.mkdir(parents=True)
    record(jingle)
    async with Site(company, settings={"recordings": str(folder / "recordings")}) as site:
        yield site


def made(site: Site, text: str, folder: str = "speech") -> Sound:
    """What Asterisk was given to play."""
    return Sound.of_file(site.home / folder / f"{Spoken(text, 'fr')}.wav")


async def calls(site: Site, caller: str) -> PhoneCall:
    phone = await site.phones.caller(caller, site.switch.sip, headers={"X-Trunk": "carrier"})
    call = await phone.start_call(NUMBER)
    await call.answered()
    return call


async def hears_texts(site: Site, caller: str) -> None:
    """The menu's, and the message's behind a sound of Asterisk."""
    welcome, closed = made(site, WELCOME), made(site, CLOSED)
    assert 2 < closed.seconds < welcome.seconds < 8
    assert welcome.likeness(closed) < 0.6
    call = await calls(site, caller)
    await call.hears_sound(welcome)
    await call.press("1")
    await call.hears_sound(closed)
    await call.ended()


async def test_live_and_by_the_dialplan(site: Site) -> None:
    await hears_texts(site, "+33611111101")
    assert (await site.call_record("+33611111101"))["outcome"] == "self_service"


async def test_a_recording_of_the_site(site: Site) -> None:
    call = await calls(site, "+33611111102")
    await call.hears_something()
    await call.press("2")
    await call.hears(JINGLE)
    await call.ended()


async def test_a_text_that_only_the_call_knows(site: Site) -> None:
    call = await calls(site, "+33611111106")
    await call.hears_something()
    await call.press("3")
    await call.press("123")
    await call.hears(JINGLE)
    said = made(site, CUSTOMER.format(customer="123"), "speech/said")
    assert call.heard.likeness(said) > 0.8
    await call.ended()


async def test_another_text_is_heard_from_the_import_on_without_an_apply(site: Site, tmp_path: Path) -> None:
    text = "Acme a déménagé."
    company = tmp_path / "company.yaml"
    company.write_text(COMPANY.replace(WELCOME, text), encoding="utf-8")
    await site.cordboard("import", str(company))
    try:
        call = await calls(site, "+33611111103")
        await call.hears_sound(made(site, text))
        await call.hang_up()
    finally:
        await site.cordboard("import", str(site.company_file))


async def test_a_sound_that_is_gone_is_told_and_made_again(site: Site) -> None:
    """Without the daemon, which would make it again by itself."""
    path = site.home / "speech" / f"{Spoken(WELCOME, 'fr')}.wav"
    await site.stop_daemon()
    try:
        path.unlink()
        verified = await site.cordboard("verify", expect=(1,))
        assert f"file: sound {path.with_suffix('')} is missing" in verified.out + verified.err
        planned = await site.cordboard("plan", expect=(1,))
        assert "its sound was never made here" in planned.out + planned.err
        await site.cordboard("flow", "prompts", "--make")
        await site.cordboard("verify")
        await site.cordboard("plan")
    finally:
        await site.start_daemon()


async def test_with_cordboard_away(site: Site) -> None:
    await site.stop_daemon()
    try:
        await hears_texts(site, "+33611111104")
    finally:
        await site.start_daemon()
