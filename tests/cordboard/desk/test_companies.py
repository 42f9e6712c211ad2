"""A company file is taken in whole or not at all, and comes back as it was."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from agi.flow.document import Flow
from cordboard.cli.changes import dry_lines, exit_status, imported_json, imported_lines
from cordboard.desk import lists
from cordboard.desk.companies import Companies, Imported
from cordboard.desk.drafts import Moved
from cordboard.desk.errors import ChangedMeanwhile, DatabaseAway, NoSuchCompany, NoSuchRevision
from cordboard.documents import read_company
from cordboard.documents.csv_kinds import LISTS
from cordboard.provisioning.changes import Action
from cordboard.provisioning.phrases import sentences
from cordboard.store.agents import keep_login, list_logins
from cordboard.store.audit import last_audit
from cordboard.store.company import list_companies, sip_secrets
from cordboard.store.engine import Store, open_store
from cordboard.store.flows import current_flow
from cordboard.store.records import AgentLogin
from cordboard.store.secrets import RETURNS_WITHIN
from cordboard.store.switches import ensure_switch, find_switch
from cordboard.store.tables import SipSecret, table_of

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ACME = """\
cordboard: 1
company: {id: acme, name: Acme Conseil, language: fr, country: FR, time_zone: Europe/Paris}
skills: {french: {name: Français}}
people:
  amel: {name: Amel Haddad, extension: "201", skills: {french: 5}}
queues:
  billing:
    name: Facturation
    skills: {french: 3}
    when_late: {message: busy}
    when_full: {message: busy}
    when_empty: {message: busy}
messages: {busy: {fr: [vm-goodbye]}}
prompts: {welcome: {fr: [welcome]}}
menus:
  accueil:
    name: Accueil
    prompt: welcome
    keys: {"1": {queue: billing}}
    no_input: {tries: 2, then: {queue: billing}}
    wrong_input: {tries: 3, then: {message: busy}}
