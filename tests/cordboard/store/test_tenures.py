"""Who serves a switch: taken only as it was seen, kept by beats, and the last left-over is remembered beside it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from cordboard.store.engine import Store
from cordboard.store.tenures import Tenure, end_tenure, find_tenure, keep_tenure, note_left_over, take_tenure

ONE = Tenure(
    node="pbx1", holder="one", host="a", pid=1, home="/a", since=datetime(2026, 11, 22, tzinfo=UTC),
    kernel="k", process="1 1 1", lock="1:1",
)  # fmt: skip
OTHER = replace(ONE, holder="other", host="b", pid=2)


async def test_it_is_taken_once(store: Store) -> None:
    assert await find_tenure(store, "pbx1") is None
    assert sorted(await asyncio.gather(*(take_tenure(store, each, None) for each in (ONE, OTHER)))) == [False, True]
    found = await find_tenure(store, "pbx1")
    assert found in (ONE, OTHER)
    assert await take_tenure(store, replace(ONE, node="pbx2"), None), "another switch has a daemon of its own"


async def test_it_is_taken_over_only_as_it_was_seen(store: Store) -> None:
    await take_tenure(store, ONE, None)
    assert await keep_tenure(store, ONE)
    assert not await take_tenure(store, OTHER, ONE), "it has made a beat since"
    assert await take_tenure(store, OTHER, replace(ONE, beats=1))
    assert not await keep_tenure(store, ONE), "somebody else has it"
    await end_tenure(store, ONE)
    assert await find_tenure(store, "pbx1") == OTHER
    await end_tenure(store, OTHER)
    found = await find_tenure(store, "pbx1")
    assert found is not None
    assert found.holder == ""
    assert await take_tenure(store, ONE, found)


async def test_the_last_left_over_is_remembered_by_whoever_serves_it(store: Store) -> None:
    await take_tenure(store, ONE, None)
    async with store.transaction() as session:
        assert await note_left_over(session, "pbx1", "bundle")
        assert not await note_left_over(session, "pbx1", "bundle")
    assert await take_tenure(store, OTHER, ONE)
    found = await find_tenure(store, "pbx1")
    assert found == replace(OTHER, left_over="bundle")
    async with store.transaction() as session:
        assert not await note_left_over(session, "pbx1", "bundle")
        assert await note_left_over(session, "pbx1", "next")
