"""The fold: events one by one into what is live. Synchronous, without I/O; it never raises on a strange event.

Every event is taken as the level it tells, not as a step: it may come twice, late, or for something that a relist has
shown already. A channel that hung up never returns, for Asterisk never gives its uniqueid again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ami import events as told
from ami.events import Event
from ami.fields import Leg, MemberFacts, endpoint_of
from ami.models import (
    Agent,
    AgentState,
    Bridge,
    CallId,
    ChangeKind,
    Channel,
    ChannelState,
    DeviceState,
    Member,
    Queue,
    Waiting,
)
from ami.received import Offer, ReceivedCall

REMEMBERED_HANGUPS = 20_000
WAITING_ROOM = "holding_bridge"  # parked callers and music: nobody there talks to anybody

_RINGING = frozenset({DeviceState.RINGING, DeviceState.RING_IN_USE})
_BUSY = frozenset({DeviceState.IN_USE, DeviceState.BUSY, DeviceState.ON_HOLD})
_GONE = frozenset({DeviceState.UNAVAILABLE, DeviceState.INVALID})
_IN_CALL = frozenset({AgentState.INBOUND_CALL, AgentState.OUTBOUND_CALL})
_CALLING = frozenset({ChannelState.RING, ChannelState.DIALING, ChannelState.OFF_HOOK, ChannelState.DIALING_OFF_HOOK})


class LiveChannel:
    """A channel and what only its history tells: since when it is, whether it dials or was dialled."""

    __slots__ = ("application", "bridge", "created", "dials", "endpoint", "held", "leg", "value")

    def __init__(self, leg: Leg, created: datetime, *, dials: bool) -> None:
        self.leg = leg
        self.endpoint = endpoint_of(leg.name)
        self.created = created
        self.dials = dials
        self.application = ""
        self.bridge: str | None = None
        self.held = False
        self.value: Channel | None = None


class LiveBridge:
    __slots__ = ("channels", "id", "kind", "technology")

    def __init__(self, bridge: str, kind: str, technology: str) -> None:
        self.id = bridge
        self.kind = kind
        self.technology = technology
        self.channels: dict[str, None] = {}


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
    __slots__ = ("line", "members", "name", "strategy", "value")

    def __init__(self, name: str, strategy: str = "") -> None:
        self.name = name
        self.strategy = strategy
        self.line: list[Place] = []
        self.members: dict[str, Member] = {}  # by interface
        self.value: Queue | None = None


class LiveAgent:
    """An interface over its queues. `offers` and `talks` are the uniqueids of received calls."""

    __slots__ = ("interface", "name", "offers", "queues", "status", "talks", "value")

    def __init__(self, interface: str, name: str) -> None:
        self.interface = interface
        self.name = name
        self.queues: dict[str, None] = {}
        self.status = DeviceState.UNKNOWN
        self.offers: dict[str, None] = {}
        self.talks: dict[str, None] = {}
        self.value: Agent | None = None


class Fold:
    """What is live on one node. `touched` holds the keys of what changed since it was last emptied, `ended` the calls
    that are over; both are emptied by whoever publishes them.

    Channels of the barrier's probe are not shown: they are our own measuring. A leg out through a trunk is told by the
    context in which the trunk's own calls come in; it is nobody's agent.
    """

    def __init__(
        self, node: str, *, probe_context: str = "cordboard-barrier", trunk_context: str = "cordboard-in"
    ) -> None:
        self.node = node
        self.channels: dict[str, LiveChannel] = {}
        self.bridges: dict[str, LiveBridge] = {}
        self.calls: dict[str, ReceivedCall] = {}
        self.queues: dict[str, LiveQueue] = {}
        self.agents: dict[str, LiveAgent] = {}  # by interface
        self.devices: dict[str, DeviceState] = {}
        self.wrap_ups: dict[str, datetime] = {}  # end of those that run, by interface
        self.touched: dict[tuple[ChangeKind, str], None] = {}
        self.ended: list[ReceivedCall] = []
        self.strange = 0  # events that made no sense here; each is a sign of loss
        self._probe = f"Local/s@{probe_context}-"
        self._trunk_context = trunk_context
        self._hung_up: dict[str, None] = {}
        self._hung_up_order: deque[str] = deque()
        self._endpoints: dict[str, dict[str, LiveChannel]] = {}
        self._peers: dict[str, str] = {}  # leg of an agent, ringing or talking -> the caller's uniqueid
        self._involved: dict[str, tuple[frozenset[str], str]] = {}  # call -> interfaces that it rings, and talks to
        self._handlers: dict[type[Event], Callable[[Any, datetime], None]] = {
            told.ChannelSeen: self._channel_seen,
            told.ChannelRenamed: self._channel_renamed,
            told.ChannelHungUp: self._channel_hung_up,
            told.Held: self._held,
            told.Resumed: self._resumed,
            told.DialBegan: self._dial_began,
            told.DialEnded: self._dial_ended,
            told.BridgeCreated: self._bridge_created,
            told.BridgeDestroyed: self._bridge_destroyed,
            told.BridgeEntered: self._bridge_entered,
            told.BridgeLeft: self._bridge_left,
            told.BlindTransferred: self._blind_transferred,
            told.AttendedTransferred: self._attended_transferred,
            told.CallerJoined: self._caller_joined,
            told.CallerLeft: self._caller_left,
            told.CallerGaveUp: self._caller_gave_up,
            told.MemberChanged: self._member_changed,
            told.MemberRemoved: self._member_removed,
            told.AgentCalled: self._agent_called,
            told.AgentConnected: self._agent_connected,
            told.AgentCompleted: self._agent_completed,
            told.AgentMissed: self._agent_missed,
            told.DeviceChanged: self._device_changed,
            told.CallEntered: self._call_entered,
            told.MenuEntered: self._menu_entered,
            told.ChoiceMade: self._choice_made,
            told.CallRouted: self._call_routed,
            told.QueueLeft: self._queue_left,
            told.FallbackTaken: self._fallback_taken,
            told.OutcomeDeclared: self._outcome_declared,
            told.PersonAnswered: self._person_answered,
        }

    def apply(self, event: Event, at: datetime) -> None:
        """Take one event. `at` is its moment, from Asterisk or from our clock."""
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(event, at)

    def has_hung_up(self, uniqueid: str) -> bool:
        return uniqueid in self._hung_up

    # Channels

    def see_channel(self, leg: Leg, at: datetime, *, dials: bool | None = None) -> LiveChannel | None:
        """The channel of this leg as it now is, known before or not; None for one that is over or is a probe."""
        channel = self.channels.get(leg.uniqueid)
        if channel is None:
            if leg.uniqueid in self._hung_up or leg.name.startswith(self._probe):
                return None
            channel = LiveChannel(leg, at, dials=leg.state in _CALLING if dials is None else dials)
            self.channels[leg.uniqueid] = channel
            if channel.endpoint is not None:
                self._endpoints.setdefault(channel.endpoint, {})[leg.uniqueid] = channel
        elif channel.leg == leg:
            return channel
        elif channel.leg.name != leg.name:
            self._rename(channel, leg)
        else:
            channel.leg = leg
        self._touch_channel(channel)
        if (call := self.calls.get(leg.uniqueid)) is not None:
            self._refresh_caller(call, leg)
        return channel

    def _rename(self, channel: LiveChannel, leg: Leg) -> None:
        self._forget_endpoint(channel)
        channel.leg = leg
        channel.endpoint = endpoint_of(leg.name)
        if channel.endpoint is not None:
            self._endpoints.setdefault(channel.endpoint, {})[leg.uniqueid] = channel

    def _forget_endpoint(self, channel: LiveChannel) -> None:
        legs = self._endpoints.get(channel.endpoint or "")
        if legs is not None and channel.endpoint is not None:
            legs.pop(channel.leg.uniqueid, None)
            if not legs:
                del self._endpoints[channel.endpoint]

    def _refresh_caller(self, call: ReceivedCall, leg: Leg) -> None:
        # A caller's number may be refined by the dialplan, but is not lost once known (masquerades blank it).
        number, name = leg.caller_number or call.caller_number, leg.caller_name or call.caller_name
        if (number, name) != (call.caller_number, call.caller_name):
            call.caller_number, call.caller_name = number, name
            self.touch_call(call)

    def _touch_channel(self, channel: LiveChannel) -> None:
        channel.value = None
        self.touched["channel", channel.leg.uniqueid] = None
        if channel.endpoint is not None:
            self._touch_agent(f"PJSIP/{channel.endpoint}")

    def _channel_seen(self, event: told.ChannelSeen, at: datetime) -> None:
        self.see_channel(event.leg, at)

    def _channel_renamed(self, event: told.ChannelRenamed, _at: datetime) -> None:
        channel = self.channels.get(event.uniqueid)
        if channel is not None and channel.leg.name != event.name:
            self._rename(channel, replace(channel.leg, name=event.name))
            self._touch_channel(channel)

    def _channel_hung_up(self, event: told.ChannelHungUp, at: datetime) -> None:
        uniqueid = event.leg.uniqueid
        if uniqueid in self._hung_up:
            return
        self.bury(uniqueid)
        channel = self.channels.pop(uniqueid, None)
        if channel is not None:
            self._leave_bridge(channel, at)
            self._forget_endpoint(channel)
            self._touch_channel(channel)
        caller = self._peers.pop(uniqueid, None)
        if caller is not None and (call := self.calls.get(caller)) is not None:
            call.cancel_offer(at, uniqueid)
            if call.peer == uniqueid:
                call.complete(at, reason="agent")
            self.touch_call(call)
        self._leave_lines(uniqueid)
        if (call := self.calls.get(uniqueid)) is not None:
            call.hang_up(at, event.cause, event.text)
            self.close_call(call)

    def bury(self, uniqueid: str) -> None:
        """Remember that this channel is over; of the oldest hang-ups the memory is let go."""
        if uniqueid not in self._hung_up:
            self._hung_up[uniqueid] = None
            self._hung_up_order.append(uniqueid)
            if len(self._hung_up_order) > REMEMBERED_HANGUPS:
                del self._hung_up[self._hung_up_order.popleft()]

    @property
    def hang_ups(self) -> tuple[str, ...]:
        """The uniqueids that are remembered as over, oldest first."""
        return tuple(self._hung_up_order)

    # Bridges

    def see_bridge(self, name: str, kind: str, technology: str) -> LiveBridge:
        bridge = self.bridges.get(name)
        if bridge is None:
            bridge = self.bridges[name] = LiveBridge(name, kind, technology)
        elif technology:
            bridge.kind, bridge.technology = kind, technology
        return bridge

    def put_in_bridge(self, channel: LiveChannel, bridge: LiveBridge) -> None:
        if channel.bridge not in (None, bridge.id):
            old = self.bridges.get(channel.bridge or "")
            if old is not None:
                old.channels.pop(channel.leg.uniqueid, None)
        channel.bridge = bridge.id
        bridge.channels[channel.leg.uniqueid] = None
        self._touch_channel(channel)

    def _bridge_created(self, event: told.BridgeCreated, _at: datetime) -> None:
        self.see_bridge(event.bridge, event.kind, event.technology)

    def _bridge_destroyed(self, event: told.BridgeDestroyed, at: datetime) -> None:
        bridge = self.bridges.get(event.bridge)
        if bridge is None:
            return
        for uniqueid in list(bridge.channels):
            if (channel := self.channels.get(uniqueid)) is not None:
                self._leave_bridge(channel, at)
        self.bridges.pop(event.bridge, None)

    def _bridge_entered(self, event: told.BridgeEntered, at: datetime) -> None:
        channel = self.see_channel(event.leg, at)
        if channel is None:
            return
        bridge = self.see_bridge(event.bridge, event.kind, event.technology)
        if channel.bridge != bridge.id:
            if channel.bridge is not None:
                self._leave_bridge(channel, at)
            self.put_in_bridge(channel, bridge)
        self._company_changed(bridge, at)

    def _bridge_left(self, event: told.BridgeLeft, at: datetime) -> None:
        channel = self.see_channel(event.leg, at)
        if channel is not None and channel.bridge == event.bridge:
            self._leave_bridge(channel, at)

    def _leave_bridge(self, channel: LiveChannel, at: datetime) -> None:
        bridge = self.bridges.get(channel.bridge or "")
        channel.bridge = None
        self._touch_channel(channel)
        if bridge is None:
            return
        uniqueid = channel.leg.uniqueid
        bridge.channels.pop(uniqueid, None)
        caller = uniqueid if uniqueid in self.calls else self._peers.get(uniqueid)
        call = self.calls.get(caller or "")
        if call is not None and call.is_talking and uniqueid in (call.id.uniqueid, call.peer):
            call.part(at)
            self.touch_call(call)
        self._company_changed(bridge, at)

    def _company_changed(self, bridge: LiveBridge, at: datetime) -> None:
        """Somebody came to a bridge, or left it: who of its received calls talks to whom now?"""
        if bridge.technology == WAITING_ROOM:
            return
        for uniqueid in bridge.channels:
            call = self.calls.get(uniqueid)
            if call is None:
                continue
            if call.is_talking and call.peer in bridge.channels:
                call.rejoin()
                self.touch_call(call)
            elif not call.is_talking or call.parted is not None:
                for other in bridge.channels:
                    if other != uniqueid and other not in call.finished and self.is_person(other):
                        self._hand_over(call, self.channels[other], at)
                        break

    def is_person(self, uniqueid: str) -> bool:
        """Whether this leg belongs to somebody's phone rather than to a caller, a trunk or half of a Local channel."""
        channel = self.channels.get(uniqueid)
        if channel is None or channel.endpoint is None or uniqueid in self.calls:
            return False
        return channel.leg.context != self._trunk_context

    def _hand_over(self, call: ReceivedCall, channel: LiveChannel, at: datetime) -> None:
        """The caller talks to this phone now, though no queue and no dial told so: a transfer or a pick-up."""
        call.complete(at)
        interface = f"PJSIP/{channel.endpoint}"
        self._connect(call, at, channel.leg.uniqueid, self.name_of(interface), interface, "", "", "")

    # Received calls

    def _call_of(self, leg: Leg) -> ReceivedCall | None:
        """The received call that this leg carries: its caller's, or that of the agent's leg that rings or talks."""
        call = self.calls.get(leg.uniqueid)
        return call if call is not None else self.calls.get(self._peers.get(leg.uniqueid, ""))

    def see_call(self, leg: Leg, at: datetime) -> ReceivedCall | None:
        """The received call of this caller's channel, known before or not; None if it is over already."""
        if leg.uniqueid in self._hung_up:
            return None
        call = self.calls.get(leg.uniqueid)
        if call is None:
            channel = self.see_channel(leg, at)
            entered = channel.created if channel is not None else at
            call = ReceivedCall(CallId(self.node, leg.uniqueid), entered, leg.caller_number, leg.caller_name)
            self.calls[leg.uniqueid] = call
            self.touch_call(call)
        return call

    def adopt(self, call: ReceivedCall) -> None:
        """Take over a call that another fold knew."""
        self.calls[call.id.uniqueid] = call
        for leg in (*call.offers, call.peer):
            if leg:
                self._peers[leg] = call.id.uniqueid
        self.touch_call(call)

    def close_call(self, call: ReceivedCall) -> None:
        """Forget an ended call, and hand it to whoever publishes it."""
        uniqueid = call.id.uniqueid
        self.touch_call(call)
        self.calls.pop(uniqueid, None)
        self._involved.pop(uniqueid, None)
        for leg in [leg for leg, caller in self._peers.items() if caller == uniqueid]:
            del self._peers[leg]
        self.touched.pop(("call", uniqueid), None)
        self.ended.append(call)

    def touch_call(self, call: ReceivedCall) -> None:
        """A call changed: so did the agents whom it rings or talks to, now or before."""
        call.changed()
        uniqueid = call.id.uniqueid
        self.touched["call", uniqueid] = None
        rings = frozenset(offer.interface for offer in call.offers.values())
        talks = call.interface if call.is_talking else ""
        before = self._involved.get(uniqueid, _NOBODY)
        if (rings, talks) == before:
            return
        self._involved[uniqueid] = (rings, talks)
        for interface in before[0] | rings | {before[1], talks}:
            agent = self.agents.get(interface)
            if agent is None:
                continue
            _put(agent.offers, uniqueid, interface in rings)
            _put(agent.talks, uniqueid, interface == talks)
            self._touch_agent(interface)

    def _call_entered(self, event: told.CallEntered, at: datetime) -> None:
        self.see_channel(event.leg, at)
        if (call := self.see_call(event.leg, at)) is not None:
            call.enter(at, event.did, event.company, event.generation)
            self.touch_call(call)

    def _menu_entered(self, event: told.MenuEntered, at: datetime) -> None:
        if (call := self._told_of(event.leg)) is not None:
            call.show_menu(at, event.menu, event.version, event.by)

    def _choice_made(self, event: told.ChoiceMade, at: datetime) -> None:
        if (call := self._told_of(event.leg)) is not None:
            call.choose(at, event.menu, event.edge, event.key, event.by)

    def _call_routed(self, event: told.CallRouted, at: datetime) -> None:
        if (call := self._told_of(event.leg)) is not None:
            data = {
                "queue": event.queue,
                "priority": str(event.priority),
                "max_penalty": str(event.max_penalty),
                "by": event.by,
                "why": event.why,
            }
            call.route(at, data, event.priority)

    def _queue_left(self, event: told.QueueLeft, at: datetime) -> None:
        if (call := self._told_of(event.leg)) is not None:
            call.leave_queue(at, event.queue, event.status)
            self._leave_lines(event.leg.uniqueid)
            self.touch_call(call)

    def _fallback_taken(self, event: told.FallbackTaken, at: datetime) -> None:
        if (call := self._told_of(event.leg)) is not None:
            call.fall_back(at, event.script, event.reason)

    def _outcome_declared(self, event: told.OutcomeDeclared, at: datetime) -> None:
        if (call := self._told_of(event.leg)) is not None:
            call.declare(at, event.outcome, event.detail)

    def _person_answered(self, event: told.PersonAnswered, at: datetime) -> None:
        if (call := self._told_of(event.leg)) is not None:
            call.answer(at, event.person)

    def _told_of(self, leg: Leg) -> ReceivedCall | None:
        call = self._call_of(leg)
        if call is None:
            self.strange += leg.uniqueid not in self._hung_up
        else:
            self.touch_call(call)
        return call

    # Dialling, ringing, talking, holding

    def _dial_began(self, event: told.DialBegan, at: datetime) -> None:
        dest = self.see_channel(event.dest, at, dials=False)
        if event.leg is None:
            return
        caller = self.see_channel(event.leg, at)
        if caller is not None and not caller.dials and caller.leg.uniqueid not in self._peers:
            caller.dials = True
            self._touch_channel(caller)
        call = self.calls.get(event.leg.uniqueid)
        # In a queue AgentCalled tells the offer, with the member's name.
        if call is None or dest is None or call.is_in_line or event.dest.uniqueid in call.offers:
            return
        if not self.is_person(event.dest.uniqueid):
            return
        interface = f"PJSIP/{dest.endpoint}"
        self._offer(call, event.dest.uniqueid, Offer(self.name_of(interface), interface, "", at))

    def _dial_ended(self, event: told.DialEnded, at: datetime) -> None:
        self.see_channel(event.dest, at, dials=False)
        leg = event.dest.uniqueid
        call = self.calls.get(event.leg.uniqueid) if event.leg is not None else None
        offer = call.offers.get(leg) if call is not None else None
        if call is None or offer is None:
            return
        if event.status == "ANSWER":
            if not offer.queue:  # in a queue AgentConnect tells it
                self._connect(call, at, leg, offer.agent, offer.interface, "", "", "")
        elif event.status == "CANCEL":
            call.cancel_offer(at, leg)
        else:
            call.miss_offer(at, leg)
        self.touch_call(call)

    def _agent_called(self, event: told.AgentCalled, at: datetime) -> None:
        call = self.calls.get(event.leg.uniqueid)
        if call is None:
            return
        if event.dest is not None and self.see_channel(event.dest, at, dials=False) is None:
            return  # that leg is over already: an old event
        leg = event.dest.uniqueid if event.dest is not None else event.interface
        self._offer(call, leg, Offer(event.member, event.interface, event.queue, at))

    def _offer(self, call: ReceivedCall, leg: str, offer: Offer) -> None:
        call.offer(leg, offer)
        if leg in call.offers:
            self._peers[leg] = call.id.uniqueid
        self.touch_call(call)

    def _agent_connected(self, event: told.AgentConnected, at: datetime) -> None:
        self._leave_line(event.queue, event.leg.uniqueid)
        call = self.calls.get(event.leg.uniqueid)
        if call is None:
            return
        leg = event.dest.uniqueid if event.dest is not None else event.interface
        if event.dest is not None:
            self.see_channel(event.dest, at, dials=False)
        held, rang = str(event.hold_seconds), str(event.ring_seconds)
        self._connect(call, at, leg, event.member, event.interface, event.queue, held, rang)

    def _connect(
        self, call: ReceivedCall, at: datetime, leg: str, agent: str, interface: str, queue: str, held: str, rang: str
    ) -> None:
        call.connect(at, leg, agent, interface, queue, held, rang)
        if call.peer == leg:
            self._peers[leg] = call.id.uniqueid
        self.touch_call(call)

    def _agent_completed(self, event: told.AgentCompleted, at: datetime) -> None:
        self._worked(event.interface, at)
        call = self.calls.get(event.leg.uniqueid)
        if call is not None and call.is_talking and call.interface in (event.interface, ""):
            held, talked = str(event.hold_seconds), str(event.talk_seconds)
            call.complete(at, event.queue, held, talked, event.reason)
            self.touch_call(call)

    def _worked(self, interface: str, at: datetime) -> None:
        """app_queue counts a call at its end without an event of its own, in every queue of the agent."""
        agent = self.agents.get(interface)
        for name in agent.queues if agent is not None else ():
            queue = self.queues[name]
            member = queue.members[interface]
            if member.last_call is None or member.last_call < at:
                queue.members[interface] = replace(member, last_call=at)
                self._touch_queue(queue)
        self._touch_agent(interface)

    def _agent_missed(self, event: told.AgentMissed, at: datetime) -> None:
        call = self.calls.get(event.leg.uniqueid)
        if call is not None:
            leg = event.dest.uniqueid if event.dest is not None else event.interface
            call.miss_offer(at, leg, event.ring_seconds)
            self.touch_call(call)

    def _held(self, event: told.Held, at: datetime) -> None:
        self._set_held(event.leg, at, held=True)

    def _resumed(self, event: told.Resumed, at: datetime) -> None:
        self._set_held(event.leg, at, held=False)

    def _set_held(self, leg: Leg, at: datetime, *, held: bool) -> None:
        channel = self.see_channel(leg, at)
        if channel is None:
            return
        if channel.held != held:
            channel.held = held
            self._touch_channel(channel)
        call = self._call_of(leg)
        if call is None or leg.uniqueid != call.peer:  # a caller who holds us is not held
            return
        by = channel.endpoint or ""
        if held:
            call.hold(at, leg.uniqueid, by)
        else:
            call.resume(at, leg.uniqueid, by)
        self.touch_call(call)

    def _blind_transferred(self, event: told.BlindTransferred, at: datetime) -> None:
        call = self._call_of(event.transferee) if event.transferee is not None else None
        call = call or self._call_of(event.transferer)
        if call is not None:
            call.transfer(at, "blind", endpoint_of(event.transferer.name) or "", event.exten, event.result)
            self.touch_call(call)

    def _attended_transferred(self, event: told.AttendedTransferred, at: datetime) -> None:
        call = self.calls.get(event.transferee) or self._call_of(event.transferer)
        if call is not None:
            to = endpoint_of(event.target_name) or event.target_name
            call.transfer(at, "attended", endpoint_of(event.transferer.name) or "", to, event.result)
            self.touch_call(call)

    # Queues

    def see_queue(self, name: str, strategy: str = "") -> LiveQueue:
        queue = self.queues.get(name)
        if queue is None:
            queue = self.queues[name] = LiveQueue(name, strategy)
            self._touch_queue(queue)
        return queue

    def _touch_queue(self, queue: LiveQueue) -> None:
        queue.value = None
        self.touched["queue", queue.name] = None

    def put_in_line(self, queue: LiveQueue, place: Place, position: int) -> None:
        """Put a caller in line at this position, which starts at 1; one who is in line already keeps his place."""
        if any(other.uniqueid == place.uniqueid for other in queue.line):
            return
        queue.line.insert(max(0, position - 1), place)
        self._touch_line(queue)

    def _touch_line(self, queue: LiveQueue) -> None:
        self._touch_queue(queue)
        for position, place in enumerate(queue.line, 1):
            call = self.calls.get(place.uniqueid)
            if call is not None and call.queue == queue.name and call.position != position and call.is_in_line:
                call.position = position
                self.touch_call(call)

    def _caller_joined(self, event: told.CallerJoined, at: datetime) -> None:
        uniqueid = event.leg.uniqueid
        if self.see_channel(event.leg, at) is None:
            return
        call = self.calls.get(uniqueid)
        if call is not None:
            call.join(at, event.queue, event.position, event.count)
            self.touch_call(call)
        priority = call.priority if call is not None else 0
        place = Place(uniqueid, at, priority, event.leg.caller_number, event.leg.caller_name)
        self.put_in_line(self.see_queue(event.queue), place, event.position)

    def _caller_left(self, event: told.CallerLeft, at: datetime) -> None:
        self._leave_line(event.queue, event.leg.uniqueid)
        call = self.calls.get(event.leg.uniqueid)
        if call is not None:
            call.stop_waiting(at, event.queue, event.position)
            self.touch_call(call)

    def _caller_gave_up(self, event: told.CallerGaveUp, at: datetime) -> None:
        call = self.calls.get(event.leg.uniqueid)
        if call is not None:
            call.give_up(at, event.queue, event.position, event.hold_seconds)
            self.touch_call(call)

    def _leave_line(self, name: str, uniqueid: str) -> None:
        queue = self.queues.get(name)
        if queue is None:
            return
        for number, place in enumerate(queue.line):
            if place.uniqueid == uniqueid:
                del queue.line[number]
                self._touch_line(queue)
                return

    def _leave_lines(self, uniqueid: str) -> None:
        for name in self.queues:
            self._leave_line(name, uniqueid)

    # Members and agents

    def see_member(self, facts: MemberFacts) -> None:
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
            wrap_up=facts.wrap_up,
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
        self._touch_agent(facts.interface)
        if member != known:
            queue.members[facts.interface] = member
            self._touch_queue(queue)

    def _member_changed(self, event: told.MemberChanged, _at: datetime) -> None:
        self.see_member(event.member)

    def _member_removed(self, event: told.MemberRemoved, _at: datetime) -> None:
        interface = event.member.interface
        queue = self.queues.get(event.member.queue)
        if queue is not None and queue.members.pop(interface, None) is not None:
            self._touch_queue(queue)
        agent = self.agents.get(interface)
        if agent is not None:
            agent.queues.pop(event.member.queue, None)
            self._touch_agent(interface)

    def _device_changed(self, event: told.DeviceChanged, _at: datetime) -> None:
        # An agent's state follows QueueMemberStatus, which tells the end of his last call with it; this comes before.
        self.devices[event.device] = event.state

    def _touch_agent(self, interface: str) -> None:
        if interface in self.agents:
            self.touched["agent", interface] = None

    def name_of(self, interface: str) -> str:
        agent = self.agents.get(interface)
        return agent.name if agent is not None else interface.removeprefix("PJSIP/")

    def renew_agent(self, agent: LiveAgent, at: datetime) -> Agent:
        """The agent's value at this moment; the same object while nothing of it changed."""
        members = [self.queues[name].members[agent.interface] for name in agent.queues]
        wrap_up_until = _wrap_up_until(members)
        if wrap_up_until is not None and wrap_up_until <= at:
            wrap_up_until = None
        state = self._state_of(agent, members, wraps_up=wrap_up_until is not None)
        old = agent.value
        call = next(iter(agent.talks), None) or next(iter(agent.offers), None)
        value = Agent(
            node=self.node,
            name=agent.name,
            interface=agent.interface,
            queues=tuple(agent.queues),
            state=state,
            since=old.since if old is not None and old.state is state else self._since(state, old, members, at),
            pause_reason=next((member.pause_reason for member in members if member.paused), ""),
            call=CallId(self.node, call) if call else None,
            wrap_up_until=wrap_up_until if state is AgentState.WRAP_UP else None,
        )
        _put_end(self.wrap_ups, agent.interface, value.wrap_up_until)
        if old is not None and value == old:
            return old
        agent.value = value
        return value

    def _state_of(self, agent: LiveAgent, members: list[Member], *, wraps_up: bool) -> AgentState:
        if not members:
            return AgentState.LOGGED_OUT
        if agent.talks:
            return AgentState.INBOUND_CALL
        legs = self._endpoints.get(agent.interface.removeprefix("PJSIP/"), {}).values()
        if any(leg.leg.state is ChannelState.UP and not leg.dials for leg in legs):
            return AgentState.INBOUND_CALL
        if any(leg.dials for leg in legs):
            return AgentState.OUTBOUND_CALL
        if agent.offers or agent.status in _RINGING or any(leg.leg.state is ChannelState.RINGING for leg in legs):
            return AgentState.RINGING
        if agent.status in _BUSY:
            # His channel is gone and his device not free yet, or he is busy with something that is no channel of his.
            before = agent.value.state if agent.value is not None else None
            return before if before in _IN_CALL and before is not None else AgentState.OUTBOUND_CALL
        if agent.status in _GONE:
            return AgentState.UNREACHABLE
        if all(member.paused for member in members):
            return AgentState.PAUSE
        return AgentState.WRAP_UP if wraps_up else AgentState.READY

    @staticmethod
    def _since(state: AgentState, old: Agent | None, members: list[Member], at: datetime) -> datetime:
        """Since when, from what Asterisk remembers where nobody saw the change."""
        if state is AgentState.PAUSE:
            paused = [member.paused_since for member in members if member.paused_since is not None]
            return max(paused, default=at)
        if old is not None:
            if old.state is AgentState.WRAP_UP and state is AgentState.READY and old.wrap_up_until is not None:
                return min(at, old.wrap_up_until)
            return at
        ends = [member.last_call for member in members if member.last_call is not None]
        if state is AgentState.WRAP_UP:
            return max(ends, default=at)
        if state is AgentState.READY:
            added = [member.added for member in members if member.added is not None]
            worked = [end + timedelta(seconds=member.wrap_up) for member in members if (end := member.last_call)]
            return min(at, max([*added, *worked], default=at))
        return at

    # Values

    def channel_value(self, channel: LiveChannel) -> Channel:
        if channel.value is None:
            leg = channel.leg
            channel.value = Channel(
                node=self.node,
                uniqueid=leg.uniqueid,
                linkedid=leg.linkedid,
                name=leg.name,
                endpoint=channel.endpoint,
                state=leg.state,
                caller_number=leg.caller_number,
                caller_name=leg.caller_name,
                connected_number=leg.connected_number,
                context=leg.context,
                exten=leg.exten,
                application=channel.application,
                account=leg.account,
                bridge=channel.bridge,
                held=channel.held,
                created=channel.created,
            )
        return channel.value

    def queue_value(self, queue: LiveQueue) -> Queue:
        if queue.value is None:
            queue.value = Queue(
                node=self.node,
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

    def bridge_values(self) -> tuple[Bridge, ...]:
        return tuple(
            Bridge(self.node, bridge.id, bridge.kind, bridge.technology, tuple(bridge.channels))
            for bridge in self.bridges.values()
        )


_NOBODY: tuple[frozenset[str], str] = (frozenset(), "")


def _put(keys: dict[str, None], key: str, is_in: bool) -> None:
    if is_in:
        keys[key] = None
    else:
        keys.pop(key, None)


def _put_end(ends: dict[str, datetime], interface: str, end: datetime | None) -> None:
    if end is None:
        ends.pop(interface, None)
    else:
        ends[interface] = end


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
