"""No identity is left in a masked stream, and it tells the same calls."""

from __future__ import annotations

import functools

import hypothesis
import hypothesis.strategies as st
import pytest

from ami.events import _TOLD
from ami.mask import _KINDS, _OF_CHANNELS, OWN_EVENTS, Mask
from ami.pseudonyms import Pseudonyms, plain
from ami.public_words import PUBLIC_WORDS
from ami.stream import Stream, headers_of
from kit.recorded import folded, messages_of, raw, recordings, replayed

CHANNEL = {
    "Channel": "PJSIP/ovh-trunk-0000001f",
    "CallerIDNum": "0612345678",
    "CallerIDName": "Zoe Durand",
    "Uniqueid": "pbx1-1795288155.7",
    "Linkedid": "pbx1-1795288155.7",
}


def event(name: str, **headers: str) -> str:
    return "\r\n".join(f"{key}: {value}" for key, value in {"Event": name, **CHANNEL, **headers}.items())


def masked(mask: Mask, name: str, **headers: str) -> dict[str, str]:
    text = mask.message(event(name, **headers))
    assert text is not None
    return headers_of(text)


def test_one_identity_is_always_the_same_other_one() -> None:
    mask = Mask()
    first = masked(mask, "Newchannel", Exten="0612345678", ConnectedLineNum="+0612345678")
    again = masked(mask, "Newstate", ConnectedLineName="Zoe Durand")
    assert first["CallerIDNum"] == first["Exten"] == again["CallerIDNum"] != "0612345678"
    assert first["ConnectedLineNum"] == f"+{first['CallerIDNum']}"
    assert first["CallerIDName"] == again["ConnectedLineName"] != "Zoe Durand"
    assert (len(first["CallerIDNum"]), first["CallerIDNum"][0]) == (10, "0")
    assert first["Channel"].startswith("PJSIP/n")
    assert first["Channel"].endswith("-0000001f")
    assert (first["Uniqueid"], first["Linkedid"]) == (CHANNEL["Uniqueid"], CHANNEL["Linkedid"])
    assert masked(Mask(), "Newchannel")["CallerIDNum"] != first["CallerIDNum"]


def test_identities_within_data() -> None:
    mask = Mask()
    number = masked(mask, "Newstate")["CallerIDNum"]
    trunk = masked(mask, "Newstate")["Channel"].removeprefix("PJSIP/").removesuffix("-0000001f")
    dial = masked(mask, "Newexten", Application="Dial", AppData="PJSIP/0612345678@ovh-trunk,20,tT")
    assert dial["AppData"] == f"PJSIP/{number}@{trunk},20,tT"
    begun = masked(mask, "DialBegin", DestUniqueid="1.2", DialString="0612345678@ovh-trunk")
    assert number in begun["DialString"]
    assert masked(mask, "Newexten", Application="Queue", AppData="support,tT,,,12")["AppData"] == "support,tT,,,12"
    for application in ("Set", "NoOp", "System", "UserEvent", "AGI"):
        assert masked(mask, "Newexten", Application=application, AppData="call of Zoe Durand")["AppData"] == ""
    zombie = masked(mask, "Newstate", Channel="PJSIP/ovh-trunk-0000001f<ZOMBIE>")
    assert zombie["Channel"] == f"PJSIP/{trunk}-0000001f<ZOMBIE>"
    local = masked(mask, "Newstate", Channel="Local/0612345678@agents-00000001;2")
    assert local["Channel"] == f"Local/{number}@agents-00000001;2"


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        ("VarSet", {"Variable": "PIN", "Value": "4711"}),
        ("UserEvent", {"UserEvent": "CallStart", "Customer": "Zoe"}),
        ("SuccessfulAuth", {"RemoteAddress": "IPV4/TCP/192.0.2.7/49254"}),
        ("DTMFEnd", {"Digit": "4"}),
        ("ContactStatus", {"URI": "sip:zoe@192.0.2.7"}),
    ],
)
def test_what_cordboard_does_not_read_is_left_out(name: str, headers: dict[str, str]) -> None:
    assert Mask().message(event(name, **headers)) is None


