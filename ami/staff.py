"""Queues with their waiting lines and members, and the agents that members are: what each is doing, and since when."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ami.fields import MemberFacts
from ami.legs import LiveChannel, Touched
from ami.models import Agent, AgentState, CallId, ChannelState, DeviceState, Member, Missed, Queue, Waiting
from ami.states import AWAY, IN_CALL, NOTHING_NOTED, Noted, Phone, state_of


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
    """An interface over its queues. `phone` is the one behind it, whose channels are his: another one for who is called
    through a Local channel. `offers` and `talks` hold the received calls that ring him and that he talks to; `serving`
    is the queue of `served_caller`, "" without one."""

    __slots__ = (
        "interface", "missed", "name", "offers", "phone", "queues", "served_caller", "serving", "shown", "status",
        "talks", "value",
    )  # fmt: skip

    def __init__(self, interface: str, name: str) -> None:
        self.interface = interface
        self.phone = interface
        self.name = name
        self.queues: dict[str, None] = {}
        self.status = DeviceState.UNKNOWN
        self.offers: dict[str, None] = {}
        self.talks: dict[str, None] = {}
        self.serving = ""
        self.served_caller = ""
        self.missed: Missed | None = None
        self.value: Agent | None = None
        self.shown: tuple[object, ...] = ()  # what its value was made of

    def inherit(self, before: LiveAgent, channels: Container[str]) -> None:
        """Go on from what was known of him before everything was listed again, while these channels are there."""
        self.value, self.missed = before.value, before.missed
        if before.served_caller in channels:
            self.serving, self.served_caller = before.serving, before.served_caller


class Staff:
    """All queues, and all agents by interface. `wrap_ups` holds the ends of those that app_queue keeps itself.

    `wrap_up_of` tells how long app_queue keeps an agent out after a call of a queue, in seconds: Asterisk shows that of
    a member alone, which is 0 for one who has the queue's. `noted` is by the agent's name.
    """

    def __init__(
        self, node: str, touched: Touched, wrap_up_of: Mapping[str, float], noted: Mapping[str, Noted]
    ) -> None:
        self.queues: dict[str, LiveQueue] = {}
        self.agents: dict[str, LiveAgent] = {}
        self.wrap_ups: dict[str, datetime] = {}
        self._node = node
        self._touched = touched
        self._wrap_up_of = wrap_up_of
        self._noted = noted
        self._involved: dict[str, tuple[frozenset[str], str]] = {}
        self._behind: dict[str, dict[str, None]] = {}  # phone -> the other interfaces through which it is called
        self._unseen: dict[str, None] = {}  # the interfaces whose phone is none that shows channels
        self._standing: dict[str, dict[str, LiveQueue]] = {}  # caller -> the queues in whose lines he stands

    # Queues and their lines

    def see_queue(self, name: str) -> LiveQueue:
        queue = self.queues.get(name)
        if queue is None:
            queue = self.queues[name] = LiveQueue(name)
            self._touch(queue)
        return queue

    def _touch(self, queue: LiveQueue) -> None:
        queue.value = None
        self._touched.queues[queue.name] = None

    def line_up(self, queue: LiveQueue, place: Place, position: int) -> bool:
        """Put a caller in line at this position; False if he is in it already, for then he keeps his place."""
        if queue.name in self._standing.get(place.uniqueid, _NOWHERE):
            return False
        queue.line.insert(max(0, position - 1), place)
        self._standing.setdefault(place.uniqueid, {})[queue.name] = queue
        self._touch(queue)
        return True

    def lines_of(self, uniqueid: str) -> list[LiveQueue]:
        """The queues in whose lines this caller stands."""
        return list(self._standing.get(uniqueid, _NOWHERE).values())

    def leave_line(self, queue: LiveQueue, uniqueid: str) -> bool:
        """Take a caller out of a line; False if he was not in it."""
        position = queue.position_of(uniqueid)
        if position is None:
            return False
        del queue.line[position - 1]
        standing = self._standing[uniqueid]
        del standing[queue.name]
        if not standing:
            del self._standing[uniqueid]
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
        if facts.state_interface != agent.phone:
            self._unplug(agent)
            agent.phone = facts.state_interface
            if agent.phone != agent.interface:
                self._behind.setdefault(agent.phone, {})[agent.interface] = None
        if not agent.phone.startswith("PJSIP/"):
            self._unseen[facts.interface] = None
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

    def take_note(self, names: Collection[str]) -> None:
        """What is noted of these agents is another now."""
        for agent in self.agents.values():
            if agent.name in names:
                self.touch_agent(agent.interface)

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
        self._touched.agents[interface] = None

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

    def take_touched(self) -> list[str]:
        """The interfaces of the agents who may have changed, once: with each phone those who are called at it through
        another interface."""
        touched, behind = self._touched.agents, self._behind
        found = dict.fromkeys(touched)
        if behind:
            found |= {other: None for phone in touched for other in behind.get(phone, ())}
        touched.clear()
        return list(found)

    def _unplug(self, agent: LiveAgent) -> None:
        self._unseen.pop(agent.interface, None)
        others = self._behind.get(agent.phone)
        if others is not None:
            others.pop(agent.interface, None)
            if not others:
                del self._behind[agent.phone]

    def dismiss(self, interface: str) -> None:
        """Forget an agent who is in no queue any more."""
        agent = self.agents.pop(interface, None)
        if agent is not None:
            self._unplug(agent)
        self.wrap_ups.pop(interface, None)

    # What an agent is doing

    def serve(self, interface: str, queue: str, caller: str) -> None:
        """A queue gave him this caller."""
        agent = self.agents.get(interface)
        if agent is not None:
            agent.serving, agent.served_caller = queue, caller
            self.touch_agent(interface)

    def stop_serving(self, interface: str, caller: str) -> None:
        """The queue's call with this caller is over, as far as he is concerned."""
        agent = self.agents.get(interface)
        if agent is not None and agent.served_caller == caller:
            agent.serving = agent.served_caller = ""
            self.touch_agent(interface)

    def lose_caller(self, caller: str) -> None:
        """The caller is gone: nobody serves him any more who does not show it by his own channels."""
        for interface in self._unseen:
            self.stop_serving(interface, caller)

    def miss(self, interface: str, queue: str, at: datetime) -> None:
        """He left a queue's offer unanswered."""
        agent = self.agents.get(interface)
        if agent is not None:
            agent.missed = Missed(queue, at)
            self.touch_agent(interface)

    def renew(
        self, agent: LiveAgent, channels: Iterable[LiveChannel], now: datetime, changed: datetime | None = None
    ) -> Agent:
        """The agent's value at this moment, `channels` being his phone's; the same object while nothing changes. If his
        state is another one, it is so since `changed`, by default since now."""
        members = [self.queues[name].members[agent.interface] for name in agent.queues]
        paused = [member for member in members if member.paused]
        guarded_until = _guarded_until(members)
        pause = paused[0].pause_reason if paused else ""
        noted = self._noted.get(agent.name, NOTHING_NOTED).of(pause)
        is_paused = bool(paused) and len(paused) == len(members)
        old = agent.value
        channels = list(channels)
        state = state_of(
            is_member=bool(members),
            phone=_phone(agent, channels),
            device=agent.status,
            pause=pause if is_paused else None,
            is_guarded=guarded_until is not None and guarded_until > now,
            before=old.state if old is not None else None,
            noted=noted,
        )
        if state not in IN_CALL and state is not AgentState.RINGING:
            agent.serving = agent.served_caller = ""
        until = None
        if state is AgentState.WRAP_UP:
            until = noted.until if noted.means is AgentState.WRAP_UP else None
            if not is_paused:
                until = max(filter(None, (until, guarded_until)))
        call = next(iter(agent.talks), None) or next(iter(agent.offers), None)
        since = noted.since if is_paused and pause == noted.pause else None
        shown = (
            *(agent.name, *agent.queues, state, pause, call, until),
            *(agent.serving, agent.missed, noted.next_reason, since if state in AWAY else None),
        )
        if old is not None and shown == agent.shown:
            return old
        agent.shown = shown
        if state not in AWAY or since is None:
            is_same = old is not None and old.state is state
            since = old.since if old and is_same else _since(state, old, members, channels, noted, changed or now)
        agent.value = Agent(
            node=self._node,
            name=agent.name,
            interface=agent.interface,
            queues=tuple(agent.queues),
            state=state,
            since=since,
            pause_reason=pause,
            call=CallId(self._node, call) if call else None,
            wrap_up_until=until,
            next_reason=noted.next_reason,
            serving=agent.serving,
            missed=agent.missed,
        )
        # What app_queue ends by itself it ends without a word; a pause that is a wrap-up ends with an event.
        if state is AgentState.WRAP_UP and not is_paused and guarded_until is not None:
            self.wrap_ups[agent.interface] = guarded_until
        else:
            self.wrap_ups.pop(agent.interface, None)
        return agent.value


