"""Conversations told step by step: what recordings hold none of, and what watchers are told."""

from __future__ import annotations

import logging

import pytest

from ami.conversation import Conversation, Doing
from kit.told import Told

CARRIER = {"Channel": "PJSIP/carrier-00000001", "Uniqueid": "1.1", "Linkedid": "1.1", "Context": "from-trunk"}


def leg(uniqueid: str, endpoint: str, state: str = "6", linkedid: str = "1.1", **more: str) -> dict[str, str]:
    channel = f"PJSIP/{endpoint}-{uniqueid.partition('.')[2]:0>8}"
    return {"Uniqueid": uniqueid, "Linkedid": linkedid, "Channel": channel, "ChannelState": state, **more}


def dest(headers: dict[str, str], prefix: str = "Dest") -> dict[str, str]:
    return {f"{prefix}{key}": value for key, value in headers.items()}


def called(told: Told, number: str = "0612345678") -> None:
    """Somebody from outside calls amel, whose phone rings."""
    told.event("Newchannel", **leg("1.1", "carrier", "4", Context="from-trunk", CallerIDNum=number, Exten="301"))
    told.event("Newchannel", **leg("1.2", "amel", "0", Context="phones"))
    told.event("DialBegin", **leg("1.1", "carrier", "4"), **dest(leg("1.2", "amel", "5")))
    told.event("Newstate", **leg("1.2", "amel", "5"))


def answered(told: Told, uniqueid: str = "1.2", endpoint: str = "amel") -> None:
    told.event("Newstate", **leg(uniqueid, endpoint))
    told.event("DialEnd", **leg("1.1", "carrier"), **dest(leg(uniqueid, endpoint)), DialStatus="ANSWER")
    for each in (leg(uniqueid, endpoint), leg("1.1", "carrier")):
        told.event("BridgeEnter", **each, BridgeUniqueid="b1", BridgeTechnology="simple_bridge")


def hung_up(told: Told, *legs: dict[str, str]) -> None:
    told.event("HangupRequest", **legs[0])
    for each in legs:
        told.event("Hangup", **each, Cause="16")


def only(told: Told) -> Conversation:
    [call] = told.live.snapshot(with_conversations=True).conversations
    return call


def spans(call: Conversation) -> dict[str, list[str]]:
    return {party.endpoint: [span.doing.value for span in party.spans] for party in call.parties}


@pytest.fixture
def ended() -> list[Conversation]:
    return []


@pytest.fixture
def told(ended: list[Conversation]) -> Told:
    told = Told()
    told.live.watch_conversations(lambda call: ended.append(call) if call.ended else None)
    return told


def test_a_direct_call(told: Told, ended: list[Conversation]) -> None:
    called(told)
    told.after(4)
    assert spans(only(told)) == {"carrier": ["calling"], "amel": ["ringing"]}
    answered(told)
    told.after(30)
    hung_up(told, leg("1.2", "amel"), leg("1.1", "carrier"))
    [call] = ended
    assert call.ending is not None
    assert (call.direction, call.dialled, call.ending.word, call.ending.by) == ("inbound", "301", "handled", "called")
    assert (call.rang, call.talked) == (4, 30)
    assert told.live.snapshot(with_conversations=True).conversations == ()


def test_a_phone_that_forwards(told: Told, ended: list[Conversation]) -> None:
    called(told)
    told.after(1)
    told.event(
        "DialEnd", **leg("1.1", "carrier"), **dest(leg("1.2", "amel", "5")), DialStatus="CANCEL",
        Forward="Local/302@phones",
    )  # fmt: skip
    told.event("Hangup", **leg("1.2", "amel", "5"), Cause="0")
    told.event("Newchannel", **leg("1.3", "bruno", "0", Context="phones"))
    told.event("DialBegin", **leg("1.1", "carrier", "4"), **dest(leg("1.3", "bruno", "5")))
    answered(told, "1.3", "bruno")
    told.after(5)
    hung_up(told, leg("1.1", "carrier"), leg("1.3", "bruno"))
    [call] = ended
    assert [(step.kind, step.data["to"]) for step in call.steps] == [("forwarded", "Local/302@phones")]
    assert call.ending is not None
    assert call.ending.detail == "bruno"


def test_a_masquerade_puts_another_phone_behind_a_leg(told: Told, ended: list[Conversation]) -> None:
    called(told)
    told.after(3)
    told.event("Rename", Uniqueid="1.2", Channel="PJSIP/amel-00000002", Newname="PJSIP/bruno-00000009")
    answered(told, "1.2", "bruno")
    told.after(7)
    hung_up(told, leg("1.1", "carrier"), leg("1.2", "bruno"))
    [call] = ended
    assert spans(call)["amel"] == ["ringing"]
    assert spans(call)["bruno"][-1] == "talking"
    assert call.legs == ("1.1", "1.2")


