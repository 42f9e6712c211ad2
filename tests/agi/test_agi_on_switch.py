"""The call wire on a real Asterisk: real keys from real phones, callers who leave, servers that die or hang."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Protocol

import pytest

from agi.call import Call
from agi.errors import CallerHungUp, CommandRefused
from agi.flow.document import Edge, Flow, Menu, Play, Retry, Target, TargetKind
from agi.flow.lookup import Lookup
from agi.ports import (
    NOTHING_FOUND,
    Block,
    NoSystems,
    PinnedFlow,
    Ports,
    Question,
    Response,
    RouteDecision,
    RouteRequest,
)
from agi.protocol import COMMAND_BYTES, Command
from agi.scripts import menu
from agi.server import FastAgiServer, Limits, Script, Stats
from ami.client import Address
from kit import basis
from kit.manager import ManagerSession, Message
from kit.patience import PATIENCE, until
from kit.phones import PhoneCall, Phones
from kit.recorded_house import manager_bytes
from kit.switch import Switch

pytestmark = pytest.mark.switch

HOST = "127.0.0.1"
REPOSITORY = Path(__file__).resolve().parents[2]
LONG = "demo-congrats"  # about half a minute
SHORT = "beep"

DIALPLAN = """\
[general]
[phones]
exten => 100,1,Goto(ivr,s,1)
exten => 200,1,Answer
 same => n,Wait(300)
[ivr]
exten => s,1,MSet(AGIEXITONHANGUP={exits},CB_DONE=,CB_KIND=,CB_TARGET=)
 same => n,Set(EVIL=${{BASE64_DECODE(YSkKMjAwIHJlc3VsdD0xIChmb3JnZWQp)}})
 same => n,Set(TIMEOUT(absolute)={guard})
 same => n,AGI({agi},acme,main,1)
 same => n,Set(TIMEOUT(absolute)=0)
 same => n,GotoIf($["${{CB_DONE}}" = ""]?fallback,s,1)
 same => n,UserEvent(Done,Kind: ${{CB_KIND}},Target: ${{CB_TARGET}},Why: ${{CB_WHY}},Language: ${{CHANNEL(language)}})
 same => n,Hangup
exten => T,1,UserEvent(TimeUp)
 same => n,Goto(fallback,s,1)
[fallback]
exten => s,1,UserEvent(Fallback,Status: ${{AGISTATUS}})
 same => n,Answer
 same => n,Wait(1)
 same => n,Hangup
