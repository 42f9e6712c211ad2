"""What is live: one call after another written out, and what holds whatever the events."""

import random
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ami import events as told
from ami.events import Event
from ami.fields import Leg, MemberFacts
from ami.live import Live
from ami.models import (
    Agent,
    AgentState,
    Call,
    CallId,
    Change,
    ChannelState,
    DeviceState,
    FactKind,
    LinkState,
    Queue,
    Snapshot,
    Stage,
)
from kit.recorded import START, Time, recorded, recordings

QUEUE = "acme-sales"


def leg(number: int | str, name: str = "carrier", state: ChannelState = ChannelState.UP, **more: str) -> Leg:
    """A PJSIP leg: uniqueid pbx1-NUMBER, of the endpoint `name`."""
    uniqueid = f"pbx1-{number}"
    context = "cordboard-in" if name == "carrier" else "cordboard-phones"
    values = {
        "linkedid": uniqueid,
        "name": f"PJSIP/{name}-0000{number}",
        "caller_number": "+33612345678",
        "caller_name": "",
        "connected_number": "",
        "account": "",
        "context": context,
        "exten": "s",
    }
    return Leg(uniqueid=uniqueid, state=state, **{**values, **more})


def facts_of(name: str, queue: str = QUEUE, **more: object) -> MemberFacts:
    """A member who is free."""
    member = MemberFacts(queue, f"PJSIP/{name}", name, f"PJSIP/{name}", "dynamic", 0, False, "", None,
                         DeviceState.NOT_IN_USE, False, None, START, 0.0, 0, False)  # fmt: skip
    return member._replace(**more)  # type: ignore[arg-type]


class Scene:
    """A live state with a clock, a caller and an agent; each line of a test is one thing that happens."""

    def __init__(self) -> None:
        self.clock = Time()
        self.live = Live("pbx1", self.clock)
        self.changes: list[Change] = []
        self.live.watch(self.changes.append)
        self.caller = leg(1)
        self.phone = leg(2, "acme-amel")._replace(linkedid=self.caller.uniqueid)

    def tell(self, *events: Event, after: float = 0.0) -> None:
        self.clock.pass_by(after)
        for event in events:
            self.live.apply(event)

    @property
    def call(self) -> Call:
        [call] = self.live.snapshot().calls
        return call

    @property
    def ended(self) -> list[Call]:
        calls = [change.value for change in self.changes if change.kind == "call"]
        return [call for call in calls if isinstance(call, Call) and call.ended is not None]

    def agent(self, name: str = "acme-amel") -> Agent:
        return next(agent for agent in self.live.snapshot().agents if agent.name == name)

    @property
    def queue(self) -> Queue:
        [queue] = self.live.snapshot().queues
        return queue

    def enter(self) -> None:
        self.tell(told.ChannelSeen(None, self.caller._replace(state=ChannelState.RING), True))
        self.tell(told.CallEntered(None, self.caller, "main", "acme", 7))

    def log_in(self, name: str = "acme-amel", queue: str = QUEUE, **more: object) -> None:
        self.tell(told.MemberChanged(None, facts_of(name, queue, **more)))

    def join(self, caller: Leg | None = None, position: int = 1, after: float = 0.0) -> None:
        self.tell(told.CallerJoined(None, caller or self.caller, QUEUE, position, position), after=after)

    def offer(self, after: float = 0.0) -> None:
        ringing = self.phone._replace(state=ChannelState.RINGING, linkedid="pbx1-1")
        self.tell(
            told.ChannelSeen(None, ringing._replace(state=ChannelState.DOWN), True),
            told.AgentCalled(None, self.caller, ringing, QUEUE, "PJSIP/acme-amel", "acme-amel"),
            told.DialBegan(None, self.caller, ringing),
            told.ChannelSeen(None, ringing, False),
            told.MemberChanged(None, facts_of("acme-amel", status=DeviceState.RINGING)),
            after=after,
        )

    def connect(self, after: float = 0.0) -> None:
        self.tell(
            told.ChannelSeen(None, self.phone, False),
            told.DialEnded(None, self.caller, self.phone, "ANSWER"),
            told.CallerLeft(None, self.caller, QUEUE, 1, 0),
            told.AgentConnected(None, self.caller, self.phone, QUEUE, "PJSIP/acme-amel", "acme-amel", 3, 2),
            told.MemberChanged(None, facts_of("acme-amel", status=DeviceState.IN_USE)),
            told.BridgeEntered(None, self.phone, "b1", "basic", "simple_bridge", ""),
            told.BridgeEntered(None, self.caller, "b1", "basic", "simple_bridge", ""),
            after=after,
        )

    def complete(self, after: float = 0.0) -> None:
        self.tell(
            told.AgentCompleted(None, self.caller, QUEUE, "PJSIP/acme-amel", "acme-amel", 3, 9, "caller"), after=after
        )

    def hang_up(self, who: Leg, after: float = 0.0) -> None:
        self.tell(told.ChannelHungUp(None, who, 16, "Normal Clearing"), after=after)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def kinds(call: Call) -> list[str]:
    return [fact.kind for fact in call.facts]


