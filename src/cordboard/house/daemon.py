"""`cordboard run`: follows the switches, keeps history, serves the page, and keeps the FastAGI process alive.

Of its own switch it keeps the history, the agents and the configuration in force, and answers its calls. Other switches
that it follows are kept by their own Cordboards: it shows them, and passes on what is asked of their calls and agents.

Stopping has stages, each with its patience: no new calls, callers finish; no new pages; last writes; close. A second
signal skips what is left of a stage. A task that ends by itself ends the process: whoever supervises it starts it
again, and the way back up is the way up.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, NoReturn

from ami.errors import LinkDown
from cordboard.calls.watchdog import CallServer
from cordboard.desk.access import Access
from cordboard.desk.board import Boards
from cordboard.desk.calling_back import CallingBack
from cordboard.desk.figures import Figures
from cordboard.desk.once import Once
from cordboard.desk.operations import Operations
from cordboard.desk.past_calls import PastCalls
from cordboard.house.alone import only_daemon
from cordboard.house.deployment import deployment_of
from cordboard.house.expiring import expire
from cordboard.house.following import Followed, agent_desks_of, call_desks_of, switches_to_follow
from cordboard.house.hearing import hearing_server
from cordboard.house.keeping import end_trials, settle_and_watch, sweep_contexts
from cordboard.house.left_overs import leave, take_in
from cordboard.house.menu_texts import MenuTexts, check_of
from cordboard.house.menus import MenuDesk, flows_of
from cordboard.house.noticing import notice_changes, tell_presence
from cordboard.house.placement import generations_of, write_scripts
from cordboard.house.speaking import keep_spoken
from cordboard.house.stages import Stages, living_together
from cordboard.house.studio import studio_of
from cordboard.house.systems import repeat_notices
from cordboard.house.tenancy import only_daemon_of_switch
from cordboard.house.tried_calls import TriedCalls, lengths_of
from cordboard.house.workshop import opened_store
from cordboard.journal.books import Books
from cordboard.journal.missed import Missed
from cordboard.journal.recorder import Recorder
from cordboard.journal.unfollowed import Unfollowed
from cordboard.settings import Loaded, Settings
from cordboard.store.engine import Store
from cordboard.web.app import make_app
from cordboard.web.keys import Origins
from cordboard.web.serve import serve

log = logging.getLogger(__name__)

LAST_WRITES = 10.0


async def run_daemon(loaded: Loaded) -> None:
    """Run until SIGTERM or SIGINT. Raises what made a part of it end by itself."""
    stages = Stages()
    forget = stages.listen()
    try:
        async with opened_store(loaded.settings) as store:
            with only_daemon(loaded.settings.home):
                async with only_daemon_of_switch(store, loaded.settings) as beat:
                    await _serve(loaded, store, stages, beat)
    finally:
        forget()


async def _serve(
    loaded: Loaded, store: Store, stages: Stages, beat: Callable[[], Coroutine[Any, Any, NoReturn]]
) -> None:
    settings = loaded.settings
    if settings.agi_carrier == "process":
        write_scripts(loaded)  # a first generation may be applied from the page
    deployment = await deployment_of(store, settings)
    await take_in(store, settings)  # before anything is read that it changes
    switches = await switches_to_follow(store, settings)
    own = switches[0]
    books = _books(settings)
    recorder = Recorder(store, own.live, books=books)
    lives = [each.live for each in switches]
    boards = Boards(lives)
    figures = Figures(store, boards, lives)
    operations = Operations(deployment, store)
    server = _call_server(loaded)
    ears = hearing_server(loaded)
    if settings.web_url.startswith("http://") and not ipaddress.ip_address(settings.web_host).is_loopback:
        log.warning("the live page is served in clear beyond this machine: set web_url to an https:// address")
    try:
        with Access(store) as access, contextlib.closing(boards):
            async with living_together() as begin:
                begin(beat(), "the only daemon of the switch")
                begin(recorder.run(), "history")
                if books.records is not None:
                    unfollowed = Unfollowed(store, settings.node, recorder, books)
                    begin(Missed(unfollowed, own.live, books).run(), "calls that nobody followed")
                for each in switches:
                    begin(each.link.run(), f"link to {each.node}")
                begin(own.agents.run(), "agents")
                begin(figures.run(), "figures")
                begin(CallingBack(store, own.link, own.live, node=settings.node).run(), "callbacks")
                begin(settle_and_watch(deployment, own.live, settings.watch_interval), "deployments left unfinished")
                begin(end_trials(deployment, own.link), "trials")
                begin(sweep_contexts(deployment, own.link), "contexts of earlier generations")
                begin(keep_spoken(store, studio_of(settings), settings.home / "generations"), "what is spoken")
                begin(repeat_notices(store, settings), "notices told again")
                begin(expire(store, settings), "what is kept for some days")
                begin(notice_changes(store, generations_of(settings), switches), "changes")
                if server is not None:
                    begin(server.run(), "FastAGI process")
                    begin(tell_presence(own.live, server), "presence")
                if ears is not None:
                    begin(ears.run(), "hearing process")
                app = make_app(
                    access,
                    boards,
                    agent_desks_of(store, switches),
                    call_desk=call_desks_of(store, settings, switches),
                    once=Once(store),
                    history=PastCalls(store),
                    followed=[each.link for each in switches],
                    operations=operations,
                    menu_desk=MenuDesk(store, partial(flows_of, store, settings)),
                    trials=TriedCalls(store, partial(lengths_of, settings)),
                    texts=MenuTexts(partial(flows_of, store, settings, is_draft=True), partial(check_of, settings)),
                    origins=_origins(settings),
                )
                async with serve(app, settings.web_host, settings.web_port):
                    begin(_say_ready(server, own, settings.web_url), "ready")
                    await stages.wanted()
                    log.info("stopping: callers in menus may finish", extra={"seconds": settings.drain_seconds})
                    if server is not None:
                        await stages.stage(server.stop(settings.drain_seconds), "letting callers finish")
                    if ears is not None:
                        await stages.stage(ears.stop(0.0), "hearing nobody any more")
                    await stages.stage(operations.quiet(), "letting a deployment end")
    finally:
        # Whatever ended the block: what was seen of calls is still to be written.
        await stages.stage(recorder.close(LAST_WRITES), "writing history")
        leave(settings, recorder.left_over(), own.agents.owed)
    log.info("Cordboard has stopped")


def _call_server(loaded: Loaded) -> CallServer | None:
    """The FastAGI process, unless Asterisk starts a program for each call."""
    if loaded.settings.agi_carrier == "process":
        return None
    return CallServer(
        # -P: nothing is imported from the folder that somebody happened to start us in.
        [sys.executable, "-P", "-m", "cordboard", "answer-calls"],
        deadline=loaded.settings.watchdog_deadline,
        environment=loaded.as_environment,
    )


def _origins(settings: Settings) -> Origins:
    """Where actions may come from: the pages by the address that browsers know."""
    return Origins(is_secure=settings.web_url.startswith("https://"), others=frozenset({settings.web_url}))


async def _say_ready(server: CallServer | None, own: Followed, page: str) -> None:
    """Say once that calls are answered and Asterisk is followed; or what is missing, and go on."""
    try:
        if server is not None:
            await server.wait_serving(60)
    except TimeoutError:
        log.error("the FastAGI process does not start; calls take the compiled way", extra={"page": page})
        return
    try:
        await own.link.wait_live(20)
    except LinkDown as error:
        log.warning("Asterisk is not followed yet", extra={"reason": str(error), "page": page})
        return
    log.info("Cordboard is ready", extra={"page": page})


def _books(settings: Settings) -> Books:
    """Asterisk's own books, where they lie in a folder that we know."""
    if settings.asterisk_mode != "owned":
        return Books()
    log_folder = settings.asterisk_run_home / "log"
    return Books(log_folder / "queue_log", log_folder / "cdr-csv" / "Master.csv")
