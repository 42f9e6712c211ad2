"""One process a call: the carrier of a host without the daemon, over pyst2's AGI class with its faults repaired.

Asterisk starts a script of its agi-bin folder for each call and speaks to it through stdin and stdout; at the caller's
hang-up it sends SIGHUP. The script makes the house's ports and awaits `run_process(menu.run, ports, stdin, stdout)`.

pyst2 0.5.1 comes in here and nowhere else. What its class does wrong, each repaired below: it takes over SIGHUP in its
constructor (which only a main thread may), writes every command and reply to stderr, callers' digits included, quotes
without escaping and lets line breaks through (a second command), quotes the keys of DATABASE GET twice, waits for ever
for a reply, reads on after a one-line 520, does not know HANGUP lines, 511 and `100 Trying`, and takes a variable whose
value is `hangup` for a hang-up.
"""

from __future__ import annotations

import asyncio
import logging
import os
import select
import signal
import threading
import time
from typing import IO, Any

from asterisk.agi import (
    AGI,
    AGIAppError,
    AGIDBError,
    AGIHangup,
    AGIInvalidCommand,
    AGIResultHangup,
    AGISIGHUPHangup,
    AGIUnknownError,
    AGIUsageError,
)

from agi.call import Call
from agi.connection import Limits
from agi.errors import AgiError, CallerHungUp, DeadlinePassed, ProtocolError, UnsafeValue
from agi.ports import Ports
from agi.protocol import COMMAND_BYTES, HANGUP, REPLY_BYTES, Command, Environment, Reply, ReplyReader, quote
from agi.server import Script

logger = logging.getLogger(__name__)


class Pipe:
    """The reading end towards Asterisk: whole lines, each within `patience` seconds."""

    def __init__(self, descriptor: int, patience: float) -> None:
        self._descriptor = descriptor
        self._buffer = bytearray()
        self.patience = patience

    def fileno(self) -> int:
        return self._descriptor

    def readline(self) -> bytes:
        """The next line without its line feed. Raises CallerHungUp at the end, DeadlinePassed, ProtocolError."""
        deadline = time.monotonic() + self.patience
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > REPLY_BYTES:
                raise ProtocolError("a line without end")
            readable, _, _ = select.select([self._descriptor], [], [], max(0.0, deadline - time.monotonic()))
            if not readable:
                raise DeadlinePassed("a command was not answered in time")
            data = os.read(self._descriptor, 4096)
            if not data:
                raise CallerHungUp("the pipe was closed")
            self._buffer += data
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line


class _Silence:
    """A stderr for pyst2, which would write what callers type there."""

    def write(self, text: str) -> None:
        pass


class Vocabulary(AGI):  # type: ignore[misc]
    """pyst2's commands and exceptions, on an environment that was read already."""

    def __init__(self, environment: Environment, pipe: Pipe, stdout: IO[bytes]) -> None:
        # Not super().__init__(): that takes over SIGHUP, reads stdin and writes it all to stderr.
        self.env = dict(environment.fields)
        self.stdin = pipe
        self.stdout = stdout
        self.stderr = _Silence()
        self._got_sighup = False

    @property
    def has_hung_up(self) -> bool:
        return self._got_sighup

    def note_hangup(self) -> None:
        """The caller left: the next command raises AGISIGHUPHangup."""
        self._got_sighup = True

    def _quote(self, string: Any) -> str:
        return quote(string)

    def send_command(self, command: str, *args: Any) -> None:
        line = " ".join([command.strip(), *map(str, args)]).strip()
        if any(letter in line for letter in "\r\n\0"):
            raise UnsafeValue("a command cannot hold a line break or NUL")
        try:
            written = line.encode() + b"\n"
        except UnicodeEncodeError:
            raise UnsafeValue("an argument is not text") from None
        if len(written) > COMMAND_BYTES:
            raise UnsafeValue(f"a command of {len(written)} bytes is longer than Asterisk reads")
        self.stdout.write(written)
        self.stdout.flush()

    def get_result(self, stdin: Any = None) -> dict[str, tuple[str, str]]:
        """The reply as pyst2 gives it: {"result": (value, data), "endpos": (value, "")}."""
        reply = self._read_reply()
        if reply.code == 510:
            raise AGIInvalidCommand(reply.usage)
        if reply.code == 511:
            raise AGIResultHangup("User hungup during execution")
        if reply.code == 520:
            raise AGIUsageError(reply.usage)
        if reply.code != 200:
            raise AGIUnknownError(reply.code, "Unhandled code or undefined response")
        if reply.result == "-1":
            if reply.data == "hangup":
                raise AGIResultHangup("User hungup during execution")
            raise AGIAppError("Error executing application, or hangup")
        result = {"result": (reply.result, reply.data or "")}
        if reply.endpos is not None:
            result["endpos"] = (str(reply.endpos), "")
        return result

    def _read_reply(self) -> Reply:
        reader = ReplyReader()
        while True:
            line = self.stdin.readline()
            if line == HANGUP:
                self._got_sighup = True
                raise AGISIGHUPHangup("Received HANGUP from Asterisk")
            reply = reader.feed(line)
            if reply is not None:
                return reply

    def database_get(self, family: str, key: str) -> str:
        """The value of a key of Asterisk's database. Raises AGIDBError when there is none."""
        result, value = self.execute("DATABASE GET", self._quote(family), self._quote(key))["result"]
        if result != "1":
            raise AGIDBError(f"Key not found in database: family={family}, key={key}")
        return str(value)


