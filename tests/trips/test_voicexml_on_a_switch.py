"""A document of VoiceXML, read into a company and deployed: what a real phone meets in its menus on a real Asterisk."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from agi.flow.spoken import Spoken
from cordboard.voicexml.reading import Options, read_voicexml
from kit.site import Site
from kit.sound import Sound
from kit.switch import REPOSITORY

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]

NUMBER = "+33199000001"
TRUNK = "\ntrunks: {carrier: {name: Operator, header: {name: X-Trunk, value: carrier}}}\n"
KEYS = {"+33611111301": ("72", "9123"), "+33611111302": ("2", "1234")}
"""Caller -> what he presses in the menu, perhaps a wrong key first, and where an order is asked for: one that agents
take, and one that he is told of."""
ASKED = "Type the four digits of your order."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """The company of the guide to VoiceXML, with a trunk for its callers."""
    guide = (REPOSITORY / "docs/voicexml.md").read_text(encoding="utf-8")
    document, company = (re.search(rf"```{kind}\n(.*?)```", guide, re.DOTALL) for kind in ("xml", "yaml"))
    assert document
    assert company
    folder = tmp_path_factory.mktemp("acme")
    places = {"sip:sales@pbx.example": {"queue": "sales"}}
    menus = read_voicexml([("ivr.vxml", document[1].encode())], Options(places=places)).text
    (folder / "company.yaml").write_text(company[1] + TRUNK, encoding="utf-8")
    (folder / "menus.yaml").write_text(menus, encoding="utf-8")
    async with Site(folder) as site:
        yield site


async def press(site: Site, caller: str) -> None:
    phone = await site.phones.caller(caller, site.switch.sip, headers={"X-Trunk": "carrier"})
    call = await phone.start_call(NUMBER)
    await call.answered()
    keys, order = KEYS[caller]
    for key in keys:
        await call.hears_something()
        await call.press(key)
    await call.hears_sound(Sound.of_file(site.home / "speech" / f"{Spoken(ASKED, 'en')}.wav"))
    await call.press(order)
    await call.ended()


async def test_a_document_is_deployed_and_called(site: Site) -> None:
    await asyncio.gather(*(press(site, caller) for caller in KEYS))
    urgent, told = [await site.call_record(caller) for caller in KEYS]
    assert (urgent["queue"], urgent["detail"]) == ("sales", "empty")
    assert (told["queue"], told["detail"]) == (None, "message")
    facts = (await site.cordboard("facts", urgent["uniqueid"], "--json")).json()["facts"]
    chosen = [fact["data"] for fact in facts if fact["kind"] == "choice"]
    assert [(each["menu"], each["edge"], each.get("wrong")) for each in chosen] == [
        ("welcome", "key", "1"),
        ("order", "key", None),
    ]
