"""CDR is read as Asterisk's cdr_csv writes it, from the end of the file, and no caller's name passes for a record."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami.models import FactKind
from cordboard.journal import cdr
from cordboard.journal.cdr import call_of, facts_of, records_of, records_since, whole_story
from kit.cdr import NOON, row


def only(text: str) -> cdr.Record:
    [record] = records_of(text)
    return record


def test_a_line_as_asterisk_wrote_it() -> None:
    record = only(
        '"full-main","+33600000002","h","cb-voicemail-g1","""Ana"" <+33600000002>","PJSIP/full-carrier-00000001","",'
        '"NoOp","","2026-11-22 02:56:27","2026-11-22 02:56:27","2026-11-22 02:56:29",1,1,"ANSWERED","DOCUMENTATION",'
        '"pbx1-1795316187.17","dissuaded message"\n'
    )
    assert (record.company, record.did, record.caller_number, record.caller_name) == (
        "full", "main", "+33600000002", "Ana",
    )  # fmt: skip
    assert (record.generation, record.menu, record.rang, record.told) == (1, "", "", "dissuaded message")
    assert record.began == datetime(2026, 11, 22, 2, 56, 27, tzinfo=UTC)
    assert record.ended - record.began == timedelta(seconds=2)


def test_other_calls_and_torn_lines_are_left_out() -> None:
    internal = row("1.1", account="")
    older = row("1.2", account="main")
    half = row("1.5", leg="Local/s@somewhere-00000001;2")
    torn = row("1.3")[:-9]
    found = list(records_of(internal + older + half + torn + "\n" + row("1.4")))
    assert [record.uniqueid for record in found] == ["1.1", "1.2", "1.5", "1.4"]
    assert list(cdr.received(found, NOON)) == ["1.4"]


def test_legs_of_one_call_belong_together_but_for_channels_that_are_nobody() -> None:
    linked = partial(row, linkedid="pbx1-1.1", account="")
    legs = linked("pbx1-1.1") + linked("pbx1-1.2", leg="PJSIP/acme-amel-00000002")
    probe = partial(row, linkedid="pbx1-3.1", account="", peer="")
    halves = probe("pbx1-3.1", leg="Local/s@b-00000000;1") + probe("pbx1-3.2", leg="Local/s@b-00000000;2")
    found = cdr.wholes(records_of(legs + halves + row("1.9")), NOON)
    assert {name: [record.uniqueid for record in records] for name, records in found.items()} == {
        "pbx1-1.1": ["pbx1-1.1", "pbx1-1.2"]
    }
    assert cdr.wholes(records_of(legs), NOON + timedelta(hours=1)) == {}


def test_a_call_began_when_its_id_says_if_the_first_record_was_not_read() -> None:
    [late] = records_of(row("pbx1-1795340062.22", at=datetime(2026, 11, 22, 12, 0, tzinfo=UTC)))
    assert cdr.born("pbx1-1795340062.22", [late]) == datetime(2026, 11, 22, 9, 34, 22, tzinfo=UTC)
    assert cdr.born("chosen", [late]) == late.began


LINKED = st.sampled_from(["", "pbx1-1.1"])


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\0")), LINKED, LINKED)
def test_whatever_a_caller_calls_himself_his_is_one_record(name: str, linked: str, later: str) -> None:
    found = list(records_of(row("1.1", name=name, linkedid=linked) + row("1.2", linkedid=later)))
    assert [record.uniqueid for record in found] == ["1.1", "1.2"]
    assert found[0].caller_name == name


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\r\0")) | st.text('",\n'),
    st.integers(min_value=1),
    LINKED,
    st.sampled_from(["acme-main", ""]),
)
def test_a_reading_that_begins_within_a_name_finds_nothing_in_it(
    name: str, cut: int, linked: str, account: str
) -> None:
    """Who writes a line break and a whole record into his name is no other caller by that."""
    forged = row("9.9", account=account, linkedid=linked).strip()
    whole = row("1.1", name=f"{name}\n{forged}\n{name}", linkedid=linked)
    assert {record.uniqueid for record in records_of(whole[cut % len(whole) :])} <= {"1.1"}


def test_where_a_compiled_menu_had_the_caller() -> None:
    story = facts_of([only(row("1.1", context="cb-menu-acme-main-menu-g12"))])
    assert [(fact.kind, fact.data.get("menu")) for fact in story] == [
        (FactKind.MENU, "main-menu"), (FactKind.HUNG_UP, None), (FactKind.REPAIRED, None),
    ]  # fmt: skip


def test_who_answered_a_direct_dial() -> None:
    place, peer = "cb-person-g7", "PJSIP/acme-amel-0000000f"
    answered = only(row("1.1", context=place, peer=peer))
    refused = only(row("1.1", context=place, peer=peer, disposition="NO ANSWER"))
    assert [fact.data["person"] for fact in facts_of([answered]) if fact.kind == FactKind.ANSWERED] == ["amel"]
    assert not any(fact.kind == FactKind.ANSWERED for fact in facts_of([refused]))


def test_the_outcome_that_was_declared_last_is_told() -> None:
    records = [only(row("1.1", told="dissuaded late")), only(row("1.1", told="voicemail box")), only(row("1.1"))]
    told = [fact.data for fact in facts_of(records) if fact.kind == FactKind.OUTCOME]
    assert told == [{"outcome": "voicemail", "detail": "box"}]


def test_what_was_told_of_the_other_leg_of_a_conference_is_not_told_of_this_one() -> None:
    told = "self_service conference:staff"
    assert only(row("1.1", told=f"{told};{told}")).told == told


def test_a_call_and_its_story() -> None:
    records = [only(row("pbx1-1.1", seconds=20))]
    call = call_of("pbx1", records)
    assert (str(call.id), call.company, call.did, call.generation, call.is_partial) == (
        "pbx1/pbx1-1.1", "acme", "main", 7, True,
    )  # fmt: skip
    story = whole_story(records, [])
    assert [fact.kind for fact in story] == ["entered", "hung_up", "repaired"]
    assert [fact.at for fact in story] == [NOON, NOON + timedelta(seconds=20), NOON + timedelta(seconds=20)]


def test_the_file_is_read_from_its_end_and_no_further_than_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cdr, "BLOCK", 700)
    path = tmp_path / "Master.csv"
    path.write_text("".join(row(f"1.{number}", at=NOON + timedelta(minutes=number)) for number in range(200)))
    read = 0
    parse = records_of

    def counted(text: str) -> object:
        nonlocal read
        read = max(read, len(text))
        return parse(text)

    monkeypatch.setattr(cdr, "records_of", counted)
    for last in (0, 1, 7, 150, 199):
        since = NOON + timedelta(minutes=200 - last)
        found = [record.uniqueid for record in records_since(path, since) if record.ended >= since]
        assert found == [f"1.{number}" for number in range(200 - last, 200)]
        assert last > 100 or read < path.stat().st_size / 2
    assert len(records_since(path, datetime.min.replace(tzinfo=UTC))) == 200
