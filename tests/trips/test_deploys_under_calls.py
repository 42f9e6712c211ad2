"""`make soak ONLY=deploy` in small: calls of every kind are held while the company changes and an apply is hurt."""

from __future__ import annotations

import pytest

from bench.figure import Run
from bench.soak_deploy import changes, held_house, history, sabotages

pytestmark = pytest.mark.switch

HURT = ("queues.conf is cut in half",)


async def test_calls_are_held_while_the_company_changes_and_an_apply_is_sabotaged() -> None:
    run = Run(20261121, 60, lambda _: None)
    async with held_house(10, run.random) as (house, admin):
        changed = await changes(run, house, admin, 8)
        assert (changed.tried, changed.failed) == (8, 0), changed.notes
        hurt = await sabotages(run, house, admin, HURT)
        assert (hurt.tried, hurt.failed) == (len(HURT), 0), f"{hurt.notes}\n{hurt.details}"
        outcomes = await history(house)
        assert outcomes.failed == 0, outcomes.notes
