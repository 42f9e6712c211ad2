"""The console in a real Chromium: the way in, a call moving through its stages, languages, losses, keys, sizes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page, expect

from ami.models import AgentState, CallId, LinkState
from ami.states import Noted
from cordboard.desk.agents import Done, Refused
from cordboard.desk.board import History
from cordboard.journal.tally import Tally
from cordboard.store.records import CallRecord
from cordboard.web.console import read_console
from kit.browser import BROKEN, REFUSED, window
from kit.told import START

from .conftest import PASSWORD, House, OpenHouse

pytestmark = pytest.mark.browser

BILLING = "acme-billing-fr"
WALL: Any = {"width": 1920, "height": 1080}


async def sign_in(page: Page, house: House) -> None:
    """The whole way in: one-time password, own password, live page."""
    await page.goto(house.url)
    await page.get_by_label("Account").fill("admin")
    await page.get_by_label("Password").fill(house.one_time)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_label("New password").fill(PASSWORD)
    await page.get_by_label("Once more").fill(PASSWORD)
    await page.get_by_role("button", name="Save and continue").click()
    await expect(page.get_by_role("status")).to_have_text("Live")


@pytest.fixture
async def house(open_house: OpenHouse) -> AsyncIterator[House]:
    async with open_house(console=read_console()) as opened:
        yield opened


async def test_the_way_in_with_a_one_time_password(house: House) -> None:
    async with window() as chromium:
        page = chromium.page
        await page.goto(house.url)
        await expect(page).to_have_url(re.compile("/sign-in$"))
        await expect(page.get_by_label("Account")).to_be_focused()
        await page.get_by_label("Account").fill("admin")
        await page.get_by_label("Password").fill("a wrong password")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_have_text("Account or password is wrong.")
        await page.get_by_label("Password").fill(house.one_time)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Choose your own password")).to_be_visible()
        await page.reload()
        await expect(page).to_have_url(re.compile("step=password"))
        await page.get_by_label("New password").fill("short")
        await page.get_by_label("Once more").fill("different")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_have_text("The two passwords differ.")
        await page.get_by_label("Once more").fill("short")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_have_text("Too short: 12 characters or more.")
        await page.get_by_label("New password").fill(PASSWORD)
        await page.get_by_label("Once more").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Acme Conseil")).to_be_visible()
        await page.goto(f"{house.url}sign-in")
        await expect(page).to_have_url(house.url)
        chromium.forgive(REFUSED)  # the wrong and the short password


async def test_a_call_moves_through_its_stages(house: House) -> None:
    async with window(viewport=WALL) as chromium:
        page = chromium.page
        await sign_in(page, house)
        calls, queues, agents = (page.locator(f".panel.{name}") for name in ("calls", "queues", "agents"))
        await expect(calls).to_contain_text("No call in progress")
        await expect(agents.locator(".column.out .agent")).to_have_count(4)
        house.told.member("acme-amel", BILLING)
        await expect(agents.locator(".column.ready")).to_contain_text("Amel Haddad")

        caller = house.told.call("1.1", "+33612345678").enters()
        row = calls.locator(".call")
        await expect(row).to_have_attribute("data-stage", "entering")
        caller.says("Menu", Menu="accueil", Version="1", By="flow")
        await expect(row).to_contain_text("Menu accueil")
        caller.joins(BILLING)
        await expect(row).to_contain_text("Waiting: Billing-Fr")
        billing = queues.locator(".queue").first
        await expect(billing.locator(".big strong").first).to_have_text("1")
        await expect(billing.locator(".line")).to_contain_text("Ana")
        caller.rings("acme-amel", BILLING)
        await expect(row).to_contain_text("Ringing Amel Haddad")
        await expect(agents.locator(".column.busy .agent.ringing")).to_contain_text("Ringing")
        caller.talks_to("acme-amel", BILLING)
        await expect(row).to_contain_text("With Amel Haddad")
        await expect(billing.locator(".big strong").first).to_have_text("0")
        await expect(agents.locator(".column.busy")).to_contain_text("Inbound")
        caller.hangs_up()
        await expect(row).to_have_count(0)
        assert await page.locator(".figure.handled dd").text_content() == "1", "figures and list are of one moment"
        assert await page.locator(".figure.in_progress dd").text_content() == "0"

        ended = CallRecord(
            node="pbx1", uniqueid="1.1", company="acme", did="main", caller_number="+33612345678", caller_name="Ana",
            entered=START, ended=START, queue="billing-fr", agent="amel", waited=14.0, talked=187.0,
            outcome="handled", detail="amel",
        )  # fmt: skip
        house.boards.set_history("acme", History("2026-11-21", Tally(handled=1), (ended,)), [CallId("pbx1", "1.1")])
        last = page.locator(".panel.last tbody")
        await expect(last).to_contain_text("Handled")
        await expect(last).to_contain_text("0:14")
        await expect(last).to_contain_text("3:07")
        await expect(page.locator(".figure.received dd")).to_have_text("1")


async def test_durations_are_the_servers_even_if_the_browsers_clock_is_wrong(house: House) -> None:
    async with window() as chromium:
        page = chromium.page
        await page.add_init_script("const right = Date.now; Date.now = () => right() + 1.5e11;")
        await sign_in(page, house)
        house.told.now = datetime.now(UTC) - timedelta(minutes=3)
        house.told.call("1.1").enters().joins(BILLING)
        await expect(page.locator(".call .time")).to_have_text(re.compile("^3:0[0-9]$"))
        clock = datetime.now(ZoneInfo("Europe/Paris"))
        around = {f"{clock + timedelta(minutes=late):%H:%M}" for late in (-1, 0, 1)}
        assert await page.locator(".clock strong").text_content() in around


async def test_french_and_english(house: House) -> None:
    async with window(locale="fr-CA") as chromium:
        page = chromium.page
        await page.goto(house.url)
        await expect(page.get_by_role("heading", name="Se connecter")).to_be_visible()
        await page.get_by_role("button", name="English").click()
        await sign_in(page, house)
        await expect(page.locator("html")).to_have_attribute("lang", "en")
        await page.get_by_label("FR").check(force=True)
        await expect(page.get_by_role("heading", name="Files d’attente")).to_be_visible()
        await expect(page.get_by_role("status")).to_have_text("En direct")
        await page.reload()
        await expect(page.get_by_role("heading", name="Conseillers")).to_be_visible()
        await expect(page).to_have_title("Acme Conseil · En direct")


async def test_nothing_old_is_shown_as_live(house: House) -> None:
    async with window() as chromium:
        page = chromium.page
        await sign_in(page, house)
        house.told.call("1.1").enters().joins(BILLING)
        await expect(page.locator(".frozen")).to_have_count(0)
        house.told.live.set_link(LinkState.DOWN, "gone")
        await expect(page.get_by_role("status")).to_contain_text("Link to pbx1 lost at")
        await expect(page.locator(".panel.queues.frozen")).to_contain_text("Not live: as it was at")
        wait = page.locator(".queue .wait .time").first
        before = await wait.text_content()
        await page.wait_for_timeout(1_300)
        assert await wait.text_content() == before, "time stands still for what is not known"
        house.told.live.set_link(LinkState.SYNCING)
        await expect(page.get_by_role("status")).to_contain_text("Reading the state of pbx1")
        house.told.live.set_link(LinkState.LIVE)
        await expect(page.get_by_role("status")).to_have_text("Live")
        await expect(page.locator(".frozen")).to_have_count(0)


async def test_it_comes_back_after_the_server_was_started_again(open_house: OpenHouse) -> None:
    console = read_console()
    async with window() as chromium:
        page = chromium.page
        async with open_house(console=console) as house:
            await sign_in(page, house)
            port = int(house.url.rstrip("/").rpartition(":")[2])
        await expect(page.get_by_role("status")).to_contain_text("Connection to Cordboard lost at")
        await expect(page.locator(".panel.frozen")).to_have_count(5)
        async with open_house(console=console, port=port) as house:
            await expect(page.get_by_role("status")).to_have_text("Live")
            house.told.call("2.1").enters()
            await expect(page.locator(".call")).to_have_count(1)
        chromium.forgive(BROKEN)


async def test_signing_out_ends_the_page_and_every_other_of_the_session(house: House) -> None:
    async with window() as chromium:
        page = chromium.page
        await sign_in(page, house)
        other = await chromium.context.new_page()
        await other.goto(house.url)
        await expect(other.get_by_role("status")).to_have_text("Live")
        await page.get_by_label("Display").click()
        await page.get_by_role("button", name="Sign out").click()
        for each in (page, other):
            await expect(each).to_have_url(re.compile("/sign-in$"))


async def test_the_keyboard_reaches_everything(house: House) -> None:
    async with window() as chromium:
        page = chromium.page
        await sign_in(page, house)
        await page.keyboard.press("Tab")
        await expect(page.get_by_text("Skip to the board")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("main")).to_be_focused()
        await page.get_by_label("Display").focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await page.keyboard.press("ArrowRight")
        await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        await page.keyboard.press("Escape")
        await expect(page.locator(".sheet")).to_be_hidden()
        await expect(page.get_by_label("Display")).to_be_focused()
        landmarks = await page.evaluate(
            "[...document.querySelectorAll('main section[aria-labelledby], header, h1, h2')].length"
        )
        assert landmarks >= 8


async def test_callers_numbers_can_be_hidden_and_stay_hidden(house: House) -> None:
    async with window() as chromium:
        page = chromium.page
        await sign_in(page, house)
        house.told.call("1.1", "+33612345678").enters().joins(BILLING)
        await expect(page.locator(".call")).to_contain_text("Ana")
        await page.get_by_label("Display").click()
        await page.get_by_label("Hidden").check(force=True)
        await page.reload()
        await expect(page.locator(".call")).to_contain_text("Caller 78")
        assert "345" not in await page.locator("#app").inner_html()


async def test_a_hostile_name_is_a_name(house: House) -> None:
    async with window() as chromium:
        page = chromium.page
        await sign_in(page, house)
        caller = house.told.call("1.1", "+33612345678")
        hostile = "<img src=x onerror=alert(1)>\u202e\u2066evil"
        house.told.event("Newchannel", **{**caller.leg, "CallerIDName": hostile})
        leg = {**caller.leg, "CallerIDName": hostile}
        house.told.event("UserEvent", UserEvent="CordboardEntered", Did="main", Company="acme", Generation="7", **leg)
        await expect(page.locator(".call")).to_have_count(1)
        await expect(page.locator(".call img")).to_have_count(0)


@pytest.mark.parametrize(
    ("width", "height"), [(1920, 1080), (3840, 2160), (1440, 900), (1024, 768), (390, 844), (320, 640)]
)
async def test_nothing_sticks_out_and_a_wall_needs_no_scrolling(house: House, width: int, height: int) -> None:
    async with window(locale="fr-FR", viewport={"width": width, "height": height}) as chromium:
        page = chromium.page
        await chromium.take_session(house.url, await house.administrator())
        await page.goto(house.url)
        fill(house)
        await expect(page.locator(".call")).to_have_count(8)
        await page.evaluate("document.fonts.ready")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if width == 1440:
            cut = "names => names.filter(each => each.scrollWidth > each.clientWidth).map(each => each.textContent)"
            assert await page.locator(".agent .who, .agent .what").evaluate_all(cut) == []
        if (width, height) in ((1920, 1080), (3840, 2160)):
            assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
            for scrolled in (".queue-list", ".columns", ".rows"):
                fits = "e => e.scrollHeight <= e.clientHeight + 1"
                assert await page.locator(scrolled).evaluate(fits), scrolled


def fill(house: House) -> None:
    """Four agents, eight calls, in several places."""
    for agent in ("amel", "bruno", "chloe", "dora"):
        house.told.member(f"acme-{agent}", BILLING)
    for n in range(8):
        caller = house.told.call(f"1.{n}", f"+3361234567{n}").enters()
        if n > 1:
            caller.joins(BILLING)
        if n > 4:
            agent = ("amel", "bruno", "chloe")[n - 5]
            caller.rings(f"acme-{agent}", BILLING).talks_to(f"acme-{agent}", BILLING)


async def test_a_supervisor_asks_for_an_agent(house: House, tmp_path: Path) -> None:
    async with window(viewport=WALL) as chromium:
        page = chromium.page
        await sign_in(page, house)
        out = page.locator(".panel.agents .column.out")
        await out.get_by_role("button", name="Amel Haddad").click()
        await page.get_by_role("dialog").get_by_role("button", name="Log in").click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        assert house.wishes.asked == [("log_in", "acme", "amel", "admin", None, True)]

        start = datetime.now(UTC)
        house.told.member("acme-amel", BILLING)
        house.told.member("acme-bruno", BILLING, Paused="1", PausedReason="training")
        house.told.member("acme-chloe", BILLING, Paused="1", PausedReason="wrapup")
        house.told.live.set_noted(
            {
                "acme-bruno": Noted("training", AgentState.WITHDRAWN, start - timedelta(minutes=12)),
                "acme-chloe": Noted("wrapup", AgentState.WRAP_UP, start, start + timedelta(seconds=95), "lunch"),
            }
        )
        away = page.locator(".panel.agents .column.away")
        await expect(away.locator(".agent.withdrawn .what")).to_have_text("Withdrawn · Training")
        await expect(away.locator(".agent.wrap_up .what")).to_have_text(
            re.compile(r"Wrap-up · 1:3\d left · then Lunch")
        )
        await page.locator("label", has_text="FR").click()
        await expect(away.locator(".agent.withdrawn .what")).to_have_text("En retrait · Formation")
        await expect(away.locator(".agent.wrap_up .what")).to_contain_text("puis Déjeuner")
        await page.screenshot(path=tmp_path / "agents.png")
        await page.locator("label", has_text="EN").click()

        house.wishes.answer = Refused("already_paused", "The pause has this reason already: lunch.")
        await page.get_by_role("button", name="Amel Haddad").press("Enter")
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("Ready")
        why = dialog.get_by_label("What you say about it")
        await dialog.get_by_role("button", name="Lunch").click()
        await expect(why).to_be_focused()  # asked for somebody else without a reason: the browser asks for one
        assert [wish[0] for wish in house.wishes.asked] == ["log_in"]
        await why.fill("asked on the phone")
        await page.screenshot(path=tmp_path / "deeds.png")
        await dialog.get_by_role("button", name="Lunch").click()
        await expect(dialog.get_by_role("alert")).to_have_text("The pause has this reason already: lunch.")
        assert house.wishes.asked[-1] == ("pause", "acme", "amel", "admin", "lunch", False, "asked on the phone")
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)

        house.wishes.answer = Done()
        await page.get_by_role("button", name="Chloé").click()
        await why.fill("talks with us first")
        await dialog.get_by_label("After the call").check()
        await dialog.get_by_role("button", name="Meeting").click()
        await expect(dialog).to_have_count(0)
        await page.get_by_role("button", name="Chloé").click()
        await dialog.get_by_role("button", name="One minute more").click()
        await expect(dialog).to_have_count(0)
        assert house.wishes.asked[-2:] == [
            ("withdraw", "acme", "chloe", "admin", "meeting", True, "talks with us first"),
            ("extend", "acme", "chloe", "admin", 60),
        ]
        chromium.forgive(REFUSED)  # the second pause
