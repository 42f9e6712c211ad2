"""Where calls go: every way of every DID, hour, key and queue leads on to what exists, and in the end out. Pure."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

from agi.flow.callback import Callback
from agi.flow.checker import Entry, Problem, Reached, Sort, survey
from agi.flow.document import Edge, Flow, Hours, Target, start_node
from agi.flow.document import TargetKind as FlowTarget
from agi.flow.routing import Route
from cordboard.provisioning.problems import PlanProblem, row_of
from cordboard.provisioning.sources import Tenant
from cordboard.store.rings import rings
from cordboard.store.skills import queue_with
from cordboard.store.values import Company, QueueSpec, TargetKind, TargetRef

CURES: Mapping[str, str] = {
    "queue": "add this queue, or name one that exists",
    "person": "give this person an extension, add the phone, or name another",
    "voicemail": "add this box, set `voicemail: true` for the person, or name another",
    "conference": "add this conference, or name one that exists",
    "message": "add this message, or name one that exists",
    "callback": "add this queue, or name one that exists",
    "external": "add a trunk with `to`, or choose a target inside the company",
    "menu": "add this menu, or name one that exists",
    "hours": "add these hours, or name others",
    "play": "add this announcement, or name another",
    "step": "add this step, or name one that exists",
}
TOLD_HERE = frozenset({Sort.START, Sort.WAY, Sort.SCHEDULE, Sort.LANGUAGE})
"""What the flow's own check says that is told here in the company's words, or by what is heard."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What callers come to, each with the languages that they can have there."""

    prompts: Mapping[str, frozenset[str]]
    messages: Mapping[str, frozenset[str]]
    queues: Mapping[str, frozenset[str]]
    conferences: Mapping[str, frozenset[str]]


def way_problems(
    tenant: Tenant, *, is_whole: bool = True, are_queues_known: bool = True
) -> tuple[list[PlanProblem], Heard]:
    """Every problem of a company's ways, and what its callers can hear. Of a company that is not whole, nothing that
    what is missing could refute."""
    company, flow = tenant.company, tenant.flow
    entries = [Entry(start_node(did.id), did.language) for did in company.dids.values()]
    found, reached = survey(flow, entries, _anything(flow))
    heard = _heard(company, flow, reached, tuple(_chosen_by_skills(tenant, reached)))
    dangling = [*_dangling_ways(tenant), *_queue_exits(company)] if is_whole else []
    # A prompt that is not there may be one of what is missing.
    of_the_flow = [each for each in found if is_whole or each.sort is not Sort.PROMPT]
    problems = [*_from_the_flow(tenant, of_the_flow), *_overflow_rings(company)]
    if not dangling:
        problems += _never_open(tenant, reached)
        if are_queues_known and not flow.unknown.leads:
            problems += _unreachable(company, heard)
    # Where a way leads nowhere, nobody comes to what lies behind it: that is no news.
    return [*dangling, *(each for each in problems if not (dangling and each.is_warning))], heard


def _anything(flow: Flow) -> Mapping[str, Collection[str]]:
    """What lies outside the flow is judged here, where the company is known."""
    targets = [edge.target for _, _, _, edge in edges_of(flow)]
    return {str(kind): {each.id for each in targets if each.kind is kind} for kind in FlowTarget if kind.is_exit}


# --- ways that lead nowhere ------------------------------------------------------------------------------------------


class Places:
    """Where a company's calls can end, by kind."""

    def __init__(self, company: Company) -> None:
        self._can_dial_out = any(trunk.to for trunk in company.trunks.values())
        self._ids: Mapping[str, Container[str]] = {
            TargetKind.QUEUE: company.queues,
            TargetKind.CALLBACK: company.queues if company.outgoing else (),
            TargetKind.PERSON: {endpoint.id for endpoint in company.endpoints()},
            TargetKind.VOICEMAIL: {box.id for box in company.boxes()},
            TargetKind.MESSAGE: company.messages,
            TargetKind.CONFERENCE: company.conferences,
        }

    def hold(self, kind: str, name: str) -> bool:
        if kind == TargetKind.EXTERNAL:
            return self._can_dial_out
        return kind == TargetKind.HANGUP or name in self._ids.get(kind, ())


def _dangling(where: str, way: str, kind: str, name: str, row: str) -> PlanProblem:
    cure = CURES.get(kind, "name a queue, person, voicemail, message, conference or external number")
    return PlanProblem(where, f"{way} leads to {f'{kind} {name}'.strip()}, which does not exist", cure, row=row)


