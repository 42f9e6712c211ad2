"""A link to a real Asterisk that is hurt again and again while calls come and go.

Each round one thing happens: the connection is cut, swallowed, cut in the middle of a list, Asterisk is frozen or
killed, the taker is too slow, or everything is listed for the asking. After each the link must be live again and a
fresh listing must show no difference. At the end every call that ended was told as ended exactly once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from ami.actions import Originate, QueueAdd, QueuePause
from ami.client import Address, SwitchLink
from ami.errors import AmiError
from ami.live import Live
from ami.models import Call, Change, LinkState
from bench.figure import Figure, Run
from kit import basis, small_centre
from kit.proxy import FaultProxy
from kit.switch import Switch

AGENTS = 6
BACK = 60.0


class Patient:
    """The link under treatment, and what it told of ended calls."""

    def __init__(self, run: Run, switch: Switch, proxy: FaultProxy) -> None:
        self.random = run.random
        self.switch, self.proxy = switch, proxy
        self.live = Live("soak")
        self.ended: list[str] = []
        self.live.watch(self._take)
        address = Address(proxy.host, proxy.port, "run", "run-secret")
        self.link = SwitchLink(
            "soak",
            address,
            self.live,
            sweep_interval=3600,
            connect_deadline=2,
            ping_interval=0.3,
            ping_deadline=1.0,
            backlog_events=300,
        )

    def _take(self, change: Change) -> None:
        if isinstance(change.value, Call) and change.value.ended is not None:
            self.ended.append(change.key)

    async def staff(self) -> None:
        for number in range(AGENTS):
            action = QueueAdd("acme-sales", f"Local/{_far_end(number)}@far-end/n", f"acme-a{number}", number % 3)
            with suppress(AmiError):
                await self.link.act(action)

    async def call_in(self) -> None:
        """Callers come without end, some of them impatient."""
        while True:
            patience = str(self.random.randrange(1, 6))
            call = Originate("Local/main@cordboard-in/n", "far-end", "answers", variables={"__PATIENCE": patience})
            with suppress(AmiError):
                await self.link.act(call)
            await asyncio.sleep(self.random.uniform(0.05, 0.3))

    # What is done to it

    async def cut(self) -> None:
        self.proxy.cut()

    async def cut_in_the_middle(self) -> None:
        self.proxy.down.cut_after = self.random.randrange(1, 20_000)
        self.link.resync("to be cut")
        await asyncio.sleep(1)
        self.proxy.down.cut_after = None

    async def swallow(self) -> None:
        self.proxy.down.is_blackhole = True
        await self._until_down()
        self.proxy.down.is_blackhole = False

    async def freeze(self) -> None:
        self.switch.freeze()
        await self._until_down()
        self.switch.thaw()

    async def kill(self) -> None:
        await asyncio.sleep(1)  # Asterisk tells the second of its start
        self.switch.kill()
        await self.switch.boot_again()

    async def flood(self) -> None:
        pauses = [
            self.link.act(QueuePause(f"Local/{_far_end(number)}@far-end/n", bool(turn % 2), "soak"))
            for turn in range(40)
            for number in range(AGENTS)
        ]
        await asyncio.gather(*pauses, return_exceptions=True)

    async def list_again(self) -> None:
        self.link.resync("for the asking")
        await asyncio.sleep(0.2)

    async def _until_down(self) -> None:
        async with asyncio.timeout(BACK):
            while self.link.status.state is not LinkState.DOWN:
                await asyncio.sleep(0.02)


def _far_end(number: int) -> str:
    return f"{'brief' if number % 2 else 'quiet'}{number}"


async def measure(run: Run) -> AsyncIterator[Figure]:
    switch = Switch("soak")
    try:
        await switch.start(basis.files(switch, small_centre.files(switch)))
        async with FaultProxy(switch.address, switch.ports.ami) as proxy:
            yield await _treat(run, Patient(run, switch, proxy))
    finally:
        switch.close()


async def _treat(run: Run, patient: Patient) -> Figure:
    wounds: list[Callable[[], Awaitable[None]]] = [
        patient.cut,
        patient.cut_in_the_middle,
        patient.swallow,
        patient.freeze,
        patient.kill,
        patient.flood,
        patient.list_again,
    ]
    rounds = failed = 0
    notes: list[str] = []
    running = asyncio.create_task(patient.link.run())
    calling = asyncio.create_task(patient.call_in())
    try:
        await patient.link.wait_live(BACK)
        while not run.is_over:
            await patient.staff()
            await asyncio.sleep(patient.random.uniform(0, 2))
            wound = patient.random.choice(wounds)
            run.progress(f"round {rounds + 1}: {wound.__name__}; {len(patient.ended)} calls ended, {failed} failures")
            await wound()
            rounds += 1
            differences = await _recovered(patient)
            if differences:
                failed += 1
                notes.append(f"round {rounds}, {wound.__name__}: {differences}")
        calling.cancel()
        twice = len(patient.ended) - len(set(patient.ended))
        failed += twice
        if twice:
            notes.append(f"{twice} calls were told twice")
    finally:
        for task in (calling, running):
            task.cancel()
        await asyncio.gather(calling, running, return_exceptions=True)
    notes.insert(
        0, f"{len(patient.ended)} calls, {patient.link.resyncs} resyncs, {patient.link.dropped} events dropped"
    )
    return Figure(
        rounds / max(run.elapsed, 1e-9) * 60, "wounds/min", tried=rounds, failed=failed, notes="; ".join(notes)
    )


async def _recovered(patient: Patient) -> str:
    """What differs once the link is live again; "" if nothing does."""
    async with asyncio.timeout(BACK * 2):
        while True:
            await patient.link.wait_live(BACK)
            with suppress(AmiError):  # hurt again by what was under way
                return str(await patient.link.compare() or "")
            await asyncio.sleep(0.05)
