"""What was applied, as its user asks for it: what differs, who did what, the ways back, with and without a database."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from time import sleep

import pytest
from ruamel.yaml import YAML

from cordboard.cli.context import run
from cordboard.cli.deeds import duration
from cordboard.cli.generations import _blocks, _entries
from cordboard.house.alone import does_daemon_run, only_daemon
from cordboard.provisioning import desired
from cordboard.provisioning.generations import Generations, State
from cordboard.settings import SettingsError, load
from kit.command import cordboard
from kit.switch import REPOSITORY

COMPANY = REPOSITORY / "demo/company.yaml"


def imported(folder: Path, max_wait: int) -> None:
    document = YAML().load(COMPANY)
    document["queues"]["billing-fr"]["max_wait"] = max_wait
    with (folder / "company.yaml").open("w") as file:
        YAML().dump(document, file)
    result = cordboard("import", str(folder / "company.yaml"))
    assert result.exit_code == 0, result.output


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two generations for an Asterisk that nobody started; as if it had run both."""
    monkeypatch.setenv("CORDBOARD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CORDBOARD_ASTERISK_MODE", "included")
    monkeypatch.setenv("CORDBOARD_AMI_PORT", "1")
    monkeypatch.setenv("CORDBOARD_REHEARSE", "false")
    assert cordboard("init").exit_code == 0
    for number, max_wait in enumerate((120, 77), 1):
        imported(tmp_path, max_wait)
        assert cordboard("apply", "--yes").exit_code == 0
        Generations(tmp_path / "home").mark(number, State.VERIFIED)
    return tmp_path / "home"


@pytest.fixture
def database_away(home: Path) -> Path:
    """A home whose database is there no more."""
    (home / "cordboard.sqlite").write_bytes(b"no database at all" * 100)
    for name in ("cordboard.sqlite-wal", "cordboard.sqlite-shm"):
        (home / name).unlink(missing_ok=True)
    return home


def test_each_generation_tells_what_it_changed(home: Path) -> None:
    second, first = json.loads(cordboard("generations", "--json").output)
    assert (first["generation"], first["is_in_force"], first["base"]) == (1, False, None)
    assert second["changes"] == ["queue billing-fr: max wait 120 -> 77 s"]
    assert (second["is_in_force"], second["calls"], second["revisions"]) == (True, None, {"acme": 2})
    assert second["result"]["reason"] == "Asterisk was not reached"
    listed = cordboard("generations").output
    assert "in force, verified" in listed
    assert "queue billing-fr: max wait 120 -> 77 s" in listed


def test_two_generations_are_compared(home: Path) -> None:
    result = cordboard("diff", "1", "2")
    assert (result.exit_code, "max wait 120 -> 77 s" in result.output) == (2, True)
    assert cordboard("diff", "1", "1").exit_code == 0
    (change,) = json.loads(cordboard("diff", "2", "1", "--json").output)["changes"]
    assert change["after"] == {"max wait": "120 s"}
    lines = cordboard("diff", "1", "2", "--files").output
    assert "Set(CB_MOST=$[77 - 0${FILTER(0-9,${CB_BEFORE})}])" in lines
    missing = cordboard("diff", "1", "9")
    assert missing.exit_code == 1
    assert str(missing.exception) == "generation 9 is not kept here"


def test_who_did_what(home: Path) -> None:
    entries = json.loads(cordboard("audit", "--json", "--limit", "2").output)
    assert entries[0]["action"] == "deploy.apply"
    assert "generation 2 switched" in entries[0]["detail"]
    assert len(entries) == 2
    assert "deploy.apply" in cordboard("audit").output


def test_a_rollback_shows_its_plan_and_asks(home: Path) -> None:
    result = cordboard("rollback")
    assert result.exit_code == 1
    assert "Back to generation 1:" in result.output
    assert "max wait 77 -> 120 s" in result.output
    assert "Nobody is there to say yes" in result.output
    assert Generations(home).current() == 2
    result = cordboard("rollback", "1", "--yes", "--json")
    assert json.loads(result.output)["generation"] == 3
    assert cordboard("diff", "1", "3").exit_code == 0
    assert cordboard("plan").exit_code == 0


