"""Keeps what is spoken made: at a start, after each change of a company, now and then; removes what is not needed."""

from __future__ import annotations

import asyncio
import logging
import math
import re
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from agi.flow.spoken import Spoken
from agi.flow.ways import SPOKEN_SOUND
from cordboard.desk.spoken import wanted_ever, wanted_now
from cordboard.speech.errors import SpeechError
from cordboard.speech.studio import Studio
from cordboard.store.company import list_companies
from cordboard.store.engine import Store
from cordboard.store.errors import StoreError
from cordboard.store.flows import flows_met

log = logging.getLogger(__name__)

LOOK_PAUSE = 1.0
"""How soon what another process brought in is noticed."""
AGAIN = 300.0
"""How soon another version of an engine, or another recording, is noticed, and what failed is tried again."""
SWEEP_PAUSE = IDLE = 86_400.0
"""Seconds after which what nothing names any more is removed: no call is on it then."""
_NAMED = re.compile(SPOKEN_SOUND.pattern.encode())


async def keep_spoken(store: Store, studio: Studio, generations: Path) -> None:
    """`generations`: the folder whose dialplans may name sounds."""
    known: object = None
    failures: frozenset[str] = frozenset()
    made = swept = -math.inf
    while True:
        try:
            state = await _state(store)
            if state != known or time.monotonic() - made > AGAIN:
                async with store.reading() as session:
                    wanted = await wanted_now(session)
                failures = _tell(await _made(studio, wanted), failures)
                known, made = state, time.monotonic()
            if time.monotonic() - swept > SWEEP_PAUSE:
                swept = time.monotonic()
                await sweep_spoken(store, studio, generations, IDLE)
        except StoreError:
            pass  # told by those whose work it is
        except (SpeechError, OSError) as error:
            log.warning("sounds that nothing names were not removed", extra={"reason": str(error)})
        await asyncio.sleep(LOOK_PAUSE)


async def _made(studio: Studio, wanted: Iterable[Spoken]) -> dict[Spoken, SpeechError]:
    """As `Studio.make`, one by one: a thread is not cancelled, and who ends us waits for one sound at most."""
    failed: dict[Spoken, SpeechError] = {}
    for sound in wanted:
        failed |= await asyncio.to_thread(studio.make, [sound])
    return failed


async def sweep_spoken(store: Store, studio: Studio, generations: Path, idle_seconds: float) -> int:
    """Remove what no company, no version and no kept generation names, and nobody wanted for so long; of what was said
    in calls too. How many files. Raises StoreError, SpeechError, OSError."""
    async with store.reading() as session:
        wanted = await wanted_ever(session)
    used = {str(sound) for sound in wanted} | await asyncio.to_thread(_named_in, generations)
    removed = await asyncio.to_thread(studio.of_calls.sweep, (), idle_seconds)
    return removed + await asyncio.to_thread(studio.sweep, used, idle_seconds)


async def _state(store: Store) -> object:
    """Differs when what calls hear may differ."""
    async with store.reading() as session:
        entries = await list_companies(session)
        return [(entry.id, entry.revision, await flows_met(session, entry.id)) for entry in entries]


def _named_in(generations: Path) -> set[str]:
    found: set[str] = set()
    for file in generations.glob("*/*.conf"):
        with suppress(FileNotFoundError):  # its generation was pruned meanwhile
            found |= {name.decode() for name in _NAMED.findall(file.read_bytes())}
    return found


def _tell(failed: Mapping[Spoken, SpeechError], known: frozenset[str]) -> frozenset[str]:
    """Told when it begins, and when it is over."""
    found = frozenset(str(error) for error in failed.values())
    if found - known:
        log.error("prompts cannot be made sounds", extra={"number": len(failed), "reason": sorted(found)[0]})
    elif known and not found:
        log.info("every prompt is a sound again")
    return found
