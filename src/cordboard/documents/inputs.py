"""The shape of a company file: one pydantic model an item, apart from tables and from values.

As far as these types go every field may be absent; `needed` names those that must be there. So an item with one wrong
part is still read without that part, and the rest of the file checked against it.
"""

import ipaddress
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    model_validator,
)

from agi.flow.lookup import LEAST_SECONDS, MOST_SECONDS
from agi.flow.notice import MOST_RETRIES, RETRIES
from agi.flow.recording import MOST_DAYS, MOST_SILENCE
from agi.flow.recording import MOST_SECONDS as MOST_SECONDS_RECORDED
from agi.flow.routing import MOST_PRIORITY
from agi.flow.steps import MOST_DIGITS
from cordboard.documents.kinds import (
    LACKING,
    AnswerPlace,
    ClockTime,
    CompanyId,
    Country,
    Day,
    Days,
    DialPrefix,
    Digits,
    Email,
    EndKey,
    Extension,
    HeaderName,
    HeaderValue,
    HolidayCalendar,
    Key,
    Language,
    Level,
    LoweredLevel,
    Moment,
    Name,
    Node,
    Number,
    NumberPrefix,
    Phrase,
    Pin,
    Presses,
    Recording,
    RecordingEnd,
    Reference,
    Secret,
    SipUri,
    Slug,
    Sound,
    SpokenTemplate,
    SpokenText,
    TimeZone,
    Value,
    Variable,
    is_too_wide,
    refuse,
)
from cordboard.documents.problems import listed, shown


class Item(BaseModel):
    """A mapping with fixed keys. Absent and null are the same."""

    # Built when a file is first read: most who load this room read none.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True, defer_build=True)
    needed: ClassVar[tuple[str, ...]] = ()


IN_PART = object()
"""The context of reading what is left of an item without its faulty parts."""


def lacking(missing: Iterable[str]) -> tuple[str, str]:
    """What is wrong with a part that has not all it needs, and the cure."""
    names = listed(f'"{name.rstrip("_")}"' for name in missing)
    return f"lacks {names}", "Add what is missing"


class Part(Item):
    """An item inside an item: refused when it lacks something, unless it is read as IN_PART."""

    @model_validator(mode="after")
    def _is_whole(self, info: ValidationInfo) -> Self:
        if info.context is not IN_PART:
            missing = [name for name in self.needed if getattr(self, name) is None]
            if missing:
                raise refuse(*lacking(missing), LACKING)
        return self


def _address(value: str) -> str:
    try:
        network = ipaddress.ip_network(value)
    except ValueError:
        raise refuse(f'"{shown(value)}" is not an address', "Write it as 192.0.2.10 or 192.0.2.0/28") from None
    if is_too_wide(network):
        raise refuse(f'"{shown(value)}" lets in too much of the network', "Name the operator's own addresses")
    return value


Address = Annotated[str, AfterValidator(_address)]
FirstSeconds = Annotated[float, Field(ge=0.5, le=60, allow_inf_nan=False)]
NextSeconds = Annotated[float, Field(ge=0.5, le=30, allow_inf_nan=False)]


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


class WrittenPlace(Part):
    """Where a call goes: exactly one of the places that the subclass knows."""

    @classmethod
    def places(cls) -> list[str]:
        return [name for name in cls.model_fields if name != "language"]

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        places = self.places()
        given = [name for name in places if getattr(self, name) is not None]
        if len(given) != 1:
            what = f"names {listed(given)}" if given else "names no place"
            raise refuse(what, f"Name exactly one of {listed(places)}")
        return self


class WrittenOverflow(WrittenPlace):
    """Where a caller goes whom a queue cannot serve."""

    message: Reference | None = None
    voicemail: Reference | None = None
    queue: Reference | None = None
    person: Reference | None = None
    phone: Reference | None = None
    conference: Reference | None = None
    external: Number | None = None


class WrittenEntry(WrittenPlace):
    """Where a caller goes who comes in."""

    menu: Reference | None = None
    step: Reference | None = None
    queue: Reference | None = None
    person: Reference | None = None
    phone: Reference | None = None
    voicemail: Reference | None = None
    message: Reference | None = None
    conference: Reference | None = None
    external: Number | None = None


