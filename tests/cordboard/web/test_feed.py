"""The feed: a snapshot and its changes are the server's state, each change is made once, the slow one pays."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.desk.board import Board
from cordboard.desk.cards import LinkCard, QueueCard, WaitingCard
from cordboard.web import feed as module
from cordboard.web.feed import TOO_SLOW, Feed, Watcher
from kit.patience import PATIENCE


def queue(name: str, waiting: int) -> QueueCard:
    line = tuple(WaitingCard(f"pbx1/{n}", "+33612345678", "Zoë </script> \u2028", 0.5, n, 0) for n in range(waiting))
    return QueueCard("pbx1", name, name.title(), None, 0, 300.0, line, 1, 0, 0)


class Server:
    """A board that a test changes."""

    def __init__(self) -> None:
        self.cards: dict[str, Any] = {"link/pbx1": LinkCard("pbx1", "live", 0.0, None)}

    def board(self) -> Board:
        return Board(dict(self.cards))

    def put(self, name: str, waiting: int) -> None:
        self.cards[f"queue/{name}"] = queue(name, waiting)

    def drop(self, name: str) -> None:
        self.cards.pop(f"queue/{name}", None)

    def as_json(self) -> dict[str, Any]:
        return {key: json.loads(json.dumps(dataclasses.asdict(card))) for key, card in self.cards.items()}


class Browser:
    """What a browser makes of what it takes; it notices when something is missing."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher
        self.revision = -1
        self.cards: dict[str, Any] = {}
        self.messages: list[dict[str, Any]] = []

    def read(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.watcher.take(1000.0))
        self.messages.append(message)
        if message["kind"] == "board":
            self.cards, self.revision = dict(message["cards"]), message["revision"]
        elif message["kind"] == "beat":
            assert message["revision"] == self.revision
        else:
            assert message["from"] == self.revision, "a gap"
            self.revision = message["to"]
            for key, card in message["cards"].items():
                if card is None:
                    self.cards.pop(key, None)
                else:
                    self.cards[key] = card
        return message

    def catch_up(self) -> None:
        while self.read()["kind"] != "beat":
            pass


STEPS = st.one_of(
    st.tuples(st.just("put"), st.sampled_from("abcd"), st.integers(0, 3)),
    st.tuples(st.just("drop"), st.sampled_from("abcd")),
    st.tuples(st.just("publish")),
    st.tuples(st.just("join")),
    st.tuples(st.just("read"), st.integers(0, 5)),
)


@given(st.lists(STEPS, max_size=60))
def test_a_snapshot_and_its_changes_are_the_servers_state(steps: list[tuple[Any, ...]]) -> None:
    server = Server()
    feed = Feed(server.board)
    browsers = [Browser(feed.join())]
    for step, *arguments in steps:
        if step == "put":
            server.put(*arguments)
        elif step == "drop":
            server.drop(*arguments)
        elif step == "publish":
            feed.publish()
        elif step == "join":
            browsers.append(Browser(feed.join()))
        else:
            browsers[arguments[0] % len(browsers)].read()
    feed.publish()
    for browser in browsers:
        browser.catch_up()
        assert browser.cards == server.as_json()
        assert browser.revision == feed.revision


def test_changes_of_one_card_that_wait_merge_into_the_last() -> None:
    server = Server()
    feed = Feed(server.board)
    browser = Browser(feed.join())
    browser.read()
    for waiting in range(50):
        server.put("a", waiting % 7)
        feed.publish()
    server.put("b", 1)
    feed.publish()
    server.drop("b")
    feed.publish()
    message = browser.read()
    assert set(message["cards"]) == {"queue/a", "queue/b"}
    assert (message["from"], message["to"], message["cards"]["queue/b"]) == (0 + 1, feed.revision, None)
    assert browser.read()["kind"] == "beat"


def test_what_did_not_change_is_not_told() -> None:
    server = Server()
    feed = Feed(server.board)
    browser = Browser(feed.join())
    browser.read()
    server.put("a", 1)
    feed.publish()
    revision = feed.revision
    server.put("a", 1)
    feed.publish()
    assert feed.revision == revision
    assert set(browser.read()["cards"]) == {"queue/a"}


