"""A call as people mean it, from what Asterisk's own records (CDR, queue_log) say of its legs: nobody followed it.

Records know whole seconds, channels by their names, who was dialled and whether he answered; not who hung up, and
nothing of holds. Where the caller's line was up before somebody was dialled, a talk counts from the dial.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ami.conversation import TALK, Conversation, Direction, Doing, Ending, Party, Role, Span, Visit, lasted
from ami.ending import LET_OUT
from ami.fields import endpoint_of
from ami.legs import CALLED
from ami.models import CallId, Fact, FactKind
from ami.parts import NOBODY
from cordboard.journal import cdr, queue_log
from cordboard.journal.cdr import Record
from cordboard.store.values import Company, split_switch_name

_SPIES = frozenset({"ChanSpy", "ExtenSpy"})
_ROOMS = frozenset({"ConfBridge", "MeetMe"})
_ALONE = {
    "Queue": Doing.WAITING,
    "Park": Doing.PARKED,
    **dict.fromkeys(_ROOMS, Doing.CONFERENCE),
    **dict.fromkeys(_SPIES, Doing.SPYING),
}
"""What somebody does with whom no record names anybody; with other applications he is with the dialplan."""
_ROLES = {
    "ParkedCall": Role.RETRIEVER,
    "Pickup": Role.PICKER,
    **dict.fromkeys(_ROOMS, Role.MEMBER),
    **dict.fromkeys(CALLED, Role.CALLED),
    **dict.fromkeys(_SPIES, Role.SPY),
}
_LEFT = {
    "ABANDON": "abandoned",
    "EXITWITHTIMEOUT": "timeout",
    "EXITEMPTY": "leaveempty",
    "EXITWITHKEY": "key",
    "WITHDRAW": "withdraw",
}
_UNANSWERED = {"BUSY": "busy", "FAILED": "failed", "CONGESTION": "failed"}
_BOX = re.compile(r"cb-voicemail-g\d+")
_OUT = re.compile(r"PJSIP/([0-9*#+]+)@")
_NUMBER = re.compile(r"[0-9*#+]+")


def retold(
    node: str, records: Sequence[Record], stays: Iterable[queue_log.Visit], companies: Mapping[str, Company]
) -> Conversation | None:
    """The call of which these are the records, with the stays of its callers in queues; None if nobody was in it."""
    return _Teller(records, sorted(stays, key=lambda stay: stay.joined), companies).conversation(node)


def companies_in(records: Collection[Record]) -> set[str]:
    """The ids of those who may have a phone, a trunk or a number in these."""
    endpoints = (endpoint_of(name) or "" for record in records for name in (record.leg, record.peer))
    found = {split_switch_name(endpoint)[0] for endpoint in endpoints}
    return (found | {record.company for record in records}) - {""}


@dataclass
class _Somebody:
    """A party under way."""

    endpoint: str
    is_outside: bool
    role: Role
    number: str = ""
    name: str = ""
    spans: list[Span] = field(default_factory=list)
    legs: dict[str, None] = field(default_factory=dict)

    @property
    def has_talked(self) -> bool:
        return any(span.doing in TALK for span in self.spans)

    @property
    def label(self) -> str:
        """An agent's name; else what he is reached by."""
        if self.role is Role.AGENT:
            return self.name
        return self.number or self.endpoint if self.is_outside else self.endpoint or self.number

    def value(self) -> Party:
        spans = sorted(self.spans, key=lambda span: span.since)
        return Party(
            number=self.number,
            name=self.name,
            endpoint=self.endpoint,
            role=self.role,
            is_outside=self.is_outside,
            joined=spans[0].since,
            left=max(span.until for span in spans if span.until is not None),
            spans=tuple(spans),
            legs=tuple(self.legs),
        )


