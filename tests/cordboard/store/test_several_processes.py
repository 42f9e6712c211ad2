"""The daemon, its FastAGI child and the command line use one SQLite file at the same time."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from cordboard.store import Store, open_store
from cordboard.store.audit import last_audit
from cordboard.store.company import company_revision, load_company, save_company
from cordboard.store.values import Company

WRITERS = 4
ROUNDS = 12

WRITER = """
import asyncio, sys
from dataclasses import replace
from cordboard.store import open_store
from cordboard.store.company import load_company, save_company
from cordboard.store.values import Skill

async def main(url, name, rounds):
    async with open_store(url) as store:
        await store.migrate()
        for round in range(rounds):
            async with store.transaction() as session:
                company = await load_company(session, "acme")
                key = f"{name}-{round}"
                skills = {**company.skills, key: Skill(id=key, name=key)}
                await save_company(session, replace(company, skills=skills), name)
            async with store.reading() as session:
                assert key in (await load_company(session, "acme")).skills

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""

HOLDER = """
import asyncio, sys
from cordboard.store import open_store
from cordboard.store.company import save_company
from cordboard.store.values import Company

async def main(url):
    async with open_store(url) as store, store.transaction() as session:
        lost = Company(id="acme", name="Lost", language="fr", country="FR", time_zone="UTC")
        await save_company(session, lost, "holder")
        print("held", flush=True)
        await asyncio.Event().wait()

asyncio.run(main(sys.argv[1]))
"""

ACME = Company(id="acme", name="Acme", language="fr", country="FR", time_zone="UTC")


async def run(script: str, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, *arguments, stdout=asyncio.subprocess.PIPE, env=dict(os.environ)
    )


async def test_no_write_of_any_process_is_lost(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'cordboard.db'}"
    async with open_store(url) as store:
        await store.migrate()
        async with store.transaction() as session:
            await save_company(session, ACME, "here")
        writers = [await run(WRITER, url, f"w{number}", str(ROUNDS)) for number in range(WRITERS)]
        reads = 0
        while any(writer.returncode is None for writer in writers):
            company, revision = await picture(store)
            # A reader sees whole saves alone: each adds one skill.
            assert len(company.skills) == revision - 1
            reads += 1
            await asyncio.sleep(0)
            await asyncio.wait([asyncio.ensure_future(writer.wait()) for writer in writers], timeout=0.01)
        assert [writer.returncode for writer in writers] == [0] * WRITERS
        company, revision = await picture(store)
        assert reads > 0
        assert set(company.skills) == {f"w{n}-{r}" for n in range(WRITERS) for r in range(ROUNDS)}
        assert revision == 1 + WRITERS * ROUNDS
        async with store.reading() as session:
            assert len(await last_audit(session, "acme", limit=1000)) == revision


async def picture(store: Store) -> tuple[Company, int]:
    async with store.reading() as session:
        return await load_company(session, "acme"), await company_revision(session, "acme")


async def test_a_writer_killed_in_the_middle_leaves_nothing_and_nobody_waiting(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'cordboard.db'}"
    async with open_store(url) as store:
        await store.migrate()
        async with store.transaction() as session:
            await save_company(session, ACME, "here")
        holder = await run(HOLDER, url)
        assert holder.stdout is not None
        assert await holder.stdout.readline() == b"held\n"
        assert (await picture(store))[0] == ACME
        waiting = asyncio.create_task(rename(store))
        await asyncio.sleep(0)
        holder.send_signal(signal.SIGKILL)
        assert await holder.wait() == -signal.SIGKILL
        await waiting
        company, revision = await picture(store)
        assert (company.name, revision) == ("Renamed", 2)


async def rename(store: Store) -> None:
    renamed = Company(id="acme", name="Renamed", language="fr", country="FR", time_zone="UTC")
    async with store.transaction() as session:
        await save_company(session, renamed, "here")


async def test_a_database_that_several_processes_make_at_once_is_made_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'cordboard.db'}"
    makers = [await run(WRITER, url, "x", "0") for _ in range(4)]
    assert [await maker.wait() for maker in makers] == [0] * 4
    async with open_store(url) as store:
        await store.check_schema()
