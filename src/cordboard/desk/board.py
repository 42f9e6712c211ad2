"""What the live page shows: cards made from the live state, the company's names and today's figures.

`board()` is pure. A card is a frozen value of plain JSON things under a key whose first word is its kind
(`queue/pbx1/acme-billing`), so that two boards are compared key by key. Moments are seconds since the epoch (UTC),
durations are seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol

from ami.models import (
    Agent,
    AgentState,
    Call,
    CallId,
    Change,
    ChangeKind,
    LinkState,
    LinkStatus,
    Queue,
    Snapshot,
    Stage,
)
from cordboard.journal.outcome import SOMEBODY, OutcomeKind
from cordboard.journal.tally import Tally
from cordboard.journal.why import Reason
from cordboard.store.records import CallRecord
from cordboard.store.skills import tier_of
from cordboard.store.values import Company, PauseReason, split_switch_name

BUSY = frozenset({AgentState.RINGING, AgentState.INBOUND_CALL, AgentState.OUTBOUND_CALL, AgentState.WRAP_UP})
PAUSES = frozenset({AgentState.PAUSE, AgentState.WITHDRAWN})
AWAY = PAUSES | {AgentState.UNREACHABLE}
WITH_AN_AGENT = frozenset({Stage.TALKING, Stage.HELD})
IN_LINE = frozenset({Stage.WAITING, Stage.RINGING})
NO_CALLS = Tally()
WITH_WHOM = frozenset({OutcomeKind.HANDLED, OutcomeKind.VOICEMAIL})
"""Outcomes whose detail is the id of a person or a box."""


@dataclass(frozen=True, slots=True)
class QueueName:
    """What people call a queue. `late_after`: seconds of waiting after which a caller is sent elsewhere."""

    id: str
    name: str
    number: str | None
    late_after: float


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person with a phone. `is_agent`: has the skills of at least one queue."""

    id: str
    name: str
    is_agent: bool


@dataclass(frozen=True, slots=True)
class Names:
    """The words for what a switch only knows by switch names and ids. People and queues are keyed by switch name."""

    company: str
    name: str
    language: str
    time_zone: str
    people: Mapping[str, PersonName]
    queues: Mapping[str, QueueName]
    dids: Mapping[str, str]
    places: Mapping[str, str]
    """Menus, messages and boxes by id."""
    pauses: tuple[PauseReason, ...] = ()


def names_of(company: Company) -> Names:
    """The names that a company's board needs."""
    return Names(
        company=company.id,
        name=company.name,
        language=company.language,
        time_zone=company.time_zone,
        people={
            company.switch_name(person.id): PersonName(
                person.id,
                person.name,
                any(tier_of(queue, person.skills) is not None for queue in company.queues.values()),
            )
            for person in company.people.values()
        }
        | {company.switch_name(phone.id): PersonName(phone.id, phone.name, False) for phone in company.phones.values()},
        queues={
            company.switch_name(queue.id): QueueName(queue.id, queue.name, queue.number, float(queue.max_wait))
            for queue in company.queues.values()
        },
        dids={did.id: did.name for did in company.dids.values()},
        places={box.id: box.name for box in company.voicemails.values()}
        | {message.id: message.name for message in company.messages.values()}
        | {menu.id: menu.name for menu in company.menus.values()},
        pauses=tuple(company.pause_reasons.values()),
    )


