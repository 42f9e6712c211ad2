"""Menus are published and taken back while callers are in them: each goes on as he came in, and nothing is reloaded."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import update

from cordboard.store.engine import Store, open_store
from cordboard.store.flows import find_flow
from cordboard.store.tables import Flow, table_of
from kit.published_calls import COMPANY_ID, SERVED, TURNED_AWAY, Callers, Met, menus, newest_version
from kit.sip_crowd import Crowd
from kit.site import Site
from kit.trip import fastagi

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]

SOME = 4
ANSWERS = "FastAGI process answers calls"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with Site(menus(tmp_path_factory.mktemp("company"))) as site:
        yield site


@pytest_asyncio.fixture(loop_scope="module")
async def store(site: Site) -> AsyncIterator[Store]:
    async with open_store(f"sqlite:///{site.home}/cordboard.sqlite") as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def callers(site: Site, store: Store) -> AsyncIterator[Callers]:
    async with Crowd(site.switch) as crowd:
        yield Callers(site, crowd, store)
    await site.switch.wait_idle()


@pytest_asyncio.fixture(loop_scope="module")
async def first(site: Site, store: Store) -> AsyncIterator[int]:
    """The version before the test. What the test published goes with it, however it ends."""
    version = await newest_version(store)
    yield version
    while await newest_version(store) != version:
        await site.cordboard("flow", "unpublish")


@pytest_asyncio.fixture(loop_scope="module")
async def other(site: Site, first: int, tmp_path: Path) -> None:
    """Other menus are drafted."""
    await site.cordboard("flow", "draft", str(menus(tmp_path, are_others=True)))


def _ended(met: dict[str, Met]) -> set[tuple[tuple[str, ...], str | None]]:
    return {(tuple(each.versions), each.outcome) for each in met.values()}


def _generation(site: Site) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in (site.home / "generations").rglob("*.conf")}


async def _answered_anew(site: Site) -> None:
    """The process that answers calls is killed, and another one answers: its callers fall to the compiled menus."""
    answered = site.daemon.said().count(ANSWERS)
    os.kill(fastagi(site), signal.SIGKILL)
    await site.daemon.says(ANSWERS, answered + 1)


async def _comes_in_again(site: Site, caller: str) -> None:
    """His channel goes to the menu script anew, out of the dialplan."""
    channels = (await site.switch.cli("core show channels concise")).splitlines()
    (channel,) = (line.partition("!")[0] for line in channels if f"!{caller}!" in line)
    await site.switch.cli("module load res_clioriginate.so")
    said = await site.switch.cli(f"channel redirect {channel} cb-did-g1,{COMPANY_ID}-main,1")
    assert "successfully redirected" in said


async def test_each_finishes_on_the_version_that_he_came_in_on(
    site: Site, store: Store, callers: Callers, first: int, other: None
) -> None:
    generation = _generation(site)
    early = await callers.come(SOME)
    await site.cordboard("flow", "publish")
    second = await newest_version(store)
    between = await callers.come(SOME)
    await callers.hear_it_again([*early, *between])
    said = await site.cordboard("flow", "unpublish")
    assert f"version {first}" in said.out
    late = await callers.come(SOME)
    assert _ended(await callers.end(early)) == {((str(first),), SERVED)}
    assert _ended(await callers.end(between)) == {((str(second),), TURNED_AWAY)}
    assert _ended(await callers.end(late)) == {((str(first),), SERVED)}
    assert _generation(site) == generation, "no file was written"


async def test_a_version_comes_at_its_time_and_a_call_keeps_its_own_though_what_answers_begins_anew(
    site: Site, store: Store, callers: Callers, first: int, other: None
) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    await site.cordboard("flow", "publish", "--at", f"{tomorrow:%Y-%m-%d %H:%M}")
    second = await newest_version(store)
    early = await callers.come(1)
    flow = table_of(Flow)
    async with store.transaction() as session:  # its time is moved, instead of the clock of a process of its own
        moved = update(flow).where(flow.c.version == second).values(starts=datetime.now(UTC) - timedelta(seconds=1))
        await session.execute(moved)
    await _answered_anew(site)
    await callers.told(early, lambda met: len(met.menus) == 2)  # the compiled one is the second
    await _comes_in_again(site, early[0])
    await callers.told(early, lambda met: len(met.menus) == 3)
    late = await callers.come(1)
    assert _ended(await callers.end(early)) == {((str(first),), SERVED)}
    assert _ended(await callers.end(late)) == {((str(second),), TURNED_AWAY)}
    plan = await site.cordboard("plan", expect=(2,))
    assert "menu accueil: key 4 now goes to message goodbye (was message opening-hours)" in plan.out
    await site.cordboard("verify")


async def test_a_share_of_the_calls_goes_where_their_ids_say(
    site: Site, store: Store, callers: Callers, first: int, other: None
) -> None:
    await site.cordboard("flow", "publish", "--canary", "30%")
    second = await newest_version(store)
    come = await callers.come(2 * SOME)
    met = await callers.end(come)
    async with store.reading() as session:
        on_trial = await find_flow(session, COMPANY_ID, second)
    assert on_trial is not None
    now = datetime.now(UTC)
    for each in met.values():
        is_taken = on_trial.takes(now, "main", each.uniqueid)
        assert each.versions == {str(second if is_taken else first)}
        assert each.outcome == (TURNED_AWAY if is_taken else SERVED)
