"""Events that come together are told together, and whoever follows is told no less that counts."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import hypothesis
import hypothesis.strategies as st

from ami.events import AgentCalled, CallEntered, ChannelSeen, Event
from ami.live import Live
from ami.models import Agent, Call, Change, Fact, FactKind, Queue, Snapshot
from kit.recorded import Time, queue_log, recordings, timed

NODE = "mechb"


class Follower:
    """What somebody who is told only the changes makes of them."""

    def __init__(self) -> None:
        self.live = Live(NODE, Time())
        self.calls: dict[str, Call] = {}
        self.queues: dict[str, Queue] = {}
        self.states: list[Agent] = []
        self.offers: list[tuple[Fact, Queue | None, bool]] = []
        self.changes: list[Change] = []
        self.news = 0
        self.live.watch(self._note)
        self.live.watch_news(self._hear)

    def _hear(self) -> None:
        self.news += 1

    def _note(self, change: Change) -> None:
        self.changes.append(change)
        match change.value:
            case Agent() as agent:
                self.states.append(agent)
            case Queue() as queue:
                self.queues[queue.name] = queue
            case Call() as call:
                known = self.calls.get(change.key)
                self.calls[change.key] = call
                fresh = call.facts[len(known.facts) if known is not None else 0 :]
                for fact in fresh:
                    if fact.kind is FactKind.OFFERED and (name := fact.data["queue"]):
                        self.offers.append((fact, self.queues.get(name), fact is fresh[-1]))

    @property
    def snapshot(self) -> Snapshot:
        return self.live.snapshot(with_conversations=True)


def received(name: str) -> list[Event]:
    """A recording in which every caller of a queue is announced, as our dialplan does."""
    callers = {line[1] for line in queue_log(name) if line[4] == "ENTERQUEUE"}
    found: list[Event] = []
    for event in timed(name):
        found.append(event)
        if isinstance(event, ChannelSeen) and event.is_new and event.leg.uniqueid in callers:
            found.append(CallEntered(event.at, event.leg, "main", "acme", 1))
    return found


def batches(events: Sequence[Event], cuts: Iterable[int]) -> list[Sequence[Event]]:
    places = [0, *sorted(cuts), len(events)]
    return [events[start:end] for start, end in itertools.pairwise(places)]


@hypothesis.given(name=st.sampled_from(recordings()), data=st.data())
@hypothesis.settings(max_examples=150)
def test_in_whatever_batches_events_come_the_same_is_told(name: str, data: st.DataObject) -> None:
    events = received(name)
    cuts = data.draw(st.lists(st.integers(0, len(events)), max_size=8))
    one, other = Follower(), Follower()
    for event in events:
        one.live.apply(event)
    for batch in batches(events, cuts):
        other.live.take(batch)
    assert other.calls == one.calls
    assert other.queues == one.queues
    assert other.states == one.states
    assert other.offers == one.offers
    assert all(queue is not None and is_last for _, queue, is_last in other.offers)
    assert len(other.offers) >= sum(line[4] == "CONNECT" for line in queue_log(name))
    assert _shown(other) == _shown(one)


def _shown(follower: Follower) -> object:
    snapshot = follower.snapshot
    return snapshot.channels, snapshot.bridges, snapshot.conversations, snapshot.queues, snapshot.agents


def test_what_is_told_together_is_told_once_and_has_one_revision() -> None:
    events = received("01_inbound_answered_callerhangup")
    offer = next(number for number, event in enumerate(events) if isinstance(event, AgentCalled))
    follower = Follower()
    follower.live.take(events[:offer])
    assert follower.news == 1
    keys = [(change.kind, change.key) for change in follower.changes if change.kind != "agent"]
    assert len(set(keys)) == len(keys)
    assert {change.revision for change in follower.changes} == {1}
    follower.live.take(events[offer:])
    assert follower.live.revision == 3
