"""The company as one frozen value: what is stored, exported, generated and asked for is read from here.

Collections are mappings from an item's id to the item. Ids never change, names may. Seconds are whole numbers, numbers
of the public network are E.164 (`+33123456789`), extension numbers are strings (`"201"`, zeros in front count).
No secret is part of these values.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

MINUTES_A_DAY = 24 * 60
BEST_LEVEL = 5
DEFAULT_MAX_WAIT = 300

LONGEST_IDLE, RING_ALL, LINEAR = "longest_idle", "ring_all", "linear"
STRATEGIES = (LONGEST_IDLE, "fewest_calls", "round_robin", "random", RING_ALL, LINEAR)
"""Who is rung first among agents of equal penalty: who had no call for longest, who took the fewest, each in turn,
anyone, all at once, or those who logged in first."""


class PauseKind(StrEnum):
    """Away for a while, or at other work than calls."""

    PAUSE = "pause"
    WITHDRAWN = "withdrawn"


class TargetKind(StrEnum):
    """Where a call may be sent. `repeat`, `back` and `top` mean something inside a menu alone and carry no id."""

    MENU = "menu"
    STEP = "step"
    QUEUE = "queue"
    PERSON = "person"
    VOICEMAIL = "voicemail"
    MESSAGE = "message"
    CONFERENCE = "conference"
    CALLBACK = "callback"
    """Nowhere any more: its caller is called back by an agent of the queue with this id."""
    EXTERNAL = "external"
    REPEAT = "repeat"
    BACK = "back"
    TOP = "top"
    HANGUP = "hangup"
    END = "end"
    """Out of a part that several steps use, by this name."""


@dataclass(frozen=True, slots=True)
class TargetRef:
    """A place to send a call to. `person` names a person or a phone, `voicemail` a shared box or a person with one;
    the id of an `external` target is its E.164 number."""

    kind: TargetKind
    id: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A way out of a menu: the target, and the language the caller hears from there on (None: unchanged)."""

    target: TargetRef
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    id: str
    name: str
    outgoing: str | None = None
    """The permission to dial out of everybody here who has none of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseReason:
    """Why somebody who is logged in takes no calls. `names`: language -> what people call it."""

    id: str
    names: Mapping[str, str]
    kind: PauseKind = PauseKind.PAUSE


def _reason(key: str, kind: PauseKind, fr: str, en: str) -> PauseReason:
    return PauseReason(id=key, names={"en": en, "fr": fr}, kind=kind)


USUAL_PAUSES: Mapping[str, PauseReason] = {
    reason.id: reason
    for reason in (
        _reason("break", PauseKind.PAUSE, "Pause", "Break"),
        _reason("lunch", PauseKind.PAUSE, "Déjeuner", "Lunch"),
        _reason("back-office", PauseKind.WITHDRAWN, "Back-office", "Back office"),
        _reason("meeting", PauseKind.WITHDRAWN, "Réunion", "Meeting"),
        _reason("training", PauseKind.WITHDRAWN, "Formation", "Training"),
    )
}
"""The reasons of a company that writes none."""
WRAP_UP_REASON, MISSED_REASON = "wrapup", "missed"
RESERVED_REASONS = frozenset({WRAP_UP_REASON, MISSED_REASON, "auto-pause"})
"""Reasons that nobody chooses: those of pauses that Cordboard and app_queue give."""
WRAP_UP_GUARD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who works here. With an `extension` the person has a phone, whose endpoint carries the person's id."""

    id: str
    name: str
    extension: str | None = None
    email: str = ""
    site: str | None = None
    language: str | None = None
    skills: Mapping[str, int] = field(default_factory=dict)
    """Skill id -> level, 1 to 5, 5 is best."""
    voicemail: bool = False
    outgoing: str | None = None
    """A permission to dial out, or `NO_OUTGOING`; None: that of the site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A phone that belongs to a place rather than to somebody. People and phones share one space of ids."""

    id: str
    name: str
    extension: str
    site: str | None = None
    language: str | None = None
    outgoing: str | None = None
    """A permission to dial out, or `NO_OUTGOING`; None: that of the site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaxStep:
    """From `after` seconds of waiting on, these levels are required. The mapping is the whole requirement of the step:
    a skill that is absent is no longer asked for."""

    after: int
    skills: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSpec:
    """A waiting line and whom it is offered to. All durations are seconds."""

    id: str
    name: str
    number: str | None = None
    """Extension number that people dial to reach the queue from inside."""
    skills: Mapping[str, int]
    """Skill id -> least level required at the moment of entering; at least one."""
    relax: tuple[RelaxStep, ...] = ()
    strategy: str = LONGEST_IDLE
    """One of `STRATEGIES`."""
    ring: int = 15
    """How long one agent's phone rings before the next is tried."""
    max_wait: int = DEFAULT_MAX_WAIT
    max_waiting: int = 50
    wrap_up: int = 0
    missed_before_pause: int = 1
    """Offers in a row that an agent may leave unanswered before he is paused; 0: any number."""
    music: str = "default"
    """`default` is the music class of the switch; `ringing` lets the caller hear ringing instead."""
    announce_position: bool = False
    priority: int = 0
    """Callers of higher priority stand before the others of the same queue."""
    when_full: TargetRef
    when_late: TargetRef
    when_empty: TargetRef

    @property
    def requirements(self) -> tuple[Mapping[str, int], ...]:
        """The levels asked for, tier by tier: tier 0 at the entry, tier n from `relax[n - 1].after` on."""
        return (self.skills, *(step.skills for step in self.relax))

    @property
    def wrap_up_guard(self) -> int:
        """The seconds that app_queue itself keeps an agent out after a call: enough for the pause of the wrap-up to
        come. Its clock counts whole seconds, so that up to one of them is not kept."""
        return min(self.wrap_up + 1, WRAP_UP_GUARD) if self.wrap_up else 0

    @property
    def missed_limit(self) -> int:
        """How many unanswered offers in a row pause an agent; 0: none do. Where all are rung at once, who leaves a call
        to the others has not missed it."""
        return 0 if self.strategy == RING_ALL else self.missed_before_pause


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTime:
    """Open on these days (0 Monday to 6 Sunday) from a minute of the day to another: `end` excluded, at most 1440."""

    days: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Opening hours in their own time zone. No open time at all means: always closed."""

    id: str
    name: str
    time_zone: str
    """IANA name, always filled in (the company's unless the file says otherwise)."""
    open: tuple[OpenTime, ...] = ()
    holidays: str | None = None
    """Country or country and subdivision (`FR`, `FR-57`) whose public holidays are closed."""
    closed: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """What a voice says, or a recording, or a recording of what would be said; "" is none. `recording` is a path below
    the folder of recordings."""

    text: str = ""
    recording: str = ""


Sounds = Mapping[str, tuple[str | Speech, ...]]
"""Language -> what is played one after the other: names of Asterisk's sounds, and what is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What is played in a menu."""

    id: str
    sounds: Sounds
    barge_in: bool = True
    """May a key stop it, where what plays it lets it? Otherwise it is heard out everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Plays and hangs up. One that `answers` gives the caller what was asked for (self-service); any other turns the
    caller away (dissuasion)."""

    id: str
    name: str
    sounds: Sounds
    answers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VoicemailBox:
    """A box shared by several people. Boxes and people with voicemail share one space of ids."""

    id: str
    name: str
    email: str = ""
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conference:
    """A room where several people talk to each other. Everybody types a PIN, and comes in as a guest or as a host by
    the one that he typed."""

    id: str
    name: str
    number: str | None = None
    """What is dialled inside."""
    most_members: int = 20
    """People who may be there at once; hosts always find room."""
    wait_for_host: bool = False
    """Do guests hear music until a host is there, and when the last one has left?"""
    announce: bool = True
    """Is it heard that somebody comes or leaves?"""
    muted: bool = False
    """Do guests come in muted?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """What a menu does when nothing, or nothing that it knows, was pressed: up to `tries` times in all `prompt` (None:
    nothing) and the menu again, then the way out."""

    tries: int
    then: Edge
    prompt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What callers may say to a menu: key -> language -> phrases. `least`: of 100, how surely it must be understood."""

    words: Mapping[str, Mapping[str, tuple[str, ...]]]
    least: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """A choice by keys, and by what is said. Durations in seconds: to the first key after the prompt, and between two
    keys."""

    id: str
    name: str
    prompt: str
    keys: Mapping[str, Edge]
    no_input: Retry
    wrong_input: Retry
    barge_in: bool = True
    first_digit: float = 6.0
    inter_digit: float = 3.0
    speech: Hearing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that menus lead through and that is no menu: a choice of language, digits to type. `parts` is plain
    data, as the flow document writes a node of this kind."""

    id: str
    name: str
    kind: str
    parts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Did:
    """A number of the public network and where its callers go. Without `hours` it is always open, `closed` is None."""

    id: str
    number: str
    name: str
    open: TargetRef
    hours: str | None = None
    closed: TargetRef | None = None
    site: str | None = None
    language: str
    """Always filled in (the company's unless the file says otherwise)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """A way to and from the public network. Calls are known to be the trunk's by the address they come from or by a SIP
    header; `to` is the SIP URI where calls are sent, None for a trunk that only receives."""

    id: str
    name: str
    addresses: tuple[str, ...] = ()
    """Addresses or networks: `192.0.2.10`, `192.0.2.0/28`, `2001:db8::/64`."""
    header: tuple[str, str] | None = None
    to: str | None = None
    is_peer: bool = False
    """Another switch of the house: the id of a call goes with it there, and is believed when it comes from there."""
    shows: str | None = None
    """The number of the company that calls by this trunk show, whoever dials; None: that of who dials."""


NO_OUTGOING = "none"
"""Stands where somebody is to have no permission to dial out, though his site has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A permission to dial out: what it names may be dialled, nothing else. What stands under `never` may not, whatever
    names it."""

    id: str
    name: str
    national: tuple[str, ...] = ()
    """Kinds of numbers of the company's own country: see `numbers.KINDS`."""
    countries: tuple[str, ...] = ()
    """Countries whose ordinary numbers may be dialled."""
    world: bool = False
    """The ordinary numbers of all countries."""
    prefixes: tuple[str, ...] = ()
    """Beginnings of numbers (`+41`), of whatever kind."""
    never: tuple[str, ...] = ()
    most_calls: int = 2
    """Calls to the outside that one phone may have at once."""
    longest: int = 14_400
    """Seconds after which such a call is ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialling:
    """How the phones of a company dial out."""

    prefix: str = ""
    """What is dialled before an outside number."""
    trunks: tuple[str, ...] = ()
    """Trunks in the order in which they are tried; none: all that lead out."""
    number: str | None = None
    """The number of the company that calls show whose phone has none of its own; None: its first."""
    most_calls: int = 20
    """Calls to the outside that the whole company may have at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """A caller who is not let in: one number, or with `is_prefix` all that begin so. `message` is played before hanging
    up; None hangs up at once."""

    number: str
    is_prefix: bool = False
    reason: str = ""
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What the author of a company file noted at one of its parts, for other people: each line as it stands behind its
    `#`. `before`: above it; `beside`: at the end of its line; `after`: below the last of what it holds."""

    before: tuple[str, ...] = ()
    beside: str = ""
    after: tuple[str, ...] = ()

    @classmethod
    def of(cls, comments: "Iterable[Comment]") -> "Comment":
        """All that was noted at one part, in this order. Beside it there is room for one line."""
        before: list[str] = []
        after: list[str] = []
        beside = ""
        for each in comments:
            before += [*each.before, each.beside] if beside and each.beside else each.before
            beside = beside or each.beside
            after += each.after
        return cls(before=tuple(before), beside=beside, after=tuple(after))


Comments = Mapping[tuple[str, ...], Comment]
"""Path in the company file -> what its author noted there; () is the file as a whole, its head and its end. What is in
a list goes by what names it there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Everything a company file says."""

    id: str
    name: str
    language: str
    country: str
    time_zone: str
    sites: Mapping[str, Site] = field(default_factory=dict)
    skills: Mapping[str, Skill] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    phones: Mapping[str, Phone] = field(default_factory=dict)
    hours: Mapping[str, Hours] = field(default_factory=dict)
    prompts: Mapping[str, Prompt] = field(default_factory=dict)
    messages: Mapping[str, Message] = field(default_factory=dict)
    voicemails: Mapping[str, VoicemailBox] = field(default_factory=dict)
    conferences: Mapping[str, Conference] = field(default_factory=dict)
    pauses: Mapping[str, PauseReason] = field(default_factory=dict)
    """As written; see `pause_reasons`."""
    queues: Mapping[str, QueueSpec] = field(default_factory=dict)
    menus: Mapping[str, Menu] = field(default_factory=dict)
    steps: Mapping[str, Step] = field(default_factory=dict)
    dids: Mapping[str, Did] = field(default_factory=dict)
    trunks: Mapping[str, Trunk] = field(default_factory=dict)
    outgoing: Mapping[str, Outgoing] = field(default_factory=dict)
    dialling: Dialling | None = None
    blocked: tuple[Blocked, ...] = ()
    comments: Comments = field(default_factory=dict)

    @property
    def pause_reasons(self) -> Mapping[str, PauseReason]:
        """Why its people may be away from calls."""
        return self.pauses or USUAL_PAUSES

    def switch_name(self, item: str) -> str:
        """The name on a switch of a queue, endpoint, music class or box of this company: `acme-billing-fr`."""
        return switch_name(self.id, item)

    def place_words(self, kind: str, name: str) -> str:
        """Where calls are led, as people know it: `queue sales`; `phone lobby` for a phone that is no person's."""
        known = "phone" if kind == TargetKind.PERSON and name in self.phones else kind
        return f"{known} {name}".strip()

    def endpoints(self) -> tuple[Person | Phone, ...]:
        """Everybody and everything with a phone, in the order of ids."""
        found: dict[str, Person | Phone] = {**{p.id: p for p in self.people.values() if p.extension}, **self.phones}
        return tuple(found[item] for item in sorted(found))

    def numbers_inside(self) -> frozenset[str]:
        """What its phones dial for each other, for queues and for conferences."""
        extensions = (endpoint.extension for endpoint in self.endpoints())
        queues = (queue.number for queue in self.queues.values())
        conferences = (conference.number for conference in self.conferences.values())
        return frozenset(filter(None, (*extensions, *queues, *conferences)))

    @property
    def dials_out(self) -> Dialling | None:
        """How its phones dial out; None: they do not, for nothing of it is written."""
        return self.dialling or (Dialling() if self.outgoing else None)

    def ways_out(self) -> tuple[Trunk, ...]:
        """The trunks by which phones dial out, in the order in which they are tried: those of `dialling`, else all that
        lead out, those to other switches of the house only where there is no other."""
        if self.dialling and self.dialling.trunks:
            named = (self.trunks.get(name) for name in self.dialling.trunks)
            return tuple(trunk for trunk in named if trunk and trunk.to)
        leading = [trunk for _, trunk in sorted(self.trunks.items()) if trunk.to]
        return tuple([trunk for trunk in leading if not trunk.is_peer] or leading)

    def permission_of(self, endpoint: Person | Phone) -> Outgoing | None:
        """What this phone may dial outside; None: nothing but for help."""
        site = self.sites.get(endpoint.site or "")
        return self.outgoing.get(endpoint.outgoing or (site.outgoing if site else None) or NO_OUTGOING)

    def number_shown(self, endpoint: Person | Phone) -> str | None:
        """The number that calls of this phone show outside: the first that leads straight to it, else the company's;
        None where the company has no number."""
        numbers = [(did.number, did.open) for _, did in sorted(self.dids.items())]
        own = next((number for number, to in numbers if to == TargetRef(TargetKind.PERSON, endpoint.id)), None)
        return own or (self.dialling.number if self.dialling else None) or next((number for number, _ in numbers), None)

    def boxes(self) -> tuple[Person | VoicemailBox, ...]:
        """Every voicemail box, people's and shared ones, in the order of ids."""
        found: dict[str, Person | VoicemailBox] = {p.id: p for p in self.people.values() if p.voicemail}
        found.update(self.voicemails)
        return tuple(found[item] for item in sorted(found))


def switch_name(company: str, item: str) -> str:
    """The name on a switch of something of a company. Company ids hold no hyphen, so two companies never meet."""
    return f"{company}-{item}"


def split_switch_name(name: str) -> tuple[str, str]:
    """The company and the id of a switch name; ("", name) when it is none."""
    company, hyphen, item = name.partition("-")
    return (company, item) if hyphen else ("", name)
