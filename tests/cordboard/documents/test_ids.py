"""Ids that are made of names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi.flow.nodes import SLUG
from cordboard.documents.kinds import LONGEST_ID, slug


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Gérard Œuvrard", "gerard-oeuvrard"),
        ("  D'Été -- Straße ", "d-ete-strasse"),
        ("Łukasz Øre", "lukasz-ore"),
        ("600", ""),
        ("日本", ""),
        ("x" * 60, "x" * 40),
        (f"{'x' * 39} y", "x" * 39),
    ],
)
def test_a_name_becomes_an_id(text: str, expected: str) -> None:
    assert slug(text) == expected


def test_a_suffix_is_kept_whole() -> None:
    assert slug("Zoé", "301") == "zoe-301"
    assert slug("x" * 60, "301") == f"{'x' * 36}-301"
    assert slug(f"{'x' * 35} yyyy", "301") == f"{'x' * 35}-301"
    assert slug("600", "301") == ""


@given(st.text(), st.from_regex(r"[0-9]{0,12}", fullmatch=True))
def test_what_is_made_is_an_id_and_makes_itself(text: str, suffix: str) -> None:
    made = slug(text, suffix)
    if made:
        assert SLUG.fullmatch(made)
        assert len(made) <= LONGEST_ID
        assert slug(made) == made
        assert made.endswith(suffix)
