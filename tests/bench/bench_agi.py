"""FastAGI sessions a second on a real Asterisk: ours, panoramisk's listener, processes, plain dialplan.

`sessions`: AGI() in a loop on eight answered channels, five SET VARIABLE each. `process`: a whole menu script on eight
channels whose other ends press a key again and again in a prompt that may be barged into, answered by a program for
each call: ours as a host with `agi_carrier = process` has it, with a company's menu in its database, and pyst2 in a
bare program. `-cpu`: what a session costs the listener, or the processes that were started for it. The ways take turns
and the middle one of three rounds counts; a session whose last variable is missing has failed. `bench_flows` measures
menus.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from bench.agi_listener import FIVE, HOST, PROMPT, WAITING, commands
from bench.figure import Figure, Limit, Run
from kit import basis
from kit.loopback import free_port
from kit.manager import ManagerSession
from kit.process import Process
from kit.site import Site
from kit.switch import Switch

ROUNDS = 3
COSTS = "processor time of the listener's process, or of the processes that Asterisk started for the sessions"
REPOSITORY = Path(__file__).resolve().parents[2]

LOOP = """\
exten => {name},1,Answer
 same => n,MSet(I=0,GOOD=0)
 same => n(again),MSet(DONE=,CB_DONE=,CB_FLOW=)
{body}
 same => n(after),Set(GOOD=$[${{GOOD}} + ${{IF(${{LEN(${{DONE}}${{CB_DONE}})}}?1:0)}}])
 same => n,Set(I=$[${{I}} + 1])
 same => n,GotoIf($[${{I}} < ${{TIMES}}]?again)
 same => n,UserEvent(BenchDone,Good: ${{GOOD}})
 same => n,Wait(3600)
"""

PYST2 = """\
#!{python}
import time
from asterisk.agi import AGI
agi = AGI()
took = []
for command in {commands!r}:
    began = time.perf_counter()
    agi.execute(command)
    if not command.startswith({waiting!r}):
        took.append(time.perf_counter() - began)
with open({notes!r}, "a") as notes:
    notes.write(" ".join("%.0f" % (1e6 * seconds) for seconds in took) + "\\n")
"""

COMPANY = f"""\
cordboard: 1
company: {{id: acme, name: Acme, language: en, country: FR, time_zone: Europe/Paris}}
skills: {{billing: {{name: Billing}}}}
people: {{amel: {{name: Amel, extension: "201", skills: {{billing: 5}}}}}}
prompts: {{welcome: {{en: [{PROMPT}]}}}}
messages: {{busy: {{name: Busy, en: [vm-goodbye]}}}}
queues:
  billing:
    name: Billing
    skills: {{billing: 3}}
    max_wait: 60
    when_late: {{message: busy}}
    when_full: {{message: busy}}
    when_empty: {{message: busy}}
menus:
  top:
    name: Top
    prompt: welcome
    barge_in: true
    keys: {{"1": {{language: en, queue: billing}}}}
    no_input: {{tries: 3, then: hangup}}
    wrong_input: {{tries: 3, then: hangup}}
dids:
  "+33199000001": {{id: main, name: Main, target: {{menu: top}}}}
