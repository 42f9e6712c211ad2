"""What a template may see: frozen, complete views of everything that one switch must run.

Identifiers (`id`) are slugs `[a-z][a-z0-9-]{0,39}`, unique within their company and kind (a company's own id has no
hyphen; steps of a flow may have dots: `did.main`); `name` is display text and never becomes an identifier. What is
global on a switch is called by its *switch name*, `<company id>-<id>`.
Nothing here is checked on construction: `render` checks a whole view and reports every problem at once.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import ClassVar


class Mode(StrEnum):
    """Whose Asterisk it is."""

    OWNED = "owned"
    """Cordboard's own: every configuration file is generated."""
    INCLUDED = "included"
    """Somebody else's: only `cordboard_*.conf` files, which its own configuration includes."""


class TargetKind(StrEnum):
    """Where a call can be sent."""

    MENU = "menu"
    HOURS = "hours"
    PLAY = "play"
    STEP = "step"
    """Something that asks or decides on the way, and is no menu."""
    QUEUE = "queue"
    PERSON = "person"
    """A person's phone or a plain phone."""
    VOICEMAIL = "voicemail"
    MESSAGE = "message"
    CONFERENCE = "conference"
    EXTERNAL = "external"
    """A telephone number, reached through the company's first trunk that can dial out."""
    REPEAT = "repeat"
    """This menu again."""
    BACK = "back"
    """The menu before this one; this one again where there is none."""
    TOP = "top"
    """The first menu of the call."""
    HANGUP = "hangup"


class Strategy(StrEnum):
    """Who is rung first among agents of equal penalty, in app_queue's words."""

    LONGEST_IDLE = "leastrecent"
    FEWEST_CALLS = "fewestcalls"
    ROUND_ROBIN = "rrmemory"
    RANDOM = "random"
    RING_ALL = "ringall"
    LINEAR = "linear"
    """In the order in which they became members."""


@dataclass(frozen=True, slots=True)
class TargetView:
    """One place a call goes to, in the same company."""

    kind: TargetKind
    id: str = ""
    """Id of the target; E.164 number (`+33...`) for EXTERNAL; empty for REPEAT, BACK, TOP and HANGUP."""
    language: str | None = None
    """Language the call has from there on; None leaves it as it is."""


HANG_UP = TargetView(TargetKind.HANGUP)

