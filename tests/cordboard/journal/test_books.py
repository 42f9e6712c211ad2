"""Asterisk's own books are read whole: also what was rotated away, and nothing older than asked."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ami.models import FactKind
from cordboard.journal.books import Books
from cordboard.journal.cdr import received
from kit.cdr import NOON, row

LONG_AGO = datetime.min.replace(tzinfo=UTC)


def put(path: Path, text: str, at: datetime) -> None:
    path.write_text(text)
    os.utime(path, (at.timestamp(), at.timestamp()))


async def test_legs_of_one_call_belong_together(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    late = NOON + timedelta(minutes=5)
    path.write_text(row("1.1") + row("1.2") + row("1.1", at=late))
    found = received(await Books(records=path).records_since(late), late)
    assert {uniqueid: len(records) for uniqueid, records in found.items()} == {"1.1": 2}


async def test_a_file_that_is_not_there_yet_holds_nothing(tmp_path: Path) -> None:
    books = Books(tmp_path / "queue_log", tmp_path / "Master.csv")
    assert await books.records_since(NOON) == []
    assert await books.stays({"1.1"}, NOON) == {}
    assert await Books().records_since(NOON) == []
    assert await Books().endings({"1.1"}, NOON) == {"1.1": []}


async def test_records_that_were_rotated_away_are_read_and_no_older_ones_than_asked(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    day = timedelta(days=1)
    put(tmp_path / "Master.csv-20261119", row("1.1", at=NOON - 2 * day), NOON - 2 * day)
    put(tmp_path / "Master.csv.1", row("1.2", at=NOON - day) + row("1.3", at=NOON - day), NOON - day)
    put(tmp_path / "Master.csv.2.gz", "torn", NOON)
    put(path, row("1.3", at=NOON) + row("1.4", at=NOON), NOON + timedelta(minutes=1))
    books = Books(records=path)
    assert [record.uniqueid for record in await books.records_since(LONG_AGO)] == ["1.1", "1.2", "1.3", "1.3", "1.4"]
    found = received(await books.records_since(NOON - day), NOON - day)
    assert {uniqueid: len(records) for uniqueid, records in found.items()} == {"1.2": 1, "1.3": 2, "1.4": 1}
    path.unlink()
    assert [record.uniqueid for record in await books.records_since(NOON - day)] == ["1.2", "1.3"]


async def test_a_stay_in_a_queue_over_a_rotation_is_one(tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    at = int(NOON.timestamp())
    put(tmp_path / "queue_log.0", f"{at}|1.1|acme-billing|NONE|ENTERQUEUE||+33612345678|1\n", NOON)
    put(path, f"{at + 9}|1.1|acme-billing|NONE|ABANDON|1|1|9\n", NOON + timedelta(minutes=1))
    told = await Books(path).endings({"1.1", "1.2"}, NOON)
    assert [(fact.kind, int(fact.at.timestamp()) - at) for fact in told["1.1"]] == [
        (FactKind.JOINED, 0), (FactKind.HUNG_UP, 9),
    ]  # fmt: skip
    assert told["1.2"] == []


async def test_books_that_cannot_be_read_are_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("queue_log", "Master.csv"):
        (tmp_path / name).mkdir()
    books = Books(tmp_path / "queue_log", tmp_path / "Master.csv")
    assert await books.endings({"1.1"}, NOON) == {"1.1": []}
    assert [record.message for record in caplog.records] == ["queue_log cannot be read", "CDR cannot be read"]
    with pytest.raises(OSError, match="directory"):
        await books.records_since(NOON)
