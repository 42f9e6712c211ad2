"""A manager port made of bytes: what Asterisk says on the manager wire, scripted by a test. (Calls: agi_caller.py.)

async with AmiPeer() as peer:
    peer.answer("CoreStatus", success(CoreStartupTime="10:00:00"))
    peer.answer("QueueStatus", listing("QueueStatus", event("QueueParams", Queue="q1")))
    ...                               # a client connects to peer.host and peer.port, as peer.username, peer.secret
    await peer.tell(event("Hangup", Uniqueid="1.1"))
    action = await peer.received("QueueAdd")
    peer.cut_after = 100              # or .segment, .delay, .is_mute: see AmiPeer
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from kit.patience import PATIENCE

TRANSCRIPTS = Path(__file__).resolve().parents[1] / "transcripts"


@dataclass(frozen=True)
class Block:
    """One message of the manager wire: headers in order, a name may come twice."""

    headers: tuple[tuple[str, str], ...]

    def __getitem__(self, name: str) -> str:
        """The first value of a header, whatever its case; "" when it is not there."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def with_action_id(self, action_id: str) -> Block:
        """The same block as an answer to an action; one that names its action already is left alone."""
        if not action_id or self["ActionID"]:
            return self
        return Block((self.headers[0], ("ActionID", action_id), *self.headers[1:]))

    def encode(self) -> bytes:
        return b"".join(f"{key}: {value}\r\n".encode() for key, value in self.headers) + b"\r\n"

    @classmethod
    def decode(cls, raw: bytes) -> Block:
        """The headers of one message without its closing empty line."""
        lines = raw.decode(errors="surrogateescape").split("\r\n")
        pairs = (line.partition(":") for line in lines if line)
        return cls(tuple((key, value.removeprefix(" ")) for key, _, value in pairs))


Answer = Block | bytes | Sequence["Block | bytes"]
"""What is sent back to an action: blocks get its ActionID, bytes go as they are."""
Answering = Callable[[Block], Answer]


def event(name: str, headers: Mapping[str, str] | None = None, **more: str) -> Block:
    """An event; names that are no Python words go into `headers`."""
    return Block((("Event", name), *(headers or {}).items(), *more.items()))


def success(message: str = "", headers: Mapping[str, str] | None = None, **more: str) -> Block:
    text = (("Message", message),) if message else ()
    return Block((("Response", "Success"), *text, *(headers or {}).items(), *more.items()))


def error(message: str) -> Block:
    return Block((("Response", "Error"), ("Message", message)))


def listing(name: str, *rows: Block, complete: str = "") -> list[Block]:
    """A list answer as Asterisk 22 gives it: the start, its rows, the event `complete` (or NAMEComplete)."""
    start = success(f"{name} will follow", EventList="start")
    end = event(complete or f"{name}Complete", EventList="Complete", ListItems=str(len(rows)))
    return [start, *rows, end]


class AmiSession:
    """One connection of a client to the manager port."""

    def __init__(self, peer: AmiPeer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.peer, self.reader, self.writer = peer, reader, writer
        self.is_logged_in = False
        self.is_cut = False
        self.sent = 0
        """Bytes sent so far, the banner included."""
        self.closed = asyncio.Event()
        self._order = asyncio.Lock()

    async def send(self, data: bytes) -> None:
        """Send bytes under the faults that the peer is set to; what a fault keeps back is lost."""
        peer = self.peer
        async with self._order:
            if peer.is_mute or self.is_cut or self.writer.is_closing():
                return
            if peer.delay:
                await asyncio.sleep(peer.delay)
            step = peer.segment or len(data) or 1
            for start in range(0, len(data), step):
                piece = data[start : start + step]
                if peer.cut_after is not None and self.sent + len(piece) >= peer.cut_after:
                    self.writer.write(piece[: max(0, peer.cut_after - self.sent)])
                    self.sent = peer.cut_after
                    peer.cuts += 1
                    # Only an end of file: a close with bytes unread would be a RST, which takes sent bytes back.
                    self.is_cut = True
                    with contextlib.suppress(OSError):
                        await self.writer.drain()
                        self.writer.write_eof()
                    return
                self.writer.write(piece)
                self.sent += len(piece)
                with contextlib.suppress(OSError):
                    await self.writer.drain()
                if peer.segment:
                    await asyncio.sleep(0)  # so that each piece is a read of its own at the other end

    async def serve(self) -> None:
        await self.send(self.peer.banner)
        while not self.writer.is_closing():
            try:
                raw = await self.reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, OSError):
                return
            if not self.is_cut:
                await self._act(Block.decode(raw[:-4]))

    async def _act(self, action: Block) -> None:
        peer = self.peer
        peer.actions.append(action)
        peer._arrived.set()
        name = action["Action"].lower()
        if name == "login":
            await self._log_in(action)
            return
        if name == "logoff":
            await self._reply(action, Block((("Response", "Goodbye"), ("Message", "Thanks for all the fish."))))
            self.writer.close()
            return
        answering = peer.answers.get(name)
        if not self.is_logged_in:
            await self._reply(action, error("Permission denied"))
        elif answering is None:
            await self._reply(action, error("Invalid/unknown command"))
        else:
            await self._reply(action, answering(action) if callable(answering) else answering)

    async def _log_in(self, action: Block) -> None:
        peer = self.peer
        if (action["Username"], action["Secret"]) != (peer.username, peer.secret):
            await self._reply(action, error("Authentication failed"))
            self.writer.close()
            return
        self.is_logged_in = True
        await self._reply(action, success("Authentication accepted"))
        await self.send(event("FullyBooted", Privilege="system,all", Status="Fully Booted", Uptime="1").encode())

    async def _reply(self, action: Block, answer: Answer) -> None:
        for part in [answer] if isinstance(answer, Block | bytes) else answer:
            await self.send(part if isinstance(part, bytes) else part.with_action_id(action["ActionID"]).encode())


