"""The commands about versions of menus: what they print in both languages, to programs, and their exit statuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cordboard.desk.errors import NoSuchVersion
from cordboard.flows.errors import NoSuchDid
from cordboard.settings import SettingsError
from kit.command import cordboard, done
from kit.switch import REPOSITORY

DEMO = str(REPOSITORY / "demo/company.yaml")
AT = ("--at", "2026-11-23 10:00", "--to", "main", "--press", "4", "--ready", "none")
CHANGE = "~ menu accueil: key 4 now goes to queue support (was message opening-hours)"
FRENCH = "~ menu accueil : touche 4 mène désormais vers file support (avant : message opening-hours)"
TESTS = """
tests:
  four: {to: "+33199000001", at: "2026-11-23 10:00", press: "4", ends: {queue: support}}
"""


@pytest.fixture(autouse=True)
def home(bare_home: Path) -> Path:
    """The demo company is stored."""
    done("init")
    done("import", DEMO)
    return bare_home


@pytest.fixture
def other(tmp_path: Path) -> str:
    """The demo company with another key 4, and a test of it."""
    file = tmp_path / "other.yaml"
    text = Path(DEMO).read_text(encoding="utf-8").replace('"4": {message: opening-hours}', '"4": {queue: support}')
    file.write_text(text.replace("max_wait: 180", "max_wait: 60") + TESTS, encoding="utf-8")
    return str(file)


def _json(*words: str, status: int = 0) -> Any:
    return json.loads(done(*words, "--json", status=status))


def test_a_draft_is_looked_at_and_published_and_taken_back(other: str) -> None:
    told = done("flow", "draft", other)
    assert "draft, checked: " in told
    assert f"\n  {CHANGE}\n" in told
    assert "Not taken, for an import takes them: queues." in told
    assert done("flow", "diff", status=2) == f"{CHANGE}\n"
    assert "Ends in message opening-hours" in done("flow", "simulate", *AT)
    assert "Ends in queue support" in done("flow", "simulate", "--draft", *AT)
    assert "1 test, 0 failed." in done("flow", "test", "--draft")
    assert "0 errors, " in done("flow", "check", "--draft")
    assert "<svg" in done("flow", "picture", "--draft")

    assert done("flow", "publish") == f"acme: calls enter version 2 now\n  {CHANGE}\n"
    assert "Ends in queue support" in done("flow", "simulate", *AT)
    assert "Ends in message opening-hours" in done("flow", "simulate", "--version", "1", *AT)
    assert "1 test, 1 failed." in done("flow", "test", other, "--version", "1", status=1)
    newest, first = _json("flow", "versions")["versions"]
    assert (newest["version"], newest["state"], newest["changes"]) == (2, "in force", [CHANGE])
    assert (first["state"], first["changes"], "document" in first) == ("superseded", None, False)

    told = done("flow", "unpublish")
    assert told.startswith("acme: calls enter version 1 now\n  ~ menu accueil: key 4 now goes to message opening-hours")
    assert "version 2, withdrawn: " in done("flow", "versions")
    assert "no version was published before" in done("flow", "unpublish", status=1)


def test_a_call_of_later_meets_the_version_that_waits_for_then(other: str) -> None:
    done("flow", "draft", other)
    done("flow", "publish", "--at", "2099-12-01 08:00")
    to_main = AT[2:]
    for at, end, version in (
        ("2099-12-01 07:59", "message opening-hours", "Version 1 of the menus.\n"),
        ("2099-12-01 08:00", "queue support", "Version 2 of the menus, which calls enter from 2099-12-01 08:00 on.\n"),
    ):
        told = done("flow", "simulate", "--at", at, *to_main)
        assert f"Ends in {end}" in told
        assert version in told
        assert version in done("flow", "simulate", "--at", at, "--to", "main", "--exhaustive", "--depth", "1")
    found = _json("flow", "simulate", "--at", "2100-01-04 10:00", *to_main)
    assert (found["version"], found["end"]["id"]) == (2, "support")
    assert "Version 1 of" in done("flow", "simulate", "--version", "1", "--at", "2100-01-04 10:00", *to_main)
    done("flow", "promote")
    assert "Version 2 of the menus.\n" in done("flow", "simulate", *AT)


def test_a_time_and_a_share_in_both_languages(other: str) -> None:
    done("flow", "draft", other)
    told = done("--set", "language=fr", "flow", "publish", "--at", "2099-12-01 08:00")
    assert told == f"acme: version 2 à partir du 2099-12-01 08:00\n  {FRENCH}\n"
    assert "from 2099-12-01 07:00 UTC" in done("audit")
    waiting, _ = _json("flow", "versions")["versions"]
    assert (waiting["state"], waiting["starts"]) == ("waiting", "2099-12-01T07:00:00+00:00")
    assert "en attente" in done("--set", "language=fr", "flow", "versions")
    refused = done("import", DEMO, status=1)
    assert "version 2, which not every call enters yet" in refused
    assert "`cordboard flow promote` lets every call enter it" in refused
    done("flow", "unpublish")

    done("flow", "draft", other)
    assert "calls enter version 3 now, 10 % of them" in done("flow", "publish", "--canary", "10%")
    assert "version 3, à l'essai, 10 % d'entre eux: " in done("--set", "language=fr", "flow", "versions")
    assert "calls enter version 3 now\n" in done("flow", "promote")
    done("flow", "unpublish")

    done("flow", "draft", other)
    assert "calls enter version 4 now, those of number main" in done("flow", "publish", "--canary", "+33199000001")


def test_to_programs(other: str) -> None:
    drafted = _json("flow", "draft", other)
    assert (drafted["draft"]["is_checked"], drafted["changes"], drafted["not_taken"]) == (True, [CHANGE], ["queues"])
    assert _json("flow", "diff", status=2)["changes"] == [CHANGE]
    listed = _json("flow", "versions")
    assert (listed["draft"]["changes"], len(listed["versions"])) == ([CHANGE], 1)
    published = _json("flow", "publish", "--canary", "10%")
    assert (published["version"]["version"], published["version"]["share"]) == (2, 10)
    refused = _json("flow", "publish", status=1)
    assert (refused["version"], refused["problems"][0]["where"]) == (None, "draft")
    assert _json("flow", "diff", "1", "2", status=2) == {"before": 1, "after": 2, "changes": [CHANGE]}
    assert _json("flow", "diff", "2", "2")["changes"] == []


def test_a_failing_test_is_told_and_nothing_changed(other: str) -> None:
    Path(other).write_text(Path(DEMO).read_text(encoding="utf-8") + TESTS, encoding="utf-8")
    told = done("flow", "draft", other, status=1)
    assert "error: test four: fails: is to end in queue support, ends in message opening-hours" in told
    assert "draft, with errors: " in told
    assert "nothing differs for callers" in told
    assert _json("flow", "draft", other, status=1)["draft"]["is_checked"] is False
    told = done("flow", "publish", status=1)
    assert "error: test four: fails" in told
    assert "Nothing was changed." in told


def test_the_figures_of_a_version_are_told(other: str) -> None:
    assert "no calls in 7 days" in done("flow", "versions", "--days", "7")
    assert "aucun appel en 7 jours" in done("--set", "language=fr", "flow", "versions", "--days", "7")
    assert _json("flow", "versions", "--days", "7")["versions"][0]["calls"] is None


def test_an_earlier_version_is_drafted(other: str) -> None:
    done("flow", "draft", other)
    done("flow", "publish")
    assert "key 4 now goes to message opening-hours" in done("flow", "draft", "--version", "1")


def test_what_cannot_be_is_said() -> None:
    for words, error, told in (
        (("draft",), SettingsError, "name the company file, or a --version"),
        (("draft", DEMO, "--version", "1"), SettingsError, "name the company file, or a --version"),
        (("draft", "--version", "9"), NoSuchVersion, "no version 9 of its menus"),
        (("diff",), NoSuchVersion, "has no draft of its menus"),
        (("publish", "--canary", "0%"), SettingsError, "--canary: write 1% to 99%, or a number"),
        (("publish", "--canary", "nowhere"), NoSuchDid, "no DID 'nowhere'"),
        (("publish", "--at", "soon"), SettingsError, "--at: 'soon' is not a moment"),
        (("test",), SettingsError, "name the files that have the tests, or --draft"),
        (("check", "--draft", "--version", "1"), SettingsError, "give one of them: files, --version, --draft"),
    ):
        result = cordboard("flow", *words)
        assert isinstance(result.exception, error), words
        assert told in str(result.exception)


def test_a_file_with_errors_is_no_draft(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(Path(DEMO).read_text(encoding="utf-8").replace('"9": repeat', '"9": {menu: nowhere}', 1))
    told = done("flow", "draft", str(bad), status=1).splitlines()
    assert any("menus.accueil.keys.9.menu" in line for line in told)
    assert told == done("flow", "check", str(bad), status=1).splitlines()[:-1], "style, too, without the count"
    assert any("hours.always: no time is closed" in line for line in told)
    assert "has no draft" in str(cordboard("flow", "diff").exception)