def test_headers_that_cordboard_does_not_read_are_left_out() -> None:
    told = masked(Mask(), "UserEvent", UserEvent="CordboardChoice", Menu="welcome", Key="4711", Note="Zoe")
    assert told["Menu"] == "welcome"
    assert told.keys().isdisjoint({"Key", "Note"})


@pytest.mark.parametrize("name", recordings())
def test_a_masked_recording_tells_the_same_calls(name: str) -> None:
    mask, moments = Mask(), messages_of(name)
    blocks = []
    for (_, at), text in zip(moments, Stream().feed(raw(name)), strict=True):
        if (kept := mask.message(text)) is not None:
            blocks.append(f"# at {at.timestamp():.6f}\r\n{kept}\r\n\r\n")
    whole = "".join(blocks)
    replay = folded(whole.encode())
    for known, told in zip(replayed(name).conversations.values(), replay.conversations.values(), strict=True):
        assert [(party.role, party.spans) for party in told.parties] == [
            (party.role, party.spans) for party in known.parties
        ]
        assert (told.ending and told.ending.word) == (known.ending and known.ending.word)
        assert (told.direction, told.queue, told.waited, told.talked, told.held) == (
            *(known.direction, known.queue, known.waited, known.talked, known.held),
        )
        assert [step.kind for step in told.steps] == [step.kind for step in known.steps]
    for identity in ("PJSIP/ag1", "PJSIP/cu1", "Agent One", "CallerIDNum: cu1"):
        assert identity not in whole


@hypothesis.given(st.lists(st.text("0123456789", min_size=3, max_size=15), unique=True, max_size=40))
def test_different_numbers_stay_different_and_alike(numbers: list[str]) -> None:
    pseudonyms = Pseudonyms(b"key")
    others = [pseudonyms.number(number) for number in numbers]
    for number, other in zip(numbers, others, strict=True):
        assert (len(other), other[0]) == (len(number), number[0])
    long = [other for other in others if len(other) > 5]
    assert len(set(long)) == len(long)


@hypothesis.given(st.text(max_size=200))
def test_any_text_is_taken(text: str) -> None:
    Mask().message(text)
    Mask().message(event("Newstate", CallerIDName=text, Exten=text, DialString=text))


SPELLINGS = (
    *(
        "0612345678",
        "06 12 34 56 78",
        "06-12-34-56-78",
        "06.12.34.56.78",
        "06/12/34/56/78",
        "06\u00a012\u00a034\u00a056\u00a078",
    ),
    *("06\u201112\u201134\u201156\u201178", "(06) 12 34 56 78", "06_12_34_56_78", "061\u200b2345678", "(0)612345678"),
    *("٠٦١٢٣٤٥٦٧٨", "०६१२३४५६७८", "０６１２３４５６７８", "06 12 ٣٤ ٥٦ 78"),
)


@pytest.mark.parametrize("spelt", SPELLINGS)
@pytest.mark.parametrize("header", ["CallerIDNum", "CallerIDName", "ConnectedLineNum", "Exten"])
def test_a_number_in_any_spelling_is_one_number(spelt: str, header: str) -> None:
    mask = Mask()
    known = masked(mask, "Newchannel")["CallerIDNum"]
    assert masked(mask, "Newstate", **{header: spelt})[header] == known


@pytest.mark.parametrize("spelt", ["+33612345678", "+33 6 12 34 56 78", "+33 (0)6-12-34-56-78", "0033612345678"])
def test_an_international_number_in_any_spelling_is_one_number(spelt: str) -> None:
    mask = Mask()
    known = masked(mask, "Newchannel", CallerIDNum="33612345678")["CallerIDNum"]
    assert masked(mask, "Newstate", CallerIDNum=spelt)["CallerIDNum"].removeprefix("+").removeprefix("00") == known


