"""Headers to events and rows: what is told, and that nothing makes it stumble."""

import hashlib
from datetime import UTC, datetime
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami import events, fields, rows
from ami.events import WATCHED, is_watched, parse
from ami.models import ChannelState, DeviceState
from ami.rows import parse_row
from ami.stream import Stream, event_name, headers_of
from kit.recorded import raw, recordings

CHANNEL = {
    "Channel": "PJSIP/carrier-00000001",
    "ChannelState": "6",
    "ChannelStateDesc": "Up",
    "CallerIDNum": "+33612345678",
    "CallerIDName": "<unknown>",
    "ConnectedLineNum": "601",
    "AccountCode": "main",
    "Context": "cordboard-in",
    "Exten": "s",
    "Uniqueid": "pbx1-1.1",
    "Linkedid": "pbx1-1.1",
}
MEMBER = {
    "Queue": "acme-sales",
    "MemberName": "acme-amel",
    "Interface": "PJSIP/acme-amel",
    "Status": "1",
    "Paused": "1",
    "PausedReason": "lunch",
    "LastPause": "1795288342",
    "LastCall": "0",
    "Penalty": "3",
    "Wrapuptime": "10",
}
ROWS = [
    "CoreShowChannel",
    "QueueParams",
    "QueueMember",
    "QueueEntry",
    "ListDialplan",
    "EndpointList",
    "VoicemailUserEntry",
]
NAMES = sorted(WATCHED | set(ROWS))


def user_event(name: str, /, **body: str) -> dict[str, str]:
    encoded = {key: quote(value, safe="") for key, value in body.items()}
    return {"Event": "UserEvent", **CHANNEL, "UserEvent": name, **encoded}


@pytest.mark.parametrize("name", recordings())
def test_every_watched_event_of_a_recording_is_told(name: str) -> None:
    for message in Stream().feed(raw(name)):
        headers = headers_of(message)
        event = parse(headers)
        if not is_watched(event_name(message), message):
            assert event is None
        elif event_name(message) not in ("UserEvent", "DeviceStateChange"):
            assert event is not None, headers


junk = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", "-1", "9" * 18, "9" * 40, "nan", "inf", "1e400", "٣", "1_0", "0x10", " 7 ", "<unknown>", "yes"]
    ),
)
OTHERS = [
    "Timestamp",
    "HoldTime",
    "Did",
    "Cause",
    "Position",
    "Duration",
    "BridgeUniqueid",
    "UserEvent",
    "ObjectName",
    "Wait",
    "Generation",
]
header_names = st.sampled_from([*CHANNEL, *("Dest" + key for key in CHANNEL), *MEMBER, *OTHERS])


@given(st.sampled_from(NAMES), st.dictionaries(header_names, junk))
def test_no_value_makes_it_stumble(name: str, headers: dict[str, str]) -> None:
    parse({"Event": name, **headers})
    parse_row({"Event": name, **headers})


@given(st.sampled_from(NAMES), st.dictionaries(header_names, junk))
def test_no_value_in_a_whole_event_makes_it_stumble(name: str, headers: dict[str, str]) -> None:
    dest = {"Dest" + key: value for key, value in CHANNEL.items()}
    whole = {
        "Event": name,
        **CHANNEL,
        **dest,
        **MEMBER,
        "BridgeUniqueid": "b",
        "Device": "PJSIP/a",
        "UserEvent": "CordboardMenu",
    }
    parse({**whole, **headers})
    parse_row({**whole, **headers})


def test_a_channel_event_carries_its_leg() -> None:
    event = parse({"Event": "Newchannel", "Timestamp": "1795288342.500000", **CHANNEL})
    assert event == events.ChannelSeen(
        datetime(2026, 11, 21, 19, 12, 22, 500000, tzinfo=UTC),
        fields.Leg("pbx1-1.1", "pbx1-1.1", "PJSIP/carrier-00000001", ChannelState.UP, "+33612345678", "", "601", "main",
                   "cordboard-in", "s"),
        True,
    )  # fmt: skip