"""


def to(kind: str, name: str = "", language: str | None = None) -> Edge:
    return Edge(Target(TargetKind(kind), name), language)


def flow(prompt: str = LONG, *, barge_in: bool = True, first: float = 5.0) -> Flow:
    goodbye = Retry(2, to("message", "bye"))
    keys = {"1": to("queue", "one", "fr"), "2": to("menu", "second"), "45": to("queue", "long"), "0": to("play", "p")}
    second = {"7": to("person", "amel"), "8": to("back"), "#": to("voicemail", "box")}
    return Flow(
        {
            "top": Menu(
                "top",
                prompt="long",
                keys=keys,
                no_input=Retry(1, to("queue", "quiet")),
                wrong_input=goodbye,
                barge_in=barge_in,
                first_digit_seconds=first,
                inter_digit_seconds=1.5,
            ),
            "second": Menu(
                "second",
                prompt="short",
                keys=second,
                no_input=Retry(1, to("hangup")),
                wrong_input=goodbye,
                first_digit_seconds=5,
                inter_digit_seconds=2,
            ),
            "p": Play("p", "short", to("back")),
        },
        {},
        {"long": {"en": (prompt,), "fr": (prompt,)}, "short": {"en": (SHORT,), "fr": (SHORT,)}},
        "en",
    )


@dataclass
class House:
    flow: Flow = field(default_factory=flow)
    callers: list[str] = field(default_factory=list)
    gate: asyncio.Event | None = None

    async def entry(self, company: str, did: str, call: str, version: int | None) -> PinnedFlow | None:
        return PinnedFlow(self.flow, 3, "top")

    async def find(self, company: str, number: str) -> Block | None:
        self.callers.append(number)
        if self.gate is not None:
            await self.gate.wait()
        return None

    async def decide(self, request: RouteRequest) -> RouteDecision | None:
        return None

    def now(self) -> datetime:
        return datetime.now(UTC)

    @property
    def ports(self) -> Ports:
        return Ports(self, self, self, self)


class Boot(Protocol):
    async def __call__(self, agi: str, *, guard: int = 10, exits: bool = True) -> Switch: ...


@dataclass
class Ivr:
    """A switch with its listener, and a session that hears what happens."""

    switch: Switch
    server: FastAgiServer
    session: ManagerSession
    house: House

    async def told(self, name: str) -> Message:
        return await self.session.event("UserEvent", UserEvent=name)

    async def local_call(self, number: str = "100") -> None:
        """A call without a telephone: nobody sends it any sound."""
        await self.session.act(
            "Originate", Channel=f"Local/{number}@phones/n", Context="phones", Exten="200", Priority="1", Async="true"
        )


@pytest.fixture
async def boot(new_switch: Callable[..., Switch]) -> Boot:
    async def start(agi: str, *, guard: int = 10, exits: bool = True) -> Switch:
        switch = new_switch()
        dialplan = DIALPLAN.format(agi=agi, guard=guard, exits="yes" if exits else "no")
        own = {"extensions.conf": dialplan, "pjsip.conf": basis.phone(switch, "alice")}
        await switch.start(basis.files(switch, own))
        return switch

    return start


@pytest.fixture
async def ivr(boot: Boot) -> AsyncIterator[Callable[..., Awaitable[Ivr]]]:
    async with contextlib.AsyncExitStack() as stack:

        async def start(
            script: Script = menu.run, house: House | None = None, *, exits: bool = True, **limits: float
        ) -> Ivr:
            house = house or House()
            chosen = Limits(**limits)  # type: ignore[arg-type]
            server = FastAgiServer(HOST, 0, {"menu": script}, house=house.ports, limits=chosen)
            await server.start()
            stack.push_async_callback(server.close)
            switch = await boot(f"agi://{HOST}:{server.port}/menu", exits=exits)
            session = await stack.enter_async_context(open_session(switch))
            return Ivr(switch, server, session, house)

        yield start


def open_session(switch: Switch) -> contextlib.AbstractAsyncContextManager[ManagerSession]:
    return ManagerSession.open(switch, basis.AMI_USER, basis.AMI_SECRET)


async def call_in(phones: Phones, switch: Switch) -> PhoneCall:
    alice = await phones.phone("alice", switch.sip, "alice-secret")
    await alice.register()
    return await alice.dial("100")


# --- callers ----------------------------------------------------------------------------------------------------------


async def test_keys_lead_through_nested_menus(ivr: Callable[..., Awaitable[Ivr]], phones: Phones) -> None:
    desk = await ivr()
    call = await call_in(phones, desk.switch)
    await call.hears_something()
    # Typing stops a prompt of half a minute; the second menu's key is pressed as soon as that menu is entered.
    await call.press("2")
    await desk.session.event("UserEvent", UserEvent="CordboardMenu", Menu="second")
    await call.press("7")
    done = await desk.told("Done")
    assert (done["Kind"], done["Target"], done["Why"]) == ("person", "amel", "message")
    await call.ended()
    choices = await desk.session.all_events("UserEvent", {"UserEvent": "CordboardChoice"}, 2)
    assert [(choice["Menu"], choice["Edge"], choice["Key"]) for choice in choices] == [
        ("top", "key", "2"),
        ("second", "key", "7"),
    ]
    assert desk.house.callers == ["unknown"]  # her phone says `alice`, which is no number
    await until(lambda: desk.server.stats.finished == 1)


async def test_keys_typed_ahead_are_kept_by_the_channel(ivr: Callable[..., Awaitable[Ivr]], phones: Phones) -> None:
    desk = await ivr()
    call = await call_in(phones, desk.switch)
    await call.hears_something()
    await call.press("2#")
    done = await desk.told("Done")
    assert (done["Kind"], done["Target"]) == ("voicemail", "box")


class Knowing(House, NoSystems):
    """A system is asked before the first menu, and answers as soon as `may_answer` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.is_awaited, self.may_answer = asyncio.Event(), asyncio.Event()
        way = to("menu", "top")
        who = Lookup("who", source="crm", send={}, into={}, found=way, not_found=way, failure=way, deadline_seconds=20)
        nodes = {**self.flow.nodes, "hello": Play("hello", "short", to("step", "who")), "who": who}
        self.flow = replace(self.flow, nodes=nodes)

    async def entry(self, company: str, did: str, call: str, version: int | None) -> PinnedFlow | None:
        return PinnedFlow(self.flow, 3, "hello")

    @contextlib.asynccontextmanager
    async def asked(self, question: Question) -> AsyncIterator[Awaitable[Response]]:
        yield self._answer()

    async def _answer(self) -> Response:
        self.is_awaited.set()
        await self.may_answer.wait()
        return NOTHING_FOUND

    @property
    def ports(self) -> Ports:
        return Ports(self, self, self, self, systems=self)