def test_a_change_is_serialised_once_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server()
    feed = Feed(server.board)
    browsers = [Browser(feed.join()) for _ in range(30)]
    made: list[object] = []

    text = module._text

    def counted(value: Any) -> str:
        if not isinstance(value, str):
            made.append(value)
        return text(value)

    monkeypatch.setattr(module, "_text", counted)
    server.put("a", 3)
    feed.publish()
    for browser in browsers:
        browser.catch_up()
    assert len(made) == 1
    feed.join()
    assert len(made) == 1, "nor again for who comes later"


def test_who_falls_behind_by_more_than_the_limit_is_lost_and_the_others_are_not() -> None:
    server = Server()
    feed = Feed(server.board, outbox_bytes=2000)
    slow, quick = Browser(feed.join()), Browser(feed.join())
    for n in range(40):
        server.put(f"q{n}", 2)
        feed.publish()
        quick.catch_up()
    assert slow.watcher.closed_as == TOO_SLOW
    assert quick.watcher.closed_as is None
    assert quick.cards == server.as_json()


def test_one_change_larger_than_the_limit_is_nobodys_slowness() -> None:
    server = Server()
    feed = Feed(server.board, outbox_bytes=2000)
    browser = Browser(feed.join())
    browser.read()
    for n in range(40):
        server.put(f"q{n}", 2)
    feed.publish()
    assert browser.watcher.closed_as is None
    browser.catch_up()
    assert browser.cards == server.as_json()


def test_what_waits_is_bounded_by_the_board_however_often_it_changes() -> None:
    server = Server()
    feed = Feed(server.board, outbox_bytes=10**9)
    watcher = feed.join()
    sizes = []
    for n in range(300):
        server.put("abc"[n % 3], n % 4)
        feed.publish()
        sizes.append(watcher.waiting_bytes)
    assert max(sizes[20:]) <= max(sizes[:20])


async def test_a_burst_is_gathered_into_one_comparison() -> None:
    server = Server()
    looked: list[int] = []

    def board() -> Board:
        looked.append(1)
        return server.board()

    feed = Feed(board, gather=0.01)
    browser = Browser(feed.join())
    browser.read()
    looked.clear()
    for n in range(1000):
        server.put("a", n % 5)
        feed.changed()
    async with asyncio.timeout(PATIENCE):
        await browser.watcher.news(5.0)
    assert len(looked) == 1
    assert browser.read()["cards"]["queue/a"]["waiting"] == server.as_json()["queue/a"]["waiting"]


async def test_without_browsers_nothing_is_compared() -> None:
    server = Server()
    looked: list[int] = []

    def board() -> Board:
        looked.append(1)
        return server.board()

    feed = Feed(board, gather=0.001)
    for _ in range(10):
        feed.changed()
    watcher = feed.join()
    feed.changed()
    feed.leave(watcher)
    looked.clear()
    await asyncio.sleep(0.01)
    assert looked == []


async def test_a_board_that_fails_once_is_looked_at_again(caplog: pytest.LogCaptureFixture) -> None:
    server = Server()
    fails = True

    def board() -> Board:
        if fails and "queue/a" in server.cards:
            raise RuntimeError("once")
        return server.board()

    feed = Feed(board, gather=0.001)
    browser = Browser(feed.join())
    browser.read()
    server.put("a", 1)
    feed.changed()
    async with asyncio.timeout(PATIENCE):
        while "once" not in caplog.text:
            await asyncio.sleep(0.002)
    fails = False
    feed.changed()
    async with asyncio.timeout(PATIENCE):
        await browser.watcher.news(5.0)
    browser.catch_up()
    assert browser.cards == server.as_json()


def test_a_card_cannot_break_out_of_its_message() -> None:
    server = Server()
    feed = Feed(server.board)
    server.cards['queue/"},"x":{"'] = queue('"}]', 1)
    browser = Browser(feed.join())
    browser.catch_up()
    assert browser.cards == server.as_json()
