"""The connections of these settings: whom calls may ask, and who is told again what was not taken."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from cordboard.asking.asker import Asker
from cordboard.asking.connections import Connection, read_connections
from cordboard.asking.errors import ConnectionsRefused
from cordboard.asking.repeating import Repeater
from cordboard.settings import Settings, SettingsError
from cordboard.store.engine import Store

logger = logging.getLogger(__name__)


def connections_of(settings: Settings) -> Mapping[str, Connection]:
    """By their names; none where the settings have no file of them. Raises SettingsError with every problem."""
    if settings.connections == Path():
        return {}
    try:
        return read_connections(settings.connections)
    except ConnectionsRefused as refused:
        raise SettingsError(refused.problems) from refused


def needs_of(settings: Settings) -> Mapping[str, frozenset[str]] | None:
    """What each connection must be told; None where the settings have no file of them. Raises SettingsError."""
    if settings.connections == Path():
        return None
    return {name: each.needed for name, each in connections_of(settings).items()}


def connections_for_calls(settings: Settings) -> Mapping[str, Connection]:
    """The same for who answers calls: with a faulty file nobody is asked, and calls go on."""
    try:
        return connections_of(settings)
    except SettingsError as error:
        logger.error("the connections cannot be used, nobody is asked", extra={"problems": error.problems})
        return {}


async def repeat_notices(store: Store, settings: Settings) -> NoReturn:
    """Tell the systems again what they have not taken, as long as it is worth it."""
    async with Asker(connections_for_calls(settings)) as asker:
        await Repeater(store, asker).run()
