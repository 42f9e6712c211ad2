"""The frozen picture of a conversation, from what was collected of it: who its parties are, which way it goes, how long
what took, and how it ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ami.conversation import DENIED, TALK, Conversation, Direction, Doing, Party, Role, Span, StepKind, lasted
from ami.ending import Account, ending_of
from ami.parts import APART, GRACE, LiveConversation, LiveVisit, Part
from ami.sides import Sides
from ami.staff import Staff

_ANSWERING = frozenset({Role.AGENT, Role.CALLED, Role.PICKER, Role.RETRIEVER})
_PARTED = frozenset({Doing.PROGRAM, Doing.ALONE, Doing.WAITING, Doing.PARKED})
_STILL = datetime.max.replace(tzinfo=UTC)
_CHAIN = 8  # Local channels behind Local channels


def portrait(live: LiveConversation, sides: Sides, staff: Staff) -> Conversation:
    """The conversation as it is now."""
    painter = Painter(live, sides)
    parties = painter.parties()
    direction = painter.direction()
    visits = tuple(visit.value(_end_of(visit, live), _parted(visit, live)) for visit in live.visits)
    agent = painter.agent(direction, staff)
    spent: defaultdict[Doing, timedelta] = defaultdict(timedelta)
    answered = None
    talks: list[Span] = []
    for part, span in painter.seen_from_the_first():
        doing = span.doing
        if doing is Doing.HOLDING and painter.is_outside(part):
            doing = Doing.TALKING  # somebody outside who holds us is not held
        if span.until is not None:
            spent[doing] += span.until - span.since
        if doing in TALK:
            answered = answered or span.since
            talks.append(Span(doing, span.since, span.until or _STILL))
    rings = [span for part in painter.people for span in painter.spans(part) if span.doing is Doing.RINGING]
    account = Account(live, direction, parties, visits, agent, painter.dialled())
    return Conversation(
        id=live.id,
        direction=direction,
        dialled=painter.dialled(),
        queue=visits[-1].queue if visits else "",
        agent=agent,
        started=live.started,
        answered=answered,
        ended=live.ended,
        parties=parties,
        legs=tuple(leg for leg in live.parts if "/" not in leg),
        visits=visits,
        steps=tuple(live.steps),
        listeners=tuple(live.listeners.values()),
        recordings=tuple(live.recordings),
        conference=live.conference,
        spies_on=live.spies_on,
        merged=tuple(live.merged),
        merged_into=live.merged_into,
        waited=painter.waited().total_seconds(),
        # What rings while they talk, or while he is on hold, rings for a colleague whom the other asks.
        rang=(lasted([*rings, *talks]) - lasted(talks)).total_seconds(),
        talked=(spent[Doing.TALKING] + spent[Doing.CONFERENCE]).total_seconds(),
        held=(spent[Doing.HELD] + spent[Doing.HOLDING]).total_seconds(),
        parked=spent[Doing.PARKED].total_seconds(),
        ending=ending_of(account) if live.ended is not None else None,
        is_partial=live.is_partial,
        forgotten_legs=live.forgotten,
        message_left=_message_left(live),
    )


class Painter:
    def __init__(self, live: LiveConversation, sides: Sides) -> None:
        self._live = live
        self._sides = sides
        # Half of a Local channel is nobody.
        self.people = [part for part in live.parts.values() if not part.is_local]
        first = live.parts.get(live.first)
        self._first = first if first is not None and not first.is_local else next(iter(self.people), None)
        # What is asked for again and again of the same parts.
        self._outside: dict[str, bool] = {}
        self._roles: dict[str, Role] = {}
        self._spans: dict[str, tuple[Span, ...]] = {}
        for part in self.people:
            if self.member(part) and part.endpoint:
                sides.know(part.endpoint)

    # Who is who

    def is_outside(self, part: Part) -> bool:
        found = self._outside.get(part.uniqueid)
        if found is None:
            found = self._outside[part.uniqueid] = self._sides.is_outside(part.endpoint, part.context, part.number)
        return found

    def member(self, part: Part) -> str:
        """The name of the queue's member that this leg was dialled as, maybe through Local channels."""
        for before in self._dialled_through(part):
            if before.member:
                return before.member
        return ""

    def _dialled_through(self, part: Part) -> Iterator[Part]:
        """This leg, and the first halves of the Local channels whose second halves dialled it."""
        here: Part | None = part
        for _ in range(_CHAIN):
            if here is None:
                return
            yield here
            dialler = self._live.parts.get(here.dialled_by)
            here = self._live.parts.get(dialler.pair) if dialler is not None and dialler.is_local else None

    def role(self, part: Part) -> Role:
        found = self._roles.get(part.uniqueid)
        if found is None:
            found = self._roles[part.uniqueid] = self._role(part)
        return found

    def _role(self, part: Part) -> Role:
        if part.role is not None:
            return part.role
        if self.member(part):
            return Role.AGENT
        if part.is_caller:
            together = next((span.doing for span in part.all_spans() if span.doing in TALK), None)
            return Role.MEMBER if together is Doing.CONFERENCE else Role.CALLER
        if self._live.is_originated and any(
            before.uniqueid == self._live.first for before in self._dialled_through(part)
        ):
            return Role.CALLER
        return Role.CALLED

    def legs_of_each(self) -> list[list[Part]]:
        """A phone of ours is one party with all its legs; outside each leg is somebody else."""
        groups: dict[str, list[Part]] = {}
        for part in self.people:
            key = part.uniqueid if not part.endpoint or self.is_outside(part) else part.endpoint
            groups.setdefault(key, []).append(part)
        return list(groups.values())

    def number(self, parts: list[Part], role: Role) -> str:
        """The number of who has these legs."""
        numbers = (part.number for part in parts if part.number)
        if role is Role.AGENT:  # app_queue gives a member without a number that of the caller's destination
            return next((number for number in numbers if number != self.dialled()), "")
        return next(numbers, "")

    def name(self, parts: list[Part]) -> str:
        """The name of who has these legs."""
        return self.member(parts[0]) or next((part.caller_name for part in parts if part.caller_name), "")

    def parties(self) -> tuple[Party, ...]:
        return tuple(self._party(parts) for parts in self.legs_of_each())

    def _party(self, parts: list[Part]) -> Party:
        first = parts[0]
        role = self.role(first)
        lefts = [part.left for part in parts]
        return Party(
            number=self.number(parts, role),
            name=self.name(parts),
            endpoint=first.endpoint,
            role=role,
            is_outside=self.is_outside(first),
            joined=min(part.joined for part in parts),
            left=None if None in lefts else max(left for left in lefts if left is not None),
            spans=tuple(sorted((span for part in parts for span in self.spans(part)), key=_since)),
            legs=tuple(dict.fromkeys(part.uniqueid.partition("/")[0] for part in parts)),
            cause=parts[-1].cause,
            space=next((part.space for part in parts if part.space), ""),
        )

    def spans(self, part: Part) -> tuple[Span, ...]:
        """All its spans; in a conversation that became part of another they end there."""
        found = self._spans.get(part.uniqueid)
        if found is None:
            found = self._spans[part.uniqueid] = tuple(self._ended_spans(part))
        return found

    def _ended_spans(self, part: Part) -> Iterator[Span]:
        ended = self._live.ended
        for span in part.all_spans():
            if span.until is not None or ended is None:
                yield span
            elif ended - span.since > (GRACE if span.doing in APART else timedelta()):
                yield Span(span.doing, span.since, ended)

    def dialled(self) -> str:
        if self._first is None:
            return ""
        if self._live.is_originated:  # it was born nowhere; whom it then called is what was meant
            return next((part.number for part in self.people if self.role(part) is Role.CALLED), "")
        return self._first.exten

    def agent(self, direction: Direction, staff: Staff) -> str:
        """Who of ours served it: who answered and talked, the last one; of a call made by hand who made it."""
        if direction is Direction.OUTBOUND or direction is Direction.ORIGINATED:
            callers = [part for part in self.people if self.role(part) is Role.CALLER and not self.is_outside(part)]
            if callers and callers[0].endpoint:
                return staff.name_of(f"PJSIP/{callers[0].endpoint}")
            if direction is Direction.OUTBOUND:
                return ""
        ours = [part for part in self.people if part.has_talked and not self.is_outside(part)]
        served = [part for part in ours if self.role(part) in _ANSWERING]
        if not served and direction is Direction.INBOUND:  # put together with somebody who was in a call of his own
            served = [part for part in ours if self.role(part) is Role.CALLER]
        last = max(served, key=_talked_until, default=None)
        if last is None:
            return ""
        return self.member(last) or (staff.name_of(f"PJSIP/{last.endpoint}") if last.endpoint else last.label)

    def direction(self) -> Direction:
        live, first = self._live, self._first
        if live.spies_on is not None and not any(part.has_talked for part in self.people):
            return Direction.SPYING
        if live.is_originated:
            return Direction.ORIGINATED
        if first is None:
            return Direction.INTERNAL
        if self.is_outside(first):
            return Direction.INBOUND
        if live.declared[0] == DENIED:
            return Direction.OUTBOUND
        called = [part for part in self.people if not part.is_caller]
        met = next((part for part in called if part.has_talked), next(iter(called), None))
        if met is not None and self.is_outside(met):
            return Direction.OUTBOUND
        return Direction.INTERNAL

    def seen_from_the_first(self) -> Iterator[tuple[Part, Span]]:
        """What happened, as seen by the one who began it, and after he left by the earliest who is still there."""
        for part, begin in self._eyes():
            for span in self.spans(part):
                if begin is not None and span.until is not None and span.until <= begin:
                    continue
                is_cut = begin is not None and span.since < begin
                yield part, Span(span.doing, begin, span.until) if is_cut and begin else span

    def _eyes(self) -> Iterator[tuple[Part, datetime | None]]:
        """Through whose eyes it is seen, and from when on; None: from his beginning."""
        until: datetime | None = None
        for part in self.people:
            if self.role(part) is Role.SPY:
                continue
            yield part, until
            if part.left is None:
                return
            until = part.left if until is None else max(until, part.left)

    def waited(self) -> timedelta:
        """How long he waited in queues. For who is called through a Local channel its half waits."""
        live, total = self._live, timedelta()
        callers: list[tuple[str, datetime | None]] = [(part.uniqueid, begin) for part, begin in self._eyes()]
        first = live.parts.get(live.first)
        if first is not None and first.is_local:
            callers += [(first.uniqueid, None), (first.pair, None)]
        for caller, begin in callers:
            for visit in live.visits_of(caller):
                if visit.joined is not None and visit.left is not None:
                    since = visit.joined if begin is None else max(visit.joined, begin)
                    total += max(timedelta(), visit.left - since)
        return total


