"""Requests with a key: begun once, answered alike, and forgotten only when nothing was sent."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from cordboard.desk.errors import DatabaseAway
from cordboard.desk.once import CUT_SHORT, SENT_BEFORE, KeyReusedError, Once
from cordboard.desk.results import Done, Result
from cordboard.store.audit import record_audit
from cordboard.store.engine import Store
from cordboard.store.records import AuditEntry

MORNING = datetime(2026, 11, 22, 9, tzinfo=UTC)


class Work:
    """Something that is done, as often as it is begun, and ends when the test says."""

    def __init__(self) -> None:
        self.marks: list[str] = []
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.error: Exception | None = None

    async def __call__(self, mark: str) -> Result:
        self.marks.append(mark)
        await self.may_end.wait()
        if self.error is not None:
            raise self.error
        return Done(told={"count": str(len(self.marks))})


async def test_the_same_key_is_begun_once_and_answered_alike(store: Store) -> None:
    once, work = Once(store), Work()
    work.may_end.clear()
    first = asyncio.create_task(once.answer("acme", "sylvie", "k", "wish", work))
    second = asyncio.create_task(once.answer("acme", "sylvie", "k", "wish", work))
    await asyncio.sleep(0.05)
    work.may_end.set()
    assert await first == await second == Done(told={"count": "1"})
    assert await once.answer("acme", "sylvie", "k", "wish", work) == Done(told={"count": "1"})
    assert len(work.marks) == 1


async def test_keys_of_others_are_others(store: Store) -> None:
    once, work = Once(store), Work()
    for company, account, key in (("acme", "a", "k"), ("acme", "b", "k"), ("other", "a", "k"), ("acme", "a", "l")):
        await once.answer(company, account, key, "wish", work)
    assert len(set(work.marks)) == 4


async def test_a_key_stands_for_one_wish(store: Store) -> None:
    once, work = Once(store), Work()
    await once.answer("acme", "a", "k", "wish", work)
    with pytest.raises(KeyReusedError):
        await once.answer("acme", "a", "k", "another wish", work)
    assert len(work.marks) == 1


async def test_what_was_not_sent_may_be_tried_again(store: Store) -> None:
    once, work = Once(store), Work()
    work.error = DatabaseAway("away")
    for _ in range(2):
        with pytest.raises(DatabaseAway):
            await once.answer("acme", "a", "k", "wish", work)
    assert len(work.marks) == 2


async def test_what_was_cut_short_is_not_begun_again(store: Store) -> None:
    once, work = Once(store), Work()
    work.may_end.clear()
    task = asyncio.create_task(once.answer("acme", "a", "k", "wish", work))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await once.answer("acme", "a", "k", "wish", work) == CUT_SHORT
    assert len(work.marks) == 1


async def test_what_was_sent_before_this_process_began_is_known_from_the_audit_for_a_day(store: Store) -> None:
    now = MORNING
    work = Work()
    await Once(store, lambda: now).answer("acme", "a", "k", "wish", work)
    async with store.transaction() as session:
        detail = f"to bruno [{work.marks[0]}]"
        entry = AuditEntry(at=now, company="acme", actor="a", action="call.transfer", object="pbx1/1.1", detail=detail)
        await record_audit(session, entry)
    assert await Once(store, lambda: now).answer("acme", "a", "k", "wish", work) == SENT_BEFORE
    now += timedelta(days=1, seconds=1)
    assert await Once(store, lambda: now).answer("acme", "a", "k", "wish", work) == Done(told={"count": "2"})


async def test_answers_are_kept_for_a_day(store: Store) -> None:
    now = MORNING
    once, work = Once(store, lambda: now), Work()
    await once.answer("acme", "a", "k", "wish", work)
    now += timedelta(days=1, seconds=1)
    await once.answer("acme", "a", "k", "another wish", work)
    assert len(work.marks) == 2
