"""One switch's connection through its life: log in, list everything, follow, act, come back.

A reconnection is a first connection: whatever was missed is listed again. The state is called live only after a probe
call has run its `UserEvent` through the switch's own dialplan: everything that happened before the probe is then in
events that were delivered before it, which no action of the manager itself can promise.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import NoReturn

from ami.actions import (
    Action,
    BridgeList,
    CoreShowChannels,
    CoreStatus,
    DeviceStateList,
    ListAction,
    ParkedCalls,
    QueueStatus,
    RowT,
    barrier_probe,
)
from ami.comparison import Difference, compare
from ami.errors import ActionRefused, AmiError, LinkDown, LoginRefused, OutcomeUnknown
from ami.events import BarrierReached, Event, OriginateEnded, RelistAsked
from ami.fold import Fold
from ami.live import Live, snapshot_of
from ami.models import RESTART, LinkState, LinkStatus, Snapshot
from ami.received import ReceivedCall
from ami.relist import Listing, Memory, load, settle
from ami.rows import ParkedRow
from ami.wire import Address, Reply, Wire

__all__ = ["Address", "Difference", "Manager", "Reply", "SwitchLink", "compare", "open_manager"]

log = logging.getLogger(__name__)

Differences = list[Difference]

DEADLINE = 5.0
LIST_DEADLINE = 30.0
BARRIER_DEADLINE = 30.0
SWEEP_INTERVAL = 60.0
DOUBT_PAUSE, DOUBT_INTERVAL = 1.0, 10.0
"""Seconds: from an event that contradicts what is known to the sweep that it asks for (what came out of order may come
yet), and between two such sweeps. While they find nothing they come ever more rarely."""
RETRY_FIRST, RETRY_LAST = 0.25, 5.0
REFUSED_FIRST, REFUSED_LAST = 30.0, 300.0  # a ban list counts wrong passwords
RESYNC_RETRY = 2.0
_UNKNOWN = "unknown command"


class Manager:
    """A connection for asking only: no events, no live state. For deploying and for the command line."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def act(self, action: Action, deadline: float = DEADLINE) -> Reply:
        """Do one thing. Raises ActionRefused, LinkDown, OutcomeUnknown, UnsafeValue."""
        return await self._wire.act(action, deadline)

    async def list(self, action: ListAction[RowT], deadline: float = LIST_DEADLINE) -> list[RowT]:
        """All rows of a list. Raises as `act`."""
        return await self._wire.list(action, deadline)


@asynccontextmanager
async def open_manager(address: Address, deadline: float = DEADLINE) -> AsyncIterator[Manager]:
    """A logged-in connection without events, closed at the end. Raises LinkDown or LoginRefused."""
    wire = Wire(address, wants_events=False)
    try:
        await wire.open(deadline)
        yield Manager(wire)
    finally:
        wire.close()


class _Aside:
    """A fold being built aside: events are kept until the lists are there, then applied, up to the barrier's tag."""

    def __init__(self, live: Live, memory: Memory | None) -> None:
        self.tag = f"cb-{secrets.token_hex(8)}"
        self.memory = memory
        self.fold: Fold | None = None
        self.barrier: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._live = live
        self._kept: list[Event] = []

    def take(self, event: Event) -> None:
        if self.fold is None:
            self._kept.append(event)
            return
        self.fold.apply(event, event.at or self._live.now())
        if self.barrier.done():
            return
        if isinstance(event, BarrierReached) and event.tag == self.tag:
            self.barrier.set_result(True)
        elif isinstance(event, OriginateEnded) and event.action_id == self.tag and not event.succeeded:
            self.barrier.set_result(False)

    def start(self, fold: Fold) -> None:
        for event in self._kept:
            fold.apply(event, event.at or self._live.now())
        self._kept.clear()
        self.fold = fold


