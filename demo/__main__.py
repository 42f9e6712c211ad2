"""`python -m demo [--calls N]`: a demo company with live calls, until Ctrl-C or until N calls were made.

Exit status 0 only if every call ended as its script says and the live state was true at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from rich.live import Live

from demo import COMPANY, report
from demo.callers import Cast, Result
from demo.script import SCRIPTS, Script
from kit.site import PASSWORD, CommandFailedError, Site
from kit.switch import NoAsteriskError

REPORT = Path("build/demo.json")
AT_ONCE = 3


class Show:
    """The calls of one demo and how they are drawn."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._console = report.console()
        self._live = Live(console=self._console, refresh_per_second=4) if self._console.is_terminal else None
        self.results: list[Result] = []

    async def run(self, scripts: Iterator[Script]) -> None:
        """Make the calls: those that need the agents for themselves alone, the others a few at once."""
        cast = Cast(self._site)
        await cast.log_in()
        self._console.print(f"{len(cast.agents)} agents are logged in. Calls begin.\n")
        with self._live or contextlib.nullcontext():
            async with self._drawn():
                for alone, group in itertools.groupby(scripts, key=lambda script: script.goes_alone):
                    places = asyncio.Semaphore(1 if alone else AT_ONCE)
                    async with asyncio.TaskGroup() as calls:
                        for script in group:
                            await places.acquire()
                            result = cast.announce(script)
                            self.results.append(result)
                            calls.create_task(self._play(cast, result, places))

    async def _play(self, cast: Cast, result: Result, places: asyncio.Semaphore) -> None:
        try:
            await cast.play(result)
        finally:
            places.release()
        if self._live is None:
            self._console.print(report.line(result), markup=False)

    @asynccontextmanager
    async def _drawn(self) -> AsyncIterator[None]:
        async def draw() -> None:
            while self._live is not None:
                self._live.update(report.table(self.results[-report.SHOWN :], f"Live page: {self._site.url}/"))
                await asyncio.sleep(0.25)

        task = asyncio.create_task(draw())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def demo(calls: int | None) -> int:
    """Run it; the exit status."""
    console = report.console()
    began = time.monotonic()
    console.print("Starting Asterisk and Cordboard ...")
    async with Site(COMPANY, settings={"language": "en"}) as site:
        ready = time.monotonic() - began
        console.print(f"\n[bold]Live page: {site.url}/[/]   account [bold]admin[/], password [bold]{PASSWORD}[/]")
        console.print(f"Ready after {ready:.1f} s: Asterisk {site.switch.installation.version} at {site.switch.sip}\n")
        show = Show(site)
        script = itertools.cycle(SCRIPTS)
        work = asyncio.create_task(show.run(script if calls is None else itertools.islice(script, calls)))
        is_interrupted = await _until_done_or_interrupted(work)
        differences: list[Any] = []
        if not is_interrupted:
            await site.switch.wait_idle(20)
            differences = await site.differences()
        ended = time.monotonic() - began
        report.write(REPORT, show.results, {"ready": round(ready, 1), "whole": round(ended, 1)}, differences)
    over = [result for result in show.results if result.is_over]
    summary = report.Summary.of(over)
    console.print()
    console.print(report.table(over, "Report"))
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(summary.outcomes.items()))
    console.print(f"\n{summary.offered} calls offered: {outcomes or 'none'}")
    console.print(f"{summary.good} of {summary.offered} ended as their script says; report in {REPORT}")
    if is_interrupted:
        return 0
    if differences:
        console.print(f"The live state was not that of Asterisk: {differences}")
    return 0 if summary.is_good and not differences else 1


async def _until_done_or_interrupted(work: asyncio.Task[None]) -> bool:
    """Was it Ctrl-C? The calls that are up are left to the end of the phones."""
    loop, interrupted = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted.set)
    waiting = asyncio.create_task(interrupted.wait())
    await asyncio.wait({work, waiting}, return_when=asyncio.FIRST_COMPLETED)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.remove_signal_handler(number)
    waiting.cancel()
    if work.done():
        await work
        return False
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    return True


def main() -> None:
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--calls", type=int, default=None, help="end after so many calls (default: until Ctrl-C)")
    wanted = parser.parse_args()
    if wanted.calls is not None and not 1 <= wanted.calls <= 10_000:
        parser.error("--calls must be between 1 and 10000")
    try:
        sys.exit(asyncio.run(demo(wanted.calls)))
    except (NoAsteriskError, CommandFailedError, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
