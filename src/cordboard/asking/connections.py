"""The file of connections: which systems calls may ask, how, and with which secrets. What is not in it is not asked.

[crm]
url = "https://crm.example.org/customers/{number}"
headers = {Authorization = "Bearer 0123456789"}

[contracts]
database = "postgresql://reader:secret@db.example.org/contracts"
query = "SELECT tier, name FROM contracts WHERE number = :number"
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from agi.flow.steps import VARIABLE
from agi.flow.ways import SLUG
from cordboard.asking.errors import ConnectionsRefused
from cordboard.store.engine import address_of
from cordboard.store.errors import StoreUnavailable
from cordboard.store.foreign import parameters_of

AT_ONCE = 20
"""Questions that a connection is asked at once, unless its file says otherwise."""
MOST_AT_ONCE = 1000
_BLANK = re.compile(r"\{([^{}]*)\}")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,60}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]{1,2000}")
_OURS = ("host", "content-length", "transfer-encoding", "content-type", "accept-encoding", "connection")
_HTTP = {"url", "method", "headers", "body", "at_once"}
_SQL = {"database", "query", "at_once"}


@dataclass(frozen=True, kw_only=True)
class Http:
    """A system asked over HTTP. `url` and `body` have blanks, `{number}`, for the values that a flow sends."""

    name: str
    url: str = field(repr=False)
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    """What is sent by POST; None: an object of all values that the address does not take."""
    at_once: int = AT_ONCE

    @cached_property
    def in_address(self) -> frozenset[str]:
        """Values that stand in the address."""
        return frozenset(_BLANK.findall(self.url))

    @cached_property
    def in_path(self) -> frozenset[str]:
        """Values that name a place in the address."""
        return frozenset(_BLANK.findall(self.url.partition("?")[0]))

    @cached_property
    def needed(self) -> frozenset[str]:
        """Values that a flow must send."""
        return self.in_address | frozenset(_blanks(self.body))

    @property
    def place(self) -> str:
        """Whom it asks, as may be shown to everybody."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, kw_only=True)
class Sql:
    """A database that is read, by one query; what flows send are its parameters."""

    name: str
    database: str = field(repr=False)
    query: str = field(repr=False)
    at_once: int = AT_ONCE

    @cached_property
    def needed(self) -> frozenset[str]:
        return parameters_of(self.query)

    @property
    def place(self) -> str:
        return str(address_of(self.database).render_as_string(hide_password=True))


Connection = Http | Sql


def read_connections(file: Path) -> Mapping[str, Connection]:
    """Every connection of the file by its name. Raises ConnectionsRefused with every problem."""
    try:
        found = file.stat()
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConnectionsRefused([f"{file}: cannot be read: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConnectionsRefused([f"{file}: is not TOML: {error}"]) from error
    problems: list[str] = []
    if found.st_uid not in (0, os.getuid()) or found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        problems.append("others may read or write it, and it holds secrets: chmod 600")
    read: dict[str, Connection] = {}
    for name, table in tables.items():
        wrong = list(_wrong(name, table))
        problems += [f"{name}: {each}" for each in wrong]
        if not wrong:
            read[name] = Sql(name=name, **table) if "database" in table else Http(name=name, **table)
    if problems:
        raise ConnectionsRefused([f"{file}: {problem}" for problem in problems])
    return read


def filled(written: Any, values: Mapping[str, str]) -> Any:
    """An address or a body with its blanks filled."""
    match written:
        case str():
            return _BLANK.sub(lambda blank: values[blank[1]], written)
        case dict():
            return {name: filled(each, values) for name, each in written.items()}
        case list():
            return [filled(each, values) for each in written]
        case _:
            return written


def _blanks(body: Any) -> Iterator[str]:
    match body:
        case str():
            yield from _BLANK.findall(body)
        case dict() | list():
            for each in body.values() if isinstance(body, dict) else body:
                yield from _blanks(each)


# --- what is wrong ----------------------------------------------------------------------------------------------------


def _wrong(name: str, table: object) -> Iterator[str]:
    if not SLUG.fullmatch(name):
        yield "is not a name: begin with a small letter; then small letters, digits and -"
    if not isinstance(table, dict):
        yield "is no table: write url, or database and query, below its name"
        return
    known = _SQL if "database" in table else _HTTP
    for key in sorted(table.keys() - known):
        yield f"{key}: is not known here; known are {', '.join(sorted(known))}"
    at_once = table.get("at_once", AT_ONCE)
    if not isinstance(at_once, int) or isinstance(at_once, bool) or not 1 <= at_once <= MOST_AT_ONCE:
        yield f"at_once: write a whole number from 1 to {MOST_AT_ONCE}"
    yield from _wrong_sql(table) if "database" in table else _wrong_http(table)


def _wrong_sql(table: Mapping[str, Any]) -> Iterator[str]:
    try:
        address_of(str(table["database"]))
    except StoreUnavailable as error:
        yield f"database: {error}"
    query = table.get("query")
    if not isinstance(query, str) or not query.strip():
        yield 'query: is missing: write one SELECT, with ":number" where a value stands'
        return
    for name in sorted(parameters_of(query)):
        if not VARIABLE.fullmatch(name):
            yield f"query: {name!a} is no name of a value: small letters, digits and _"


def _wrong_http(table: Mapping[str, Any]) -> Iterator[str]:
    url, method, body = table.get("url"), table.get("method", "GET"), table.get("body")
    if not isinstance(url, str):
        yield "url: is missing: write https://, the host, and {number} where a value stands"
        return
    yield from _wrong_address(url)
    if method not in ("GET", "POST"):
        yield "method: write GET or POST"
    if body is not None and (method != "POST" or not isinstance(body, dict)):
        yield 'body: write it with method = "POST", as a table'
    elif not _is_json(body):
        yield "body: has a date, a time or a number that JSON does not have: write it as a text"
    for name in sorted({*_BLANK.findall(url), *_blanks(body)}):
        if not VARIABLE.fullmatch(name):
            yield f"{{{name}}} is no name of a value: small letters, digits and _"
    headers = table.get("headers", {})
    if not isinstance(headers, dict):
        yield 'headers: write a table: {Authorization = "Bearer ..."}'
        return
    for header, value in headers.items():
        if not _HEADER.fullmatch(header) or not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
            yield f'headers: {header!a} is no header with a text: write {{Authorization = "Bearer ..."}}'
        elif header.lower() in _OURS:
            yield f"headers: {header} is set by Cordboard itself"


def _wrong_address(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        yield "url: is not an address"
        return
    if parts.scheme not in ("http", "https") or not host or "{" in parts.netloc:
        yield "url: begins with https:// and a host that no value is part of"
    elif parts.scheme == "http" and not _is_here(host):
        yield "url: leaves this machine without encryption: write https://, or let an encrypted tunnel end here"
    if "@" in parts.netloc or parts.fragment:
        yield "url: has a user or a part behind #: write secrets as headers"
    if re.search(r"[^\x21-\x7e]", url) or re.search(r"[{}]", _BLANK.sub("", url)):
        yield "url: has characters that no address has: percent-encode them"


def _is_json(body: object) -> bool:
    try:
        json.dumps(body, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
