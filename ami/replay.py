"""A recorded stream folded again: the calls it tells of, the agents' states through it, and where lists disagree.

Lists that stand at the beginning, or after a new login, are loaded; every later one is held against the state of its
moment, and corrects it where they disagree. As in life, a list is exact only once the events that follow it are taken
up to the barrier that this connection asked for; without one, up to the next list or to the end. Where the switch began
anew nothing of before is up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ami.comparison import Difference, compare
from ami.conversation import Conversation
from ami.events import ROWS_OR_EVENTS, BarrierReached, Event, parse
from ami.fields import whole
from ami.fold import TRUNK_CONTEXT, Fold
from ami.live import Live, snapshot_of
from ami.models import RESTART, Agent, AgentState, Call, Change, Snapshot
from ami.moments import BEGINNING
from ami.relist import Listing, Memory, load, settle
from ami.rows import BridgeRow, ChannelRow, DeviceRow, MemberRow, ParkedRow, QueueRow, Row, WaitingRow, parse_row
from ami.states import reason_in
from ami.transcript import Message

_ROWS = frozenset({"CoreShowChannel", "BridgeListItem", "QueueParams", "QueueMember", "QueueEntry"})
_KINDS = {
    "CoreShowChannelsComplete": ("channel", "call", "conversation"),
    "BridgeListComplete": ("bridge",),
    "QueueStatusComplete": ("queue", "member", "agent"),
    "DeviceStateListComplete": ("device",),
    "ParkedCallsComplete": (),  # tells more of channels that another list shows
}
_WHOLE = frozenset({"channel", "bridge", "queue"})  # what must be listed before a state is made of it
NAMELESS = 5000  # so many messages may come before one with the name of the switch
EARLIEST = BEGINNING + timedelta(days=365)  # before it a stream has told nothing of time yet
START_EVENTS = 200  # so many may come between a login and the lists with which a recording begins
START_SECONDS = timedelta(seconds=10)
CLOCKS_APART = timedelta(seconds=2)  # an uptime is cut to whole seconds
A_SECOND = timedelta(seconds=1)
STALE = timedelta(seconds=10)  # a list that is not gone on with is over


@dataclass(frozen=True, slots=True)
class AgentSpell:
    """One stretch of an agent's time."""

    state: AgentState
    since: datetime
    until: datetime | None
    pause_reason: str


@dataclass(slots=True)
class AgentDay:
    """What became of one agent, by interface."""

    name: str
    interface: str
    queues: tuple[str, ...] = ()
    spells: list[AgentSpell] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Drift:
    """Where the state and a list of that moment disagree."""

    at: datetime
    line: int
    difference: Difference


class _Lists:
    """Lists being received, and the fold that they make with the events that come meanwhile.

    `gap`: why events may be missing before them, "" if none are, None if they are held against the state."""

    def __init__(self, live: Live, at: datetime, line: int, *, gap: str | None) -> None:
        self.at, self.line, self.gap = at, line, gap
        self.quiet_since: datetime | None = None  # the first event after the last row: rows have no time of their own
        self.rows: list[Row] = []
        self.kinds: set[str] = set()
        self.asked: set[str] = set()  # the ids of what else was asked for meanwhile, the barrier among it
        self._live = live
        self._memory = Memory.of(live.fold, "drift" if gap is None else gap)
        self._events: list[tuple[Event, datetime]] = []

    def keep(self, event: Event, at: datetime) -> None:
        if self.at < EARLIEST:
            self.at = at  # nothing told the time before
        self.quiet_since = self.quiet_since or at
        self._events.append((event, at))

    def is_stale(self, now: datetime) -> bool:
        """Whether events came for long and no row."""
        return self.quiet_since is not None and now - self.quiet_since > STALE

    @property
    def is_whole(self) -> bool:
        return self.kinds >= _WHOLE

    def fold(self, now: datetime, *, remembers: bool) -> Fold:
        """What they show; only that, or with what was known before."""
        listing = Listing(
            self.at,
            tuple(row for row in self.rows if isinstance(row, ChannelRow)),
            tuple(row for row in self.rows if isinstance(row, BridgeRow)),
            tuple(row for row in self.rows if isinstance(row, QueueRow | MemberRow | WaitingRow)),
            tuple(row for row in self.rows if isinstance(row, DeviceRow)),
            tuple(row for row in self.rows if isinstance(row, ParkedRow)),
        )
        fold = self._live.new_fold()
        load(fold, listing, self._memory if remembers else None)
        if "device" not in self.kinds:
            fold.devices.update(self._live.fold.devices)
        for event, at in self._events:
            fold.apply(event, at)
        settle(fold, now)
        return fold


Told = Callable[[datetime, str, object], None]


