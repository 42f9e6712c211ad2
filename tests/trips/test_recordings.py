"""What callers say after a tone, and whole calls, recorded by a real Asterisk: live, and by the dialplan with Cordboard
away."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from agi.flow.recording_names import RecordingName
from kit.patience import until
from kit.phones import PhoneCall
from kit.site import Site
from kit.sound import Sound

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]

NUMBER = "+33199000001"
VOICE, OTHER, SECRET = 700, 1100, 1500
TAPED = "+33199000002"
ENDS = "no_input: {tries: 1, then: hangup}, wrong_input: {tries: 1, then: hangup}"
ASKING = f"prompt: ask, most: 3, first_digit: 30, inter_digit: 30, {ENDS}"
COMPANY = f"""\
cordboard: 1
company: {{id: acme, name: Acme, language: en, country: FR, time_zone: Europe/Paris}}
prompts: {{speak: {{en: [vm-intro]}}, review: {{en: [vm-review]}}, told: {{en: [beep]}}, ask: {{en: [beep]}}}}
messages: {{thanks: {{answers: true, en: [vm-goodbye]}}, nothing: {{en: [vm-goodbye]}}}}
steps:
  note:
    kind: record
    prompt: speak
    into: note
    silence: 1
    longest: 20
    review: review
    then: {{message: thanks}}
    no_input: {{tries: 1, then: {{message: nothing}}}}
  taped: {{kind: recording, do: start, announcement: told, then: {{step: number}}}}
  number: {{kind: collect, into: number, {ASKING}, then: {{step: pin}}}}
  pin: {{kind: collect, into: pin, secret: true, {ASKING}, then: {{step: more}}}}
  more: {{kind: collect, into: more, {ASKING}, then: {{step: untaped}}}}
  untaped: {{kind: recording, do: stop, then: {{message: thanks}}}}
dids:
  "{NUMBER}": {{id: main, name: Main, target: {{step: note}}}}
  "{TAPED}": {{id: taped, name: Taped, target: {{step: taped}}}}
trunks: {{carrier: {{name: Operator, header: {{name: X-Trunk, value: carrier}}}}}}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    company = tmp_path_factory.mktemp("acme") / "company.yaml"
    company.write_text(COMPANY, encoding="utf-8")
    async with Site(company) as site:
        yield site


async def calls(site: Site, caller: str) -> PhoneCall:
    """Somebody calls, says nothing, and stops the prompt: the tone comes."""
    phone = await site.phones.caller(caller, site.switch.sip, headers={"X-Trunk": "carrier"})
    call = await phone.start_call(NUMBER)
    call.play()
    await call.answered()
    await call.hears_something()
    await call.press("5")
    return call


def folder(site: Site) -> Path:
    return site.switch.places.spool / "recordings" / "acme"


def recorded(path: Path) -> Sound:
    return Sound.of_file(path)


async def says(site: Site, call: PhoneCall, hertz: int, seconds: float) -> None:
    """Speak until so many seconds of it are in a file."""
    call.play(hertz)
    known = {path: path.stat().st_size for path in folder(site).glob("*.wav")}

    def is_there() -> bool:
        grown = [path.stat().st_size - known.get(path, 0) for path in folder(site).glob("*.wav")]
        return any(size >= 16_000 * seconds for size in grown)

    await until(is_there, "what is said to be recorded")


async def of_caller(site: Site, caller: str, what: str = "said", step: str = "note") -> tuple[Path, str]:
    """The recording of somebody's only call, by the fact of it in history; and its outcome."""
    call = await site.call_record(caller)
    told = (await site.cordboard("facts", call["uniqueid"], "--json")).json()["facts"]
    [fact] = [fact["data"] for fact in told if fact["kind"] == "recorded"]
    name = RecordingName.parse(fact["recording"])
    assert name is not None
    assert (name.call, name.node, fact["what"], fact["step"]) == (call["uniqueid"], step, what, step)
    return folder(site) / f"{name}.wav", call["outcome"]


async def leaves_a_note(site: Site, caller: str) -> None:
    """Said, heard, said again otherwise, and kept."""
    call = await calls(site, caller)
    await says(site, call, VOICE, 1.5)
    await call.press("#")
    call.play()
    await call.hears_something()
    await call.press("2")
    await call.hears(VOICE)
    await call.press("3")
    await call.hears_other_than(VOICE)
    await call.press("5")
    await says(site, call, OTHER, 1.5)
    call.play()
    await call.hears_something()
    await call.press("1")
    await call.ended()


