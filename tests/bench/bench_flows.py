"""Menus on a real Asterisk: calls a second, many callers at once, what each of them meets and costs.

`menu`: a whole menu script on 64 channels whose other ends press a key again and again in a prompt that may be barged
into, beside the same commands by panoramisk's listener and by a pyst2 process for each call, and the same menu in plain
dialplan (Background, WaitExten). The goal is half of what plain dialplan does, and ten times the processes.
`callers`: 200 callers at once, who come 50 a second, in a menu behind a menu; each presses a key every 2 to 6 s. What a
command takes, from its sending to its answer, those left aside that wait for a caller; and the gap that a caller hears,
from the end of his key to the beginning of the next prompt, by Asterisk's own clock. pyst2 has 20 callers.
`held`: 500 callers wait in a menu; what one costs the listener, and how long it takes until all are gone who hang up.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from pathlib import Path

from ami.client import Address
from ami.stream import Stream, headers_of
from bench.agi_listener import HOST, PATIENCE, PROMPT, SECOND_PROMPT, commands
from bench.bench_agi import COSTS, UNHEARD, Bench, Contest, asterisk_files, listener, write_program
from bench.figure import Figure, Limit, Run, percentile
from kit import basis
from kit.loopback import free_port
from kit.manager import ManagerSession
from kit.process import Process
from kit.recorded_house import overheard
from kit.switch import Switch

CHANNELS, CALLERS, PROCESSES, HELD = 64, 200, 20, 500
CALLS_EACH = 2
ARRIVALS = 0.02
"""Seconds from one caller to the next, until all are there."""
WAYS = ("ours", "panoramisk")
P99_OF_A_COMMAND = Limit("at most", 20.0)

NATIVE_MENU = f"""\
 same => n,UserEvent(CordboardMenu,Menu: top,Version: 1,By: fallback)
 same => n,Background({PROMPT})
 same => n,WaitExten(6)
exten => 1,1,UserEvent(CordboardChoice,Menu: top,Edge: key,Key: 1,By: fallback)
 same => n,Set(CHANNEL(language)=en)
 same => n,MSet(CB_KIND=queue,CB_TARGET=billing,CB_WHY=message,CB_DONE=queue)
 same => n,Goto(menu-dialplan,after)
exten => menu-dialplan,50,NoOp()"""

NATIVE_TREE = f"""\
[thinks]
exten => s,1,Wait(${{RAND(2,5)}}.${{RAND(0,9)}})
 same => n,SendDTMF(1,20,80)
 same => n,Goto(1)
[before]
exten => s,1,UserEvent(CordboardMenu,Menu: before,Version: 1,By: fallback)
 same => n,Background({PROMPT})
 same => n,WaitExten(6)
exten => 1,1,UserEvent(CordboardChoice,Menu: before,Edge: key,Key: 1,By: fallback)
 same => n,Goto(behind,s,1)
[behind]
exten => s,1,UserEvent(CordboardMenu,Menu: behind,Version: 1,By: fallback)
 same => n,UserEvent(BenchPrompt)
 same => n,Background({SECOND_PROMPT})
 same => n,WaitExten(6)
exten => 1,1,UserEvent(CordboardChoice,Menu: behind,Edge: key,Key: 1,By: fallback)
 same => n,Set(CHANNEL(language)=en)
 same => n,MSet(CB_KIND=queue,CB_TARGET=billing,CB_WHY=message,CB_DONE=queue)
 same => n,Goto(bench,tree-dialplan,after)