dids: {"+33123456789": {id: main, name: Standard, target: {menu: accueil}}}
"""


@pytest.fixture
def companies(store: Store) -> Companies:
    return Companies(store, clock=lambda: NOW)


async def import_text(
    companies: Companies, content: str, *, actor: str = "admin", file: str = "company.yaml"
) -> Imported:
    """A company file that lies on no disk, imported; problems call it `file`."""
    return await companies.store_reading(read_company(content, file, NOW.date()), actor)


async def test_a_file_is_stored_with_its_flow_and_an_audit_line(
    store: Store, companies: Companies, tmp_path: Path
) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(ACME, encoding="utf-8")
    imported = await companies.import_files([path], "admin")
    assert imported.was_stored, imported.problems
    assert imported.revision is not None
    assert (imported.revision.number, imported.revision.has_changed) == (1, True)
    async with store.reading() as session:
        flow = await current_flow(session, "acme")
        audit = await last_audit(session)
    assert flow is not None
    assert flow.version == 1
    assert "accueil" in Flow.from_json(dict(flow.document)).nodes
    assert {(line.actor, line.action, line.object) for line in audit} == {
        ("admin", "company.save", "acme"),
        ("admin", "flow.publish", "main"),
    }


async def test_the_same_file_again_changes_nothing(companies: Companies, store: Store) -> None:
    await import_text(companies, ACME)
    again = await import_text(companies, ACME)
    assert again.revision is not None
    assert (again.revision.number, again.revision.has_changed) == (1, False)
    async with store.reading() as session:
        assert len(await last_audit(session)) == 2


async def test_a_new_menu_is_a_new_version(companies: Companies) -> None:
    await import_text(companies, ACME)
    changed = await import_text(companies, ACME.replace("tries: 2", "tries: 4"))
    assert changed.flow is not None
    assert changed.flow.version == 2
    assert changed.revision is not None
    assert changed.revision.number == 2


async def test_every_problem_is_told_and_nothing_is_stored(companies: Companies, store: Store) -> None:
    broken = ACME.replace("{queue: billing}}", "{queue: biling}}").replace('"201"', '"2x1"')
    imported = await import_text(companies, broken, file="acme.yaml")
    assert not imported.was_stored
    assert imported.revision is None
    places = [(problem.file, problem.line) for problem in imported.problems if not problem.is_warning]
    assert ("acme.yaml", 5) in places
    assert ("acme.yaml", 19) in places
    async with store.reading() as session:
        assert await list_companies(session) == ()
        assert await last_audit(session) == ()


async def test_a_number_of_another_company_is_a_problem_with_its_line(companies: Companies, store: Store) -> None:
    await import_text(companies, ACME)
    other = await import_text(companies, ACME.replace("id: acme", "id: other"), file="other.yaml")
    assert not other.was_stored
    (problem,) = [problem for problem in other.problems if not problem.is_warning]
    assert (problem.file, problem.line, problem.path) == ("other.yaml", 22, "dids.+33123456789")
    assert "acme" not in str(problem).lower().replace("acme.yaml", "")
    async with store.reading() as session:
        assert [entry.id for entry in await list_companies(session)] == ["acme"]
        assert await current_flow(session, "other") is None


async def test_what_is_given_back_is_what_was_taken_in(companies: Companies) -> None:
    await import_text(companies, ACME)
    text = await companies.export("acme")
    again = await import_text(companies, text)
    assert again.revision is not None
    assert not again.revision.has_changed
    assert await companies.export("acme") == text


async def test_a_company_that_is_not_there(companies: Companies) -> None:
    with pytest.raises(NoSuchCompany) as error:
        await companies.export("acme")
    assert error.value.company == "acme"


async def test_a_file_that_is_not_there_is_a_problem(companies: Companies, tmp_path: Path) -> None:
    imported = await companies.import_files([tmp_path / "none.yaml"], "admin")
    assert "cannot be read" in str(imported.problems[0])


async def test_a_database_that_is_away_is_said_as_such(tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path}/empty.db") as store:
        with pytest.raises(DatabaseAway):
            await import_text(Companies(store), ACME)


async def test_a_dry_run_leaves_no_trace(store: Store, companies: Companies, tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(ACME, encoding="utf-8")
    dry = await companies.import_files([path], "admin", is_dry=True)
    assert dry.is_accepted
    assert not dry.was_stored
    assert dry.difference.is_new
    async with store.reading() as session:
        assert await list_companies(session) == ()
        assert await last_audit(session) == ()
        assert await sip_secrets(session, "acme") == {}
    imported = await companies.import_files([path], "admin")
    assert (imported.revision, imported.company) == (dry.revision, dry.company)
    assert [change.thing for change in imported.difference.changes] == [
        change.thing for change in dry.difference.changes
    ]


async def test_a_dry_run_finds_what_the_import_would_find(companies: Companies, tmp_path: Path) -> None:
    await import_text(companies, ACME)
    path = tmp_path / "other.yaml"
    path.write_text(ACME.replace("id: acme", "id: other"), encoding="utf-8")
    dry = await companies.import_files([path], "admin", is_dry=True)
    assert not dry.is_accepted
    assert "DID of another company" in str(dry.problems[-1])


async def test_changes_are_those_that_somebody_made(companies: Companies) -> None:
    await import_text(companies, ACME)
    renamed = await import_text(companies, ACME.replace("Amel Haddad", "Amel H."))
    assert [change.thing for change in renamed.difference.at_once] == [("person", "acme-amel")]
    assert [change.thing for change in renamed.difference.with_apply] == [("phone", "acme-amel")]
    content = ACME.replace("Amel Haddad", "Amel H.").replace('"1": {queue: billing}', '"1": {message: busy}')
    moved = await import_text(companies, content)
    assert [change.thing for change in moved.difference.at_once] == [("menu", "acme-accueil")]
    assert moved.difference.with_apply == ()


async def test_changed_reasons_of_pauses_are_told(companies: Companies) -> None:
    await import_text(companies, ACME)
    ours = "pauses:\n  tea: {fr: Thé}\n  paperwork: {fr: Dossiers, kind: withdrawn}\n"
    added = await import_text(companies, ACME + ours)
    assert [sentences(change) for change in added.difference.at_once] == [
        ("pause reason paperwork is new: names Dossiers (fr); kind withdrawal",),
        ("pause reason tea is new: names Thé (fr); kind pause",),
    ]
    assert added.difference.with_apply == ()
    renamed = await import_text(companies, ACME + ours.replace("fr: Thé", "fr: Thé, en: Tea"))
    (change,) = renamed.difference.changes
    assert sentences(change) == ("pause reason tea: names Thé (fr) -> Tea (en), Thé (fr)",)
    assert sentences(change, "fr") == ("motif de pause tea : noms Thé (fr) -> Tea (en), Thé (fr)",)
    gone = await import_text(companies, ACME)
    assert [change.action for change in gone.difference.changes] == [Action.REMOVE, Action.REMOVE]


async def test_somebody_new_is_there_when_the_phone_is(companies: Companies) -> None:
    await import_text(companies, ACME)
    people = '  zoe: {name: Zoé, extension: "301"}\n  yan: {name: Yan, skills: {french: 1}}\nqueues:'
    more = await import_text(companies, ACME.replace("queues:", people))
    assert [change.thing for change in more.difference.at_once] == [("person", "acme-yan")]
    assert [change.thing for change in more.difference.with_apply] == [("person", "acme-zoe")]


async def test_an_export_with_secrets_holds_them_all(store: Store, tmp_path: Path) -> None:
    companies = Companies(store, node="pbx1", clock=lambda: NOW)
    await import_text(companies, ACME)
    async with store.transaction() as session:
        switch = await ensure_switch(session, "pbx1")
    text = await companies.export("acme", with_secrets=True)
    secrets = read_company(text).secrets
    assert secrets is not None
    async with store.reading() as session:
        assert secrets.company.sip == await sip_secrets(session, "acme")
    assert secrets.managers["pbx1"].run == switch.run_secret
    assert secrets.version == 1
    again = await import_text(companies, text)
    assert again.revision is not None
    assert not again.revision.has_changed


async def test_passwords_of_managers_are_for_their_own_switch(store: Store) -> None:
    companies = Companies(store, node="pbx2", clock=lambda: NOW)
    secret = "a-password-of-a-manager"
    given = f"secrets: {{managers: {{pbx1: {{run: {secret}, deploy: {secret}}}}}}}\n"
    await import_text(companies, ACME + given)
    async with store.reading() as session:
        assert await find_switch(session, "pbx1") is None
    await import_text(companies, ACME + given.replace("pbx1", "pbx2"))
    async with store.reading() as session:
        known = await find_switch(session, "pbx2")
    assert known is not None
    assert known.run_secret.get_secret_value() == secret


async def test_an_earlier_revision_is_exported_or_said_not_to_be_there(companies: Companies) -> None:
    await import_text(companies, ACME)
    first = await companies.export("acme")
    await import_text(companies, ACME.replace("Amel Haddad", "Amel H."))
    assert await companies.export("acme", revision=1) == first
    with pytest.raises(NoSuchRevision) as error:
        await companies.export("acme", revision=7)
    assert (error.value.company, error.value.revision) == ("acme", 7)


async def test_a_list_does_not_undo_what_somebody_else_did_meanwhile(
    store: Store, companies: Companies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await import_text(companies, ACME)
    path = tmp_path / "list.csv"
    path.write_text("id,name\nzoe,Zoé\n", encoding="utf-8")
    read = lists._read

    def read_late(*arguments: object) -> object:
        asyncio.run_coroutine_threadsafe(
            import_text(companies, ACME.replace("Amel Haddad", "Amel H."), actor="somebody"), loop
        ).result()
        return read(*arguments)  # type: ignore[arg-type]

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(lists, "_read", read_late)
    with pytest.raises(ChangedMeanwhile):
        await lists.Lists(store, clock=lambda: NOW).import_list(LISTS["extensions"], path, "acme", "admin")
    assert "zoe" not in await companies.export("acme")


# --- the wrong file --------------------------------------------------------------------------------------------------

PEOPLE = "".join(
    f'  {who}: {{name: {who.title()}, extension: "{number}", skills: {{french: 4}}}}\n'
    for number, who in enumerate(("bruno", "chloe", "dana", "emil"), start=202)
)
FULL = ACME.replace("queues:", f"{PEOPLE}queues:")


@pytest.fixture
async def bruno(store: Store, companies: Companies) -> None:
    await import_text(companies, FULL)
    async with store.transaction() as session:
        await keep_login(session, AgentLogin(company="acme", person="bruno", node="pbx1", endpoint="bruno", since=NOW))


@pytest.mark.usefixtures("bruno")
async def test_a_file_that_lacks_more_than_half_is_refused_whole(
    store: Store, companies: Companies, tmp_path: Path
) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(ACME, encoding="utf-8")
    for is_dry in (True, False):
        refused = await companies.import_files([path], "admin", is_dry=is_dry)
        (problem,) = [each for each in refused.problems if not each.is_warning]
        assert problem.what == "this removes from acme as it is stored: 4 of 5 phones, 4 of 5 persons"
        assert "--allow-shrink" in problem.cure
        assert exit_status(refused) == 1
        assert imported_json(refused, "en")["is_dry_run"] is is_dry
    async with store.reading() as session:
        assert [login.person for login in await list_logins(session)] == ["bruno"]
    meant = await companies.import_files([path], "admin", is_dry=True, allow_shrink=True)
    assert exit_status(meant) == 2
    assert "  ! bruno is logged in and is logged out" in list(dry_lines(meant, "en"))
    meant = await companies.import_files([path], "admin", allow_shrink=True)
    assert meant.was_stored
    assert meant.difference.agents == (Moved("bruno", is_logged_out=True),)


@pytest.mark.usefixtures("bruno")
async def test_who_loses_the_phone_they_are_logged_in_on_is_told(companies: Companies) -> None:
    without = await import_text(companies, FULL.replace(PEOPLE.splitlines(keepends=True)[0], ""))
    lines = list(imported_lines(without, "en"))
    assert lines[lines.index("In force now:") + 1] == "  ! bruno is logged in and is logged out"
    again = await import_text(companies, FULL)
    assert again.difference.agents == ()
    assert again.difference.new_passwords == 0, "the right file mends the wrong one"


@pytest.mark.usefixtures("bruno")
async def test_who_is_logged_in_and_leaves_or_joins_a_queue_is_told(companies: Companies) -> None:
    weak = FULL.replace('name: Bruno, extension: "202", skills: {french: 4}', 'name: Bruno, extension: "202"')
    assert weak != FULL
    left = await import_text(companies, weak)
    assert left.difference.agents == (Moved("bruno", leaves=("billing",)),)
    assert "  ! bruno est en service et quitte billing" in list(imported_lines(left, "fr"))
    joined = await import_text(companies, FULL)
    assert "  ! bruno is logged in and joins billing" in list(imported_lines(joined, "en"))


async def test_phones_that_get_new_passwords_are_counted(store: Store, companies: Companies) -> None:
    await import_text(companies, FULL)
    without = FULL.replace("".join(PEOPLE.splitlines(keepends=True)[:2]), "")
    await import_text(companies, without)
    async with store.transaction() as session:
        table = table_of(SipSecret)
        gone = update(table).where(table.c.retired.is_not(None))
        await session.execute(gone.values(retired=datetime.now(UTC) - 2 * RETURNS_WITHIN))
    again = await import_text(companies, FULL)
    assert again.difference.new_passwords == 2
    assert "  ! 2 phones get new passwords with the next apply" in list(imported_lines(again, "en"))
    given = "secrets: {sip: {amel: a-password-that-is-given}}\n"
    assert (await import_text(companies, FULL + given)).difference.new_passwords == 1


async def test_new_ids_for_everything_are_no_loss(companies: Companies) -> None:
    await import_text(companies, FULL)
    renamed = FULL
    for who in ("bruno", "chloe", "dana", "emil"):
        renamed = renamed.replace(f"  {who}:", f"  {who}2:")
    assert (await import_text(companies, renamed)).was_stored