class WrittenChoice(WrittenEntry):
    """Where a caller goes from a menu, and the language heard from there on."""

    end: Slug | None = None
    """Out of a part that steps use, by this name"""
    language: Language | None = None
    """What the caller hears from there on"""


class WrittenStart(WrittenPlace):
    """Where a part begins that several steps use."""

    menu: Reference | None = None
    step: Reference | None = None


WrittenPhrases = dict[Language, Annotated[list[Phrase], Field(min_length=1, max_length=20)]]
Move = Literal["repeat", "back", "top", "hangup"]
Strategy = Literal["longest_idle", "fewest_calls", "round_robin", "random", "ring_all", "linear"]


def _form(value: Any) -> str:
    return "<move>" if isinstance(value, str) else "<place>"


WrittenEdge = Annotated[
    Annotated[Move, Tag("<move>")] | Annotated[WrittenChoice, Tag("<place>")],
    Discriminator(_form),
]


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


class WrittenRetry(Part):
    needed = ("tries", "then")
    tries: Annotated[int, Field(ge=1, le=9)] | None = None
    """How often in all"""
    prompt: Reference | None = None
    """A prompt played before the menu is repeated"""
    then: WrittenEdge | None = None
    """Where the caller goes in the end"""


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


class WrittenStep(Item):
    """Something between menus. What says where a call goes, and what names a prompt, is called in all of them as
    `cordboard.documents.steps` lists it."""

    name: Name | None = None
    """The id unless given"""
    failure: WrittenEdge | None = None
    """Where callers go for whom this cannot be done"""


class WrittenAsking(WrittenStep):
    prompt: Reference | None = None
    """The prompt that asks"""
    barge_in: bool | None = None
    """A key stops the prompt (true)"""
    first_digit: FirstSeconds | None = None
    """Seconds to the first key (6)"""
    inter_digit: NextSeconds | None = None
    """Seconds between two keys (3)"""
    then: WrittenEdge | None = None
    """Where callers go who answered"""
    no_input: WrittenRetry | None = None
    """When nothing is pressed"""
    wrong_input: WrittenRetry | None = None
    """When what is pressed is wrong"""


class WrittenLanguage(WrittenAsking):
    """Which language? The prompt is heard in each."""

    needed = ("kind", "prompt", "languages", "then", "no_input", "wrong_input")
    kind: Literal["language"] = "language"
    languages: Annotated[dict[Key, Language], Field(min_length=2, max_length=12)] | None = None
    """Keys, in quotes -> the language that they choose"""


class WrittenCollect(WrittenAsking):
    """Digits that are typed, kept under a name."""

    needed = ("kind", "prompt", "into", "then", "no_input", "wrong_input")
    kind: Literal["collect"] = "collect"
    into: Variable | None = None
    """The variable that keeps them"""
    least: Annotated[int, Field(ge=1, le=MOST_DIGITS)] | None = None
    """How many at least (1)"""
    most: Annotated[int, Field(ge=1, le=MOST_DIGITS)] | None = None
    """How many at most; the last one ends them (20)"""
    end: EndKey | None = None
    """The key that ends them, in quotes; "" is none (#)"""
    shapes: Annotated[list[Digits], Field(min_length=1, max_length=20)] | None = None
    """What they may look like, in quotes; X is any digit"""
    confirm: Reference | None = None
    """A prompt heard after they are said back: 1 is yes"""
    secret: bool | None = None
    """A PIN: in no log, no journal, no variable of the switch (false)"""


class WrittenPlay(WrittenStep):
    """A prompt on the way, heard whole."""

    needed = ("kind", "prompt", "then")
    kind: Literal["play"] = "play"
    prompt: Reference | None = None
    """A prompt"""
    then: WrittenEdge | None = None
    """Where callers go on to"""


class WrittenOpening(WrittenStep):
    """Opening hours on the way."""

    needed = ("kind", "hours", "open", "closed")
    kind: Literal["hours"] = "hours"
    hours: Reference | None = None
    """Opening hours"""
    open: WrittenEdge | None = None
    """Where callers go while these are open"""
    closed: WrittenEdge | None = None
    """Where callers go while these are closed"""


