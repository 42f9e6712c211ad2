"""Queues with their waiting lines and members, and the agents that members are: what each is doing, and since when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ami.fields import MemberFacts
from ami.legs import LiveChannel, Touched
from ami.models import Agent, AgentState, CallId, ChannelState, DeviceState, Member, Queue, Waiting

_RINGING = frozenset({DeviceState.RINGING, DeviceState.RING_IN_USE})
_BUSY = frozenset({DeviceState.IN_USE, DeviceState.BUSY, DeviceState.ON_HOLD})
_GONE = frozenset({DeviceState.UNAVAILABLE, DeviceState.INVALID})
_IN_CALL = frozenset({AgentState.INBOUND_CALL, AgentState.OUTBOUND_CALL})


class Place:
    """A caller's place in a waiting line."""

    __slots__ = ("caller_name", "caller_number", "joined", "priority", "uniqueid")

    def __init__(self, uniqueid: str, joined: datetime, priority: int, caller_number: str, caller_name: str) -> None:
        self.uniqueid = uniqueid
        self.joined = joined
        self.priority = priority
        self.caller_number = caller_number
        self.caller_name = caller_name


class LiveQueue:
    """A queue: its line in order, its members by interface."""

    __slots__ = ("line", "members", "name", "strategy", "value")

    def __init__(self, name: str) -> None:
        self.name = name
        self.strategy = ""
        self.line: list[Place] = []
        self.members: dict[str, Member] = {}
        self.value: Queue | None = None

    def position_of(self, uniqueid: str) -> int | None:
        """The caller's position, which starts at 1; None if he is not in this line."""
        for position, place in enumerate(self.line, 1):
            if place.uniqueid == uniqueid:
                return position
        return None


class LiveAgent:
    """An interface over its queues. `offers` and `talks` hold the received calls that ring him and that he talks to."""

    __slots__ = ("interface", "name", "offers", "queues", "shown", "status", "talks", "value")

    def __init__(self, interface: str, name: str) -> None:
        self.interface = interface
        self.name = name
        self.queues: dict[str, None] = {}
        self.status = DeviceState.UNKNOWN
        self.offers: dict[str, None] = {}
        self.talks: dict[str, None] = {}
        self.value: Agent | None = None
        self.shown: tuple[object, ...] = ()  # what its value was made of


