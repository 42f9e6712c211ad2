"""Deployments of a company of 10, 100, 1,000 and 10,000 extensions to a real Asterisk.

For each size, all in one process: `generate` (desire checked, described and rendered, values already read), `apply` of
everything at once to an Asterisk that runs an empty company, `verify`, and, but for the largest, `one-row`: a queue's
longest wait changed in the database, planned, applied and read back. Beside each: this process's own CPU, Asterisk's
CPU, and the limit: `reload`, the same files taken over by the same Asterisk when somebody merely asks it to, module by
module. `boot` is Asterisk's start on them. `command` is the one-row change by `cordboard apply --yes` in a process of
its own.
"""

from __future__ import annotations

import asyncio
import gc
import os
import re
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from ami.actions import QueueReload, Reload
from ami.client import Manager
from bench.figure import Figure, Limit, Run
from cordboard.desk.deploy import Deployment
from cordboard.documents import export_company, flow_of
from cordboard.house.collector import settle_collector
from cordboard.provisioning.apply import Applied
from cordboard.provisioning.desired import desired
from cordboard.provisioning.modules import QUEUES, in_order, module_of
from cordboard.store.company import save_company
from cordboard.store.engine import Store, open_store
from cordboard.store.flows import publish_flow
from cordboard.store.values import Company
from kit import acme
from kit.lab import Lab
from kit.large_company import large_company
from kit.site import Site
from kit.switch import Switch

SIZES = (10, 100, 1_000, 10_000)
MEASURED = 1_000
"""The size for which there are goals."""
ROUNDS = 3
LOADING_DEADLINE = 120.0
TIMES_THE_RELOAD = Limit("at most", 3.0)
OWN_SECONDS = Limit("at most", 1.0)
PLANNED = 2  # exit status of a plan that holds changes
TODAY = datetime(2026, 1, 1, tzinfo=UTC).date()


@dataclass(frozen=True)
class Spent:
    """What a piece of work took: seconds by the clock, of our own CPU, of Asterisk's, and MB at most in our memory."""

    seconds: float
    own: float
    asterisk: float
    memory: float


