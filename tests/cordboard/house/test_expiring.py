"""Requests to be called back are forgotten once they have been over for some days, each with a line in the audit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cordboard.desk.recordings import Recordings
from cordboard.documents import read_company
from cordboard.house.expiring import expire_once, works_of
from cordboard.store.audit import last_audit
from cordboard.store.callbacks import Callback, CallbackState, add_callback, list_callbacks
from cordboard.store.company import save_company
from cordboard.store.engine import Store, open_store

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAYS = 10
COMPANY = """\
cordboard: 1
company: {id: acme, name: Acme, language: en, country: FR, time_zone: Europe/Paris}
messages: {closed: {en: [beep]}}
dids: {"+33199000001": {id: main, name: Main, target: {message: closed}}}
"""


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    company = read_company(COMPANY, today=date(2026, 11, 22)).accepted()
    async with open_store(f"sqlite+aiosqlite:///{tmp_path / 'db.sqlite'}") as store:
        await store.migrate()
        async with store.transaction() as session:
            await save_company(session, company, "test")
        yield store


def request(number: int, state: CallbackState, days_over: float | None, **others: object) -> Callback:
    """One that has been over for so many days, and was asked for long before."""
    ended = None if days_over is None else NOW - timedelta(days=days_over)
    asked = NOW - timedelta(days=40)
    wanted = Callback(
        company="acme", node="pbx1", call=f"pbx1-1.{number}", did="main", queue="support", language="fr",
        number=f"+3361234567{number}", outgoing="national", hours="office", tries=3, pause=600, asked=asked, due=asked,
        expires=asked, state=state, ended=ended,
    )  # fmt: skip
    return replace(wanted, **others)  # type: ignore[arg-type]


async def test_what_is_over_is_forgotten_after_its_days(store: Store, tmp_path: Path) -> None:
    state = CallbackState
    gone = [
        request(number, each, DAYS + 0.1)
        for number, each in enumerate((state.DONE, state.GIVEN_UP, state.CANCELLED), start=1)
    ]
    stay = [
        request(4, state.DONE, DAYS - 0.1),
        request(5, state.WAITING, None),
        request(6, state.PLACED, None, placed=NOW - timedelta(days=20)),
        request(7, state.CANCELLED, DAYS + 1, placed=NOW - timedelta(days=20)),  # somebody still stands in for him
        request(8, state.DONE, DAYS + 1, company="other"),
    ]
    async with store.transaction() as session:
        ids = [await add_callback(session, each) for each in (*gone, *stay)]
    works = works_of(store, Recordings(store, tmp_path), DAYS)
    await expire_once(store, works, NOW)
    async with store.reading() as session:
        left = [*await list_callbacks(session, "acme"), *await list_callbacks(session, "other")]
        told = [each for each in await last_audit(session, "acme") if each.action == "callback.expire"]
    assert {each.id for each in left} == {*ids[3:]}
    assert {(each.actor, each.object, each.detail) for each in told} == {
        ("cordboard run", str(ids[number - 1]), f"asked in pbx1/pbx1-1.{number}") for number in (1, 2, 3)
    }
    await expire_once(store, works, NOW + timedelta(days=0.2))
    async with store.reading() as session:
        assert {each.id for each in await list_callbacks(session, "acme")} == {*ids[4:7]}


async def test_recordings_that_cannot_be_removed_keep_no_number(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "acme").mkdir(mode=0o700)
    async with store.transaction() as session:
        await add_callback(session, request(1, CallbackState.DONE, DAYS + 1))

    class Closed(Recordings):
        async def expire(self, *given: object) -> list[str]:
            raise PermissionError("closed")

    await expire_once(store, works_of(store, Closed(store, tmp_path), DAYS), NOW)
    async with store.reading() as session:
        assert await list_callbacks(session, "acme") == ()
    (told,) = [each for each in caplog.records if each.levelname == "WARNING"]
    assert told.getMessage() == "recordings whose time is over were not removed"
