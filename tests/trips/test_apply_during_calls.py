"""A change of the company is applied while callers are in the menu and in talks: nobody notices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from demo.callers import CALLER_TONE, TONES, TRUNK, Cast
from demo.script import MAIN
from kit.phones import PhoneCall
from kit.site import Site

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]

NEW_NAME = "Facturation et contrats"


async def _in_menu(site: Site, caller: str) -> PhoneCall:
    phone = await site.phones.caller(caller, site.switch.sip, tone=CALLER_TONE, headers=TRUNK)
    call = await phone.dial(MAIN)
    await call.hears_something()
    return call


async def _talks_to(cast: Cast, call: PhoneCall, person: str) -> None:
    """Both ways, from now on."""
    await call.hears(TONES[person], timeout=40)
    await cast.agents[person].call.hears(CALLER_TONE)


async def _change(site: Site, file: Path) -> None:
    """Export the company, rename a queue, shorten its wait, lengthen the menu's, and import it."""
    await site.cordboard("export", "--output", str(file))
    yaml = YAML()
    document: dict[str, Any] = yaml.load(file)
    document["queues"]["billing-fr"] |= {"name": NEW_NAME, "max_wait": 90}
    document["menus"]["accueil"]["first_digit"] = 8
    yaml.dump(document, file)
    await site.cordboard("import", str(file))


async def _queue_names(site: Site) -> set[str]:
    return {card["name"] for name, card in (await site.cards()).items() if name.startswith("queue/")}


async def test_a_change_is_applied_under_calls(site: Site, cast: Cast, tmp_path: Path) -> None:
    talker, chooser, later = "+33611111301", "+33611111302", "+33611111303"
    await site.post("/api/agents/chloe/pause", {"reason": "lunch"})
    talk = await _in_menu(site, talker)
    await talk.press("1")
    await _talks_to(cast, talk, "amel")
    await _change(site, tmp_path / "company.yaml")
    await site.cordboard("plan", expect=(2,))

    choice = await _in_menu(site, chooser)
    await site.cordboard("apply", "--yes")
    assert await site.switch.channels() == 3, "the talker, his agent, and the caller in the menu"
    await _talks_to(cast, talk, "amel")
    await choice.press("1")
    await _talks_to(cast, choice, "bruno")
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
    last = await _in_menu(site, later)
    await last.press("1")
    await _talks_to(cast, last, "amel")
    await last.hang_up()
    assert [(r["outcome"], r["agent"]) for r in await site.records(later)] == [("handled", "amel")]
    await site.switch.wait_idle()
    assert await site.differences() == []