class _Teller:
    def __init__(
        self, records: Sequence[Record], stays: Sequence[queue_log.Visit], companies: Mapping[str, Company]
    ) -> None:
        self._records = sorted(records, key=lambda record: (record.uniqueid != record.linkedid, record.began))
        self._stays = stays
        self._companies = companies
        self._uniqueids = {record.leg: record.uniqueid for record in records}
        self._queued = {record.peer for record in records if record.application == "Queue"}
        self._people: dict[str, _Somebody] = {}
        for record in self._records:
            self._see(record)

    def conversation(self, node: str) -> Conversation | None:
        people = list(self._people.values())
        if not people:
            return None
        direction = self._direction(people)
        ended = cdr.ended(self._records)
        talks = [span for one in people for span in one.spans if span.doing in TALK]
        served = [one for one in people[1:] if one.has_talked and not one.is_outside]
        agent = people[:1] if direction is Direction.OUTBOUND else served[-1:]
        visits = tuple(_visit(stay) for stay in self._stays)
        return Conversation(
            id=CallId(node, self._records[0].linkedid),
            direction=direction,
            dialled=self._dialled(people),
            queue=visits[-1].queue if visits else "",
            agent=(agent[0].name if agent[0].role is Role.AGENT else agent[0].endpoint) if agent else "",
            started=min(record.began for record in self._records),
            answered=min((span.since for span in talks), default=None),
            ended=ended,
            parties=tuple(one.value() for one in people),
            legs=tuple(dict.fromkeys(record.uniqueid for record in self._records)),
            visits=visits,
            steps=(Fact(ended, FactKind.REPAIRED, {"source": cdr.SOURCE}),),
            waited=sum(visit.waited for visit in visits),
            rang=_lasts(people, {Doing.RINGING}),
            talked=_lasts(people, TALK),
            parked=_lasts(people, {Doing.PARKED}),
            ending=self._ending(people, direction, visits),
            is_partial=True,
            message_left=self._message_left(),
        )

    # Who is who

    def _see(self, record: Record) -> None:
        """Note who was in this part of the call, and what they did."""
        stay = self._stay(record)
        is_with_somebody = bool(record.peer) and record.is_answered
        since = stay.connected if stay is not None and stay.connected else record.answered or record.began
        since = max(record.began, min(since, record.ended))
        if not record.leg.startswith(NOBODY):
            one = self._somebody(record.leg, self._role(record), record.caller_number, record.caller_name)
            one.legs[record.uniqueid] = None
            if is_with_somebody:
                before = _ALONE.get(record.application, Doing.CALLING)
                one.spans += [Span(before, record.began, since)] if since > record.began else []
                one.spans.append(_together(record, since))
            else:
                alone = _ALONE.get(record.application, Doing.CALLING if record.peer else Doing.PROGRAM)
                one.spans.append(Span(alone, record.began, record.ended))
        if record.peer and not record.peer.startswith(NOBODY):
            self._see_peer(record, stay, since)

    def _see_peer(self, record: Record, stay: queue_log.Visit | None, since: datetime) -> None:
        through = record.leg[:-1] + "1" if record.leg.startswith(NOBODY) else record.peer
        role = Role.AGENT if {through, record.peer} & self._queued else Role.CALLED
        out = _OUT.match(record.data)
        one = self._somebody(record.peer, role, out[1] if out else "", "")
        if role is Role.AGENT:
            one.name = (stay.agent if stay is not None and record.is_answered else "") or one.name or one.endpoint
        if record.peer in self._uniqueids:
            one.legs[self._uniqueids[record.peer]] = None
        if record.is_answered:
            one.spans.append(_together(record, since))
        else:
            one.spans.append(Span(Doing.RINGING, record.began, record.ended))

    def _somebody(self, channel: str, role: Role, number: str, name: str) -> _Somebody:
        """Who is behind this channel: a phone of ours is one with all its channels, outside each is somebody else."""
        endpoint = endpoint_of(channel) or ""
        company, item = split_switch_name(endpoint)
        known = self._companies.get(company)
        is_outside = known is not None and item in known.trunks
        key = endpoint if endpoint and not is_outside else channel
        found = self._people.get(key)
        if found is None:
            found = self._people[key] = _Somebody(endpoint, is_outside, role)
            ours = None if known is None else known.people.get(item) or known.phones.get(item)
            if ours is not None and not is_outside:
                number, name = ours.extension or number, ours.name
        found.number, found.name = found.number or number, found.name or name
        return found

    def _role(self, record: Record) -> Role:
        if record.application in _SPIES:
            return Role.SPY
        return _ROLES.get(record.application, Role.CALLER) if self._people else Role.CALLER

    def _stay(self, record: Record) -> queue_log.Visit | None:
        """The stay in a queue that this record is about, at its end."""
        if record.application != "Queue":
            return None
        return next((stay for stay in self._stays if _is_about(record, stay)), None)

    # What became of it

    def _direction(self, people: Sequence[_Somebody]) -> Direction:
        first, others = people[0], people[1:]
        if first.role is Role.SPY:
            return Direction.SPYING
        if first.is_outside:
            return Direction.INBOUND
        met = next((one for one in others if one.has_talked), next(iter(others), None))
        return Direction.OUTBOUND if met is not None and met.is_outside else Direction.INTERNAL

    def _dialled(self, people: Sequence[_Somebody]) -> str:
        """The number that was called first, as far as the place tells to which it led."""
        first = self._records[0]
        company = self._companies.get(first.company)
        if company is not None:
            return next((did.number for did in company.dids.values() if did.id == first.did), "")
        if _NUMBER.fullmatch(first.exten):
            return first.exten
        of, item = split_switch_name(first.exten)
        company = self._companies.get(of)
        if company is not None:
            if (phone := company.people.get(item) or company.phones.get(item)) is not None:
                return phone.extension or ""
            if (queue := company.queues.get(item)) is not None:
                return queue.number or ""
        return next((one.number for one in people[1:] if one.number), "")

    def _message_left(self) -> bool | None:
        boxes = [record for record in self._records if _BOX.fullmatch(record.context)]
        return any(record.told.startswith("voicemail") for record in boxes) if boxes else None

    def _ending(self, people: Sequence[_Somebody], direction: Direction, visits: Sequence[Visit]) -> Ending:
        if direction is Direction.SPYING:
            return Ending("spied")
        talkers = [one for one in people if one.has_talked]
        if len(talkers) > 1:
            return self._talked(people, talkers, direction, visits)
        told = next((record.told for record in reversed(self._records) if record.told), "")
        if told:
            word, _, detail = told.partition(" ")
            return Ending(word, detail)
        if visits and visits[-1].end == "abandoned":
            return Ending("abandoned", f"queue:{visits[-1].queue}")
        if visits and visits[-1].end in LET_OUT:
            return Ending("dissuaded", LET_OUT[visits[-1].end])
        return self._unanswered(people, direction)

    def _talked(
        self, people: Sequence[_Somebody], talkers: Sequence[_Somebody], direction: Direction, visits: Sequence[Visit]
    ) -> Ending:
        others = [one for one in talkers if one is not people[0]] or talkers
        if direction is not Direction.INBOUND:
            return Ending("answered", others[-1].label)
        if all(one.is_outside and one.role is Role.CALLED for one in others):
            return Ending("overflowed" if visits else "forwarded", others[-1].label)
        return Ending("handled", others[-1].label)

    def _unanswered(self, people: Sequence[_Somebody], direction: Direction) -> Ending:
        last = max(self._records, key=lambda record: record.ended)
        if last.peer and len(people) > 1:  # what comes after an unanswered dial has a record of its own
            if word := _UNANSWERED.get(last.disposition):
                return Ending(word, people[-1].label)
            if direction is Direction.INBOUND:
                return Ending("abandoned", f"ringing:{people[-1].label}")
            return Ending("cancelled", people[-1].label)
        if direction is not Direction.INBOUND:
            return Ending("completed")
        return Ending("abandoned", "menu" if last.menu else "entry")


def _together(record: Record, since: datetime) -> Span:
    return Span(Doing.CONFERENCE if record.application in _ROOMS else Doing.TALKING, since, record.ended)


def _is_about(record: Record, stay: queue_log.Visit) -> bool:
    apart = timedelta(seconds=1)
    until = stay.ended or record.ended
    return stay.joined - apart <= record.ended and record.began <= until + apart


def _visit(stay: queue_log.Visit) -> Visit:
    return Visit(
        queue=stay.queue,
        joined=stay.joined,
        left=stay.connected or stay.ended,
        end="connected" if stay.connected else _LEFT.get(stay.end, ""),
        agent=stay.agent,
        waited=stay.waited,
        talked=stay.talked,
        completed=stay.ended if stay.connected else None,
    )


def _lasts(people: Iterable[_Somebody], doings: Collection[Doing]) -> float:
    """Seconds in which at least one of them did one of these."""
    return lasted(span for one in people for span in one.spans if span.doing in doings).total_seconds()
