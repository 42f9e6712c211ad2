"""A stream of the manager wire as a whole Cordboard's own link gets it, recorded while real calls come and go.

    house = await record_house(folder, calls=60)
    house.stream                # bytes after the login, behind the account's event filters
    house.unfiltered            # the same time as an account without filters is told it: events of all classes
    copies(house.stream, 10)    # the same calls ten times, with other uniqueids
    house.database              # URL of a database that knows the company, and no call

The recording is made anew for whoever asks, so that it is always what today's generated configuration tells.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

from ami.client import Address
from ami.stream import Stream, event_name, headers_of
from cordboard.desk.companies import Companies
from cordboard.house.addresses import run_address
from cordboard.house.workshop import opened_store, this_switch
from cordboard.settings import load
from cordboard.store.engine import open_store
from kit.sip_crowd import Crowd
from kit.site import Site
from kit.traffic import Traffic, document

END = b"\r\n\r\n"
RATE = 5.0
_TIMESTAMP = re.compile(r"\r\nTimestamp: ([0-9.]+)")


@dataclass(frozen=True)
class RecordedHouse:
    stream: bytes
    unfiltered: bytes
    calls: int
    database: str
    node: str


async def record_house(folder: Path, *, calls: int, seed: int = 1) -> RecordedHouse:
    """Make so many calls to a real Asterisk under a whole Cordboard, and keep what its link was told."""
    file = folder / "company.yaml"
    file.write_text(json.dumps(document()), encoding="utf-8")
    async with Site(file) as site, Crowd(site.switch) as crowd:
        run, everything = await _run_account(site), await _account_without_filters(site)
        async with overheard(run) as heard, overheard(everything) as unfiltered:
            async with Traffic(site, crowd, random.Random(seed)) as traffic:
                traffic.stir()
                await traffic.offer(calls, RATE)
            await site.switch.wait_idle()
            await asyncio.sleep(1)
        node = site.switch.name
    database = f"sqlite:///{folder}/bench.db"
    async with open_store(database) as store:
        await store.migrate()
        imported = await Companies(store).import_files([file], "bench")
        assert imported.was_stored, imported.problems
    return RecordedHouse(_whole(heard), _whole(unfiltered), len(traffic.offered), database, node)


def _whole(heard: bytearray) -> bytes:
    """Up to the end of the last whole message."""
    return bytes(heard[: heard.rfind(END) + len(END)])


async def _run_account(site: Site) -> Address:
    settings = load(environment=site.environment).settings
    async with opened_store(settings) as store:
        return run_address(settings, await this_switch(store, settings))


async def _account_without_filters(site: Site) -> Address:
    """One more account of this Asterisk, which is told everything."""
    with (site.home / "current" / "manager.conf").open("a", encoding="utf-8") as file:
        file.write("[everything]\nsecret=everything-secret\nread=all\nwritetimeout=10000\n")
    await site.switch.cli("manager reload")
    return Address(site.switch.address, site.switch.ports.ami, "everything", "everything-secret")


@contextlib.asynccontextmanager
async def overheard(address: Address) -> AsyncIterator[bytearray]:
    """Everything that an account is told from now on, but for its login."""
    async with manager_bytes(address) as (reader, _):
        heard = bytearray()

        async def listen() -> None:
            while data := await reader.read(1 << 16):
                heard.extend(data)

        listening = asyncio.create_task(listen())
        try:
            yield heard
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


@contextlib.asynccontextmanager
async def manager_bytes(address: Address) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection that is logged in, as bytes."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        login = f"Action: Login\r\nUsername: {address.username}\r\nSecret: {address.secret}\r\n\r\n"
        writer.write(login.encode())
        answer = await reader.readuntil(END)
        assert b"Success" in answer, answer
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def copies(stream: bytes, times: int, *, node: str = "pbx1", first: int = 0) -> list[bytes]:
    """The stream so many times, each time with uniqueids of channels and bridges of its own."""
    return [
        stream.replace(f"{node}-".encode(), f"{node}-{number}9".encode()).replace(
            b"BridgeUniqueid: ", f"BridgeUniqueid: {number}-".encode()
        )
        for number in range(first, first + times)
    ]


def staggered(stream: bytes, times: int, *, node: str = "pbx1") -> list[str]:
    """Messages of so many copies, as if each began a while after the one before, all of them under way at once."""
    once = list(_timed(Stream().feed(stream)))
    start, end = once[0][0], once[-1][0]
    gap = (end - start) / times
    merged = [
        (
            at + number * gap,
            number,
            order,
            message.replace(f"{node}-", f"{node}-{number}9").replace("BridgeUniqueid: ", f"BridgeUniqueid: {number}-"),
        )
        for number in range(times)
        for order, (at, message) in enumerate(once)
    ]
    lines: dict[str, list[str]] = {}
    return [_in_line(message, lines) for *_, message in sorted(merged)]


def _in_line(message: str, lines: dict[str, list[str]]) -> str:
    """What app_queue says of a line's length, true to the line that all copies wait in together."""
    name = event_name(message)
    if name not in ("QueueCallerJoin", "QueueCallerLeave"):
        return message
    headers = headers_of(message)
    line, caller = lines.setdefault(headers["Queue"], []), headers["Uniqueid"]
    if name == "QueueCallerJoin":
        line.append(caller)
        position = len(line)
    else:
        position = line.index(caller) + 1
        line.remove(caller)
    message = re.sub(r"\r\nPosition: \d+", f"\r\nPosition: {position}", message)
    return re.sub(r"\r\nCount: \d+", f"\r\nCount: {len(line)}", message)


def _timed(messages: Iterable[str]) -> Iterable[tuple[float, str]]:
    at = 0.0
    for message in messages:
        if found := _TIMESTAMP.search(message):
            at = max(at, float(found[1]))
        if at:
            yield at, message
