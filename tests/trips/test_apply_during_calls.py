"""A change of the company is applied while callers are in the menu and in talks: nobody notices."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.callers import Cast
from kit.site import Site
from kit.trip import calls_in, edited_company, staying_in_menu, talks_to

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]

NEW_NAME = "Facturation et contrats"


async def _queue_names(site: Site) -> set[str]:
    return {card["name"] for name, card in (await site.cards()).items() if name.startswith("queue/")}


async def test_a_change_is_applied_under_calls(site: Site, cast: Cast, tmp_path: Path) -> None:
    talker, chooser, later = "+33611111301", "+33611111302", "+33611111303"
    await site.post("/api/agents/chloe/pause", {"reason": "lunch", "because": "a test"})
    talk = await calls_in(site, talker, "1")
    await talks_to(cast, talk, "amel")
    async with edited_company(site, tmp_path) as document:
        document["queues"]["billing-fr"] |= {"name": NEW_NAME, "max_wait": 90}
        document["menus"]["accueil"]["first_digit"] = 8
    await site.cordboard("plan", expect=(2,))

    choice = await calls_in(site, chooser)
    async with staying_in_menu(choice):
        await site.cordboard("apply", "--yes")
        assert await site.switch.channels() == 3, "the talker, his agent, and the caller in the menu"
    await talks_to(cast, talk, "amel")
    await choice.press("1")
    await talks_to(cast, choice, "bruno")
    assert await site.differences() == []
    for person, state in {"chloe": "pause", "dan": "ready", "emma": "ready", "farid": "ready"}.items():
        await site.agent_is(person, state)
    await site.cordboard("plan", expect=(0,))
    await site.cordboard("verify", expect=(0,))

    async def is_renamed() -> bool:
        return NEW_NAME in await _queue_names(site)

    await site.until_async(is_renamed, "the page to show the queue's new name")
    for call in (talk, choice):
        await call.hang_up()
    for caller, person in {talker: "amel", chooser: "bruno"}.items():
        found = [(r["outcome"], r["agent"], r["queue"]) for r in await site.records(caller)]
        assert found == [("handled", person, "billing-fr")]

    await site.agent_is("amel", "ready")
    await site.agent_is("bruno", "ready")
    last = await calls_in(site, later, "1")
    await talks_to(cast, last, "amel")
    await last.hang_up()
    assert [(r["outcome"], r["agent"]) for r in await site.records(later)] == [("handled", "amel")]
    await site.switch.wait_idle()
    assert await site.differences() == []
