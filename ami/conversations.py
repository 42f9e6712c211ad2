"""The fold of conversations: which legs are one call as people mean it, and what each of them is doing.

It looks at the channels and bridges that `Legs` holds; `ami/turns.py` and `ami/visiting.py` bring here what each event
tells. Two legs are in one conversation if Asterisk gave them one linkedid, if they share a bridge in which they hear
each other, or if one took the other's call. Spying puts nobody into a conversation.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import attrgetter

from ami.conversation import Conversation, Doing, Listener, Role, StepKind
from ami.doing import MAILBOX, PASSING, company, doing_of
from ami.fields import Leg
from ami.glance import Glance, glance
from ami.legs import WAITING_ROOM, Legs, LiveBridge
from ami.models import CallId
from ami.parts import APART, TOGETHER, LiveConversation, Part
from ami.portrait import portrait
from ami.rows import ParkedRow
from ami.sides import Sides
from ami.staff import Staff

TOLD_MOVES = frozenset({StepKind.TRANSFERRED, StepKind.PARKED, StepKind.RETRIEVED, StepKind.PICKED_UP})
"""The steps that Asterisk tells itself."""
_MOVED = TOLD_MOVES | {StepKind.MERGED, StepKind.BRIDGED}
REMEMBERED_ENDS = 10_000
RECENTLY = timedelta(seconds=1)


class Conversations:
    """All conversations of a node. `touched` and `ended` are emptied by whoever publishes them."""

    def __init__(self, node: str, legs: Legs, staff: Staff, trunk_context: str) -> None:
        self.live: dict[str, LiveConversation] = {}
        self.touched: dict[str, None] = {}
        self.ended: list[Conversation] = []
        self.over: dict[str, None] = {}  # the ids of those that ended last
        self.sides = Sides(staff, [trunk_context])
        self._node = node
        self._legs = legs
        self._staff = staff
        self.by_leg: dict[str, LiveConversation] = {}  # of the legs that are up
        self._by_linkedid: dict[str, LiveConversation] = {}

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
            self.by_leg[part.uniqueid] = conversation
        for linkedid in conversation.linkedids:
            self._by_linkedid[linkedid] = conversation

    # Which conversation

    def see(self, leg: Leg, at: datetime, *, is_caller: bool | None = None, is_born: bool = False) -> Part | None:
        """The part of this leg, known before or not; None for one that is over, or is a probe. `is_born`: its beginning
        is seen now."""
        channel = self._legs.see(leg, at, dials=is_caller)
        if channel is None:
            return None
        conversation = self.by_leg.get(leg.uniqueid)
        if conversation is None:
            if is_caller is None:
                # Whose beginning was not seen began the call if Asterisk named it after him.
                is_caller = channel.dials or (not is_born and leg.uniqueid == leg.linkedid)
            return self._begin(leg, channel.created, is_caller, is_born)
        part = conversation.parts[leg.uniqueid]
        if leg.name != part.name and leg.name:
            self.rename(conversation, part, leg.name, at)
        # Once known a number is not lost: a masquerade blanks it.
        number, name = leg.caller_number or part.number, leg.caller_name or part.caller_name
        if (number, name) != (part.number, part.caller_name):
            part.number, part.caller_name = number, name
            self.touch(conversation)
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
        self.by_leg[leg.uniqueid] = conversation
        self._pair(part, conversation)
        self.touch(conversation)
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
            if leg in self.by_leg:
                self.by_leg[leg] = stays
        for linkedid in goes.linkedids:
            self._by_linkedid[linkedid] = stays
        self.touch(stays)
        return stays

    def touch(self, conversation: LiveConversation) -> None:
        """It changed: who publishes is to look at it."""
        conversation.value = None
        self.touched[conversation.id.uniqueid] = None

    def close(self, conversation: LiveConversation, at: datetime) -> None:
        """Nobody is in it any more."""
        conversation.ended = at
        for visit in conversation.visits:
            visit.leave(at)
            if visit.connected is not None:
                visit.completed = visit.completed or at
        conversation.record(at, is_on=False)
        self.touch(conversation)
        self.ended.append(self.value(conversation))
        self._forget(conversation)

    def _forget(self, conversation: LiveConversation) -> None:
        """Let an ended conversation go."""
        self._remember(conversation)
        self.live.pop(conversation.id.uniqueid, None)
        self.touched.pop(conversation.id.uniqueid, None)
        for leg in conversation.parts:
            self.by_leg.pop(leg, None)
        for linkedid in conversation.linkedids:
            if self._by_linkedid.get(linkedid) is conversation:
                del self._by_linkedid[linkedid]

    # From lists

    def find(self, at: datetime) -> None:
        """See every leg that lists showed."""
        for channel in list(self._legs.channels.values()):
            is_new = channel.leg.uniqueid not in self.by_leg
            part = self.see(channel.leg, at, is_caller=channel.dials)
            if part is None or not is_new:
                continue
            self.by_leg[part.uniqueid].is_partial = True
            if channel.application == "AppQueue" and channel.interface:
                part.member = self._staff.name_of(channel.interface)
            elif channel.application not in PASSING:
                part.application = channel.application
                part.has_mailbox = channel.application in MAILBOX

    def find_parked(self, rows: Iterable[ParkedRow], at: datetime) -> None:
        """Who was parked when these were listed, where and since when. Whom the other lists show elsewhere came there
        meanwhile: events tell it."""
        for row in rows:
            conversation = self.by_leg.get(row.uniqueid)
            if conversation is None:
                continue
            part = conversation.parts[row.uniqueid]
            if doing_of(self._legs, conversation, part) is Doing.PARKED:
                there = max(timedelta(), at - part.joined).total_seconds()
                since = at - timedelta(seconds=min(row.lasts, there))
                part.be(Doing.PARKED, since)
                self.note_parking(part, str(row.slot), row.parker, int(row.lasts + row.left), since)
                conversation.steps.sort(key=attrgetter("at"))

    def settle(self, at: datetime, over: datetime) -> None:
        """Once channels, bridges and lines are exact: bring every conversation to them. `over`: when that was
        over which is not there any more."""
        self.find(at)
        for conversation in list(self.live.values()):
            for part in conversation.present():
                if part.uniqueid not in self._legs.channels:
                    self.by_leg.pop(part.uniqueid, None)
                    self.stop_spying(part, over)
                    part.leave(over)
            if conversation.is_over:
                for visit in conversation.visits:
                    visit.leave(over)
        for bridge in self._legs.bridges.values():
            if bridge.technology != WAITING_ROOM:
                self.share(bridge, at)
        self._settle_lines(at)
        for conversation in self.live.values():
            for part in conversation.present():
                self.explain(conversation, part)
            self.refresh(conversation, at)

    def _settle_lines(self, at: datetime) -> None:
        for conversation in self.live.values():
            for visit in conversation.visits:
                queue = self._staff.queues.get(visit.queue)
                if visit.is_open and (queue is None or queue.position_of(visit.caller) is None):
                    visit.leave(at)
        for queue in self._staff.queues.values():
            for position, place in enumerate(queue.line, 1):
                waiting = self.by_leg.get(place.uniqueid)
                if waiting is not None and not waiting.waits(place.uniqueid):
                    waiting.join(place.joined, place.uniqueid, queue.name, position)

    def share(self, bridge: LiveBridge, at: datetime) -> None:
        """Whoever is in one bridge is in one conversation."""
        first: LiveConversation | None = None
        for leg in bridge.channels:
            other = self.by_leg.get(leg)
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
        self.close(conversation, at)

    # What everybody is doing

    def refresh(self, conversation: LiveConversation, at: datetime) -> None:
        """Bring every leg to what it is doing now."""
        for part in conversation.parts.values():
            if part.left is None and not part.is_local:
                self._bring(conversation, part, at)
        self.touch(conversation)

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

    def rename(self, conversation: LiveConversation, part: Part, name: str, at: datetime) -> None:
        """A leg has another name, and is maybe somebody else from here on."""
        if part.is_another(name):
            conversation.split(part, at)
        part.rename(name)
        self.touch(conversation)

    def note_parking(self, part: Part, space: str, dialled: str, timeout: int, at: datetime) -> None:
        """Told once of each parking, by the event or the list that comes first. `dialled`: who parked him."""
        if part.space != space:
            part.space = space
            by = dialled.rpartition("/")[2]
            # Who is parked did not do it: Asterisk names him where a manager parked him.
            data = {"party": part.label, "space": space, "by": by if by != part.endpoint else ""}
            self.by_leg[part.uniqueid].note(at, StepKind.PARKED, {**data, "timeout": str(timeout or "")})

    def explain(self, conversation: LiveConversation, part: Part) -> None:
        """Tell the agent's state what only the call shows: that he took somebody else's, or asked for it himself."""
        channel = self._legs.channels.get(part.uniqueid)
        dialler = conversation.parts.get(part.dialled_by)
        is_rung_first = dialler is not None and dialler.is_local and dialler.pair == conversation.first
        # A call that is made from nowhere may stand in a queue too: there he is called like anybody.
        asked_for = conversation.is_originated and is_rung_first and not conversation.visits_of(part.dialled_by)
        if channel is not None:
            took = part.role in (Role.PICKER, Role.RETRIEVER)
            self._legs.explain(channel, took=took, asked_for=asked_for)

    def stop_spying(self, spy: Part, at: datetime) -> None:
        if not spy.spies:
            return
        theirs = self.by_leg.get(spy.spies)
        spy.spies = ""
        known = theirs.listeners.get(spy.uniqueid) if theirs is not None else None
        if theirs is not None and known is not None and known.until is None:
            theirs.listeners[spy.uniqueid] = Listener(
                known.number, known.name, known.endpoint, known.on, known.conversation, known.since, at
            )
            self.touch(theirs)


def _age(conversation: LiveConversation) -> tuple[datetime, str]:
    return conversation.started, conversation.id.uniqueid