@dataclass(frozen=True, slots=True)
class History:
    """Today's figures and the calls that ended last, newest first. `day` is the company's date, ISO."""

    day: str = ""
    tally: Tally = NO_CALLS
    last: tuple[CallRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class PauseCard:
    """A reason of the company's list. `names`: language -> what people call it."""

    id: str
    kind: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CompanyCard:
    id: str
    name: str
    language: str
    time_zone: str
    pauses: tuple[PauseCard, ...]


@dataclass(frozen=True, slots=True)
class LinkCard:
    """How far the live state of one switch can be believed. `stale_since`: when it stopped being true; None while it
    is, and for one that has not been true yet."""

    node: str
    state: str
    since: float
    stale_since: float | None = None


@dataclass(frozen=True, slots=True)
class WaitingCard:
    call: str
    caller: str
    caller_name: str
    since: float
    position: int
    priority: int


@dataclass(frozen=True, slots=True)
class QueueCard:
    """A waiting line and how many of its logged-in agents could take a call, take one, or are away."""

    node: str
    id: str
    name: str
    number: str | None
    rank: int
    late_after: float
    waiting: tuple[WaitingCard, ...]
    ready: int
    busy: int
    away: int


@dataclass(frozen=True, slots=True)
class AgentCard:
    """`since` is None when nothing is known of the agent since the switch was first seen."""

    node: str
    id: str
    name: str
    state: str
    since: float | None
    until: float | None
    """End of the wrap-up."""
    reason: str
    """Of the pause or the withdrawal."""
    next: str
    """The reason of the pause that follows the call or the wrap-up, "" if none does."""
    caller: str
    caller_name: str
    queue: str
    queues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallCard:
    """A call in progress. `since` is the beginning of what `stage` says: the wait, the talk, the hold, or the call."""

    node: str
    caller: str
    caller_name: str
    did: str
    stage: str
    entered: float
    since: float
    place: str
    """The menu, or the queue."""
    position: int | None
    agent: str
    offered_to: tuple[str, ...]
    is_partial: bool


@dataclass(frozen=True, slots=True)
class TodayCard:
    """What became of the calls received today: `received` is the sum of the outcomes and `in_progress`, always.
    Blocked callers are not received. The rates are 0 to 1, None before the first call."""

    day: str
    received: int
    handled: int
    self_service: int
    overflowed: int
    dissuaded: int
    abandoned: int
    voicemail: int
    technical: int
    in_progress: int
    blocked: int
    service_rate: float | None
    abandon_rate: float | None


@dataclass(frozen=True, slots=True)
class OtherCard:
    """An agent who was not chosen, and the journal's word for what decided that."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class WhyCard:
    """Why this agent. `rule`: `only_one` (nobody else was free), `best_skilled`; of those equally skilled by the
    queue's strategy `longest_idle`, `fewest_calls`, `first_in_line`, `in_turn`, `drawn`, `first_to_answer`; `equal`
    (nothing told them apart). `tier`: how often the queue's requirement had gone down. `idle`: the seconds since the
    agent's call before."""

    rule: str
    tier: int
    idle: float | None
    others: tuple[OtherCard, ...]


@dataclass(frozen=True, slots=True)
class OutcomeCard:
    """How a call ended. `detail` is the code of the reason, `place` the menu, queue or box that it speaks of."""

    call: str
    entered: float
    ended: float
    caller: str
    caller_name: str
    did: str
    queue: str
    agent: str
    outcome: str
    detail: str
    place: str
    waited: float
    talked: float
    why: WhyCard | None


@dataclass(frozen=True, slots=True)
class LastCard:
    calls: tuple[OutcomeCard, ...]


Card = CompanyCard | LinkCard | QueueCard | AgentCard | CallCard | TodayCard | LastCard


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that one company's live page shows."""

    cards: Mapping[str, Card]


Made = dict[CallId, tuple[Call, CallCard]]
NO_HISTORY = History()
ALL_TRUE: Mapping[str, datetime] = MappingProxyType({})


def board(
    snapshots: Iterable[Snapshot],
    names: Names,
    history: History = NO_HISTORY,
    stale_since: Mapping[str, datetime] = ALL_TRUE,
    made: Made | None = None,
) -> Board:
    """The board of one company, from the snapshots of all its switches. What belongs to another company is left out.

    `stale_since`: node -> when its live state stopped being true. `made`: the cards that the board before made of calls
    under the same names; it is left with those of this one."""
    fresh: Made = {}
    pauses = tuple(PauseCard(reason.id, str(reason.kind), dict(reason.names)) for reason in names.pauses)
    company = CompanyCard(names.company, names.name, names.language, names.time_zone, pauses)
    cards: dict[str, Card] = {"company": company}
    ranks = {name: rank for rank, name in enumerate(names.queues)}
    seen: set[str] = set()
    nodes: list[str] = []
    for snapshot in snapshots:
        nodes.append(snapshot.node)
        cards[f"link/{snapshot.node}"] = _link(snapshot, stale_since.get(snapshot.node))
        calls = {call.id: call for call in snapshot.calls if _is_of(call, names)}
        agents = {agent.name: agent for agent in snapshot.agents if agent.name in names.people}
        queues = {queue.name: queue for queue in snapshot.queues}
        for name in names.queues:
            cards[f"queue/{snapshot.node}/{name}"] = _queue(snapshot.node, name, queues.get(name), agents, names, ranks)
        for name, agent in agents.items():
            seen.add(name)
            cards[f"agent/{snapshot.node}/{name}"] = _agent(agent, calls, names)
        for call in calls.values():
            if call.stage is not Stage.ENDED:
                known = made.get(call.id) if made is not None else None
                entry = known if known is not None and known[0] is call else (call, _call(call, names))
                fresh[call.id] = entry
                cards[f"call/{call.id}"] = entry[1]
    if made is not None:
        made.clear()
        made.update(fresh)
    for name, person in names.people.items():
        if person.is_agent and name not in seen and nodes:
            cards[f"agent/{nodes[0]}/{name}"] = _logged_out(nodes[0], person)
    cards["today"] = _today(history)
    cards["last"] = LastCard(tuple(_outcome(record, names) for record in history.last))
    return Board(MappingProxyType(cards))


def fields_of(card: Card | WaitingCard | OutcomeCard | WhyCard | OtherCard) -> dict[str, Any]:
    """A card's own fields, for an encoder that asks for the cards within it in turn (a deep copy is slow)."""
    return {name: getattr(card, name) for name in card.__slots__}


def is_live(current: Board) -> bool:
    """Whether every switch of the board is followed right now."""
    return all(card.state == LinkState.LIVE for card in current.cards.values() if isinstance(card, LinkCard))


def _is_of(call: Call, names: Names) -> bool:
    if call.company:
        return call.company == names.company
    # A call known from a relist alone does not tell its company; whom it is with does.
    place = call.queue or call.agent
    return place is not None and split_switch_name(place)[0] == names.company


def _link(snapshot: Snapshot, stale_since: datetime | None) -> LinkCard:
    link = snapshot.link
    return LinkCard(snapshot.node, link.state, _seconds(link.since), _seconds(stale_since) if stale_since else None)


def _queue(
    node: str,
    name: str,
    queue: Queue | None,
    agents: Mapping[str, Agent],
    names: Names,
    ranks: Mapping[str, int],
) -> QueueCard:
    known = names.queues[name]
    states = [agents[member.name].state for member in (queue.members if queue else ()) if member.name in agents]
    return QueueCard(
        node=node,
        id=known.id,
        name=known.name,
        number=known.number,
        rank=ranks[name],
        late_after=known.late_after,
        waiting=tuple(
            WaitingCard(
                call=f"{node}/{waiting.call}",
                caller=waiting.caller_number,
                caller_name=waiting.caller_name,
                since=_seconds(waiting.joined),
                position=waiting.position,
                priority=waiting.priority,
            )
            for waiting in (queue.waiting if queue else ())
        ),
        ready=states.count(AgentState.READY),
        busy=sum(state in BUSY for state in states),
        away=sum(state in AWAY for state in states),
    )


def _agent(agent: Agent, calls: Mapping[CallId, Call], names: Names) -> AgentCard:
    person = names.people[agent.name]
    call = calls.get(agent.call) if agent.call else None
    return AgentCard(
        node=agent.node,
        id=person.id,
        name=person.name,
        state=agent.state,
        since=_seconds(agent.since),
        until=_seconds(agent.wrap_up_until) if agent.wrap_up_until else None,
        reason=agent.pause_reason if agent.state in PAUSES else "",
        next=agent.next_reason,
        caller=call.caller_number if call else "",
        caller_name=call.caller_name if call else "",
        queue=_queue_name(call.queue, names) if call else "",
        queues=tuple(_queue_name(queue, names) for queue in agent.queues),
    )


def _logged_out(node: str, person: PersonName) -> AgentCard:
    return AgentCard(node, person.id, person.name, AgentState.LOGGED_OUT, None, None, "", "", "", "", "", ())


def _call(call: Call, names: Names) -> CallCard:
    return CallCard(
        node=call.id.node,
        caller=call.caller_number,
        caller_name=call.caller_name,
        did=names.dids.get(call.did, call.did),
        stage=call.stage,
        entered=_seconds(call.entered),
        since=_seconds(_stage_since(call)),
        place=_place_of(call, names),
        position=call.position if call.stage in IN_LINE else None,
        agent=_person_name(call.agent, names) if call.stage in WITH_AN_AGENT else "",
        offered_to=tuple(_person_name(name, names) for name in call.offered_to) if call.stage in IN_LINE else (),
        is_partial=call.is_partial,
    )


def _stage_since(call: Call) -> datetime:
    if call.stage is Stage.HELD:
        return call.held_since or call.answered or call.entered
    if call.stage is Stage.TALKING:
        return call.talking_since or call.answered or call.entered
    if call.stage in IN_LINE:
        return call.joined or call.entered
    return call.entered


def _place_of(call: Call, names: Names) -> str:
    if call.stage is Stage.MENU:
        return names.places.get(call.menu, call.menu) if call.menu else ""
    return _queue_name(call.queue, names)


def _today(history: History) -> TodayCard:
    tally = history.tally
    return TodayCard(
        day=history.day,
        received=tally.received,
        handled=tally.handled,
        self_service=tally.self_service,
        overflowed=tally.overflowed,
        dissuaded=tally.dissuaded,
        abandoned=tally.abandoned,
        voicemail=tally.voicemail,
        technical=tally.technical,
        in_progress=tally.in_progress,
        blocked=tally.blocked,
        service_rate=tally.service_rate,
        abandon_rate=tally.abandon_rate,
    )


def _outcome(record: CallRecord, names: Names) -> OutcomeCard:
    detail, _, item = record.detail.partition(":")
    if record.outcome in WITH_WHOM:
        detail, item = "", "" if detail == SOMEBODY else detail
    return OutcomeCard(
        call=f"{record.node}/{record.uniqueid}",
        entered=_seconds(record.entered),
        ended=_seconds(record.ended or record.entered),
        caller=record.caller_number,
        caller_name=record.caller_name,
        did=names.dids.get(record.did, record.did),
        queue=_queue_name(f"{names.company}-{record.queue}", names) if record.queue else "",
        agent=_person_name(f"{names.company}-{record.agent}", names) if record.agent else "",
        outcome=record.outcome or "",
        detail=detail,
        place=_place(item, names),
        waited=record.waited,
        talked=record.talked,
        why=_why(record.why, names) if record.outcome == OutcomeKind.HANDLED else None,
    )


def _why(choice: Mapping[str, Any], names: Names) -> WhyCard | None:
    """The journal's choice in short; None if it holds none (a direct call, or one of another version)."""
    try:
        chosen = next(one for one in choice["candidates"] if one["reason"] == Reason.CHOSEN)
        others = tuple(
            OtherCard(_person_name(f"{names.company}-{one['agent']}", names), str(one["reason"]))
            for one in choice["candidates"]
            if one is not chosen
        )
        idle = chosen.get("idle")
        return WhyCard(_rule({other.reason for other in others}), int(choice["tier"]), idle, others)
    except (KeyError, TypeError, ValueError, StopIteration):
        return None


def _rule(reasons: set[str]) -> str:
    # The nearest rival decided: of equals the strategy, else the skill.
    for reason, rule in (
        (Reason.SERVED_MORE_RECENTLY, "longest_idle"),
        (Reason.SERVED_MORE_CALLS, "fewest_calls"),
        (Reason.AFTER_IN_LINE, "first_in_line"),
        (Reason.NOT_IN_TURN, "in_turn"),
        (Reason.NOT_DRAWN, "drawn"),
        (Reason.RANG_TOO, "first_to_answer"),
        (Reason.EQUAL, "equal"),
        (Reason.LESS_SKILLED, "best_skilled"),
    ):
        if reason in reasons:
            return rule
    return "only_one"


def _place(item: str, names: Names) -> str:
    switch_name = f"{names.company}-{item}"
    if switch_name in names.queues:
        return names.queues[switch_name].name
    if switch_name in names.people:
        return names.people[switch_name].name
    return names.places.get(item, item)


def _queue_name(switch_name: str | None, names: Names) -> str:
    if switch_name is None:
        return ""
    known = names.queues.get(switch_name)
    return known.name if known else split_switch_name(switch_name)[1]


def _person_name(switch_name: str | None, names: Names) -> str:
    if switch_name is None:
        return ""
    known = names.people.get(switch_name)
    return known.name if known else split_switch_name(switch_name)[1]


def _seconds(moment: datetime) -> float:
    return round(moment.timestamp(), 3)


_LINK: frozenset[ChangeKind] = frozenset({"link"})


class LiveSource(Protocol):
    """The live state of one switch, as `ami.live.Live` keeps it."""

    def snapshot(self) -> Snapshot: ...

    def watch(self, callback: Callable[[Change], None], kinds: frozenset[ChangeKind]) -> Callable[[], None]: ...

    def watch_news(self, callback: Callable[[], None]) -> Callable[[], None]: ...


class Boards:
    """The boards of all companies over all switches, and a word to the watchers whenever one may have changed.

    Synchronous throughout: what a watcher reads right after the word is what the word was about.
    """

    def __init__(self, sources: Sequence[LiveSource]) -> None:
        self._sources = tuple(sources)
        self._names: dict[str, Names] = {}
        self._history: dict[str, History] = {}
        self._stale_since: dict[str, datetime] = {}
        self._made: dict[str, Made] = {}
        # Of a switch that was never followed nothing is known that could grow old.
        self._live = {snapshot.node for each in sources if (snapshot := each.snapshot()).link.state is LinkState.LIVE}
        self._watchers: dict[object, Callable[[], None]] = {}
        self._unwatch = [
            unwatch
            for source in self._sources
            for unwatch in (
                source.watch(partial(self._take, source.snapshot().node), _LINK),
                source.watch_news(self._changed),
            )
        ]

    def close(self) -> None:
        """Stop listening to the switches."""
        while self._unwatch:
            self._unwatch.pop()()

    @property
    def companies(self) -> Mapping[str, str]:
        """Id -> name of the companies that have a board."""
        return {names.company: names.name for names in self._names.values()}

    @property
    def stale_since(self) -> Mapping[str, datetime]:
        """Node -> when what is shown of it stopped being true; those of which it is true are not in it."""
        return self._stale_since

    def set_names(self, names: Names) -> None:
        """Show a company, or show it under its new names."""
        if self._names.get(names.company) != names:
            self._names[names.company] = names
            self._made[names.company] = {}
            self._changed()

    def set_history(self, company: str, history: History) -> None:
        """Put today's figures and the last calls on a company's board."""
        if self._history.get(company) != history:
            self._history[company] = history
            self._changed()

    def forget(self, company: str) -> None:
        """A company that is gone has no board."""
        self._history.pop(company, None)
        self._made.pop(company, None)
        if self._names.pop(company, None):
            self._changed()

    def board(self, company: str) -> Board | None:
        """A company's board right now; None if it has none."""
        names = self._names.get(company)
        if names is None:
            return None
        history = self._history.get(company, NO_HISTORY)
        snapshots = (source.snapshot() for source in self._sources)
        return board(snapshots, names, history, self._stale_since, self._made[company])

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back after each change, many a second; the answer is the way to stop it."""
        key = object()
        self._watchers[key] = callback
        return lambda: (self._watchers.pop(key, None), None)[1]

    def _take(self, node: str, change: Change) -> None:
        if isinstance(change.value, LinkStatus):
            if change.value.state is LinkState.LIVE:
                self._live.add(node)
                self._stale_since.pop(node, None)
            elif node in self._live:
                # Trying again and again does not make what is known any younger.
                self._stale_since.setdefault(node, change.value.since)

    def _changed(self) -> None:
        for callback in tuple(self._watchers.values()):
            callback()