class SwitchLink:
    """Keeps `live` true to one switch. `run()` is a task of whoever owns the link; everything else may be called while
    it runs.

    `dropped`: events lost because nobody took them in time. `resyncs`: full lists after the first of a connection.
    `drift`: differences that sweeps found between the state and the switch (and mended). `strange`: events that
    contradicted what was known, each a sign of loss that asks for an early sweep.
    """

    def __init__(
        self,
        node: str,
        address: Address,
        live: Live,
        barrier_context: str = "cordboard-barrier",
        *,
        sweep_interval: float = SWEEP_INTERVAL,
        connect_deadline: float = DEADLINE,
        barrier_deadline: float = BARRIER_DEADLINE,
        backlog_events: int = 20_000,
        ping_interval: float = 5.0,
        ping_deadline: float = 5.0,
    ) -> None:
        self.node = node
        self.dropped = 0
        self.resyncs = 0
        self.drift = 0
        self.strange = 0
        self._address = address
        self._live = live
        self._barrier = barrier_context
        self._sweep_interval = sweep_interval
        self._connect_deadline = connect_deadline
        self._barrier_deadline = barrier_deadline
        self._backlog_events = backlog_events
        self._ping_interval = ping_interval
        self._ping_deadline = ping_deadline
        self._wire: Wire | None = None
        self._asides: list[_Aside] = []
        self._follows = False  # the live state takes events: it was exact once on this connection
        self._wanted: str | None = None  # why a full list is wanted
        self._wish = asyncio.Event()
        self._sweep_due = 0.0  # by the loop's clock
        self._swept = -DOUBT_INTERVAL
        self._doubt_interval = DOUBT_INTERVAL
        self._became = asyncio.Event()
        self._listing = asyncio.Lock()
        self._started: str | None = None
        self._recollected: tuple[ReceivedCall, ...] = ()
        self._was_live = False
        self._left: datetime | None = None  # when the last connection that was live ended
        self._health = ""

    # What others ask

    def recollect(self, calls: Iterable[ReceivedCall]) -> None:
        """Say what was kept of calls that may be up: the first list finds them, or tells them as ended."""
        self._recollected = tuple(calls)

    @property
    def status(self) -> LinkStatus:
        return self._live.link

    @property
    def is_live(self) -> bool:
        return self._live.link.state is LinkState.LIVE and self._wire is not None and self._wire.is_open

    async def wait_live(self, timeout: float) -> None:
        """Return when the state is live. Raises LinkDown, with the reason it is not, after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                while not self.is_live:
                    self._became.clear()
                    await self._became.wait()
        except TimeoutError:
            status = self.status
            raise LinkDown(f"{self.node} is {status.state}{f' ({status.reason})' if status.reason else ''}") from None

    async def act(self, action: Action, deadline: float = DEADLINE) -> Reply:
        """Do one thing. Raises ActionRefused, LinkDown (not done), OutcomeUnknown (look first), UnsafeValue."""
        return await self._connected().act(action, deadline)

    async def list(self, action: ListAction[RowT], deadline: float = LIST_DEADLINE) -> list[RowT]:
        """All rows of a list. Raises as `act`."""
        return await self._connected().list(action, deadline)

    def resync(self, reason: str) -> None:
        """List everything again soon, because something changed of which Asterisk sends no events (a queue reload)."""
        self._wanted = self._wanted or reason
        self._wish.set()

    async def compare(self) -> Differences:
        """Differences between the live state and a fresh listing, both of the very same moment. Raises AmiError."""
        model, fresh = await self._look()
        return compare(model, fresh)

    async def sweep(self) -> Differences:
        """Compare once; count the drift, and ask for a resync if there is any. Raises AmiError."""
        differences = await self.compare()
        if differences:
            self.drift += len(differences)
            first = differences[0]
            log.warning("%s: %d differences, first: %s %s", self.node, len(differences), first.kind, first.field)
            self.resync("drift")
        return differences

    def _connected(self) -> Wire:
        if self._wire is None or not self._wire.is_open:
            raise LinkDown(self.status.reason or "not connected")
        return self._wire

    # The life of the connection

    async def run(self) -> NoReturn:
        """Connect, follow, come back; until cancelled."""
        tries = refusals = 0
        try:
            while True:
                try:
                    await self._one_connection()
                except LoginRefused as refused:
                    refusals += 1
                    pause = _back_off(refusals, REFUSED_FIRST, REFUSED_LAST)
                    self._say(LinkState.DOWN, f"login refused: {refused}", "refused")
                except AmiError as error:
                    refusals = 0
                    if self._was_live:
                        self._left = self._live.now()
                    tries = 1 if self._was_live else tries + 1
                    pause = _back_off(tries, RETRY_FIRST, RETRY_LAST)
                    self._say(LinkState.DOWN, str(error), "down")
                self._was_live = False
                log.debug("%s: next try in %.2f s", self.node, pause)
                await self._rest(pause)
        finally:
            self._live.set_link(LinkState.DOWN, "closed")

    async def _rest(self, pause: float) -> None:
        """Wait before the next try; who wants a relist wants it now (a new configuration may hold our account)."""
        self._wish.clear()
        waits = [asyncio.create_task(asyncio.sleep(pause)), asyncio.create_task(self._wish.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _one_connection(self) -> NoReturn:
        wire = Wire(
            self._address,
            backlog_events=self._backlog_events,
            ping_interval=self._ping_interval,
            ping_deadline=self._ping_deadline,
        )
        try:
            await wire.open(self._connect_deadline)
            self._wire = wire
            self._say(LinkState.SYNCING)
            # Not a TaskGroup: before Python 3.13 one that is ending already swallows a cancellation from outside.
            tasks = [asyncio.create_task(self._follow(wire)), asyncio.create_task(self._keep_exact(wire))]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            error = next(filter(None, (task.exception() for task in done)))
            raise LinkDown(wire.end or str(error)) if isinstance(error, AmiError) else error
        finally:
            wire.close()
            self.dropped += wire.lost_events
            self._wire = None
            self._follows = False
            self._asides.clear()

    async def _follow(self, wire: Wire) -> NoReturn:
        """Take events as they come, into the live state and into whatever is being built aside."""
        live = self._live
        seen_lost = 0
        while True:
            events = await wire.next_events(self._until_tick())
            strange = live.strange
            if any(isinstance(event, RelistAsked) for event in events):
                self.resync("asked")
            if self._follows:
                live.take(events)
            for aside in self._asides:
                for event in events:
                    aside.take(event)
            live.tick()
            if live.strange != strange:
                self._doubt(live.strange - strange)
            if wire.lost_events != seen_lost:
                seen_lost = wire.lost_events
                self._wanted = "overflow"
                self._wish.set()
                if self.is_live:
                    self._say(LinkState.SYNCING, "events were lost", "overflow")
            await asyncio.sleep(0)

    def _until_tick(self) -> float | None:
        due = self._live.next_tick()
        return None if due is None else max(0.0, (due - self._live.now()).total_seconds())

    async def _keep_exact(self, wire: Wire) -> NoReturn:
        """List everything at first, when asked, and when a sweep finds drift."""
        gap = "link"
        while True:
            self._wish.clear()
            reason, self._wanted = self._wanted, None
            gap = gap or _gap_of(reason)
            lost = wire.lost_events
            try:
                await self._sync(wire, gap)
            except (ActionRefused, OutcomeUnknown) as error:
                if not wire.is_open:
                    raise LinkDown(wire.end) from None
                if wire.lost_events != lost:
                    gap = "overflow"
                if not self.is_live:
                    self._say(LinkState.SYNCING, str(error))
                self.resync(reason or "retry")
                await asyncio.sleep(RESYNC_RETRY)
            else:
                gap = ""
                await self._until_wanted()

    def _doubt(self, signs: int) -> None:
        """Events contradicted what is known: compare early."""
        self.strange += signs
        now = asyncio.get_running_loop().time()
        due = max(now + DOUBT_PAUSE, self._swept + self._doubt_interval)
        if due < self._sweep_due:
            log.info("%s: %d events do not fit what is known: comparing", self.node, signs)
            self._sweep_due = due
            self._wish.set()

    async def _until_wanted(self) -> None:
        """Wait for the next reason to list everything, sweeping meanwhile."""
        loop = asyncio.get_running_loop()
        self._sweep_due = loop.time() + _about(self._sweep_interval)
        while self._wanted is None:
            self._wish.clear()
            try:
                async with asyncio.timeout_at(self._sweep_due):
                    await self._wish.wait()
            except TimeoutError:
                self._swept = loop.time()
                self._sweep_due = self._swept + _about(self._sweep_interval)
                with suppress(ActionRefused, OutcomeUnknown):
                    found = await self.sweep()
                    self._doubt_interval = DOUBT_INTERVAL if found else 2 * self._doubt_interval
        self.resyncs += 1

    async def _sync(self, wire: Wire, gap: str) -> None:
        live = self._live
        status = await wire.act(CoreStatus(), DEADLINE)
        lost = wire.lost_events
        fold = await self._build(wire, gap)
        # Nothing is awaited from here on: the events that come next go to the state that is swapped in now.
        if wire.lost_events != lost:
            raise OutcomeUnknown("events were lost while everything was listed")
        is_restart = self._started is not None and status.started != self._started
        over = self._left if is_restart else None
        self._started = status.started
        settle(fold, live.now(), over)
        self._follows = self._was_live = True
        live.replace(fold, RESTART if is_restart else "gap", over)
        self._recollected = ()
        self._became.set()
        self._note_health("live")

    async def _look(self) -> tuple[Snapshot, Snapshot]:
        """The live state and a fresh one, of the same moment."""
        wire = self._connected()
        if not self._follows:
            raise LinkDown(self.status.reason or "nothing was listed yet")
        lost = wire.lost_events
        fold = await self._build(wire, None)
        if wire.lost_events != lost:
            raise OutcomeUnknown("events were lost while everything was listed")
        now = self._live.now()
        settle(fold, now)
        model = self._live.snapshot(with_conversations=True)
        return model, snapshot_of(fold, now, self._live.revision, self.status, with_conversations=True)

    async def _build(self, wire: Wire, gap: str | None) -> Fold:
        """A fold that is exact in the moment in which this returns. `gap` as in Memory; None for a fold that shall know
        only what the switch tells now. Raises AmiError."""
        live = self._live
        async with self._listing:
            aside = _Aside(live, None if gap is None else Memory.of(live.fold, gap, self._recollected))
            self._asides.append(aside)
            try:
                listing = Listing(
                    live.now(),
                    tuple(await wire.list(CoreShowChannels(), LIST_DEADLINE)),
                    tuple(await wire.list(BridgeList(), LIST_DEADLINE)),
                    tuple(await wire.list(QueueStatus(), LIST_DEADLINE)),
                    tuple(await wire.list(DeviceStateList(), LIST_DEADLINE)),
                    await _parked(wire),
                )
                fold = live.new_fold()
                load(fold, listing, aside.memory)
                aside.start(fold)
                await self._pass_barrier(wire, aside)
            finally:
                self._asides.remove(aside)
            return fold

    async def _pass_barrier(self, wire: Wire, aside: _Aside) -> None:
        try:
            await wire.act(barrier_probe(self._barrier, aside.tag, self._barrier_deadline), DEADLINE)
        except ActionRefused as refused:
            raise ActionRefused(f"context {self._barrier}: {refused.message}") from None
        try:
            async with asyncio.timeout(self._barrier_deadline):
                has_passed = await aside.barrier
        except TimeoutError:
            raise OutcomeUnknown(f"no barrier within {self._barrier_deadline:g} s") from None
        if not has_passed:
            raise ActionRefused(f"context {self._barrier}: the probe call failed")

    def _say(self, state: LinkState, reason: str = "", health: str = "") -> None:
        if self._live.set_link(state, reason):
            self._became.set()
        if health:
            self._note_health(health, reason)

    def _note_health(self, health: str, reason: str = "") -> None:
        """Log the link's health where it changes, never at each try."""
        if health == self._health:
            return
        self._health = health
        if health == "live":
            log.info("%s: live", self.node)
        else:
            log.warning("%s: %s: %s", self.node, health, reason)


async def _parked(wire: Wire) -> tuple[ParkedRow, ...]:
    """Who is parked; nobody on a switch that has no parking loaded."""
    try:
        return tuple(await wire.list(ParkedCalls(), LIST_DEADLINE))
    except ActionRefused as refused:
        if _UNKNOWN not in refused.message.lower():
            raise
        return ()


def _gap_of(reason: str | None) -> str:
    """The gap in the events that a reason to list everything means; "" if events told everything so far."""
    return reason if reason in ("overflow", "drift") else ""


def _about(seconds: float) -> float:
    """More or less so long, so that many links do not sweep at once."""
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311


def _back_off(tries: int, first: float, last: float) -> float:
    """Seconds until the next try: doubled each time, with jitter so that many links do not come back at once."""
    return min(last, first * 2.0 ** min(tries - 1, 16)) * random.uniform(0.5, 1.0)  # noqa: S311
