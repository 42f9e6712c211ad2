"""A throw-away Asterisk of the installed version: folders, addresses and secrets of its own, gone when it was used.

Safe beside the one in service: it binds a loopback address and free ports, has its own control socket, database and
spool, and dies with the process that started it. What a crash left nevertheless is removed before the next one starts.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ami.client import Address
from cordboard.provisioning.locks import take
from cordboard.provisioning.sources import Placement
from dialplan_templates.views import Directories, ManagerAccount

PREFIX = "cordboard-rehearsal-"
OWN_FOLDERS = (
    "etc",
    "db",
    "spool/monitor",
    "spool/voicemail",
    "run",
    "log/cdr-csv",
    "keys/keys",
    "agi-bin",
)
LOCK = "lock"
YOUNG = 60.0
"""Seconds that somebody else's folder may be without its lock: it is being made."""
LONGEST_SOCKET = 107  # bytes
LOOK = 0.02
NOBODY_LISTENS = 9
"""A port of an address that is the scratch Asterisk's alone."""
COMPLAINT = re.compile(r"\b(?:WARNING|ERROR)\[")


class ScratchFailed(Exception):
    """It could not be started at all: says why. Nothing is known about the configuration."""


class BootFailed(Exception):
    """It was started on the configuration and ended, or did not get ready: says what was seen last."""


@dataclass(frozen=True, slots=True)
class Binary:
    """What starts Asterisk, and its folders of modules, data (sounds, documentation) and variable files."""

    command: tuple[str, ...]
    modules: Path
    data: Path
    varlib: Path


class Scratch:
    """One Asterisk that nobody calls. Made by `opened_scratch`."""

    def __init__(self, binary: Binary, folder: Path) -> None:
        self.folder = folder
        self._binary = binary
        self._address = _address()
        self._sip = _free_port(self._address, socket.SOCK_DGRAM, socket.SOCK_STREAM)
        self._ami = _free_port(self._address, socket.SOCK_STREAM)
        self._secret = secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None
        self.version = ""
        if len(os.fsencode(self._control)) > LONGEST_SOCKET:
            raise ScratchFailed(
                f"the name of its folder {folder} is too long for a socket: set TMPDIR to a shorter one"
            )
        for name in OWN_FOLDERS:
            (folder / name).mkdir(parents=True)

    @property
    def _control(self) -> Path:
        return self.folder / "run" / "asterisk.ctl"

    @property
    def etc(self) -> Path:
        """Where its configuration is written."""
        return self.folder / "etc"

    def placement(self, real: Placement) -> Placement:
        """Where a configuration for `real` has to live to be tried here."""
        directories = Directories(
            etc=str(self.etc),
            modules=str(self._binary.modules),
            data=str(self._binary.data),
            varlib=str(self._binary.varlib),
            db=str(self.folder / "db"),
            spool=str(self.folder / "spool"),
            run=str(self.folder / "run"),
            log=str(self.folder / "log"),
            keys=str(self.folder / "keys"),
            agi_bin=str(self.folder / "agi-bin"),
        )
        network = replace(
            real.network,
            sip_address=self._address,
            sip_port=self._sip,
            media_address=self._address,
            ami_address=self._address,
            ami_port=self._ami,
            # Whoever found a way in nevertheless would not reach the live scripts.
            agi_address=self._address,
            agi_port=NOBODY_LISTENS,
            agi_folder=str(self.folder / "agi-bin") if real.network.agi_folder else "",
        )
        return replace(
            real,
            directories=directories,
            network=network,
            run_account=self._account(real.run_account),
            deploy_account=self._account(real.deploy_account),
        )

    def _account(self, real: ManagerAccount) -> ManagerAccount:
        return ManagerAccount(username=real.username, secret=self._secret)

    def manager(self, real: Placement) -> Address:
        """The account that reads back here."""
        return Address(self._address, self._ami, real.deploy_account.username, self._secret)

    # --- its life --------------------------------------------------------------------------------------------------

    def write(self, files: Mapping[str, str]) -> None:
        """Put configuration files into `etc`; a name may have a folder before it. Raises OSError."""
        for name, text in files.items():
            path = self.etc / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")

    async def start(self) -> None:
        """Start it in the foreground and return when it has loaded everything. Raises ScratchFailed, BootFailed."""
        process = self._process = self._spawned()
        while not await self._is_ready():
            if process.poll() is not None:
                raise BootFailed(f"Asterisk ended while it was loading: {self._last_words()}")
            await asyncio.sleep(LOOK)

    def _spawned(self) -> subprocess.Popen[bytes]:
        """By the thread of the event loop: with it, it would end."""
        command = [*_with_its_parent(), *self._binary.command, "-f", "-C", str(self.etc / "asterisk.conf")]
        try:
            with open(self.folder / "console", "wb") as console:
                return subprocess.Popen(  # noqa: S603 - the program that the settings name
                    command, stdin=subprocess.DEVNULL, stdout=console, stderr=console, cwd=self.folder
                )
        except OSError as error:
            raise ScratchFailed(f"Asterisk cannot be started: {error.strerror or error}") from error

    def end(self) -> None:
        """End it at once. Nothing of it is kept, so it need not end in good order."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    async def _is_ready(self) -> bool:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            return "fully booted" in await self.ask("core waitfullybooted")
        return False

    async def ask(self, command: str) -> str:
        """What a console command prints. It goes over the control socket, which greets with "host/pid/version". Raises
        OSError, IncompleteReadError."""
        reader, writer = await asyncio.open_unix_connection(str(self._control))
        try:
            greeting = (await reader.readuntil(b"\n")).decode(errors="replace").strip()
            self.version = greeting.split("/", 2)[-1]
            writer.write(b"cli quit after " + command.encode() + b"\0")
            return (await reader.read()).decode(errors="replace")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    # --- what it says ----------------------------------------------------------------------------------------------

    def complaints(self) -> list[str]:
        """Its lines that are a WARNING or an ERROR, without time and thread, each once, in order."""
        lines = [line for line in self._said().splitlines() if COMPLAINT.search(line)]
        return list(dict.fromkeys(_plain(line).replace(f"{self.folder}/", "") for line in lines))

    def _said(self) -> str:
        parts = (self.folder / "console", self.folder / "log" / "full")
        return "\n".join(part.read_text(encoding="utf-8", errors="replace") for part in parts if part.is_file())

    def _last_words(self) -> str:
        complaints = self.complaints()
        lines = complaints or [line for line in self._said().splitlines() if line.strip()]
        return " / ".join(lines[-3:]) or "it said nothing"


@contextmanager
def opened_scratch(binary: Binary) -> Iterator[Scratch]:
    """A scratch Asterisk for the length of a block; its process and folder are gone after it, whatever happened.

    Raises ScratchFailed: no folder or no free port.
    """
    remove_leftovers()
    try:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    except OSError as error:
        raise ScratchFailed(f"no folder for it can be made: {error.strerror}") from error
    lock = -1
    try:
        try:
            lock = take(folder / LOCK)
            scratch = Scratch(binary, folder)
        except OSError as error:
            raise ScratchFailed(f"it cannot be prepared: {error.strerror or error}") from error
        try:
            yield scratch
        finally:
            scratch.end()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock >= 0:
            os.close(lock)


def remove_leftovers() -> None:
    """Remove what rehearsals left that were killed: folders of ours whose lock nobody holds, and what runs in them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            found = folder.lstat()
            if found.st_uid == os.getuid() and folder.is_dir() and not folder.is_symlink():
                _remove_leftover(folder, is_young=time.time() - found.st_mtime < YOUNG)