def test_a_name_in_passing_is_nobodys(told: Told) -> None:
    called(told)
    for name in ("PJSIP/amel-00000002<MASQ>", "PJSIP/bruno-00000003<ZOMBIE>"):
        told.event("Rename", Uniqueid="1.2", Channel="x", Newname=name)
    assert [party.endpoint for party in only(told).parties] == ["carrier", "amel"]


def test_a_parked_caller_whom_nobody_fetches(told: Told, ended: list[Conversation]) -> None:
    called(told)
    answered(told)
    told.after(5)
    told.event("BridgeLeave", **leg("1.1", "carrier"), BridgeUniqueid="b1")
    told.event("ParkedCall", **dest(leg("1.1", "carrier"), "Parkee"), ParkingSpace="701", ParkerDialString="PJSIP/amel")
    told.event(
        "BridgeEnter", **leg("1.1", "carrier"), BridgeUniqueid="p", BridgeTechnology="holding_bridge",
        BridgeCreator="Parking",
    )  # fmt: skip
    told.event("Hangup", **leg("1.2", "amel"), Cause="16")
    told.after(40)
    assert spans(only(told))["carrier"][-1] == "parked"
    told.event("ParkedCallGiveUp", **dest(leg("1.1", "carrier"), "Parkee"), ParkingSpace="701")
    hung_up(told, leg("1.1", "carrier"))
    [call] = ended
    assert (call.parked, call.talked) == (40, 5)
    assert [step.kind for step in call.steps] == ["parked", "park_ended"]


def test_an_originate_that_nobody_answers_names_no_leg(told: Told, ended: list[Conversation]) -> None:
    told.event("Newchannel", **leg("2.1", "amel", "0", "2.1", Context="phones"))
    told.event("DialBegin", **dest(leg("2.1", "amel", "5", "2.1")))
    told.after(20)
    told.event(
        "OriginateResponse", ActionID="x", Response="Failure", Reason="3", Channel="PJSIP/amel", Uniqueid="<unknown>"
    )
    told.event("Hangup", **leg("2.1", "amel", "5", "2.1"), Cause="19")
    [call] = ended
    assert call.ending is not None
    assert (call.direction, call.ending.word, call.rang) == ("originated", "no_answer", 20)


def test_channels_that_asterisk_makes_for_itself_are_nobody(told: Told) -> None:
    called(told)
    told.event("Newchannel", Uniqueid="1.7", Linkedid="1.1", Channel="AsyncGoto/PJSIP/amel-00000002", ChannelState="6")
    assert [party.endpoint for party in only(told).parties] == ["carrier", "amel"]


def test_a_call_that_nobody_saw_the_end_of(told: Told, ended: list[Conversation]) -> None:
    called(told)
    answered(told)
    told.after(60)
    told.relist(reason="restart")
    [call] = ended
    assert call.ending is not None
    assert (call.ending.word, call.ending.detail) == ("unseen", "restart")
    told.relist()
    assert len(ended) == 1


def test_a_gap_keeps_what_was_known(told: Told) -> None:
    waiting = told.call("1.1").enters().joins()
    told.after(10)
    told.relist(waiting, seconds=10)
    told.after(5)
    [party] = only(told).parties
    assert [span.doing for span in party.spans] == [Doing.WAITING]
    assert not only(told).is_partial
    assert [visit.queue for visit in only(told).visits] == ["acme-billing"]


