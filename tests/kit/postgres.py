"""A PostgreSQL of our own, which no network reaches: started, killed, started again, stopped for a while.

server = Postgres.installed()          # None where its programs are not
with server: ...                       # `server.folder` is the folder of its socket
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Self

import asyncpg  # type: ignore[import-untyped]

_databases = count(1)


class Postgres:
    """One server and its data, which are gone at the end."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._process: subprocess.Popen[bytes] | None = None
        # It refuses to run as root.
        self._drop = ["setpriv", "--pdeathsig", "KILL"]
        if os.getuid() == 0:
            self._drop += ["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]

    @classmethod
    def installed(cls) -> Self | None:
        """The newest that is installed."""
        if found := shutil.which("initdb"):
            return cls(Path(found).parent)
        folders = Path("/usr/lib/postgresql").glob("*/bin")
        newest = max(folders, key=lambda path: int(path.parent.name), default=None)
        return cls(newest) if newest else None

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="cordboard-pg-"))
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        options = ["-U", "cordboard", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
        try:
            self._run("initdb", "-D", str(self.folder / "data"), *options)
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self.folder)

    def start(self) -> None:
        """Begin, or begin again after `kill`; it is there when this returns."""
        settings = ("listen_addresses=", f"unix_socket_directories={self.folder}", "fsync=off", "full_page_writes=off")
        more = [part for setting in settings for part in ("-c", setting)]
        self._process = subprocess.Popen(
            [*self._drop, self._programs / "postgres", "-D", self.folder / "data", *more],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        deadline = time.monotonic() + 30
        while not self._is_ready():
            assert self._process.poll() is None, "PostgreSQL ended before it began"
            assert time.monotonic() < deadline, "PostgreSQL does not begin"
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        """Its socket is there before it lets anybody in; its own file tells when it does."""
        told = self.folder / "data" / "postmaster.pid"
        lines = told.read_text().split() if told.exists() else []
        return lines[:1] == [str(self._process.pid if self._process else 0)] and lines[-1] == "ready"

    def kill(self) -> None:
        """End it as a power cut would; it is gone when this returns."""
        if self._process is None:
            return
        self.thaw()
        self._process.send_signal(signal.SIGQUIT)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def freeze(self) -> None:
        """Stop it and all that serve its connections: they stay open and nothing is answered."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        for pid in (self._process.pid, *map(int, children.read_text().split() if children.exists() else ())):
            with contextlib.suppress(ProcessLookupError):  # one that served a connection, and has just ended
                os.kill(pid, number)

    async def new_database(self) -> str:
        """The address of an empty database."""
        name = f"test{os.getpid()}x{next(_databases)}"
        connection = await asyncpg.connect(host=str(self.folder), user="cordboard", database="postgres")
        try:
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()
        return f"postgresql://cordboard@/{name}?host={self.folder}"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run([*self._drop, self._programs / program, *arguments], check=True, capture_output=True, cwd="/")
