"""A throw-away real Asterisk: its own folder, its own loopback address, gone for sure when the test is over.

    switch = Switch()
    await switch.start(basis.files(switch, {"extensions.conf": "..."}))     # or start(etc=a folder Cordboard wrote)
    print(await switch.cli("dialplan show"))
    switch.close()

In tests use the fixtures `start_switch` and `new_switch` of conftest.py, which close it and show its log on failure.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kit.loopback import free_port, lease
from kit.patience import PATIENCE
from kit.process import Process, ProcessDiedError

REPOSITORY = Path(__file__).resolve().parents[2]


class NoAsteriskError(Exception):
    """No Asterisk was installed for this checkout yet."""


class UnknownCommandError(Exception):
    """The console does not know a command: the module that brings it is not loaded."""


@dataclass(frozen=True)
class Installation:
    """The Asterisk that docker/asterisk/install found or unpacked; the fields are those of its asterisk.json."""

    version: str
    origin: str
    command: tuple[str, ...]
    modules: Path
    data: Path
    varlib: Path
    languages: tuple[str, ...]


@cache
def installation() -> Installation:
    """What to run. Raises NoAsteriskError, saying what to do."""
    home = Path(os.environ.get("CORDBOARD_ASTERISK_HOME") or REPOSITORY / ".cache/asterisk")
    try:
        found = json.loads((home / "asterisk.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NoAsteriskError("no Asterisk is installed for this checkout: run `make asterisk`") from None
    return Installation(
        version=found["version"],
        origin=found["origin"],
        command=tuple(found["command"]),
        modules=Path(found["modules"]),
        data=Path(found["data"]),
        varlib=Path(found["varlib"]),
        languages=tuple(found["languages"]),
    )


@dataclass(frozen=True)
class Ports:
    """Where a switch listens, all on its own address. RTP uses both bounds."""

    sip: int
    ami: int
    http: int
    rtp_first: int
    rtp_last: int


@dataclass(frozen=True)
class Places:
    """The folders of a switch, named as in asterisk.conf: `etc` is astetcdir and so on."""

    etc: Path
    modules: Path
    varlib: Path
    db: Path
    keys: Path
    data: Path
    agi_bin: Path
    spool: Path
    run: Path
    log: Path

    @property
    def sounds(self) -> Path:
        return self.data / "sounds"

    @property
    def recordings(self) -> Path:
        return self.spool / "monitor"

    @property
    def queue_log(self) -> Path:
        return self.log / "queue_log"

    @property
    def cdr(self) -> Path:
        return self.log / "cdr-csv/Master.csv"

    @property
    def asterisk_conf(self) -> str:
        """Text of an asterisk.conf that names these folders."""
        named = {
            "astetcdir": self.etc,
            "astmoddir": self.modules,
            "astvarlibdir": self.varlib,
            "astdbdir": self.db,
            "astkeydir": self.keys,
            "astdatadir": self.data,
            "astagidir": self.agi_bin,
            "astspooldir": self.spool,
            "astrundir": self.run,
            "astlogdir": self.log,
        }
        lines = [f"{name} => {path}" for name, path in named.items()]
        return "\n".join(["[directories]", *lines, "[options]", "verbose = 3", "systemname = {name}", ""])


class Switch:
    """One Asterisk. Everything about it is known before it starts, so that a configuration can be generated for it."""

    def __init__(self, name: str = "switch") -> None:
        self.name = name
        self.installation = installation()
        self._lease = lease()
        self.address = self._lease.address
        # A short path of its own: the name of a Unix socket may have 107 bytes, which pytest's folders can exceed.
        self.folder = Path(tempfile.mkdtemp(prefix="cordboard-switch-"))
        self.folder.chmod(0o755)
        self.places = Places(
            etc=self.folder / "etc",
            modules=self.installation.modules,
            varlib=self.installation.varlib,
            db=self.folder / "db",
            keys=self.folder / "keys",
            data=self.installation.data,
            agi_bin=self.folder / "agi-bin",
            spool=self.folder / "spool",
            run=self.folder / "run",
            log=self.folder / "log",
        )
        own = (
            "etc",
            "db",
            "keys/keys",
            "agi-bin",
            "spool/monitor",
            "spool/voicemail",
            "run",
            "log/cdr-csv",
            "log/cdr-custom",
        )
        for folder in own:
            (self.folder / folder).mkdir(parents=True)
        self.ports = Ports(
            sip=free_port(self.address, 5060, socket.SOCK_DGRAM),
            ami=free_port(self.address, 5038),
            http=free_port(self.address, 8088),
            rtp_first=10000,
            rtp_last=10998,
        )
        self._conf = self.places.etc / "asterisk.conf"
        self._process: Process | None = None

    def __repr__(self) -> str:
        return f"<Switch {self.name} at {self.address}>"

    @property
    def sip(self) -> str:
        """ "ADDRESS:PORT" of its SIP transport."""
        return f"{self.address}:{self.ports.sip}"

    @property
    def process(self) -> Process:
        if self._process is None:
            raise ProcessDiedError(f"{self!r} was never started")
        return self._process

    # --- its life -------------------------------------------------------------------------------------------------

    def write(self, files: Mapping[str, str]) -> None:
        """Put configuration files (name -> text) in its etc folder, each whole or not at all."""
        for name, text in files.items():
            path = self.places.etc / name
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(path.name + ".new")
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(path)

    async def start(
        self, files: Mapping[str, str] | None = None, *, etc: Path | None = None, timeout: float = 60
    ) -> None:
        """Boot on `files` (name -> text), or on the folder `etc`, and return when it is fully booted.

        An asterisk.conf is added when the configuration has none. ProcessDiedError and TimeoutError carry its log.
        """
        if files is not None:
            self.write(files)
        if etc is not None and (etc / "asterisk.conf").is_file():
            self._conf = etc / "asterisk.conf"
        elif etc is not None:
            self._conf = self.folder / "asterisk.conf"
            text = self.places.asterisk_conf.replace(f"=> {self.places.etc}\n", f"=> {etc}\n", 1)
            self._conf.write_text(text.format(name=self.name), encoding="utf-8")
        elif not self._conf.is_file():
            self._conf.write_text(self.places.asterisk_conf.format(name=self.name), encoding="utf-8")
        await self._boot(timeout)

    async def _boot(self, timeout: float) -> None:
        self._control.unlink(missing_ok=True)
        command = [*self.installation.command, "-f", "-C", str(self._conf)]
        self._process = Process.start(command, self.folder / "console.txt", cwd=self.folder)
        try:
            async with asyncio.timeout(timeout):
                while True:
                    if not self._process.is_running:
                        raise ProcessDiedError(f"{self!r} did not boot:\n{self.logs()[-4000:]}")
                    with contextlib.suppress(OSError, UnknownCommandError):  # it is asked before it knows a command
                        if "fully booted" in await self.cli("core waitfullybooted"):
                            return
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise TimeoutError(f"{self!r} did not boot in {timeout} s:\n{self.logs()[-4000:]}") from None

    async def stop(self, patience: float = 5) -> bool:
        """End it in good order (`core stop now`), so that its logs and databases are closed.

        Asked in the very instant that it gets ready, Asterisk can hang half-way; then it is killed after `patience`
        seconds. Whether it ended by itself.
        """
        with contextlib.suppress(OSError, TimeoutError):
            await self.cli("core stop now", timeout=patience)
        try:
            await self.process.wait(patience)
        except TimeoutError:
            self.kill()
            return False
        return True

    async def restart(self, timeout: float = 60) -> None:
        """End it in good order and boot it again on the same folder."""
        await self.stop()
        await self._boot(timeout)

    async def boot_again(self, timeout: float = 60) -> None:
        """Boot it once more after `kill()` or a crash."""
        await self._boot(timeout)

    def kill(self) -> None:
        """End it with SIGKILL, as a power cut would."""
        self.process.kill()

    def freeze(self) -> None:
        """Stop its clock (SIGSTOP): its sockets stay open and nothing answers."""
        self.process.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen one go on."""
        self.process.signal(signal.SIGCONT)

    def close(self) -> None:
        """End it at once and remove its folder. May be called twice."""
        if self._process is not None:
            self._process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lease.close()

    # --- what it says ---------------------------------------------------------------------------------------------

    @property
    def _control(self) -> Path:
        return self.places.run / "asterisk.ctl"

    async def cli(self, command: str, timeout: float = 20) -> str:
        """Run a CLI command and return what it prints. Raises OSError while nobody listens, UnknownCommandError."""
        # The same words that `asterisk -rx` sends, without starting a program for each command.
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_unix_connection(str(self._control))
            try:
                await reader.readuntil(b"\n")  # host/pid/version
                writer.write(b"cli quit after " + command.encode() + b"\0")
                answer = await reader.read()
            except asyncio.IncompleteReadError as closed:
                raise ConnectionResetError("the control socket was closed") from closed
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
        # Verbose lines of others are marked by a byte 0x7f and a level; they are no part of the answer.
        text = re.sub(rb"\x7f[^\n]*\n?", b"", answer).replace(b"\0", b"")
        said = text.decode(errors="replace")
        if said.lstrip().startswith("No such command"):
            raise UnknownCommandError(f"{self!r}: {said.strip()}")
        return said

    async def wait_for(self, command: str, pattern: str, timeout: float = PATIENCE) -> str:
        """Repeat a CLI command until its answer matches `pattern`, and return it. A TimeoutError tells the last one."""
        answer = ""
        try:
            async with asyncio.timeout(timeout):
                while True:
                    answer = await self.cli(command)
                    if re.search(pattern, answer):
                        return answer
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise TimeoutError(f"{command!r} never matched {pattern!r}; last answer:\n{answer}") from None

    async def channels(self) -> int:
        """How many channels there are now."""
        found = re.search(r"(\d+) active channel", await self.cli("core show channels count"))
        return int(found[1]) if found else 0

    async def wait_idle(self, timeout: float = PATIENCE) -> None:
        """Wait until no channel is left."""
        await self.wait_for("core show channels count", r"(?m)^0 active channels", timeout)

    def logs(self) -> str:
        """What it has printed and logged so far."""
        parts = [self.folder / "console.txt", self.places.log / "full"]
        return "".join(path.read_text(encoding="utf-8", errors="replace") for path in parts if path.is_file())

    def complaints(self) -> list[str]:
        """The lines of its log that are a WARNING or an ERROR; not what pjproject says at some starts, by the order
        in which modules happen to be loaded."""
        lines = [line for line in self.logs().splitlines() if re.search(r"\b(WARNING|ERROR)\[", line)]
        return [line for line in lines if not re.search(r'Module "[^"]*" registered during operation', line)]

    def queue_log(self) -> list[list[str]]:
        """The lines of queue_log, each split at its bars: time, uniqueid, queue, agent, event, data ..."""
        path = self.places.queue_log
        return [line.split("|") for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
