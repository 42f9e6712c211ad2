"""One process a call: each fault of pyst2 is shown where it is, and shown not to be here."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from asterisk.agi import AGI, AGIAppError, AGIDBError, AGIHangup, AGIInvalidCommand, AGIUnknownError, AGIUsageError

from agi.call import Call
from agi.connection import Limits
from agi.errors import CallerHungUp, DeadlinePassed, ProtocolError, UnsafeValue
from agi.ports import Ports
from agi.process import Pipe, ProcessCarrier, Vocabulary, run_process
from agi.protocol import Command, Environment, Reply
from kit.agi_caller import words
from kit.patience import PATIENCE

ENVIRONMENT = Environment({"agi_channel": "PJSIP/x-1", "agi_arg_1": "acme", "agi_arg_2": "main"})
HEADER = b"".join(f"{name}: {value}\n".encode() for name, value in ENVIRONMENT.fields.items()) + b"\n"
THEIRS: Any = AGI
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class Line:
    """Asterisk's end of the pipe: replies written beforehand, commands kept."""

    writing: int
    pipe: Pipe
    sent: io.BytesIO

    def says(self, *lines: str) -> None:
        os.write(self.writing, "".join(f"{line}\n" for line in lines).encode())

    def hangs_up(self) -> None:
        os.close(self.writing)
        self.writing = -1

    @property
    def commands(self) -> list[str]:
        return self.sent.getvalue().decode().splitlines()


@pytest.fixture
def line() -> Iterator[Line]:
    reading, writing = os.pipe()
    made = Line(writing, Pipe(reading, 0.05), io.BytesIO())
    yield made
    os.close(reading)
    if made.writing >= 0:
        made.hangs_up()


@pytest.fixture
def ours(line: Line) -> Vocabulary:
    return Vocabulary(ENVIRONMENT, line.pipe, line.sent)


@pytest.fixture
def carrier(ours: Vocabulary, line: Line) -> ProcessCarrier:
    return ProcessCarrier(ours, line.pipe, ENVIRONMENT, 0.05)


@pytest.fixture
def theirs() -> Iterator[Callable[..., Any]]:
    """Makes pyst2's own AGI on these replies; the handler that it takes over is given back."""
    kept = signal.getsignal(signal.SIGHUP)

    def make(*replies: str, stderr: Any = None) -> Any:
        text = HEADER.decode() + "".join(f"{reply}\n" for reply in replies)
        return THEIRS(io.StringIO(text), io.StringIO(), stderr or io.StringIO())

    yield make
    signal.signal(signal.SIGHUP, kept)


# --- pyst2's faults, one by one ---------------------------------------------------------------------------------------


def test_its_constructor_takes_over_a_signal_and_ours_does_not(theirs: Callable[..., Any], line: Line) -> None:
    handler = signal.getsignal(signal.SIGHUP)
    Vocabulary(ENVIRONMENT, line.pipe, line.sent)
    assert signal.getsignal(signal.SIGHUP) is handler
    theirs()
    assert signal.getsignal(signal.SIGHUP) is not handler


def test_its_constructor_fails_outside_the_main_thread_and_ours_does_not(line: Line) -> None:
    outcomes: list[object] = []

    def make() -> None:
        try:
            THEIRS(io.StringIO(HEADER.decode()), io.StringIO(), io.StringIO())
        except ValueError as error:
            outcomes.append(error)
        outcomes.append(Vocabulary(ENVIRONMENT, line.pipe, line.sent).env["agi_channel"])

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    assert isinstance(outcomes[0], ValueError)
    assert outcomes[1] == "PJSIP/x-1"


def test_it_writes_what_callers_type_to_stderr_and_ours_does_not(
    theirs: Callable[..., Any], ours: Vocabulary, line: Line, capfd: pytest.CaptureFixture[str]
) -> None:
    told = io.StringIO()
    theirs("200 result=1 (4929123)", stderr=told).get_variable("PIN")
    assert "4929123" in told.getvalue()
    line.says("200 result=1 (4929123)")
    assert ours.get_variable("PIN") == "4929123"
    assert capfd.readouterr() == ("", "")