async def test_keys_typed_while_a_system_is_asked_are_kept(ivr: Callable[..., Awaitable[Ivr]], phones: Phones) -> None:
    house = Knowing()
    desk = await ivr(house=house)
    call = await call_in(phones, desk.switch)
    await house.is_awaited.wait()
    await call.press("2#")
    for key in "2#":
        await desk.session.event("DTMFEnd", Digit=key, Direction="Received")
    house.may_answer.set()
    done = await desk.told("Done")
    assert (done["Kind"], done["Target"]) == ("voicemail", "box")


async def test_keys_of_two_digits_and_a_language(ivr: Callable[..., Awaitable[Ivr]], phones: Phones) -> None:
    desk = await ivr()
    call = await call_in(phones, desk.switch)
    await call.hears_something()
    await call.press("45")
    assert (await desk.told("Done"))["Target"] == "long"
    await call.ended()
    call = await call.phone.dial("100")
    await call.hears_something()
    await call.press("1")
    await desk.session.all_events("UserEvent", {"UserEvent": "Done"}, 2)
    done = await desk.session.event("UserEvent", UserEvent="Done", Target="one")
    assert done["Language"] == "fr"


async def test_without_barge_in_keys_in_the_prompt_are_dropped(
    ivr: Callable[..., Awaitable[Ivr]], phones: Phones
) -> None:
    # Three seconds of prompt; a key in it is lost, the same key after it counts.
    desk = await ivr(house=House(flow("vm-goodbye", barge_in=False, first=1.0)))
    call = await call_in(phones, desk.switch)
    await call.hears_something()
    await call.press("1")
    assert (await desk.told("Done"))["Target"] == "quiet"


async def test_wrong_keys_and_silence(ivr: Callable[..., Awaitable[Ivr]], phones: Phones) -> None:
    desk = await ivr(house=House(flow(SHORT, first=3.0)))
    call = await call_in(phones, desk.switch)
    await desk.told("CordboardMenu")
    await call.press("999")
    done = await desk.told("Done")
    assert (done["Target"], done["Why"]) == ("bye", "wrong_input")
    await call.ended()
    call = await call.phone.dial("100")
    done = await desk.session.event("UserEvent", UserEvent="Done", Target="quiet")
    assert done["Why"] == "no_input"


