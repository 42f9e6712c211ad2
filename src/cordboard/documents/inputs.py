"""The shape of a company file: one pydantic model an item, apart from tables and from values.

As far as these types go every field may be absent; `needed` names those that must be there. So an item with one wrong
part is still read without that part, and the rest of the file checked against it.
"""

import ipaddress
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from cordboard.documents.items import Item, Part
from cordboard.documents.kinds import (
    ClockTime,
    CompanyId,
    Country,
    Day,
    Days,
    DialPrefix,
    Email,
    Extension,
    FirstSeconds,
    HeaderName,
    HeaderValue,
    HolidayCalendar,
    Key,
    Language,
    Level,
    LoweredLevel,
    Moment,
    Name,
    NextSeconds,
    Node,
    Number,
    NumberPrefix,
    Phrase,
    Pin,
    Presses,
    Recording,
    Reference,
    Secret,
    SipUri,
    Slug,
    Sound,
    SpokenText,
    TimeZone,
    is_too_wide,
    refuse,
)
from cordboard.documents.places import WrittenEdge, WrittenEntry, WrittenOverflow, WrittenRetry, _form
from cordboard.documents.problems import shown
from cordboard.documents.step_shapes import AnyStep


def _address(value: str) -> str:
    try:
        network = ipaddress.ip_network(value)
    except ValueError:
        raise refuse(f'"{shown(value)}" is not an address', "Write it as 192.0.2.10 or 192.0.2.0/28") from None
    if is_too_wide(network):
        raise refuse(f'"{shown(value)}" lets in too much of the network', "Name the operator's own addresses")
    return value


Address = Annotated[str, AfterValidator(_address)]


class Head(Item):
    needed = ("id", "name", "language", "country", "time_zone")
    id: CompanyId | None = None
    """Never changes; begins the names of everything on the switch"""
    name: Name | None = None
    language: Language | None = None
    """What callers hear unless told otherwise"""
    country: Country | None = None
    """Whose numbers are dialled without +, and whose emergency numbers nobody may have inside"""
    time_zone: TimeZone | None = None
    """Of the opening hours that name no other"""


class WrittenSite(Item):
    needed = ("name",)
    name: Name | None = None
    outgoing: Reference | None = None
    """What everybody here may dial outside who has nothing else: one of outgoing"""


class WrittenSkill(Item):
    needed = ("name",)
    name: Name | None = None


class WrittenPerson(Item):
    needed = ("name",)
    name: Name | None = None
    extension: Extension | None = None
    """What colleagues dial; makes a phone. In quotes"""
    email: Email | None = None
    """Where voicemails are sent"""
    site: Reference | None = None
    """A site"""
    language: Language | None = None
    """Of the person's own messages"""
    skills: Annotated[dict[Reference, Level], Field(max_length=100)] | None = None
    """Skill -> level from 1 to 5, 5 is best"""
    voicemail: bool | None = None
    """Has a box of their own (false)"""
    outgoing: Reference | None = None
    """What may be dialled outside: one of outgoing, or none (the site's)"""


class WrittenPhone(Item):
    needed = ("name", "extension")
    name: Name | None = None
    extension: Extension | None = None
    """What colleagues dial. In quotes"""
    site: Reference | None = None
    """A site"""
    language: Language | None = None
    """Of what is heard on it"""
    outgoing: Reference | None = None
    """What may be dialled outside: one of outgoing, or none (the site's)"""


class WrittenOpenTime(Part):
    needed = ("days", "from_", "to")
    days: Days | None = None
    from_: ClockTime | None = Field(default=None, alias="from")
    """When it opens, in quotes"""
    to: ClockTime | None = None
    """When it closes, in quotes; "24:00" is midnight at the end of the day"""


class WrittenHours(Item):
    needed = ("open",)
    name: Name | None = None
    """The id unless given"""
    open: Annotated[list[WrittenOpenTime], Field(max_length=50)] | None = None
    """Times of the week; none: always closed"""
    holidays: HolidayCalendar | None = None
    """Closed on the public holidays of a country, or of its part"""
    closed: Annotated[list[Day], Field(max_length=1000)] | None = None
    """Closed on these days too"""
    time_zone: TimeZone | None = None
    """The company's unless given"""


