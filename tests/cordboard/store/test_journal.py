"""The history of calls: batches that may be written twice, and the questions that pages and reports ask."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cordboard.store import Store
from cordboard.store.fetch import MOST_IN_ONE_QUESTION
from cordboard.store.journal import (
    calls_with_facts,
    count_outcomes,
    count_outcomes_by_version,
    facts_of,
    find_call,
    last_outcomes,
    open_calls,
    record_calls,
    record_facts,
)
from cordboard.store.records import CallRecord, FactRecord

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def call(number: int, **more: object) -> CallRecord:
    values: dict[str, object] = {
        "node": "pbx1",
        "uniqueid": f"pbx1-1763726400.{number}",
        "company": "acme",
        "did": "main",
        "caller_number": "+33612345678",
        "caller_name": "Zoé; [x] ${Y}",
        "entered": NOON + timedelta(seconds=number),
    }
    return CallRecord(**{**values, **more})  # type: ignore[arg-type]


def ended(number: int, outcome: str, **more: object) -> CallRecord:
    end = NOON + timedelta(minutes=10, seconds=-number)
    return call(number, ended=end, outcome=outcome, **more)


async def record(store: Store, *calls: CallRecord) -> None:
    async with store.transaction() as session:
        await record_calls(session, calls)


async def test_a_call_is_opened_and_closed_in_one_row(store: Store) -> None:
    opened = call(1, queue="billing-fr")
    await record(store, opened)
    closed = replace(
        opened,
        agent="amel",
        waited=2.5,
        talked=61.25,
        held=3.0,
        answered=NOON + timedelta(seconds=4),
        ended=NOON + timedelta(seconds=65),
        outcome="handled",
        detail="queue:billing-fr",
        why={"agent": "amel", "candidates": [{"person": "amel", "penalty": 0}]},
        generation=7,
    )
    await record(store, closed)
    async with store.reading() as session:
        assert await find_call(session, "pbx1", opened.uniqueid) == closed
        assert await find_call(session, "pbx2", opened.uniqueid) is None
        assert await open_calls(session) == ()


async def test_a_batch_written_twice_is_written_once(store: Store) -> None:
    calls = [call(number) for number in range(50)]
    await record(store, *calls)
    await record(store, *calls)
    await record(store)
    async with store.reading() as session:
        assert await open_calls(session) == tuple(calls)


async def test_facts_are_appended_and_never_changed(store: Store) -> None:
    facts = [
        FactRecord(
            node="pbx1", uniqueid="u1", sequence=n, at=NOON + timedelta(seconds=n), kind="choice", data={"key": str(n)}
        )
        for n in range(5)
    ]
    async with store.transaction() as session:
        await record_facts(session, facts[:3])
        await record_facts(session, [replace(facts[0], kind="changed"), *facts[1:]])
        await record_facts(session, [])
    async with store.reading() as session:
        assert await facts_of(session, "pbx1", "u1") == tuple(facts)
        assert await facts_of(session, "pbx2", "u1") == ()


async def test_open_calls_are_those_without_an_outcome(store: Store) -> None:
    first, second = call(2), call(1, node="pbx2", uniqueid="pbx2-1.1", company="other")
    await record(store, first, second, ended(3, "abandoned"))
    async with store.reading() as session:
        assert await open_calls(session) == (second, first)
        assert await open_calls(session, "pbx1") == (first,)


async def test_the_last_outcomes_come_newest_first(store: Store) -> None:
    calls = [ended(number, "handled", company="acme" if number % 2 else "other") for number in range(10)]
    await record(store, *calls, call(99))
    async with store.reading() as session:
        assert await last_outcomes(session, limit=3) == tuple(calls[:3])
        assert await last_outcomes(session, "acme", limit=2) == (calls[1], calls[3])


async def test_outcomes_are_counted_by_when_the_call_entered(store: Store) -> None:
    await record(
        store,
        ended(0, "handled"),
        ended(1, "handled"),
        ended(2, "abandoned"),
        ended(3, "handled", company="other"),
        call(4),
        ended(5, "voicemail"),
    )
    async with store.reading() as session:
        counts = await count_outcomes(session, "acme", NOON, NOON + timedelta(seconds=5))
        assert counts == {"handled": 2, "abandoned": 1, None: 1}
        assert await count_outcomes(session, None, NOON + timedelta(seconds=3), NOON + timedelta(seconds=4)) == {
            "handled": 1
        }


async def test_outcomes_are_counted_by_the_version_of_the_menus_that_a_call_came_to(store: Store) -> None:
    came: list[tuple[CallRecord, tuple[tuple[str, str], ...]]] = [
        (ended(1, "handled"), (("1", "flow"), ("1", "flow"))),
        (ended(2, "abandoned"), (("2", "flow"), ("1", "fallback"))),
        (ended(3, "handled"), (("1", "fallback"),)),
        (call(4), (("2", "flow"),)),
        (ended(5, "handled"), ()),
        (ended(6, "handled", company="other"), (("1", "flow"),)),
        (ended(7, "handled", entered=NOON - timedelta(days=1)), (("1", "flow"),)),
    ]
    await record(store, *(each for each, _ in came))
    facts = [
        FactRecord(
            node=each.node, uniqueid=each.uniqueid, sequence=place, at=each.entered, kind="menu",
            data={"menu": "top", "version": version, "by": by},
        )
        for each, menus in came
        for place, (version, by) in enumerate(menus)
    ]  # fmt: skip
    async with store.transaction() as session:
        await record_facts(session, facts)
    async with store.reading() as session:
        found = await count_outcomes_by_version(session, "acme", NOON)
    assert found == {1: {"handled": 1}, 2: {"abandoned": 1, None: 1}}


async def test_calls_of_a_span_come_each_with_its_facts_however_many_they_are(store: Store) -> None:
    calls = [call(number // 3, uniqueid=f"pbx1-1.{number:04}") for number in range(MOST_IN_ONE_QUESTION * 2 + 1)]
    others = [
        call(1, uniqueid="pbx1-2.1", company="other"),
        call(-1, uniqueid="pbx1-3.1"),
        call(999, uniqueid="pbx1-4.1"),
    ]
    await record(store, *reversed(calls), *others)
    facts = [
        FactRecord(
            node="pbx1", uniqueid=each.uniqueid, sequence=place, at=NOON, kind=kind, data={"of": each.uniqueid}
        )
        for each in (*calls[::2], *others)
        for place, kind in enumerate(("menu", "held", "choice"))
    ]  # fmt: skip
    async with store.transaction() as session:
        await record_facts(session, facts)
    async with store.reading() as session:
        span = (NOON, NOON + timedelta(seconds=900))
        found = [each async for each in calls_with_facts(session, "acme", *span, {"menu", "choice"})]
    assert [each for each, _ in found] == calls
    for place, (each, its) in enumerate(found):
        assert [(fact.kind, fact.data) for fact in its] == (
            [] if place % 2 else [("menu", {"of": each.uniqueid}), ("choice", {"of": each.uniqueid})]
        )
