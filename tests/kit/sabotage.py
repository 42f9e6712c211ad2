"""Ways to sabotage an apply that is under way, each with the proof that it happened.

    found = await Saboteur(house, site).commit("the disk is full", SABOTAGES["the disk is full"])

Before each one, changes are imported that concern phones, queues, boxes and the dialplan. A sabotage runs `cordboard
apply --yes` as a process of its own (see kit.held_up) and does its deed at a point of it. Afterwards, whatever it was,
the daemon has finished or put back what was left unfinished, a whole generation is in force, the one before or the new
one, and `cordboard verify` says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cordboard.provisioning.generations import Generations, State
from kit.full_house import FullHouse
from kit.process import Process
from kit.proxy import FaultProxy
from kit.site import Site

SETTLED = 45.0  # seconds within which the daemon has finished or put back what was interrupted


class NotProvenError(Exception):
    """The sabotage did not take place: what came of the apply says nothing."""


@dataclass
class Sabotaged:
    """What came of one sabotaged apply."""

    name: str
    proof: str = ""
    said: str = ""
    status: int = 0
    before: int = 0
    tried: int = 0
    in_force: int = 0
    ends_calls: bool = False
    faults: list[str] = field(default_factory=list)

    @property
    def which(self) -> str:
        return "the one before" if self.in_force == self.before else "the new one"

    @staticmethod
    def table(rows: Iterable[Sabotaged]) -> Iterator[str]:
        yield f"{'sabotage':<50}{'proof that it happened':<52}{'in force':<16}said"
        for row in rows:
            mark = "" if not row.faults else " !"
            yield f"{row.name + mark:<50}{row.proof[:50]:<52}{row.which:<16}{row.said[:200]}"


Sabotage = Callable[["Saboteur"], Awaitable[str]]
SABOTAGES: dict[str, Sabotage] = {}
ENDS_CALLS = frozenset({"Asterisk is killed and starts again"})


def sabotage(name: str) -> Callable[[Sabotage], Sabotage]:
    def known(deed: Sabotage) -> Sabotage:
        SABOTAGES[name] = deed
        return deed

    return known


class Saboteur:
    """Who runs the applies and hurts them. A sabotage returns the proof that it happened."""

    def __init__(self, house: FullHouse, site: Site) -> None:
        self.house, self.site = house, site
        self.home = site.home
        self.generations = Generations(site.home)
        self.said, self.status = "", 0

    @property
    def current(self) -> int:
        return self.generations.current() or 0

    @property
    def etc(self) -> Path:
        return self.generations.current_link.resolve()

    async def commit(self, name: str, deed: Sabotage) -> Sabotaged:
        """One sabotage, and what is in force when all has settled."""
        found = Sabotaged(name, before=self.current, ends_calls=name in ENDS_CALLS)
        daemon, told = self.site.daemon, len(self.site.daemon.said())
        newest = max(self.generations.numbers())
        try:
            found.proof = await deed(self)
            found.tried = max([newest, *self.generations.numbers()])
            found.said, found.status = _result(self.said), self.status
            await self._settled()
            if not found.said:
                found.said = _told_by_daemon(daemon.said()[told:])
            verified = await self.site.cordboard("verify", expect=(0, 1))
            if verified.status != 0:
                found.faults.append(f"not verified: {verified.out} {verified.err}")
            found.in_force = self.current
            if found.in_force not in (found.before, found.tried):
                found.faults.append(f"generation {found.in_force} is in force, neither {found.before} nor the new one")
            if "Traceback" in self.said or not found.said:
                found.faults.append(f"said nothing clear: {self.said[-600:]}")
        except Exception as error:  # noqa: BLE001 - it is counted, and the next one is tried
            found.faults.append(f"{type(error).__name__}: {error} (said: {self.said[-300:]})")
            found.in_force = self.current
        return found

    async def _settled(self) -> None:
        async def is_settled() -> bool:
            return self.generations.status(self.current).state is State.VERIFIED

        await self.site.until_async(is_settled, "a verified generation to be in force", seconds=SETTLED)

    # --- running an apply

    @contextlib.asynccontextmanager
    async def held(
        self, point: str, words: tuple[str, ...] = ("apply", "--yes"), **more: str
    ) -> AsyncIterator[Process]:
        """An apply that waits at this point while the block runs. NotProvenError if it never came there."""
        with tempfile.TemporaryDirectory(prefix="cordboard-held-") as name:
            folder = Path(name)
            self.folder = folder
            command = [sys.executable, "-m", "kit.held_up", str(folder), point, *words]
            tests = str(Path(__file__).resolve().parents[1])
            path = os.pathsep.join(filter(None, [tests, os.environ.get("PYTHONPATH", "")]))
            environment = {**self.site.environment, "PYTHONPATH": path, **more}
            process = Process.start(command, folder / "said.txt", env=environment)
            try:
                if point != "never":
                    await self._reached(process, folder)
                yield process
                (folder / "go").touch()
                self.status = await process.wait(90)
            finally:
                process.kill()
                self.said = process.said()

    async def _reached(self, process: Process, folder: Path) -> None:
        async def is_there() -> bool:
            if (folder / "reached").exists():
                return True
            if not process.is_running:
                raise NotProvenError(f"it ended before: {process.said()[-400:]}")
            return False

        await self.site.until_async(is_there, "the apply to come to its point", seconds=60)

    async def run(self, *words: str, **more: str) -> None:
        """An apply that is held nowhere."""
        async with self.held("never", words or ("apply", "--yes"), **more):
            pass

    async def killed_at(self, point: str) -> str:
        async with self.held(point) as process:
            process.signal(signal.SIGKILL)
            await process.wait(10)
        if process.returncode != -signal.SIGKILL:
            raise NotProvenError(f"it ended with {process.returncode}")
        self.said = ""
        return f"process {process.pid} ended by SIGKILL"


def _result(said: str) -> str:
    """What was said after the plan: the lines from the one that names the result on."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    starts = [
        index
        for index, line in enumerate(lines)
        if re.match(r"Generation \d+ (failed|is in force|was)|cordboard: ", line)
    ]
    return " ".join(lines[starts[0] :] if starts else lines[-1:])