# A received call from its entry to its end


def test_a_call_through_the_queue(scene: Scene) -> None:
    scene.log_in(wrap_up=10.0)
    scene.enter()
    assert (scene.call.stage, scene.call.menu) == (Stage.ENTERING, None)
    scene.tell(told.MenuEntered(None, scene.caller, "accueil", "3", "flow"), after=1)
    assert (scene.call.stage, scene.call.menu) == (Stage.MENU, "accueil")
    scene.tell(told.ChoiceMade(None, scene.caller, "accueil", "key", "1", "flow"), after=2)
    scene.tell(told.CallRouted(None, scene.caller, "sales", 5, 99, "flow", "{}"))
    assert (scene.call.stage, scene.call.queue) == (Stage.ROUTING, None)
    scene.join()
    assert (scene.call.stage, scene.call.queue, scene.call.position) == (Stage.WAITING, QUEUE, 1)
    assert scene.queue.waiting[0].priority == 5
    scene.offer(after=4)
    assert (scene.call.stage, scene.call.offered_to) == (Stage.RINGING, ("acme-amel",))
    assert (scene.agent().state, scene.agent().call) == (AgentState.RINGING, CallId("pbx1", "pbx1-1"))
    scene.connect(after=2)
    assert (scene.call.stage, scene.call.agent, scene.call.waited) == (Stage.TALKING, "acme-amel", 6.0)
    assert scene.agent().state is AgentState.INBOUND_CALL
    assert scene.queue.waiting == ()
    scene.tell(told.Held(None, scene.phone), after=3)
    assert scene.call.stage is Stage.HELD
    scene.tell(told.Resumed(None, scene.phone), after=5)
    scene.complete(after=7)
    scene.hang_up(scene.caller)
    scene.hang_up(scene.phone)
    [call] = scene.ended
    assert (call.stage, call.talked, call.held_for, call.waited) == (Stage.ENDED, 10.0, 5.0, 6.0)
    assert (call.did, call.company, call.generation, call.hangup_cause) == ("main", "acme", 7, 16)
    assert kinds(call) == [
        "entered", "menu", "choice", "routed", "joined", "offered", "stopped_waiting", "connected", "held", "resumed",
        "completed", "hung_up",
    ]  # fmt: skip
    assert scene.live.snapshot().calls == ()


def test_wrap_up_follows_from_the_last_call(scene: Scene) -> None:
    scene.log_in(wrap_up=10.0)
    scene.enter()
    scene.join()
    scene.offer()
    scene.connect()
    scene.complete(after=30)
    ended = scene.clock()
    scene.hang_up(scene.caller)
    scene.hang_up(scene.phone)
    scene.log_in(wrap_up=10.0)  # free again; Asterisk's own count may be a moment late
    assert (scene.agent().state, scene.agent().wrap_up_until) == (AgentState.WRAP_UP, ended + timedelta(seconds=10))
    assert scene.live.next_tick() == ended + timedelta(seconds=10)
    scene.clock.pass_by(9.9)
    scene.live.tick()
    assert scene.agent().state is AgentState.WRAP_UP
    scene.clock.pass_by(0.2)
    scene.changes.clear()
    scene.live.tick()
    [change] = scene.changes
    assert isinstance(change.value, Agent)
    assert (change.value.state, change.value.since) == (AgentState.READY, ended + timedelta(seconds=10))
    assert scene.live.next_tick() is None


def test_a_queue_may_give_the_wrap_up(scene: Scene) -> None:
    scene.log_in()
    scene.log_in(queue="acme-billing")
    scene.live.set_wrap_ups({QUEUE: 5.0, "acme-billing": 20.0, "acme-other": 60.0})
    assert {queue.members[0].wrap_up for queue in scene.live.snapshot().queues} == {5.0, 20.0}
    scene.enter()
    scene.join()
    scene.offer()
    scene.connect()
    scene.complete(after=30)
    ended = scene.clock()
    scene.hang_up(scene.phone)
    scene.log_in()
    assert (scene.agent().state, scene.agent().wrap_up_until) == (AgentState.WRAP_UP, ended + timedelta(seconds=20))
    scene.live.set_wrap_ups({})
    assert scene.agent().state is AgentState.READY


