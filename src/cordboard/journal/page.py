"""One call's page: every fact known of it, which of them are kept already, and the row that they make.

A page outlives what tells of the call: the fold may be rebuilt from a snapshot, and this program may have been started
again while the call went on. Facts are only ever added at the end, so a fact's place in the page is its number for
good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ami.models import Call, CallId, Fact, FactKind, Queue, Stage
from cordboard.journal.durations import durations_of
from cordboard.journal.outcome import Outcome, answered_by, outcome_of, queue_of
from cordboard.journal.why import RING_ALL, Choice, why
from cordboard.store.records import CallRecord, FactRecord

NUMBER_LENGTH, NAME_LENGTH = 40, 200
_ANSWERS = frozenset({FactKind.CONNECTED, FactKind.ANSWERED})
SAME_MOMENT = timedelta(seconds=2)
"""Two witnesses of one fact may differ by this much: queue_log and snapshots count whole seconds."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The call was offered to a member of `queue`, which stood like this at that moment."""

    agent: str
    at: datetime
    queue: Queue
    waited: float
    max_penalty: int | None
    did_not_take_it: frozenset[str]
    rung: frozenset[str] = frozenset()
    """Who was rung since somebody let it ring last: with one after the other only the agent."""

    def explained(self, opens_after: Sequence[float]) -> Choice:
        """`opens_after[n - 1]` is the waiting time in seconds that opens tier n of the queue."""
        return why(
            self.queue,
            self.agent,
            self.at,
            self.waited,
            opens_after=opens_after,
            max_penalty=self.max_penalty,
            did_not_take_it=self.did_not_take_it,
            rang_too=self.rung if self.queue.strategy == RING_ALL else (),
        )

    def answered(self, facts: Iterable[Fact]) -> Offer:
        """The same offer to who took it: of all who are rung at once that shows in the end."""
        if self.queue.strategy != RING_ALL:
            return self
        took = [fact.data.get("agent", "") for fact in facts if fact.kind == FactKind.CONNECTED]
        return replace(self, agent=took[-1]) if took and took[-1] in self.rung else self


