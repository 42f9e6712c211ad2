"""Asks one system over HTTP: one request, to the address that the settings say, for JSON of a bounded size."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

import aiohttp
from yarl import URL

from agi.flow.lookup import Untrue, document_of
from agi.ports import Question
from cordboard.asking.connections import Http, filled
from cordboard.asking.errors import Unanswered, Unasked

MOST_BYTES = 65536
"""Of an answer."""
_BLANK = re.compile(r"\{([^{}]*)\}")
_NOTHING = (204, 404, 410)
_CANNOT_ANSWER = (401, 403, 408, 425, 429)
_NO_NAME = ("", ".", "..")
"""What stands for another place of an address than one below it."""


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
        connection = self._connection
        told = {name for name in question.values if connection.method == "GET" or name in connection.in_address}
        if told & question.secrets:
            raise Unasked("a secret is not written in an address: ask by POST")
        path, mark, query = connection.url.partition("?")
        if any(question.values[name] in _NO_NAME for name in _BLANK.findall(path)):
            return None
        rest = {name: value for name, value in question.values.items() if name not in connection.in_address}
        address = _written(path, question.values) + mark + _written(query, question.values)
        body = None
        if connection.method == "POST":
            body = rest if connection.body is None else filled(connection.body, question.values)
        elif rest:
            address += ("&" if mark else "?") + "&".join(f"{name}={_encoded(each)}" for name, each in rest.items())
        return await self._asked(URL(address, encoded=True), body)

    async def _asked(self, address: URL, body: object) -> object:
        try:
            async with self._session.request(
                self._connection.method,
                address,
                json=body,
                headers=self._connection.headers,
                allow_redirects=False,
            ) as response:
                return await _answer(response)
        except (aiohttp.ClientError, OSError) as error:
            raise Unanswered(type(error).__name__) from error


async def _answer(response: aiohttp.ClientResponse) -> object:
    status = response.status
    if status in _NOTHING:
        return None
    if status in _CANNOT_ANSWER or status >= 500:
        raise Unanswered(f"status {status}")
    if status not in (200, 201, 202):
        raise Untrue(f"has status {status}")
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


def _written(part: str, values: Mapping[str, str]) -> str:
    return _BLANK.sub(lambda blank: _encoded(values[blank[1]]), part)


def _encoded(value: str) -> str:
    return quote(value, safe="")