Sounds = Mapping[str, tuple[str, ...]]
"""Language (`fr`) -> names of sounds played one after the other, as Asterisk knows them (`welcome`, `acme/hello`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directories:
    """Absolute folders of one Asterisk instance. In INCLUDED mode only `etc` is used."""

    etc: str
    """Where Asterisk finds the files of the generation in force."""
    modules: str = ""
    data: str = ""
    varlib: str = ""
    db: str = ""
    spool: str = ""
    run: str = ""
    log: str = ""
    keys: str = ""
    agi_bin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Addresses (IP literals) and ports that Asterisk binds, and those of the FastAGI server it calls."""

    sip_address: str = "127.0.0.1"
    sip_port: int = 5060
    media_address: str = "127.0.0.1"
    rtp_first: int = 10000
    rtp_last: int = 20000
    ami_address: str = "127.0.0.1"
    ami_port: int = 5038
    agi_address: str = "127.0.0.1"
    agi_port: int = 4573
    agi_folder: str = ""
    """Absolute folder of the scripts `menu` and `route`, which Asterisk starts for each call; empty: FastAGI."""
    menu_guard_seconds: int = 10
    """How long the dialplan leaves a call with a silent menu script; the script pushes this forward at every step."""
    route_guard_seconds: int = 3
    """The same for the route script, which answers at once or not at all."""
    hearing_port: int = 0
    """Port, at the FastAGI server's address, of the engine that hears callers in menus; 0: there is none."""
    parking_seconds: int = 120
    """How long a parked caller waits before he goes back to the phone that parked him."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerAccount:
    """One AMI account; `permit` lists the networks (CIDR) it may come from."""

    username: str
    secret: str = field(repr=False)
    permit: tuple[str, ...] = ("127.0.0.0/8",)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptGeneration:
    """An earlier generation with calls still in it: its `contexts-gN.conf` stays included."""

    number: int
    path: str
    """Absolute path of that generation's dialplan file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneView:
    """A SIP phone with its number: a person's, or a plain phone of the house. Endpoint = switch name."""

    id: str
    name: str
    number: str
    secret: str = field(repr=False)
    language: str
    mailbox: str | None = None
    """Id of the voicemail box that belongs to this phone (heard with *98, lamp on when a message waits)."""
    ring_seconds: int = 25
    unanswered: TargetView | None = None
    """Where a caller goes when the phone is busy, absent or silent; None: to its mailbox, else the end."""
    permission: str | None = None
    """Id of what it may dial outside; None: nothing but for help."""
    shows: str | None = None
    """The number (E.164) that its calls to the outside show; needed where the company dials out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoicemailView:
    """One voicemail box; switch name of its Asterisk context = company id."""

    id: str
    name: str
    email: str | None = None
    pin: str = ""
    """4 to 10 digits, or empty: the box is then heard from its own phones only."""
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConferenceView:
    """A room where people talk to each other; who it is that comes in, guest or host, is told by the PIN. Nobody comes
    in by a PIN that is empty."""

    id: str
    name: str
    number: str | None
    """What phones dial inside; None: nothing."""
    most_members: int
    waits_for_host: bool
    is_announced: bool
    """Is it heard that somebody comes or leaves?"""
    is_muted: bool
    """Do guests come in muted?"""
    guest_pin: str = field(repr=False)
    host_pin: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MusicView:
    """Music on hold from a folder of sound files."""

    id: str
    name: str
    directory: str
    """Absolute, or relative to Asterisk's data folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """A queue for one skill profile. Its members come over AMI; none is ever written in a file."""

    id: str
    name: str
    number: str | None = None
    relax_after: tuple[int, ...] = ()
    """Seconds of waiting after which tier 1, 2, ... of agents may be offered the call."""
    strategy: Strategy = Strategy.LONGEST_IDLE
    ring_seconds: int = 12
    wrap_up_seconds: int = 0
    """How long app_queue itself keeps an agent out after a call."""
    pauses_who_missed: bool = True
    """One unanswered offer pauses the agent, whoever else is alive."""
    max_waiting: int = 0
    """Callers who may wait; 0 is no limit."""
    max_wait_seconds: int = 300
    priority: int = 0
    music: str | None = None
    """Id of a music of the company; None is the switch's own."""
    hears_ringing: bool = False
    """The caller hears ringing instead of music."""
    announce_position: bool = False
    when_full: TargetView = HANG_UP
    when_late: TargetView = HANG_UP
    when_empty: TargetView = HANG_UP


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalView:
    """Opening times: minutes after midnight, `opens` < `closes` <= 1440; a night is two intervals."""

    days: frozenset[int]
    """0 is Monday."""
    opens: int
    closes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursView:
    """A question put to the calendar: open or closed, in the schedule's own time zone."""

    id: str
    name: str
    time_zone: str
    weekly: tuple[IntervalView, ...]
    closed_dates: tuple[datetime.date, ...]
    when_open: TargetView
    when_closed: TargetView


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyView:
    """What a key, or a row of keys (`[0-9*#]{1,12}`), leads to."""

    keys: str
    target: TargetView


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryView:
    """How often a menu asks again, what it says first, and where it gives up."""

    tries: int
    """Failures of this sort that end the menu: 2 asks once more after the first."""
    then: TargetView
    prompt: Sounds = field(default_factory=dict)
    barge_in: bool = True
    """May a key stop this prompt? Only where one may stop what is heard after it, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuView:
    """A menu as the dialplan plays it when the live script cannot."""

    id: str
    name: str
    version: int
    """Version of the flow it was compiled from."""
    prompt: Sounds
    keys: tuple[KeyView, ...]
    no_input: RetryView
    wrong_input: RetryView
    barge_in: bool = True
    first_digit_seconds: float = 6.0
    inter_digit_seconds: float = 3.0
    language: str | None = None
    heard_in: tuple[str, ...] = ()
    """Languages that the prompt is heard in, one after the other; none: in the caller's own, once."""
    is_step: bool = False
    """It is none of the menus that `back` and `top` know of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """Something between menus: a context of its own, by the template `step_<kind>.j2`."""

    kind: ClassVar[str]
    id: str
    name: str

    def ways(self) -> Iterator[tuple[str, TargetView]]:
        """Everything that it leads to, by where that stands in it."""
        for part in fields(self):
            value = getattr(self, part.name)
            if isinstance(value, TargetView):
                yield part.name, value
            elif isinstance(value, RetryView):
                yield f"{part.name}.then", value.then


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectView(StepView):
    """Digits that a caller types into the variable `CBV_<variable>`."""

    kind: ClassVar[str] = "collect"
    version: int
    """Version of the flow it was compiled from."""
    prompt: Sounds
    variable: str
    then: TargetView
    no_input: RetryView
    wrong_input: RetryView
    least: int = 1
    most: int = 20
    end: str = "#"
    """The key that ends them; empty: none does."""
    shapes: tuple[str, ...] = ()
    """What they may look like, X is any digit; none: anything."""
    confirm: Sounds | None = None
    """Heard after they were said back: 1 confirms them. None: nobody is asked."""
    confirm_barge_in: bool = True
    is_secret: bool = False
    """Not asked for at all: a channel's variables can be read."""
    barge_in: bool = True
    first_digit_seconds: float = 6.0
    inter_digit_seconds: float = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignView(StepView):
    """Variables that get values: `CBV_<name>`."""

    kind: ClassVar[str] = "set"
    values: tuple[tuple[str, str], ...]
    then: TargetView


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """Where a call goes whose variable is one of `values` or begins with one of `prefixes`."""

    then: TargetView
    values: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionView(StepView):
    """The first case that holds for a variable decides: one of the flow, or `caller`, or `language`."""

    kind: ClassVar[str] = "condition"
    variable: str
    cases: tuple[CaseView, ...]
    otherwise: TargetView

    def ways(self) -> Iterator[tuple[str, TargetView]]:
        yield from _ways_of(self.cases)
        yield "otherwise", self.otherwise


