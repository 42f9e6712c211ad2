"""Many callers in the menus of the demo company while other menus are published: which version each of them was told.

The versions differ by what key 4 leads to, so that a caller's outcome says which one he met.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from sqlalchemy import select

from cordboard.store.engine import Store
from cordboard.store.fetch import every
from cordboard.store.flows import newest_flow
from cordboard.store.tables import Call, CallFact, table_of
from demo import COMPANY
from demo.callers import TRUNK
from demo.script import MAIN
from kit.sip_crowd import Crowd, CrowdCall
from kit.site import Site

COMPANY_ID = "acme"
MENU = "menu"
KEY = "4"
SERVED, TURNED_AWAY = "self_service", "dissuaded"
"""Outcomes of `KEY`: of the demo's own menus, and of the others."""


@dataclass(frozen=True)
class Met:
    """What history says of one caller: his call's id, the versions of the menus that he was in, his outcome."""

    uniqueid: str
    versions: frozenset[str]
    outcome: str | None


def menus(folder: Path, *, are_others: bool = False) -> Path:
    """The demo company, whose main menu waits for a key for a minute, so that nobody leaves it by himself. Of the
    others key 4 says goodbye instead of the opening hours."""
    yaml = YAML()
    document = yaml.load(COMPANY)
    main = document["menus"]["accueil"]
    main["first_digit"] = 60
    if are_others:
        main["keys"][KEY] = {"message": "goodbye"}
    file = folder / ("other.yaml" if are_others else "company.yaml")
    yaml.dump(document, file)
    return file


async def newest_version(store: Store) -> int:
    """The number of the version that was published last and not taken back."""
    async with store.reading() as session:
        newest = await newest_flow(session, COMPANY_ID)
    assert newest is not None
    return newest.version


class Callers:
    """Callers of the main number, each once, on one site; `store` is its database."""

    def __init__(self, site: Site, crowd: Crowd, store: Store) -> None:
        self._site, self._crowd, self._store = site, crowd, store
        self._numbers = itertools.count(1)
        self._calls: dict[str, CrowdCall] = {}

    async def come(self, count: int) -> list[str]:
        """So many callers dial at once; their numbers, once all of them are in a menu."""
        callers = [f"+3362{next(self._numbers):07}" for _ in range(count)]
        calls = await asyncio.gather(*(self._crowd.start_call(caller, MAIN, TRUNK) for caller in callers))
        self._calls |= dict(zip(callers, calls, strict=True))
        await asyncio.gather(*(call.answered() for call in calls))
        await self.told(callers, lambda met: bool(met.versions))
        return callers

    async def press(self, callers: Iterable[str], key: str = KEY) -> None:
        await asyncio.gather(*(self._calls[caller].press(key) for caller in callers))

    async def leave(self, callers: Iterable[str]) -> None:
        """They hang up."""
        await asyncio.gather(*(self._calls[caller].hang_up() for caller in callers))

    async def end(self, callers: Sequence[str]) -> dict[str, Met]:
        """They press the key by which the versions differ; what history says of each once his call is over."""
        await self.press(callers)
        return await self.told(callers, lambda met: met.outcome is not None)

    async def told(self, callers: Sequence[str], until: Callable[[Met], bool]) -> dict[str, Met]:
        """What history says of these callers, once it says so of each."""
        found: dict[str, Met] = {}

        async def are_there() -> bool:
            found.update(await self._read(callers))
            return all(caller in found and until(found[caller]) for caller in callers)

        await self._site.until_async(are_there, f"history of {len(callers)} callers")
        return found

    async def _read(self, callers: Sequence[str]) -> dict[str, Met]:
        call, fact = table_of(Call), table_of(CallFact)
        async with self._store.reading() as session:
            calls = await every(session, select(call).where(call.c.caller_number.in_(callers)))
            ids = {each["uniqueid"]: each for each in calls}
            facts = await every(session, select(fact).where(fact.c.kind == MENU, fact.c.uniqueid.in_(ids)))
        versions: dict[str, set[str]] = {}
        for each in facts:
            versions.setdefault(each["uniqueid"], set()).add(each["data"]["version"])
        return {
            each["caller_number"]: Met(name, frozenset(versions.get(name, ())), each["outcome"])
            for name, each in ids.items()
        }
