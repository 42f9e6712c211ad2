"""Who reaches whom: the paths that end at a place, also by way of queues that pass callers on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agi.flow.document import Flow
from agi.flow.leaving import External
from cordboard.flows.errors import NoSuchPlace
from cordboard.flows.exploring import Path
from cordboard.store.skills import tier_of
from cordboard.store.values import Company, TargetKind, TargetRef


@dataclass(frozen=True, slots=True)
class Reaching:
    """A path, and what happens after it until the place is reached: () where it ends there."""

    path: Path
    after: tuple[str, ...] = ()


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
    ways: dict[TargetRef, tuple[str, ...] | None] = {}
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


def _way_on(company: Company, flow: Flow, start: TargetRef, places: Sequence[TargetRef]) -> tuple[str, ...] | None:
    """What must happen from here until one of the places is reached; None: it never is."""
    been = {start}
    waiting: list[tuple[TargetRef, tuple[str, ...]]] = [(start, ())]
    for target, after in waiting:
        if target in places:
            return after
        for what, further in _next(company, flow, target):
            if further not in been:
                been.add(further)
                waiting.append((further, (*after, what)))
    return None


def _next(company: Company, flow: Flow, target: TargetRef) -> Iterator[tuple[str, TargetRef]]:
    queue = company.queues.get(target.id) if target.kind is TargetKind.QUEUE else None
    if queue is not None:
        for person in company.people.values():
            tier = tier_of(queue, person.skills) if person.extension else None
            if tier is not None:
                after = f" after {queue.relax[tier - 1].after} s" if tier else ""
                yield f"offered{after} as an agent of {queue.id}", TargetRef(TargetKind.PERSON, person.id)
        for when, further in (("late", queue.when_late), ("full", queue.when_full), ("empty", queue.when_empty)):
            yield f"{queue.id} when {when} -> {company.place_words(further.kind, further.id)}", further
    elif target.kind is TargetKind.EXTERNAL:
        for node in flow.nodes.values():
            if isinstance(node, External) and node.number == target.id:
                further = TargetRef(TargetKind(node.failure.target.kind), node.failure.target.id)
                place = company.place_words(further.kind, further.id)
                yield f"{target.id} does not answer -> {place}", further
    elif target.kind is TargetKind.PERSON and any(box.id == target.id for box in company.boxes()):
        yield f"{target.id} does not answer -> voicemail {target.id}", TargetRef(TargetKind.VOICEMAIL, target.id)
