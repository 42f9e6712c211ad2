"""The nodes of a flow, one class a kind: each tells its own ways, prompts and problems, and what can be done there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Self, get_type_hints

from agi.errors import Problem, Sort
from agi.flow.forms import (
    Form,
    KeyWays,
    MaybeWay,
    PromptName,
    Retrying,
    Seconds,
    SpokenFromHere,
    Truth,
    Way,
    Word,
)
from agi.flow.hearing import Heard, Hearing
from agi.flow.plan import SILENCE
from agi.flow.reading import Reader
from agi.flow.ways import (
    KEY,
    LANGUAGE,
    NODE_ID,
    SLUG,
    SOUND,
    Edge,
    Prompt,
    Retry,
    Target,
    TargetKind,
    base_language,
)

__all__ = [
    "FAILURE",
    "FAILURES",
    "KEY",
    "LANGUAGE",
    "NODE_ID",
    "SILENCE",
    "SLUG",
    "SOUND",
    "Asking",
    "Choice",
    "Edge",
    "Hours",
    "Menu",
    "Node",
    "Play",
    "Prompt",
    "Retry",
    "Target",
    "TargetKind",
    "base_language",
]

FAILURES = ("no_input", "wrong_input")
"""How an attempt to answer can fail."""
FAILURE = "failure"
"""The way of a call for which a node cannot be done."""
NOTHING: Mapping[str, Collection[str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Node:
    """A place in a flow. Every field behind `id` is a part with a form.

    `failure` is the way of a call for which this cannot be done; without it the dialplan takes such a call back.
    """

    kind: ClassVar[str]
    is_instant: ClassVar[bool] = False
    """Is it left as soon as it is entered, so that nobody can hang up there?"""
    id: str
    failure: Annotated[Edge | None, MaybeWay()] = field(default=None, kw_only=True)

    @classmethod
    def read(cls, reader: Reader, name: str, table: Mapping[str, Any], where: str) -> Self:
        """Problems are left with the reader."""
        forms = dict(cls.forms())
        reader.only(table, where, "kind", *forms)
        given = {each: form for each, form in forms.items() if each in table or each not in cls.defaults()}
        return cls(name, **{each: form.read(reader, table, each, where) for each, form in given.items()})

    @classmethod
    @cache
    def forms(cls) -> tuple[tuple[str, Form[Any]], ...]:
        """Its parts by name, those that only it has before those that it shares with other kinds."""
        hints = get_type_hints(cls, include_extras=True)
        shared = {each.name for base in cls.__bases__ if issubclass(base, Node) for each in fields(base)}
        names = sorted((each.name for each in fields(cls) if each.name != "id"), key=lambda name: name in shared)
        return tuple((name, hints[name].__metadata__[0]) for name in names)

    @classmethod
    @cache
    def defaults(cls) -> frozenset[str]:
        """Parts that need not be written."""
        return frozenset(
            each.name for each in fields(cls) if (each.default, each.default_factory) != (MISSING, MISSING)
        )

    def to_json(self) -> dict[str, Any]:
        parts = ((name, form, getattr(self, name)) for name, form in self.forms())
        return {"kind": self.kind, **{name: form.write(part) for name, form, part in parts if form.is_written(part)}}

    def led(self, lead: Callable[[Edge], Edge], name: str) -> Self:
        """The same under another id, each of its edges led elsewhere."""
        return replace(self, id=name, **{part: form.led(getattr(self, part), lead) for part, form in self.forms()})

    @property
    def about(self) -> str:
        """What it is about, by the name of it: a prompt, a schedule; "" if it has no such name."""
        return ""

    @property
    def only_leads_on(self) -> bool:
        """Is it there for its edge alone?"""
        return False

    def is_meant_by(self, target: Target) -> bool:
        """Is this kind of node what a target (with this id) says that it leads to?"""
        return self.kind == target.kind or (target.kind is TargetKind.STEP and self.kind != TargetKind.MENU)

    def ways(self) -> Iterator[tuple[str, Edge]]:
        """Every way out, with its path below the node."""
        for name, form in self.forms():
            yield from ((f"{name}.{path}".strip("."), edge) for path, edge in form.edges(getattr(self, name)))

    def ways_of_silence(self) -> Iterator[Edge]:
        """The ways that a caller can take who never presses anything."""
        yield from (edge for _, edge in self.ways())

    def prompts(self) -> Iterator[tuple[str, str]]:
        """Every prompt that it can play, with its path below the node."""
        for name, form in self.forms():
            yield from ((f"{name}.{path}".strip("."), prompt) for path, prompt in form.prompts(getattr(self, name)))

    def spoken(self, language: str) -> str:
        """What is spoken here to somebody who comes in this language."""
        return language

    def hears(self, language: str) -> Iterator[tuple[str, str]]:
        """Prompts that somebody may hear who comes in this language, each with the language that it is heard in."""
        yield from ((prompt, self.spoken(language)) for _, prompt in self.prompts())

    def gives(self) -> Iterator[tuple[str, str]]:
        """Variables that get a value here, each after the path of its name below the node."""
        yield from ()

    def reads(self) -> Iterator[tuple[str, str]]:
        """Variables whose value counts here, each after the path of its name below the node."""
        yield from ()

    def tells(self) -> Iterator[tuple[str, str]]:
        """Those of them whose value is put into words here."""
        yield from ()

    @property
    def is_secret(self) -> bool:
        """Are the values that variables get here told to nobody?"""
        return False

    def asks_for(self) -> Iterator[tuple[str, str]]:
        """Variables, each with a value, or the beginning of values, that opens a way of its own here."""
        yield from ()

    def behaviours(self, wanted: Mapping[str, Collection[str]] = NOTHING) -> Iterator[tuple[str, ...]]:
        """What callers can do here, each as words of a plan: one for every way that pressing or silence opens. None
        where nothing is waited for. `wanted`: variable -> values that open ways elsewhere."""
        yield from ()

    def replies(self, wanted: Mapping[str, Collection[str]] = NOTHING) -> Iterator[object]:
        """What another system that is asked here may answer, one for every way that this opens: JSON, or the way's
        name. None where nobody is asked. `wanted` as above."""
        yield from ()

    def reason(self, way: str) -> str | None:
        """What leaving by this way says of a call that ends behind it: key, no_input, wrong_input, open, closed. None
        where it says nothing new."""
        return None

    def unsaid(self, languages: Collection[str], default: str) -> Iterator[Problem]:
        """What its callers in these languages do not hear, by the paths of parts below the node; prompts left out."""
        yield from ()

    def problems(self, schedules: Collection[str]) -> Iterator[Problem]:
        """What is wrong with its own parts, by their paths below the node; these schedules are there."""
        yield from ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking(Node):
    """Asks for keys. Silence and wrong input are counted apart, from nothing each time that somebody comes.

    `barge_in` says whether a key stops the prompts; without it they play whole, and keys pressed meanwhile are dropped.
    """

    prompt: Annotated[str | None, PromptName()]
    no_input: Annotated[Retry, Retrying()]
    wrong_input: Annotated[Retry, Retrying()]
    barge_in: Annotated[bool, Truth()] = True
    first_digit_seconds: Annotated[float, Seconds(0.5, 60)] = 6.0
    inter_digit_seconds: Annotated[float, Seconds(0.5, 30)] = 3.0

    @property
    def about(self) -> str:
        return self.prompt or ""

    @property
    def offered(self) -> Mapping[str, str]:
        """Keys, each with the way that it opens; none where anything may be typed."""
        return {}

    def ways_of_silence(self) -> Iterator[Edge]:
        yield self.no_input.then
        if self.failure is not None:
            yield self.failure

    def reason(self, way: str) -> str | None:
        first = way.partition(".")[0]
        return first if first in FAILURES else "key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Asking):
    """Asks for one of some keys. A single key that no longer key begins with is taken at once."""

    def behaviours(self, wanted: Mapping[str, Collection[str]] = NOTHING) -> Iterator[tuple[str, ...]]:
        keys = self.offered
        yield from ((key, SILENCE) if begins_longer(key, keys) else (key,) for key in keys)
        yield (SILENCE,) * self.no_input.tries
        if wrong := strange_key(keys):
            yield (wrong,) * self.wrong_input.tries

    def problems(self, schedules: Collection[str]) -> Iterator[Problem]:
        keys = self.offered
        for key in keys:
            for longer in keys:
                if longer != key and longer.startswith(key):
                    what = f"is how {longer} begins: its callers wait in silence until no second key comes"
                    yield Problem(keys[key], what, "Give one of them another key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu(Choice):
    """A prompt and the keys that answer it. `language` is spoken from this menu on. `speech`: what may be said instead
    of a key; None: nothing."""

    kind: ClassVar[str] = TargetKind.MENU
    keys: Annotated[Mapping[str, Edge], KeyWays()]
    language: Annotated[str | None, SpokenFromHere()] = None
    speech: Annotated[Hearing | None, Heard()] = None

    @property
    def offered(self) -> Mapping[str, str]:
        return {key: f"keys.{key}" for key in self.keys}

    def spoken(self, language: str) -> str:
        return self.language or language

    def problems(self, schedules: Collection[str]) -> Iterator[Problem]:
        if not self.keys:
            yield Problem("keys", "a menu without any key", "Add keys, or make it an announcement")
        yield from Choice.problems(self, schedules)
        if self.speech is not None:
            for problem in self.speech.problems(self.keys):
                yield replace(problem, where=f"speech.{problem.where}")


@dataclass(frozen=True, slots=True)
class Hours(Node):
    """Open or closed, at the moment that the call passes here."""

    kind: ClassVar[str] = "hours"
    is_instant: ClassVar[bool] = True
    schedule: Annotated[str, Word(SLUG, "Name one of the schedules")]
    open: Annotated[Edge, Way()]
    closed: Annotated[Edge, Way()]

    @property
    def about(self) -> str:
        return self.schedule

    def reason(self, way: str) -> str | None:
        return way

    def problems(self, schedules: Collection[str]) -> Iterator[Problem]:
        if self.schedule not in schedules:
            what = f"schedule {self.schedule} does not exist"
            yield Problem("schedule", what, "Add it to the schedules", sort=Sort.SCHEDULE)


@dataclass(frozen=True, slots=True)
class Play(Node):
    """Plays a prompt and goes on. Without a prompt it only leads on: so begins a DID that goes straight to a queue."""

    kind: ClassVar[str] = "play"
    prompt: Annotated[str | None, PromptName()]
    then: Annotated[Edge, Way()]
    barge_in: Annotated[bool, Truth()] = False

    @property
    def about(self) -> str:
        return self.prompt or ""

    @property
    def only_leads_on(self) -> bool:
        return self.prompt is None


def begins_longer(key: str, keys: Collection[str]) -> bool:
    """Is it how a longer one of the keys begins?"""
    return any(len(longer) > len(key) and longer.startswith(key) for longer in keys)


def strange_key(keys: Collection[str]) -> str:
    """A key that answers nothing and begins nothing among these; "" if there is none."""
    begins = {key[0] for key in keys}
    return next((key for key in "8790654321#*" if key not in begins), "")
