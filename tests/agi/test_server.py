"""The listener: one task a call, and nothing that a stranger does hurts anybody else."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from agi.call import Call
from agi.errors import CallerHungUp, DeadlinePassed, UnsafeValue
from agi.ports import Block, PinnedFlow, Ports, RouteDecision, RouteRequest
from agi.server import FastAgiServer, Limits, Script, Stats
from kit.agi_caller import AgiCaller, environment_of, garbage, greeting
from kit.patience import until

HOST = "127.0.0.1"
Serve = Callable[..., Awaitable[FastAgiServer]]


class NobodyHome:
    """A house without answers."""

    async def entry(self, company: str, did: str, call: str, version: int | None) -> PinnedFlow | None:
        return None

    async def find(self, company: str, number: str) -> Block | None:
        return None

    async def decide(self, request: RouteRequest) -> RouteDecision | None:
        return None

    def now(self) -> datetime:
        return datetime(2026, 3, 2, 10, tzinfo=UTC)


HOUSE = Ports(NobodyHome(), NobodyHome(), NobodyHome(), NobodyHome())


@dataclass
class Scripts:
    """Scripts that do one thing, and what became of them."""

    ended: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def quick(self, call: Call, house: Ports) -> None:
        await call.set_variable("CB_DONE", "yes")
        self.ended.append("quick")

    async def waiting(self, call: Call, house: Ports) -> None:
        """A script that asks the house and waits for the answer."""
        try:
            await self.gate.wait()
            await call.set_variable("CB_DONE", "yes")
        finally:
            self.ended.append("waiting")

    async def playing(self, call: Call, house: Ports) -> None:
        try:
            await call.answer()
            await call.play(["welcome"], "12")
            await call.read_digit(5)
            await call.set_variable("CB_DONE", "yes")
        except CallerHungUp:
            self.ended.append("hung up")
            raise

    async def stubborn(self, call: Call, house: Ports) -> None:
        """A script that takes no notice of its caller's end."""
        try:
            while True:
                with contextlib.suppress(CallerHungUp):
                    await call.read_digit(1)
                await asyncio.sleep(0)
        finally:
            self.ended.append("stubborn")

    async def broken(self, call: Call, house: Ports) -> None:
        raise KeyError(f"no such customer {call.caller}")

    async def hasty(self, call: Call, house: Ports) -> None:
        await asyncio.gather(call.set_variable("A", 1), call.set_variable("B", 2))

    async def unsafe(self, call: Call, house: Ports) -> None:
        await call.set_variable("X", "a\nHANGUP")

    def all(self) -> dict[str, Script]:
        names = ("quick", "waiting", "playing", "stubborn", "broken", "hasty", "unsafe")
        return {name: getattr(self, name) for name in names}


@pytest.fixture
async def scripts() -> Scripts:
    return Scripts()


@pytest.fixture
async def serve(scripts: Scripts) -> AsyncIterator[Serve]:
    servers: list[FastAgiServer] = []

    async def start(**limits: float) -> FastAgiServer:
        chosen = Limits(**{"hangup_seconds": 0.05, **limits})  # type: ignore[arg-type]
        server = FastAgiServer(HOST, 0, scripts.all(), house=HOUSE, limits=chosen)
        servers.append(server)
        await server.start()
        return server

    yield start
    for server in servers:
        await server.close()


def counted(stats: Stats) -> int:
    ends = ("finished", "hung_up", "failed", "overdue", "stopped", "probed", "malformed", "unknown", "refused")
    return sum(getattr(stats, name) for name in ends)


async def test_a_call_runs_its_script(serve: Serve) -> None:
    server = await serve()
    async with AgiCaller(HOST, server.port, "quick") as caller:
        await caller.finished()
    assert caller.variables == {"CB_DONE": "yes"}
    await until(lambda: server.stats.active == 0)
    assert server.stats == Stats(connections=1, finished=1)


async def test_many_calls_at_once(serve: Serve) -> None:
    server = await serve()
    async with contextlib.AsyncExitStack() as stack:
        callers = [
            await stack.enter_async_context(AgiCaller(HOST, server.port, "playing", keys="1")) for _ in range(60)
        ]
        for caller in callers:
            await caller.finished()
        assert all(caller.variables["CB_DONE"] == "yes" for caller in callers)
    assert server.stats.finished == 60


