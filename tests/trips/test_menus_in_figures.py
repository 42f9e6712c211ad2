"""What callers of a real Asterisk did in a menu, as its figures tell it: chosen, wrong, silent, gone, and compiled."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from ruamel.yaml import YAML

from demo import COMPANY
from kit.phones import PhoneCall
from kit.site import Site
from kit.trip import calls_in, fastagi

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]

CHOOSES, LEAVES, SAYS_NOTHING, FALLS = (f"+3361237000{number}" for number in range(1, 5))
MENU = "accueil"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """The demo company, whose main menu is said quickly."""
    yaml = YAML()
    document = yaml.load(COMPANY)
    document["menus"][MENU]["prompt"] = "again"
    file = tmp_path_factory.mktemp("company") / "company.yaml"
    yaml.dump(document, file)
    async with Site(file) as site:
        yield site


async def _presses_until_over(site: Site, call: PhoneCall, caller: str, key: str) -> None:
    """He presses a key again and again, until his call is in history."""
    over = asyncio.create_task(site.call_record(caller))
    while not over.done():
        await call.press(key)
        await asyncio.wait([over], timeout=1)
    await over


async def _figures(site: Site, *words: str) -> Any:
    return (await site.cordboard("flow", "figures", *words, "--json")).json()


async def test_figures_are_what_was_pressed(site: Site) -> None:
    chooser, leaver, _ = await asyncio.gather(*(calls_in(site, each) for each in (CHOOSES, LEAVES, SAYS_NOTHING)))
    await chooser.press("7")
    await leaver.hang_up()
    await _presses_until_over(site, chooser, CHOOSES, "4")
    records = {each: await site.call_record(each) for each in (CHOOSES, LEAVES, SAYS_NOTHING)}
    falling = await calls_in(site, FALLS)
    os.kill(fastagi(site), signal.SIGKILL)
    await _presses_until_over(site, falling, FALLS, "4")
    records[FALLS] = await site.call_record(FALLS)

    told: dict[str, Any] = {}

    async def are_counted() -> bool:
        told.update(await _figures(site))
        return bool(told["calls"] == len(records))

    await site.until_async(are_counted, "all calls to be counted", lambda: str(told))
    menu = told["nodes"][MENU]
    assert menu["ways"] == {
        "key 4": {"the_end": 2},
        "hung_up": {"": 1},
        "no_input": {"queue:billing-fr": 1},
        "cut_off": {"did.main": 1},  # the compiled way begins with the hours of the number
    }
    assert (menu["calls"], menu["visits"], menu["hung_up"], menu["silent"], menu["wrong"]) == (4, 5, 1, 2, 1)
    assert (told["compiled"], told["unseen"], told["in_progress"]) == (1, 0, 0)
    assert told["zero_outs"] == {"no_input": 1}
    assert told["exits"]["the_end"] == {"self_service": 2}
    assert told["exits"]["hung_up"] == {"abandoned": 1}
    behind = {"hung_up": {LEAVES}, "queue:billing-fr": {SAYS_NOTHING}, "the_end": {CHOOSES, FALLS}, MENU: set(records)}
    for place, callers in behind.items():
        ids = {each["id"] for each in await _figures(site, "--calls", place)}
        assert ids == {f"{records[each]['node']}/{records[each]['uniqueid']}" for each in callers}