def _told_by_daemon(log: str) -> str:
    """What the daemon said of the generation in force, of an apply that could say nothing any more."""
    lines = [line for line in log.splitlines() if re.search("generation (in force|verified|put back)|tidied", line)]
    said = [re.sub(r"^\S+ \[\S+ *\] | {2,}|\[[a-z.]+\] ", "", line) for line in lines]
    return "daemon: " + "; ".join(said[-1:]) if said else "daemon: nothing to settle, nothing was changed"


# --- files ------------------------------------------------------------------------------------------------------------


def _broken(name: str, change: Callable[[str], str], point: str) -> Sabotage:
    """A file of the new generation is changed at a point; the proof is what changed."""

    async def deed(saboteur: Saboteur) -> str:
        async with saboteur.held(point):
            path = saboteur.etc / name.format(number=saboteur.etc.name)
            text = path.read_text(encoding="utf-8")
            broken = change(text)
            if broken == text:
                raise NotProvenError(f"{path.name} holds nothing of the kind")
            path.write_text(broken, encoding="utf-8")
        return f"{path.name}: {len(text)} -> {len(broken)} characters"

    return deed


SABOTAGES["queues.conf is cut in half"] = _broken(
    "queues.conf", lambda text: text[: len(text) // 2], "act:app_voicemail"
)
SABOTAGES["a wrong option in pjsip.conf"] = _broken(
    "pjsip.conf", lambda text: text.replace("rtp_symmetric", "rtp_symetric", 1), "act:res_pjsip"
)
SABOTAGES["voicemail.conf is emptied"] = _broken("voicemail.conf", lambda _: "", "act:app_voicemail")
SABOTAGES["the new contexts are emptied"] = _broken("contexts-g{number}.conf", lambda _: "", "act:pbx_config")


@sabotage("the new contexts' file is deleted")
async def _deleted(saboteur: Saboteur) -> str:
    async with saboteur.held("act:pbx_config"):
        path = saboteur.etc / f"contexts-g{saboteur.etc.name}.conf"
        path.unlink()
    return f"{path.name} unlinked"


@sabotage("the generation before is damaged too")
async def _both_damaged(saboteur: Saboteur) -> str:
    before = saboteur.etc
    async with saboteur.held("act:app_voicemail"):
        for folder in (before, saboteur.etc):
            (folder / "queues.conf").write_text("[general]\n")
    return f"queues.conf of {before.name} and of the new one emptied"


# --- the disk ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _mounted(place: Path, *options: str) -> Iterator[None]:
    subprocess.run(["mount", *options, str(place)], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True, capture_output=True)


@sabotage("the folder cannot be written")
async def _read_only(saboteur: Saboteur) -> str:
    place = saboteur.home / "generations"
    with _mounted(place, "--bind", str(place)):
        subprocess.run(["mount", "-o", "remount,bind,ro", str(place)], check=True, capture_output=True)  # noqa: ASYNC221
        await saboteur.run()
        try:
            (place / "trial").touch()
        except OSError as error:
            return f"a write there says: {error.strerror}"
    raise NotProvenError("it could be written")


@sabotage("a file stands where the folder is to be")
async def _file_in_place(saboteur: Saboteur) -> str:
    async with saboteur.held("os:mkdir:.new-"):
        number = max(saboteur.generations.numbers()) + 1
        place = saboteur.home / "generations" / f".new-{number}"
        place.write_text("in the way")
    if place.is_file():
        place.unlink()
    return f"{place.name} was a file"


@sabotage("the disk is full")
async def _full(saboteur: Saboteur) -> str:
    place, copy = saboteur.home / "generations", saboteur.home / "generations.copy"
    shutil.copytree(place, copy, symlinks=True, ignore=shutil.ignore_patterns(".*"))
    size = int(subprocess.run(["du", "-sk", copy], check=True, capture_output=True).stdout.split()[0])  # noqa: ASYNC221
    with _mounted(place, "-t", "tmpfs", "-o", f"size={size + 150}k,mode=750", "none"):
        shutil.copytree(copy, place, symlinks=True, dirs_exist_ok=True)
        await saboteur.run()
        # What was done on the small disk stays: it is copied before the large one is back.
        with (place / "lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            shutil.rmtree(copy)
            shutil.copytree(place, copy, symlinks=True, ignore=shutil.ignore_patterns(".*"))
            free = shutil.disk_usage(place).free
    gone = place.rename(saboteur.home / "generations.gone")
    copy.rename(place)
    shutil.rmtree(gone, ignore_errors=True)  # the daemon may be at it
    if "full" not in saboteur.said:
        raise NotProvenError(f"it fitted, {free} bytes are free")
    return f"a disk of {size + 150} kB with {size} kB in it"


# --- Cordboard dies ---------------------------------------------------------------------------------------------------

KILLED = {
    "before its folder is made": "os:mkdir:.new-",
    "in the middle of writing": "os:open:voicemail.conf",
    "before the folder gets its name": "os:rename:.new-",
    "before the switch": "os:replace:.current",
    "before the state is noted": "os:replace:.state.json",
    "before the first reload": "act:app_voicemail",
    "between two reloads": "acted:res_pjsip",
    "before the dialplan's reload": "act:pbx_config",
    "before the read-back": "acted:pbx_config",
}


def _killed(point: str) -> Sabotage:
    async def deed(saboteur: Saboteur) -> str:
        return await saboteur.killed_at(point)

    return deed


for _name, _point in KILLED.items():
    SABOTAGES[f"kill -9 {_name}"] = _killed(_point)


@sabotage("the daemon is killed in the middle")
async def _daemon_killed(saboteur: Saboteur) -> str:
    daemon = saboteur.site.daemon
    async with saboteur.held("act:app_queue"):
        daemon.kill()
    await saboteur.site.start_daemon()
    await saboteur.site.sign_in_again()
    return f"process {daemon.pid} ended by {-(daemon.returncode or 0)}"


# --- others at the same time ------------------------------------------------------------------------------------------


@sabotage("somebody else reloads all the time")
async def _foreign_reloads(saboteur: Saboteur) -> str:
    reloads, is_over, refusals = 0, asyncio.Event(), ""

    async def reload() -> None:
        nonlocal reloads
        while not is_over.is_set():
            await saboteur.site.switch.cli("module reload")
            reloads += 1

    async with saboteur.held("act:app_voicemail"):
        others = [asyncio.create_task(reload()) for _ in range(2)]
        await asyncio.sleep(0.3)
        (saboteur.folder / "go").touch()
        while saboteur.site.daemon.is_running and not (saboteur.folder / "refusals").exists():
            await asyncio.sleep(0.05)
            if saboteur.generations.status(saboteur.current).state is State.VERIFIED:
                break
        if (saboteur.folder / "refusals").exists():
            refusals = (saboteur.folder / "refusals").read_text()
        is_over.set()
        await asyncio.gather(*others)
    if not refusals:
        raise NotProvenError(f"no answer spoke of a reload in progress, in {reloads} foreign reloads")
    return f"refused as 'in progress' {refusals} times"


@sabotage("the lock is held by somebody else")
async def _locked(saboteur: Saboteur) -> str:
    with (saboteur.home / "generations" / "lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        await saboteur.run()
    if saboteur.status != 1:
        raise NotProvenError(f"it ended with {saboteur.status}")
    return "flock held, exit status 1"


@sabotage("another change comes in after the plan was seen")
async def _stale(saboteur: Saboteur) -> str:
    await saboteur.run("apply", "--plan", "0" * 64)
    if saboteur.status != 1:
        raise NotProvenError(f"it ended with {saboteur.status}")
    return "the plan's identity is another, exit status 1"


@sabotage("the database is locked")
async def _database_locked(saboteur: Saboteur) -> str:
    database = sqlite3.connect(saboteur.home / "cordboard.sqlite", isolation_level=None)
    try:
        async with saboteur.held("act:app_voicemail"):
            database.execute("BEGIN EXCLUSIVE")
            (saboteur.folder / "go").touch()
            await asyncio.sleep(8)
            database.execute("ROLLBACK")
    finally:
        database.close()
    return "BEGIN EXCLUSIVE held for 8 s"


@sabotage("the clock steps by hours")
async def _clock(saboteur: Saboteur) -> str:
    before = saboteur.current
    await saboteur.run(HELD_UP_CLOCK="steps")
    made = [saboteur.generations.load(number).created for number in (before, saboteur.current)]
    return f"made {(made[1] - made[0]).total_seconds():+.0f} s after the one before"


# --- Asterisk ---------------------------------------------------------------------------------------------------------


@sabotage("the link to Asterisk is cut")
async def _cut(saboteur: Saboteur) -> str:
    switch = saboteur.site.switch
    async with FaultProxy(switch.address, switch.ports.ami) as proxy:
        async with saboteur.held("act:app_queue", HELD_UP_AMI=f"{proxy.host}:{proxy.port}"):
            proxy.refuses = True
            proxy.cut()
            await asyncio.sleep(0.2)
        return f"the relay cut {proxy.down.cuts} connection"


@sabotage("Asterisk cannot be reached")
async def _unreachable(saboteur: Saboteur) -> str:
    switch = saboteur.site.switch
    async with FaultProxy(switch.address, switch.ports.ami) as proxy:
        proxy.refuses = True
        await saboteur.run(HELD_UP_AMI=f"{proxy.host}:{proxy.port}")
        if not proxy.refused:
            raise NotProvenError("nobody tried to connect")
        return f"the relay refused {proxy.refused} connections"


@sabotage("Asterisk is frozen for 6 s")
async def _frozen(saboteur: Saboteur) -> str:
    async with saboteur.held("act:app_queue"):
        saboteur.site.switch.freeze()
        (saboteur.folder / "go").touch()
        await asyncio.sleep(6)
        saboteur.site.switch.thaw()
    return "SIGSTOP, SIGCONT after 6 s"


@sabotage("Asterisk is killed and starts again")
async def _asterisk_killed(saboteur: Saboteur) -> str:
    switch = saboteur.site.switch
    was = switch.process.pid
    async with saboteur.held("act:app_queue"):
        switch.kill()
    await switch.boot_again()
    return f"process {was} killed, now {switch.process.pid}"
