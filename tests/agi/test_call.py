"""What a script may say to its call is encoded for the wire, or refused."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi.call import Call
from agi.errors import CallerHungUp, CommandRefused, ProtocolError, UnsafeValue
from agi.protocol import Command, Environment, Reply
from kit.agi_caller import words
from kit.scripted_caller import ScriptedCaller


class Answering:
    """A carrier that gives one answer to each verb."""

    def __init__(self, **answers: Reply) -> None:
        self.answers = answers
        self.commands: list[Command] = []
        self.environment = Environment({"agi_channel": "x"})

    async def run(self, command: Command) -> Reply:
        self.commands.append(command)
        return self.answers.get(command.verb.replace(" ", "_"), Reply(200, "0"))


@given(st.dictionaries(st.sampled_from(["did", "max_penalty", "why"]), st.text(max_size=40), max_size=3))
async def test_whatever_is_told_arrives_as_it_was(values: dict[str, str]) -> None:
    carrier = Answering()
    await Call(carrier).tell("CordboardRouted", **values)
    _, application, text = words(carrier.commands[0].line().decode().removesuffix("\n"))
    assert application == "UserEvent"
    # Nothing in it means anything to the dialplan, to the manager wire or to a log.
    assert not set(text) & set("\r\n\0;$\"'\\(){}[]<>`|")
    name, *headers = text.split(",")
    assert name == "CordboardRouted"
    told = dict(header.split(": ") for header in headers)
    expected = {"did": "Did", "max_penalty": "MaxPenalty", "why": "Why"}
    assert {name: unquote(value) for name, value in told.items()} == {
        expected[name]: value.encode(errors="replace").decode() for name, value in values.items()
    }


@pytest.mark.parametrize("name", ["", "Cord board", "X,Y: z", "X\n", "ÉÉ", "1X"])
async def test_only_names_are_events(name: str) -> None:
    with pytest.raises(UnsafeValue):
        await Call(Answering()).tell(name)


@pytest.mark.parametrize(
    "sound",
    ["", "../x", "/etc/passwd", "a&b", "a,b", "a b", "a..b", "a//b", "a\nb", "-x", "x" * 200, "é", "${X}", "a/"],
)
async def test_only_names_of_sounds_are_played(sound: str) -> None:
    carrier = Answering()
    with pytest.raises(UnsafeValue):
        await Call(carrier).play([sound])
    assert carrier.commands == []


@pytest.mark.parametrize("sound", ["welcome", "digits/1", "vm-goodbye", "acme/menu_1.fr", "_x"])
async def test_names_of_sounds_are_played(sound: str) -> None:
    carrier = Answering()
    assert await Call(carrier).play([sound], "1") is None
    assert carrier.commands[0].arguments == (sound, "1")


@pytest.mark.parametrize("name", ["", "CB DONE", "CB_DONE)", "X\n", "A(b)", "${X}", "1X"])
async def test_only_names_of_variables_are_set_or_read(name: str) -> None:
    for act in (Call(Answering()).set_variable(name, "1"), Call(Answering()).get_variable(name)):
        with pytest.raises(UnsafeValue):
            await act


@pytest.mark.parametrize("function", ["TIMEOUT", "SHELL(rm -rf)", "CHANNEL(a)b", "channel(language)", "CHANNEL()"])
async def test_only_plain_functions_are_set(function: str) -> None:
    with pytest.raises(UnsafeValue):
        await Call(Answering()).set_function(function, "1")


@pytest.mark.parametrize("language", ["", "../fr", "fr;x", "f", "français", "fr\n"])
async def test_only_languages_are_spoken(language: str) -> None:
    with pytest.raises(UnsafeValue):
        await Call(Answering()).speak(language)


async def test_variables_are_read_with_their_absence() -> None:
    assert await Call(Answering(GET_VARIABLE=Reply(200, "0"))).get_variable("X") is None
    assert await Call(Answering(GET_VARIABLE=Reply(200, "1", ""))).get_variable("X") == ""
    assert await Call(Answering(GET_VARIABLE=Reply(200, "1", "hangup"))).get_variable("X") == "hangup"


@pytest.mark.parametrize(
    ("result", "key"),
    [("49", "1"), ("42", "*"), ("35", "#"), ("68", "D"), ("0", None), ("", None), ("999999999", None)],
)
async def test_keys_are_read(result: str, key: str | None) -> None:
    assert await Call(Answering(WAIT_FOR_DIGIT=Reply(200, result))).read_digit(1) == key


async def test_digits_are_read_until_they_are_enough_or_ended_or_late() -> None:
    async def read(*keys: tuple[float, str]) -> str:
        call = Call(ScriptedCaller(keys=keys))
        await call.answer()
        return await call.read_digits(4, 5, 2)

    assert await read((1, "1"), (1, "2"), (1, "3"), (1, "4"), (1, "5")) == "1234"
    assert await read((1, "1"), (1, "#"), (1, "3")) == "1"
    assert await read((1, "1"), (3, "2")) == "1"
    assert await read((6, "1")) == ""
    assert await read(*[(0, "7")] * 10_000) == "7777"


async def test_refusals_are_told_apart() -> None:
    for code in (510, 520):
        with pytest.raises(CommandRefused) as refused:
            await Call(Answering(ANSWER=Reply(code, usage="no"))).answer()
        assert (refused.value.code, refused.value.usage) == (code, "no")
    with pytest.raises(CallerHungUp):
        await Call(Answering(ANSWER=Reply(511))).answer()
    with pytest.raises(CommandRefused):  # the application is not there
        await Call(Answering(EXEC=Reply(200, "-2"))).tell("X")
    with pytest.raises(CommandRefused):  # failed, but the channel lives
        await Call(Answering(ANSWER=Reply(200, "-1"), CHANNEL_STATUS=Reply(200, "6"))).answer()
    with pytest.raises(CallerHungUp):
        await Call(Answering(ANSWER=Reply(200, "-1"), CHANNEL_STATUS=Reply(511))).answer()


async def test_a_call_is_answered_once_and_ends_when_hung_up() -> None:
    caller = ScriptedCaller()
    call = Call(caller)
    await call.answer()
    await call.answer()
    assert [command.verb for command in caller.commands] == ["ANSWER"]
    await call.hang_up()
    await call.answer()  # done already, nothing is asked of the channel
    with pytest.raises(CallerHungUp):
        await call.set_variable("X", 1)


async def test_the_guard_leaves_more_time_than_the_step_takes() -> None:
    carrier = Answering()
    await Call(carrier).guard(6.5)
    assert carrier.commands[0].arguments == ("TIMEOUT(absolute)", 12)


def test_a_header_that_was_not_read_is_no_environment() -> None:
    with pytest.raises(ProtocolError):
        Environment.parse(b"")
