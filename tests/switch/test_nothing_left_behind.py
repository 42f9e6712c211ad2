"""A test that leaves something behind is an error: shown by tests that do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LEAVING = """
import asyncio, socket, subprocess, threading, time
import pytest

kept = []

async def test_task(): kept.append(asyncio.create_task(asyncio.sleep(60)))
def test_thread(): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
def test_process(): kept.append(subprocess.Popen(["sleep", "60"]))
def test_socket(): kept.append(socket.create_server(("127.0.0.1", 0)))

@pytest.fixture(scope="module")
def shared():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server

def test_shared_socket_may_stay(shared): pass
async def test_executor_ends_with_its_loop(): await asyncio.to_thread(time.sleep, 0.01)
def test_settings_are_hidden():
    import os
    assert "CORDBOARD_ANYTHING" not in os.environ
def test_last():
    for process in [thing for thing in kept if isinstance(thing, subprocess.Popen)]:
        process.kill()
        process.wait()
"""


def test_what_a_test_leaves_behind_is_an_error_that_names_it(tmp_path: Path) -> None:
    leaving = tmp_path / "test_leaving.py"
    leaving.write_text(LEAVING, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-p", "no:cacheprovider"]
    command += ["-c", str(REPOSITORY / "pyproject.toml"), "--rootdir", str(tmp_path), str(leaving)]
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY / "tests"), "CORDBOARD_ANYTHING": "1"}
    run = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=110, check=False)
    assert "8 passed, 4 errors" in run.stdout, run.stdout + run.stderr
    for name in ("left tasks behind", "thread Thread-", "process ", "socket "):
        assert name in run.stdout
