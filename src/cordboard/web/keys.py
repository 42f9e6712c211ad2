"""What the handlers find in the application and in a request, typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from aiohttp import web

from ami.models import LinkStatus
from cordboard.desk.access import Access, Visitor
from cordboard.desk.agents import Result
from cordboard.desk.board import Boards
from cordboard.desk.calls import Asker
from cordboard.desk.once import Once
from cordboard.desk.open_calls import OpenCall
from cordboard.desk.operations import Operations
from cordboard.web.allowance import Allowances
from cordboard.web.console import Console
from cordboard.web.feed import Feeds
from cordboard.web.live import Patience, Sockets

THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")


class Needs(Enum):
    """Whom a route serves."""

    NOTHING = "anybody"
    SESSION = "who signed in, be it with a one-time password"
    SIGNED_IN = "who signed in and has a password of his own"
    OVERSEES = "a supervisor or an administrator"
    DEPLOYS = "an administrator of all companies"


@dataclass(frozen=True, slots=True)
class Origins:
    """Where the pages come from that may act: from this server's own address and port, by number or as this machine,
    and from `others` (`https://pbx.example`). A name that merely leads here is not enough: anybody can have one.

    `is_secure`: browsers reach this server by TLS, if need be one that ends at a proxy before it.
    """

    is_secure: bool = False
    others: frozenset[str] = frozenset()

    def admit(self, request: web.Request) -> bool:
        """Whether the request comes from a page of ours. Browsers always say where an action comes from."""
        origin = request.headers.get("Origin", "")
        return origin in self.others or origin in self._own(request)

    def _own(self, request: web.Request) -> frozenset[str]:
        sockname = request.transport.get_extra_info("sockname") if request.transport else None
        if sockname is None:
            return frozenset()
        scheme, default = ("https", 443) if self.is_secure else ("http", 80)
        address, port = sockname[:2]
        bound = f"[{address.partition('%')[0]}]" if ":" in address else address
        ending = "" if port == default else f":{port}"
        return frozenset(f"{scheme}://{name}{ending}" for name in (bound, *THIS_MACHINE))


class AgentDesks(Protocol):
    """Finds the desk of the switch where somebody is (`cordboard.desk.agent_desks.AgentDesks`)."""

    async def of(self, company: str, person: str) -> AgentDesk: ...

    async def to_log_in(self, company: str, person: str, phone: str | None) -> AgentDesk: ...


class AgentDesk(Protocol):
    """Logs agents in and out, pauses them, makes them ready (`cordboard.desk.agents.Agents`)."""

    async def log_in(
        self, company: str, person: str, actor: str, *, phone: str | None = None, may_borrow: bool = True
    ) -> Result: ...

    async def log_out(self, company: str, person: str, actor: str, because: str | None = None) -> Result: ...

    async def pause(
        self,
        company: str,
        person: str,
        reason: str,
        actor: str,
        *,
        after_call: bool = False,
        because: str | None = None,
    ) -> Result: ...

    async def withdraw(
        self,
        company: str,
        person: str,
        reason: str,
        actor: str,
        *,
        after_call: bool = False,
        because: str | None = None,
    ) -> Result: ...

    async def ready(self, company: str, person: str, actor: str, because: str | None = None) -> Result: ...

    async def extend(self, company: str, person: str, actor: str, seconds: int = ...) -> Result: ...


class CallDesk(Protocol):
    """Shows and steers calls (`cordboard.desk.calls.Calls`)."""

    async def all(self, company: str) -> tuple[tuple[OpenCall, ...], Mapping[str, LinkStatus]]: ...

    async def hang_up(self, company: str, call: str, asker: Asker) -> Result: ...

    async def transfer(self, company: str, call: str, to: str, asker: Asker) -> Result: ...

    async def consult(self, company: str, call: str, to: str, asker: Asker) -> Result: ...

    async def cancel(self, company: str, call: str, asker: Asker) -> Result: ...

    async def complete(self, company: str, call: str, asker: Asker) -> Result: ...

    async def park(self, company: str, call: str, asker: Asker) -> Result: ...

    async def fetch(self, company: str, call: str, asker: Asker, *, person: str | None = None) -> Result: ...

    async def originate(self, company: str, person: str, number: str, asker: Asker) -> Result: ...

    async def withdraw(self, company: str, call: str, asker: Asker) -> Result: ...

    async def move(self, company: str, call: str, queue: str, asker: Asker) -> Result: ...

    async def prioritise(self, company: str, call: str, priority: int, asker: Asker) -> Result: ...


ACCESS = web.AppKey("access", Access)
BOARDS = web.AppKey("boards", Boards)
FEEDS = web.AppKey("feeds", Feeds)
SOCKETS = web.AppKey("sockets", Sockets)
PATIENCE = web.AppKey("patience", Patience)
CONSOLE = web.AppKey("console", Console)
AGENTS: web.AppKey[AgentDesks] = web.AppKey("agents")
CALLS: web.AppKey[CallDesk | None] = web.AppKey("calls")
ONCE: web.AppKey[Once | None] = web.AppKey("once")
OPERATIONS: web.AppKey[Operations | None] = web.AppKey("operations")
ORIGINS = web.AppKey("origins", Origins)
ACTIONS = web.AppKey("actions", Allowances)
LOOKS = web.AppKey("looks", Allowances)
NEEDS: web.AppKey[Mapping[web.AbstractRoute, Needs]] = web.AppKey("needs")

VISITOR = web.RequestKey("visitor", Visitor)