def test_an_agent_who_hangs_up_first(scene: Scene) -> None:
    """Then AgentComplete may come after his channel is gone."""
    scene.log_in()
    scene.enter()
    scene.join()
    scene.offer()
    scene.connect()
    scene.tell(told.BridgeLeft(None, scene.phone, "b1"), after=5)
    scene.hang_up(scene.phone, after=1)
    scene.complete(after=1)
    call = scene.call
    assert (call.talked, call.stage) == (5.0, Stage.ROUTING)
    assert kinds(call).count("completed") == 1


def test_no_answer(scene: Scene) -> None:
    scene.log_in()
    scene.enter()
    scene.join()
    scene.offer()
    scene.tell(
        told.AgentMissed(None, scene.caller, scene.phone, QUEUE, "PJSIP/acme-amel", "acme-amel", 12.0),
        told.DialEnded(None, scene.caller, scene.phone, "NOANSWER"),
        told.DialEnded(None, scene.caller, scene.phone, "CANCEL"),
        after=12,
    )
    scene.hang_up(scene.phone)
    scene.log_in(paused=True, pause_reason="Auto-Pause", last_pause=scene.clock())
    assert scene.call.stage is Stage.WAITING
    assert [fact.data.get("ring_seconds") for fact in scene.call.facts if fact.kind == "not_answered"] == ["12.0"]
    assert "offer_cancelled" not in kinds(scene.call)
    assert (scene.agent().state, scene.agent().pause_reason) == (AgentState.PAUSE, "Auto-Pause")


def test_a_caller_who_leaves_while_it_rings(scene: Scene) -> None:
    scene.log_in()
    scene.enter()
    scene.join()
    scene.offer()
    scene.tell(
        told.DialEnded(None, scene.caller, scene.phone, "CANCEL"),
        told.CallerGaveUp(None, scene.caller, QUEUE, 1, 1, 4),
        told.CallerLeft(None, scene.caller, QUEUE, 1, 0),
        after=4,
    )
    scene.hang_up(scene.caller)
    [call] = scene.ended
    assert kinds(call)[-4:] == ["offer_cancelled", "gave_up", "stopped_waiting", "hung_up"]
    assert (call.waited, call.answered) == (4.0, None)


def test_a_timeout_is_no_abandon_when_the_dialplan_says_so(scene: Scene) -> None:
    scene.enter()
    scene.join()
    scene.tell(
        told.CallerGaveUp(None, scene.caller, QUEUE, 1, 1, 20),
        told.CallerLeft(None, scene.caller, QUEUE, 1, 0),
        told.QueueLeft(None, scene.caller, "sales", "TIMEOUT"),
        told.OutcomeDeclared(None, scene.caller, "voicemail", "sales"),
        after=20,
    )
    assert (scene.call.stage, scene.call.declared_outcome, scene.call.declared_detail) == (
        Stage.VOICEMAIL, "voicemail", "sales",
    )  # fmt: skip
    left = next(fact for fact in scene.call.facts if fact.kind == "queue_left")
    assert left.data == {"queue": "sales", "status": "TIMEOUT"}


def test_the_same_queue_twice(scene: Scene) -> None:
    scene.enter()
    scene.join()
    scene.tell(told.CallerLeft(None, scene.caller, QUEUE, 1, 0), after=5)
    scene.join(after=1)
    scene.tell(told.CallerLeft(None, scene.caller, QUEUE, 1, 0), after=7)
    assert scene.call.waited == 12.0
    assert kinds(scene.call).count("joined") == 2


def test_a_direct_dial_to_a_person(scene: Scene) -> None:
    scene.enter()
    ringing = scene.phone._replace(state=ChannelState.RINGING)
    scene.tell(told.DialBegan(None, scene.caller, ringing), after=1)
    assert (scene.call.stage, scene.call.offered_to) == (Stage.RINGING, ("acme-amel",))
    scene.tell(
        told.DialEnded(None, scene.caller, scene.phone, "ANSWER"),
        told.PersonAnswered(None, scene.phone, "amel"),  # told on the called leg
        told.BridgeEntered(None, scene.phone, "b1", "basic", "simple_bridge", ""),
        told.BridgeEntered(None, scene.caller, "b1", "basic", "simple_bridge", ""),
        after=3,
    )
    assert (scene.call.stage, scene.call.agent, scene.call.waited) == (Stage.TALKING, "acme-amel", 3.0)
    scene.hang_up(scene.caller, after=10)
    [call] = scene.ended
    assert call.talked == 10.0
    assert [fact.data["queue"] for fact in call.facts if fact.kind in ("offered", "connected")] == ["", ""]
    assert "answered" in kinds(call)


