"""Rings of places that lead on to each other."""

from __future__ import annotations

import itertools
from graphlib import CycleError, TopologicalSorter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.store.rings import rings


@pytest.mark.parametrize(
    ("ways", "expected"),
    [
        ({}, []),
        ({"a": [], "b": ["a"]}, []),
        ({"a": ["a"]}, [["a", "a"]]),
        ({"a": ["b"], "b": ["c"], "c": ["b"]}, [["b", "c", "b"]]),
        ({"a": ["b", "c"], "b": ["c"], "c": ["a"]}, [["a", "c", "a"]]),
        ({"a": ["b"], "b": ["a", "c"], "c": ["b"], "d": ["d"]}, [["a", "b", "a"], ["d", "d"]]),
    ],
)
def test_rings_are_told_once_by_a_shortest_way(ways: dict[str, list[str]], expected: list[list[str]]) -> None:
    assert list(rings(ways)) == expected


places = st.sampled_from("abcdef")


@given(st.dictionaries(places, st.sets(places), min_size=1))
def test_a_ring_goes_along_ways_and_one_is_told_where_there_is_any(written: dict[str, set[str]]) -> None:
    ways = {place: sorted(to & written.keys()) for place, to in written.items()}
    met: set[str] = set()
    for ring in rings(ways):
        assert ring[0] == ring[-1]
        assert all(there in ways[here] for here, there in itertools.pairwise(ring))
        assert met.isdisjoint(ring)
        met.update(ring)
    try:
        TopologicalSorter(ways).prepare()
    except CycleError:
        assert met
    else:
        assert not met
