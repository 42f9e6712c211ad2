"""`cordboard run`: follows Asterisk, keeps history, serves the page, and keeps the FastAGI process alive.

Stopping has stages, each with its patience: no new calls, callers finish; no new pages; last writes; close. A second
signal skips what is left of a stage. A task that ends by itself ends the process: whoever supervises it starts it
again, and the way back up is the way up.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ami.client import SwitchLink
from ami.errors import AmiError
from ami.live import Live
from ami.models import Change
from cordboard.calls.presence import presence_of
from cordboard.calls.watchdog import CallServer
from cordboard.desk.access import Access
from cordboard.desk.agents import Agents
from cordboard.desk.board import Boards
from cordboard.desk.deploy import Deployment
from cordboard.desk.figures import Figures
from cordboard.house.deployment import deployment_of
from cordboard.house.placement import generations_of, run_address
from cordboard.house.workshop import opened_store, this_switch
from cordboard.journal.recorder import Recorder
from cordboard.provisioning.errors import DeployBusy, ProvisioningError
from cordboard.provisioning.generations import Generations
from cordboard.settings import Settings
from cordboard.store.company import list_companies, load_company
from cordboard.store.engine import Store
from cordboard.store.errors import StoreError
from cordboard.web.app import make_app
from cordboard.web.serve import serve

log = logging.getLogger(__name__)

LAST_WRITES = 10.0
# Presence is told after a change and not more often than this: it explains routing, it does not steer it.
PRESENCE_PAUSE = 0.1
# How soon a generation or a company that another process brought in is noticed.
LOOK_PAUSE = 1.0


class Stages:
    """Waits for the signals that end the daemon, and tells each stage when to be patient no longer."""

    def __init__(self) -> None:
        self._signals = asyncio.Semaphore(0)

    def listen(self) -> Callable[[], None]:
        """Take SIGTERM and SIGINT; what comes back stops taking them."""
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGTERM, signal.SIGINT)
        for number in numbers:
            loop.add_signal_handler(number, self._signals.release)

        def stop() -> None:
            for number in numbers:
                loop.remove_signal_handler(number)

        return stop

    async def wanted(self) -> None:
        """Return at the first signal."""
        await self._signals.acquire()

    async def stage(self, work: Coroutine[Any, Any, object], what: str) -> None:
        """Finish `work`, or leave it at the next signal."""
        task = asyncio.ensure_future(work)
        signalled = asyncio.ensure_future(self._signals.acquire())
        await asyncio.wait({task, signalled}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            log.warning("%s is cut short by a second signal", what)
            task.cancel()
        signalled.cancel()
        await asyncio.gather(task, signalled, return_exceptions=True)


async def run_daemon(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Raises what made a part of it end by itself."""
    stages = Stages()
    forget = stages.listen()
    try:
        async with opened_store(settings) as store:
            await _serve(settings, store, stages)
    finally:
        forget()


async def _serve(settings: Settings, store: Store, stages: Stages) -> None:
    switch = await this_switch(store, settings)
    generations = generations_of(settings)
    deployment = await deployment_of(store, settings)
    live = Live(settings.node)
    await _teach_wrap_ups(store, live)
    link = SwitchLink(
        settings.node,
        run_address(settings, switch),
        live,
        sweep_interval=settings.sweep_interval,
        connect_deadline=settings.action_deadline,
    )
    recorder = Recorder(store, live, queue_log=_queue_log(settings))
    agents = Agents(store, link, live, deadline=settings.action_deadline)
    boards = Boards([live])
    figures = Figures(store, boards, [live])
    server = CallServer(
        [sys.executable, "-m", "cordboard", *_flags(settings), "answer-calls"], deadline=settings.watchdog_deadline
    )
    with Access(store) as access, contextlib.closing(boards):
        async with _tasks() as begin:
            journal = begin(recorder.run(), "history")
            following = begin(link.run(), "link")
            begin(agents.run(), "agents")
            begin(figures.run(), "figures")
            begin(server.run(), "FastAGI process")
            begin(_tell_presence(live, server), "presence")
            begin(_settle(deployment, live), "unfinished deployments")
            begin(_notice_changes(generations, store, link, live), "changes")
            app = make_app(access, boards, agents, check=link.compare)
            async with serve(app, settings.web_host, settings.web_port) as address:
                await _said_ready(server, link, address)
                await stages.wanted()
                log.info("stopping: callers in menus may finish", extra={"seconds": settings.drain_seconds})
                await stages.stage(server.stop(settings.drain_seconds), "letting callers finish")
            following.cancel()
            journal.cancel()
            await asyncio.gather(following, journal, return_exceptions=True)
            await stages.stage(recorder.close(LAST_WRITES), "writing history")
    log.info("Cordboard has stopped")


