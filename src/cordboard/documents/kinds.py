"""The kinds of value that a company file is made of, each with what it accepts and how it says no."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any, LiteralString
from zoneinfo import available_timezones

import holidays
from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from agi.flow.deciding import VALUE, VALUE_CURE
from agi.flow.hearing import PHRASE, PHRASE_CURE
from agi.flow.lookup import PLACE, PLACE_CURE
from agi.flow.nodes import KEY, LANGUAGE, SLUG, SOUND
from agi.flow.plan import Plan, PlanRefused
from agi.flow.recording import ENDS, ENDS_CURE
from agi.flow.speaking import TEXT_CURE, fault_of_template
from agi.flow.spoken import LONGEST_TEXT, RECORDING, fault_of_text
from agi.flow.steps import END_KEY, SHAPE, VARIABLE, VARIABLE_CURE
from cordboard.documents.problems import did_you_mean, shown
from cordboard.store.numbers import is_country, is_e164
from cordboard.store.values import BEST_LEVEL, MINUTES_A_DAY

REFUSED = "cordboard"
"""The type of pydantic errors that bring their own words: context `what` and `cure`."""
LACKING = "cordboard_lacking"
"""The same of a part that has not all it needs; what it has can be used."""

LONGEST_NAME = 79
"""Bytes of UTF-8: what Asterisk keeps of a caller's name."""
LONGEST_ID = 40
"""Characters of what people name; the id of a company is shorter."""
WIDEST = {4: 16, 6: 32}
"""IP version -> length of the shortest prefix that a trunk may be known by: about what one operator has in all."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_COMPANY_ID = re.compile(r"[a-z][a-z0-9]{0,19}")
_EXTENSION = re.compile(r"[0-9*#]{1,12}")
_DIAL_PREFIX = re.compile(r"[0-9]{1,3}")
_PREFIX = re.compile(r"\+[1-9][0-9]{1,14}")
_EMAIL = re.compile(
    r"(?=.{3,120}$)[A-Za-z0-9](?:[A-Za-z0-9_%+=-]|\.(?!\.))*@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*"
)
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_SIP_URI = re.compile(
    r"sips?:(?:[A-Za-z0-9._+-]{1,60}@)?(?:[A-Za-z0-9.-]{1,120}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?"
    r"(?:;transport=(?:udp|tcp|tls))?"
)
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}")
_HEADER_VALUE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._:@+-]{0,98}[A-Za-z0-9])?")
_SIP_SECRET = re.compile(r"[A-Za-z0-9._~-]{12,128}")
_PIN = re.compile(r"[0-9]{4,10}")
_NODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
# Letters of Latin alphabets that are no letter of a to z with a mark.
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def refuse(what: str, cure: str, kind: LiteralString = REFUSED) -> PydanticCustomError:
    """The error that a validator raises to say no in the file's own words. `kind`: REFUSED or LACKING."""
    return PydanticCustomError(kind, "{what}", {"what": what, "cure": cure})


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """What a text must be, for pydantic (`validate` raises a refusal) and for editors (`schema`)."""

    validate: Callable[[str], str]
    schema: Mapping[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.validate, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", **self.schema}


def shaped(pattern: re.Pattern[str], description: str, what: str, cure: str) -> Kind:
    """A text of one shape."""

    def validate(value: str) -> str:
        if not pattern.fullmatch(value):
            raise refuse(f'"{shown(value)}" {what}', cure)
        return value

    return Kind(validate, {"pattern": f"^(?:{pattern.pattern})$", "description": description})


def hidden(pattern: re.Pattern[str], description: str, cure: str) -> Kind:
    """A secret of one shape, which no problem repeats."""

    def validate(value: str) -> str:
        if not pattern.fullmatch(value):
            raise refuse("cannot be used", cure)
        return value

    return Kind(validate, {"pattern": f"^(?:{pattern.pattern})$", "description": description})


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def _calendars() -> Mapping[str, Sequence[str]]:
    return holidays.list_supported_countries()


def _name(value: str) -> str:
    value = unicodedata.normalize("NFC", value).strip()
    if not value:
        raise refuse("is empty", "Write a name")
    if hidden := [letter for letter in value if unicodedata.category(letter) in _HIDDEN]:
        raise refuse(f"holds a character that cannot be seen (U+{ord(hidden[0]):04X})", "Type it anew, in one line")
    if (size := len(value.encode())) > LONGEST_NAME:
        raise refuse(f"is {size} bytes long", f"Shorten it to {LONGEST_NAME}; a letter beyond a to z takes two or more")
    return value


def _spoken_text(value: str) -> str:
    value = " ".join(unicodedata.normalize("NFC", value).split())
    if fault := fault_of_text(value):
        raise refuse(fault, f"Write words, {LONGEST_TEXT} characters at most")
    return value


def _spoken_template(value: str) -> str:
    value = " ".join(unicodedata.normalize("NFC", value).split())
    if fault := fault_of_template(value):
        raise refuse(fault, TEXT_CURE)
    return value


def _number(value: str) -> str:
    if is_e164(value):
        return value
    compact = re.sub(r"[ .()-]", "", value)
    if compact != value and is_e164(compact):
        raise refuse(f'"{shown(value)}" is not written in E.164', f'Write "{compact}"')
    raise refuse(f'"{shown(value)}" is not a number in service', 'Write it as "+33123456789": + and country, no spaces')


def _country(value: str) -> str:
    if not is_country(value):
        raise refuse(f'"{shown(value)}" is not a country', "Write its two capital letters, as FR")
    return value


def _time_zone(value: str) -> str:
    if value not in _time_zones():
        raise refuse(f'"{shown(value)}" is not a time zone', did_you_mean(value, _time_zones()))
    return value


def _holidays(value: str) -> str:
    country, _, subdivision = value.partition("-")
    known = _calendars()
    if country not in known:
        raise refuse(f'the holidays of "{shown(country)}" are not known', "Write a country, as FR")
    if subdivision and subdivision not in known[country]:
        raise refuse(
            f'"{shown(subdivision)}" is not a part of {country} with holidays of its own',
            did_you_mean(subdivision, known[country]),
        )
    return value


def _days(value: str) -> str:
    parse_days(value)
    return value


def _date(value: object) -> object:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise refuse(f'"{shown(value)}" is not a date', "Write it as 2026-12-24") from None
    return value


def _moment(value: str) -> str:
    parse_moment(value)
    return value


def parse_moment(text: str) -> datetime:
    """`2026-12-24 18:31`, on the clock of whom it is about. Raises the refusal."""
    try:
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass  # a day that no calendar has
    raise refuse(f'"{shown(text)}" is not a moment', 'Write it as "2026-12-24 18:31"')


def _plan(value: str) -> str:
    try:
        Plan.parse(value)
    except PlanRefused as refused:
        what = f'word {refused.place}, "{shown(refused.word)}", is nothing that a caller does'
        raise refuse(what, f"{refused.cure[:1].upper()}{refused.cure[1:]}") from None
    return value


def is_too_wide(network: IPv4Network | IPv6Network) -> bool:
    """Would a trunk that is known by it let in many who are not its operator?"""
    return network.prefixlen < WIDEST[network.version]


def slug(text: str, suffix: str = "") -> str:
    """An id made of a name, and of a suffix of letters or digits that is kept whole: `Gérard Œuvrard` ->
    `gerard-oeuvrard`, with 301 `gerard-oeuvrard-301`; "" if no letter of a to z begins what is left of the name."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS)).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not words[:1].isalpha():
        return ""
    end = f"-{suffix}" if suffix else ""
    return words[: LONGEST_ID - len(end)].rstrip("-") + end


def parse_days(text: str) -> tuple[int, ...]:
    """`mon-fri`, `sat`, `mon, wed-fri` -> 0 Monday to 6 Sunday, in order. Raises the refusal."""
    days: list[int] = []
    for part in text.split(","):
        first, _, last = (word.strip() for word in part.partition("-"))
        last = last or first
        if first not in DAYS or last not in DAYS:
            raise refuse(f'"{shown(text)}" are not days', f"Write {', '.join(DAYS)}, as in mon-fri or mon, wed")
        start, end = DAYS.index(first), DAYS.index(last)
        if end < start:
            raise refuse(f'"{shown(part.strip())}" ends before it begins', "A week goes from mon to sun")
        days.extend(range(start, end + 1))
    if len(set(days)) < len(days):
        raise refuse(f'"{shown(text)}" names a day twice', "Write each day once")
    return tuple(sorted(days))


def write_days(days: tuple[int, ...]) -> str:
    """The shortest text that `parse_days` reads back as these days."""
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}-{DAYS[run[-1]]}" for run in runs)


def parse_time(text: str) -> int:
    """`HH:MM` -> minute of the day, `24:00` -> 1440."""
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def write_time(minute: int) -> str:
    return "24:00" if minute == MINUTES_A_DAY else f"{minute // 60:02}:{minute % 60:02}"


_KEYS_CURE = "Write 1 to 12 of the digits, * and #"

Name = Annotated[str, Kind(_name, {"minLength": 1, "maxLength": LONGEST_NAME, "description": "Shown to people"})]
Slug = Annotated[
    str,
    shaped(SLUG, "An id", "is not a valid id", "Begin with a small letter; then small letters, digits, -; 40 at most"),
]
CompanyId = Annotated[
    str,
    shaped(
        *(_COMPANY_ID, "The id of the company", "is not a valid company id"),
        "Begin with a small letter; then small letters and digits, 20 at most",
    ),
]
Reference = Annotated[str, Kind(str, {"description": "The id of something else in this file"})]
Extension = Annotated[str, shaped(_EXTENSION, "What is dialled inside", "cannot be dialled", _KEYS_CURE)]
Number = Annotated[str, Kind(_number, {"pattern": r"^\+[1-9][0-9]{5,14}$", "description": "E.164"})]
NumberPrefix = Annotated[
    str, shaped(_PREFIX, "The beginning of numbers", "is not the beginning of a number", 'Write it as "+33899"')
]
DialPrefix = Annotated[
    str, shaped(_DIAL_PREFIX, "What is dialled first", "cannot be dialled first", 'Write 1 to 3 digits, as "0"')
]
Language = Annotated[str, shaped(LANGUAGE, "A language", "is not a language", "Write a code such as fr or pt_BR")]
Country = Annotated[str, Kind(_country, {"pattern": "^[A-Z]{2}$", "description": "ISO 3166"})]
TimeZone = Annotated[str, Kind(_time_zone, {"description": "IANA time zone, as Europe/Paris"})]
Email = Annotated[str, shaped(_EMAIL, "E-mail address", "is not an e-mail address", "Write it as name@example.org")]
Sound = Annotated[
    str,
    shaped(
        *(SOUND, "A sound, without language and ending", "is not the name of a sound"),
        "Write its path in Asterisk's sounds, without language and ending",
    ),
]
Recording = Annotated[
    str,
    shaped(
        *(RECORDING, "A file below the folder of recordings", "is not the name of a recording"),
        "Write its path below the folder of recordings, of letters, digits and _-./, with its ending",
    ),
]
SpokenText = Annotated[
    str, Kind(_spoken_text, {"minLength": 1, "maxLength": LONGEST_TEXT, "description": "What a voice says"})
]
SpokenTemplate = Annotated[
    str, Kind(_spoken_template, {"minLength": 1, "maxLength": LONGEST_TEXT, "description": "What a voice says"})
]
Key = Annotated[str, shaped(KEY, "Keys of a phone", "cannot be typed on a phone", _KEYS_CURE)]
Phrase = Annotated[str, shaped(PHRASE, "What somebody says", "is nothing that a menu listens for", PHRASE_CURE)]
Variable = Annotated[str, shaped(VARIABLE, "What a call knows by a name", "is not a variable's name", VARIABLE_CURE)]
Value = Annotated[str, shaped(VALUE, "What a variable is, in quotes", "is no value", VALUE_CURE)]
AnswerPlace = Annotated[str, shaped(PLACE, "Where a value stands in an answer", "is no place in an answer", PLACE_CURE)]
Digits = Annotated[
    str, shaped(SHAPE, "Digits; X is any", "are no digits", "Write digits, and X for any digit, in quotes")
]
EndKey = Annotated[str, shaped(END_KEY, "# or *; nothing: none", "ends nothing", 'Write "#", "*" or ""')]
RecordingEnd = Annotated[str, shaped(ENDS, "# or *, or any; nothing: none", "ends no recording", ENDS_CURE)]
Days = Annotated[str, Kind(_days, {"description": "mon-fri, sat, or mon, wed"})]
ClockTime = Annotated[
    str, shaped(_TIME, "HH:MM", "is not a time of day", 'Write it as "09:00"; midnight at the end is "24:00"')
]
Day = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
Moment = Annotated[str, Kind(_moment, {"description": "2026-12-24 18:31, on the company's clock"})]
Presses = Annotated[str, Kind(_plan, {"description": 'What a caller does: "2 wait 3 hangup"'})]
HolidayCalendar = Annotated[str, Kind(_holidays, {"description": "Country, or country and part: FR, FR-57"})]
SipUri = Annotated[str, shaped(_SIP_URI, "SIP URI", "is not a SIP address", 'Write it as "sip:host:5060"')]
HeaderName = Annotated[str, shaped(_HEADER, "SIP header", "is not the name of a header", "Write it as X-Carrier")]
HeaderValue = Annotated[
    str,
    shaped(
        _HEADER_VALUE, "Its exact value", "cannot be compared safely", "Use letters, digits, spaces and . _ : @ + -"
    ),
]
Secret = Annotated[
    str, hidden(_SIP_SECRET, "A password", "Write 12 to 128 letters without accents, digits and . _ ~ -, in quotes")
]
Pin = Annotated[str, hidden(_PIN, "A PIN", "Write 4 to 10 digits in quotes")]
Node = Annotated[str, shaped(_NODE, "A switch", "is not the name of a switch", "Write it as the setting node says it")]
Level = Annotated[int, Field(ge=1, le=BEST_LEVEL, description="1 to 5, 5 is best")]
LoweredLevel = Annotated[int, Field(ge=0, le=BEST_LEVEL, description="0: no longer asked for")]
FirstSeconds = Annotated[float, Field(ge=0.5, le=60, allow_inf_nan=False)]
NextSeconds = Annotated[float, Field(ge=0.5, le=30, allow_inf_nan=False)]
