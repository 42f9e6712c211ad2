"""A whole Cordboard under calls that never end alike, then hurt again and again: is what it shows what is?

`calls`: CALLS real calls at RATE a second (ten kinds: menus, queues, holds, transfers, messages, abandons, overflows)
while agents come, pause and go. Under way and at the end the live state must equal a fresh snapshot of Asterisk, at the
end nobody may be stuck anywhere, and history must have each offered call exactly once.
`faults`: under the same load Asterisk is killed (KILLS times) and frozen for 30 seconds, Cordboard is killed
(DEATHS times) and stopped for 5 seconds, each with proof. After each one the state must equal a fresh snapshot within
5 seconds, and every queue must have the very agents that the database wants.
`cuts`: the manager stream cut at CUTS bytes of recorded calls, and a whole link cut LINK_CUTS times, at any byte of its
lists or events, each time equal to the peer afterwards.
Ends by its counts: CALLS=2000 RATE=20 KILLS=20 DEATHS=50 CUTS=20000 LINK_CUTS=1000.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from ami.client import Address, SwitchLink
from ami.errors import AmiError
from ami.live import Live
from ami.models import AgentState
from bench.figure import Figure, Limit, Run
from bench.soak_ami import cut_stream
from bench.soak_deploy import from_environment
from bench.tally import Kill, Tally, tally
from cordboard.desk.memberships import desired_members
from cordboard.house.workshop import opened_store
from cordboard.settings import load
from cordboard.store.agents import list_logins
from cordboard.store.company import load_company
from cordboard.store.engine import Store
from kit.asterisk_peer import TRANSCRIPTS, recorded_events
from kit.followed_peer import FollowedPeer
from kit.full_house import FullHouse, Shares
from kit.patience import PATIENCE, until
from kit.recorded import recordings
from kit.sip_crowd import Crowd
from kit.site import CommandFailedError, Site
from kit.traffic import Traffic, document

EQUAL_WITHIN = 5.0
"""Seconds from the moment in which both are there again."""
FREEZE, STOP = 30.0, 5.0
LOAD = 4.0
"""Calls a second while something is hurt."""
LOOK_EACH = 5.0
AT_REST = frozenset({AgentState.READY, AgentState.PAUSE, AgentState.WITHDRAWN, AgentState.LOGGED_OUT})
Wound = Callable[[], Awaitable[str]]
"""Hurts something, and returns the proof that it happened; when it returns, both are there again."""


@dataclass
class Patient:
    """The whole of it."""

    site: Site
    crowd: Crowd
    traffic: Traffic
    store: Store
    faults: list[str] = field(default_factory=list)
    looks: int = 0
    """How often the live state was compared."""
    kills: list[Kill] = field(default_factory=list)
    back: list[float] = field(default_factory=list)
    """Seconds from each start of what was killed until it was there again."""

    async def look(self, when: str) -> None:
        """Compare the live state with a fresh snapshot of the same moment."""
        self.looks += 1
        if differences := await self.site.differences():
            self.faults.append(f"{when}: {len(differences)} differences, first {differences[:3]}")

    async def equal_after(self) -> float:
        """Seconds until the live state equals a fresh snapshot. Raises TimeoutError."""
        began = time.monotonic()
        last: object = ""
        while time.monotonic() - began < PATIENCE:
            try:
                last = await self.site.differences()
                if not last:
                    self.looks += 1
                    return time.monotonic() - began
            except (CommandFailedError, OSError) as error:
                last = error
            await asyncio.sleep(0.05)
        raise TimeoutError(f"not equal in {PATIENCE} s: {last}")

    async def wrong_members(self) -> dict[tuple[str, str], object]:
        """How Asterisk's members differ from those that the database wants: wanted and found, by queue and agent."""
        async with self.store.reading() as session:
            company = await load_company(session, "full")
            logins = await list_logins(session, "full")
        wanted = {
            (seat.queue, each.name): (each.is_paused, each.pause_reason if each.is_paused else "")
            for seat, each in desired_members([company], logins).items()
        }
        standing = await FullHouse(self.site, self.crowd, Shares.of(10)).standing()
        found = {key: (is_paused, reason) for key, (_, is_paused, reason) in standing.members.items()}
        return {
            key: (wanted.get(key), found.get(key))
            for key in wanted.keys() | found.keys()
            if wanted.get(key) != found.get(key)
        }

    async def agents_as_desired(self, when: str) -> None:
        """Within seconds. Agents wrap up all the time: one who is otherwise in each of many looks is wrong."""
        wrong = await self.wrong_members()
        ends = time.monotonic() + EQUAL_WITHIN
        while wrong and time.monotonic() < ends:
            await asyncio.sleep(0.05)
            again = await self.wrong_members()
            wrong = {key: pair for key, pair in again.items() if wrong.get(key) == pair}
        if wrong:
            self.faults.append(f"{when}: wanted and found {wrong}")

    async def counted(self) -> Tally:
        """The calls that came in, held against history."""
        calls = [call for call in self.crowd.calls.values() if call.user in self.traffic.offered]
        return await tally(self.site, calls, self.kills, self.traffic.offered)

    async def stuck(self) -> list[str]:
        """Whoever is still somewhere though nobody calls any more."""
        found: list[str] = []

        async def is_quiet() -> bool:
            cards = await self.site.cards()
            found.clear()
            for key, card in cards.items():
                is_busy = key.startswith("agent/") and card["state"] not in AT_REST
                if key.startswith("call/") or is_busy or card.get("waiting"):
                    found.append(f"{key} {card.get('state', card.get('stage', ''))}")
            return not found

        with contextlib.suppress(TimeoutError):
            await self.site.until_async(is_quiet, "everybody to be free", seconds=10)
        return found

    async def link(self) -> str:
        """What the daemon counted of its link since it began. Drift that its own sweeps found is a fault."""
        [found] = await self.site.get("/api/links")
        if found["drift"] or found["lost"]:
            self.faults.append(f"the daemon found drift or lost events: {found}")
        return ", ".join(f"{name} {found[name]}" for name in ("lost", "strange", "drift", "relists"))

    # --- wounds

    async def kill_asterisk(self) -> str:
        switch = self.site.switch
        before = switch.process.pid
        await asyncio.sleep(1)  # Asterisk tells the second of its start
        killed = time.monotonic()
        switch.kill()
        assert not switch.process.is_running
        await asyncio.sleep(0.1)  # the phones read what it had said
        self.kills.append(Kill(killed, time.monotonic()))
        began = time.monotonic()
        await switch.boot_again()
        self.back.append(time.monotonic() - began)
        return f"process {before} is dead" if switch.process.pid != before else ""

    async def freeze_asterisk(self) -> str:
        self.site.switch.freeze()
        began = time.time()
        try:
            await asyncio.sleep(FREEZE)
            card = (await self.site.cards())["link/pbx1"]
        finally:
            self.site.switch.thaw()
        is_told = card["state"] != "live" and card["stale_since"] is not None and card["stale_since"] >= began - 1
        return f"{card['state']} since {card['stale_since']}" if is_told else ""

    async def stop_cordboard(self) -> str:
        self.site.daemon.signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(STOP)
            state = Path(f"/proc/{self.site.daemon.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        finally:
            self.site.daemon.signal(signal.SIGCONT)
        return "stopped" if state == "T" else ""

    async def kill_cordboard(self) -> str:
        daemon = self.site.daemon
        daemon.signal(signal.SIGKILL)
        status = await daemon.wait(10)
        began = time.monotonic()
        await self.site.start_daemon()
        self.back.append(time.monotonic() - began)
        await self.site.sign_in_again()
        return "killed" if status == -signal.SIGKILL else ""


async def measure(run: Run) -> AsyncIterator[Figure]:
    logging.getLogger("ami").setLevel(logging.ERROR)  # that a link is lost is what is wanted here
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="cordboard-soak-")))
        file = folder / "company.yaml"
        file.write_text(json.dumps(document()), encoding="utf-8")
        site = await stack.enter_async_context(Site(file))
        crowd = await stack.enter_async_context(Crowd(site.switch))
        traffic = await stack.enter_async_context(Traffic(site, crowd, run.random))
        store = await stack.enter_async_context(opened_store(load(environment=site.environment).settings))
        patient = Patient(site, crowd, traffic, store)
        if calls := from_environment("CALLS", 2000):
            yield await _calls(run, patient, calls, float(from_environment("RATE", 20)))
        wounds: list[tuple[str, Wound, int]] = [
            ("Asterisk killed", patient.kill_asterisk, from_environment("KILLS", 20)),
            ("Asterisk frozen 30 s", patient.freeze_asterisk, from_environment("FREEZES", 1)),
            ("Cordboard stopped 5 s", patient.stop_cordboard, from_environment("STOPS", 5)),
            ("Cordboard killed", patient.kill_cordboard, from_environment("DEATHS", 50)),
        ]
        for name, wound, times in wounds:
            if times:
                yield await _hurt(run, patient, name, wound, times)
        if any(times for *_, times in wounds):
            yield await _afterwards(run, patient)
    yield await cut_stream(run, from_environment("CUTS", 20_000))
    yield await _cut_link(run, from_environment("LINK_CUTS", 1000))


