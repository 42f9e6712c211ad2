"""Calls that nobody followed are taken up from CDR once each; those that were followed are left alone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ami.models import Fact, LinkState
from cordboard.journal.books import Books
from cordboard.journal.cdr import records_of
from cordboard.journal.history import last_calls
from cordboard.journal.missed import Missed, Pace
from cordboard.journal.recorder import Limits, Recorder
from cordboard.journal.unfollowed import Unfollowed
from cordboard.store.conversations import last_conversations, record_conversations
from cordboard.store.engine import Store
from cordboard.store.errors import StoreUnavailable
from cordboard.store.journal import facts_of, find_call, known_calls, last_moment, last_outcomes
from cordboard.store.records import CallRecord, ConversationRecord
from kit.cdr import row
from kit.patience import PATIENCE, until
from kit.told import START, Told

QUICK = Limits(gather=0.0, first_retry=0.01, last_retry=0.02)
AT_ONCE = Pace(settle=0.0, retry=0.01)


@contextlib.asynccontextmanager
async def journal(store: Store, told: Told, folder: Path) -> AsyncIterator[Recorder]:
    """The recorder and who looks for missed calls, both at work."""
    books = Books(folder / "queue_log", folder / "Master.csv")
    recorder = Recorder(store, told.live, limits=QUICK, books=books, clock=lambda: told.now)
    unfollowed = Unfollowed(store, "pbx1", recorder, books, clock=lambda: told.now)
    missed = Missed(unfollowed, told.live, books, pace=AT_ONCE, clock=lambda: told.now)
    tasks = [asyncio.create_task(recorder.run()), asyncio.create_task(missed.run())]
    try:
        await asyncio.sleep(0)
        yield recorder
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await recorder.close()


async def history(store: Store) -> dict[str, CallRecord]:
    async with store.reading() as session:
        return {call.uniqueid: call for call in await last_outcomes(session)}


def write(folder: Path, *rows: str) -> None:
    with (folder / "Master.csv").open("a") as file:
        file.writelines(rows)


async def test_a_call_of_which_only_asterisk_knows_gets_its_row(store: Store, told: Told, tmp_path: Path) -> None:
    write(tmp_path, row("pbx1-1.1", at=START, told="dissuaded late", name="Ana"))
    (tmp_path / "queue_log").write_text(
        f"{START.timestamp():.0f}|pbx1-1.1|acme-billing|NONE|ENTERQUEUE||+33612345678|1\n"
        f"{START.timestamp() + 8:.0f}|pbx1-1.1|acme-billing|NONE|EXITWITHTIMEOUT|1|1|8\n"
    )
    told.after(60)
    async with journal(store, told, tmp_path) as recorder:
        await until(lambda: recorder.counters.calls_closed == 1)
    call = (await history(store))["pbx1-1.1"]
    assert (call.company, call.did, call.caller_number, call.caller_name) == ("acme", "main", "+33612345678", "Ana")
    assert (call.outcome, call.detail, call.queue, call.generation) == ("dissuaded", "late", "billing", 7)
    assert (call.entered, call.ended) == (START, START + timedelta(seconds=10))
    assert call.is_partial
    async with store.reading() as session:
        facts = await facts_of(session, "pbx1", "pbx1-1.1")
    assert [fact.kind for fact in facts] == ["entered", "joined", "outcome", "hung_up", "repaired"]
    assert facts[-1].data == {"source": "cdr"}


async def test_it_gets_one_row_however_often_and_by_whom_it_is_looked_for(
    store: Store, told: Told, tmp_path: Path
) -> None:
    write(tmp_path, row("pbx1-1.1", at=START), row("pbx1-1.2", at=START))
    told.after(60)
    for _ in range(3):
        async with journal(store, told, tmp_path) as recorder:
            for _ in range(3):
                told.relist()
                await asyncio.sleep(0.02)
            await until(lambda: not recorder.waiting)
            async with asyncio.timeout(PATIENCE):
                while len(await history(store)) < 2:
                    await asyncio.sleep(0.01)
    assert len(await history(store)) == 2
    async with store.reading() as session:
        assert len(await facts_of(session, "pbx1", "pbx1-1.1")) == 3


async def test_a_call_that_was_followed_stays_as_it_was_seen(store: Store, told: Told, tmp_path: Path) -> None:
    async with journal(store, told, tmp_path) as recorder:
        told.call("pbx1-1.1").enters().joins().talks_to("acme-amel").hangs_up()
        told.call("pbx1-1.2").enters().joins()
        await until(lambda: recorder.counters.calls_closed == 1)
        write(tmp_path, row("pbx1-1.1", at=START, told="technical dialplan"))
        write(tmp_path, row("pbx1-1.2", at=START, told="technical dialplan"))  # a leg of a call that goes on
        told.after(60).relist(told.call("pbx1-1.2"), seconds=60)
        await asyncio.sleep(0.1)
        assert recorder.counters.unseen_calls == 0
        async with store.reading() as session:
            going_on = await find_call(session, "pbx1", "pbx1-1.2")
    assert (await history(store))["pbx1-1.1"].outcome == "handled"
    assert going_on is not None
    assert going_on.outcome is None


async def test_a_call_that_came_and_went_while_the_link_was_down(store: Store, told: Told, tmp_path: Path) -> None:
    async with journal(store, told, tmp_path) as recorder:
        await asyncio.sleep(0.05)
        told.live.set_link(LinkState.DOWN, "cut")
        write(tmp_path, row("pbx1-1.1", at=told.now, told="self_service message"))
        told.after(30)
        await asyncio.sleep(0.05)
        assert recorder.counters.unseen_calls == 0  # nothing is concluded before the switch is seen again
        told.relist()
        await until(lambda: recorder.counters.calls_closed == 1)
    assert (await history(store))["pbx1-1.1"].outcome == "self_service"


async def test_who_was_seen_entering_is_closed_with_what_records_tell(store: Store, told: Told, tmp_path: Path) -> None:
    async with journal(store, told, tmp_path) as recorder:
        told.call("pbx1-1.1").enters()
        await until(lambda: not recorder.waiting)
        write(tmp_path, row("pbx1-1.1", at=told.now, seconds=20, told="voicemail box"))
        told.after(60).relist()
        await until(lambda: recorder.counters.calls_closed == 1)
    call = (await history(store))["pbx1-1.1"]
    assert (call.outcome, call.detail, call.is_partial) == ("voicemail", "box", False)
    assert call.ended == START + timedelta(seconds=20)
    async with store.reading() as session:
        facts = await facts_of(session, "pbx1", "pbx1-1.1")
    assert [fact.kind for fact in facts] == ["entered", "gap", "lost", "outcome", "hung_up", "repaired"]


async def test_a_talk_that_ended_while_nobody_followed_counts_to_its_end(
    store: Store, told: Told, tmp_path: Path
) -> None:
    async with journal(store, told, tmp_path) as recorder:
        caller = told.call("pbx1-1.1").enters().joins()
        told.after(4)
        caller.rings("acme-amel").talks_to("acme-amel")
        await until(lambda: not recorder.waiting)
        write(tmp_path, row("pbx1-1.1", at=START, seconds=20))
        ended = f"{START.timestamp() + 20:.0f}|pbx1-1.1|acme-billing|acme-amel|COMPLETECALLER|4|16|1\n"
        (tmp_path / "queue_log").write_text(
            f"{START.timestamp():.0f}|pbx1-1.1|acme-billing|NONE|ENTERQUEUE||+33612345678|1\n"
            f"{START.timestamp() + 4:.0f}|pbx1-1.1|acme-billing|acme-amel|CONNECT|4|pbx1-1.2|0\n{ended}"
        )
        told.after(60).relist()
        await until(lambda: recorder.counters.calls_closed == 1)
    call = (await history(store))["pbx1-1.1"]
    assert (call.outcome, call.waited, call.talked) == ("handled", 4.0, 16.0)
    async with store.reading() as session:
        facts = await facts_of(session, "pbx1", "pbx1-1.1")
    assert [fact.kind for fact in facts].count("hung_up") == 1


async def test_a_call_that_ended_just_now_is_not_taken_for_missed(store: Store, told: Told, tmp_path: Path) -> None:
    """Its record may be there before its events were taken in."""
    write(tmp_path, row("pbx1-1.1", at=told.now, seconds=1))
    async with journal(store, told, tmp_path) as recorder:
        await asyncio.sleep(0.1)
        assert recorder.counters.unseen_calls == 0
        told.after(60).relist()
        await until(lambda: recorder.counters.calls_closed == 1)


async def test_calls_of_another_switch_are_left_alone(store: Store, told: Told, tmp_path: Path) -> None:
    write(tmp_path, row("pbx2-1.1", at=START), row("pbx1-1.1", at=START))
    told.after(60)
    async with journal(store, told, tmp_path) as recorder:
        await until(lambda: recorder.counters.calls_closed == 1)
    assert list(await history(store)) == ["pbx1-1.1"]


async def test_a_phone_that_came_to_a_received_caller_is_no_call_that_was_received(
    store: Store, told: Told, tmp_path: Path
) -> None:
    """Whoever fetches a parked caller, or is transferred to, takes on the account code of the caller's number."""
    phone = row("pbx1-1.1", at=START, number="701", leg="PJSIP/acme-amel-00000005", context="cordboard-desk")
    write(tmp_path, phone, row("pbx1-1.2", at=START))
    told.after(60)
    async with journal(store, told, tmp_path) as recorder:
        await until(lambda: recorder.counters.calls_closed == 1)
    assert list(await history(store)) == ["pbx1-1.2"]


