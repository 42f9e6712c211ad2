"""Data -> items of the right shape, and a fault for every part that has not."""

import types
import typing
from collections.abc import Iterable, Mapping, Sized
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from cordboard.documents.inputs import (
    CompanyFile,
    Head,
    WrittenBlocked,
    WrittenConference,
    WrittenDialling,
    WrittenDid,
    WrittenHours,
    WrittenMenu,
    WrittenMessage,
    WrittenOutgoing,
    WrittenPause,
    WrittenPerson,
    WrittenPhone,
    WrittenPrompt,
    WrittenQueue,
    WrittenSecrets,
    WrittenSite,
    WrittenSkill,
    WrittenTest,
    WrittenTrunk,
    WrittenVoicemail,
)
from cordboard.documents.items import IN_PART, Item, Part, lacking
from cordboard.documents.kinds import LACKING, REFUSED, Number, Slug
from cordboard.documents.merging import NO_FORM
from cordboard.documents.problems import MOST_PROBLEMS, Fault, Path, did_you_mean, listed, shown
from cordboard.documents.source import Source
from cordboard.documents.step_shapes import STEPS, AnyStep
from cordboard.documents.tree import DEEPEST

Shape = TypeVar("Shape", bound=Item)


MOST_ITEMS = {"people": 20_000, "dids": 10_000, "blocked": 20_000, "menus": 500, "queues": 1_000, "trunks": 20}
_MOST_ELSEWHERE = 2_000


@dataclass(slots=True)
class Draft:
    """What could be read of a file. An item that had a fault is there without the smallest parts that it was
    in; one whose own id is
    faulty, or that is no mapping, is not there, but its id is still `written`."""

    head: Head = field(default_factory=Head)
    sites: dict[str, WrittenSite] = field(default_factory=dict)
    skills: dict[str, WrittenSkill] = field(default_factory=dict)
    people: dict[str, WrittenPerson] = field(default_factory=dict)
    phones: dict[str, WrittenPhone] = field(default_factory=dict)
    hours: dict[str, WrittenHours] = field(default_factory=dict)
    prompts: dict[str, WrittenPrompt] = field(default_factory=dict)
    messages: dict[str, WrittenMessage] = field(default_factory=dict)
    voicemails: dict[str, WrittenVoicemail] = field(default_factory=dict)
    conferences: dict[str, WrittenConference] = field(default_factory=dict)
    pauses: dict[str, WrittenPause] = field(default_factory=dict)
    queues: dict[str, WrittenQueue] = field(default_factory=dict)
    menus: dict[str, WrittenMenu] = field(default_factory=dict)
    steps: dict[str, AnyStep] = field(default_factory=dict)
    dids: dict[str, WrittenDid] = field(default_factory=dict)
    trunks: dict[str, WrittenTrunk] = field(default_factory=dict)
    outgoing: dict[str, WrittenOutgoing] = field(default_factory=dict)
    dialling: WrittenDialling | None = None
    blocked: dict[int, WrittenBlocked] = field(default_factory=dict)
    tests: dict[str, WrittenTest] = field(default_factory=dict)
    secrets: WrittenSecrets | None = field(default=None, repr=False)
    written: dict[str, frozenset[str]] = field(default_factory=dict)
    """Section -> every id that stands there, faulty ones too: a reference to one of them does not dangle."""
    faulty: set[Path] = field(default_factory=set)
    """Items that lack something because it had a fault, and those parts of them that it stood in."""

    def is_faulty(self, section: str, key: str | int, *part: str) -> bool:
        return (section, key, *part) in self.faulty


