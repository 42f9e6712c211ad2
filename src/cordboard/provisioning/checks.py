"""What is wrong with the sources of a configuration, all at once, before anything is rendered. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence

from agi.flow.document import Edge, Flow, Hours, Menu, Play, Target
from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.sources import Tenant, start_node
from cordboard.store.skills import MOST_SKILLS, penalties
from cordboard.store.values import Company, QueueSpec, TargetKind, TargetRef

MOST_MEMBERSHIPS = 5_000
"""Of all companies of a switch. Each costs Asterisk time at every change of a device: beyond this, calls suffer."""
MOST_QUEUES_A_PERSON = 10


def check(tenants: Sequence[Tenant]) -> list[PlanProblem]:
    """Every problem of every company. The words are the company file's own."""
    problems: list[PlanProblem] = []
    for tenant in tenants:
        problems += _flow_problems(tenant)
        problems += _queue_problems(tenant.company)
        problems += _skill_problems(tenant.company)
        problems += _endpoint_problems(tenant)
    problems += _budget_problems([tenant.company for tenant in tenants])
    problems += _shared_number_problems([tenant.company for tenant in tenants])
    return problems


# --- where calls go --------------------------------------------------------------------------------------------------


class _Places:
    """Where a company's calls can end, by kind."""

    def __init__(self, company: Company) -> None:
        self._can_dial_out = any(trunk.to for trunk in company.trunks.values())
        self._ids: Mapping[str, Container[str]] = {
            TargetKind.QUEUE: company.queues,
            TargetKind.PERSON: {endpoint.id for endpoint in company.endpoints()},
            TargetKind.VOICEMAIL: {box.id for box in company.boxes()},
            TargetKind.MESSAGE: company.messages,
        }

    def hold(self, kind: str, name: str) -> bool:
        if kind == TargetKind.EXTERNAL:
            return self._can_dial_out
        return kind == TargetKind.HANGUP or name in self._ids.get(kind, ())


CURES: Mapping[str, str] = {
    "queue": "add this queue, or name one that exists",
    "person": "give this person an extension, add the phone, or name another",
    "voicemail": "add this box, set `voicemail: true` for the person, or name another",
    "message": "add this message, or name one that exists",
    "external": "add a trunk with `to`, or choose a target inside the company",
    "menu": "add this menu, or name one that exists",
    "hours": "add these hours, or name others",
    "play": "add this announcement, or name another",
}


def _dangling(where: str, way: str, kind: str, name: str) -> PlanProblem:
    cure = CURES.get(kind, "name a queue, person, voicemail, message or external number")
    return PlanProblem(where, f"{way} leads to {f'{kind} {name}'.strip()}, which does not exist", cure)


def _flow_problems(tenant: Tenant) -> Iterator[PlanProblem]:
    company, flow = tenant.company, tenant.flow
    places = _Places(company)
    for did in company.dids.values():
        if start_node(did.id) not in flow.nodes:
            yield PlanProblem(
                f"DID {did.number}",
                "the published flow does not know it",
                "publish the flow again: `cordboard import` does so",
            )
    for where, way, edge in _edges(flow):
        if not _leads_somewhere(places, flow, edge.target):
            yield _dangling(where, way, edge.target.kind, edge.target.id)
    for node in flow.nodes.values():
        if isinstance(node, Hours) and node.schedule not in flow.schedules:
            yield PlanProblem(f"hours {node.id}", f"there is no schedule {node.schedule}", CURES["hours"])
    for blocked in company.blocked:
        if blocked.message and blocked.message not in company.messages:
            yield _dangling(f"blocked {blocked.number}", "it", "message", blocked.message)


def _edges(flow: Flow) -> Iterator[tuple[str, str, Edge]]:
    """Every way out of every node: where it stands, how it is called there, and the edge."""
    for node in flow.nodes.values():
        where = f"{node.kind} {node.id}"
        match node:
            case Menu():
                yield from ((where, f"key {keys}", edge) for keys, edge in node.keys.items())
                yield where, "no input", node.no_input.then
                yield where, "wrong input", node.wrong_input.then
            case Hours():
                yield where, "open", node.open
                yield where, "closed", node.closed
            case Play():
                yield where, "the way on", node.then


def _leads_somewhere(places: _Places, flow: Flow, target: Target) -> bool:
    if target.kind.is_move:
        return True
    if target.kind.is_node:
        node = flow.nodes.get(target.id)
        return node is not None and node.kind is target.kind
    return places.hold(target.kind, target.id)


# --- queues ----------------------------------------------------------------------------------------------------------


