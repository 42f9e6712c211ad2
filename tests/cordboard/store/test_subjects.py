"""Flows by version, agents who want to be logged in, blocked callers, switches and their generations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from cordboard.store import Session, Store
from cordboard.store.agents import (
    find_login,
    find_login_on,
    forget_login,
    keep_login,
    list_logins,
)
from cordboard.store.audit import last_audit
from cordboard.store.blocks import find_block
from cordboard.store.company import save_company
from cordboard.store.errors import Conflict
from cordboard.store.flow_drafts import drop_draft, find_draft, keep_draft
from cordboard.store.flow_menus import with_menus_of
from cordboard.store.flows import (
    KEPT_VERSIONS,
    MAIN,
    current_flow,
    find_flow,
    flow_versions,
    list_flows,
    newest_flow,
    promote_flow,
    publish_flow,
    withdraw_flow,
)
from cordboard.store.journal import record_calls
from cordboard.store.numbers import international, is_country, is_e164, is_emergency
from cordboard.store.records import AgentLogin, CallRecord, FlowDraft, FlowVersion, Generation, GenerationState
from cordboard.store.switches import (
    add_generation,
    ensure_switch,
    find_generation,
    find_switch,
    list_generations,
    mark_generation,
    next_generation,
)
from cordboard.store.tables import Flow, table_of
from cordboard.store.values import Blocked
from kit import acme

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
async def session(store: Store) -> AsyncIterator[Session]:
    """A transaction in which Acme is there."""
    async with store.transaction() as opened:
        await save_company(opened, acme.company(), "test")
        yield opened


# ----- flows


async def test_publishing_adds_a_version_unless_nothing_differs(session: Session) -> None:
    assert await current_flow(session, "acme") is None
    assert await flow_versions(session) == {}
    first = await publish_flow(session, "acme", {"nodes": {"a": 1}}, "ada")
    same = await publish_flow(session, "acme", {"nodes": {"a": 1}}, "bob")
    second = await publish_flow(session, "acme", {"nodes": {"a": 2.5}}, "bob")
    assert (first.version, same, second.version) == (1, first, 2)
    assert await current_flow(session, "acme") == second
    assert await flow_versions(session) == {"acme": 2}
    assert await find_flow(session, "acme", 1) == first
    assert await find_flow(session, "acme", 3) is None
    assert await current_flow(session, "other") is None
    published = [
        (line.actor, line.detail) for line in await last_audit(session, "acme") if line.action == "flow.publish"
    ]
    assert published == [("bob", "version 2"), ("ada", "version 1")]


async def _documents(session: Session, *numbers: int, **options: Any) -> None:
    for number in numbers:
        await publish_flow(session, "acme", {"nodes": {"a": number}}, "ada", **options)


async def _newest(session: Session) -> FlowVersion:
    newest = await newest_flow(session, "acme")
    assert newest is not None
    return newest


async def test_a_version_that_waits_or_is_on_trial_is_not_the_current_one(session: Session) -> None:
    await _documents(session, 1)
    for options in ({"starts": datetime.now(UTC) + timedelta(hours=1)}, {"share": 10}, {"did": "main"}):
        await _documents(session, 2, **options)
        newest = await _newest(session)
        assert not newest.is_settled(datetime.now(UTC))
        assert await flow_versions(session) == {"acme": 1}
        current = await current_flow(session, "acme")
        assert current is not None
        assert current.version == 1
        await withdraw_flow(session, newest, "ada")
        assert (await _newest(session)).version == 1
    soon = await current_flow(session, "acme", at=datetime.now(UTC) + timedelta(hours=2))
    assert soon == current
    assert [version.version for version in await list_flows(session, "acme")] == [4, 3, 2, 1]


async def test_a_version_whose_moment_came_is_the_current_one(session: Session) -> None:
    await _documents(session, 1)
    starts = datetime.now(UTC) + timedelta(hours=1)
    await _documents(session, 2, starts=starts)
    before, after = [
        await current_flow(session, "acme", at=moment) for moment in (starts - timedelta(seconds=1), starts)
    ]
    assert before is not None
    assert after is not None
    assert (before.version, after.version) == (1, 2)
    await promote_flow(session, after, "bob")
    assert await flow_versions(session) == {"acme": 2}


async def test_what_waits_makes_room_for_what_is_published_at_once(session: Session) -> None:
    await _documents(session, 1)
    await _documents(session, 2, share=50)
    await _documents(session, 1)
    assert (await _newest(session)).version == 1
    assert [bool(version.withdrawn_at) for version in await list_flows(session, "acme")] == [True, False]
    await _documents(session, 3)
    assert (await _newest(session)).version == 3, "a number is given once"


async def test_a_version_knows_the_menus_that_it_was_made_of(session: Session) -> None:
    await _documents(session, 1)
    present = acme.company()
    renamed = replace(
        present,
        name="Acme & Cie",
        menus={name: replace(menu, name="Other", first_digit=9.0) for name, menu in present.menus.items()},
    )
    await save_company(session, renamed, "bob")
    await _documents(session, 2)
    first = await find_flow(session, "acme", 1)
    assert first is not None
    found = await with_menus_of(session, renamed, first)
    assert found == replace(renamed, menus=present.menus)
    assert await with_menus_of(session, renamed, replace(first, revision=None)) == renamed


async def test_versions_go_in_the_end_but_none_that_a_call_may_be_on(session: Session) -> None:
    flow = table_of(Flow)
    await _documents(session, *range(1, KEPT_VERSIONS + 20))
    kept = [version.version for version in await list_flows(session, "acme")]
    assert len(kept) == KEPT_VERSIONS + 19, "all of them were met today"
    now = datetime.now(UTC)
    for version, days in ((10, 15), (9, 20), (8, 25), (7, 30)):
        columns = {"published_at": now - timedelta(days=days)}
        await session.execute(update(flow).where(flow.c.version <= version).values(columns))
    call = CallRecord(
        node="pbx1", uniqueid="1.1", company="acme", did="main", caller_number="", caller_name="",
        entered=now - timedelta(days=18),
    )  # fmt: skip
    await record_calls(session, [call])
    await _documents(session, 1000)
    assert min(version.version for version in await list_flows(session, "acme")) == 9, "9 was met 18 days ago"
    await record_calls(session, [replace(call, outcome="handled", ended=now)])
    await _documents(session, 1001)
    assert min(version.version for version in await list_flows(session, "acme")) == 10


async def test_a_draft_is_one_and_is_replaced(session: Session) -> None:
    assert await find_draft(session, "acme") is None
    draft = FlowDraft(company="acme", name=MAIN, text="{}", by="ada", base=1, made_at=NOW)
    for each in (draft, replace(draft, text="{1: 2}", checked_at=NOW)):
        await keep_draft(session, each)
        assert await find_draft(session, "acme") == each
    await drop_draft(session, "acme")
    assert await find_draft(session, "acme") is None


# ----- agents


async def test_a_login_is_kept_paused_and_forgotten(session: Session) -> None:
    login = AgentLogin(company="acme", person="amel", node="pbx1", endpoint="lobby", since=NOW)
    await keep_login(session, login)
    assert await find_login(session, "acme", "amel") == login
    assert await find_login_on(session, "acme", "lobby") == login
    assert await find_login_on(session, "acme", "amel") is None
    later = NOW + timedelta(minutes=1)
    paused = replace(login, is_paused=True, pause_reason="lunch", paused_since=later, paused_by="ada")
    wrapping = replace(
        login, wrap_up_queue="billing", wrap_up_since=NOW, wrap_up_until=later, next_reason="lunch", next_by="ada",
        serving="billing", serving_since=NOW, free_since=NOW, missed=2,
    )  # fmt: skip
    for each in (paused, wrapping, login):
        await keep_login(session, each)
        assert await list_logins(session, "acme") == (each,)
    moved = replace(login, endpoint="amel", since=later)
    await keep_login(session, moved)
    assert await list_logins(session, "other") == ()
    assert await find_login(session, "acme", "amel") == moved
    assert await forget_login(session, "acme", "amel")
    assert not await forget_login(session, "acme", "amel")
    assert await find_login(session, "acme", "amel") is None


async def test_only_people_of_the_company_log_in(store: Store) -> None:
    with pytest.raises(Conflict):
        async with store.transaction() as session:
            await keep_login(session, AgentLogin(company="acme", person="nobody", node="pbx1", endpoint="x", since=NOW))


# ----- blocked callers


async def test_a_blocked_caller_is_found_however_the_network_writes_the_number(session: Session) -> None:
    one = Blocked(number="+33612345678", reason="spam")
    few = Blocked(number="+338991", is_prefix=True, message="busy")
    many = Blocked(number="+33899", is_prefix=True)
    await save_company(session, acme.company(blocked=(one, few, many)), "test")
    for written in ("+33612345678", "0033612345678", "0612345678", "06 12 34 56 78"):
        assert await find_block(session, "acme", written) == one
    assert await find_block(session, "acme", "0899123456") == few
    assert await find_block(session, "acme", "0899223456") == many
    for other in ("+33612345679", "+3361234567", "anonymous", "", "+44899123456", "%", "*", "_"):
        assert await find_block(session, "acme", other) is None
    assert await find_block(session, "other", "0612345678") is None


def test_numbers() -> None:
    assert international("0123456789", "FR") == "+33123456789"
    assert international("+33123456789", "GB") == "+33123456789"
    assert international("anonymous", "FR") == "anonymous"
    assert international("15", "FR") == "15"
    assert [is_e164(number) for number in ("+33123456789", "33123456789", "+331", "x", "+33 1 23 45 67 89", "")] == [
        True,
        *[False] * 5,
    ]
    assert (is_country("FR"), is_country("fr"), is_country("XX")) == (True, False, False)
    assert (is_emergency("112", "FR"), is_emergency("911", "US"), is_emergency("201", "FR")) == (True, True, False)
    assert not is_emergency("*112", "FR")


# ----- switches


async def test_the_secrets_of_a_switch_are_made_once_and_shown_nowhere(session: Session) -> None:
    made = await ensure_switch(session, "pbx1")
    assert await ensure_switch(session, "pbx1") == made == await find_switch(session, "pbx1")
    secrets = {made.run_secret.get_secret_value(), made.deploy_secret.get_secret_value()}
    assert len(secrets) == 2
    assert all(len(secret) >= 24 and secret.isalnum() for secret in secrets)
    assert not any(secret in repr(made) for secret in secrets)
    other = await ensure_switch(session, "pbx0")
    assert secrets.isdisjoint({other.run_secret.get_secret_value(), other.deploy_secret.get_secret_value()})
    assert await find_switch(session, "pbx9") is None


async def test_one_generation_is_confirmed_and_replaces_the_one_before(session: Session) -> None:
    assert await next_generation(session, "pbx1") == 1
    for number in (1, 2, 3):
        await add_generation(
            session,
            Generation(
                node="pbx1",
                number=number,
                state=GenerationState.WRITTEN,
                revisions={"acme": number},
                manifest={"contexts": {"a": [1, 2]}},
                created=NOW,
                by="ada",
                changed=NOW,
            ),
        )
    assert await next_generation(session, "pbx1") == 4
    assert await next_generation(session, "pbx2") == 1
    for number in (1, 2):
        await mark_generation(session, "pbx1", number, GenerationState.APPLIED, NOW)
        await mark_generation(session, "pbx1", number, GenerationState.CONFIRMED, NOW + timedelta(minutes=number))
    await mark_generation(session, "pbx1", 3, GenerationState.FAILED, NOW)
    states = [(generation.number, generation.state) for generation in await list_generations(session, "pbx1")]
    assert states == [(3, "failed"), (2, "confirmed"), (1, "replaced")]
    current = await find_generation(session, "pbx1", 2)
    assert current is not None
    assert (current.number, current.revisions, current.changed) == (2, {"acme": 2}, NOW + timedelta(minutes=2))
    assert await find_generation(session, "pbx1", 9) is None
    assert [generation.number for generation in await list_generations(session, "pbx1", limit=1)] == [3]
    assert [generation.number for generation in await list_generations(session, "pbx1", None, since=2)] == [3, 2]


async def test_a_generation_number_is_given_once(store: Store) -> None:
    one = Generation(
        node="pbx1",
        number=1,
        state=GenerationState.WRITTEN,
        revisions={},
        manifest={},
        created=NOW,
        by="ada",
        changed=NOW,
    )
    async with store.transaction() as session:
        await add_generation(session, one)
    with pytest.raises(Conflict):
        async with store.transaction() as session:
            await add_generation(session, one)
