"""A whole Cordboard on a real Asterisk: set up by the command line as its user does, called by real phones.

    async with Site(company) as site:                        # init, import, apply, Asterisk up, daemon up, signed in
        amel = await site.agent("amel", tone=850)             # phone registered, person logged in
        caller = await site.phones.caller("+33612345678", site.switch.sip, tone=425)
        call = await caller.dial("+33123456789")
        ...
        record = await site.call_record(caller.user)          # what history says of it

Everything it starts ends with it. Settings come from the environment, so nothing of the person's own is read.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from kit.loopback import free_port
from kit.patience import PATIENCE
from kit.phones import Phone, Phones, Rule
from kit.process import Process, ProcessDiedError
from kit.switch import REPOSITORY, Switch

PASSWORD = "correct horse battery staple 7"
MOST_SAID = 64 * 2**20
"""Bytes of what one command says."""


class CommandFailedError(Exception):
    """A command of the command line ended with another status than was expected."""


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


class Site:
    """One company, one switch, one daemon. `settings` are put over the defaults, by their names."""

    def __init__(self, company: Path, *, node: str = "pbx1", settings: dict[str, str] | None = None) -> None:
        self.company_file = company
        self.switch = Switch(node)
        self.phones = Phones()
        self.home = self.switch.folder / "cordboard"
        self.web_port = free_port(self.switch.address, 8080)
        self.agi_port = free_port(self.switch.address, 4573)
        self.one_time_password = ""
        self._secrets: dict[str, str] = {}
        self._starts = 0
        self._daemon: Process | None = None
        self._commands: Process | None = None
        self._stack = contextlib.AsyncExitStack()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CORDBOARD_")},
            "CORDBOARD_FILE": os.devnull,  # a cordboard.toml here or in /etc is the person's, and not read
            "CORDBOARD_HOME": str(self.home),
            "CORDBOARD_NODE": node,
            "CORDBOARD_ASTERISK_HOME": os.environ.get("CORDBOARD_ASTERISK_HOME", str(REPOSITORY / ".cache/asterisk")),
            "CORDBOARD_ASTERISK_RUN_HOME": str(self.switch.folder),
            "CORDBOARD_SIP_HOST": self.switch.address,
            "CORDBOARD_SIP_PORT": str(self.switch.ports.sip),
            "CORDBOARD_RTP_FIRST": str(self.switch.ports.rtp_first),
            "CORDBOARD_RTP_LAST": str(self.switch.ports.rtp_last),
            "CORDBOARD_AMI_HOST": self.switch.address,
            "CORDBOARD_AMI_PORT": str(self.switch.ports.ami),
            "CORDBOARD_AGI_HOST": self.switch.address,
            "CORDBOARD_AGI_PORT": str(self.agi_port),
            "CORDBOARD_WEB_HOST": self.switch.address,
            "CORDBOARD_WEB_PORT": str(self.web_port),
            "CORDBOARD_REHEARSE": "false",  # a test that is about it asks for it
            **{f"CORDBOARD_{name.upper()}": value for name, value in (settings or {}).items()},
        }

    @property
    def url(self) -> str:
        return f"http://{self.switch.address}:{self.web_port}"

    @property
    def daemon(self) -> Process:
        if self._daemon is None:
            raise ProcessDiedError("the daemon was never started")
        return self._daemon

    # --- its life -------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        try:
            await self.set_up()
            await self.start_switch()
            await self.start_daemon()
            await self.sign_in()
            await self._stack.enter_async_context(self.phones)
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End whatever was begun."""
        try:
            await self._stack.aclose()
        finally:
            for process in (self._daemon, self._commands):
                if process is not None:
                    process.kill()
            self.switch.close()

    async def set_up(self) -> None:
        """Everything before Asterisk runs: the home, the company, the first generation."""
        said = await self.cordboard("init")
        found = re.search(r"([a-z2-9]{5}(?:-[a-z2-9]{5}){3})", said.out)
        assert found, f"no one-time password in {said.out!r}"
        self.one_time_password = found[1]
        await self.cordboard("import", str(self.company_file))
        await self.cordboard("apply", "--yes")
        secrets = await self.cordboard("phones", "--show-secrets", "--json")
        self._secrets = {entry["endpoint"]: entry["secret"] for entry in secrets.json()}

    async def start_switch(self) -> None:
        await self.switch.start(etc=self.home / "current")

    async def start_daemon(self) -> None:
        """Start `cordboard run` and wait until it follows Asterisk and answers its calls."""
        self._starts += 1
        self._daemon = Process.start(
            [sys.executable, "-m", "cordboard", "run"], self.switch.folder / "cordboard.log", env=self.environment
        )
        await self._daemon.says("Cordboard is ready", self._starts)

    async def stop_daemon(self) -> int:
        """End the daemon in good order; its exit status."""
        self.daemon.signal(signal.SIGTERM)
        return await self.daemon.wait(60)

    async def sign_in(self) -> None:
        """Sign in with the one-time password and set one's own, as a browser does."""
        jar = aiohttp.CookieJar(unsafe=True)
        self._web = await self._stack.enter_async_context(
            aiohttp.ClientSession(
                self.url,
                cookie_jar=jar,
                headers={"Origin": self.url},
                # A connection kept for the next question would look left behind by the test that asked.
                connector=aiohttp.TCPConnector(force_close=True),
            )
        )
        await self.post("/sign-in", {"account": "admin", "password": self.one_time_password})
        await self.post("/password", {"password": PASSWORD})

    async def sign_in_again(self) -> None:
        """Sign in with the own password, after the daemon was started again."""
        await self.post("/sign-in", {"account": "admin", "password": PASSWORD})

    # --- asking ---------------------------------------------------------------------------------------------------

    async def cordboard(self, *words: str, expect: Sequence[int] = (0,)) -> Said:
        """Run the command line. Raises CommandFailedError when its status is not one that is expected."""
        async with asyncio.timeout(120):
            said = await self._run(words)
        if said.status not in expect:
            raise CommandFailedError(f"cordboard {' '.join(words)}: status {said.status}\n{said.out}\n{said.err}")
        return said

    async def _run(self, words: Sequence[str]) -> Said:
        """A command in a process of its own, which imports nothing anew."""
        socket = self.switch.folder / "commands.sock"
        if self._commands is None:
            command = [sys.executable, "-P", str(REPOSITORY / "tests/kit/warm_commands.py"), str(socket)]
            self._commands = Process.start(command, self.switch.folder / "commands.log", env=self.environment)
            await self._commands.says("listens")
        reader, writer = await asyncio.open_unix_connection(socket, limit=MOST_SAID)
        pid = 0
        try:
            question = {"words": words, "environment": self.environment}
            writer.write(json.dumps(question).encode() + b"\n")
            pid = int(await reader.readline())
            if not (said := await reader.readline()):
                raise ProcessDiedError(f"cordboard {' '.join(words)} was killed")
            return Said(**json.loads(said))
        except BaseException:
            if pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            raise
        finally:
            writer.close()
            await writer.wait_closed()

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        async with self._web.post(path, json=body) as answer:
            text = await answer.text()
            if answer.status >= 400:
                raise CommandFailedError(f"POST {path}: {answer.status} {text}")
            return json.loads(text) if text else None

    async def get(self, path: str) -> Any:
        async with self._web.get(path) as answer:
            text = await answer.text()
            if answer.status >= 400:
                raise CommandFailedError(f"GET {path}: {answer.status} {text}")
            return json.loads(text)

    async def cards(self) -> dict[str, dict[str, Any]]:
        """The board of the live page, card by card."""
        board = await self.get("/api/board")
        found: dict[str, dict[str, Any]] = board["cards"]
        return found

    async def differences(self) -> list[Any]:
        """How the daemon's live state differs from a fresh snapshot of Asterisk: empty if it is true."""
        found: list[Any] = await self.get("/api/differences")
        return found

    async def calls(self) -> list[dict[str, Any]]:
        """History: the calls that ended, newest first."""
        found: list[dict[str, Any]] = (await self.cordboard("calls", "--json", "--last", "200")).json()
        return found

    async def records(self, caller: str, *, since: float = 0) -> list[dict[str, Any]]:
        """What history says of this caller's calls that entered from `since` (Unix time) on, newest first, once the
        latest that the page knows is closed."""

        async def is_there() -> bool:
            last = (await self.cards())["last"]["calls"]
            return any(call["caller"] == caller and call["entered"] >= since for call in last)

        await self.until_async(is_there, f"the call of {caller} to be in history")
        return [
            call
            for call in await self.calls()
            if call["caller_number"] == caller and datetime.fromisoformat(call["entered"]).timestamp() >= since
        ]

    async def call_record(self, caller: str) -> dict[str, Any]:
        """What history says of this caller's latest call, once it is closed."""
        return (await self.records(caller))[0]

    async def witness(self) -> tuple[str, str]:
        """Name and secret of a manager account, beside Cordboard's own, that may do and hear anything."""
        file = self.home / "current" / "manager.conf"
        if "[witness]" not in file.read_text(encoding="utf-8"):
            with file.open("a", encoding="utf-8") as more:
                more.write("[witness]\nsecret=witness-secret\nread=all\nwrite=all\nwritetimeout=10000\n")
            await self.switch.cli("manager reload")
        return "witness", "witness-secret"

    # --- people ---------------------------------------------------------------------------------------------------

    async def phone(self, person: str, *, tone: int = 850, rule: Rule | None = None) -> Phone:
        """The SIP phone of a person or a place, registered."""
        endpoint = next(name for name in self._secrets if name.endswith(f"-{person}"))
        phone = await self.phones.phone(endpoint, self.switch.sip, self._secrets[endpoint], tone=tone, rule=rule)
        await phone.register()
        return phone

    async def agent(self, person: str, *, tone: int = 850, rule: Rule | None = None) -> Phone:
        """A person's phone, registered, and the person logged in and ready."""
        phone = await self.phone(person, tone=tone, rule=rule)
        await self.post(f"/api/agents/{person}/login", {})
        await self.agent_is(person, "ready")
        return phone

    async def agent_is(self, person: str, *states: str) -> dict[str, Any]:
        """Wait until the live page shows the person in one of these states, and return the card."""
        card: dict[str, Any] = {}

        async def is_so() -> bool:
            cards = await self.cards()
            found = [c for name, c in cards.items() if name.startswith("agent/") and c["id"] == person]
            card.update(found[0] if found else {})
            return bool(found) and found[0]["state"] in states

        await self.until_async(is_so, f"{person} to be {' or '.join(states)}", lambda: str(card))
        return card

    async def loses_asterisk(self) -> None:
        """Wait until the live page says that Asterisk is away."""

        async def is_so() -> bool:
            cards = await self.cards()
            return any(name.startswith("link/") and card["state"] != "live" for name, card in cards.items())

        await self.until_async(is_so, "the page to say that Asterisk is away")

    # --- waiting --------------------------------------------------------------------------------------------------

    async def until(self, condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
        async def ask() -> bool:
            return condition()

        await self.until_async(ask, what, seconds=seconds)

    async def until_async(
        self,
        condition: Callable[[], Any],
        what: str,
        last: Callable[[], str] = lambda: "",
        seconds: float = PATIENCE,
    ) -> None:
        """Wait for a condition; a TimeoutError tells what was waited for and the end of the daemon's log."""
        try:
            async with asyncio.timeout(seconds):
                while not await condition():
                    if self._daemon is not None and not self._daemon.is_running:
                        raise ProcessDiedError(f"the daemon ended:\n{self._daemon.said()[-4000:]}")
                    await asyncio.sleep(0.05)
        except TimeoutError:
            log = self._daemon.said()[-3000:] if self._daemon is not None else ""
            raise TimeoutError(f"waited {seconds} s for {what}; {last()}\n{log}") from None


@contextlib.asynccontextmanager
async def open_site(company: Path, **settings: str) -> AsyncIterator[Site]:
    """A site for the length of a block, with these settings over the defaults."""
    async with Site(company, settings=settings) as site:
        yield site
