"""The command line as its user meets it: words, exit statuses, and messages that say what to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kit.command import cordboard
from kit.switch import REPOSITORY

COMPANY = REPOSITORY / "demo/company.yaml"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder that is not there yet, for an Asterisk that nobody started."""
    monkeypatch.setenv("CORDBOARD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CORDBOARD_ASTERISK_MODE", "included")
    monkeypatch.setenv("CORDBOARD_AMI_PORT", "1")
    return tmp_path / "home"


@pytest.fixture
def with_company(home: Path) -> Path:
    assert cordboard("init").exit_code == 0
    assert cordboard("import", str(COMPANY)).exit_code == 0
    return home


def _program(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The installed program itself, for what happens around the commands."""
    return subprocess.run(
        [sys.executable, "-m", "cordboard", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=os.environ,
    )


def test_init_prints_the_one_time_password_once(home: Path) -> None:
    first, second = cordboard("init"), cordboard("init")
    assert "Password" in first.output
    assert "works once" in first.output
    assert second.exit_code == 0
    assert "Password" not in second.output
    assert (home / "cordboard.sqlite").stat().st_mode & 0o077 == 0


def test_nothing_works_before_init_and_the_message_says_so(home: Path, tmp_path: Path) -> None:
    done = _program("calls", cwd=tmp_path)
    assert done.returncode == 1
    assert "cordboard init" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_home_that_cannot_be_made_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CORDBOARD_HOME", str(tmp_path / "file" / "home"))
    done = _program("init", cwd=tmp_path)
    assert done.returncode == 1
    assert "--home" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_problem_of_a_file_is_told_and_nothing_is_stored(home: Path, tmp_path: Path) -> None:
    cordboard("init")
    broken = tmp_path / "broken.yaml"
    text = COMPANY.read_text(encoding="utf-8")
    broken.write_text(
        text.replace("queue: billing-fr}", "queue: biling-fr}").replace('"201"', '"202"'), encoding="utf-8"
    )
    done = cordboard("import", str(broken))
    assert done.exit_code == 1
    assert f"{broken}:" in done.output
    assert "nothing was stored" in done.output
    assert done.output.count("biling-fr") >= 2
    assert cordboard("calls").exit_code != 0


def test_importing_again_changes_nothing(with_company: Path) -> None:
    done = cordboard("import", str(COMPANY))
    assert done.exit_code == 0
    assert "nothing differs" in done.output


def test_export_is_import(with_company: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.yaml"
    assert cordboard("export", "--output", str(out)).exit_code == 0
    assert "nothing differs" in cordboard("import", str(out)).output
    assert cordboard("export").output == out.read_text(encoding="utf-8")


def test_plan_speaks_by_its_exit_status(with_company: Path) -> None:
    changes = cordboard("plan")
    assert changes.exit_code == 2
    assert "+ queue billing-fr (Facturation) is new" in changes.output
    seen = json.loads(cordboard("plan", "--json").output)
    assert seen["plan"] in changes.output
    applied = cordboard("apply", "--plan", seen["plan"], "--json")
    assert applied.exit_code == 0, applied.output
    assert json.loads(applied.output)["generation"] == 1
    assert cordboard("plan").exit_code == 0
    stale = cordboard("apply", "--plan", seen["plan"])
    assert stale.exit_code != 0
    assert "in force" in cordboard("generations").output


def test_plan_shows_lines_of_files_and_everything_when_asked(with_company: Path) -> None:
    lines = cordboard("plan", "--files")
    assert lines.exit_code == 2
    assert "# what an apply would write\n" in lines.output
    assert "+strategy=leastrecent" in lines.output
    assert "+password=(hidden)" in lines.output
    phones = json.loads(cordboard("phones", "--json", "--show-secrets").output)
    assert not any(phone["secret"] in lines.output for phone in phones)
    assert json.loads(cordboard("plan", "--files", "--json").output)["files"] in lines.output
    assert "      ring: 12 s\n" in cordboard("plan", "--verbose").output
    assert "ring: 12 s" not in cordboard("plan").output
    assert "+ ajout : file billing-fr" in cordboard("--set", "language=fr", "plan").output


def test_apply_asks_nobody_where_nobody_is(with_company: Path) -> None:
    done = cordboard("apply")
    assert done.exit_code == 1
    assert "--yes" in done.output
    assert not (with_company / "current").exists()


def test_passwords_are_shown_only_when_asked_for(with_company: Path) -> None:
    plain = json.loads(cordboard("phones", "--json").output)
    assert all("secret" not in phone for phone in plain)
    asked = json.loads(cordboard("phones", "--json", "--show-secrets").output)
    assert {phone["endpoint"] for phone in asked} >= {"acme-amel", "acme-lobby"}
    assert all(len(phone["secret"]) >= 24 for phone in asked)
    assert all(phone["secret"] not in cordboard("export").output for phone in asked)


def test_pins_of_conferences_are_shown_only_when_asked_for(with_company: Path, tmp_path: Path) -> None:
    assert "There are no conferences." in cordboard("conferences").output
    rooms = tmp_path / "rooms.yaml"
    rooms.write_text('cordboard: 1\nconferences: {staff: {name: Staff, number: "899"}}\n', encoding="utf-8")
    assert cordboard("import", str(COMPANY), str(rooms)).exit_code == 0
    assert json.loads(cordboard("conferences", "--json").output) == [{"id": "staff", "name": "Staff", "number": "899"}]
    [asked] = json.loads(cordboard("conferences", "--json", "--show-secrets").output)
    assert (len(asked["pin"]), len(asked["host_pin"])) == (6, 8)
    exported = cordboard("export").output
    assert "staff" in exported
    assert asked["pin"] not in exported


def test_settings_show_value_and_origin(with_company: Path) -> None:
    shown = {entry["name"]: entry for entry in json.loads(cordboard("settings", "--json").output)}
    assert shown["ami_port"]["value"] == 1
    assert shown["ami_port"]["source"] == "CORDBOARD_AMI_PORT"
    assert shown["web_port"]["source"] == "default"


def test_a_flag_beats_the_environment(with_company: Path) -> None:
    shown = json.loads(cordboard("--set", "ami_port=2", "--set", "language=fr", "settings", "--json").output)
    found = {entry["name"]: (entry["value"], entry["source"]) for entry in shown}
    assert found["ami_port"] == (2, "flag")
    assert found["language"] == ("fr", "flag")


def test_a_flag_that_is_no_setting_is_told(home: Path, tmp_path: Path) -> None:
    done = _program("--set", "colour=blue", "settings", cwd=tmp_path)
    assert done.returncode == 1
    assert "colour=blue" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_agent_is_refused_in_words(with_company: Path) -> None:
    done = cordboard("agent", "login", "nobody")
    assert done.exit_code == 1
    assert "nobody" in done.output
    away = cordboard("agent", "login", "amel")
    assert away.exit_code == 1
    assert "unknown" in away.output
    again = cordboard("agent", "list", "--json")
    people = {entry["person"]: entry for entry in json.loads(again.stdout)}
    assert people["amel"]["state"] == "logged in"
    assert people["amel"]["since"].endswith("+00:00")
    assert people["amel"]["switch"] == "pbx1"
    assert set(people["amel"]) == {"person", "name", "state", "since", "left", "reason", "next", "phone", "switch"}


def test_reasons_are_the_companys_and_any_other_is_refused_with_the_list(with_company: Path) -> None:
    known = json.loads(cordboard("agent", "reasons", "--json").stdout)
    assert [(one["id"], one["kind"]) for one in known][:3] == [
        ("break", "pause"), ("lunch", "pause"), ("back-office", "withdrawn"),
    ]  # fmt: skip
    cordboard("agent", "login", "amel")
    for verb, reason, said in (
        ("pause", "training", "There is no pause training: use one of break, lunch."),
        ("withdraw", "lunch", "There is no withdrawal lunch: use one of back-office, meeting, training."),
    ):
        refused = cordboard("agent", verb, "amel", reason)
        assert refused.exit_code == 1
        assert said in " ".join(refused.output.split())
    assert "is in no wrap-up" in " ".join(cordboard("agent", "extend", "amel", "30").output.split())
    unsaid = " ".join(cordboard("agent", "withdraw", "amel").output.split())
    assert "says why" in unsaid
    assert 'Add: --because "..."' in unsaid
    # It is noted; no Asterisk is here.
    assert "unknown" in cordboard("agent", "withdraw", "amel", "meeting", "--because", "a meeting").output
    [amel] = [one for one in json.loads(cordboard("agent", "list", "--json").stdout) if one["person"] == "amel"]
    assert (amel["state"], amel["reason"]) == ("logged in", "meeting")


def test_of_a_switch_that_is_away_nobody_says_that_a_call_has_ended(with_company: Path) -> None:
    for named in ("387", "pbx1-1795339584.387", "pbx1/pbx1-1795339584.387"):
        refused = cordboard("call", "hangup", named)
        assert refused.exit_code == 1
        assert "refused: The switch cannot be reached: nothing was done." in " ".join(refused.output.split())


def test_accounts(with_company: Path) -> None:
    done = cordboard("account", "add", "sophie", "--role", "supervisor")
    assert "One-time password" in done.output
    assert "sophie" in cordboard("account", "list").output
    assert "One-time password" in cordboard("account", "reset", "sophie").output
    assert cordboard("account", "add", "agent1", "--role", "agent").exit_code != 0


def test_an_account_is_removed_but_not_the_last_administrator(with_company: Path) -> None:
    assert "7 days" in cordboard("account", "add", "sophie").output
    assert cordboard("account", "remove", "sophie").exit_code == 0
    assert "sophie" not in cordboard("account", "list").output
    gone = _program("account", "remove", "sophie", cwd=with_company)
    assert (gone.returncode, "no account 'sophie'" in gone.stderr) == (1, True)
    last = _program("account", "remove", "admin", cwd=with_company)
    assert (last.returncode, "last administrator" in last.stderr) == (1, True)
    assert "Traceback" not in last.stderr


def test_the_lines_for_an_asterisk_that_is_there_already(with_company: Path) -> None:
    done = cordboard("include-lines")
    assert f'#include "{with_company}/current/cordboard_extensions.conf"' in done.output


def test_the_schema_is_one(with_company: Path) -> None:
    assert json.loads(cordboard("schema").output)["type"] == "object"


def test_nothing_of_the_screen_without_asterisk(with_company: Path, tmp_path: Path) -> None:
    done = _program("top", "--once", cwd=tmp_path)
    assert done.returncode == 1
    assert "pbx1 is down" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_setting_is_told(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORDBOARD_COLOUR", "blue")
    done = _program("settings", cwd=tmp_path)
    assert done.returncode == 1
    assert "CORDBOARD_COLOUR" in done.stderr
