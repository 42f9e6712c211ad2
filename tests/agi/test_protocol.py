"""What is written for Asterisk is read back by its own rules; what it writes is read as it was meant."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agi.errors import ProtocolError, UnsafeValue
from agi.protocol import COMMAND_BYTES, REPLY_BYTES, REPLY_LINES, Command, Environment, Reply, ReplyReader, quote
from kit.agi_caller import words

sendable = st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8"), max_size=60)


def read(*lines: bytes) -> list[Reply]:
    reader = ReplyReader()
    return [reply for line in lines if (reply := reader.feed(line)) is not None]


# --- commands ---------------------------------------------------------------------------------------------------------


@given(st.lists(sendable | st.integers(), max_size=4))
@example(['say "hi"', "\\", '\\"', "", " ", 'a\\" b'])
def test_arguments_are_split_as_they_were_joined(arguments: list[str | int]) -> None:
    line = Command("SET VARIABLE", tuple(arguments)).line()
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert words(line.decode().removesuffix("\n"))[2:] == [str(argument) for argument in arguments]


@pytest.mark.parametrize("value", ["a\nHANGUP", "a\rb", "a\0b"])
def test_line_breaks_and_nul_are_refused(value: str) -> None:
    with pytest.raises(UnsafeValue):
        quote(value)
    with pytest.raises(UnsafeValue):
        Command("NOOP", (value,)).line()


@pytest.mark.parametrize("verb", ["", "noop", "NOOP ", "NOOP\nHANGUP", "SET  VARIABLE", 'NOOP "x"'])
def test_only_verbs_are_verbs(verb: str) -> None:
    with pytest.raises(UnsafeValue):
        Command(verb).line()


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(UnsafeValue):
        Command("NOOP", ("\ud800",)).line()


def test_a_line_never_exceeds_what_asterisk_reads() -> None:
    # Asterisk runs the rest of a longer line as another command.
    overhead = len(Command("NOOP", ("",)).line())
    assert len(Command("NOOP", ("x" * (COMMAND_BYTES - overhead),)).line()) == COMMAND_BYTES
    for value in ("x" * (COMMAND_BYTES - overhead + 1), "é" * (COMMAND_BYTES // 2), '"' * (COMMAND_BYTES // 2)):
        with pytest.raises(UnsafeValue):
            Command("NOOP", (value,)).line()


# --- replies ----------------------------------------------------------------------------------------------------------


@given(
    st.from_regex(r"-?[0-9]{0,5}|speech", fullmatch=True),
    st.none() | st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=60),
)
@example("1", "x) endpos=5")
@example("1", "hangup")
@example("1", "(((")
@example("1", "")
@example("1", "a\nb")
@example("1", "line\n\nHANGUP? no\n")
def test_data_may_hold_anything(result: str, data: str | None) -> None:
    text = f"200 result={result}" + ("" if data is None else f" ({data})")
    # A value in which a line ends like a reply is not told apart from one: what follows is then a line too many.
    lines = text.split("\n")
    if not any(line.endswith(")") for line in lines[:-1]) and " endpos=" not in text:
        assert read(*(line.encode() for line in lines)) == [Reply(200, result, data)]


@given(st.from_regex(r"[0-9]{1,3}", fullmatch=True), st.none() | st.just("timeout"), st.integers(-1, 10**9))
def test_where_a_sound_stopped_is_read(result: str, data: str | None, endpos: int) -> None:
    line = f"200 result={result}" + (f" ({data})" if data else "") + f" endpos={endpos}"
    assert read(line.encode()) == [Reply(200, result, data, endpos)]


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"200 result=0", Reply(200, "0")),
        (b"200 result=", Reply(200, "")),
        (b"200 result= (timeout)", Reply(200, "", "timeout")),
        (b"200 result=12 (timeout)", Reply(200, "12", "timeout")),
        (b"200 result=49 endpos=8000", Reply(200, "49", None, 8000)),
        (b"200 result=1 (zo\xeb)", Reply(200, "1", "zo�")),
        (b"510 Invalid or unknown command", Reply(510, usage="Invalid or unknown command")),
        (
            b"511 Command Not Permitted on a dead channel or intercept routine",
            Reply(511, usage="Command Not Permitted on a dead channel or intercept routine"),
        ),
        (b"520 Invalid command syntax.", Reply(520, usage="Invalid command syntax.")),
    ],
)
def test_replies_of_one_line(line: bytes, reply: Reply) -> None:
    assert read(line) == [reply]


def test_a_usage_of_many_lines_is_one_reply() -> None:
    replies = read(
        b"520-Invalid command syntax.  Proper usage follows:",
        b"Returns the status (200 result=1) of a channel.",
        b"510 is not a status here",
        b"520 End of proper usage.",
        b"200 result=1",
    )
    assert [reply.code for reply in replies] == [520, 200]
    assert replies[0].usage.endswith("510 is not a status here")


def test_trying_is_passed_over() -> None:
    assert read(b"100 Trying", b"200 result=1") == [Reply(200, "1")]


@pytest.mark.parametrize("line", [b"", b"hello", b"200", b"200 ok", b"20 result=1", b"200 result=1 endpos=x", b"\xff"])
def test_what_is_no_reply_is_refused(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        read(line)


def test_a_reply_without_end_is_refused() -> None:
    with pytest.raises(ProtocolError):
        read(b"520-", *[b"x"] * REPLY_LINES)
    with pytest.raises(ProtocolError):
        read(b"200 result=1 (", *[b"x" * (REPLY_BYTES // 8)] * 9)


@given(st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line), max_size=6))
def test_any_lines_are_read_or_refused(lines: list[bytes]) -> None:
    reader = ReplyReader()
    for line in lines:
        try:
            reader.feed(line)
        except ProtocolError:
            break


# --- the environment --------------------------------------------------------------------------------------------------

fields = st.dictionaries(
    st.from_regex(r"agi_[a-z0-9_]{1,12}", fullmatch=True),
    st.text(st.characters(exclude_characters="\n", codec="utf-8"), max_size=30),
    max_size=8,
)


@given(fields)
@example({"agi_callerid": "a: b", "agi_x": " "})
def test_an_environment_is_read_as_it_was_sent(sent: dict[str, str]) -> None:
    sent = {"agi_channel": "PJSIP/x-1", **sent}
    block = "".join(f"{name}: {value}\n" for name, value in sent.items()) + "\n"
    assert Environment.parse(block.encode()).fields == sent


def test_the_environment_is_typed_at_the_edge() -> None:
    block = (
        b"agi_network_script: menu\nagi_channel: PJSIP/x-1\nagi_language: fr\nagi_uniqueid: n1-1.1\n"
        b"agi_callerid: +33612345678\nagi_accountcode: main\nagi_arg_1: acme\nagi_arg_2: \nagi_arg_3: 7\nagi_arg_5: z\n"
    )
    environment = Environment.parse(block)
    assert environment.script == "menu"
    assert environment.arguments == ("acme", "", "7")
    assert environment.caller == "+33612345678"
    assert environment.account == "main"
    assert environment.language == "fr"


@pytest.mark.parametrize(
    "number", ["", "unknown", "06 12", "1" * 33, "${SHELL(id)}", "<script>", "\u0661\u0662", "12\x1b[31m", "abc", "1,2"]
)
def test_a_caller_who_is_no_number_is_unknown(number: str) -> None:
    environment = Environment.parse(f"agi_channel: x\nagi_callerid: {number}\nagi_language: ../fr\n".encode())
    assert environment.caller == "unknown"
    assert environment.language == "en"


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"agi_callerid: 1\n",
        b"agi_channel: x\nagi_arg_1: a\nagi_arg_1: b\n",  # a line break inside a value
        b"agi_channel: x\nnonsense\n",
        b"agi_channel: x\n: y\n",
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_environment_is_refused(block: bytes) -> None:
    with pytest.raises(ProtocolError):
        Environment.parse(block)
