"""Texts said in calls by the real programs: within a deadline, without holding up anybody, kept within bounds."""

from __future__ import annotations

import asyncio
import logging
import threading
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agi.flow.ways import PLACED_SOUND
from cordboard.calls.voice import AT_ONCE, SiteVoice
from cordboard.speech.studio import Studio
from cordboard.speech.voices import Voices
from kit.patience import PATIENCE, until

TEXT = "Votre solde est de 12 euros."


def studio(folder: Path, espeak: str = "espeak-ng") -> Studio:
    return Studio(folder / "speech", folder / "recordings", Voices(espeak=espeak))


@asynccontextmanager
async def voice(studio: Studio, **more: float) -> AsyncIterator[SiteVoice]:
    """None of its threads is left behind."""
    site = SiteVoice(studio, **more)  # type: ignore[arg-type] # both are numbers
    try:
        yield site
    finally:
        site.close()
        async with asyncio.timeout(PATIENCE):
            while any(thread.name.startswith("voice") for thread in threading.enumerate()):
                await asyncio.sleep(0.05)


def hanging(folder: Path) -> str:
    """An espeak-ng that hangs when it is to say something, and notes that it was started."""
    program = folder / "hanging"
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *-w*) echo x >>{folder}/started; exec sleep 600;; esac\nexec espeak-ng "$@"\n'
    )
    program.chmod(0o700)
    return str(program)


async def test_a_text_is_said_and_kept(tmp_path: Path) -> None:
    async with voice(studio(tmp_path)) as site:
        sound = await site.said(TEXT, "fr", PATIENCE)
        assert sound is not None
        assert PLACED_SOUND.fullmatch(sound)
        with wave.open(f"{sound}.wav", "rb") as file:
            assert 1 < file.getnframes() / file.getframerate() < 5
        made = Path(f"{sound}.wav").stat().st_ino
        assert await site.said(TEXT, "fr", PATIENCE) == sound
        assert Path(f"{sound}.wav").stat().st_ino == made
        assert await site.said(TEXT, "en", PATIENCE) != sound


async def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    async with voice(studio(tmp_path), most=3) as site:
        for number in range(8):
            assert await site.said(f"Numéro {number}.", "fr", PATIENCE)
        folder = tmp_path / "speech/said"
        assert (
            len(list(folder.glob("*.wav")))
            == len(list(folder.glob("*.wav16")))
            == len(list(folder.glob("*.json")))
            == 3
        )
        assert len(list(folder.glob("masters/*"))) == 3


async def test_a_voice_that_hangs_costs_its_deadline_and_holds_up_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with voice(studio(tmp_path, hanging(tmp_path)), patience=1.0) as site:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.01)

        ticking = asyncio.create_task(tick())
        found = await asyncio.gather(*(site.said(f"{TEXT} {number}", "fr", 0.5) for number in range(6)))
        ticking.cancel()
        assert found == [None] * 6
        assert ticks > 10
        started = tmp_path / "started"
        await until(started.exists, "the voice to be started")
        assert len(started.read_text().split()) <= AT_ONCE
        assert not list((tmp_path / "speech").rglob("spoken-*"))
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert told == ["a text was not said in time"] * 6


@pytest.mark.parametrize("broken", [lambda folder: "no-such-espeak", lambda folder: "false"])
async def test_a_voice_that_is_not_there_says_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, broken: Callable[[Path], str]
) -> None:
    async with voice(studio(tmp_path, broken(tmp_path))) as site:
        assert await site.said(TEXT, "fr", PATIENCE) is None
    assert [record.getMessage() for record in caplog.records] == ["a text cannot be said"]
    assert "solde" not in str([vars(record) for record in caplog.records])
