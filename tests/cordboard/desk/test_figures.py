"""The boards follow the database: names at each save, figures after each call."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ami.models import LinkState
from cordboard.desk.board import Boards
from cordboard.desk.cards import CallCard, LastCard, TodayCard
from cordboard.desk.figures import Figures, Pace
from cordboard.store.company import save_company
from cordboard.store.engine import Store, open_store
from cordboard.store.journal import record_calls
from cordboard.store.records import CallRecord
from kit import acme
from kit.patience import PATIENCE
from kit.told import START, Told


async def save(store: Store, name: str = "Acme Conseil") -> None:
    async with store.transaction() as transaction:
        await save_company(transaction, replace(acme.company(), name=name), "test")


async def keep(store: Store, uniqueid: str, outcome: str | None, hours_ago: float = 0.0) -> None:
    entered = START - timedelta(hours=hours_ago)
    call = CallRecord(
        node="pbx1", uniqueid=uniqueid, company="acme", did="main", caller_number="+33612345678", caller_name="",
        entered=entered, ended=entered + timedelta(seconds=30) if outcome else None, outcome=outcome,
    )  # fmt: skip
    async with store.transaction() as transaction:
        await record_calls(transaction, [call])


def today(boards: Boards) -> TodayCard:
    board = boards.board("acme")
    assert board is not None
    card = board.cards["today"]
    assert isinstance(card, TodayCard)
    return card


def listed(boards: Boards) -> int:
    board = boards.board("acme")
    assert board is not None
    return sum(isinstance(card, CallCard) for card in board.cards.values())


def last(boards: Boards) -> list[str]:
    board = boards.board("acme")
    assert board is not None
    card = board.cards["last"]
    assert isinstance(card, LastCard)
    return [call.call for call in card.calls]


async def test_a_company_gets_its_board_its_name_and_its_figures(store: Store) -> None:
    told = Told()
    boards = Boards([told.live])
    figures = Figures(store, boards, [told.live], clock=lambda: told.now)
    await figures.refresh()
    assert boards.companies == {}
    await save(store)
    await keep(store, "1.1", "handled")
    await keep(store, "1.2", "blocked")
    told.call("1.3").enters()
    await keep(store, "1.0", "abandoned", hours_ago=20)
    await figures.refresh()
    assert boards.companies == {"acme": "Acme Conseil"}
    assert (today(boards).day, today(boards).received, today(boards).handled) == ("2026-11-21", 2, 1)
    assert (today(boards).in_progress, today(boards).blocked, today(boards).abandoned) == (1, 1, 0)
    assert last(boards) == ["pbx1/1.1", "pbx1/1.2"], "yesterday's call is not among today's"
    await save(store, name="Acme & Co")
    await figures.refresh()
    assert boards.companies == {"acme": "Acme & Co"}
    boards.close()


async def test_a_new_day_begins_at_the_companys_midnight(store: Store) -> None:
    told = Told()
    boards = Boards([told.live])
    figures = Figures(store, boards, [told.live], clock=lambda: told.now)
    await save(store)
    await keep(store, "1.1", "handled")
    told.now = START.replace(hour=22, minute=59)
    await figures.refresh()
    assert (today(boards).day, today(boards).handled) == ("2026-11-21", 1)
    told.after(120)
    await figures.refresh()
    assert (today(boards).day, today(boards).handled, last(boards)) == ("2026-11-22", 0, [])
    boards.close()


@contextlib.asynccontextmanager
async def running(figures: Figures) -> AsyncIterator[None]:
    task = asyncio.create_task(figures.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_calls_change_brings_the_figures_up_to_date(store: Store) -> None:
    told = Told()
    boards = Boards([told.live])
    await save(store)
    pace = Pace(soon=0.01, later=0.01, always=600.0)
    async with running(Figures(store, boards, [told.live], pace=pace, clock=lambda: told.now)):
        await until(lambda: "acme" in boards.companies and today(boards).received == 0)
        caller = told.call("1.1").enters()
        await keep(store, "1.2", "handled")
        await until(lambda: today(boards).handled == 1)
        caller.hangs_up()
        await keep(store, "1.1", "voicemail")
        await until(lambda: today(boards).voicemail == 1)
        assert (today(boards).received, today(boards).abandoned) == (2, 0), "the database's word counts, and once"
    boards.close()


async def test_a_calls_end_is_in_the_figures_when_it_leaves_the_list(store: Store) -> None:
    told = Told()
    boards = Boards([told.live])
    await save(store)
    figures = Figures(store, boards, [told.live], clock=lambda: told.now)
    await figures.refresh()
    callers = [told.call(f"1.{number}").enters() for number in range(3)]
    assert (today(boards).received, today(boards).in_progress, listed(boards)) == (3, 3, 3)
    callers[0].joins("acme-billing-fr").rings("acme-amel", "acme-billing-fr").talks_to("acme-amel").hangs_up()
    callers[1].hangs_up()
    for _ in range(2):  # not written yet, and written as still open
        assert (today(boards).received, today(boards).in_progress, listed(boards)) == (3, 1, 1)
        assert (today(boards).handled, today(boards).abandoned) == (1, 1)
        for number in range(3):
            await keep(store, f"1.{number}", None)
        await figures.refresh()
    await keep(store, "1.0", "handled")
    await figures.refresh()
    await keep(store, "1.1", "abandoned")
    await figures.refresh()
    assert (today(boards).received, today(boards).handled, today(boards).abandoned) == (3, 1, 1)
    assert boards.just_ended("acme") == ()
    boards.close()


async def test_calls_of_a_switch_that_is_not_followed_here_are_in_progress_too(store: Store) -> None:
    told = Told()
    boards = Boards([told.live])
    await save(store)
    await keep(store, "1.1", None)
    async with store.transaction() as transaction:
        call = CallRecord(
            node="pbx2", uniqueid="1.1", company="acme", did="main", caller_number="+33612345678", caller_name="",
            entered=START,
        )  # fmt: skip
        await record_calls(transaction, [call])
    await Figures(store, boards, [told.live], clock=lambda: told.now).refresh()
    assert today(boards).in_progress == 1, "what is followed here and not up is over, whatever is written"
    told.live.set_link(LinkState.DOWN)
    assert today(boards).in_progress == 1, "as it was when it was lost"
    boards.close()


async def test_yesterdays_calls_are_not_counted_today(store: Store) -> None:
    told = Told()
    boards = Boards([told.live])
    await save(store)
    figures = Figures(store, boards, [told.live], clock=lambda: told.now)
    await figures.refresh()
    up, over = told.call("1.1").enters(), told.call("1.2").enters()
    told.after(24 * 3600)
    await figures.refresh()
    over.hangs_up()
    assert (today(boards).received, listed(boards)) == (0, 1)
    up.hangs_up()
    assert today(boards).received == 0
    boards.close()


async def test_figures_go_on_when_the_database_is_back(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    told = Told()
    boards = Boards([told.live])
    empty = open_store(f"sqlite:///{tmp_path}/late.db")
    async with running(Figures(empty, boards, [told.live], pace=Pace(always=0.01), clock=lambda: told.now)):
        await until(lambda: "today's figures cannot be read" in caplog.text)
        caplog.set_level("INFO")
        await empty.migrate()
        await save(empty)
        await until(lambda: "acme" in boards.companies)
    assert caplog.text.count("today's figures cannot be read") == 1, "told once, on the change"
    await empty.close()
    boards.close()
