"""Flows and callers put together at random: any `random.Random`, also one that hypothesis draws.

    flow, start = random_flow(random)
    caller = random_caller(random, seconds=60)

Times and lengths are whole quarters of a second, so that two clocks that add them up never differ by rounding. Flows
may be as bad as they like: lead round in circles, back before any menu, to nodes and schedules that are not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from random import Random
from typing import Any
from zlib import crc32

from agi.flow.callback import Callback
from agi.flow.deciding import Assign, Case, Condition
from agi.flow.document import Edge, Flow, Hours, Interval, Menu, Node, Play, Retry, Schedule, Target, TargetKind
from agi.flow.hearing import Hearing
from agi.flow.leaving import External
from agi.flow.lookup import Lookup
from agi.flow.notice import Notify
from agi.flow.plan import Move, Plan
from agi.flow.recording import Record, RecordCall
from agi.flow.routing import Route, RouteCase, Wish
from agi.flow.saying import NOW, Say, What
from agi.flow.serving import Answer
from agi.flow.speaking import Speak
from agi.flow.steps import Collect, Language

LANGUAGES = ("fr", "en", "pt_BR")
VARIABLES = ("customer", "contract")
VALUES = ("1", "01", "12", "123", "2", "3", "06", "fr", "gold", "en", "1.50", "*", "11", "2026-12-24")
REPLIES: Sequence[object] = (
    {"c": {"t": "gold"}, "n": ["12", 3]},
    {"c": {"t": 'x"y\\,${EPOCH}; é\r\nAction: b'}, "n": [True]},
    {"c": {"t": "1" * 80}, "n": [{"deep": 1}]},
    {"c": {"t": "1" * 81}},
    {"c": "plain"},
    {"c": None, "n": []},
    {},
    [],
    None,
    "not_found",
    "failure",
)
"""What other systems answer."""
PLACES = ("c.t", "c.t", "n.0", "n.1", "n.x", "gone.x", "c")
SAID = "hello"
"""The sound that is heard for every text that is said in a call."""
PHRASES = ("sales", "the sales desk", "a message please", "help", "stop")
"""What menus may know."""
UNKNOWN = "elephant"
SPEAKING = 3.0
"""Seconds in which any of this is said: nobody presses keys meanwhile."""
KEYS = ("1", "2", "3", "0", "*", "#", "12", "13", "123", "22")
EXITS = (
    Target(TargetKind.QUEUE, "sales"),
    Target(TargetKind.QUEUE, "support"),
    Target(TargetKind.PERSON, "amel"),
    Target(TargetKind.VOICEMAIL, "box"),
    Target(TargetKind.MESSAGE, "closed"),
    Target(TargetKind.CONFERENCE, "room"),
    Target(TargetKind.EXTERNAL, "+33140000000"),
    Target(TargetKind.HANGUP),
)
MOVES = tuple(Target(kind) for kind in (TargetKind.REPEAT, TargetKind.BACK, TargetKind.TOP))
SCHEDULES: Mapping[str, Schedule] = {
    "office": Schedule(
        "office",
        "Europe/Paris",
        (
            Interval(("mon", "tue", "wed", "thu", "fri"), time(9), time(12, 30)),
            Interval(("mon", "fri"), time(13, 30), time.min),
        ),
        (date(2026, 12, 24),),
    ),
    "never": Schedule("never", "UTC", ()),
    "nights": Schedule("nights", "America/New_York", (Interval(("sat", "sun"), time.min, time(6)),)),
}

TIMELESS: Mapping[str, Schedule] = {
    "always": Schedule("always", "UTC", (Interval(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), time(), time()),)),
    "never": SCHEDULES["never"],
}
"""The same on every day, for clocks that nobody can set."""


@dataclass(frozen=True)
class Shape:
    """How large and how bad a flow may be. `sounds`: what prompts are made of; `seconds`: what a menu may wait."""

    menus: int = 4
    others: int = 3
    sounds: Sequence[str] = ("a", "b", "c", "d", "e")
    seconds: Sequence[float] = (0.5, 1.0, 2.0, 3.0, 5.0)
    languages: Sequence[str] = LANGUAGES
    least: int = 0
    """Sounds that a prompt has at least, where it speaks a language."""
    is_sound: bool = False
    """Without ways to what is not there, and without a move before any menu."""
    keys: Sequence[str] = KEYS
    schedules: Mapping[str, Schedule] = field(default_factory=lambda: SCHEDULES)
    has_secrets: bool = True
    has_lookups: bool = True
    exits: Sequence[Target] = EXITS
    """Where ways may lead out."""
    says: Sequence[What] = tuple(What)
    lets_stop: bool = True
    """An announcement may be one that a key stops."""
    heard_out: float = 0.15
    """The share of prompts that no key stops."""
    listens: float = 0.0
    """The share of menus that may be spoken to."""
    prefix: str = ""
    """What every name of a node begins with, so that several flows can be put into one."""


def random_flow(random: Random, shape: Shape | None = None) -> tuple[Flow, str]:
    """A flow, and the node where its callers start."""
    shape = shape or Shape()
    menus = [f"{shape.prefix}m{number}" for number in range(random.randint(1, shape.menus))]
    others = [f"{shape.prefix}n{number}" for number in range(random.randint(0, shape.others))]
    prompts = {f"{shape.prefix}p{number}": _prompt(random, shape) for number in range(random.randint(1, 5))}
    kinds: dict[str, TargetKind] = dict.fromkeys(menus, TargetKind.MENU)
    kinds |= {name: random.choice((TargetKind.PLAY, TargetKind.HOURS, TargetKind.STEP)) for name in others}
    maker = _Maker(random, shape, kinds, tuple(prompts))
    nodes: dict[str, Node] = {name: maker.node(name) for name in kinds}
    start = random.choice(menus) if shape.is_sound else random.choice(list(nodes))
    heard_out = frozenset(name for name in prompts if random.random() < shape.heard_out)
    return Flow(nodes, shape.schedules, prompts, random.choice(list(shape.languages)), heard_out), start


def _prompt(random: Random, shape: Shape) -> dict[str, tuple[str, ...]]:
    spoken = {
        language: tuple(random.choice(shape.sounds) for _ in range(random.randint(0, 3)))
        for language in shape.languages
        if random.random() < 0.7
    }
    if random.random() < 0.2 and "pt_BR" in shape.languages:
        spoken["pt"] = (random.choice(shape.sounds),)
    return spoken


class _Maker:
    def __init__(self, random: Random, shape: Shape, kinds: Mapping[str, TargetKind], prompts: Sequence[str]) -> None:
        self._random = random
        self._shape = shape
        self._kinds = kinds
        self._prompts = prompts

    def node(self, name: str) -> Node:
        random = self._random
        match self._kinds[name]:
            case TargetKind.MENU:
                return self._menu(name)
            case TargetKind.HOURS:
                schedule = random.choice([*self._shape.schedules, *([] if self._shape.is_sound else ["nowhere"])])
                ways = self._edge(is_menu=False), self._edge(is_menu=False)
                failure = self._edge(is_menu=False) if random.random() < 0.5 else None
                return Hours(name, schedule, *ways, failure=failure)
            case TargetKind.STEP:
                kinds = [self._language, self._collect, self._set, self._condition, self._say, self._answer]
                kinds += [self._route, self._external]
                kinds += [self._lookup, self._notify, self._speak, self._callback] if self._shape.has_lookups else []
                kinds += [self._record, self._recording]
                return random.choice(kinds)(name)
            case _:
                return Play(
                    name, self._prompt(), self._edge(is_menu=False), self._shape.lets_stop and random.random() < 0.5
                )

    def _menu(self, name: str) -> Menu:
        random, seconds = self._random, self._shape.seconds
        keys = random.sample(list(self._shape.keys), random.randint(1, min(5, len(self._shape.keys))))
        return Menu(
            id=name,
            prompt=self._prompt(),
            keys={key: self._edge(is_menu=True) for key in keys},
            no_input=Retry(random.randint(1, 3), self._edge(is_menu=True), self._prompt()),
            wrong_input=Retry(random.randint(1, 3), self._edge(is_menu=True), self._prompt()),
            barge_in=random.random() < 0.75,
            first_digit_seconds=random.choice(seconds),
            inter_digit_seconds=random.choice(seconds),
            language=random.choice(list(self._shape.languages)) if random.random() < 0.15 else None,
            speech=self._hearing(keys) if self._shape.listens and random.random() < self._shape.listens else None,
        )

    def _hearing(self, keys: Sequence[str]) -> Hearing:
        random = self._random
        languages = [*self._shape.languages, "pt"]
        spoken = list(zip(keys, random.sample(PHRASES, len(keys)), strict=True))
        words = {
            key: {each: random.choice(((phrase,), (phrase,), ())) for each in random.sample(languages, 3)}
            for key, phrase in spoken
            if random.random() < 0.8
        }
        return Hearing(words, random.choice((0, 50, 100)))

    def _asking(self) -> dict[str, Any]:
        random, seconds = self._random, self._shape.seconds
        return {
            "prompt": self._prompt(),
            "no_input": Retry(random.randint(1, 3), self._edge(is_menu=False), self._prompt()),
            "wrong_input": Retry(random.randint(1, 3), self._edge(is_menu=False), self._prompt()),
            "barge_in": random.random() < 0.75,
            "first_digit_seconds": random.choice(seconds),
            "inter_digit_seconds": random.choice(seconds),
            "then": self._edge(is_menu=False),
        }

    def _language(self, name: str) -> Language:
        keys = self._random.sample(list(self._shape.keys), min(3, len(self._shape.keys)))
        languages = {key: self._random.choice(list(self._shape.languages)) for key in keys}
        return Language(name, languages=languages, **self._asking())

    def _collect(self, name: str) -> Collect:
        random = self._random
        least = random.randint(1, 3)
        most = random.randint(least, 4)
        is_secret = self._shape.has_secrets and random.random() < 0.2
        shapes = ["".join(random.choice("0123XXXX") for _ in range(random.randint(least, most))) for _ in range(2)]
        return Collect(
            name,
            into=random.choice(VARIABLES),
            least=least,
            most=most,
            end=random.choice(("#", "#", "*", "")),
            shapes=tuple(shapes) if random.random() < 0.3 else (),
            confirm=self._prompt() if random.random() < 0.3 and not is_secret else None,
            secret=is_secret,
            **self._asking(),
        )

    def _callback(self, name: str) -> Callback:
        random, asking = self._random, self._asking()
        return Callback(
            name,
            queue="support",
            outgoing="national",
            schedule="nowhere",
            confirm=self._prompt(),
            ask=self._prompt(),
            thanks=self._prompt(),
            refused=asking.pop("then"),
            failure=self._edge(is_menu=False),
            tries=random.randint(1, 9),
            skills={"english": 3} if random.random() < 0.3 else {},
            **asking,
        )

    def _record(self, name: str) -> Record:
        random = self._random
        return Record(
            name,
            prompt=self._prompt(),
            into=random.choice(VARIABLES),
            review=self._prompt() if random.random() < 0.6 else None,
            end=random.choice(("#", "*", "any", "")),
            longest_seconds=random.choice((3, 6, 9)),
            silence_seconds=random.choice((1, 2)),
            barge_in=random.random() < 0.75,
            first_digit_seconds=random.choice(self._shape.seconds),
            then=self._edge(is_menu=False),
            no_input=Retry(random.randint(1, 3), self._edge(is_menu=False), self._prompt()),
        )

    def _recording(self, name: str) -> RecordCall:
        does = self._random.choice(("start", "start", "stop"))
        told = self._prompt() if does == "start" else None
        return RecordCall(name, do=does, announcement=told, then=self._edge(is_menu=False))

    def _set(self, name: str) -> Assign:
        random = self._random
        variables = random.sample(VARIABLES, random.randint(1, len(VARIABLES)))
        return Assign(name, {each: random.choice(VALUES) for each in variables}, self._edge(is_menu=False))

    def _say(self, name: str) -> Say:
        random = self._random
        what = random.choice(self._shape.says)
        is_moment = what is What.TIME or (what is What.DATE and random.random() < 0.5)
        of_amount: dict[str, Any] = {"unit": self._prompt(), "cents": self._prompt()} if what is What.AMOUNT else {}
        variable = NOW if is_moment else random.choice(VARIABLES)
        return Say(name, what=what, variable=variable, then=self._edge(is_menu=False), **of_amount)

    def _speak(self, name: str) -> Speak:
        random = self._random
        languages = random.sample(list(self._shape.languages), random.randint(1, 2))
        text = {
            each: random.choice(("a b", "a {customer}", "{contract}, {customer} and {caller}")) for each in languages
        }
        failure = self._edge(is_menu=False) if random.random() < 0.5 else None
        return Speak(name, text=text, then=self._edge(is_menu=False), failure=failure)

    def _answer(self, name: str) -> Answer:
        return Answer(name, self._edge(is_menu=False), self._prompt())

    def _lookup(self, name: str) -> Lookup:
        random = self._random
        return Lookup(
            name,
            source="crm",
            send=dict.fromkeys(("a", "b")[: random.randint(0, 2)], random.choice(VARIABLES)),
            into={each: random.choice(PLACES) for each in random.sample(VARIABLES, random.randint(0, 2))},
            prompt=self._prompt(),
            secret=self._shape.has_secrets and random.random() < 0.2,
            found=self._edge(is_menu=False),
            not_found=self._edge(is_menu=False),
            failure=self._edge(is_menu=False),
        )

    def _external(self, name: str) -> External:
        return External(name, number="+33140000001", failure=Edge(self._random.choice(self._shape.exits)))

    def _route(self, name: str) -> Route:
        random = self._random
        queues = [target.id for target in self._shape.exits if target.kind is TargetKind.QUEUE]

        def texts() -> dict[str, tuple[str, ...]]:
            return {random.choice(VARIABLES): tuple(random.sample(VALUES, random.randint(1, 3)))}

        cases = [
            RouteCase(
                texts(),
                texts() if random.random() < 0.5 else {},
                random.choice([None, *queues]),
                Wish(random.choice((None, 0, 5, 100)), random.choice(({}, {"more": 1}, {"any": 2}))),
            )
            for _ in range(random.randint(0, 3))
        ]
        return Route(name, queue=random.choice(queues), priority=random.choice((None, 7)), cases=tuple(cases))

    def _notify(self, name: str) -> Notify:
        random = self._random
        languages = random.sample(list(self._shape.languages), random.randint(0, 2))
        return Notify(
            name,
            source="sms",
            send=dict.fromkeys(("a", "b")[: random.randint(0, 2)], random.choice(VARIABLES)),
            text={each: random.choice(("a b", "to {customer}", "{contract} {customer}")) for each in languages},
            sent=self._edge(is_menu=False),
            failure=self._edge(is_menu=False),
        )

    def _condition(self, name: str) -> Condition:
        random = self._random
        cases = [
            Case(self._edge(is_menu=False), *(tuple(random.sample(VALUES, random.randint(0, 4))) for _ in range(2)))
            for _ in range(random.randint(1, 3))
        ]
        variable = random.choice((*VARIABLES, *VARIABLES, "language", "caller"))
        return Condition(name, variable, tuple(cases), self._edge(is_menu=False))

    def _prompt(self) -> str | None:
        return self._random.choice(self._prompts) if self._random.random() < 0.85 else None

    def _edge(self, *, is_menu: bool) -> Edge:
        random = self._random
        draw = random.random()
        if draw < 0.4:
            target = random.choice(self._shape.exits)
        elif draw < 0.8:
            name = random.choice(list(self._kinds))
            target = Target(self._kinds[name], name)
        elif draw < 0.98 or self._shape.is_sound:
            target = random.choice(MOVES) if is_menu or not self._shape.is_sound else random.choice(self._shape.exits)
        else:
            target = Target(TargetKind.MENU, "nowhere")
        language = random.choice(list(self._shape.languages)) if random.random() < 0.2 else None
        return Edge(target, language)


def random_reply(node: str) -> object:
    """What another system answers that is asked at this node: always the same."""
    return REPLIES[crc32(node.encode()) % len(REPLIES)]


def random_lengths(random: Random, sounds: Sequence[str]) -> dict[str, float | None]:
    """Seconds of each sound; None: it is not there."""
    sounds = [*sounds, SAID, "beep", *(f"digits/{digit}" for digit in range(10))]
    drawn = {sound: None if random.random() < 0.1 else random.randint(0, 16) / 4 for sound in sounds}
    return {**drawn, "silence/1": 1.0}


def random_caller(
    random: Random, *, most: int = 8, seconds: float = 12.0, hangs_up: bool = True, speaks: float = 0.0
) -> Plan:
    """A caller all whose moves have a time of their own, at most `seconds` apart. `speaks`: the share that is
    said, to a menu or at a tone."""
    quarters = int(seconds * 4)
    moves = [
        Move(random.choice("1230*#45"), random.choice((0, random.randint(0, 4), random.randint(0, quarters))) / 4)
        for _ in range(random.randint(0, most))
    ]
    if hangs_up and random.random() < 0.3:
        moves.append(Move("", random.randint(0, quarters) / 4, is_end=True))
    if speaks:
        moves = list(_speaking(random, moves, speaks))
    return Plan(tuple(moves))


def _speaking(random: Random, moves: Sequence[Move], share: float) -> Iterator[Move]:
    """The same, some of them said instead of pressed."""
    pause = 0.0
    for move in moves:
        assert move.after is not None
        after, says = pause + move.after, not move.is_end and random.random() < share
        pause = 0.0
        if says and random.random() < 0.3:
            yield Move("", after, says=random.randint(1, 20) / 4)
        elif says:
            pause = SPEAKING
            yield Move("", after, phrase=random.choice((*PHRASES, UNKNOWN)))
        else:
            yield replace(move, after=after)
