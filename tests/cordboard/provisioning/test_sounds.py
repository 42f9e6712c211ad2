"""Sounds that callers would not hear, found before a call does; and that Asterisk agrees about each of them."""

from __future__ import annotations

import asyncio
import re
import wave
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agi.flow.document import Play
from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.reachability import way_problems
from cordboard.provisioning.sounds import (
    FORMATS,
    SPOKEN_BY_THE_DIALPLAN,
    SPOKEN_IN_CONFERENCES,
    Library,
    Verdict,
    closed_problems,
    sound_problems,
)
from cordboard.provisioning.sources import Tenant
from cordboard.store.values import Message
from dialplan_templates.render import MODULES, render
from kit import acme
from kit.generated import EVERYTHING, SMALL, view_of
from kit.patience import PATIENCE
from kit.switch import Switch, installation


def write_wav(path: Path, *, rate: int = 8000, channels: int = 1, width: int = 2, seconds: float = 0.02) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(b"\0" * round(rate * seconds) * channels * width)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Sounds in French and English, and a few that are wrong."""
    write_wav(tmp_path / "fr/hello-world.wav")
    write_wav(tmp_path / "en/hello-world.wav")
    write_wav(tmp_path / "fr/acme/welcome.wav")
    write_wav(tmp_path / "fr/stereo.wav", rate=44_100, channels=2)
    write_wav(tmp_path / "fr/coarse.wav", width=1)
    write_wav(tmp_path / "fr/wide.wav16", rate=16_000)
    write_wav(tmp_path / "jingle.wav")
    for language in ("fr", "en"):
        for name in SPOKEN_BY_THE_DIALPLAN:
            write_wav(tmp_path / language / f"{name}.wav")
    (tmp_path / "fr/song.mp3").write_bytes(b"ID3")
    (tmp_path / "fr/fake.wav").write_bytes(b"RIFF and nothing more")
    return tmp_path


def library(folder: Path) -> Library:
    return Library(folder, MODULES.split())


def told(tenant: Tenant, folder: Path) -> list[PlanProblem]:
    _, heard = way_problems(tenant)
    return sound_problems(tenant, heard, library(folder))


def with_welcome(**sounds: tuple[str, ...]) -> Tenant:
    return acme.tenant(by=acme.flow(prompts={"welcome": sounds}))


def test_a_company_whose_sounds_are_there_has_no_problem(folder: Path) -> None:
    assert told(acme.tenant(), folder) == []


def test_a_prompt_of_which_nothing_is_there_is_an_error_and_one_with_a_gap_a_warning(folder: Path) -> None:
    (silent,) = told(with_welcome(fr=("gone", "also-gone")), folder)
    assert not silent.is_warning
    assert (silent.where, silent.row) == ("prompt welcome", "acme: prompts.welcome.fr")
    assert silent.what == "there is no sound gone, also-gone for callers in fr"
    (gap,) = told(with_welcome(fr=("hello-world", "gone")), folder)
    assert gap.is_warning


@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        ("stereo", "fr/stereo.wav is sampled at 44100 Hz instead of 8000, stereo"),
        ("coarse", "fr/coarse.wav is of 8 bits instead of 16"),
        ("song", "fr/song.mp3 is no form that this Asterisk plays"),
        ("fake", "fr/fake.wav is no WAV file"),
    ],
)
def test_a_sound_in_the_wrong_form_is_told_as_such_with_its_cure(folder: Path, sound: str, reason: str) -> None:
    (problem,) = told(with_welcome(fr=(sound,)), folder)
    assert problem.what.endswith(reason)
    assert problem.cure.startswith("convert it: sox fr/")


def test_a_wrong_form_beside_a_right_one_is_nobodys_problem(folder: Path) -> None:
    (folder / "fr/song.gsm").write_bytes(b"\0" * 33)
    assert told(with_welcome(fr=("song", "wide", "acme/welcome", "jingle")), folder) == []


def test_who_is_not_spoken_to_hears_the_companys_words_if_his_own_set_has_them(folder: Path) -> None:
    """The name of the French sound is looked for in the English set: it is not the sound that is chosen twice."""
    flow = acme.flow(
        nodes={**acme.flow().nodes, "accueil": acme.menu(language="en")}, prompts={"welcome": {"fr": ("acme/welcome",)}}
    )
    (problem,) = told(acme.tenant(by=flow), folder)
    assert problem.what == "there is no sound acme/welcome for callers in en"


def test_a_language_without_any_sound_is_told_once(folder: Path) -> None:
    company = acme.company(language="sv")
    dids = {name: replace(did, language="sv") for name, did in company.dids.items()}
    messages = {name: Message(id=name, name=name, sounds={"sv": ("hej",)}) for name in company.messages}
    flow = acme.flow(prompts={"welcome": {"sv": ("valkommen",)}}, language="sv")
    problems = told(acme.tenant(replace(company, dids=dids, messages=messages), flow), folder)
    mute = [problem for problem in problems if problem.where == "language sv"]
    assert len(mute) == 1
    assert mute[0].is_warning
    assert "asterisk-core-sounds-sv" in mute[0].cure
    # Those who were led on in English are spoken to by an English set that has no such words.
    assert {problem.where for problem in problems} <= {"language sv", "message busy", "message goodbye"}


def test_a_did_that_promises_a_language_nobody_speaks(folder: Path) -> None:
    for name in ("hello-world", *SPOKEN_BY_THE_DIALPLAN):
        write_wav(folder / f"de/{name}.wav")
    company = acme.company()
    dids = {name: replace(did, language="de") for name, did in company.dids.items()}
    problems = told(acme.tenant(replace(company, dids=dids)), folder)
    (promise,) = [problem for problem in problems if problem.where.startswith("DID")]
    assert promise.is_warning
    assert promise.row == f"acme: dids.{acme.DID}.language"


def test_a_set_that_lacks_what_the_dialplan_says_is_told_once(folder: Path) -> None:
    (folder / "fr/im-sorry.wav").unlink()
    (problem,) = told(acme.tenant(), folder)
    assert problem.is_warning
    assert "im-sorry" in problem.what


def test_what_the_dialplan_says_by_itself_is_known() -> None:
    files = render(view_of(SMALL, EVERYTHING))
    spoken = re.findall(r"(?:Playback|Background)\(([^$)]+)\)", "".join(files.values()))
    assert {sound for each in spoken for sound in each.split("&")} <= {*SPOKEN_BY_THE_DIALPLAN, *SPOKEN_IN_CONFERENCES}


def test_a_folder_that_cannot_be_read_is_told_and_nothing_is_claimed_of_its_sounds(folder: Path) -> None:
    (folder / "de").symlink_to("de")  # a loop, which the superuser cannot read either
    tenant = with_welcome(de=("acme/welcome",), fr=("acme/welcome",), en=("hello-world",))
    tenant = replace(tenant, company=replace(tenant.company, language="de"))
    _, heard = way_problems(tenant)
    looked_at = library(folder)
    assert looked_at.sound("de", "acme/welcome").verdict is Verdict.UNSEEN
    assert looked_at.sound("de", "jingle").verdict is Verdict.PLAYABLE, "it lies where it can be seen"
    assert [each for each in sound_problems(tenant, heard, looked_at) if not each.is_warning] == []
    assert not any("no sounds of it" in each.what for each in sound_problems(tenant, heard, looked_at))
    (warning,) = closed_problems(looked_at)
    assert (warning.is_warning, warning.where) == (True, f"folder {folder / 'de'}")


def test_what_nobody_hears_need_not_be_there(folder: Path) -> None:
    unheard = {**acme.company().messages, "later": Message(id="later", name="Later", sounds={"fr": ("gone",)})}
    flow = acme.flow(nodes={"did.main": Play("did.main", None, acme.edge("queue", "english"))})
    assert told(acme.tenant(acme.company(messages=unheard), flow), folder) == []


@pytest.mark.switch
async def test_asterisk_agrees_about_every_sound(folder: Path, new_switch: Callable[..., Switch]) -> None:
    from kit import basis

    switch = new_switch()
    data = switch.folder / "data"
    data.mkdir()
    for name in ("documentation", "moh"):
        (data / name).symlink_to(installation().data / name)
    (data / "sounds").symlink_to(folder)
    names = ["hello-world", "acme/welcome", "stereo", "coarse", "song", "fake", "wide", "jingle", "gone"]
    asked = [(language, name) for language in ("fr", "fr_CA", "en") for name in names]
    steps = "".join(
        f"exten => {number},1,Answer()\n same => n,Set(CHANNEL(language)={language})\n"
        f" same => n,Playback({name})\n same => n,Log(NOTICE,heard {number} ${{PLAYBACKSTATUS}})\n same => n,Hangup()\n"
        for number, (language, name) in enumerate(asked, 100)
    )
    files = basis.files(switch, {"extensions.conf": f"[general]\n[t]\n{steps}[o]\nexten => s,1,Wait(5)\n"})
    conf = switch.places.asterisk_conf.format(name="switch").replace(f"=> {switch.places.data}", f"=> {data}")
    await switch.start({**files, "asterisk.conf": conf})
    for number, _ in enumerate(asked, 100):
        await switch.cli(f"channel originate Local/{number}@t/n extension s@o")
    async with asyncio.timeout(PATIENCE):
        while len(heard := dict(re.findall(r"heard (\d+) ([A-Z]+)", switch.logs()))) < len(asked):
            await asyncio.sleep(0.05)
    sounds = library(folder)
    for number, (language, name) in enumerate(asked, 100):
        said = sounds.sound(language, name).verdict is Verdict.PLAYABLE
        assert said is (heard[str(number)] == "SUCCESS"), (language, name, heard[str(number)])


@pytest.mark.switch
async def test_forms_are_those_that_asterisk_names(start_switch: Callable[..., object]) -> None:
    switch = await start_switch()  # type: ignore[misc]
    shown = re.findall(r"(?m)^\S+\s+(\S+)\s+(\S+)\s*$", await switch.cli("core show file formats"))
    named = {ending for _, endings in shown[1:] for ending in endings.split("|") if ending.isalnum()}
    ours = frozenset().union(*(FORMATS[module] for module in FORMATS if module in MODULES.split()))
    assert named == ours
