"""The live page's WebSocket over real sockets: snapshot and changes, clients that never read, flood, or overstay."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import socket
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import WSMsgType

from ami.models import LinkState
from cordboard.desk.live_calls import Sight
from cordboard.store import accounts
from cordboard.store.engine import Store
from cordboard.store.records import Role
from cordboard.web.feed import FLOODING, GOING_AWAY, SIGNED_OUT, TOO_SLOW
from cordboard.web.live import Patience
from kit.patience import PATIENCE

from .conftest import PASSWORD, House, OpenHouse

BILLING = "acme-billing-fr"


class Page:
    """A live page: what it was told, put together."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.cards: dict[str, Any] = {}
        self.revision = -1
        self.beats = 0

    async def read(self) -> None:
        """One message. Raises EOFError at the end of the connection."""
        async with asyncio.timeout(PATIENCE):
            frame = await self.socket.receive()
        if frame.type is not WSMsgType.TEXT:
            raise EOFError(self.socket.close_code)
        message = json.loads(frame.data)
        if message["kind"] == "board":
            self.cards, self.revision = message["cards"], message["revision"]
        elif message["kind"] == "beat":
            self.beats += 1
            assert message["revision"] == self.revision
        else:
            assert message["from"] == self.revision
            self.revision = message["to"]
            for key, card in message["cards"].items():
                if card is None:
                    self.cards.pop(key, None)
                else:
                    self.cards[key] = card

    async def until(self, condition: Callable[[dict[str, Any]], bool]) -> None:
        while not condition(self.cards):
            await self.read()

    async def end(self) -> int | None:
        """Read to the end: the close code."""
        with contextlib.suppress(EOFError):
            while True:
                await self.read()
        return self.socket.close_code


async def open_page(client: aiohttp.ClientSession, **more: Any) -> Page:
    page = Page(await client.ws_connect("/api/live", **more))
    await page.read()
    return page


