"""Another system, asked over HTTP: a real server that answers as it is told, hangs, lies, or is down.

async with OtherSystem() as system:
    system.says = lambda asked: json_answer({"tier": "gold"})
    ... ask system.url ...
    system.asked[0].path
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Self

from aiohttp import web

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Asked:
    """One request, as it came."""

    method: str
    path: str
    """Still encoded, with the query."""
    headers: Mapping[str, str]
    body: bytes


Reply = web.StreamResponse | Awaitable[web.StreamResponse]


def json_answer(document: object, status: int = 200) -> web.Response:
    return web.Response(body=json.dumps(document).encode(), status=status, content_type="application/json")


def raw_answer(body: bytes, kind: str = "application/json", **headers: str) -> web.Response:
    return web.Response(body=body, content_type=kind, headers=headers)


class OtherSystem:
    def __init__(self) -> None:
        self.says: Callable[[Asked], Reply] = lambda _: json_answer({})
        self.endless = b""
        """What is sent again and again in one answer, for as long as anybody reads."""
        self.pause = 0.0
        """Seconds after each time."""
        self.asked: list[Asked] = []
        self.open = 0
        """Requests that are not answered yet."""
        self.at_once = 0
        """The most of them at the same time."""
        self._runner: web.ServerRunner | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    async def __aenter__(self) -> Self:
        await self.come_back()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.go_down()

    async def go_down(self) -> None:
        """Nobody listens any more, and nothing is left open."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def come_back(self) -> None:
        """Listen, where it listened before."""
        # Who asked has gone when we stop: nothing is worth waiting for.
        self._runner = web.ServerRunner(web.Server(self._answer, handler_cancellation=True), shutdown_timeout=0.01)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self.port, reuse_address=True).start()
        self.port = int(self._runner.addresses[0][1])

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.open += 1
        self.at_once = max(self.at_once, self.open)
        try:
            asked = Asked(request.method, request.raw_path, dict(request.headers), await request.read())
            self.asked.append(asked)
            if self.endless:
                return await self._without_end(request)
            said = self.says(asked)
            return said if isinstance(said, web.StreamResponse) else await said
        finally:
            self.open -= 1

    async def _without_end(self, request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(self.endless)
                await asyncio.sleep(self.pause)
        return response


async def hangs() -> web.StreamResponse:
    """Says nothing until whoever asked has gone."""
    await asyncio.Event().wait()
    raise AssertionError