class WrittenSet(WrittenStep):
    """Variables that get a value."""

    needed = ("kind", "values", "then")
    kind: Literal["set"] = "set"
    values: Annotated[dict[Variable, Value], Field(min_length=1, max_length=20)] | None = None
    """Variable -> its value, in quotes"""
    then: WrittenEdge | None = None
    """Where callers go on to"""


OneOf = Annotated[list[Value], Field(min_length=1, max_length=100)]


class WrittenCase(Part):
    needed = ("then",)
    is_: OneOf | None = Field(default=None, alias="is")
    """Values, in quotes"""
    begins: OneOf | None = None
    """Beginnings of values, in quotes"""
    then: WrittenEdge | None = None
    """Where callers go whose variable is one of these"""


class WrittenCondition(WrittenStep):
    """Ways by the value of a variable."""

    needed = ("kind", "variable", "cases", "otherwise")
    kind: Literal["condition"] = "condition"
    variable: Variable | None = None
    """One that was collected or set, or caller, or language"""
    cases: Annotated[list[WrittenCase], Field(min_length=1, max_length=50)] | None = None
    """The first that holds decides"""
    otherwise: WrittenEdge | None = None
    """Where callers go of whom none holds"""


class WrittenSay(WrittenStep):
    """What a variable holds, said in the language of the call."""

    needed = ("kind", "what", "variable", "then")
    kind: Literal["say"] = "say"
    what: Literal["digits", "number", "amount", "date", "time"] | None = None
    """How it is said"""
    variable: Variable | None = None
    """One that was collected or set, or caller; now for a date or a time"""
    unit: Reference | None = None
    """A prompt that is heard after the whole of an amount"""
    cents: Reference | None = None
    """A prompt that is heard after the rest of an amount"""
    time_zone: TimeZone | None = None
    """Of a date or a time; the company's unless given"""
    then: WrittenEdge | None = None
    """Where callers go on to"""


class WrittenAnswer(WrittenStep):
    """The caller has what he asked for."""

    needed = ("kind", "then")
    kind: Literal["answer"] = "answer"
    prompt: Reference | None = None
    """A prompt heard before that"""
    then: WrittenEdge | None = None
    """Where callers go on to"""


class WrittenSpeak(WrittenStep):
    """A text that is made in the call, with what variables hold."""

    needed = ("kind", "text", "then")
    kind: Literal["speak"] = "speak"
    text: Annotated[dict[Language, SpokenTemplate], Field(min_length=1)] | None = None
    """Language -> what is said; {balance} stands for what the variable balance holds"""
    deadline: Annotated[float, Field(ge=0.5, le=10, allow_inf_nan=False)] | None = None
    """Seconds in which it is made (2)"""
    then: WrittenEdge | None = None
    """Where callers go on to"""


class WrittenLookup(WrittenStep):
    """Another system that is asked what it knows."""

    needed = ("kind", "source", "send", "into", "found", "not_found", "failure")
    kind: Literal["lookup"] = "lookup"
    source: Slug | None = None
    """A connection of the settings"""
    send: Annotated[dict[Variable, Variable], Field(max_length=20)] | None = None
    """What the connection calls a value -> the variable that is sent: one that was collected or set, or caller"""
    into: Annotated[dict[Variable, AnswerPlace], Field(max_length=20)] | None = None
    """Variable -> where its value stands in the answer"""
    prompt: Reference | None = None
    """A prompt heard whole meanwhile (silence)"""
    deadline: Annotated[float, Field(ge=LEAST_SECONDS, le=MOST_SECONDS, allow_inf_nan=False)] | None = None
    """Seconds to wait for the answer (5)"""
    secret: bool | None = None
    """What comes back is in no log and no variable of the switch (false)"""
    found: WrittenEdge | None = None
    """Where callers go where something was found"""
    not_found: WrittenEdge | None = None
    """Where callers go where nothing was found"""


