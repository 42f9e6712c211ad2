"""What is live on one switch, for whoever wants to see or follow it: the fold, its revision and its watchers.

Synchronous and without I/O. A watcher is called after the state is changed, so that the snapshot it takes then is the
one its change is about; changes that are told together share a revision. A watcher that raises is logged and goes on
watching.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from ami.conversation import Conversation
from ami.events import AgentCalled, Event
from ami.fold import TRUNK_CONTEXT, Fold
from ami.models import RESTART, Agent, AgentState, Change, ChangeKind, LinkState, LinkStatus, Snapshot
from ami.states import NOTHING_NOTED, Noted

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Watcher = Callable[[Change], None]
_TOLD_ALONE = frozenset({AgentCalled})
"""Who hears of an offer must find the queue as it stood then, and nothing that came of it."""
EVERY_KIND: frozenset[ChangeKind] = frozenset({"channel", "call", "queue", "agent", "link", "reset"})
Listener = Callable[[Conversation], None]


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


class Live:
    """The live state of one node."""

    def __init__(self, node: str, clock: Clock = utc_now, *, trunk_context: str = TRUNK_CONTEXT) -> None:
        self.node = node
        self._trunk_context = trunk_context
        self.revision = 0
        self.last_gap = ""
        self._wrap_up_of: dict[str, float] = {}
        self._plainly_noted: dict[str, Noted] = {}
        self._noted: dict[str, Noted] = {}  # each with what was noted before
        self._renewed: list[Agent] = []  # that were not told yet
        self.fold = self.new_fold()
        self._clock = clock
        self._link = LinkStatus(LinkState.CONNECTING, clock())
        self._watchers: dict[object, tuple[Watcher, frozenset[ChangeKind]]] = {}
        self._wanted: frozenset[ChangeKind] = frozenset()
        self._news: dict[object, Callable[[], None]] = {}
        self._listeners: dict[object, tuple[Listener, bool]] = {}

    # Reading

    def now(self) -> datetime:
        """The present moment by this state's clock."""
        return self._clock()

    @property
    def link(self) -> LinkStatus:
        return self._link

    def snapshot(self, *, with_conversations: bool = False, with_glances: bool = False) -> Snapshot:
        """Everything as it is now; the conversations, whole or at a glance, only for who wants them, since they are
        painted then."""
        found = snapshot_of(self.fold, self._clock(), self.revision, self._link, with_conversations=with_conversations)
        if not with_glances:
            return found
        conversations = self.fold.conversations
        return replace(found, glances=tuple(conversations.glance(live) for live in conversations.live.values()))

    def watch(self, callback: Watcher, kinds: frozenset[ChangeKind] = EVERY_KIND) -> Callable[[], None]:
        """Be told of every change of these kinds from now on; call what comes back to stop. Snapshot and watch with
        nothing awaited between them miss nothing. What nobody wants is not made: ask for what is needed."""
        key = object()
        self._watchers[key] = callback, kinds
        self._wanted = frozenset().union(*(each for _, each in self._watchers.values()))

        def unwatch() -> None:
            self._watchers.pop(key, None)
            self._wanted = frozenset().union(*(each for _, each in self._watchers.values()))

        return unwatch

    def watch_news(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Be called after every change, once for all that one event changed, and told nothing of it. As `watch`
        otherwise."""
        key = object()
        self._news[key] = callback

        def unwatch() -> None:
            self._news.pop(key, None)

        return unwatch

    def watch_conversations(self, callback: Listener, *, only_ended: bool = False) -> Callable[[], None]:
        """Be given every conversation whenever it changed, and a last time when it has ended; or then only. As `watch`
        otherwise; a reset is told there alone."""
        key = object()
        self._listeners[key] = callback, only_ended

        def unwatch() -> None:
            self._listeners.pop(key, None)

        return unwatch

    @property
    def strange(self) -> int:
        """Events that made no sense where they came."""
        return self.fold.strange

    # Writing

    def apply(self, event: Event) -> None:
        """Take one event. As `take`."""
        self.take((event,))

    def take(self, events: Iterable[Event]) -> None:
        """Take events in order and tell the watchers what they changed: calls, queues and channels once, as they are
        after the last of them; an agent in each state that he was in. Never raises."""
        for event in events:
            at = event.at or self._clock()
            is_told_alone = type(event) in _TOLD_ALONE
            if is_told_alone:
                self._publish()
            self.fold.apply(event, at)
            self._renew_agents(at)
            if is_told_alone:
                self._publish()
        self._publish()

    def tick(self) -> None:
        """End the wrap-ups that app_queue ends by itself: it has no event for it. See `next_tick`."""
        wrap_ups = self.fold.staff.wrap_ups
        if not wrap_ups:
            return
        at = self._clock()
        for interface in [interface for interface, until in wrap_ups.items() if until <= at]:
            self.fold.staff.touch_agent(interface)
        self._publish_now()

    def next_tick(self) -> datetime | None:
        """When `tick` has something to do next."""
        return min(self.fold.staff.wrap_ups.values(), default=None)

    def set_wrap_ups(self, wrap_up_of: Mapping[str, float]) -> None:
        """Say how many seconds app_queue itself keeps agents out after a call of each queue (switch name): it tells it
        nowhere."""
        before = dict(self._wrap_up_of)
        self._wrap_up_of.clear()
        self._wrap_up_of.update(wrap_up_of)
        self.fold.staff.change_wrap_ups(before)
        self._publish_now()

    def set_noted(self, noted: Mapping[str, Noted]) -> None:
        """Say what is noted of each agent, by name, that Asterisk does not know: see `ami.states`."""
        self._note(dict.fromkeys(self._plainly_noted.keys() - noted.keys()) | dict(noted))

    def note(self, name: str, noted: Noted | None) -> None:
        """The same for one agent; None: nothing is noted of him."""
        self._note({name: noted})

    def _note(self, changes: Mapping[str, Noted | None]) -> None:
        plain = self._plainly_noted
        news = {name: noted for name, noted in changes.items() if plain.get(name) != noted}
        for name, noted in news.items():
            before = plain.pop(name, NOTHING_NOTED)
            self._noted.pop(name, None)
            if noted is not None:
                plain[name] = noted
                self._noted[name] = replace(noted, earlier=before)
        if news:
            self.fold.staff.take_note(news.keys())
            self._publish_now()

    def noted_of(self, name: str) -> Noted:
        """What is noted of this agent."""
        return self._plainly_noted.get(name, NOTHING_NOTED)

    def new_fold(self) -> Fold:
        """An empty fold that may become this state's: see `replace`."""
        return Fold(self.node, self._wrap_up_of, self._noted, trunk_context=self._trunk_context)

    def set_link(self, state: LinkState, reason: str = "") -> bool:
        """Say how far the connection is; True if that is news."""
        if (self._link.state, self._link.reason) == (state, reason):
            return False
        since = self._link.since if state is self._link.state else self._clock()
        self._link = LinkStatus(state, since, reason)
        self.revision += 1
        self._tell([Change(self.revision, "link", "", self._link)])
        self._tell_news()
        return True

    def replace(self, fold: Fold, reason: str, over: datetime | None = None) -> None:
        """Swap in a state that was built aside and is exact now, and be live. `reason` (gap, restart) is why calls may
        be missing, `over` when those that are ended, by default now.

        Calls that ended meanwhile, or that the new state does not know any more, are told as ended, each once; then one
        reset tells everybody the new snapshot. Whoever is told anything of it looks at the new state already.
        """
        over = over or self._clock()
        self.last_gap = reason
        old, self.fold = self.fold, fold
        for call in list(fold.calls.values()):
            if call.id.uniqueid not in fold.legs.channels:
                call.lose(over, reason)
                fold.close_call(call)
        # While the new state was built the old one may have gone on, and told of some of these already.
        ended = [call for call in fold.ended if not old.legs.has_hung_up(call.id.uniqueid)]
        fold.ended.clear()
        for call in ended:
            fold.legs.bury(call.id.uniqueid)
        for conversation in list(fold.conversations.live.values()):
            if not any(part.uniqueid in fold.legs.channels for part in conversation.present()):
                fold.conversations.lose(conversation, over, reason)
        for agent in list(fold.staff.agents.values()):
            before = old.staff.agents.get(agent.interface)
            agent.value = None
            if before is not None:
                agent.inherit(before, fold.legs.channels.keys())
            if not agent.queues:
                fold.staff.dismiss(agent.interface)
        fold.touched.clear()
        self.set_link(LinkState.LIVE)
        self.revision += 1
        changes = [Change(self.revision, "call", call.id.uniqueid, call.value()) for call in ended]
        began_anew = over if reason == RESTART else None
        self._tell([*changes, Change(self.revision, "reset", "", replace(self.snapshot(), began_anew=began_anew))])
        self._tell_news()
        fold.conversations.ended = [
            ended for ended in fold.conversations.ended if ended.id.uniqueid not in old.conversations.over
        ]
        self._publish_conversations()

    def _publish_now(self) -> None:
        self._renew_agents(self._clock())
        self._publish()

    def _renew_agents(self, at: datetime) -> None:
        """Bring the agents of whom something changed to their states. It is done after each event: what an agent does
        follows also from what he did before."""
        fold = self.fold
        if not fold.touched.agents:
            return
        staff = fold.staff
        for interface in staff.take_touched():
            agent = staff.agents.get(interface)
            if agent is None:
                continue
            before = agent.value
            value = staff.renew(agent, fold.legs.of(agent.phone), self._clock(), at)
            if value.state is AgentState.LOGGED_OUT:
                staff.dismiss(interface)  # told as logged out, and forgotten
            if value is not before:
                self._renewed.append(value)

    def _publish(self) -> None:
        """Count and tell what changed. Nobody makes values that nobody watches."""
        touched, renewed, ended = self.fold.touched, self._renewed, self.fold.ended
        is_news = bool(ended or renewed or touched.calls or touched.queues or touched.channels)
        if is_news:
            self.revision += 1
            changes = list(self._changes())
            ended.clear()
            renewed.clear()
            touched.clear()
            self._tell(changes)
        if self._publish_conversations() or is_news:
            self._tell_news()

    def _changes(self) -> Iterator[Change]:
        """What is told now, of the kinds that somebody wants."""
        fold, wanted, revision = self.fold, self._wanted, self.revision
        if "queue" in wanted:
            for name in fold.touched.queues:
                queue = fold.staff.queues.get(name)
                yield Change(revision, "queue", name, None if queue is None else fold.staff.queue_value(queue))
        if "call" in wanted:
            for over in fold.ended:
                yield Change(revision, "call", over.id.uniqueid, over.value())
            for uniqueid in fold.touched.calls:
                call = fold.calls.get(uniqueid)
                yield Change(revision, "call", uniqueid, None if call is None else call.value())
        if "agent" in wanted:
            for agent in self._renewed:
                yield Change(revision, "agent", agent.name, agent)
        if "channel" in wanted:
            for uniqueid in fold.touched.channels:
                channel = fold.legs.channels.get(uniqueid)
                yield Change(revision, "channel", uniqueid, None if channel is None else fold.legs.value(channel))

    def _publish_conversations(self) -> bool:
        """Give those that changed to who wants them, and say if any did; nobody paints one that nobody looks at."""
        conversations = self.fold.conversations
        touched, ended = conversations.touched, conversations.ended
        if not touched and not ended:
            return False
        listeners = list(self._listeners.values())
        changed: list[Conversation] = []
        if not all(only_ended for _, only_ended in listeners):
            changed = [conversations.value(live) for key in touched if (live := conversations.live.get(key))]
        for listener, only_ended in listeners:
            for conversation in ended if only_ended else (*ended, *changed):
                try:
                    listener(conversation)
                except Exception:
                    log.exception("a watcher of the conversations failed")
        touched.clear()
        ended.clear()
        return True

    def _tell(self, changes: Iterable[Change]) -> None:
        for change in changes:
            for watcher, kinds in list(self._watchers.values()):
                if change.kind in kinds:
                    try:
                        watcher(change)
                    except Exception:
                        log.exception("a watcher of the live state failed on a change of kind %s", change.kind)

    def _tell_news(self) -> None:
        for hear in list(self._news.values()):
            try:
                hear()
            except Exception:
                log.exception("a watcher of the live state failed on news")


def snapshot_of(
    fold: Fold, at: datetime, revision: int, link: LinkStatus, *, with_conversations: bool = False
) -> Snapshot:
    """The values of a fold at one moment."""
    conversations = fold.conversations.live.values() if with_conversations else ()
    legs, staff = fold.legs, fold.staff
    agents = [staff.renew(agent, legs.of(agent.phone), at) for agent in staff.agents.values()]
    return Snapshot(
        node=fold.node,
        revision=revision,
        at=at,
        link=link,
        channels=tuple(legs.value(channel) for channel in legs.channels.values()),
        bridges=legs.bridge_values(),
        calls=tuple(call.value() for call in fold.calls.values()),
        conversations=tuple(fold.conversations.value(live) for live in conversations),
        queues=tuple(staff.queue_value(queue) for queue in staff.queues.values()),
        agents=tuple(sorted(agents, key=lambda agent: (agent.name, agent.interface))),
        devices=dict(fold.devices),
    )
