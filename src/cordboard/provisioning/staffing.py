"""Who serves queues: skills that exist, somebody for each queue, and no more memberships than Asterisk bears. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from cordboard.provisioning.problems import PlanProblem, row_of
from cordboard.store.skills import MOST_SKILLS, penalties
from cordboard.store.values import Company, QueueSpec

MOST_MEMBERSHIPS = 5_000
"""Of all companies of a switch. Each costs Asterisk time at every change of a device: beyond this, calls suffer."""
MOST_QUEUES_A_PERSON = 10


def staffing_problems(companies: Sequence[Company]) -> list[PlanProblem]:
    """Every problem of who serves what."""
    problems: list[PlanProblem] = []
    total = 0
    for company in companies:
        ranks = penalties(company)
        of_person: Counter[str] = Counter()
        for members in ranks.values():
            of_person.update(members.keys())
        total += of_person.total()
        problems += _queue_problems(company, {queue for queue, members in ranks.items() if not members})
        problems += _skill_problems(company)
        problems += _personal_problems(company, of_person)
    if total > MOST_MEMBERSHIPS:
        problems.append(
            PlanProblem(
                "queues",
                f"their agents would be {total:,} memberships, Asterisk bears {MOST_MEMBERSHIPS:,}",
                "ask for higher levels, or merge queues that the same people serve",
            )
        )
    return problems


def _queue_problems(company: Company, unserved: set[str]) -> Iterator[PlanProblem]:
    for queue in company.queues.values():
        row = row_of(company.id, "queues", queue.id, "skills")
        if len(queue.skills) > MOST_SKILLS:
            yield PlanProblem(
                f"queue {queue.id}",
                f"it asks for {len(queue.skills)} skills, {MOST_SKILLS} are possible",
                "split it, or ask for fewer",
                row=row,
            )
        if queue.id in unserved:
            yield PlanProblem(
                f"queue {queue.id}",
                "nobody has the skills it asks for, so nobody will ever be offered its calls",
                "give somebody these skills, or relax what it asks for",
                is_warning=True,
                row=row,
            )


def _skill_problems(company: Company) -> Iterator[PlanProblem]:
    asked = [("queue", queue.id, skill) for queue in company.queues.values() for skill in _skills_of(queue)]
    had = [("person", person.id, skill) for person in company.people.values() for skill in sorted(person.skills)]
    for kind, name, skill in [*asked, *had]:
        if skill not in company.skills:
            section = "queues" if kind == "queue" else "people"
            yield PlanProblem(
                f"{kind} {name}",
                f"there is no skill {skill}",
                "add it under skills, or name one that exists",
                row=row_of(company.id, section, name, "skills", skill),
            )


def _skills_of(queue: QueueSpec) -> list[str]:
    return sorted({skill for step in queue.requirements for skill in step})


def _personal_problems(company: Company, of_person: Counter[str]) -> Iterator[PlanProblem]:
    for person, count in sorted(of_person.items()):
        if count > MOST_QUEUES_A_PERSON:
            yield PlanProblem(
                f"person {person}",
                f"would be a member of {count} queues, {MOST_QUEUES_A_PERSON} are possible",
                "merge queues that ask for the same skills, or ask for more in some of them",
                row=row_of(company.id, "people", person, "skills"),
            )
