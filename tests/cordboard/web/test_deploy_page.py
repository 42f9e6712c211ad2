"""The deploy page in a real Chromium, before a real Asterisk: plan, apply on trial, keep, back, and what goes wrong."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest
from playwright.async_api import Page, Route, expect

from ami.actions import QueueAdd
from cordboard.store.records import Role
from cordboard.store.values import Company, Person
from cordboard.web.console import read_console
from kit import acme
from kit.browser import BROKEN, DESK, REFUSED, Window, window
from kit.office import Office, changed, save

from .conftest import PASSWORD, House, OpenHouse

pytestmark = [pytest.mark.browser, pytest.mark.switch]

APPLY = "Apply this plan"


@pytest.fixture
async def house(office: Office, open_house: OpenHouse) -> AsyncIterator[House]:
    """Generation 1 of acme runs."""
    async with open_house(deployment=office.deployment, console=read_console()) as opened:
        yield opened


async def enter(
    chromium: Window, house: House, path: str = "deploy", client: aiohttp.ClientSession | None = None
) -> Page:
    await chromium.take_session(house.url, client or await house.administrator())
    await chromium.page.goto(f"{house.url}{path}")
    return chromium.page


def without(*people: str) -> Company:
    company = acme.company()
    return replace(company, people={name: each for name, each in company.people.items() if name not in people})


async def test_from_a_save_to_a_kept_generation(office: Office, house: House) -> None:
    async with window(viewport=DESK) as chromium:
        page = await enter(chromium, house)
        await expect(page.get_by_text("Nothing to do")).to_be_visible()
        await expect(page.locator(".standing")).to_contain_text("Generation 1")
        await expect(page.locator(".standing")).to_contain_text("Read back from Asterisk")

        await save(house.store, changed(ring=9, max_wait=90))
        await expect(page.locator(".sentence")).to_have_text(
            [re.compile("queue english: ring 15 -> 9 s"), re.compile("queue english: max wait 120 -> 90 s")]
        )
        await expect(page.locator(".change .facts")).to_contain_text("in force with the apply · reload of app_queue")
        await expect(page.locator(".change .facts")).to_contain_text("nadia")
        await page.get_by_text("Lines of files").click()
        await expect(page.locator("pre .plus").first).to_have_text(re.compile(r"\+.*90"))

        office.hold.clear()
        await page.get_by_role("button", name=APPLY).dblclick()
        await expect(page.locator(".progress")).to_contain_text("Applying for admin")
        await expect(page.get_by_role("button", name=APPLY)).to_be_disabled()
        office.hold.set()
        result = page.locator(".result")
        await expect(result).to_contain_text("Generation 2 is in force, read back from Asterisk")
        await expect(result.get_by_role("heading")).to_be_focused()
        trial = page.locator(".banner.trial")
        await expect(trial).to_contain_text(
            re.compile(r"Generation 2 is on trial\. It goes back by itself at \d\d:\d\d\.")
        )
        await expect(trial.locator(".left")).to_have_text(re.compile(r"^4:\d\d left$"))
        await expect(page.get_by_text("Nothing to do")).to_be_visible()

        await save(house.store, changed(ring=8))
        await expect(page.get_by_text("Keep the generation on trial or go back first")).to_be_visible()
        await trial.get_by_role("button", name="Keep it").click()
        await expect(result).to_contain_text("Generation 2 is confirmed and stays.")
        await expect(trial).to_have_count(0)
        await page.get_by_label("Go back by itself unless I confirm within").first.uncheck()
        await page.get_by_role("button", name=APPLY).click()
        await expect(result).to_contain_text("Generation 3 is in force, read back from Asterisk")
        await expect(trial).to_have_count(0)
        await expect(page.locator(".audit li").first).to_contain_text("apply admin")
        assert office.deployment.generations.current() == 3, "a double click is one apply"


async def test_a_plan_that_is_old_is_not_applied_and_the_new_one_offered(house: House) -> None:
    async with window(viewport=DESK) as chromium:
        await save(house.store, changed(ring=9))
        page = await enter(chromium, house)
        button = page.get_by_role("button", name=APPLY)
        await expect(button).to_be_enabled()
        await page.wait_for_timeout(5_000)  # somebody reads it
        await save(house.store, changed(ring=8))
        await expect(page.get_by_text("Something was saved or applied since this plan was made.")).to_be_visible()
        await expect(button).to_be_disabled()
        await page.get_by_role("button", name="Show the new plan").click()
        await expect(page.locator(".sentence")).to_contain_text("ring 15 -> 8 s")

        await page.route("**/api/deploy/now", lambda route: route.abort())  # it does not hear of the next save
        await expect(page.get_by_text("Cordboard does not answer.")).to_be_visible()
        await save(house.store, changed(ring=7))
        await button.click()
        await expect(page.locator(".result.bad")).to_contain_text("Nothing was applied.")
        await page.unroute("**/api/deploy/now")
        await page.locator(".result").get_by_role("button", name="Show the new plan").click()
        await expect(page.locator(".sentence")).to_contain_text("ring 15 -> 7 s")
        chromium.forgive(REFUSED, BROKEN)


async def test_harm_and_great_removals_are_accepted_first(office: Office, house: House) -> None:
    async with office.lab.manager(acme.RUN_ACCOUNT) as running:
        await running.act(QueueAdd("acme-english", "PJSIP/acme-bruno", "acme-bruno", 1))
    crowd = {f"p{n}": Person(id=f"p{n}", name=f"P {n}", extension=str(300 + n)) for n in range(9)}
    await save(house.store, replace(acme.company(), people={**acme.company().people, **crowd}))
    await office.deployment.apply("test", (await office.deployment.plan()).identity)
    await save(house.store, without("bruno"))
    async with window(viewport=DESK) as chromium:
        page = await enter(chromium, house)
        await expect(page.locator(".harm")).to_contain_text(
            "Bruno Müller is removed: is logged in now and is logged out"
        )
        await expect(page.locator(".found").first).to_contain_text("this removes 10 of 13")
        button = page.get_by_role("button", name=APPLY)
        await expect(button).to_be_disabled()
        await page.get_by_label("I accept this harm").check()
        await expect(button).to_be_disabled()
        await page.get_by_label(re.compile("^I mean it: .*persons: this removes 10 of 13")).check()
        await button.click()
        await expect(page.locator(".result")).to_contain_text("Generation 3 is in force, read back from Asterisk")


async def test_what_cannot_be_applied_says_where_what_and_the_cure(house: House) -> None:
    await save(house.store, without("chloe"))
    async with window(viewport=DESK) as chromium:
        page = await enter(chromium, house)
        found = page.locator(".found.errors")
        await expect(found).to_contain_text("It cannot be applied: 1 error")
        await expect(found).to_contain_text("menu accueil: key 3 leads to person chloe, which does not exist")
        await expect(found).to_contain_text("→ give this person an extension")
        await expect(found).to_contain_text("acme: menus.accueil.keys.3")
        await expect(page.get_by_role("button", name=APPLY)).to_have_count(0)


async def test_back_by_the_keyboard(house: House, office: Office) -> None:
    await save(house.store, changed(ring=9))
    await office.deployment.apply("test", (await office.deployment.plan()).identity)
    async with window(viewport=DESK) as chromium:
        page = await enter(chromium, house)
        await expect(page.get_by_text("Nothing to do")).to_be_visible()
        await page.keyboard.press("Tab")
        await expect(page.get_by_text("Skip to the plan")).to_be_focused()
        await page.get_by_role("button", name="Compare generation 1 with another").focus()
        await page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="Compare")
        await expect(dialog.locator(".sentence")).to_contain_text("queue english: ring 15 -> 9 s")
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="Go back to generation 1")).to_be_focused()
        await page.keyboard.press("Enter")
        title = page.get_by_role("heading", name="Back to generation 1")
        await expect(title).to_be_focused()
        await expect(page.locator(".plan .sentence")).to_contain_text("queue english: ring 9 -> 15 s")
        await page.get_by_role("button", name="Go back by this plan").focus()
        await page.keyboard.press("Enter")
        await expect(page.locator(".result")).to_contain_text("Generation 3 is in force, read back from Asterisk")
        await expect(page.get_by_role("heading", name="Plan", exact=True)).to_be_visible()
        await expect(page.get_by_text("Nothing to do")).to_be_visible()


async def test_not_confirmed_in_time(house: House, office: Office) -> None:
    async with window(viewport=DESK) as chromium:
        await save(house.store, changed(ring=9))
        page = await enter(chromium, house)
        await page.get_by_role("button", name=APPLY).click()
        await expect(page.locator(".banner.trial")).to_be_visible()
        office.moment += timedelta(minutes=6)
        assert await office.deployment.revert_if_due("cordboard run") is not None
        await expect(page.locator(".result")).to_contain_text(
            "Generation 2 was not confirmed in time: generation 1 is in force again."
        )
        await expect(page.locator(".banner.trial")).to_have_count(0)
        await expect(page.locator(".standing")).to_contain_text("Generation 1")
        await expect(page.get_by_text("Nothing to do")).to_be_visible()
        await expect(page.locator(".kept.failed")).to_contain_text("ring 15 -> 9 s")


async def test_a_connection_that_breaks_while_it_is_applied(house: House, office: Office) -> None:
    async with window(viewport=DESK) as chromium:
        await save(house.store, changed(ring=9))
        page = await enter(chromium, house)
        is_done = asyncio.Event()

        async def swallow(route: Route) -> None:
            office.hold.clear()
            asking = asyncio.ensure_future(route.fetch(timeout=30_000))
            await office.is_held.wait()
            await route.abort()
            await asking
            is_done.set()

        await page.route("**/api/deploy/apply", swallow)
        await page.get_by_role("button", name=APPLY).click()
        await expect(page.locator(".progress")).to_contain_text("for admin")
        office.hold.set()
        await expect(page.locator(".result")).to_contain_text("Generation 2 is in force, read back from Asterisk")
        await is_done.wait()
        chromium.forgive(REFUSED, BROKEN)


async def test_a_deed_of_somebody_else_is_seen(house: House, office: Office) -> None:
    nadia = await house.somebody(Role.ADMINISTRATOR, company=None)
    async with window(viewport=DESK) as chromium:
        await save(house.store, changed(ring=9))
        page = await enter(chromium, house)
        await expect(page.get_by_role("button", name=APPLY)).to_be_enabled()
        office.hold.clear()
        plan = await (await nadia.get("/api/deploy/plan")).json()
        asking = asyncio.ensure_future(nadia.post("/api/deploy/apply", json={"plan": plan["plan"]}))
        await expect(page.locator(".progress")).to_contain_text("Applying for administrator-None-None")
        await expect(page.get_by_role("button", name=APPLY)).to_be_disabled()
        office.hold.set()
        assert (await asking).status == 200
        await expect(page.locator(".result")).to_contain_text("Generation 2 is in force")


async def test_drift_is_told_here_and_on_the_live_page(house: House, office: Office) -> None:
    queues = office.lab.etc / "queues.conf"
    queues.write_text(queues.read_text() + "; by hand\n")
    (office.lab.etc / "voicemail.conf").unlink()
    (office.lab.etc / "other.conf").write_text("[other]\n")
    await office.deployment.watch("cordboard run")
    async with window(viewport=DESK) as chromium:
        page = await enter(chromium, house, path="")
        await page.get_by_role("link", name="Not as it was left").click()
        await expect(page).to_have_url(re.compile("/deploy$"))
        await expect(page.locator(".banner")).to_contain_text("Not as it was left: 3 files changed by hand.")
        for told in ("queues.conf was edited", "voicemail.conf was removed", "other.conf was added"):
            await expect(page.locator("#drift")).to_contain_text(f"File {told} by hand")
        await expect(page.locator("#drift")).to_contain_text("the apply puts it right")
        await page.get_by_role("button", name=APPLY).click()
        await expect(page.locator(".result")).to_contain_text("Generation 2 is in force")
        await expect(page.locator(".banner.warning")).to_have_count(0)


async def test_a_question_of_the_live_page_that_nobody_answers_is_given_up(open_house: OpenHouse) -> None:
    async with open_house(console=read_console()) as house, window(viewport=DESK) as chromium:
        page, asked, given_up = chromium.page, asyncio.Queue[Route](), asyncio.Event()
        page.on("requestfailed", lambda _: given_up.set())
        await page.clock.install()
        # Timers are the test's; the end of a signal is the browser's own, so its minute is made short.
        await page.add_init_script(
            "const end = AbortSignal.timeout; AbortSignal.timeout = (ms) => end.call(AbortSignal, ms / 200)"
        )
        await page.route("**/api/deploy/now", asked.put)
        await enter(chromium, house, path="")
        async with asyncio.timeout(30):
            unanswered = await asked.get()
            await given_up.wait()
            while asked.empty():
                await page.clock.run_for(5_000)
        for route in (unanswered, asked.get_nowait()):
            await route.continue_()


async def test_a_company_sees_nothing_of_it(house: House) -> None:
    client = await house.somebody(Role.ADMINISTRATOR)
    async with window(viewport=DESK) as chromium:
        page = await enter(chromium, house, path="", client=client)
        await expect(page.get_by_role("heading", name="Acme Conseil")).to_be_visible()
        await page.get_by_label("Display").click()
        await expect(page.get_by_role("link", name="Licences")).to_be_visible()
        await expect(page.locator("a[href='/deploy']")).to_have_count(0)
        answer = await page.goto(f"{house.url}deploy")
        assert answer is not None
        assert answer.status == 403
        chromium.forgive(REFUSED, BROKEN)


async def test_signing_in_leads_back(house: House) -> None:
    await house.administrator()
    async with window(viewport=DESK) as chromium:
        page = chromium.page
        await page.goto(f"{house.url}deploy")
        await expect(page).to_have_url(re.compile(r"/sign-in\?to=deploy$"))
        await page.get_by_label("Account").fill("admin")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Deploy", exact=True)).to_be_visible()
        await expect(page).to_have_url(re.compile("/deploy$"))


async def test_the_first_apply_and_a_slow_network(open_house: OpenHouse) -> None:
    async with open_house(console=read_console()) as house, window(viewport=DESK) as chromium:
        hostile = acme.company(name="<img src=x onerror=alert(1)>\u202e")
        await save(house.store, hostile)

        async def slowly(route: Route) -> None:
            await asyncio.sleep(0.7)
            await route.continue_()

        await chromium.page.route("**/api/deploy/**", slowly)
        page = await enter(chromium, house)
        await expect(page.get_by_text("Comparing database, files and Asterisk…")).to_be_visible()
        await expect(page.get_by_text("This is the first apply: everything is new.")).to_be_visible()
        await expect(page.locator(".plan img")).to_have_count(0)
        await expect(page.get_by_text("Nothing was applied yet")).to_be_visible()
        await expect(page.get_by_label("Go back by itself")).to_have_count(0)
        await page.get_by_role("button", name=APPLY).click()
        result = page.locator(".result")
        await expect(result).to_contain_text("Generation 1 is in force, on disk, not proven: Asterisk was not reached")
        await expect(page.locator(".banner")).to_contain_text("Asterisk was not reached")


@pytest.mark.parametrize("width", [1440, 390, 320])
async def test_nothing_sticks_out_in_french(house: House, office: Office, width: int) -> None:
    async with office.lab.manager(acme.RUN_ACCOUNT) as running:
        await running.act(QueueAdd("acme-english", "PJSIP/acme-bruno", "acme-bruno", 1))
    await save(house.store, without("bruno"))
    async with window(locale="fr-FR", viewport={"width": width, "height": 800}) as chromium:
        page = await enter(chromium, house)
        await expect(page.get_by_label("J’accepte ce dommage")).to_be_visible()
        await expect(page.locator(".harm")).to_contain_text("est connecté et sera déconnecté")
        await expect(page).to_have_title("Mise en service · Cordboard")
        await page.get_by_text("Lignes des fichiers").click()
        await expect(page.locator("pre")).to_be_visible()
        await page.evaluate("document.fonts.ready")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await page.locator("h1").evaluate("title => title.scrollWidth <= title.clientWidth")
        await page.get_by_label("EN", exact=True).check(force=True)
        await expect(page.locator(".harm")).to_contain_text("is logged in now and is logged out")
