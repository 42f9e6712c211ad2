"""A node that says what a variable holds, in the caller's language: digits, a number, an amount, a date, a time."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from zoneinfo import ZoneInfo

from agi.errors import Problem
from agi.flow.forms import Form, PromptName, Way, Word
from agi.flow.nodes import Node
from agi.flow.reading import Reader
from agi.flow.schedule import is_time_zone
from agi.flow.steps import VARIABLE, VARIABLE_CURE
from agi.flow.ways import Edge, base_language

NOW = "now"
"""The variable of the moment at which it is said."""
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+/-]{0,63}")
_DIGITS = re.compile(r"\+?([0-9]{1,40})")
_NUMBER = re.compile(r"[0-9]{1,9}")
_AMOUNT = re.compile(r"([0-9]{1,9})(?:\.([0-9]{2}))?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DATES = {"": "AdBY", "en": "ABdY"}
TIMES = {"": "HM", "en": "IMp"}
"""How Asterisk is told to say dates and times (see its voicemail.conf), by language; "" is for all others."""


class What(StrEnum):
    DIGITS = "digits"
    NUMBER = "number"
    AMOUNT = "amount"
    DATE = "date"
    TIME = "time"


class Whats(Form[What]):
    def read(self, reader: Reader, table: Mapping[str, Any], name: str, where: str) -> What:
        written = table.get(name)
        if written in [*What]:
            return What(str(written))
        reader.note(f"{where}.{name}", "is nothing that can be said", f"Write one of {', '.join(What)}")
        return What.DIGITS

    def write(self, value: What) -> Any:
        return str(value)


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or a time: seconds since 1970, and how it is said."""

    epoch: int
    form: str
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Say(Node):
    """Says what a variable holds, whole, and goes on. What cannot be said so (nothing, a word) is passed over.

    Digits lose their plus; a number has at most nine digits; an amount is `12` or `12.50`, said with the prompts `unit`
    after the whole and `cents` after the rest; a date is `2026-12-24`, or `now`, and a time is `now`, in `time_zone`.
    """

    kind: ClassVar[str] = "say"
    what: Annotated[What, Whats()]
    variable: Annotated[str, Word(VARIABLE, VARIABLE_CURE)]
    then: Annotated[Edge, Way()]
    unit: Annotated[str | None, PromptName()] = None
    cents: Annotated[str | None, PromptName()] = None
    time_zone: Annotated[str, Word(_ZONE, "Write a name such as Europe/Paris")] = "UTC"

    @property
    def about(self) -> str:
        return f"{self.what} {self.variable}"

    def reads(self) -> Iterator[tuple[str, str]]:
        if self.variable != NOW:
            yield "variable", self.variable

    def tells(self) -> Iterator[tuple[str, str]]:
        yield from self.reads()

    def problems(self, schedules: Collection[str]) -> Iterator[Problem]:
        if not is_time_zone(self.time_zone):
            yield Problem("time_zone", "is not a time zone", "Write a name such as Europe/Paris")
        if self.what is What.TIME and self.variable != NOW:
            yield Problem("variable", "holds no time", f"Write {NOW}")
        if self.what not in (What.DATE, What.TIME) and self.variable == NOW:
            yield Problem("variable", f"is a moment, not {self.what}", "Say it as a date or a time, or name another")
        if self.what is not What.AMOUNT and (self.unit or self.cents):
            yield Problem("unit" if self.unit else "cents", "stands beside no amount", "Leave it out, or say an amount")

    def digits(self, value: str) -> str:
        """What is said digit by digit; "" if nothing is."""
        found = _DIGITS.fullmatch(value)
        return found[1] if found else ""

    def numbers(self, value: str) -> tuple[tuple[int, str | None], ...]:
        """Numbers, each with the prompt that is heard after it."""
        if self.what is What.NUMBER:
            return ((int(value), None),) if _NUMBER.fullmatch(value) else ()
        found = _AMOUNT.fullmatch(value)
        if found is None:
            return ()
        rest = ((int(found[2]), self.cents),) if found[2] and int(found[2]) else ()
        return ((int(found[1]), self.unit), *rest)

    def moment(self, value: str, now: datetime, language: str) -> Moment | None:
        """`value` counts for another variable than `now`."""
        zone = ZoneInfo(self.time_zone)
        if self.variable != NOW:
            try:
                now = datetime.combine(date.fromisoformat(value if _DAY.fullmatch(value) else ""), time(), zone)
            except ValueError:
                return None
        forms = dict(self.said_as)
        return Moment(int(now.timestamp()), forms.get(base_language(language), forms[""]), self.time_zone)

    @property
    def said_as(self) -> tuple[tuple[str, str], ...]:
        """How a moment is said, by base language; "" is for all others."""
        return tuple((DATES if self.what is What.DATE else TIMES).items())