def _ways_of(cases: Iterable[CaseView | RouteCaseView]) -> Iterator[tuple[str, TargetView]]:
    yield from ((f"cases.{place}", case.then) for place, case in enumerate(cases))


@dataclass(frozen=True, slots=True, kw_only=True)
class SayView(StepView):
    """What a variable holds, said whole."""

    kind: ClassVar[str] = "say"
    what: str
    """digits, number, amount, date or time."""
    variable: str
    """One of the flow, or `caller`, or `now`."""
    then: TargetView
    unit: Sounds = field(default_factory=dict)
    """Heard after the whole of an amount."""
    cents: Sounds = field(default_factory=dict)
    """Heard after its rest."""
    time_zone: str = "UTC"
    forms: tuple[tuple[str, str], ...] = ()
    """Language -> how a date or a time is said in it; "" is for all others."""


@dataclass(frozen=True, slots=True)
class TestView:
    """What a variable has to be: one of `values`, or begin with one of `prefixes`."""

    variable: str
    values: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteCaseView:
    """The queue of calls for which all `tests` hold. `priority` None: the queue's own."""

    tests: tuple[TestView, ...]
    then: TargetView
    priority: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteView(StepView):
    """The first case that holds decides which queue, and how urgently; `then` and `priority` are for all others."""

    kind: ClassVar[str] = "route"
    cases: tuple[RouteCaseView, ...]
    then: TargetView
    priority: int | None = None

    def ways(self) -> Iterator[tuple[str, TargetView]]:
        yield from _ways_of(self.cases)
        yield "then", self.then


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalView(StepView):
    """An outside number (E.164 with its plus) that rings for a while."""

    kind: ClassVar[str] = "external"
    number: str
    ring_seconds: int
    failure: TargetView
    """Where callers go who are not answered there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView(StepView):
    """The caller has what he asked for."""

    kind: ClassVar[str] = "answer"
    prompt: Sounds
    then: TargetView


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupView(StepView):
    """Another system that only Cordboard asks or tells: while it is away this fails."""

    kind: ClassVar[str] = "lookup"
    variables: tuple[str, ...]
    """What would be found goes into these."""
    failure: TargetView


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView(StepView):
    """What a caller says after a tone; `CBV_<variable>` names the recording."""

    kind: ClassVar[str] = "record"
    prompt: Sounds
    variable: str
    then: TargetView
    no_input: RetryView
    least_bytes: int
    """A file that is smaller holds nothing."""
    failure: TargetView | None = None
    review: Sounds | None = None
    """Heard behind it: 1 keeps it, 2 lets it be heard, 3 begins anew. None: it is kept."""
    end: str = "#"
    """The key that ends it; `any`, or empty: none does."""
    longest_seconds: int = 120
    silence_seconds: int = 4
    barge_in: bool = True
    review_barge_in: bool = True
    first_digit_seconds: float = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCallView(StepView):
    """The call is recorded from here on, or no more."""

    kind: ClassVar[str] = "recording"
    starts: bool
    then: TargetView
    announcement: Sounds = field(default_factory=dict)
    """Heard whole before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayView:
    """Sounds on the way to somewhere else."""

    id: str
    name: str
    sounds: Sounds
    then: TargetView


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """Sounds, then the end of the call."""

    id: str
    name: str
    sounds: Sounds
    is_answer: bool = False
    """It gives the caller what was asked for (self-service); any other message turns the caller away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DidView:
    """A public number (E.164 with its plus) and where its callers start."""

    id: str
    number: str
    name: str
    language: str
    start: TargetView


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkView:
    """A line to an operator or to another switch: known by address or header, dialled at `contact`."""

    id: str
    name: str
    match: tuple[str, ...] = ()
    """IP addresses or networks that its calls come from."""
    match_header: tuple[str, str] | None = None
    """SIP header and its exact value, for trunks that share an address."""
    contact: str | None = None
    """`sip:host[:port]`; None: calls only come in."""
    is_peer: bool = False
    """It leads to another switch of the house: calls carry their ids there, and bring their own."""
    shows: str | None = None
    """The number (E.164) that calls of phones show by it; None: that of the phone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialledView:
    """What is dialled for numbers of the public network: `stripped` digits are left out, `+` and `put` are written
    before the rest. A pattern is digits, X for any digit, and `[159]` for one of these."""

    pattern: str
    stripped: int = 0
    put: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionView:
    """What some phones may dial outside."""

    id: str
    name: str
    numbers: tuple[str, ...]
    """Patterns: behind a `+` of international numbers, else of short ones as they are dialled."""
    prefixes: tuple[str, ...] = ()
    """Beginnings of international numbers, with their plus."""
    never: tuple[str, ...] = ()
    """Beginnings of those that may not be dialled, whatever names them."""
    most_calls: int = 2
    """Calls to the outside that one phone may have at once."""
    longest_seconds: int = 14_400


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingView:
    """How the phones of a company dial out."""

    prefix: str = ""
    """What is dialled before an outside number."""
    dialled: tuple[DialledView, ...]
    """National and international numbers as they are dialled in the company's country."""
    short: tuple[str, ...] = ()
    """Patterns of short numbers."""
    help: tuple[str, ...]
    """Patterns of what is dialled for help: by every phone, with and without the prefix."""
    permissions: tuple[PermissionView, ...] = ()
    trunks: tuple[str, ...]
    """Ids of trunks in the order in which they are tried."""
    most_calls: int = 20
    """Calls to the outside that the company may have at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedView:
    """A caller refused in the fallback too; live, the list of the day answers."""

    number: str
    """Digits with an optional leading plus."""
    is_prefix: bool = False
    message: str | None = None
    """Id of a message to be heard first; None refuses the call unanswered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyView:
    """Everything of one company on this switch."""

    id: str
    name: str
    language: str
    flow_version: int = 0
    """Of the menus, steps, hours and plays; 0: never published."""
    phones: tuple[PhoneView, ...] = ()
    voicemails: tuple[VoicemailView, ...] = ()
    conferences: tuple[ConferenceView, ...] = ()
    queues: tuple[QueueView, ...] = ()
    musics: tuple[MusicView, ...] = ()
    dids: tuple[DidView, ...] = ()
    hours: tuple[HoursView, ...] = ()
    menus: tuple[MenuView, ...] = ()
    steps: tuple[StepView, ...] = ()
    outside: tuple[str, ...] = ()
    """Numbers (E.164 with their plus) that the live flow leads to."""
    plays: tuple[PlayView, ...] = ()
    messages: tuple[MessageView, ...] = ()
    trunks: tuple[TrunkView, ...] = ()
    outgoing: OutgoingView | None = None
    """None: no phone dials out."""
    blocked: tuple[BlockedView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchView:
    """One generation of one switch."""

    generation: int
    mode: Mode
    systemname: str
    """Name of the node: prefix of every Uniqueid."""
    companies: tuple[CompanyView, ...]
    directories: Directories
    network: Network
    run_account: ManagerAccount
    deploy_account: ManagerAccount
    kept: tuple[KeptGeneration, ...] = ()
    opus_module: str | None = None
    """Module that transcodes Opus on this Asterisk, without its `.so` (Debian: `codec_opus_open_source`); None: phones
    are not offered Opus."""
    tone_zone: str = "us"
    """Country of the tones that Asterisk plays itself: be, ch, de, es, fr, gb, it or us."""


def switch_name(company_id: str, id: str) -> str:  # noqa: A002 - the trade's word for it
    """The name of a company's object where a whole switch can see it: `acme-billing`."""
    return f"{company_id}-{id}"


def window(tier: int) -> int:
    """The highest penalty that a caller who has reached `tier` may be offered (tier 0: before any relaxation)."""
    return tier * 100 + 99
