"""What callers would not hear is told with an import: they meet its prompts at once."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cordboard.cli.changes import exit_status, imported_lines
from cordboard.desk.companies import Companies
from cordboard.provisioning.sources import Installed
from cordboard.store.engine import Store
from kit.one_menu import one_menu

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    sounds = tmp_path / "sounds" / "en"
    for name in ("welcome", "vm-goodbye", "im-sorry", "please-try-call-later", "vm-nobodyavail", "silence/1"):
        path = sounds / f"{name}.gsm"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return Installed(data=tmp_path)


def written(folder: Path, sound: str) -> Path:
    path = folder / "acme.yaml"
    path.write_text(one_menu(f"[{sound}]"), encoding="utf-8")
    return path


async def test_a_dry_run_ends_as_a_plan_when_nothing_of_a_prompt_can_be_played(
    store: Store, installed: Installed, tmp_path: Path
) -> None:
    companies = Companies(store, clock=lambda: NOW, installed=installed)
    found = await companies.import_files([written(tmp_path, "gone")], "admin", is_dry=True)
    assert found.is_accepted, found.problems
    assert exit_status(found) == 1
    (error,) = [each for each in found.difference.problems if not each.is_warning]
    assert error.what == "there is no sound gone for callers in en"
    right = await companies.import_files([written(tmp_path, "welcome")], "admin", is_dry=True)
    assert exit_status(right) == 2


async def test_an_import_tells_it_too(store: Store, installed: Installed, tmp_path: Path) -> None:
    companies = Companies(store, clock=lambda: NOW, installed=installed)
    imported = await companies.import_files([written(tmp_path, "gone")], "admin")
    assert imported.was_stored
    assert any(re.match(r"error: .*there is no sound gone", line) for line in imported_lines(imported, "en"))


async def test_where_no_asterisk_is_found_nobody_looks(store: Store, tmp_path: Path) -> None:
    found = await Companies(store, clock=lambda: NOW).import_files([written(tmp_path, "gone")], "admin", is_dry=True)
    assert exit_status(found) == 2
