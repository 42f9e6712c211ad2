"""Menus written on the page in a real Chromium: broken and mended, saved, published to one number; and never lost."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Dialog, Locator, Page, expect

from cordboard.store.flows import newest_flow
from cordboard.store.records import Role
from cordboard.web.console import read_console
from kit.browser import DESK, PHONE, PICTURES, REFUSED, Window, window
from kit.patience import until

from .conftest import House, OpenHouse
from .menus_scene import KEY_4, TO_SUPPORT, draft, put_in

pytestmark = pytest.mark.browser


@pytest.fixture
async def house(open_house: OpenHouse) -> AsyncIterator[House]:
    async with open_house(console=read_console()) as opened:
        await put_in(opened)
        yield opened


@pytest.fixture
async def client(house: House) -> aiohttp.ClientSession:
    return await house.somebody(Role.ADMINISTRATOR)


async def enter(chromium: Window, house: House, client: aiohttp.ClientSession) -> Page:
    await chromium.take_session(house.url, client)
    await chromium.page.goto(f"{house.url}menus")
    return chromium.page


async def opened(
    page: Page, begin: str = "Edit the menus", label: str = "Menus as YAML", judged: str = "2 warnings"
) -> Locator:
    """The text, once it is there and judged."""
    await page.get_by_role("button", name=begin).click()
    text = page.get_by_role("textbox", name=label)
    await expect(page.locator(".cm-editor")).to_have_class(re.compile("cm-focused"))
    await expect(page.locator(".findings .sum")).to_have_text(judged)
    return text


FIND = {
    "Menus as YAML": ("Find", "Replace", "replace all"),
    "Menus en YAML": ("Chercher", "Remplacer par", "tout remplacer"),
}


async def put(page: Page, before: str, after: str, label: str = "Menus as YAML") -> None:
    """Replace what stands in the text, as somebody does who searches for it."""
    find, replace, every = FIND[label]
    await page.get_by_role("textbox", name=label).focus()
    await page.keyboard.press("Control+f")
    await page.get_by_role("textbox", name=find).fill(before)
    await page.get_by_role("textbox", name=replace).fill(after)
    await page.get_by_role("button", name=every).click()
    await page.keyboard.press("Escape")


async def picture(page: Page, name: str, part: str = "html") -> None:
    """Of the page, as long as it is, or of a part of it."""
    if PICTURES:
        await page.locator(part).screenshot(path=Path(PICTURES) / f"{name}.png")


async def written_by_keyboard_on_a_phone_in_french(page: Page) -> None:
    await page.set_viewport_size(PHONE)
    await page.get_by_label("FR", exact=True).check()
    text = await opened(page, "Modifier les menus", "Menus en YAML", "2 avertissements")
    await page.keyboard.press("Control+Home")
    await page.keyboard.type("# Bonjour")
    await page.keyboard.press("Tab")
    await expect(text).to_be_editable()
    await expect(page.locator(".editor .tag")).to_have_text("non enregistré")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Tab")
    await expect(page.locator(".findings .problem").first).to_be_focused()
    await put(page, TO_SUPPORT, '"4": {queue: suport}', "Menus en YAML")
    await expect(page.locator(".findings .sum")).to_have_text("1 erreur, 2 avertissements")
    is_wide = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not is_wide, "only the tree scrolls sideways"
    await picture(page, "editor-phone-fr")
    await page.get_by_role("button", name="Fermer").first.click()
    await page.get_by_role("button", name="Le perdre").click()
    await expect(text).to_have_count(0)
    await page.reload()
    await expect(page.get_by_role("button", name="Modifier les menus")).to_be_visible()


async def test_menus_are_broken_mended_and_published_to_one_number_and_written_on_a_phone(
    house: House, client: aiohttp.ClientSession
) -> None:
    async with window(viewport=DESK, color_scheme="dark") as chromium:
        chromium.forgive(REFUSED)
        page = await enter(chromium, house, client)
        await opened(page)
        await picture(page, "editor-dark")
        await put(page, KEY_4, '"4": {queue: suport}')
        findings = page.locator(".findings")
        await expect(findings.locator(".sum")).to_have_text("1 error, 2 warnings")
        wrong = findings.get_by_role("button", name='no queue "suport". Did you mean "support"?')
        await expect(wrong).to_contain_text("menus.accueil.keys.4.queue")
        await expect(page.locator(".cm-said-error")).to_have_text('no queue "suport". Did you mean "support"?')
        line = page.locator(".cm-line", has_text='"4": {queue: suport}')
        await expect(line.locator(".cm-said-error")).to_have_count(1)
        await wrong.click()
        await expect(page.locator(".cm-activeLine")).to_contain_text("suport")
        await picture(page, "editor-broken-dark")
        await picture(page, "menus-editor", ".editor")
        await page.get_by_role("button", name="Save as draft").click()
        await expect(page.locator(".editor .notes")).to_contain_text("It cannot be read. Nothing was saved.")
        await put(page, "suport", "support")
        await expect(findings).to_contain_text("key 4 now goes to queue support")
        await expect(findings.locator(".sum")).to_have_text("2 warnings")
        await expect(page.locator(".cm-said-error")).to_have_count(0)
        await page.get_by_role("button", name="Save as draft").click()
        versions = page.locator(".versions")
        await expect(versions.locator(".draft")).to_contain_text("key 4 now goes to queue support")
        await expect(page.locator(".editor .tag")).to_have_text("as saved")
        await versions.locator(".terms select").first.select_option(label="calls to Standard")
        await picture(page, "editor-saved-dark")
        await versions.get_by_role("button", name="Publish").click()
        await versions.get_by_role("button", name="Yes").click()
        await expect(versions).to_contain_text("Version 3 is published.")
        await expect(versions.locator("ol > li").first).to_contain_text("version 3 on trial")
        await expect(page.locator(".editor .tag")).to_have_text("as saved")
        await page.get_by_role("button", name="Close").first.click()
        await written_by_keyboard_on_a_phone_in_french(page)
    async with house.store.reading() as session:
        newest = await newest_flow(session, "acme")
    assert newest is not None
    assert (newest.version, newest.did) == (3, "main")
    assert newest.document["nodes"]["accueil"]["keys"]["4"] == {"kind": "queue", "id": "support"}


async def test_nobody_writes_over_others_or_loses_what_he_wrote(house: House, client: aiohttp.ClientSession) -> None:
    async with window(viewport=DESK, color_scheme="light") as chromium:
        chromium.forgive(REFUSED)
        page = await enter(chromium, house, client)
        await opened(page)
        await put(page, KEY_4, '"4": {voicemail: billing}')
        await draft(house)
        await page.keyboard.press("Control+s")
        notes = page.locator(".editor .notes")
        await expect(notes).to_contain_text("nadia saved a draft meanwhile")
        await picture(page, "editor-faster-light")
        await notes.get_by_role("button", name="Read that instead").click()
        await expect(page.locator(".findings")).to_contain_text("key 4 now goes to queue support")
        await expect(page.locator(".editor .tag")).to_have_text("as saved")
        await page.get_by_role("textbox", name="Menus as YAML").focus()
        await page.keyboard.press("Control+z")
        await expect(page.locator(".findings")).to_contain_text("key 4 now goes to voicemail billing")
        await page.get_by_role("button", name="Save as draft").click()
        await expect(page.locator(".draft")).to_contain_text("key 4 now goes to voicemail billing")

        # And what was written outlives a sign-in, and is not left by mistake.
        await put(page, '"4": {voicemail: billing}', TO_SUPPORT)
        await expect(page.locator(".findings")).to_contain_text("key 4 now goes to queue support")
        asked: list[str] = []

        async def stay(dialog: Dialog) -> None:
            asked.append(dialog.type)
            await dialog.dismiss()

        page.on("dialog", stay)
        await page.get_by_role("link", name="Live page").click()
        await until(lambda: asked == ["beforeunload"], "the question whether to leave")
        await chromium.context.clear_cookies()
        await page.get_by_role("button", name="Save as draft").click()
        await expect(page.locator(".editor .notes")).to_contain_text("You are signed out. Your text stays here")
        await page.get_by_role("button", name="Sign in again").click()
        await page.wait_for_url("**/sign-in?to=menus")
        await chromium.take_session(house.url, client)
        await page.goto(f"{house.url}menus")
        await expect(page.locator(".editor .notes")).to_contain_text("This is your text from before")
        await expect(page.locator(".findings")).to_contain_text("key 4 now goes to queue support")
        await page.get_by_role("button", name="Save as draft").click()
        await expect(page.locator(".draft")).to_contain_text("key 4 now goes to queue support")
        assert asked == ["beforeunload"]
