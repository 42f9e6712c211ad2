"""Keeps the FastAGI process alive: starts it, hears its heartbeat, kills it when it hangs, starts it again.

Nothing in a dialplan rescues a caller from a server that accepted his call and hangs; once the process is dead the
kernel closes its sockets and Asterisk goes on at once with the compiled fallback.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Sequence

from cordboard.calls.presence import UNKNOWN, Presence, to_line

logger = logging.getLogger(__name__)

BEAT = b"beat\n"
READY = b"ready\n"
STOP = b"stop\n"
# A process that has not said that it is ready is given longer: imports and migrations on a slow disk.
START_SECONDS = 30.0
LONGEST_PAUSE = 5.0
# What is not read by a hung process: one old presence is worth nothing, so nothing piles up behind this.
LINK_BUFFER = 262144


class CallServer:
    """One child process and the link to it. ``run()`` is a task of the owner; ``stop()`` ends it in order."""

    def __init__(self, command: Sequence[str], *, deadline: float) -> None:
        """``command`` is started with ``--link FD`` at its end; ``deadline`` is seconds without a heartbeat."""
        self._command = tuple(command)
        self._deadline = deadline
        self._presence: Callable[[], Presence] = lambda: UNKNOWN
        self._writer: asyncio.StreamWriter | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._serving = asyncio.Event()
        self._is_stopping = False
        self.starts = 0
        self.kills = 0

    @property
    def is_serving(self) -> bool:
        return self._serving.is_set()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.returncode is None else None

    async def wait_serving(self, seconds: float) -> None:
        """Return once callers are answered. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            await self._serving.wait()

    def tell_presence(self, presence: Callable[[], Presence]) -> None:
        """Send the presence of this moment, and remember where to ask for it when a new process starts."""
        self._presence = presence
        writer = self._writer
        if writer is not None and writer.transport.get_write_buffer_size() < LINK_BUFFER:
            writer.write(to_line(presence()))

    async def run(self) -> None:
        """Keep a process answering until :meth:`stop`. Cancelling kills the process."""
        pause = 0.0
        while not self._is_stopping:
            lived = await self._one_life()
            if self._is_stopping:
                return
            # A process that dies young again and again is not started in a tight loop.
            pause = 0.0 if lived > 10 * LONGEST_PAUSE else min(LONGEST_PAUSE, 2 * pause or 0.1)
            await asyncio.sleep(pause)

    async def stop(self, drain: float) -> None:
        """Let callers finish for ``drain`` seconds, then end the process whatever it does."""
        self._is_stopping = True
        process, writer = self._process, self._writer
        if process is None or process.returncode is not None:
            return
        if writer is not None:
            with contextlib.suppress(ConnectionError):
                writer.write(STOP)
        try:
            async with asyncio.timeout(drain + self._deadline):
                await process.wait()
        except TimeoutError:
            logger.warning("FastAGI process did not finish in time and is killed")
            self._kill()
            await process.wait()

    async def _one_life(self) -> float:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        born = loop.time()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                "--link",
                str(theirs.fileno()),
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
            )
        self._process = process
        self.starts += 1
        try:
            reader, self._writer = await asyncio.open_connection(sock=ours)
            await self._listen(reader)
        finally:
            self._serving.clear()
            self._kill()
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            code = await process.wait()
        if not self._is_stopping:
            logger.error("FastAGI process ended, another one is started", extra={"status": code})
        return loop.time() - born

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        """Follow the heartbeat until the process is gone or silent for too long."""
        patience = START_SECONDS
        while True:
            try:
                # Not wait_for(): it can swallow a cancellation that comes together with a line.
                async with asyncio.timeout(patience):
                    line = await reader.readline()
            except TimeoutError:
                if self._is_stopping:
                    return
                self.kills += 1
                logger.error("FastAGI process hangs and is killed", extra={"silent_seconds": patience})
                return
            except ConnectionError:
                return
            if not line:
                return
            if line == READY:
                patience = self._deadline
                self._serving.set()
                self.tell_presence(self._presence)
                logger.info("FastAGI process answers calls")

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
