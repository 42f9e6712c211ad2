"""Lists from spreadsheets by the command line: all lines or none, or those that are right and a file of the others."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from cordboard.store.audit import last_audit
from cordboard.store.engine import open_store
from kit.command import done
from kit.switch import REPOSITORY

LIST = "id,name,extension\nzoe,Zoé,301\nyan,Yan,30x\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CORDBOARD_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    done("init")
    done("import", str(REPOSITORY / "demo/company.yaml"))
    Path("list.csv").write_text(LIST, encoding="utf-8")
    return tmp_path / "home"


def test_one_rejected_line_stores_nothing(home: Path) -> None:
    before = done("export")
    told = done("import-csv", "extensions", "list.csv", status=1)
    assert 'list.csv:3: extension: "30x" cannot be dialled' in told
    assert "1 line right, 1 rejected: nothing was stored" in told
    assert done("export") == before
    assert not Path("list.csv.rejected.csv").exists()


def test_the_other_lines_are_stored_when_that_is_asked_for(home: Path) -> None:
    told = done("import-csv", "extensions", "list.csv", "--skip-rejected")
    assert "1 line taken, 1 rejected." in told
    assert "revision 2, 1 added" in told
    assert "+ Zoé is new" in told
    assert "zoe: {name: Zoé" in done("export")
    rejected = Path("list.csv.rejected.csv")
    text = rejected.read_text(encoding="utf-8-sig")
    assert text.startswith("id,name,extension,rejected column,rejected because\nyan,Yan,30x,extension,")
    rejected.write_text(text.replace("30x", "302"), encoding="utf-8")
    assert "1 line taken, 0 rejected." in done("import-csv", "extensions", str(rejected))


def test_rejected_lines_are_for_whom_the_list_is(home: Path) -> None:
    Path("list.csv").chmod(0o600)
    Path("list.csv.rejected.csv").write_text("", encoding="utf-8")
    done("import-csv", "extensions", "list.csv", "--skip-rejected")
    assert Path("list.csv.rejected.csv").stat().st_mode & 0o777 == 0o600


def test_a_list_is_one_revision_that_says_where_it_came_from(home: Path) -> None:
    done("import-csv", "extensions", "list.csv", "--skip-rejected")

    async def details() -> list[str]:
        async with open_store(f"sqlite:///{home}/cordboard.sqlite") as store, store.reading() as session:
            return [line.detail for line in await last_audit(session) if line.action == "company.save"]

    assert asyncio.run(details())[0] == "revision 2: 1 added, 0 changed, 0 removed (extensions from list.csv)"


def test_a_dry_run_stores_nothing(home: Path) -> None:
    before = done("export")
    told = done("import-csv", "extensions", "list.csv", "--skip-rejected", "--dry-run", status=2)
    assert "Nothing was stored." in told
    done("import-csv", "extensions", "list.csv", "--dry-run", status=1)
    Path("same.csv").write_text("id,name\namel,Amel Haddad\n")
    assert "nothing would differ" in done("import-csv", "extensions", "same.csv", "--dry-run")
    assert done("export") == before
    assert not Path("list.csv.rejected.csv").exists()


def test_a_list_for_programs(home: Path) -> None:
    told = json.loads(done("import-csv", "extensions", "list.csv", "--skip-rejected", "--json"))
    assert (told["was_stored"], told["lines_taken"], told["rejected_file"]) == (True, 1, "list.csv.rejected.csv")
    (rejected,) = told["rejected"]
    assert (rejected["line"], rejected["column"], rejected["value"]) == (3, "extension", "30x")
    assert [change["kind"] for change in told["changes"]] == ["person"]


def test_days_and_numbers(home: Path) -> None:
    Path("days.csv").write_text("date\n28/12/2026\n", encoding="utf-8")
    assert "In force now:" in done("import-csv", "holidays", "days.csv", "--hours", "office")
    Path("dids.csv").write_text("number,name,target\n+33199000007,Neu,queue support\n", encoding="utf-8")
    assert "With the next apply:" in done("import-csv", "dids", "dids.csv")
    assert '"+33199000007": {id: did-33199000007, name: Neu, target: {queue: support}}' in done("export")


def test_what_cannot_be_read_is_said(home: Path) -> None:
    assert "none.csv:1:1: cannot be read: No such file" in done("import-csv", "dids", "none.csv", status=1)


def test_templates_follow_the_language(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert done("csv-template", "holidays").startswith("date,hours\n")
    monkeypatch.setenv("CORDBOARD_LANGUAGE", "fr")
    assert done("csv-template", "extensions").startswith("identifiant,nom,")
    assert done("csv-template", "dids").splitlines()[1].startswith("'+33199000001,")
