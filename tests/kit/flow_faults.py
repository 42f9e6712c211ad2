"""Callers of a whole Cordboard while its FastAGI process, or a system that it asks, is ill: each proves that it was.

    async with open_faults(folder) as faults:
        trial = await faults.killed(20)         # stopped, slow, half_open, rubbish, storm, hang_ups, lies
        assert trial.proof and not trial.wrong

Where a caller ends is what Asterisk itself tells of him, so that it counts with Cordboard away too. A trial is over
when no channel is left and the FastAGI process holds no connection of a call any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agi.flow.passage import MOST_STEPS
from dialplan_templates.render import LONGEST_WALK
from kit.manager import ManagerSession, Message
from kit.other_system import OtherSystem, Reply, hangs, json_answer, raw_answer
from kit.patience import PATIENCE
from kit.sip_crowd import EVENTS, CallLostError, Crowd, CrowdCall
from kit.site import Site
from kit.trip import fastagi

COMPANY = Path(__file__).with_name("faults.yaml")
TRUNK = {"X-Trunk": "carrier"}
MENU, LOOKUP = "+33199000001", "+33199000002"
CHOSEN, FOUND, DOWN, LET_GO = "step:chosen", "step:found", "step:down", "dialplan"
APART = 0.05
"""Seconds from one caller to the next."""
BETWEEN_KEYS = 2.5
"""Seconds after which a caller presses his key again."""
BOUND = 45.0
"""Seconds in which every caller must have come to his end: the dead man's switch of a mute listener included."""
HANG_UPS = 5.0
"""Seconds over which callers who hang up are spread, from their INVITE to the message at the end."""
RUBBISH = (
    b"\xff\xfe rubbish\n",
    b"200 result=1\n" * 50,
    b'EXEC "NoSuchApplication" ""\n',
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
    b"",
)
"""What a stranger says to Asterisk. No NUL, and no line without end: Asterisk's own reader does not come back from
either while the stranger stays, and neither a hang-up nor its clock frees such a channel."""


@dataclass
class Trial:
    """What came of one fault: how often it was done, and whoever ended where he should not."""

    callers: int
    proof: int
    wrong: list[str] = field(default_factory=list)


def _says(answer: Callable[[], Reply]) -> Callable[[OtherSystem], None]:
    def lie(system: OtherSystem) -> None:
        system.says = lambda _: answer()

    return lie


def _never_ends(piece: bytes, pause: float) -> Callable[[OtherSystem], None]:
    def lie(system: OtherSystem) -> None:
        system.endless, system.pause = piece, pause

    return lie


LIES: dict[str, Callable[[OtherSystem], None]] = {
    "hangs": _says(hangs),
    "no JSON": _says(lambda: raw_answer(b'{"customer": ')),
    "other kinds": _says(lambda: json_answer({"customer": {"tier": {"a": [1]}}})),
    "a list": _says(lambda: json_answer([1, 2, 3])),
    "an error": _says(lambda: json_answer({"customer": {"tier": "gold"}}, status=500)),
    "a flood": _never_ends(b" " * 65536, 0.0),
    "a drip": _never_ends(b" ", 0.2),
}
"""Ways in which another system does not answer as it should; each leads a caller to the failure of the step."""


