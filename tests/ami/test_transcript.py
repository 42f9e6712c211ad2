"""Recorded streams as they come: whole, cut, damaged, foreign; what makes no sense is told, nothing raises."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import hypothesis
import hypothesis.strategies as st
import pytest

from ami.moments import Moments, Times
from ami.transcript import Damage, Transcript
from kit.recorded import folded, raw, replayed

HANGUP = b"Event: Hangup\r\nUniqueid: 1.1\r\nLinkedid: 1.1\r\nChannel: PJSIP/a-00000001\r\n\r\n"
NEW = HANGUP.replace(b"Hangup", b"Newchannel").replace(b"\r\n\r\n", b"\r\nChannelState: 4\r\n\r\n")
NAME = "14_attended_transfer_AMI_Atxfer"


def read(*chunks: bytes) -> Transcript:
    transcript = Transcript(chunks)
    transcript.found = list(transcript)  # type: ignore[attr-defined]
    return transcript


def events(transcript: Transcript) -> list[str]:
    return [message.headers.get("Event", "") for message in transcript.found]  # type: ignore[attr-defined]


def test_messages_have_the_line_they_begin_in() -> None:
    transcript = read(b"Asterisk Call Manager/11.0.0\r\n" + NEW + HANGUP)
    assert [message.line for message in transcript.found] == [2, 8]  # type: ignore[attr-defined]
    assert transcript.damages == []


BARE = {name: data.replace(b"\r\n", b"\n") for name, data in (("new", NEW), ("hangup", HANGUP))}


@pytest.mark.parametrize(
    "data", [BARE["new"] + BARE["hangup"], BARE["new"] + HANGUP, NEW + BARE["hangup"], (NEW + HANGUP)[:-2] + b"\n"]
)
def test_each_message_may_end_its_lines_in_its_own_way(data: bytes) -> None:
    transcript = read(data * 2)
    assert events(transcript) == ["Newchannel", "Hangup"] * 2
    assert (transcript.damages, transcript.mixed) == ([], 0)


def test_a_message_stored_with_lf_may_have_lines_that_kept_their_cr() -> None:
    [message] = read(HANGUP.replace(b"Hangup\r", b"Hangup")).found  # type: ignore[attr-defined]
    assert (message.headers["Event"], message.headers["Linkedid"]) == ("Hangup", "1.1")


def test_a_byte_order_mark_is_no_damage() -> None:
    transcript = read(b"\xef\xbb\xbf# at 1795288155\r\n" + NEW)
    [message] = transcript.found  # type: ignore[attr-defined]
    assert (message.arrived is not None, transcript.damages) == (True, [])


def test_a_bare_lf_is_part_of_a_value() -> None:
    transcript = read(HANGUP.replace(b"PJSIP/a-00000001", b"one\n\ntwo: three\n"))
    [message] = transcript.found  # type: ignore[attr-defined]
    assert (message.headers["Channel"], transcript.damages) == ("one\n\ntwo: three\n", [])


@pytest.mark.parametrize("line", [2, 3])
def test_a_line_that_lost_its_cr_is_told(line: int) -> None:
    parts = HANGUP.split(b"\r\n")
    torn = b"\r\n".join(parts[: line - 1]) + b"\r\n" + parts[line - 1] + b"\n" + b"\r\n".join(parts[line:])
    transcript = read(NEW + torn + NEW)
    assert events(transcript) == ["Newchannel", "Newchannel"]
    assert [damage.line for damage in transcript.damages] == [6 + line]
    assert transcript.mixed == 1


@hypothesis.given(st.randoms(use_true_random=False), st.floats(0, 1))
@hypothesis.settings(max_examples=60)
def test_with_lines_that_end_anyhow_no_message_is_lost_in_silence(chance: Random, share: float) -> None:
    lines = (NEW + HANGUP).replace(b"PJSIP/", b"SIP/").split(b"\r\n")[:-1] * 5
    transcript = read(b"".join(line + (b"\n" if chance.random() < share else b"\r\n") for line in lines))
    whole = [message for message in transcript.found if "Linkedid" in message.headers]  # type: ignore[attr-defined]
    assert len(whole) == transcript.messages
    assert transcript.messages == 10 or transcript.damages


def test_an_arrival_is_marked_for_all_that_follows() -> None:
    transcript = read(b"# at 1795288155.250000\r\n" + NEW + HANGUP + b"# at 1795288156\r\n" + HANGUP)
    base = datetime(2026, 11, 21, 19, 9, 15, tzinfo=UTC)
    arrived = [message.arrived for message in transcript.found]  # type: ignore[attr-defined]
    assert [(at - base).total_seconds() for at in arrived] == [0.25, 0.25, 1]


@pytest.mark.parametrize(
    ("data", "line", "what"),
    [
        (NEW + HANGUP[:-6], 7, "it ends in line 10, inside a message"),
        (NEW + b"\x00\xff\xfe\r\n\r\n" + HANGUP, 7, "no header"),
        (b"<html>\r\n<body>\r\n\r\n" + HANGUP, 1, "no header"),
        (NEW.replace(b"\r\n\r\n", b"\r\nUniqueid: 2.2\r\n\r\n"), 1, "the headers of two"),
        (b"Event: X\r\n" + b"A: " + b"x" * (2 << 20) + b"\r\n\r\n" + HANGUP, 1, "without an end"),
    ],
)
def test_damage_is_told_with_its_line(data: bytes, line: int, what: str) -> None:
    transcript = read(data)
    assert [damage.line for damage in transcript.damages] == [line]
    assert what in transcript.damages[0].what


def test_much_damage_is_counted() -> None:
    transcript = read(b"nonsense\r\n\r\n" * 1000)
    assert len(transcript.damages) + transcript.uncounted == 1000
    assert transcript.damages[0] == Damage(1, "no header of the manager")


@hypothesis.given(st.data())
@hypothesis.settings(max_examples=60)
def test_a_stream_in_any_pieces_is_the_same_and_a_cut_one_is_its_beginning(data: st.DataObject) -> None:
    whole = raw(NAME)
    messages = read(whole).messages
    size = data.draw(st.integers(1, 70_000))
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    assert read(*pieces).messages == messages
    cut = read(whole[: data.draw(st.integers(0, len(whole)))])
    assert cut.messages <= messages
    assert len(cut.damages) <= 1


@hypothesis.given(st.binary(max_size=400), st.integers(0, 60_000))
@hypothesis.settings(max_examples=60)
def test_whatever_stands_in_a_stream_it_is_folded_to_its_end(junk: bytes, at: int) -> None:
    whole = raw(NAME)
    folded(whole[:at] + junk + whole[at:])


def test_what_is_not_read_is_counted() -> None:
    replay = replayed("01_inbound_answered_callerhangup")
    assert replay.not_read["HangupHandlerRun"] == 1
    assert replay.not_read["VarSet"] > 100


# When things happened


def test_asterisks_own_time_comes_first() -> None:
    stamped = NEW.replace(b"\r\n\r\n", b"\r\nTimestamp: 1795288155.5\r\n\r\n")
    moments = Moments()
    [(_, at)] = moments.dated(Transcript([b"# at 1795288199\r\n" + stamped]))
    assert at == datetime(2026, 11, 21, 19, 9, 15, 500_000, tzinfo=UTC)
    assert moments.source == "timestamps"


def test_a_list_of_times_tells_those_that_it_names() -> None:
    times = Times(["  0.100 Event=Newchannel Channel=x", "  2.350 Event=Hangup Channel=x", "3 events"])
    between = b"Event: VarSet\r\nUniqueid: 1.1\r\n\r\n"
    known = NEW.replace(b": 1.1", b": a-1795288155.1")
    moments = Moments(times)
    found = [at for _, at in moments.dated(Transcript([known + between + HANGUP]))]
    assert [(at - found[0]).total_seconds() for at in found] == [0, 0, 2.25]
    assert (moments.source, found[0]) == ("times", datetime(2026, 11, 21, 19, 9, 15, tzinfo=UTC))


def test_the_clock_of_a_stream_without_times_never_goes_back() -> None:
    moments = Moments()
    found = [at for _, at in moments.dated(Transcript([raw("07_overflow_timeout_to_voicemail")]))]
    assert found == sorted(found)
    assert moments.source == "evidence"


# Lists in a recording


def rows(*channels: str) -> bytes:
    listed = "".join(
        f"Event: CoreShowChannel\r\nActionID: 1\r\nUniqueid: 1.{name}\r\nLinkedid: 1.{name}\r\n"
        f"Channel: PJSIP/{name}-00000001\r\nChannelState: 6\r\nDuration: 00:00:09\r\n\r\n"
        for name in channels
    )
    return f"{listed}Event: CoreShowChannelsComplete\r\nActionID: 1\r\n\r\n".encode()


def test_lists_at_the_beginning_are_loaded() -> None:
    replay = folded(rows("7") + HANGUP.replace(b"1.1", b"1.7"))
    [call] = replay.conversations.values()
    assert (call.is_partial, call.ended is not None, replay.drift) == (True, True, [])


def test_lists_at_the_end_are_held_against_the_state() -> None:
    replay = folded(b"# at 1795288155\r\n" + NEW + b"# at 1795288165\r\n" + rows("7"))
    found = {(drift.difference.kind, drift.difference.key, drift.difference.model) for drift in replay.drift}
    assert ("channel", "1.1", "there") in found
    assert ("channel", "1.7", "not there") in found
    assert {drift.line for drift in replay.drift} == {9}