DATA = (
    *(("Queue", "support,tT,https://crm/?tel={n}&n={w},,15"), ("Queue", "support,t,,,15,,,sub({n})")),
    *(("Dial", "PJSIP/{n}@trunk,20,U(sub^{w}^{n})"), ("Dial", "SCCP/{w}&Console/{w}"), ("Dial", "{w}/{n}")),
    *(("Dial", "PJSIP/trunk/sip:{n}@{ip}:5060,30"), ("Dial", "PJSIP/{w}/sip:{w}@{ip}:5060,30")),
    *(("Dial", "PJSIP/a/sip:a@{ip}:5060&PJSIP/{w}/sip:{w}@{ip},30,tT"), ("Dial", "Local/{n}_{w}@out/n,30")),
    *(("Dial", "PJSIP/trunk,30,,https://crm.example/c?tel={n}"), ("Playback", "/var/spool/tmp/{n}-20260101.wav")),
    *(
        ("Playback", "greet_{n}"),
        ("BackGround", "welcome-mme-{w}"),
        ("ConfBridge", "conf_{n}"),
        ("Read", "num,ask-{w}"),
    ),
    *(
        ("ConfBridge", "conf-{w}"),
        ("VoiceMail", "{w}@default,u"),
        ("VoiceMail", "{n}@default,u"),
        ("Page", "PJSIP/{w}"),
    ),
    *(("Goto", "client-{w},s,1"), ("Goto", "dial-{n},s,1"), ("Goto", "in,{n},1"), ("ChanSpy", "SCCP/{w}")),
    *(("Park", "default,c(in,{n},1)"), ("Set", "CALLERID(num)={n}"), ("Pickup", "{w}@in"), ("Goto", "{w}")),
)


@pytest.mark.parametrize(("application", "data"), DATA)
def test_nobody_is_left_in_the_data_of_an_application(application: str, data: str) -> None:
    told = Mask().message(
        event("Newexten", Application=application, AppData=data.format(n="0699887766", w="dupont", ip="10.9.8.7"))
    )
    assert told is not None
    for identity in ("0699887766", "dupont", "10.9.8.7"):
        assert identity not in told


SPOTS = (
    *(("Newchannel", {header: "{}"}) for header in ("CallerIDNum", "CallerIDName", "ConnectedLineNum", "Exten")),
    *(("Newstate", {header: "{}"}) for header in ("ConnectedLineName", "AccountCode", "Channel", "ChannelStateDesc")),
    *(("Newchannel", {"Channel": f"{t}/{{}}-00000007"}) for t in ("PJSIP", "SIP", "SCCP", "Dongle", "Other")),
    *(("Newchannel", {"Channel": t}) for t in ("Local/{}@in-00000001;2", "AsyncGoto/PJSIP/{}-00000001")),
    *(("Newchannel", {key: value}) for key in ("Uniqueid", "Linkedid") for value in ("{}", "crm-{}-7", "x-{};2")),
    *(("Newexten", {"Application": application, "AppData": data}) for application, data in (
        *(("Dial", "PJSIP/{}"), ("Dial", "PJSIP/{}@x,20"), ("Dial", "PJSIP/x/sip:{}@{},20"), ("Dial", "Foo/{}&SIP/{}")),
        *(("Dial", "Local/{}@in/n"), ("Dial", "PJSIP/a,20,tU(s^{})"), ("Queue", "support,t,{},,9"), ("Goto", "{},s,1")),
        *(("Playback", "custom/{}-hello"), ("BackGround", "{}"), ("ConfBridge", "r_{}"), ("VoiceMail", "{}@default")),
        *(("Set", "X={}"), ("AGI", "{}"), ("Queue", "support,t,sip:{}@x")),
    )),
    *(("DialBegin", {"DestUniqueid": "1.9", "DialString": text}) for text in ("{}", "a/sip:{}@b", "{}@a", "PJSIP/{}")),
    ("DialEnd", {"DestUniqueid": "1795288155.9", "DialStatus": "{}", "Forward": "Local/{}@in"}),
    ("Hangup", {"Cause": "16", "Cause-txt": "{}"}),
    ("OriginateResponse", {"ActionID": "click-{}", "Response": "Failure", "Reason": "5"}),
    ("OriginateResponse", {"Response": "{}", "Reason": "{}"}),
    ("QueueMemberPause", {"Queue": "support", "MemberName": "{}", "Interface": "SIP/{}", "PausedReason": "for {}"}),
    ("QueueMember", {"Queue": "support", "Name": "{}", "Location": "Local/{}@in/n", "StateInterface": "Custom:{}"}),
    ("DeviceStateChange", {"Device": "Custom:{}", "State": "{}"}),
    ("ParkedCall", {"ParkeeUniqueid": "1795288155.8", "ParkerDialString": "PJSIP/{}", "ParkeeCallerIDName": "{}"}),
    ("BlindTransfer", {"TransfererUniqueid": "1795288155.8", "Extension": "{}", "Result": "{}"}),
    ("VarSet", {"Variable": "QUEUESTATUS", "Value": "{}"}),
    ("BridgeCreate", {"BridgeUniqueid": "{}", "BridgeName": "room-{}", "BridgeType": "{}"}),
    ("Rename", {"Newname": "PJSIP/{}-00000002"}),
    ("UserEvent", {"UserEvent": "CordboardOutcome", "Outcome": "abandoned", "Detail": "asked for {}"}),
    ("UserEvent", {"UserEvent": "CordboardAnswered", "Person": "{}", "Variable": "{}"}),
    ("FullyBooted", {"Status": "{}", "Uptime": "0", "Anything": "{}"}),
)  # fmt: skip

