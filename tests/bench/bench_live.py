"""The live truth from the manager wire to the page: events a second, relists, latency, memory.

`filtered` and `unfiltered`: one recording of real calls (menus, queues, holds, transfers, messages, agents who come and
go), behind the event filters of Cordboard's account and with all classes of events. Cordboard decodes, folds, writes
history to a database and keeps a page open; panoramisk decodes the same bytes and stops there; "split" is the cheapest
thing that Python can do with them. Counted is the processor time of the whole process, its threads included: what a
second core does or other programs take away makes no difference.
`relist`: everything listed from an Asterisk with 10,000 members and 1,000 channels, beside the time in which it sends
the same lists to somebody who only reads. `latency`: from an event to the frame in a browser on another core.
`memory`: with many calls at once, and over a million events.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import shutil
import socket
import statistics
import sys
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from ami.actions import Originate
from ami.client import Address, SwitchLink
from ami.live import Live
from ami.models import Change
from ami.stream import Stream, headers_of
from bench.bench_ami import panoramisk_decodes, split
from bench.figure import Figure, Limit, Run, percentile
from cordboard.house.collector import settle_collector
from kit import basis
from kit.live_house import LiveHouse
from kit.recorded_house import RecordedHouse, copies, record_house, staggered
from kit.switch import Switch

CALLS = 60
COPIES = 12
ROUNDS = 5
RELISTS = 12
MILLION = int(os.environ.get("EVENTS", "1000000"))
SECONDS = 20.0
RATES = (1_000, 5_000)
QUEUES, MEMBERS_EACH, PAIRS = 50, 200, 500
AGENTS = 2_000
"""Each in five queues."""
P99 = Limit("at most", 100.0)
TIMES_SENDING = Limit("at most", 3.0)
FLAT = Limit("at most", 5.0)


async def measure(run: Run) -> AsyncIterator[Figure]:
    settle_collector()  # as `cordboard run` does
    with TemporaryDirectory(prefix="cordboard-bench-") as name:
        folder = Path(name)
        run.progress(f"recording {CALLS} calls")
        house = await record_house(folder, calls=CALLS, seed=run.seed)
        yield await _rate(run, house, "filtered", house.stream)
        yield await _rate(run, house, "unfiltered", house.unfiltered)
        yield await _relist(run)
        for rate in RATES:
            yield await _latency(run, house, rate)
        yield await _memory_of_calls(run, house)
        yield await _memory_over_time(run, house)


def _database(house: RecordedHouse, name: str) -> str:
    """A copy of the database that knows the company and no call."""
    path = Path(house.database.removeprefix("sqlite:///"))
    fresh = path.with_name(f"{name}.db")
    for ending in ("-wal", "-shm"):
        fresh.with_name(fresh.name + ending).unlink(missing_ok=True)
    shutil.copy(path, fresh)
    return f"sqlite:///{fresh}"


async def _rate(run: Run, house: RecordedHouse, part: str, once: bytes) -> Figure:
    stream = b"".join(copies(once, COPIES, node=house.node))
    messages = len(Stream().feed(stream))
    failed = 0

    async def ours() -> None:
        nonlocal failed
        count = await living.take(stream)
        await living.written()
        failed += abs(messages - count) + len(living.live.snapshot().calls)
        failed += abs(house.calls * COPIES - living.recorder.counters.calls_closed)

    async def theirs() -> None:
        panoramisk_decodes(stream)

    async def least() -> None:
        split(stream)

    spent: dict[str, list[float]] = {"ours": [], "panoramisk decoding": [], "split": []}
    for number in range(ROUNDS):
        run.progress(f"{part}: round {number + 1} of {ROUNDS}")
        async with LiveHouse(_database(house, part)) as living:
            await living.open_page()
            spent["ours"].append(await _processor(ours))
        spent["panoramisk decoding"].append(await _processor(theirs))
        spent["split"].append(await _processor(least))
    rates = {name: messages / statistics.median(each) for name, each in spent.items()}
    value = rates.pop("ours")
    notes = f"{messages // COPIES / house.calls:.0f} events a call; written: calls {house.calls * COPIES}"
    goal = Limit("at least", round(rates["panoramisk decoding"]))
    limit = goal if part == "unfiltered" else None
    return Figure(value, "events/s", rates, limit, tried=messages * ROUNDS, failed=failed, part=part, notes=notes)


async def _processor(work: Callable[[], Awaitable[None]]) -> float:
    """Seconds of processor time, of all threads."""
    gc.collect()
    began = time.process_time()
    await work()
    return time.process_time() - began


# Relists


EXTENSIONS = """
[cordboard-barrier]
exten => s,1,Answer()
 same => n,UserEvent(CordboardBarrier,Tag: ${FILTER(A-Za-z0-9\\-,${CB_TAG})})
 same => n,Hangup()
[hold]
exten => s,1,Answer()
 same => n,Wait(3600)
