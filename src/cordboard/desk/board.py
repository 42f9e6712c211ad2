"""What the live page shows: cards made from the live state, the company's names and today's figures.

`board()` is pure. A card is a frozen value of plain JSON things under a key whose first word is its kind
(`queue/pbx1/acme-billing`), so that two boards are compared key by key. Moments are seconds since the epoch (UTC),
durations are seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Protocol

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
from cordboard.desk.cards import (
    AgentCard,
    Card,
    CompanyCard,
    LastCard,
    LinkCard,
    PauseCard,
    QueueCard,
    TodayCard,
    WaitingCard,
    seconds,
)
from cordboard.desk.duty import PAUSES, next_shown, reason_shown
from cordboard.desk.just_ended import JustEnded
from cordboard.desk.live_calls import LiveCalls, Sight
from cordboard.desk.names import Names, PersonName
from cordboard.desk.outcome_cards import outcome_card
from cordboard.journal.outcome import OutcomeKind
from cordboard.journal.tally import Tally
from cordboard.store.records import CallRecord

BUSY = frozenset({AgentState.RINGING, AgentState.INBOUND_CALL, AgentState.OUTBOUND_CALL, AgentState.WRAP_UP})
AWAY = PAUSES | {AgentState.UNREACHABLE}
NO_CALLS = Tally()
ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class History:
    """Today as the database has it: its figures and the calls that ended last, newest first. `day` is the company's
    date, ISO, `since` when it began. `open`: node -> calls in progress there; they tell of the switches that are not
    followed here."""

    day: str = ""
    tally: Tally = NO_CALLS
    last: tuple[CallRecord, ...] = ()
    since: datetime = ALWAYS
    open: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that one company's live page shows."""

    cards: Mapping[str, Card]


NO_HISTORY = History()
ALL_TRUE: Mapping[str, datetime] = MappingProxyType({})
NONE_JUST_ENDED: Mapping[OutcomeKind, int] = MappingProxyType({})


def board(
    snapshots: Iterable[Snapshot],
    names: Names,
    history: History = NO_HISTORY,
    stale_since: Mapping[str, datetime] = ALL_TRUE,
    live_calls: LiveCalls | None = None,
    sight: Sight = Sight.CALLS,
    just_ended: Mapping[OutcomeKind, int] = NONE_JUST_ENDED,
) -> Board:
    """The board of one company, from the snapshots of all its switches, for somebody of this `sight`. What belongs to
    another company is left out.

    `stale_since`: node -> when its live state stopped being true. `live_calls`: what made the cards of calls for the
    board before, under the same names. `just_ended`: what became of calls of which `history` does not know it yet."""
    live_calls = live_calls or LiveCalls(names, frozenset({names.company}))
    known = tuple(snapshots)
    pauses = tuple(PauseCard(reason.id, str(reason.kind), dict(reason.names)) for reason in names.pauses)
    company = CompanyCard(names.company, names.name, names.language, names.time_zone, pauses)
    cards: dict[str, Card] = {"company": company}
    ranks = {name: rank for rank, name in enumerate(names.queues)}
    seen: set[str] = set()
    for snapshot in known:
        cards[f"link/{snapshot.node}"] = _link(snapshot, stale_since.get(snapshot.node))
        calls = {call.id: call for call in snapshot.calls if call.company in ("", names.company)}
        agents = {agent.name: agent for agent in snapshot.agents if agent.name in names.people}
        queues = {queue.name: queue for queue in snapshot.queues}
        for name in names.queues:
            cards[f"queue/{snapshot.node}/{name}"] = _queue(snapshot.node, name, queues.get(name), agents, names, ranks)
        for name, agent in agents.items():
            seen.add(name)
            cards[f"agent/{snapshot.node}/{name}"] = _agent(agent, calls, names)
        cards.update(live_calls.cards(snapshot, sight))
    for name, person in names.people.items():
        if person.is_agent and name not in seen and known:
            cards[f"agent/{known[0].node}/{name}"] = _logged_out(known[0].node, person)
    up = _in_progress(known, names.company, history, stale_since)
    cards["today"] = _today(history.day, _tally(history.tally, up, just_ended))
    cards["last"] = LastCard(tuple(outcome_card(record, names) for record in history.last))
    return Board(MappingProxyType(cards))


def is_live(current: Board) -> bool:
    """Whether every switch of the board is followed right now."""
    return all(card.state == LinkState.LIVE for card in current.cards.values() if isinstance(card, LinkCard))