class WrittenRouteCase(Part):
    is_: Annotated[dict[Variable, OneOf], Field(min_length=1, max_length=10)] | None = Field(default=None, alias="is")
    """Variable -> values, one of which it has, in quotes"""
    begins: Annotated[dict[Variable, OneOf], Field(min_length=1, max_length=10)] | None = None
    """Variable -> beginnings, with one of which it begins, in quotes"""
    queue: Reference | None = None
    """The queue (that of the step)"""
    priority: Annotated[int, Field(ge=0, le=MOST_PRIORITY)] | None = None
    """Whoever has a higher one stands first (the queue's)"""
    skills: Annotated[dict[Reference, Level], Field(min_length=1, max_length=10)] | None = None
    """Skill -> least level, beside those that the queue asks for"""


class WrittenRoute(WrittenStep):
    """Which queue, how urgently, and for whom."""

    needed = ("kind", "queue")
    kind: Literal["route"] = "route"
    queue: Reference | None = None
    """The queue of those for whom no case holds, or one that names none"""
    priority: Annotated[int, Field(ge=0, le=MOST_PRIORITY)] | None = None
    """Whoever has a higher one stands first (the queue's)"""
    skills: Annotated[dict[Reference, Level], Field(min_length=1, max_length=10)] | None = None
    """Skill -> least level, beside those that the queue asks for"""
    cases: Annotated[list[WrittenRouteCase], Field(min_length=1, max_length=50)] | None = None
    """The first that holds decides: all its variables as it says"""


def _number_of_retries(value: Any) -> Any:
    return RETRIES * value if isinstance(value, bool) else value


Retries = Annotated[
    Annotated[int, Field(ge=0, le=MOST_RETRIES)],
    BeforeValidator(_number_of_retries, json_schema_input_type=bool | Annotated[int, Field(ge=0, le=MOST_RETRIES)]),
]


class WrittenNotify(WrittenStep):
    """Another system that is told something."""

    needed = ("kind", "source", "send", "sent", "failure")
    kind: Literal["notify"] = "notify"
    source: Slug | None = None
    """A connection of the settings"""
    send: Annotated[dict[Variable, Variable], Field(max_length=20)] | None = None
    """What the connection calls a value -> the variable that is sent: one that was collected or set, or caller"""
    text: Annotated[dict[Language, SpokenTemplate], Field(min_length=1)] | None = None
    """Language -> what is sent as text; {balance} stands for what the variable balance holds"""
    deadline: Annotated[float, Field(ge=LEAST_SECONDS, le=MOST_SECONDS, allow_inf_nan=False)] | None = None
    """Seconds to wait until it is taken (5)"""
    retry: Retries | None = None
    """How often what is not taken is told again in the background; true: 10 times, in some hours (false)"""
    sent: WrittenEdge | None = None
    """Where callers go once it is taken"""


class WrittenExternal(WrittenStep):
    """An outside number, and what becomes of callers who are not answered there."""

    needed = ("kind", "number", "failure")
    kind: Literal["external"] = "external"
    number: Number | None = None
    """The number; no variable stands for one"""
    ring: Annotated[int, Field(ge=5, le=120)] | None = None
    """Seconds that it rings (30)"""


KeepDays = Annotated[int, Field(ge=1, le=MOST_DAYS)]


class WrittenRecord(WrittenStep):
    """What the caller says after a tone, kept as a recording."""

    needed = ("kind", "prompt", "into", "then", "no_input")
    kind: Literal["record"] = "record"
    prompt: Reference | None = None
    """The prompt before the tone"""
    into: Variable | None = None
    """The variable that names the recording"""
    end: RecordingEnd | None = None
    """The key that ends it, in quotes; any; "" is none (#)"""
    longest: Annotated[int, Field(ge=2, le=MOST_SECONDS_RECORDED)] | None = None
    """Seconds that are recorded at most (120)"""
    silence: Annotated[int, Field(ge=1, le=MOST_SILENCE)] | None = None
    """Seconds of silence that end it (4)"""
    review: Reference | None = None
    """A prompt heard behind it: 1 keeps it, 2 lets it be heard, 3 begins anew; it is kept unless there is one"""
    barge_in: bool | None = None
    """A key stops the prompts (true)"""
    first_digit: FirstSeconds | None = None
    """Seconds to the key behind review (6)"""
    keep_days: KeepDays | None = None
    """Days after which the recording is removed (30)"""
    then: WrittenEdge | None = None
    """Where callers go on to who left something"""
    no_input: WrittenRetry | None = None
    """When nothing is said"""