class Meter:
    """Measures this process and one Asterisk."""

    def __init__(self, switch: Switch | None = None) -> None:
        self._switch = switch

    async def of(self, work: Callable[[], Awaitable[object]]) -> Spent:
        gc.collect()
        _forget_peak()
        began, own, theirs = time.perf_counter(), time.process_time(), self.asterisk()
        await work()
        return Spent(
            time.perf_counter() - began, time.process_time() - own, self.asterisk() - theirs, _peak_megabytes()
        )

    def asterisk(self) -> float:
        if self._switch is None:
            return 0.0
        fields = Path(f"/proc/{self._switch.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _peak_megabytes(pid: str = "self") -> float:
    """0 of a process that has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


class Bureau:
    """A database with one company, and a switch that it is deployed to."""

    def __init__(self, switch: Switch, lab: Lab, store: Store) -> None:
        self.switch, self.lab, self.store = switch, lab, store
        self.meter = Meter(switch)
        self.desk = Deployment(store, lab.deployer, lab.placement, lab.manager)

    async def save(self, company: Company) -> None:
        async with self.store.transaction() as session:
            await save_company(session, company, "bench")
            await publish_flow(session, company.id, flow_of(company, TODAY).to_json(), "bench")

    async def deploy(self) -> Applied:
        """Plan, and apply what was planned."""
        plan = await self.desk.plan()
        return await self.desk.apply("bench", plan.identity)

    async def load(self, generation: int) -> None:
        """Let Asterisk take a generation's files over, as somebody would who asks for no proof."""
        self.lab.generations.switch(generation)
        modules = in_order(module_of(name) for name in self.lab.generations.load(generation).files)
        async with self.lab.manager() as manager:
            for module in modules:
                await _reload(manager, module)


async def _reload(manager: Manager, module: str) -> None:
    await manager.act(QueueReload() if module == QUEUES else Reload(module), LOADING_DEADLINE)


@asynccontextmanager
async def bureau() -> AsyncIterator[Bureau]:
    """An Asterisk that runs a company with nothing in it."""
    switch = Switch("bench")
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as folder:
        lab = Lab(switch)
        try:
            async with open_store(f"sqlite:///{folder}/cordboard.sqlite") as store:
                await store.migrate()
                made = Bureau(switch, lab, store)
                await made.save(_nobody())
                await made.deploy()
                await switch.start(etc=lab.etc)
                if not (verified := await made.desk.verify()).is_verified:
                    raise RuntimeError(f"{verified}")
                yield made
        finally:
            lab.close()
            switch.close()


def _nobody() -> Company:
    """The company without people, queues, menus and numbers."""
    return replace(large_company(10), people={}, phones={}, queues={}, menus={}, dids={}, voicemails={})


async def measure(run: Run) -> AsyncIterator[Figure]:
    settle_collector()  # as every command of Cordboard does
    for size in SIZES:
        async for figure in _of_size(run, size):
            yield figure
    async for figure in _command(run):
        yield figure


async def _of_size(run: Run, size: int) -> AsyncIterator[Figure]:
    company = large_company(size)
    rounds = ROUNDS if size <= MEASURED else 1
    run.progress(f"{size} extensions: generate")

    async def generate() -> None:
        desired([tenant], acme.placement()).files(1, {})

    tenant = acme.tenant(company, flow_of(company, TODAY))
    small = large_company(10)
    # Templates are read once in a process's life.
    desired([acme.tenant(small, flow_of(small, TODAY))], replace(acme.placement(), systemname="warm")).files(1, {})
    yield _figure(f"generate-{size}", await Meter().of(generate))
    async with bureau() as at:
        await at.save(company)
        results: list[Applied] = []

        async def plan() -> None:
            await at.desk.plan()

        async def deploy() -> None:
            results.append(await at.deploy())

        async def verify() -> None:
            results.append(await at.desk.verify())

        run.progress(f"{size} extensions: plan")
        yield _figure(f"plan-{size}", await at.meter.of(plan))
        run.progress(f"{size} extensions: apply")
        identity = (await at.desk.plan()).identity

        async def apply() -> None:
            results.append(await at.desk.apply("bench", identity))

        applied = await at.meter.of(apply)
        failed = _failures(results)
        run.progress(f"{size} extensions: verify")
        verified = [await at.meter.of(verify) for _ in range(2)]
        reloaded = []
        for number in range(rounds):
            run.progress(f"{size} extensions: Asterisk's own reload, {number + 1} of {rounds}")
            await at.load(1)
            reloaded.append(await at.meter.of(lambda: at.load(2)))
        limit = _middle(reloaded)
        yield _figure(f"reload-{size}", limit)
        times = applied.seconds / limit.seconds
        is_goal = TIMES_THE_RELOAD if size == MEASURED else None
        yield replace(_figure(f"apply-{size}", applied, {"reload": limit.seconds}), tried=1, failed=failed)
        yield Figure(times, "times the reload", {}, is_goal, part=f"apply-over-reload-{size}")
        for number, each in enumerate(verified, 1):
            yield _figure(f"verify-{number}-{size}", each)
        if size <= MEASURED:
            run.progress(f"{size} extensions: one row")
            results.clear()
            changes = []
            for number in range(rounds):
                await at.save(_one_row(company, 200 + number))
                changes.append(await at.meter.of(deploy))
            changed = _middle(changes)
            failed = _failures(results)
            own = Figure(changed.own, "s of own CPU", {}, OWN_SECONDS if size == MEASURED else None)
            yield replace(own, part=f"one-row-own-{size}")
            yield replace(_figure(f"one-row-{size}", changed), tried=len(changes), failed=failed)
        run.progress(f"{size} extensions: boot")
        await at.switch.stop()
        began = time.perf_counter()
        await at.switch.boot_again(LOADING_DEADLINE)
        yield Figure(time.perf_counter() - began, "s", part=f"boot-{size}")


def _figure(part: str, spent: Spent, more: dict[str, float] | None = None) -> Figure:
    beside = {"own CPU": spent.own, "Asterisk's CPU": spent.asterisk, "peak MB": spent.memory}
    return Figure(spent.seconds, "s", {**(more or {}), **beside}, part=part)


def _middle(rounds: list[Spent]) -> Spent:
    """Of each measure the middle one."""
    return Spent(*(median(getattr(each, name) for each in rounds) for name in Spent.__dataclass_fields__))


def _failures(results: list[Applied]) -> int:
    return sum(not each.is_verified or each.failed is not None for each in results)


def _one_row(company: Company, max_wait: int) -> Company:
    first = next(iter(company.queues.values()))
    return replace(company, queues={**company.queues, first.id: replace(first, max_wait=max_wait)})


async def _command(run: Run) -> AsyncIterator[Figure]:
    """The same by the command line: a process that starts, reads its settings, opens the database, shows the plan."""
    company = large_company(MEASURED)
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as folder:
        file = Path(folder) / "company.yaml"
        file.write_text(export_company(company), encoding="utf-8")
        site = Site(file, settings={"rehearse": "false"})
        try:
            run.progress("the command line: set up")
            await site.set_up()
            await site.start_switch()
            await site.cordboard("verify")
            file.write_text(export_company(_one_row(company, 200)), encoding="utf-8")
            await site.cordboard("import", str(file))
            run.progress("the command line: apply")
            said = await _measured(site, "apply", "--yes")
            yield replace(_figure("command-one-row", said), tried=1)
            yield _figure("command-nothing", await _measured(site, "plan"))
            yield _figure("command-verify", await _measured(site, "verify"))
        finally:
            await site.__aexit__(None, None, None)


async def _measured(site: Site, *words: str) -> Spent:
    """Run a command of Cordboard alone; the kernel keeps what it took, and the peak of its memory while it lives."""
    meter = Meter(site.switch)
    theirs, own, began = meter.asterisk(), _children(), time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cordboard", *words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        env=site.environment,
    )
    ended = asyncio.create_task(process.wait())
    peak = 0.0
    while not ended.done():
        peak = max(peak, _peak_megabytes(str(process.pid)))
        await asyncio.wait([ended], timeout=0.02)
    seconds = time.perf_counter() - began
    if process.returncode not in (0, PLANNED):
        raise RuntimeError(f"cordboard {' '.join(words)} ended with {process.returncode}")
    return Spent(seconds, _children() - own, meter.asterisk() - theirs, peak)


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