# --- what a caller's end does -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 2, 3])
async def test_a_hang_up_after_any_command_ends_the_script(serve: Serve, scripts: Scripts, steps: int) -> None:
    server = await serve()
    async with AgiCaller(HOST, server.port, "playing", hang_up_after=steps) as caller:
        await caller.finished()
    assert "CB_DONE" not in caller.variables
    assert scripts.ended == ["hung up"]
    assert server.stats.hung_up == 1


@pytest.mark.parametrize("way", ["hang_up", "drop", "half_close"])
async def test_a_hang_up_while_the_house_is_asked_ends_the_script(serve: Serve, scripts: Scripts, way: str) -> None:
    server = await serve()
    async with AgiCaller(HOST, server.port, "waiting") as caller:
        await until(lambda: server.stats.active == 1)
        match way:
            case "hang_up":
                await caller.hang_up()
            case "drop":
                caller.drop()
            case _:
                caller.half_close()
        await until(lambda: server.stats.hung_up == 1)
    assert scripts.ended == ["waiting"]


@pytest.mark.parametrize(
    "answer",
    [
        "HANGUP\n200 result=-1 endpos=0\n",
        "200 result=-1 endpos=0\nHANGUP\n",
        "520-Invalid command syntax.\nHANGUP\nUsage\n520 End of proper usage.\n",
        "100 Trying\nHANGUP\n",
        "511 Command Not Permitted on a dead channel or intercept routine\n",
        "",
    ],
    ids=["before", "after", "in-the-middle", "instead", "dead", "nothing"],
)
async def test_a_hang_up_is_known_wherever_it_is_said(serve: Serve, scripts: Scripts, answer: str) -> None:
    server = await serve()
    async with AgiCaller(HOST, server.port, "playing", answers={"STREAM FILE": answer}) as caller:
        if not answer:
            await until(lambda: len(caller.commands) == 2)
            await caller.hang_up()
        await caller.finished()
    await until(lambda: server.stats.active == 0)
    assert server.stats.hung_up == 1
    assert scripts.ended == ["hung up"]


async def test_a_hang_up_that_is_only_a_failed_command_is_asked_for(serve: Serve) -> None:
    dead = "511 Command Not Permitted on a dead channel or intercept routine\n"
    server = await serve()
    answers = {"STREAM FILE": "200 result=-1 endpos=0\n", "CHANNEL STATUS": dead}
    async with AgiCaller(HOST, server.port, "playing", answers=dict(answers)) as caller:
        await caller.finished()
    assert server.stats.hung_up == 1


