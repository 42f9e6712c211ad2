"""A day in figures on the command line."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cordboard.store.engine import open_store
from cordboard.store.journal import record_calls
from cordboard.store.records import AgentSpan, CallRecord
from cordboard.store.spans import record_spans
from kit.command import cordboard, done
from kit.switch import REPOSITORY

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A day of two handled calls, an abandoned one, and one that was blocked."""
    monkeypatch.setenv("CORDBOARD_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    done("init")
    done("import", str(REPOSITORY / "demo/company.yaml"))
    calls = [
        CallRecord(
            node="pbx1", uniqueid=f"1.{number}", company="acme", did="main", caller_number="1", caller_name="",
            entered=NOON, ended=NOON + timedelta(minutes=5), outcome=outcome,
            agent="amel" if outcome == "handled" else None, talked=60.0 * number, held=5.0 * number,
        )
        for number, outcome in enumerate(("abandoned", "handled", "handled", "blocked"))
    ]  # fmt: skip
    spans = [
        AgentSpan(
            node="pbx1", company="acme", agent=agent, since=NOON + timedelta(seconds=since),
            until=NOON + timedelta(seconds=until), state=state,
        )
        for agent, since, until, state in (
            ("amel", 0, 3600, "ready"), ("amel", 3600, 3640, "wrap_up"), ("bruno", 0, 61, "pause"),
        )
    ]  # fmt: skip

    async def keep() -> None:
        async with open_store(f"sqlite:///{tmp_path}/home/cordboard.sqlite") as store, store.transaction() as session:
            await record_calls(session, calls)
            await record_spans(session, spans)

    asyncio.run(keep())
    return "2026-03-02"


def test_a_day_in_words(day: str) -> None:
    told = done("day", "--date", day)
    assert "2026-03-02: 3 received (handled 2, abandoned 1), 1 blocked\n" in told
    assert "service rate 66.7%, abandoned 33.3%" in told
    assert "handling time 117.5 s a call: talk 90.0, hold 7.5, wrap-up 20.0 (2 handled)" in told
    for word in ("amel", "bruno", "1:00:00", "0:00:40", "0:01:01", "wrap up"):
        assert word in told


def test_a_day_for_programs(day: str) -> None:
    told = json.loads(done("day", "--date", day, "--json"))
    assert told["calls"]["received"] == 3
    handling = {"calls": 2, "talked": 180.0, "held": 15.0, "wrapped_up": 40.0, "mean": 117.5}
    assert told["handling"] == told["agents"]["amel"]["handling"] == handling
    assert told["agents"]["bruno"] == {
        "handling": {"calls": 0, "talked": 0.0, "held": 0.0, "wrapped_up": 0.0, "mean": None},
        "spent": {"pause": 61.0},
    }


def test_a_day_without_anything(day: str) -> None:
    assert done("day", "--date", "2026-03-03") == "2026-03-03: 0 received\n"
    assert " 0 received" in done("day")
    assert cordboard("day", "--date", "yesterday").exit_code == 2