@pytest.mark.parametrize("exits", [True, False], ids=["closing", "telling"])
@pytest.mark.parametrize("step", ["prompt", "digit", "house", "second prompt"])
async def test_a_hang_up_at_any_step_ends_the_script(
    ivr: Callable[..., Awaitable[Ivr]], phones: Phones, step: str, exits: bool
) -> None:
    """Asterisk tells of a hang-up by closing the connection (AGIEXITONHANGUP=yes) or by a line HANGUP."""
    house = House(flow(SHORT if step == "digit" else LONG, first=30))
    if step == "house":
        house.gate = asyncio.Event()
    desk = await ivr(house=house, exits=exits)
    alice = await phones.phone("alice", desk.switch.sip, "alice-secret")
    await alice.register()
    call = await alice.start_call("100")
    await until(lambda: bool(house.callers))
    match step:
        case "prompt":
            await call.hears_something()
        case "digit":
            await call.hears_something()
            await call.hears_silence()
        case "second prompt":
            await call.hears_something()
            await call.press("2")
            await desk.session.event("UserEvent", UserEvent="CordboardMenu", Menu="second")
        case _:
            pass
    assert desk.server.stats.active == 1
    await call.hang_up()
    async with asyncio.timeout(PATIENCE):
        await until(lambda: desk.server.stats.active == 0)
    assert desk.server.stats.hung_up == 1
    await desk.switch.wait_idle()
    assert not [event for event in desk.session.events if event.get("UserEvent") in ("Done", "Fallback")]


async def test_sixty_callers_at_once(ivr: Callable[..., Awaitable[Ivr]]) -> None:
    desk = await ivr(house=House(flow(SHORT, first=1.0)))
    for _ in range(60):
        await desk.local_call()
    done = await desk.session.all_events("UserEvent", {"UserEvent": "Done"}, 60)
    assert {(event["Target"], event["Why"]) for event in done} == {("quiet", "no_input")}
    await until(lambda: desk.server.stats.finished == 60)
    await desk.switch.cli("channel request hangup all")
    await desk.switch.wait_idle()


# --- servers that do not answer as they should ------------------------------------------------------------------------


async def test_a_script_that_fails_leads_to_the_fallback(ivr: Callable[..., Awaitable[Ivr]]) -> None:
    async def broken(call: Call, house: Ports) -> None:
        await call.answer()
        raise KeyError(call.caller)

    desk = await ivr(broken)
    await desk.local_call()
    assert (await desk.told("Fallback"))["Status"] == "SUCCESS"
    assert desk.server.stats.failed == 1


async def test_a_full_server_leads_to_the_fallback_at_once(ivr: Callable[..., Awaitable[Ivr]]) -> None:
    house = House(gate=asyncio.Event())
    desk = await ivr(house=house, max_calls=1)
    await desk.local_call()
    await until(lambda: desk.server.stats.active == 1)
    await desk.local_call()
    await desk.told("Fallback")
    assert desk.server.stats.refused == 1
    assert desk.server.stats.active == 1


async def test_draining_leads_new_callers_to_the_fallback(ivr: Callable[..., Awaitable[Ivr]], phones: Phones) -> None:
    desk = await ivr()
    call = await call_in(phones, desk.switch)
    await call.hears_something()
    draining = asyncio.create_task(desk.server.drain(30))
    await asyncio.sleep(0)  # it has begun: nobody listens any more
    await desk.local_call()
    assert (await desk.told("Fallback"))["Status"] == "FAILURE"
    await call.press("1")
    assert (await desk.told("Done"))["Target"] == "one"
    assert await draining is True


