"""Actions to headers: what they say, and that no value can say more."""

import dataclasses
import inspect
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from panoramisk.actions import Action as PanoramiskAction

from ami import actions
from ami.actions import (
    Action,
    AskRelist,
    ForgetKept,
    KeptValue,
    Originate,
    PrintDialPlan,
    PrintEndpoint,
    QueueAdd,
    QueuePause,
    QueueReload,
    SetVariable,
    ShowMusicClasses,
    ShowParkingLots,
    ShowSpeechEngines,
    VoicemailPin,
)
from ami.errors import UnsafeValue

CLASSES: list[type[Action]] = [
    kind for _, kind in inspect.getmembers(actions, inspect.isclass) if issubclass(kind, Action) and kind.name
]


ASKED_BY_ANOTHER = {
    AskRelist: "UserEvent",
    ForgetKept: "Setvar",
    KeptValue: "DBGet",
    SetVariable: "Setvar",
    VoicemailPin: "Getvar",
    ShowMusicClasses: "Command",
    ShowParkingLots: "Command",
    ShowSpeechEngines: "Command",
    PrintDialPlan: "ShowDialPlan",
    PrintEndpoint: "PJSIPShowEndpoint",
}


def filled(kind: type[Action], text: str) -> Action:
    """An action with `text` in each of its text fields."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        if field.name == "variables":
            values[field.name] = {"CB_TAG": text}
        elif field.name == "variable" and kind is SetVariable:
            values[field.name] = "CB_TO"
        elif field.name == "channel" and kind is Originate:
            values[field.name] = f"PJSIP/{text}"
        elif "str" in str(field.type):
            values[field.name] = text
        elif "bool" in str(field.type):
            values[field.name] = True
        elif "float" in str(field.type):
            values[field.name] = 1.5
        else:
            values[field.name] = 7
    return kind(**values)


@pytest.mark.parametrize("kind", CLASSES)
def test_every_action_names_itself_first(kind: type[Action]) -> None:
    headers = filled(kind, "x").headers()
    assert headers[0] == ("Action", kind.name)
    assert kind.name == ASKED_BY_ANOTHER.get(kind, kind.__name__)
    assert all(value for _, value in headers)


def test_what_is_said_to_the_console_is_fixed() -> None:
    for kind in CLASSES:
        if kind.name == "Command":
            assert dataclasses.fields(kind) == ()
    assert ("Command", "moh show classes") in ShowMusicClasses().headers()
    assert ("Command", "parking show") in ShowParkingLots().headers()
    assert ("Command", "aeap show clients") in ShowSpeechEngines().headers()


@pytest.mark.parametrize("name", ["", "a)", "a,password", "a@b", "${SHELL(x)}"])
def test_a_box_is_asked_for_by_a_name_alone(name: str) -> None:
    for action in (VoicemailPin(name, "amel"), VoicemailPin("acme", name)):
        with pytest.raises(UnsafeValue):
            action.headers()


@pytest.mark.parametrize("bad", ["\r", "\n", "\r\n", "\0", "x\r\n\r\nAction: Originate\r\nChannel: y", "\ud800"])
@pytest.mark.parametrize("kind", [kind for kind in CLASSES if "str" in str(inspect.signature(kind))])
def test_no_value_can_end_its_line(kind: type[Action], bad: str) -> None:
    with pytest.raises(UnsafeValue) as refusal:
        filled(kind, f"a{bad}b").headers()
    assert bad not in str(refusal.value)


@given(st.text(max_size=1200))
def test_what_is_let_through_is_one_short_line(value: str) -> None:
    try:
        name, safe = actions.safe("Interface", value)
    except UnsafeValue:
        assert any(character in value for character in "\r\n\0") or not value.isascii() or len(value) > 980
        return
    line = f"{name}: {safe}".encode()
    assert safe == value
    assert len(line) <= actions.LINE_LIMIT
    assert not {10, 13, 0} & set(line)


def test_panoramisk_alone_would_send_a_second_action() -> None:
    """The fault that is repaired here; the day this fails, panoramisk was repaired itself."""

    class Bare(PanoramiskAction):  # type: ignore[misc]
        def __init__(self, headers: dict[str, str]) -> None:  # without the future, which wants a loop
            self.as_list = None
            super(PanoramiskAction, self).__init__(headers)

    sent = str(Bare({"Action": "DBPut", "Val": "x\r\n\r\nAction: Command\r\nCommand: core stop now"}))
    assert sent.count("\r\nAction: ") == 1


def test_a_line_too_long_for_asterisk_is_refused() -> None:
    actions.safe("Interface", "é" * 490)
    with pytest.raises(UnsafeValue):
        actions.safe("Interface", "é" * 500)


def test_too_many_lines_are_refused() -> None:
    with pytest.raises(UnsafeValue):
        Originate("Local/s@x", "x", "s", variables={f"V{n}": "1" for n in range(120)}).headers()


def test_queue_add_says_everything() -> None:
    assert QueueAdd(
        "acme-sales", "PJSIP/acme-amel", "acme-amel", penalty=102, paused=True, reason="lunch"
    ).headers() == (
        ("Action", "QueueAdd"),
        ("Queue", "acme-sales"),
        ("Interface", "PJSIP/acme-amel"),
        ("MemberName", "acme-amel"),
        ("Penalty", "102"),
        ("Paused", "true"),
        ("Reason", "lunch"),
    )


def test_a_pause_without_queue_is_for_all_of_them() -> None:
    assert ("Queue", "") not in QueuePause("PJSIP/a", True).headers()
    assert "Queue" not in dict(QueuePause("PJSIP/a", False).headers())


def test_originate_is_always_asynchronous_and_in_milliseconds() -> None:
    headers = Originate("PJSIP/a", "ctx", "s", timeout=1.5, variables={"A": "1", "B": "2"}).headers()
    assert ("Async", "true") in headers
    assert ("Timeout", "1500") in headers
    assert [value for name, value in headers if name == "Variable"] == ["A=1", "B=2"]


@pytest.mark.parametrize("variables", [{"A": "1,B=2"}, {"A=1,B": "2"}, {"A B": "1"}, {"": "1"}])
def test_a_variable_cannot_bring_another(variables: dict[str, str]) -> None:
    with pytest.raises(UnsafeValue):
        Originate("PJSIP/a", "ctx", "s", variables=variables).headers()


def test_a_pattern_hangs_nobody_up() -> None:
    with pytest.raises(UnsafeValue):
        actions.Hangup("/^PJSIP/").headers()


def test_everything_at_once_is_never_reloaded() -> None:
    with pytest.raises(UnsafeValue):
        actions.Reload("").headers()
    assert "Members" not in dict(QueueReload().headers())


PLACED = [Originate, actions.Redirect, actions.BlindTransfer, actions.Atxfer]
READ_AS_MORE = ["s,1", "s&t", "s|t", "a b", "${SHELL(x)}", "s@t", "s/n", "", "x" * 81, "é"]


@pytest.mark.parametrize("kind", PLACED)
@pytest.mark.parametrize("bad", READ_AS_MORE)
def test_a_call_is_sent_to_one_extension(kind: Any, bad: str) -> None:
    for place in ((bad, "s"), ("cordboard-desk", bad)):
        with pytest.raises(UnsafeValue):
            kind("PJSIP/acme-amel", *place).headers()


@pytest.mark.parametrize(
    "rung", ["PJSIP/a&PJSIP/b", "PJSIP/33123456789@trunk", "Local/s", "Console/x", "PJSIP/", "", "Local/1@a,b", "/P/"]
)
def test_it_is_one_phone_or_one_extension_that_is_rung(rung: str) -> None:
    with pytest.raises(UnsafeValue):
        Originate(rung, "cordboard-desk", "dial").headers()


def test_no_action_names_an_application() -> None:
    named = {name for kind in CLASSES for name, _ in filled(kind, "x").headers()}
    assert not named & {"Application", "Data", "Codecs"}


@given(st.text(max_size=100), st.text(max_size=100))
def test_a_place_is_written_as_it_is_or_not_at_all(context: str, exten: str) -> None:
    try:
        headers = dict(actions.BlindTransfer("PJSIP/a-1", context, exten).headers())
    except UnsafeValue:
        return
    assert (headers["Context"], headers["Exten"]) == (context, exten)
    assert not set(context + exten) & set(",;&|${}[]()/@\\\"' \t")


@pytest.mark.parametrize(
    "variable", ["CALLERID(num)", "CB_", "cb_to", "SHELL(x)", "CB_TO,CB_X", "_CB_TO", "___CB_TO", "CB_TO=1"]
)
def test_only_our_own_variables_are_set(variable: str) -> None:
    with pytest.raises(UnsafeValue):
        SetVariable("PJSIP/a-1", variable, "x").headers()


def test_a_variable_is_one_of_a_channel() -> None:
    with pytest.raises(UnsafeValue):
        SetVariable("", "CB_TO", "x").headers()