class WrittenSpeech(Part):
    """What a voice says, or a recording of it."""

    say: SpokenText | None = None
    """The text; beside `file`, what is heard there"""
    file: Recording | None = None
    """A recording, below the folder of recordings"""

    @model_validator(mode="after")
    def _is_something(self) -> Self:
        if self.say is None and self.file is None:
            raise refuse("says nothing", 'Write "say" with a text, or "file" with a recording')
        return self


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


Piece = Annotated[
    Annotated[Sound, Tag("<sound>")] | Annotated[WrittenSpeech, Tag("<speech>")],
    Discriminator(lambda value: "<speech>" if isinstance(value, dict | WrittenSpeech) else "<sound>"),
]


Pieces = Annotated[list[Piece], Field(min_length=1, max_length=50)]


Sounds = Annotated[Pieces, BeforeValidator(_one_or_more, json_schema_input_type=Pieces | WrittenSpeech)]


class WrittenSounds(Item):
    """Languages are its keys."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[Language, Sounds] = Field(init=False)

    @property
    def sounds(self) -> dict[str, list[Sound | WrittenSpeech]]:
        return self.__pydantic_extra__


class WrittenPrompt(WrittenSounds):
    barge_in: bool | None = None
    """A key stops it, where the menu or step that plays it lets it; false: it is always heard out (true)"""


class WrittenMessage(WrittenSounds):
    name: Name | None = None
    """The id unless given"""
    answers: bool | None = None
    """It gives callers what they asked for: counted as self-service, not as turned away (false)"""


class WrittenVoicemail(Item):
    needed = ("name",)
    name: Name | None = None
    email: Email | None = None
    """Where messages are sent"""
    language: Language | None = None
    """Of what callers hear"""


class WrittenConference(Item):
    """Its PINs are made, and stand under `secrets`."""

    needed = ("name",)
    name: Name | None = None
    number: Extension | None = None
    """What colleagues dial to come in"""
    most_members: Annotated[int, Field(ge=2, le=200)] | None = None
    """People who may be there at once; hosts always find room (20)"""
    wait_for_host: bool | None = None
    """Guests hear music until a host is there, and when the last one has left (false)"""
    announce: bool | None = None
    """A sound is heard when somebody comes or leaves (true)"""
    muted: bool | None = None
    """Guests come in muted; everybody mutes and unmutes himself by key 1 (false)"""


WrittenPhrases = dict[Language, Annotated[list[Phrase], Field(min_length=1, max_length=20)]]


Strategy = Literal["longest_idle", "fewest_calls", "round_robin", "random", "ring_all", "linear"]


class WrittenRelax(Part):
    needed = ("after", "skills")
    after: Annotated[int, Field(ge=1, le=7200)] | None = None
    """Seconds of waiting"""
    skills: Annotated[dict[Reference, LoweredLevel], Field(min_length=1, max_length=10)] | None = None
    """What goes down, and to which level; 0: no longer asked for"""


class WrittenPause(Item):
    """Languages are its keys."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[Language, Name] = Field(init=False)
    kind: Literal["pause", "withdrawn"] | None = None
    """withdrawn: at other work than calls, shown and counted apart from pauses (pause)"""

    @property
    def names(self) -> dict[str, str]:
        return self.__pydantic_extra__