async def test_what_ended_a_day_before_the_last_call_of_history_is_not_looked_at(
    store: Store, told: Told, tmp_path: Path
) -> None:
    """A row that was taken out of history after days is not put back."""
    write(tmp_path, row("pbx1-1.1", at=START - timedelta(days=3)))
    async with journal(store, told, tmp_path):
        told.call("pbx1-2.1").enters().hangs_up()
    async with store.reading() as session:
        assert await last_moment(session, "pbx1") == START
        assert await last_moment(session, "pbx2") is None
    write(tmp_path, row("pbx1-3.1", at=START - timedelta(hours=1)))
    told.after(60)
    async with journal(store, told, tmp_path) as recorder:
        await until(lambda: recorder.counters.calls_closed == 1)
    assert set(await history(store)) == {"pbx1-2.1", "pbx1-3.1"}


async def known(store: Store, *uniqueids: str) -> frozenset[str]:
    async with store.reading() as session:
        return await known_calls(session, "pbx1", uniqueids)


async def test_of_very_many_calls_those_that_are_known_are_found(store: Store, told: Told, tmp_path: Path) -> None:
    async with journal(store, told, tmp_path):
        for number in range(0, 1200, 100):
            told.call(f"pbx1-1.{number}").enters().hangs_up()
    asked = [f"pbx1-1.{number}" for number in range(1200)]
    assert await known(store, *asked) == {f"pbx1-1.{number}" for number in range(0, 1200, 100)}


