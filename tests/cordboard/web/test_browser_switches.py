"""The console in a real Chromium while it shows two switches: which is which, and one lost that takes nothing from the
other."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.async_api import expect

from ami.models import LinkState
from cordboard.web.console import read_console
from kit.browser import window
from kit.told import Told

from .conftest import OpenHouse
from .test_browser import sign_in

pytestmark = pytest.mark.browser

BILLING = "acme-billing-fr"


async def test_one_lost_stands_still_and_the_other_goes_on(open_house: OpenHouse) -> None:
    second = Told("pbx2")
    async with open_house(console=read_console(), others=[second]) as house, window() as chromium:
        page = chromium.page
        await sign_in(page, house)
        # Young enough that the seconds are shown.
        house.told.now = second.now = datetime.now(UTC)
        house.told.call("1.1").enters().joins(BILLING)
        second.call("1.1", "+33611111111").enters().joins(BILLING)
        second.member("acme-amel", BILLING)
        for node in ("pbx1", "pbx2"):
            await expect(page.locator(".queue:not(.idle)", has_text=node)).to_have_count(1)
            await expect(page.locator(".call", has_text=node)).to_have_count(1)
        await expect(page.locator(".agent.ready", has_text="Amel")).to_contain_text("pbx2")

        second.live.set_link(LinkState.DOWN, "gone")
        await expect(page.get_by_role("status")).to_contain_text("Link to pbx2 lost at")
        await expect(page.locator(".frozen")).to_have_count(0)
        await expect(page.locator(".call.unknown")).to_contain_text("pbx2")
        await expect(page.locator(".agent.unknown")).to_contain_text("Amel")
        lost, followed = (page.locator(".call", has_text=node).locator(".time") for node in ("pbx2", "pbx1"))
        stood, before = await lost.text_content(), await followed.text_content()
        assert before is not None
        await expect(followed).not_to_have_text(before)
        assert await lost.text_content() == stood, "time stands still for what is not known"

        second.live.set_link(LinkState.LIVE)
        await expect(page.locator(".unknown")).to_have_count(0)
        await expect(page.get_by_role("status")).to_have_text("Live")


@pytest.mark.parametrize(("locale", "wanted"), [("en-GB", "2 links lost: "), ("fr-FR", "2 liaisons perdues\u00a0: ")])
@pytest.mark.parametrize("width", [1280, 390])
async def test_every_one_that_is_lost_is_named(open_house: OpenHouse, locale: str, wanted: str, width: int) -> None:
    second, third = Told("pbx2"), Told("pbx3")
    async with (
        open_house(console=read_console(), others=[second, third]) as house,
        window(locale=locale, viewport={"width": width, "height": 800}) as chromium,
    ):
        page = chromium.page
        await chromium.take_session(house.url, await house.administrator())
        await page.goto(house.url)
        for told in (house.told, second, third):
            told.now = datetime.now(UTC)
            told.member("acme-amel", BILLING)
            told.call("1.1").enters().joins(BILLING)
        await expect(page.locator(".call")).to_have_count(3)
        # Each card holds the words below it, however narrow it is.
        words = page.locator(".crew, .queue .figures")
        assert await words.evaluate_all("all => all.filter(each => each.scrollWidth > each.clientWidth).length") == 0
        second.live.set_link(LinkState.DOWN, "gone")
        third.live.set_link(LinkState.DOWN, "gone")
        await expect(page.get_by_role("status")).to_contain_text(wanted)
        for node in ("pbx2", "pbx3"):
            await expect(page.get_by_role("status")).to_contain_text(node)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        third.live.set_link(LinkState.LIVE)
        await expect(page.get_by_role("status")).to_contain_text("pbx2")
        await expect(page.get_by_role("status")).not_to_contain_text("pbx3")
