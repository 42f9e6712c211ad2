"""What callers would not hear is told with an import: they meet its prompts at once."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cordboard.cli.changes import exit_status, imported_lines
from cordboard.desk.companies import Companies
from cordboard.desk.errors import NoSuchCompany
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


@pytest.mark.parametrize("is_dry", [True, False])
async def test_menus_that_nobody_would_hear_are_not_stored(
    store: Store, installed: Installed, tmp_path: Path, is_dry: bool
) -> None:
    companies = Companies(store, clock=lambda: NOW, installed=installed)
    refused = await companies.import_files([written(tmp_path, "gone")], "admin", is_dry=is_dry)
    assert not refused.is_accepted
    assert exit_status(refused) == 1
    (error,) = [each for each in refused.problems if not each.is_warning]
    assert (error.path, error.what) == ("prompts.welcome.en", "there is no sound gone for callers in en")
    assert error.line > 1
    with pytest.raises(NoSuchCompany):
        await companies.export("acme")
    right = await companies.import_files([written(tmp_path, "welcome")], "admin", is_dry=is_dry)
    assert right.is_accepted, right.problems
    assert exit_status(right) == 2


async def test_a_prompt_that_fell_silent_before_is_told_and_keeps_nothing_else_from_being_stored(
    store: Store, installed: Installed, tmp_path: Path
) -> None:
    companies = Companies(store, clock=lambda: NOW, installed=installed)
    file = written(tmp_path, "welcome")
    assert (await companies.import_files([file], "admin")).was_stored
    (tmp_path / "sounds" / "en" / "welcome.gsm").unlink()
    file.write_text(file.read_text(encoding="utf-8").replace("name: Acme", "name: Acme and sons"), encoding="utf-8")
    imported = await companies.import_files([file], "admin")
    assert imported.was_stored, imported.problems
    assert any(re.match(r"error: .*there is no sound welcome", line) for line in imported_lines(imported, "en"))


async def test_where_no_asterisk_is_found_nobody_looks(store: Store, tmp_path: Path) -> None:
    found = await Companies(store, clock=lambda: NOW).import_files([written(tmp_path, "gone")], "admin", is_dry=True)
    assert exit_status(found) == 2
