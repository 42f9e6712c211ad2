"""The manager stream cut at every single byte of every recorded call.

Whatever had arrived before the cut, only whole messages were taken, nothing was raised, and what the fold makes of them
does not contradict itself; what comes after the cut completes the rest. Runs until all offsets are done or time is up;
the offsets come in a random order, so that a short run samples all recordings.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from ami.events import WATCHED, parse
from ami.live import Live
from ami.stream import Stream, event_name, headers_of
from bench.figure import Figure, Run
from kit.recorded import Time, raw, recordings

SLICE = 200


async def measure(run: Run) -> AsyncIterator[Figure]:
    yield await cut_stream(run)


async def cut_stream(run: Run, cuts: int | None = None) -> Figure:
    """Cut the recordings at so many bytes, or at all of them unless time is up before."""
    wholes = {name: (raw(name), Stream().feed(raw(name))) for name in recordings()}
    offsets = [(name, offset) for name, (data, _) in wholes.items() for offset in range(len(data))]
    run.random.shuffle(offsets)
    folded: set[tuple[str, int]] = set()
    tried = failed = 0
    began = run.elapsed
    for name, offset in offsets[:cuts]:
        if cuts is None and run.is_over:
            break
        if tried % SLICE == 0:
            run.progress(f"{tried:,} of {cuts or len(offsets):,} offsets")
            await asyncio.sleep(0)
        data, whole = wholes[name]
        stream = Stream()
        before = stream.feed(data[:offset])
        tried += 1
        is_good = before == whole[: len(before)] and before + stream.feed(data[offset:]) == whole
        if is_good and (name, len(before)) not in folded:
            folded.add((name, len(before)))
            is_good = _folds(before)
        failed += not is_good
    return Figure(
        tried / max(run.elapsed - began, 1e-9),
        "cuts/s",
        tried=tried,
        failed=failed,
        part="cuts",
        notes=f"{len(offsets):,} offsets",
    )


def _folds(messages: list[str]) -> bool:
    """Whether what these messages leave behind holds together."""
    live = Live("soak", Time())
    for message in messages:
        if event_name(message) in WATCHED and (event := parse(headers_of(message))) is not None:
            live.apply(event)
    snapshot = live.snapshot()
    channels = {channel.uniqueid: channel.bridge for channel in snapshot.channels}
    return all(channels.get(uniqueid) == bridge.id for bridge in snapshot.bridges for uniqueid in bridge.channels)