def test_its_quoting_does_not_escape_and_ours_does(theirs: Callable[..., Any], ours: Vocabulary, line: Line) -> None:
    value = 'say "hi" \\'
    broken = theirs("200 result=1")
    broken.set_variable("X", value)
    assert words(broken.stdout.getvalue().removesuffix("\n"))[2:] != ["X", value]
    line.says("200 result=1")
    ours.set_variable("X", value)
    assert words(line.commands[0])[2:] == ["X", value]


def test_it_lets_a_second_command_through_and_ours_refuses_it(
    theirs: Callable[..., Any], ours: Vocabulary, line: Line
) -> None:
    broken = theirs("200 result=1")
    broken.set_variable("X", "y\nHANGUP")
    assert broken.stdout.getvalue().count("\n") == 2
    acts: tuple[Callable[[], Any], ...] = (
        lambda: ours.set_variable("X", "y\nHANGUP"),
        lambda: ours.say_number("1\nHANGUP"),  # a command that pyst2 does not quote at all
        lambda: ours.set_variable("X", "x" * 9000),  # Asterisk would run the rest of the line
        lambda: ours.set_variable("X", "\ud800"),
    )
    for act in acts:
        with pytest.raises(UnsafeValue):
            act()
    assert line.commands == []


def test_it_quotes_database_keys_twice_and_ours_once(theirs: Callable[..., Any], ours: Vocabulary, line: Line) -> None:
    broken = theirs("200 result=1 (v)")
    broken.database_get("cidname", "12")
    assert broken.stdout.getvalue() == 'DATABASE GET ""cidname"" ""12""\n'
    line.says("200 result=1 (v)", "200 result=0")
    assert ours.database_get("cidname", "12") == "v"
    assert line.commands == ['DATABASE GET "cidname" "12"']
    with pytest.raises(AGIDBError):
        ours.database_get("cidname", "none")


def test_it_takes_a_value_for_a_hang_up_and_ours_does_not(
    theirs: Callable[..., Any], ours: Vocabulary, line: Line
) -> None:
    with pytest.raises(AGIHangup):
        theirs("200 result=1 (hangup)").database_get("a", "b")
    line.says("200 result=1 (hangup)", "200 result=1 (hangup)")
    assert ours.database_get("a", "b") == "hangup"
    assert ours.get_variable("X") == "hangup"


def test_it_reads_on_after_a_usage_of_one_line_and_ours_does_not(
    theirs: Callable[..., Any], ours: Vocabulary, line: Line
) -> None:
    # It goes on to the next line that begins with 520: here the answer to another command, else none ever.
    with pytest.raises(AGIUsageError, match="result=7"):
        theirs("520 Invalid command syntax.", "200 result=7", "520 end").noop()
    line.says("520 Invalid command syntax.", "200 result=7")
    with pytest.raises(AGIUsageError):
        ours.noop()
    assert ours.execute("NOOP")["result"][0] == "7"


def test_it_does_not_know_hangup_lines_nor_a_dead_channel_and_ours_does(
    theirs: Callable[..., Any], ours: Vocabulary, line: Line
) -> None:
    for said in ("HANGUP", "511 Command Not Permitted on a dead channel or intercept routine"):
        with pytest.raises((ValueError, AGIUnknownError)):
            theirs(said, "200 result=0").noop()
        line.says(said)
        with pytest.raises(AGIHangup):
            ours.noop()


def test_it_waits_for_ever_and_ours_does_not(ours: Vocabulary, line: Line) -> None:
    with pytest.raises(DeadlinePassed):
        ours.noop()


def test_a_usage_of_many_lines_and_an_unknown_command_are_told_as_pyst2_tells_them(
    ours: Vocabulary, line: Line
) -> None:
    line.says("520-Invalid command syntax.", "Usage: ...", "520 End of proper usage.", "510 Invalid or unknown command")
    with pytest.raises(AGIUsageError, match="Usage"):
        ours.noop()
    with pytest.raises(AGIInvalidCommand):
        ours.noop()