def test_without_timestamp_the_moment_is_left_to_the_clock() -> None:
    event = parse({"Event": "Newstate", **CHANNEL})
    assert event is not None
    assert event.at is None


def test_an_event_without_its_key_is_none() -> None:
    assert parse({"Event": "Newchannel"}) is None
    assert parse({"Event": "Newchannel", "Uniqueid": "<unknown>"}) is None
    assert parse({"Event": "QueueCallerJoin", **CHANNEL}) is None
    assert parse({"Event": "QueueMemberPause", "Queue": "q"}) is None
    assert parse({"Event": "VarSet", **CHANNEL}) is None
    assert parse({}) is None


def test_a_member_event() -> None:
    event = parse({"Event": "QueueMemberPause", **MEMBER})
    assert isinstance(event, events.MemberChanged)
    member = event.member
    assert (member.queue, member.interface, member.name) == ("acme-sales", "PJSIP/acme-amel", "acme-amel")
    assert (member.penalty, member.paused, member.pause_reason, member.wrap_up) == (3, True, "lunch", 10.0)
    assert member.status is DeviceState.NOT_IN_USE
    assert member.last_call is None
    assert member.last_pause == datetime(2026, 11, 21, 19, 12, 22, tzinfo=UTC)


def test_a_member_row_names_things_otherwise() -> None:
    row = parse_row(
        {"Event": "QueueMember", "Queue": "q", "Name": "acme-amel", "Location": "PJSIP/acme-amel", "Status": "5"}
    )
    assert isinstance(row, rows.MemberRow)
    assert (row.member.name, row.member.interface, row.member.status) == (
        "acme-amel", "PJSIP/acme-amel", DeviceState.UNAVAILABLE,
    )  # fmt: skip


def test_the_queues_own_device_states_are_left_out() -> None:
    assert parse({"Event": "DeviceStateChange", "Device": "Queue:acme-sales_avail", "State": "INUSE"}) is None
    assert parse({"Event": "DeviceStateChange", "Device": "PJSIP/a", "State": "INUSE"}) == events.DeviceChanged(
        None, "PJSIP/a", DeviceState.IN_USE
    )


HOSTILE = "a,b: c\r\nEvent: Hangup\r\n\r\n%41 é \x1b[31m ‮"


@pytest.mark.parametrize(
    ("name", "body", "values"),
    [
        ("CordboardEntered", {"Did": "main", "Company": "acme", "Generation": "7"}, ("main", "acme", 7, "")),
        (
            "CordboardEntered",
            {"Did": "main", "Company": "acme", "Generation": "7", "Origin": "pbx2/pbx2-1795288257.39"},
            ("main", "acme", 7, "pbx2/pbx2-1795288257.39"),
        ),
        ("CordboardMenu", {"Menu": HOSTILE, "Version": "3", "By": "flow"}, (HOSTILE, "3", "flow")),
        (
            "CordboardChoice",
            {"Menu": "m", "Edge": "key", "Key": "*", "By": "fallback", "Silent": "1", "Wrong": "2", "To": "more"},
            ("m", "key", "*", "fallback", 1, 2, "more", 0),
        ),
        (
            "CordboardChoice",
            {"Menu": "m", "Edge": "key", "Key": "1", "By": "flow", "To": "sales", "Said": "91"},
            ("m", "key", "1", "flow", 0, 0, "sales", 91),
        ),
        (
            "CordboardRecording",
            {"Recording": "pbx1-1.2_1_said_note", "What": "said", "Step": HOSTILE},
            ("pbx1-1.2_1_said_note", "said", HOSTILE),
        ),
        (
            "CordboardStep",
            {"Node": HOSTILE, "Way": "cases.0", "To": "more", "Version": "3", "By": "flow"},
            (HOSTILE, "cases.0", "more", "3", "flow"),
        ),
        (
            "CordboardRouted",
            {"Queue": "sales", "QueuePriority": "5", "MaxPenalty": "99", "By": "flow", "Why": '{"a": "b, c"}'},
            ("sales", 5, 99, "flow", '{"a": "b, c"}'),
        ),
        ("CordboardQueueLeft", {"Queue": "sales", "Status": "TIMEOUT"}, ("sales", "TIMEOUT")),
        ("CordboardFallback", {"Script": "menu", "Reason": "refused"}, ("menu", "refused")),
        ("CordboardOutcome", {"Outcome": "voicemail", "Detail": "sales"}, ("voicemail", "sales")),
        ("CordboardAnswered", {"Person": "amel"}, ("amel",)),
    ],
)
def test_what_the_dialplan_tells_is_decoded(name: str, body: dict[str, str], values: tuple[object, ...]) -> None:
    event = parse(user_event(name, **body))
    assert event is not None
    told = {slot: getattr(event, slot) for slot in type(event).__dataclass_fields__ if slot not in ("at", "leg")}
    assert tuple(told.values()) == values


