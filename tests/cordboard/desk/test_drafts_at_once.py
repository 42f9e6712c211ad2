"""Several who draft and publish the menus of a company at the same moment, on each database: nobody's work is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest

from cordboard.desk.companies import Companies
from cordboard.desk.errors import ChangedMeanwhile
from cordboard.desk.flows import Drafted, Flows
from cordboard.desk.foreseeing import Basis, Trial
from cordboard.documents import FlowTest, read_company
from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.sources import Tenant
from cordboard.store.engine import Store, open_store
from kit.switch import REPOSITORY

DEMO = (REPOSITORY / "demo/company.yaml").read_text(encoding="utf-8")
ROUNDS = 5


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    async with open_store(database_url) as opened:
        await opened.migrate()
        await Companies(opened).store_reading(read_company(DEMO), "admin")
        yield opened


def flows_of(store: Store, trial: Trial) -> Flows:
    return Flows(store, trial, clock=lambda: datetime.now(UTC))


async def passed(tenant: Tenant, tests: Sequence[FlowTest]) -> list[PlanProblem]:
    return []


def together(number: int) -> Trial:
    """Lets nobody go on before there are so many."""
    all_there = asyncio.Barrier(number)

    async def tried(tenant: Tenant, tests: Sequence[FlowTest]) -> list[PlanProblem]:
        await all_there.wait()
        return []

    return tried


async def test_of_two_who_save_a_text_at_once_one_is_told_so(store: Store) -> None:
    flows = flows_of(store, together(2))

    async def save(text: str, basis: Basis, actor: str) -> Drafted | ChangedMeanwhile:
        try:
            return await flows.draft_text("acme", text, await flows.read("acme", text), basis, actor)
        except ChangedMeanwhile as error:
            return error

    for _ in range(ROUNDS):
        found = await flows.text("acme")
        both = await asyncio.gather(*(save(f"# {actor}\n{found.text}", found.basis, actor) for actor in ("ada", "bob")))
        (kept,) = (each.draft for each in both if isinstance(each, Drafted))
        assert (await flows.text("acme")).draft == kept


async def test_of_two_files_drafted_at_once_one_is_the_draft(store: Store) -> None:
    flows, reading = flows_of(store, together(2)), read_company(DEMO)
    for _ in range(ROUNDS):
        both = await asyncio.gather(*(flows.draft(reading, actor) for actor in ("ada", "bob")))
        assert (await flows.text("acme")).draft in [each.draft for each in both]


async def test_a_draft_that_is_saved_while_another_is_tried_is_not_published_nor_lost(store: Store) -> None:
    is_tried, may_end = asyncio.Event(), asyncio.Event()

    async def slowly(tenant: Tenant, tests: Sequence[FlowTest]) -> list[PlanProblem]:
        is_tried.set()
        await may_end.wait()
        return []

    flows = flows_of(store, passed)
    await flows.draft(read_company(DEMO), "ada")
    publishing = asyncio.create_task(flows_of(store, slowly).publish("acme", "ada"))
    await is_tried.wait()
    later = await flows.draft(read_company(DEMO), "bob")
    may_end.set()
    with pytest.raises(ChangedMeanwhile):
        await publishing
    assert (await flows.text("acme")).draft == later.draft


async def test_no_other_draft_is_published_than_is_meant(store: Store) -> None:
    flows = flows_of(store, passed)
    seen = await flows.draft(read_company(DEMO), "ada")
    later = await flows.draft(read_company(DEMO), "bob")
    with pytest.raises(ChangedMeanwhile):
        await flows.publish("acme", "ada", made_at=seen.draft.made_at)
    assert (await flows.text("acme")).draft == later.draft
    assert (await flows.publish("acme", "ada", made_at=later.draft.made_at)).version is not None
