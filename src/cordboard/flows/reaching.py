"""Who reaches whom: the paths that end at a place, also by way of queues that pass callers on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from agi.flow.document import Flow
from agi.flow.leaving import External
from cordboard.flows.errors import NoSuchPlace
from cordboard.flows.exploring import Path
from cordboard.store.skills import tier_of
from cordboard.store.values import Company, TargetKind, TargetRef


class How(StrEnum):
    """What leads on from where a path ended."""

    OFFERED = "offered"
    LATE = "late"
    FULL = "full"
    EMPTY = "empty"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Onward:
    """A step on from where a path ended: a queue offers the call to an agent (`seconds` after it came) or passes it on,
    or nobody answers. `source` is the queue, person or number, `words` are for people."""

    how: How
    source: str
    to: TargetRef
    seconds: int = 0
    words: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True, slots=True)
class Reaching:
    """A path, and what happens after it until the place is reached: () where it ends there."""

    path: Path
    after: tuple[Onward, ...] = ()


def places_of(company: Company, word: str) -> list[TargetRef]:
    """What an extension, or an id, may mean. Raises NoSuchPlace."""
    numbers = {each.extension: TargetRef(TargetKind.PERSON, each.id) for each in company.endpoints()}
    queues = {queue.number: TargetRef(TargetKind.QUEUE, queue.id) for queue in company.queues.values()}
    rooms = {room.number: TargetRef(TargetKind.CONFERENCE, room.id) for room in company.conferences.values()}
    found = [each for each in (numbers.get(word), queues.get(word), rooms.get(word)) if each]
    if word.startswith("+"):
        found.append(TargetRef(TargetKind.EXTERNAL, word))
    endpoints = {each.id for each in company.endpoints()}
    boxes = {box.id for box in company.boxes()}
    for kind, names in (
        (TargetKind.QUEUE, company.queues),
        (TargetKind.PERSON, endpoints),
        (TargetKind.VOICEMAIL, boxes),
        (TargetKind.MESSAGE, company.messages),
        (TargetKind.CONFERENCE, company.conferences),
    ):
        if word in names:
            found.append(TargetRef(kind, word))
    if not found:
        raise NoSuchPlace(word)
    return list(dict.fromkeys(found))


def reaching(company: Company, flow: Flow, places: Sequence[TargetRef], paths: Sequence[Path]) -> Iterator[Reaching]:
    """Every path that leads to one of the places, with the shortest way on from its end."""
    ways: dict[TargetRef, tuple[Onward, ...] | None] = {}
    for path in paths:
        end = path.passage.end
        if path.cut or end.kind not in set(TargetKind):
            continue
        target = TargetRef(TargetKind(end.kind), end.id)
        if target not in ways:
            ways[target] = _way_on(company, flow, target, places)
        after = ways[target]
        if after is not None:
            yield Reaching(path, after)


def _way_on(company: Company, flow: Flow, start: TargetRef, places: Sequence[TargetRef]) -> tuple[Onward, ...] | None:
    """What must happen from here until one of the places is reached; None: it never is."""
    been = {start}
    waiting: list[tuple[TargetRef, tuple[Onward, ...]]] = [(start, ())]
    for target, after in waiting:
        if target in places:
            return after
        for onward in _next(company, flow, target):
            if onward.to not in been:
                been.add(onward.to)
                waiting.append((onward.to, (*after, onward)))
    return None


def _next(company: Company, flow: Flow, target: TargetRef) -> Iterator[Onward]:
    queue = company.queues.get(target.id) if target.kind is TargetKind.QUEUE else None
    if queue is not None:
        for person in company.people.values():
            tier = tier_of(queue, person.skills) if person.extension else None
            if tier is not None:
                seconds = queue.relax[tier - 1].after if tier else 0
                words = f"offered{f' after {seconds} s' if tier else ''} as an agent of {queue.id}"
                yield Onward(How.OFFERED, queue.id, TargetRef(TargetKind.PERSON, person.id), seconds, words)
        overflows = ((How.LATE, queue.when_late), (How.FULL, queue.when_full), (How.EMPTY, queue.when_empty))
        for when, further in overflows:
            words = f"{queue.id} when {when} -> {company.place_words(further.kind, further.id)}"
            yield Onward(when, queue.id, further, words=words)
    elif target.kind is TargetKind.EXTERNAL:
        for node in flow.nodes.values():
            if isinstance(node, External) and node.number == target.id:
                further = TargetRef(TargetKind(node.failure.target.kind), node.failure.target.id)
                yield _unanswered(company, target, further)
    elif target.kind is TargetKind.PERSON and any(box.id == target.id for box in company.boxes()):
        yield _unanswered(company, target, TargetRef(TargetKind.VOICEMAIL, target.id))


def _unanswered(company: Company, target: TargetRef, further: TargetRef) -> Onward:
    words = f"{target.id} does not answer -> {company.place_words(further.kind, further.id)}"
    return Onward(How.UNANSWERED, target.id, further, words=words)