def test_a_relist_is_asked_for_over_the_manager_interface_and_by_no_channel() -> None:
    headers = user_event("CordboardRelist")
    assert parse(headers) is None
    for key in CHANNEL:
        headers.pop(key)
    assert parse(headers) == events.RelistAsked(None)


def test_a_user_event_without_a_channel_is_nobodys() -> None:
    headers = user_event("CordboardBarrier", Tag="cb-1")
    assert parse(headers) == events.BarrierReached(None, "cb-1")
    for key in CHANNEL:
        headers.pop(key)
    assert parse(headers) is None
    assert parse(user_event("SomethingElse", Tag="cb-1")) is None


@pytest.mark.parametrize(
    ("channel", "endpoint"),
    [
        ("PJSIP/acme-amel-0000001f", "acme-amel"),
        ("PJSIP/amel-1", "amel"),
        ("PJSIP/", None),
        ("PJSIP/x", None),
        ("Local/s@x-00000001;1", None),
        ("AsyncGoto/PJSIP/acme-amel-0000001f", None),
    ],
)
def test_the_endpoint_of_a_channel(channel: str, endpoint: str | None) -> None:
    assert fields.endpoint_of(channel) == endpoint


def test_rows_of_the_lists() -> None:
    more = {"Application": "Queue", "BridgeId": "", "Duration": "01:02:03"}
    channel = parse_row({"Event": "CoreShowChannel", **CHANNEL, **more})
    assert isinstance(channel, rows.ChannelRow)
    assert (channel.application, channel.bridge, channel.duration) == ("Queue", None, 3723.0)
    line = {"Context": "c", "Extension": "s", "Priority": "2", "Application": "Set", "AppData": "A=1"}
    told = parse_row({"Event": "ListDialplan", **line})
    assert told == rows.DialplanRow("c", "s", 2, "", "Set", "A=1", "", "", "")
    box = {"VMContext": "acme", "VoiceMailbox": "201", "Fullname": "Amel", "AttachMessage": "Yes"}
    assert parse_row({"Event": "VoicemailUserEntry", **box}) == rows.MailboxRow("acme", "201", "Amel", "", True)


def test_secrets_of_endpoints_are_left_out() -> None:
    headers = {"ObjectType": "auth", "ObjectName": "a", "Password": "p", "Md5Cred": "m", "Username": "u"}
    secret = hashlib.sha256(b"p").hexdigest()
    for event in ("AuthDetail", "AuthList"):
        assert parse_row({"Event": event, **headers}) == rows.DetailRow("auth", "a", {"Username": "u"}, secret)


def test_rules_are_told_in_lines_of_one_name() -> None:
    lines = [
        ("Response", "Success"),
        ("RuleList", "a"),
        ("Rule", "15,199,+0"),
        ("Rule", "30,299,+0"),
        ("RuleList", "b"),
    ]
    assert rows.queue_rules(lines) == [rows.QueueRuleRow("a", ("15,199,+0", "30,299,+0")), rows.QueueRuleRow("b", ())]
    assert rows.queue_rules([("RuleList", "c"), ("Rule", "5,99,+0")]) == [rows.QueueRuleRow("c", ("5,99,+0",))]


