"""Asks one system over HTTP: one request, to the address that the settings say, for JSON of a bounded size."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from urllib.parse import quote

import aiohttp
from yarl import URL

from agi.flow.lookup import Untrue, document_of
from agi.ports import Notice, Question
from cordboard.asking.connections import Http, filled
from cordboard.asking.errors import Unanswered, Unasked

MOST_BYTES = 65536
"""Of an answer."""
_NOTHING = (204, 404, 410)
_CANNOT_ANSWER = (401, 403, 408, 425, 429)
_ELSEWHERE = (".", "..")
"""Parts of a path that stand for another place than one below it. There are systems that decode a path and then look
for its parts."""
_SLASH = re.compile(r"[/\\]")


def new_session() -> aiohttp.ClientSession:
    """What all connections ask through: it keeps no cookies and asks no proxy."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        timeout=aiohttp.ClientTimeout(total=None),
        headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "cordboard"},
    )


class HttpSource:
    def __init__(self, connection: Http, session: aiohttp.ClientSession) -> None:
        self._connection = connection
        self._session = session

    async def ask(self, question: Question) -> object:
        """What was answered; None: there is nothing. Raises Unasked, Unanswered, Untrue."""
        if self._names_no_place(question.values):
            return None
        async with self._requested(question) as response:
            return None if response.status in _NOTHING else await _answer(response)

    async def tell(self, notice: Notice) -> None:
        """Raises Unasked, Unanswered, Untrue where it was not taken."""
        if self._connection.method != "POST":
            raise Unasked("it is told nothing: its method is not POST")
        if self._names_no_place(notice.values):
            raise Unasked("a value would name another place of the address")
        async with self._requested(notice, {"Idempotency-Key": _encoded(notice.key)}) as response:
            _judge(response.status)

    def _names_no_place(self, values: Mapping[str, str]) -> bool:
        told = [values[name] for name in self._connection.in_path]
        return any(not value or any(part in _ELSEWHERE for part in _SLASH.split(value)) for value in told)

    @asynccontextmanager
    async def _requested(
        self, put: Question | Notice, more_headers: Mapping[str, str] = MappingProxyType({})
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        connection = self._connection
        told = {name for name in put.values if connection.method == "GET" or name in connection.in_address}
        if told & put.secrets:
            raise Unasked("a secret is not written in an address: ask by POST")
        address, body = self._written(put.values)
        try:
            async with self._session.request(
                connection.method,
                URL(address, encoded=True),
                json=body,
                headers={**connection.headers, **more_headers},
                allow_redirects=False,
            ) as response:
                yield response
        except (aiohttp.ClientError, OSError) as error:
            raise Unanswered(type(error).__name__) from error

    def _written(self, values: Mapping[str, str]) -> tuple[str, object]:
        """The address and the body."""
        connection = self._connection
        rest = {name: value for name, value in values.items() if name not in connection.in_address}
        address = str(filled(connection.url, {name: _encoded(values[name]) for name in connection.in_address}))
        if connection.method == "POST":
            return address, rest if connection.body is None else filled(connection.body, values)
        if rest:
            address += "&" if "?" in connection.url else "?"
        return address + "&".join(f"{name}={_encoded(each)}" for name, each in rest.items()), None


def _judge(status: int) -> None:
    if status in _CANNOT_ANSWER or status >= 500:
        raise Unanswered(f"status {status}")
    if not 200 <= status < 300:
        raise Untrue(f"has status {status}")


async def _answer(response: aiohttp.ClientResponse) -> object:
    _judge(response.status)
    kind = response.content_type
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Untrue("is no JSON")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise Untrue("is compressed, which nobody asked for")
    content = bytearray()
    async for piece in response.content.iter_any():
        content += piece
        if len(content) > MOST_BYTES:
            raise Untrue(f"has more than {MOST_BYTES} bytes")
    return document_of(bytes(content))


def _encoded(value: str) -> str:
    return quote(value, safe="")
