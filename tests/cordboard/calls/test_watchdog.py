"""The watchdog on real processes: hung ones are killed, dead ones replaced, and stopping waits for callers."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ami.models import AgentState
from cordboard.calls.presence import AgentPresence, Presence, from_line
from cordboard.calls.watchdog import CallServer
from kit.patience import PATIENCE, until

# Speaks the link's words: beats, writes what it hears to a file, ends a while after "stop".
CHILD = """
import os, select, sys, time
fd, heard, ends_after = int(sys.argv[-1]), sys.argv[1], float(sys.argv[2])
out = open(heard, "ab", buffering=0)
os.write(fd, b"ready\\n")
while True:
    os.write(fd, b"beat\\n")
    if select.select([fd], [], [], 0.05)[0]:
        words = os.read(fd, 65536)
        out.write(words)
        if not words:
            break
        if b"stop\\n" in words:
            until = time.monotonic() + ends_after
            while time.monotonic() < until:
                os.write(fd, b"beat\\n"); time.sleep(0.02)
            out.write(b"finished")
            break
"""
PRESENCE = Presence(True, {"acme-amel": AgentPresence(AgentState.READY, "", None)})


@asynccontextmanager
async def _server(tmp_path: Path, deadline: float = PATIENCE, ends_after: float = 0.2) -> AsyncIterator[CallServer]:
    command = [sys.executable, "-c", CHILD, str(tmp_path / "heard"), str(ends_after)]
    server = CallServer(command, deadline=deadline)
    task = asyncio.create_task(server.run())
    try:
        await server.wait_serving(PATIENCE)
        yield server
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_hung_process_is_killed_and_replaced(tmp_path: Path) -> None:
    async with _server(tmp_path, deadline=3) as server:
        first = server.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        await until(lambda: server.kills >= 1)
        await until(lambda: server.starts >= 2 and server.pid not in (None, first))
        await server.wait_serving(PATIENCE)
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)


async def test_a_dead_process_is_replaced_and_told_the_presence_again(tmp_path: Path) -> None:
    async with _server(tmp_path) as server:
        server.tell_presence(lambda: PRESENCE)
        heard = tmp_path / "heard"
        await until(lambda: heard.read_bytes().count(b"acme-amel") == 1)
        first = server.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: heard.read_bytes().count(b"acme-amel") == 2 and heard.read_bytes().endswith(b"\n"))
        assert server.starts == 2
        assert from_line(heard.read_bytes().splitlines()[-1]) == PRESENCE
        assert server.kills == 0


async def test_stopping_lets_callers_finish(tmp_path: Path) -> None:
    async with _server(tmp_path, ends_after=0.5) as server:
        await server.stop(drain=10)
        assert server.pid is None
    assert (tmp_path / "heard").read_bytes().endswith(b"finished")
    assert server.starts == 1


async def test_stopping_ends_one_that_does_not_finish(tmp_path: Path) -> None:
    async with _server(tmp_path, deadline=1, ends_after=600) as server:
        await server.stop(drain=0.1)
        assert server.pid is None
    assert not (tmp_path / "heard").read_bytes().endswith(b"finished")


async def test_a_hung_process_does_not_let_presence_pile_up(tmp_path: Path) -> None:
    async with _server(tmp_path) as server:
        pid = server.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        for _ in range(5000):
            server.tell_presence(lambda: PRESENCE)
        writer = server._writer
        assert writer is not None
        assert 0 < writer.transport.get_write_buffer_size() < 300_000
        os.kill(pid, signal.SIGCONT)


async def test_a_stall_of_our_own_kills_nobody(tmp_path: Path) -> None:
    async with _server(tmp_path, deadline=2) as server:
        first = server.pid
        time.sleep(3)  # noqa: ASYNC251 - the stall
        await asyncio.sleep(1.0)
        assert (server.kills, server.starts, server.pid) == (0, 1, first)


async def test_last_words_are_heard(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A process that cannot serve closes the link before it says why: it is given the time."""
    program = "import os, sys, time; os.close(int(sys.argv[-1])); time.sleep(0.3); sys.exit('the port is taken')"
    server = CallServer([sys.executable, "-c", program], deadline=5)
    task = asyncio.create_task(server.run())
    await until(lambda: server.starts >= 2)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert "the port is taken" in capfd.readouterr().err


async def test_the_environment_is_handed_on(tmp_path: Path) -> None:
    program = f"import os; open({str(tmp_path / 'out')!r}, 'w').write(os.environ['CORDBOARD_NODE'])"
    server = CallServer([sys.executable, "-c", program], deadline=5, environment={"CORDBOARD_NODE": "pbx9"})
    task = asyncio.create_task(server.run())
    await until(lambda: (tmp_path / "out").is_file() and (tmp_path / "out").read_text() == "pbx9")
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
