"""Who is taken down to be called back: where he may be called, once a number, so many a queue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agi.flow.routing import Wish
from agi.ports import CallbackRequest
from cordboard.calls.callbacks import MOST_A_DAY, Requests
from cordboard.documents import read_company_file
from cordboard.provisioning.dialled_out import may_be_called
from cordboard.store.audit import last_audit
from cordboard.store.callbacks import CallbackState, change_callback, list_callbacks
from cordboard.store.engine import Store, open_store
from cordboard.store.values import Company
from kit.switch import REPOSITORY

ACME = read_company_file(REPOSITORY / "tests/kit/callbacks.yaml").accepted()
NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)
REQUEST = CallbackRequest(
    node="call-me", company="acme", did="main", call="pbx1-1.7", queue="support", number="+33612345678", language="fr",
    wish=Wish(5, {"sales": 2}), outgoing="national", schedule="always", tries=2, pause_seconds=60, most_waiting=2,
    asked=NOON, expires=NOON + timedelta(hours=48),
)  # fmt: skip


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite:///{tmp_path}/cordboard.db") as opened:
        await opened.migrate()
        yield opened


async def acme(name: str) -> Company | None:
    return ACME if name == "acme" else None


def requests(store: Store) -> Requests:
    return Requests(store, "pbx1", acme, may_be_called)


@pytest.mark.parametrize(
    ("typed", "number", "said"),
    [
        ("0612345678", "+33612345678", "0612345678"),
        ("+33612345678", "+33612345678", "0612345678"),
        ("0033123456789", "+33123456789", "0123456789"),
        ("unknown", None, None),
        ("", None, None),
        ("112", None, None),
        ("3615", None, None),
        ("0612", None, None),
        ("0899123456", None, None),  # it may be dialled by phones, and costs
        ("00442079460000", None, None),  # another country
        ("0199000001", None, None),  # the company itself
        ("*43", None, None),
    ],
)
async def test_only_where_the_company_lets_somebody_call(
    store: Store, typed: str, number: str | None, said: str | None
) -> None:
    found = await requests(store).reachable("acme", "national", typed)
    assert (found and found.number, found and found.said) == (number, said)
    assert await requests(store).reachable("acme", "world", typed) is None
    assert await requests(store).reachable("other", "national", typed) is None


async def test_he_is_kept_once_however_often_he_asks(store: Store) -> None:
    taken = await asyncio.gather(*(requests(store).take(REQUEST) for _ in range(5)))
    assert taken == [True] * 5
    async with store.reading() as session:
        (kept,) = await list_callbacks(session, "acme")
    assert (kept.number, kept.queue, kept.node, kept.call) == ("+33612345678", "support", "pbx1", "pbx1-1.7")
    assert (kept.wants, kept.hours, kept.tries, kept.pause) == ("5 sales=2", "always", 2, 60)
    assert (kept.asked, kept.due, kept.expires) == (NOON, NOON, NOON + timedelta(hours=48))


async def test_no_more_of_a_queue_than_the_step_says(store: Store) -> None:
    numbers = [f"+3361234567{number}" for number in range(3)]
    assert [await requests(store).take(replace(REQUEST, number=each)) for each in numbers] == [True, True, False]
    assert await requests(store).take(replace(REQUEST, number=numbers[2], queue="sales"))


async def test_a_number_is_not_asked_for_again_and_again(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    async def asks(minutes: int, number: str = REQUEST.number) -> bool:
        taken = await requests(store).take(replace(REQUEST, number=number, asked=NOON + timedelta(minutes=minutes)))
        async with store.transaction() as session:
            for each in await list_callbacks(session, "acme", states=[CallbackState.WAITING]):
                await change_callback(session, each, replace(each, state=CallbackState.DONE))
        return taken

    assert [await asks(minutes) for minutes in range(MOST_A_DAY + 1)] == [True] * MOST_A_DAY + [False]
    (told,) = caplog.records
    assert told.call == "pbx1/pbx1-1.7"  # type: ignore[attr-defined]
    assert REQUEST.number not in str(vars(told))
    assert await asks(10, "+33612345670")
    assert await asks(24 * 60 + 1)


async def test_a_request_that_nobody_ends_keeps_nobody_from_another(store: Store) -> None:
    gone = Requests(store, "pbx2", acme, may_be_called)
    late = replace(REQUEST, asked=REQUEST.expires, expires=REQUEST.expires + timedelta(hours=48))
    assert await gone.take(REQUEST)
    assert await requests(store).take(replace(late, asked=REQUEST.expires - timedelta(seconds=1)))
    assert await requests(store).take(late)
    async with store.reading() as session:
        (new, old) = await list_callbacks(session, "acme")
        (told,) = await last_audit(session, "acme")
    assert [(each.node, each.state, each.result) for each in (new, old)] == [
        ("pbx1", "waiting", ""),
        ("pbx2", "given_up", "too_late"),
    ]
    assert (told.action, told.object) == ("callback.given_up", str(old.id))


async def test_without_the_database_nobody_is_taken(tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path}/never-made.db") as store:
        assert not await requests(store).take(REQUEST)
