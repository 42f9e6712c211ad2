"""How many may ask one system at once, and whether it is asked at all: one that fails again and again is left alone."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from agi.flow.lookup import Untrue
from cordboard.asking.errors import Resting, Unanswered

logger = logging.getLogger(__name__)

MOST_FAILURES = 5
"""In a row, before it is left alone."""
FIRST_REST, LONGEST_REST = 5.0, 60.0
"""Seconds for which it is left alone; twice as long each time that it fails again."""


class Gate:
    """Of one connection. Who finds no place waits for one, within his own deadline. A system that answers something
    else than what was asked for is there."""

    def __init__(self, name: str, at_once: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._clock = clock
        self._places = asyncio.Semaphore(at_once)
        self._failures = 0
        self._rest = FIRST_REST
        self._rests_until = 0.0
        self._is_probed = False
        """Does somebody ask whether it is back?"""

    @asynccontextmanager
    async def turn(self, deadline: float) -> AsyncIterator[None]:
        """A place to ask from until the block ends. `deadline`: of the running loop's clock.

        Unanswered and TimeoutError that leave the block count against it.

        Raises: Resting, TimeoutError."""
        self._look()
        async with asyncio.timeout_at(deadline):
            await self._places.acquire()
        is_probe = False
        try:
            self._look()
            is_probe = self._is_probed = self._is_resting
            yield
        except (Unanswered, TimeoutError):
            self._has_failed(is_probe=is_probe)
            raise
        except Untrue:
            self._has_answered()
            raise
        else:
            self._has_answered()
        finally:
            self._is_probed = self._is_probed and not is_probe
            self._places.release()

    @property
    def _is_resting(self) -> bool:
        return self._failures >= MOST_FAILURES

    def _look(self) -> None:
        if self._is_resting and (self._is_probed or self._clock() < self._rests_until):
            raise Resting("it has failed too often to be asked now")

    def _has_failed(self, *, is_probe: bool) -> None:
        self._failures += 1
        if self._failures == MOST_FAILURES:
            logger.error("a connection fails again and again, and is left alone", extra={"connection": self._name})
        elif is_probe:
            self._rest = min(LONGEST_REST, 2 * self._rest)
        if self._is_resting:
            self._rests_until = self._clock() + self._rest

    def _has_answered(self) -> None:
        if self._is_resting:
            logger.info("a connection answers again", extra={"connection": self._name})
        self._failures = 0
        self._rest = FIRST_REST