@contextlib.asynccontextmanager
async def mute_browser(house: House, client: aiohttp.ClientSession) -> AsyncIterator[socket.socket]:
    """A browser that shakes hands and then never reads again, with as little room as the system gives."""
    token = next(cookie.value for cookie in client.cookie_jar)
    address = urlsplit(house.url)
    loop = asyncio.get_running_loop()
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        raw.setblocking(False)
        await loop.sock_connect(raw, (address.hostname, address.port))
        request = (
            f"GET /api/live HTTP/1.1\r\nHost: {address.netloc}\r\nOrigin: http://{address.netloc}\r\n"
            f"Cookie: cordboard={token}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        await loop.sock_sendall(raw, request.encode())
        assert (await loop.sock_recv(raw, 12)) == b"HTTP/1.1 101"
        yield raw


async def test_a_call_is_followed_from_entry_to_end(house: House) -> None:
    page = await open_page(await house.administrator())
    house.told.member("acme-amel", BILLING)
    caller = house.told.call("1.1").enters()
    stage = "call/pbx1/1.1"
    await page.until(lambda cards: cards.get(stage, {}).get("stage") == "entering")
    caller.joins(BILLING)
    await page.until(lambda cards: cards[stage]["stage"] == "waiting")
    assert len(page.cards[f"queue/pbx1/{BILLING}"]["waiting"]) == 1
    caller.rings("acme-amel", BILLING).talks_to("acme-amel", BILLING)
    await page.until(lambda cards: cards[stage]["stage"] == "talking")
    assert page.cards[stage]["agent"] == "Amel Haddad"
    caller.hangs_up()
    await page.until(lambda cards: stage not in cards)
    await page.socket.close()


async def test_a_page_that_saw_every_change_shows_what_a_new_one_shows(house: House) -> None:
    client = await house.administrator()
    page = await open_page(client)
    dice = random.Random(7)
    callers = [house.told.call(f"1.{n}").enters() for n in range(6)]
    house.told.member("acme-amel", BILLING)
    for _ in range(150):
        caller = dice.choice(callers)
        steps: list[Callable[[], object]] = [
            caller.enters,
            caller.joins,
            caller.hangs_up,
            partial(caller.joins, BILLING),
            partial(caller.rings, "acme-amel", BILLING),
            partial(caller.is_missed_by, "acme-amel", BILLING),
            partial(caller.talks_to, "acme-amel", BILLING),
            partial(house.told.after, 1),
            partial(house.told.live.set_link, dice.choice(list(LinkState))),
        ]
        dice.choice(steps)()
        if dice.random() < 0.3:
            await asyncio.sleep(0.004)
    fresh = await open_page(client)
    while page.revision < fresh.revision:
        await page.read()
    assert page.cards == fresh.cards
    await page.socket.close()
    await fresh.socket.close()


async def test_a_quiet_page_is_told_that_it_is_live(house: House) -> None:
    page = await open_page(await house.administrator())
    while page.beats < 2:
        await page.read()
    await page.socket.close()


async def test_a_browser_that_never_reads_is_closed_while_the_others_go_on(open_house: OpenHouse) -> None:
    async with open_house(patience=Patience(beat=2.0, send=1.0), outbox_bytes=64 * 1024) as house:
        client = await house.administrator()
        for n in range(100):
            house.told.call(f"1.{n}").enters().joins(BILLING)
        page = await open_page(client)
        async with mute_browser(house, client), asyncio.timeout(PATIENCE):
            while house.feeds.watchers < 2:
                await asyncio.sleep(0.005)
            sent = 0
            while house.feeds.watchers == 2:
                # The queue's card, with a hundred callers in it, changes and is told again.
                house.told.member("acme-amel", BILLING, Paused=str(sent % 2))
                await page.read()
                sent += 1
        assert sent > 10, "a browser is not given up for a few messages"
        caller = house.told.call("9.9").enters()
        await page.until(lambda cards: "call/pbx1/9.9" in cards)
        caller.hangs_up()
        await page.until(lambda cards: "call/pbx1/9.9" not in cards)
        again = await open_page(client)
        assert again.cards == page.cards
        await page.socket.close()
        await again.socket.close()


async def test_a_browser_that_wakes_up_too_late_is_told_why(open_house: OpenHouse) -> None:
    async with open_house(outbox_bytes=1) as house:
        page = await open_page(await house.administrator())
        house.told.call("1.1").enters()
        await asyncio.sleep(0)
        # Two changes wait for it before its task has its turn: more than it may hold.
        watcher = next(iter(house_watchers(house)))
        watcher.offer(10, {"call/a": '"call/a":{}'})
        watcher.offer(11, {"call/b": '"call/b":{}'})
        assert watcher.is_lost
        watcher.close(TOO_SLOW)
        assert await page.end() == TOO_SLOW


def house_watchers(house: House) -> Any:
    feed = house.feeds.of("acme", Sight.STRAYS)
    assert feed is not None
    return feed._watchers


async def test_what_a_page_says_is_ignored_and_too_much_of_it_ends_the_talk(house: House) -> None:
    client = await house.administrator()
    page = await open_page(client)
    for text in ("hello", '{"kind":"board"}', ""):
        await page.socket.send_str(text)
    await page.socket.send_bytes(b"\x00" * 100)
    house.told.call("1.1").enters()
    await page.until(lambda cards: "call/pbx1/1.1" in cards)
    for _ in range(100):
        with contextlib.suppress(ConnectionError):
            await page.socket.send_str("again")
    assert await page.end() == FLOODING


async def test_a_message_of_a_megabyte_is_not_taken(house: House) -> None:
    client = await house.administrator()
    page = await open_page(client)
    with contextlib.suppress(ConnectionError):
        await page.socket.send_bytes(os.urandom(1024 * 1024))
    assert await page.end() in (1009, FLOODING, 1006)
    again = await open_page(client)
    assert again.revision >= 0
    await again.socket.close()


async def test_a_page_ends_with_its_session(open_house: OpenHouse, store: Store) -> None:
    async with open_house(patience=Patience(beat=0.2, session=0.05)) as house:
        page = await open_page(await house.administrator())
        async with store.transaction() as transaction:
            await accounts.close_sessions_of(transaction, "admin")
        assert await page.end() == SIGNED_OUT


async def test_a_page_ends_when_its_account_may_see_less(open_house: OpenHouse, store: Store) -> None:
    async with open_house(patience=Patience(beat=0.2, session=0.05)) as house:
        page = await open_page(await house.somebody(Role.SUPERVISOR))
        async with store.transaction() as transaction:
            account = await accounts.find_account(transaction, f"{Role.SUPERVISOR}-acme-None")
            assert account is not None
            await accounts.save_account(transaction, replace(account, role=Role.WATCHER))
        assert await page.end() == SIGNED_OUT


async def test_pages_are_sent_away_when_the_server_stops(open_house: OpenHouse) -> None:
    async with open_house() as house:
        page = await open_page(await house.administrator())
        house.feeds.close()
        assert await page.end() == GOING_AWAY


async def test_one_session_cannot_take_every_place(house: House) -> None:
    client = await house.administrator()
    pages = [await open_page(client) for _ in range(10)]
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await open_page(client)
    assert refused.value.status == 503
    for page in pages:
        await page.socket.close()
    async with asyncio.timeout(PATIENCE):
        while house.feeds.watchers:
            await asyncio.sleep(0.005)
    again = await open_page(client)
    await again.socket.close()


async def test_one_account_cannot_take_every_place_by_signing_in_again(house: House) -> None:
    await house.administrator()
    pages = []
    for _ in range(2):
        client = await house.stranger()
        await client.post("/sign-in", json={"account": "admin", "password": PASSWORD})
        pages += [await open_page(client) for _ in range(10)]
    third = await house.stranger()
    await third.post("/sign-in", json={"account": "admin", "password": PASSWORD})
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await open_page(third)
    assert refused.value.status == 503
    other = await open_page(await house.somebody(Role.WATCHER))
    for page in (*pages, other):
        await page.socket.close()


@pytest.mark.parametrize("cut", ["reset", "close"])
async def test_a_browser_that_vanishes_leaves_nothing_behind(house: House, cut: str) -> None:
    client = await house.administrator()
    async with mute_browser(house, client) as raw:
        if cut == "reset":
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    async with asyncio.timeout(PATIENCE):
        while house.feeds.watchers:
            house.told.live.set_link(random.choice(list(LinkState)))
            await asyncio.sleep(0.01)
