"""A plain AMI session for tests: what Asterisk itself says, read by none of Cordboard's own code.

async with ManagerSession.open(switch, "user", "secret") as session:
    rows = await session.rows("QueueStatus")
    await session.act("Originate", Channel="Local/100@phones/n", Application="Wait", Data="20")
    left = await session.event("UserEvent", UserEvent="CordboardQueueLeft")
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Mapping

from kit.patience import PATIENCE
from kit.switch import Switch

Message = dict[str, str]


class ManagerRefusedError(Exception):
    """Asterisk answered an action with an error."""


class ManagerSession:
    """One session. Events are kept from the login on; `event` finds one that came or waits for it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._numbers = itertools.count(1)
        self._answers: dict[str, list[Message]] = {}
        self.events: list[Message] = []
        self._news = asyncio.Condition()

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, switch: Switch, username: str, secret: str) -> AsyncIterator[ManagerSession]:
        reader, writer = await asyncio.open_connection(switch.address, switch.ports.ami)
        await reader.readline()
        session = cls(reader, writer)
        task = asyncio.create_task(session._read())
        try:
            await session.act("Login", Username=username, Secret=secret)
            yield session
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def act(self, action: str, **headers: str) -> Message:
        """Send an action and return its response. Raises ManagerRefusedError, TimeoutError."""
        return (await self._send(action, headers, is_list=False))[0]

    async def rows(self, action: str, **headers: str) -> list[Message]:
        """Send an action that is answered by a list and return its rows."""
        return (await self._send(action, headers, is_list=True))[1:-1]

    async def event(self, name: str, **values: str) -> Message:
        """The first event of this name with these values."""
        return (await self.all_events(name, values, 1))[0]

    async def all_events(self, name: str, values: Mapping[str, str], count: int) -> list[Message]:
        """Those events of this name with these values that came, as soon as there are `count`."""
        wanted = {"Event": name, **values}

        def found() -> list[Message]:
            return [event for event in self.events if wanted.items() <= event.items()]

        try:
            async with asyncio.timeout(PATIENCE), self._news:
                await self._news.wait_for(lambda: len(found()) >= count)
        except TimeoutError:
            told = [event for event in self.events if event["Event"] in (name, "UserEvent", "Hangup")]
            raise TimeoutError(f"{len(found())} of {count} {wanted} came; there were {told}") from None
        return found()

    async def _send(self, action: str, headers: dict[str, str], *, is_list: bool) -> list[Message]:
        number = f"test-{next(self._numbers)}"
        lines = {"Action": action, "ActionID": number, **headers}
        self._answers[number] = []
        # One header may stand several times (Variable), written as name, name__2, name__3 ...
        text = "".join(f"{name.split('__')[0]}: {value}\r\n" for name, value in lines.items())
        self._writer.write(text.encode() + b"\r\n")
        answer = self._answers[number]

        def is_over() -> bool:
            if not answer:
                return False
            if answer[0].get("Response") == "Error" or not is_list:
                return True
            return answer[-1].get("EventList") == "Complete"

        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(is_over)
        del self._answers[number]
        if answer[0].get("Response") == "Error":
            raise ManagerRefusedError(f"{action}: {answer[0].get('Message')}")
        return answer

    async def _read(self) -> None:
        while True:
            try:
                block = await self._reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, OSError):
                return
            pairs = [line.partition(": ") for line in block.decode(errors="replace").split("\r\n") if line]
            message = {name: value for name, _, value in pairs}
            async with self._news:
                answer = self._answers.get(message.get("ActionID", ""))
                if answer is not None:
                    answer.append(message)
                elif "Event" in message:
                    self.events.append(message)
                self._news.notify_all()
