"""A node that sends a call to a queue: which one, how urgently, and for agents of which skills."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Self

from agi.errors import Problem
from agi.flow.deciding import VALUE, VALUE_CURE
from agi.flow.forms import Form, MaybeWhole, Word, Words
from agi.flow.nodes import Node
from agi.flow.reading import Reader
from agi.flow.steps import NO_VARIABLE, VARIABLE, VARIABLE_CURE
from agi.flow.ways import SLUG, Edge, Target, TargetKind

MOST_PRIORITY = 100
BEST_LEVEL = 5
WANTS = "CB_WANTS"
"""The variable of the channel that holds a wish until the queue is chosen."""
QUEUE_CURE = "Name one of the queues"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a flow wants of the queue that it sends a call to: a priority, None is the queue's own, and levels of skills
    beside those that the queue asks for."""

    priority: int | None = None
    skills: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        """As a variable of the channel has it: `5 english=3,german=2`, ` english=3`; "" for nothing."""
        skills = ",".join(f"{skill}={level}" for skill, level in self.skills.items())
        return f"{'' if self.priority is None else self.priority} {skills}".rstrip()

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `str` gave; of anything else, what can be read so."""
        priority, _, skills = text.partition(" ")
        pairs = (each.partition("=") for each in skills.split(","))
        return cls(
            int(priority) if priority.isascii() and priority.isdecimal() else None,
            {skill: int(level) for skill, _, level in pairs if level.isascii() and level.isdecimal()},
        )


NO_WISH = Wish()


@dataclass(frozen=True, slots=True)
class RouteCase:
    """Where a call goes each of whose variables named here has one of its `values`, or begins with one of its
    `prefixes`. `queue` None: to that of the node."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    prefixes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    queue: str | None = None
    wish: Wish = NO_WISH

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.values, *self.prefixes)))

    def holds(self, value_of: Callable[[str], str]) -> bool:
        return all(
            (value := value_of(name)) in self.values.get(name, ()) or value.startswith(self.prefixes.get(name, ()))
            for name in self.variables
        )


class Levels(Form[Mapping[str, int]]):
    """Skills, each with the least level that is wanted."""

    def read(self, reader: Reader, table: Mapping[str, Any], name: str, where: str) -> Mapping[str, int]:
        where = f"{where}.{name}"
        written = reader.names(table.get(name), where, SLUG, "is not a skill's id", "Name one of the skills")
        return {skill: reader.whole(written, skill, where, 1, BEST_LEVEL) for skill in written}

    def write(self, value: Mapping[str, int]) -> Any:
        return dict(value)

    def is_written(self, value: Mapping[str, int]) -> bool:
        return bool(value)


class RouteCases(Form[tuple[RouteCase, ...]]):
    _PRIORITY, _SKILLS, _TEXTS = MaybeWhole(0, MOST_PRIORITY), Levels(), Words(VALUE, VALUE_CURE)

    def read(self, reader: Reader, table: Mapping[str, Any], name: str, where: str) -> tuple[RouteCase, ...]:
        return tuple(self._case(reader, *each) for each in reader.tables(table.get(name), f"{where}.{name}"))

    def _case(self, reader: Reader, table: Mapping[str, Any], where: str) -> RouteCase:
        reader.only(table, where, "is", "begins", "queue", "priority", "skills")
        skills = self._SKILLS.read(reader, table, "skills", where) if "skills" in table else {}
        return RouteCase(
            self._texts(reader, table, "is", where),
            self._texts(reader, table, "begins", where),
            reader.text(table, "queue", where, SLUG, QUEUE_CURE, None),
            Wish(self._PRIORITY.read(reader, table, "priority", where), skills),
        )

    def _texts(self, reader: Reader, table: Mapping[str, Any], name: str, where: str) -> Mapping[str, tuple[str, ...]]:
        if name not in table:
            return {}
        where = f"{where}.{name}"
        written = reader.names(table[name], where, VARIABLE, NO_VARIABLE, VARIABLE_CURE)
        return {variable: self._TEXTS.read(reader, written, variable, where) for variable in written}

    def write(self, value: tuple[RouteCase, ...]) -> Any:
        return [
            {
                name: part
                for name, part in {
                    "is": {each: list(texts) for each, texts in case.values.items()},
                    "begins": {each: list(texts) for each, texts in case.prefixes.items()},
                    "queue": case.queue,
                    "priority": case.wish.priority,
                    "skills": dict(case.wish.skills),
                }.items()
                if part not in (None, {})
            }
            for case in value
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Node):
    """Sends a call to a queue, as the first of its cases that holds says, or otherwise as it says itself."""

    kind: ClassVar[str] = "route"
    is_instant: ClassVar[bool] = True
    queue: Annotated[str, Word(SLUG, QUEUE_CURE)]
    priority: Annotated[int | None, MaybeWhole(0, MOST_PRIORITY)] = None
    skills: Annotated[Mapping[str, int], Levels()] = field(default_factory=dict)
    cases: Annotated[tuple[RouteCase, ...], RouteCases()] = ()

    @property
    def about(self) -> str:
        return self.queue

    def choose(self, value_of: Callable[[str], str]) -> tuple[str, Wish]:
        """The way of a call whose variables have these values, and what is wanted of the queue there."""
        for place, case in enumerate(self.cases):
            if case.holds(value_of):
                return f"cases.{place}", case.wish
        return "otherwise", Wish(self.priority, self.skills)

    def wishes(self) -> Iterator[tuple[str, Wish]]:
        """The queue that each way names, and what is wanted of it."""
        yield from ((case.queue or self.queue, case.wish) for case in self.cases)
        yield self.queue, Wish(self.priority, self.skills)

    def ways(self) -> Iterator[tuple[str, Edge]]:
        queues = {f"cases.{place}": case.queue for place, case in enumerate(self.cases)} | {"otherwise": None}
        for way, queue in queues.items():
            yield way, Edge(Target(TargetKind.QUEUE, queue or self.queue))
        yield from Node.ways(self)

    def reads(self) -> Iterator[tuple[str, str]]:
        for place, case in enumerate(self.cases):
            yield from ((f"cases.{place}.is.{name}", name) for name in case.values)
            yield from ((f"cases.{place}.begins.{name}", name) for name in case.prefixes)

    def asks_for(self) -> Iterator[tuple[str, str]]:
        for case in self.cases:
            for name in case.variables:
                yield from ((name, each) for each in (*case.values.get(name, ()), *case.prefixes.get(name, ())))

    def problems(self, schedules: Collection[str]) -> Iterator[Problem]:
        for place, case in enumerate(self.cases):
            if not any((*case.values.values(), *case.prefixes.values())):
                yield Problem(f"cases.{place}", "asks for nothing", "Write is or begins, with values of a variable")
            if case.queue is None and case.wish == NO_WISH:
                what = "changes nothing"
                yield Problem(f"cases.{place}", what, "Write the queue, the priority or the skills, or leave it out")
