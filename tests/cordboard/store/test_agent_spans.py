"""What agents did in the database: noted again from the same beginning it is longer, and a part of it is found too."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cordboard.store import Store
from cordboard.store.journal import record_calls, talks_of_agents
from cordboard.store.records import AgentSpan, AgentTalks, CallRecord
from cordboard.store.spans import record_spans, spans_within

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SPAN = AgentSpan(
    node="pbx1", company="acme", agent="amel", since=NOON, until=NOON + HOUR, state="wrap_up", queue="billing",
    call="pbx1-1.1",
)  # fmt: skip


async def test_one_that_is_noted_again_ends_when_it_was_said_last(store: Store) -> None:
    longer = replace(SPAN, until=NOON + 2 * HOUR)
    others = [replace(SPAN, agent="bob"), replace(SPAN, node="pbx2"), replace(SPAN, company="other")]
    async with store.transaction() as session:
        await record_spans(session, [SPAN, *others])
        await record_spans(session, [longer])
        await record_spans(session, [])
    async with store.reading() as session:
        found = await spans_within(session, "acme", NOON, NOON + HOUR)
    assert sorted(found, key=lambda span: (span.agent, span.node)) == [longer, replace(SPAN, node="pbx2"), others[0]]


async def test_those_are_found_of_which_a_part_lies_there(store: Store) -> None:
    async with store.transaction() as session:
        await record_spans(session, [SPAN])
    async with store.reading() as session:
        for since, until, is_found in (
            (NOON - HOUR, NOON, False),
            (NOON - HOUR, NOON + timedelta(seconds=1), True),
            (NOON + HOUR / 2, NOON + 3 * HOUR, True),
            (NOON + HOUR, NOON + 2 * HOUR, False),
        ):
            assert (await spans_within(session, "acme", since, until) == (SPAN,)) is is_found


async def test_talks_are_those_of_handled_calls_that_entered_then(store: Store) -> None:
    one = CallRecord(
        node="pbx1", uniqueid="1.1", company="acme", did="main", caller_number="1", caller_name="", entered=NOON,
        agent="amel", outcome="handled", talked=30.5, held=2,
    )  # fmt: skip
    calls = [
        one,
        replace(one, uniqueid="1.2", talked=10, held=0),
        replace(one, uniqueid="1.3", agent="bob"),
        replace(one, uniqueid="1.4", agent=None, talked=1),
        replace(one, uniqueid="1.5", outcome="voicemail"),
        replace(one, uniqueid="1.6", outcome=None),
        replace(one, uniqueid="1.7", company="other"),
        replace(one, uniqueid="1.8", entered=NOON + HOUR),
    ]
    async with store.transaction() as session:
        await record_calls(session, calls)
    async with store.reading() as session:
        found = await talks_of_agents(session, "acme", NOON, NOON + HOUR)
    assert sorted(found, key=lambda talks: talks.agent) == [
        AgentTalks(agent="", calls=1, talked=1, held=2),
        AgentTalks(agent="amel", calls=2, talked=40.5, held=2),
        AgentTalks(agent="bob", calls=1, talked=30.5, held=2),
    ]