class Replay:
    """Give it every message with its moment, in order, then `finish`.

    `told` is called with each change: its moment, its kind (call, agent), its value.
    """

    def __init__(self, *, trunk_context: str = TRUNK_CONTEXT, told: Told | None = None) -> None:
        self.conversations: dict[str, Conversation] = {}
        self.received: dict[str, Call] = {}
        self.agents: dict[str, AgentDay] = {}
        self.drift: list[Drift] = []
        self.lists = 0
        self.events = 0
        self.not_read: Counter[str] = Counter()
        self.node = ""
        self.began: datetime | None = None
        self.now = BEGINNING
        self._held: list[tuple[Message, datetime]] = []
        self._trunk_context = trunk_context
        self._told = told
        self._live: Live | None = None
        self._open: _Lists | None = None
        self._done: set[str] = set()  # lists of the open ones that are complete
        self._uptime = timedelta()  # of the switch, when the stream began, or the switch in it
        self._gap = ""  # why events may be missing before the lists of this login
        self._is_fresh = True  # no list yet since the stream, or the login, began ...
        self._fresh_events, self._fresh_since = 0, BEGINNING  # ... which was then
        self._has_answers = False  # does the stream hold what actions were answered with?

    @property
    def live(self) -> Live:
        if self._live is None:
            self._live = Live(self.node or "asterisk", lambda: self.now, trunk_context=self._trunk_context)
            self._live.watch(self._changed)
            self._live.watch_conversations(self._conversed, only_ended=self._told is None)
        return self._live

    def take(self, message: Message, at: datetime) -> None:
        """Take the next message. The first ones wait until one tells the name of the switch."""
        if not self.node:
            self.node = message.headers.get("SystemName", "")
            if not self.node and len(self._held) < NAMELESS:
                self._held.append((message, at))
                return
        self._take_held()
        self._take(message, at)

    def _take_held(self) -> None:
        held, self._held = self._held, []
        for message, at in held:
            self._take(message, at)

    def _take(self, message: Message, at: datetime) -> None:
        headers = message.headers
        heard, self.now = self.now, at
        if self.began is None and self.now > EARLIEST:
            self.began = self._fresh_since = self.now
        name = headers.get("Event", "")
        if not name:
            self._has_answers |= "Response" in headers
            if self._open is not None and "Response" in headers:
                self._open.asked.add(headers.get("ActionID", ""))
            return
        self.events += 1
        is_row = name in _ROWS or (name in ROWS_OR_EVENTS and "ActionID" in headers)
        if is_row or name in _KINDS:
            self._take_row(name, message)
            return
        if name == "FullyBooted":
            self._log_in(timedelta(seconds=whole(headers, "Uptime")), heard)
            return
        if name == "Shutdown":
            self._begin_anew(self.now)
            return
        event = parse(headers)
        if event is None:
            self.not_read[name] += 1
            return
        self._fresh_events += 1
        if self._open is not None:
            self._open.keep(event, self.now)
        self.live.apply(event)
        self.live.tick()
        if self._open is not None and (self._is_their_end(event) or self._open.is_stale(self.now)):
            self._close_lists()

    def finish(self) -> Snapshot:
        """No message follows; gives what is up at the end."""
        self._take_held()
        self._close_lists()
        snapshot = self.live.snapshot(with_conversations=True)
        for conversation in snapshot.conversations:
            self.conversations[str(conversation.id)] = conversation
        for call in snapshot.calls:
            self.received[str(call.id)] = call
        return snapshot

    # The switch, or who listens to it, begins anew

    def _log_in(self, uptime: timedelta, heard: datetime) -> None:
        """Each login is told how long the switch is up. What came before it, at last then, may have been cut off."""
        if self._is_restart(uptime):
            self._begin_anew(heard)
            self.began, self._uptime = self.now, uptime
        elif not self._fresh_events and not self._gap:
            self._uptime = uptime
        else:
            self._close_lists()
            self._gap = "link"
        self._is_fresh, self._fresh_events, self._fresh_since = True, 0, self.now

    def _is_restart(self, uptime: timedelta) -> bool:
        """A stream never says how long nothing was heard: its clock may be behind, and a restart then shows only in an
        uptime that is too short even so."""
        if self.began is None:
            return False
        return not uptime or self.now - uptime > self.began - self._uptime + CLOCKS_APART

    def _begin_anew(self, over: datetime) -> None:
        """Nothing is up any more since then, and who is in which queue must be told again."""
        self._open = None
        self._done.clear()
        live = self.live
        memory = Memory.of(live.fold, "")
        fold = live.new_fold()
        load(fold, Listing(self.now, (), (), (), ()), memory)
        for uniqueid in memory.channels:
            fold.legs.bury(uniqueid)
        settle(fold, self.now, over)
        live.replace(fold, RESTART, over)

    # Lists

    def _take_row(self, name: str, message: Message) -> None:
        if self._open is not None and name in self._done:
            self._close_lists()  # the same list again: others begin
        if self._open is None:
            is_start = (
                self._is_fresh
                and self._fresh_events < START_EVENTS
                and self.now - max(self._fresh_since, self.began or self.now) < START_SECONDS
            )
            gap = self._gap if is_start else None
            if self._is_fresh and gap is None and self._has_begun_within():
                gap = "link"
            self._open = _Lists(self.live, self.now, message.line, gap=gap)
        lists = self._open
        lists.quiet_since = None
        if name in _KINDS:
            lists.kinds.update(_KINDS[name])
            self._done.update({name, *_BEGINS[name]})
        elif isinstance(row := parse_row(message.headers), Row):
            lists.rows.append(row)

    def _is_their_end(self, event: Event) -> bool:
        """Whether it is the barrier of the open lists: those of other connections to the switch come in the midst of
        them. A recording that was cut down to its events does not say whose they are."""
        return isinstance(event, BarrierReached) and (
            not self._has_answers or (self._open is not None and event.tag in self._open.asked)
        )

    def _has_begun_within(self) -> bool:
        """Whether the stream began in the middle of calls: its first lists tell what it could not."""
        up = self.live.fold.conversations.live.values()
        return any(each.is_partial for each in up) or any(each.is_partial for each in self.conversations.values())

    def _close_lists(self) -> None:
        lists, self._open = self._open, None
        self._done.clear()
        if lists is None or not lists.kinds:
            return
        self.lists += 1
        self._is_fresh = False
        fold = self.live.fold
        if lists.gap is not None and (lists.is_whole or not (fold.legs.channels or fold.staff.agents)):
            self.live.replace(lists.fold(self.now, remembers=True), "gap")
            return
        fold = lists.fold(self.now, remembers=False)
        model = self.live.snapshot(with_conversations=True)
        fresh = snapshot_of(fold, self.now, model.revision, model.link, with_conversations=True)
        kinds = lists.kinds if "channel" in lists.kinds else lists.kinds - {"agent"}
        found = [difference for difference in compare(model, fresh) if difference.kind in kinds]
        self.drift += [Drift(lists.at, lists.line, difference) for difference in found]
        if found and lists.is_whole:
            self.live.replace(lists.fold(self.now, remembers=True), "gap")

    # What changed

    def _conversed(self, conversation: Conversation) -> None:
        self.conversations[str(conversation.id)] = conversation
        if self._told is not None:
            self._told(self.now, "call", conversation)

    def _changed(self, change: Change) -> None:
        value = change.value
        if isinstance(value, Agent):
            self._agent_changed(value)
        elif isinstance(value, Call):
            self.received[str(value.id)] = value
        elif isinstance(value, Snapshot):
            listed = {agent.interface for agent in value.agents}
            for interface, day in self.agents.items():
                if interface not in listed and day.spells and day.spells[-1].until is None:
                    until = max(value.began_anew or self.now, day.spells[-1].since)
                    day.spells[-1] = replace(day.spells[-1], until=until)
            for agent in value.agents:
                self._agent_changed(agent)

    def _agent_changed(self, agent: Agent) -> None:
        day = self.agents.setdefault(agent.interface, AgentDay(agent.name, agent.interface))
        day.name, day.queues = agent.name, agent.queues or day.queues
        spells = day.spells
        reason = reason_in(agent.state, agent.pause_reason)
        is_on = bool(spells) and spells[-1].until is None
        if is_on and (spells[-1].state, spells[-1].pause_reason) == (agent.state, reason):
            return
        since = agent.since
        if spells and not is_on:
            since = max(since, spells[-1].until or since)
        elif not spells:
            since = self.now if self.now - since < A_SECOND else since
        else:
            last = spells.pop()
            # Asterisk remembers the second of a pause; what was seen to happen happened now.
            if since <= last.since or self.now - since < A_SECOND or self.now - since > STALE:
                since = max(self.now, last.since)
            spells.append(AgentSpell(last.state, last.since, since, last.pause_reason))
        spells.append(AgentSpell(agent.state, since, None, reason))
        if self._told is not None:
            self._told(self.now, "agent", agent)


_BEGINS = {
    "CoreShowChannelsComplete": {"CoreShowChannel"},
    "BridgeListComplete": {"BridgeListItem"},
    "QueueStatusComplete": {"QueueParams", "QueueMember", "QueueEntry"},
    "DeviceStateListComplete": {"DeviceStateChange"},
    "ParkedCallsComplete": {"ParkedCall"},
}
