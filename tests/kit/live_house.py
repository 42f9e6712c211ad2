"""Cordboard's live path put together as the daemon does it, for a stream of bytes: fold, history, boards and feeds.

async with LiveHouse(database) as house:        # a database that knows the company `full`
    count = await house.take(stream)             # decoded, folded, told to a page; returns the messages
    await house.written()                        # until history is in the database
async with LiveHouse(database) as house:
    await house.follow(Address(...))             # or over a socket, by a link
    url, one_time = await house.serve()          # its pages, and the password to sign in with as `admin`
"""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self

from ami.client import Address, SwitchLink
from ami.events import WATCHED, parse
from ami.live import Live
from ami.models import LinkState
from ami.stream import Stream, event_name, headers_of
from ami.wire import BATCH
from cordboard.desk.access import Access
from cordboard.desk.agent_desks import AgentDesks
from cordboard.desk.agents import Agents
from cordboard.desk.board import Boards
from cordboard.desk.figures import Figures
from cordboard.desk.live_calls import Sight
from cordboard.desk.whereabouts import Whereabouts
from cordboard.journal.recorder import Recorder
from cordboard.store.engine import open_store
from cordboard.web.app import make_app
from cordboard.web.feed import Feeds
from cordboard.web.keys import Origins
from cordboard.web.serve import serve

SEGMENT = 1 << 16
COMPANY = "full"


class LiveHouse:
    """One node's live state, its journal, and one open page."""

    def __init__(self, database: str, *, node: str = "pbx1") -> None:
        self.database = database
        self.live = Live(node)
        self.messages_to_page = 0
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._store = store = await self._stack.enter_async_context(open_store(self.database))
        self.recorder = Recorder(store, self.live)
        self._boards = self._stack.enter_context(contextlib.closing(Boards([self.live])))
        figures = Figures(store, self._boards, [self.live])
        await figures.refresh()
        self._feeds = self._stack.enter_context(contextlib.closing(Feeds(self._boards)))
        self._tasks = [asyncio.create_task(self.recorder.run()), asyncio.create_task(figures.run())]
        await asyncio.sleep(0.1)
        return self

    async def open_page(self) -> None:
        """Somebody looks at the company's live page from now on, in this process."""
        self.live.set_link(LinkState.LIVE)
        self._tasks.append(asyncio.create_task(self._look_at_the_page()))
        await asyncio.sleep(0)

    async def follow(self, address: Address) -> SwitchLink:
        """Follow a switch; returns when its state is live."""
        self.link = SwitchLink(self.live.node, address, self.live, sweep_interval=3600)
        self._tasks.append(asyncio.create_task(self.link.run()))
        await self.link.wait_live(60)
        return self.link

    async def serve(self) -> tuple[str, str]:
        """Address of the pages, and the one-time password of the account `admin`. A switch is followed already."""
        access = self._stack.enter_context(Access(self._store))
        one_time = await access.open_first_account() or ""
        node = self.live.node
        agents = Agents(self._store, self.link, self.live)
        desk = AgentDesks({node: agents}, Whereabouts(self._store, {node: self.live}))
        app = make_app(access, self._boards, desk, feeds=self._feeds, origins=Origins(is_secure=False))
        url = await self._stack.enter_async_context(serve(app, "127.0.0.1", 0))
        return url, one_time

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()

    async def take(self, stream: bytes) -> int:
        """What the link does with bytes: cut, decode, type, fold; everybody else has a turn after each batch."""
        reader, count = Stream(), 0
        for start in range(0, len(stream), SEGMENT):
            messages = reader.feed(stream[start : start + SEGMENT])
            count += len(messages)
            watched = [message for message in messages if event_name(message) in WATCHED]
            for first in range(0, len(watched), BATCH):
                told = [parse(headers_of(message)) for message in watched[first : first + BATCH]]
                self.live.take([event for event in told if event is not None])
                self.live.tick()
                await asyncio.sleep(0)
        return count

    async def written(self) -> None:
        """Wait until nothing waits for the database."""
        while self.recorder.waiting:
            await asyncio.sleep(0.005)

    async def _look_at_the_page(self) -> None:
        feed = self._feeds.of(COMPANY, Sight.SPYING)
        assert feed is not None
        watcher = feed.join()
        try:
            while True:
                await watcher.news(5.0)
                self.messages_to_page += bool(watcher.take(0.0))
        finally:
            feed.leave(watcher)
