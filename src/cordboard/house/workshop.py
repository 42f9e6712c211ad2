"""What one command of the command line works with: the store, and Asterisk by the account that the work needs."""

from __future__ import annotations

import getpass
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cordboard.settings import Settings, SettingsError
from cordboard.store.company import list_companies
from cordboard.store.engine import Store, open_store
from cordboard.store.records import Switch
from cordboard.store.switches import ensure_switch, find_switch


def actor() -> str:
    """Who is at the terminal, for the audit: the user, also behind sudo."""
    try:
        return f"{os.environ.get('SUDO_USER') or getpass.getuser()} (terminal)"
    except (KeyError, OSError):
        return f"user {os.getuid()} (terminal)"


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[Store]:
    """The database, its schema that of this version. Raises SettingsError if `cordboard init` was not run yet."""
    if not settings.home.is_dir():
        raise SettingsError([f"{settings.home} does not exist: run `cordboard init` first, or set home"])
    async with open_store(settings.database_url) as store:
        await store.check_schema()
        yield store


async def this_switch(store: Store, settings: Settings) -> Switch:
    """The switch that the settings speak of, with the secrets of its manager accounts. Writes only at first sight: who
    just looks does not wait for a writer."""
    async with store.reading() as session:
        known = await find_switch(session, settings.node)
    if known is not None:
        return known
    async with store.transaction() as session:
        return await ensure_switch(session, settings.node)


async def all_switches(store: Store, settings: Settings) -> tuple[Switch, ...]:
    """Every switch that is followed, the own one first, with the accounts that its own Cordboard made for it.

    Raises:
        SettingsError: the database does not know one of the others.
    """
    own = await this_switch(store, settings)
    others = [place.node for place in settings.switches[1:]]
    async with store.reading() as session:
        known = {node: await find_switch(session, node) for node in others}
    missing = [
        f"follow: no Cordboard of {node} shares this database: give it the same database_url and run `cordboard init`"
        for node, switch in known.items()
        if switch is None
    ]
    if missing:
        raise SettingsError(missing)
    return (own, *filter(None, known.values()))


async def the_company(store: Store, named: str | None) -> str:
    """The company that a command is about: the one that was named, else the only one there is.

    Raises:
        SettingsError: none is there, or several and none was named.
    """
    async with store.reading() as session:
        known = [entry.id for entry in await list_companies(session)]
    if named is not None:
        if named not in known:
            raise SettingsError([f"no company {named!r}; there is {', '.join(known) or 'none'}"])
        return named
    if not known:
        raise SettingsError(["no company yet: `cordboard import FILE` brings one in"])
    if len(known) > 1:
        raise SettingsError([f"there are several companies ({', '.join(known)}): say which with --company"])
    return known[0]