words = st.text("aeioudprnst", min_size=5, max_size=12).filter(lambda word: word not in PUBLIC_WORDS)
digits = st.text("0123456789", min_size=9, max_size=13).filter(lambda text: len(set(text)) > 4)
zeros = st.sampled_from("0٠०０۰")
separators = st.sampled_from(["", " ", "-", ".", "\u00a0", "\u2011", "_", "\u200b"])


@st.composite
def spelt_numbers(draw: st.DrawFn) -> tuple[str, str]:
    """Digits, and a way to write them: some plus, a separator every so many, in somebody's numerals."""
    number, zero, between = draw(digits), ord(draw(zeros)), draw(separators)
    numerals = "".join(chr(zero + int(digit)) for digit in number)
    step = draw(st.integers(2, 4))
    groups = [numerals[at : at + step] for at in range(0, len(numerals), step)]
    return number, draw(st.sampled_from(["", "+"])) + between.join(groups)


@st.composite
def spelt_names(draw: st.DrawFn) -> tuple[str, str]:
    """A word, and a form in which it comes."""
    word = draw(words)
    form = draw(
        st.sampled_from(
            ["{}", "_{}", "2{}", "{}2", "{}.x", "x-{}", "cabinet-{}", "sip:{}@10.9.8.7", "{}@sip.example.net", "Dr {}"]
        )
    )
    return word, form.format(word)


@hypothesis.given(spelt_numbers() | spelt_names(), st.lists(st.sampled_from(SPOTS), min_size=1, max_size=6))
def test_no_identity_is_left_wherever_it_comes(
    identity: tuple[str, str], spots: list[tuple[str, dict[str, str]]]
) -> None:
    secret, spelt = identity
    mask, again = Mask(b"key"), Mask(b"key")
    for name, headers in spots:
        text = event(name, **{key: value.replace("{}", spelt) for key, value in headers.items()})
        text += "\r\nSystemName: pbx1"
        told = mask.message(text)
        assert told == mask.message(text)
        assert told == again.message(text)
        assert told is not None
        values = [value for key, value in headers_of(told).items() if key not in CHANNEL or key in headers]
        for value in values:
            assert secret not in value
            assert spelt not in value
            assert secret not in "".join(filter(str.isalnum, plain(value)))
            assert "10.9.8.7" not in value


def test_a_number_in_a_name_of_the_dialplan_is_none_of_the_dialplan() -> None:
    told = masked(Mask(), "QueueCallerJoin", Queue="vip-0612345678", Context="from-trunk-0612345678", SystemName="p")
    assert "0612345678" not in f"{told['Queue']}{told['Context']}"
    assert told["Context"].startswith("from-trunk-")
    assert masked(Mask(), "QueueCallerJoin", Queue="8001", Context="in")["Queue"] == "8001"