def test_a_person_who_is_busy(scene: Scene) -> None:
    scene.enter()
    scene.tell(told.DialBegan(None, scene.caller, scene.phone), told.DialEnded(None, scene.caller, scene.phone, "BUSY"))
    assert kinds(scene.call)[-1] == "not_answered"
    assert scene.call.stage is Stage.ENTERING


def test_a_leg_out_through_a_trunk_is_no_agent(scene: Scene) -> None:
    scene.enter()
    scene.tell(told.OutcomeDeclared(None, scene.caller, "overflowed", "+33199999999"))
    out = leg(9)
    scene.tell(
        told.DialBegan(None, scene.caller, out),
        told.DialEnded(None, scene.caller, out, "ANSWER"),
        told.BridgeEntered(None, out, "b1", "basic", "simple_bridge", ""),
        told.BridgeEntered(None, scene.caller, "b1", "basic", "simple_bridge", ""),
    )
    assert kinds(scene.call) == ["entered", "outcome"]
    assert (scene.call.agent, scene.call.answered) == (None, None)


def test_nobody_serves_a_caller_in_a_conference(scene: Scene) -> None:
    scene.enter()
    declared = told.OutcomeDeclared(None, scene.caller, "self_service", "conference:staff")
    room = ("b1", "base", "softmix", "", "ConfBridge", "acme-staff")
    joins = [told.BridgeEntered(None, who, *room) for who in (leg(8, "acme-max"), scene.caller)]
    scene.tell(declared, *joins)
    assert kinds(scene.call) == ["entered", "outcome"]
    assert (scene.call.agent, scene.call.answered) == (None, None)
    scene.tell(told.BridgeEntered(None, leg(9, "acme-amel"), *room))
    assert kinds(scene.call) == ["entered", "outcome"]


def test_a_parked_caller_talks_to_nobody(scene: Scene) -> None:
    scene.enter()
    scene.tell(
        told.BridgeEntered(None, leg(8, "acme-max"), "park", "", "holding_bridge", ""),
        told.BridgeEntered(None, scene.caller, "park", "", "holding_bridge", ""),
    )
    assert scene.call.stage is Stage.ENTERING


def test_positions_follow_the_line(scene: Scene) -> None:
    callers = [leg(number) for number in (1, 2, 3)]
    for number, caller in enumerate(callers, 1):
        scene.tell(told.ChannelSeen(None, caller, True), told.CallEntered(None, caller, "main", "acme", 1))
        scene.join(caller, number)
    scene.tell(told.CallerLeft(None, callers[0], QUEUE, 1, 2))
    scene.join(callers[0], 1, after=1)  # he comes back with priority, to the front
    assert [waiting.call for waiting in scene.queue.waiting] == ["pbx1-1", "pbx1-2", "pbx1-3"]
    scene.tell(told.CallerLeft(None, callers[1], QUEUE, 2, 2))
    assert {call.id.uniqueid: call.position for call in scene.live.snapshot().calls} == {
        "pbx1-1": 1, "pbx1-2": None, "pbx1-3": 2,
    }  # fmt: skip


def test_a_conversation_that_changes_its_linkedid_stays_one_call(scene: Scene) -> None:
    scene.enter()
    scene.tell(told.BridgeEntered(None, scene.caller._replace(linkedid="pbx1-0"), "b1", "basic", "simple_bridge", ""))
    assert scene.call.id == CallId("pbx1", "pbx1-1")
    assert scene.live.snapshot().channels[0].linkedid == "pbx1-0"


def test_a_channel_that_is_over_never_returns(scene: Scene) -> None:
    scene.enter()
    scene.hang_up(scene.caller)
    scene.tell(
        told.ChannelSeen(None, scene.caller, True),
        told.CallEntered(None, scene.caller, "main", "acme", 7),
        told.CallerJoined(None, scene.caller, QUEUE, 1, 1),
        told.BridgeEntered(None, scene.caller, "b1", "basic", "simple_bridge", ""),
    )
    scene.hang_up(scene.caller)
    snapshot = scene.live.snapshot()
    assert (snapshot.channels, snapshot.calls) == ((), ())
    assert not any(queue.waiting for queue in snapshot.queues)
    assert len(scene.ended) == 1


