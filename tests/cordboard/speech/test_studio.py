"""Texts made sounds by the real programs: once each, in Asterisk's forms, stale when another voice would say them."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import wave
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agi.flow.spoken import Spoken
from cordboard.speech.errors import NoSuchVoice, ProgramMissing, RecordingMissing, SpeakingFailed, StudioFailed
from cordboard.speech.studio import FORMS, State, Studio
from cordboard.speech.voices import Voices

WELCOME = Spoken("Bienvenue chez Acme. Pour les ventes, tapez 1.", "fr")
HELLO = Spoken("Welcome to Acme.", "en")
JINGLE = Spoken("", "fr", "studio/jingle.wav")


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """Its espeak-ng is the real one, started by a program that notes how."""
    program = tmp_path / "espeak"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >>{tmp_path}/started\nexec espeak-ng "$@"\n')
    program.chmod(0o700)
    return Studio(tmp_path / "speech", tmp_path / "recordings", Voices(espeak=str(program)))


def started(studio: Studio) -> list[str]:
    """How the voice was started to say something, each time."""
    lines = (studio.folder.parent / "started").read_text().splitlines()
    return [line for line in lines if "-w" in line]


def frames(path: Path) -> tuple[int, int, int, float]:
    with wave.open(str(path), "rb") as file:
        return file.getframerate(), file.getnchannels(), file.getsampwidth(), file.getnframes() / file.getframerate()


def record(path: Path, *, rate: int = 44_100, channels: int = 2, seconds: float = 0.5) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    words = ("synth", str(seconds), "sine", "700")
    subprocess.run(["sox", "-n", "-r", str(rate), "-c", str(channels), str(path), *words], check=True)


def test_a_text_is_made_in_every_form_and_only_once(studio: Studio) -> None:
    assert studio.look(WELCOME).state is State.MISSING
    assert studio.make([WELCOME, HELLO, WELCOME]) == {}
    for sound in (WELCOME, HELLO):
        lengths = []
        for ending, rate in FORMS.items():
            found, channels, width, seconds = frames(studio.path(sound).with_suffix(f".{ending}"))
            assert (found, channels, width) == (rate, 1, 2)
            lengths.append(seconds)
        look = studio.look(sound)
        assert (look.state, look.fault) == (State.MADE, "")
        assert lengths == [pytest.approx(look.seconds, abs=0.01)] * len(FORMS)
    assert 2 < studio.look(WELCOME).seconds < 5
    assert len(started(studio)) == 2
    before = {path: path.stat().st_ino for path in studio.folder.glob("*.wav*")}
    assert studio.make([WELCOME, HELLO]) == {}
    assert {path: path.stat().st_ino for path in studio.folder.glob("*.wav*")} == before
    assert len(started(studio)) == 2
    assert {path.stat().st_mode & 0o777 for path in studio.folder.glob("*.*")} == {0o640}


@pytest.mark.parametrize("name", ["jingle.m3u", "studio/jingle.PLS"])
def test_a_list_of_files_is_no_recording(studio: Studio, tmp_path: Path, name: str) -> None:
    """sox would hand its addresses to a shell."""
    path = studio.recordings / name
    path.parent.mkdir(parents=True)
    path.write_text(f'[playlist]\nFile1=http://127.0.0.1:1/x";touch {tmp_path}/run;"\n')
    path.with_suffix(".m3u").write_text(f'http://127.0.0.1:1/x";touch {tmp_path}/run;"\n')
    sound = Spoken("", "fr", name)
    assert isinstance(studio.make([sound])[sound], RecordingMissing)
    assert "no sound" in studio.look(sound).fault
    assert not (tmp_path / "run").exists()


def test_a_pipe_is_waited_for_by_nobody(studio: Studio) -> None:
    path = studio.recordings / JINGLE.recording
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    assert isinstance(studio.make([JINGLE])[JINGLE], RecordingMissing)
    assert "no file" in studio.look(JINGLE).fault


def test_another_voice_makes_it_stale_and_the_one_before_is_not_asked_again(studio: Studio) -> None:
    studio.make([WELCOME])
    slow = replace(studio, voices=replace(studio.voices, words_a_minute=90))
    was = studio.look(WELCOME).seconds
    assert slow.look(WELCOME).state is State.STALE
    assert slow.make([WELCOME]) == {}
    assert slow.look(WELCOME).state is State.MADE
    assert slow.look(WELCOME).seconds > was * 1.2
    assert studio.look(WELCOME).state is State.STALE
    assert studio.make([WELCOME]) == {}
    assert studio.look(WELCOME).seconds == was
    assert len(started(studio)) == 2
    named = replace(studio, voices=replace(studio.voices, named={"fr": "fr+f2"}))
    assert named.look(WELCOME).state is State.STALE
    assert named.make([WELCOME, Spoken("Bonjour", "fr_CA")]) == {}
    assert all("fr+f2" in line for line in started(studio)[2:])


def test_a_recording_is_converted_and_stale_when_it_is_another(studio: Studio) -> None:
    missing = studio.make([JINGLE])
    assert isinstance(missing[JINGLE], RecordingMissing)
    assert not list(studio.folder.glob("spoken-*"))
    record(studio.recordings / JINGLE.recording)
    assert studio.make([JINGLE]) == {}
    assert frames(studio.path(JINGLE).with_suffix(".wav"))[:3] == (8000, 1, 2)
    assert studio.look(JINGLE).seconds == pytest.approx(0.5, abs=0.01)
    record(studio.recordings / JINGLE.recording, seconds=0.8)
    assert studio.look(JINGLE).state is State.STALE
    assert studio.make([JINGLE]) == {}
    assert studio.look(JINGLE).seconds == pytest.approx(0.8, abs=0.01)
    (studio.recordings / JINGLE.recording).write_bytes(b"no sound")
    assert isinstance(studio.make([JINGLE])[JINGLE], SpeakingFailed)
    assert studio.look(JINGLE).seconds == pytest.approx(0.8, abs=0.01), "what was there is still heard"


@pytest.mark.parametrize(
    "text",
    [
        "$(touch pwned) `touch pwned`; touch pwned",
        "-w pwned --help -f /etc/passwd",
        "--help",
        "[[h@'loU]] [[[[ ]] a",
        "<speak><audio src='/etc/passwd'/>hello</speak> &lt; & %s %n",
        "\"; rm -rf \\\" ''",
        "Ça coûte 12,50 € – « prêt » ? 😀 ok",
        "x" * 1000,
    ],
)
def test_a_text_is_only_said(studio: Studio, text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    sound = Spoken(text, "en")
    assert studio.make([sound]) == {}
    assert studio.look(sound).seconds > 0.3
    assert not list(here.iterdir())
    assert text not in (tmp_path / "started").read_text()


def test_brackets_are_no_phonemes(studio: Studio) -> None:
    phonemes, letters = Spoken("[[h@'loU]]", "en"), Spoken("h@'loU", "en")
    assert studio.make([phonemes, letters]) == {}
    assert studio.look(phonemes).seconds == pytest.approx(studio.look(letters).seconds, rel=0.3)
    assert studio.look(letters).seconds > 1, "spelled, sign by sign"


def test_what_is_lacking_has_a_cure_and_leaves_nothing(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = replace(studio, voices=replace(studio.voices, espeak="no-such-espeak"))
    assert isinstance(silent.make([WELCOME])[WELCOME], ProgramMissing)
    look = silent.look(WELCOME)
    assert (look.state, look.fault) == (State.MISSING, "the program no-such-espeak is not installed")
    assert "espeak-ng" in look.cure
    klingon = Spoken("nuqneH", "xx")
    assert isinstance(studio.make([klingon])[klingon], NoSuchVoice)
    broken = replace(studio, voices=Voices(espeak="false"))
    assert isinstance(broken.make([WELCOME])[WELCOME], SpeakingFailed), "no voice is to blame"
    espeak = shutil.which("espeak-ng")
    assert espeak is not None
    folder = studio.folder.parent / "bin"
    folder.mkdir()
    (folder / "espeak-ng").symlink_to(espeak)
    monkeypatch.setenv("PATH", str(folder))
    without_sox = replace(studio, voices=Voices())
    failed = without_sox.make([WELCOME])
    assert "sox" in failed[WELCOME].cure
    assert without_sox.look(WELCOME).fault == "the program sox is not installed"
    assert without_sox.look(WELCOME).state is State.MISSING
    assert not list(studio.folder.glob("spoken-*")), "neither whole nor half"


def test_a_folder_that_cannot_be_written(studio: Studio) -> None:
    studio.folder.write_text("in the way")
    assert isinstance(studio.make([WELCOME])[WELCOME], StudioFailed)


def test_a_piper_model_is_told_of_by_its_path_and_given_the_text_alone(studio: Studio, tmp_path: Path) -> None:
    program, model = tmp_path / "piper", tmp_path / "en.onnx"
    # Piper's own words; what it would say is said by espeak-ng.
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{tmp_path}/asked\nexec espeak-ng --stdin -w "$6"\n')
    program.chmod(0o700)
    voices = Voices({"en": str(model)}, words_a_minute=80, piper=str(program))
    site = replace(studio, voices=voices)
    assert isinstance(site.make([HELLO])[HELLO], NoSuchVoice)
    model.write_bytes(b"a model")
    assert site.make([HELLO]) == {}
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[:5] == ["--model", str(model), "--length_scale", "2.00", "--output_file"]
    assert frames(site.path(HELLO).with_suffix(".wav"))[0] == 8000
    model.write_bytes(b"another model")
    assert site.look(HELLO).state is State.STALE


def test_only_what_nobody_names_and_nobody_wanted_lately_is_removed(studio: Studio) -> None:
    studio.make([WELCOME, HELLO])
    (studio.folder / f".{HELLO}.half.wav").write_bytes(b"half")
    assert studio.sweep({str(WELCOME)}, idle_seconds=3600) == 0
    for path in [*studio.folder.glob("*.*"), *studio.folder.glob("masters/*")]:
        os.utime(path, (0, 0))
    studio.make([HELLO])
    assert studio.sweep({str(WELCOME), str(HELLO)}, idle_seconds=3600) == 1
    assert studio.sweep({str(WELCOME)}, idle_seconds=-1) == 4
    assert studio.look(WELCOME).state is State.MADE
    assert studio.look(HELLO).state is State.MISSING
    assert len(list(studio.folder.glob("masters/*"))) == 1


@pytest.fixture
def crowd(studio: Studio) -> Iterator[list[threading.Thread]]:
    threads = [threading.Thread(target=studio.make, args=([WELCOME, HELLO],)) for _ in range(4)]
    yield threads
    for thread in threads:
        thread.join()


def test_several_who_make_the_same_at_once_do_no_harm(studio: Studio, crowd: list[threading.Thread]) -> None:
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    assert studio.look(WELCOME).state is studio.look(HELLO).state is State.MADE
    assert not list(studio.folder.glob(".*"))


def test_what_was_wanted_lately_stays_whole(studio: Studio) -> None:
    studio.make([WELCOME])
    for path in studio.folder.glob("*.*"):
        os.utime(path, (0, 0))
    studio.make([WELCOME])
    assert studio.sweep((), idle_seconds=3600) == 0
    assert studio.look(WELCOME).state is State.MADE


def test_what_was_never_finished_goes_with_the_oldest(studio: Studio) -> None:
    studio.make([WELCOME])
    half = studio.path(HELLO).with_suffix(".wav")
    half.write_bytes(b"half")
    os.utime(half, (0, 0))
    studio.keep_newest(1)
    assert not half.exists()
    assert studio.look(WELCOME).state is State.MADE