"""

EAR = """\
[ear]
secret=ear-secret
read=agi,dtmf,user
eventfilter(action(include),name(DTMFEnd)) =
eventfilter(action(include),name(AGIExecStart),header(Command),method(starts_with)) = STREAM FILE "{prompt}"
eventfilter(action(include),name(UserEvent)) =
"""


async def measure(run: Run) -> AsyncIterator[Figure]:
    async for figure in _menu(run):
        yield figure
    async for figure in _callers(run):
        yield figure
    async for figure in _held(run):
        yield figure


# Calls a second


async def _menu(run: Run) -> AsyncIterator[Figure]:
    async with contextlib.AsyncExitStack() as stack:
        switch = Switch()
        stack.callback(switch.close)
        listeners, ports = _listeners(stack, switch)
        bodies = {f"menu-{name}": _agi(port, "main") for name, port in ports.items()}
        bodies |= {"menu-pyst2": " same => n,AGI(menu)", "menu-dialplan": NATIVE_MENU}
        await switch.start(basis.files(switch, asterisk_files(switch, bodies)))
        write_program(switch, "menu", await commands())
        bench = await _bench(stack, run, switch, listeners)
        rates, costs, tried, failed = await bench.rounds(
            "menu",
            CHANNELS,
            [
                Contest("ours", "menu-ours", 5, "presses"),
                Contest("panoramisk", "menu-panoramisk", 5, "presses"),
                Contest("pyst2 by process", "menu-pyst2", 1, "presses"),
                Contest("plain dialplan", "menu-dialplan", 5, "presses"),
            ],
        )
    goal = max(rates["plain dialplan"] / 2, 10 * rates["pyst2 by process"])
    notes = f"{CHANNELS} channels at once; sessions that set their last variable, a second"
    limit = Limit("at least", round(goal))
    yield Figure(rates.pop("ours"), "sessions/s", rates, limit, tried, failed, "menu", notes)
    cost = Limit("at most", round(costs["pyst2 by process"] / 10))
    yield Figure(costs.pop("ours"), "us/session", costs, cost, tried, failed, "menu-cpu", COSTS)


def _agi(port: int, did: str) -> str:
    return f" same => n,AGI(agi://{HOST}:{port}/menu,acme,{did},1)"


def _listeners(
    stack: contextlib.AsyncExitStack, switch: Switch, *, times: bool = False
) -> tuple[dict[str, Process], dict[str, int]]:
    ports = {name: free_port(HOST) for name in WAYS}
    found = {}
    for name, port in ports.items():
        found[name] = listener(switch, name, port, *([_times(switch, name)] if times else []))
        stack.callback(found[name].kill)
    return found, ports


async def _bench(stack: contextlib.AsyncExitStack, run: Run, switch: Switch, listeners: dict[str, Process]) -> Bench:
    await switch.cli("core set verbose 0")
    session = await stack.enter_async_context(ManagerSession.open(switch, basis.AMI_USER, basis.AMI_SECRET))
    return Bench(run, switch, session, listeners)


# Many callers at once


async def _callers(run: Run) -> AsyncIterator[Figure]:
    took: dict[str, list[float]] = {}
    gaps: dict[str, list[float]] = {}
    tried = failed = 0
    async with contextlib.AsyncExitStack() as stack:
        switch = Switch()
        stack.callback(switch.close)
        listeners, ports = _listeners(stack, switch, times=True)
        bodies = {f"tree-{name}": _agi(port, "tree") for name, port in ports.items()}
        bodies |= {"tree-pyst2": " same => n,AGI(tree)", "tree-dialplan": " same => n,Goto(before,s,1)"}
        heard = ",".join(name for name in UNHEARD.split(",") if name != "AGIExecStart") + ",DTMFBegin"
        ear = EAR.format(prompt=SECOND_PROMPT)
        files = asterisk_files(switch, bodies, NATIVE_TREE, unheard=heard, accounts=ear)
        await switch.start(basis.files(switch, files))
        write_program(switch, "tree", await commands("tree", "11"), _times(switch, "pyst2"))
        bench = await _bench(stack, run, switch, listeners)
        for name, callers in (*((name, CALLERS) for name in (*WAYS, "dialplan")), ("pyst2", PROCESSES)):
            run.progress(f"{callers} callers at once: {name}")
            contest = Contest(name, f"tree-{name}", CALLS_EACH, "thinks", ARRIVALS)
            await bench.go_round(replace(contest, times=1), 1)  # the first session of a listener imports and learns
            _times(switch, name).unlink(missing_ok=True)
            async with overheard(Address(switch.address, switch.ports.ami, "ear", "ear-secret")) as told:
                good, _ = await bench.go_round(contest, callers)
            gaps[name] = sorted(_gaps(bytes(told)))
            if name != "dialplan":
                took[name] = sorted(_read(_times(switch, name)))
            sessions = callers * CALLS_EACH
            tried += sessions
            failed += sessions - good + sessions - len(gaps[name])
    notes = f"{CALLERS} callers at once, pyst2 {PROCESSES}; {len(took['ours']):,} commands"
    yield _percentiles(took, P99_OF_A_COMMAND, tried, failed, "command", notes)
    notes = "from the end of a key to the beginning of the next prompt, by Asterisk's clock; the same callers"
    yield _percentiles(gaps, None, tried, failed, "key to prompt", notes)


def _times(switch: Switch, name: str) -> Path:
    return switch.folder / f"{name}.times"


def _read(file: Path) -> list[float]:
    """Milliseconds of each command."""
    return [int(number) / 1000 for number in file.read_text(encoding="ascii").split()]


def _gaps(heard: bytes) -> Iterable[float]:
    """Milliseconds from each caller's key to the prompt that followed."""
    pressed: dict[str, float] = {}
    for message in Stream().feed(heard):
        headers = headers_of(message)
        leg, at = headers.get("Uniqueid", ""), float(headers.get("Timestamp", "0"))
        if headers.get("Event") == "DTMFEnd":
            pressed[leg] = at
        elif leg in pressed and headers.get("UserEvent", "BenchPrompt") == "BenchPrompt":
            yield 1000 * (at - pressed.pop(leg))