def _remove_leftover(folder: Path, *, is_young: bool) -> None:
    try:
        lock = take(folder / LOCK, creates=False)
    except FileNotFoundError:
        if not is_young:
            shutil.rmtree(folder, ignore_errors=True)
        return
    try:
        for pid in _running_in(folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)


def _running_in(folder: Path) -> Iterator[int]:
    """Our processes that were started on the configuration in this folder. Its name is random: no other names it."""
    named = str(folder / "etc" / "asterisk.conf").encode()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if entry.stat().st_uid == os.getuid() and named in (entry / "cmdline").read_bytes().split(b"\0"):
                yield int(entry.name)


def _with_its_parent() -> tuple[str, ...]:
    """What ends a program with the one that started it, where the host has it."""
    program = shutil.which("setpriv")
    return (program, "--pdeathsig", "KILL", "--") if program else ()


def _address() -> str:
    """A loopback address that nobody else is likely to use."""
    found = f"127.{random.randint(2, 250)}.{random.randint(2, 250)}.{random.randint(2, 250)}"  # noqa: S311
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((found, 0))
        except OSError:
            return "127.0.0.1"
    return found


def _free_port(address: str, *kinds: socket.SocketKind) -> int:
    """A port that is free for all these kinds of sockets. Raises OSError."""
    for _ in range(20):
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            port = 0
            for kind in kinds:
                probe = stack.enter_context(socket.socket(socket.AF_INET, kind))
                probe.bind((address, port))
                port = probe.getsockname()[1]
            return port
    raise OSError(f"no free port on {address}")


_HEAD = re.compile(r"^(?:\[[^\]]*\]\s*)?(WARNING|ERROR)\[\d+\](?:\[[^\]]*\])?:?\s*")


def _plain(line: str) -> str:
    """`[2026-01-01 00:00:00.000] ERROR[12]: config.c:1 in f: words` -> `ERROR config.c:1 in f: words`."""
    line = re.sub(r"\x1b\[[0-9;]*m", "", line)
    return _HEAD.sub(r"\1 ", line).strip()