class WrittenCallback(WrittenStep):
    """Somebody is called back, instead of waiting."""

    needed = (
        *("kind", "queue", "outgoing", "hours", "prompt", "confirm", "ask", "thanks", "refused", "failure"),
        *("no_input", "wrong_input"),
    )
    kind: Literal["callback"] = "callback"
    queue: Reference | None = None
    """The queue whose agents call back"""
    outgoing: Reference | None = None
    """Where callers may be called back: one of outgoing"""
    hours: Reference | None = None
    """When callers are called back"""
    prompt: Reference | None = None
    """A prompt ahead of the number that he calls from, which is said"""
    confirm: Reference | None = None
    """A prompt behind the number: 1 is yes, 2 another number, 3 no callback"""
    ask: Reference | None = None
    """A prompt that asks for another number, and #"""
    thanks: Reference | None = None
    """A prompt at the end of a call whose caller is to be called back"""
    barge_in: bool | None = None
    """A key stops the prompts (true)"""
    first_digit: FirstSeconds | None = None
    """Seconds to the first key (6)"""
    inter_digit: NextSeconds | None = None
    """Seconds between two keys (3)"""
    tries: Annotated[int, Field(ge=1, le=9)] | None = None
    """Times that a caller is called who does not answer (3)"""
    pause: Annotated[int, Field(ge=60, le=86_400)] | None = None
    """Seconds between two of them (900)"""
    within: Annotated[int, Field(ge=1, le=336)] | None = None
    """Hours after which nobody is called back any more (48)"""
    most_waiting: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Callers of this queue who wait to be called back at most (20)"""
    priority: Annotated[int, Field(ge=0, le=MOST_PRIORITY)] | None = None
    """Whoever has a higher one stands first (the queue's)"""
    skills: Annotated[dict[Reference, Level], Field(min_length=1, max_length=10)] | None = None
    """Skill -> least level, beside those that the queue asks for"""
    refused: WrittenEdge | None = None
    """Where callers go who rather wait"""
    no_input: WrittenRetry | None = None
    """When nothing is pressed"""
    wrong_input: WrittenRetry | None = None
    """When what is pressed is no number at which somebody may be called"""


class WrittenRecordCall(WrittenStep):
    """The call is recorded from here on, both sides, or no more."""

    needed = ("kind", "do", "then")
    kind: Literal["recording"] = "recording"
    do: Literal["start", "stop"] | None = None
    """Is it recorded from here on, or no more?"""
    announcement: Reference | None = None
    """A prompt heard whole before; needed to start, unless one was played on every way here"""
    keep_days: KeepDays | None = None
    """Days after which the recording is removed (30)"""
    then: WrittenEdge | None = None
    """Where callers go on to"""


class WrittenUse(WrittenStep):
    """A part of the menus that several steps use, each going on in its own way."""

    needed = ("kind", "start", "ends")
    kind: Literal["use"] = "use"
    failure: None = None
    """What cannot be done there is led on there"""
    start: WrittenStart | None = None
    """Where the part begins"""
    ends: Annotated[dict[Slug, WrittenEdge], Field(min_length=1, max_length=20)] | None = None
    """Name of an end -> where callers go on to who come to it"""


AnyStep = (
    WrittenLanguage
    | WrittenCollect
    | WrittenPlay
    | WrittenOpening
    | WrittenSet
    | WrittenCondition
    | WrittenSay
    | WrittenSpeak
    | WrittenAnswer
    | WrittenLookup
    | WrittenNotify
    | WrittenRoute
    | WrittenExternal
    | WrittenCallback
    | WrittenRecord
    | WrittenRecordCall
    | WrittenUse
)
STEPS: dict[str, type[AnyStep]] = {str(shape.model_fields["kind"].default): shape for shape in get_args(AnyStep)}
"""Shape of a step by its `kind`."""


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


class WrittenEnd(WrittenPlace):
    """Where a caller leaves the menus."""

    queue: Reference | None = None
    person: Reference | None = None
    phone: Reference | None = None
    voicemail: Reference | None = None
    message: Reference | None = None
    conference: Reference | None = None
    callback: Reference | None = None
    """A queue whose agents call back"""
    external: Number | None = None


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
