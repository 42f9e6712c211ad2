"""What scripts ask of the house: protocols that the house answers, and the frozen values that pass between.

Every answer may be None, which means "not known here": the script then ends without its marker, or takes the
compiled value, and the dialplan's fallback carries the call.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from agi.call import Call
from agi.flow.document import Flow
from agi.flow.lookup import is_nothing, values_of
from agi.flow.nodes import Target
from agi.flow.routing import NO_WISH, Wish


@dataclass(frozen=True, slots=True)
class PinnedFlow:
    """The version of a flow that a call entered with and stays on, 0 for one that is not published; `start` is the id
    of the first node."""

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
    a call from inside), `answers` what he chose in the menus, oldest first, each as `<menu id>=<key>`, `wish` what the
    flow wants of the queue.
    """

    company: str
    queue: str
    caller: str
    did: str
    language: str
    answers: tuple[str, ...]
    at: datetime
    wish: Wish = NO_WISH


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


@dataclass(frozen=True, slots=True)
class Question:
    """What a flow asks another system, by the connection `source`.

    `values` are sent under their names; those in `secrets` stand in no address and no log. `into`: variable -> where
    its value stands in the answer. `seconds`: how long the caller waits at most.
    """

    node: str
    source: str
    values: Mapping[str, str]
    secrets: frozenset[str]
    into: Mapping[str, str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Notice:
    """What a flow tells another system, by the connection `source`; `values` and `secrets` as of a question.

    Who is told a `key` again does nothing. `seconds`: how long the caller waits at most. `retries`: how often it is
    told again later, if it is not taken. `company`: whose call it is about.
    """

    node: str
    source: str
    values: Mapping[str, str]
    secrets: frozenset[str]
    key: str
    seconds: float
    retries: int = 0
    company: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """What came of a question; `values` of the variables where something was found."""

    way: Literal["found", "not_found", "failure"]
    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, document: object, into: Mapping[str, str]) -> Response:
        """Of what was answered; `into` as of the question. Raises `agi.flow.lookup.Untrue`."""
        return NOTHING_FOUND if is_nothing(document) else cls("found", values_of(document, into))


NOTHING_FOUND, FAILED = Response("not_found"), Response("failure")


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


class Systems(Protocol):
    """Other systems that calls ask and tell."""

    def asked(self, question: Question) -> AbstractAsyncContextManager[Awaitable[Response]]:
        """Asks at once. The answer is awaited inside the block, comes within the seconds of the question, and raises
        nothing; who leaves the block has asked no more."""

    async def told(self, notice: Notice) -> bool:
        """Tells it, and says within its seconds whether it was taken. Raises nothing. Who does not wait for that has
        told it nevertheless."""


class NoSystems:
    """Nobody may be asked or told: everything fails."""

    @asynccontextmanager
    async def asked(self, question: Question) -> AsyncIterator[Awaitable[Response]]:
        yield Known(FAILED)

    async def told(self, notice: Notice) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Known:
    """A response that nobody waits for, and nobody need await."""

    response: Response

    def __await__(self) -> Generator[None, None, Response]:
        yield from ()
        return self.response


class Voice(Protocol):
    """Says texts that are known in a call alone."""

    async def said(self, text: str, language: str, seconds: float) -> str | None:
        """A sound that the switch plays, made within so many seconds; None: it could not be made. Raises nothing."""


class NoVoice:
    """Says nothing."""

    async def said(self, text: str, language: str, seconds: float) -> str | None:
        return None


@dataclass(frozen=True, slots=True)
class Reachable:
    """A number (E.164) where somebody may be called; `said`: the digits by which he knows it."""

    number: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRequest:
    """Somebody is to be called back at `number` by an agent of `queue`, which he asked for at `node` of a flow, in the
    `call` with this uniqueid. The other parts as the node has them."""

    node: str
    company: str
    did: str
    call: str
    queue: str
    number: str
    language: str
    wish: Wish
    outgoing: str
    schedule: str
    tries: int
    pause_seconds: int
    most_waiting: int
    asked: datetime
    expires: datetime


class Callbacks(Protocol):
    """Takes down who is to be called back. Raises nothing."""

    async def reachable(self, company: str, outgoing: str, number: str) -> Reachable | None:
        """The number that somebody calls from, or that he typed, if he may be called there by this item of the
        company's `outgoing`."""

    async def take(self, request: CallbackRequest) -> bool:
        """Is it kept? Whoever is to be called at this number already keeps his place, and nothing is added."""


class NoCallbacks:
    """Nobody is called back."""

    async def reachable(self, company: str, outgoing: str, number: str) -> Reachable | None:
        return None

    async def take(self, request: CallbackRequest) -> bool:
        return False


class Clock(Protocol):
    def now(self) -> datetime:
        """This moment, aware, in UTC."""


class Witness(Protocol):
    """Sees one caller go through a flow. Nothing that it does changes his way."""

    def entered(self, node: str, menus: Sequence[str]) -> None:
        """He comes to a node; `menus` are those on his way here, the one that he is in last."""

    def prompted(self, prompt: str) -> None:
        """He is about to hear a prompt; not told of one that he typed over."""

    def unsaid(self, variable: str, *, is_secret: bool) -> None:
        """What would say a variable is passed over: it is secret, or holds nothing."""

    def left(self, node: str, way: str, target: Target) -> None:
        """He goes on from a node by one of its ways, named as in the document: `keys.2`, `no_input.then`, `open`."""


class Nobody:
    """A witness who looks away."""

    def entered(self, node: str, menus: Sequence[str]) -> None:
        pass

    def prompted(self, prompt: str) -> None:
        pass

    def unsaid(self, variable: str, *, is_secret: bool) -> None:
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
    systems: Systems = field(default_factory=NoSystems)
    voice: Voice = field(default_factory=NoVoice)
    callbacks: Callbacks = field(default_factory=NoCallbacks)