def test_the_barriers_probe_is_not_shown(scene: Scene) -> None:
    probe = leg(1, name="x")
    scene.tell(told.ChannelSeen(None, probe._replace(name="Local/s@cordboard-barrier-00000001;2"), True))
    assert scene.live.snapshot().channels == ()
    assert scene.changes == []


def test_events_about_nothing_known_are_counted(scene: Scene) -> None:
    scene.tell(told.MenuEntered(None, scene.caller, "accueil", "3", "flow"))
    assert scene.live.strange == 1
    assert scene.live.snapshot().calls == ()


# Agents


def test_log_in_pause_and_log_out(scene: Scene) -> None:
    scene.log_in()
    scene.log_in(queue="acme-billing")
    assert scene.agent().queues == (QUEUE, "acme-billing")
    scene.log_in(paused=True, pause_reason="lunch", last_pause=START)
    assert scene.agent().state is AgentState.READY  # paused in one queue only
    scene.log_in(queue="acme-billing", paused=True, pause_reason="lunch", last_pause=START)
    assert (scene.agent().state, scene.agent().since, scene.agent().pause_reason) == (AgentState.PAUSE, START, "lunch")
    scene.tell(
        told.MemberRemoved(None, facts_of("acme-amel")), told.MemberRemoved(None, facts_of("acme-amel", "acme-billing"))
    )
    assert scene.live.snapshot().agents == ()
    last = [change.value for change in scene.changes if change.kind == "agent"][-1]
    assert isinstance(last, Agent)
    assert (last.state, last.queues) == (AgentState.LOGGED_OUT, ())


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (DeviceState.UNAVAILABLE, AgentState.UNREACHABLE),
        (DeviceState.INVALID, AgentState.UNREACHABLE),
        (DeviceState.UNKNOWN, AgentState.READY),
        (DeviceState.RINGING, AgentState.RINGING),
        (DeviceState.ON_HOLD, AgentState.OUTBOUND_CALL),
    ],
)
def test_what_the_device_says(scene: Scene, status: DeviceState, state: AgentState) -> None:
    scene.log_in(status=status)
    assert scene.agent().state is state


def test_a_call_of_his_own(scene: Scene) -> None:
    scene.log_in()
    own = leg(5, "acme-amel", ChannelState.RING)
    scene.tell(told.ChannelSeen(None, own, True))
    assert scene.agent().state is AgentState.OUTBOUND_CALL
    scene.tell(told.ChannelSeen(None, own._replace(state=ChannelState.UP), False))
    assert scene.agent().state is AgentState.OUTBOUND_CALL
    scene.hang_up(own)
    assert scene.agent().state is AgentState.READY


def test_a_click_to_call_is_outbound(scene: Scene) -> None:
    """Asterisk dials the agent first, then on his behalf."""
    scene.log_in()
    own = leg(5, "acme-amel", ChannelState.RINGING)
    scene.tell(told.DialBegan(None, None, own))
    assert scene.agent().state is AgentState.RINGING
    scene.tell(told.ChannelSeen(None, own._replace(state=ChannelState.UP), False), told.DialBegan(None, own, leg(6)))
    assert scene.agent().state is AgentState.OUTBOUND_CALL


def test_an_internal_call_to_him_is_inbound(scene: Scene) -> None:
    scene.log_in()
    colleague = leg(5, "acme-max", ChannelState.RING)
    scene.tell(
        told.ChannelSeen(None, colleague, True),
        told.DialBegan(None, colleague, scene.phone._replace(state=ChannelState.RINGING)),
    )
    assert scene.agent().state is AgentState.RINGING
    scene.tell(told.ChannelSeen(None, scene.phone, False))
    assert (scene.agent().state, scene.agent().call) == (AgentState.INBOUND_CALL, None)


def test_in_call_until_his_device_is_free(scene: Scene) -> None:
    """Between the end of his channel and his device's state he is not offered as ready."""
    scene.log_in()
    scene.enter()
    scene.join()
    scene.offer()
    scene.connect()
    scene.complete()
    scene.hang_up(scene.phone)
    assert scene.agent().state is AgentState.INBOUND_CALL
    scene.log_in()
    assert scene.agent().state is AgentState.READY


# Watching


def test_a_change_tells_what_the_snapshot_shows(scene: Scene) -> None:
    seen: list[bool] = []

    def look(change: Change) -> None:
        if isinstance(change.value, Call) and change.value.ended is None:
            seen.append(change.value in scene.live.snapshot().calls)

    scene.live.watch(look)
    scene.enter()
    scene.join()
    assert seen
    assert all(seen)


