"""How long sounds last, by their forms; and files that claim what they do not hold."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.provisioning.sound_lengths import BYTES_A_SECOND, seconds_of
from cordboard.provisioning.sounds import FORMATS, Library
from kit.switch import installation


def written(folder: Path, name: str, size: int) -> Path:
    path = folder / name
    path.write_bytes(bytes(size))
    return path


@pytest.mark.parametrize("ending", sorted(BYTES_A_SECOND))
def test_two_seconds_of_every_form(tmp_path: Path, ending: str) -> None:
    assert seconds_of(written(tmp_path, f"sound.{ending}", int(BYTES_A_SECOND[ending] * 2))) == 2
    assert any(ending in endings for endings in FORMATS.values())


@pytest.mark.parametrize(("rate", "ending"), [(8000, "wav"), (16000, "wav16")])
def test_wav_by_its_header(tmp_path: Path, rate: int, ending: str) -> None:
    path = tmp_path / f"sound.{ending}"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(3 * rate))
    assert seconds_of(path) == 1.5
    whole = path.read_bytes()
    path.write_bytes(whole[: -2 * rate])
    assert seconds_of(path) == 0.5


@pytest.mark.parametrize("name", ["sound.mp3", "sound.wav", "missing.gsm", "sound"])
def test_what_does_not_tell(tmp_path: Path, name: str) -> None:
    written(tmp_path, "sound.mp3", 100)
    written(tmp_path, "sound.wav", 100)
    written(tmp_path, "sound", 100)
    assert seconds_of(tmp_path / name) is None


@given(st.binary(max_size=200))
def test_any_header_gets_an_answer(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.wav"
    path.write_bytes(b"RIFF\0\0\0\0WAVE" + content)
    found = seconds_of(path)
    assert found is None or found >= 0


def test_the_installed_sounds() -> None:
    library = Library(installation().data / "sounds")
    assert library.seconds("en", "no-such-sound") is None
    seconds = library.seconds("en", "demo-congrats")
    assert seconds is not None
    assert 25 < seconds < 35