class ProcessCarrier:
    """Carries commands through pyst2. It blocks while Asterisk does a command: this process has no other call."""

    def __init__(self, agi: Vocabulary, pipe: Pipe, environment: Environment, command_seconds: float) -> None:
        self._agi = agi
        self._pipe = pipe
        self._environment = environment
        self._command_seconds = command_seconds

    @property
    def environment(self) -> Environment:
        return self._environment

    async def run(self, command: Command) -> Reply:
        await asyncio.sleep(0)  # lets a signal or a deadline of the loop come through
        self._pipe.patience = self._command_seconds + command.lasts
        try:
            result = self._agi.execute(command.verb, *map(quote, command.arguments))
        except AGIHangup:
            raise CallerHungUp from None
        except AGIAppError:
            return Reply(200, "-1")
        except AGIInvalidCommand as refused:
            return Reply(510, usage=str(refused))
        except AGIUsageError as refused:
            return Reply(520, usage=str(refused))
        except AGIUnknownError:
            raise ProtocolError("a status that AGI does not have") from None
        value, data = result["result"]
        return Reply(200, value, data, int(result["endpos"][0]) if "endpos" in result else None)


async def run_process(
    script: Script, house: Ports, stdin: IO[bytes], stdout: IO[bytes], *, limits: Limits | None = None
) -> int:
    """Run one script for the call that Asterisk started this process for; returns the process's exit status.

    `stdin` and `stdout` are the process's own, binary. A script that fails leaves the call to the dialplan: status 1.
    """
    limits = limits or Limits()
    loop = asyncio.get_running_loop()
    pipe = Pipe(stdin.fileno(), limits.header_seconds)
    try:
        environment = _read_header(pipe, limits)
    except AgiError as error:
        logger.error("no AGI header was read", extra={"error": type(error).__name__})
        return 1
    agi = Vocabulary(environment, pipe, stdout)
    task = asyncio.ensure_future(script(Call(ProcessCarrier(agi, pipe, environment, limits.command_seconds)), house))

    def end_soon() -> None:
        loop.call_later(limits.hangup_seconds, task.cancel)

    def hang_up(*_: object) -> None:
        # Not the loop's own handler: that would wait until a command that blocks here is over.
        agi.note_hangup()
        loop.call_soon_threadsafe(end_soon)

    # Only a main thread may have handlers; elsewhere the end of the pipe tells the same.
    is_main = threading.current_thread() is threading.main_thread()
    former = signal.signal(signal.SIGHUP, hang_up) if is_main else None
    try:
        async with asyncio.timeout(limits.call_seconds):
            await task
    except CallerHungUp:
        pass
    except asyncio.CancelledError:
        if not agi.has_hung_up:
            raise
    except Exception as error:  # noqa: BLE001 - the dialplan takes the call; the text may hold what the caller typed
        logger.error("a script failed", extra={"error": type(error).__name__})
        return 1
    finally:
        if is_main:
            signal.signal(signal.SIGHUP, former)
    return 0


def _read_header(pipe: Pipe, limits: Limits) -> Environment:
    lines: list[bytes] = []
    size = 0
    while line := pipe.readline():
        lines.append(line)
        size += len(line) + 1
        if size > limits.header_bytes or len(lines) > limits.header_lines:
            raise ProtocolError("a header too long")
    return Environment.parse(b"\n".join(lines))
