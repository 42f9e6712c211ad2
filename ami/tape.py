"""A recording made from a running switch: its lists, then every event as it comes, then its lists again.

The lists and the probe that follows them make the recording one that can be held against itself: folding it again gives
the state that the switch showed. Nothing is read back by name here; text goes from the wire to the file.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ami.actions import (
    BridgeList,
    CoreShowChannels,
    DeviceStateList,
    ListAction,
    ParkedCalls,
    QueueStatus,
    barrier_probe,
)
from ami.errors import ActionRefused, LinkDown, OutcomeUnknown
from ami.mask import Mask
from ami.wire import Address, Wire

log = logging.getLogger(__name__)

FORMAT = "cordboard recording 1"
OPEN_DEADLINE, LIST_DEADLINE, BARRIER_DEADLINE = 5.0, 30.0, 10.0
DRAIN = 0.1  # seconds between two writes
WAITING_LIMIT = 64 << 20  # characters that wait to be written
PRIVATE = 0o600

_LISTS: tuple[ListAction[Any], ...] = (
    *(CoreShowChannels(), BridgeList(), QueueStatus(), DeviceStateList()),
    ParkedCalls(),
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a recording. `lost` counts messages that could not be written in time."""

    messages: int
    size: int
    lost: int
    ended: str


class _Listener(Wire):
    """A connection that gives every message away, in order."""

    def __init__(self, address: Address, heard: Callable[[list[str]], None]) -> None:
        super().__init__(address)
        self.tag = ""
        self.passed = asyncio.Event()
        self._give = heard

    def heard(self, messages: list[str]) -> None:
        self._give(messages)

    def dispatch(self, event: str) -> None:
        """Nothing is kept for readers here; only the probe is looked for."""
        if self.tag and self.tag in event and "\r\nUserEvent: CordboardBarrier\r\n" in event:
            self.passed.set()


class Tape:
    """One recording into one file, which must not be there yet; it is for its owner alone."""

    def __init__(self, path: Path, *, megabytes: float, mask: Mask | None = None) -> None:
        self.messages = 0
        self.lost = 0
        self.size = 0
        self._path = path
        self._limit = int(megabytes * 1_000_000)
        self._mask = mask
        self._waiting: list[tuple[float, list[str]]] = []
        self._characters = 0

    @property
    def is_full(self) -> bool:
        return self.size >= self._limit

    async def record(
        self, address: Address, barrier_context: str, *, seconds: float | None, stop: asyncio.Event
    ) -> Recorded:
        """Record until `stop` is set, `seconds` have passed or the file is full. Raises FileExistsError, LinkDown,
        LoginRefused; what was recorded before stays."""
        # Opened first: nothing is asked of a switch for a file that cannot be written.
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
        wire: _Listener | None = None
        try:
            os.write(file, f"# {FORMAT}\r\n# masked: {'yes' if self._mask else 'no'}\r\n".encode())
            wire = _Listener(address, self._hear)
            await wire.open(OPEN_DEADLINE)
            await self._list(wire, barrier_context, "start")
            ended = await self._follow(wire, file, seconds, stop)
            if wire.is_open:
                await self._list(wire, barrier_context, "end")
        except LinkDown as error:
            self._note(f"ended: {error}")
            raise
        else:
            self._note(f"ended: {ended}")
            return Recorded(self.messages, self.size, self.lost, ended)
        finally:
            if wire is not None:
                wire.close()
            self._write(file, self._take())
            os.close(file)

    # Hearing

    def _hear(self, messages: list[str]) -> None:
        size = sum(map(len, messages))
        if self._characters + size > WAITING_LIMIT:
            self.lost += len(messages)
            return
        self._characters += size
        self._waiting.append((time.time(), messages))

    def _note(self, what: str) -> None:
        """A mark of ours in the file."""
        self._waiting.append((0.0, [f"# {what}"]))

    async def _follow(self, wire: _Listener, file: int, seconds: float | None, stop: asyncio.Event) -> str:
        loop = asyncio.get_running_loop()
        until = None if seconds is None else loop.time() + seconds
        while True:
            left = DRAIN if until is None else min(DRAIN, max(0.0, until - loop.time()))
            try:
                async with asyncio.timeout(left):
                    await stop.wait()
            except TimeoutError:
                pass
            await asyncio.to_thread(self._write, file, self._take())
            if stop.is_set():
                return "asked to"
            if not wire.is_open:
                raise LinkDown(wire.end)
            if self.is_full:
                return "the file is full"
            if until is not None and loop.time() >= until:
                return f"after {seconds:g} s"

    async def _list(self, wire: _Listener, barrier_context: str, place: str) -> None:
        """Everything that the switch shows, and the probe after which no event of before comes any more."""
        self._note(f"lists: {place}")
        for action in _LISTS:
            try:
                await wire.list(action, LIST_DEADLINE)
            except (ActionRefused, OutcomeUnknown) as error:
                log.warning("%s: %s", action.name, error)
                self._note(f"no {action.name}: {type(error).__name__}")
        wire.tag = f"cb-{secrets.token_hex(8)}"
        wire.passed.clear()
        try:
            await wire.act(barrier_probe(barrier_context, wire.tag, BARRIER_DEADLINE), BARRIER_DEADLINE)
            async with asyncio.timeout(BARRIER_DEADLINE):
                await wire.passed.wait()
        except (ActionRefused, OutcomeUnknown, TimeoutError) as error:
            if not wire.is_open:
                raise LinkDown(wire.end) from None
            self._note(f"no barrier: {type(error).__name__}")

    # Writing

    def _take(self) -> list[tuple[float, list[str]]]:
        waiting, self._waiting, self._characters = self._waiting, [], 0
        return waiting

    def _write(self, file: int, waiting: list[tuple[float, list[str]]]) -> None:
        """In a thread: a slow disk must not keep the socket from being read."""
        for at, messages in waiting:
            kept = [text for message in messages if (text := self._text(message)) is not None]
            if not kept:
                continue
            if at:
                self.messages += len(kept)
                data = f"# at {at:.6f}\r\n" + "".join(f"{text}\r\n\r\n" for text in kept)
            else:
                data = "".join(f"{text}\r\n" for text in kept)
            raw = data.encode("utf-8", "replace")
            self.size += len(raw)
            while raw:
                raw = raw[os.write(file, raw) :]

    def _text(self, message: str) -> str | None:
        if message.startswith("# ") or self._mask is None:
            return message
        return self._mask.message(message)