def test_who_stops_watching_is_told_nothing_more(scene: Scene) -> None:
    seen: list[Change] = []
    unwatch = scene.live.watch(seen.append)
    scene.enter()
    count = len(seen)
    assert count
    unwatch()
    unwatch()
    scene.join()
    assert len(seen) == count


def test_a_watcher_that_fails_harms_nobody(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: Change) -> None:
        raise RuntimeError("no")

    seen: list[Change] = []
    scene.live.watch(fail)
    scene.live.watch(seen.append)
    scene.enter()
    assert seen
    assert scene.call.stage is Stage.ENTERING
    assert "+33612345678" not in caplog.text


def test_the_link_is_told_once(scene: Scene) -> None:
    assert scene.live.set_link(LinkState.LIVE)
    since = scene.live.link.since
    scene.clock.pass_by(5)
    assert not scene.live.set_link(LinkState.LIVE)
    assert scene.live.set_link(LinkState.DOWN, "gone")
    assert scene.live.link.since == scene.clock()
    scene.clock.pass_by(5)
    assert scene.live.set_link(LinkState.DOWN, "still gone")
    assert scene.live.link.since == scene.clock() - timedelta(seconds=5)
    assert since < scene.live.link.since
    assert [change.kind for change in scene.changes] == ["link"] * 3


# What holds whatever happens

IDS = st.integers(1, 5)
LEGS = st.builds(
    leg,
    IDS,
    st.sampled_from(["carrier", "acme-amel", "acme-max"]),
    st.sampled_from(ChannelState),
    linkedid=st.sampled_from(["pbx1-1", "pbx1-2"]),
)
QUEUES = st.sampled_from([QUEUE, "acme-billing"])
BRIDGES = st.sampled_from(["b1", "b2", "park"])
INTERFACES = st.sampled_from(["PJSIP/acme-amel", "PJSIP/acme-max"])
NAMES = st.sampled_from(["acme-amel", "acme-max"])
NUMBERS = st.integers(-1, 4)
MOMENTS = st.none() | st.integers(-100, 100).map(lambda seconds: START + timedelta(seconds=seconds))
WORDS = st.sampled_from(["", "main", "ANSWER", "CANCEL", "NOANSWER", "TIMEOUT", "voicemail", "holding_bridge"])


def members() -> st.SearchStrategy[MemberFacts]:
    return st.builds(
        facts_of,
        NAMES,
        QUEUES,
        paused=st.booleans(),
        status=st.sampled_from(DeviceState),
        last_call=MOMENTS,
        last_pause=MOMENTS,
        wrap_up=st.sampled_from([0.0, 10.0]),
    )


def any_event() -> st.SearchStrategy[Event]:
    at = MOMENTS
    offer = (at, LEGS, st.none() | LEGS, QUEUES, INTERFACES, NAMES)
    return st.one_of(
        st.builds(told.ChannelSeen, at, LEGS, st.booleans()),
        st.builds(told.ChannelRenamed, at, IDS.map(lambda n: f"pbx1-{n}"), st.just("PJSIP/acme-max-9")),
        st.builds(told.ChannelHungUp, at, LEGS, NUMBERS, WORDS),
        st.builds(told.Held, at, LEGS),
        st.builds(told.Resumed, at, LEGS),
        st.builds(told.DialBegan, at, st.none() | LEGS, LEGS),
        st.builds(told.DialEnded, at, st.none() | LEGS, LEGS, WORDS),
        st.builds(told.BridgeCreated, at, BRIDGES, WORDS, WORDS),
        st.builds(told.BridgeDestroyed, at, BRIDGES),
        st.builds(told.BridgeEntered, at, LEGS, BRIDGES, WORDS, WORDS, WORDS),
        st.builds(told.BridgeLeft, at, LEGS, BRIDGES),
        st.builds(told.BlindTransferred, at, st.none() | LEGS, LEGS, WORDS, WORDS, WORDS),
        st.builds(told.AttendedTransferred, at, LEGS, IDS.map(lambda n: f"pbx1-{n}"), WORDS, WORDS, WORDS),
        st.builds(told.CallerJoined, at, LEGS, QUEUES, NUMBERS, NUMBERS),
        st.builds(told.CallerLeft, at, LEGS, QUEUES, NUMBERS, NUMBERS),
        st.builds(told.CallerGaveUp, at, LEGS, QUEUES, NUMBERS, NUMBERS, NUMBERS),
        st.builds(told.MemberChanged, at, members()),
        st.builds(told.MemberRemoved, at, members()),
        st.builds(told.AgentCalled, *offer),
        st.builds(told.AgentConnected, *offer, NUMBERS, NUMBERS),
        st.builds(told.AgentCompleted, at, LEGS, QUEUES, INTERFACES, NAMES, NUMBERS, NUMBERS, WORDS),
        st.builds(told.AgentMissed, *offer, st.floats(0, 60)),
        st.builds(told.DeviceChanged, at, INTERFACES, st.sampled_from(DeviceState)),
        st.builds(told.CallEntered, at, LEGS, WORDS, WORDS, NUMBERS),
        st.builds(told.MenuEntered, at, LEGS, WORDS, WORDS, WORDS),
        st.builds(told.ChoiceMade, at, LEGS, WORDS, WORDS, WORDS, WORDS),
        st.builds(told.CallRouted, at, LEGS, WORDS, NUMBERS, NUMBERS, WORDS, WORDS),
        st.builds(told.QueueLeft, at, LEGS, WORDS, WORDS),
        st.builds(told.FallbackTaken, at, LEGS, WORDS, WORDS),
        st.builds(told.OutcomeDeclared, at, LEGS, WORDS, WORDS),
        st.builds(told.PersonAnswered, at, LEGS, WORDS),
        st.builds(told.RecordingNamed, at, LEGS, WORDS, WORDS, WORDS),
        st.builds(told.BarrierReached, at, WORDS),
    )


