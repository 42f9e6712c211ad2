"""A child process that is waited for without a thread and that never outlives the program that started it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from kit.patience import PATIENCE


class ProcessDiedError(Exception):
    """A process ended that was expected to run on."""


class Process:
    """One running program. Its output goes to the file `output`; its process group is its own."""

    def __init__(self, popen: subprocess.Popen[bytes], output: Path) -> None:
        self._popen = popen
        self.output = output

    @classmethod
    def start(
        cls,
        command: Sequence[str | Path],
        output: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Process:
        """Start `command`; both its streams are appended to `output`. Call from the main thread: see below."""
        with output.open("ab") as stream:
            # setpriv asks the kernel to kill the program when the *thread* that started it ends, however it ends.
            popen = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                env=None if env is None else dict(env),
                cwd=cwd,
                start_new_session=True,
            )
        return cls(popen, output)

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def is_running(self) -> bool:
        return self.returncode is None

    @property
    def returncode(self) -> int | None:
        """Exit status, minus the signal's number when one ended it, None while it runs."""
        if self._popen.returncode is None:
            # Look without reaping: while it is a zombie its number cannot go to somebody else.
            if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                return None
            self.kill()
        return self._popen.returncode

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program alone; nothing happens when it has ended."""
        if self.is_running:
            os.kill(self.pid, number)

    async def wait(self, timeout: float) -> int:
        """Wait until it ends and return its exit status. Raises TimeoutError after `timeout` seconds."""
        if self.is_running:
            loop = asyncio.get_running_loop()
            ended = asyncio.Event()
            descriptor = os.pidfd_open(self.pid)
            loop.add_reader(descriptor, ended.set)
            try:
                async with asyncio.timeout(timeout):
                    await ended.wait()
            finally:
                loop.remove_reader(descriptor)
                os.close(descriptor)
        code = self.returncode
        assert code is not None
        return code

    def kill(self) -> None:
        """End it and all that it started, at once, and reap it; nothing happens when that was done."""
        if self._popen.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self._popen.wait(timeout=60)

    def said(self) -> str:
        """All it has written so far."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    async def says(self, words: str, times: int = 1, timeout: float = PATIENCE) -> None:
        """Wait until it has written `words` so many times. Raises ProcessDiedError when it ends without."""
        try:
            async with asyncio.timeout(timeout):
                while True:
                    is_running = self.is_running  # asked first: its last words may come between the two
                    if self.said().count(words) >= times:
                        return
                    if not is_running:
                        raise ProcessDiedError(f"it ended and never said {words!r}:\n{self.said()[-4000:]}")
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise TimeoutError(f"it never said {words!r} in {timeout} s:\n{self.said()[-4000:]}") from None
