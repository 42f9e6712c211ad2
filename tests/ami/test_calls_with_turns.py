"""Recorded calls that take a turn: consultations, pick-ups, parking, members behind Local channels. Cut down to what is
read of them; each holds its own times."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ami.conversation import Conversation
from ami.events import CallEntered, ChannelSeen, parse
from ami.live import Live
from ami.models import Call, FactKind
from ami.moments import Moments
from ami.plain import plain
from ami.replay import Replay
from ami.transcript import Transcript
from kit.asterisk_peer import TRANSCRIPTS
from kit.recorded import folded
from kit.recorded import replayed as recorded_call


def replayed(name: str) -> Replay:
    return folded((TRANSCRIPTS / "cut" / f"{name}.ami.txt").read_bytes())


def the_call(name: str) -> Conversation:
    """The one call of a recording that did not become part of another."""
    [call] = [call for call in replayed(name).conversations.values() if call.merged_into is None]
    return call


def test_what_an_agent_waits_to_ask_is_no_wait_of_the_caller() -> None:
    call = the_call("att_second_queue_waits")
    assert [round(visit.waited, 3) for visit in call.visits] == [0.012, 3.005]
    assert (round(call.waited, 3), round(call.rang, 3)) == (0.012, 0.012)


def states(replay: Replay) -> dict[str, list[str]]:
    return {day.name: [spell.state.value for spell in day.spells] for day in replay.agents.values()}


def test_who_is_called_through_a_local_channel_is_in_an_inbound_call() -> None:
    """The channels of a member's state interface are his."""
    found = states(replayed("local_member_inbound"))
    assert found["Agent Inner"] == found["Agent Two"] == ["ready", "ringing", "inbound_call", "ready"]
    found = states(recorded_call("27_queue_member_Local_n_notoptimised"))
    assert found == {"Agent Three": ["ringing", "inbound_call", "ready"]}


@pytest.mark.parametrize(
    "name", ["10_blind_transfer_REFER_to_agent", "12_blind_transfer_AMI", "14_attended_transfer_AMI_Atxfer"]
)
def test_a_call_that_was_transferred_to_him_is_inbound(name: str) -> None:
    days = recorded_call(name).agents.values()
    spells = [[spell.state.value for spell in day.spells] for day in days if day.name == "Agent Three"]
    assert spells == [["ringing", "inbound_call", "ready"]] * 2  # a phone that two interfaces lead to


@pytest.mark.parametrize("name", ["pickup_queue2", "pickup_dial", "park_sip_retrieved"])
def test_who_takes_somebody_elses_call_is_in_an_inbound_call(name: str) -> None:
    """Until he has it he is dialling: the code of a pick-up, the number of a parking space."""
    replay = replayed(name)
    for agent in ("Agent Three", "Agent Far"):
        assert states(replay)[agent] == ["ready", "outbound_call", "inbound_call", "ready"]
        [day] = [day for day in replay.agents.values() if day.name == agent]
        dialling = day.spells[1]
        assert dialling.until is not None
        assert (dialling.until - dialling.since).total_seconds() < 0.01


def test_who_fetches_a_parked_call_is_in_an_inbound_call() -> None:
    assert states(recorded_call("17_park_retrieve"))["Agent Two"][-2:] == ["inbound_call", "ready"]


@pytest.mark.parametrize("name", ["22_originate_click2call_ok", "25_originate_local_both_legs"])
def test_a_call_asked_for_by_a_click_is_outbound_through_local_channels_too(name: str) -> None:
    assert states(recorded_call(name)) == {"Agent One": ["ringing", "outbound_call", "ready"]}


@pytest.mark.parametrize(
    ("name", "talked", "counted"), [("redirect_agent_leg", 1.402, 3), ("park_ami_timeout", 0.402, 6)]
)
def test_a_queues_talk_ends_when_one_of_both_is_taken_out_of_it(name: str, talked: float, counted: int) -> None:
    """app_queue counts on until both are gone."""
    [visit] = the_call(name).visits
    assert (round(visit.talked, 2), visit.talk_seconds) == (round(talked, 2), counted)


@pytest.mark.parametrize("name", ["att_second_queue_waits", "att_to_outside_refer"])
def test_at_the_end_of_a_transfer_nobody_dials(name: str) -> None:
    """The leg with the caller goes first; the one that was dialled for the consultation stays for an instant."""
    assert states(replayed(name))["Agent One"] == ["ready", "ringing", "inbound_call", "ready"]


def test_who_got_a_call_by_a_feature_code_is_told() -> None:
    [step] = the_call("att_code").steps
    assert step.data == {"how": "attended", "by": "ag1", "to": "gsm", "result": "success"}


def test_whom_a_manager_puts_together_is_told() -> None:
    """And the agent who was with the caller talks to him no more, though app_queue counts on."""
    call = the_call("bridge_ami")
    assert [(step.kind, step.data) for step in call.steps if step.kind != "merged"] == [
        ("bridged", {"party": "ag3", "with": "carrier"})
    ]
    [visit] = call.visits
    assert (round(visit.talked, 2), visit.talk_seconds) == (1.03, 3)
    assert call.ending is not None
    assert (call.ending.detail, round(call.talked, 2)) == ("ag3", 2.54)


@pytest.mark.parametrize(("name", "is_left"), [("message_left", True), ("message_not_left", False), ("att_code", None)])
def test_whether_a_message_was_left_is_told(name: str, is_left: bool | None) -> None:
    call = the_call(name)
    assert call.message_left is is_left
    assert plain(call)["message_left"] is is_left
    if is_left is not None:
        assert call.ending is not None
        assert call.ending.word == "voicemail"


def test_a_message_is_known_without_the_class_dialplan() -> None:
    """As Cordboard's own account has it: no variables, no applications."""
    stream = (TRANSCRIPTS / "cut" / "message_left.ami.txt").read_bytes()
    told = [part for part in stream.split(b"\r\n\r\n") if not part.startswith((b"Event: VarSet", b"Event: Newexten"))]
    [call] = folded(b"\r\n\r\n".join(told)).conversations.values()
    assert call.message_left is True


def test_a_local_member_who_names_no_phone_is_rung_and_in_an_inbound_call() -> None:
    assert states(replayed("local_member_nameless"))["Agent Nameless"] == ["ringing", "inbound_call", "ready"]


def test_the_fact_of_a_transfer_by_a_feature_code_names_who_got_the_call() -> None:
    """Of a received call, too."""
    stream = (TRANSCRIPTS / "cut" / "att_code.ami.txt").read_bytes()
    calls: dict[str, Call] = {}
    live = Live("mecht")
    live.watch(lambda change: calls.update({change.key: change.value} if isinstance(change.value, Call) else {}))
    for message, at in Moments().dated(Transcript([stream])):
        event = parse(message.headers)
        if event is not None:
            live.apply(replace(event, at=at))
            if isinstance(event, ChannelSeen) and event.is_new and event.leg.uniqueid == event.leg.linkedid:
                live.apply(CallEntered(at, event.leg, "main", "acme", 1))
    facts = [fact for call in calls.values() for fact in call.facts if fact.kind is FactKind.TRANSFERRED]
    assert [fact.data for fact in facts] == [{"how": "attended", "by": "ag1", "to": "gsm", "result": "Success"}]
