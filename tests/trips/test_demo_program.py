"""`python -m demo` as a program: however it ends, it says so in a line, with the right status, and leaves nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from kit.process import Process
from kit.switch import REPOSITORY

pytestmark = pytest.mark.switch

PATIENCE = 100.0
"""Seconds for one step: many times what it takes, since the machine may be busy with other work."""

Start = Callable[..., Awaitable[Process]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts the demo in an empty folder of its own and waits for its first words; nothing of it may outlive it."""
    folder = Path(tempfile.mkdtemp(prefix="demo-"))  # short: sockets are in it
    temporary = folder / "tmp"
    temporary.mkdir()
    running: list[Process] = []

    async def start(*words: str, says: str, **settings: str) -> Process:
        environment = {
            **{name: value for name, value in os.environ.items() if name != "CORDBOARD_FILE"},
            "PYTHONPATH": os.pathsep.join(map(str, (REPOSITORY, REPOSITORY / "tests"))),
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(temporary),
            **settings,
        }
        command = [sys.executable, "-m", "demo", *words]
        process = Process.start(command, folder / "said", env=environment, cwd=folder)
        running.append(process)
        await process.says(says, timeout=PATIENCE)
        return process

    yield start
    try:
        for process in running:
            assert not process.is_running
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while _alive_in(temporary):  # who was killed may still be on his way
                    await asyncio.sleep(0.02)
        assert _alive_in(temporary) == []
        assert list(temporary.iterdir()) == []
    finally:
        for process in running:
            process.kill()
        shutil.rmtree(folder)


def _alive_in(folder: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"{folder}".encode() in (process / "environ").read_bytes() + (process / "cmdline").read_bytes():
                found.append(f"{process.name}: {(process / 'cmdline').read_text()}")
        except OSError:
            continue  # somebody else's, or gone
    return found


def _child(process: Process, words: bytes) -> int:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    [found] = [int(pid) for pid in children if words in Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")]
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_interrupted_while_it_starts(start: Start, number: signal.Signals) -> None:
    demo = await start(says="Starting")
    demo.signal(number)
    assert await demo.wait(PATIENCE) == 0
    assert demo.said().splitlines()[1:] == ["Interrupted while it started; nothing is left running."]


async def test_an_end_that_was_wanted_and_not_reached_is_a_failure(start: Start) -> None:
    demo = await start("--calls", "9", says="Calls begin.")
    demo.signal(signal.SIGINT)
    assert await demo.wait(PATIENCE) == 1
    assert demo.said().endswith("Interrupted: 9 calls were wanted.\n")
    assert "Traceback" not in demo.said()


async def test_without_an_end_that_was_wanted_an_interruption_is_the_end(start: Start) -> None:
    demo = await start(says="Calls begin.")
    settings = demo.output.parent / "build/demo.env"
    looked = await asyncio.create_subprocess_shell(
        f". {settings}; cordboard agent list", env={"PATH": os.environ["PATH"]}, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await looked.communicate()
    assert (looked.returncode, b"Amel Haddad" in out) == (0, True)
    demo.signal(signal.SIGINT)
    assert await demo.wait(PATIENCE) == 0
    assert "Traceback" not in demo.said()
    assert not settings.exists()


async def test_cordboard_dies_on_the_way(start: Start) -> None:
    demo = await start(says="Calls begin.")
    os.kill(_child(demo, b"-m cordboard run"), signal.SIGKILL)
    assert await demo.wait(PATIENCE) == 1
    assert demo.said().splitlines()[-1].startswith("demo: Cordboard ended by itself (exit status -9)")
    assert "Traceback" not in demo.said()


async def test_no_asterisk(start: Start) -> None:
    demo = await start(says="Starting", CORDBOARD_ASTERISK_HOME="/nonexistent")
    assert await demo.wait(PATIENCE) == 1
    assert demo.said().splitlines()[1:] == ["demo: no Asterisk is installed for this checkout: run `make asterisk`"]
