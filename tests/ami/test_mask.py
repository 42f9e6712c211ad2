"""No identity is left in a masked stream, and it tells the same calls."""

from __future__ import annotations

import hypothesis
import hypothesis.strategies as st
import pytest

from ami.mask import Mask
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
    for identity in ("PJSIP/ag1", "PJSIP/cu1", "Agent One", "CallerIDNum: cu1"):
        assert identity not in whole


@hypothesis.given(st.lists(st.text("0123456789", min_size=3, max_size=15), unique=True, max_size=40))
def test_different_numbers_stay_different_and_alike(numbers: list[str]) -> None:
    mask = Mask(b"key")
    others = [mask._number(number) for number in numbers]
    for number, other in zip(numbers, others, strict=True):
        assert (len(other), other[0]) == (len(number), number[0])
    long = [other for other in others if len(other) > 5]
    assert len(set(long)) == len(long)


@hypothesis.given(st.text(max_size=200))
def test_any_text_is_taken(text: str) -> None:
    Mask().message(text)
    Mask().message(event("Newstate", CallerIDName=text, Exten=text, DialString=text))