CHILD = """\
import asyncio, sys
sys.path[:0] = {paths!r}
from agi.scripts import menu
from agi.server import FastAgiServer
from agi_switch_house import House
async def main():
    server = FastAgiServer("127.0.0.1", 0, {{"menu": menu.run}}, house=House().ports)
    await server.start()
    print(server.port, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.fixture
async def child(tmp_path: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """A listener in a process of its own, that can be killed or stopped."""
    (tmp_path / "agi_switch_house.py").symlink_to(__file__)
    script = tmp_path / "serve.py"
    paths = [str(REPOSITORY), str(REPOSITORY / "tests"), str(tmp_path)]
    script.write_text(CHILD.format(paths=paths), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(sys.executable, str(script), stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    port = int(await asyncio.wait_for(process.stdout.readline(), 20))
    yield process, port
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.communicate()


async def test_a_server_killed_in_mid_menu_leads_to_the_fallback(
    boot: Boot, phones: Phones, child: tuple[asyncio.subprocess.Process, int]
) -> None:
    process, port = child
    switch = await boot(f"agi://{HOST}:{port}/menu")
    async with open_session(switch) as session:
        call = await call_in(phones, switch)
        await call.hears_something()
        process.kill()
        await process.wait()
        told = await session.event("UserEvent", UserEvent="Fallback")
        # Asterisk calls this a success: only the missing marker tells.
        assert told["Status"] == "SUCCESS"
        assert not call.has_ended
        await call.ended()
        again = await call.phone.start_call("100")
        fallbacks = await session.all_events("UserEvent", {"UserEvent": "Fallback"}, 2)
        assert fallbacks[1]["Status"] == "FAILURE"
        await again.ended()


@pytest.mark.parametrize("moment", ["local", "ringing", "prompt", "digit"])
async def test_a_server_that_hangs_loses_the_call_to_the_dialplan(
    boot: Boot, phones: Phones, child: tuple[asyncio.subprocess.Process, int], moment: str
) -> None:
    """Without sound (a Local channel, a phone not answered yet) and with it (in a prompt, waiting for a key).

    TIMEOUT(absolute) alone does nothing here: Asterisk takes the call for hung up and waits for the server to close.
    AGIEXITONHANGUP=yes makes it go on at once.
    """
    process, port = child
    switch = await boot(f"agi://{HOST}:{port}/menu", guard=2)
    async with open_session(switch) as session:
        if moment == "local":
            process.send_signal(signal.SIGSTOP)
            await session.act(
                "Originate", Channel="Local/100@phones/n", Context="phones", Exten="200", Priority="1", Async="true"
            )
        elif moment == "ringing":
            process.send_signal(signal.SIGSTOP)
            alice = await phones.phone("alice", switch.sip, "alice-secret")
            await alice.register()
            await alice.start_call("100")
        else:
            call = await call_in(phones, switch)
            await call.hears_something()
            if moment == "digit":
                await call.press("2")
                await session.event("UserEvent", UserEvent="CordboardMenu", Menu="second")
                await call.hears_silence()
            process.send_signal(signal.SIGSTOP)
            # The switch was pushed forward for a whole sound: the dialplan's clock is turned on, not waited for.
            await switch.cli(f"dialplan set chanvar {await only_channel(switch)} TIMEOUT(absolute) 1")
        await session.event("UserEvent", UserEvent="TimeUp")
        await session.event("UserEvent", UserEvent="Fallback")
        process.send_signal(signal.SIGCONT)


async def only_channel(switch: Switch) -> str:
    return (await switch.cli("core show channels concise")).split("!")[0]


# --- storms -----------------------------------------------------------------------------------------------------------


async def test_callers_are_served_while_strangers_storm(ivr: Callable[..., Awaitable[Ivr]]) -> None:
    """Garbage, headers that never end, connections that say nothing, close half or break: all the time, by eight."""
    desk = await ivr(house=House(flow(SHORT, first=1.0)), header_seconds=0.3)
    random = Random(7)

    async def storm() -> None:
        while True:
            reader, writer = await asyncio.open_connection(HOST, desk.server.port)
            try:
                match random.randrange(5):
                    case 0:
                        writer.write(random.randbytes(2000))
                    case 1:
                        writer.write(b"agi_network: yes\nagi_network_script: me")
                    case 2:
                        writer.write(b"agi_network: yes\n\n")
                        writer.write_eof()
                    case 3:
                        writer.transport.abort()
                    case _:
                        pass
                await reader.read()
            except OSError:
                pass  # broken by the other end, as it may be
            finally:
                writer.transport.abort()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    strangers = [asyncio.create_task(storm()) for _ in range(8)]
    try:
        await until(lambda: desk.server.stats.malformed > 20 and desk.server.stats.probed > 5)
        before = desk.server.stats.connections
        for _ in range(20):
            await desk.local_call()
        done = await desk.session.all_events("UserEvent", {"UserEvent": "Done"}, 20)
        assert {event["Target"] for event in done} == {"quiet"}
        assert desk.server.stats.connections > before + 20, "the storm went on"
    finally:
        for stranger in strangers:
            stranger.cancel()
        await asyncio.gather(*strangers, return_exceptions=True)
    assert desk.server.stats.finished == 20
    await until(lambda: desk.server.stats.greetings == 0)


async def test_ten_thousand_digits(ivr: Callable[..., Awaitable[Ivr]]) -> None:
    """Of 250 callers each presses forty keys without a pause and goes round in the menu; somebody else chooses among
    them as ever, and they hang up wherever they are."""
    callers, each = 250, 40
    desk = await ivr()
    for _ in range(callers):
        await desk.local_call()
    stormy = await _callers(desk, callers, "CordboardMenu")
    address = Address(desk.switch.address, desk.switch.ports.ami, basis.AMI_USER, basis.AMI_SECRET)
    press = "Action: PlayDTMF\r\nActionID: storm\r\nChannel: {}\r\nDigit: 0\r\nDuration: 1\r\nReceive: true\r\n\r\n"
    async with manager_bytes(address) as (reader, writer):
        writer.write("".join(press.format(name) for _ in range(each) for name in stormy).encode())
        await desk.local_call()
        (calm,) = await _callers(desk, callers + 1, "CordboardMenu") - stormy
        await desk.session.act("PlayDTMF", Channel=calm, Digit="1", Receive="true")
        assert await _callers(desk, 1, "Done", Target="one") == {calm}
        taken = 0
        while taken < callers * each:
            answer = await reader.readuntil(b"\r\n\r\n")
            taken += b"ActionID: storm" in answer and b"Response: Success" in answer
    assert await _callers(desk, callers, "CordboardChoice", Key="0") == stormy
    await desk.switch.cli("channel request hangup all")
    await until(lambda: desk.server.stats.active == 0)
    assert (desk.server.stats.hung_up, desk.server.stats.finished, desk.server.stats.failed) == (callers, 1, 0)
    await desk.switch.wait_idle()


async def _callers(desk: Ivr, count: int, told: str, **values: str) -> set[str]:
    """The channels of those of whom this was told, once they are so many; looked for now and then, not at each event
    of thousands."""
    channels: set[str] = set()
    wanted = {"UserEvent": told, **values}.items()

    def are_all() -> bool:
        channels.update(event["Channel"] for event in desk.session.events if wanted <= event.items())
        return len(channels) >= count

    await until(are_all)
    return channels


async def test_a_wire_that_tears_every_line(boot: Boot) -> None:
    """Each byte comes by itself, both ways: the caller is led as ever."""
    server = FastAgiServer(HOST, 0, {"menu": menu.run}, house=House(flow(SHORT, first=1.0)).ports)
    await server.start()
    torn = 0

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal torn
        with contextlib.suppress(OSError):
            while byte := await reader.read(1):
                writer.write(byte)
                await writer.drain()
                await asyncio.sleep(0)
                torn += 1
        writer.close()

    async def between(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, here = await asyncio.open_connection(HOST, server.port)
        await asyncio.gather(drip(reader, here), drip(there, writer))

    slow = await asyncio.start_server(between, HOST, 0)
    switch = await boot(f"agi://{HOST}:{slow.sockets[0].getsockname()[1]}/menu")
    try:
        async with open_session(switch) as session:
            await session.act(
                "Originate", Channel="Local/100@phones/n", Context="phones", Exten="200", Priority="1", Async="true"
            )
            assert (await session.event("UserEvent", UserEvent="Done"))["Target"] == "quiet"
        await until(lambda: server.stats.active == 0)
        assert server.stats == Stats(connections=1, finished=1)
        assert torn > 1000
    finally:
        slow.close()
        await slow.wait_closed()
        await server.close()


# --- the wire itself --------------------------------------------------------------------------------------------------

HOSTILE = [
    'say "hi" \\ and \\" again',
    "a,b;c|d",
    "${SHELL(id)} $[1+1] %{x}",
    "x) endpos=5",
    "(((",
    ")",
    " leading and trailing ",
    "",
    "hangup",
    "200 result=1",
    "Zoë — 数 \u202e",
    "\x1b[31m\x01\t",
    "x" * 1023,  # the longest that GET VARIABLE gives
]


async def test_what_is_set_is_read_back_from_a_real_channel(ivr: Callable[..., Awaitable[Ivr]]) -> None:
    read: list[str | None] = []
    refused: list[CommandRefused] = []
    ends: list[object] = []

    async def script(call: Call, house: Ports) -> None:
        await call.answer()
        for value in HOSTILE:
            await call.set_variable("X", value)
            read.append(await call.get_variable("X"))
        read.append(await call.get_variable("NOBODY_SET_THIS"))
        # The longest line is one command; its rest would be another.
        room = COMMAND_BYTES - len(Command("SET VARIABLE", ("X", "")).line())
        await call.set_variable("X", "y" * room)
        read.append(await call.get_variable("Y"))
        await call.play(["no-such-sound", SHORT])
        for command in (Command("NO SUCH"), Command("SAY NUMBER"), Command("EXEC", ("NoSuchApplication", ""))):
            try:
                await call._do(command)
            except CommandRefused as error:
                refused.append(error)
        await call.tell("Odd", value="a, b: c\r\nEvent: Forged")
        await call.guard(20)
        await call.hang_up()
        try:
            await call.play([LONG])
        except CallerHungUp as error:
            ends.append(error)
            raise

    desk = await ivr(script)
    await desk.local_call()
    told = await desk.told("Odd")
    await until(lambda: desk.server.stats.active == 0 and desk.server.stats.connections == 1)
    assert read == [*HOSTILE, None, None]
    assert [error.code for error in refused] == [510, 520, 200]
    assert told["Value"] == "a%2C%20b%3A%20c%0D%0AEvent%3A%20Forged"
    assert not [event for event in desk.session.events if event["Event"] == "Forged"]
    assert desk.server.stats.hung_up == len(ends) == 1


async def test_a_value_with_a_line_break_ends_the_script_and_not_the_next_answer(
    ivr: Callable[..., Awaitable[Ivr]],
) -> None:
    # A variable can hold what the dialplan decoded: here a line that looks like the next answer.
    read: list[str | None] = []

    async def script(call: Call, house: Ports) -> None:
        read.append(await call.get_variable("EVIL"))
        await call.set_variable("CB_DONE", "yes")

    desk = await ivr(script)
    await desk.local_call()
    await desk.told("Fallback")
    assert read == ["a"]
    assert desk.server.stats.failed == 1


# --- one process a call -----------------------------------------------------------------------------------------------

PROCESS = """\
#!{python}
import asyncio, sys
sys.path[:0] = {paths!r}
from agi.process import run_process
from agi.scripts import menu
from agi_switch_house import House
sys.exit(asyncio.run(run_process(menu.run, House().ports, sys.stdin.buffer, sys.stdout.buffer)))
"""


async def test_the_same_script_runs_as_a_process_of_its_own(boot: Boot, phones: Phones, tmp_path: Path) -> None:
    switch = await boot("cordboard-menu")
    script = switch.places.agi_bin / "cordboard-menu"
    (switch.places.agi_bin / "agi_switch_house.py").symlink_to(__file__)
    paths = [str(REPOSITORY), str(REPOSITORY / "tests"), str(switch.places.agi_bin)]
    script.write_text(PROCESS.format(python=sys.executable, paths=paths), encoding="utf-8")
    script.chmod(0o755)
    async with open_session(switch) as session:
        call = await call_in(phones, switch)
        await call.hears_something()
        await call.press("2")
        await session.event("UserEvent", UserEvent="CordboardMenu", Menu="second")
        await call.press("7")
        done = await session.event("UserEvent", UserEvent="Done")
        assert (done["Kind"], done["Target"]) == ("person", "amel")
        await call.ended()

        again = await call.phone.dial("100")
        await again.hears_something()
        await again.hang_up()
        await switch.wait_idle()
        assert not [event for event in session.events if event.get("UserEvent") == "Fallback"]

        # A script that dies is no marker either.
        script.write_text(f"#!{sys.executable}\nraise SystemExit(3)\n", encoding="utf-8")
        await call.phone.start_call("100")
        await session.event("UserEvent", UserEvent="Fallback")
    assert os.access(script, os.X_OK)
