"""What answers calls, put together: the FastAGI process with its link to the parent, or one process for one call."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from contextlib import closing

from agi.ports import Ports
from agi.process import run_process
from agi.scripts import menu, route
from agi.server import Limits
from cordboard.asking.asker import Asker
from cordboard.asking.beside import Beside
from cordboard.asking.repeating import Keeper
from cordboard.calls.books import Books, SystemClock
from cordboard.calls.callbacks import Requests
from cordboard.calls.voice import SiteVoice
from cordboard.calls.worker import answer_calls
from cordboard.house.studio import studio_of
from cordboard.house.systems import connections_for_calls
from cordboard.house.workshop import opened_store
from cordboard.settings import Settings
from cordboard.store.values import Company

SCRIPTS = {"menu": menu.run, "route": route.run}


def _may_be_called(company: Company, outgoing: str, number: str) -> bool:
    # Imported where it is used: few calls ask to be called back.
    from cordboard.provisioning.dialled_out import may_be_called

    return may_be_called(company, outgoing, number)


async def answer_one(settings: Settings, script: str) -> int:
    """Answer the one call that Asterisk started this process for; the exit status."""
    limits, studio = Limits(), studio_of(settings)
    async with (
        opened_store(settings) as store,
        Beside(connections_for_calls(settings), Keeper(store).keep) as systems,
    ):
        books = Books(store, speech=str(studio.folder))
        with closing(SiteVoice(studio)) as voice:
            callbacks = Requests(store, settings.node, books.company, _may_be_called)
            house = Ports(books, books, books, SystemClock(), systems=systems, voice=voice, callbacks=callbacks)
            return await run_process(SCRIPTS[script], house, sys.stdin.buffer, sys.stdout.buffer, limits=limits)


async def answer(settings: Settings, link: socket.socket) -> None:
    """Answer calls until the parent says stop or is gone.

    Ctrl-C in a terminal reaches parent and child alike: it is the parent's to say when.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: None)
    studio = studio_of(settings)
    async with (
        opened_store(settings) as store,
        Asker(connections_for_calls(settings), Keeper(store).keep) as systems,
    ):
        with closing(SiteVoice(studio)) as voice:
            await answer_calls(
                store,
                link,
                SCRIPTS,
                host=settings.agi_host,
                port=settings.agi_port,
                limits=Limits(max_calls=settings.agi_max_calls),
                beat_seconds=settings.watchdog_deadline / 5,
                drain_seconds=settings.drain_seconds,
                systems=systems,
                voice=voice,
                node=settings.node,
                may_be_called=_may_be_called,
                speech=str(studio.folder),
            )
