"""What another system has not taken is kept, told again with growing pauses, and given up in the end."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from agi.ports import Notice
from cordboard.asking.asker import Asker
from cordboard.asking.beside import Beside
from cordboard.asking.connections import Connection, Http
from cordboard.asking.repeating import (
    FIRST_PAUSE,
    KEPT_FOR,
    LONGEST_PAUSE,
    LOOKS,
    MOST_AGE,
    PATIENCE,
    Keeper,
    Repeater,
    pause,
)
from cordboard.store.engine import Store, open_store
from cordboard.store.errors import StoreUnavailable
from cordboard.store.notices import KeptNotice, list_notices, take_notice, try_again
from kit.other_system import OtherSystem, json_answer

BEGIN = datetime(2026, 11, 23, 10, tzinfo=UTC)
SMS = Notice("remind", "sms", {"to": "+33612345678"}, frozenset(), "1.2-remind", 30.0, retries=3, company="acme")


class Clock:
    def __init__(self) -> None:
        self.moment = BEGIN

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    async with open_store(database_url) as opened:
        await opened.migrate()
        yield opened


@pytest.fixture
async def system() -> AsyncIterator[OtherSystem]:
    async with OtherSystem() as system:
        system.says = lambda _: web.Response(status=503)
        yield system


def connections(system: OtherSystem) -> dict[str, Connection]:
    return {"sms": Http(name="sms", url=system.url, method="POST")}


async def kept(store: Store) -> tuple[KeptNotice, ...]:
    async with store.reading() as session:
        return await list_notices(session)


async def tell(store: Store, system: OtherSystem, clock: Clock, notice: Notice = SMS) -> bool:
    """As a call does."""
    async with Asker(connections(system), Keeper(store, clock).keep) as asker:
        return await asker.told(notice)


async def look(store: Store, system: OtherSystem, clock: Clock) -> None:
    """As a daemon does that has just started."""
    async with Asker(connections(system)) as asker:
        await Repeater(store, asker, clock).look()


async def test_what_is_taken_at_once_is_not_kept(store: Store, system: OtherSystem, clock: Clock) -> None:
    system.says = lambda _: json_answer({})
    assert await tell(store, system, clock)
    assert await kept(store) == ()


async def test_what_is_not_taken_is_kept_and_told_again_under_the_same_key(
    store: Store, system: OtherSystem, clock: Clock
) -> None:
    assert not await tell(store, system, clock)
    (notice,) = await kept(store)
    assert (notice.due, notice.tries, notice.reason) == (BEGIN + FIRST_PAUSE, 0, "status 503")
    assert "+33612345678" not in repr(notice)

    await look(store, system, clock)  # not yet
    assert len(system.asked) == 1

    system.says = lambda _: json_answer({})
    clock.moment = BEGIN + FIRST_PAUSE
    await look(store, system, clock)
    first, second = system.asked
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"] == "1.2-remind"
    assert first.body == second.body
    assert await kept(store) == ()


async def test_pauses_grow_and_the_last_try_gives_up(
    store: Store, system: OtherSystem, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    await tell(store, system, clock)
    dues = []
    for _ in range(SMS.retries):
        (notice,) = await kept(store)
        assert notice.due is not None
        clock.moment = notice.due
        dues.append(notice.due)
        await look(store, system, clock)
    assert [later - sooner for sooner, later in zip([BEGIN, *dues], dues, strict=False)] == [
        FIRST_PAUSE,
        2 * FIRST_PAUSE,
        4 * FIRST_PAUSE,
    ]
    (notice,) = await kept(store)
    assert (notice.due, notice.tries) == (None, 3)
    assert caplog.text.count("a notice is given up") == 1
    clock.moment += timedelta(hours=2)
    await look(store, system, clock)
    assert len(system.asked) == 1 + SMS.retries


def test_no_pause_is_longer_than_the_longest_nor_ends_while_a_try_may_last() -> None:
    assert pause(19) == LONGEST_PAUSE
    assert pause(1) > timedelta(seconds=PATIENCE + LOOKS)


@pytest.mark.parametrize("status", [400, 404])
async def test_what_is_refused_is_a_dead_letter_at_once(
    store: Store, system: OtherSystem, clock: Clock, status: int
) -> None:
    system.says = lambda _: web.Response(status=status)
    assert not await tell(store, system, clock)
    (notice,) = await kept(store)
    assert notice.due is None


@pytest.mark.parametrize(
    "notice", [replace(SMS, retries=0), replace(SMS, secrets=frozenset({"to"}))], ids=["not asked for", "secret"]
)
async def test_what_is_not_to_be_repeated_is_not_kept(
    store: Store, system: OtherSystem, clock: Clock, notice: Notice, caplog: pytest.LogCaptureFixture
) -> None:
    assert not await tell(store, system, clock, notice)
    assert await kept(store) == ()
    assert "+33612345678" not in caplog.text


async def test_who_dies_in_the_middle_of_a_try_has_lost_nothing(
    store: Store, system: OtherSystem, clock: Clock
) -> None:
    await tell(store, system, clock)
    (notice,) = await kept(store)
    clock.moment = BEGIN + FIRST_PAUSE
    async with store.transaction() as session:
        assert await take_notice(session, notice, clock.moment + pause(1))
        assert not await take_notice(session, notice, clock.moment + pause(1))  # another daemon
    system.says = lambda _: json_answer({})
    clock.moment += pause(1)
    await look(store, system, clock)
    assert await kept(store) == ()


async def test_what_was_given_up_is_told_again_with_all_its_tries(
    store: Store, system: OtherSystem, clock: Clock
) -> None:
    system.says = lambda _: web.Response(status=404)
    await tell(store, system, clock)
    clock.moment = BEGIN + 2 * MOST_AGE
    async with store.transaction() as session:
        assert await try_again(session, SMS.key, clock.moment) is not None
        assert await try_again(session, "another", clock.moment) is None
    system.says = lambda _: json_answer({})
    await look(store, system, clock)
    assert await kept(store) == ()


async def test_what_is_too_old_is_given_up_and_then_forgotten(store: Store, system: OtherSystem, clock: Clock) -> None:
    await tell(store, system, clock)
    clock.moment = BEGIN + MOST_AGE + timedelta(seconds=1)
    await look(store, system, clock)
    (notice,) = await kept(store)
    assert (notice.due, len(system.asked)) == (None, 1)
    clock.moment = BEGIN + KEPT_FOR + timedelta(seconds=1)
    await look(store, system, clock)
    assert await kept(store) == ()


async def test_only_who_has_the_connection_tells_it_again(store: Store, system: OtherSystem, clock: Clock) -> None:
    await tell(store, system, clock)
    clock.moment = BEGIN + FIRST_PAUSE
    async with Asker({}) as asker:
        await Repeater(store, asker, clock).look()
    (notice,) = await kept(store)
    assert notice.tries == 0


async def test_a_process_of_one_call_keeps_it_too(store: Store, system: OtherSystem, clock: Clock) -> None:
    async with Beside(connections(system), Keeper(store, clock).keep) as beside:
        assert not await beside.told(SMS)
    assert [notice.key for notice in await kept(store)] == [SMS.key]


async def test_a_database_that_is_away_is_told_by_the_log(
    store: Store, system: OtherSystem, clock: Clock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("no database")

    monkeypatch.setattr(store, "transaction", away)
    with caplog.at_level(logging.ERROR):
        assert not await tell(store, system, clock)
    assert "could not be kept" in caplog.text
