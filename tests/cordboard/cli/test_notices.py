"""What other systems were not told, by the command line: listed without what it says, told again, dropped; audited."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cordboard.settings import SettingsError
from cordboard.store.audit import last_audit
from cordboard.store.engine import open_store
from cordboard.store.notices import KeptNotice, keep_notice
from cordboard.store.records import AuditEntry
from kit.command import cordboard, done

NOW = datetime.now(UTC)
DEAD = KeptNotice(
    company="acme",
    key="node1-1.2-remind",
    node="remind",
    source="sms",
    content={"to": "+33612345678"},
    retries=3,
    tries=3,
    since=NOW,
    due=None,
    reason="status 503",
)
DUE = KeptNotice(
    company="acme",
    key="node1-1.3-remind",
    node="remind",
    source="sms",
    content={"to": "+33612345678"},
    retries=3,
    since=NOW,
    due=NOW + timedelta(hours=1),
    reason="no answer in time",
)


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    home = tmp_path / "home"
    monkeypatch.setenv("CORDBOARD_HOME", str(home))
    done("init")
    return f"sqlite:///{home}/cordboard.sqlite"


async def _keep(url: str) -> None:
    async with open_store(url) as store, store.transaction() as session:
        for notice in (DUE, DEAD):
            await keep_notice(session, notice)


async def _audited(url: str) -> list[tuple[str, str, str, str | None]]:
    async with open_store(url) as store, store.reading() as session:
        lines: tuple[AuditEntry, ...] = await last_audit(session, actions=["notice_retried", "notice_dropped"])
        return [(line.action, line.object, line.detail, line.company) for line in lines]


def test_nothing_is_kept(url: str) -> None:
    assert "none" in done("notices", "list")


def test_dead_letters_stand_first_and_nobody_reads_what_they_say(url: str) -> None:
    asyncio.run(_keep(url))
    told = done("notices", "list")
    assert told.index(DEAD.key) < told.index(DUE.key)
    assert "given up" in told
    assert "status 503" in told
    found = json.loads(done("notices", "list", "--json"))
    assert [(each["key"], each["tries"], each["due"] is None) for each in found] == [
        (DEAD.key, 3, True),
        (DUE.key, 0, False),
    ]
    assert "+336" not in told + json.dumps(found)


def test_one_is_told_again_and_one_is_forgotten(url: str) -> None:
    asyncio.run(_keep(url))
    done("notices", "retry", DEAD.key)
    done("notices", "drop", DUE.key)
    (left,) = json.loads(done("notices", "list", "--json"))
    assert (left["key"], left["tries"]) == (DEAD.key, 0)
    assert left["due"] is not None
    assert asyncio.run(_audited(url)) == [
        ("notice_dropped", DUE.key, "sms, step remind", "acme"),
        ("notice_retried", DEAD.key, "sms, step remind", "acme"),
    ]


@pytest.mark.parametrize("deed", ["retry", "drop"])
def test_what_is_not_kept_is_refused(url: str, deed: str) -> None:
    refused = cordboard("notices", deed, "1.2-nothing").exception
    assert isinstance(refused, SettingsError)
    assert "cordboard notices list" in str(refused)
    assert asyncio.run(_audited(url)) == []