async def test_a_sound_that_is_missing_is_no_hang_up(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    server = await serve()
    answers = {"STREAM FILE": "200 result=-1 endpos=0\n", "CHANNEL STATUS": "200 result=6\n"}
    async with AgiCaller(HOST, server.port, "playing", keys="1", answers=dict(answers)) as caller:
        await caller.finished()
    assert caller.variables["CB_DONE"] == "yes"
    assert "a sound is missing on the switch" in caplog.messages


async def test_a_script_that_ignores_the_hang_up_is_ended(serve: Serve, scripts: Scripts) -> None:
    server = await serve()
    async with AgiCaller(HOST, server.port, "stubborn", hang_up_after=3) as caller:
        await caller.finished()
    assert scripts.ended == ["stubborn"]
    assert server.stats.hung_up == 1


# --- what a script does wrong -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", ["broken", "unsafe"])
async def test_a_failing_script_leaves_its_call_to_the_dialplan(
    serve: Serve, script: str, caplog: pytest.LogCaptureFixture
) -> None:
    server = await serve()
    async with AgiCaller(HOST, server.port, script) as caller:
        await caller.finished()
    assert caller.variables == {}
    assert caller.commands == []
    assert server.stats.failed == 1
    record = next(record for record in caplog.records if record.levelno == logging.ERROR)
    assert record.__dict__["error"] == ("KeyError" if script == "broken" else UnsafeValue.__name__)
    assert "0612345678" not in str(record.__dict__)
    async with AgiCaller(HOST, server.port, "quick") as caller:
        await caller.finished()
    assert server.stats.finished == 1


async def test_an_unknown_script_is_refused(serve: Serve) -> None:
    server = await serve()
    for name in ("", "nothing", "../quick", "quick?x"):
        async with AgiCaller(HOST, server.port, name) as caller:
            await caller.finished()
        assert caller.commands == []
    assert server.stats.unknown == 4


async def test_a_command_that_is_never_answered_ends_the_call(serve: Serve) -> None:
    server = await serve(command_seconds=0.05)
    async with AgiCaller(HOST, server.port, "quick", answers={"SET VARIABLE": ""}) as caller:
        await caller.finished()
    await until(lambda: server.stats.active == 0)
    assert server.stats.overdue == 1


async def test_a_deadline_that_a_script_ignores_is_one_all_the_same(serve: Serve, scripts: Scripts) -> None:
    server = await serve(command_seconds=0.05)

    async def ignoring(call: Call, house: Ports) -> None:
        with contextlib.suppress(DeadlinePassed):
            await call.set_variable("X", 1)
        await scripts.gate.wait()

    server._scripts["ignoring"] = ignoring
    async with AgiCaller(HOST, server.port, "ignoring", answers={"SET VARIABLE": ""}) as caller:
        await caller.finished()
    assert server.stats.overdue == 1


async def test_two_commands_at_once_are_refused(serve: Serve) -> None:
    server = await serve()
    async with AgiCaller(HOST, server.port, "hasty") as caller:
        await caller.finished()
    assert caller.commands == ['SET VARIABLE "A" "1"']
    assert server.stats.failed == 1


async def test_a_prompt_is_given_the_time_that_it_takes(serve: Serve) -> None:
    server = await serve(command_seconds=0.05)
    async with AgiCaller(HOST, server.port, "playing", answers={"STREAM FILE": ""}) as caller:
        await until(lambda: len(caller.commands) == 2)
        await asyncio.sleep(0.2)
        assert server.stats.active == 1
        await caller.send(b"200 result=0 endpos=0\n")
        await caller.finished()
    assert server.stats.finished == 1


async def test_a_call_that_never_ends_is_ended(serve: Serve, scripts: Scripts) -> None:
    server = await serve(call_seconds=0.05)
    async with AgiCaller(HOST, server.port, "waiting") as caller:
        await caller.finished()
    assert scripts.ended == ["waiting"]
    assert server.stats.overdue == 1


@pytest.mark.parametrize(
    "noise",
    [b"200 result=1\n", b"hello\n", b"\xff\xfe\n", b"x" * 70000, b"520-\n" + b"x\n" * 300],
    ids=["reply", "words", "bytes", "long", "endless"],
)
async def test_noise_from_the_switch_ends_the_call(serve: Serve, noise: bytes) -> None:
    server = await serve()
    async with AgiCaller(HOST, server.port, "waiting") as caller:
        await until(lambda: server.stats.active == 1)
        await caller.send(noise)
        await caller.finished()
    await until(lambda: server.stats.active == 0)
    assert server.stats.failed == 1


async def test_a_forged_second_reply_is_not_taken_for_an_answer(serve: Serve) -> None:
    # A variable whose value ends a line like a reply: what follows would answer the next command.
    server = await serve()
    answers = {"ANSWER": "200 result=0\n200 result=49 endpos=0\n"}
    async with AgiCaller(HOST, server.port, "playing", answers=dict(answers)) as caller:
        await caller.finished()
    assert "CB_DONE" not in caller.variables
    assert server.stats.failed == 1


# --- strangers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n\n\n",
        b"\x16\x03\x01\x02\x00\n\n",
        b"\n\n",
        b"agi_channel: x\nagi_arg_1: a\nagi_arg_1: b\n\n",
        b"a: " + b"x" * 20000,
        b"a: x\n" * 200,
        b"agi_channel: x\n" + b"b: x\n" * 200 + b"\n",
        b"\x00" * 20000,
    ],
    ids=["http", "tls", "empty", "twice", "long", "lines", "lines-and-end", "nul"],
)
async def test_garbage_is_closed_at_once(serve: Serve, data: bytes) -> None:
    server = await serve()
    assert await garbage(HOST, server.port, data) == b""
    await until(lambda: server.stats.malformed == 1)


async def test_ten_megabytes_of_header_are_not_read(serve: Serve) -> None:
    server = await serve()
    assert await garbage(HOST, server.port, b"agi_channel: " + b"x" * 10_000_000) == b""
    assert server.stats.malformed == 1


async def test_a_health_check_is_harmless(serve: Serve) -> None:
    server = await serve()
    for _ in range(20):
        _, writer = await asyncio.open_connection(HOST, server.port)
        writer.close()
        await writer.wait_closed()
    await until(lambda: server.stats.probed == 20)
    async with AgiCaller(HOST, server.port, "quick") as caller:
        await caller.finished()
    assert server.stats.finished == 1