def _link(snapshot: Snapshot, stale_since: datetime | None) -> LinkCard:
    link = snapshot.link
    return LinkCard(snapshot.node, link.state, seconds(link.since), seconds(stale_since) if stale_since else None)


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
                since=seconds(waiting.joined),
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
        since=seconds(agent.since),
        until=seconds(agent.wrap_up_until) if agent.wrap_up_until else None,
        reason=reason_shown(agent),
        next=next_shown(agent),
        caller=call.caller_number if call else "",
        caller_name=call.caller_name if call else "",
        queue=names.queue(call.queue) if call else "",
        queues=tuple(names.queue(queue) for queue in agent.queues),
    )


def _logged_out(node: str, person: PersonName) -> AgentCard:
    return AgentCard(node, person.id, person.name, AgentState.LOGGED_OUT, None, None, "", "", "", "", "", ())


def _in_progress(
    snapshots: Iterable[Snapshot], company: str, history: History, stale_since: Mapping[str, datetime]
) -> int:
    """The day's calls that are up: on each switch that is, or was, followed those that the same snapshot lists."""
    followed = [each for each in snapshots if each.link.state is LinkState.LIVE or each.node in stale_since]
    nodes = {each.node for each in followed}
    elsewhere = sum(count for node, count in history.open.items() if node not in nodes)
    calls = (call for each in followed for call in each.calls if call.stage is not Stage.ENDED)
    return elsewhere + sum(call.company == company and call.entered >= history.since for call in calls)


def _tally(written: Tally, in_progress: int, just_ended: Mapping[OutcomeKind, int]) -> Tally:
    more = {kind.value: getattr(written, kind.value) + count for kind, count in just_ended.items()}
    return replace(written, in_progress=in_progress, **more)


def _today(day: str, tally: Tally) -> TodayCard:
    return TodayCard(
        day=day,
        received=tally.received,
        handled=tally.handled,
        self_service=tally.self_service,
        overflowed=tally.overflowed,
        dissuaded=tally.dissuaded,
        abandoned=tally.abandoned,
        voicemail=tally.voicemail,
        callback=tally.callback,
        technical=tally.technical,
        in_progress=tally.in_progress,
        blocked=tally.blocked,
        service_rate=tally.service_rate,
        abandon_rate=tally.abandon_rate,
    )


_LINK: frozenset[ChangeKind] = frozenset({"link"})
_CALL: frozenset[ChangeKind] = frozenset({"call"})


class LiveSource(Protocol):
    """The live state of one switch, as `ami.live.Live` keeps it."""

    def snapshot(self, *, with_glances: bool = ...) -> Snapshot: ...

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
        self._live_calls: dict[str, LiveCalls] = {}
        self._just_ended = JustEnded()
        # Of a switch that was never followed nothing is known that could grow old.
        self._live = {snapshot.node for each in sources if (snapshot := each.snapshot()).link.state is LinkState.LIVE}
        self._watchers: dict[object, Callable[[], None]] = {}
        self._unwatch = [
            unwatch
            for source in self._sources
            for unwatch in (
                source.watch(partial(self._take, source.snapshot().node), _LINK),
                source.watch(self._note_end, _CALL),
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
            self._named_anew()

    def just_ended(self, company: str) -> tuple[CallId, ...]:
        """The company's calls whose ends no history that was set told of yet."""
        return self._just_ended.of(company)

    def set_history(self, company: str, history: History, told: Iterable[CallId] = ()) -> None:
        """Put today's figures and the last calls on a company's board. `told`: the calls that were just ended and whose
        ends are in it."""
        self._just_ended.forget(told)
        if self._history.get(company) != history:
            self._history[company] = history
            self._changed()

    def forget(self, company: str) -> None:
        """A company that is gone has no board."""
        self._history.pop(company, None)
        if self._names.pop(company, None):
            self._named_anew()

    def board(self, company: str, sight: Sight = Sight.CALLS) -> Board | None:
        """A company's board right now, for somebody of this sight; None if it has none."""
        names = self._names.get(company)
        if names is None:
            return None
        history = self._history.get(company, NO_HISTORY)
        snapshots = (source.snapshot(with_glances=True) for source in self._sources)
        just_ended = self._just_ended.outcomes(company, history.since)
        return board(snapshots, names, history, self._stale_since, self._live_calls[company], sight, just_ended)

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

    def _note_end(self, change: Change) -> None:
        if isinstance(change.value, Call) and change.value.ended is not None and change.value.company in self._names:
            self._just_ended.note(change.value)

    def _named_anew(self) -> None:
        # Whose a call is depends on which companies there are.
        companies = frozenset(self._names)
        self._live_calls = {company: LiveCalls(names, companies) for company, names in self._names.items()}
        self._changed()

    def _changed(self) -> None:
        for callback in tuple(self._watchers.values()):
            callback()
