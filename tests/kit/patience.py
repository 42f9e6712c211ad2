"""How a test waits for what must come: long, since other work may share the machine, and never by the clock alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PATIENCE = 60.0
"""Seconds: far above what anything takes."""


async def until(condition: Callable[[], object], what: str = "it to be so") -> None:
    """Wait until something is so. Raises TimeoutError, which says `what` was waited for."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise TimeoutError(f"waited {PATIENCE} s for {what}") from None
