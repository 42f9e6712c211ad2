"""What hears callers, put together: the models of the settings, and the process with its link to the parent."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Mapping

from cordboard.calls.heartbeat import beating
from cordboard.calls.watchdog import STOP, CallServer
from cordboard.hearing.errors import HearingError
from cordboard.hearing.models import Model, model_for, models_of, unknown
from cordboard.settings import Loaded, Settings, SettingsError

logger = logging.getLogger(__name__)


def ears_of(settings: Settings) -> Mapping[str, Model] | None:
    """The models that the settings name, by language; None where they name none. Raises SettingsError."""
    if not settings.hearing:
        return None
    try:
        return models_of(settings.hearing_folders)
    except HearingError as error:
        raise SettingsError([f"hearing: {error}"]) from error


def lexicon_of(settings: Settings) -> Callable[[str, Iterable[str]], list[str] | None] | None:
    """Which words of phrases are not understood in a language, None of a language that is not; None where the settings
    name no language. Raises SettingsError."""
    models = ears_of(settings)
    if models is None:
        return None

    def lost(language: str, phrases: Iterable[str]) -> list[str] | None:
        model = model_for(models, language)
        return None if model is None else unknown(model, phrases)

    return lost


def hearing_server(loaded: Loaded) -> CallServer | None:
    """The process that hears callers, if the settings name languages. What keeps it from being is told, and menus then
    have their keys."""
    try:
        if ears_of(loaded.settings) is None:
            return None
    except SettingsError as error:
        logger.error("callers are not heard, menus have keys", extra={"problems": error.problems})
        return None
    return CallServer(
        [sys.executable, "-P", "-m", "cordboard", "hear-calls"],
        deadline=loaded.settings.watchdog_deadline,
        environment=loaded.as_environment,
        name="hearing process",
    )


async def hear(settings: Settings, link: socket.socket) -> None:
    """Hear callers until the parent says stop or is gone. Raises SettingsError, OSError when the port is taken.

    Ctrl-C in a terminal reaches parent and child alike: it is the parent's to say when.
    """
    from cordboard.hearing.server import listening  # the recogniser itself, which nobody else loads

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: None)
    link.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=link)
    try:
        models = ears_of(settings) or {}
        async with (
            listening(models, settings.agi_host, settings.hearing_port, settings.hearing_calls),
            beating(writer, settings.watchdog_deadline / 5),
        ):
            await _told_to_stop(reader)
    finally:
        writer.close()


async def _told_to_stop(reader: asyncio.StreamReader) -> None:
    """What the parent says besides, who is there to take calls, is nothing for here."""
    try:
        while (line := await reader.readline()) and line != STOP:
            pass
    except ConnectionError:
        return
