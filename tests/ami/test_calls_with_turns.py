"""Recorded calls that take a turn: consultations, pick-ups, parking, members behind Local channels. Cut down to what is
read of them; each holds its own times."""

from __future__ import annotations

from ami.conversation import Conversation
from ami.replay import Replay
from kit.asterisk_peer import TRANSCRIPTS
from kit.recorded import folded


def replayed(name: str) -> Replay:
    return folded((TRANSCRIPTS / "cut" / f"{name}.ami.txt").read_bytes())


def the_call(name: str) -> Conversation:
    """The one call of a recording that did not become part of another."""
    [call] = [call for call in replayed(name).conversations.values() if call.merged_into is None]
    return call


def test_what_an_agent_waits_to_ask_is_no_wait_of_the_caller() -> None:
    call = the_call("att_second_queue_waits")
    assert [visit.waited for visit in call.visits] == [0.012, 3.005]
    assert (call.waited, call.rang) == (0.012, 0.012)
