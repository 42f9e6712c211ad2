"""A calling channel made of bytes: what Asterisk says to a FastAGI server, scripted by a test.

async with AgiCaller(host, port, "menu", ["acme", "main"], keys="1") as caller:
    await caller.finished()           # the server has closed
    assert caller.variables["CB_DONE"] == "queue"
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from kit.patience import PATIENCE


def environment_of(host: str, port: int, script: str, arguments: Sequence[str] = ()) -> dict[str, str]:
    """What Asterisk 22 sends first, in its order."""
    env = {
        "network": "yes",
        "network_script": script,
        "request": f"agi://{host}:{port}/{script}",
        "channel": "PJSIP/carrier-00000001",
        "language": "en",
        "type": "PJSIP",
        "uniqueid": "node1-1795288155.1",
        "version": "22.10.1",
        "callerid": "0612345678",
        "calleridname": "unknown",
        "callingpres": "0",
        "callingani2": "0",
        "callington": "0",
        "callingtns": "0",
        "dnid": "+33123456789",
        "rdnis": "unknown",
        "context": "cordboard-in",
        "extension": "s",
        "priority": "1",
        "enhanced": "0.0",
        "accountcode": "acme-main",
        "threadid": "139642",
    }
    return env | {f"arg_{number}": value for number, value in enumerate(arguments, start=1)}


def greeting(environment: Mapping[str, str]) -> bytes:
    """The header of a call."""
    return b"".join(f"agi_{key}: {value}\n".encode() for key, value in environment.items()) + b"\n"


def words(command: str) -> list[str]:
    """The arguments of an AGI command line as Asterisk splits them: quotes hold words together, a backslash escapes."""
    found: list[str] = []
    word, is_quoted, is_open = "", False, False
    letters = iter(command)
    for letter in letters:
        if letter == "\\":
            word, is_open = word + next(letters, ""), True
        elif letter == '"':
            is_quoted, is_open = not is_quoted, True
        elif letter in " \t" and not is_quoted:
            if is_open:
                found.append(word)
            word, is_open = "", False
        else:
            word, is_open = word + letter, True
    if is_open:
        found.append(word)
    return found


@dataclass
class AgiCaller:
    """One call that Asterisk hands to a FastAGI server: sends the environment, answers the server's commands.

    It answers by itself as Asterisk would: variables are kept, prompts end at once, keys come from `keys` in turn (a
    space is a caller who stays silent until the timeout). `answers` replace that for commands that begin so: a line
    with its end, or a function of the command's words. What came is in `commands`, `variables`, `played`, `executed`.
    """

    host: str
    port: int
    script: str = "menu"
    arguments: Sequence[str] = ()
    keys: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    answers: dict[str, str | Callable[[list[str]], str]] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    hang_up_after: int | None = None
    """The caller hangs up when this many commands were answered."""

    def __post_init__(self) -> None:
        self.commands: list[str] = []
        self.played: list[str] = []
        self.executed: list[tuple[str, str]] = []
        self.has_hung_up = False
        self.is_answered = False
        self._keys = deque(self.keys)
        self._done = asyncio.Event()

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        env = environment_of(self.host, self.port, self.script, self.arguments) | dict(self.environment)
        self.writer.write(greeting(env))
        await self.writer.drain()
        self._task = asyncio.create_task(self._serve(), name="agi-caller")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    async def finished(self, timeout: float = PATIENCE) -> None:
        """Wait until the server has closed the connection. Raises TimeoutError with the commands so far."""
        try:
            async with asyncio.timeout(timeout):
                await self._done.wait()
        except TimeoutError:
            raise TimeoutError(f"the AGI server did not finish; it said {self.commands}") from None

    async def hang_up(self) -> None:
        """The caller hangs up: Asterisk says HANGUP unasked, and the channel is dead from then on."""
        if not self.has_hung_up:
            self.has_hung_up = True
            await self.send(b"HANGUP\n")

    async def send(self, data: bytes) -> None:
        """Any bytes, as they are."""
        self.writer.write(data)
        await self.writer.drain()

    def half_close(self) -> None:
        """Say nothing more, but go on reading."""
        self.writer.write_eof()

    def drop(self) -> None:
        """Break the connection off (RST)."""
        self.writer.transport.abort()

    def events(self, name: str = "") -> list[str]:
        """The arguments of each `EXEC UserEvent`, of one event name or of all."""
        told = [arguments for application, arguments in self.executed if application.lower() == "userevent"]
        return [text for text in told if not name or text.split(",", maxsplit=1)[0] == name]

    async def _serve(self) -> None:
        try:
            while line := await self.reader.readline():
                command = line.decode(errors="surrogateescape").removesuffix("\n")
                self.commands.append(command)
                await self.send(self._reply(command).encode(errors="surrogateescape"))
                if self.hang_up_after is not None and len(self.commands) >= self.hang_up_after:
                    await self.hang_up()
        except OSError:
            pass  # the server broke it off: that is an end too
        finally:
            self._done.set()

    def _reply(self, command: str) -> str:
        split = words(command)
        for start, answer in self.answers.items():
            if command.upper().startswith(start.upper()):
                return answer if isinstance(answer, str) else answer(split)
        for known, reply in _REPLIES.items():
            if [word.upper() for word in split[: len(known.split())]] == known.split():
                if self.has_hung_up and known not in _DEAD:
                    return "511 Command Not Permitted on a dead channel or intercept routine\n"
                try:
                    return f"200 {reply(self, split[len(known.split()) :])}\n"
                except IndexError:
                    return "520-Invalid command syntax.  Proper usage follows:\nUsage: ...\n520 End of proper usage.\n"
        return "510 Invalid or unknown command\n"

    # --- commands, each with its arguments --------------------------------------------------------------------------

    def _key(self, allowed: str) -> str:
        """The key that is pressed during a prompt, if it interrupts there; others are typed for nothing."""
        while self._keys:
            key = self._keys.popleft()
            if key == " ":
                return ""
            if key in allowed:
                return key
        return ""

    def _answer(self, _: list[str]) -> str:
        self.is_answered = True
        return "result=0"

    def _channel_status(self, _: list[str]) -> str:
        return "result=6" if self.is_answered else "result=4"

    def _exec(self, arguments: list[str]) -> str:
        self.executed.append((arguments[0], arguments[1] if len(arguments) > 1 else ""))
        return "result=0"

    def _set(self, arguments: list[str]) -> str:
        self.variables[arguments[0]] = arguments[1]
        return "result=1"

    def _get(self, arguments: list[str]) -> str:
        name = arguments[0].removeprefix("${").removesuffix("}")
        return f"result=1 ({self.variables[name]})" if name in self.variables else "result=0"

    def _stream(self, arguments: list[str]) -> str:
        self.played.append(arguments[0])
        key = self._key(arguments[1]) if arguments[1] and self._keys and self._keys[0] != " " else ""
        return f"result={ord(key) if key else 0} endpos=8000"

    def _wait_digit(self, arguments: list[str]) -> str:
        int(arguments[0])
        key = self._key("0123456789*#ABCD")
        return f"result={ord(key) if key else 0}"

    def _get_data(self, arguments: list[str]) -> str:
        self.played.append(arguments[0])
        most = int(arguments[2]) if len(arguments) > 2 else 1024
        typed = ""
        while len(typed) < most and self._keys:
            key = self._keys.popleft()
            if key == "#":
                return f"result={typed}"
            if key == " ":
                break
            typed += key
        return f"result={typed}" if len(typed) == most else f"result={typed} (timeout)"

    def _hangup(self, _: list[str]) -> str:
        self.has_hung_up = True
        return "result=1"

    def _nothing(self, _: list[str]) -> str:
        return "result=0"


_DEAD = {"SET VARIABLE", "GET VARIABLE", "GET FULL VARIABLE", "VERBOSE", "NOOP", "CHANNEL STATUS"}
_REPLIES: dict[str, Callable[[AgiCaller, list[str]], str]] = {
    "ANSWER": AgiCaller._answer,
    "CHANNEL STATUS": AgiCaller._channel_status,
    "EXEC": AgiCaller._exec,
    "GET DATA": AgiCaller._get_data,
    "GET FULL VARIABLE": AgiCaller._get,
    "GET VARIABLE": AgiCaller._get,
    "HANGUP": AgiCaller._hangup,
    "NOOP": AgiCaller._nothing,
    "SAY DIGITS": AgiCaller._nothing,
    "SAY NUMBER": AgiCaller._nothing,
    "SET CALLERID": AgiCaller._nothing,
    "SET CONTEXT": AgiCaller._nothing,
    "SET EXTENSION": AgiCaller._nothing,
    "SET MUSIC": AgiCaller._nothing,
    "SET PRIORITY": AgiCaller._nothing,
    "SET VARIABLE": AgiCaller._set,
    "STREAM FILE": AgiCaller._stream,
    "VERBOSE": AgiCaller._nothing,
    "WAIT FOR DIGIT": AgiCaller._wait_digit,
}


async def garbage(host: str, port: int, data: bytes, timeout: float = PATIENCE) -> bytes:
    """Send bytes to a server and return all that it says until it closes. Raises TimeoutError when it never does."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        async with asyncio.timeout(timeout):
            with contextlib.suppress(OSError):
                writer.write(data)
                await writer.drain()
                return await reader.read()
        return b""
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
