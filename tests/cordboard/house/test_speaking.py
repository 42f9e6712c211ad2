"""The daemon makes what is spoken, and ends without making all of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from cordboard.desk.companies import Companies
from cordboard.house.speaking import keep_spoken
from cordboard.speech.studio import Studio
from cordboard.speech.voices import Voices
from cordboard.store.engine import open_store
from kit.patience import until

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
FILE = """\
cordboard: 1
company: {id: acme, name: Acme, language: en, country: GB, time_zone: Europe/London}
messages:
  busy: {en: {say: All lines are busy.}}
  closed: {en: {say: We are closed.}}
  gone: {en: {say: Nobody is there.}}
"""


def test_who_ends_it_waits_for_one_sound_at_most(tmp_path: Path) -> None:
    company, started, may_speak = tmp_path / "acme.yaml", tmp_path / "started", tmp_path / "may-speak"
    company.write_text(FILE, encoding="utf-8")
    program = tmp_path / "espeak"
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *-w*) echo x >>{started}; until test -e {may_speak}; do sleep 0.05; done;; esac\n'
        'exec espeak-ng "$@"\n'
    )
    program.chmod(0o700)
    studio = Studio(tmp_path / "speech", tmp_path / "recordings", Voices(espeak=str(program)))

    async def begun_and_ended() -> None:
        async with open_store(f"sqlite:///{tmp_path}/cordboard.db") as store:
            await store.migrate()
            imported = await Companies(store, clock=lambda: NOW).import_files([company], "admin")
            assert imported.was_stored, imported.problems
            task = asyncio.create_task(keep_spoken(store, studio, tmp_path / "generations"))
            await until(started.exists, "the first sound")
            task.cancel()
            await asyncio.wait([task])
            may_speak.touch()

    # A loop of its own, which ends as the daemon's does: once its threads have ended.
    asyncio.run(begun_and_ended())
    assert len(started.read_text().split()) == 1
