"""A real Asterisk behind a relay that doubles, delays and drops its events: loss is counted, and mended by itself."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from ami import client as client_module
from ami.actions import Originate, QueueAdd, QueuePause
from ami.client import Address, SwitchLink
from ami.live import Live
from ami.models import Call, Change
from kit import basis, small_centre
from kit.event_faults import EventFaults
from kit.proxy import FaultProxy
from kit.switch import Switch

pytestmark = pytest.mark.switch

AGENTS = 6
PATIENCE = 30.0


@pytest.fixture(autouse=True)
def early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "DOUBT_PAUSE", 0.2)
    monkeypatch.setattr(client_module, "DOUBT_INTERVAL", 0.5)


class Followed:
    """The switch through the relay, and how often each call was told as ended."""

    def __init__(self, live: Live, link: SwitchLink, faults: EventFaults) -> None:
        self.live, self.link, self.faults = live, link, faults
        self.ended: Counter[str] = Counter()
        self.gaps = 0
        live.watch(self._note)

    def _note(self, change: Change) -> None:
        if isinstance(change.value, Call) and change.value.ended is not None:
            self.ended[change.key] += 1
            self.gaps += sum(fact.kind == "gap" for fact in change.value.facts)

    async def calls(self, number: int) -> None:
        """Callers who wait and are answered, by agents who pause and come back."""
        for turn in range(number):
            await self.link.act(
                Originate(
                    "Local/main@cordboard-in/n", "far-end", "answers", variables={"__PATIENCE": str(1 + turn % 4)}
                )
            )
            await self.link.act(QueuePause(_agent(turn % AGENTS), bool(turn % 3), "test"))
            await asyncio.sleep(0.1)


def _agent(number: int) -> str:
    return f"Local/{'brief' if number % 2 else 'quiet'}{number}@far-end/n"


@asynccontextmanager
async def behind_a_relay(switch: Switch, seed: int) -> AsyncIterator[Followed]:
    async with FaultProxy(switch.address, switch.ports.ami) as proxy:
        faults = proxy.down.events = EventFaults(random.Random(seed))
        live = Live(switch.name)
        link = SwitchLink(switch.name, Address(proxy.host, proxy.port, "run", "run-secret"), live, sweep_interval=3600)
        followed = Followed(live, link, faults)
        running = asyncio.create_task(link.run())
        try:
            await link.wait_live(PATIENCE)
            for number in range(AGENTS):
                await link.act(QueueAdd("acme-sales", _agent(number), f"acme-a{number}", number % 3))
            yield followed
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def switch(new_switch: Callable[..., Switch]) -> Switch:
    switch = new_switch("pbx1")
    await switch.start(basis.files(switch, small_centre.files(switch)))
    return switch


async def test_lost_and_late_events_are_found_soon_and_mended(switch: Switch) -> None:
    async with behind_a_relay(switch, 7) as followed:
        link, faults = followed.link, followed.faults
        faults.drop = faults.late = faults.double = 0.05
        await followed.calls(30)
        faults.heal()
        assert min(faults.dropped, faults.made_late, faults.doubled) > 0
        assert link.strange > 0, "the next event of the same call gives a lost one away"
        await switch.wait_idle()
        await followed.calls(2)  # what was lost last is given away by what comes next
        await switch.wait_idle()
        async with asyncio.timeout(PATIENCE):
            while await link.sweep():  # not all that is lost gives itself away: the next sweep finds it
                await asyncio.sleep(0.1)
        assert link.drift > 0
        assert link.resyncs > 0
        assert followed.gaps > 0, "calls that went on through it know of it"
        assert set(followed.ended.values()) == {1}
        assert followed.live.snapshot().calls == ()
        assert link.dropped == 0, "none was lost by us"


async def test_doubled_events_change_nothing(switch: Switch) -> None:
    async with behind_a_relay(switch, 8) as followed:
        followed.faults.double = 0.5
        await followed.calls(10)
        assert await followed.link.compare() == []
        await switch.wait_idle()
        assert await followed.link.compare() == []
        assert followed.faults.doubled > 20
        assert (followed.link.strange, followed.link.resyncs) == (0, 0)
        assert set(followed.ended.values()) == {1}
        assert len(followed.ended) == 10