class Staff:
    """All queues, and all agents by interface. `wrap_ups` holds the ends of those that run.

    `wrap_up_of` tells the wrap-up time of a queue, in seconds: Asterisk shows that of a member alone, which is 0 for
    one who has the queue's.
    """

    def __init__(self, node: str, touched: Touched, wrap_up_of: Mapping[str, float]) -> None:
        self.queues: dict[str, LiveQueue] = {}
        self.agents: dict[str, LiveAgent] = {}
        self.wrap_ups: dict[str, datetime] = {}
        self._node = node
        self._touched = touched
        self._wrap_up_of = wrap_up_of
        self._involved: dict[str, tuple[frozenset[str], str]] = {}

    # Queues and their lines

    def see_queue(self, name: str) -> LiveQueue:
        queue = self.queues.get(name)
        if queue is None:
            queue = self.queues[name] = LiveQueue(name)
            self._touch(queue)
        return queue

    def _touch(self, queue: LiveQueue) -> None:
        queue.value = None
        self._touched["queue", queue.name] = None

    def line_up(self, queue: LiveQueue, place: Place, position: int) -> bool:
        """Put a caller in line at this position; False if he is in it already, for then he keeps his place."""
        if queue.position_of(place.uniqueid) is not None:
            return False
        queue.line.insert(max(0, position - 1), place)
        self._touch(queue)
        return True

    def leave_line(self, queue: LiveQueue, uniqueid: str) -> bool:
        """Take a caller out of a line; False if he was not in it."""
        position = queue.position_of(uniqueid)
        if position is None:
            return False
        del queue.line[position - 1]
        self._touch(queue)
        return True

    def queue_value(self, queue: LiveQueue) -> Queue:
        """The frozen value; the same object while nothing changes."""
        if queue.value is None:
            queue.value = Queue(
                node=self._node,
                name=queue.name,
                strategy=queue.strategy,
                waiting=tuple(
                    Waiting(
                        queue=queue.name,
                        call=place.uniqueid,
                        position=position,
                        joined=place.joined,
                        priority=place.priority,
                        caller_number=place.caller_number,
                        caller_name=place.caller_name,
                    )
                    for position, place in enumerate(queue.line, 1)
                ),
                members=tuple(sorted(queue.members.values(), key=_by_name)),
            )
        return queue.value

    # Members and agents

    def see_member(self, facts: MemberFacts) -> None:
        """A member as he now is, known before or not."""
        queue = self.see_queue(facts.queue)
        known = queue.members.get(facts.interface)
        last_call = facts.last_call
        if known is not None and known.last_call is not None and (last_call is None or last_call < known.last_call):
            last_call = known.last_call  # whole seconds, or told before the call was counted
        member = Member(
            queue=facts.queue,
            interface=facts.interface,
            name=facts.name,
            penalty=facts.penalty,
            paused=facts.paused,
            pause_reason=facts.pause_reason if facts.paused else "",
            paused_since=facts.last_pause if facts.paused else None,
            status=facts.status,
            in_call=facts.in_call,
            last_call=last_call,
            wrap_up=facts.wrap_up or self._wrap_up_of.get(facts.queue, 0.0),
            calls_taken=facts.calls_taken,
            ring_in_use=facts.ring_in_use,
            added=facts.logged_in,
        )
        agent = self.agents.get(facts.interface)
        if agent is None:
            agent = self.agents[facts.interface] = LiveAgent(facts.interface, facts.name)
            for uniqueid, (rings, talks) in self._involved.items():
                _put(agent.offers, uniqueid, facts.interface in rings)
                _put(agent.talks, uniqueid, facts.interface == talks)
        agent.name = facts.name
        agent.status = facts.status
        agent.queues[facts.queue] = None
        self.touch_agent(facts.interface)
        if member != known:
            queue.members[facts.interface] = member
            self._touch(queue)

    def change_wrap_ups(self, before: Mapping[str, float]) -> None:
        """The queues give other wrap-ups than `before`: so do those of their members who have none of their own."""
        for queue in self.queues.values():
            old, new = before.get(queue.name, 0.0), self._wrap_up_of.get(queue.name, 0.0)
            for interface, member in queue.members.items():
                if old != new and member.wrap_up == old:
                    queue.members[interface] = replace(member, wrap_up=new)
                    self._touch(queue)
                    self.touch_agent(interface)

    def remove_member(self, name: str, interface: str) -> None:
        queue, agent = self.queues.get(name), self.agents.get(interface)
        if queue is not None and queue.members.pop(interface, None) is not None:
            self._touch(queue)
        if agent is not None:
            agent.queues.pop(name, None)
            self.touch_agent(interface)

    def count_call(self, interface: str, at: datetime) -> None:
        """app_queue counts a call at its end, in every queue of the agent, without an event of its own."""
        agent = self.agents.get(interface)
        for name in agent.queues if agent is not None else ():
            queue = self.queues[name]
            member = queue.members[interface]
            if member.last_call is None or member.last_call < at:
                queue.members[interface] = replace(member, last_call=at)
                self._touch(queue)
        self.touch_agent(interface)

    def touch_agent(self, interface: str) -> None:
        self._touched["agent", interface] = None

    def name_of(self, interface: str) -> str:
        """The member's name, or that of the endpoint of somebody who is in no queue."""
        agent = self.agents.get(interface)
        return agent.name if agent is not None else interface.removeprefix("PJSIP/")

    def involve(self, uniqueid: str, rings: frozenset[str], talks: str) -> None:
        """A received call rings these interfaces now, and talks to that one ("": to none)."""
        before = self._involved.get(uniqueid, _NOBODY)
        if (rings, talks) == before:
            return
        self._involved[uniqueid] = (rings, talks)
        for interface in before[0] | rings | {before[1], talks}:
            agent = self.agents.get(interface)
            if agent is not None:
                _put(agent.offers, uniqueid, interface in rings)
                _put(agent.talks, uniqueid, interface == talks)
                self.touch_agent(interface)

    def release(self, uniqueid: str) -> None:
        """A received call is over."""
        self.involve(uniqueid, *_NOBODY)
        self._involved.pop(uniqueid, None)

    def dismiss(self, interface: str) -> None:
        """Forget an agent who is in no queue any more."""
        self.agents.pop(interface, None)
        self.wrap_ups.pop(interface, None)

    # What an agent is doing

    def renew(
        self, agent: LiveAgent, channels: Iterable[LiveChannel], now: datetime, changed: datetime | None = None
    ) -> Agent:
        """The agent's value at this moment, `channels` being his phone's; the same object while nothing changes. If his
        state is another one, it is so since `changed`, by default since now."""
        members = [self.queues[name].members[agent.interface] for name in agent.queues]
        until = _wrap_up_until(members)
        wraps_up = until is not None and until > now
        state = _state_of(agent, members, channels, wraps_up=wraps_up)
        pause_reason = next((member.pause_reason for member in members if member.paused), "")
        call = next(iter(agent.talks), None) or next(iter(agent.offers), None)
        shown = (agent.name, *agent.queues, state, pause_reason, call, until if state is AgentState.WRAP_UP else None)
        old = agent.value
        if old is not None and shown == agent.shown:
            return old
        agent.shown = shown
        agent.value = Agent(
            node=self._node,
            name=agent.name,
            interface=agent.interface,
            queues=tuple(agent.queues),
            state=state,
            since=old.since if old is not None and old.state is state else _since(state, old, members, changed or now),
            pause_reason=pause_reason,
            call=CallId(self._node, call) if call else None,
            wrap_up_until=until if state is AgentState.WRAP_UP else None,
        )
        if agent.value.wrap_up_until is not None:
            self.wrap_ups[agent.interface] = agent.value.wrap_up_until
        else:
            self.wrap_ups.pop(agent.interface, None)
        return agent.value


