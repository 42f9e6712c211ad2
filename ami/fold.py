"""The fold: events one by one into what is live. Synchronous, without I/O; it never raises on a strange event.

Every event is taken as the level it tells, not as a step: it may come twice, late, or for something that a relist has
shown already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from ami import events as told
from ami.conversations import Conversations
from ami.doubts import CHECKS, Check
from ami.events import Event
from ami.fields import Leg, endpoint_of
from ami.legs import WAITING_ROOM, Legs, LiveBridge, LiveChannel, Touched
from ami.models import CallId, DeviceState
from ami.parts import NOBODY
from ami.received import Offer, ReceivedCall
from ami.staff import LiveQueue, Place, Staff
from ami.states import Noted
from ami.turns import Turns
from ami.visiting import Visiting

NO_WRAP_UP: Mapping[str, float] = MappingProxyType({})
NOTHING_IS_NOTED: Mapping[str, Noted] = MappingProxyType({})


TRUNK_CONTEXT = "cordboard-in"
Handler = Callable[[Any, datetime], None]
_NOBODY_TAKES: tuple[Check | None, Handler | None, Handler | None] = (None, None, None)
_NONE: frozenset[str] = frozenset()


class Fold:
    """What is live on one node: its received calls here, all calls whatsoever in `conversations`.

    `touched` holds the keys of what changed since it was last emptied, `ended` the received calls that are over; both
    are emptied by whoever publishes them. `strange` counts events that make no sense where they come; each is a sign of
    loss.

    A leg out through a trunk is told by the context in which the trunk's own calls come in; it is nobody's phone.
    """

    def __init__(
        self,
        node: str,
        wrap_up_of: Mapping[str, float] = NO_WRAP_UP,
        noted: Mapping[str, Noted] = NOTHING_IS_NOTED,
        *,
        probe_context: str = "cordboard-barrier",
        trunk_context: str = TRUNK_CONTEXT,
    ) -> None:
        self.node = node
        self.touched = Touched()
        self.legs = Legs(node, self.touched, probe_context)
        self.staff = Staff(node, self.touched, wrap_up_of, noted)
        self.conversations = Conversations(node, self.legs, self.staff, trunk_context)
        self._turns = Turns(self.conversations, self.legs)
        self.calls: dict[str, ReceivedCall] = {}
        self.ended: list[ReceivedCall] = []
        self.devices: dict[str, DeviceState] = {}
        self.strange = 0
        self._trunk_context = trunk_context
        self._callers: dict[str, str] = {}  # leg that rings for a caller or talks to him -> his uniqueid
        handlers: dict[type[Event], Handler] = {
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
            told.StepLeft: self._step_left,
            told.RecordingNamed: self._recording_named,
            told.CallRouted: self._call_routed,
            told.QueueLeft: self._queue_left,
            told.FallbackTaken: self._fallback_taken,
            told.OutcomeDeclared: self._outcome_declared,
            told.PersonAnswered: self._person_answered,
        }
        tellers = self._turns.handlers | Visiting(self.conversations).handlers
        self._takers = {
            kind: (CHECKS.get(kind), handlers.get(kind), tellers.get(kind))
            for kind in CHECKS.keys() | handlers.keys() | tellers.keys()
        }

    def apply(self, event: Event, at: datetime) -> None:
        """Take one event. `at` is its moment, from Asterisk or from our clock."""
        doubts, changes, tells = self._takers.get(type(event), _NOBODY_TAKES)
        if doubts is not None:
            self.strange += doubts(event, self)
        if changes is not None:
            changes(event, at)
        if tells is not None:
            tells(event, at)

    # Channels

    def _see(self, leg: Leg, at: datetime, *, dials: bool | None = None) -> LiveChannel | None:
        channel = self.legs.see(leg, at, dials=dials)
        call = self.calls.get(leg.uniqueid)
        if call is not None:
            # The dialplan may refine a caller's number; once known it is not lost (a masquerade blanks it).
            number, name = leg.caller_number or call.caller_number, leg.caller_name or call.caller_name
            if (number, name) != (call.caller_number, call.caller_name):
                call.caller_number, call.caller_name = number, name
                self.touch_call(call)
        return channel

    def _channel_seen(self, event: told.ChannelSeen, at: datetime) -> None:
        self._see(event.leg, at)

    def _channel_renamed(self, event: told.ChannelRenamed, at: datetime) -> None:
        self.legs.rename(event.uniqueid, event.name, at)

    def _channel_hung_up(self, event: told.ChannelHungUp, at: datetime) -> None:
        uniqueid = event.leg.uniqueid
        if self.legs.has_hung_up(uniqueid):
            return
        self.legs.bury(uniqueid)
        channel = self.legs.channels.get(uniqueid)
        if channel is not None:
            self._leave_bridge(channel, at)
            self.legs.drop(uniqueid)
        served = self.calls.get(self._callers.pop(uniqueid, ""))
        if served is not None:
            served.cancel_offer(at, uniqueid)
            if served.peer == uniqueid:
                served.complete(at, reason="agent")
            self.touch_call(served)
        for queue in self.staff.lines_of(uniqueid):
            self._leave_line(queue, uniqueid)
        self.staff.lose_caller(uniqueid)
        call = self.calls.get(uniqueid)
        if call is not None:
            call.hang_up(at, event.cause, event.text)
            self.close_call(call)

    # Bridges

    def _bridge_created(self, event: told.BridgeCreated, _at: datetime) -> None:
        self.legs.see_bridge(event.bridge, event.kind, event.technology, event.creator, event.name)

    def _bridge_destroyed(self, event: told.BridgeDestroyed, at: datetime) -> None:
        bridge = self.legs.bridges.get(event.bridge)
        if bridge is None:
            return
        for uniqueid in list(bridge.channels):
            self._leave_bridge(self.legs.channels[uniqueid], at)
        del self.legs.bridges[event.bridge]

    def _bridge_entered(self, event: told.BridgeEntered, at: datetime) -> None:
        channel = self._see(event.leg, at)
        if channel is None:
            return
        bridge = self.legs.see_bridge(event.bridge, event.kind, event.technology, event.creator, event.name)
        if channel.bridge != bridge.id:
            self._leave_bridge(channel, at)
            self.legs.enter(channel, bridge)
        self._company_changed(bridge, at)

    def _bridge_left(self, event: told.BridgeLeft, at: datetime) -> None:
        channel = self._see(event.leg, at)
        if channel is not None and channel.bridge == event.bridge:
            self._leave_bridge(channel, at)

    def _leave_bridge(self, channel: LiveChannel, at: datetime) -> None:
        bridge = self.legs.leave(channel)
        if bridge is None:
            return
        call = self._call_of(channel.leg.uniqueid)
        if call is not None and channel.leg.uniqueid in (call.id.uniqueid, call.peer):
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
            if call.is_in_line and len(bridge.channels) > 1:
                self._take_out_of_line(call, at)
            if call.is_talking and call.peer in bridge.channels:
                call.rejoin()
                self.touch_call(call)
            elif not call.is_talking or call.parted is not None:
                person = self.person_with(call, bridge)
                if person is not None:
                    self._hand_over(call, person, at)

    def _take_out_of_line(self, call: ReceivedCall, at: datetime) -> None:
        """A manager put a waiting caller together with somebody: app_queue, whose channel he is not any more, tells
        nothing of it."""
        for queue in self.staff.lines_of(call.id.uniqueid):
            self._leave_line(queue, call.id.uniqueid)
        call.stop_waiting(at, call.queue or "", call.position or 0)
        self.touch_call(call)

    def person_with(self, call: ReceivedCall, bridge: LiveBridge) -> LiveChannel | None:
        """Somebody's phone that is in a bridge with this caller, and whose part in his call is not over. In a
        conference nobody serves anybody."""
        if bridge.is_conference:
            return None
        for uniqueid in bridge.channels:
            if uniqueid not in call.finished and self._is_person(uniqueid):
                return self.legs.channels[uniqueid]
        return None

    def _is_person(self, uniqueid: str) -> bool:
        """Whether this leg is somebody's phone, not a caller's line, a trunk, or half of a Local channel."""
        channel = self.legs.channels.get(uniqueid)
        if channel is None or not channel.interface or uniqueid in self.calls:
            return False
        return channel.leg.context != self._trunk_context

    def _hand_over(self, call: ReceivedCall, channel: LiveChannel, at: datetime) -> None:
        """The caller talks to this phone now, though no queue and no dial told so: a transfer or a pick-up."""
        call.complete(at)
        agent = self.staff.name_of(channel.interface)
        self.connect(call, at, channel.leg.uniqueid, agent, channel.interface)

    # Received calls

    def _call_of(self, uniqueid: str) -> ReceivedCall | None:
        """The received call that this leg carries: its caller's, or that of the phone that rings for it or talks."""
        call = self.calls.get(uniqueid)
        return call if call is not None else self.calls.get(self._callers.get(uniqueid, ""))

    def see_call(self, leg: Leg, at: datetime) -> ReceivedCall | None:
        """The received call of this caller's channel, known before or not; None if it is over already."""
        channel = self._see(leg, at)
        if channel is None:
            return None
        call = self.calls.get(leg.uniqueid)
        if call is None:
            call_id = CallId(self.node, leg.uniqueid)
            call = ReceivedCall(call_id, channel.created, leg.caller_number, leg.caller_name)
            self.calls[leg.uniqueid] = call
            self.touch_call(call)
        return call

    def adopt(self, call: ReceivedCall) -> None:
        """Take a call as it is, from another fold or from a list."""
        self.calls[call.id.uniqueid] = call
        for leg in (*call.offers, call.peer):
            if leg:
                self._callers[leg] = call.id.uniqueid
        self.touch_call(call)

    def touch_call(self, call: ReceivedCall) -> None:
        """Say that a call changed, and with it the agents whom it rings or talks to, now or before."""
        call.changed()
        uniqueid = call.id.uniqueid
        self.touched.calls[uniqueid] = None
        rings = frozenset(offer.interface for offer in call.offers.values()) if call.offers else _NONE
        self.staff.involve(uniqueid, rings, call.interface if call.is_talking else "")

    def close_call(self, call: ReceivedCall) -> None:
        """Forget an ended call, and hand it to whoever publishes it."""
        uniqueid = call.id.uniqueid
        call.changed()
        self.staff.release(uniqueid)
        self.calls.pop(uniqueid, None)
        for leg in call.rung | call.finished:
            self._callers.pop(leg, None)
        self.touched.calls.pop(uniqueid, None)
        self.ended.append(call)

    def _told_of(self, leg: Leg) -> ReceivedCall | None:
        call = self._call_of(leg.uniqueid)
        if call is None:
            # Who stands in a queue for somebody who is called back was not received.
            self.strange += not (self.legs.has_hung_up(leg.uniqueid) or leg.name.startswith(NOBODY))
        else:
            self.touch_call(call)
        return call

    def _call_entered(self, event: told.CallEntered, at: datetime) -> None:
        call = self.see_call(event.leg, at)
        if call is not None:
            call.enter(at, event.did, event.company, event.generation, event.origin)
            self.touch_call(call)

    def _menu_entered(self, event: told.MenuEntered, at: datetime) -> None:
        if (call := self._told_of(event.leg)) is not None:
            call.show_menu(at, event.menu, event.version, event.by)

    def _choice_made(self, event: told.ChoiceMade, at: datetime) -> None:
        if (call := self._told_of(event.leg)) is not None:
            how = {"silent": event.silent, "wrong": event.wrong, "said": event.said}
            call.choose(at, event.menu, event.edge, event.key, event.by, how, event.to)

    def _step_left(self, event: told.StepLeft, at: datetime) -> None:
        if (call := self._told_of(event.leg)) is not None:
            call.leave_step(at, event.node, event.way, event.to, event.version, event.by)

    def _recording_named(self, event: told.RecordingNamed, at: datetime) -> None:
        if (call := self._told_of(event.leg)) is not None:
            call.record(at, event.recording, event.what, event.step)

    def _call_routed(self, event: told.CallRouted, at: datetime) -> None:
        if (call := self._told_of(event.leg)) is not None:
            call.route(at, event.queue, event.priority, event.max_penalty, event.by, event.why)

    def _queue_left(self, event: told.QueueLeft, at: datetime) -> None:
        if (call := self._told_of(event.leg)) is not None:
            for queue in self.staff.lines_of(call.id.uniqueid):
                self._leave_line(queue, call.id.uniqueid)
            call.leave_queue(at, event.queue, event.status)
            self.touch_call(call)

    def _fallback_taken(self, event: told.FallbackTaken, at: datetime) -> None:
        if (call := self._told_of(event.leg)) is not None:
            call.fall_back(at, event.script, event.reason)

    def _outcome_declared(self, event: told.OutcomeDeclared, at: datetime) -> None:
        if (call := self._told_of(event.leg)) is not None:
            call.declare(at, event.outcome, event.detail)

    def _person_answered(self, event: told.PersonAnswered, at: datetime) -> None:
        # A colleague's call to him is none that was received, and nothing strange.
        if (call := self._call_of(event.leg.uniqueid)) is not None:
            self.touch_call(call)
            call.answer(at, event.person)

    # Dialling, ringing, talking, holding

    def _dial_began(self, event: told.DialBegan, at: datetime) -> None:
        dest = self._see(event.dest, at, dials=False)
        if event.leg is None:
            return
        caller = self._see(event.leg, at)
        if caller is not None and not caller.dials and caller.leg.uniqueid not in self._callers:
            caller.dials = True
            self.legs.touch(caller)
        call = self.calls.get(event.leg.uniqueid)
        # In a queue AgentCalled tells the offer, with the member's name.
        if call is None or dest is None or call.is_in_line or not self._is_person(event.dest.uniqueid):
            return
        agent = self.staff.name_of(dest.interface)
        self._offer(call, event.dest.uniqueid, Offer(agent, dest.interface, "", at))

    def _dial_ended(self, event: told.DialEnded, at: datetime) -> None:
        self._see(event.dest, at, dials=False)
        leg = event.dest.uniqueid
        call = self.calls.get(event.leg.uniqueid) if event.leg is not None else None
        offer = call.offers.get(leg) if call is not None else None
        if call is None or offer is None:
            return
        if event.status == "ANSWER":
            if not offer.queue:  # in a queue AgentConnect tells it
                self.connect(call, at, leg, offer.agent, offer.interface)
        elif event.status == "CANCEL":
            call.cancel_offer(at, leg)
        else:
            call.miss_offer(at, leg)
        self.touch_call(call)

    def _agent_called(self, event: told.AgentCalled, at: datetime) -> None:
        call = self.calls.get(event.leg.uniqueid)
        channel = self._see(event.dest, at, dials=False) if event.dest is not None else None
        if channel is None or event.dest is None:
            return  # that leg is over already: an old event
        self.legs.claim(channel, event.interface)
        if call is not None:
            self._offer(call, event.dest.uniqueid, Offer(event.member, event.interface, event.queue, at))

    def _offer(self, call: ReceivedCall, leg: str, offer: Offer) -> None:
        call.offer(leg, offer)
        if leg in call.offers:
            self._callers[leg] = call.id.uniqueid
        self.touch_call(call)

    def _agent_connected(self, event: told.AgentConnected, at: datetime) -> None:
        self.staff.serve(event.interface, event.queue, event.leg.uniqueid)
        self._leave_line(self.staff.see_queue(event.queue), event.leg.uniqueid)
        call = self.calls.get(event.leg.uniqueid)
        if event.dest is None or call is None:
            return
        self._see(event.dest, at, dials=False)
        held, rang = str(event.hold_seconds), str(event.ring_seconds)
        self.connect(call, at, event.dest.uniqueid, event.member, event.interface, event.queue, held, rang)

    def connect(
        self,
        call: ReceivedCall,
        at: datetime,
        leg: str,
        agent: str,
        interface: str,
        queue: str = "",
        held: str = "",
        rang: str = "",
    ) -> None:
        """A received call talks to an agent from now on, through this leg of his."""
        call.connect(at, leg, agent, interface, queue, held, rang)
        if call.peer == leg:
            self._callers[leg] = call.id.uniqueid
        self.touch_call(call)

    def _agent_completed(self, event: told.AgentCompleted, at: datetime) -> None:
        self.staff.count_call(event.interface, at)
        self.staff.stop_serving(event.interface, event.leg.uniqueid)
        call = self.calls.get(event.leg.uniqueid)
        if call is not None and call.interface == event.interface:
            held, talked = str(event.hold_seconds), str(event.talk_seconds)
            call.complete(at, held, talked, event.reason)
            self.touch_call(call)

    def _agent_missed(self, event: told.AgentMissed, at: datetime) -> None:
        self.staff.miss(event.interface, event.queue, at)
        call = self.calls.get(event.leg.uniqueid)
        if call is not None and event.dest is not None:
            call.miss_offer(at, event.dest.uniqueid, event.ring_seconds)
            self.touch_call(call)

    def _held(self, event: told.Held, at: datetime) -> None:
        self._set_held(event.leg, at, held=True)

    def _resumed(self, event: told.Resumed, at: datetime) -> None:
        self._set_held(event.leg, at, held=False)

    def _set_held(self, leg: Leg, at: datetime, *, held: bool) -> None:
        channel = self._see(leg, at)
        if channel is None:
            return
        if channel.held != held:
            channel.held = held
            self.legs.touch_alone(channel)
        call = self._call_of(leg.uniqueid)
        if call is None or leg.uniqueid != call.peer:  # a caller who holds us is not held
            return
        change = call.hold if held else call.resume
        change(at, leg.uniqueid, channel.endpoint or "")
        self.touch_call(call)

    def _blind_transferred(self, event: told.BlindTransferred, at: datetime) -> None:
        call = self._call_of(event.transferee.uniqueid) if event.transferee is not None else None
        call = call or self._call_of(event.transferer.uniqueid)
        if call is not None:
            call.transfer(at, "blind", endpoint_of(event.transferer.name) or "", event.exten, event.result)
            self.touch_call(call)

    def _attended_transferred(self, event: told.AttendedTransferred, at: datetime) -> None:
        if event.result == "Success":
            for leg in (event.transferer, event.second):
                if leg is not None:
                    self.legs.release(leg.uniqueid)
        call = self.calls.get(event.transferee) or self._call_of(event.transferer.uniqueid)
        if call is not None:
            if event.result == "Success" and call.peer == event.transferer.uniqueid:
                call.rejoin()  # while he asked aside he had not left this caller: he leaves him now
            to = endpoint_of(event.target_name) or event.target_name or self._turns.whom(event)
            call.transfer(at, "attended", endpoint_of(event.transferer.name) or "", to, event.result)
            self.touch_call(call)

    # Queues and their members

    def _caller_joined(self, event: told.CallerJoined, at: datetime) -> None:
        uniqueid = event.leg.uniqueid
        if self._see(event.leg, at) is None:
            return
        call = self.calls.get(uniqueid)
        if call is not None:
            call.join(at, event.queue, event.position, event.count)
            self.touch_call(call)
        priority = call.priority if call is not None else 0
        place = Place(uniqueid, at, priority, event.leg.caller_number, event.leg.caller_name)
        queue = self.staff.see_queue(event.queue)
        if self.staff.line_up(queue, place, event.position):
            self.renumber(queue)

    def _caller_left(self, event: told.CallerLeft, at: datetime) -> None:
        self._leave_line(self.staff.see_queue(event.queue), event.leg.uniqueid)
        call = self.calls.get(event.leg.uniqueid)
        if call is not None:
            call.stop_waiting(at, event.queue, event.position)
            self.touch_call(call)

    def _caller_gave_up(self, event: told.CallerGaveUp, at: datetime) -> None:
        call = self.calls.get(event.leg.uniqueid)
        if call is not None:
            call.give_up(at, event.queue, event.position, event.hold_seconds)
            self.touch_call(call)

    def _leave_line(self, queue: LiveQueue, uniqueid: str) -> None:
        if self.staff.leave_line(queue, uniqueid):
            self.renumber(queue)

    def renumber(self, queue: LiveQueue) -> None:
        """Tell the calls in a line their positions."""
        for position, place in enumerate(queue.line, 1):
            call = self.calls.get(place.uniqueid)
            if call is not None and call.is_in_line and call.queue == queue.name and call.position != position:
                call.position = position
                self.touch_call(call)

    def _member_changed(self, event: told.MemberChanged, _at: datetime) -> None:
        self.staff.see_member(event.member)

    def _member_removed(self, event: told.MemberRemoved, _at: datetime) -> None:
        self.staff.remove_member(event.member.queue, event.member.interface)

    def _device_changed(self, event: told.DeviceChanged, _at: datetime) -> None:
        # An agent's state follows QueueMemberStatus, which tells the end of his last call with it; this comes before.
        self.devices[event.device] = event.state
