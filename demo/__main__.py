"""`python -m demo [--calls N]`: a demo company with live calls, until Ctrl-C or until N calls were made.

Exit status 0 only if all N calls were made, every one ended as its script says and the live state was true at the end.
Without N there is no end to reach: Ctrl-C ends it well.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import shlex
import signal
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
from baresip.errors import BaresipError
from rich.live import Live

from demo import PROGRAMS, heard_company, report, says_texts
from demo.callers import Cast, Result, in_a_line
from demo.script import SCRIPTS, Script
from kit.process import ProcessDiedError
from kit.site import PASSWORD, CommandFailedError, Site
from kit.switch import NoAsteriskError

REPORT = Path("build/demo.json")
TERMINAL = Path("build/demo.env")
"""What a second terminal reads to use the command line on the demo."""
AT_ONCE = 3
FAILURES = (
    NoAsteriskError, CommandFailedError, ProcessDiedError, AssertionError, OSError, aiohttp.ClientError, BaresipError,
)  # fmt: skip
"""What may go wrong with a host, and is told in a line."""


class Show:
    """The calls of one demo and how they are drawn. `wanted`: how many (None: until it is cancelled)."""

    def __init__(self, site: Site, wanted: int | None) -> None:
        self._site = site
        self._wanted = wanted
        self._console = report.console()
        self._live = Live(console=self._console, refresh_per_second=4) if self._console.is_terminal else None
        self.results: deque[Result] = deque(maxlen=report.SHOWN if wanted is None else wanted)
        self.tally = report.Tally()
        self.differences: list[Any] = []
        """Where the live state was not that of Asterisk, after the last call."""

    async def run(self) -> None:
        """Make the calls: those that need the agents for themselves alone, the others a few at once.

        Raises ProcessDiedError when Cordboard or Asterisk ended on the way.
        """
        cast = Cast(self._site)
        await cast.log_in()
        self._console.print(f"{len(cast.agents)} agents are logged in. Calls begin.\n")
        with self._live or contextlib.nullcontext():
            async with self._drawn():
                for alone, group in itertools.groupby(self._scripts(), key=lambda script: script.goes_alone):
                    places = asyncio.Semaphore(1 if alone else AT_ONCE)
                    async with asyncio.TaskGroup() as calls:
                        for script in group:
                            await places.acquire()
                            result = cast.announce(script)
                            self.results.append(result)
                            calls.create_task(self._play(cast, result, places))
        await self._compare()

    def _scripts(self) -> Iterator[Script]:
        return itertools.islice(itertools.cycle(SCRIPTS), self._wanted)

    async def _play(self, cast: Cast, result: Result, places: asyncio.Semaphore) -> None:
        try:
            await cast.play(result)
        finally:
            places.release()
        self.tally.add(result)
        if self._live is None:
            self._console.print(report.line(result), markup=False)
        for name, process in (("Cordboard", self._site.daemon), ("Asterisk", self._site.switch.process)):
            if not process.is_running:
                raise ProcessDiedError(f"{name} ended by itself (exit status {process.returncode})\n{process.said()}")

    async def _compare(self) -> None:
        try:
            await self._site.switch.wait_idle(20)
            self.differences = await self._site.differences()
        except FAILURES as error:
            self.differences = [in_a_line(error)]

    @asynccontextmanager
    async def _drawn(self) -> AsyncIterator[None]:
        async def draw() -> None:
            while self._live is not None:
                self._live.update(report.table(list(self.results)[-report.SHOWN :], f"Live page: {self._site.url}/"))
                await asyncio.sleep(0.25)

        task = asyncio.create_task(draw())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def demo(wanted: int | None) -> int:
    """Run it; the exit status."""
    console = report.console()
    began = time.monotonic()
    console.print("Starting Asterisk and Cordboard ...")
    # In this order, so that a second Ctrl-C cannot break the end off and leave something running.
    with _interruptions() as interrupted:
        async with AsyncExitStack() as stack:
            if not says_texts():
                console.print(f"Menus only say hello: {' and '.join(PROGRAMS)} are not installed here.")
            site = Site(stack.enter_context(heard_company()), settings={"language": "en"})
            if not await _is_finished(stack.enter_async_context(site), interrupted):
                console.print("Interrupted while it started; nothing is left running.")
                return 0 if wanted is None else 1
            ready = time.monotonic() - began
            console.print(f"\n[bold]Live page: {site.url}/[/]   account [bold]admin[/], password [bold]{PASSWORD}[/]")
            console.print(f"In a second terminal: [bold]. {TERMINAL}; cordboard top[/]")
            console.print(
                f"Ready after {ready:.1f} s: Asterisk {site.switch.installation.version} at {site.switch.sip}\n"
            )
            stack.enter_context(_terminal(site))
            show = Show(site, wanted)
            is_finished = await _is_finished(show.run(), interrupted)
    report.write(REPORT, show.tally, show.results, wanted=wanted, ready=ready, differences=show.differences)
    over = [result for result in show.results if result.is_over]
    console.print()
    console.print(report.table(over, "Report" if wanted else "The last calls"))
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(show.tally.outcomes.items()))
    console.print(f"\n{show.tally.offered} calls offered: {outcomes or 'none'}")
    console.print(f"{show.tally.good} of {show.tally.offered} ended as their script says; report in {REPORT}")
    if wanted is None:
        return 0
    if not is_finished:
        console.print(f"Interrupted: {wanted} calls were wanted.")
    if show.differences:
        console.print(f"The live state was not that of Asterisk: {show.differences}", markup=False)
    return 0 if is_finished and show.tally.is_good and not show.differences else 1


@contextmanager
def _terminal(site: Site) -> Iterator[None]:
    """The settings of the demo for who sources them, as long as it runs."""
    ours = {name: value for name, value in site.environment.items() if name.startswith("CORDBOARD_")}
    lines = [f"export {name}={shlex.quote(value)}" for name, value in ours.items()]
    lines.append(f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH")
    TERMINAL.parent.mkdir(exist_ok=True)
    TERMINAL.write_text("\n".join(lines) + "\n")
    try:
        yield
    finally:
        TERMINAL.unlink(missing_ok=True)


@contextmanager
def _interruptions() -> Iterator[asyncio.Event]:
    """Set by Ctrl-C and by SIGTERM, which do nothing else meanwhile."""
    loop, interrupted = asyncio.get_running_loop(), asyncio.Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, interrupted.set)
    try:
        yield interrupted
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


async def _is_finished(work: Coroutine[Any, Any, object], interrupted: asyncio.Event) -> bool:
    """Do the work; False if it was interrupted, and then it has ended too. Raises what the work raises."""
    task, waiting = asyncio.ensure_future(work), asyncio.ensure_future(interrupted.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if interrupted.is_set():
        # A command that was running had the same Ctrl-C, so whatever the work says now comes of it.
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return False
    await task
    return True


def main() -> None:
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--calls", type=int, default=None, help="end after so many calls (default: until Ctrl-C)")
    wanted = parser.parse_args()
    if wanted.calls is not None and not 1 <= wanted.calls <= 10_000:
        parser.error("--calls must be between 1 and 10000")
    try:
        sys.exit(asyncio.run(demo(wanted.calls)))
    except FAILURES as error:
        print(f"demo: {in_a_line(error)}", file=sys.stderr)
    except ExceptionGroup as group:
        if group.split(FAILURES)[1] is not None:
            raise  # a defect of the demo itself
        print(f"demo: {in_a_line(group)}", file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main()
