"""`cordboard flow read-voicexml` and `write-voicexml` as their user meets them; and the guide to them holds."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cordboard.settings import SettingsError
from cordboard.voicexml.tree import DEEPEST, MOST_BYTES, MOST_ELEMENTS
from kit.command import cordboard, done
from kit.switch import REPOSITORY

GUIDE = (REPOSITORY / "docs/voicexml.md").read_text(encoding="utf-8")
PLACE = ("--place", "sip:sales@pbx.example=queue:sales")


def block(kind: str) -> str:
    found = re.search(rf"```{kind}\n(.*?)```", GUIDE, re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CORDBOARD_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ivr.vxml").write_text(block("xml"), encoding="utf-8")
    (tmp_path / "company.yaml").write_text(block("yaml"), encoding="utf-8")
    return tmp_path


def test_what_the_guide_reads_passes_the_tests_that_it_shows(folder: Path) -> None:
    told = done("flow", "read-voicexml", "ivr.vxml", *PLACE, "-o", "menus.yaml")
    assert told == "Callers of ivr.vxml begin at target: {menu: welcome}\nEverything was understood.\n"
    assert "2 tests, 0 failed." in done("flow", "test", "company.yaml", "menus.yaml")
    assert "0 errors" in done("flow", "check", "company.yaml", "menus.yaml")


def test_what_is_written_is_read_again_as_the_same(folder: Path) -> None:
    done("flow", "read-voicexml", "ivr.vxml", *PLACE, "-o", "menus.yaml")
    done("flow", "write-voicexml", "company.yaml", "menus.yaml", *PLACE, "-o", "again.vxml")
    assert 'dest="sip:sales@pbx.example"' in (folder / "again.vxml").read_text(encoding="utf-8")
    again = json.loads(done("flow", "read-voicexml", "again.vxml", *PLACE, "--json"))
    assert again["findings"] == []
    assert again["starts"] == {"again.vxml": {"menu": "welcome"}}
    first = json.loads(done("flow", "read-voicexml", "ivr.vxml", *PLACE, "--json"))
    assert again["sections"]["prompts"] == first["sections"]["prompts"]
    done("flow", "read-voicexml", "again.vxml", *PLACE, "-o", "menus.yaml")
    assert "2 tests, 0 failed." in done("flow", "test", "company.yaml", "menus.yaml")


def test_without_a_place_callers_are_hung_up_on_and_that_is_told(folder: Path) -> None:
    told = cordboard("flow", "read-voicexml", "ivr.vxml")
    assert told.exit_code == 0
    assert told.stderr.splitlines()[0] in GUIDE
    assert "1 thing is not as in the documents." in told.stderr
    assert told.stdout.startswith("cordboard: 1\n")


def test_what_cannot_be_written_is_told_beside_the_dialog(folder: Path) -> None:
    told = cordboard("flow", "write-voicexml", str(REPOSITORY / "demo/company.yaml"))
    assert told.exit_code == 0
    losses = told.stderr.splitlines()
    assert any(line.startswith("did.office: is of kind hours") for line in losses)
    assert told.stdout.count("<!-- ") == len(losses)


def test_what_is_no_document_is_refused_with_its_line(folder: Path) -> None:
    (folder / "bad.vxml").write_text("<vxml version='2.1'>\n<menu></vxml>", encoding="utf-8")
    told = cordboard("flow", "read-voicexml", "ivr.vxml", "bad.vxml", "-o", "menus.yaml")
    assert told.exit_code == 1
    assert "bad.vxml:2:1: is not XML" in told.stderr
    assert not (folder / "menus.yaml").exists()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--place", "sip:x"), "not written as A=B"),
        (("--place", "sip:x=sales"), "is no place"),
        (("--place", "sip:x=external:0140"), "is no place"),
        (("--connection", "http://x/=A b"), "is no name"),
        (("--language", "en-GB=English"), "is no language"),
        (("--prefix", "1"), "begin with a small letter"),
        (("gone.vxml",), "cannot be read"),
    ],
)
def test_options_that_say_nothing_are_refused(folder: Path, words: tuple[str, ...], why: str) -> None:
    refused = cordboard("flow", "read-voicexml", "ivr.vxml", *words)
    assert isinstance(refused.exception, SettingsError)
    assert why in str(refused.exception)


def test_the_guide_tells_the_limits() -> None:
    assert f"more than {MOST_BYTES // 1000} kB, {MOST_ELEMENTS} elements together, or {DEEPEST} levels" in GUIDE
