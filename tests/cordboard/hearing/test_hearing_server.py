"""The engine as Asterisk meets it: one WebSocket a caller, requests answered, sound taken, what was said given back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType

from agi.flow.hearing import words_for
from cordboard.hearing.aeap import LONGEST, PROTOCOL, Unintelligible, request_of
from cordboard.hearing.models import models_of
from cordboard.hearing.server import listening
from kit.voice import speech

HOST = "127.0.0.1"
FRAME = 320


class Line:
    """One caller of an Asterisk that is played here."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self._number = 0

    async def ask(self, name: str, **parts: Any) -> dict[str, Any]:
        """A request, and what is answered to it."""
        self._number += 1
        await self.socket.send_str(json.dumps({"request": name, "id": str(self._number), **parts}))
        answer: dict[str, Any] = json.loads(await self.socket.receive_str(timeout=20))
        assert (answer["response"], answer["id"]) == (name, str(self._number))
        return answer

    async def opens(self) -> dict[str, Any]:
        return await self.ask("setup", version="0.1.0", codecs=[{"name": "slin"}])

    async def listens_for(self, language: str, *phrases: str) -> bool:
        """Is it listened to, as Asterisk finds out?"""
        await self.ask("set", params={"words": words_for(language, phrases)})
        return bool((await self.ask("get", params=["ready"]))["params"]["ready"] == "yes")

    async def says(self, sound: bytes) -> None:
        for start in range(0, len(sound), FRAME):
            await self.socket.send_bytes(sound[start : start + FRAME])

    async def understood(self) -> dict[str, Any]:
        """What the engine says that was said; it is thanked as Asterisk does."""
        told = json.loads(await self.socket.receive_str(timeout=20))
        assert told["request"] == "set"
        await self.socket.send_str(json.dumps({"response": "set", "id": told["id"]}))
        (result,) = told["params"]["results"]
        return dict(result)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with listening(models_of({"en": ""}), HOST, 0, 2) as port:
        yield port


@asynccontextmanager
async def line_to(port: int, **headers: str) -> AsyncIterator[Line]:
    connector = aiohttp.TCPConnector(force_close=True)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.ws_connect(f"ws://{HOST}:{port}/", protocols=[PROTOCOL], headers=headers) as socket,
    ):
        yield Line(socket)


async def test_what_a_caller_says_is_given_back(port: int) -> None:
    async with line_to(port) as line:
        assert (await line.opens())["codecs"] == [{"name": "slin"}]
        assert await line.listens_for("en", "operator", "goodbye")
        await line.says(speech("operator"))
        result = await line.understood()
        assert (result["text"], result["grammar"]) == ("operator", "said")
        assert result["score"] >= 50
        # The next menu has other words, and what is said before it listens is lost.
        await line.says(speech("operator"))
        assert await line.listens_for("en_GB", "commercial")
        await line.says(speech("commercial"))
        assert (await line.understood())["text"] == "commercial"


async def test_nothing_is_listened_for_unless_it_is_said(port: int) -> None:
    async with line_to(port) as line:
        await line.opens()
        await line.says(speech("operator"))
        assert (await line.ask("get", params=["ready"]))["params"] == {"ready": "no"}
        assert await line.ask("set", params={"dtmf": "5"}) == {"response": "set", "id": "3"}
        assert not await line.listens_for("fr", "ventes")


async def test_callers_beyond_the_most_are_not_taken(port: int) -> None:
    async with line_to(port) as first, line_to(port) as second, line_to(port) as third:
        assert "error_msg" not in await first.opens()
        assert "error_msg" not in await second.opens()
        assert (await third.opens())["error_msg"] == "too many callers"
        assert not await third.listens_for("en", "operator")
    async with line_to(port) as later:
        assert "error_msg" not in await later.opens()


async def test_who_is_not_taken_holds_no_place(port: int) -> None:
    async with AsyncExitStack() as stack:
        async with line_to(port) as first, line_to(port) as second:
            await first.opens()
            await second.opens()
            for _ in range(2):
                assert "error_msg" in await (await stack.enter_async_context(line_to(port))).opens()
        assert "error_msg" not in await (await stack.enter_async_context(line_to(port))).opens()


async def test_another_codec_is_refused(port: int) -> None:
    async with line_to(port) as line:
        answer = await line.ask("setup", version="0.1.0", codecs=[{"name": "ulaw"}])
        assert "slin" in answer["error_msg"]


async def test_pages_in_a_browser_are_turned_away(port: int) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with line_to(port, Origin="http://evil.example"):
            pass
    assert refused.value.status == 403


@pytest.mark.parametrize(
    "message",
    [
        "",
        "[]",
        "nothing",
        '{"request": "set"}',
        '{"request": "set", "id": "1", "params": 5}',
        '{"request": "set", "id": "1", "params": {"words": "en"}}',
        '{"request": "set", "id": "1", "params": {"words": "en:<sil>,#JSGF"}}',
        '{"request": "get", "id": "1", "params": 5}',
        '{"request": "setup", "id": "1", "codecs": [5]}',
        "[" * 5000,
    ],
)
async def test_what_is_none_of_the_protocol_ends_its_line_alone(port: int, message: str) -> None:
    async with line_to(port) as good, line_to(port) as line:
        await good.opens()
        await line.socket.send_str(message)
        assert (await line.socket.receive(timeout=20)).type in (WSMsgType.CLOSE, WSMsgType.CLOSED)
        assert await good.listens_for("en", "operator")


async def test_a_message_that_is_too_long_ends_its_line(port: int) -> None:
    async with line_to(port) as line:
        await line.socket.send_bytes(b"\0" * (LONGEST + 1))
        assert (await line.socket.receive(timeout=20)).type in (WSMsgType.CLOSE, WSMsgType.CLOSED)


def test_an_answer_asks_nothing() -> None:
    assert request_of('{"response": "set", "id": "1"}') is None
    with pytest.raises(Unintelligible):
        request_of("{}x")
