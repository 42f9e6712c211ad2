"""What is right of a company file with errors, so that callers' ways are judged there, and what is not known beside it.

What is wrong in itself is left out, or leads a caller nobody knows where: whatever may follow from that alone is not
told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, TypeVar

from agi.flow.document import Unknown, start_node
from agi.flow.nodes import FAILURES, KEY, SLUG
from cordboard.documents.draft import Draft
from cordboard.documents.inputs import CompanyFile, Head, WrittenDid, WrittenMenu
from cordboard.documents.items import Item
from cordboard.documents.places import WrittenEntry, WrittenRetry, WrittenStart
from cordboard.documents.problems import Fault, Path
from cordboard.documents.steps import NAMED_WAYS, PROMPTS, WAYS, parts_in

Shape = TypeVar("Shape", bound=Item)

_NODES = ("menus", "steps")
_WITH_WAYS = ("company", *_NODES, "dids")
_SECTIONS = (
    *("sites", "skills", "people", "phones", "hours", "prompts", "messages", "voicemails", "conferences", "pauses"),
    *("queues", "trunks", "outgoing", "blocked"),
)
"""Whose items are left out where anything is wrong with them."""
_KEYS = "keys"
_SOMEWHERE: Final = "hangup"
"""Stands for a way that is wrong: out of the flow."""
_TRIES = 2
_UNKNOWN_HEAD = {"time_zone": "UTC"}
"""No problem of callers' ways is one of time zones; everything else of the company that is not known is "", no language
among it."""
_START, _TELLS = "start", "announcement"
_LEAD_NOWHERE = ("name", "barge_in", "first_digit", "inter_digit", "speech", *PROMPTS)
"""Parts of menus and steps that tell nothing of their ways."""
_OF_NO_WAY = ("name", "site")
"""Parts of DIDs that say nothing of their callers."""
_CALLS_WAIT_IN = ("queues", "blocked")


@dataclass(frozen=True, slots=True)
class Gaps:
    """What is not known of a company.

    `wrong`: item (section, id) -> the places of the errors in it; `unknown`: what its flow may be besides, with the
    nodes as the file names them.
    """

    wrong: Mapping[Path, frozenset[Path]] = field(default_factory=lambda: MappingProxyType({}))
    unknown: Unknown = field(default_factory=Unknown)

    @property
    def are_queues_known(self) -> bool:
        """Is everything known that calls come to from queues, and before any menu?"""
        return not any(path[0] in _CALLS_WAIT_IN for path in self.wrong)

    def bring_about(self, path: Path) -> bool:
        """May a problem at this place follow from what is wrong?"""
        wrong = self.wrong.get(path[:2], frozenset())
        if path[:1] == ("steps",):
            # The parts of a step may contradict each other, but for its ways.
            return len(path) > 2 and not all(each[2:3] and _is_of_ways(each[2]) for each in wrong)
        if path[:1] in (("menus",), ("dids",)):
            return len(path) > 2 and any(each[: len(path)] == path or path[: len(each)] == each for each in wrong)
        return bool(wrong)


NO_GAPS = Gaps()


def beside(draft: Draft, faults: Iterable[Fault]) -> tuple[Draft, Gaps] | None:
    """What is right of a draft that has these faults, every item of it whole. None where a section as a whole is wrong
    of which callers' ways are made."""
    wrong: dict[Path, set[Path]] = {}
    for fault in faults:
        if not fault.is_warning:
            wrong.setdefault(fault.path[:2], set()).add(fault.path)
    if () in wrong or any((section,) in wrong for section in (*_WITH_WAYS, "hours", "prompts")):
        return None
    right: dict[str, Any] = {name: _right(getattr(draft, name), name, wrong) for name in _SECTIONS}
    for section in _NODES:
        items: Mapping[str, Item] = getattr(draft, section)
        whole = {key: _whole(item, (section, key), wrong.get((section, key), ())) for key, item in items.items()}
        right[section] = {key: item for key, item in whole.items() if item is not None}
    dids = {number: _did(number, did, wrong.get(("dids", number), ())) for number, did in draft.dids.items()}
    right["dids"] = {number: did for number, did in dids.items() if did is not None}
    is_dialling_right = not any(item[0] == "dialling" for item in wrong)
    found = replace(draft, head=_head(draft.head), dialling=draft.dialling if is_dialling_right else None, **right)
    left_out = {name for section in _NODES for name in draft.written[section] - getattr(found, section).keys()}
    # A section that nobody knows may be meant to be any that callers' ways are made of.
    is_section_lost = any(len(item) == 1 and item[0] not in CompanyFile.model_fields for item in wrong)
    gaps = Gaps(
        wrong=MappingProxyType({item: frozenset(places) for item, places in wrong.items()}),
        unknown=Unknown(
            ways=frozenset(_ways(found, wrong, left_out)),
            starts=is_section_lost or found.dids.keys() != draft.written["dids"],
            values=is_section_lost
            or any(item[0] == "steps" and (item[1] in left_out or _may_give(places)) for item, places in wrong.items()),
        ),
    )
    return found, gaps


