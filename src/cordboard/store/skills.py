"""Who may take a queue's calls, and in which order: skill levels compiled to tiers and penalties.

A queue's requirement goes down in steps. An agent's *tier* is the first step whose levels the agent meets; the penalty
orders agents by tier, then by how far they are from the best level in each skill of the queue. The window of penalties
that is open after n steps is `0 .. window(n)`.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from cordboard.store.values import BEST_LEVEL, Company, Person, QueueSpec

TIER_WIDTH = 100
MOST_SKILLS = (TIER_WIDTH - 1) // BEST_LEVEL
"""Skills that one queue may ask for: with more, a penalty could reach into the next tier."""


class Rank(NamedTuple):
    """A person's place in a queue: `tier` of the relaxation that reaches him, `penalty` as its member (0 is first)."""

    tier: int
    penalty: int


def tier_of(queue: QueueSpec, levels: Mapping[str, int]) -> int | None:
    """The first step of the queue's requirements that these skill levels meet (0: the entry). None: never offered a
    call of this queue. Somebody with none of the queue's skills is never offered one, however far it relaxes."""
    return tier_in(queue.skills, queue.requirements, levels)


def tier_in(
    skills: Collection[str], requirements: Iterable[Mapping[str, int]], levels: Mapping[str, int]
) -> int | None:
    """`tier_of` for a queue that is not made yet: its skills, and the levels asked for tier by tier."""
    if levels.keys().isdisjoint(skills):
        return None
    for tier, required in enumerate(requirements):
        if all(levels.get(skill, 0) >= level for skill, level in required.items()):
            return tier
    return None


def queue_with(queues: Mapping[str, Mapping[str, int]], queue: str, skills: Mapping[str, int]) -> str | None:
    """Of these queues (id -> the levels that each asks for at its entry), the one that asks for all that `queue` does,
    for these levels as well, and for the least beyond that; of equals the first by id. None: there is none."""
    own = queues[queue]
    wanted = {skill: max(own.get(skill, 0), skills.get(skill, 0)) for skill in {*own, *skills}}
    fitting = (
        (sum(asked.values()), each != queue, each)
        for each, asked in queues.items()
        if all(asked.get(skill, 0) >= level for skill, level in wanted.items())
    )
    return min(fitting, default=(0, False, None))[2]


def penalty_of(queue: QueueSpec, levels: Mapping[str, int]) -> int | None:
    """The penalty as a member of the queue, 0 is offered first. None: not a member."""
    tier = tier_of(queue, levels)
    if tier is None:
        return None
    return _penalty_in(tier, queue.skills, levels)


def window(tier: int) -> int:
    """The greatest penalty that is offered a call while the queue stands at this tier."""
    return tier * TIER_WIDTH + TIER_WIDTH - 1


def penalties(company: Company) -> dict[str, dict[str, Rank]]:
    """Queue id -> person id -> rank, for everybody who may be a member; a queue that nobody can serve has no one."""
    ranks: dict[str, dict[str, Rank]] = {}
    holders: dict[str, list[Person]] = {}
    for person in company.people.values():
        for skill in person.skills:
            holders.setdefault(skill, []).append(person)
    for queue in company.queues.values():
        of = ranks[queue.id] = {}
        requirements = queue.requirements
        # Of a large company few have a skill; who has several of them is looked at once.
        for person in {each.id: each for skill in queue.skills for each in holders.get(skill, ())}.values():
            tier = tier_in(queue.skills, requirements, person.skills)
            if tier is not None:
                of[person.id] = Rank(tier, _penalty_in(tier, queue.skills, person.skills))
    return ranks


def _penalty_in(tier: int, skills: Collection[str], levels: Mapping[str, int]) -> int:
    return tier * TIER_WIDTH + sum(BEST_LEVEL - levels.get(skill, 0) for skill in skills)