_NOBODY: tuple[frozenset[str], str] = (frozenset(), "")


def _put(keys: dict[str, None], key: str, is_in: bool) -> None:
    if is_in:
        keys[key] = None
    else:
        keys.pop(key, None)


def _by_name(member: Member) -> tuple[str, str]:
    return member.name, member.interface


def _wrap_up_until(members: list[Member]) -> datetime | None:
    """The last end of a wrap-up, past or to come: app_queue lets the longest one rule (`shared_lastcall`)."""
    ends = [
        member.last_call + timedelta(seconds=member.wrap_up)
        for member in members
        if member.last_call is not None and member.wrap_up > 0
    ]
    return max(ends, default=None)


def _state_of(
    agent: LiveAgent, members: list[Member], channels: Iterable[LiveChannel], *, wraps_up: bool
) -> AgentState:
    if not members:
        return AgentState.LOGGED_OUT
    if agent.talks:
        return AgentState.INBOUND_CALL
    dials = rings = False
    for channel in channels:
        if channel.dials:
            dials = True
        elif channel.leg.state is ChannelState.UP:
            return AgentState.INBOUND_CALL
        elif channel.leg.state is ChannelState.RINGING:
            rings = True
    if dials:
        return AgentState.OUTBOUND_CALL
    if rings or agent.offers or agent.status in _RINGING:
        return AgentState.RINGING
    if agent.status in _BUSY:
        # His channel is gone and his device not free yet, or he is busy with something that is no channel of his.
        before = agent.value.state if agent.value is not None else AgentState.OUTBOUND_CALL
        return before if before in _IN_CALL else AgentState.OUTBOUND_CALL
    if agent.status in _GONE:
        return AgentState.UNREACHABLE
    if all(member.paused for member in members):
        return AgentState.PAUSE
    return AgentState.WRAP_UP if wraps_up else AgentState.READY


def _since(state: AgentState, old: Agent | None, members: list[Member], at: datetime) -> datetime:
    """Since when, from what Asterisk remembers where nobody saw the change."""
    if state is AgentState.PAUSE:
        return max((member.paused_since for member in members if member.paused_since is not None), default=at)
    if old is not None:
        if old.wrap_up_until is not None and state is AgentState.READY:
            return min(at, old.wrap_up_until)
        return at
    ends = [member.last_call for member in members if member.last_call is not None]
    if state is AgentState.WRAP_UP:
        return max(ends, default=at)
    if state is AgentState.READY:
        added = [member.added for member in members if member.added is not None]
        wrapped = [end + timedelta(seconds=member.wrap_up) for member in members if (end := member.last_call)]
        return min(at, max([*added, *wrapped], default=at))
    return at
