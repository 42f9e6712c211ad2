"""Trials that end by themselves whoever died meanwhile, two operators at once, two daemons, and contexts that go."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from cordboard.provisioning.errors import DeployBusy
from cordboard.provisioning.generations import Generations
from kit.patience import PATIENCE
from kit.process import Process
from kit.site import Said, Site
from kit.trip import calls_in, edited_company, staying_in_menu

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]

WITHIN = "3s"


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def served(site: Site) -> AsyncIterator[None]:
    """However a test ends, the next one finds a daemon, and nothing on trial."""
    yield
    if not site.daemon.is_running:
        await site.cordboard("confirm", expect=(0, 1))
        await site.start_daemon()


async def wants(site: Site, folder: Path, max_wait: int) -> None:
    """Import the company with another longest wait in a queue."""
    async with edited_company(site, folder) as document:
        document["queues"]["billing-fr"] |= {"max_wait": max_wait}


async def in_force(site: Site) -> dict[str, Any]:
    entries: list[dict[str, Any]] = (await site.cordboard("generations", "--json")).json()
    return next(entry for entry in entries if entry["is_in_force"])


async def is_again(site: Site, number: int) -> None:
    """Wait until this generation is in force and proven."""

    async def is_so() -> bool:
        found = await in_force(site)
        return (found["generation"], found["state"]) == (number, "verified")

    await site.until_async(is_so, f"generation {number} to be in force again")


def start(site: Site, folder: Path, *words: str) -> Process:
    """A command that goes on while the test does other things."""
    output = folder / f"{'-'.join(words[:1])}.log"
    return Process.start([sys.executable, "-m", "cordboard", *words], output, env=site.environment)


async def test_the_daemon_takes_a_trial_back(site: Site, tmp_path: Path) -> None:
    before = (await in_force(site))["generation"]
    await wants(site, tmp_path, 71)
    said = await site.cordboard("apply", "--yes", "--confirm-within", WITHIN, "--json")
    assert said.json()["trial"]["base"] == before
    await site.daemon.says("taken back: it was not confirmed in time")
    await is_again(site, before)
    said = await site.cordboard("audit", "--json", "--limit", "3")
    assert any(entry["action"] == "deploy.revert" and entry["by"] == "cordboard run" for entry in said.json())
    await site.cordboard("verify")


async def test_a_trial_that_is_confirmed_stays(site: Site, tmp_path: Path) -> None:
    await wants(site, tmp_path, 69)
    applied = (await site.cordboard("apply", "--yes", "--confirm-within", "2m", "--json")).json()
    assert (await in_force(site))["on_trial_until"] == applied["trial"]["until"]
    await wants(site, tmp_path, 70)
    said = await site.cordboard("apply", "--yes", expect=(1,))
    assert "is on trial until" in said.err
    assert "cordboard confirm" in said.err
    said = await site.cordboard("confirm")
    assert said.out == f"Generation {applied['generation']} is confirmed and stays in force.\n"
    assert (await in_force(site))["on_trial_until"] is None
    said = await site.cordboard("confirm", expect=(1,))
    assert "no generation waits to be confirmed" in said.err


async def test_a_daemon_that_was_killed_takes_it_back_when_it_is_started_again(site: Site, tmp_path: Path) -> None:
    before = (await in_force(site))["generation"]
    await wants(site, tmp_path, 72)
    site.daemon.signal(signal.SIGSTOP)  # it is there, and will not come to it
    await site.cordboard("apply", "--yes", "--confirm-within", WITHIN)
    site.daemon.signal(signal.SIGKILL)
    await site.daemon.wait(PATIENCE)
    await asyncio.sleep(3.5)
    assert (await in_force(site))["generation"] > before, "nobody was there"
    await site.start_daemon()
    await is_again(site, before)


async def test_without_a_daemon_the_command_waits_and_takes_it_back(site: Site, tmp_path: Path) -> None:
    before = (await in_force(site))["generation"]
    assert await site.stop_daemon() == 0
    await wants(site, tmp_path, 172)
    said = await site.cordboard("apply", "--yes", "--confirm-within", WITHIN, expect=(1,))
    assert "No `cordboard run` serves" in said.err
    assert "was not confirmed in time" in said.err
    assert (await in_force(site))["generation"] == before

    # Confirmed in another terminal: the one that waits is told.
    await wants(site, tmp_path, 173)
    waiting = start(site, tmp_path, "apply", "--yes", "--confirm-within", "1m")
    await waiting.says("this command waits")
    await site.cordboard("confirm")
    assert await waiting.wait(PATIENCE) == 0
    kept = (await in_force(site))["generation"]
    assert f"Generation {kept} is confirmed" in waiting.said()

    # Killed while it waits: the next start of a command that deploys ends it.
    await wants(site, tmp_path, 73)
    waiting = start(site, tmp_path, "apply", "--yes", "--confirm-within", WITHIN)
    await waiting.says("this command waits", 2)
    waiting.signal(signal.SIGKILL)
    await waiting.wait(PATIENCE)
    await asyncio.sleep(3.5)
    said = await site.cordboard("apply", expect=(0, 1))
    assert f"generation {kept} is back" in said.err
    assert (await in_force(site))["generation"] == kept


async def test_of_two_applies_at_once_exactly_one_wins(site: Site, tmp_path: Path) -> None:
    await wants(site, tmp_path, 74)
    plan = (await site.cordboard("plan", "--json", expect=(2,))).json()["plan"]
    before = (await in_force(site))["generation"]
    results = await asyncio.gather(
        *(site.cordboard("apply", "--plan", plan, "--json", expect=(0, 1)) for _ in range(2))
    )
    won = [said for said in results if said.status == 0]
    (lost,) = [said for said in results if said.status == 1]
    assert len(won) == 1
    assert won[0].json()["is_verified"]
    assert re.search(r"plan again|another deployment is under way: .* since 20\d\d-", lost.err), lost
    after = await in_force(site)
    assert after["generation"] > before
    entries = (await site.cordboard("generations", "--json")).json()
    assert len([entry for entry in entries if entry["plan"] == plan]) == 1


async def test_the_second_operator_is_told_who_deploys_since_when(site: Site) -> None:
    with contextlib.ExitStack() as stack:

        def is_locked() -> bool:
            with contextlib.suppress(DeployBusy):  # the daemon settles something
                stack.enter_context(Generations(site.home).lock("bruno (terminal)", "apply"))
                return True
            return False

        await site.until(is_locked, "the turn to deploy")
        said = await site.cordboard("apply", "--yes", "--plan", "0123456789abcdef", expect=(1,))
    assert re.search(
        rf"another deployment is under way: bruno \(terminal\) \(apply, process {os.getpid()}\) since 20\d\d-", said.err
    ), said


async def test_a_second_daemon_on_the_same_home_is_refused(site: Site) -> None:
    said: Said = await site.cordboard("run", expect=(1,))
    assert re.search(rf"is served already by `cordboard run` \(process {site.daemon.pid}, since 20\d\d-", said.err), (
        said
    )
    assert site.daemon.is_running


async def test_contexts_go_with_their_last_call(site: Site, tmp_path: Path) -> None:
    call = await calls_in(site, "+33611111401")
    old = (await in_force(site))["generation"]
    async with staying_in_menu(call):
        await wants(site, tmp_path, 75)
        applied = (await site.cordboard("apply", "--yes", "--json")).json()
        assert old in applied["kept"]
        entries = {entry["generation"]: entry for entry in (await site.cordboard("generations", "--json")).json()}
        assert (entries[old]["calls"], entries[old]["is_loaded"]) == (1, True)
        assert f"Context 'cb-did-g{old}'" in await site.switch.cli(f"dialplan show cb-did-g{old}")
    await call.hang_up()
    await site.switch.wait_for(f"dialplan show cb-did-g{old}", f"There is no existence of 'cb-did-g{old}'")
    await site.cordboard("plan", expect=(0,))
    await site.cordboard("verify")


async def test_agents_whom_somebody_elses_reload_lost_are_back_after_the_apply(site: Site, tmp_path: Path) -> None:
    await site.agent("amel")
    await wants(site, tmp_path, 76)
    path = site.home / "current/queues.conf"
    whole = path.read_text()
    path.write_text("[general]\n")
    await site.switch.cli("module reload app_queue")
    path.write_text(whole)
    applied = (await site.cordboard("apply", "--yes", "--json")).json()
    assert applied["is_verified"], applied
    amel = "PJSIP/[a-z0-9]+-amel"

    async def is_back() -> bool:
        return re.search(amel, await site.switch.cli("queue show")) is not None

    await site.until_async(is_back, "amel to be in her queues again")


async def test_what_drifts_is_told_in_a_terminal(site: Site) -> None:
    assert (await site.cordboard("watch", "--once")).out.endswith("everything is as it was left\n")
    path = site.home / "current/queues.conf"
    whole = path.read_text()
    path.write_text(whole + "; by hand\n")
    said = await site.cordboard("watch", "--once", expect=(2,))
    assert "file queues.conf" in said.out
    report = (await site.cordboard("watch", "--once", "--json", expect=(2,))).json()
    assert [each["name"] for each in report["files"]] == ["queues.conf"]
    path.write_text(whole)