_NOBODY: tuple[frozenset[str], str] = (frozenset(), "")
_NOWHERE: dict[str, LiveQueue] = {}


def _put(keys: dict[str, None], key: str, is_in: bool) -> None:
    if is_in:
        keys[key] = None
    else:
        keys.pop(key, None)


def _by_name(member: Member) -> tuple[str, str]:
    return member.name, member.interface


def _guarded_until(members: list[Member]) -> datetime | None:
    """Until when app_queue itself keeps him out, past or to come: the longest time rules (`shared_lastcall`)."""
    ends = [
        member.last_call + timedelta(seconds=member.wrap_up)
        for member in members
        if member.last_call is not None and member.wrap_up > 0
    ]
    return max(ends, default=None)


def _phone(agent: LiveAgent, channels: list[LiveChannel]) -> Phone:
    # Whom a queue calls by a Local channel that names no phone may be left with none.
    is_served_unseen = bool(agent.serving) and not agent.phone.startswith("PJSIP/")
    if agent.talks or is_served_unseen or any(channel.took for channel in channels):
        return Phone.CALLED
    if not channels:
        return Phone.RUNG if agent.offers else Phone.QUIET
    channels = [channel for channel in channels if not channel.released]
    answered = [channel for channel in channels if not channel.dials and channel.leg.state is ChannelState.UP]
    if not all(map(_is_for_him, answered)):
        return Phone.CALLED
    if answered or any(channel.dials for channel in channels):
        return Phone.CALLS
    is_rung = any(
        channel.leg.state is ChannelState.RINGING or (channel.leg.state is ChannelState.DOWN and not channel.endpoint)
        for channel in channels
    )
    return Phone.RUNG if is_rung or agent.offers else Phone.QUIET


