"""One daemon serves a switch, whatever home it has; one that is known to be dead is followed at once."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from cordboard.house.alone import only_daemon
from cordboard.house.tenancy import Beats, only_daemon_of_switch
from cordboard.settings import Settings, SettingsError
from cordboard.store.engine import Store, open_store
from cordboard.store.tenures import Tenure, find_tenure, keep_tenure, take_tenure
from kit.loopback import Lease, free_port, lease
from kit.patience import PATIENCE
from kit.process import Process

QUICK = Beats(each=0.02, patience=1.0, look=0.02)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite:///{tmp_path}/cordboard.db") as opened:
        await opened.migrate()
        yield opened


def home(tmp_path: Path, name: str) -> Settings:
    (tmp_path / name).mkdir(exist_ok=True)
    return Settings(home=tmp_path / name, node="pbx1")


async def ours(store: Store, settings: Settings) -> Tenure:
    """What a daemon of this home writes of itself, when it has it."""
    with only_daemon(settings.home):
        async with only_daemon_of_switch(store, settings, QUICK):
            found = await find_tenure(store, "pbx1")
            assert found is not None
            return found


async def is_taken(store: Store, settings: Settings) -> bool:
    with only_daemon(settings.home):
        try:
            async with only_daemon_of_switch(store, settings, QUICK):
                return True
        except SettingsError:
            return False


async def test_a_second_one_is_refused_while_the_first_lives(store: Store, tmp_path: Path) -> None:
    first, second = home(tmp_path, "a"), home(tmp_path, "b")
    with only_daemon(first.home):
        async with only_daemon_of_switch(store, first, QUICK):
            assert not await is_taken(store, second)
            assert await is_taken(store, replace(second, node="pbx2")), "of another switch"
    assert await is_taken(store, second), "the first has ended in order"


async def test_one_of_the_same_machine_is_followed_at_once_when_its_process_is_gone(
    store: Store, tmp_path: Path
) -> None:
    first, second = home(tmp_path, "a"), home(tmp_path, "b")
    seen = await ours(store, first)
    gone = await asyncio.create_subprocess_exec("/bin/true")
    await gone.wait()
    space = seen.process.partition(" ")[0]
    dead = replace(seen, holder="dead", pid=gone.pid, process=f"{space} {gone.pid} 1")
    assert await take_tenure(store, dead, await find_tenure(store, "pbx1"))
    assert await is_taken(store, second)
    # Its id may belong to somebody else now.
    again = replace(seen, holder="dead", process=f"{space} {os.getpid()} 1")
    assert await take_tenure(store, again, await find_tenure(store, "pbx1"))
    assert await is_taken(store, second)


async def test_of_one_that_is_not_seen_from_here_the_home_tells_that_it_is_dead(store: Store, tmp_path: Path) -> None:
    """A container that was started again: other ids of processes, the same home."""
    settings = home(tmp_path, "a")
    dead = replace(await ours(store, settings), holder="dead", process="1 1 1")
    assert await take_tenure(store, dead, await find_tenure(store, "pbx1"))
    assert await is_taken(store, settings)


async def test_of_one_on_another_machine_only_its_beats_tell(store: Store, tmp_path: Path) -> None:
    settings = home(tmp_path, "a")
    other = replace(await ours(store, settings), holder="other", kernel="another")
    assert await take_tenure(store, other, await find_tenure(store, "pbx1"))

    async def beat() -> None:
        while await keep_tenure(store, other):
            await asyncio.sleep(0.02)

    beating = asyncio.create_task(beat())
    try:
        assert not await is_taken(store, settings)
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
    assert await is_taken(store, settings), "it is silent"


async def test_who_lost_it_ends(store: Store, tmp_path: Path) -> None:
    settings = home(tmp_path, "a")
    with only_daemon(settings.home):
        async with only_daemon_of_switch(store, settings, QUICK) as beat:
            beating = asyncio.create_task(beat())
            await asyncio.sleep(0.1)
            assert not beating.done()
            found = await find_tenure(store, "pbx1")
            assert found is not None
            while not await take_tenure(store, replace(found, holder="other", host="elsewhere"), found):
                found = await find_tenure(store, "pbx1")
                assert found is not None
            with pytest.raises(SettingsError, match="elsewhere"):
                await beating
    left = await find_tenure(store, "pbx1")
    assert left is not None
    assert left.holder == "other"


# --- with real processes


@dataclass
class Neighbours:
    """Daemons of one switch with homes of their own."""

    folder: Path
    url: str
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    def environment(self, name: str) -> dict[str, str]:
        address: Lease = self.stack.enter_context(lease())
        found = {
            **{key: value for key, value in os.environ.items() if not key.startswith("CORDBOARD_")},
            "CORDBOARD_FILE": os.devnull,
            "CORDBOARD_HOME": str(self.folder / name),
            "CORDBOARD_DATABASE_URL": self.url,
            "CORDBOARD_ASTERISK_MODE": "included",
            "CORDBOARD_AMI_HOST": address.address,
            "CORDBOARD_AMI_PORT": str(free_port(address.address)),
            "CORDBOARD_AGI_HOST": address.address,
            "CORDBOARD_AGI_PORT": str(free_port(address.address)),
            "CORDBOARD_WEB_HOST": address.address,
            "CORDBOARD_WEB_PORT": str(free_port(address.address)),
        }
        subprocess.run([sys.executable, "-m", "cordboard", "init"], env=found, check=True, capture_output=True)
        return found

    def start(self, environment: dict[str, str]) -> Process:
        log = Path(environment["CORDBOARD_HOME"]) / f"log{len(list(self.folder.glob('*/log*')))}"
        process = Process.start([sys.executable, "-m", "cordboard", "run"], log, env=environment)
        self.stack.callback(process.kill)
        return process


@pytest.fixture
async def neighbours(tmp_path: Path, database_url: str) -> AsyncIterator[Neighbours]:
    found = Neighbours(tmp_path, database_url)
    async with found.stack:
        yield found


async def test_the_second_of_two_processes_refuses_and_follows_a_killed_one_without_waiting(
    neighbours: Neighbours,
) -> None:
    one, other = neighbours.environment("one"), neighbours.environment("other")
    first = neighbours.start(one)
    await first.says("FastAGI process answers calls")
    second = neighbours.start(other)
    assert await second.wait(60) == 1
    last = second.said().strip().splitlines()[-1]
    assert f"process {first.pid}, home {one['CORDBOARD_HOME']}" in last
    assert os.uname().nodename in last
    assert "Traceback" not in second.said()
    assert first.is_running
    first.signal(signal.SIGKILL)
    await first.wait(PATIENCE)
    third = neighbours.start(other)
    await third.says("FastAGI process answers calls")
    assert "waiting for beats" not in third.said()
    third.signal(signal.SIGTERM)
    assert await third.wait(60) == 0