def _message_left(live: LiveConversation) -> bool | None:
    with_mailbox = [part for part in live.parts.values() if part.has_mailbox]
    return any(part.has_left_message for part in with_mailbox) if with_mailbox else None


def _end_of(visit: LiveVisit, live: LiveConversation) -> str:
    """How a visit ended. app_queue calls its own timeouts "abandoned" too (T4): QUEUESTATUS knows better, then whether
    the caller hung up."""
    if visit.connected is not None:
        return "connected"
    if visit.status:
        return visit.status.lower()
    if visit.left is None:
        return ""
    caller = live.parts.get(visit.caller)
    if caller is None:
        return "left"
    talks_since = any(span.doing in TALK and span.since >= visit.left - GRACE for span in caller.all_spans())
    has_hung_up = caller.left is not None and caller.left - visit.left < timedelta(seconds=1) and not talks_since
    if has_hung_up or (caller.asked is not None and caller.asked <= visit.left):
        return "abandoned"
    if visit.gave_up is None:
        # A queue is left without a word only by a key, or for an agent: then his connection is told next.
        return "key" if _has_gone_on(visit, caller, live) else ""
    return "redirected" if live.is_rich else "timeout"


def _has_gone_on(visit: LiveVisit, caller: Part, live: LiveConversation) -> bool:
    """Whether the caller was seen elsewhere after he left this queue, or is gone."""
    if any(step.kind == StepKind.LOST for step in live.steps):
        return False  # then nobody saw it
    if caller.left is not None or (live.is_rich and caller.application != "Queue"):
        return True
    if any(
        part.dialled_by == caller.uniqueid and part.joined > visit.left for part in live.parts.values() if visit.left
    ):
        return True
    return live.visits_of(visit.caller)[-1] is not visit


def _parted(visit: LiveVisit, live: LiveConversation) -> datetime | None:
    """When the agent whom a queue brought was taken out of the talk for good, or left alone in it; None if he was
    not."""
    peer = live.peer_of(visit)
    if peer is None or visit.connected is None:
        return None
    parted: datetime | None = None
    for span in peer.all_spans():
        if span.doing in TALK and (span.until is None or span.until - span.since >= GRACE):
            parted = None
        elif span.doing in _PARTED and span.since > visit.connected:
            parted = parted or span.since
    return parted


def _talked_until(part: Part) -> tuple[datetime, datetime]:
    ends = [span.until or _STILL for span in part.all_spans() if span.doing in TALK]
    return max(ends, default=part.joined), part.joined


def _since(span: Span) -> datetime:
    return span.since