class Drafter:
    """Reads a source into a draft, noting faults on the way."""

    def __init__(self, source: Source, most: int = MOST_PROBLEMS) -> None:
        self._source = source
        self._most = most
        self.faults: list[Fault] = []
        self.draft = Draft()

    @property
    def is_full(self) -> bool:
        """Are there so many faults that looking for more helps nobody?"""
        return len(self.faults) > self._most

    def read(self) -> None:
        data = self._source.data
        if not isinstance(data, dict):
            self._note((), "is not a company file", "Begin it with the line: cordboard: 1")
            return
        known = list(CompanyFile.model_fields)
        for name in data:
            if name not in known and not self.is_full:
                self._note((name,), f'"{shown(name)}" is not known here', did_you_mean(name, known))
        if data.get("cordboard") != 1 or data["cordboard"] is True:
            self._note(("cordboard",), *NO_FORM)
        self.draft.head = self._item(Head, data.get("company") or {}, ("company",)) or Head()
        draft = self.draft
        draft.sites = self._section("sites", WrittenSite)
        draft.skills = self._section("skills", WrittenSkill)
        draft.people = self._section("people", WrittenPerson)
        draft.phones = self._section("phones", WrittenPhone)
        draft.hours = self._section("hours", WrittenHours)
        draft.prompts = self._section("prompts", WrittenPrompt)
        draft.messages = self._section("messages", WrittenMessage)
        draft.voicemails = self._section("voicemails", WrittenVoicemail)
        draft.conferences = self._section("conferences", WrittenConference)
        draft.pauses = self._section("pauses", WrittenPause)
        draft.queues = self._section("queues", WrittenQueue)
        draft.menus = self._section("menus", WrittenMenu)
        draft.steps = self._section("steps", STEPS)
        draft.dids = self._section("dids", WrittenDid, TypeAdapter(Number))
        draft.trunks = self._section("trunks", WrittenTrunk)
        draft.outgoing = self._section("outgoing", WrittenOutgoing)
        if data.get("dialling") is not None:
            draft.dialling = self._item(WrittenDialling, data["dialling"], ("dialling",))
        draft.blocked = self._blocked()
        draft.tests = self._section("tests", WrittenTest)
        if data.get("secrets") is not None:
            draft.secrets = self._item(WrittenSecrets, data["secrets"], ("secrets",))

    def _section(
        self, name: str, shape: type[Shape] | Mapping[str, type[Shape]], keys: TypeAdapter[str] | None = None
    ) -> dict[str, Shape]:
        """`shape`: of all its items, or of each by its `kind`."""
        written = self._source.data.get(name)
        if written is None:
            written = {}
        if not isinstance(written, dict):
            self._note((name,), "is not a mapping", "Write ids with their items below it")
            written = {}
        self.draft.written[name] = frozenset(written)
        if self._is_too_much(name, written):
            return {}
        items: dict[str, Shape] = {}
        for key, value in written.items():
            if self.is_full:
                break
            path = (name, key)
            is_key_right = self._key(keys or _SLUGS, key, path)
            chosen = self._by_kind(shape, value, path) if isinstance(shape, Mapping) else shape
            item = self._item(chosen, value, path) if chosen else None
            if item is not None and is_key_right:
                items[key] = item
        return items

    def _by_kind(self, shapes: Mapping[str, type[Shape]], value: Any, path: Path) -> type[Shape] | None:
        """None, and a fault, where the kind is none that is known."""
        if not isinstance(value, dict):
            return next(iter(shapes.values()))  # which says that it is no mapping
        kind = value.get("kind")
        if isinstance(kind, str) and kind in shapes:
            return shapes[kind]
        what = "is missing" if kind is None else f'"{shown(kind)}" is not known here'
        self._note((*path, "kind"), what, f"Write one of {listed(shapes, most=len(shapes))}")
        return None

    def _blocked(self) -> dict[int, WrittenBlocked]:
        written = self._source.data.get("blocked")
        if written is None:
            written = []
        if not isinstance(written, list):
            self._note(("blocked",), "is not a list", "Write one entry a line, each begun by a hyphen")
            written = []
        if self._is_too_much("blocked", written):
            return {}
        items: dict[int, WrittenBlocked] = {}
        for position, value in enumerate(written):
            item = None if self.is_full else self._item(WrittenBlocked, value, ("blocked", position))
            if item is not None:
                items[position] = item
        return items

    def _is_too_much(self, name: str, written: Sized) -> bool:
        most = MOST_ITEMS.get(name, _MOST_ELSEWHERE)
        if len(written) > most:
            self._note((name,), f"has more than {most} entries", "Take some out, or split the company in two")
        return len(written) > most

    def _key(self, keys: TypeAdapter[str], key: str, path: Path) -> bool:
        try:
            keys.validate_python(key)
        except ValidationError as error:
            for details in error.errors():
                self._note(path, *_told(details, None))
            return False
        return True

    def _item(self, shape: type[Shape], value: Any, path: Path) -> Shape | None:
        """The item, without the parts that have a fault; None when nothing of it can be used."""
        if not isinstance(value, dict):
            self._note(path, "is not a mapping", "Write its parts below it, or between { and }")
            return None
        try:
            item: Shape | None = shape.model_validate(value)
        except ValidationError as error:
            item = self._rest(shape, value, path, error)
            if item is None:
                return None
        for name in shape.needed:
            if value.get(name) is None:
                self._note((*path, name), "is missing", f"Add {name}")
        return item

    def _rest(self, shape: type[Shape], value: dict[str, Any], path: Path, error: ValidationError) -> Shape | None:
        """What is left of an item without the smallest parts that have a fault; each fault is told."""
        wrong: set[Path] = set()
        for _ in range(DEEPEST):
            # What is wrong around a part that was left out may follow from that.
            around = {place[:length] for place in wrong for length in range(len(place))}
            for details in error.errors():
                place = _place_in(value, details["loc"])
                if not self.is_full and place not in around:
                    self._fault(shape, details, path)
                    self._lacks(shape, value, details["loc"], path)
                if details["type"] != LACKING:
                    wrong.add(_bare_of_positions(place))
            if () in wrong:
                return None
            try:
                return shape.model_validate(_without(value, wrong), context=IN_PART)
            except ValidationError as further:
                error = further
        return None

    def _lacks(self, shape: type[Item], value: dict[str, Any], steps: Path, path: Path) -> None:
        """What the parts around a fault lack: pydantic asks that only of those in which nothing else is wrong."""
        for length in range(1, len(steps)):
            part = _shape_at(shape, steps[:length])
            if _is_model(part) and issubclass(part, Part):
                place = _place_in(value, steps[:length])
                written = _at(value, place)
                names = [(name, part.model_fields[name].alias or name) for name in part.needed]
                missing = [name for name, called in names if isinstance(written, dict) and written.get(called) is None]
                if missing:
                    self._note((*path, *place), *lacking(missing))

    def _fault(self, shape: type[Item], details: ErrorDetails, path: Path) -> None:
        steps = tuple(step for step in details["loc"] if step not in _TAGS)
        place = (*path, *steps)
        cure = None
        if details["type"] == "extra_forbidden":
            known = _known_at(shape, details["loc"][:-1])
            what, cure = f'"{shown(steps[-1])}" is not known here', did_you_mean(str(steps[-1]), known)
        else:
            what, cure = _told(details, self._source.texts.get(place), is_secret=place[0] == "secrets")
        self._note(place, what, cure)

    def _note(self, path: Path, what: str, cure: str) -> None:
        self.faults.append(Fault(path, what, cure))
        self.draft.faulty |= {path[:2], path[:3]}


