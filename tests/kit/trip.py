"""What callers and administrators of the demo company do in one trip after the other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from demo.callers import CALLER_TONE, TONES, TRUNK, Cast
from demo.script import MAIN
from kit.phones import PhoneCall
from kit.site import Site


async def starts_call(site: Site, caller: str) -> PhoneCall:
    """Somebody dials the company's main number."""
    phone = await site.phones.caller(caller, site.switch.sip, tone=CALLER_TONE, headers=TRUNK)
    return await phone.start_call(MAIN)


async def calls_in(site: Site, caller: str, key: str = "") -> PhoneCall:
    """The same, and the menu is heard; `key` is pressed there."""
    call = await starts_call(site, caller)
    await call.answered()
    await call.hears_something()
    if key:
        await call.press(key)
    return call


async def talks_to(cast: Cast, call: PhoneCall, person: str) -> None:
    """Both ways, from now on."""
    await call.hears(TONES[person])
    await cast.agents[person].call.hears(CALLER_TONE)


@contextlib.asynccontextmanager
async def staying_in_menu(call: PhoneCall) -> AsyncIterator[None]:
    """The caller asks for the menu again and again, however long the block lasts."""

    async def ask() -> None:
        while True:
            await call.press("9")
            await asyncio.sleep(2)

    task = asyncio.create_task(ask())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


@contextlib.asynccontextmanager
async def edited_company(site: Site, folder: Path) -> AsyncIterator[dict[str, Any]]:
    """The company file as exported to `folder`, to be changed in the block, and imported at its end."""
    file = folder / "company.yaml"
    await site.cordboard("export", "--output", str(file))
    yaml = YAML()
    document: dict[str, Any] = yaml.load(file)
    yield document
    yaml.dump(document, file)
    await site.cordboard("import", str(file))


def fastagi(site: Site) -> int:
    """The process that answers FastAGI now."""
    children = Path(f"/proc/{site.daemon.pid}/task/{site.daemon.pid}/children").read_text().split()
    found = [int(pid) for pid in children if b"answer-calls" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert len(found) == 1, f"{len(found)} FastAGI processes"
    return found[0]