@asynccontextmanager
async def _tasks() -> AsyncIterator[Callable[[Coroutine[Any, Any, object], str], asyncio.Task[object]]]:
    """Tasks that live as long as the block; if one of them fails, so does the block. All are awaited."""
    tasks: list[asyncio.Task[object]] = []
    async with asyncio.TaskGroup() as group:

        def begin(work: Coroutine[Any, Any, object], name: str) -> asyncio.Task[object]:
            tasks.append(group.create_task(work, name=name))
            return tasks[-1]

        try:
            yield begin
        finally:
            for task in tasks:
                task.cancel()


async def _said_ready(server: CallServer, link: SwitchLink, address: str) -> None:
    """Say once that calls are answered and Asterisk is followed; without Asterisk say what is missing and go on."""
    try:
        await server.wait_serving(60)
        await link.wait_live(20)
        log.info("Cordboard is ready", extra={"page": address})
    except TimeoutError:
        log.error("the FastAGI process does not start; calls take the compiled way", extra={"page": address})
    except Exception as error:  # noqa: BLE001 - whatever keeps Asterisk away is told; the daemon waits for it
        log.warning("Asterisk is not followed yet", extra={"reason": str(error), "page": address})


async def _tell_presence(live: Live, server: CallServer) -> None:
    """Keep the FastAGI process informed of who is there."""
    changed = asyncio.Event()

    def note(change: Change) -> None:
        if change.kind in ("agent", "link", "reset"):
            changed.set()

    unwatch = live.watch(note)
    try:
        while True:
            changed.clear()
            server.tell_presence(lambda: presence_of(live.snapshot()))
            await changed.wait()
            await asyncio.sleep(PRESENCE_PAUSE)
    finally:
        unwatch()


async def _notice_changes(generations: Generations, store: Store, link: SwitchLink, live: Live) -> None:
    """List everything again after another process applied or imported something: Asterisk's reloads send no events."""
    known: object = None
    while True:
        with contextlib.suppress(StoreError, ProvisioningError):  # told by those whose work it is
            current = generations.current()
            status = generations.status(current) if current is not None else None
            async with store.reading() as session:
                revisions = tuple((entry.id, entry.revision) for entry in await list_companies(session))
            found = (current, status, revisions)
            if known not in (None, found):
                await _teach_wrap_ups(store, live)
                link.resync("the configuration changed")
            known = found
        await asyncio.sleep(LOOK_PAUSE)


async def _teach_wrap_ups(store: Store, live: Live) -> None:
    """Tell the live state the wrap-up of each queue, which Asterisk does not show."""
    async with store.reading() as session:
        companies = [await load_company(session, entry.id) for entry in await list_companies(session)]
    live.set_wrap_ups(
        {
            company.switch_name(queue.id): float(queue.wrap_up)
            for company in companies
            for queue in company.queues.values()
        }
    )


async def _settle(deployment: Deployment, live: Live) -> None:
    """Finish or put back what a deployment left unfinished: now, and whenever Asterisk is back."""
    is_back = asyncio.Event()
    unwatch = live.watch(lambda change: is_back.set() if change.kind == "reset" else None)
    known: object = None
    try:
        while True:
            is_back.clear()
            try:
                settled = await deployment.settle("cordboard run")
            except DeployBusy:
                pass  # somebody deploys right now, and knows better
            except (ProvisioningError, AmiError, StoreError) as error:
                log.error("the configuration in force could not be verified", extra={"reason": str(error)})
            else:
                found = (settled.generation, settled.state, settled.failed, settled.reason)
                if found != known:
                    log.log(
                        logging.INFO if settled.is_verified else logging.WARNING,
                        "generation in force",
                        extra={"generation": settled.generation, "state": settled.state, "reason": settled.reason},
                    )
                known = found
            await is_back.wait()
    finally:
        unwatch()


def _queue_log(settings: Settings) -> Path | None:
    """Asterisk's own log of its queues, where it lies in a folder that we know."""
    return settings.asterisk_run_home / "log" / "queue_log" if settings.asterisk_mode == "owned" else None


def _flags(settings: Settings) -> list[str]:
    """What the child process cannot read from file or environment: flags that were given to us."""
    return ["--home", str(settings.home), "--log-level", settings.log_level]
