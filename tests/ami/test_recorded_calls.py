"""Recorded calls through parser and fold, held against what Asterisk itself wrote into queue_log.

The recordings come from a plain Asterisk, without the user events of our dialplan: each caller is announced as received
at his first event, as our dialplan would do.
"""

import dataclasses
import random
from collections.abc import Iterable

import pytest

from ami import events as told
from ami.events import Event
from ami.live import Live
from ami.models import Agent, AgentState, Call, Change, Fact, FactKind, Stage
from kit.recorded import START, Time, events_in, queue_log, raw, recorded, recordings

WITH_QUEUE = [name for name in recordings() if queue_log(name)]


def received(name: str) -> list[Event]:
    """The events of a recording, with the entry of each caller who joins a queue."""
    callers = {line[1] for line in queue_log(name) if line[4] == "ENTERQUEUE"}
    found: list[Event] = []
    for event in recorded(name):
        found.append(event)
        if isinstance(event, told.ChannelSeen) and event.is_new and event.leg.uniqueid in callers:
            found.append(told.CallEntered(event.at, event.leg, "main", "acme", 1))
    return found


class Watched:
    """A live state whose every call is written down."""

    def __init__(self) -> None:
        self.clock = Time()
        self.live = Live("mechb", self.clock)
        self.ended: list[Call] = []
        self.stages: dict[str, list[Stage]] = {}
        self.live.watch(self._take)

    def _take(self, change: Change) -> None:
        if change.kind != "call":
            return
        assert isinstance(change.value, Call)
        stages = self.stages.setdefault(change.key, [])
        if not stages or stages[-1] is not change.value.stage:
            stages.append(change.value.stage)
        if change.value.ended is not None:
            self.ended.append(change.value)

    def play(self, events: Iterable[Event]) -> None:
        for event in events:
            self.clock.pass_by(0.001)
            self.live.apply(event)


def as_queue_log(call: Call) -> list[tuple[str, ...]]:
    """The facts of a call in the words of queue_log, as far as it has words for them."""
    lines: list[tuple[str, ...]] = []
    timed_out = False
    for fact in call.facts:
        data = fact.data
        match fact.kind:
            case FactKind.JOINED:
                lines.append(("ENTERQUEUE", data["position"]))
            case FactKind.NOT_ANSWERED:
                lines.append(("RINGNOANSWER", data["agent"], str(round(float(data["ring_seconds"]) * 1000))))
                timed_out = True
            case FactKind.CONNECTED if data["queue"]:
                lines.append(("CONNECT", data["agent"], data["hold_seconds"]))
            case FactKind.COMPLETED if data["queue"]:
                lines.append(("COMPLETE", data["agent"], data["hold_seconds"], data["talk_seconds"]))
            case FactKind.OFFER_CANCELLED:
                lines.append(("RINGCANCELED", data["agent"]))
            case FactKind.GAVE_UP:
                lines.append(("EXIT" if timed_out else "ABANDON", data["position"], data["hold_seconds"]))
    return lines


def logged(name: str, uniqueid: str) -> list[tuple[str, ...]]:
    """queue_log of one caller, in the same words."""
    lines: list[tuple[str, ...]] = []
    for _, caller, _, agent, event, *data in queue_log(name):
        if caller != uniqueid:
            continue
        match event:
            case "ENTERQUEUE":
                lines.append((event, data[2]))
            case "RINGNOANSWER":
                lines.append((event, agent, data[0]))
            case "CONNECT":
                lines.append((event, agent, data[0]))
            case "COMPLETECALLER" | "COMPLETEAGENT":
                lines.append(("COMPLETE", agent, data[0], data[1]))
            case "BLINDTRANSFER" | "ATTENDEDTRANSFER":
                lines.append(("COMPLETE", agent, data[2], data[3]))
            case "RINGCANCELED":
                lines.append((event, agent))
            case "ABANDON":
                lines.append((event, data[0], data[2]))
            case "EXITWITHTIMEOUT":
                lines.append(("EXIT", data[0], data[2]))
    return lines


@pytest.mark.parametrize("name", WITH_QUEUE)
def test_facts_agree_with_queue_log(name: str) -> None:
    watched = Watched()
    watched.play(received(name))
    callers = {line[1] for line in queue_log(name) if line[4] == "ENTERQUEUE"}
    assert {call.id.uniqueid for call in watched.ended} == callers
    assert len(watched.ended) == len(callers)
    for call in watched.ended:
        assert as_queue_log(call) == logged(name, call.id.uniqueid)


