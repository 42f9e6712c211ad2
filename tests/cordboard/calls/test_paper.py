"""Paper and the books of the store answer alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from agi.ports import RouteRequest
from cordboard.calls.books import Books
from cordboard.calls.paper import Paper, ready
from cordboard.documents import flow_of, read_company_file
from cordboard.store.company import save_company
from cordboard.store.engine import open_store
from cordboard.store.flows import publish_flow
from cordboard.store.values import Company

DEMO = Path(__file__).resolve().parents[3] / "demo/company.yaml"
TODAY = date(2026, 11, 2)
CALLERS = ["+33899700123", "0899700123", "0033899700123", "+33897111111", "0612345678", "unknown", "", "*31#"]


@pytest.fixture(scope="module")
def company() -> Company:
    return read_company_file(DEMO, TODAY).accepted()


@pytest.fixture
async def books(tmp_path: Path, company: Company) -> AsyncIterator[Books]:
    async with open_store(f"sqlite:///{tmp_path}/cordboard.db") as store:
        await store.migrate()
        async with store.transaction() as session:
            await save_company(session, company, "test")
            await publish_flow(session, company.id, flow_of(company, TODAY).to_json(), "test")
        yield Books(store)


async def test_flows_blocks_and_routes_are_the_same(books: Books, company: Company) -> None:
    paper = Paper(company, flow_of(company, TODAY), 1)
    for did in [*company.dids, "nowhere"]:
        assert await paper.entry("acme", did, "1.1", None) == await books.entry("acme", did, "1.1", None)
    for caller in CALLERS:
        assert await paper.find("acme", caller) == await books.find("acme", caller), caller
    request = RouteRequest("acme", "", "unknown", "acme-main", "fr", (), datetime(2026, 11, 3, 10, tzinfo=UTC))
    for presence in (ready(company), ready(company, ["emma"]), ready(company, [])):
        paper.presence = books.presence = presence
        for queue in [*company.queues, "nowhere"]:
            asked = replace(request, queue=queue)
            assert await paper.decide(asked) == await books.decide(asked)


async def test_paper_knows_one_company(company: Company) -> None:
    paper = Paper(company, flow_of(company, TODAY))
    request = RouteRequest("other", "support", "unknown", "", "fr", (), datetime(2026, 11, 3, 10, tzinfo=UTC))
    assert await paper.entry("other", "main", "1.1", None) is None
    assert await paper.find("other", "+33899700123") is None
    assert await paper.decide(request) is None