async def test_a_database_that_is_away_is_asked_again(
    store: Store, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, refused = store.reading, 0

    @contextlib.asynccontextmanager
    async def away() -> AsyncIterator[None]:
        nonlocal refused
        refused += 1
        raise StoreUnavailable("gone")
        yield

    write(tmp_path, row("pbx1-1.1", at=START))
    told.after(60)
    async with journal(store, told, tmp_path) as recorder:
        await asyncio.sleep(0)
        monkeypatch.setattr(store, "reading", away)
        await until(lambda: refused >= 2)
        monkeypatch.setattr(store, "reading", reading)
        await until(lambda: recorder.counters.calls_closed == 1)


async def test_a_file_that_cannot_be_read_is_told_and_tried_again(
    store: Store, told: Told, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "Master.csv").mkdir()
    told.after(60)
    async with journal(store, told, tmp_path) as recorder:
        await until(lambda: "CDR cannot be read" in caplog.text)
        (tmp_path / "Master.csv").rmdir()
        write(tmp_path, row("pbx1-1.1", at=START))
        await until(lambda: recorder.counters.calls_closed == 1)


INTERNAL: dict[str, Any] = {
    "account": "",
    "leg": "PJSIP/acme-amel-00000001",
    "peer": "PJSIP/acme-bob-00000002",
    "number": "201",
    "exten": "acme-bob",
    "context": "cb-person-g7",
    "application": "Dial",
    "linkedid": "pbx1-1.1",
}


async def wholes(store: Store) -> dict[str, ConversationRecord]:
    async with store.reading() as session:
        return {call.uniqueid: call for call in await last_conversations(session, "acme")}


async def test_a_call_between_colleagues_that_nobody_followed_gets_its_row_once(
    store: Store, told: Told, tmp_path: Path
) -> None:
    write(tmp_path, row("pbx1-1.1", at=START, seconds=12, **INTERNAL))
    write(tmp_path, row("pbx2-1.1", at=START, **{**INTERNAL, "linkedid": "pbx2-1.1"}))
    told.after(60)
    for _ in range(3):
        async with journal(store, told, tmp_path) as recorder:
            for _ in range(3):
                told.relist()
                await asyncio.sleep(0.02)
            await until(lambda: not recorder.waiting)
            async with asyncio.timeout(PATIENCE):
                while not await wholes(store):
                    await asyncio.sleep(0.01)
    found = await wholes(store)
    assert list(found) == ["pbx1-1.1"]
    call = found["pbx1-1.1"]
    assert (call.direction, call.caller_number, call.dialled, call.agent) == ("internal", "201", "202", "bob")
    assert (call.outcome, call.detail, call.talked) == ("answered", "acme-bob", 12.0)
    assert call.is_repaired
    assert await history(store) == {}


async def test_of_a_long_call_what_is_older_than_what_was_read_is_told_too(
    store: Store, told: Told, tmp_path: Path
) -> None:
    waited = row("pbx1-1.1", at=START, seconds=9, linkedid="pbx1-1.1")
    passed_on = row("pbx1-1.2", at=START + timedelta(hours=30), **INTERNAL)
    write(tmp_path, waited, passed_on)
    (tmp_path / "queue_log").write_text(
        f"{START.timestamp():.0f}|pbx1-1.1|acme-billing|NONE|ENTERQUEUE||+33612345678|1\n"
        f"{START.timestamp() + 9:.0f}|pbx1-1.1|acme-billing|NONE|ABANDON|1|1|9\n"
    )
    books = Books(tmp_path / "queue_log", tmp_path / "Master.csv")
    recorder = Recorder(store, told.live, books=books)
    assert await Unfollowed(store, "pbx1", recorder, books).take_up_wholes(
        {"pbx1-1.1": tuple(records_of(passed_on))}
    ) == {"pbx1-1.1"}
    [found] = recorder.ended
    assert (found.record.started, found.record.waited, found.record.queue) == (START, 9.0, "billing")


async def test_a_received_call_that_nobody_followed_has_both_its_rows(store: Store, told: Told, tmp_path: Path) -> None:
    write(tmp_path, row("pbx1-1.1", at=START, told="voicemail box", context="cb-voicemail-g7", linkedid="pbx1-1.1"))
    told.after(60)
    async with journal(store, told, tmp_path) as recorder:
        await until(lambda: recorder.counters.calls_closed == recorder.ended.kept == 1)
    async with store.reading() as session:
        [call] = await last_calls(session, "acme", 10)
    assert call.received is not None
    assert call.whole is not None
    told_row = call.to_json()
    assert (told_row["outcome"], told_row["message_left"], told_row["is_repaired"]) == ("voicemail", True, True)


async def test_what_was_seen_is_not_replaced_by_what_records_tell_but_replaces_it(
    store: Store, told: Told, tmp_path: Path
) -> None:
    call = told.call("pbx1-1.1").enters().joins()
    write(tmp_path, row("pbx1-1.1", at=START, seconds=1, linkedid="pbx1-1.1"))
    told.after(60)
    async with journal(store, told, tmp_path) as recorder:
        told.relist(call, seconds=60)
        await asyncio.sleep(0.1)
        assert await wholes(store) == {}, "it is up"
        call.rings("acme-amel").talks_to("acme-amel").hangs_up()
        await until(lambda: not recorder.waiting)
        seen = (await wholes(store))["pbx1-1.1"]
        assert not seen.is_repaired
    async with store.transaction() as session:
        await record_conversations(session, [replace(seen, is_repaired=True, outcome="other")])
    assert (await wholes(store))["pbx1-1.1"] == seen
    repaired = replace(seen, uniqueid="pbx1-2.1", is_repaired=True)
    async with store.transaction() as session:
        await record_conversations(session, [repaired])
        await record_conversations(session, [replace(repaired, is_repaired=False)])
    assert not (await wholes(store))["pbx1-2.1"].is_repaired


async def test_records_of_a_call_that_has_another_id_in_history_are_no_call_of_their_own(
    store: Store, told: Told, tmp_path: Path
) -> None:
    """Asterisk may call a leg's call otherwise in the end than when it was first seen."""
    async with journal(store, told, tmp_path) as recorder:
        told.call("pbx1-1.1").enters().joins().rings("acme-amel").talks_to("acme-amel").hangs_up()
        await until(lambda: not recorder.waiting)
    write(tmp_path, row("pbx1-1.1", at=START, **{**INTERNAL, "linkedid": "pbx1-0.9"}))
    told.after(60)
    async with journal(store, told, tmp_path) as recorder:
        for _ in range(3):
            told.relist()
            await asyncio.sleep(0.02)
        assert list(await wholes(store)) == ["pbx1-1.1"]


async def test_a_call_that_is_told_of_while_its_record_is_looked_up_stays_as_it_was_seen(
    store: Store, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its events were late, its row is written between the question whether there is one and the answer."""
    write(tmp_path, row("pbx1-1.1", at=START, told="technical dialplan", linkedid="pbx1-1.1"))
    stays = Books.stays

    async def late(books: Books, uniqueids: set[str], since: datetime) -> dict[str, tuple[Fact, ...]]:
        if "pbx1-1.1" in uniqueids:
            told.call("pbx1-1.1").enters().joins().rings("acme-amel").talks_to("acme-amel").hangs_up()
            await until(lambda: not recorder.waiting)
        return await stays(books, uniqueids, since)

    monkeypatch.setattr(Books, "stays", late)
    told.after(60)
    async with journal(store, told, tmp_path) as recorder:
        await until(lambda: recorder.counters.calls_closed == 1 and not recorder.waiting)
        await asyncio.sleep(0.05)
        assert recorder.counters.unseen_calls == 0
    assert (await history(store))["pbx1-1.1"].outcome == "handled"
    assert not (await wholes(store))["pbx1-1.1"].is_repaired
