"""The flow document: nodes, prompts and schedules together, and their JSON form.

    {"cordboard_flow": 1, "language": "fr",
     "prompts":   {"welcome": {"fr": ["welcome", "press-1"], "en": ["welcome"]}},
     "schedules": {"office": {"time_zone": "Europe/Paris", "closed_dates": ["2026-12-24"],
                              "weekly": [{"days": ["mon", "tue"], "from": "09:00", "to": "18:00"}]}},
     "nodes": {
       "did.main": {"kind": "hours", "schedule": "office",
                    "open": {"kind": "menu", "id": "accueil"}, "closed": {"kind": "message", "id": "closed"}},
       "accueil":  {"kind": "menu", "prompt": "welcome", "barge_in": true, "language": null,
                    "first_digit_seconds": 6, "inter_digit_seconds": 3,
                    "keys": {"1": {"kind": "queue", "id": "billing-fr", "language": "fr"}, "9": {"kind": "repeat"}},
                    "no_input":    {"tries": 2, "prompt": null, "then": {"kind": "queue", "id": "billing-fr"}},
                    "wrong_input": {"tries": 3, "prompt": "sorry", "then": {"kind": "message", "id": "goodbye"}}},
       "hello":    {"kind": "play", "prompt": "welcome", "barge_in": false, "then": {"kind": "menu", "id": "accueil"}}}}

This module reads shapes and values; whether the nodes make sense together is `agi.flow.checker`'s question.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from types import MappingProxyType
from typing import Any, TypeVar

from agi.errors import FlowRefused, Problem
from agi.flow.nodes import (
    KEY,
    LANGUAGE,
    NODE_ID,
    SLUG,
    SOUND,
    Edge,
    Hours,
    Menu,
    Node,
    Play,
    Prompt,
    Retry,
    Target,
    TargetKind,
    base_language,
)
from agi.flow.schedule import DAYS, Interval, Schedule, is_time_zone

__all__ = [
    "DAYS",
    "Edge",
    "Flow",
    "FlowRefused",
    "Hours",
    "Interval",
    "Menu",
    "Node",
    "Play",
    "Problem",
    "Prompt",
    "Retry",
    "Schedule",
    "Target",
    "TargetKind",
]

FORM = 1
CLOCK_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Flow:
    """A whole flow. `language` is the company's own, spoken when a prompt has nothing in the caller's."""

    nodes: Mapping[str, Node]
    schedules: Mapping[str, Schedule] = field(default_factory=lambda: MappingProxyType({}))
    prompts: Mapping[str, Prompt] = field(default_factory=lambda: MappingProxyType({}))
    language: str = "en"

    def sounds(self, prompt: str | None, language: str) -> tuple[str, ...]:
        """The sounds of a prompt in this language, else in its base language, else in the flow's; () if silent."""
        if prompt is None:
            return ()
        spoken = self.prompts.get(prompt, {})
        for wanted in (language, base_language(language), self.language):
            if wanted in spoken:
                return spoken[wanted]
        return ()

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries, lists, strings and numbers; `Flow.from_json` gives the same flow back."""
        return {
            "cordboard_flow": FORM,
            "language": self.language,
            "prompts": {
                name: {language: list(sounds) for language, sounds in prompt.items()}
                for name, prompt in self.prompts.items()
            },
            "schedules": {schedule.id: _schedule_json(schedule) for schedule in self.schedules.values()},
            "nodes": {node.id: _node_json(node) for node in self.nodes.values()},
        }

    @classmethod
    def from_json(cls, document: object) -> Flow:
        """Read a document. Raises FlowRefused with every problem of it, in order."""
        reader = _Reader()
        flow = reader.flow(document)
        if reader.problems:
            raise FlowRefused(tuple(reader.problems))
        return flow


def _edge_json(edge: Edge) -> dict[str, Any]:
    written: dict[str, Any] = {"kind": str(edge.target.kind)}
    if edge.target.id:
        written["id"] = edge.target.id
    if edge.language is not None:
        written["language"] = edge.language
    return written


def _retry_json(retry: Retry) -> dict[str, Any]:
    return {"tries": retry.tries, "prompt": retry.prompt, "then": _edge_json(retry.then)}


def _node_json(node: Node) -> dict[str, Any]:
    written: dict[str, Any] = {"kind": str(node.kind)}
    match node:
        case Menu():
            written |= {
                "prompt": node.prompt,
                "barge_in": node.barge_in,
                "language": node.language,
                "first_digit_seconds": node.first_digit_seconds,
                "inter_digit_seconds": node.inter_digit_seconds,
                "keys": {key: _edge_json(edge) for key, edge in node.keys.items()},
                "no_input": _retry_json(node.no_input),
                "wrong_input": _retry_json(node.wrong_input),
            }
        case Hours():
            written |= {"schedule": node.schedule, "open": _edge_json(node.open), "closed": _edge_json(node.closed)}
        case Play():
            written |= {"prompt": node.prompt, "barge_in": node.barge_in, "then": _edge_json(node.then)}
    return written


def _schedule_json(schedule: Schedule) -> dict[str, Any]:
    return {
        "time_zone": schedule.time_zone,
        "weekly": [
            {
                "days": list(interval.days),
                "from": f"{interval.start:%H:%M}",
                "to": "24:00" if interval.end == time.min else f"{interval.end:%H:%M}",
            }
            for interval in schedule.weekly
        ],
        "closed_dates": [day.isoformat() for day in schedule.closed_dates],
    }


_NOWHERE = Edge(Target(TargetKind.HANGUP))


class _Reader:
    """Reads a document to its end whatever is wrong with it, noting each problem with its path."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def note(self, where: str, what: str, cure: str) -> None:
        self.problems.append(Problem(where or "flow", what, cure))

    def mapping(self, value: object, where: str) -> Mapping[str, Any]:
        if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
            return value
        self.note(where, "is not a mapping", "Write names with a value each")
        return {}

    def items(self, value: object, where: str) -> list[Any]:
        if isinstance(value, list):
            return value
        self.note(where, "is not a list", "Write a list")
        return []

    def only(self, table: Mapping[str, Any], where: str, *known: str) -> None:
        for name in table:
            if name not in known:
                self.note(f"{where}.{name}".strip("."), "is not known here", f"Known are {', '.join(known)}")

    def text(
        self,
        table: Mapping[str, Any],
        name: str,
        where: str,
        pattern: re.Pattern[str],
        cure: str,
        default: Any = ...,
    ) -> Any:
        value = table.get(name, default)
        if value is default and default is not ...:
            return default
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        self.note(f"{where}.{name}".strip("."), "is missing" if value is ... else "is not valid", cure)
        return ""

    def number(self, table: Mapping[str, Any], name: str, where: str, low: float, high: float, default: float) -> float:
        value = table.get(name, default)
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and math.isfinite(value)
            and low <= value <= high
        ):
            return float(value)
        self.note(f"{where}.{name}", "is out of range", f"Write a number of seconds from {low:g} to {high:g}")
        return default

    def truth(self, table: Mapping[str, Any], name: str, where: str, default: bool) -> bool:
        value = table.get(name, default)
        if isinstance(value, bool):
            return value
        self.note(f"{where}.{name}", "is neither true nor false", "Write true or false")
        return default

    def flow(self, document: object) -> Flow:
        table = self.mapping(document, "")
        self.only(table, "", "cordboard_flow", "language", "prompts", "schedules", "nodes")
        if table.get("cordboard_flow") != FORM:
            self.note("cordboard_flow", "is not a form that is read here", f"Write {FORM}")
        return Flow(
            language=self.language(table, "", "en") or "en",
            prompts=self.named(table, "prompts", SLUG, self.prompt),
            schedules=self.named(table, "schedules", SLUG, self.schedule),
            nodes=self.named(table, "nodes", NODE_ID, self.node),
        )

    def named(
        self,
        table: Mapping[str, Any],
        room: str,
        pattern: re.Pattern[str],
        read: Callable[[str, object, str], Item | None],
    ) -> dict[str, Item]:
        read_items: dict[str, Item] = {}
        for name, value in self.mapping(table.get(room, {}), room).items():
            where = f"{room}.{name}"
            if not pattern.fullmatch(name):
                self.note(where, "is not a valid id", "Begin with a small letter; then small letters, digits and -")
            item = read(name, value, where)
            if item is not None:
                read_items[name] = item
        return read_items

    def language(self, table: Mapping[str, Any], where: str, default: str | None = None) -> str | None:
        value: str | None = self.text(table, "language", where, LANGUAGE, "Write a code such as fr or pt_BR", default)
        return value

    def prompt(self, name: str, value: object, where: str) -> Prompt:
        spoken: dict[str, tuple[str, ...]] = {}
        for language, sounds in self.mapping(value, where).items():
            place = f"{where}.{language}"
            if not LANGUAGE.fullmatch(language):
                self.note(place, "is not a language", "Write a code such as fr or pt_BR")
            heard = []
            for position, sound in enumerate(self.items(sounds, place)):
                if isinstance(sound, str) and SOUND.fullmatch(sound):
                    heard.append(sound)
                else:
                    self.note(
                        f"{place}.{position}",
                        "is not a sound's name",
                        "Write a name below Asterisk's sounds folder, letters, digits and _-./, without its extension",
                    )
            spoken[language] = tuple(heard)
        return spoken

    def schedule(self, name: str, value: object, where: str) -> Schedule:
        table = self.mapping(value, where)
        self.only(table, where, "time_zone", "weekly", "closed_dates")
        zone = table.get("time_zone")
        if not is_time_zone(zone):
            self.note(f"{where}.time_zone", "is not a time zone", "Write a name such as Europe/Paris")
        weekly = [
            self.interval(item, f"{where}.weekly.{position}")
            for position, item in enumerate(self.items(table.get("weekly", []), f"{where}.weekly"))
        ]
        closed = []
        for position, item in enumerate(self.items(table.get("closed_dates", []), f"{where}.closed_dates")):
            try:
                closed.append(date.fromisoformat(item))
            except (TypeError, ValueError):
                self.note(f"{where}.closed_dates.{position}", "is not a date", "Write it as 2026-12-24")
        return Schedule(name, str(zone), tuple(weekly), tuple(closed))

    def interval(self, value: object, where: str) -> Interval:
        table = self.mapping(value, where)
        self.only(table, where, "days", "from", "to")
        days = self.items(table.get("days", []), f"{where}.days")
        if not days or not all(day in DAYS for day in days):
            self.note(f"{where}.days", "are not weekdays", f"Write some of {', '.join(DAYS)}")
        start = self.clock_time(table, "from", where)
        end = time.min if table.get("to") == "24:00" else self.clock_time(table, "to", where)
        if end != time.min and end <= start:
            self.note(where, "ends before it begins", "Split it at midnight: to 24:00, and from 00:00 on the next day")
        return Interval(tuple(day for day in DAYS if day in days), start, end)

    def clock_time(self, table: Mapping[str, Any], name: str, where: str) -> time:
        written = self.text(table, name, where, CLOCK_TIME, "Write hours and minutes, such as 09:00")
        return time.fromisoformat(written) if written else time.min

    def node(self, name: str, value: object, where: str) -> Node | None:
        table = self.mapping(value, where)
        match table.get("kind"):
            case "menu":
                return self.menu(name, table, where)
            case "hours":
                self.only(table, where, "kind", "schedule", "open", "closed")
                schedule = self.text(table, "schedule", where, SLUG, "Name one of the schedules")
                return Hours(name, schedule, self.edge(table, "open", where), self.edge(table, "closed", where))
            case "play":
                self.only(table, where, "kind", "prompt", "barge_in", "then")
                prompt = self.prompt_name(table, where)
                return Play(name, prompt, self.edge(table, "then", where), self.truth(table, "barge_in", where, False))
            case _:
                self.note(f"{where}.kind", "is not a kind of node", "Write menu, hours or play")
                return None

    def menu(self, name: str, table: Mapping[str, Any], where: str) -> Menu:
        self.only(
            table,
            where,
            *("kind", "prompt", "barge_in", "language", "first_digit_seconds", "inter_digit_seconds"),
            *("keys", "no_input", "wrong_input"),
        )
        keys = self.mapping(table.get("keys", {}), f"{where}.keys")
        for key in keys:
            if not KEY.fullmatch(key):
                self.note(f"{where}.keys.{key}", "cannot be typed", "Write 1 to 12 of the digits, * and #")
        return Menu(
            id=name,
            prompt=self.prompt_name(table, where),
            barge_in=self.truth(table, "barge_in", where, True),
            language=self.language(table, where),
            first_digit_seconds=self.number(table, "first_digit_seconds", where, 0.5, 60, 6),
            inter_digit_seconds=self.number(table, "inter_digit_seconds", where, 0.5, 30, 3),
            keys={key: self.edge(keys, key, f"{where}.keys") for key in keys},
            no_input=self.retry(table, "no_input", where),
            wrong_input=self.retry(table, "wrong_input", where),
        )

    def prompt_name(self, table: Mapping[str, Any], where: str) -> str | None:
        name: str | None = self.text(table, "prompt", where, SLUG, "Name one of the prompts, or write null", None)
        return name

    def retry(self, table: Mapping[str, Any], name: str, where: str) -> Retry:
        where = f"{where}.{name}"
        written = self.mapping(table.get(name), where)
        self.only(written, where, "tries", "prompt", "then")
        tries = written.get("tries")
        if not isinstance(tries, int) or isinstance(tries, bool) or not 1 <= tries <= 9:
            self.note(f"{where}.tries", "is out of range", "Write a whole number from 1 to 9")
            tries = 1
        return Retry(tries, self.edge(written, "then", where), self.prompt_name(written, where))

    def edge(self, table: Mapping[str, Any], name: str, where: str) -> Edge:
        where = f"{where}.{name}"
        if name not in table:
            self.note(where, "is missing", "Say where the call goes")
            return _NOWHERE
        written = self.mapping(table[name], where)
        self.only(written, where, "kind", "id", "language")
        try:
            kind = TargetKind(written.get("kind", ""))
        except ValueError:
            self.note(f"{where}.kind", "is not a place to go to", f"Write one of {', '.join(TargetKind)}")
            return _NOWHERE
        target_id = ""
        if kind.has_id:
            pattern = NODE_ID if kind.is_node else SLUG
            target_id = self.text(written, "id", where, pattern, f"Write the id of the {kind}")
        elif "id" in written:
            self.note(f"{where}.id", f"means nothing for {kind}", "Leave it out")
        return Edge(Target(kind, target_id), self.language(written, where))
