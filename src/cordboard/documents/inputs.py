"""The shape of a company file: one pydantic model an item, apart from tables and from values.

As far as these types go every field may be absent; `needed` names those that must be there. So an item with one wrong
part is still read without that part, and the rest of the file checked against it.
"""

import ipaddress
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from cordboard.documents.kinds import (
    ClockTime,
    CompanyId,
    Country,
    Day,
    Days,
    Email,
    Extension,
    HeaderName,
    HeaderValue,
    HolidayCalendar,
    Key,
    Language,
    Level,
    LoweredLevel,
    Name,
    Number,
    NumberPrefix,
    Reference,
    SipUri,
    Slug,
    Sound,
    TimeZone,
    refuse,
)
from cordboard.documents.problems import listed, shown


class Item(BaseModel):
    """A mapping with fixed keys. Absent and null are the same."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    needed: ClassVar[tuple[str, ...]] = ()


class Part(Item):
    """An item inside an item: refused whole when it lacks something."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        missing = [name for name in self.needed if getattr(self, name) is None]
        if missing:
            names = listed(f'"{name.rstrip("_")}"' for name in missing)
            raise refuse(f"lacks {names}", "Add what is missing")
        return self


def _address(value: str) -> str:
    try:
        network = ipaddress.ip_network(value)
    except ValueError:
        raise refuse(f'"{shown(value)}" is not an address', "Write it as 192.0.2.10 or 192.0.2.0/28") from None
    if (network.num_addresses > 2**16 and network.version == 4) or network.prefixlen < 16:
        raise refuse(f'"{shown(value)}" lets in too much of the network', "Name the operator's own addresses")
    return value


Address = Annotated[str, AfterValidator(_address)]
Sounds = Annotated[list[Sound], Field(min_length=1, max_length=50)]
Seconds = Annotated[float, Field(ge=0.5, le=60, allow_inf_nan=False)]


class Head(Item):
    needed = ("id", "name", "language", "country", "time_zone")
    id: CompanyId | None = None
    name: Name | None = None
    language: Language | None = None
    country: Country | None = None
    time_zone: TimeZone | None = None


class SiteIn(Item):
    needed = ("name",)
    name: Name | None = None


class SkillIn(Item):
    needed = ("name",)
    name: Name | None = None


class PersonIn(Item):
    needed = ("name",)
    name: Name | None = None
    extension: Extension | None = None
    email: Email | None = None
    site: Reference | None = None
    language: Language | None = None
    skills: Annotated[dict[Reference, Level], Field(max_length=100)] | None = None
    voicemail: bool | None = None


class PhoneIn(Item):
    needed = ("name", "extension")
    name: Name | None = None
    extension: Extension | None = None
    site: Reference | None = None
    language: Language | None = None


class OpenTimeIn(Part):
    needed = ("days", "from_", "to")
    days: Days | None = None
    from_: ClockTime | None = Field(default=None, alias="from")
    to: ClockTime | None = None


class HoursIn(Item):
    needed = ("open",)
    name: Name | None = None
    open: Annotated[list[OpenTimeIn], Field(max_length=50)] | None = None
    holidays: HolidayCalendar | None = None
    closed: Annotated[list[Day], Field(max_length=1000)] | None = None
    time_zone: TimeZone | None = None


class PromptIn(Item):
    """Languages are its keys."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[Language, Sounds] = Field(init=False)

    @property
    def sounds(self) -> dict[str, list[str]]:
        return self.__pydantic_extra__


class MessageIn(PromptIn):
    name: Name | None = None
    answers: bool | None = None


class VoicemailIn(Item):
    needed = ("name",)
    name: Name | None = None
    email: Email | None = None
    language: Language | None = None


class PlaceIn(Part):
    """Where a call goes: exactly one of the places that the subclass knows."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        places = [name for name in type(self).model_fields if name != "language"]
        given = [name for name in places if getattr(self, name) is not None]
        if len(given) != 1:
            what = f"names {listed(given)}" if given else "names no place"
            raise refuse(what, f"Name exactly one of {listed(places)}")
        return self


class OverflowIn(PlaceIn):
    """Where a caller goes whom a queue cannot serve."""

    message: Reference | None = None
    voicemail: Reference | None = None
    queue: Reference | None = None
    person: Reference | None = None
    phone: Reference | None = None
    external: Number | None = None


