"""Every call that is over is kept once, with its whole story; what the database does not take waits, bounded."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from ami.conversation import Conversation
from ami.plain import plain
from cordboard.journal.outbox import Outbox
from cordboard.journal.story import record_of
from cordboard.store.conversations import find_conversations, record_conversations
from cordboard.store.engine import Session, Store
from cordboard.store.errors import StoreUnavailable
from cordboard.store.fetch import Key
from cordboard.store.records import ConversationRecord
from kit.recorded import recordings, replayed


def recorded_calls() -> list[Conversation]:
    """Those of all recorded streams that are over."""
    return [
        call for name in recordings() for call in replayed(name).conversations.values() if call.ended and call.parties
    ]


async def kept(store: Store, calls: list[Conversation]) -> dict[Key, ConversationRecord]:
    async with store.reading() as session:
        return await find_conversations(session, [(call.id.node, call.id.uniqueid) for call in calls], with_story=True)


async def test_every_recorded_call_is_kept_as_it_is_told(store: Store) -> None:
    calls = recorded_calls()
    assert len({call.direction for call in calls}) > 3
    ended = Outbox(store, record_conversations, batch=7, most=1000)
    for call in calls:
        ended.put(record_of(call, "acme"))
    while ended:
        await ended.write()
    found = await kept(store, calls)
    assert ended.lost == 0
    for call in {(call.id.node, call.id.uniqueid): call for call in calls}.values():
        row = found[call.id.node, call.id.uniqueid]
        assert call.ending is not None
        assert json.loads(row.story) == plain(call)
        assert (row.direction, row.outcome, row.detail) == (call.direction, call.ending.word, call.ending.detail)
        assert (row.started, row.answered, row.ended) == (call.started, call.answered, call.ended)
        assert (row.waited, row.rang, row.talked, row.held) == (call.waited, call.rang, call.talked, call.held)
        assert (row.merged_into is not None) == (row.outcome == "merged")


async def test_what_waits_is_bounded_and_what_is_given_up_is_counted(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def away() -> AsyncIterator[None]:
        raise StoreUnavailable("gone")
        yield

    transaction = store.transaction
    monkeypatch.setattr(store, "transaction", away)
    [*calls] = {call.id: call for call in recorded_calls()}.values()
    ended = Outbox(store, record_conversations, batch=4, most=6)
    for call in calls:
        ended.put(record_of(call, "acme"))
        with pytest.raises(StoreUnavailable):
            await ended.write()
    assert (len(ended), ended.lost, ended.kept) == (6, len(calls) - 6, 0)
    monkeypatch.setattr(store, "transaction", transaction)
    while ended:
        await ended.write()
    assert len(await kept(store, calls)) == ended.kept == 6


async def test_one_that_the_database_refuses_does_not_hold_up_the_others(store: Store) -> None:
    calls = list({call.id: call for call in recorded_calls()}.values())[:9]
    is_picky = True

    async def picky(session: Session, records: Sequence[ConversationRecord]) -> None:
        if is_picky and any(record.uniqueid == calls[0].id.uniqueid for record in records):
            raise StoreUnavailable("not this one")
        await record_conversations(session, records)

    ended = Outbox(store, picky, batch=4, most=100)
    for call in calls:
        ended.put(record_of(call, "acme"))
    refused = 0
    while len(ended) > 1:
        try:
            await ended.write()
        except StoreUnavailable:
            refused += 1
            assert refused < 20
    assert len(await kept(store, calls)) == 8
    is_picky = False
    await ended.write()
    assert len(await kept(store, calls)) == 9
