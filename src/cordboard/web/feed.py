"""The live feed: one company's board as a snapshot and then its changes, for any number of browsers of one sight.

A change is told as the whole new card under its key, or null when the card is gone, so that changes of one card that
wait for a slow browser merge into the last of them. Messages (JSON):

    {"kind": "board",   "revision": 7, "now": 1764153600.0, "cards": {key: card}}
    {"kind": "changes", "from": 7, "to": 9, "now": ..., "cards": {key: card or null}}
    {"kind": "beat",    "revision": 9, "now": ...}

A browser whose revision is not `from` (or not a beat's `revision`) has missed something and starts again.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cordboard.desk.board import Board, Boards
from cordboard.desk.cards import Card, fields_of
from cordboard.desk.live_calls import Sight

GATHER = 0.05
LONGEST_GATHER = 1.0
SHARE = 4
"""How many times as long as a comparison took is waited before the next."""
OUTBOX_BYTES = 256 * 1024

# Close codes of the live feed, beside the standard ones.
GOING_AWAY = 1001
"""The server stops: come back."""
FLOODING = 1008
"""The browser talks too much."""
TOO_SLOW = 4008
"""The browser does not take what it is sent: come back to a fresh snapshot."""
SIGNED_OUT = 4401
"""The session ended: sign in again."""


class Watcher:
    """What waits for one browser: one card a key at most, and `limit` bytes; past that `is_lost`."""

    def __init__(self, revision: int, snapshot: str, *, limit: int = OUTBOX_BYTES) -> None:
        self._snapshot: str | None = snapshot
        self._limit = limit
        self._sent = self._reached = revision
        self._cards: dict[str, str] = {}
        self._size = 0
        self._news = asyncio.Event()
        self._news.set()
        self.is_lost = False
        self.closed_as: int | None = None
        """The close code, once somebody decided that this watcher must go."""

    @property
    def waiting_bytes(self) -> int:
        return self._size

    def offer(self, revision: int, fragments: Mapping[str, str]) -> None:
        """Leave changed cards for the browser, each in place of an older one of its key."""
        is_behind = bool(self._cards)
        for key, fragment in fragments.items():
            self._size += len(fragment) - len(self._cards.get(key, ""))
            self._cards[key] = fragment
        # One change of a board that is larger than the limit is nobody's slowness.
        self.is_lost = is_behind and self._size > self._limit
        self._reached = revision
        self._news.set()

    def close(self, code: int) -> None:
        """Let the browser's task end with this close code."""
        if self.closed_as is None:
            self.closed_as = code
        self._news.set()

    def take(self, now: float) -> str:
        """The next message: the snapshot first, then what has changed, or a beat when there is nothing."""
        self._news.clear()
        if self._snapshot is not None:
            message, self._snapshot = self._snapshot, None
            if self._cards:
                self._news.set()
            return message
        if self._reached == self._sent:
            return f'{{"kind":"beat","revision":{self._sent},"now":{now:.3f}}}'
        message = (
            f'{{"kind":"changes","from":{self._sent},"to":{self._reached},"now":{now:.3f},'
            f'"cards":{{{",".join(self._cards.values())}}}}}'
        )
        self._sent, self._size = self._reached, 0
        self._cards.clear()
        return message

    async def news(self, patience: float) -> None:
        """Wait until there is something to say, `patience` seconds at most."""
        try:
            async with asyncio.timeout(patience):
                await self._news.wait()
        except TimeoutError:
            pass