class EntryIn(PlaceIn):
    """Where a caller goes who comes in."""

    menu: Reference | None = None
    queue: Reference | None = None
    person: Reference | None = None
    phone: Reference | None = None
    voicemail: Reference | None = None
    message: Reference | None = None


class ChoiceIn(EntryIn):
    """Where a caller goes from a menu, and the language heard from there on."""

    language: Language | None = None


Move = Literal["repeat", "back", "top", "hangup"]


def _form(value: Any) -> str:
    return "<move>" if isinstance(value, str) else "<place>"


EdgeIn = Annotated[
    Annotated[Move, Tag("<move>")] | Annotated[ChoiceIn, Tag("<place>")],
    Discriminator(_form),
]


class RelaxIn(Part):
    needed = ("after", "skills")
    after: Annotated[int, Field(ge=1, le=7200)] | None = None
    skills: Annotated[dict[Reference, LoweredLevel], Field(min_length=1, max_length=10)] | None = None


class QueueIn(Item):
    needed = ("name", "skills", "when_late")
    name: Name | None = None
    number: Extension | None = None
    skills: Annotated[dict[Reference, Level], Field(min_length=1, max_length=10)] | None = None
    relax: Annotated[list[RelaxIn], Field(max_length=10)] | None = None
    ring: Annotated[int, Field(ge=5, le=120)] | None = None
    max_wait: Annotated[int, Field(ge=5, le=7200)] | None = None
    max_waiting: Annotated[int, Field(ge=1, le=1000)] | None = None
    wrap_up: Annotated[int, Field(ge=0, le=600)] | None = None
    music: Literal["default", "ringing"] | None = None
    announce_position: bool | None = None
    priority: Annotated[int, Field(ge=0, le=100)] | None = None
    when_full: OverflowIn | None = None
    when_late: OverflowIn | None = None
    when_empty: OverflowIn | None = None


class RetryIn(Part):
    needed = ("tries", "then")
    tries: Annotated[int, Field(ge=1, le=9)] | None = None
    prompt: Reference | None = None
    then: EdgeIn | None = None


class MenuIn(Item):
    needed = ("name", "prompt", "keys", "no_input", "wrong_input")
    name: Name | None = None
    prompt: Reference | None = None
    barge_in: bool | None = None
    first_digit: Seconds | None = None
    inter_digit: Seconds | None = None
    keys: Annotated[dict[Key, EdgeIn], Field(min_length=1, max_length=50)] | None = None
    no_input: RetryIn | None = None
    wrong_input: RetryIn | None = None


class DidIn(Item):
    needed = ("id", "name")
    id: Slug | None = None
    name: Name | None = None
    site: Reference | None = None
    language: Language | None = None
    target: EntryIn | None = None
    hours: Reference | None = None
    open: EntryIn | None = None
    closed: EntryIn | None = None


class HeaderIn(Part):
    needed = ("name", "value")
    name: HeaderName | None = None
    value: HeaderValue | None = None


class TrunkIn(Item):
    needed = ("name",)
    name: Name | None = None
    from_: Annotated[list[Address], Field(min_length=1, max_length=50)] | None = Field(default=None, alias="from")
    header: HeaderIn | None = None
    to: SipUri | None = None


class BlockedIn(Item):
    number: Number | None = None
    prefix: NumberPrefix | None = None
    reason: Name | None = None
    message: Reference | None = None


class CompanyFile(Item):
    """The whole file."""

    needed = ("cordboard", "company")
    cordboard: Literal[1] | None = None
    company: Head | None = None
    sites: dict[Slug, SiteIn] | None = None
    skills: dict[Slug, SkillIn] | None = None
    people: dict[Slug, PersonIn] | None = None
    phones: dict[Slug, PhoneIn] | None = None
    hours: dict[Slug, HoursIn] | None = None
    prompts: dict[Slug, PromptIn] | None = None
    messages: dict[Slug, MessageIn] | None = None
    voicemails: dict[Slug, VoicemailIn] | None = None
    queues: dict[Slug, QueueIn] | None = None
    menus: dict[Slug, MenuIn] | None = None
    dids: dict[Number, DidIn] | None = None
    trunks: dict[Slug, TrunkIn] | None = None
    blocked: list[BlockedIn] | None = None