class Page:
    """`kept` counts the facts that are in the database. `ended` is the moment of the hang-up; `lost` that of finding
    the call gone, for one whose hang-up was not seen."""

    def __init__(self, call: Call) -> None:
        self._call = call
        """As it was told first, or first from its beginning: who called, whom, when."""
        self._cause: int | None = None
        self._declared: str | None = None
        self._declared_detail = ""
        self.conversation = call.id.uniqueid
        """The uniqueid of the call as people mean it of which this is a part."""
        self._told: tuple[Fact, ...] = ()
        self.facts: list[Fact] = []
        self._kinds: set[str] = set()
        self.kept = 0
        self.offer: Offer | None = None
        """The last one, until it is explained."""
        self._why: Mapping[str, Any] = {}
        self.ended: datetime | None = None
        self.lost: datetime | None = None
        self.turn(call)

    @classmethod
    def reopened(cls, record: CallRecord, facts: Iterable[FactRecord]) -> Page:
        """The page of a call that an earlier run left open."""
        page = cls(_call_of(record))
        page.adopt(record, facts)
        return page

    @property
    def id(self) -> CallId:
        return self._call.id

    @property
    def company(self) -> str:
        return self._call.company

    @property
    def entered(self) -> datetime:
        return self._call.entered

    @property
    def is_closed(self) -> bool:
        return self.ended is not None

    @property
    def unkept(self) -> int:
        """How many facts are not in the database yet."""
        return len(self.facts) - self.kept

    def turn(self, call: Call) -> tuple[Fact, ...]:
        """Take the news of the call; the facts that are new."""
        told = len(self._told)
        if told and call.facts[:told] == self._told:
            fresh = call.facts[told:]
        else:  # told for the first time, or anew from a snapshot
            fresh = tuple(fact for fact in call.facts if not self._knows(fact))
        self._told = call.facts
        self._kinds.update(fact.kind for fact in fresh)
        fresh = (*self._shown(call), *fresh)
        self._add(fresh)
        if self._call.is_partial and not call.is_partial:
            self._call = call
        self._cause = call.hangup_cause
        self._declared = call.declared_outcome or self._declared
        self._declared_detail = call.declared_detail or self._declared_detail
        if call.ended is not None and FactKind.HUNG_UP in self._kinds:
            self.ended = call.ended
        else:
            self.lost = call.ended
        return fresh

    def adopt(self, record: CallRecord, facts: Iterable[FactRecord]) -> None:
        """Put what an earlier run kept before what this one saw."""
        seen, self.facts = self.facts, []
        self._add([Fact(fact.at, fact.kind, fact.data) for fact in facts])
        self.kept = len(self.facts)
        self._add([fact for fact in seen if not self._knows(fact)])
        self._why = record.why
        self.conversation = record.conversation or self.conversation
        self._call = _call_of(record)

    def witness(self, facts: Iterable[Fact]) -> int:
        """Add what another witness tells, unless it is known; how many facts were new."""
        fresh = [fact for fact in facts if not self._knows(fact)]
        ends = [fact for fact in fresh if fact.kind == FactKind.HUNG_UP]
        fresh = [fact for fact in fresh if fact.kind != FactKind.HUNG_UP or fact is ends[-1]]
        self._add(fresh)
        return len(fresh)

    def close(self, at: datetime) -> None:
        """The call is over, though nobody followed its end: it ended when another witness says, or was lost by `at`."""
        hung_up = [fact.at for fact in self.facts if fact.kind == FactKind.HUNG_UP]
        self.ended = hung_up[-1] if hung_up else self.lost or at

    def note_offer(self, fact: Fact, queue: Queue) -> None:
        """Remember how the queue stood when this call was offered to one of its members."""
        joined, max_penalty, refused, rung = fact.at, None, set[str](), set[str]()
        for earlier in self.facts:
            if earlier.kind == FactKind.JOINED:
                joined, refused, rung = earlier.at, set(), set()
            elif earlier.kind == FactKind.OFFERED:
                rung.add(earlier.data.get("agent", ""))
            elif earlier.kind == FactKind.ROUTED:
                window = earlier.data.get("max_penalty", "")
                max_penalty = int(window) if window.isascii() and window.isdigit() and len(window) < 10 else None
            elif earlier.kind == FactKind.NOT_ANSWERED:
                refused.add(earlier.data.get("agent", ""))
                rung = set()
        waited = max(0.0, (fact.at - joined).total_seconds())
        agent = fact.data.get("agent", "")
        self.offer = Offer(agent, fact.at, queue, waited, max_penalty, frozenset(refused), frozenset({*rung, agent}))

    def record(self, opens_after: Sequence[float] = ()) -> CallRecord:
        """The call's row as of now; with an outcome if it is over."""
        call, facts = self._call, tuple(self.facts)
        outcome = self._outcome(facts) if self.is_closed else None
        durations = durations_of(_as_it_went(facts))
        answers = (fact.at for fact in facts if fact.kind in _ANSWERS)
        return CallRecord(
            node=call.id.node,
            uniqueid=call.id.uniqueid,
            company=call.company[:NUMBER_LENGTH],
            did=call.did[:NUMBER_LENGTH],
            caller_number=clean(call.caller_number, NUMBER_LENGTH),
            caller_name=clean(call.caller_name, NAME_LENGTH),
            entered=call.entered,
            generation=call.generation,
            queue=queue_of(facts)[:NUMBER_LENGTH] or None,
            agent=answered_by(facts)[:NUMBER_LENGTH] or None,
            waited=durations.waited,
            talked=durations.talked,
            held=durations.held,
            answered=next(answers, None),
            ended=self.ended,
            outcome=outcome.kind.value if outcome else None,
            detail=clean(outcome.detail, NAME_LENGTH) if outcome else "",
            why=self._explained(facts, opens_after),
            is_partial=call.is_partial,
            conversation=self.conversation,
        )

    def _explained(self, facts: tuple[Fact, ...], opens_after: Sequence[float]) -> Mapping[str, Any]:
        """Why this agent; worked out once, as soon as it is known who takes the call."""
        if self.offer is not None:
            self._why = self.offer.answered(facts).explained(opens_after).to_json()
            if self.offer.queue.strategy != RING_ALL or FactKind.CONNECTED in self._kinds:
                self.offer = None
        return self._why

    def fact_records(self) -> list[FactRecord]:
        """The facts that are not in the database yet."""
        return [
            FactRecord(
                node=self.id.node,
                uniqueid=self.id.uniqueid,
                sequence=sequence,
                at=fact.at,
                kind=fact.kind[:NUMBER_LENGTH],
                data={name: clean(value) for name, value in fact.data.items()},
            )
            for sequence, fact in enumerate(self.facts[self.kept :], self.kept)
        ]

    def _add(self, facts: Sequence[Fact]) -> None:
        self.facts.extend(facts)
        self._kinds.update(fact.kind for fact in facts)

    def _outcome(self, facts: tuple[Fact, ...]) -> Outcome:
        over = replace(
            self._call, facts=facts, hangup_cause=self._cause,
            declared_outcome=self._declared, declared_detail=self._declared_detail,
        )  # fmt: skip
        return outcome_of(over)

    def _shown(self, call: Call) -> tuple[Fact, ...]:
        """What a relist shows of a call, though nobody was told of it when it happened."""
        shown: list[Fact] = []
        if call.joined is not None and call.queue and FactKind.JOINED not in self._kinds:
            shown.append(Fact(call.joined, FactKind.JOINED, {"queue": call.queue}))
        if call.answered is not None and call.agent and not self._kinds & _ANSWERS:
            shown.append(Fact(call.answered, FactKind.CONNECTED, {"agent": call.agent, "queue": call.queue or ""}))
        return tuple(shown)

    def _knows(self, fact: Fact) -> bool:
        return any(
            known.kind == fact.kind and abs(known.at - fact.at) <= SAME_MOMENT and _agree(known, fact)
            for known in self.facts
        )


def _as_it_went(facts: Sequence[Fact]) -> Sequence[Fact]:
    """In the order of their moments, where records told how a call went on before it was found to be gone."""
    is_lost = any(fact.kind == FactKind.LOST for fact in facts)
    return sorted(facts, key=lambda fact: fact.at) if is_lost else facts


def _agree(known: Fact, fact: Fact) -> bool:
    """Whether what both witnesses say is the same; one may know less."""
    return all(known.data[name] == value for name, value in fact.data.items() if name in known.data)


def clean(text: str, length: int | None = None) -> str:
    # PostgreSQL keeps no NUL, and a caller chooses his own name.
    return text.replace("\0", "\ufffd")[:length]


def _call_of(record: CallRecord) -> Call:
    return Call(
        id=CallId(record.node, record.uniqueid),
        company=record.company,
        did=record.did,
        caller_number=record.caller_number,
        caller_name=record.caller_name,
        entered=record.entered,
        generation=record.generation,
        stage=Stage.ENTERING,
        is_partial=record.is_partial,
    )