class WrittenQueue(Item):
    needed = ("name", "skills", "when_late")
    name: Name | None = None
    number: Extension | None = None
    """What colleagues dial to wait here. In quotes"""
    skills: Annotated[dict[Reference, Level], Field(min_length=1, max_length=10)] | None = None
    """Skill -> least level asked for at the entry"""
    relax: Annotated[list[WrittenRelax], Field(max_length=10)] | None = None
    """What goes down while a caller waits, in rising time"""
    strategy: Strategy | None = None
    """Who is rung first of equally skilled agents (longest_idle)"""
    ring: Annotated[int, Field(ge=5, le=120)] | None = None
    """Seconds one phone rings before the next agent is tried (15)"""
    max_wait: Annotated[int, Field(ge=5, le=7200)] | None = None
    """Seconds a caller waits at most (300)"""
    max_waiting: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Callers who wait at most (50)"""
    wrap_up: Annotated[int, Field(ge=0, le=600)] | None = None
    """Seconds an agent has after a call (0)"""
    missed_before_pause: Annotated[int, Field(ge=0, le=20)] | None = None
    """Offers in a row that an agent may leave unanswered before he is paused; 0: any number (1)"""
    music: Literal["default", "ringing"] | None = None
    """What waiting callers hear: default is music, ringing is ringing (default)"""
    announce_position: bool | None = None
    """Callers are told their place (false)"""
    priority: Annotated[int, Field(ge=0, le=100)] | None = None
    """Callers of higher priority stand first (0)"""
    when_full: WrittenOverflow | None = None
    """Where callers go beyond max_waiting (as when_late)"""
    when_late: WrittenOverflow | None = None
    """Where callers go after max_wait"""
    when_empty: WrittenOverflow | None = None
    """Where callers go when nobody is logged in (as when_late)"""


class WrittenHearing(Part):
    """What callers may say instead of a key."""

    needed = ("words",)
    words: Annotated[dict[Key, WrittenPhrases], Field(min_length=1, max_length=50)] | None = None
    """Keys, in quotes -> languages -> what is said for them"""
    least: Annotated[int, Field(ge=0, le=100)] | None = None
    """Of 100: how surely it must be understood; otherwise it counts as wrong input (50)"""


class WrittenMenu(Item):
    needed = ("name", "prompt", "keys", "no_input", "wrong_input")
    name: Name | None = None
    prompt: Reference | None = None
    """The prompt that offers the keys"""
    barge_in: bool | None = None
    """A key stops the prompt (true)"""
    first_digit: FirstSeconds | None = None
    """Seconds to the first key (6)"""
    inter_digit: NextSeconds | None = None
    """Seconds between two keys (3)"""
    keys: Annotated[dict[Key, WrittenEdge], Field(min_length=1, max_length=50)] | None = None
    """Keys, in quotes -> where they lead"""
    speech: WrittenHearing | None = None
    """What callers may say instead of a key"""
    no_input: WrittenRetry | None = None
    """When nothing is pressed"""
    wrong_input: WrittenRetry | None = None
    """When nothing that is offered is pressed"""


class WrittenDid(Item):
    needed = ("id", "name")
    id: Slug | None = None
    """Never changes"""
    name: Name | None = None
    site: Reference | None = None
    """A site"""
    language: Language | None = None
    """What its callers hear (the company's)"""
    target: WrittenEntry | None = None
    """Where callers go, for a number without hours"""
    hours: Reference | None = None
    """Opening hours"""
    open: WrittenEntry | None = None
    """Where callers go while these are open"""
    closed: WrittenEntry | None = None
    """Where callers go while these are closed"""


class WrittenHeader(Part):
    needed = ("name", "value")
    name: HeaderName | None = None
    value: HeaderValue | None = None


class WrittenTrunk(Item):
    needed = ("name",)
    name: Name | None = None
    from_: Annotated[list[Address], Field(min_length=1, max_length=50)] | None = Field(default=None, alias="from")
    """Addresses or networks that its calls come from"""
    header: WrittenHeader | None = None
    """A SIP header that its calls carry"""
    to: SipUri | None = None
    """Where calls out are sent; without it there are none"""
    peer: bool | None = None
    """It leads to another switch of the house: calls take their ids along and bring them (false)"""
    shows: Number | None = None
    """The number of the company that calls out by it show, whoever dials"""


NumberKind = Literal["fixed", "mobile", "voip", "free", "shared", "premium", "personal", "uan", "short"]


Prefixes = Annotated[list[NumberPrefix], Field(min_length=1, max_length=500)]


class WrittenOutgoing(Item):
    """What may be dialled outside: what it names, and nothing else."""

    needed = ("name",)
    name: Name | None = None
    national: Annotated[list[NumberKind], Field(min_length=1, max_length=9)] | None = None
    """Kinds of numbers of the company's country"""
    countries: Annotated[list[Country], Field(min_length=1, max_length=250)] | None = None
    """Countries whose fixed, mobile and voip numbers may be dialled"""
    world: bool | None = None
    """The fixed, mobile and voip numbers of all countries (false)"""
    prefixes: Prefixes | None = None
    """Beginnings of numbers, + and the country first, whatever kind they are of"""
    never: Prefixes | None = None
    """Beginnings of numbers that may not be dialled, whatever names them"""
    most_calls: Annotated[int, Field(ge=1, le=10)] | None = None
    """Calls to the outside that a phone may have at once (2)"""
    longest: Annotated[int, Field(ge=10, le=86_400)] | None = None
    """Seconds after which a call to the outside is ended (14400)"""


class WrittenDialling(Item):
    """How phones dial out."""

    prefix: DialPrefix | None = None
    """What is dialled before an outside number, in quotes (nothing)"""
    trunks: Annotated[list[Reference], Field(min_length=1, max_length=20)] | None = None
    """Trunks in the order in which they are tried (all that lead out)"""
    number: Number | None = None
    """The number of the company that calls show whose phone has none of its own (the first)"""
    most_calls: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Calls to the outside that the whole company may have at once (20)"""


class WrittenBlocked(Item):
    number: Number | None = None
    """One caller"""
    prefix: NumberPrefix | None = None
    """All callers whose numbers begin so"""
    reason: Name | None = None
    """For those who read the list"""
    message: Reference | None = None
    """Played before hanging up; without it the call is refused at once"""


class WrittenEnd(WrittenOverflow):
    """Where a caller leaves the menus."""

    callback: Reference | None = None
    """A queue whose agents call back"""


WrittenEnding = Annotated[
    Annotated[Literal["hangup"], Tag("<move>")] | Annotated[WrittenEnd, Tag("<place>")],
    Discriminator(_form),
]


Names = Annotated[list[Reference], Field(max_length=100)]


class WrittenTest(Item):
    needed = ("to", "at")
    name: Name | None = None
    """What is shown; the id unless given"""
    from_: Number | None = Field(default=None, alias="from")
    """Who calls; without it the number is withheld"""
    to: Number | None = None
    """The number that is called"""
    at: Moment | None = None
    """When, on the company's clock"""
    press: Presses | None = None
    """What the caller does (nothing): keys, wait, 3s, says-5s, say:sales, hangup"""
    answers: dict[Slug, Any] | None = None
    """Step that asks another system -> what it answers, as JSON has it, or not_found, or failure (failure);
    or that tells one -> sent or failure (sent)"""
    ready: Names | None = None
    """Who is ready to take calls (everybody with a phone)"""
    hears: Names | None = None
    """Prompts and messages, in this order; others may come between them"""
    never_hears: Names | None = None
    """Prompts and messages that do not come at all"""
    records: Names | None = None
    """Steps in which the caller leaves a recording, in this order; [] is none"""
    ends: WrittenEnding | None = None
    """Where the call leaves the menus; hangup: with the line put down, by whomever"""
    offered: Reference | None = None
    """The person who is offered the call first"""
    language: Language | None = None
    """What is spoken to the caller in the end"""


class WrittenManager(Part):
    needed = ("run", "deploy")
    run: Secret | None = None
    """Of the account that the daemon lives with"""
    deploy: Secret | None = None
    """Of the account that may reload"""


class WrittenSecrets(Item):
    """What an export has with secrets alone."""

    sip: dict[Slug, Secret] | None = None
    """Person or phone -> password"""
    pins: dict[Slug, Pin] | None = None
    """Person or shared voicemail -> PIN"""
    conferences: dict[Slug, Pin] | None = None
    """Conference -> PIN of its guests"""
    hosts: dict[Slug, Pin] | None = None
    """Conference -> PIN of its hosts, another one"""
    managers: dict[Node, WrittenManager] | None = None
    """Switch -> passwords of its two manager accounts"""
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    """Of the published menus, where the company is new"""


class CompanyFile(Item):
    """The whole file, or one of several that make a company: `company` stands in one of them."""

    needed = ("cordboard",)
    cordboard: Literal[1] | None = None
    company: Head | None = None
    sites: dict[Slug, WrittenSite] | None = None
    skills: dict[Slug, WrittenSkill] | None = None
    people: dict[Slug, WrittenPerson] | None = None
    phones: dict[Slug, WrittenPhone] | None = None
    hours: dict[Slug, WrittenHours] | None = None
    prompts: dict[Slug, WrittenPrompt] | None = None
    messages: dict[Slug, WrittenMessage] | None = None
    voicemails: dict[Slug, WrittenVoicemail] | None = None
    conferences: dict[Slug, WrittenConference] | None = None
    pauses: dict[Slug, WrittenPause] | None = None
    queues: dict[Slug, WrittenQueue] | None = None
    menus: dict[Slug, WrittenMenu] | None = None
    steps: dict[Slug, Annotated[AnyStep, Field(discriminator="kind")]] | None = None
    dids: dict[Number, WrittenDid] | None = None
    trunks: dict[Slug, WrittenTrunk] | None = None
    outgoing: dict[Slug, WrittenOutgoing] | None = None
    dialling: WrittenDialling | None = None
    blocked: list[WrittenBlocked] | None = None
    tests: dict[Slug, WrittenTest] | None = None
    secrets: WrittenSecrets | None = None
