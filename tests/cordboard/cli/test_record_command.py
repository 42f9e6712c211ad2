"""`cordboard record` as its user runs it, on a real Asterisk of somebody else's."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from pathlib import Path

import pytest

from kit import basis, foreign
from kit.patience import PATIENCE
from kit.switch import Switch

pytestmark = pytest.mark.switch


async def start(switch: Switch, *words: str, cwd: Path) -> Process:
    environment = {**os.environ, "CORDBOARD_RECORD_SECRET": basis.AMI_SECRET}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cordboard", "record", *words),
        *("--ami-host", switch.address, "--ami-port", str(switch.ports.ami), "--ami-user", basis.AMI_USER),
        cwd=cwd,
        env=environment,
        stdout=PIPE,
        stderr=PIPE,
    )


async def ended(process: Process) -> tuple[int | None, str]:
    _, told = await asyncio.wait_for(process.communicate(), PATIENCE)
    return process.returncode, told.decode()


async def test_so_many_seconds_or_until_ctrl_c_and_never_twice(
    new_switch: Callable[..., Switch], tmp_path: Path
) -> None:
    switch = new_switch("pbx1")
    await switch.start(basis.files(switch, foreign.files(switch)))

    status, told = await ended(await start(switch, "day.ami.txt", "--seconds", "1", cwd=tmp_path))
    assert (status, "ended after 1 s" in told) == (0, True)
    assert (tmp_path / "day.ami.txt").stat().st_mode & 0o777 == 0o600

    status, told = await ended(await start(switch, "day.ami.txt", "--seconds", "1", cwd=tmp_path))
    assert (status, "is there already" in told) == (1, True)

    running = await start(switch, "masked.ami.txt", "--mask", cwd=tmp_path)
    async with asyncio.timeout(PATIENCE):
        while not (tmp_path / "masked.ami.txt").is_file() or (tmp_path / "masked.ami.txt").stat().st_size < 1000:
            await asyncio.sleep(0.05)
    running.send_signal(signal.SIGINT)
    status, told = await ended(running)
    assert (status, "ended asked to" in told) == (0, True)
    assert b"Agent One" not in (tmp_path / "masked.ami.txt").read_bytes()

    replayed = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cordboard", "replay", "day.ami.txt", "masked.ami.txt"), cwd=tmp_path, stdout=PIPE
    )
    out, _ = await replayed.communicate()
    assert replayed.returncode == 0
    for report in json.loads(out):
        assert (report["node"], report["lists"], report["drift"], report["damage"]) == ("pbx1", 2, [], [])
        assert len(report["agents"]) == 4