"""


@dataclass(frozen=True)
class Contest:
    """One way to serve sessions: how often each channel goes round, what its other end does (a context), and `every`
    how many seconds another channel begins."""

    name: str
    extension: str
    times: int
    caller: str = "listens"
    every: float = 0.0


async def measure(run: Run) -> AsyncIterator[Figure]:
    async with contextlib.AsyncExitStack() as stack:
        switch = Switch()
        stack.callback(switch.close)
        ports = {name: free_port(HOST) for name in ("ours", "panoramisk")}
        listeners = {name: listener(switch, name, port) for name, port in ports.items()}
        for process in listeners.values():
            stack.callback(process.kill)
        programs = await _programs(stack)
        await switch.start(basis.files(switch, _files(switch, ports, programs)))
        for name, sent in (("five", FIVE), ("menu", await commands())):
            write_program(switch, name, sent)
        await switch.cli("core set verbose 0")
        session = await stack.enter_async_context(ManagerSession.open(switch, basis.AMI_USER, basis.AMI_SECRET))
        bench = Bench(run, switch, session, listeners)
        async for figure in bench.figures(
            "sessions",
            8,
            [
                Contest("ours", "five-ours", 100),
                Contest("panoramisk", "five-panoramisk", 100),
                Contest("pyst2 by process", "five-pyst2", 4),
                Contest("plain dialplan", "five-dialplan", 500),
            ],
            Limit("at least", 200),
        ):
            yield figure
        async for figure in bench.figures(
            "process",
            8,
            [
                Contest("ours by process", "menu-process", 2, "presses"),
                Contest("ours", "menu-ours", 20, "presses"),
                Contest("pyst2 by process", "menu-pyst2", 4, "presses"),
            ],
            Limit("at least", 1),
        ):
            yield figure


class Bench:
    """A switch on which channels go round, and what they told when they were done."""

    def __init__(self, run: Run, switch: Switch, session: ManagerSession, listeners: dict[str, Process]) -> None:
        self._run, self._switch, self._session, self._listeners = run, switch, session, listeners

    async def figures(self, part: str, channels: int, contests: list[Contest], limit: Limit) -> AsyncIterator[Figure]:
        rates, costs, tried, failed = await self.rounds(part, channels, contests)
        ours = contests[0].name
        notes = f"{channels} channels at once; sessions that set their last variable, a second"
        yield Figure(rates.pop(ours), "sessions/s", rates, limit, tried, failed, part, notes)
        yield Figure(costs.pop(ours), "us/session", costs, None, tried, failed, f"{part}-cpu", COSTS)

    async def rounds(
        self, part: str, channels: int, contests: list[Contest]
    ) -> tuple[dict[str, float], dict[str, float], int, int]:
        """Sessions a second and microseconds of processor time a session, by contest; sessions tried and failed."""
        rates: dict[str, list[float]] = {contest.name: [] for contest in contests}
        cpu: dict[str, list[float]] = {contest.name: [] for contest in contests if contest.name != "plain dialplan"}
        tried = failed = 0
        for contest in contests:
            await self.go_round(replace(contest, times=1), 1)  # the first session of a listener imports and learns
        for number in range(1, ROUNDS + 1):
            for contest in contests:
                self._run.progress(f"{part}, round {number} of {ROUNDS}: {contest.name}")
                sessions = channels * contest.times
                before = self._cpu_seconds(contest.name)
                good, seconds = await self.go_round(contest, channels)
                rates[contest.name].append(good / seconds)
                if contest.name in cpu:
                    cpu[contest.name].append(1e6 * (self._cpu_seconds(contest.name) - before) / sessions)
                tried += sessions
                failed += sessions - good
        rate = {name: median(found) for name, found in rates.items()}
        return rate, {name: median(found) for name, found in cpu.items()}, tried, failed

    def _cpu_seconds(self, name: str) -> float:
        """What a listener has used until now, or all processes that Asterisk started and that ended."""
        listener = self._listeners.get(name)
        pid = listener.pid if listener is not None else self._switch.process.pid
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        used = fields[11:13] if listener is not None else fields[13:15]
        return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")

    async def go_round(self, contest: Contest, channels: int) -> tuple[int, float]:
        """Sessions that finished, and the seconds that they took."""
        loop = asyncio.get_running_loop()
        self._session.events.clear()
        start = loop.time()
        await self.begin(contest, channels)
        done: list[dict[str, str]] = []
        while len(done) < channels:
            with contextlib.suppress(TimeoutError):
                done = await self._session.all_events("UserEvent", {"UserEvent": "BenchDone"}, channels)
        seconds = loop.time() - start
        await self.end()
        return sum(int(told["Good"]) for told in done), seconds

    async def begin(self, contest: Contest, channels: int) -> None:
        for _ in range(channels):
            await self._session.act(
                "Originate",
                Channel=f"Local/{contest.extension}@bench/n",
                Context=contest.caller,
                Exten="s",
                Priority="1",
                Variable=f"__TIMES={contest.times}",
                Async="true",
                Timeout="600000",
            )
            await asyncio.sleep(contest.every)

    async def end(self) -> None:
        """Everybody hangs up."""
        while await self._switch.channels():  # one that is being set up does not hear the first request
            await self._switch.cli("channel request hangup all")
            await asyncio.sleep(0.1)


def listener(switch: Switch, name: str, port: int, *notes: Path) -> Process:
    """A listener of `agi_listener`, which writes its times into the file `notes` if there is one."""
    paths = os.pathsep.join([str(REPOSITORY / "tests"), str(REPOSITORY)])
    command = [sys.executable, "-m", "bench.agi_listener", name, str(port), *map(str, notes)]
    return Process.start(command, switch.folder / f"{name}.txt", env={**os.environ, "PYTHONPATH": paths})


def write_program(switch: Switch, name: str, sent: list[str], notes: Path = Path(os.devnull)) -> None:
    """A program for each call that sends these commands by pyst2, and writes its times into `notes`."""
    script = switch.places.agi_bin / name
    text = PYST2.format(python=sys.executable, commands=sent, waiting=WAITING, notes=str(notes))
    script.write_text(text, encoding="utf-8")
    script.chmod(0o755)


async def _programs(stack: contextlib.AsyncExitStack) -> Path:
    """The folder of a host that has a program answer each call, its company imported and applied."""
    site = Site(Path(os.devnull), settings={"agi_carrier": "process"})
    stack.callback(site.switch.close)
    site.company_file = site.switch.folder / "company.yaml"
    site.company_file.write_text(COMPANY, encoding="utf-8")
    await site.set_up()
    return site.home / "agi-bin"


def _files(switch: Switch, ports: dict[str, int], programs: Path) -> dict[str, str]:
    bodies = {
        f"{script}-{name}": f" same => n,AGI(agi://{HOST}:{port}/{script},acme,main,1)"
        for name, port in ports.items()
        for script in ("five", "menu")
    }
    bodies |= {f"{script}-pyst2": f" same => n,AGI({script})" for script in ("five", "menu")}
    bodies["menu-process"] = f" same => n,AGI({programs}/menu,acme,main,1)"
    sets = [f" same => n,Set(V{number}=value {number})" for number in range(4)]
    bodies["five-dialplan"] = "\n".join([*sets, " same => n,Set(DONE=1)"])
    return asterisk_files(switch, bodies)


CALLERS = """\
[listens]
exten => s,1,Wait(3600)
[presses]
exten => s,1,Wait(0.02)
 same => n,SendDTMF(1,20,60)
 same => n,Goto(1)
"""
UNHEARD = "TestEvent,VarSet,Newexten,AGIExecStart,AGIExecEnd"
"""Events that are never sent: a session that reads every VarSet would be what is measured."""


def asterisk_files(
    switch: Switch, bodies: Mapping[str, str], more: str = "", *, unheard: str = UNHEARD, accounts: str = ""
) -> dict[str, str]:
    """An Asterisk whose extensions in the context `bench` go round these bodies; `more` dialplan, `accounts` of its
    manager beside the bench's own, which is told user events alone."""
    loops = [LOOP.format(name=name, body=body) for name, body in bodies.items()]
    return {
        "extensions.conf": "\n".join(["[general]", CALLERS, more, "[bench]", *loops]),
        "logger.conf": "[general]\n[logfiles]\nfull => warning,error\n",
        "manager.conf": (
            f"[general]\nenabled=yes\nwebenabled=no\nbindaddr={switch.address}\nport={switch.ports.ami}\n"
            f"timestampevents=yes\ndisabledevents={unheard}\n"
            f"[{basis.AMI_USER}]\nsecret={basis.AMI_SECRET}\nread=user\nwrite=all\n{accounts}"
        ),
    }