def test_the_vocabulary_works(ours: Vocabulary, line: Line) -> None:
    line.says("200 result=0", "200 result=49 endpos=8000", "200 result=0", "200 result=12 (timeout)", "200 result=-1")
    ours.answer()
    assert ours.stream_file("welcome", "12") == "1"
    assert ours.wait_for_digit(500) == ""
    assert ours.get_data("enter", 2000, 4) == "12"
    with pytest.raises(AGIAppError):
        ours.appexec("Nothing", 'a "b"')
    assert line.commands == [
        "ANSWER",
        'STREAM FILE welcome "12" 0',
        "WAIT FOR DIGIT 500",
        "GET DATA enter 2000 4",
        'EXEC Nothing "a \\"b\\""',
    ]


# --- the carrier ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("200 result=1 (a (b) c)", Reply(200, "1", "a (b) c")),
        ("200 result=49 endpos=8000", Reply(200, "49", "", 8000)),
        ("200 result=-1 endpos=0", Reply(200, "-1")),
        ("200 result=-2", Reply(200, "-2", "")),
        ("510 Invalid or unknown command", Reply(510, usage="Invalid or unknown command")),
        ("520 Invalid command syntax.", Reply(520, usage="Invalid command syntax.")),
        ("100 Trying\n200 result=0", Reply(200, "0", "")),
    ],
)
async def test_the_carrier_gives_the_replies_of_the_wire(
    carrier: ProcessCarrier, line: Line, said: str, reply: Reply
) -> None:
    line.says(said)
    assert await carrier.run(Command("GET VARIABLE", ("X y",))) == reply
    assert line.commands == ['GET VARIABLE "X y"']


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("HANGUP", CallerHungUp),
        ("511 Command Not Permitted on a dead channel or intercept routine", CallerHungUp),
        ("nonsense", ProtocolError),
        ("300 no such status", ProtocolError),
        ("520-" + "\nx" * 300, ProtocolError),
    ],
)
async def test_the_carrier_raises_what_every_carrier_raises(
    carrier: ProcessCarrier, line: Line, said: str, error: type[Exception]
) -> None:
    line.says(said)
    with pytest.raises(error):
        await carrier.run(Command("NOOP"))


async def test_a_closed_pipe_is_a_hang_up(carrier: ProcessCarrier, ours: Vocabulary, line: Line) -> None:
    line.hangs_up()
    with pytest.raises(CallerHungUp):
        await carrier.run(Command("NOOP"))

    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb", buffering=0) as broken:  # noqa: ASYNC230 - a pipe without a reader fails at once
        ours.stdout = broken
        with pytest.raises(CallerHungUp):
            await carrier.run(Command("NOOP"))


# --- a whole process --------------------------------------------------------------------------------------------------

CHILD = """\
import asyncio, sys
sys.path[:0] = {paths!r}
from agi.process import run_process
from agi.connection import Limits
from agi.scripts import menu
from agi_house import HOUSE
limits = Limits(header_seconds=5, command_seconds=5, hangup_seconds=0.05)
sys.exit(asyncio.run(run_process(menu.run, HOUSE, sys.stdin.buffer, sys.stdout.buffer, limits=limits)))
"""

HOUSE = '''\
"""A house of one company, for a script that Asterisk starts."""
import asyncio, sys
from datetime import datetime, timezone
from agi.flow.document import Edge, Flow, Menu, Retry, Target, TargetKind
from agi.ports import PinnedFlow, Ports

def to(kind, name=""):
    return Edge(Target(TargetKind(kind), name))

class House:
    async def find(self, company, number):
        if number == "0600000000":
            print("asked", file=sys.stderr, flush=True)
            await asyncio.Event().wait()
        if number == "0600000001":
            raise KeyError(number)
        return None
    async def entry(self, company, did, call, version):
        top = Menu(
            "top",
            prompt="welcome",
            keys={"1": to("queue", "billing")},
            no_input=Retry(2, to("hangup")),
            wrong_input=Retry(2, to("hangup")),
        )
        return PinnedFlow(Flow({"top": top}, {}, {"welcome": {"en": ("welcome",)}}), 1, "top")
    async def decide(self, request):
        return None
    def now(self):
        return datetime.now(timezone.utc)

HOUSE = Ports(House(), House(), House(), House())
'''