@pytest.mark.parametrize("name", recordings())
def test_nothing_is_left_when_all_have_hung_up(name: str) -> None:
    watched = Watched()
    watched.play(received(name))
    up = {event.leg.uniqueid for event in recorded(name) if isinstance(event, told.ChannelSeen)}
    gone = {event.leg.uniqueid for event in recorded(name) if isinstance(event, told.ChannelHungUp)}
    snapshot = watched.live.snapshot()
    assert {channel.uniqueid for channel in snapshot.channels} <= up - gone
    assert snapshot.calls == ()
    assert not any(queue.waiting for queue in snapshot.queues)
    assert not any(bridge.channels for bridge in snapshot.bridges)
    if up == gone:
        assert {agent.state for agent in snapshot.agents} <= {AgentState.READY, AgentState.UNREACHABLE}


def stages(name: str) -> list[Stage]:
    watched = Watched()
    watched.play(received(name))
    [of_one] = watched.stages.values()
    return of_one


S = Stage
OFFERED = [S.ENTERING, S.WAITING, S.RINGING]
OVER = [S.ROUTING, S.ENDED]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("01_inbound_answered_callerhangup", [*OFFERED, S.TALKING, *OVER]),
        ("03_abandoned_in_queue_ringing", [*OFFERED, S.WAITING, *OVER]),
        ("08_agent_noanswer_same_agent_rung_again", [S.ENTERING, S.WAITING, *[S.RINGING, S.WAITING] * 3, *OVER]),
        ("10_blind_transfer_REFER_to_agent", [*OFFERED, S.TALKING, S.ROUTING, S.RINGING, S.TALKING, S.ENDED]),
        ("16_hold_unhold", [*OFFERED, S.TALKING, S.HELD, S.TALKING, *OVER]),
    ],
)
def test_stages_of_a_call(name: str, expected: list[Stage]) -> None:
    assert stages(name) == expected


@pytest.mark.parametrize(
    ("name", "agents"),
    [
        ("10_blind_transfer_REFER_to_agent", ["Agent One", "Agent Three"]),
        ("12_blind_transfer_AMI", ["Agent One", "Agent Three"]),
        ("14_attended_transfer_AMI_Atxfer", ["Agent One", "Agent Three"]),
        ("17_park_retrieve", ["Agent One", "Agent Two"]),
        ("29_redirect_both", ["Agent One"]),
    ],
)
def test_who_talked_to_the_caller(name: str, agents: list[str]) -> None:
    watched = Watched()
    watched.play(received(name))
    [call] = watched.ended
    talked = [fact.data["agent"] for fact in call.facts if fact.kind == FactKind.CONNECTED]
    assert [_known(agent) for agent in talked] == agents
    assert len([fact for fact in call.facts if fact.kind == FactKind.COMPLETED]) == len(agents)


def _known(agent: str) -> str:
    """A member's name; for one who is in no queue of the recording it is his endpoint."""
    return {"ag2": "Agent Two", "ag3": "Agent Three"}.get(agent, agent)


def test_who_asks_aside_has_his_caller_until_the_transfer() -> None:
    """14: he talks for a second, the caller is on hold while he asks, then he leaves; app_queue counts five seconds."""
    watched = Watched()
    watched.play(received("14_attended_transfer_AMI_Atxfer"))
    [call] = watched.ended
    completed = next(fact for fact in call.facts if fact.kind == FactKind.COMPLETED)
    connected = next(fact for fact in call.facts if fact.kind == FactKind.CONNECTED)
    assert completed.data["talk_seconds"] == "5"
    assert 4.5 < (completed.at - connected.at).total_seconds() < 5.0
    assert 3.6 < call.held_for < 3.9
    [transfer] = [fact for fact in call.facts if fact.kind == FactKind.TRANSFERRED]
    assert transfer.data["how"] == "attended"


def test_a_redirect_is_no_end_of_the_talk_while_the_two_are_together() -> None:
    """29: both go to a conference; AgentComplete comes at the caller's hang-up."""
    watched = Watched()
    watched.play(received("29_redirect_both"))
    [call] = watched.ended
    assert call.agent == "Agent One"
    assert [fact.kind for fact in call.facts][-2:] == [FactKind.COMPLETED, FactKind.HUNG_UP]