class AmiPeer:
    """A manager port on loopback. Faults are attributes, and may be changed while a client is connected:

    cut_after   end a connection's stream when this many bytes were sent on it (None: never); `cuts` counts
    segment     send in pieces of so many bytes (0: whole)
    delay       seconds before each message
    is_mute     read everything, say nothing more
    """

    banner = b"Asterisk Call Manager/11.0.0\r\n"

    def __init__(self, username: str = "test", secret: str = "test-secret") -> None:
        self.username, self.secret = username, secret
        self.host, self.port = "127.0.0.1", 0
        self.cut_after: int | None = None
        self.cuts = 0
        self.segment = 0
        self.delay = 0.0
        self.is_mute = False
        self.answers: dict[str, Answer | Answering] = {"ping": success(Ping="Pong")}
        self.actions: list[Block] = []
        """Every action received, on all connections, in order."""
        self.sessions: list[AmiSession] = []
        """All connections, the latest last."""
        self._arrived = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        session = AmiSession(self, reader, writer)
        self.sessions.append(session)
        self._arrived.set()
        try:
            await session.serve()
        except asyncio.CancelledError:
            pass  # the peer is closing; asyncio would print a cancelled handler as an error
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            session.closed.set()
            self._tasks.discard(task)

    # --- script ---------------------------------------------------------------------------------------------------

    def answer(self, action: str, answer: Answer | Answering) -> None:
        """From now on answer `action` so: blocks, bytes, a list of them, or a function of the action."""
        self.answers[action.lower()] = answer

    async def tell(self, *messages: Block | bytes) -> None:
        """Send events, or any bytes, on the latest connection."""
        for message in messages:
            await self.session.send(message if isinstance(message, bytes) else message.encode())

    async def replay(self, transcript: str | Path, *, times: int = 1) -> int:
        """Send a recorded stream (a name in tests/transcripts, or a path) after its login as fast as it is read.

        Returns the bytes sent.
        """
        path = transcript if isinstance(transcript, Path) else TRANSCRIPTS / transcript
        events = recorded_events(path)
        for _ in range(times):
            for start in range(0, len(events), 1 << 16):
                await self.session.send(events[start : start + (1 << 16)])
        return len(events) * times

    def drop(self) -> None:
        """Break the latest connection off at once (RST), as a killed Asterisk does."""
        self.cuts += 1
        self.session.writer.transport.abort()

    # --- what came ------------------------------------------------------------------------------------------------

    @property
    def session(self) -> AmiSession:
        """The latest connection. Raises LookupError when there was none."""
        if not self.sessions:
            raise LookupError("nobody has connected")
        return self.sessions[-1]

    async def connected(self, number: int = 1, timeout: float = PATIENCE) -> AmiSession:
        """Wait for the `number`-th connection, logged in."""
        await self._until(
            lambda: len(self.sessions) >= number and self.sessions[number - 1].is_logged_in,
            timeout,
            f"connection {number} never logged in",
        )
        return self.sessions[number - 1]

    async def received(self, action: str, number: int = 1, timeout: float = PATIENCE) -> Block:
        """Wait for the `number`-th action of this name since the start."""
        await self._until(
            lambda: len(self._named(action)) >= number, timeout, f"action {action} came fewer than {number} times"
        )
        return self._named(action)[number - 1]

    def _named(self, action: str) -> list[Block]:
        return [block for block in self.actions if block["Action"].lower() == action.lower()]

    async def _until(self, condition: Callable[[], bool], timeout: float, complaint: str) -> None:
        try:
            async with asyncio.timeout(timeout):
                while not condition():
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            names = [block["Action"] for block in self.actions]
            raise TimeoutError(f"{complaint} in {timeout} s; actions: {names}") from None


def recorded_events(path: Path) -> bytes:
    """The bytes of a recorded stream that follow its login: events only, as they came."""
    raw = path.read_bytes()
    start = raw.find(b"\r\n\r\n", raw.find(b"Response: Success")) + 4
    return raw[start:]