def _ways_out(queue: QueueSpec) -> tuple[tuple[str, TargetRef], ...]:
    return ("when full", queue.when_full), ("when late", queue.when_late), ("when empty", queue.when_empty)


def _queue_problems(company: Company) -> Iterator[PlanProblem]:
    places = _Places(company)
    for queue in company.queues.values():
        where = f"queue {queue.id}"
        for way, target in _ways_out(queue):
            if not places.hold(target.kind, target.id):
                yield _dangling(where, way, target.kind, target.id)
        if len(queue.skills) > MOST_SKILLS:
            yield PlanProblem(
                where,
                f"it asks for {len(queue.skills)} skills, {MOST_SKILLS} are possible",
                "split it, or ask for fewer",
            )
    yield from _overflow_rings(company)
    for queue_id, ranks in penalties(company).items():
        if not ranks:
            yield PlanProblem(
                f"queue {queue_id}",
                "nobody has the skills it asks for, so nobody will ever be offered its calls",
                "give somebody these skills, or relax what it asks for",
                is_warning=True,
            )


def _overflow_rings(company: Company) -> Iterator[PlanProblem]:
    """Queues that pass a caller on in a ring would never let him go."""
    told: set[str] = set()
    for start in company.queues:
        trail: list[str] = []
        waiting = [(start, [start])]
        while waiting and not trail:
            here, way = waiting.pop()
            for _, target in _ways_out(company.queues[here]):
                if target.kind is TargetKind.QUEUE and target.id in company.queues:
                    if target.id == start:
                        trail = [*way, start]
                    elif target.id not in way:
                        waiting.append((target.id, [*way, target.id]))
        if trail and not told & set(trail):
            told |= set(trail)
            yield PlanProblem(
                f"queue {start}",
                f"its callers go round for ever: {' -> '.join(trail)}",
                "let one of these queues lead to a message, a voicemail box or a person",
            )


def _skill_problems(company: Company) -> Iterator[PlanProblem]:
    asked = [(f"queue {queue.id}", skill) for queue in company.queues.values() for skill in _skills_of(queue)]
    had = [(f"person {person.id}", skill) for person in company.people.values() for skill in sorted(person.skills)]
    for where, skill in [*asked, *had]:
        if skill not in company.skills:
            yield PlanProblem(where, f"there is no skill {skill}", "add it under skills, or name one that exists")


def _skills_of(queue: QueueSpec) -> list[str]:
    return sorted({skill for step in queue.requirements for skill in step})


def _budget_problems(companies: Sequence[Company]) -> Iterator[PlanProblem]:
    total = 0
    for company in companies:
        of_person: Counter[str] = Counter()
        for ranks in penalties(company).values():
            of_person.update(ranks.keys())
        total += of_person.total()
        for person, count in sorted(of_person.items()):
            if count > MOST_QUEUES_A_PERSON:
                yield PlanProblem(
                    f"person {person}",
                    f"would be a member of {count} queues, {MOST_QUEUES_A_PERSON} are possible",
                    "merge queues that ask for the same skills, or ask for more in some of them",
                )
    if total > MOST_MEMBERSHIPS:
        yield PlanProblem(
            "queues",
            f"their agents would be {total:,} memberships, Asterisk bears {MOST_MEMBERSHIPS:,}",
            "ask for higher levels, or merge queues that the same people serve",
        )


# --- phones and numbers ----------------------------------------------------------------------------------------------


def _endpoint_problems(tenant: Tenant) -> Iterator[PlanProblem]:
    company = tenant.company
    for endpoint in company.endpoints():
        if not tenant.sip_secrets.get(endpoint.id):
            yield PlanProblem(
                f"phone {endpoint.id}", "it has no SIP password", "save the company again: one is then made for it"
            )
    numbers: dict[str, list[str]] = {}
    for endpoint in company.endpoints():
        numbers.setdefault(endpoint.extension or "", []).append(f"phone {endpoint.id}")
    for queue in company.queues.values():
        if queue.number:
            numbers.setdefault(queue.number, []).append(f"queue {queue.id}")
    for number, holders in sorted(numbers.items()):
        if len(holders) > 1:
            yield PlanProblem(f"extension {number}", f"belongs to {' and '.join(holders)}", "give each its own number")


def _shared_number_problems(companies: Sequence[Company]) -> Iterator[PlanProblem]:
    holders: dict[str, list[str]] = {}
    for company in companies:
        for did in company.dids.values():
            holders.setdefault(did.number, []).append(f"{company.id} ({did.id})")
    for number, named in sorted(holders.items()):
        if len(named) > 1:
            yield PlanProblem(f"DID {number}", f"belongs to {' and '.join(named)}", "let one of them alone have it")