class Feed:
    """One company's board, its revision and its watchers.

    Changes are gathered for `gather` seconds, compared once, serialised once a card, and left in every outbox.
    """

    def __init__(
        self,
        board: Callable[[], Board | None],
        *,
        gather: float = GATHER,
        outbox_bytes: int = OUTBOX_BYTES,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._board = board
        self._gather = self._pause = gather
        self._cost = 0.0
        self._outbox_bytes = outbox_bytes
        self._wall_clock = wall_clock
        self._cards: Mapping[str, Card] = {}
        self._fragments: dict[str, str] = {}
        self._watchers: set[Watcher] = set()
        self._timer: asyncio.TimerHandle | None = None
        self.revision = 0

    def changed(self) -> None:
        """The board may have changed: compare soon. Cheap, and may be called thousands of times a second."""
        if self._timer is None and self._watchers:
            self._timer = asyncio.get_running_loop().call_later(self._pause, self.publish)

    def publish(self) -> None:
        """Compare with what was published last and tell every watcher the difference, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        started = time.thread_time()
        current = self._board()
        cards: Mapping[str, Card] = current.cards if current else {}
        fragments = dict(_difference(self._cards, cards))
        self._cards = cards
        # A board so large that comparing takes long is compared less often, so that it never fills the loop. Counted is
        # our own work, and of two comparisons the quicker: that other programs had the processor meanwhile, or that the
        # collector came by, makes no board larger.
        before, self._cost = self._cost, time.thread_time() - started
        self._pause = min(max(self._gather, SHARE * min(before, self._cost)), LONGEST_GATHER)
        if not fragments:
            return
        self.revision += 1
        for key, fragment in fragments.items():
            if key in cards:
                self._fragments[key] = fragment
            else:
                self._fragments.pop(key, None)
        for watcher in self._watchers:
            watcher.offer(self.revision, fragments)
            if watcher.is_lost:
                watcher.close(TOO_SLOW)

    def snapshot(self) -> str:
        """The whole board as it is now, as one message."""
        self.publish()
        cards = ",".join(self._fragments.values())
        return f'{{"kind":"board","revision":{self.revision},"now":{self._wall_clock():.3f},"cards":{{{cards}}}}}'

    def join(self) -> Watcher:
        """A new watcher, its snapshot in its outbox. There must be no await between the snapshot and the subscription:
        what happened in between would be seen by nobody."""
        snapshot = self.snapshot()
        watcher = Watcher(self.revision, snapshot, limit=self._outbox_bytes)
        self._watchers.add(watcher)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """The browser is gone."""
        self._watchers.discard(watcher)
        if not self._watchers and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self, code: int) -> None:
        """Send every watcher away."""
        for watcher in self._watchers:
            watcher.close(code)

    @property
    def watchers(self) -> int:
        return len(self._watchers)


class Feeds:
    """The feeds of all companies."""

    def __init__(self, boards: Boards, *, gather: float = GATHER, outbox_bytes: int = OUTBOX_BYTES) -> None:
        self._boards = boards
        self._gather = gather
        self._outbox_bytes = outbox_bytes
        self._feeds: dict[tuple[str, Sight], Feed] = {}
        self._unwatch: Callable[[], None] | None = boards.watch(self._changed)

    def of(self, company: str, sight: Sight) -> Feed | None:
        """A company's feed for those of this sight; None if it has no board."""
        if company not in self._boards.companies:
            return None
        if (company, sight) not in self._feeds:
            self._feeds[company, sight] = Feed(
                lambda: self._boards.board(company, sight), gather=self._gather, outbox_bytes=self._outbox_bytes
            )
        return self._feeds[company, sight]

    @property
    def watchers(self) -> int:
        return sum(feed.watchers for feed in self._feeds.values())

    def close(self) -> None:
        """Send every browser away; it may come back to the next process."""
        if self._unwatch is not None:
            self._unwatch()
            self._unwatch = None
        for feed in self._feeds.values():
            feed.close(GOING_AWAY)

    def _changed(self) -> None:
        for feed in self._feeds.values():
            feed.changed()


def _difference(before: Mapping[str, Card], after: Mapping[str, Card]) -> Iterable[tuple[str, str]]:
    for key, card in after.items():
        known = before.get(key)
        if known is not card and known != card:
            yield key, f"{_text(key)}:{_text(card)}"
    for key in before:
        if key not in after:
            yield key, f"{_text(key)}:null"


def _text(value: Any) -> str:
    return _ENCODER.encode(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=fields_of)
