"""Manager events a second: recorded calls decoded, typed and folded, beside panoramisk's own decoding alone.

`stream`: all classes of events, as recorded. `watched`: only those that the fold takes, as behind our event filters.
`socket`: the same stream over a loopback connection, into the live state with a watcher; panoramisk's Manager calls an
empty callback. `list`: rows of a long queue listing. "split" is the cheapest thing Python can do with the bytes: cut
them into messages and lines. Everybody takes the same bytes in the same run, in turns; the middle one of the rounds
counts.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from statistics import median

from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager

from ami.actions import QueueStatus
from ami.events import WATCHED, parse
from ami.live import Live
from ami.models import Change
from ami.stream import Stream, event_name, headers_of
from ami.wire import Address, Wire
from bench.figure import Figure, Limit, Run
from kit.asterisk_peer import TRANSCRIPTS, AmiPeer, Block, event, listing, recorded_events
from kit.recorded import recordings

COPIES = 12
ROUNDS = 5
SEGMENT = 1 << 16
BURST = Limit("at least", 20_000)
MEMBERS = 10_000


def recorded_stream(copies: int) -> bytes:
    """All recordings one after the other, many times, each time with other uniqueids."""
    once = b"".join(recorded_events(TRANSCRIPTS / f"{name}.ami.txt") for name in recordings())
    return b"".join(once.replace(b"mechb-", b"bench%d-" % number) for number in range(copies))


def only_watched(stream: bytes) -> bytes:
    messages = Stream().feed(stream)
    return "".join(f"{message}\r\n\r\n" for message in messages if event_name(message) in WATCHED).encode()


def fold(stream: bytes) -> tuple[int, Live]:
    """What the link does with bytes: cut, decode, type, fold, tell a watcher."""
    live = Live("bench")
    live.watch(_look_away)
    reader, count = Stream(), 0
    for start in range(0, len(stream), SEGMENT):
        for message in reader.feed(stream[start : start + SEGMENT]):
            count += 1
            if event_name(message) in WATCHED and (told := parse(headers_of(message))) is not None:
                live.apply(told)
    return count, live


def _look_away(_change: Change) -> None:
    """A watcher that costs nothing itself."""


def panoramisk_decodes(stream: bytes) -> int:
    """What panoramisk does with the same bytes before anybody has looked at an event: its Manager with one callback."""
    manager = Manager()
    count = 0

    def take(_manager: Manager, _event: object) -> None:
        nonlocal count
        count += 1

    manager.register_event("*", take)
    protocol = AMIProtocol()
    protocol.connection_made(None)
    protocol.factory, protocol.encoding, protocol.version = manager, "utf8", "11.0.0"
    for start in range(0, len(stream), SEGMENT):
        protocol.data_received(stream[start : start + SEGMENT])
    return count


def split(stream: bytes) -> int:
    return sum(1 for message in stream.decode().split("\r\n\r\n") if message.split("\r\n"))


async def measure(run: Run) -> AsyncIterator[Figure]:
    stream = recorded_stream(COPIES)
    yield await _decoding(run, "stream", stream)
    yield await _decoding(run, "watched", only_watched(stream))
    yield await _socket(run, stream)
    yield await _list(run)


async def _decoding(run: Run, part: str, stream: bytes) -> Figure:
    messages = len(Stream().feed(stream))
    failed = 0

    async def ours() -> None:
        nonlocal failed
        count, live = fold(stream)
        failed += abs(messages - count) + len(live.snapshot().calls)

    async def theirs() -> None:
        panoramisk_decodes(stream)

    async def least() -> None:
        split(stream)

    rates = await _in_turns(run, part, messages, {"ours": ours, "panoramisk decoding": theirs, "split": least})
    ours_rate = rates.pop("ours")
    return Figure(ours_rate, "events/s", rates, BURST, tried=messages * ROUNDS, failed=failed, part=part)


async def _socket(run: Run, stream: bytes) -> Figure:
    messages = len(Stream().feed(stream))
    watched = len(Stream().feed(only_watched(stream)))
    last = event("Hangup", Uniqueid="the-last").encode()
    lost = 0

    async with AmiPeer() as peer:

        async def ours() -> None:
            nonlocal lost
            wire = Wire(Address(peer.host, peer.port, peer.username, peer.secret), backlog_events=watched + 10)
            live = Live("bench")
            live.watch(_look_away)
            await wire.open(5)
            sending = asyncio.create_task(_send(peer, stream + last))
            while not live.fold.legs.has_hung_up("the-last"):
                for told in await wire.next_events():
                    live.apply(told)
                await asyncio.sleep(0)
            await sending
            lost += wire.lost_events
            wire.close()

        async def theirs() -> None:
            manager = Manager(host=peer.host, port=peer.port, username=peer.username, secret=peer.secret)
            done = asyncio.Event()
            connections = len(peer.sessions)

            def take(_manager: Manager, told: dict[str, str]) -> None:
                if told["event"] == "Hangup" and told["uniqueid"] == "the-last":
                    done.set()

            manager.register_event("*", take)
            await manager.connect()
            await peer.connected(connections + 1)
            await _send(peer, stream + last)
            await done.wait()
            manager.connection_lost = lambda _error: None  # it would come back
            manager.close()

        rates = await _in_turns(run, "socket", messages, {"ours": ours, "panoramisk Manager": theirs})
    ours_rate = rates.pop("ours")
    return Figure(ours_rate, "events/s", rates, BURST, tried=messages * ROUNDS, failed=lost, part="socket")


async def _send(peer: AmiPeer, stream: bytes) -> None:
    for start in range(0, len(stream), SEGMENT):
        await peer.session.send(stream[start : start + SEGMENT])


async def _list(run: Run) -> Figure:
    headers = {
        "Membership": "dynamic",
        "Penalty": "102",
        "CallsTaken": "7",
        "LastCall": "1795288342",
        "Status": "1",
        "LastPause": "0",
        "LoginTime": "1795280000",
        "InCall": "0",
        "Paused": "0",
        "PausedReason": "",
        "Wrapuptime": "0",
    }
    rows = [
        event("QueueMember", headers, Queue=f"acme-q{n % 50}", Name=f"acme-a{n}", Location=f"PJSIP/acme-a{n}")
        for n in range(MEMBERS)
    ]
    failed = 0
    async with AmiPeer() as peer:
        answer = listing("QueueStatus", *rows)

        def whole(action: Block) -> bytes:
            return b"".join(row.with_action_id(action["ActionID"]).encode() for row in answer)

        peer.answer("QueueStatus", whole)

        async def ours() -> None:
            nonlocal failed
            wire = Wire(Address(peer.host, peer.port, peer.username, peer.secret))
            await wire.open(5)
            failed += MEMBERS - len(await wire.list(QueueStatus(), 60))
            wire.close()

        async def theirs() -> None:
            manager = Manager(host=peer.host, port=peer.port, username=peer.username, secret=peer.secret)
            connections = len(peer.sessions)
            await manager.connect()
            await peer.connected(connections + 1)
            await manager.send_action({"Action": "QueueStatus"}, as_list=True)
            manager.connection_lost = lambda _error: None
            manager.close()

        rates = await _in_turns(run, "list", MEMBERS, {"ours": ours, "panoramisk Manager": theirs})
    ours_rate = rates.pop("ours")
    return Figure(ours_rate, "rows/s", rates, None, tried=MEMBERS * ROUNDS, failed=failed, part="list")


async def _in_turns(
    run: Run, part: str, count: int, ways: dict[str, Callable[[], Awaitable[None]]]
) -> dict[str, float]:
    """Things a second of each way: they take turns, and the middle one of the rounds counts."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(ROUNDS):
        for name, way in ways.items():
            run.progress(f"{part}: {name}, round {number + 1} of {ROUNDS}")
            gc.collect()
            began = time.perf_counter()
            await way()
            seconds[name].append(time.perf_counter() - began)
            await asyncio.sleep(0)
    return {name: count / median(spent) for name, spent in seconds.items()}
