"""How a problem reads, wherever it was found."""

from __future__ import annotations

import pytest

from cordboard.provisioning.problems import PlanProblem


@pytest.mark.parametrize("cure", ["add the key, or take it out of DID 1", "Add the key, or take it out of DID 1"])
def test_a_cure_goes_on_with_the_sentence(cure: str) -> None:
    assert str(PlanProblem("menus.main", "has no key 7", cure)) == (
        "menus.main: has no key 7; add the key, or take it out of DID 1"
    )
