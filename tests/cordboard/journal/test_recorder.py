"""What the live fold tells is kept: every call once, with its facts in order and one outcome."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ami.models import LinkState
from cordboard.journal import recorder as room
from cordboard.journal.day import tally_of_day
from cordboard.journal.recorder import Limits, Recorder
from cordboard.journal.tally import Tally
from cordboard.store.engine import Store
from cordboard.store.errors import StoreUnavailable
from cordboard.store.journal import facts_of, find_call, open_calls, record_calls
from cordboard.store.records import CallRecord
from kit.patience import PATIENCE
from kit.told import Told

Record = Callable[..., AbstractAsyncContextManager[Recorder]]


async def kept(store: Store, uniqueid: str) -> CallRecord:
    async with store.reading() as session:
        found = await find_call(session, "pbx1", uniqueid)
    assert found is not None, f"{uniqueid} is not in history"
    return found


async def kinds(store: Store, uniqueid: str) -> list[str]:
    async with store.reading() as session:
        facts = await facts_of(session, "pbx1", uniqueid)
    assert [fact.sequence for fact in facts] == list(range(len(facts)))
    return [fact.kind for fact in facts]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_call_is_opened_followed_and_closed(store: Store, told: Told, record: Record) -> None:
    told.member("acme-amel")
    told.member("acme-bob", Penalty="103")
    async with record() as recorder:
        call = told.call("1.1").enters()
        await until(lambda: not recorder.waiting)
        opened = await kept(store, "1.1")
        assert (opened.outcome, opened.ended, opened.company, opened.did) == (None, None, "acme", "main")
        assert opened.caller_number == "+33612345678"
        assert opened.generation == 7
        told.after(2)
        call.joins()
        told.after(4)
        call.rings("acme-amel")
        told.after(1)
        call.talks_to("acme-amel")
        told.after(30)
        call.hangs_up()
        await until(lambda: recorder.counters.calls_closed == 1)
    closed = await kept(store, "1.1")
    assert (closed.outcome, closed.detail) == ("handled", "amel")
    assert (closed.queue, closed.agent) == ("billing", "amel")
    assert (closed.waited, closed.talked, closed.held) == (5.0, 30.0, 0.0)
    assert closed.answered is not None
    assert closed.ended == told.now
    assert [(c["agent"], c["reason"]) for c in closed.why["candidates"]] == [("amel", "chosen"), ("bob", "not_yet")]
    assert closed.why["candidates"][1]["opens_after"] == 15
    assert await kinds(store, "1.1") == [
        "entered", "joined", "offered", "stopped_waiting", "connected", "completed", "hung_up",
    ]  # fmt: skip


async def today(store: Store, told: Told) -> Tally:
    async with store.reading() as session:
        return await tally_of_day(session, "acme", told.now, ZoneInfo("Europe/Paris"))


async def test_each_call_of_many_is_there_once(store: Store, told: Told, record: Record) -> None:
    async with record() as recorder:
        for number in range(100):
            call = told.call(f"1.{number}").enters()
            if number % 2:
                call.joins()
            if number % 3 == 0:
                call.says("Outcome", Outcome="dissuaded", Detail="closed")
            call.hangs_up()
        await until(lambda: recorder.counters.calls_closed == 100)
        await until(lambda: not recorder.waiting)
    async with record():
        tally = await today(store, told)
    assert tally == Tally(dissuaded=34, abandoned=66)
    assert tally.received == 100


async def test_who_has_his_answer_is_served_unless_he_asks_for_somebody(
    store: Store, told: Told, record: Record
) -> None:
    given = {"Outcome": "self_service", "Detail": "step:balance"}
    async with record() as recorder:
        told.call("1.1").enters().says("Outcome", **given).says("Menu", Menu="main", Version="1", By="flow").hangs_up()
        told.call("1.2").enters().says("Outcome", **given).says("Outcome", Outcome="", Detail="").joins().hangs_up()
        await until(lambda: recorder.counters.calls_closed == 2)
        await until(lambda: not recorder.waiting)
        tally = await today(store, told)
    assert tally == Tally(self_service=1, abandoned=1)


async def test_the_figures_of_today_add_up(store: Store, told: Told, record: Record) -> None:
    async with record() as recorder:
        told.after(-24 * 3600)
        told.call("0.1").enters().hangs_up()  # yesterday
        told.after(24 * 3600)
        told.call("1.1").enters().says("Outcome", Outcome="blocked").hangs_up()
        for outcome in ("self_service", "overflowed", "dissuaded", "voicemail", "callback", "technical"):
            told.call(f"2.{outcome}").enters().says("Outcome", Outcome=outcome).hangs_up()
        told.call("3.1").enters().joins().talks_to("acme-amel").hangs_up()
        told.call("4.1").enters()
        told.call("5.1").enters(company="other").hangs_up()
        await until(lambda: not recorder.waiting)
        tally = await today(store, told)
    assert tally == Tally(
        handled=1, self_service=1, overflowed=1, dissuaded=1, voicemail=1, callback=1, technical=1, in_progress=1,
        blocked=1,
    )  # fmt: skip
    assert tally.received == 8
    assert tally.service_rate == 3 / 8
    assert tally.abandon_rate == 0
    assert Tally(blocked=3).service_rate is None


async def test_what_a_locked_database_refuses_is_written_once_when_it_is_back(
    store: Store, told: Told, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_away = True
    transaction, refused = store.transaction, 0

    @asynccontextmanager
    async def failing() -> Any:
        nonlocal refused
        async with transaction() as session:
            yield session
            if is_away:
                refused += 1
                raise StoreUnavailable("database is locked")  # after everything was sent: all of it is taken back

    monkeypatch.setattr(store, "transaction", failing)
    async with record() as recorder:
        for number in range(5):
            told.call(f"1.{number}").enters().joins().hangs_up()
        await until(lambda: refused >= 3)
        assert recorder.waiting == 10, "each as a received call, and as a call that people have"
        async with store.reading() as session:
            assert await open_calls(session) == ()
        told.call("1.5").enters().hangs_up()
        is_away = False
        await until(lambda: recorder.counters.calls_closed == 6)
        assert 0 < recorder.counters.failures <= refused
        assert recorder.counters.calls_lost == 0
    for number in range(5):
        assert await kinds(store, f"1.{number}") == ["entered", "joined", "hung_up"]


async def test_a_real_lock_held_by_somebody_else_delays_history_and_loses_nothing(
    store: Store, told: Told, record: Record, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "cordboard.db", isolation_level=None)
    async with record() as recorder:
        other.execute("BEGIN EXCLUSIVE")
        told.call("1.1").enters().hangs_up()
        await asyncio.sleep(0.3)
        assert recorder.counters.calls_closed == 0
        other.execute("ROLLBACK")
        other.close()
        await until(lambda: recorder.counters.calls_closed == 1)
    assert (await kept(store, "1.1")).outcome == "abandoned"


async def test_what_waits_for_the_database_is_bounded_and_what_is_given_up_is_counted(
    store: Store, told: Told, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    transaction = store.transaction

    @asynccontextmanager
    async def away() -> Any:
        raise StoreUnavailable("gone")
        yield

    monkeypatch.setattr(store, "transaction", away)
    limits = Limits(gather=0.0, first_retry=0.01, last_retry=0.01, waiting_facts=20)
    async with record(limits=limits) as recorder:
        open_call = told.call("9.9").enters()
        for number in range(50):
            told.call(f"1.{number}").enters().hangs_up()
        assert recorder.waiting - len(recorder.ended) <= 20
        await until(lambda: recorder.counters.failures > 1)
        lost = recorder.counters.calls_lost
        assert lost == 41
        assert recorder.counters.facts_lost == 82
        monkeypatch.setattr(store, "transaction", transaction)
        open_call.hangs_up()
        await until(lambda: not recorder.waiting)
        tally = await today(store, told)
    assert tally.received == 51 - lost
    assert await kinds(store, "9.9") == ["entered", "hung_up"]


async def test_a_call_that_the_database_refuses_does_not_hold_up_the_others(
    store: Store, told: Told, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def picky(session: Any, calls: Any) -> None:
        if any(call.uniqueid == "1.0" for call in calls):
            raise StoreUnavailable("not this one")
        await record_calls(session, calls)

    monkeypatch.setattr(room, "record_calls", picky)
    async with record() as recorder:
        for number in range(20):
            told.call(f"1.{number}").enters().hangs_up()
        await until(lambda: recorder.counters.calls_closed == 19)
        assert recorder.waiting == 1
        monkeypatch.setattr(room, "record_calls", record_calls)
        await until(lambda: recorder.counters.calls_closed == 20)


async def test_a_call_open_when_this_program_ended_goes_on_in_the_next_run(
    store: Store, told: Told, record: Record
) -> None:
    told.member("acme-amel")
    async with record() as recorder:
        told.call("1.1").enters().joins().rings("acme-amel")
        await until(lambda: not recorder.waiting)
    again = Told()
    again.now = told.after(10).now
    again.live.set_link(LinkState.SYNCING)
    async with record(again) as recorder:
        call = again.call("1.1")
        again.relist(call, seconds=10)
        again.after(2)
        call.talks_to("acme-amel")
        again.after(5)
        call.hangs_up()
        await until(lambda: recorder.counters.calls_closed == 1)
    closed = await kept(store, "1.1")
    assert (closed.outcome, closed.agent, closed.company, closed.did) == ("handled", "amel", "acme", "main")
    assert (closed.waited, closed.talked, closed.is_partial) == (12.0, 5.0, False)
    assert closed.why["agent"] == "amel"
    assert await kinds(store, "1.1") == [
        "entered", "joined", "offered", "stopped_waiting", "connected", "completed", "hung_up",
    ]  # fmt: skip


async def test_a_call_that_nobody_saw_entering_is_kept_from_where_it_was_found(
    store: Store, told: Told, record: Record
) -> None:
    told.live.set_link(LinkState.SYNCING)
    async with record() as recorder:
        call = told.call("1.1")
        told.relist(call, seconds=10)
        told.after(3)
        call.hangs_up()
        await until(lambda: recorder.counters.calls_closed == 1)
    found = await kept(store, "1.1")
    assert (found.outcome, found.detail, found.queue) == ("abandoned", "queue:billing", "billing")
    assert (found.waited, found.is_partial, found.did) == (13.0, True, "main")


async def test_a_call_that_ended_while_nobody_looked_is_closed_as_unseen(
    store: Store, told: Told, record: Record
) -> None:
    async with record() as recorder:
        told.call("1.1").enters().joins()
        told.call("1.2").enters().joins().talks_to("acme-amel")
        await until(lambda: not recorder.waiting)
    again = Told()
    again.now = told.after(60).now
    async with record(again) as recorder:
        await until(lambda: recorder.counters.calls_closed == 2)
        assert recorder.counters.unseen_ends == 2
    lost, served = await kept(store, "1.1"), await kept(store, "1.2")
    assert (lost.outcome, lost.detail, lost.ended) == ("technical", "unseen", again.now)
    assert (served.outcome, served.detail, served.talked) == ("handled", "amel", 0.0)


async def test_a_call_is_not_taken_for_lost_before_the_first_exact_picture(
    store: Store, told: Told, record: Record
) -> None:
    async with record() as recorder:
        told.call("1.1").enters()
        await until(lambda: not recorder.waiting)
    again = Told()
    again.live.set_link(LinkState.SYNCING)
    async with record(again) as recorder:
        await asyncio.sleep(0.05)
        async with store.reading() as session:
            assert [call.uniqueid for call in await open_calls(session)] == ["1.1"]
        again.relist()
        await until(lambda: recorder.counters.calls_closed == 1)


async def test_a_gap_in_the_link_ends_only_what_is_gone(store: Store, told: Told, record: Record) -> None:
    async with record() as recorder:
        told.call("1.1").enters().joins()
        stays = told.call("1.2").enters().joins()
        told.after(5)
        told.relist(stays, seconds=5)
        await until(lambda: recorder.counters.calls_closed == 1)
        stays.hangs_up()
        await until(lambda: recorder.counters.calls_closed == 2)
    assert (await kept(store, "1.1")).detail == "unseen"
    assert (await kept(store, "1.2")).detail == "queue:billing"
    assert await kinds(store, "1.2") == ["entered", "joined", "gap", "hung_up"]


async def test_queue_log_tells_how_a_call_ended_that_nobody_saw(
    store: Store, told: Told, record: Record, tmp_path: Path
) -> None:
    async with record() as recorder:
        for uniqueid in ("1.1", "1.2", "1.3", "1.4"):
            told.call(uniqueid).enters().joins()
        await until(lambda: not recorder.waiting)
    at = int(told.now.timestamp())
    path = tmp_path / "queue_log"
    path.write_text(
        f"{at}|1.1|acme-billing|NONE|ENTERQUEUE||+33612345678|1\n"
        f"{at}|1.2|acme-billing|NONE|ENTERQUEUE||+33612345678|2\n"
        f"{at}|1.3|acme-billing|NONE|ENTERQUEUE||+33612345678|3\n"
        f"{at + 4}|1.1|acme-billing|acme-amel|CONNECT|4|1.9|3\n"
        f"{at + 9}|1.2|acme-billing|NONE|ABANDON|1|2|9\n"
        f"{at + 24}|1.1|acme-billing|acme-amel|COMPLETECALLER|4|20|1\n"
        f"{at + 25}|NONE|NONE|NONE|QUEUESTART|\n"
    )
    again = Told()
    again.now = told.after(60).now
    async with record(again, queue_log=path) as recorder:
        await until(lambda: recorder.counters.calls_closed == 4)
    handled, abandoned = await kept(store, "1.1"), await kept(store, "1.2")
    assert (handled.outcome, handled.detail, handled.waited, handled.talked) == ("handled", "amel", 4.0, 20.0)
    assert (abandoned.outcome, abandoned.detail, abandoned.waited) == ("abandoned", "queue:billing", 9.0)
    assert abandoned.ended is not None
    assert int(abandoned.ended.timestamp()) == at + 9
    assert [(await kept(store, uniqueid)).detail for uniqueid in ("1.3", "1.4")] == ["unseen", "unseen"]
    assert await kinds(store, "1.1") == ["entered", "joined", "connected", "completed", "hung_up"]


async def test_the_last_writes_are_made_at_the_end(store: Store, told: Told, record: Record) -> None:
    async with record(limits=Limits(gather=60.0)):
        told.call("1.1").enters().hangs_up()
    assert (await kept(store, "1.1")).outcome == "abandoned"


async def test_hostile_names_of_callers_are_kept_as_they_are_or_made_harmless(
    store: Store, told: Told, record: Record
) -> None:
    async with record() as recorder:
        call = told.call("1.1", "'; DROP TABLE call;--" + "9" * 300)
        call.enters().joins(queue="acme-billing").hangs_up()
        told.call("1.2", "\0\x1b[31m${SHELL(id)}").enters(did="x" * 300).hangs_up()
        await until(lambda: recorder.counters.calls_closed == 2)
    assert (await kept(store, "1.1")).caller_number == ("'; DROP TABLE call;--" + "9" * 300)[:40]
    assert (await kept(store, "1.2")).caller_number == "\ufffd\x1b[31m${SHELL(id)}"