class Mirror:
    """What somebody knows who took a snapshot once and then followed every change."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.values: dict[tuple[str, str], object] = {}
        self.ended: list[str] = []
        self.revision = live.revision
        live.watch(self._take)

    def _take(self, change: Change) -> None:
        assert change.revision >= self.revision
        self.revision = change.revision
        key = (change.kind, change.value.interface if isinstance(change.value, Agent) else change.key)
        if isinstance(change.value, Call) and change.value.ended is not None:
            self.ended.append(change.key)
            self.values.pop(key, None)
        elif (isinstance(change.value, Agent) and change.value.state is AgentState.LOGGED_OUT) or change.value is None:
            self.values.pop(key, None)
        else:
            self.values[key] = change.value

    def check(self) -> None:
        snapshot = self.live.snapshot()
        shown: dict[tuple[str, str], object] = {
            **{("channel", channel.uniqueid): channel for channel in snapshot.channels},
            **{("call", call.id.uniqueid): call for call in snapshot.calls},
            **{("queue", queue.name): queue for queue in snapshot.queues},
            **{("agent", agent.interface): agent for agent in snapshot.agents},
        }
        assert self.values == shown
        assert self.revision == snapshot.revision
        assert len(self.ended) == len(set(self.ended))
        consistent(snapshot)


def consistent(snapshot: Snapshot) -> None:
    """A snapshot never contradicts itself."""
    channels = {channel.uniqueid: channel for channel in snapshot.channels}
    for bridge in snapshot.bridges:
        assert all(channels[uniqueid].bridge == bridge.id for uniqueid in bridge.channels)
    bridges = {bridge.id: bridge for bridge in snapshot.bridges}
    for channel in snapshot.channels:
        assert channel.bridge is None or channel.uniqueid in bridges[channel.bridge].channels
    queues = {queue.name: queue for queue in snapshot.queues}
    for queue in snapshot.queues:
        assert [waiting.position for waiting in queue.waiting] == list(range(1, len(queue.waiting) + 1))
        assert len({waiting.call for waiting in queue.waiting}) == len(queue.waiting)
    calls = {call.id: call for call in snapshot.calls}
    for call in snapshot.calls:
        assert call.ended is None
        assert min(call.waited, call.talked, call.held_for) >= 0
        assert (call.stage in (Stage.TALKING, Stage.HELD)) == (call.talking_since is not None)
    for agent in snapshot.agents:
        assert agent.queues
        assert all(agent.interface in [m.interface for m in queues[name].members] for name in agent.queues)
        assert agent.call is None or agent.call in calls
        assert (agent.wrap_up_until is not None) == (agent.state is AgentState.WRAP_UP)


@settings(max_examples=300)
@given(st.lists(any_event(), max_size=60))
def test_any_events_in_any_order(events: list[Event]) -> None:
    """Nothing raises, the changes add up to the snapshot, and the final hang-ups leave nothing behind."""
    live = Live("pbx1", Time())
    mirror = Mirror(live)
    for event in events:
        live.apply(event)
    mirror.check()
    for number in range(1, 6):
        live.apply(told.ChannelHungUp(None, leg(number), 16, ""))
    mirror.check()
    snapshot = live.snapshot()
    assert (snapshot.channels, snapshot.calls) == ((), ())
    assert not any(queue.waiting for queue in snapshot.queues)
    assert not any(agent.call for agent in snapshot.agents)


@settings(max_examples=60)
@given(st.sampled_from(recordings()), st.randoms(use_true_random=False), st.data())
def test_recorded_calls_shuffled_lost_and_doubled(name: str, chance: random.Random, data: st.DataObject) -> None:
    events = list(recorded(name))
    callers = [event for event in events if isinstance(event, told.ChannelSeen) and event.is_new]
    events = [*events, *(told.CallEntered(None, caller.leg, "main", "acme", 1) for caller in callers[:2])]
    lost = data.draw(st.floats(0, 0.5))
    doubled = data.draw(st.floats(0, 0.5))
    reach = data.draw(st.sampled_from([0, 3, 1000]))
    kept = [event for event in events if chance.random() >= lost]
    kept = [event for event in kept for _ in range(2 if chance.random() < doubled else 1)]
    kept = [event for _, event in sorted(enumerate(kept), key=lambda at: at[0] + chance.uniform(0, reach))]
    live = Live("mechb", Time())
    mirror = Mirror(live)
    for event in kept:
        live.apply(event)
    mirror.check()
    for channel in live.snapshot().channels:
        live.apply(told.ChannelHungUp(None, leg_of(channel.uniqueid), 16, ""))
    mirror.check()
    assert live.snapshot().calls == ()


def leg_of(uniqueid: str) -> Leg:
    return leg(1)._replace(uniqueid=uniqueid)


@settings(max_examples=100)
@given(st.lists(any_event(), max_size=40))
def test_the_clock_moves_and_wraps_up(events: list[Event]) -> None:
    clock = Time()
    live = Live("pbx1", clock)
    mirror = Mirror(live)
    for event in events:
        clock.pass_by(7)
        live.apply(event)
        live.tick()
    live.tick()
    mirror.check()
    due = live.next_tick()
    assert due is None or due > clock()


def test_how_often_somebody_failed_in_a_menu_is_told_if_he_did(scene: Scene) -> None:
    scene.enter()
    scene.tell(told.ChoiceMade(None, scene.caller, "accueil", "key", "2", "flow", silent=0, wrong=2))
    scene.tell(told.ChoiceMade(None, scene.caller, "accueil", "key", "1", "flow"), after=1)
    left = {"menu": "accueil", "edge": "key", "by": "flow"}
    assert [fact.data for fact in scene.call.facts[1:]] == [{**left, "key": "2", "wrong": "2"}, {**left, "key": "1"}]


def test_a_recording_is_a_fact_of_its_call(scene: Scene) -> None:
    scene.enter()
    scene.tell(told.RecordingNamed(None, scene.caller, "pbx1-1.2_1_said_note", "said", "note"))
    [fact] = scene.call.facts[1:]
    assert (fact.kind, fact.data) == (
        "recorded",
        {"recording": "pbx1-1.2_1_said_note", "what": "said", "step": "note"},
    )


def test_a_step_that_was_left_is_told_with_where_it_led_if_that_is_in_the_menus(scene: Scene) -> None:
    scene.enter()
    scene.tell(told.StepLeft(None, scene.caller, "", "", "notice", "3", "flow"))
    scene.tell(told.StepLeft(None, scene.caller, "notice", "then", "", "3", "flow"), after=1)
    scene.tell(told.ChoiceMade(None, scene.caller, "accueil", "key", "1", "flow", to="notice"), after=2)
    told_of = {"version": "3", "by": "flow"}
    assert [fact.data for fact in scene.call.facts[1:]] == [
        {"node": "", "way": "", "to": "notice", **told_of},
        {"node": "notice", "way": "then", **told_of},
        {"menu": "accueil", "edge": "key", "key": "1", "by": "flow", "to": "notice"},
    ]


def test_facts_are_bounded(scene: Scene) -> None:
    scene.enter()
    for number in range(3000):
        scene.tell(told.ChoiceMade(None, scene.caller, "accueil", "key", str(number), "flow"))
    scene.hang_up(scene.caller)
    [call] = scene.ended
    assert len(call.facts) <= 2001
    assert call.facts[-1].kind == FactKind.HUNG_UP


def test_a_clock_set_back_makes_no_negative_time(scene: Scene) -> None:
    scene.enter()
    scene.join()
    scene.tell(told.CallerLeft(datetime(2020, 1, 1, tzinfo=START.tzinfo), scene.caller, QUEUE, 1, 0))
    assert scene.call.waited == 0
