"""Texts are made sounds before an import stores anything; every switch makes its own, removes what nothing names."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agi.flow.document import Flow
from agi.flow.spoken import Spoken
from agi.protocol import LONGEST_SOUND
from cordboard.desk.companies import Companies
from cordboard.desk.spoken import spoken_in, wanted_ever, wanted_now
from cordboard.house.speaking import keep_spoken, sweep_spoken
from cordboard.provisioning.checks import check
from cordboard.provisioning.sources import Installed, Tenant
from cordboard.speech.studio import State, Studio
from cordboard.speech.voices import Voices
from cordboard.store.company import list_companies, load_company
from cordboard.store.engine import Store
from kit.one_menu import one_menu
from kit.patience import PATIENCE
from kit.switch import installation

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
BUSY = Spoken("All lines are busy.", "en")
FIRST, SECOND = "Welcome to Acme.", "Acme has moved."


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path / "home/speech", tmp_path / "home/recordings", Voices())


def written(folder: Path, text: str) -> Path:
    path = folder / "acme.yaml"
    path.write_text(one_menu(f'{{say: "{text}"}}', busy='[beep, {say: "All lines are busy."}]'), encoding="utf-8")
    return path


def companies(store: Store, studio: Studio) -> Companies:
    installed = Installed(data=installation().data, studio=studio)
    return Companies(store, clock=lambda: NOW, installed=installed, studio=studio)


def states(studio: Studio, *texts: str) -> list[State]:
    return [studio.look(Spoken(text, "en")).state for text in texts]


@contextlib.asynccontextmanager
async def kept(store: Store, studio: Studio) -> AsyncIterator[None]:
    task = asyncio.create_task(keep_spoken(store, studio, studio.folder.parent / "generations"))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until_made(studio: Studio, *sounds: Spoken) -> None:
    async with asyncio.timeout(PATIENCE):
        while not all(studio.look(sound).state is State.MADE for sound in sounds):
            await asyncio.sleep(0.05)


async def test_an_import_makes_them(store: Store, studio: Studio, tmp_path: Path) -> None:
    imported = await companies(store, studio).import_files([written(tmp_path, FIRST)], "admin")
    assert imported.was_stored, imported.problems
    assert not imported.difference.problems
    assert states(studio, FIRST) == [State.MADE]
    assert studio.look(BUSY).state is State.MADE
    async with store.reading() as session:
        company = await load_company(session, "acme")
    assert {path: str(sound) for path, sound in spoken_in(company)} == {
        ("prompts", "welcome", "en"): Spoken(FIRST, "en"),
        ("messages", "busy", "en", 1): BUSY,
    }


async def test_a_dry_run_makes_nothing_and_says_what_could_not_be_made(
    store: Store, studio: Studio, tmp_path: Path
) -> None:
    found = await companies(store, studio).import_files([written(tmp_path, FIRST)], "admin", is_dry=True)
    assert found.is_accepted
    assert not found.difference.problems
    assert not studio.folder.exists()
    mute = replace(studio, voices=Voices(espeak="no-such-espeak"))
    refused = await companies(store, mute).import_files([written(tmp_path, FIRST)], "admin", is_dry=True)
    assert not refused.is_accepted


async def test_what_cannot_be_made_refuses_the_import(store: Store, studio: Studio, tmp_path: Path) -> None:
    mute = replace(studio, voices=Voices(espeak="no-such-espeak"))
    refused = await companies(store, mute).import_files([written(tmp_path, FIRST)], "admin")
    assert not refused.is_accepted
    assert [(each.path, each.line) for each in refused.problems] == [
        ("prompts.welcome.en", 4),
        ("messages.busy.en[1]", 3),
    ]
    assert "no-such-espeak is not installed" in refused.problems[0].what
    assert "Debian: espeak-ng" in refused.problems[0].cure
    async with store.reading() as session:
        assert not await list_companies(session)


async def test_a_plan_tells_what_is_missing_or_stale(store: Store, studio: Studio, tmp_path: Path) -> None:
    imported = await companies(store, studio).import_files([written(tmp_path, FIRST)], "admin")
    assert imported.company is not None
    assert imported.flow is not None
    flow = Flow.from_json(imported.flow.document)
    tenant = Tenant(company=imported.company, flow=flow, flow_version=1, sip_secrets={})

    def errors(of: Studio) -> list[tuple[str, str]]:
        problems = check([tenant], Installed(data=installation().data, studio=of))
        return [(each.where, each.what) for each in problems if not each.is_warning]

    assert errors(studio) == []
    fast = replace(studio, voices=replace(studio.voices, words_a_minute=200))
    stale = "is not heard in en: its sound was made by another voice or of another recording"
    assert errors(fast) == [("prompt welcome", f'"{FIRST}" {stale}'), ("message busy", f'"{BUSY.text}" {stale}')]
    elsewhere = replace(studio, folder=tmp_path / "elsewhere")
    assert [what for _, what in errors(elsewhere)] == [
        f'"{FIRST}" is not heard in en: its sound was never made here',
        f'"{BUSY.text}" is not heard in en: its sound was never made here',
    ]
    assert errors(replace(elsewhere, is_of_drafts=True)) == []


async def test_every_switch_makes_what_another_imported(store: Store, studio: Studio, tmp_path: Path) -> None:
    other = replace(studio, folder=tmp_path / "other/speech")
    async with kept(store, other):
        await companies(store, studio).import_files([written(tmp_path, FIRST)], "admin")
        await until_made(other, Spoken(FIRST, "en"), BUSY)
        await companies(store, studio).import_files([written(tmp_path, SECOND)], "admin")
        await until_made(other, Spoken(SECOND, "en"))


async def test_what_a_version_or_a_generation_names_stays(store: Store, studio: Studio, tmp_path: Path) -> None:
    third = "Good morning."
    for text in (FIRST, SECOND):
        await companies(store, studio).import_files([written(tmp_path, text)], "admin")
    async with store.reading() as session:
        assert {each.text for each in await wanted_now(session)} >= {SECOND, BUSY.text}
        assert {each.text for each in await wanted_ever(session)} == {FIRST, SECOND, BUSY.text}
    studio.make([Spoken(third, "en"), Spoken("Nobody says this.", "en")])
    generation = tmp_path / "home/generations/1/contexts-g1.conf"
    generation.parent.mkdir(parents=True)
    generation.write_text(f" same => n,Playback({studio.path(Spoken(third, 'en'))})\n")
    assert await sweep_spoken(store, studio, tmp_path / "home/generations", -1) == 4
    assert states(studio, FIRST, SECOND, third) == [State.MADE] * 3
    assert states(studio, "Nobody says this.") == [State.MISSING]


async def test_it_is_told_where_asterisks_own_sounds_cannot_be_looked_at(
    store: Store, studio: Studio, tmp_path: Path
) -> None:
    imported = await companies(store, studio).import_files([written(tmp_path, FIRST)], "admin")
    assert imported.company is not None
    assert imported.flow is not None
    flow = Flow.from_json(imported.flow.document)
    tenant = Tenant(company=imported.company, flow=flow, flow_version=1, sip_secrets={})
    assert check([tenant], Installed(studio=studio)) == []
    found = check([tenant], Installed(studio=replace(studio, folder=tmp_path / "elsewhere")))
    assert [(each.where, each.is_warning) for each in found] == [("prompt welcome", False), ("message busy", False)]


@pytest.mark.parametrize("sees_asterisk", [True, False])
async def test_a_text_that_turns_out_too_long_when_it_is_made_refuses_the_import(
    store: Store, studio: Studio, tmp_path: Path, sees_asterisk: bool
) -> None:
    # Of 800 characters, which take a voice less than a minute if they are no numbers.
    numbers = " ".join(["777777777"] * 80)
    assert Spoken(numbers, "en").seconds < LONGEST_SOUND
    installed = Installed(data=installation().data, studio=studio) if sees_asterisk else None
    imports = Companies(store, clock=lambda: NOW, installed=installed, studio=studio)
    refused = await imports.import_files([written(tmp_path, numbers)], "admin")
    assert not refused.is_accepted
    (error,) = refused.problems
    assert (error.path, error.line) == ("prompts.welcome", 4)
    assert re.search(r"lasts [0-9]+ s in en: its callers are lost to the compiled way", error.what)
    async with store.reading() as session:
        assert not await list_companies(session)