async def _calls(run: Run, patient: Patient, calls: int, rate: float) -> Figure:
    traffic = patient.traffic
    traffic.stir()
    began = run.elapsed
    looking = asyncio.create_task(_look_again_and_again(run, patient, calls))
    await traffic.offer(calls, rate)
    seconds = run.elapsed - began
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    await traffic.rest()
    await patient.site.switch.wait_idle(60)
    await patient.look("at the end")
    await patient.agents_as_desired("at the end")
    stuck = await patient.stuck()
    counted = await patient.counted()
    link = await patient.link()
    faults = [*patient.faults, *traffic.faults, *(f"stuck: {each}" for each in stuck)]
    patient.faults.clear()
    traffic.faults.clear()
    notes = [
        ", ".join(f"{kind} {count}" for kind, count in traffic.done.most_common()),
        f"agents: {', '.join(f'{deed} {count}' for deed, count in traffic.moves.most_common())}",
        f"{traffic.most_at_once} callers at once at most; compared {patient.looks} times",
        f"offered {len(traffic.offered)}, came in {counted.known}; link: {link}",
        *counted.headings,
        *faults[:10],
    ]
    return Figure(
        calls / seconds,
        "calls/s",
        tried=calls,
        failed=len(faults) + len(counted.wrong) + abs(calls - counted.known),
        part="calls",
        notes="; ".join(filter(None, notes)),
        details="\n".join((*counted.wrong, *counted.twice)),
    )