def holds(path: Path, hertz: int) -> bool:
    sound = recorded(path)
    return 1.4 < sound.seconds < 15 and sound.share(hertz) > 0.7


async def test_a_note_is_heard_said_again_and_kept(site: Site) -> None:
    caller = "+33611111101"
    await leaves_a_note(site, caller)
    path, outcome = await of_caller(site, caller)
    assert holds(path, OTHER), recorded(path)
    assert outcome == "self_service"


async def test_who_hangs_up_has_left_what_he_said(site: Site) -> None:
    caller = "+33611111102"
    call = await calls(site, caller)
    await says(site, call, VOICE, 1.5)
    await call.hang_up()
    path, outcome = await of_caller(site, caller)
    assert holds(path, VOICE), recorded(path)
    assert outcome == "abandoned"


async def test_with_cordboard_away(site: Site) -> None:
    kept, silent, taped = (f"+3361111110{number}" for number in (4, 5, 7))
    await site.stop_daemon()
    known = set(folder(site).glob("*.wav"))
    try:
        await leaves_a_note(site, kept)
        [path] = set(folder(site).glob("*.wav")) - known
        assert holds(path, OTHER), recorded(path)
        call = await calls(site, silent)
        await call.ended()
        known = set(folder(site).glob("*.wav"))
        call = await is_asked(site, taped)
        await call.ended()  # a secret is not asked for
        await site.switch.wait_idle()
        [whole] = set(folder(site).glob("*.wav")) - known
        old = min(known)
        os.utime(old, (0, 0))
        assert heard_in(whole, VOICE) > 1.2, recorded(whole)
    finally:
        await site.start_daemon()
    found: dict[str, tuple[str, str]] = {}

    async def are_there() -> bool:
        found.update({call["caller_number"]: (call["uniqueid"], call["outcome"]) for call in await site.calls()})
        return kept in found and silent in found

    await site.until_async(are_there, "both calls to be in history", lambda: str(found))
    await site.until(lambda: not old.exists(), "a recording whose time is over to be removed")
    await site.until(lambda: whole.stat().st_mode & 0o777 == 0o640, "the others to be closed")
    name = RecordingName.parse(path.stem)
    assert name is not None
    assert (found[kept], found[silent][1]) == ((name.call, "self_service"), "dissuaded")


async def is_asked(site: Site, caller: str) -> PhoneCall:
    """Somebody speaks while he is asked for a number, and types it."""
    phone = await site.phones.caller(caller, site.switch.sip, headers={"X-Trunk": "carrier"})
    call = await phone.start_call(TAPED)
    call.play()
    await call.answered()
    await says(site, call, VOICE, 1.5)
    await call.press("123")
    return call


async def is_recorded(site: Site, caller: str) -> None:
    """He goes on with another voice while a secret is asked for, and with a third one."""
    call = await is_asked(site, caller)
    await call.hears_something()  # the secret is asked for
    call.play(SECRET)
    await asyncio.sleep(1)  # of which nothing is to be seen anywhere
    await call.press("45")
    call.play(OTHER)
    await call.press("6")
    await says(site, call, OTHER, 1.5)
    await call.press("789")
    await call.ended()


def heard_in(path: Path, hertz: int) -> float:
    """Seconds of a recording in which this is most of what is heard."""
    sound = recorded(path)
    step = sound.rate // 10
    parts = [Sound(sound.samples[at : at + step], sound.rate) for at in range(0, len(sound.samples) - step, step)]
    return sum(part.share(hertz, 30) > 0.5 for part in parts) / 10


async def test_a_call_is_recorded_but_for_its_secret(site: Site, tmp_path: Path) -> None:
    caller = "+33611111106"
    await is_recorded(site, caller)
    path, _ = await of_caller(site, caller, "call", "taped")
    assert heard_in(path, VOICE) > 1.2
    assert heard_in(path, OTHER) > 1.2
    assert heard_in(path, SECRET) == 0
    name = RecordingName.parse(path.stem)
    assert name is not None
    listed = (await site.cordboard("recordings", "list", "--call", name.call, "--json")).json()
    assert [(each["recording"], each["step"]) for each in listed] == [(path.stem, "taped")]
    await site.cordboard("recordings", "export", path.stem, "-o", str(tmp_path / "call.wav"))
    assert (tmp_path / "call.wav").read_bytes() == path.read_bytes()
    await site.cordboard("recordings", "delete", path.stem)
    assert not path.exists()
    told = (await site.cordboard("audit", "--json")).json()
    assert [each["action"] for each in told if each["object"] == path.stem] == ["recording.delete", "recording.export"]
