"""A call centre on a real Asterisk, whose calls are seen and steered over HTTP."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from cordboard.desk.access import Access
from cordboard.desk.board import Boards
from cordboard.desk.names import names_of
from cordboard.desk.once import Once
from cordboard.store.records import Role
from cordboard.web.app import make_app
from cordboard.web.console import Console
from cordboard.web.serve import serve
from kit.call_room import COMPANY, Room, open_room
from kit.phones import Phones
from kit.switch import Switch

from .conftest import PASSWORD, QUICK


class Desk:
    """A room whose calls are steered over HTTP."""

    def __init__(
        self, room: Room, app: aiohttp.web.Application, access: Access, url: str, stack: AsyncExitStack
    ) -> None:
        self.room, self.app, self._access, self.url, self._stack = room, app, access, url, stack

    async def client(
        self, role: Role, person: str | None = None, company: str | None = "acme"
    ) -> aiohttp.ClientSession:
        name = f"{role}-{person or ''}"
        one_time = await self._access.add_account("test", name, role, company=company, person=person)
        client = await self._stack.enter_async_context(
            aiohttp.ClientSession(
                self.url, cookie_jar=aiohttp.CookieJar(unsafe=True), headers={"Origin": self.url.rstrip("/")}
            )
        )
        await client.post("/sign-in", json={"account": name, "password": one_time})
        assert (await client.post("/password", json={"password": PASSWORD})).status == 200
        return client


@contextlib.asynccontextmanager
async def open_desk(switch: Switch, phones: Phones, folder: Path, console: Console) -> AsyncIterator[Desk]:
    """Everything up, and served."""
    async with AsyncExitStack() as stack:
        room = await open_room(stack, switch, phones, folder)
        boards = stack.enter_context(contextlib.closing(Boards([room.live])))
        boards.set_names(names_of(COMPANY))
        access = stack.enter_context(Access(room.store, hasher=QUICK))
        app = make_app(access, boards, room.agent_desks, call_desk=room.calls, once=Once(room.store), console=console)
        clients = AsyncExitStack()
        async with serve(app, "127.0.0.1", 0) as url, clients:
            yield Desk(room, app, access, url, clients)
