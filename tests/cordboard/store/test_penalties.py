"""Skill levels compiled to tiers and penalties: the better comes first, and who needs a relaxation comes after it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cordboard.store.skills import Rank, penalties, penalty_of, tier_of, window
from cordboard.store.values import Company, Person, QueueSpec, RelaxStep
from kit import acme

SKILLS = ("billing", "english", "french")
levels = st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 5))


@st.composite
def queues(draw: st.DrawFn) -> QueueSpec:
    """A queue whose requirements only go down."""
    asked = draw(st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 5), min_size=1))
    steps, required = [], asked
    for after in range(draw(st.integers(0, 3))):
        lowered = {skill: draw(st.integers(0, level)) for skill, level in required.items()}
        required = {skill: level for skill, level in lowered.items() if level}
        steps.append(RelaxStep(after=10 * (after + 1), skills=required))
    return acme.queue("support", skills=asked, relax=tuple(steps))


@given(queues(), levels, st.sampled_from(SKILLS))
def test_a_higher_skill_is_never_offered_later(queue: QueueSpec, had: dict[str, int], skill: str) -> None:
    better = {**had, skill: min(had.get(skill, 0) + 1, 5)}
    before, after = penalty_of(queue, had), penalty_of(queue, better)
    if before is not None:
        assert after is not None
        assert after <= before
        tier, better_tier = tier_of(queue, had), tier_of(queue, better)
        assert tier is not None
        assert better_tier is not None
        assert better_tier <= tier


@given(queues(), levels)
def test_the_window_of_a_tier_holds_its_people_and_not_the_next(queue: QueueSpec, had: dict[str, int]) -> None:
    tier, penalty = tier_of(queue, had), penalty_of(queue, had)
    if tier is None or penalty is None:
        assert (tier, penalty) == (None, None)
        return
    assert penalty <= window(tier)
    assert tier == 0 or penalty > window(tier - 1)
    assert all(had.get(skill, 0) >= level for skill, level in queue.requirements[tier].items())
    for earlier in queue.requirements[:tier]:
        assert any(had.get(skill, 0) < level for skill, level in earlier.items())


@given(queues(), st.lists(levels, max_size=6))
def test_ranks_of_a_company_are_those_of_its_people(queue: QueueSpec, people: list[dict[str, int]]) -> None:
    company = company_of(queue, people)
    ranks = penalties(company)[queue.id]
    for person in company.people.values():
        if person.id in ranks:
            assert ranks[person.id] == (tier_of(queue, person.skills), penalty_of(queue, person.skills))
        else:
            assert tier_of(queue, person.skills) is None


def test_the_demo_of_the_arithmetic() -> None:
    ranks = penalties(acme.company())
    assert ranks["billing-fr"] == {"amel": Rank(0, 1), "bruno": Rank(0, 5), "dora": Rank(1, 104)}
    assert ranks["english"] == {"bruno": Rank(0, 1), "chloe": Rank(0, 0)}


def test_somebody_without_any_of_the_skills_is_no_member_however_far_it_relaxes() -> None:
    queue = acme.queue("support", relax=(RelaxStep(after=5, skills={}),))
    assert tier_of(queue, {"english": 5}) is None
    assert tier_of(queue, {"french": 1}) == 1


def company_of(queue: QueueSpec, people: list[dict[str, int]]) -> Company:
    made = [Person(id=f"p{number}", name=f"P {number}", skills=skills) for number, skills in enumerate(people)]
    return replace(acme.company(), people={person.id: person for person in made}, queues={queue.id: queue})
