"""A company as files: several of them, dry runs, secrets on demand, and a new home that is the same to the byte."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from kit.command import cordboard, done
from kit.switch import REPOSITORY

DEMO = (REPOSITORY / "demo/company.yaml").read_text(encoding="utf-8")
RECORDS = {"generation.json", "state.json"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the demo company, for an Asterisk that nobody started."""
    monkeypatch.setenv("CORDBOARD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CORDBOARD_ASTERISK_MODE", "included")
    monkeypatch.setenv("CORDBOARD_AMI_PORT", "1")
    monkeypatch.setenv("CORDBOARD_REHEARSE", "false")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo.yaml").write_text(DEMO, encoding="utf-8")
    done("init")
    done("import", "demo.yaml")
    return tmp_path / "home"


def changed(old: str, new: str) -> str:
    assert old in DEMO
    Path("changed.yaml").write_text(DEMO.replace(old, new, 1), encoding="utf-8")
    return "changed.yaml"


def test_a_dry_run_tells_what_is_at_once_and_what_takes_an_apply(home: Path) -> None:
    file = changed('"4": {message: opening-hours}', '"4": {queue: support}')
    Path(file).write_text(Path(file).read_text().replace("max_wait: 180", "max_wait: 150").replace("french: 5, b", "b"))
    told = done("import", file, "--dry-run", status=2)
    at_once, with_apply = told.split("After the next apply:")
    assert "menu accueil: key 4" in at_once
    assert "Amel Haddad loses French" in at_once
    assert "queue support: max wait 180 -> 150 s" in with_apply
    assert "Nothing was stored." in told
    assert "revision 1" in told
    assert "nothing would differ" in done("import", "demo.yaml", "--dry-run")
    assert done("export") == done("export", "--revision", "1")


def test_a_dry_run_of_a_faulty_file_has_its_problems(home: Path) -> None:
    told = done("import", changed("site: lyon", "site: lion"), "--dry-run", status=1)
    assert 'no site "lion"' in told


def test_a_dry_run_for_programs(home: Path) -> None:
    told = json.loads(done("import", changed("max_wait: 180", "max_wait: 150"), "--dry-run", "--json", status=2))
    assert (told["was_stored"], told["is_dry_run"], told["problems"]) == (False, True, [])
    (change,) = told["changes"]
    assert (change["kind"], change["name"], change["in_force"]) == ("queue", "acme-support", "apply")
    assert change["sentences"] == ["queue support: max wait 180 -> 150 s"]


