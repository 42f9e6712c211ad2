"""A Chromium window for tests of the pages: patient on a busy machine, with an ear for what goes wrong in it."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from playwright.async_api import BrowserContext, Page, async_playwright, expect

PATIENCE = 20_000
"""Milliseconds for what is expected of a page, and for each thing that is done to it. No test is about speed."""
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

REFUSED = "status of 4"
"""What Chromium itself says of each answer of 4xx."""
BROKEN = "net::ERR"
"""What Chromium itself says of a connection that broke, or was refused."""

DESK: Any = {"width": 1440, "height": 900}
PHONE: Any = {"width": 390, "height": 844}
PICTURES = os.environ.get("PICTURES")
"""A folder to leave pictures of the pages in, for who changes them."""

expect.set_options(timeout=PATIENCE)


@dataclass
class Window:
    """A browser window, what went wrong in it, and the words of troubles that the test expects."""

    page: Page
    context: BrowserContext
    trouble: list[str] = field(default_factory=list)
    forgiven: tuple[str, ...] = ()

    def forgive(self, *words: str) -> None:
        """Let troubles with one of these words in them pass. What Chromium says of an answer may come later than what
        the answer led to, so troubles are held against the words when the window is closed."""
        self.forgiven += words

    async def take_session(self, url: str, client: aiohttp.ClientSession) -> None:
        """Be signed in at this address as `client` is."""
        token = next(cookie.value for cookie in client.cookie_jar)
        await self.context.add_cookies([{"name": "cordboard", "value": token, "url": url}])


def chromium() -> str:
    """The browser that tests/system-packages looks for: that of the variable CHROMIUM, or one that is installed."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    assert found, "no Chromium is installed: run `make system-packages`"
    return found


@contextlib.asynccontextmanager
async def window(locale: str = "en-GB", **more: Any) -> AsyncIterator[Window]:
    """A Chromium of its own; the test fails for what its console complains of."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        context = await browser.new_context(locale=locale, **more)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        opened = Window(page, context)
        page.on("pageerror", lambda error: opened.trouble.append(str(error)))
        page.on("console", lambda said: opened.trouble.append(said.text) if said.type in ("error", "warning") else None)
        try:
            yield opened
        finally:
            await browser.close()
    assert [said for said in opened.trouble if not any(word in said for word in opened.forgiven)] == []