def test_music_classes_are_what_the_console_prints() -> None:
    said = ["Class: default", "\tMode: files", "\tDirectory: moh", "Class: live", "\tMode: custom", "\tFormat: slin"]
    assert rows.music_classes([("Message", "x"), *(("Output", line) for line in said)]) == [
        rows.MusicRow("default", "files", "moh"),
        rows.MusicRow("live", "custom", ""),
    ]
    assert rows.music_classes([("Output", "No such command")]) == []


def test_parking_lots_are_what_the_console_prints() -> None:
    said = [
        "Dynamic Parking     :  no",
        "",
        "Parking Lot: acme",
        "-----",
        "Parking Spaces      :  701-720",
        "Enabled  :  yes",
    ]
    lots = rows.parking_lots([("Message", "x"), *(("Output", line) for line in [*said, "", "Parking Lot: default"])])
    assert lots == [
        rows.ParkingLotRow("acme", {"Parking Spaces": "701-720", "Enabled": "yes"}),
        rows.ParkingLotRow("default", {}),
    ]
    assert rows.parking_lots([("Output", "No such command 'parking show'")]) == []


def test_engines_that_hear_callers_are_what_the_console_prints() -> None:
    said = ["client: ours", "\tcodecs: (slin)", "\turl: ws://127.0.0.1:4574/", "", "client: theirs"]
    assert rows.speech_engines([("Message", "x: y"), *(("Output", line) for line in said)]) == [
        rows.SpeechEngineRow("ours", {"codecs": "(slin)", "url": "ws://127.0.0.1:4574/"}),
        rows.SpeechEngineRow("theirs", {}),
    ]


@given(
    st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), min_size=1), min_size=4, max_size=4),
    st.integers(1, 10**6),
    st.text(st.characters(exclude_characters="\r\n", codec="utf-8")),
)
def test_a_printed_step_is_told_from_another_by_its_text_alone(values: list[str], priority: int, label: str) -> None:
    context, extension, application, data = values
    row = rows.DialplanRow(context, extension, priority, label, application, data, "pbx_config", "", "")
    text = rows.text_of_step(row)
    message = f"Event: ListDialplan\r\nActionID: 1\r\nContext: {text}"
    assert rows.printed_contexts([message]) == [rows.PrintedContext(context, [text])]
    assert rows.row_of_step(text) == row
    assert rows.printed_contexts([f"Event: Other\r\nContext: {text}"]) == []


def test_the_rows_of_a_context_are_gathered_and_those_of_another_with_a_like_name_are_not() -> None:
    def row(context: str, step: str) -> str:
        return f"Event: ListDialplan\r\nActionID: 1\r\nContext: {context}{step}"

    steps = ["\r\nExtension: 1\r\nPriority: 1", "\r\nExtension: 1\r\nPriority: 2"]
    told = [row("in", steps[0]), "Event: Other\r\nActionID: 1", row("in", steps[1])]
    told += [row("inside", steps[0]), row("in", ""), row("in", steps[0])]
    assert rows.printed_contexts(told) == [
        ("in", [f"in{steps[0]}", f"in{steps[1]}"]),
        ("inside", [f"inside{steps[0]}"]),
        ("in", ["in"]),
        ("in", [f"in{steps[0]}"]),
    ]


def test_of_a_printed_endpoint_itself_and_its_identifies_are_kept() -> None:
    head = "Event: {}\r\nActionID: {}\r\n"
    text = "ObjectType: endpoint\r\nObjectName: a\r\nContext: in"
    one, again = (rows.printed_object(head.format("EndpointDetail", number) + text) for number in (1, 2))
    assert one is not None
    assert one == again
    assert rows.row_of_object(one) == rows.DetailRow("endpoint", "a", {"Context": "in"})
    assert rows.printed_object(head.format("AuthDetail", 1) + text) is None


@given(st.text(alphabet=st.sampled_from("%09afAFgz =_\u00e9\n\t."), max_size=40) | st.text().map(quote))
def test_what_travels_percent_encoded_is_decoded_as_anywhere(value: str) -> None:
    event = parse({"Event": "UserEvent", **CHANNEL, "UserEvent": "CordboardOutcome", "Outcome": value})
    assert isinstance(event, events.OutcomeDeclared)
    assert event.outcome == (unquote(value, errors="replace") if "%" in value else value)
