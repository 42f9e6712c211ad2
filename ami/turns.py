"""What events of channels, bridges, transfers, parking, spying and recording do to conversations, after `Legs` took
them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ami import events as told
from ami.conversation import Doing, Listener, Role, StepKind
from ami.conversations import RECENTLY, TOLD_MOVES, Conversations
from ami.doing import company
from ami.events import Event
from ami.fields import Leg, endpoint_of
from ami.legs import WAITING_ROOM, Legs
from ami.models import ChannelState
from ami.parts import LiveConversation, Part

_CONCLUDED = frozenset({StepKind.REDIRECTED, StepKind.BRIDGED})  # until something else is told of it
_ORIGINATE_REASONS = {0: "failed", 1: "failed", 3: "no_answer", 5: "busy", 8: "congestion"}
_ENDED_DIALS = {"NOANSWER": "no_answer", "BUSY": "busy", "CANCEL": "cancelled", "ANSWER": "answered"}
_BY_HAND = frozenset({0, 16, 127})  # the causes of a caller who gives up while it rings


class Turns:
    """Brings to conversations what happens to their legs; `handlers` take each kind of event."""

    def __init__(self, calls: Conversations, legs: Legs) -> None:
        self._calls = calls
        self._legs = legs
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
        }

    def _seen(self, event: told.ChannelSeen, at: datetime) -> None:
        known = self._calls.by_leg.get(event.leg.uniqueid)
        part = self._calls.see(event.leg, at, is_born=event.is_new)
        if part is None:
            return
        conversation = self._calls.by_leg[part.uniqueid]
        state = event.leg.state
        if known is not conversation or part.state is not state:
            part.state = state
            self._calls.refresh(conversation, at)

    def _renamed(self, event: told.ChannelRenamed, at: datetime) -> None:
        conversation = self._calls.by_leg.get(event.uniqueid)
        if conversation is not None:
            self._calls.rename(conversation, conversation.parts[event.uniqueid], event.name, at)
            self._calls.refresh(conversation, at)

    def _hangup_asked(self, event: told.HangupAsked, at: datetime) -> None:
        part = self._calls.see(event.leg, at)
        if part is None or part.asked is not None:
            return
        # Of a leg that is not up yet it may be our own refusal that comes back.
        if self._legs.channels[part.uniqueid].leg.state is ChannelState.UP or event.cause in _BY_HAND:
            part.asked = at

    def _hung_up(self, event: told.ChannelHungUp, at: datetime) -> None:
        leg = event.leg.uniqueid
        conversation = self._calls.by_leg.pop(leg, None)
        if conversation is None:
            return
        part = conversation.parts[leg]
        part.cause = event.cause
        self._calls.stop_spying(part, at)
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
            self._calls.close(conversation, at)
        else:
            self._calls.refresh(conversation, at)

    def _paired(self, event: told.LocalPaired, at: datetime) -> None:
        one, two = self._calls.see(event.one, at), self._calls.see(event.two, at)
        if one is not None and two is not None:
            one.pair, two.pair = two.uniqueid, one.uniqueid

    # Dialling

    def _dial_began(self, event: told.DialBegan, at: datetime) -> None:
        dest = self._calls.see(event.dest, at, is_caller=False)
        caller = self._calls.see(event.leg, at) if event.leg is not None else None
        if dest is None:
            return
        dest.is_caller = False
        conversation = self._calls.by_leg[dest.uniqueid]
        if caller is not None:
            conversation = self._calls.merge(conversation, self._calls.by_leg[caller.uniqueid], at)
            dest.dialled_by = caller.uniqueid
            channel = self._legs.channels[dest.uniqueid]
            if channel.leg.state is not ChannelState.UP:
                caller.dials.setdefault(dest.uniqueid, False)
        self._calls.explain(conversation, dest)
        self._calls.refresh(conversation, at)

    def _dial_ended(self, event: told.DialEnded, at: datetime) -> None:
        dest = self._calls.see(event.dest, at, is_caller=False)
        if dest is None:
            return
        conversation = self._calls.by_leg[dest.uniqueid]
        caller = self._calls.see(event.leg, at) if event.leg is not None else None
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
        self._calls.refresh(self._calls.by_leg[dest.uniqueid], at)

    def _originate_ended(self, event: told.OriginateEnded, at: datetime) -> None:
        conversation = self._calls.by_leg.get(event.uniqueid)
        if conversation is None and not event.succeeded:
            conversation = self._ringing_originate(event.channel)
        if conversation is not None and not event.succeeded:
            reason = _ORIGINATE_REASONS.get(event.reason, "failed")
            conversation.note(at, StepKind.ORIGINATE_FAILED, {"reason": reason})
            self._calls.touch(conversation)

    def _ringing_originate(self, dialled: str) -> LiveConversation | None:
        """The failure of an Originate names no leg, only what was dialled."""
        for conversation in self._calls.live.values():
            first = conversation.parts.get(conversation.first)
            if first is None or not conversation.is_originated or first.left is not None:
                continue
            if first.name.partition(";")[0].rpartition("-")[0] == dialled.removesuffix("/n"):
                return conversation
        return None

    # Bridges and holds

    def _entered(self, event: told.BridgeEntered, at: datetime) -> None:
        part = self._calls.see(event.leg, at)
        bridge = self._legs.bridges.get(event.bridge)
        if part is None or bridge is None:
            return
        part.dials.clear()
        if bridge.technology != WAITING_ROOM:
            self._calls.share(bridge, at)
            there = company(self._legs, self._calls.by_leg[part.uniqueid], part, bridge)
            self._calls.by_leg[part.uniqueid].bring_together([part.uniqueid, *(other.uniqueid for other in there)])
            for each in (part, *there) if there else ():
                self._calls.by_leg[part.uniqueid].take_out_of_line(each.uniqueid, at)
            if not event.swaps and not bridge.is_conference:
                self._note_bridging(part, there, at)
        self._calls.refresh(self._calls.by_leg[part.uniqueid], at)

    def _note_bridging(self, part: Part, there: list[Part], at: datetime) -> None:
        """Two who did not call each other are together, and nobody told of a transfer: a manager put them together."""
        conversation = self._calls.by_leg[part.uniqueid]
        if not there or part.is_local or conversation.is_partial:
            return
        kin = conversation.kin(part)
        strangers = [other for other in there if other.uniqueid not in kin]
        took = any(each.role in (Role.PICKER, Role.RETRIEVER) for each in (part, *there))
        if strangers and not took and not conversation.has_step(TOLD_MOVES, at - RECENTLY):
            conversation.note(at, StepKind.BRIDGED, {"party": part.label, "with": strangers[0].label})

    def _left(self, event: told.BridgeLeft, at: datetime) -> None:
        part = self._calls.see(event.leg, at)
        if part is None:
            return
        conversation = self._calls.by_leg[part.uniqueid]
        bridge = self._legs.bridges.get(event.bridge)
        if bridge is not None and part.asked is None and part.doing in (Doing.TALKING, Doing.CONFERENCE):
            there = company(self._legs, conversation, part, bridge)
            part.left_others = tuple(other.uniqueid for other in there if other.asked is None)
        self._calls.refresh(conversation, at)

    def _held(self, event: told.Held, at: datetime) -> None:
        part = self._calls.see(event.leg, at)
        channel = self._legs.channels.get(event.leg.uniqueid)
        if part is not None and channel is not None:
            part.held_in = channel.bridge or ""
            self._calls.refresh(self._calls.by_leg[part.uniqueid], at)

    def _resumed(self, event: told.Resumed, at: datetime) -> None:
        part = self._calls.see(event.leg, at)
        if part is not None:
            part.held_in = ""
            self._calls.refresh(self._calls.by_leg[part.uniqueid], at)

    # Transfers, parking, pick-up

    def _blind_transferred(self, event: told.BlindTransferred, at: datetime) -> None:
        conversation = self._calls.by_leg.get(event.transferer.uniqueid)
        if conversation is None and event.transferee is not None:
            conversation = self._calls.by_leg.get(event.transferee.uniqueid)
        if conversation is not None:
            by = self._label(event.transferer)
            conversation.take_back(_CONCLUDED, at - RECENTLY)
            data = {"how": "blind", "by": by, "to": event.exten, "result": event.result.lower()}
            conversation.note(at, StepKind.TRANSFERRED, data)
            self._calls.touch(conversation)

    def _attended_transferred(self, event: told.AttendedTransferred, at: datetime) -> None:
        second = event.second.uniqueid if event.second is not None else ""
        legs = (event.transferee, event.target, event.transferer.uniqueid, second)
        found = [conversation for leg in legs if (conversation := self._calls.by_leg.get(leg)) is not None]
        if not found:
            return
        conversation = found[0]
        if event.result == "Success":
            for other in found[1:]:
                conversation = self._calls.merge(conversation, other, at)
        to = self.whom(event)
        by = self._label(event.transferer)
        conversation.take_back(_CONCLUDED, at - RECENTLY)
        data = {"how": "attended", "by": by, "to": to, "result": event.result.lower()}
        conversation.note(at, StepKind.TRANSFERRED, data)
        self._calls.refresh(conversation, at)

    def whom(self, event: told.AttendedTransferred) -> str:
        """Whom the caller was transferred to. By a feature code a bridge is transferred, and Asterisk names nobody in
        it: then it is who is with the caller now."""
        conversation = self._calls.by_leg.get(event.target) or self._calls.by_leg.get(event.transferee)
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
        part = self._calls.see(event.leg, at)
        if part is not None:
            self._calls.by_leg[part.uniqueid].take_back(_CONCLUDED, at - RECENTLY)
            self._calls.note_parking(part, event.space, event.by, event.timeout, at)
            self._calls.refresh(self._calls.by_leg[part.uniqueid], at)

    def _retrieved(self, event: told.CallRetrieved, at: datetime) -> None:
        part = self._calls.see(event.leg, at)
        retriever = self._calls.see(event.retriever, at) if event.retriever is not None else None
        if part is None:
            return
        conversation = self._calls.by_leg[part.uniqueid]
        if retriever is not None:
            retriever.role = Role.RETRIEVER
            conversation = self._calls.merge(conversation, self._calls.by_leg[retriever.uniqueid], at)
            self._calls.explain(conversation, retriever)
        by = retriever.label if retriever is not None else ""
        conversation.take_back(_CONCLUDED, at - RECENTLY)
        conversation.note(at, StepKind.RETRIEVED, {"party": part.label, "space": event.space, "by": by})
        self._calls.refresh(conversation, at)

    def _park_ended(self, event: told.ParkEnded, at: datetime) -> None:
        part = self._calls.see(event.leg, at)
        if part is not None:
            data = {"party": part.label, "space": event.space, "why": event.why}
            self._calls.by_leg[part.uniqueid].note(at, StepKind.PARK_ENDED, data)
            self._calls.touch(self._calls.by_leg[part.uniqueid])

    def _picked_up(self, event: told.PickedUp, at: datetime) -> None:
        part, target = self._calls.see(event.leg, at), self._calls.see(event.target, at)
        if part is None or target is None:
            return
        part.role = Role.PICKER
        part.dialled_by, part.member = target.dialled_by, ""
        conversation = self._calls.merge(self._calls.by_leg[part.uniqueid], self._calls.by_leg[target.uniqueid], at)
        conversation.take_back(_CONCLUDED, at - RECENTLY)
        conversation.note(at, StepKind.PICKED_UP, {"party": part.label, "from": target.label})
        self._calls.explain(conversation, part)
        self._calls.refresh(conversation, at)

    # Spying and recording

    def _spying_began(self, event: told.SpyingBegan, at: datetime) -> None:
        spy, spied = self._calls.see(event.spy, at), self._calls.see(event.spied, at)
        if spy is None or spied is None:
            return
        own, theirs = self._calls.by_leg[spy.uniqueid], self._calls.by_leg[spied.uniqueid]
        if spy.spies != spied.uniqueid:
            self._calls.stop_spying(spy, at)
            spy.spies, spy.role = spied.uniqueid, Role.SPY
            own.spies_on = theirs.id
            listener = Listener(spy.number, spy.caller_name, spy.endpoint, spied.label, own.id, at)
            theirs.listeners[spy.uniqueid] = listener
            self._calls.touch(theirs)
        self._calls.refresh(own, at)

    def _spying_ended(self, event: told.SpyingEnded, at: datetime) -> None:
        spy = self._calls.see(event.spy, at)
        if spy is not None:
            self._calls.stop_spying(spy, at)
            self._calls.refresh(self._calls.by_leg[spy.uniqueid], at)

    def _recording_began(self, event: told.RecordingBegan, at: datetime) -> None:
        self._record(event.leg, at, is_on=True)

    def _recording_ended(self, event: told.RecordingEnded, at: datetime) -> None:
        self._record(event.leg, at, is_on=False)

    def _record(self, leg: Leg, at: datetime, *, is_on: bool) -> None:
        part = self._calls.see(leg, at)
        if part is not None:
            self._calls.by_leg[part.uniqueid].record(at, is_on=is_on)
            self._calls.touch(self._calls.by_leg[part.uniqueid])