def test_a_chosen_id_is_another_one_everywhere() -> None:
    mask = Mask()
    told = masked(mask, "Newchannel", Uniqueid="crm-0612345678-7", Linkedid="crm-0612345678-7", SystemName="pbx1")
    assert told["Uniqueid"] == told["Linkedid"] != "crm-0612345678-7"
    assert masked(mask, "Newexten", Application="Pickup", AppData="crm-0612345678-7")["AppData"] == told["Uniqueid"]
    assert masked(mask, "Newstate", Uniqueid="dupont-1795288155.7", SystemName="pbx1")["Uniqueid"][0] == "n"
    assert masked(mask, "Newstate", Uniqueid="1795288155.7")["Uniqueid"] == "1795288155.7"


def test_what_asterisk_itself_says_stays() -> None:
    mask = Mask()
    told = masked(mask, "Hangup", Cause="16", **{"Cause-txt": "Normal Clearing"})
    assert (told["Cause"], told["Cause-txt"]) == ("16", "Normal Clearing")
    paused = masked(mask, "QueueMemberPause", Queue="support", Interface="PJSIP/a", Paused="1", PausedReason="lunch")
    assert (paused["Queue"], paused["Paused"], paused["PausedReason"]) == ("support", "1", "lunch")
    assert masked(mask, "DeviceStateChange", Device="Queue:support", State="NOT_INUSE")["Device"] == "Queue:support"
    assert masked(mask, "Shutdown", Shutdown="Cleanly", Restart="False")["Restart"] == "False"


def test_events_of_our_own_are_those_that_are_read() -> None:
    assert set(_TOLD) | {"CordboardRelist"} == OWN_EVENTS


def test_numbers_of_few_digits_stay_different() -> None:
    pseudonyms = Pseudonyms(b"key")
    assert len({pseudonyms.number(str(number)) for number in range(100, 200)}) >= 99


NAMES = frozenset(_KINDS["name"]) | {"Event"}  # a queue that is called after somebody tells it
MORE_FORMS = (
    *("call {} back", "x_{}.wav", "[{}]", "Local/{}@x/n", "PJSIP/{}-00000001", "Custom:{}", "Queue:{}-x", "tT({})"),
    *("{}-1795288155.3", "crm-{}-7", "<{}>", "tel:{}", "https://crm.example/?who={}", "{},{}|{}^{};1", "%20{}"),
)


@functools.cache
def recorded_messages() -> tuple[dict[str, str], ...]:
    """One message of each sort that the recordings hold and a masked one keeps."""
    found = {}
    for name in recordings():
        for text in Stream().feed(raw(name)):
            headers = headers_of(text)
            sort = tuple(headers.get(key, "") for key in ("Event", "Application", "UserEvent", "Variable"))
            if sort not in found and Mask().message(text) is not None:
                found[sort] = headers
    return tuple(found.values())


@hypothesis.given(st.data(), spelt_numbers() | spelt_names(), st.sampled_from(["{}", *MORE_FORMS]))
def test_no_identity_is_left_in_any_header_of_a_recorded_message(
    data: st.DataObject, identity: tuple[str, str], form: str
) -> None:
    secret, spelt = identity
    headers = data.draw(st.sampled_from(recorded_messages()))
    key = data.draw(st.sampled_from([key for key in headers if key != "Event"]))
    match = _OF_CHANNELS.fullmatch(key)
    of_a_queue = key == "AppData" and headers["Application"] == "Queue"
    hypothesis.assume(secret.isdigit() or not ((match[1] if match else key) in NAMES or of_a_queue))
    told = Mask().message("\r\n".join(f"{k}: {v}" for k, v in {**headers, key: form.replace("{}", spelt)}.items()))
    hypothesis.assume(told is not None)
    value = headers_of(told or "").get(key, "")
    assert secret not in "".join(filter(str.isalnum, plain(value)))
    assert spelt not in value
    assert "10.9.8.7" not in value


@pytest.mark.parametrize(
    "unit", ["sip:", "PJSIP/", "Local/", "Local/a@", "AsyncGoto/PJSIP/", "1-", "+(1", "%25", "(", "a:"]
)
def test_a_value_that_nests_without_end_is_taken(unit: str) -> None:
    for value in (unit * 2000, unit * 2000 + "x@y"):
        headers = dict.fromkeys(("CallerIDName", "CallerIDNum", "DialString", "Forward", "Context", "Exten"), value)
        assert Mask().message(event("DialEnd", DestUniqueid="1.2", **headers)) is not None
