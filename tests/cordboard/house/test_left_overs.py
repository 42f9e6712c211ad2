"""What the database did not take before the end is written at the next start: all of it, once, whatever goes wrong."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cordboard.desk.occurrences import Occurrence, What
from cordboard.desk.rota import Owed, Repair
from cordboard.house.alone import only_daemon
from cordboard.house.left_overs import NAME, leave, take_in
from cordboard.house.tenancy import only_daemon_of_switch
from cordboard.journal.left_over import LeftOver
from cordboard.journal.recorder import Limits, Recorder
from cordboard.settings import Settings
from cordboard.store.agents import find_login, keep_login
from cordboard.store.audit import last_audit
from cordboard.store.company import save_company
from cordboard.store.conversations import last_conversations
from cordboard.store.engine import Store, open_store
from cordboard.store.errors import StoreUnavailable
from cordboard.store.journal import facts_of, find_call, record_calls
from cordboard.store.records import AgentLogin, AgentSpan
from cordboard.store.spans import spans_within
from kit.acme import company
from kit.patience import until
from kit.told import START, Told

QUICK = Limits(gather=0.0, first_retry=0.01, last_retry=0.02)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite:///{tmp_path}/cordboard.db") as opened:
        await opened.migrate()
        async with opened.transaction() as session:
            acme = company()
            patient = {name: replace(queue, missed_before_pause=9) for name, queue in acme.queues.items()}
            await save_company(session, replace(acme, queues=patient), "test")
            await keep_login(
                session, AgentLogin(company="acme", person="amel", node="pbx1", endpoint="amel", since=START)
            )
        yield opened


@pytest.fixture
async def settings(store: Store, tmp_path: Path) -> AsyncIterator[Settings]:
    """A home whose daemon serves the switch."""
    (tmp_path / "home").mkdir()
    found = Settings(home=tmp_path / "home", node="pbx1")
    with only_daemon(found.home):
        async with only_daemon_of_switch(store, found):
            yield found


@asynccontextmanager
async def away() -> Any:
    raise StoreUnavailable("gone")
    yield


@pytest.fixture
async def history(store: Store, monkeypatch: pytest.MonkeyPatch) -> LeftOver:
    """A call that was talked, one that goes on, and what an agent did, told to a recorder whose database is away."""
    told = Told()
    told.member("acme-amel", "acme-billing-fr")
    recorder = Recorder(store, told.live, limits=QUICK, clock=lambda: told.now)
    with monkeypatch.context() as patch:
        patch.setattr(store, "transaction", away)
        task = asyncio.create_task(recorder.run())
        await asyncio.sleep(0)
        queue = "acme-billing-fr"
        call = told.call("pbx1-1.1").enters().joins(queue).rings("acme-amel", queue)
        told.after(2)
        call.talks_to("acme-amel", queue)
        told.after(5)
        call.hangs_up()
        told.call("pbx1-1.2").enters()
        await until(lambda: recorder.counters.failures)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert not await recorder.close(0.1)
    return recorder.left_over()


HAPPENED = Owed(
    (Occurrence(What.MISSED, ("acme", "amel"), START, "acme-billing-fr"),),
    (Repair(("acme", "amel"), START, "put back into acme-billing-fr: Asterisk was restarted"),),
)


async def everything(store: Store) -> tuple[Any, ...]:
    async with store.reading() as session:
        login = await find_login(session, "acme", "amel")
        assert login is not None
        calls = [await find_call(session, "pbx1", f"pbx1-1.{number}") for number in (1, 2)]
        facts = [await facts_of(session, "pbx1", f"pbx1-1.{number}") for number in (1, 2)]
        spans = await spans_within(session, "acme", START - timedelta(days=1), START + timedelta(days=1))
        audit = [line for line in await last_audit(session, "acme") if line.action == "agent.repair"]
        return calls, facts, await last_conversations(session, "acme"), spans, audit, login.missed


async def test_all_of_it_is_written_at_the_next_start(store: Store, settings: Settings, history: LeftOver) -> None:
    leave(settings, history, HAPPENED)
    path = settings.home / NAME
    assert path.stat().st_mode & 0o077 == 0, "callers' numbers are in it"
    await take_in(store, settings)
    calls, facts, wholes, spans, audit, missed = await everything(store)
    assert [(call.outcome, call.agent) for call in calls] == [("handled", "amel"), (None, None)]
    assert [[fact.sequence for fact in each] for each in facts] == [list(range(len(each))) for each in facts]
    assert [whole.uniqueid for whole in wholes] == ["pbx1-1.1"]
    assert {span.state for span in spans} == {"ringing", "inbound_call"}
    assert [line.detail for line in audit] == [HAPPENED.repairs[0].what]
    assert missed == 1
    assert not path.exists()


async def test_it_is_written_once_though_the_file_comes_back(
    store: Store, settings: Settings, history: LeftOver
) -> None:
    """The machine lost its power before the file was gone."""
    leave(settings, history, HAPPENED)
    path, copy = settings.home / NAME, settings.home / "copy"
    shutil.copy(path, copy)
    await take_in(store, settings)
    written = await everything(store)
    copy.rename(path)
    await take_in(store, settings)
    assert await everything(store) == written
    assert not path.exists()


async def test_a_name_that_ends_lines_elsewhere_ends_none_here(store: Store, settings: Settings) -> None:
    """Callers choose their names, and what is left over has a line for each run."""
    repair = replace(HAPPENED.repairs[0], what="caller Ana\u2028\u0085\u2029\x1c\r\n gone")
    leave(settings, LeftOver(), replace(HAPPENED, repairs=(repair,)))
    await take_in(store, settings)
    *_, audit, missed = await everything(store)
    assert ([line.detail for line in audit], missed) == ([repair.what], 1)
    assert not (settings.home / NAME).exists()


async def test_what_several_runs_left_is_written_in_order(store: Store, settings: Settings, history: LeftOver) -> None:
    for _ in range(3):
        leave(settings, LeftOver(), HAPPENED)
    leave(settings, history, Owed())
    leave(settings, LeftOver(), Owed())
    assert len((settings.home / NAME).read_text().splitlines()) == 4
    await take_in(store, settings)
    *_, missed = await everything(store)
    assert missed == 3


async def test_what_the_database_does_not_take_stays(
    store: Store, settings: Settings, history: LeftOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(settings, history, HAPPENED)
    kept = (settings.home / NAME).read_text()
    with monkeypatch.context() as patch:
        patch.setattr(store, "transaction", away)
        await take_in(store, settings)
    assert (settings.home / NAME).read_text() == kept
    *_, missed = await everything(store)
    assert missed == 0


async def test_one_that_is_unreadable_or_of_another_switch_stays_and_holds_up_nothing(
    store: Store, settings: Settings, history: LeftOver, caplog: pytest.LogCaptureFixture
) -> None:
    path = settings.home / NAME
    path.write_text("torn\n")
    leave(replace(settings, node="pbx9"), history, Owed())
    other = path.read_text().splitlines()
    leave(settings, history, HAPPENED)
    await take_in(store, settings)
    assert path.read_text().splitlines() == other
    *_, missed = await everything(store)
    assert missed == 1
    assert "a left-over is unreadable" in caplog.text
    assert "+336" not in caplog.text


async def test_a_call_that_was_closed_meanwhile_stays_closed(
    store: Store, settings: Settings, history: LeftOver
) -> None:
    open_call = next(call for call in history.calls if call.outcome is None)
    closed = replace(open_call, outcome="abandoned", ended=START)
    async with store.transaction() as session:
        await record_calls(session, [closed])
    leave(settings, history, Owed())
    await take_in(store, settings)
    (_, call), *_ = await everything(store)
    assert call == closed


async def test_a_home_that_is_full_is_told(
    settings: Settings, history: LeftOver, caplog: pytest.LogCaptureFixture
) -> None:
    (settings.home / NAME).mkdir()
    leave(settings, history, HAPPENED)
    assert "cannot be kept" in caplog.text


def test_agents_alone_are_something() -> None:
    span = AgentSpan(node="pbx1", company="acme", agent="amel", since=START, until=START, state="ready")
    assert LeftOver(spans=(span,))
    assert not LeftOver()
    assert not Owed()


async def test_a_call_that_was_open_in_history_is_closed_and_stays_as_it_is_told(
    store: Store, settings: Settings, history: LeftOver
) -> None:
    over = next(call for call in history.calls if call.outcome is not None)
    async with store.transaction() as session:
        await record_calls(session, [replace(over, outcome=None, ended=None, talked=0.0)])
    leave(settings, history, Owed())
    await take_in(store, settings)
    (call, _), *_ = await everything(store)
    assert call == over
