"""The fold of conversations: which legs are one call as people mean it, and what each of them is doing.

It looks at the channels and bridges that `Legs` holds, after these took the event. Two legs are in one conversation if
Asterisk gave them one linkedid, if they share a bridge in which they hear each other, or if one took the other's call.
Spying puts nobody into a conversation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from ami import events as told
from ami.conversation import DENIED, Conversation, Doing, Listener, Offered, Role, StepKind
from ami.doing import company, doing_of
from ami.events import Event
from ami.fields import Leg, endpoint_of
from ami.glance import Glance, glance
from ami.legs import CALLED, WAITING_ROOM, Legs, LiveBridge
from ami.models import CallId, ChannelState, Fact
from ami.parts import APART, SAME, TOGETHER, LiveConversation, LiveVisit, Part
from ami.portrait import portrait
from ami.rows import ParkedRow
from ami.sides import Sides
from ami.staff import Staff

_CONCLUDED = frozenset({StepKind.REDIRECTED, StepKind.BRIDGED})  # until something else is told of it
_TOLD_MOVES = frozenset({StepKind.TRANSFERRED, StepKind.PARKED, StepKind.RETRIEVED, StepKind.PICKED_UP})
_MOVED = _TOLD_MOVES | {StepKind.MERGED, StepKind.BRIDGED}
_ORIGINATE_REASONS = {0: "failed", 1: "failed", 3: "no_answer", 5: "busy", 8: "congestion"}
_ENDED_DIALS = {"NOANSWER": "no_answer", "BUSY": "busy", "CANCEL": "cancelled", "ANSWER": "answered"}
_BY_HAND = frozenset({0, 16, 127})  # the causes of a caller who gives up while it rings
_BOX = "voicemail"  # what our dialplan declares of who comes to a mailbox
REMEMBERED_ENDS = 10_000
RECENTLY = timedelta(seconds=1)


class Conversations:
    """All conversations of a node. `touched` and `ended` are emptied by whoever publishes them; `handlers` take each
    kind of event, after `Legs` took it."""

    def __init__(self, node: str, legs: Legs, staff: Staff, trunk_context: str) -> None:
        self.live: dict[str, LiveConversation] = {}
        self.touched: dict[str, None] = {}
        self.ended: list[Conversation] = []
        self.over: dict[str, None] = {}  # the ids of those that ended last
        self.sides = Sides(staff, [trunk_context])
        self._node = node
        self._legs = legs
        self._staff = staff
        self._of: dict[str, LiveConversation] = {}  # by leg
        self._by_linkedid: dict[str, LiveConversation] = {}
        self.handlers: dict[type[Event], Callable[[Any, datetime], None]] = {
            told.ChannelSeen: self._seen,
            told.ChannelRenamed: self._renamed,
            told.ChannelHungUp: self._hung_up,
            told.HangupAsked: self._hangup_asked,
            told.LocalPaired: self._paired,
            told.Held: self._held,
            told.Resumed: self._resumed,
            told.DialBegan: self._dial_began,
            told.DialEnded: self._dial_ended,
            told.BridgeEntered: self._entered,
            told.BridgeLeft: self._left,
            told.BlindTransferred: self._blind_transferred,
            told.AttendedTransferred: self._attended_transferred,
            told.OriginateEnded: self._originate_ended,
            told.CallParked: self._parked,
            told.CallRetrieved: self._retrieved,
            told.ParkEnded: self._park_ended,
            told.PickedUp: self._picked_up,
            told.SpyingBegan: self._spying_began,
            told.SpyingEnded: self._spying_ended,
            told.RecordingBegan: self._recording_began,
            told.RecordingEnded: self._recording_ended,
            told.CallerJoined: self._joined,
            told.CallerLeft: self._left_queue,
            told.CallerGaveUp: self._gave_up,
            told.AgentCalled: self._agent_called,
            told.AgentConnected: self._agent_connected,
            told.AgentCompleted: self._agent_completed,
            told.AgentMissed: self._agent_missed,
            told.QueueLeft: self._queue_left,
            told.MenuEntered: self._menu_entered,
            told.OutcomeDeclared: self._outcome_declared,
            told.OutsideDenied: self._outside_denied,
            told.MessageLeft: self._message_left,
            told.ApplicationBegan: self._application_began,
            told.VariableSet: self._variable_set,
        }

    def value(self, conversation: LiveConversation) -> Conversation:
        """The frozen value; the same object while nothing changes."""
        if conversation.value is None:
            conversation.value = portrait(conversation, self.sides, self._staff)
        return conversation.value

    def glance(self, conversation: LiveConversation) -> Glance:
        """It at a glance; the same object while nothing changes."""
        if conversation.glance is None:
            conversation.glance = glance(conversation, self.sides)
        return conversation.glance

    def adopt(self, conversation: LiveConversation) -> None:
        """Take a conversation as it is, from another fold."""
        self.live[conversation.id.uniqueid] = conversation
        for part in conversation.present():
            self._of[part.uniqueid] = conversation
        for linkedid in conversation.linkedids:
            self._by_linkedid[linkedid] = conversation

    # Which conversation

    def of(self, leg: str) -> LiveConversation | None:
        """The conversation of a leg that is up."""
        return self._of.get(leg)

    def see(self, leg: Leg, at: datetime, *, is_caller: bool | None = None, is_born: bool = False) -> Part | None:
        """The part of this leg, known before or not; None for one that is over, or is a probe. `is_born`: its beginning
        is seen now."""
        channel = self._legs.see(leg, at, dials=is_caller)
        if channel is None:
            return None
        conversation = self._of.get(leg.uniqueid)
        if conversation is None:
            if is_caller is None:
                # Whose beginning was not seen began the call if Asterisk named it after him.
                is_caller = channel.dials or (not is_born and leg.uniqueid == leg.linkedid)
            return self._begin(leg, channel.created, is_caller, is_born)
        part = conversation.parts[leg.uniqueid]
        if leg.name != part.name and leg.name:
            self._rename(conversation, part, leg.name, at)
        # Once known a number is not lost: a masquerade blanks it.
        number, name = leg.caller_number or part.number, leg.caller_name or part.caller_name
        if (number, name) != (part.number, part.caller_name):
            part.number, part.caller_name = number, name
            self._touch(conversation)
        if leg.linkedid != part.linkedid:
            part.linkedid = leg.linkedid
            other = self._by_linkedid.get(leg.linkedid)
            if other is None:
                conversation.linkedids.add(leg.linkedid)
                self._by_linkedid[leg.linkedid] = conversation
            elif other is not conversation:
                self.merge(conversation, other, at)
        return part

    def _begin(self, leg: Leg, created: datetime, is_caller: bool, is_born: bool) -> Part:
        """A leg that is new to us."""
        part = Part(leg, created, is_caller=is_caller)
        self.sides.see(part.endpoint, part.context)
        conversation = self._by_linkedid.get(leg.linkedid)
        if conversation is None:
            first = self._new_id(leg)
            conversation = self.live.get(first) or LiveConversation(CallId(self._node, first), created)
            conversation.is_partial = first != leg.uniqueid
            conversation.is_originated = not is_caller and first == leg.uniqueid
            conversation.first = conversation.first or leg.uniqueid
            conversation.linkedids.add(leg.linkedid)
            self.live[first] = conversation
            for linkedid in conversation.linkedids:
                self._by_linkedid[linkedid] = conversation
        conversation.is_partial |= not is_born
        conversation.add(part)
        if leg.uniqueid == conversation.id.uniqueid != conversation.first:
            # Others of this call were seen before him who began it.
            conversation.first = leg.uniqueid
            conversation.parts = {leg.uniqueid: part, **conversation.parts}
        self._of[leg.uniqueid] = conversation
        self._pair(part, conversation)
        self._touch(conversation)
        return part

    def _new_id(self, leg: Leg) -> str:
        """The id of the conversation that this leg begins: no two have one, though the first may have been told as over
        because events were lost."""
        first = leg.uniqueid if self._legs.has_hung_up(leg.linkedid) else leg.linkedid
        if first in self.over:
            first = leg.uniqueid
        number = 1
        while first in self.over:
            number += 1
            first = f"{leg.uniqueid}#{number}"
        return first

    def _pair(self, part: Part, conversation: LiveConversation) -> None:
        """The halves of a Local channel know each other by their name."""
        if part.is_local and not part.pair:
            other_name = part.name[:-1] + {"1": "2", "2": "1"}.get(part.name[-1:], "")
            for other in conversation.parts.values():
                if other.name == other_name:
                    part.pair, other.pair = other.uniqueid, part.uniqueid

    def merge(self, one: LiveConversation, other: LiveConversation, at: datetime) -> LiveConversation:
        """Two conversations are one from now on; gives the one that goes on, the older."""
        if one is other:
            return one
        stays, goes = sorted((one, other), key=_age)
        goes.merged_into, goes.ended, goes.value = stays.id, at, None
        self.ended.append(self.value(goes))
        self._remember(goes)
        self.live.pop(goes.id.uniqueid, None)
        self.touched.pop(goes.id.uniqueid, None)
        stays.take_over(goes)
        stays.note(at, StepKind.MERGED, {"conversation": str(goes.id)})
        for leg in goes.parts:
            if leg in self._of:
                self._of[leg] = stays
        for linkedid in goes.linkedids:
            self._by_linkedid[linkedid] = stays
        self._touch(stays)
        return stays

    def _touch(self, conversation: LiveConversation) -> None:
        conversation.value = None
        self.touched[conversation.id.uniqueid] = None

    def _close(self, conversation: LiveConversation, at: datetime) -> None:
        conversation.ended = at
        for visit in conversation.visits:
            visit.leave(at)
            if visit.connected is not None:
                visit.completed = visit.completed or at
        conversation.record(at, is_on=False)
        self._touch(conversation)
        self.ended.append(self.value(conversation))
        self._forget(conversation)

    def _forget(self, conversation: LiveConversation) -> None:
        """Let an ended conversation go."""
        self._remember(conversation)
        self.live.pop(conversation.id.uniqueid, None)
        self.touched.pop(conversation.id.uniqueid, None)
        for leg in conversation.parts:
            self._of.pop(leg, None)
        for linkedid in conversation.linkedids:
            if self._by_linkedid.get(linkedid) is conversation:
                del self._by_linkedid[linkedid]

    # From lists

    def find(self, at: datetime) -> None:
        """See every leg that lists showed."""
        for channel in list(self._legs.channels.values()):
            is_new = channel.leg.uniqueid not in self._of
            part = self.see(channel.leg, at, is_caller=channel.dials)
            if part is None or not is_new:
                continue
            self._of[part.uniqueid].is_partial = True
            if channel.application == "AppQueue" and channel.interface:
                part.member = self._staff.name_of(channel.interface)
            elif channel.application not in _PASSING:
                part.application = channel.application
                part.has_mailbox = channel.application in _MAILBOX

    def find_parked(self, rows: Iterable[ParkedRow], at: datetime) -> None:
        """Who was parked when these were listed, where and since when. Whom the other lists show elsewhere came there
        meanwhile: events tell it."""
        for row in rows:
            conversation = self._of.get(row.uniqueid)
            if conversation is None:
                continue
            part = conversation.parts[row.uniqueid]
            if doing_of(self._legs, conversation, part) is Doing.PARKED:
                there = max(timedelta(), at - part.joined).total_seconds()
                since = at - timedelta(seconds=min(row.lasts, there))
                part.be(Doing.PARKED, since)
                self._note_parking(part, str(row.slot), row.parker, int(row.lasts + row.left), since)
                conversation.steps.sort(key=_moment)

    def settle(self, at: datetime, over: datetime) -> None:
        """Once channels, bridges and lines are exact: bring every conversation to them. `over`: when that was
        over which is not there any more."""
        self.find(at)
        for conversation in list(self.live.values()):
            for part in conversation.present():
                if part.uniqueid not in self._legs.channels:
                    self._of.pop(part.uniqueid, None)
                    self._stop_spying(part, over)
                    part.leave(over)
            if conversation.is_over:
                for visit in conversation.visits:
                    visit.leave(over)
        for bridge in self._legs.bridges.values():
            if bridge.technology != WAITING_ROOM:
                self._share(bridge, at)
        self._settle_lines(at)
        for conversation in self.live.values():
            for part in conversation.present():
                self._explain(conversation, part)
            self.refresh(conversation, at)

    def _settle_lines(self, at: datetime) -> None:
        for conversation in self.live.values():
            for visit in conversation.visits:
                queue = self._staff.queues.get(visit.queue)
                if visit.is_open and (queue is None or queue.position_of(visit.caller) is None):
                    visit.leave(at)
        for queue in self._staff.queues.values():
            for position, place in enumerate(queue.line, 1):
                waiting = self._of.get(place.uniqueid)
                if waiting is not None and not waiting.waits(place.uniqueid):
                    waiting.join(place.joined, place.uniqueid, queue.name, position)

    def _share(self, bridge: LiveBridge, at: datetime) -> None:
        """Whoever is in one bridge is in one conversation."""
        first: LiveConversation | None = None
        for leg in bridge.channels:
            other = self._of.get(leg)
            if other is None:
                continue
            if bridge.is_conference:
                other.conference = bridge.name or bridge.id
            first = other if first is None else self.merge(first, other, at)

    def _remember(self, conversation: LiveConversation) -> None:
        self.over[conversation.id.uniqueid] = None
        if len(self.over) > REMEMBERED_ENDS:
            del self.over[next(iter(self.over))]

    def lose(self, conversation: LiveConversation, at: datetime, reason: str) -> None:
        """It was gone when the switch was seen again; nobody saw how it ended."""
        conversation.note(at, StepKind.LOST, {"reason": reason})
        for part in conversation.present():
            part.leave(at)
        self._close(conversation, at)

    # What everybody is doing

    def refresh(self, conversation: LiveConversation, at: datetime) -> None:
        """Bring every leg to what it is doing now."""
        for part in conversation.parts.values():
            if part.left is None and not part.is_local:
                self._bring(conversation, part, at)
        self._touch(conversation)

    def _bring(self, conversation: LiveConversation, part: Part, at: datetime) -> None:
        doing = doing_of(self._legs, conversation, part)
        if doing in APART and part.doing in TOGETHER and not part.is_let_go(doing, at):
            return
        if part.left_others and part.doing in TOGETHER:
            self._note_redirect(conversation, part, doing, at)
        if part.doing is Doing.PARKED is not doing:
            part.space = ""
        part.be(doing, at)

    def _note_redirect(self, conversation: LiveConversation, part: Part, doing: Doing, at: datetime) -> None:
        """Somebody was taken out of a talk, nobody hung up, and nobody told of a transfer: a manager redirected him."""
        left, part.left_others = part.left_others, ()
        channel = self._legs.channels.get(part.uniqueid)
        bridge = self._legs.bridge_of(channel) if channel is not None else None
        there = company(self._legs, conversation, part, bridge) if bridge is not None else []
        is_with_others = doing is not part.doing or not any(other.uniqueid in left for other in there)
        since = (part.loose or at) - RECENTLY
        if is_with_others and doing is not Doing.PARKED and not conversation.has_step(_MOVED, since):
            others = dict.fromkeys(conversation.parts[leg].label for leg in left if leg in conversation.parts)
            data = {"party": part.label, "from": ", ".join(others)}
            conversation.note(part.loose or at, StepKind.REDIRECTED, data)
        if is_with_others:
            conversation.take_apart(part, there, part.loose or at)

    # Channels

    def _seen(self, event: told.ChannelSeen, at: datetime) -> None:
        known = self._of.get(event.leg.uniqueid)
        part = self.see(event.leg, at, is_born=event.is_new)
        if part is None:
            return
        conversation = self._of[part.uniqueid]
        state = event.leg.state
        if known is not conversation or part.state is not state:
            part.state = state
            self.refresh(conversation, at)

    def _renamed(self, event: told.ChannelRenamed, at: datetime) -> None:
        conversation = self._of.get(event.uniqueid)
        if conversation is not None:
            self._rename(conversation, conversation.parts[event.uniqueid], event.name, at)
            self.refresh(conversation, at)

    def _rename(self, conversation: LiveConversation, part: Part, name: str, at: datetime) -> None:
        if part.is_another(name):
            conversation.split(part, at)
        part.rename(name)
        self._touch(conversation)

    def _hangup_asked(self, event: told.HangupAsked, at: datetime) -> None:
        part = self.see(event.leg, at)
        if part is None or part.asked is not None:
            return
        # Of a leg that is not up yet it may be our own refusal that comes back.
        if self._legs.channels[part.uniqueid].leg.state is ChannelState.UP or event.cause in _BY_HAND:
            part.asked = at

    def _hung_up(self, event: told.ChannelHungUp, at: datetime) -> None:
        leg = event.leg.uniqueid
        conversation = self._of.pop(leg, None)
        if conversation is None:
            return
        part = conversation.parts[leg]
        part.cause = event.cause
        self._stop_spying(part, at)
        part.leave(at)
        for other in conversation.present():
            other.dials.pop(leg, None)
        for visit in conversation.visits:
            if visit.caller == leg and visit.is_open:
                visit.leave(at)
            visit.end_offer(leg, at, "answered" if visit.peer == leg else _ENDED_DIALS.get(part.status, "cancelled"))
            if visit.peer == leg and visit.completed is None and not part.is_local:
                visit.completed = at
        if conversation.is_over:
            self._close(conversation, at)
        else:
            self.refresh(conversation, at)

    def _paired(self, event: told.LocalPaired, at: datetime) -> None:
        one, two = self.see(event.one, at), self.see(event.two, at)
        if one is not None and two is not None:
            one.pair, two.pair = two.uniqueid, one.uniqueid

    # Dialling

    def _dial_began(self, event: told.DialBegan, at: datetime) -> None:
        dest = self.see(event.dest, at, is_caller=False)
        caller = self.see(event.leg, at) if event.leg is not None else None
        if dest is None:
            return
        dest.is_caller = False
        conversation = self._of[dest.uniqueid]
        if caller is not None:
            conversation = self.merge(conversation, self._of[caller.uniqueid], at)
            dest.dialled_by = caller.uniqueid
            channel = self._legs.channels[dest.uniqueid]
            if channel.leg.state is not ChannelState.UP:
                caller.dials.setdefault(dest.uniqueid, False)
        self._explain(conversation, dest)
        self.refresh(conversation, at)

    def _dial_ended(self, event: told.DialEnded, at: datetime) -> None:
        dest = self.see(event.dest, at, is_caller=False)
        if dest is None:
            return
        conversation = self._of[dest.uniqueid]
        caller = self.see(event.leg, at) if event.leg is not None else None
        dest.status = dest.status or event.status
        if event.forward:
            conversation.note(at, StepKind.FORWARDED, {"party": dest.label, "to": event.forward})
        if caller is not None and dest.uniqueid in caller.dials:
            if event.status == "ANSWER":
                caller.answers += not caller.dials[dest.uniqueid]
                caller.dials[dest.uniqueid] = True
            else:
                del caller.dials[dest.uniqueid]
        result = _ENDED_DIALS.get(event.status, "failed")
        if result != "answered":
            for visit in conversation.visits:
                visit.end_offer(dest.uniqueid, at, result)
        self.refresh(self._of[dest.uniqueid], at)

    def _originate_ended(self, event: told.OriginateEnded, at: datetime) -> None:
        conversation = self._of.get(event.uniqueid)
        if conversation is None and not event.succeeded:
            conversation = self._ringing_originate(event.channel)
        if conversation is not None and not event.succeeded:
            reason = _ORIGINATE_REASONS.get(event.reason, "failed")
            conversation.note(at, StepKind.ORIGINATE_FAILED, {"reason": reason})
            self._touch(conversation)

    def _ringing_originate(self, dialled: str) -> LiveConversation | None:
        """The failure of an Originate names no leg, only what was dialled."""
        for conversation in self.live.values():
            first = conversation.parts.get(conversation.first)
            if first is None or not conversation.is_originated or first.left is not None:
                continue
            if first.name.partition(";")[0].rpartition("-")[0] == dialled.removesuffix("/n"):
                return conversation
        return None

    # Bridges and holds

    def _entered(self, event: told.BridgeEntered, at: datetime) -> None:
        part = self.see(event.leg, at)
        bridge = self._legs.bridges.get(event.bridge)
        if part is None or bridge is None:
            return
        part.dials.clear()
        if bridge.technology != WAITING_ROOM:
            self._share(bridge, at)
            there = company(self._legs, self._of[part.uniqueid], part, bridge)
            self._of[part.uniqueid].bring_together([part.uniqueid, *(other.uniqueid for other in there)])
            for each in (part, *there) if there else ():
                self._of[part.uniqueid].take_out_of_line(each.uniqueid, at)
            if not event.swaps and not bridge.is_conference:
                self._note_bridging(part, there, at)
        self.refresh(self._of[part.uniqueid], at)

    def _note_bridging(self, part: Part, there: list[Part], at: datetime) -> None:
        """Two who did not call each other are together, and nobody told of a transfer: a manager put them together."""
        conversation = self._of[part.uniqueid]
        if not there or part.is_local or conversation.is_partial:
            return
        kin = conversation.kin(part)
        strangers = [other for other in there if other.uniqueid not in kin]
        took = any(each.role in (Role.PICKER, Role.RETRIEVER) for each in (part, *there))
        if strangers and not took and not conversation.has_step(_TOLD_MOVES, at - RECENTLY):
            conversation.note(at, StepKind.BRIDGED, {"party": part.label, "with": strangers[0].label})

    def _left(self, event: told.BridgeLeft, at: datetime) -> None:
        part = self.see(event.leg, at)
        if part is None:
            return
        conversation = self._of[part.uniqueid]
        bridge = self._legs.bridges.get(event.bridge)
        if bridge is not None and part.asked is None and part.doing in (Doing.TALKING, Doing.CONFERENCE):
            there = company(self._legs, conversation, part, bridge)
            part.left_others = tuple(other.uniqueid for other in there if other.asked is None)
        self.refresh(conversation, at)

    def _held(self, event: told.Held, at: datetime) -> None:
        part = self.see(event.leg, at)
        channel = self._legs.channels.get(event.leg.uniqueid)
        if part is not None and channel is not None:
            part.held_in = channel.bridge or ""
            self.refresh(self._of[part.uniqueid], at)

    def _resumed(self, event: told.Resumed, at: datetime) -> None:
        part = self.see(event.leg, at)
        if part is not None:
            part.held_in = ""
            self.refresh(self._of[part.uniqueid], at)

    # Transfers, parking, pick-up

    def _blind_transferred(self, event: told.BlindTransferred, at: datetime) -> None:
        conversation = self._of.get(event.transferer.uniqueid)
        if conversation is None and event.transferee is not None:
            conversation = self._of.get(event.transferee.uniqueid)
        if conversation is not None:
            by = self._label(event.transferer)
            conversation.take_back(_CONCLUDED, at - RECENTLY)
            data = {"how": "blind", "by": by, "to": event.exten, "result": event.result.lower()}
            conversation.note(at, StepKind.TRANSFERRED, data)
            self._touch(conversation)

    def _attended_transferred(self, event: told.AttendedTransferred, at: datetime) -> None:
        second = event.second.uniqueid if event.second is not None else ""
        legs = (event.transferee, event.target, event.transferer.uniqueid, second)
        found = [conversation for leg in legs if (conversation := self._of.get(leg)) is not None]
        if not found:
            return
        conversation = found[0]
        if event.result == "Success":
            for other in found[1:]:
                conversation = self.merge(conversation, other, at)
        to = self.whom(event)
        by = self._label(event.transferer)
        conversation.take_back(_CONCLUDED, at - RECENTLY)
        data = {"how": "attended", "by": by, "to": to, "result": event.result.lower()}
        conversation.note(at, StepKind.TRANSFERRED, data)
        self.refresh(conversation, at)

    def whom(self, event: told.AttendedTransferred) -> str:
        """Whom the caller was transferred to. By a feature code a bridge is transferred, and Asterisk names nobody in
        it: then it is who is with the caller now."""
        conversation = self._of.get(event.target) or self._of.get(event.transferee)
        target = conversation.parts.get(event.target) if conversation is not None else None
        if conversation is not None and target is not None:
            return self._beyond(conversation, target)
        part = conversation.parts.get(event.transferee) if conversation is not None else None
        if event.target_name or event.result != "Success" or conversation is None or part is None:
            return event.target_name
        channel = self._legs.channels.get(event.transferee)
        bridge = self._legs.bridge_of(channel) if channel is not None else None
        there = company(self._legs, conversation, part, bridge) if bridge is not None else []
        second = event.second.uniqueid if event.second is not None else ""
        transferers = (event.transferer.uniqueid, second)
        return ", ".join(dict.fromkeys(other.label for other in there if other.uniqueid not in transferers))

    @staticmethod
    def _beyond(conversation: LiveConversation, part: Part) -> str:
        """Who is meant by a leg: for half of a Local channel whom its other half called."""
        if part.is_local:
            for other in conversation.present():
                if other.dialled_by == part.pair and other.dialled_by:
                    return other.label
        return part.label

    @staticmethod
    def _label(leg: Leg) -> str:
        return endpoint_of(leg.name) or leg.caller_number or leg.name

    def _parked(self, event: told.CallParked, at: datetime) -> None:
        part = self.see(event.leg, at)
        if part is not None:
            self._of[part.uniqueid].take_back(_CONCLUDED, at - RECENTLY)
            self._note_parking(part, event.space, event.by, event.timeout, at)
            self.refresh(self._of[part.uniqueid], at)

    def _note_parking(self, part: Part, space: str, dialled: str, timeout: int, at: datetime) -> None:
        """Told once of each parking, by the event or the list that comes first. `dialled`: who parked him."""
        if part.space != space:
            part.space = space
            by = dialled.rpartition("/")[2]
            # Who is parked did not do it: Asterisk names him where a manager parked him.
            data = {"party": part.label, "space": space, "by": by if by != part.endpoint else ""}
            self._of[part.uniqueid].note(at, StepKind.PARKED, {**data, "timeout": str(timeout or "")})

    def _retrieved(self, event: told.CallRetrieved, at: datetime) -> None:
        part = self.see(event.leg, at)
        retriever = self.see(event.retriever, at) if event.retriever is not None else None
        if part is None:
            return
        conversation = self._of[part.uniqueid]
        if retriever is not None:
            retriever.role = Role.RETRIEVER
            conversation = self.merge(conversation, self._of[retriever.uniqueid], at)
            self._explain(conversation, retriever)
        by = retriever.label if retriever is not None else ""
        conversation.take_back(_CONCLUDED, at - RECENTLY)
        conversation.note(at, StepKind.RETRIEVED, {"party": part.label, "space": event.space, "by": by})
        self.refresh(conversation, at)

    def _park_ended(self, event: told.ParkEnded, at: datetime) -> None:
        part = self.see(event.leg, at)
        if part is not None:
            data = {"party": part.label, "space": event.space, "why": event.why}
            self._of[part.uniqueid].note(at, StepKind.PARK_ENDED, data)
            self._touch(self._of[part.uniqueid])

    def _picked_up(self, event: told.PickedUp, at: datetime) -> None:
        part, target = self.see(event.leg, at), self.see(event.target, at)
        if part is None or target is None:
            return
        part.role = Role.PICKER
        part.dialled_by, part.member = target.dialled_by, ""
        conversation = self.merge(self._of[part.uniqueid], self._of[target.uniqueid], at)
        conversation.take_back(_CONCLUDED, at - RECENTLY)
        conversation.note(at, StepKind.PICKED_UP, {"party": part.label, "from": target.label})
        self._explain(conversation, part)
        self.refresh(conversation, at)

    def _explain(self, conversation: LiveConversation, part: Part) -> None:
        """Tell the agent's state what only the call shows: that he took somebody else's, or asked for it himself."""
        channel = self._legs.channels.get(part.uniqueid)
        dialler = conversation.parts.get(part.dialled_by)
        is_rung_first = dialler is not None and dialler.is_local and dialler.pair == conversation.first
        # A call that is made from nowhere may stand in a queue too: there he is called like anybody.
        asked_for = conversation.is_originated and is_rung_first and not conversation.visits_of(part.dialled_by)
        if channel is not None:
            took = part.role in (Role.PICKER, Role.RETRIEVER)
            self._legs.explain(channel, took=took, asked_for=asked_for)

    # Spying and recording

    def _spying_began(self, event: told.SpyingBegan, at: datetime) -> None:
        spy, spied = self.see(event.spy, at), self.see(event.spied, at)
        if spy is None or spied is None:
            return
        own, theirs = self._of[spy.uniqueid], self._of[spied.uniqueid]
        if spy.spies != spied.uniqueid:
            self._stop_spying(spy, at)
            spy.spies, spy.role = spied.uniqueid, Role.SPY
            own.spies_on = theirs.id
            listener = Listener(spy.number, spy.caller_name, spy.endpoint, spied.label, own.id, at)
            theirs.listeners[spy.uniqueid] = listener
            self._touch(theirs)
        self.refresh(own, at)

    def _spying_ended(self, event: told.SpyingEnded, at: datetime) -> None:
        spy = self.see(event.spy, at)
        if spy is not None:
            self._stop_spying(spy, at)
            self.refresh(self._of[spy.uniqueid], at)

    def _stop_spying(self, spy: Part, at: datetime) -> None:
        if not spy.spies:
            return
        theirs = self._of.get(spy.spies)
        spy.spies = ""
        known = theirs.listeners.get(spy.uniqueid) if theirs is not None else None
        if theirs is not None and known is not None and known.until is None:
            theirs.listeners[spy.uniqueid] = Listener(
                known.number, known.name, known.endpoint, known.on, known.conversation, known.since, at
            )
            self._touch(theirs)

    def _recording_began(self, event: told.RecordingBegan, at: datetime) -> None:
        self._record(event.leg, at, is_on=True)

    def _recording_ended(self, event: told.RecordingEnded, at: datetime) -> None:
        self._record(event.leg, at, is_on=False)

    def _record(self, leg: Leg, at: datetime, *, is_on: bool) -> None:
        part = self.see(leg, at)
        if part is not None:
            self._of[part.uniqueid].record(at, is_on=is_on)
            self._touch(self._of[part.uniqueid])

    # Queues

    def _joined(self, event: told.CallerJoined, at: datetime) -> None:
        part = self.see(event.leg, at)
        if part is not None:
            self._of[part.uniqueid].join(at, part.uniqueid, event.queue, event.position)
            self.refresh(self._of[part.uniqueid], at)

    def _left_queue(self, event: told.CallerLeft, at: datetime) -> None:
        conversation = self._of.get(event.leg.uniqueid)
        visit = conversation.visit(event.leg.uniqueid, event.queue) if conversation is not None else None
        if conversation is not None and visit is not None and visit.is_open:
            # Whom it rang is told before, or with the connection that comes next.
            visit.left = at
            self.refresh(conversation, at)

    def _gave_up(self, event: told.CallerGaveUp, at: datetime) -> None:
        conversation = self._of.get(event.leg.uniqueid)
        visit = conversation.visit(event.leg.uniqueid, event.queue) if conversation is not None else None
        if conversation is not None and visit is not None and visit.gave_up is None and visit.connected is None:
            visit.gave_up, visit.hold_seconds, visit.position = at, event.hold_seconds, event.position
            visit.leave(at)
            self.refresh(conversation, at)

    def _queue_left(self, event: told.QueueLeft, at: datetime) -> None:
        self._queue_status(event.leg, event.status, event.queue, at)

    def _queue_status(self, leg: Leg, status: str, queue: str, at: datetime) -> None:
        """Queue() returned. A caller who was refused at the door has no visit yet."""
        part = self.see(leg, at)
        if part is None or not status:
            return
        conversation = self._of[part.uniqueid]
        name = queue or part.queue
        visits = conversation.visits_of(part.uniqueid)
        last = visits[-1] if visits and visits[-1].queue.lower().endswith(name.lower()) else None
        if last is not None and not last.status:
            last.status = status
            last.leave(at)
        elif last is None or last.status != status or at - (last.left or at) > SAME:
            conversation.join(at, part.uniqueid, name, 0)
            refused = conversation.visits[-1]
            refused.joined, refused.status = None, status
            refused.leave(at)
        self.refresh(conversation, at)

    def _visit(self, leg: Leg, queue: str, at: datetime) -> LiveVisit | None:
        """The visit of this caller in whose name something is told; None if he is over. Whom nobody saw join joined
        before he was seen."""
        caller = self.see(leg, at)
        if caller is None:
            return None
        conversation = self._of[caller.uniqueid]
        visit = conversation.visit(leg.uniqueid, queue)
        if visit is None:
            conversation.join(at, leg.uniqueid, queue, 0)
            visit = conversation.visits[-1]
            visit.joined = None
        return visit

    def _agent_called(self, event: told.AgentCalled, at: datetime) -> None:
        visit = self._visit(event.leg, event.queue, at)
        dest = self.see(event.dest, at, is_caller=False) if event.dest is not None else None
        if visit is None or dest is None:
            return
        dest.is_caller, dest.member, dest.dialled_by = False, event.member, event.leg.uniqueid
        if visit.is_open:
            visit.offers.setdefault(dest.uniqueid, Offered(event.member, event.interface, at))
        if not dest.is_local:
            self.sides.know(dest.endpoint)
        self.refresh(self._of[dest.uniqueid], at)

    def _agent_connected(self, event: told.AgentConnected, at: datetime) -> None:
        visit = self._visit(event.leg, event.queue, at)
        if visit is None or visit.connected is not None:
            return
        conversation = self._of[event.leg.uniqueid]
        leg = event.dest.uniqueid if event.dest is not None else ""
        visit.connected, visit.peer, visit.agent = at, leg, event.member
        visit.hold_seconds = event.hold_seconds
        visit.leave(at)
        dest = self.see(event.dest, at, is_caller=False) if event.dest is not None else None
        if dest is not None:
            conversation = self.merge(conversation, self._of[dest.uniqueid], at)
            if dest.role is not Role.PICKER:
                dest.member = event.member
        self.refresh(conversation, at)

    def _agent_completed(self, event: told.AgentCompleted, at: datetime) -> None:
        conversation = self._of.get(event.leg.uniqueid)
        if conversation is None:
            return
        for visit in conversation.visits_of(event.leg.uniqueid):
            if (
                visit.queue.lower() == event.queue.lower()
                and visit.connected is not None
                and visit.talk_seconds is None
            ):
                visit.talk_seconds, visit.reason = event.talk_seconds, event.reason
                visit.completed = visit.completed or at
        for part in conversation.present():
            # Who was connected before he was seen is known by now.
            if event.interface == f"PJSIP/{part.endpoint}" and part.role is None and not part.is_caller:
                part.member = part.member or event.member
        self._touch(conversation)

    def _agent_missed(self, event: told.AgentMissed, at: datetime) -> None:
        conversation = self._of.get(event.leg.uniqueid)
        if conversation is not None and event.dest is not None:
            for visit in conversation.visits_of(event.leg.uniqueid):
                visit.end_offer(event.dest.uniqueid, at, "no_answer")
            self._touch(conversation)

    # What the dialplan tells, ours or another

    def _menu_entered(self, event: told.MenuEntered, at: datetime) -> None:
        part = self.see(event.leg, at)
        if part is not None:
            part.application = "Read"

    def _outcome_declared(self, event: told.OutcomeDeclared, at: datetime) -> None:
        part = self.see(event.leg, at)
        if part is not None:
            self._of[part.uniqueid].declared = event.outcome, event.detail
            part.has_mailbox |= event.outcome == _BOX
            self._touch(self._of[part.uniqueid])

    def _outside_denied(self, event: told.OutsideDenied, at: datetime) -> None:
        """A caller from outside who was to be passed on goes back to the phone that asked for it, and is not ended."""
        part = self.see(event.leg, at)
        if part is not None:
            conversation = self._of[part.uniqueid]
            conversation.note(at, StepKind.NOT_LET_OUT, {"by": event.phone, "reason": event.reason})
            if not self.sides.is_outside(part.endpoint, part.context, part.number):
                conversation.declared = "failed" if event.reason == "trunks" else DENIED, event.reason
            self._touch(conversation)

    def _message_left(self, event: told.MessageLeft, at: datetime) -> None:
        part = self.see(event.leg, at)
        if part is not None:
            self._note_message(part)

    def _note_message(self, part: Part) -> None:
        part.has_mailbox = part.has_left_message = True
        self._touch(self._of[part.uniqueid])

    def _application_began(self, event: told.ApplicationBegan, at: datetime) -> None:
        part = self.see(event.leg, at)
        if part is not None:
            conversation = self._of[part.uniqueid]
            conversation.is_rich = True
            if part.asked is None and event.leg.exten != "h" and event.application not in _PASSING:
                part.application = event.application
            if event.application == "Queue":
                part.queue = event.data.partition(",")[0]
            part.has_mailbox |= event.application in _MAILBOX
            self.refresh(conversation, at)

    def _variable_set(self, event: told.VariableSet, at: datetime) -> None:
        part = self.see(event.leg, at)
        if part is None:
            return
        self._of[part.uniqueid].is_rich = True
        if event.name == "QUEUESTATUS":
            self._queue_status(event.leg, event.value, "", at)
        elif event.value == "SUCCESS":
            self._note_message(part)
        elif event.value:
            part.has_mailbox = True
            self._touch(self._of[part.uniqueid])


def _moment(step: Fact) -> datetime:
    return step.at


def _age(conversation: LiveConversation) -> tuple[datetime, str]:
    return conversation.started, conversation.id.uniqueid


# applications that take no time
_PASSING = frozenset({"NoOp", "Set", "MSet", "Verbose", "Log", "Goto", "GotoIf", "GotoIfTime", "ExecIf", "ExecIfTime"})
_PASSING |= {"Gosub", "GosubIf", "Return", "StackPop", "UserEvent", "QueueLog", "Answer", "Hangup"}
_PASSING |= CALLED
_MAILBOX = frozenset({"VoiceMail", "VoiceMailPlayMsg", "MinivmRecord"})
