"""The byte-speaking peers do what they are told, so that a test of a client proves something about the client."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from kit.agi_caller import AgiCaller, garbage, words
from kit.asterisk_peer import TRANSCRIPTS, AmiPeer, Block, error, event, listing, recorded_events, success
from kit.patience import PATIENCE
from kit.proxy import FaultProxy


class Client:
    """A manager client that only knows bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def read(self) -> Block:
        raw = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)
        return Block.decode(raw[:-4])

    async def act(self, name: str, **headers: str) -> Block:
        self.writer.write(Block((("Action", name), ("ActionID", "7"), *headers.items())).encode())
        return await self.read()

    async def log_in(self) -> None:
        assert await self.reader.readline() == b"Asterisk Call Manager/11.0.0\r\n"
        assert (await self.act("Login", Username="test", Secret="test-secret"))["Response"] == "Success"
        assert (await self.read())["Event"] == "FullyBooted"


@contextlib.asynccontextmanager
async def client(host: str, port: int) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def test_a_peer_answers_by_script_and_tells_what_came() -> None:
    async with AmiPeer() as peer, client(peer.host, peer.port) as ami:
        peer.answer("QueueStatus", listing("QueueStatus", event("QueueParams", Queue="q1")))
        peer.answer("QueueAdd", lambda action: success(f"added {action['Interface']}"))
        peer.answer("QueueRemove", error("no such member"))
        await ami.log_in()
        first, row, last = await ami.act("QueueStatus"), await ami.read(), await ami.read()
        assert (first["EventList"], row["Queue"], last["Event"]) == ("start", "q1", "QueueStatusComplete")
        assert {first["ActionID"], row["ActionID"], last["ActionID"]} == {"7"}
        assert (await ami.act("QueueAdd", Interface="PJSIP/a"))["Message"] == "added PJSIP/a"
        assert (await ami.act("QueueRemove"))["Message"] == "no such member"
        assert (await ami.act("Nonsense"))["Response"] == "Error"
        assert (await peer.received("queueadd"))["Interface"] == "PJSIP/a"


async def test_a_wrong_secret_is_refused() -> None:
    async with AmiPeer() as peer, client(peer.host, peer.port) as ami:
        await ami.reader.readline()
        assert (await ami.act("Login", Username="test", Secret="wrong"))["Message"] == "Authentication failed"
        assert await ami.reader.read() == b""


@pytest.mark.parametrize("cut", [1, 30, 45, 150])
async def test_a_peer_cuts_at_the_byte_it_was_told(cut: int) -> None:
    async with AmiPeer() as peer:
        peer.cut_after = cut
        async with client(peer.host, peer.port) as ami:
            ami.writer.write(b"Action: Login\r\nUsername: test\r\nSecret: test-secret\r\n\r\n")
            received = await asyncio.wait_for(ami.reader.read(), PATIENCE)
            assert (len(received), peer.cuts) == (cut, 1)


async def test_a_recorded_stream_arrives_byte_by_byte_as_it_was_recorded() -> None:
    name = "01_inbound_answered_callerhangup.ami.txt"
    async with AmiPeer() as peer, client(peer.host, peer.port) as ami:
        await ami.log_in()
        peer.segment = 7
        sending = asyncio.create_task(peer.replay(name))
        expected = recorded_events(TRANSCRIPTS / name)
        assert await asyncio.wait_for(ami.reader.readexactly(len(expected)), 20) == expected
        assert await sending == len(expected)
        assert expected.count(b"\r\n\r\n") > 150


async def test_a_mute_peer_reads_and_says_nothing() -> None:
    async with AmiPeer() as peer, client(peer.host, peer.port) as ami:
        await ami.log_in()
        peer.is_mute = True
        ami.writer.write(b"Action: Ping\r\n\r\n")
        await peer.received("Ping")
        await peer.tell(event("Hangup"))
        peer.is_mute = False
        await peer.tell(event("Newchannel"))
        assert (await ami.read())["Event"] == "Newchannel"


async def test_a_proxy_drops_the_reply_of_one_action_and_counts_it() -> None:
    async with AmiPeer() as peer, FaultProxy(peer.host, peer.port) as proxy, client(proxy.host, proxy.port) as ami:
        await ami.log_in()
        proxy.down.drop_replies = "^7$"
        ami.writer.write(Block((("Action", "Ping"), ("ActionID", "7"))).encode())
        ami.writer.write(Block((("Action", "Ping"), ("ActionID", "8"))).encode())
        assert (await ami.read())["ActionID"] == "8"
        assert proxy.down.dropped == ["7"]


async def test_a_proxy_cuts_delays_drips_swallows_and_counts() -> None:
    async with AmiPeer() as peer, FaultProxy(peer.host, peer.port) as proxy:
        async with client(proxy.host, proxy.port) as ami:
            proxy.down.drip = 0.0001
            await ami.log_in()
            proxy.down.drip = 0
            assert proxy.down.delayed > 100
            proxy.down.is_blackhole = True
            ami.writer.write(b"Action: Ping\r\n\r\n")
            await peer.received("Ping")
            while not proxy.down.swallowed:
                await asyncio.sleep(0.01)
            proxy.down.is_blackhole = False
            proxy.down.cut_after = 5
            ami.writer.write(b"Action: Ping\r\n\r\n")
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await ami.read()
            assert proxy.down.cuts == 1
        proxy.refuses = True
        async with client(proxy.host, proxy.port) as ami:
            assert await ami.reader.read() == b""
        assert (proxy.connections, proxy.refused) == (2, 1)


async def test_a_caller_answers_a_script_like_asterisk() -> None:
    environment: list[str] = []
    replies: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        environment.extend((await reader.readuntil(b"\n\n")).decode().splitlines())
        for command in (
            "ANSWER",
            'STREAM FILE "welcome" "123"',
            "WAIT FOR DIGIT 100",
            'SET VARIABLE CB_DONE "qu\\"eue"',
            "GET VARIABLE CB_DONE",
            "GET VARIABLE NOTHING",
            'EXEC "UserEvent" "CordboardMenu,Menu: main"',
            "SET VARIABLE",
            "DANCE",
            "GET DATA enter 100 3",
        ):
            writer.write(command.encode() + b"\n")
            line = (await reader.readline()).decode().strip()
            while line.startswith("520-") or not line[:3].isdigit():
                line = (await reader.readline()).decode().strip()
            replies.append(line)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    async with server, AgiCaller(host, port, "menu", ["acme", "main"], keys="x1 42#", hang_up_after=10) as caller:
        await caller.finished()
    assert "agi_network_script: menu" in environment
    assert "agi_arg_2: main" in environment
    assert replies == [
        "200 result=0",
        f"200 result={ord('1')} endpos=8000",
        "200 result=0",
        "200 result=1",
        '200 result=1 (qu"eue)',
        "200 result=0",
        "200 result=0",
        "520 End of proper usage.",
        "510 Invalid or unknown command",
        "200 result=42",
    ]
    assert caller.variables == {"CB_DONE": 'qu"eue'}
    assert caller.events("CordboardMenu") == ["CordboardMenu,Menu: main"]
    assert caller.has_hung_up


async def test_garbage_is_sent_as_it_is() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"got " + await reader.readexactly(3))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        assert await garbage(host, port, b"\0\xff\n") == b"got \0\xff\n"


def test_command_lines_are_split_as_asterisk_splits_them() -> None:
    assert words('SET VARIABLE A "b c"') == ["SET", "VARIABLE", "A", "b c"]
    assert words(r'EXEC Foo "a\"b\\c" ""') == ["EXEC", "Foo", 'a"b\\c', ""]
    assert words("") == []
