"""The daemon's own life: up without Asterisk, told what is in its way, down in order."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from kit.loopback import Lease, free_port, lease
from kit.patience import PATIENCE
from kit.process import Process
from kit.switch import REPOSITORY


@pytest.fixture
def address() -> Iterator[Lease]:
    with lease() as found:
        yield found


@pytest.fixture
def environment(tmp_path: Path, address: Lease) -> dict[str, str]:
    """A home with the demo company; Asterisk is somebody else's and not there."""
    found = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CORDBOARD_")},
        "CORDBOARD_FILE": os.devnull,  # a cordboard.toml here or in /etc is the person's, and not read
        "CORDBOARD_HOME": str(tmp_path / "home"),
        "CORDBOARD_ASTERISK_MODE": "included",
        "CORDBOARD_AMI_HOST": address.address,
        "CORDBOARD_AMI_PORT": str(free_port(address.address)),
        "CORDBOARD_AGI_HOST": address.address,
        "CORDBOARD_AGI_PORT": str(free_port(address.address)),
        "CORDBOARD_WEB_HOST": address.address,
        "CORDBOARD_WEB_PORT": str(free_port(address.address)),
    }
    for words in (("init",), ("import", str(REPOSITORY / "demo/company.yaml"))):
        subprocess.run([sys.executable, "-m", "cordboard", *words], env=found, check=True, capture_output=True)
    return found


@pytest.fixture
async def daemon(tmp_path: Path, environment: dict[str, str]) -> AsyncIterator[Process]:
    process = Process.start([sys.executable, "-m", "cordboard", "run"], tmp_path / "log", env=environment)
    yield process
    process.kill()


def _children(process: Process) -> list[str]:
    return Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()


async def test_it_serves_while_asterisk_is_away_and_says_so(daemon: Process, environment: dict[str, str]) -> None:
    await daemon.says("Asterisk is not followed yet")
    url = f"http://{environment['CORDBOARD_WEB_HOST']}:{environment['CORDBOARD_WEB_PORT']}/healthz"
    with urllib.request.urlopen(url) as answer:  # noqa: ASYNC210 - this loop serves nobody else
        assert answer.read() == b"ok"
    assert daemon.said().count("pbx1: down") == 1, "health is told on its change, not at every try"


async def test_a_signal_ends_it_in_order_and_its_child_with_it(daemon: Process) -> None:
    await daemon.says("FastAGI process answers calls")
    children = _children(daemon)
    assert len(children) == 1
    daemon.signal(signal.SIGTERM)
    assert await daemon.wait(60) == 0
    assert "Cordboard has stopped" in daemon.said()
    assert "Traceback" not in daemon.said()
    assert not Path(f"/proc/{children[0]}").exists()


async def test_the_child_ends_with_a_parent_that_was_killed(daemon: Process) -> None:
    await daemon.says("FastAGI process answers calls")
    [child] = _children(daemon)
    os.kill(daemon.pid, signal.SIGKILL)
    async with asyncio.timeout(PATIENCE):
        while Path(f"/proc/{child}/stat").exists() and " Z " not in Path(f"/proc/{child}/stat").read_text():
            await asyncio.sleep(0.05)


def test_a_port_that_is_taken_is_told(environment: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind((environment["CORDBOARD_WEB_HOST"], int(environment["CORDBOARD_WEB_PORT"])))
        taken.listen()
        done = subprocess.run(
            [sys.executable, "-m", "cordboard", "run"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=110,
        )
    assert done.returncode == 1
    assert environment["CORDBOARD_WEB_PORT"] in done.stderr.splitlines()[-1]
    assert "address already in use" in done.stderr
    assert "Traceback" not in done.stderr
