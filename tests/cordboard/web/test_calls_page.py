"""The calls in progress in a real Chromium: what is told of each, what may be asked for it, and hundreds of them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from ami.models import AgentState
from cordboard.store.records import Role
from cordboard.web.console import read_console
from kit.browser import DESK, Window, window
from kit.phones import Phones
from kit.switch import Switch
from kit.told_calls import TRUNK, Dialled, spies

from .call_desk import Desk, open_desk
from .conftest import House, OpenHouse

pytestmark = pytest.mark.browser

MANY = 300


@pytest.fixture
async def house(open_house: OpenHouse) -> AsyncIterator[House]:
    async with open_house(console=read_console()) as opened:
        yield opened


@pytest.fixture
async def desk(new_switch: Callable[..., Switch], phones: Phones, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(new_switch("pbx1"), phones, tmp_path, read_console()) as opened:
        yield opened


async def enter(chromium: Window, house: House, role: Role | None = None) -> Page:
    client = await (house.somebody(role) if role is not None else house.administrator())
    await chromium.take_session(house.url, client)
    await chromium.page.goto(house.url)
    await expect(chromium.page.get_by_role("status")).to_have_text(re.compile("^(Live|En direct)$"))
    return chromium.page


@pytest.mark.switch
async def test_a_call_within_the_house_from_dialling_to_its_end(desk: Desk) -> None:
    amel, bruno = await desk.room.phone("amel"), await desk.room.phone("bruno", tone=600)
    client = await desk.client(Role.SUPERVISOR)
    async with window(viewport=DESK) as chromium:
        page = chromium.page
        await chromium.take_session(desk.url, client)
        await page.goto(desk.url)
        await expect(page.get_by_role("status")).to_have_text("Live")
        call = await amel.dial("202")
        row = page.locator(".call")
        await expect(row).to_have_attribute("data-stage", "talking")
        await expect(row).to_have_attribute("data-way", "internal")
        await expect(row.locator(".caller").first).to_have_text("Amel Haddad→Bruno Müller")
        await call.hold()
        await expect(row.locator(".where")).to_have_text("On hold")
        await row.get_by_role("button").press("Enter")
        dialog = page.get_by_role("dialog")
        await expect(dialog.locator(".parties li")).to_have_text(
            [re.compile("^Amel Haddad.*has put the others on hold"), re.compile("^Bruno Müller.*on hold")]
        )
        await call.resume()
        await expect(row).to_have_attribute("data-stage", "talking")
        await dialog.get_by_role("button", name="Park").click()
        await expect(dialog.get_by_role("alert")).to_have_text("Parked: *701 fetches the caller.")
        await expect(row.locator(".where")).to_have_text("Parked at 701")
        await expect(row.locator(".caller").first).not_to_contain_text("→")
        await dialog.get_by_label("Fetch the caller to").select_option("bruno")
        await dialog.get_by_role("button", name="Ring there").click()
        await expect(dialog).to_have_count(0)
        await expect(row).to_have_attribute("data-stage", "talking")
        await row.get_by_role("button").click()
        await dialog.get_by_role("button", name="End the call").click()
        await dialog.get_by_role("button", name="Really end it").click()
        await expect(row).to_have_count(0)
        await expect(dialog).to_have_count(0)
        await call.ended()
        await bruno.call.ended()
        await expect(page.locator(".panel.calls")).to_contain_text("No call in progress")


async def test_a_call_out_is_told_with_whom_and_who_listens(house: House) -> None:
    house.told.member("acme-amel", "acme-billing-fr")
    call = Dialled(house.told, "1.1", "acme-amel", "0612345678").rings(TRUNK)
    async with window(viewport=DESK) as chromium:
        page = await enter(chromium, house)
        row = page.locator(".call").first
        await expect(row.locator(".where")).to_have_text("Ringing")
        await expect(row.get_by_role("img", name="Outbound call")).to_be_visible()
        call.is_answered()
        await expect(row).to_have_attribute("data-stage", "talking")
        await expect(row.locator(".caller").first).to_have_text("Amel Haddad→06\u00a012\u00a034\u00a056\u00a078")
        agent = page.locator(".panel.agents .agent", has_text="Amel Haddad")
        await expect(agent).to_have_class(re.compile(rf"\b{AgentState.OUTBOUND_CALL}\b"))
        await expect(agent.locator(".what")).to_contain_text("06\u00a012\u00a034\u00a056\u00a078")
        spy = spies(house.told, "1.9", "acme-dora", call, "acme-amel")
        await expect(row.get_by_role("img", name="Dora listens in")).to_be_visible()
        await expect(page.locator(".call.spying .where")).to_have_text("Listens to Amel Haddad")
        await page.get_by_label("Display").click()
        await page.get_by_label("Hidden").check(force=True)
        await expect(row.locator(".caller").first).to_have_text("Amel Haddad→Caller 78")
        assert "34" not in await agent.inner_html()
        await page.keyboard.press("Escape")
        await row.get_by_role("button").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("Dora listens in")
        await expect(dialog.locator(".parties li").nth(1)).to_contain_text("by carrier")
        call.hangs_up()
        await expect(dialog).to_contain_text("This call is over.")
        await expect(dialog.get_by_role("button")).to_have_text(["Close"])
        spy.hangs_up()
        await expect(page.locator(".call")).to_have_count(0)


async def test_nobody_sees_what_is_not_for_him(house: House) -> None:
    """Who listens, calls of nobody knows whom, and what may be asked: each role sees its own."""
    call = Dialled(house.told, "1.1", "acme-amel", "0612345678").rings(TRUNK).is_answered()
    spies(house.told, "1.9", "acme-dora", call, "acme-amel")
    Dialled(house.told, "2.1", "front-desk", "0687654321").rings(TRUNK).is_answered()
    Dialled(house.told, "3.1", "other-zoe", "0611111111").rings(TRUNK).is_answered()
    for role, count in ((Role.WATCHER, 1), (Role.AGENT, 1), (Role.SUPERVISOR, 2), (Role.ADMINISTRATOR, 2), (None, 4)):
        async with window(viewport=DESK) as chromium:
            page = await enter(chromium, house, role)
            await expect(page.locator(".call")).to_have_count(count)
            told = await page.locator(".panel.calls").inner_html()
            assert ("Dora" in told) is (count > 1)
            assert ("87" in told) is (role is None)
            await page.locator(".call").first.get_by_role("button").click()
            ending = page.get_by_role("dialog").get_by_role("button", name="End the call")
            await expect(ending).to_have_count(1 if count > 1 else 0)


async def test_a_deed_that_is_refused_says_why(house: House) -> None:
    Dialled(house.told, "1.1", "acme-amel", "0612345678").rings(TRUNK).is_answered()
    async with window(viewport=DESK) as chromium:
        page = await enter(chromium, house)
        await page.locator(".call").get_by_role("button").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_role("button", name="Transfer")).to_be_disabled()
        await dialog.get_by_role("textbox", name="Number").fill("203")
        await dialog.get_by_role("button", name="Transfer").click()
        await expect(dialog.get_by_role("alert")).to_have_text("The switch cannot be reached: nothing was done.")
        chromium.forgive("status of 503")


async def test_hundreds_of_calls_and_only_what_changes_is_drawn(house: House) -> None:
    calls = [
        Dialled(house.told, f"1.{n}", "acme-amel", f"06123{n:05}").rings(TRUNK, f"06123{n:05}") for n in range(MANY)
    ]
    async with window(viewport=DESK) as chromium:
        page = await enter(chromium, house)
        await expect(page.locator(".call")).to_have_count(MANY)
        await page.evaluate(
            """() => {
              window.drawn = new Set();
              new MutationObserver((changes) => {
                for (const { target } of changes) {
                  const at = target.nodeType === Node.TEXT_NODE ? target.parentElement : target;
                  const row = at.closest(".call")?.querySelector("button").textContent;
                  if (!at.closest(".time")) window.drawn.add(row ?? at.className);
                }
              }).observe(document.querySelector(".rows"),
                { subtree: true, childList: true, attributes: true, characterData: true });
            }"""
        )
        calls[7].is_answered()
        await expect(page.locator(".call.talking")).to_have_count(1)
        row = await page.locator(".call.talking button").text_content()
        assert await page.evaluate("[...drawn]") == [row], "one row"
        calls[8].hangs_up()
        await expect(page.locator(".call")).to_have_count(MANY - 1)
        assert await page.evaluate("[...drawn]") == [row, "rows"], "one row less, and nothing else"

        find = page.get_by_role("searchbox", name="Find a call")
        await find.fill("06 123 00 29")
        await expect(page.locator(".call")).to_have_count(10)
        await find.fill("AMÉL")
        await expect(page.locator(".call")).to_have_count(MANY - 1)
        await find.fill("nobody")
        await expect(page.locator(".panel.calls")).to_contain_text("No call like this")


async def test_the_keyboard_goes_from_call_to_call(house: House) -> None:
    for number in range(4):
        Dialled(house.told, f"1.{number}", "acme-amel", f"061234567{number}").rings(TRUNK)
    async with window(viewport=DESK) as chromium:
        page = await enter(chromium, house)
        rows = page.locator(".call button")
        await expect(rows).to_have_count(4)
        await expect(page.locator(".call button[tabindex='0']")).to_have_count(1)
        await rows.first.focus()
        await page.keyboard.press("ArrowUp")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("ArrowDown")
        await expect(rows.nth(2)).to_be_focused()
        await expect(rows.nth(2)).to_have_attribute("tabindex", "0")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("dialog")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(rows.nth(2)).to_be_focused()
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Tab")
        await expect(rows.nth(2)).to_be_focused()


@pytest.mark.parametrize("width", [1440, 1024, 390, 320])
@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
async def test_nothing_sticks_out(house: House, locale: str, width: int) -> None:
    call = Dialled(house.told, "1.1", "acme-amel", "0612345678").rings(TRUNK).is_answered()
    spies(house.told, "1.9", "acme-dora", call, "acme-amel")
    Dialled(house.told, "1.2", "acme-bruno", "203").rings("acme-chloe").is_answered().is_parked("acme-chloe")
    house.told.call("2.1").enters().joins("acme-english")
    async with window(locale=locale, viewport={"width": width, "height": 800}) as chromium:
        page = await enter(chromium, house)
        await page.evaluate("document.fonts.ready")
        for row in range(4):
            await page.locator(".call").nth(row).scroll_into_view_if_needed()
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            await page.locator(".call").nth(row).get_by_role("button").click()
            dialog = page.get_by_role("dialog")
            await expect(dialog).to_be_visible()
            assert await dialog.evaluate("each => each.scrollWidth <= each.clientWidth")
            await page.keyboard.press("Escape")
            await expect(dialog).to_have_count(0)
