"""What queues, menus and the dialplan tell of conversations, after `Legs` and `Staff` took it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ami import events as told
from ami.conversation import DENIED, Offered, Role, StepKind
from ami.conversations import Conversations
from ami.doing import MAILBOX, PASSING
from ami.events import Event
from ami.fields import Leg
from ami.parts import SAME, LiveVisit, Part

_BOX = "voicemail"  # what our dialplan declares of who comes to a mailbox


class Visiting:
    """Brings to conversations their visits of queues and what the dialplan tells; `handlers` take each kind of
    event."""

    def __init__(self, calls: Conversations) -> None:
        self._calls = calls
        self.handlers: dict[type[Event], Callable[[Any, datetime], None]] = {
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

    # Queues

    def _joined(self, event: told.CallerJoined, at: datetime) -> None:
        part = self._calls.see(event.leg, at)
        if part is not None:
            self._calls.by_leg[part.uniqueid].join(at, part.uniqueid, event.queue, event.position)
            self._calls.refresh(self._calls.by_leg[part.uniqueid], at)

    def _left_queue(self, event: told.CallerLeft, at: datetime) -> None:
        conversation = self._calls.by_leg.get(event.leg.uniqueid)
        visit = conversation.visit(event.leg.uniqueid, event.queue) if conversation is not None else None
        if conversation is not None and visit is not None and visit.is_open:
            # Whom it rang is told before, or with the connection that comes next.
            visit.left = at
            self._calls.refresh(conversation, at)

    def _gave_up(self, event: told.CallerGaveUp, at: datetime) -> None:
        conversation = self._calls.by_leg.get(event.leg.uniqueid)
        visit = conversation.visit(event.leg.uniqueid, event.queue) if conversation is not None else None
        if conversation is not None and visit is not None and visit.gave_up is None and visit.connected is None:
            visit.gave_up, visit.hold_seconds, visit.position = at, event.hold_seconds, event.position
            visit.leave(at)
            self._calls.refresh(conversation, at)

    def _queue_left(self, event: told.QueueLeft, at: datetime) -> None:
        self._queue_status(event.leg, event.status, event.queue, at)

    def _queue_status(self, leg: Leg, status: str, queue: str, at: datetime) -> None:
        """Queue() returned. A caller who was refused at the door has no visit yet."""
        part = self._calls.see(leg, at)
        if part is None or not status:
            return
        conversation = self._calls.by_leg[part.uniqueid]
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
        self._calls.refresh(conversation, at)

    def _visit(self, leg: Leg, queue: str, at: datetime) -> LiveVisit | None:
        """The visit of this caller in whose name something is told; None if he is over. Whom nobody saw join joined
        before he was seen."""
        caller = self._calls.see(leg, at)
        if caller is None:
            return None
        conversation = self._calls.by_leg[caller.uniqueid]
        visit = conversation.visit(leg.uniqueid, queue)
        if visit is None:
            conversation.join(at, leg.uniqueid, queue, 0)
            visit = conversation.visits[-1]
            visit.joined = None
        return visit

    def _agent_called(self, event: told.AgentCalled, at: datetime) -> None:
        visit = self._visit(event.leg, event.queue, at)
        dest = self._calls.see(event.dest, at, is_caller=False) if event.dest is not None else None
        if visit is None or dest is None:
            return
        dest.is_caller, dest.member, dest.dialled_by = False, event.member, event.leg.uniqueid
        if visit.is_open:
            visit.offers.setdefault(dest.uniqueid, Offered(event.member, event.interface, at))
        if not dest.is_local:
            self._calls.sides.know(dest.endpoint)
        self._calls.refresh(self._calls.by_leg[dest.uniqueid], at)

    def _agent_connected(self, event: told.AgentConnected, at: datetime) -> None:
        visit = self._visit(event.leg, event.queue, at)
        if visit is None or visit.connected is not None:
            return
        conversation = self._calls.by_leg[event.leg.uniqueid]
        leg = event.dest.uniqueid if event.dest is not None else ""
        visit.connected, visit.peer, visit.agent = at, leg, event.member
        visit.hold_seconds = event.hold_seconds
        visit.leave(at)
        dest = self._calls.see(event.dest, at, is_caller=False) if event.dest is not None else None
        if dest is not None:
            conversation = self._calls.merge(conversation, self._calls.by_leg[dest.uniqueid], at)
            if dest.role is not Role.PICKER:
                dest.member = event.member
        self._calls.refresh(conversation, at)

    def _agent_completed(self, event: told.AgentCompleted, at: datetime) -> None:
        conversation = self._calls.by_leg.get(event.leg.uniqueid)
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
        self._calls.touch(conversation)

    def _agent_missed(self, event: told.AgentMissed, at: datetime) -> None:
        conversation = self._calls.by_leg.get(event.leg.uniqueid)
        if conversation is not None and event.dest is not None:
            for visit in conversation.visits_of(event.leg.uniqueid):
                visit.end_offer(event.dest.uniqueid, at, "no_answer")
            self._calls.touch(conversation)

    # What the dialplan tells, ours or another

    def _menu_entered(self, event: told.MenuEntered, at: datetime) -> None:
        part = self._calls.see(event.leg, at)
        if part is not None:
            part.application = "Read"

    def _outcome_declared(self, event: told.OutcomeDeclared, at: datetime) -> None:
        part = self._calls.see(event.leg, at)
        if part is not None:
            self._calls.by_leg[part.uniqueid].declared = event.outcome, event.detail
            part.has_mailbox |= event.outcome == _BOX
            self._calls.touch(self._calls.by_leg[part.uniqueid])

    def _outside_denied(self, event: told.OutsideDenied, at: datetime) -> None:
        """A caller from outside who was to be passed on goes back to the phone that asked for it, and is not ended."""
        part = self._calls.see(event.leg, at)
        if part is not None:
            conversation = self._calls.by_leg[part.uniqueid]
            conversation.note(at, StepKind.NOT_LET_OUT, {"by": event.phone, "reason": event.reason})
            if not self._calls.sides.is_outside(part.endpoint, part.context, part.number):
                conversation.declared = "failed" if event.reason == "trunks" else DENIED, event.reason
            self._calls.touch(conversation)

    def _message_left(self, event: told.MessageLeft, at: datetime) -> None:
        part = self._calls.see(event.leg, at)
        if part is not None:
            self._note_message(part)

    def _note_message(self, part: Part) -> None:
        part.has_mailbox = part.has_left_message = True
        self._calls.touch(self._calls.by_leg[part.uniqueid])

    def _application_began(self, event: told.ApplicationBegan, at: datetime) -> None:
        part = self._calls.see(event.leg, at)
        if part is not None:
            conversation = self._calls.by_leg[part.uniqueid]
            conversation.is_rich = True
            if part.asked is None and event.leg.exten != "h" and event.application not in PASSING:
                part.application = event.application
            if event.application == "Queue":
                part.queue = event.data.partition(",")[0]
            part.has_mailbox |= event.application in MAILBOX
            self._calls.refresh(conversation, at)

    def _variable_set(self, event: told.VariableSet, at: datetime) -> None:
        part = self._calls.see(event.leg, at)
        if part is None:
            return
        self._calls.by_leg[part.uniqueid].is_rich = True
        if event.name == "QUEUESTATUS":
            self._queue_status(event.leg, event.value, "", at)
        elif event.value == "SUCCESS":
            self._note_message(part)
        elif event.value:
            part.has_mailbox = True
            self._calls.touch(self._calls.by_leg[part.uniqueid])
