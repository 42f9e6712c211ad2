"""The migrations in the package make the tables that the code works with, from any state, whoever runs them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from cordboard.documents import read_company_file
from cordboard.store import Store, migrate, open_store, schema
from cordboard.store.agents import keep_login, list_logins
from cordboard.store.company import load_company, save_company, sip_secrets
from cordboard.store.errors import SchemaMismatch
from cordboard.store.flow_menus import with_menus_of
from cordboard.store.flows import current_flow, find_flow, list_flows, publish_flow
from cordboard.store.records import AgentLogin
from cordboard.store.revisions import list_revisions, load_revision
from cordboard.store.switches import ensure_switch
from cordboard.store.tables import Row
from cordboard.store.values import Dialling, Outgoing

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DEMO = replace(read_company_file(Path(__file__).parents[3] / "demo" / "company.yaml").accepted(), comments={})
"""Without comments, of which earlier versions kept none."""


async def on(store: Store, work: Any) -> Any:
    """Run `work(connection)` in a transaction of its own."""
    async with store.transaction() as session:
        return await (await session.connection()).run_sync(work)


async def test_the_migrations_make_the_tables_of_the_code(store: Store) -> None:
    def differences(connection: Connection) -> Any:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return compare_metadata(context, Row.metadata)

    assert await on(store, differences) == []
    tables = await on(store, lambda connection: set(inspect(connection).get_table_names()))
    assert tables == {*Row.metadata.tables, "alembic_version"}


async def test_the_migrations_that_are_named_are_those_of_the_folder(store: Store) -> None:
    def in_the_folder(connection: Connection) -> tuple[str, ...]:
        scripts = ScriptDirectory.from_config(migrate._config(connection))
        assert len(scripts.get_heads()) == 1
        return tuple(script.revision for script in reversed(list(scripts.walk_revisions())))

    assert await on(store, in_the_folder) == schema.MIGRATIONS


async def test_down_and_up_again(store: Store) -> None:
    def down_and_up(connection: Connection) -> Any:
        config = migrate._config(connection)
        command.downgrade(config, "base")
        left = set(inspect(connection).get_table_names())
        command.upgrade(config, "head")
        return left

    assert await on(store, down_and_up) == {"alembic_version"}
    await store.check_schema()


async def test_a_company_of_the_first_version_has_its_present_state_as_its_first_revision(store: Store) -> None:
    async with store.transaction() as session:
        await save_company(session, DEMO, "ada")
        await save_company(session, replace(DEMO, name="Acme & Cie"), "bob", reason="a new name")
        await save_company(session, replace(DEMO, id="other", dids={}, phones={}), "ada")
        secrets = await sip_secrets(session, "acme")
        (*_, saved) = await list_revisions(session, "acme")
        (first,) = await list_revisions(session, "other")

    def as_it_was(connection: Connection) -> None:
        command.downgrade(migrate._config(connection), "r0001")

    await on(store, as_it_was)
    with pytest.raises(SchemaMismatch):
        await store.check_schema()
    await store.migrate()
    async with store.transaction() as session:
        (kept,) = await list_revisions(session, "acme")
        assert (kept.number, kept.by, kept.at, kept.reason) == (2, "upgrade", saved.at, "")
        assert await load_revision(session, "acme", 2) == replace(DEMO, name="Acme & Cie")
        assert await load_revision(session, "acme", 2) == await load_company(session, "acme")
        (other,) = await list_revisions(session, "other")
        assert other == replace(first, by="upgrade")
        assert await load_revision(session, "other", 1) == replace(DEMO, id="other", dids={}, phones={})
        assert await sip_secrets(session, "acme") == secrets
        assert not (await save_company(session, replace(DEMO, name="Acme & Cie"), "ada")).has_changed
        assert (await save_company(session, DEMO, "ada")).number == 3


async def test_who_was_paused_before_agents_had_wrap_ups_stays_so(store: Store) -> None:
    lunch = AgentLogin(
        company="acme", person="amel", node="pbx1", endpoint="amel", since=NOON, is_paused=True, pause_reason="lunch",
        paused_since=NOON + timedelta(minutes=5),
    )  # fmt: skip
    async with store.transaction() as session:
        await save_company(session, DEMO, "ada")
        await ensure_switch(session, "pbx1")
        await keep_login(session, lunch)
        (*_, saved) = await list_revisions(session, "acme")

    await on(store, lambda connection: command.downgrade(migrate._config(connection), "r0002"))
    assert not await on(store, lambda connection: inspect(connection).has_table("pause_reason"))
    await store.migrate()
    async with store.transaction() as session:
        assert await list_logins(session) == (lunch,)
        company = await load_company(session, "acme")
        assert (company.pauses, {queue.missed_before_pause for queue in company.queues.values()}) == ({}, {1})
        assert await load_revision(session, "acme", saved.number) == replace(DEMO, pauses={})


async def test_menus_published_before_there_were_drafts_stay_those_that_calls_meet(store: Store) -> None:
    renamed = replace(DEMO, menus={name: replace(menu, name="Other") for name, menu in DEMO.menus.items()})
    async with store.transaction() as session:
        for company, document in ((DEMO, {"a": 1}), (renamed, {"a": 2})):
            await save_company(session, company, "ada")
            await publish_flow(session, "acme", document, "ada")
        await publish_flow(session, "acme", {"a": 3}, "bob", share=10)
        before = await list_flows(session, "acme")
    await on(store, lambda connection: command.downgrade(migrate._config(connection), "r0007"))
    assert not await on(store, lambda connection: inspect(connection).has_table("flow_draft"))
    await store.migrate()
    async with store.transaction() as session:
        assert await list_flows(session, "acme") == before[1:], "an older version knows no trial"
        current, first = await current_flow(session, "acme"), await find_flow(session, "acme", 1)
        assert current is not None
        assert first is not None
        assert (current.version, current.revision, first.revision) == (2, 2, 1)
        assert await with_menus_of(session, renamed, first) == DEMO
        assert (await publish_flow(session, "acme", {"a": 4}, "bob")).version == 3


async def test_nobody_of_before_may_dial_out(store: Store) -> None:
    permitted = replace(
        DEMO,
        outgoing={"world": Outgoing(id="world", name="World", world=True, never=("+1",))},
        dialling=Dialling(prefix="0", trunks=("carrier",)),
        sites={**DEMO.sites, "paris": replace(DEMO.sites["paris"], outgoing="world")},
        people={**DEMO.people, "amel": replace(DEMO.people["amel"], outgoing="world")},
        phones={**DEMO.phones, "lobby": replace(DEMO.phones["lobby"], outgoing="none")},
        trunks={**DEMO.trunks, "carrier": replace(DEMO.trunks["carrier"], shows="+33199000001")},
    )
    before = replace(
        DEMO,
        outgoing={},
        dialling=None,
        sites={key: replace(each, outgoing=None) for key, each in DEMO.sites.items()},
        people={key: replace(each, outgoing=None) for key, each in DEMO.people.items()},
        phones={key: replace(each, outgoing=None) for key, each in DEMO.phones.items()},
        trunks={key: replace(each, shows=None) for key, each in DEMO.trunks.items()},
    )
    async with store.transaction() as session:
        await save_company(session, permitted, "ada")
        assert await load_company(session, "acme") == permitted
        assert await load_revision(session, "acme", 1) == permitted
    await on(store, lambda connection: command.downgrade(migrate._config(connection), "r0008"))
    await store.migrate()
    async with store.transaction() as session:
        assert await load_company(session, "acme") == before
        assert (await save_company(session, permitted, "ada")).has_changed
        assert await load_company(session, "acme") == permitted


async def test_migrating_twice_or_at_once_is_migrating_once(database_url: str) -> None:
    async with open_store(database_url) as one, open_store(database_url) as two, open_store(database_url) as three:
        await asyncio.gather(one.migrate(), two.migrate(), three.migrate())
        await one.migrate()
        await two.check_schema()


async def test_a_database_without_schema_is_not_worked_with(database_url: str) -> None:
    async with open_store(database_url) as store:
        with pytest.raises(SchemaMismatch, match="older version"):
            await store.check_schema()


async def test_a_database_of_a_newer_version_is_left_alone(store: Store) -> None:
    await on(store, lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = 'r9999'")))
    for refused in (store.migrate, store.check_schema):
        with pytest.raises(SchemaMismatch, match=r"newer version \(migration r9999\)"):
            await refused()


def test_every_migration_lies_in_the_package() -> None:
    folder = files("cordboard.store") / "migrations"
    assert (folder / "env.py").is_file()
    assert (folder / "script.py.mako").is_file()
    names = sorted(each.name for each in (folder / "versions").iterdir() if each.name.startswith("r0"))
    assert [name.partition("_")[0] for name in names] == list(schema.MIGRATIONS)


def test_every_table_that_a_company_fills_carries_the_company() -> None:
    """History and access may belong to nobody's company; nothing else does."""
    apart = {"company", "session", "switch", "generation", "call_fact", "tenure"}
    for name, table in Row.metadata.tables.items():
        assert name in apart or "company" in table.columns, name


def test_no_name_is_left_to_the_database() -> None:
    for table in Row.metadata.tables.values():
        names = [constraint.name for constraint in table.constraints] + [index.name for index in table.indexes]
        assert all(names), (table.name, names)
