"""Calls tried on the page of menus in a real Chromium: by the keypad and the keyboard, and from who reaches whom."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from cordboard.store.records import Role
from cordboard.web.console import read_console
from kit.browser import DESK, PHONE, PICTURES, REFUSED, Window, window

from .conftest import House, OpenHouse
from .menus_scene import draft, put_in

pytestmark = pytest.mark.browser

NOON = "2026-11-23T12:00"


@pytest.fixture
async def house(open_house: OpenHouse) -> AsyncIterator[House]:
    async with open_house(console=read_console()) as opened:
        await put_in(opened)
        await draft(opened)
        yield opened


async def enter(chromium: Window, house: House) -> Page:
    await chromium.take_session(house.url, await house.somebody(Role.SUPERVISOR))
    await chromium.page.goto(f"{house.url}menus")
    return chromium.page


async def _picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.locator(".try").screenshot(path=Path(PICTURES) / f"{name}.png")


async def who_reaches_a_place_on_a_phone(page: Page) -> None:
    await page.set_viewport_size(PHONE)
    tried = page.get_by_role("region", name="Try a call")
    await tried.get_by_label("Menus").select_option("now")
    await tried.get_by_text("Who reaches whom").click()
    await tried.get_by_label("Place").select_option("message Horaires")
    await tried.get_by_role("button", name="Find the ways").click()
    way = tried.locator(".ways li", has_text="press 4").first
    await expect(way).to_be_visible()
    await _picture(page, "ways")
    await way.get_by_role("button", name="Make this call").click()
    await expect(tried.locator(".end")).to_contain_text("Ends: message Horaires")
    await expect(tried.get_by_role("group", name="The caller’s phone")).to_be_focused()
    is_wide = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not is_wide, "only the tree scrolls sideways"
    await _picture(page, "small")


async def test_a_call_is_tried_by_keypad_and_keyboard_and_from_who_reaches_a_place(house: House) -> None:
    async with window(viewport=DESK, color_scheme="dark") as chromium:
        chromium.forgive(REFUSED)
        page = await enter(chromium, house)
        tried = page.get_by_role("region", name="Try a call")
        happens = tried.get_by_role("log", name="What happens")
        await tried.get_by_label("Number called").select_option("main")
        await tried.get_by_label("When").fill(NOON)
        await tried.get_by_role("button", name="Call", exact=True).press("Enter")
        await expect(happens).to_contain_text("Acme, bonjour. Facturation, tapez 1.")
        phone = tried.get_by_role("group", name="The caller’s phone")
        await expect(phone).to_be_focused()
        await expect(phone.get_by_role("status")).to_have_text("The call waits for a key.")
        await phone.get_by_role("button", name="2, leads on here").click()
        await expect(happens).to_contain_text("Welcome to Acme Conseil. For billing, press 1.")
        await _picture(page, "keypad")
        await phone.get_by_role("button", name="Say nothing").click()
        await expect(happens).to_contain_text("says nothing for 5.0 s")
        await phone.press("1")
        await expect(happens.locator(".end")).to_contain_text("Ends: queue Billing")
        await expect(happens.locator(".end tbody tr").first).to_contain_text("Dan O’Neill")
        await expect(phone.get_by_role("status")).to_have_text("The call is over.")
        await expect(page.locator(".tree .walked .title").first).to_be_visible()
        await _picture(page, "over")
        await page.get_by_label("FR", exact=True).check()
        french = page.get_by_role("region", name="Essayer un appel")
        await expect(french.locator(".end")).to_contain_text("proposé d’abord à Dan O’Neill")
        await _picture(page, "french")
        await french.get_by_label("Menus").select_option("draft")
        await french.get_by_role("button", name="Appeler de nouveau").click()
        hang_up = french.get_by_role("button", name="Raccrocher")
        await expect(hang_up).to_be_enabled()
        await hang_up.press("Enter")
        await expect(french.locator(".end")).to_contain_text("Fin : l’appelant raccroche")
        await expect(french.get_by_role("group", name="Le téléphone de l’appelant")).to_be_focused()
        await french.get_by_role("button", name="Appeler de nouveau").click()
        await french.get_by_role("button", name="4, mène plus loin ici").click()
        await expect(french.locator(".end")).to_contain_text("Fin : file Support technique")
        await page.get_by_label("EN", exact=True).check()
        await tried.get_by_label("Caller’s number").fill("nobody")
        await tried.get_by_role("button", name="Call again").click()
        await expect(tried.get_by_role("alert")).to_have_text(
            "Something of this cannot be: look at the number of the caller and the moment."
        )
        await who_reaches_a_place_on_a_phone(page)
