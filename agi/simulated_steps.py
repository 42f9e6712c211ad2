"""What happens in a simulated call, step by step, with the seconds since the call began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agi.flow.nodes import Target
from agi.simulated_ear import Listened
from agi.simulated_tape import Monitored, Recorded


@dataclass(frozen=True, slots=True)
class Entered:
    """He came to a node; `menus` are those on his way, the one that he is in last."""

    at: float
    node: str
    menus: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prompted:
    """A prompt began, whose sounds follow."""

    at: float
    prompt: str


@dataclass(frozen=True, slots=True)
class Played:
    """A sound, and how much was heard of it; `seconds` None: the switch does not have it. `key` stopped it."""

    at: float
    sound: str
    language: str
    seconds: float | None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A number, or a moment on a clock, that the switch said by itself. Nobody knows how long that takes: so many
    seconds as it may."""

    at: float
    text: str
    language: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Unsaid:
    """What would say a variable was passed over: it is secret, or holds nothing."""

    at: float
    variable: str
    is_secret: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A connection was to be asked: what it would be told, secrets hidden, and what came of it. `is_told`: what it
    answers was told beforehand; else it is taken to fail."""

    at: float
    source: str
    sent: Mapping[str, str]
    way: str
    is_told: bool


@dataclass(frozen=True, slots=True)
class Notified:
    """A connection was to be told something, secrets hidden."""

    at: float
    source: str
    sent: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CallbackAsked:
    """It was to be taken down that he is called back at this number, by an agent of the queue; was it?"""

    at: float
    queue: str
    number: str
    is_taken: bool


@dataclass(frozen=True, slots=True)
class Waited:
    """The flow waited for a key; None came within `seconds`."""

    at: float
    seconds: float
    key: str | None


@dataclass(frozen=True, slots=True)
class Left:
    """He went on from a node, by the way named in the document, to a target."""

    at: float
    node: str
    way: str
    target: Target


@dataclass(frozen=True, slots=True)
class Spoke:
    """The language changed."""

    at: float
    language: str


@dataclass(frozen=True, slots=True)
class Set:
    """A variable of the channel was set."""

    at: float
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Told:
    """An event was told to whoever follows the switch: its name, and its headers with their decoded values."""

    at: float
    event: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller left."""

    at: float


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A step lasted longer than its guard: the dialplan took the call back."""

    at: float


Step = (
    Entered
    | Prompted
    | Played
    | Said
    | Unsaid
    | Asked
    | Notified
    | CallbackAsked
    | Waited
    | Listened
    | Recorded
    | Monitored
    | Left
    | Spoke
    | Set
    | Told
    | HungUp
    | TakenBack
)
