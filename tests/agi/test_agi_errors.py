"""The tree of errors is the one drawn at the top of its file."""

from __future__ import annotations

import re

from agi import errors


def test_the_tree_is_as_drawn() -> None:
    assert errors.__doc__
    drawn = set(re.findall(r"[├└]── (\w+)", errors.__doc__))
    tree = {
        name
        for name, thing in vars(errors).items()
        if isinstance(thing, type) and issubclass(thing, errors.AgiError) and thing is not errors.AgiError
    }
    assert tree == drawn


def test_values_that_are_refused_are_value_errors() -> None:
    assert issubclass(errors.UnsafeValue, ValueError)
    assert issubclass(errors.FlowRefused, ValueError)