def _right(items: Mapping[Any, Shape], section: str, wrong: Mapping[Path, Any]) -> dict[Any, Shape]:
    return {key: item for key, item in items.items() if (section, key) not in wrong}


def _head(head: Head) -> Head:
    known = {name: getattr(head, name) for name in Head.needed}
    return head.model_copy(update={name: value or _UNKNOWN_HEAD.get(name, "") for name, value in known.items()})


def _did(number: str, did: WrittenDid, wrong: Iterable[Path]) -> WrittenDid | None:
    """None where it is not known where its callers go, and in which language."""
    if not all(place[2:3] and place[2] in _OF_NO_WAY for place in wrong):
        return None
    return did.model_copy(update={"name": did.name or number})


def _whole(item: Shape, path: Path, wrong: Iterable[Path]) -> Shape | None:
    """A menu or a step whose wrong ways lead somewhere; None where more of it is missing than ways."""
    if path in wrong:
        return None
    made: dict[str, Any] = {}
    for name, shape in type(item).model_fields.items():
        value = getattr(item, name)
        places = [place[3:] for place in wrong if place[2] == (shape.alias or name)]
        if not places:
            continue
        if name in FAILURES:
            made[name] = _retry(value, places)
        elif name == _KEYS or name in NAMED_WAYS:
            names = KEY if name == _KEYS else SLUG
            there = {str(place[0]) for place in places if place and names.fullmatch(str(place[0]))}
            made[name] = {**(value or {}), **dict.fromkeys(there, _SOMEWHERE)} or None
        elif name in WAYS and name != _START:
            made[name] = _SOMEWHERE
        elif name == "name":
            made[name] = value or path[1]
        elif value is None and isinstance(item, WrittenMenu) and name in PROMPTS:
            made[name] = ""
        elif value is None and name == _TELLS:
            return None
        elif not _is_whole(value):
            made[name] = None
    found = item.model_copy(update=made)
    return found if all(getattr(found, name) is not None for name in item.needed) else None


def _retry(retry: WrittenRetry | None, wrong: Iterable[Path]) -> WrittenRetry:
    if retry is None:
        return WrittenRetry(tries=_TRIES, then=_SOMEWHERE)
    is_way_right = retry.then is not None and not any(place[:1] == ("then",) for place in wrong)
    return retry.model_copy(update={"tries": retry.tries or _TRIES, "then": retry.then if is_way_right else _SOMEWHERE})


def _is_whole(value: object) -> bool:
    if isinstance(value, Item):
        parts = {name: getattr(value, name) for name in type(value).model_fields}
        return all(parts[name] is not None for name in value.needed) and all(map(_is_whole, parts.values()))
    if isinstance(value, dict):
        return all(map(_is_whole, value.values()))
    return all(map(_is_whole, value)) if isinstance(value, list) else True


def _ways(draft: Draft, wrong: Mapping[Path, Iterable[Path]], left_out: Collection[str]) -> Iterator[str]:
    """Nodes not all of whose ways are known."""
    for section in _NODES:
        for key, item in getattr(draft, section).items():
            if not all(map(_tells_no_way, wrong.get((section, key), ()))) or _leads_to(left_out, item, section):
                yield key
    for did in draft.dids.values():
        if did.id and _leads_to(left_out, did, "dids"):
            yield start_node(did.id)


def _tells_no_way(place: Path) -> bool:
    """Does this place of a menu or a step say nothing of where calls go?"""
    return place[2] in _LEAD_NOWHERE or (place[2] in FAILURES and len(place) > 3 and place[3] != "then")


def _leads_to(names: Collection[str], item: Item, section: str) -> bool:
    return any(
        isinstance(part, WrittenEntry | WrittenStart) and not {part.menu, part.step}.isdisjoint(names)
        for _, part in parts_in(item, (section,))
    )


def _may_give(wrong: Iterable[Path]) -> bool:
    """May a variable get a value in a step that is wrong in these places?"""
    return not all(place[2:3] and (_is_of_ways(place[2]) or place[2] in PROMPTS) for place in wrong)


def _is_of_ways(part: object) -> bool:
    return part in ("name", *WAYS, *NAMED_WAYS, *FAILURES)
