"""A foreign database that is asked: its first row, never written, and left within the deadline."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest

from agi.ports import FAILED, NOTHING_FOUND, Notice, Question, Response
from cordboard.asking.asker import Asker
from cordboard.asking.connections import Sql
from cordboard.asking.gate import MOST_FAILURES
from cordboard.store.foreign import ForeignDatabase
from kit.patience import PATIENCE, until
from kit.postgres import Postgres

TABLE = [
    "CREATE TABLE customers (number TEXT, tier TEXT, debt NUMERIC(8, 2), since DATE)",
    "INSERT INTO customers VALUES ('+33612345678', 'gold', 12.50, '2026-01-02'), ('1', NULL, 0, NULL)",
]
QUERY = "SELECT tier, debt, since FROM customers WHERE number = :number"
HANG = {"sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"}


@dataclass(frozen=True)
class Foreign:
    kind: str
    url: str


@pytest.fixture(params=["sqlite", "postgresql"])
async def foreign(request: pytest.FixtureRequest, postgres: Postgres | None, tmp_path: Path) -> AsyncIterator[Foreign]:
    if request.param == "sqlite":
        file = tmp_path / "their own?100%.db"
        with closing(sqlite3.connect(file)) as database, database:
            for statement in TABLE:
                database.execute(statement)
        yield Foreign("sqlite", f"sqlite:///{str(file).replace('?', '%3F')}")
        return
    if postgres is None:
        pytest.skip("PostgreSQL is not installed")
    url = await postgres.new_database()
    connection = await asyncpg.connect(url)
    try:
        for statement in TABLE:
            await connection.execute(statement)
        yield Foreign("postgresql", url)
    finally:
        await connection.close()


def question(number: str, seconds: float = 30.0) -> Question:
    into = {"tier": "tier", "debt": "debt", "since": "since"}
    return Question("who", "crm", {"number": number, "other": "x"}, frozenset({"number"}), into, seconds)


async def asked(foreign: Foreign, query: str, put: Question, asker: Asker | None = None) -> Response:
    if asker is not None:
        async with asker.asked(put) as answer:
            return await answer
    async with Asker({"crm": Sql(name="crm", database=foreign.url, query=query)}) as own:
        return await asked(foreign, query, put, own)


async def test_the_first_row_is_the_answer(foreign: Foreign) -> None:
    found = await asked(foreign, QUERY, question("+33612345678"))
    assert found.way == "found"
    assert found.values["tier"] == "gold"
    assert float(found.values["debt"]) == 12.5
    assert found.values["since"] == "2026-01-02"
    assert await asked(foreign, QUERY, question("2")) == NOTHING_FOUND
    assert (await asked(foreign, QUERY, question("1"))).values["tier"] == ""


@pytest.mark.parametrize("value", ["' OR 1=1 --", "x'; DROP TABLE customers; --", ":number", "${EVAL(1)}"])
async def test_a_value_is_a_parameter(foreign: Foreign, value: str) -> None:
    assert await asked(foreign, QUERY, question(value)) == NOTHING_FOUND
    assert (await asked(foreign, QUERY, question("1"))).way == "found"


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM customers WHERE number <> :number RETURNING tier, debt, since",
        "SELECT nothing FROM customers WHERE number = :number",
        "SELECT tier FROM gone WHERE number = :number",
    ],
)
async def test_nothing_is_written_and_a_wrong_query_is_a_failure(foreign: Foreign, query: str) -> None:
    assert await asked(foreign, query, question("1")) == FAILED
    assert (await asked(foreign, QUERY, question("+33612345678"))).way == "found"


async def test_what_one_caller_types_closes_no_database(foreign: Foreign) -> None:
    """PostgreSQL refuses to read a star as a number; other callers are asked about as before."""
    query = "SELECT 'gold' AS tier, NULL AS debt, NULL AS since WHERE CAST(CAST(:number AS text) AS bigint) = 1"
    async with Asker({"crm": Sql(name="crm", database=foreign.url, query=query)}) as asker:
        for typed in ["*"] * (2 * MOST_FAILURES):
            assert (await asked(foreign, query, question(typed), asker)).way in ("failure", "not_found")
        assert (await asked(foreign, query, question("1"), asker)).way == "found"


async def test_a_query_without_end_costs_its_deadline_and_ends(foreign: Foreign) -> None:
    query = HANG.get(foreign.kind, "SELECT pg_sleep(600)")
    async with Asker({"crm": Sql(name="crm", database=foreign.url, query=query, at_once=1)}) as asker:
        for _ in range(2):
            assert await asked(foreign, query, question("1", 0.2), asker) == FAILED
    if foreign.kind == "postgresql":
        connection = await asyncpg.connect(foreign.url)
        try:
            asleep = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"
            async with asyncio.timeout(PATIENCE):
                while await connection.fetchval(asleep):
                    await asyncio.sleep(0.05)
        finally:
            await connection.close()


async def test_who_is_cancelled_twice_leaves_no_query_behind(tmp_path: Path) -> None:
    """At his deadline, and at once again by hanging up."""
    file = tmp_path / "their.db"
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE customers (number TEXT)")
    foreign = ForeignDatabase(f"sqlite:///{file}", 1)

    def queries() -> list[asyncio.Task[Any]]:
        return [task for task in asyncio.all_tasks() if task.get_name() == "query of a foreign database"]

    for pause in (0.0, 0.05):
        asking = asyncio.create_task(foreign.first_row(HANG["sqlite"], {}))
        await until(queries, "the query")
        await asyncio.sleep(pause)
        for _ in range(3):
            asking.cancel()
            await asyncio.sleep(0)
        await asyncio.wait([asking])
        assert asking.cancelled()
        assert queries() == []
    await foreign.close()


async def test_a_database_is_told_nothing(foreign: Foreign) -> None:
    async with Asker({"crm": Sql(name="crm", database=foreign.url, query="SELECT 1")}) as asker:
        assert not await asker.told(Notice("sms", "crm", {}, frozenset(), "1.2-sms", 30.0))


async def test_a_database_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    gone = Foreign("sqlite", f"sqlite:///{tmp_path}/gone.db")
    assert await asked(gone, QUERY, question("1")) == FAILED
    assert not (tmp_path / "gone.db").exists()
    nowhere = Foreign("postgresql", f"postgresql://me@/none?host={tmp_path}")
    assert await asked(nowhere, QUERY, question("1")) == FAILED