def _dangling_ways(tenant: Tenant) -> Iterator[PlanProblem]:
    company, flow = tenant.company, tenant.flow
    places = Places(company)
    for did in company.dids.values():
        if start_node(did.id) not in flow.nodes:
            yield PlanProblem(
                f"DID {did.number}",
                "the published flow does not know it",
                "publish the flow again: `cordboard import` does so",
                row=row_of(company.id, "dids", did.number),
            )
    for node, way, key, edge in edges_of(flow):
        if not _leads_somewhere(places, flow, edge.target):
            where = f"{flow.nodes[node].kind} {node}"
            place = flow.place(edge.target)
            yield _dangling(where, way, place.kind, place.id, _row(company, f"{node}.{key}"))
    for node, each in flow.nodes.items():
        if isinstance(each, Hours) and each.schedule not in flow.schedules:
            what = f"there is no schedule {each.schedule}"
            yield PlanProblem(f"hours {node}", what, CURES["hours"], row=_row(company, node))
    for position, blocked in enumerate(company.blocked):
        if blocked.message and blocked.message not in company.messages:
            row = row_of(company.id, f"blocked[{position}]", "message")
            yield _dangling(f"blocked {blocked.number}", "it", "message", blocked.message, row)


def edges_of(flow: Flow) -> Iterator[tuple[str, str, str, Edge]]:
    """Every way out of every node: the node, the way in words and as the flow writes it, and the edge."""
    for name, node in flow.nodes.items():
        yield from ((name, _way_words(way) or "the way on", way, edge) for way, edge in node.ways())


def _way_words(way: str) -> str:
    """`keys.1` is key 1, `no_input.then` no input; "" for the only way of a node."""
    return way.replace("keys.", "key ").replace("_", " ").removesuffix("then").removesuffix(".")


def _leads_somewhere(places: Places, flow: Flow, target: Target) -> bool:
    if target.kind.is_move:
        return True
    if target.kind.is_node:
        node = flow.nodes.get(target.id)
        return node is not None and node.is_meant_by(target)
    place = flow.place(target)
    return places.hold(place.kind, place.id)


# --- the flow as a whole ---------------------------------------------------------------------------------------------


def _from_the_flow(tenant: Tenant, found: list[Problem]) -> Iterator[PlanProblem]:
    """What the flow's own check says, at the rows of the company file."""
    company, flow = tenant.company, tenant.flow
    for problem in found:
        if problem.sort in TOLD_HERE:
            continue
        section, _, rest = problem.where.partition(".")
        if section == "nodes":
            node = max((name for name in flow.nodes if f"{rest}.".startswith(f"{name}.")), key=len, default="")
            below = rest[len(node) + 1 :]
            where, row = _named(tenant, node), _row(company, rest)
        else:
            where, below, row = f"{section.removesuffix('s')} {rest}", "", row_of(company.id, section, rest)
        way = f"{_way_words(below) or below} " if below else ""
        cure = problem.cure[:1].lower() + problem.cure[1:]
        yield PlanProblem(where, f"{way}{problem.what}", cure, problem.is_warning, row=row)


def _named(tenant: Tenant, node: str) -> str:
    for did in tenant.company.dids.values():
        if start_node(did.id) == node:
            return f"DID {did.number}"
    return f"{tenant.flow.nodes[node].kind} {node}"


def _row(company: Company, place: str) -> str:
    """A place in the flow (`accueil.keys.1`, `did.main.then`) as the place in the company file that it was made of."""
    for did in company.dids.values():
        node = start_node(did.id)
        if f"{place}.".startswith(f"{node}."):
            below = place[len(node) + 1 :].replace("then", "target", 1)
            return row_of(company.id, "dids", did.number, *([below] if below else []))
    while place.partition(".")[2].partition(".")[0] in {*company.menus, *company.steps}:
        place = place.partition(".")[2]  # what a step uses is written where it is written
    return row_of(company.id, "steps" if place.partition(".")[0] in company.steps else "menus", place)


def _never_open(tenant: Tenant, reached: Reached) -> Iterator[PlanProblem]:
    company, flow = tenant.company, tenant.flow
    asked = [node for node in flow.nodes.values() if isinstance(node, Hours) and node.id in reached.nodes]
    for schedule in dict.fromkeys(node.schedule for node in asked):
        if schedule in flow.schedules and not flow.schedules[schedule].weekly:
            yield PlanProblem(
                f"hours {schedule}",
                "no time is open: no caller ever takes the open way",
                "write when they are open, or lead the DID on without hours",
                is_warning=True,
                row=row_of(company.id, "hours", schedule),
            )