class Faults:
    """The site, its callers, and what Asterisk tells of them."""

    def __init__(self, site: Site, crowd: Crowd, session: ManagerSession, system: OtherSystem) -> None:
        self.site, self.crowd, self.system = site, crowd, system
        self._session = session
        self._numbers = itertools.count(1)

    # --- the listener

    async def killed(self, callers: int) -> Trial:
        """SIGKILL while all of them are in the menu."""
        return await self._in_the_menu(callers, signal.SIGKILL)

    async def stopped(self, callers: int) -> Trial:
        """SIGSTOP while all of them are in the menu: the watchdog kills it."""
        return await self._in_the_menu(callers, signal.SIGSTOP)

    async def _in_the_menu(self, callers: int, what: signal.Signals) -> Trial:
        before, killed = self._served(), self._hung()
        calls = await self._come(callers, MENU)
        await self._told(calls, lambda told: _count(told, "CordboardMenu") > 0, "to be in the menu")
        os.kill(fastagi(self.site), what)
        trial = Trial(callers, 0, await self._all_end(calls, CHOSEN, self._chooses))
        trial.proof = sum(_count(self._of(call), "CordboardFallback") for call in calls)
        if trial.proof != callers:
            trial.wrong.append(f"{trial.proof} of {callers} came to the fallback")
        await self.site.until(lambda: self._served() > before, "another FastAGI process to answer")
        if what is signal.SIGSTOP and self._hung() == killed:
            trial.wrong.append("nobody said that it hangs")
        return await self._over(trial)

    async def slow(self, callers: int) -> Trial:
        """It stands still for a fifth of a second again and again: nobody comes to the fallback."""
        pulses = 0
        process = fastagi(self.site)

        async def pulse() -> None:
            nonlocal pulses
            try:
                while True:
                    os.kill(process, signal.SIGSTOP)
                    await asyncio.sleep(0.2)
                    os.kill(process, signal.SIGCONT)
                    pulses += 1
                    await asyncio.sleep(0.02)
            finally:
                os.kill(process, signal.SIGCONT)

        pulsing = asyncio.create_task(pulse())
        try:
            calls = await self._come(callers, MENU)
            wrong = await self._all_end(calls, CHOSEN, self._chooses)
        finally:
            pulsing.cancel()
            await asyncio.gather(pulsing, return_exceptions=True)
        return await self._over(Trial(callers, pulses, wrong + self._fallen(calls)))

    async def half_open(self, callers: int, strangers: int) -> Trial:
        """Strangers hold connections open, silent or in the middle of a header: nobody comes to the fallback."""
        held = []
        for number in range(strangers):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(self.site.switch.address, self.site.agi_port)
                held.append(writer)
                if number % 2:
                    writer.write(b"agi_network: yes\nagi_network_script: me")
        try:
            calls = await self._come(callers, MENU)
            wrong = await self._all_end(calls, CHOSEN, self._chooses)
        finally:
            for writer in held:
                writer.transport.abort()
        return await self._over(Trial(callers, len(held), wrong + self._fallen(calls)))

    async def rubbish(self, callers: int) -> Trial:
        """Somebody else listens in its place and answers rubbish, then closes, or says no more."""
        says, answered = itertools.cycle(RUBBISH), 0

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal answered
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await reader.readuntil(b"\n\n")
                said = next(says)
                answered += 1
                writer.write(said)
                await writer.drain()
                if answered % 2:  # the other half holds on to its callers
                    while await reader.read(1 << 16):
                        pass
            writer.close()

        await self.site.stop_daemon()
        server = await asyncio.start_server(answer, self.site.switch.address, self.site.agi_port)
        try:
            calls = await self._come(callers, MENU)
            trial = Trial(callers, 0, await self._all_end(calls, CHOSEN, self._chooses))
            await self.site.switch.wait_idle()
        finally:
            server.close()
            await server.wait_closed()
            await self.site.start_daemon()
        trial.proof = answered
        fallen = sum(_count(self._of(call), "CordboardFallback") > 0 for call in calls)
        if fallen != callers:
            trial.wrong.append(f"{fallen} of {callers} came to the fallback")
        return await self._over(trial)

    # --- callers

    async def storm(self, callers: int, digits: int) -> Trial:
        """Each of them presses so many keys without a pause and goes round in the menu, then chooses as ever; who went
        round for longer than a flow allows does so in the compiled menu, and who does so there, too, is let go. Some
        more press fewer keys than that, and come to what they choose."""
        calls = await self._come(callers + max(callers // 4, 1), MENU)
        many, few = calls[:callers], calls[callers:]
        await self._told(calls, lambda told: _count(told, "CordboardMenu") > 0, "to be in the menu")
        keys = {call: digits if call in many else MOST_STEPS // 2 for call in calls}
        sent = sum(await asyncio.gather(*(_hammer(call, keys[call]) for call in calls)))
        wrong = [
            f"no key of {call.user} was heard"
            for call in calls
            if not any(each["Event"] == "DTMFEnd" for each in self._of(call))
        ]
        for found in await asyncio.gather(
            self._all_end(many, CHOSEN, self._chooses, self._went_round), self._all_end(few, CHOSEN, self._chooses)
        ):
            wrong += found
        return await self._over(Trial(len(calls), sent, wrong))

    def _went_round(self, call: CrowdCall) -> bool:
        """Is it over as soon as it came through as many menus as a flow, and then the compiled menus, allow?"""
        told = self._of(call)
        return _ends(told) == [LET_GO] and _count(told, "CordboardMenu") >= MOST_STEPS + LONGEST_WALK

    async def hang_ups(self, callers: int) -> Trial:
        """They hang up one a moment later than the other, from the INVITE to the last sound."""

        async def leave(call: CrowdCall, after: float) -> None:
            choosing = asyncio.create_task(self._chooses(call, first=HANG_UPS / 3))
            try:
                await asyncio.sleep(after)
            finally:
                choosing.cancel()
                await asyncio.gather(choosing, return_exceptions=True)
            await call.hang_up()

        calls = []
        async with asyncio.TaskGroup() as group:
            for number in range(callers):
                (call,) = await self._come(1, MENU)
                calls.append(call)
                group.create_task(leave(call, number * HANG_UPS / callers))
        left = sum(call.ended_by == "us" for call in calls)
        return await self._over(Trial(callers, left, self._fallen(calls)))

    # --- another system

    async def lies(self, callers: int, names: Sequence[str] = tuple(LIES)) -> Trial:
        """The system that is asked for each caller does not answer as it should, in each of these ways; between two of
        them it is honest until it is believed again."""
        trial = Trial(0, 0)
        for name in names:
            await self._believed()
            LIES[name](self.system)
            asked = len(self.system.asked)
            calls = await self._come(callers, LOOKUP)
            trial.wrong += [f"{name}: {each}" for each in await self._all_end(calls, DOWN)]
            trial.callers += callers
            times = len(self.system.asked) - asked
            trial.proof += times
            if not times:
                trial.wrong.append(f"{name}: nobody asked")
        await self._believed()
        return await self._over(trial)

    async def _believed(self) -> None:
        self.system.endless, self.system.pause = b"", 0.0
        self.system.says = lambda _: json_answer({"customer": {"tier": "gold"}})
        async with asyncio.timeout(2 * PATIENCE):
            while await self._all_end(await self._come(1, LOOKUP), FOUND):
                await asyncio.sleep(1)

    # --- their calls

    async def _come(self, callers: int, number: str) -> list[CrowdCall]:
        calls = []
        for _ in range(callers):
            calls.append(await self.crowd.start_call(f"+3369{next(self._numbers):07}", number, TRUNK))
            await asyncio.sleep(APART)
        return calls

    async def _chooses(self, call: CrowdCall, first: float = BETWEEN_KEYS) -> None:
        pause = first
        while not call.ended_by:
            await asyncio.sleep(pause)
            await call.press("1")
            pause = BETWEEN_KEYS

    async def _all_end(
        self,
        calls: Sequence[CrowdCall],
        end: str,
        acts: Callable[[CrowdCall], Awaitable[None]] | None = None,
        may_end: Callable[[CrowdCall], bool] = lambda _: False,
    ) -> list[str]:
        """Let them act until Asterisk has ended every call; who did not come to this end in time, nor to one that he
        may."""

        async def one(call: CrowdCall) -> str:
            acting = asyncio.ensure_future(acts(call)) if acts else None
            try:
                await call.ended(BOUND)
            except (TimeoutError, CallLostError):
                await call.hang_up()
                return f"{call.user} is stuck: {self._of(call)}"
            finally:
                if acting is not None:
                    acting.cancel()
                    await asyncio.gather(acting, return_exceptions=True)
            async with asyncio.timeout(PATIENCE):
                while not any(each["Event"] == "Hangup" for each in self._of(call)):
                    await asyncio.sleep(0.05)
            ends = _ends(self._of(call))
            return "" if end in ends or may_end(call) else f"{call.user} came to {ends} and not to {end}"

        return [each for each in await asyncio.gather(*map(one, calls)) if each]

    def _of(self, call: CrowdCall) -> list[Message]:
        return [each for each in self._session.events if each.get("CallerIDNum") == call.user]

    def _fallen(self, calls: Sequence[CrowdCall]) -> list[str]:
        return [f"{call.user} came to the fallback" for call in calls if _count(self._of(call), "CordboardFallback")]

    async def _told(self, calls: Sequence[CrowdCall], is_so: Callable[[list[Message]], bool], what: str) -> None:
        await self.site.until(lambda: all(is_so(self._of(call)) for call in calls), f"callers {what}")

    async def _over(self, trial: Trial) -> Trial:
        """Nobody is left, here and there."""
        try:
            await self.site.switch.wait_idle()
            await self.site.until(lambda: not self._connections(), "the FastAGI process to hold no call")
        except TimeoutError as error:
            trial.wrong.append(str(error))
        self._session.events.clear()
        return trial

    def _connections(self) -> int:
        """What is connected to the FastAGI port, seen from there."""
        address = socket.inet_aton(self.site.switch.address)
        here = f"{struct.unpack('<I', address)[0]:08X}:{self.site.agi_port:04X}"
        rows = (line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:])
        return sum(row[1] == here and row[3] in ("01", "08") for row in rows)  # established, or half closed

    def _served(self) -> int:
        return self.site.daemon.said().count("FastAGI process answers calls")

    def _hung(self) -> int:
        return self.site.daemon.said().count("hangs and is killed")


async def _hammer(call: CrowdCall, digits: int) -> int:
    """Press one key again and again (RFC 4733), each for as short as two packets can say; how often it was sent."""
    for number in range(digits):
        if not call.is_up:
            return number
        for duration, end in ((400, 0), (800, 0x80)):
            call.send(struct.pack("!BBH", 9, end | 10, duration), EVENTS, is_first=not end, span=2 * duration - 800)
        await asyncio.sleep(0.01)
    return digits


def _ends(told: Sequence[Message]) -> list[str]:
    return [each["Detail"] for each in told if each.get("UserEvent") == "CordboardOutcome"]


def _count(told: Sequence[Message], name: str) -> int:
    return sum(each.get("UserEvent") == name for each in told)


@contextlib.asynccontextmanager
async def open_faults(folder: Path) -> AsyncIterator[Faults]:
    """`folder`: for the file of connections."""
    async with OtherSystem() as system:
        file = folder / "connections.toml"
        file.write_text(f'[crm]\nurl = "{system.url}/customers/{{number}}"\n', encoding="utf-8")
        file.chmod(0o600)
        async with (
            Site(COMPANY, settings={"connections": str(file)}) as site,
            Crowd(site.switch) as crowd,
            ManagerSession.open(site.switch, *await site.witness()) as session,
        ):
            yield Faults(site, crowd, session, system)
