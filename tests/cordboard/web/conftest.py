"""Cordboard's web room on a real socket: a real database, a real fold that tests tell what happened, real clients."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from argon2 import PasswordHasher

from ami.client import Manager, SwitchLink
from ami.errors import LinkDown
from ami.wire import Address
from cordboard.desk.access import Access
from cordboard.desk.agents import Done, Result
from cordboard.desk.board import Boards
from cordboard.desk.calls import Calls
from cordboard.desk.deploy import Deployment
from cordboard.desk.flows import Flows
from cordboard.desk.names import names_of
from cordboard.desk.operations import Operations
from cordboard.desk.past_calls import PastCalls
from cordboard.flows.checking import findings_of
from cordboard.flows.publishing import trial
from cordboard.flows.trial import unmeasured
from cordboard.house.menu_texts import MenuTexts
from cordboard.house.menus import MenuDesk
from cordboard.house.tried_calls import TriedCalls
from cordboard.provisioning.apply import Deployer
from cordboard.provisioning.generations import Generations
from cordboard.store.company import save_company
from cordboard.store.engine import Store, open_store
from cordboard.store.flows import publish_flow
from cordboard.store.records import Role
from cordboard.web.app import make_app
from cordboard.web.connections import Limits
from cordboard.web.console import Console, read_console
from cordboard.web.feed import Feeds
from cordboard.web.keys import Origins
from cordboard.web.links import Followed
from cordboard.web.live import Patience
from cordboard.web.serve import serve
from dialplan_templates.views import Mode
from kit import acme
from kit.office import Office, deployed_office
from kit.switch import Switch
from kit.told import Told

PASSWORD = "correct horse battery"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Wishes:
    """A desk for agents that notes what it is asked, and answers what the test says."""

    asked: list[tuple[Any, ...]] = field(default_factory=list)
    answer: Result = field(default_factory=Done)
    error: Exception | None = None

    def _note(self, *wish: object) -> Result:
        self.asked.append(wish)
        if self.error is not None:
            raise self.error
        return self.answer

    async def of(self, company: str, person: str) -> Wishes:
        return self

    async def to_log_in(self, company: str, person: str, phone: str | None) -> Wishes:
        return self

    async def log_in(
        self, company: str, person: str, actor: str, *, phone: str | None = None, may_borrow: bool = True
    ) -> Result:
        return self._note("log_in", company, person, actor, phone, may_borrow)

    async def log_out(self, company: str, person: str, actor: str, because: str | None = None) -> Result:
        return self._note("log_out", company, person, actor, because)

    async def pause(
        self,
        company: str,
        person: str,
        reason: str,
        actor: str,
        *,
        after_call: bool = False,
        because: str | None = None,
    ) -> Result:
        return self._note("pause", company, person, actor, reason, after_call, because)

    async def withdraw(
        self,
        company: str,
        person: str,
        reason: str,
        actor: str,
        *,
        after_call: bool = False,
        because: str | None = None,
    ) -> Result:
        return self._note("withdraw", company, person, actor, reason, after_call, because)

    async def ready(self, company: str, person: str, actor: str, because: str | None = None) -> Result:
        return self._note("ready", company, person, actor, because)

    async def extend(self, company: str, person: str, actor: str, seconds: int = 60) -> Result:
        return self._note("extend", company, person, actor, seconds)


@dataclass
class House:
    """One running server and what stands behind it."""

    told: Told
    boards: Boards
    access: Access
    wishes: Wishes
    feeds: Feeds
    store: Store
    deployment: Deployment
    url: str
    one_time: str
    clients: contextlib.AsyncExitStack

    async def stranger(self, **headers: str) -> aiohttp.ClientSession:
        """A browser that has not signed in."""
        ours = {"Origin": self.url.rstrip("/"), **headers}
        jar = aiohttp.CookieJar(unsafe=True)
        return await self.clients.enter_async_context(aiohttp.ClientSession(self.url, cookie_jar=jar, headers=ours))

    async def newcomer(self) -> aiohttp.ClientSession:
        """A browser that signed in with the one-time password and went no further."""
        client = await self.stranger()
        answer = await client.post("/sign-in", json={"account": "admin", "password": self.one_time})
        assert answer.status == 200
        return client

    async def administrator(self) -> aiohttp.ClientSession:
        """A browser of the administrator, with a password of his own."""
        client = await self.newcomer()
        answer = await client.post("/password", json={"password": PASSWORD})
        assert answer.status == 200
        return client

    async def somebody(
        self, role: Role, *, company: str | None = "acme", person: str | None = None
    ) -> aiohttp.ClientSession:
        """A browser of a new account of this role."""
        name = f"{role}-{company}-{person}"
        one_time = await self.access.add_account("test", name, role, company=company, person=person)
        client = await self.stranger()
        await client.post("/sign-in", json={"account": name, "password": one_time})
        answer = await client.post("/password", json={"password": PASSWORD})
        assert answer.status == 200
        return client


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite:///{tmp_path}/cordboard.db") as opened:
        await opened.migrate()
        async with opened.transaction() as transaction:
            await save_company(transaction, acme.company(), "test")
            await publish_flow(transaction, "acme", acme.flow().to_json(), "test")
        yield opened


@pytest.fixture
def console(tmp_path: Path) -> Console:
    """A console as the build would leave it, of a few bytes."""
    folder = tmp_path / "static"
    manifest = {
        "_shared.js": {"file": "assets/shared-1.js", "css": ["assets/shared-1.css"]},
        "index.html": {"file": "assets/index-1.js", "imports": ["_shared.js"], "css": ["assets/index-1.css"]},
        "deploy.html": {"file": "assets/deploy-1.js", "imports": ["_shared.js"]},
        "menus.html": {"file": "assets/menus-1.js", "imports": ["_shared.js"]},
        "sign-in.html": {"file": "assets/sign-in-1.js", "imports": ["_shared.js"]},
    }
    (folder / "assets").mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    for name in ("index.html", "deploy.html", "menus.html", "sign-in.html", "LICENSES.txt"):
        (folder / name).write_text(f"this is {name}")
    scripts = ("shared-1.js", "index-1.js", "deploy-1.js", "menus-1.js", "sign-in-1.js")
    for name in (*scripts, "shared-1.css", "index-1.css"):
        (folder / "assets" / name).write_text(f"/* {name} */")
    return read_console(folder)


OpenHouse = Callable[..., AbstractAsyncContextManager[House]]


def nobody_answers() -> AbstractAsyncContextManager[Manager]:
    """The deploying account of an Asterisk that does not run."""
    raise LinkDown("Asterisk does not run")


@pytest.fixture
def open_house(told: Told, store: Store, console: Console, tmp_path: Path) -> OpenHouse:
    """`async with open_house() as house:` a server on a socket of its own. The Asterisk that it deploys to, and sends
    commands on calls to, does not run unless a test brings one."""
    ours = console
    away = Deployment(
        store, Deployer(Generations(tmp_path / "home"), Mode.OWNED), acme.placement(), nobody_answers, patience=0.1
    )

    @contextlib.asynccontextmanager
    async def opened(
        *,
        console: Console | None = None,
        patience: Patience | None = None,
        origins: Origins | None = None,
        outbox_bytes: int = 256 * 1024,
        others: Sequence[Told] = (),
        followed: Sequence[Followed] = (),
        port: int = 0,
        limits: Limits | None = None,
        deployment: Deployment = away,
    ) -> AsyncIterator[House]:
        boards = Boards([told.live, *(other.live for other in others)])
        boards.set_names(names_of(acme.company()))
        wishes = Wishes()

        def today() -> date:
            return datetime.now(UTC).date()

        def flows() -> Flows:
            return Flows(store, trial(None, today))

        feeds = Feeds(boards, gather=0.005, outbox_bytes=outbox_bytes)
        with Access(store, hasher=QUICK) as access, contextlib.closing(boards):
            app = make_app(
                access,
                boards,
                wishes,
                call_desk=Calls(store, SwitchLink("pbx1", Address("127.0.0.1", 1, "", ""), told.live), told.live),
                followed=followed,
                operations=Operations(deployment, store),
                menu_desk=MenuDesk(store, flows),
                texts=MenuTexts(flows, lambda reading: findings_of(reading, None, today())),
                trials=TriedCalls(store, lambda is_draft: unmeasured),
                history=PastCalls(store),
                console=console or ours,
                origins=origins,
                patience=patience or Patience(beat=0.2),
                feeds=feeds,
            )
            one_time = await access.open_first_account() or ""
            async with contextlib.AsyncExitStack() as clients, serve(app, "127.0.0.1", port, limits=limits) as url:
                yield House(told, boards, access, wishes, feeds, store, deployment, url, one_time, clients)
                await clients.aclose()

    return opened


@pytest.fixture
async def house(open_house: OpenHouse) -> AsyncIterator[House]:
    async with open_house() as opened:
        yield opened


@pytest.fixture
async def office(new_switch: Callable[..., Switch], store: Store) -> AsyncIterator[Office]:
    async with deployed_office(new_switch("pbx1"), store) as opened:
        yield opened
