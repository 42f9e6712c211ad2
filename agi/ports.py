"""What scripts ask of the house: protocols that the house answers, and the frozen values that pass between.

Every answer may be None, which means "not known here": the script then ends without its marker, or takes the
compiled value, and the dialplan's fallback carries the call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from agi.call import Call
from agi.flow.document import Flow
from agi.flow.nodes import Target


@dataclass(frozen=True, slots=True)
class PinnedFlow:
    """The version of a flow that a call entered with and stays on; `start` is the id of the first node."""

    flow: Flow
    version: int
    start: str


@dataclass(frozen=True, slots=True)
class Block:
    """A caller who is not welcome.

    `treatment` "hangup" refuses the call unanswered; "message" plays the message with id `message` first.
    """

    reason: str
    treatment: Literal["hangup", "message"]
    message: str = ""


@dataclass(frozen=True, slots=True)
class RouteRequest:
    """A caller about to join a queue.

    `caller` is his number as typed at the edge (`unknown` if he has none), `did` the id of the number he called ("" for
    a call from inside), `answers` what he chose in the menus, oldest first, each as `<menu id>=<key>`.
    """

    company: str
    queue: str
    caller: str
    did: str
    language: str
    answers: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent who was considered, and why he was passed over (None: he can be offered the call)."""

    agent: str
    name: str
    tier: int
    penalty: int
    state: str
    idle_seconds: float | None
    skipped_because: str | None


@dataclass(frozen=True, slots=True)
class RouteDecision:
    """Where a caller goes, and why: `why` is one sentence a step, `candidates` in the order they will be offered."""

    queue: str
    priority: int
    max_penalty: int
    why: tuple[str, ...]
    candidates: tuple[Candidate, ...]


class Flows(Protocol):
    async def entry(self, company: str, did: str, call: str, version: int | None) -> PinnedFlow | None:
        """The flow that a call (its uniqueid) to this DID enters now; `version`: the one that it is on already, None
        when it comes in for the first time."""


class Blocks(Protocol):
    async def find(self, company: str, number: str) -> Block | None:
        """The block that this caller's number falls under."""


class Routes(Protocol):
    async def decide(self, request: RouteRequest) -> RouteDecision | None:
        """Queue, priority and skill window for this caller."""


class Clock(Protocol):
    def now(self) -> datetime:
        """This moment, aware, in UTC."""


class Witness(Protocol):
    """Sees one caller go through a flow. Nothing that it does changes his way."""

    def entered(self, node: str, menus: Sequence[str]) -> None:
        """He comes to a node; `menus` are those on his way here, the one that he is in last."""

    def prompted(self, prompt: str) -> None:
        """He is about to hear a prompt; not told of one that he typed over."""

    def left(self, node: str, way: str, target: Target) -> None:
        """He goes on from a node by one of its ways, named as in the document: `keys.2`, `no_input.then`, `open`."""


class Nobody:
    """A witness who looks away."""

    def entered(self, node: str, menus: Sequence[str]) -> None:
        pass

    def prompted(self, prompt: str) -> None:
        pass

    def left(self, node: str, way: str, target: Target) -> None:
        pass


def unseen(_: Call) -> Witness:
    """Of a call that nobody looks at."""
    return Nobody()


@dataclass(frozen=True, slots=True)
class Ports:
    """All that the house answers, made once and handed to each script. `witness`: who looks at a call's way."""

    flows: Flows
    blocks: Blocks
    routes: Routes
    clock: Clock
    witness: Callable[[Call], Witness] = unseen