"""
MANAGER = """
[general]
enabled=yes
webenabled=no
bindaddr={switch.address}
port={switch.ports.ami}
allowmultiplelogin=yes
timestampevents=yes
displayconnects=no
[run]
secret=run-secret
read=call,agent,user
write=call,agent,originate,reporting,user
writetimeout=10000
eventfilter(action(exclude),name(VarSet)) =
eventfilter(action(exclude),name(Newexten)) =
eventfilter(action(exclude),name(DeviceStateChange),header(Device),method(starts_with)) = Queue:
"""


def _queues() -> str:
    lines = ["[general]", "shared_lastcall=yes", "persistentmembers=no"]
    for queue in range(QUEUES):
        lines += [f"[big-q{queue}]", "strategy=leastrecent"]
        for place in range(MEMBERS_EACH):
            agent = (queue * MEMBERS_EACH + place) % AGENTS
            lines.append(f"member => Local/n{agent}@hold/n,{place % 5},big-a{agent}")
    return "\n".join([*lines, ""])


async def _relist(run: Run) -> Figure:
    members = QUEUES * MEMBERS_EACH
    run.progress(f"relist: an Asterisk with {members:,} members and {2 * PAIRS:,} channels")
    switch = Switch("pbx1")
    failed = 0
    sending: list[float] = []
    listing: list[float] = []
    comparing: list[float] = []
    try:
        files = {"extensions.conf": EXTENSIONS, "queues.conf": _queues(), "manager.conf": MANAGER.format(switch=switch)}
        await switch.start(basis.files(switch, files))
        live, reset = Live("pbx1"), asyncio.Event()

        def note(change: Change) -> None:
            if change.kind == "reset":
                reset.set()

        live.watch(note)
        address = Address(switch.address, switch.ports.ami, "run", "run-secret")
        link = SwitchLink("pbx1", address, live, sweep_interval=3600)
        running = asyncio.create_task(link.run())
        try:
            await link.wait_live(60)
            for _ in range(PAIRS):
                await link.act(Originate(channel="Local/s@hold/n", context="hold", exten="s", timeout=30))
            async with asyncio.timeout(60):
                while len(live.fold.legs.channels) < 2 * PAIRS:
                    await asyncio.sleep(0.05)
            for number in range(RELISTS):
                run.progress(f"relist: round {number + 1} of {RELISTS}")
                sending.append(await asyncio.to_thread(_only_read, switch))
                reset.clear()
                began = time.perf_counter()
                link.resync("for the asking")
                await reset.wait()
                listing.append(time.perf_counter() - began)
                began = time.perf_counter()
                failed += len(await link.compare())
                comparing.append(time.perf_counter() - began)
            snapshot = live.snapshot()
            failed += abs(members - sum(len(queue.members) for queue in snapshot.queues))
            failed += abs(2 * PAIRS - len(snapshot.channels))
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
    finally:
        switch.close()
    seconds = {name: statistics.median(each) for name, each in (("Asterisk sends", sending), ("compared", comparing))}
    relist = statistics.median(listing)
    notes = f"relist {relist:.3f} s; Asterisk sends the lists in {seconds['Asterisk sends']:.3f} s"
    return Figure(
        relist / seconds["Asterisk sends"],
        "times sending",
        {"relist s": relist, **{f"{name} s": value for name, value in seconds.items()}},
        TIMES_SENDING,
        tried=RELISTS * (members + 2 * PAIRS),
        failed=failed,
        part="relist",
        notes=notes,
    )


def _only_read(switch: Switch) -> float:
    """Seconds in which Asterisk sends the five lists of a relist to somebody who throws them away."""
    with socket.create_connection((switch.address, switch.ports.ami), timeout=60) as connection:
        connection.sendall(b"Action: Login\r\nUsername: run\r\nSecret: run-secret\r\nEvents: off\r\n\r\n")
        _read_until(connection, b"Authentication accepted")
        began = time.perf_counter()
        for name, end in (
            ("CoreShowChannels", b"Event: CoreShowChannelsComplete"),
            ("BridgeList", b"Event: BridgeListComplete"),
            ("QueueStatus", b"Event: QueueStatusComplete"),
            ("DeviceStateList", b"Event: DeviceStateListComplete"),
            ("ParkedCalls", b"Event: ParkedCallsComplete"),
        ):
            connection.sendall(f"Action: {name}\r\nActionID: 1\r\n\r\n".encode())
            _read_until(connection, end)
        return time.perf_counter() - began


def _read_until(connection: socket.socket, end: bytes) -> None:
    last = b""
    while end not in last:
        last = last[-len(end) :] + connection.recv(1 << 20)


# Latency


async def _latency(run: Run, house: RecordedHouse, rate: int) -> Figure:
    run.progress(f"latency at {rate:,} events/s")
    path = Path(house.database.removeprefix("sqlite:///")).with_name(f"stream-{rate}.ami")
    events = len(Stream().feed(house.stream))
    merged = staggered(house.stream, max(2, round(rate * SECONDS / events)), node=house.node)
    path.write_text("".join(f"{message}\r\n\r\n" for message in merged), encoding="utf-8", newline="")
    source = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "kit.paced_source",
        str(path),
        str(rate),
        str(SECONDS),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert source.stdin is not None
    assert source.stdout is not None
    try:
        port = int(await source.stdout.readline())
        async with LiveHouse(_database(house, f"latency-{rate}")) as living:
            link = await living.follow(Address("127.0.0.1", port, "cordboard", "secret"))
            url, one_time = await living.serve()
            settle_collector()  # what this bench itself has gathered so far is not looked at again and again
            source.stdin.write(f"{url} {one_time}\n".encode())
            began, processor = time.monotonic(), time.process_time()
            lags: list[float] = []
            lagging = asyncio.create_task(_lag(lags))
            async with asyncio.timeout(SECONDS + 60):
                told = json.loads(await source.stdout.readline())
            lagging.cancel()
            await asyncio.gather(lagging, return_exceptions=True)
            busy = (time.process_time() - processor) / (time.monotonic() - began)
            await living.written()
            lost = link.dropped
    finally:
        with suppress(ProcessLookupError):
            source.kill()
        await source.wait()
    latencies = sorted(1000 * each for each in told["latencies"])
    peers = {name: percentile(latencies, share) for name, share in (("p50", 0.5), ("p90", 0.9), ("max", 1.0))}
    peers["a turn of the loop p99"] = percentile(sorted(1000 * each for each in lags), 0.99)
    notes = f"{told['sent'] / told['seconds']:,.0f} events/s sent, {busy:.0%} of a core, {lost} events lost"
    return Figure(
        percentile(latencies, 0.99),
        "ms p99",
        peers,
        P99,
        tried=told["calls"],
        failed=told["calls"] - len(latencies) + lost,
        part=f"latency at {rate} a second",
        notes=notes,
    )


async def _lag(lags: list[float]) -> None:
    """How late this process comes to a thing that is due: what the machine and its other programs add to everything."""
    while True:
        due = time.monotonic() + 0.005
        await asyncio.sleep(0.005)
        lags.append(max(0.0, time.monotonic() - due))


# Memory


def _resident() -> float:
    """MB of this process."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def _memory_of_calls(run: Run, house: RecordedHouse) -> Figure:
    """A thousand talks at once: what they take in the fold, in history's notes and on the page."""
    calls = 1000
    call = _a_talk(house.stream)
    async with LiveHouse(_database(house, "calls")) as living:
        await living.open_page()
        await living.take(house.stream)  # the code is loaded, the agents are there
        await living.written()
        run.progress(f"memory: {calls:,} calls at once")
        tracemalloc.start()
        try:
            before = _allocated()
            for number in range(calls):
                await living.take(call.replace(f"{house.node}-".encode(), f"{house.node}-{number}8".encode()))
            await living.written()
            grown = _allocated() - before
        finally:
            tracemalloc.stop()
        there = len(living.live.snapshot().calls)
    return Figure(grown, "MB", tried=calls, failed=calls - there, part="memory of 1000 calls")