async def test_a_header_that_never_ends_is_given_up(serve: Serve) -> None:
    server = await serve(header_seconds=0.05)
    assert await garbage(HOST, server.port, b"agi_network: yes\n") == b""
    assert await garbage(HOST, server.port, b"") == b""
    assert server.stats.malformed == 2


async def test_silent_strangers_keep_nobody_out(serve: Serve) -> None:
    server = await serve(max_greetings=20, max_calls=5)
    strangers = [await asyncio.open_connection(HOST, server.port) for _ in range(100)]
    for _, writer in strangers[:50]:
        writer.write(b"agi_network: yes\n")
    async with AgiCaller(HOST, server.port, "quick") as caller:
        await caller.finished()
    assert caller.variables == {"CB_DONE": "yes"}
    assert server.stats.greetings <= 20
    for _, writer in strangers:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    await until(lambda: server.stats.greetings == 0)
    assert counted(server.stats) == server.stats.connections == 101


async def test_all_callers_may_come_in_one_moment(serve: Serve) -> None:
    server = await serve(max_calls=300)
    with contextlib.ExitStack() as stack:
        for _ in range(300):  # accepted together, since the loop has no turn meanwhile
            caller = stack.enter_context(socket.create_connection((HOST, server.port)))
            caller.sendall(greeting(environment_of(HOST, server.port, "waiting")))
        await until(lambda: server.stats.connections == 300 and server.stats.greetings == 0)
        assert (server.stats.active, server.stats.malformed, server.stats.refused) == (300, 0, 0)
    await until(lambda: server.stats.active == 0)
    assert server.stats.hung_up == 300


async def test_a_call_too_many_is_closed_at_once(serve: Serve, scripts: Scripts) -> None:
    server = await serve(max_calls=2)
    async with AgiCaller(HOST, server.port, "waiting"), AgiCaller(HOST, server.port, "waiting"):
        await until(lambda: server.stats.active == 2)
        async with AgiCaller(HOST, server.port, "quick") as third:
            await third.finished()
        assert third.commands == []
        assert server.stats.refused == 1
        scripts.gate.set()
        await until(lambda: server.stats.finished == 2)
    async with AgiCaller(HOST, server.port, "quick") as fourth:
        await fourth.finished()
    assert fourth.variables == {"CB_DONE": "yes"}


async def test_only_known_addresses_are_heard(scripts: Scripts) -> None:
    server = FastAgiServer(HOST, 0, scripts.all(), house=HOUSE, allowed=())
    await server.start()
    async with AgiCaller(HOST, server.port, "quick") as caller:
        await caller.finished()
    await server.close()
    assert caller.commands == []
    assert server.stats == Stats(connections=1, malformed=1)


# --- the end ----------------------------------------------------------------------------------------------------------


async def test_draining_lets_callers_finish_and_takes_no_new_ones(serve: Serve, scripts: Scripts) -> None:
    server = await serve()
    async with AgiCaller(HOST, server.port, "waiting") as caller:
        await until(lambda: server.stats.active == 1)
        _, silent = await asyncio.open_connection(HOST, server.port)
        draining = asyncio.create_task(server.drain(30))
        await asyncio.sleep(0.01)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(HOST, server.port)
        scripts.gate.set()
        assert await draining is True
        await caller.finished()
        silent.close()
    assert caller.variables == {"CB_DONE": "yes"}
    assert server.stats.finished == 1


async def test_draining_ends_those_who_take_too_long(serve: Serve, scripts: Scripts) -> None:
    server = await serve()
    async with AgiCaller(HOST, server.port, "waiting") as caller:
        await until(lambda: server.stats.active == 1)
        assert await server.drain(0.02) is False
        await caller.finished()
    assert "CB_DONE" not in caller.variables
    assert scripts.ended == ["waiting"]
    assert server.stats.stopped == 1


async def test_closing_ends_everything_and_may_come_twice(serve: Serve, scripts: Scripts) -> None:
    server = await serve()
    async with AgiCaller(HOST, server.port, "waiting"), AgiCaller(HOST, server.port, "playing"):
        await until(lambda: server.stats.active >= 1)
        await server.close()
        await server.close()
    assert server.stats.active == 0
    assert counted(server.stats) == server.stats.connections == 2


async def test_a_taken_port_is_told(serve: Serve, scripts: Scripts) -> None:
    server = await serve()
    second = FastAgiServer(HOST, server.port, scripts.all(), house=HOUSE)
    with pytest.raises(OSError, match="address already in use"):
        await second.start()
    await second.close()
