"""Many callers in the menus of the demo company while other menus are published: which version each of them was told.

The versions differ by what key 4 leads to, so that a caller's outcome says which one he met.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
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
from kit.patience import PATIENCE
from kit.sip_crowd import Crowd, CrowdCall
from kit.site import Site

COMPANY_ID = "acme"
MENU = "menu"
KEY, ONCE_MORE = "4", "9"
AGAIN = 15.0
"""Seconds after which a caller presses a key again: the longest message is over by then."""
SERVED, TURNED_AWAY = "self_service", "dissuaded"
"""Outcomes of `KEY`: of the demo's own menus, and of the others."""


@dataclass(frozen=True)
class Met:
    """What history says of one caller: his call's id, of which version each menu was that he heard, his outcome."""

    uniqueid: str
    menus: tuple[str, ...]
    outcome: str | None

    @property
    def versions(self) -> frozenset[str]:
        return frozenset(self.menus)


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
        await self.told(callers, lambda met: bool(met.menus))
        return callers

    async def hear_it_again(self, callers: Sequence[str]) -> None:
        """They have the menu that they are in said once more, each his own."""
        await self.press(callers, ONCE_MORE, lambda met: len(met.menus) > 1)

    async def press(self, callers: Sequence[str], key: str, until: Callable[[Met], bool]) -> dict[str, Met]:
        """They press this key; what history says of them, once it says so of each. Asterisk drops a key that comes
        between two commands of a script: whoever nothing came of presses it again."""
        waiting = callers
        for seconds in (AGAIN, AGAIN, PATIENCE):
            await asyncio.gather(*(self._calls[caller].press(key) for caller in waiting))
            try:
                return await self.told(callers, until, seconds)
            except TimeoutError as error:
                late = error
            met = await self._read(callers)
            waiting = [caller for caller in callers if caller not in met or not until(met[caller])]
        raise late

    async def end(self, callers: Sequence[str]) -> dict[str, Met]:
        """They press the key by which the versions differ; what history says of each once his call is over."""
        return await self.press(callers, KEY, lambda met: met.outcome is not None)

    async def told(
        self, callers: Sequence[str], until: Callable[[Met], bool], seconds: float = PATIENCE
    ) -> dict[str, Met]:
        """What history says of these callers, once it says so of each."""
        found: dict[str, Met] = {}

        async def are_there() -> bool:
            found.update(await self._read(callers))
            return all(caller in found and until(found[caller]) for caller in callers)

        await self._site.until_async(are_there, f"history of {len(callers)} callers", seconds=seconds)
        return found

    async def _read(self, callers: Sequence[str]) -> dict[str, Met]:
        call, fact = table_of(Call), table_of(CallFact)
        async with self._store.reading() as session:
            calls = await every(session, select(call).where(call.c.caller_number.in_(callers)))
            ids = {each["uniqueid"]: each for each in calls}
            facts = await every(session, select(fact).where(fact.c.kind == MENU, fact.c.uniqueid.in_(ids)))
        versions: dict[str, list[str]] = {}
        for each in facts:
            versions.setdefault(each["uniqueid"], []).append(each["data"]["version"])
        return {
            each["caller_number"]: Met(name, tuple(versions.get(name, ())), each["outcome"])
            for name, each in ids.items()
        }
