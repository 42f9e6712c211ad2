"""Bytes to messages: however they are cut, whatever they hold."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from panoramisk.ami_protocol import AMIProtocol

from ami.stream import MESSAGE_LIMIT, MessageTooLong, Stream, event_name, headers_of
from kit.recorded import raw, recordings

GREETING = b"Asterisk Call Manager/11.0.0\r\n"

texts = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=30)
blocks = st.lists(
    st.lists(st.tuples(st.from_regex(r"[A-Z][A-Za-z]{0,9}", fullmatch=True), texts), min_size=1, max_size=6), max_size=8
)


def encode(messages: list[list[tuple[str, str]]]) -> bytes:
    return GREETING + b"".join(
        b"".join(f"{name}: {value}\r\n".encode() for name, value in message) + b"\r\n" for message in messages
    )


def feed(data: bytes, cuts: list[int]) -> list[str]:
    stream, found, start = Stream(), [], 0
    for cut in [*sorted(cuts), len(data)]:
        found += stream.feed(data[start:cut])
        start = cut
    return found


@given(blocks, st.data())
def test_segments_make_no_difference(messages: list[list[tuple[str, str]]], data: st.DataObject) -> None:
    sent = encode(messages)
    cuts = data.draw(st.lists(st.integers(0, len(sent)), max_size=10))
    whole = feed(sent, [])
    assert feed(sent, cuts) == whole
    assert [list(headers_of(message)) for message in whole] == [
        list(dict.fromkeys(name for name, _ in message)) for message in messages
    ]


@pytest.mark.parametrize("name", recordings())
def test_a_cut_at_any_byte_gives_a_beginning_of_the_whole(name: str) -> None:
    """About 2,000 offsets over all recordings: before the cut whole messages only, after it nothing is missing."""
    data = raw(name)
    whole = Stream().feed(data)
    chance = random.Random(name)
    for offset in sorted(chance.sample(range(len(data)), 100)):
        stream = Stream()
        before = stream.feed(data[:offset])
        assert before == whole[: len(before)]
        assert before + stream.feed(data[offset:]) == whole


def test_byte_by_byte_is_the_same_as_at_once() -> None:
    data = raw("31_agent_login_pause_logout")
    assert feed(data, list(range(len(data)))) == Stream().feed(data)


def test_a_character_split_between_segments_survives() -> None:
    data = GREETING + "Event: A\r\nName: café 🎧\r\n\r\n".encode()
    for cut in range(len(data)):
        assert headers_of(feed(data, [cut])[0])["Name"] == "café 🎧"


def test_the_last_header_may_be_empty() -> None:
    [message] = feed(GREETING + b"Event: A\r\nLast: \r\n\r\n", [])
    assert headers_of(message) == {"Event": "A", "Last": ""}


def test_panoramisk_alone_loses_both() -> None:
    """The faults that are repaired here; the day this fails, panoramisk was repaired itself."""
    taken: list[dict[str, str]] = []
    protocol = AMIProtocol()
    protocol.connection_made(None)
    protocol.encoding = "utf8"
    protocol.handle_message = lambda message: taken.append(dict(message))
    data = "Event: A\r\nName: café\r\nLast: \r\n\r\n".encode()
    cut = data.index(b"\xa9")
    protocol.data_received(data[:cut])
    protocol.data_received(data[cut:])
    assert taken[0]["Name"] == "caf"
    assert "Last" not in taken[0]


@pytest.mark.parametrize("line_break", ["\n", "\n\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\0"])
def test_only_cr_lf_ends_a_line(line_break: str) -> None:
    forged = f"Event: UserEvent\r\nUserEvent: X\r\nBody: a{line_break}Event: Hangup{line_break}Uniqueid: 1.1\r\n\r\n"
    [message] = feed(GREETING + forged.encode(), [])
    assert event_name(message) == "UserEvent"
    assert headers_of(message)["Body"] == f"a{line_break}Event: Hangup{line_break}Uniqueid: 1.1"
    assert "Uniqueid" not in headers_of(message)


def test_the_first_of_a_repeated_header_counts() -> None:
    message = "Event: UserEvent\r\nUniqueid: 1.1\r\nUserEvent: X\r\nUniqueid: 9.9"
    assert headers_of(message)["Uniqueid"] == "1.1"


def test_bytes_that_are_no_utf8_become_replacement_characters() -> None:
    [message] = feed(GREETING + b"Event: A\r\nName: caf\xe9\r\nOther: \xff\xfe\xc3\r\n\r\n", [])
    assert headers_of(message) == {"Event": "A", "Name": "caf�", "Other": "���"}


@given(st.binary(max_size=200))
def test_any_bytes_are_taken(data: bytes) -> None:
    for message in Stream().feed(data + b"\r\n\r\n"):
        event_name(message)
        headers_of(message)


def test_an_empty_line_too_many_begins_no_message() -> None:
    messages = feed(GREETING + b"Event: A\r\nX: \r\n\r\n\r\nEvent: B\r\n\r\n\r\n\r\n\r\nEvent: C\r\n\r\n", [])
    assert [event_name(message) for message in messages] == ["A", "B", "C"]


def test_the_greeting_is_no_header() -> None:
    stream = Stream()
    assert stream.feed(GREETING + b"Response: Success\r\nMessage: yes\r\n\r\n") == ["Response: Success\r\nMessage: yes"]
    assert stream.version == "11.0.0"


def test_a_message_without_end_is_refused() -> None:
    stream = Stream()
    for _ in range(MESSAGE_LIMIT // 65536):
        assert stream.feed(b"x" * 65536) == []
    with pytest.raises(MessageTooLong):
        stream.feed(b"x" * 65536)