def test_a_watcher_that_fails_goes_on_watching(told: Told, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []

    def fails(call: Conversation) -> None:
        seen.append(str(call.id))
        raise ValueError("no")

    unwatch = told.live.watch_conversations(fails)
    with caplog.at_level(logging.ERROR):
        called(told)
    count = len(seen)
    assert count > 1
    assert "a watcher of the conversations failed" in caplog.text
    unwatch()
    answered(told)
    assert len(seen) == count


def test_who_is_outside(told: Told) -> None:
    sides = told.live.fold.conversations.sides
    assert sides.is_outside("x", "cordboard-in", "201")
    assert sides.is_outside("x", "from-trunk", "201")
    assert sides.is_outside("x", "phones", "+33612345678")
    for company in ("acme", "public"):  # of our own dialplan the name decides, not what else may be read in it
        assert not sides.is_outside(f"{company}-amel", f"cordboard-phones-{company}", "+33123456789")
    assert not sides.is_outside("x", "phones", "201")
    sides.see("amel", "phones")
    told.member("amel")
    assert not sides.is_outside("amel", "from-trunk", "0612345678")
    assert not sides.is_outside("bruno", "phones", "0612345678")


def test_who_left_a_queue_for_an_agent_pressed_no_key(told: Told, ended: list[Conversation]) -> None:
    """app_queue tells that he left the line before it tells to whom; a stream may end between the two."""
    ends: list[str] = []
    told.member("amel")
    told.live.watch_conversations(lambda call: ends.extend(visit.end for visit in call.visits))
    told.call("1.1").enters().joins().rings("amel").talks_to("amel")
    assert set(ends) == {"", "connected"}


def test_who_left_a_queue_and_went_on_pressed_a_key(told: Told, ended: list[Conversation]) -> None:
    waiting = told.call("1.1").enters().joins()
    told.after(5)
    told.event("QueueCallerLeave", Queue="acme-billing", Position="1", Count="0", **waiting.leg)
    assert [visit.end for visit in only(told).visits] == [""]
    told.after(5)
    waiting.hangs_up()
    [call] = ended
    assert [visit.end for visit in call.visits] == ["key"]


@pytest.mark.parametrize(("told_by", "by"), [("PJSIP/amel", "amel"), ("PJSIP/carrier", "")])
def test_who_is_parked_by_a_manager_did_not_park_himself(told: Told, told_by: str, by: str) -> None:
    called(told)
    answered(told)
    told.event("BridgeLeave", **leg("1.1", "carrier"), BridgeUniqueid="b1")
    told.event("ParkedCall", **dest(leg("1.1", "carrier"), "Parkee"), ParkingSpace="701", ParkerDialString=told_by)
    [step] = only(told).steps
    assert step.data == {"party": "carrier", "space": "701", "by": by, "timeout": ""}


def test_an_agent_who_is_redirected_to_somebody_who_answers_at_once_talks_to_the_caller_no_more(
    told: Told, ended: list[Conversation]
) -> None:
    """app_queue does not notice, and a change that quick is no end of his talking."""
    told.member("amel")
    caller = told.call("1.1").enters().joins().rings("amel")
    told.after(2)
    caller.talks_to("amel")
    amel = {key.removeprefix("Dest"): value for key, value in caller.dest("amel").items()} | {"ChannelState": "6"}
    for each in (caller.leg, amel):
        told.event("BridgeEnter", **each, BridgeUniqueid="b1", BridgeTechnology="simple_bridge")
    told.after(10)
    told.event("BridgeLeave", **amel, BridgeUniqueid="b1")
    bruno = leg("1.3", "bruno", "0", Context="phones")
    told.event("Newchannel", **bruno)
    told.event("DialBegin", **amel, **dest(bruno))
    told.after(0.05)
    told.event("DialEnd", **amel, **dest(bruno | {"ChannelState": "6"}), DialStatus="ANSWER")
    for each in (amel, bruno | {"ChannelState": "6"}):
        told.event("BridgeEnter", **each, BridgeUniqueid="b2", BridgeTechnology="simple_bridge")
    told.after(30)
    told.event("BridgeLeave", **caller.leg, BridgeUniqueid="b1")
    caller.hangs_up()
    hung_up(told, amel, bruno)
    [call] = ended
    assert [step.data for step in call.steps if step.kind == "redirected"] == [{"party": "amel", "from": "carrier"}]
    [visit] = call.visits
    assert visit.talked == 10


def test_a_call_that_was_not_let_out_is_outbound_and_denied(told: Told, ended: list[Conversation]) -> None:
    phone = leg("1.1", "acme-amel", "4", Context="cordboard-phones-acme")
    told.event("Newchannel", **phone, CallerIDNum="201", Exten="0004420")
    told.event("UserEvent", **phone, UserEvent="CordboardDenied", Phone="acme-amel", Reason="permission")
    told.event("Hangup", **phone, Cause="21")
    (call,) = ended
    assert (call.direction, call.dialled) == ("outbound", "0004420")
    assert call.ending is not None
    assert (call.ending.word, call.ending.detail) == ("denied", "permission")
    assert [(step.kind, dict(step.data)) for step in call.steps] == [
        ("not_let_out", {"by": "acme-amel", "reason": "permission"})
    ]


def test_a_caller_who_is_not_passed_on_outside_is_no_denied_call(told: Told, ended: list[Conversation]) -> None:
    called(told)
    answered(told)
    told.event(
        "UserEvent", **leg("1.1", "carrier"), UserEvent="CordboardDenied", Phone="acme-amel", Reason="permission"
    )
    hung_up(told, leg("1.1", "carrier"), leg("1.2", "amel"))
    (call,) = ended
    assert call.ending is not None
    assert call.direction == "inbound"
    assert call.ending.word != "denied"
    assert [step.kind for step in call.steps] == ["not_let_out"]


def test_a_call_that_no_trunk_took_has_failed(told: Told, ended: list[Conversation]) -> None:
    phone = leg("1.1", "acme-amel", "4", Context="cordboard-phones-acme")
    told.event("Newchannel", **phone, CallerIDNum="201", Exten="0612345678")
    told.event("UserEvent", **phone, UserEvent="CordboardDenied", Phone="acme-amel", Reason="trunks")
    told.event("Hangup", **phone, Cause="34")
    (call,) = ended
    assert call.ending is not None
    assert (call.ending.word, call.ending.detail) == ("failed", "trunks")
