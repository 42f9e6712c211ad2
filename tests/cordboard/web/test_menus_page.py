"""The page of menus in a real Chromium: the tree with its figures, versions published and taken back, two compared."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from cordboard.store.records import Role
from cordboard.web.console import read_console
from kit.browser import DESK, PHONE, PICTURES, Window, window

from .conftest import House, OpenHouse
from .menus_scene import calls, draft, put_in, second

pytestmark = pytest.mark.browser


@pytest.fixture
async def house(open_house: OpenHouse) -> AsyncIterator[House]:
    async with open_house(console=read_console()) as opened:
        await put_in(opened)
        await draft(opened)
        await calls(opened, key_1=5, key_2=2, key_3=1, key_4=3, lost=2)
        yield opened


async def enter(chromium: Window, house: House, role: Role = Role.ADMINISTRATOR) -> Page:
    await chromium.take_session(house.url, await house.somebody(role))
    await chromium.page.goto(f"{house.url}menus")
    return chromium.page


async def _picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


async def test_the_tree_tells_what_calls_did(house: House) -> None:
    async with window(viewport=DESK) as chromium:
        page = await enter(chromium, house)
        menu = page.get_by_role("button", name="Accueil: 13 calls, 2 hung up")
        await expect(menu).to_be_visible()
        await expect(page.locator(".figures")).to_contain_text("13 calls in the menus")
        await expect(page.locator(".figures tbody tr").first).to_have_text("queue billing-fr538 %")
        await _picture(page, "desk")
        await menu.press("Enter")
        await expect(menu).to_have_attribute("aria-pressed", "true")
        figures = page.locator(".figures")
        await expect(figures.get_by_role("heading")).to_have_text("Accueil")
        await expect(figures).to_contain_text("2 hung up")
        await expect(figures.locator("tbody tr").first).to_have_text("key 1queue billing-fr538 %")
        await expect(figures.locator("tbody tr", has_text="key 2")).to_have_text("key 2english215 %")
        await _picture(page, "chosen")
        await page.get_by_label("Calls of").select_option("version 1")
        await expect(page.locator(".figures")).to_contain_text("No call came to the menus on these days.")
        await page.get_by_label("FR", exact=True).check()
        await expect(page.locator(".figures")).to_contain_text("Aucun appel n’est venu")


async def test_a_draft_is_published_and_taken_back_by_who_may(house: House) -> None:
    async with window(viewport=DESK, color_scheme="dark") as chromium:
        page = await enter(chromium, house)
        versions = page.locator(".versions")
        await expect(versions.locator(".draft")).to_contain_text("key 4 now goes to queue support")
        await versions.get_by_role("button", name="Publish").click()
        await versions.get_by_role("button", name="No").click()
        await versions.get_by_role("button", name="Publish").click()
        await versions.get_by_role("button", name="Yes").click()
        await expect(versions).to_contain_text("Version 3 is published.")
        await expect(versions.locator("ol > li").first).to_contain_text("version 3 in force")
        await expect(versions.locator(".draft")).to_have_count(0)
        await page.get_by_role("button", name="Compare").click()
        await expect(page.locator(".compare")).to_contain_text("key 4 now goes to queue support")
        await expect(page.locator(".compare tr", has_text="All calls: calls")).to_have_text("All calls: calls130−13")
        await _picture(page, "published")
        await versions.get_by_role("button", name="Take back").click()
        await versions.get_by_role("button", name="Yes").click()
        await expect(versions).to_contain_text("Calls meet version 2 again.")
        await expect(versions.locator("ol > li").nth(1)).to_contain_text("version 2 in force")


async def test_a_supervisor_sees_and_changes_nothing_and_an_agent_is_led_away(house: House) -> None:
    async with window(viewport=PHONE, color_scheme="light") as chromium:
        page = await enter(chromium, house, Role.SUPERVISOR)
        await expect(page.locator(".draft")).to_contain_text("key 4 now goes to queue support")
        for name in ("Publish", "Take back", "Edit the menus"):
            await expect(page.get_by_role("button", name=name)).to_have_count(0)
        is_wide = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not is_wide, "only the tree scrolls sideways"
        await _picture(page, "phone")
    agent = await house.somebody(Role.AGENT, person="amel")
    assert (await agent.get("/menus")).status == 403
    assert (await agent.get("/api/menus")).status == 403


async def test_who_may_see_several_companies_chooses_and_finds_it_again(house: House) -> None:
    await second(house)
    async with window(viewport=DESK) as chromium:
        await chromium.take_session(house.url, await house.somebody(Role.ADMINISTRATOR, company=None))
        page = chromium.page
        await page.goto(f"{house.url}menus")
        choice = page.get_by_label("Company")
        await expect(choice).to_have_value("acme")
        await expect(page).to_have_url(f"{house.url}menus?company=acme")
        await expect(page.get_by_role("button", name="Accueil: 13 calls, 2 hung up")).to_be_visible()
        await _picture(page, "companies")
        await choice.select_option("Zénith")
        await expect(page).to_have_url(f"{house.url}menus?company=zenith")
        await expect(page.locator(".figures tbody tr").first).to_have_text("phone lobby1100 %")
        await page.goto(house.url)
        await expect(page).to_have_url(f"{house.url}?company=zenith")
        await expect(page.locator("header h1")).to_contain_text("Zénith")
        await page.goto(f"{house.url}menus?company=nobody")
        await expect(page).to_have_url(f"{house.url}menus?company=zenith")