def _percentiles(
    found: dict[str, list[float]], limit: Limit | None, tried: int, failed: int, part: str, notes: str
) -> Figure:
    peers = {"p50": percentile(found["ours"], 0.5)}
    for name, ordered in found.items():
        if name != "ours":
            peers |= {f"{name} p50": percentile(ordered, 0.5), f"{name} p99": percentile(ordered, 0.99)}
    return Figure(percentile(found["ours"], 0.99), "ms p99", peers, limit, tried, failed, part, notes)


# Callers who wait


async def _held(run: Run) -> AsyncIterator[Figure]:
    memory: dict[str, float] = {}
    gone: dict[str, float] = {}
    there = 0
    async with contextlib.AsyncExitStack() as stack:
        switch = Switch()
        stack.callback(switch.close)
        listeners, ports = _listeners(stack, switch)
        bodies = {f"held-{name}": _agi(port, "patient") for name, port in ports.items()}
        bodies |= {f"five-{name}": f" same => n,AGI(agi://{HOST}:{port}/five)" for name, port in ports.items()}
        bodies["held-pyst2"] = " same => n,AGI(held)"
        await switch.start(basis.files(switch, asterisk_files(switch, bodies)))
        write_program(switch, "held", await commands("patient", after=PATIENCE / 2))
        bench = await _bench(stack, run, switch, listeners)
        for name in WAYS:
            run.progress(f"{HELD} callers who wait: {name}")
            contest, pid = Contest(name, f"held-{name}", 1), listeners[name].pid
            while not (await bench.go_round(Contest(name, f"five-{name}", 1), 1))[0]:
                await asyncio.sleep(0.1)  # it still loads what it needs
            for callers in (1, HELD):  # the first caller of a listener is not like the others
                memory[name], gone[name] = await _hold(bench, contest, callers, pid)
            there += HELD
        run.progress(f"{PROCESSES} callers who wait: pyst2")
        await bench.begin(Contest("pyst2", "held-pyst2", 1), PROCESSES)
        await _until(lambda: len(_children(switch.process.pid)) >= PROCESSES)
        await asyncio.sleep(2)  # each loads what it needs
        memory["pyst2 by process"] = sum(map(_own, _children(switch.process.pid))) / PROCESSES
        await bench.end()
    notes = f"{HELD} callers in a menu at once ({PROCESSES} processes of pyst2): what a caller adds"
    yield Figure(memory.pop("ours"), "KB a caller", memory, None, there, 0, "held", notes)
    notes = f"from the order to hang up {HELD} callers until the last one's task has ended"
    yield Figure(gone.pop("ours"), "s", gone, None, there, 0, "gone", notes)


async def _hold(bench: Bench, contest: Contest, callers: int, pid: int) -> tuple[float, float]:
    """KB that each of these callers adds to a listener, and the seconds in which all are gone."""
    await asyncio.sleep(1)  # whoever was there before is gone
    idle, before = _descriptors(pid), _resident(pid)
    await bench.begin(contest, callers)
    await _until(lambda: _descriptors(pid) >= idle + callers)
    added = _resident(pid) - before
    began = time.monotonic()
    ending = asyncio.create_task(bench.end())
    await _until(lambda: _descriptors(pid) <= idle)
    seconds = time.monotonic() - began
    await ending
    return added / callers, seconds


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE / 2):
        while not is_so():
            await asyncio.sleep(0.01)


def _descriptors(pid: int) -> int:
    """What a process has open: of a listener its callers, and a few more."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def _resident(pid: int) -> float:
    """KB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1000


def _children(pid: int) -> list[int]:
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for each in lists for child in each.read_text(encoding="ascii").split()]


def _own(pid: int) -> float:
    """KB of a process, its share of what several use together."""
    with contextlib.suppress(OSError):  # it may have ended meanwhile
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1.024
    return 0.0
