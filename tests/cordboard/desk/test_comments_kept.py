"""Comments of a company file through the database: imported, drafted and published, taken back, exported."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cordboard.cli.changes import dry_lines, exit_status, imported_json, imported_lines
from cordboard.desk.companies import Companies, Imported
from cordboard.desk.flows import Flows
from cordboard.desk.wanted import authors_since
from cordboard.documents import Reading, read_company
from cordboard.flows.publishing import trial
from cordboard.store.audit import last_audit
from cordboard.store.engine import Store
from cordboard.store.flows import current_flow
from kit.switch import REPOSITORY

DEMO = (REPOSITORY / "demo/company.yaml").read_text(encoding="utf-8")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOVEMBER = DEMO.replace("\nmenus:", "\n# As agreed in November\nmenus:").replace("\npeople:", "\npeople: # of Acme")
DECEMBER = DEMO.replace("\nmenus:", "\n# As agreed in December\nmenus:").replace("\npeople:", "\npeople: # of nobody")


def read(text: str) -> Reading:
    return read_company(text, today=NOON.date())


@pytest.fixture
def companies(store: Store) -> Companies:
    return Companies(store, clock=lambda: NOON)


@pytest.fixture
def flows(store: Store) -> Flows:
    def today() -> date:
        return NOON.date()

    return Flows(store, trial(None, today), clock=lambda: NOON)


async def imported(companies: Companies, text: str, *, is_dry: bool = False) -> Imported:
    return await companies.store_reading(read(text), "ada", is_dry=is_dry)


async def test_they_come_back_and_the_export_changes_nothing(companies: Companies) -> None:
    await imported(companies, NOVEMBER)
    written = await companies.export("acme")
    assert "# As agreed in November\nmenus:\n" in written
    assert "\npeople:  # of Acme\n  # For a French billing call" in written
    again = await imported(companies, written)
    assert again.revision is not None
    assert not again.revision.has_changed
    assert await companies.export("acme") == written


async def test_comments_alone_are_a_revision_that_needs_no_apply(companies: Companies, store: Store) -> None:
    await imported(companies, DEMO)
    dry = await imported(companies, NOVEMBER, is_dry=True)
    assert exit_status(dry) == 2
    assert list(dry_lines(dry, "en"))[1:] == [
        "Comments changed: menus, people. Nothing else: nothing to apply.",
        "Nothing was stored.",
    ]
    found = await imported(companies, NOVEMBER)
    assert found.revision is not None
    assert (found.revision.number, found.revision.comments) == (2, ("menus", "people"))
    assert found.difference.changes == ()
    assert list(imported_lines(found, "en")) == [
        "acme: revision 2. Comments changed: menus, people. Nothing else: nothing to apply."
    ]
    (french,) = imported_lines(found, "fr")
    assert french.endswith("Commentaires modifiés : menus, people. Rien d’autre : rien à appliquer.")
    assert imported_json(found, "en")["revision"]["comments"] == ("menus", "people")
    async with store.reading() as session:
        flow = await current_flow(session, "acme")
        newest, *_ = await last_audit(session, "acme")
        assert await authors_since(session, {"acme": 2}, {"acme": 1}) == {}
    assert flow is not None
    assert (flow.version, flow.revision) == (1, 2)
    assert newest.detail == "revision 2: 0 added, 0 changed, 0 removed, comments at 2 places"


async def test_they_are_told_beside_what_else_changed(companies: Companies) -> None:
    await imported(companies, DEMO)
    text = f"# A head\n{DEMO}".replace("max_wait: 180", "max_wait: 150")
    lines = list(imported_lines(await imported(companies, text), "en"))
    assert lines[:2] == [
        "acme: revision 2, 0 added, 1 changed, 0 removed. Next: cordboard plan",
        "Comments changed: the file.",
    ]
    french = imported_lines(await imported(companies, text.partition("\n")[2].replace("ring: 12", "ring: 13")), "fr")
    assert "Commentaires modifiés : le fichier." in list(french)


async def test_each_revision_has_its_own(companies: Companies, tmp_path: Path) -> None:
    await imported(companies, NOVEMBER)
    first = await companies.export("acme")
    await imported(companies, DECEMBER)
    assert "November" not in await companies.export("acme")
    assert await companies.export("acme", revision=1) == first
    for name, text in (await companies.export_folder("acme", revision=1)).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    await companies.import_files([tmp_path], "ada")
    assert await companies.export("acme") == first


async def test_a_published_draft_brings_those_of_its_menus(companies: Companies, flows: Flows) -> None:
    await imported(companies, NOVEMBER)
    tests = '# Made by Ada\ntests: {all: {to: "+33199000001", at: "2026-11-24 10:00"}}\n'
    drafted = await flows.draft(read(DECEMBER + tests), "ada")
    assert "comments" in drafted.others
    assert "# As agreed in December\nmenus:" in drafted.draft.text
    assert "# Made by Ada\ntests:" in drafted.draft.text
    assert "December" not in await companies.export("acme")
    assert (await flows.publish("acme", "ada")).version is not None
    written = await companies.export("acme")
    assert "# As agreed in December\nmenus:" in written
    assert "people:  # of Acme" in written


async def test_what_is_noted_at_a_part_that_is_not_taken_stays_with_its_number(
    companies: Companies, flows: Flows
) -> None:
    await imported(companies, DEMO)
    archive = '"+33199000003": {id: archive, name: Ancien numéro, hours: never,'
    noted = f"{archive} # closed\n    site: paris, # until May\n   "
    await flows.draft(read(DEMO.replace(archive, noted)), "ada")
    assert (await flows.publish("acme", "ada")).version is not None
    written = await companies.export("acme")
    assert "    # until May\n" in written
    again = await imported(companies, written)
    assert again.revision is not None
    assert not again.revision.has_changed


async def test_menus_that_are_written_alone_bring_theirs(companies: Companies, flows: Flows) -> None:
    await imported(companies, NOVEMBER)
    written = await flows.text("acme")
    assert "# As agreed in November\nmenus:" in written.text
    noted = f"# Tried by phone\n{written.text}".replace("November", "December").replace("\ndids:", "\ndids: # all")
    drafted = await flows.draft_text("acme", noted, await flows.read("acme", noted), written.basis, "ada")
    assert drafted.others == ()
    assert (await flows.publish("acme", "ada")).version is not None
    assert (await flows.text("acme")).text == noted
    whole = await companies.export("acme")
    for kept in ("# Tried by phone\nhours:", "# As agreed in December\nmenus:", "dids:  # all", "people:  # of Acme"):
        assert kept in whole
    assert whole.count("The company of `make demo`") == 1


async def test_the_menus_of_a_version_come_back_with_theirs(companies: Companies, flows: Flows) -> None:
    await imported(companies, NOVEMBER)
    key = '"4": {message: opening-hours}'
    assert key in DECEMBER
    await flows.draft(read(DECEMBER.replace(key, '"4": {queue: support}')), "ada")
    assert (await flows.publish("acme", "ada")).version is not None
    assert "As agreed in December" in await companies.export("acme")
    again = await flows.draft_again("acme", 1, "ada")
    assert "# As agreed in November\nmenus:" in again.draft.text
    await flows.unpublish("acme", "ada")
    assert "As agreed in November" in await companies.export("acme")
