"""`cordboard adopt` as its user meets it: files that are written, words, exit statuses."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from typer.testing import Result

from cordboard.documents import read_company_files
from cordboard.settings import SettingsError, load
from kit import older_asterisk
from kit.command import cordboard

HEAD = ("--company-id", "acme", "--language", "fr", "--country", "FR", "--time-zone", "Europe/Paris")


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    for name, text in older_asterisk.own_files().items():
        path = tmp_path / "etc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "etc"


def adopt(*words: str | Path) -> Result:
    return cordboard("adopt", *HEAD, *map(str, words))


def refused(result: Result) -> str:
    """What it said no with."""
    assert result.exit_code != 0
    assert isinstance(result.exception, SettingsError), result.exception
    return str(result.exception)


def test_it_writes_a_company_its_secrets_and_what_it_found(etc: Path, tmp_path: Path) -> None:
    company, findings = tmp_path / "acme.yaml", tmp_path / "findings.txt"
    result = adopt("--config-dir", etc, "-o", company, "--report", findings, "--name", "Acme Conseil")
    assert result.exit_code == 0, result.output
    secrets = tmp_path / "acme-secrets.yaml"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    reading = read_company_files([company, secrets])
    assert reading.accepted().name == "Acme Conseil"
    assert reading.secrets is not None
    assert reading.secrets.company.sip["amel-haddad"].get_secret_value() == older_asterisk.AMEL_SECRET
    assert findings.read_text(encoding="utf-8") in result.stdout
    assert "You decide" in result.stdout
    assert f"cordboard import --dry-run {company} {secrets}" in result.stdout


def test_json_gives_each_finding_with_its_lines(etc: Path, tmp_path: Path) -> None:
    result = adopt("--config-dir", etc, "-o", tmp_path / "acme.yaml", "--json", "--without-secrets")
    said = json.loads(result.stdout)
    assert said["secrets"] is None
    assert not (tmp_path / "acme-secrets.yaml").exists()
    broken = [finding for finding in said["findings"] if finding["kind"] == "broken"]
    assert [place["file"] for finding in broken for place in finding["places"]] == ["pjsip.d/20-phones.conf"]
    assert {phone["before"]: phone["after"] for phone in said["phones"]}["301"] == "acme-bruno-lefevre"


def test_what_was_written_before_is_not_replaced_unless_said(etc: Path, tmp_path: Path) -> None:
    company = tmp_path / "acme.yaml"
    assert adopt("--config-dir", etc, "-o", company).exit_code == 0
    company.write_text("# edited since\n", encoding="utf-8")
    words = refused(adopt("--config-dir", etc, "-o", company))
    assert "acme.yaml is there already" in words
    assert "acme-secrets.yaml is there already" in words
    assert company.read_text(encoding="utf-8") == "# edited since\n"
    assert adopt("--config-dir", etc, "-o", company, "--overwrite").exit_code == 0
    assert "amel-haddad" in company.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--config-dir", "/nowhere/at/all"), "is no folder"),
        (("--no-config",), "must be an Asterisk to ask"),
        (("--ami-host", "127.0.0.1"), "needs --ami-user"),
        (("--ami-user", "adopt"), "say nothing without --ami-host"),
        (("--ami-host", "127.0.0.1", "--ami-user", "adopt"), "CORDBOARD_ADOPT_SECRET"),
        (("--company-id", "No-Id"), "company.id"),
    ],
)
def test_words_that_cannot_be_are_refused(etc: Path, tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    folder = () if "--config-dir" in words or "--no-config" in words else ("--config-dir", etc)
    assert told in refused(adopt(*folder, "-o", tmp_path / "acme.yaml", *words))
    assert not (tmp_path / "acme.yaml").exists()


def test_two_texts_for_one_file_are_refused(etc: Path, tmp_path: Path) -> None:
    output = tmp_path / "c.yaml"
    for words in (("--secrets", output), ("--report", tmp_path / "c-secrets.yaml"), ("--report", output)):
        assert "a file each" in refused(adopt("-o", output, "--config-dir", etc, "--overwrite", *words))
    assert not output.exists()


def test_a_folder_without_an_asterisk_is_said_so(tmp_path: Path) -> None:
    assert "No phone, trunk, queue" in refused(adopt("--config-dir", tmp_path, "-o", tmp_path / "acme.yaml"))


def test_the_variable_with_the_password_is_no_unknown_setting() -> None:
    assert load(environment={"CORDBOARD_FILE": "/dev/null", "CORDBOARD_ADOPT_SECRET": "x"}).given == ()