_SLUGS: TypeAdapter[str] = TypeAdapter(Slug)
_TAGS = ("<move>", "<place>", "<sound>", "<speech>", "[key]")

_READ_AS = {bool: "truth value", date: "date"}
_TYPES = {
    "string_type": ("is not text", "Write one text"),
    "int_type": ("is not a whole number", "Write a whole number, without quotes"),
    "float_type": ("is not a number", "Write a number, without quotes"),
    "finite_number": ("is not a number", "Write a number"),
    "bool_type": ("is neither true nor false", "Write true or false, without quotes"),
    "list_type": ("is not a list", "Write it between [ and ]"),
    "dict_type": ("is not a mapping", "Write it between { and }"),
    "model_type": ("is not a mapping", "Write it between { and }"),
    "date_type": ("is not a date", "Write it as 2026-12-24"),
}


def _told(details: ErrorDetails, text: str | None, *, is_secret: bool = False) -> tuple[str, str]:
    """What is wrong, and the cure, for one error of pydantic. `text` is what stood there if it was read as no text."""
    context = details.get("ctx", {})
    kind = details["type"]
    if kind in (REFUSED, LACKING):
        return context["what"], context["cure"]
    if kind == "string_type" and text:
        kind_read = _READ_AS.get(type(details["input"]), "number")
        if is_secret:
            return f"is read as a {kind_read}", "Write it in quotes"
        return f"{shown(text)} is read as a {kind_read}", f'Write it in quotes: "{shown(text)}"'
    if kind in _TYPES:
        return _TYPES[kind]
    if kind == "literal_error":
        return f'"{shown(details["input"])}" is not known here', f"Write one of {context['expected']}"
    if kind == "greater_than_equal":
        return f"{shown(details['input'])} is below {context['ge']}", f"Write {context['ge']} or more"
    if kind == "less_than_equal":
        return f"{shown(details['input'])} is above {context['le']}", f"Write {context['le']} or less"
    if kind == "too_short":
        return "is empty", f"Write at least {context['min_length']}"
    if kind == "too_long":
        return f"has more than {context['max_length']} parts", f"Keep {context['max_length']} at most"
    return shown(details["msg"]), "See the guide to the company file"


