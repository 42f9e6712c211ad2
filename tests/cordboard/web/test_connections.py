"""Connections that cost and bring nothing: silent ones, too many, junk on the wire, names that are not ours."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import zlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp
import pytest

from cordboard.web.connections import Limits
from cordboard.web.keys import Origins
from kit.patience import PATIENCE

from .conftest import House, OpenHouse

HEAD = "GET /healthz HTTP/1.1\r\nHost: x\r\n"


class Wire:
    """One TCP connection, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, text: str | bytes) -> None:
        self._writer.write(text.encode() if isinstance(text, str) else text)
        await self._writer.drain()

    async def answer(self) -> str:
        """A head and the body of two bytes that the sign of life has."""
        async with asyncio.timeout(PATIENCE):
            return (await self._reader.readuntil(b"\r\n\r\n") + await self._reader.readexactly(2)).decode()

    async def rest(self) -> str:
        """Everything up to the end of the connection, which must come."""
        async with asyncio.timeout(PATIENCE):
            try:
                return (await self._reader.read()).decode()
            except ConnectionError:
                return ""

    def leave(self) -> None:
        self._writer.transport.abort()


@contextlib.asynccontextmanager
async def wire(house: House) -> AsyncIterator[Wire]:
    address = urlsplit(house.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@pytest.mark.parametrize("said", ["", "GET / HT", HEAD])
async def test_who_does_not_ask_is_closed(open_house: OpenHouse, said: str) -> None:
    async with open_house(limits=Limits(silence=0.1)) as house, wire(house) as silent:
        await silent.send(said)
        assert await silent.rest() == ""


async def test_who_asked_and_only_half_asks_again_is_closed(open_house: OpenHouse) -> None:
    async with open_house(limits=Limits(silence=0.2)) as house, wire(house) as kept:
        await kept.send(HEAD + "\r\n")
        assert (await kept.answer()).endswith("ok")
        await kept.send(HEAD)
        assert await kept.rest() == ""


async def test_a_live_page_may_be_silent(open_house: OpenHouse) -> None:
    async with open_house(limits=Limits(silence=0.1)) as house:
        client = await house.administrator()
        page = await client.ws_connect("/api/live")
        for _ in range(5):
            assert (await page.receive(timeout=PATIENCE)).type is aiohttp.WSMsgType.TEXT
        assert not page.closed
        await page.close()


async def test_one_address_has_so_many_connections_and_gets_room_when_one_ends(open_house: OpenHouse) -> None:
    async with open_house(limits=Limits(most_an_address=2)) as house, wire(house) as first, wire(house) as second:
        for each in (first, second):
            await each.send(HEAD + "\r\n")
            assert (await each.answer()).endswith("ok")
        async with wire(house) as third:
            assert await third.rest() == ""
        second.leave()
        async with asyncio.timeout(PATIENCE):
            while True:
                async with wire(house) as again:
                    with contextlib.suppress(ConnectionError):
                        await again.send(HEAD + "Connection: close\r\n\r\n")
                    if (await again.rest()).endswith("ok"):
                        break
        await first.send(HEAD + "\r\n")
        assert (await first.answer()).endswith("ok"), "those that were there are not disturbed"


async def test_there_are_so_many_connections_in_all(open_house: OpenHouse, caplog: pytest.LogCaptureFixture) -> None:
    async with open_house(limits=Limits(most=1, most_an_address=None)) as house, wire(house) as first:
        await first.send(HEAD + "\r\n")
        assert (await first.answer()).endswith("ok")
        for _ in range(3):
            async with wire(house) as other:
                assert await other.rest() == ""
    assert [record.message for record in caplog.records].count("too many connections: some are turned away") == 1


def test_the_limit_leaves_descriptors_to_the_rest_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (256, 4096))
    assert Limits().most == 128
    monkeypatch.setattr("resource.getrlimit", lambda _: (-1, -1))
    assert Limits().most == 1000


@pytest.mark.parametrize(
    "junk",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
async def test_junk_is_answered_in_few_words_and_is_no_news(
    house: House, junk: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with wire(house) as wired:
        await wired.send(junk)
        said = await wired.rest()
    assert said.startswith("HTTP/1.1 400 ")
    assert "server:" not in said.lower()
    assert caplog.records == []


def sign_in_head(house: House, *more: str) -> str:
    lines = (
        "POST /sign-in HTTP/1.1",
        f"Host: {urlsplit(house.url).netloc}",
        f"Origin: {house.url.rstrip('/')}",
        "Content-Type: application/json",
        *more,
    )
    return "".join(f"{line}\r\n" for line in lines) + "\r\n"


@pytest.mark.parametrize(
    ("more", "body"), [("Content-Length: 100", "{"), ("Transfer-Encoding: chunked", "this is no chunk\r\n")]
)
async def test_who_leaves_in_the_middle_or_sends_junk_is_no_incident(
    house: House, more: str, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="cordboard.web")
    async with wire(house) as wired:
        await wired.send(sign_in_head(house, more))
        await asyncio.sleep(0.05)
        await wired.send(body)
        await asyncio.sleep(0.05)
        wired.leave()
        async with asyncio.timeout(PATIENCE):
            while not any(record.name == "cordboard.web.body" for record in caplog.records):
                await asyncio.sleep(0.01)
    ours = [record for record in caplog.records if record.name.startswith(("cordboard", "aiohttp"))]
    assert {record.levelno for record in ours} == {logging.DEBUG}
    assert all(record.exc_info is None for record in ours)


@pytest.mark.parametrize("encoding", ["deflate", "gzip", "identity", "br"])
async def test_nothing_compressed_is_looked_at(house: House, encoding: str) -> None:
    client = await house.stranger(**{"Content-Encoding": encoding, "Content-Type": "application/json"})
    answer = await client.post("/sign-in", data=zlib.compress(b" " * 1_000_000))
    assert (answer.status, (await answer.json())["type"]) == (415, "urn:cordboard:problem:encoded")


async def test_a_name_that_leads_here_is_not_ours(house: House) -> None:
    port = urlsplit(house.url).port
    client = await house.administrator()
    rebound = {"Host": f"evil.example:{port}", "Origin": f"http://evil.example:{port}"}
    answer = await client.post("/api/agents/amel/ready", json={}, headers=rebound)
    assert (answer.status, house.wishes.asked) == (403, [])
    local = {"Host": f"localhost:{port}", "Origin": f"http://localhost:{port}"}
    assert (await client.post("/api/agents/amel/ready", json={}, headers=local)).status == 200


async def test_behind_tls_a_page_in_clear_may_not_act(open_house: OpenHouse) -> None:
    origins = Origins(is_secure=True, others=frozenset({"https://pbx.example"}))
    async with open_house(origins=origins) as house:
        client = await house.stranger()
        body = {"account": "admin", "password": house.one_time}
        assert (await client.post("/sign-in", json=body)).status == 403
        behind = {"Origin": "https://pbx.example", "Host": "pbx.example"}
        assert (await client.post("/sign-in", json=body, headers=behind)).status == 200


async def test_a_storm_of_questions_is_slowed_down(house: House) -> None:
    client = await house.administrator()
    answers = [await client.get("/api/session") for _ in range(20)]
    assert {answer.status for answer in answers} == {200}
    storm = await asyncio.gather(*(client.get("/api/differences") for _ in range(400)))
    assert {answer.status for answer in storm} == {200, 429}
