"""Keeps a process that serves calls alive: starts it, hears its heartbeat, kills it when it hangs, starts it again.

Nothing in a dialplan rescues a caller from a server that accepted his call and hangs; once the process is dead the
kernel closes its sockets and Asterisk goes on at once with the compiled fallback.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable, Mapping, Sequence

from cordboard.calls.presence import UNKNOWN, Presence, to_line

logger = logging.getLogger(__name__)

BEAT = b"beat\n"
READY = b"ready\n"
STOP = b"stop\n"
# A process that has not said that it is ready is given longer: imports and migrations on a slow disk.
START_SECONDS = 30.0
LONGEST_PAUSE = 5.0
GRACE_SECONDS = 0.5
FAREWELL_SECONDS = 2.0
# What is not read by a hung process: one old presence is worth nothing, so nothing piles up behind this.
LINK_BUFFER = 262144


class CallServer:
    """One child process and the link to it. ``run()`` is a task of the owner; ``stop()`` ends it in order."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        deadline: float,
        environment: Mapping[str, str] | None = None,
        name: str = "FastAGI process",
    ) -> None:
        """``command`` is started with ``--link FD`` at its end; ``deadline`` is seconds without a heartbeat;
        ``environment`` is put over this process's own; ``name`` is what log lines call it."""
        self._name = name
        self._command = tuple(command)
        self._environment = {**os.environ, **(environment or {})}
        self._deadline = deadline
        self._presence: Callable[[], Presence] = lambda: UNKNOWN
        self._writer: asyncio.StreamWriter | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._serving = asyncio.Event()
        self._is_stopping = False
        self._is_healthy = True
        self.starts = 0
        self.kills = 0

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
            logger.warning("%s did not finish in time and is killed", self._name)
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
                env=self._environment,
            )
        self._process = process
        self.starts += 1
        try:
            reader, self._writer = await asyncio.open_connection(sock=ours)
            if await self._listen(reader):
                # It ended the talk itself: it may have last words, and its files to close.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(FAREWELL_SECONDS):
                        await process.wait()
        finally:
            self._serving.clear()
            self._kill()
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            code = await process.wait()
        if not self._is_stopping:
            is_news = self._is_healthy
            self._is_healthy = False
            level = logging.ERROR if is_news else logging.DEBUG
            logger.log(level, "%s ended, another one is started", self._name, extra={"status": code})
        return loop.time() - born

    async def _listen(self, reader: asyncio.StreamReader) -> bool:
        """Follow the heartbeat until the process is silent for too long (False) or has ended the talk (True)."""
        patience = START_SECONDS
        while True:
            line = await self._next_line(reader, patience)
            if line is None:
                if not self._is_stopping:
                    self.kills += 1
                    logger.error("%s hangs and is killed", self._name, extra={"silent_seconds": patience})
                return False
            if not line:
                return True
            if line == READY:
                patience = self._deadline
                self._is_healthy = True
                self._serving.set()
                self.tell_presence(self._presence)
                logger.info("%s answers calls", self._name)

    async def _next_line(self, reader: asyncio.StreamReader, patience: float) -> bytes | None:
        """What the process says next, b"" when it has ended the talk, None when it is silent for too long."""
        # After a stall of our own the time is over although its words are here: they are looked for once more.
        for seconds in (patience, GRACE_SECONDS):
            with contextlib.suppress(TimeoutError):
                # Not wait_for(): it can swallow a cancellation that comes together with a line.
                async with asyncio.timeout(seconds):
                    try:
                        return await reader.readline()
                    except ConnectionError:
                        return b""
        return None

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