async def _look_again_and_again(run: Run, patient: Patient, calls: int) -> None:
    while True:
        await asyncio.sleep(LOOK_EACH)
        traffic = patient.traffic
        run.progress(f"{len(traffic.offered)} of {calls} calls, {traffic.callers} now, {len(patient.faults)} faults")
        await patient.look(f"after {len(traffic.offered)} calls")


async def _hurt(run: Run, patient: Patient, name: str, wound: Wound, times: int) -> Figure:
    """The same wound so many times, under calls."""
    traffic = patient.traffic
    traffic.is_rough = True
    calling = asyncio.create_task(traffic.flow(LOAD))
    seconds: list[float] = []
    unproven = 0
    before = len(traffic.offered)
    try:
        for number in range(1, times + 1):
            traffic.stir()
            await asyncio.sleep(run.random.uniform(1, 3))
            await traffic.rest()
            run.progress(f"{name}: {number} of {times}, {traffic.callers} callers, {len(patient.faults)} faults")
            unproven += not await wound()
            when = f"{name}, time {number}"
            try:
                seconds.append(await patient.equal_after())
                if seconds[-1] > EQUAL_WITHIN:
                    patient.faults.append(f"{when}: equal after {seconds[-1]:.1f} s")
            except TimeoutError as error:
                patient.faults.append(f"{when}: {error}")
            await patient.agents_as_desired(when)
    finally:
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)
    faults, patient.faults = patient.faults, []
    middle = sorted(seconds)[len(seconds) // 2] if seconds else float("inf")
    back, patient.back = sorted(patient.back), []
    notes = [
        f"{len(traffic.offered) - before} calls meanwhile",
        f"there again after {back[len(back) // 2]:.1f} s, at most {back[-1]:.1f} s" if back else "",
        f"unproven: {unproven}" if unproven else "",
        *faults[:10],
    ]
    return Figure(
        max(seconds, default=float("inf")),
        "s until equal, at most",
        {"middle": middle},
        Limit("at most", EQUAL_WITHIN),
        tried=times,
        failed=len(faults) + unproven,
        part=name,
        notes="; ".join(filter(None, notes)),
    )


async def _afterwards(run: Run, patient: Patient) -> Figure:
    """Everybody gone: nobody is stuck, and every call that came in is in history once."""
    run.progress("waiting for the last callers")
    traffic = patient.traffic
    await traffic.over()
    await patient.crowd.hang_up(*patient.crowd.calls.values())
    await patient.site.switch.wait_idle(120)
    await patient.look("after all faults")
    await patient.agents_as_desired("after all faults")
    stuck = await patient.stuck()
    counted = await patient.counted()
    faults = [*patient.faults, *(f"stuck: {each}" for each in stuck)]
    notes = [
        f"{len(traffic.offered)} called, {counted.known} came in",
        f"{counted.unheard} in whose first second Asterisk was killed were heard of by nobody"
        if counted.unheard
        else "",
        f"{len(counted.twice)} were let in again by the Asterisk after it, and have a row of each"
        if counted.twice
        else "",
        *counted.headings,
        *faults[:10],
    ]
    return Figure(
        counted.known - len(counted.wrong),
        "calls",
        limit=Limit("at least", counted.known),
        tried=counted.known,
        failed=len(counted.wrong) + len(faults),
        part="after all faults",
        notes="; ".join(filter(None, notes)),
        details="\n".join((*counted.wrong, *counted.twice)),
    )


async def _cut_link(run: Run, cuts: int) -> Figure:
    """A whole link, cut at any byte of what a peer sends it: its lists, or the events of recorded calls after them."""
    streams = [recorded_events(TRANSCRIPTS / f"{name}.ami.txt") for name in recordings()]
    failed = 0
    during_lists = 0
    live = Live("soak")
    async with FollowedPeer() as peer:
        address = Address(peer.host, peer.port, peer.username, peer.secret)
        link = SwitchLink("soak", address, live, sweep_interval=3600, connect_deadline=5)
        running = asyncio.create_task(link.run())
        began = run.elapsed
        try:
            await link.wait_live(PATIENCE)
            lists = peer.session.sent
            for number in range(cuts):
                if number % 50 == 0:
                    run.progress(f"link cut {number:,} of {cuts:,} times, {failed} failures")
                cut_before, connections = peer.cuts, len(peer.sessions)
                stream = run.random.choice(streams)
                offset = run.random.randrange(1, len(stream))
                if number % 4 == 0:  # the next connection is cut while it lists
                    during_lists += 1
                    peer.cut_after = run.random.randrange(1, lists)
                    peer.drop()
                    await until(lambda: peer.cuts >= cut_before + 2)  # noqa: B023 - awaited in this very turn
                else:
                    peer.cut_after = peer.session.sent + offset
                    await peer.session.send(stream)
                peer.cut_after = None
                await until(lambda: not link.is_live)
                link.resync("come back at once")
                await until(lambda: len(peer.sessions) > connections)  # noqa: B023
                failed += not await _is_equal(link) or peer.cuts == cut_before
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    return Figure(
        cuts / max(run.elapsed - began, 1e-9),
        "cuts/s",
        tried=cuts,
        failed=failed,
        part="link cuts",
        notes=f"{during_lists} of them while it listed",
    )


async def _is_equal(link: SwitchLink) -> bool:
    """Whether the link is live again and shows what its peer lists: nothing."""
    with contextlib.suppress(AmiError):
        await link.wait_live(PATIENCE)
        return not await link.compare()
    return False