def test_a_device_that_dies_ends_its_call() -> None:
    watched = Watched()
    watched.play(received("36_agent_device_dies_mid_call_and_rtptimeout"))
    [call] = watched.ended
    assert call.hangup_cause == 41


def agent_states(name: str, agent: str) -> list[AgentState]:
    clock = Time()
    live = Live("mechb", clock)
    seen: list[AgentState] = []

    def take(change: Change) -> None:
        if isinstance(change.value, Agent) and change.key == agent and change.value.state not in seen[-1:]:
            seen.append(change.value.state)

    live.watch(take)
    live.apply(told.MemberChanged(None, next(e.member for e in recorded(name) if isinstance(e, told.MemberChanged))))
    seen.clear()
    for event in received(name):
        live.apply(event)
    return seen


def test_an_agents_states_through_a_queue_call() -> None:
    assert agent_states("01_inbound_answered_callerhangup", "Agent One") == [
        AgentState.RINGING,
        AgentState.INBOUND_CALL,
        AgentState.READY,
    ]


def test_an_agents_log_in_pause_and_log_out() -> None:
    clock = Time()
    live = Live("mechb", clock)
    seen: list[tuple[AgentState, str]] = []

    def take(change: Change) -> None:
        if isinstance(change.value, Agent):
            seen.append((change.value.state, change.value.pause_reason))

    live.watch(take)
    for event in recorded("31_agent_login_pause_logout"):
        live.apply(event)
    assert seen[0] == (AgentState.READY, "")
    assert (AgentState.PAUSE, "lunch") in seen
    assert seen[-1] == (AgentState.LOGGED_OUT, "")
    assert live.snapshot().agents == ()


@pytest.mark.parametrize("name", WITH_QUEUE)
def test_played_twice_is_the_same(name: str) -> None:
    """Events with their own times: what comes again changes nothing, and no call ends twice."""
    events = stamped(received(name))
    for end in (len(events), len(events) * 2 // 3, len(events) // 2):
        once, twice = Watched(), Watched()
        once.live.watch(lambda _: None)
        for event in events[:end]:
            once.live.apply(event)
        for event in [*events[:end], *events[:end]]:
            twice.live.apply(event)
        ours, theirs = once.live.snapshot(), twice.live.snapshot()
        assert theirs.calls == ours.calls
        assert theirs.channels == ours.channels
        assert theirs.bridges == ours.bridges
        assert [queue.waiting for queue in theirs.queues] == [queue.waiting for queue in ours.queues]
        assert [agent.state for agent in theirs.agents] == [agent.state for agent in ours.agents]
        assert twice.ended == once.ended


def stamped(events: list[Event]) -> list[Event]:
    """The same events, each with a moment of its own."""
    clock = Time(START)
    found = []
    for event in events:
        clock.pass_by(0.01)
        found.append(dataclasses.replace(event, at=clock()))
    return found


@pytest.mark.parametrize("name", recordings())
def test_a_cut_at_any_byte_tells_a_beginning(name: str) -> None:
    """What arrived before the cut is folded as if nothing more would come; no half event, nothing raised."""
    data = raw(name)
    whole = events_in(data)
    for offset in random.Random(name).sample(range(len(data)), 8):
        events = events_in(data[:offset])
        assert events == whole[: len(events)]
        watched = Watched()
        watched.play(events)
        watched.live.snapshot()


def test_facts_are_in_order_of_what_happened() -> None:
    for name in WITH_QUEUE:
        watched = Watched()
        watched.play(received(name))
        for call in watched.ended:
            known = [fact for fact in call.facts if fact.kind != FactKind.COMPLETED]
            assert known == sorted(known, key=_moment)
            assert call.facts[-1].kind == FactKind.HUNG_UP


def _moment(fact: Fact) -> float:
    return fact.at.timestamp()


def test_a_caller_who_talks_to_nobody_counts_no_talk() -> None:
    watched = Watched()
    watched.play(received("03_abandoned_in_queue_ringing"))
    [call] = watched.ended
    assert call.talked == 0
    assert call.waited > 0
    assert call.answered is None