def _is_for_him(channel: LiveChannel) -> bool:
    """His phone was rung for a call that he asked for (click-to-call): through a Local channel, or by no other leg."""
    return channel.asked_for or channel.leg.linkedid == channel.leg.uniqueid


def _since(
    state: AgentState,
    old: Agent | None,
    members: list[Member],
    channels: list[LiveChannel],
    noted: Noted,
    at: datetime,
) -> datetime:
    """Since when, from what Asterisk remembers and what is noted, where nobody saw the change."""
    if state in AWAY and state is not AgentState.WRAP_UP:
        return max((member.paused_since for member in members if member.paused_since is not None), default=at)
    if old is not None:
        if old.wrap_up_until is not None and state is AgentState.READY:
            return min(at, old.wrap_up_until)
        return at
    ends = [member.last_call for member in members if member.last_call is not None]
    if state is AgentState.WRAP_UP:
        return max(ends, default=at)
    if state is AgentState.READY:
        # A switch that was started anew has all its members since then: what is noted is older, and true.
        added = [member.added for member in members if member.added is not None]
        wrapped = [end + timedelta(seconds=member.wrap_up) for member in members if (end := member.last_call)]
        return min(at, max([*([noted.free_since] if noted.free_since else added), *wrapped], default=at))
    if state in IN_CALL:
        return min((channel.created for channel in channels), default=at)
    return at
