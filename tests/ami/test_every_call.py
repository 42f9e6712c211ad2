"""Recorded calls as people mean them, on an Asterisk that Cordboard did not configure: each is what its name says.

Waits and talks are held against queue_log and the call records, which Asterisk wrote beside.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ami.conversation import Conversation, Doing
from kit.recorded import call_records, folded, queue_log, raw, recordings, replayed

SECOND = 1.01  # Asterisk cuts both ends of what it counts to whole seconds


def story(conversation: Conversation) -> list[str]:
    """Who did what, in a line each: role, who, and what he was doing."""
    return [
        f"{party.role} {party.name if party.role == 'agent' else party.number or party.endpoint}: "
        + " ".join(dict.fromkeys(span.doing for span in party.spans if span.doing not in INSTANTS))
        for party in conversation.parties
    ]


INSTANTS = (Doing.CONNECTING, Doing.PROGRAM)


def steps(conversation: Conversation) -> list[str]:
    return [" ".join((step.kind, *step.data.values())) for step in conversation.steps]


class Expected:
    def __init__(self, story: list[str], direction: str, outcome: str, by: str, **more: object) -> None:
        self.story, self.direction, self.outcome, self.by, self.more = story, direction, outcome, by, more


HANDLED = ["caller cu1: waiting talking", "agent Agent One: ringing talking"]
RUNG = ["caller cu1: waiting", "agent Agent One: ringing"]
BLIND = Expected(
    ["caller cu1: waiting talking calling", "agent Agent One: ringing talking", "called ag3: ringing talking"],
    "inbound",
    "handled ag3",
    "caller",
    steps=["transferred blind ag1 ag3 success"],
)
READINGS: dict[str, Expected | None] = {
    "01_inbound_answered_callerhangup": Expected(HANDLED, "inbound", "handled Agent One", "caller", queue="support"),
    "03_abandoned_in_queue_ringing": Expected(RUNG, "inbound", "abandoned ringing:Agent One", "caller"),
    "05_abandoned_in_ivr": Expected(["caller cu1: "], "inbound", "abandoned menu", "caller", queue=""),
    "07_overflow_timeout_to_voicemail": Expected(RUNG, "inbound", "voicemail queue:support:timeout", "caller"),
    "08_agent_noanswer_same_agent_rung_again": Expected(RUNG, "inbound", "voicemail queue:support:timeout", "caller"),
    "10_blind_transfer_REFER_to_agent": BLIND,
    "12_blind_transfer_AMI": BLIND,
    "14_attended_transfer_AMI_Atxfer": Expected(
        [
            "caller cu1: waiting talking held",
            "agent Agent One: ringing talking holding calling",
            "called 103: ringing talking",
        ],
        "inbound",
        "handled ag3",
        "caller",
        steps=["transferred attended ag1 ag3 success"],
    ),
    "16_hold_unhold": Expected(
        ["caller cu1: waiting talking held holding", "agent Agent One: ringing talking holding held"],
        "inbound",
        "handled Agent One",
        "caller",
        held=2.0,
        talked=3.299,
    ),
    "17_park_retrieve": Expected(
        [
            "caller cu1: waiting talking parked",
            "agent Agent One: ringing talking alone",
            "retriever ag2: talking",
        ],
        "inbound",
        "handled Agent Two",
        "caller",
        parked=1.502,
        steps=[
            "transferred blind ag1 park success",
            "parked cu1 701 ag1 45",
            "merged mechb/mechb-1795288268.43",
            "retrieved cu1 701 ag2",
        ],
    ),
    "19_conference": Expected(
        ["conference_member cu1: conference", "conference_member cu2: conference", "conference_member ag1: conference"],
        "inbound",
        "handled conference:room",
        "conference_member",
        conference="room",
    ),
    "20_chanspy_whisper": Expected(HANDLED, "inbound", "handled Agent One", "caller", spied_by=["sup on ag1"]),
    "21_voicemail": Expected(["caller cu1: "], "inbound", "voicemail ", "caller"),
    "22_originate_click2call_ok": Expected(
        ["caller 1001: ringing calling talking", "called cu1: ringing talking"],
        "originated",
        "answered cu1",
        "caller",
        dialled="cu1",
    ),
    "23_originate_first_leg_noanswer": Expected(["caller ag1: ringing"], "originated", "no_answer ag1", "switch"),
    "25_originate_local_both_legs": Expected(
        ["caller ag1: ringing calling talking", "called cu1: ringing talking"],
        "originated",
        "answered cu1",
        "caller",
        dialled="cu1",
    ),
    "27_queue_member_Local_n_notoptimised": Expected(
        ["caller cu1: waiting talking", "agent Agent Three: ringing talking"],
        "inbound",
        "handled Agent Three",
        "caller",
        queue="localn",
    ),
    "29_redirect_both": Expected(
        ["caller cu1: waiting talking conference", "agent Agent One: ringing talking conference"],
        "inbound",
        "handled Agent One",
        "caller",
        conference="room",
        steps=["redirected cu1 ag1"],
    ),
    "31_agent_login_pause_logout": None,
    "33_device_state_register_unregister": Expected(
        ["caller cu1: calling talking", "called ag2: ringing talking"], "inbound", "handled Agent Two", "caller"
    ),
    "34_agent_direct_outbound_call": Expected(
        ["caller ag1: calling talking", "called cu1: ringing talking"], "outbound", "answered cu1", "caller"
    ),
    "36_agent_device_dies_mid_call_and_rtptimeout": Expected(HANDLED, "inbound", "handled Agent One", "network"),
}


def test_every_recording_has_its_reading() -> None:
    assert set(READINGS) == set(recordings())


@pytest.mark.parametrize("name", READINGS)
def test_the_call_is_what_its_name_says(name: str) -> None:
    expected, replay = READINGS[name], replayed(name)
    calls = [call for call in replay.conversations.values() if call.merged_into is None and call.spies_on is None]
    if expected is None:
        assert calls == []
        return
    [call] = calls
    assert story(call) == expected.story
    assert call.ending is not None
    assert (call.direction, f"{call.ending.word} {call.ending.detail}", call.ending.by) == (
        expected.direction,
        expected.outcome,
        expected.by,
    )
    for field, value in expected.more.items():
        if field == "steps":
            assert steps(call) == value
        elif field == "spied_by":
            assert [f"{listener.endpoint} on {listener.on}" for listener in call.listeners] == value
        else:
            assert getattr(call, field) == value, field


@pytest.mark.parametrize("name", READINGS)
def test_nothing_is_up_at_the_end(name: str) -> None:
    replay = replayed(name)
    assert all(call.ended is not None for call in replay.conversations.values())
    for call in replay.conversations.values():
        assert all(span.until is not None for party in call.parties for span in party.spans)
    assert replay.drift == []


@pytest.mark.parametrize("name", READINGS)
def test_waits_and_talks_equal_queue_log(name: str) -> None:
    visits = [
        (leg, visit)
        for call in replayed(name).conversations.values()
        for leg in call.parties[0].legs
        for visit in call.visits
    ]
    lines = [line for line in queue_log(name) if line[4] in ENDS]
    for _, caller, queue, agent, event, *data in lines:
        [visit] = [visit for leg, visit in visits if leg == caller and visit.queue == queue]
        hold, talk = ENDS[event]
        assert visit.hold_seconds == int(data[hold])
        assert abs(visit.waited - int(data[hold])) < SECOND
        if talk is not None:
            assert (visit.agent, visit.talk_seconds) == (agent, int(data[talk]))
            assert abs(visit.talked - int(data[talk])) < SECOND
    if lines:
        assert len(visits) == len([line for line in queue_log(name) if line[4] == "ENTERQUEUE"])


# where queue_log writes the wait and the talk
ENDS: dict[str, tuple[int, int | None]] = {
    "COMPLETECALLER": (0, 1),
    "COMPLETEAGENT": (0, 1),
    "BLINDTRANSFER": (2, 3),
    "ATTENDEDTRANSFER": (2, 3),
    "ABANDON": (2, None),
    "EXITWITHTIMEOUT": (2, None),
    "CONNECT": (0, None),
}


@pytest.mark.parametrize("name", READINGS)
def test_beginnings_ends_and_talks_equal_the_call_records(name: str) -> None:
    calls = replayed(name).conversations.values()
    for record in call_records(name):
        [call] = [call for call in calls if record["uniqueid"] in call.legs and call.merged_into is None]
        assert call.ended is not None
        assert (moment(record["start"]) - call.started).total_seconds() > -SECOND
        assert (call.ended - moment(record["end"])).total_seconds() > -SECOND
        if record["application"] == "Dial" and not record["channel"].startswith("Local/"):
            talks = list(together(call, record["to_channel"]))
            assert any(abs(talk - int(record["billed"])) < SECOND for talk in talks)


def together(call: Conversation, channel: str) -> Iterator[float]:
    """Seconds that the phone of this channel talked."""
    endpoint = channel.removeprefix("PJSIP/").rpartition("-")[0]
    for party in call.parties:
        if party.endpoint == endpoint:
            yield sum(
                (span.until - span.since).total_seconds()
                for span in party.spans
                if span.doing in (Doing.TALKING, Doing.HELD, Doing.HOLDING) and span.until
            )


def moment(written: str) -> datetime:
    return datetime.strptime(written, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def in_order(name: str) -> list[Conversation]:
    return sorted(replayed(name).conversations.values(), key=lambda call: call.started)


def test_spying_is_a_call_of_its_own() -> None:
    [spied, spying] = in_order("20_chanspy_whisper")
    assert spying.spies_on == spied.id
    assert (spying.direction, spying.ending and spying.ending.word) == ("spying", "spied")
    assert story(spying) == ["spy 999: ringing spying"]
    assert all(party.role != "spy" for party in spied.parties)


def test_who_retrieves_a_parked_call_joins_it() -> None:
    [parked, retrieving] = in_order("17_park_retrieve")
    assert retrieving.merged_into == parked.id
    assert parked.merged == (retrieving.id,)
    assert retrieving.ending is not None
    assert retrieving.ending.word == "merged"


def test_the_halves_of_a_local_channel_are_no_parties() -> None:
    [call] = replayed("25_originate_local_both_legs").conversations.values()
    assert len(call.legs) == 4
    assert len(call.parties) == 2


# 14 has its times, and 25 is a call of which app_queue and Dial tell nothing
@pytest.mark.parametrize("name", [name for name in READINGS if name[:2] not in ("14", "25")])
def test_without_any_times_the_stream_still_tells_its_seconds(name: str) -> None:
    """But for a hold, which then has no length."""
    found, exact = folded(raw(name)).conversations, replayed(name).conversations
    for call, known in zip(found.values(), exact.values(), strict=True):
        assert abs(call.talked + call.held - known.talked - known.held) < 2 * SECOND
        assert abs(call.waited - known.waited) < SECOND
        assert abs((call.started - known.started).total_seconds()) < SECOND
        assert call.ending == known.ending


def states(name: str) -> dict[str, list[str]]:
    return {
        day.name: [f"{spell.state} {spell.pause_reason}".strip() for spell in day.spells]
        for day in replayed(name).agents.values()
    }


def test_the_states_of_agents_through_a_recording() -> None:
    assert states("31_agent_login_pause_logout") == {
        "Agent Three": ["ready", "pause lunch", "pause coffee", "ready", "logged_out"]
    }
    assert states("08_agent_noanswer_same_agent_rung_again") == {"Agent One": ["ringing", "ready"] * 3}
    for name in READINGS:
        for day in replayed(name).agents.values():
            for before, after in itertools.pairwise(day.spells):
                assert before.until == after.since
                assert before.since <= after.since