def _place_in(value: Any, steps: Path) -> Path:
    """The place that these steps of pydantic lead to, which names forms, and lists that nobody wrote, on the way."""
    place: list[int | str] = []
    for step in steps:
        there = range(len(value)) if isinstance(value, list) else value if isinstance(value, dict) else ()
        if step in there:
            value = value[step]
            place.append(step)
    return tuple(place)


def _at(value: Any, place: Path) -> Any:
    for step in place:
        value = value[step]
    return value


def _bare_of_positions(place: Path) -> Path:
    """The list instead of its entry, without which the others would stand at places that are not theirs."""
    while place and isinstance(place[-1], int):
        place = place[:-1]
    return place


def _without(value: Any, places: Iterable[Path]) -> Any:
    """The value without what stands at these places below it."""
    below: dict[int | str, list[Path]] = {}
    for first, *rest in places:
        below.setdefault(first, []).append(tuple(rest))
    if isinstance(value, list):
        return [_without(each, below[at]) if at in below else each for at, each in enumerate(value)]
    return {
        key: _without(part, below[key]) if key in below else part
        for key, part in value.items()
        if () not in below.get(key, ())
    }


def _shape_at(shape: Any, steps: Path) -> Any:
    for step in steps:
        shape = _inner(shape, step)
    return shape


def _known_at(shape: Any, steps: Path) -> list[str]:
    """The keys that the mapping at these steps may have."""
    shape = _shape_at(shape, steps)
    return [field.alias or name for name, field in shape.model_fields.items()] if _is_model(shape) else []


def _inner(shape: Any, step: int | str) -> Any:
    """What stands at a step inside a shape, bare of annotations and of None."""
    if _is_model(shape):
        found = next((f for name, f in shape.model_fields.items() if step in (name, f.alias)), None)
        if found is None and shape.model_config.get("extra") == "allow":
            return _bare(typing.get_args(typing.get_type_hints(shape)["__pydantic_extra__"])[1])
        return _bare(found.annotation) if found else None
    origin, arguments = typing.get_origin(shape), typing.get_args(shape)
    if origin is dict:
        return _bare(arguments[1])
    if origin is list:
        return _bare(arguments[0])
    if origin in (typing.Union, types.UnionType):
        return next((_bare(one) for one in arguments if _is_model(_bare(one))), None)
    return None


def _bare(shape: Any) -> Any:
    while True:
        arguments = typing.get_args(shape)
        if typing.get_origin(shape) is typing.Annotated:
            shape = arguments[0]
        elif typing.get_origin(shape) in (typing.Union, types.UnionType) and type(None) in arguments:
            rest = [one for one in arguments if one is not type(None)]
            if len(rest) != 1:
                return shape
            shape = rest[0]
        else:
            return shape


def _is_model(shape: Any) -> bool:
    return isinstance(shape, type) and issubclass(shape, BaseModel)
