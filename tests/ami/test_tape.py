"""A recording is bounded, private, whole up to its end, and never over another file."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ami.errors import LinkDown, LoginRefused
from ami.tape import Recorded, Tape
from ami.transcript import Transcript
from ami.wire import Address
from kit.asterisk_peer import AmiPeer, event
from kit.patience import PATIENCE


def address(peer: AmiPeer, secret: str = "test-secret") -> Address:
    return Address(peer.host, peer.port, "test", secret)


async def recorded(
    peer: AmiPeer, path: Path, *, megabytes: float = 1.0, seconds: float | None = 0.3
) -> asyncio.Task[Recorded]:
    tape = Tape(path, megabytes=megabytes)
    task = asyncio.create_task(tape.record(address(peer), "cordboard-barrier", seconds=seconds, stop=asyncio.Event()))
    async with asyncio.timeout(PATIENCE):
        while not path.exists() or tape.messages == 0:
            if task.done():
                break
            await asyncio.sleep(0.01)
    return task


def events(path: Path) -> list[str]:
    transcript = Transcript([path.read_bytes()])
    found = [message.headers.get("Event", "") for message in transcript]
    assert transcript.damages == []
    return [name for name in found if name]


async def test_all_that_comes_is_written_with_its_arrival(tmp_path: Path) -> None:
    path = tmp_path / "day.ami.txt"
    async with AmiPeer() as peer:
        task = await recorded(peer, path, seconds=0.5)
        await peer.tell(event("VarSet", Variable="A", Value="1"), event("Nonsense", X="ü"))
        done = await task
    assert events(path)[-2:] == ["VarSet", "Nonsense"]
    assert done.ended == "after 0.5 s"
    assert all(message.arrived is not None for message in Transcript([path.read_bytes()]))
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_file_that_is_there_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "day.ami.txt"
    path.write_text("mine", encoding="utf-8")
    async with AmiPeer() as peer:
        with pytest.raises(FileExistsError):
            await Tape(path, megabytes=1).record(address(peer), "b", seconds=1, stop=asyncio.Event())
    assert path.read_text(encoding="utf-8") == "mine"


async def test_it_ends_when_it_is_full(tmp_path: Path) -> None:
    path = tmp_path / "day.ami.txt"
    async with AmiPeer() as peer:
        task = await recorded(peer, path, megabytes=0.05, seconds=None)
        await peer.tell(*[event("VarSet", Variable="A", Value="x" * 500) for _ in range(200)])
        done = await asyncio.wait_for(task, PATIENCE)
    assert done.ended == "the file is full"
    assert done.size >= 50_000


async def test_a_lost_link_leaves_what_was_recorded(tmp_path: Path) -> None:
    path = tmp_path / "day.ami.txt"
    async with AmiPeer() as peer:
        task = await recorded(peer, path, seconds=None)
        await peer.tell(event("VarSet", Variable="A", Value="1"))
        async with asyncio.timeout(PATIENCE):
            while b"VarSet" not in path.read_bytes():
                await asyncio.sleep(0.01)
        peer.drop()
        with pytest.raises(LinkDown):
            await asyncio.wait_for(task, PATIENCE)
    assert events(path)[-1] == "VarSet"
    assert b"# ended: " in path.read_bytes()


async def test_a_refused_account_is_told(tmp_path: Path) -> None:
    async with AmiPeer() as peer:
        tape = Tape(tmp_path / "day.ami.txt", megabytes=1)
        with pytest.raises(LoginRefused):
            await tape.record(address(peer, "wrong"), "b", seconds=1, stop=asyncio.Event())
