"""The throw-away switch is a real Asterisk, alone on its address, and gone whatever happens."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import StartSwitch
from kit import basis
from kit.loopback import free_port, lease
from kit.process import ProcessDiedError
from kit.switch import Switch, UnknownCommandError

pytestmark = pytest.mark.switch
REPOSITORY = Path(__file__).resolve().parents[2]
ONE_EXTENSION = "[phones]\nexten => {number},1,Answer()\n same => n,Hangup()\n"


def listening(pid: int) -> set[str]:
    """Local addresses on which a process has TCP listeners or UDP sockets."""
    inodes = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):  # it may close one meanwhile
            if found := re.fullmatch(r"socket:\[(\d+)\]", os.readlink(f"/proc/{pid}/fd/{name}")):
                inodes.add(found[1])
    addresses = set()
    for table in ("tcp", "udp"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes and (table == "udp" or fields[3] == "0A"):
                host, port = fields[1].split(":")
                octets = [str(octet) for octet in bytes.fromhex(host)[::-1]]
                addresses.add(f"{'.'.join(octets)}:{int(port, 16)}")
    return addresses


async def test_it_boots_without_a_complaint_and_listens_only_where_it_was_told(
    start_switch: StartSwitch, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    switch = await start_switch({"extensions.conf": ONE_EXTENSION.format(number=600)})
    with capsys.disabled():
        sys.stdout.write(f"\n[Asterisk {switch.installation.version} booted in {time.monotonic() - began:.2f} s]\n")
    assert "'600'" in await switch.cli("dialplan show 600@phones")
    with pytest.raises(UnknownCommandError, match="'queue levitate'"):
        await switch.wait_for("queue levitate", "lifted")
    assert switch.complaints() == []
    ports = switch.ports
    told = {f"{switch.address}:{port}" for port in (ports.sip, ports.ami)}
    found = listening(switch.process.pid)
    assert told <= found
    # its DNS resolver keeps one unconnected UDP socket, which takes what is sent from nowhere else
    assert {address for address in found - told if not address.startswith("0.0.0.0:")} == set()
    assert len(found - told) <= 1


async def test_two_run_side_by_side_without_knowing_each_other(start_switch: StartSwitch) -> None:
    one = await start_switch({"extensions.conf": ONE_EXTENSION.format(number=1)}, name="node1")
    two = await start_switch({"extensions.conf": ONE_EXTENSION.format(number=2)}, name="node2")
    assert one.address != two.address
    assert one.folder != two.folder
    assert "'1'" in await one.cli("dialplan show phones")
    assert "'2'" in await two.cli("dialplan show phones")
    assert "node1" in await one.cli("core show settings")


async def test_a_generated_folder_with_a_current_link_is_run_as_it_is(
    new_switch: Callable[..., Switch], tmp_path: Path
) -> None:
    switch = new_switch()
    for number in (1, 2):
        generation = tmp_path / f"generations/{number}"
        generation.mkdir(parents=True)
        files = basis.files(switch, {"extensions.conf": ONE_EXTENSION.format(number=number)})
        for name, text in files.items():
            (generation / name).write_text(text, encoding="utf-8")
    current = tmp_path / "current"
    current.symlink_to("generations/1")
    await switch.start(etc=current)
    assert "'1'" in await switch.cli("dialplan show phones")
    fresh = tmp_path / "current.new"
    fresh.symlink_to("generations/2")
    fresh.replace(current)
    await switch.cli("dialplan reload")
    assert "'2'" in await switch.cli("dialplan show phones")
    await switch.restart()
    assert "'2'" in await switch.cli("dialplan show phones")


async def test_a_configuration_that_does_not_boot_says_so_with_its_log(new_switch: Callable[..., Switch]) -> None:
    switch = new_switch()
    with pytest.raises(ProcessDiedError, match="did not boot"):
        await switch.start({"modules.conf": "[modules]\nautoload=no\nrequire=no_such_module.so\n"})


async def test_it_is_restarted_killed_and_booted_again_on_the_same_folder(start_switch: StartSwitch) -> None:
    switch = await start_switch()
    await switch.cli("database put family key value")
    await switch.restart()
    assert "value" in await switch.cli("database get family key")
    first = switch.process.pid
    switch.kill()
    assert switch.process.returncode == -signal.SIGKILL
    with pytest.raises(OSError, match=r"."):
        await switch.cli("core show uptime")
    await switch.boot_again()
    assert switch.process.pid != first
    assert "System uptime" in await switch.cli("core show uptime")


async def test_frozen_it_answers_nothing_and_thawed_it_goes_on(start_switch: StartSwitch) -> None:
    switch = await start_switch()
    switch.freeze()
    with pytest.raises(TimeoutError):
        await switch.cli("core show uptime", timeout=0.3)
    switch.thaw()
    assert "System uptime" in await switch.cli("core show uptime")


def test_it_dies_with_a_test_process_that_is_killed(tmp_path: Path) -> None:
    """SIGKILL of the process that runs the tests leaves no Asterisk behind, and its address can be had again."""
    program = tmp_path / "starts.py"
    program.write_text(
        "import asyncio, sys\n"
        "from kit import basis\n"
        "from kit.switch import Switch\n"
        "async def main():\n"
        "    switch = Switch()\n"
        "    await switch.start(basis.files(switch))\n"
        "    print(switch.process.pid, switch.folder, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n",
        encoding="utf-8",
    )
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY / "tests")}
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True, env=env) as parent:
        assert parent.stdout is not None
        pid, folder = parent.stdout.readline().split()
        assert Path(f"/proc/{pid}/cmdline").exists()
        parent.kill()
    for _ in range(1000):
        if not Path(f"/proc/{pid}/cmdline").exists() or not Path(f"/proc/{pid}/cmdline").read_bytes():
            break
        time.sleep(0.02)
    else:
        pytest.fail(f"Asterisk {pid} outlived its parent")
    shutil.rmtree(folder)


def test_addresses_are_lent_to_one_at_a_time() -> None:
    with lease() as one, lease() as two:
        assert one.address != two.address
        port = free_port(one.address, 5060)
        assert port == 5060
    with lease() as again:
        assert again.address == one.address