def _allocated() -> float:
    """MB that Python holds."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0] / 1e6


def _a_talk(stream: bytes) -> bytes:
    """The events of one call of the recording from its beginning until it is answered by an agent."""
    messages = [(message, headers_of(message)) for message in Stream().feed(stream)]
    linkedid = next(headers["Linkedid"] for _, headers in messages if headers.get("Event") == "AgentConnect")
    events = []
    for message, headers in messages:
        if linkedid in (headers.get("Linkedid"), headers.get("DestLinkedid")):
            events.append(message)
            if headers.get("Event") == "AgentConnect":
                break
    return "".join(f"{message}\r\n\r\n" for message in events).encode()


async def _memory_over_time(run: Run, house: RecordedHouse) -> Figure:
    """What is left behind after a million events, counted from the first third, when all that is bounded is full."""
    events = len(Stream().feed(house.stream))
    sizes: list[tuple[int, float]] = []
    taken = number = 0
    async with LiveHouse(_database(house, "million")) as living:
        await living.open_page()
        while taken < MILLION:
            for each in copies(house.stream, 10, node=house.node, first=number):
                taken += await living.take(each)
            number += 10
            await living.written()
            if taken >= MILLION * (len(sizes) + 1) / 10:
                sizes.append((taken, _resident()))
                run.progress(f"memory: {taken:,} of {MILLION:,} events, {sizes[-1][1]:.1f} MB")
        left = len(living.live.snapshot().calls) + len(living.live.snapshot().channels)
        closed = living.recorder.counters.calls_closed
    full = next(size for count, size in sizes if count >= MILLION / 3)
    told = ", ".join(f"{count / 1000:,.0f}k {size:.0f}" for count, size in sizes)
    return Figure(
        sizes[-1][1] - full,
        "MB grown",
        {"MB at a third": full, "MB at the end": sizes[-1][1]},
        FLAT,
        tried=taken,
        failed=left + abs(closed - taken // events * house.calls),
        part="memory over time",
        notes=f"MB after events: {told}",
    )
