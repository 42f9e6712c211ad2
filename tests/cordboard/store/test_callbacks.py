"""Requests to be called back: one a number, changed only as they were seen, and found by who serves a switch."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cordboard.store.callbacks import (
    Callback,
    CallbackState,
    add_callback,
    callbacks_of_node,
    change_callback,
    count_open_callbacks,
    find_callback,
    list_callbacks,
    open_callback_to,
)
from cordboard.store.engine import Store
from cordboard.store.errors import Conflict

NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)
WANTED = Callback(
    company="acme", node="pbx1", call="pbx1-1.1", did="main", queue="support", number="+33612345678", language="fr",
    wants="5 french=3", outgoing="national", hours="office", tries=3, pause=600, asked=NOON, due=NOON,
    expires=NOON + timedelta(days=2),
)  # fmt: skip


async def kept(store: Store, wanted: Callback) -> Callback:
    async with store.transaction() as session:
        number = await add_callback(session, wanted)
        found = await find_callback(session, wanted.company, number)
    assert found is not None
    return found


async def changed(store: Store, before: Callback, **after: object) -> Callback | None:
    async with store.transaction() as session:
        return await change_callback(session, before, replace(before, **after))  # type: ignore[arg-type]


async def test_a_number_stands_in_one_open_request(store: Store) -> None:
    first = await kept(store, WANTED)
    assert first == replace(WANTED, id=first.id)
    with pytest.raises(Conflict):
        await kept(store, replace(WANTED, queue="sales"))
    await kept(store, replace(WANTED, company="other"))
    async with store.reading() as session:
        assert await open_callback_to(session, "acme", WANTED.number) == first
        assert await open_callback_to(session, "acme", "+33612345679") is None
        assert await count_open_callbacks(session, "acme", "support") == 1
    assert await changed(store, first, state=CallbackState.DONE) is not None
    second = await kept(store, replace(WANTED, asked=NOON + timedelta(hours=1)))
    async with store.reading() as session:
        assert [each.id for each in await list_callbacks(session, "acme")] == [second.id, first.id]
        assert await list_callbacks(session, "acme", states=[CallbackState.WAITING]) == (second,)


async def test_of_two_who_saw_the_same_one_changes_it(store: Store) -> None:
    seen = await kept(store, WANTED)
    both = await asyncio.gather(
        *(changed(store, seen, state=CallbackState.PLACED, placed_as=name) for name in ("one", "other"))
    )
    (done,) = [each for each in both if each is not None]
    async with store.reading() as session:
        assert await find_callback(session, "acme", seen.id) == done
        assert await find_callback(session, "other", seen.id) is None


async def test_a_switch_is_told_of_what_is_open_and_of_what_was_cancelled_while_it_was_up(store: Store) -> None:
    later = await kept(store, replace(WANTED, number="+33612345679", asked=NOON + timedelta(minutes=1)))
    first = await kept(store, WANTED)
    await kept(store, replace(WANTED, number="+33612345670", node="pbx2"))
    gone = await kept(store, replace(WANTED, number="+33612345671"))
    await changed(store, gone, state=CallbackState.CANCELLED)
    up = await changed(store, later, state=CallbackState.CANCELLED, placed=NOON, placed_as="pbx1-1.b1")
    async with store.reading() as session:
        assert await callbacks_of_node(session, "pbx1") == (first, up)