@dataclass
class Child:
    process: asyncio.subprocess.Process

    async def reads(self) -> str:
        assert self.process.stdout is not None
        return (await asyncio.wait_for(self.process.stdout.readline(), PATIENCE)).decode().removesuffix("\n")

    def says(self, text: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text)

    async def ended(self) -> tuple[int, str]:
        assert self.process.stderr is not None
        told = await asyncio.wait_for(self.process.stderr.read(), PATIENCE)
        return await asyncio.wait_for(self.process.wait(), PATIENCE), told.decode()


@pytest.fixture
async def start(tmp_path: Path) -> Any:
    (tmp_path / "agi_house.py").write_text(HOUSE, encoding="utf-8")
    script = tmp_path / "cordboard-menu"
    script.write_text(CHILD.format(paths=[str(REPOSITORY), str(tmp_path)]), encoding="utf-8")
    children: list[asyncio.subprocess.Process] = []

    async def begin(header: bytes = HEADER) -> Child:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(script),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        children.append(process)
        child = Child(process)
        child.says(header)
        return child

    yield begin
    for process in children:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def test_the_menu_script_runs_in_a_process(start: Any) -> None:
    child = await start()
    variables = {}
    while "CB_DONE" not in variables:
        command = words(await child.reads())
        match command[:2]:
            case ["SET", "VARIABLE"]:
                variables[command[2]] = command[3]
                child.says(b"200 result=1\n")
            case ["STREAM", "FILE"]:
                assert command[2:] == ["welcome", "0123456789*#"]
                child.says(b"200 result=49 endpos=8000\n")
            case _:
                child.says(b"200 result=0\n")
    assert variables["CB_KIND"] == "queue"
    assert variables["CB_TARGET"] == "billing"
    assert await child.ended() == (0, "")


async def test_a_hang_up_in_mid_menu_ends_the_process(start: Any) -> None:
    child = await start()
    while "STREAM FILE" not in await child.reads():
        child.says(b"200 result=1\n")
    child.process.send_signal(signal.SIGHUP)
    child.says(b"200 result=-1 endpos=0\n")
    assert await child.ended() == (0, "")


async def test_a_hang_up_while_the_house_is_asked_ends_the_process(start: Any) -> None:
    child = await start(HEADER.replace(b"agi_arg_1", b"agi_callerid: 0600000000\nagi_arg_1"))
    assert child.process.stderr is not None
    assert await asyncio.wait_for(child.process.stderr.readline(), PATIENCE) == b"asked\n"
    child.process.send_signal(signal.SIGHUP)
    assert await child.ended() == (0, "")


async def test_a_script_that_fails_tells_nothing_of_its_caller(start: Any) -> None:
    child = await start(HEADER.replace(b"agi_arg_1", b"agi_callerid: 0600000001\nagi_arg_1"))
    status, told = await child.ended()
    assert status == 1
    assert "a script failed" in told
    assert "0600000001" not in told


async def test_a_header_that_is_none_ends_the_process(start: Any) -> None:
    for header in (b"GET / HTTP/1.1\n\n", b"a: b\n" * 200, b"\n"):
        child = await start(header)
        status, _ = await child.ended()
        assert status == 1


async def test_a_call_that_lasts_too_long_is_ended(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    async def endless(call: Call, house: Ports) -> None:
        await asyncio.Event().wait()

    os.write(line.writing, HEADER)
    with open(line.pipe.fileno(), "rb", closefd=False) as stdin:  # noqa: ASYNC230 - a pipe
        status = await run_process(endless, None, stdin, line.sent, limits=Limits(call_seconds=0.01))  # type: ignore[arg-type]
    assert status == 1
    assert "a script failed" in caplog.messages
