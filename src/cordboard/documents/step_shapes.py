"""The shape of each kind of step between menus, as a company file writes it."""

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field

from agi.flow.lookup import LEAST_SECONDS, MOST_SECONDS
from agi.flow.notice import MOST_RETRIES, RETRIES
from agi.flow.recording import MOST_DAYS, MOST_SILENCE
from agi.flow.recording import MOST_SECONDS as MOST_SECONDS_RECORDED
from agi.flow.routing import MOST_PRIORITY
from agi.flow.steps import MOST_DIGITS
from cordboard.documents.items import Item, Part
from cordboard.documents.kinds import (
    AnswerPlace,
    Digits,
    EndKey,
    FirstSeconds,
    Key,
    Language,
    Level,
    Name,
    NextSeconds,
    Number,
    RecordingEnd,
    Reference,
    Slug,
    SpokenTemplate,
    TimeZone,
    Value,
    Variable,
)
from cordboard.documents.places import WrittenEdge, WrittenRetry, WrittenStart


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
    """Days after which the recording is removed (the setting keep_days, 30)"""
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
    """Days after which the recording is removed (the setting keep_days, 30)"""
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