def test_a_dry_run_speaks_the_language_of_the_setting(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORDBOARD_LANGUAGE", "fr")
    assert "attente maximale 180 -> 150 s" in done(
        "import", changed("max_wait: 180", "max_wait: 150"), "--dry-run", status=2
    )


def test_an_import_tells_its_changes_shortly(home: Path) -> None:
    told = done("import", changed("max_wait: 180", "max_wait: 150"))
    assert "revision 2, 0 added, 1 changed, 0 removed" in told
    assert "With the next apply:\n  ~ queue support: max wait 180 -> 150 s" in told
    many = DEMO
    for person in ("Amel Haddad", "Bruno Lefèvre", "Chloé Marchand", "Emma Novák", "Farid Benali", "Dan O’Neill"):
        many = many.replace(f"name: {person}", f"name: {person[:-1]}")
    many = many.replace("ring: 12", "ring: 13").replace("wrap_up: 3", "wrap_up: 4").replace("max_wait", "max_waitx")
    Path("many.yaml").write_text(many.replace("max_waitx: 180", "max_wait: 10").replace("max_waitx", "max_wait"))
    assert len(done("import", "many.yaml").splitlines()) <= 25


def test_a_folder_comes_back_as_it_was_given(home: Path) -> None:
    done("export", "--folder", "acme")
    names = sorted(path.name for path in Path("acme").iterdir())
    assert "people.yaml" in names
    assert "secrets.yaml" not in names
    assert "nothing differs" in done("import", "acme")
    assert "nothing differs" in done("import", *(f"acme/{name}" for name in reversed(names)))
    people = Path("acme/people.yaml")
    people.write_text(people.read_text(encoding="utf-8").replace("site: lyon", "site: lion", 1), encoding="utf-8")
    assert "acme/people.yaml:" in done("import", "acme", status=1)


def test_a_section_that_is_gone_takes_its_file_along(home: Path) -> None:
    done("export", "--folder", "acme", "--with-secrets")
    Path("acme/mine.yaml").write_text("cordboard: 1\n")
    done("import", changed('  lobby: {name: Accueil Paris, site: paris, extension: "250"}', ""))
    done("export", "--folder", "acme")
    names = {path.name for path in Path("acme").iterdir()}
    assert names.isdisjoint({"phones.yaml", "secrets.yaml"})
    assert "mine.yaml" in names
    assert "nothing differs" in done("import", "acme")


def test_an_earlier_revision_comes_back(home: Path) -> None:
    first = done("export")
    done("import", changed("max_wait: 180", "max_wait: 150"))
    assert done("export") != first
    assert done("export", "--revision", "1") == first
    result = cordboard("export", "--revision", "9")
    assert result.exit_code == 1
    assert "no revision 9" in str(result.exception)


def test_secrets_leave_when_they_are_asked_for_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = [entry["secret"] for entry in json.loads(done("phones", "--show-secrets", "--json"))]
    assert not any(secret in done("export") for secret in secrets)
    Path("out.yaml").write_text("")
    Path("out.yaml").chmod(0o644)
    done("export", "--with-secrets", "-o", "out.yaml")
    assert Path("out.yaml").stat().st_mode & 0o777 == 0o600
    assert all(secret in Path("out.yaml").read_text() for secret in secrets)
    done("export", "--with-secrets", "--folder", "acme")
    assert Path("acme/secrets.yaml").stat().st_mode & 0o777 == 0o600
    assert not any(secret in Path("acme/people.yaml").read_text() for secret in secrets)
    result = cordboard("export", "--with-secrets", "--revision", "1", "-o", "x.yaml")
    assert "secrets are those of now" in str(result.exception)


def test_who_had_secrets_shown_is_in_the_audit_trail(home: Path) -> None:
    done("phones")
    done("export", "-o", "plain.yaml")
    assert "secrets.show" not in done("audit", "--json")
    done("phones", "--show-secrets")
    done("export", "--with-secrets", "-o", "secret.yaml")
    newest, before, *_ = json.loads(done("audit", "--json"))
    assert [(line["action"], line["detail"]) for line in (before, newest)] == [
        ("secrets.show", "phones"),
        ("secrets.show", "export"),
    ]
    assert "(terminal)" in str(newest)


def test_secrets_are_no_sight_for_a_terminal(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cordboard.cli import company
    from cordboard.settings import SettingsError

    class Terminal:
        @staticmethod
        def isatty() -> bool:
            return True

    monkeypatch.setattr(sys, "stdout", Terminal)
    refuse = company._refuse_what_makes_no_export
    with pytest.raises(SettingsError, match="-o FILE"):
        refuse(None, None, None, with_secrets=True, force=False)
    refuse(None, None, None, with_secrets=True, force=True)
    refuse(Path("x"), None, None, with_secrets=True, force=False)


def test_secrets_that_are_given_are_taken_and_told_as_new(home: Path) -> None:
    done("export", "--with-secrets", "-o", "secret.yaml")
    secret = Path("secret.yaml")
    given = re.sub(r'(\n    amel: )"?[A-Za-z0-9]{32}"?', r"\1a-password-of-her-own", secret.read_text())
    secret.write_text(given)
    told = done("import", "secret.yaml", "--dry-run", status=2)
    assert "phone 201 (Amel Haddad): a new password" in told
    assert "a-password-of-her-own" not in told
    assert "a-password-of-her-own" not in done("import", "secret.yaml")
    assert "a-password-of-her-own" in done("phones", "--show-secrets")
    secret.write_text(given.replace("a-password-of-her-own", "short"))
    told = done("import", "secret.yaml", status=1)
    assert "secrets.sip.amel: cannot be used" in told
    assert "short." not in told


def _generated(home: Path) -> dict[str, bytes]:
    """Every file of the generation in force as Asterisk reads it, whatever generation it is."""
    folder = (home / "current").resolve()
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in RECORDS}


@pytest.mark.parametrize("is_folder", [False, True])
@pytest.mark.parametrize("mode", ["included", pytest.param("owned", marks=pytest.mark.switch)])
def test_a_new_home_with_the_export_is_the_same_to_the_byte(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, *, is_folder: bool
) -> None:
    monkeypatch.setenv("CORDBOARD_ASTERISK_MODE", mode)
    monkeypatch.setenv("CORDBOARD_ASTERISK_HOME", str(REPOSITORY / ".cache/asterisk"))
    done("import", changed('"4": {message: opening-hours}', '"4": {queue: support}'))
    target = ("--folder", "whole") if is_folder else ("-o", "whole.yaml")
    done("export", "--with-secrets", *target)
    done("apply", "--yes")
    before = _generated(home)
    assert len(before) > 5
    home.rename(tmp_path / "old")
    done("init")
    told = done("import", target[1])
    assert "left out" not in told
    done("apply", "--yes")
    assert (home / "current").resolve().name == "1"
    assert _generated(home) == before
    done("export", "--with-secrets", target[0], "again")
    assert _texts(Path("again")) == _texts(Path(target[1]))


def _texts(path: Path) -> dict[str, str]:
    return {each.name: each.read_text() for each in path.iterdir()} if path.is_dir() else {"": path.read_text()}


def test_manager_passwords_of_a_switch_that_was_deployed_stay(home: Path) -> None:
    done("export", "--with-secrets", "-o", "secret.yaml")
    done("apply", "--yes")
    secret = Path("secret.yaml")
    secret.write_text(re.sub(r"(run: )\"?[A-Za-z0-9]{32}\"?", r"\1another-password-it-is", secret.read_text()))
    told = done("import", "secret.yaml")
    assert "secrets.managers.pbx1: are left out" in told
    assert "another-password" not in done("export", "--with-secrets", "--force")
