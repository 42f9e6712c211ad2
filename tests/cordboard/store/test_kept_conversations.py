"""Calls as people mean them in the database: written twice they are there once, and are found in every way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cordboard.store import Store
from cordboard.store.conversations import (
    conversation_with,
    find_conversations,
    last_conversations,
    record_conversations,
)
from cordboard.store.fetch import MOST_IN_ONE_QUESTION
from cordboard.store.journal import find_calls, record_calls
from cordboard.store.records import CallRecord, ConversationRecord

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def one(number: int, **more: object) -> ConversationRecord:
    """A call of a minute that began so many minutes after noon."""
    values: dict[str, object] = {
        "node": "pbx1",
        "uniqueid": f"pbx1-1763726400.{number}",
        "company": "acme",
        "direction": "internal",
        "caller_number": "201",
        "caller_name": "Zoé; [x] ${Y} 'q'",
        "dialled": "202",
        "queue": None,
        "agent": None,
        "started": NOON + timedelta(minutes=number),
        "answered": None,
        "ended": NOON + timedelta(minutes=number + 1),
        "outcome": "answered",
        "detail": "bruno",
        "ended_by": "caller",
        "waited": 0.0,
        "rang": 1.25,
        "talked": 58.75,
        "held": 0.0,
        "parked": 0.0,
        "merged_into": None,
        "is_partial": False,
        "story": f'{{"legs":["pbx1-1763726400.{number}","pbx1-1763726400.{number}0"]}}',
    }
    return ConversationRecord(**{**values, **more})  # type: ignore[arg-type]


def listed(record: ConversationRecord) -> ConversationRecord:
    """As lists have it."""
    return replace(record, story="")


async def keep(store: Store, *records: ConversationRecord) -> None:
    async with store.transaction() as session:
        await record_conversations(session, records)


async def test_one_written_twice_is_there_once_as_it_was_written_last(store: Store) -> None:
    first, second = one(1), one(2, answered=NOON + timedelta(minutes=2, seconds=1), queue="billing", agent="amel")
    await keep(store, first, second)
    better = replace(first, outcome="no_answer", is_partial=True)
    await keep(store, better, second)
    await keep(store)
    async with store.reading() as session:
        assert await last_conversations(session, "acme") == (listed(second), listed(better))
        keys = [("pbx1", first.uniqueid), ("pbx2", first.uniqueid), ("pbx1", "nobody")]
        assert await find_conversations(session, keys, with_story=True) == {("pbx1", first.uniqueid): better}
        assert await find_conversations(session, keys) == {("pbx1", first.uniqueid): listed(better)}


async def test_the_last_ones_are_those_of_the_company_and_went_on_as_no_part_of_another(store: Store) -> None:
    ways = ("inbound", "outbound", "internal")
    calls = [one(number, direction=ways[number % 3]) for number in range(9)]
    await keep(store, *calls, one(10, merged_into="pbx1-1763726400.1"), one(11, company="other"), one(12, company=""))
    async with store.reading() as session:
        assert await last_conversations(session, "acme", 4) == tuple(map(listed, calls[:4:-1]))
        assert await last_conversations(session, "acme", 2, ["outbound"]) == (listed(calls[7]), listed(calls[4]))
        assert await last_conversations(session, "acme", 3, ways[1:]) == tuple(
            listed(calls[number]) for number in (8, 7, 5)
        )


async def test_one_is_found_by_any_leg_of_it(store: Store) -> None:
    part, whole = one(10, merged_into="pbx1-1763726400.1"), one(1, ended=NOON + timedelta(hours=1))
    whole = replace(whole, story='{"legs":["pbx1-1763726400.1","pbx1-1763726400.10","pbx1-1763726400.100"]}')
    await keep(store, part, whole)
    around = NOON + timedelta(minutes=10), NOON + timedelta(minutes=11)
    async with store.reading() as session:
        assert await conversation_with(session, "acme", "pbx1-1763726400.100", *around) == whole
        assert await conversation_with(session, "acme", "pbx1-1763726400.10", *around) == whole
        for company, leg in (("other", "pbx1-1763726400.10"), ("acme", "pbx1-1763726400.1_"), ("acme", "%")):
            assert await conversation_with(session, company, leg, *around) is None
        later = NOON + timedelta(hours=2)
        assert await conversation_with(session, "acme", "pbx1-1763726400.100", later, later) is None


async def test_of_very_many_received_calls_those_that_are_there_are_found(store: Store) -> None:
    calls = [
        CallRecord(
            node="pbx1", uniqueid=f"1.{number}", company="acme", did="main", caller_number="1", caller_name="",
            entered=NOON, conversation=f"1.{number}",
        )
        for number in range(0, 3 * MOST_IN_ONE_QUESTION, 500)
    ]  # fmt: skip
    async with store.transaction() as session:
        await record_calls(session, calls)
    asked = [("pbx1", f"1.{number}") for number in range(3 * MOST_IN_ONE_QUESTION)]
    async with store.reading() as session:
        assert {call.uniqueid for call in await find_calls(session, asked)} == {call.uniqueid for call in calls}
        assert await find_calls(session, []) == ()