# --- queues ----------------------------------------------------------------------------------------------------------


def _ways_out(queue: QueueSpec) -> tuple[tuple[str, TargetRef], ...]:
    return ("when_full", queue.when_full), ("when_late", queue.when_late), ("when_empty", queue.when_empty)


def _queue_exits(company: Company) -> Iterator[PlanProblem]:
    places = Places(company)
    for queue in company.queues.values():
        for key, target in _ways_out(queue):
            if not places.hold(target.kind, target.id):
                row = row_of(company.id, "queues", queue.id, key)
                yield _dangling(f"queue {queue.id}", key.replace("_", " "), target.kind, target.id, row)


def _overflow_rings(company: Company) -> Iterator[PlanProblem]:
    """Queues that pass a caller on in a ring would never let him go."""
    ways = {
        queue.id: {
            target.id: key
            for key, target in _ways_out(queue)
            if target.kind is TargetKind.QUEUE and target.id in company.queues
        }
        for queue in company.queues.values()
    }
    for ring in rings(ways):
        yield PlanProblem(
            f"queue {ring[0]}",
            f"its callers go round for ever: {' -> '.join(ring)}",
            "let one of these queues lead to a message, a voicemail box or a person",
            row=row_of(company.id, "queues", ring[0], ways[ring[0]][ring[1]]),
        )


# --- what callers come to --------------------------------------------------------------------------------------------


def _chosen_by_skills(tenant: Tenant, reached: Reached) -> Iterator[tuple[TargetRef, frozenset[str]]]:
    """Queues that steps lead to by the skills that they want, and in which languages."""
    asked = {queue.id: queue.skills for queue in tenant.company.queues.values()}
    for name, node in tenant.flow.nodes.items():
        if name in reached.nodes and isinstance(node, Route | Callback):
            for queue, wish in node.wishes():
                if wish.skills and queue in asked and (found := queue_with(asked, queue, wish.skills)):
                    yield TargetRef(TargetKind.QUEUE, found), reached.nodes[name]


def _heard(company: Company, flow: Flow, reached: Reached, chosen: Iterable[tuple[TargetRef, frozenset[str]]]) -> Heard:
    queues: dict[str, set[str]] = {}
    messages: dict[str, set[str]] = {}
    conferences: dict[str, set[str]] = {}
    kinds: Mapping[TargetKind, dict[str, set[str]]] = {
        **dict.fromkeys((TargetKind.QUEUE, TargetKind.CALLBACK), queues),
        TargetKind.MESSAGE: messages,
        TargetKind.CONFERENCE: conferences,
    }
    inside = frozenset(endpoint.language or company.language for endpoint in company.endpoints())
    exits = ((flow.place(to), languages) for to, languages in reached.exits.items())
    waiting = [(TargetRef(TargetKind(str(to.kind)), to.id), languages) for to, languages in exits]
    waiting += chosen
    for kind, dialled in ((TargetKind.QUEUE, company.queues), (TargetKind.CONFERENCE, company.conferences)):
        waiting += [(TargetRef(kind, place.id), inside) for place in dialled.values() if place.number]
    outside = frozenset(did.language for did in company.dids.values())
    waiting += [(TargetRef(TargetKind.MESSAGE, each.message), outside) for each in company.blocked if each.message]
    while waiting:
        target, languages = waiting.pop()
        found = kinds.get(target.kind)
        if found is None:
            continue
        fresh = languages - found.get(target.id, set())
        if fresh or target.id not in found:
            found.setdefault(target.id, set()).update(fresh)
            if target.kind is TargetKind.QUEUE and target.id in company.queues:
                waiting += [(way, frozenset(fresh)) for _, way in _ways_out(company.queues[target.id])]
    return Heard(
        prompts=reached.prompts,
        messages={name: frozenset(languages) for name, languages in messages.items()},
        queues={name: frozenset(languages) for name, languages in queues.items()},
        conferences={name: frozenset(languages) for name, languages in conferences.items()},
    )


def _unreachable(company: Company, heard: Heard) -> Iterator[PlanProblem]:
    for section, kind, items, found in (
        ("queues", "queue", company.queues, heard.queues),
        ("messages", "message", company.messages, heard.messages),
        ("conferences", "conference", company.conferences, heard.conferences),
    ):
        for name in items:
            if name not in found:
                yield PlanProblem(
                    f"{kind} {name}",
                    "no call ever comes here",
                    "lead a key, a DID or a queue here, or remove it",
                    is_warning=True,
                    row=row_of(company.id, section, name),
                )
