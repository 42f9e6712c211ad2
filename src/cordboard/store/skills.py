"""Who may take a queue's calls, and in which order: skill levels compiled to tiers and penalties.

A queue's requirement goes down in steps. An agent's *tier* is the first step whose levels the agent meets; the penalty
orders agents by tier, then by how far they are from the best level in each skill of the queue. The window of penalties
that is open after n steps is `0 .. window(n)`.
"""

from collections.abc import Mapping

from cordboard.store.values import BEST_LEVEL, QueueSpec

TIER_WIDTH = 100


def tier_of(queue: QueueSpec, levels: Mapping[str, int]) -> int | None:
    """The first step of the queue's requirements that these skill levels meet (0: the entry). None: never offered a
    call of this queue. Somebody with none of the queue's skills is never offered one, however far it relaxes."""
    if not any(skill in levels for skill in queue.skills):
        return None
    for tier, required in enumerate(queue.requirements):
        if all(levels.get(skill, 0) >= level for skill, level in required.items()):
            return tier
    return None


def penalty_of(queue: QueueSpec, levels: Mapping[str, int]) -> int | None:
    """The penalty as a member of the queue, 0 is offered first. None: not a member."""
    tier = tier_of(queue, levels)
    if tier is None:
        return None
    return tier * TIER_WIDTH + sum(BEST_LEVEL - levels.get(skill, 0) for skill in queue.skills)


def window(tier: int) -> int:
    """The greatest penalty that is offered a call while the queue stands at this tier."""
    return tier * TIER_WIDTH + TIER_WIDTH - 1
