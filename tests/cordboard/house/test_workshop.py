"""What a command works with: the switch of the settings, made at first sight and only read afterwards."""

from __future__ import annotations

import asyncio
from pathlib import Path

from cordboard.house.workshop import this_switch
from cordboard.settings import Settings
from cordboard.store.company import list_companies
from cordboard.store.engine import open_store


async def test_who_looks_at_a_known_switch_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, node="pbx1")
    url = f"sqlite:///{tmp_path}/cordboard.sqlite"
    async with open_store(url) as store, open_store(url) as writer:
        await store.migrate()
        made = await this_switch(store, settings)
        async with writer.transaction() as session:
            await list_companies(session)
            async with asyncio.timeout(8):
                assert await this_switch(store, settings) == made


async def test_two_at_once_make_one_switch(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, node="pbx1")
    url = f"sqlite:///{tmp_path}/cordboard.sqlite"
    async with open_store(url) as store, open_store(url) as other:
        await store.migrate()
        first, second = await asyncio.gather(this_switch(store, settings), this_switch(other, settings))
        assert first == second
