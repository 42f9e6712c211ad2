"""The flow document: nodes, prompts and schedules together, and their JSON form.

    {"cordboard_flow": 1, "language": "fr",
     "prompts":   {"welcome": {"fr": ["welcome", {"say": "Pour les ventes, tapez 1."}], "en": ["welcome"]}},
     "heard_out": ["welcome"],
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

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from types import MappingProxyType
from typing import Any

from agi.errors import FlowRefused, Problem
from agi.flow.kinds import KINDS
from agi.flow.leaving import External
from agi.flow.nodes import (
    LANGUAGE,
    NODE_ID,
    SLUG,
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
from agi.flow.reading import LANGUAGE_CURE, NO_LANGUAGE, Reader
from agi.flow.schedule import DAYS, Interval, Schedule, is_time_zone
from agi.flow.spoken import Spoken, placed, sound_json, sound_of

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
    "start_node",
]

FORM = 1
SOUND_CURE = (
    "Write a name below Asterisk's sounds folder, letters, digits and _-./, without its extension, or a text to say"
)
CLOCK_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


def start_node(did: str) -> str:
    """The node where the callers of a DID (its id) begin."""
    return f"did.{did}"


@dataclass(frozen=True, slots=True)
class Unknown:
    """What is not known of a flow that is only judged, because its author wrote it wrong: where all the ways lead that
    these nodes have (`ways`), where all calls begin (`starts`), which variables get values (`values`). Nothing is said
    of a flow that what is not known could refute."""

    ways: frozenset[str] = frozenset()
    starts: bool = False
    values: bool = False

    @property
    def leads(self) -> bool:
        """May there be ways that nobody knows?"""
        return self.starts or bool(self.ways)


@dataclass(frozen=True, slots=True)
class Flow:
    """A whole flow. `language` is the company's own, spoken when a prompt has nothing in the caller's. `heard_out` are
    the prompts that no key stops, wherever they are played. `unknown` is of a flow that no call runs on."""

    nodes: Mapping[str, Node]
    schedules: Mapping[str, Schedule] = field(default_factory=lambda: MappingProxyType({}))
    prompts: Mapping[str, Prompt] = field(default_factory=lambda: MappingProxyType({}))
    language: str = "en"
    heard_out: frozenset[str] = frozenset()
    unknown: Unknown = Unknown()

    def sounds(self, prompt: str | None, language: str) -> tuple[str, ...]:
        """The sounds of a prompt in this language, else in its base language, else in the flow's; () if silent."""
        if prompt is None:
            return ()
        spoken = self.prompts.get(prompt, {})
        for wanted in (language, base_language(language), self.language):
            if wanted in spoken:
                return spoken[wanted]
        return ()

    def lets_stop(self, *prompts: str | None) -> bool:
        """May a key stop all of these, where the node that plays them lets it?"""
        return self.heard_out.isdisjoint(prompts)

    def place(self, target: Target) -> Target:
        """Where a call is led, as people know it: by a node that calls a number, to that number."""
        node = self.nodes.get(target.id) if target.kind is TargetKind.DIAL else None
        return Target(TargetKind.EXTERNAL, node.number) if isinstance(node, External) else target

    def spoken(self) -> Iterator[Spoken]:
        """What of its prompts a voice or a studio makes."""
        for prompt in self.prompts.values():
            yield from (sound for sounds in prompt.values() for sound in sounds if isinstance(sound, Spoken))

    def placed(self, folder: str) -> Flow:
        """The same for an Asterisk that has what is spoken in this folder."""
        return replace(self, prompts={name: placed(prompt, folder) for name, prompt in self.prompts.items()})

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries, lists, strings and numbers; `Flow.from_json` gives the same flow back."""
        return {
            "cordboard_flow": FORM,
            "language": self.language,
            "prompts": {
                name: {language: [sound_json(sound) for sound in sounds] for language, sounds in prompt.items()}
                for name, prompt in self.prompts.items()
            },
            **({"heard_out": sorted(self.heard_out)} if self.heard_out else {}),
            "schedules": {schedule.id: _schedule_json(schedule) for schedule in self.schedules.values()},
            "nodes": {node.id: node.to_json() for node in self.nodes.values()},
        }

    @classmethod
    def from_json(cls, document: object) -> Flow:
        """Read a document. Raises FlowRefused with every problem of it, in order."""
        reader = _FlowReader()
        flow = reader.flow(document)
        if reader.problems:
            raise FlowRefused(tuple(reader.problems))
        return flow


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


def edge_of(document: object) -> Edge:
    """One edge as nodes write it. Raises FlowRefused with every problem of it, in order."""
    reader = _FlowReader()
    edge = reader.edge({"edge": document}, "edge", "")
    if reader.problems:
        raise FlowRefused(tuple(reader.problems))
    return edge


def node_of(name: str, document: object) -> Node:
    """One node as `to_json` gave it. Raises FlowRefused with every problem of it, in order."""
    reader = _FlowReader()
    node = reader.node(name, document, f"nodes.{name}")
    if node is None or reader.problems:
        raise FlowRefused(tuple(reader.problems))
    return node


class _FlowReader(Reader):
    """Reads whole documents."""

    def flow(self, document: object) -> Flow:
        table = self.mapping(document, "")
        self.only(table, "", "cordboard_flow", "language", "prompts", "heard_out", "schedules", "nodes")
        if table.get("cordboard_flow") != FORM:
            self.note("cordboard_flow", "is not a form that is read here", f"Write {FORM}")
        prompts = self.named(table, "prompts", SLUG, self.prompt)
        return Flow(
            language=self.language(table, "", "en") or "en",
            prompts=prompts,
            heard_out=self.heard_out(table.get("heard_out", []), prompts),
            schedules=self.named(table, "schedules", SLUG, self.schedule),
            nodes=self.named(table, "nodes", NODE_ID, self.node),
        )

    def heard_out(self, value: object, prompts: Mapping[str, Prompt]) -> frozenset[str]:
        named = self.items(value, "heard_out")
        for place, name in enumerate(named):
            if not isinstance(name, str) or name not in prompts:
                self.note(f"heard_out.{place}", "is none of the prompts", "Name one of the prompts")
        return frozenset(map(str, named))

    def prompt(self, name: str, value: object, where: str) -> Prompt:
        spoken: dict[str, tuple[str, ...]] = {}
        for language, sounds in self.names(value, where, LANGUAGE, NO_LANGUAGE, LANGUAGE_CURE).items():
            place = f"{where}.{language}"
            heard = []
            for position, written in enumerate(self.items(sounds, place)):
                if (sound := sound_of(written, language)) is not None:
                    heard.append(sound)
                else:
                    self.note(f"{place}.{position}", "is not a sound's name, and nothing that can be said", SOUND_CURE)
            spoken[language] = tuple(heard)
        return spoken

    def schedule(self, name: str, value: object, where: str) -> Schedule:
        table = self.mapping(value, where)
        self.only(table, where, "time_zone", "weekly", "closed_dates")
        zone = table.get("time_zone")
        if not is_time_zone(zone):
            self.note(f"{where}.time_zone", "is not a time zone", "Write a name such as Europe/Paris")
        weekly = [self.interval(*each) for each in self.tables(table.get("weekly", []), f"{where}.weekly")]
        closed = []
        for position, item in enumerate(self.items(table.get("closed_dates", []), f"{where}.closed_dates")):
            try:
                closed.append(date.fromisoformat(item))
            except (TypeError, ValueError):
                self.note(f"{where}.closed_dates.{position}", "is not a date", "Write it as 2026-12-24")
        return Schedule(name, str(zone), tuple(weekly), tuple(closed))

    def interval(self, table: Mapping[str, Any], where: str) -> Interval:
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
        kind = KINDS.get(str(table.get("kind")))
        if kind is None:
            self.note(f"{where}.kind", "is not a kind of node", f"Write one of {', '.join(KINDS)}")
            return None
        return kind.read(self, name, table, where)