@pytest.mark.parametrize(
    "words",
    [("plan", "--files"), ("apply", "--yes"), ("rollback", "1", "--yes")],
    ids=lambda words: words[0],
)
def test_what_is_looked_at_and_then_done_is_compiled_once(
    home: Path, tmp_path: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    if words[0] != "rollback":
        imported(tmp_path, 99)
    compiled: list[object] = []

    def counted(tenants: object, placement: object) -> object:
        compiled.append(tenants)
        return compile_(tenants, placement)  # type: ignore[arg-type]

    compile_ = desired._compiled
    monkeypatch.setattr(desired, "_compiled", counted)
    assert cordboard(*words).exit_code == (2 if words[0] == "plan" else 0)
    assert len(compiled) == 1


def test_a_rollback_is_for_the_plan_that_was_seen(home: Path) -> None:
    result = cordboard("rollback", "1", "--plan", "0123456789abcdef")
    assert result.exit_code == 1
    assert "plan again" in str(result.exception)
    assert Generations(home).current() == 2


def test_files_come_back_without_the_database(database_away: Path) -> None:
    assert cordboard("rollback", "1", "--yes").exit_code == 1
    result = cordboard("rollback", "--files", "--yes")
    assert "The database is away" in result.output
    assert "Generation 2 was taken back and is not used again." in result.output
    assert Generations(database_away).current() == 1
    listed = cordboard("generations")
    assert listed.exit_code == 0
    assert "taken back: generation 1 was put in force again by" in " ".join(listed.output.split())
    assert "failed" not in listed.output


def test_a_trial_is_confirmed_without_the_database(home: Path, tmp_path: Path) -> None:
    imported(tmp_path, 78)
    with only_daemon(home):  # somebody else waits for the end of the trial
        assert does_daemon_run(home)
        result = cordboard("apply", "--yes", "--confirm-within", "1h", "--json")
    assert not does_daemon_run(home)
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["trial"]["base"] == 2
    imported(tmp_path, 79)
    refused = cordboard("apply", "--yes")
    assert "is on trial until" in str(refused.exception)
    (home / "cordboard.sqlite").write_bytes(b"no database at all" * 100)
    for name in ("cordboard.sqlite-wal", "cordboard.sqlite-shm"):
        (home / name).unlink(missing_ok=True)
    result = cordboard("confirm")
    assert "Generation 3 is confirmed and stays in force." in result.output
    assert Generations(home).pending() is None


def test_a_trial_ends_without_the_database_too(home: Path, tmp_path: Path) -> None:
    imported(tmp_path, 78)
    with only_daemon(home):
        assert cordboard("apply", "--yes", "--confirm-within", "1s").exit_code == 0
    pending = Generations(home).pending()
    assert pending is not None
    Generations(home).expect_confirmation(replace(pending, until=datetime(2026, 1, 1, tzinfo=UTC)))
    (home / "cordboard.sqlite").write_bytes(b"no database at all" * 100)
    for name in ("cordboard.sqlite-wal", "cordboard.sqlite-shm"):
        (home / name).unlink(missing_ok=True)
    result = cordboard("apply", "--yes")
    assert "Generation 3 was not confirmed in time: generation 2 is back." in result.output
    assert Generations(home).current() == 2


def test_drift_is_told_by_the_exit_status(home: Path) -> None:
    result = cordboard("watch", "--once")
    assert (result.exit_code, "Asterisk was not reached" in result.output) == (2, True)
    (home / "current/cordboard_queues.conf").write_text("[general]\n")
    report = json.loads(cordboard("watch", "--once", "--json").output)
    assert [each["name"] for each in report["files"]] == ["cordboard_queues.conf"]
    assert cordboard("watch", "--once").exit_code == 2


def test_a_plan_waits_for_whoever_is_at_work(home: Path) -> None:
    generations = Generations(home)
    with generations.lock("amel", "sweep"):
        busy = cordboard("plan")
    assert busy.exit_code == 1
    assert "another deployment is under way: amel (sweep, process " in str(busy.exception)
    done = Event()

    def work() -> None:
        with generations.lock("amel", "sweep"):
            done.set()
            sleep(0.3)

    worker = Thread(target=work)
    worker.start()
    done.wait()
    assert cordboard("plan").exit_code == 0
    worker.join()


def test_on_a_narrow_terminal_each_generation_is_a_block(home: Path) -> None:
    lines = list(_blocks(run(_entries(load(flags={"home": home}).settings))))
    assert lines[0] == "generation 2: in force, verified"
    assert "  what it changed: queue billing-fr: max wait 120 -> 77 s" in lines
    assert "generation 1: verified" in lines
    assert all(line.startswith(("generation ", "  ")) for line in lines)


def test_one_daemon_a_home(home: Path) -> None:
    told = pytest.raises(SettingsError, match=r"served already by `cordboard run` \(process ")
    with only_daemon(home), told, only_daemon(home):
        raise AssertionError
    with only_daemon(home):
        pass


@pytest.mark.parametrize(("words", "seconds"), [("90s", 90), ("5m", 300), ("1h", 3600)])
def test_times_are_said_in_words(words: str, seconds: int) -> None:
    assert duration(words).total_seconds() == seconds


@pytest.mark.parametrize("words", ["", "5", "0m", "m", "-5m", "5 m", "5d", "1h30m", "9999999s"])
def test_no_time_is_told(words: str) -> None:
    with pytest.raises(SettingsError, match="say 90s, 5m or 1h"):
        duration(words)
