"""What we write is YAML that another reader understands alike, one item a line."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from cordboard.documents.source import read_source
from cordboard.documents.yaml_text import WIDTH, Tall, in_line, section_text

printable = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), max_size=30)
speaking = st.sampled_from(
    ["true", "No", "null", "~", "1", "0x1", "1e3", "2026-12-24", "a: b", "- a", "# a", "", " a "]
)
scalars = st.one_of(
    printable, speaking, st.booleans(), st.integers(-(10**9), 10**9), st.dates(), st.just(0.5), st.none()
)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.one_of(printable, speaking), inner, max_size=5),
    max_leaves=30,
)


@given(st.dictionaries(st.one_of(printable, speaking), trees, min_size=1) | st.lists(trees, min_size=1))
def test_whatever_is_written_is_read_back(content: Any) -> None:
    text = section_text("section", content)
    assert read_source(text).data == {"section": content}


@given(st.dictionaries(printable, st.one_of(printable, st.booleans(), st.integers(-99, 99)), min_size=1))
def test_another_reader_reads_the_same(content: Any) -> None:
    assert YAML(typ="safe", pure=True).load(section_text("section", content)) == {"section": content}


def test_an_item_is_a_line_where_it_fits() -> None:
    short = {"name": "Amel", "skills": {"french": 5}}
    long = {"name": "A" * 60, "email": "a" * 40 + "@example.org", "skills": {"french": 5}}
    lines = section_text("people", {"amel": short, "bob": long}).splitlines()
    assert lines == [
        "people:",
        "  amel: {name: Amel, skills: {french: 5}}",
        "  bob:",
        f"    name: {'A' * 60}",
        f"    email: {'a' * 40}@example.org",
        "    skills: {french: 5}",
    ]
    assert max(map(len, lines)) <= WIDTH


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ({"x": {"keys": Tall({"1": "repeat"})}}, ["s:", "  x:", "    keys:", '      "1": repeat']),
        ({"x": {"open": [{"a": 1}]}}, ["s:", "  x:", "    open:", "      - {a: 1}"]),
        ({"x": {"open": [], "keys": Tall()}}, ["s:", "  x: {open: [], keys: {}}"]),
        ({"x": [date(2026, 1, 1)] * 12}, ["s:", "  x:", *["    - 2026-01-01"] * 12]),
        ([{"a": "b" * 60, "c": "d" * 60}], ["s:", f"  - a: {'b' * 60}", f"    c: {'d' * 60}"]),
    ],
)
def test_what_deserves_lines_of_its_own_has_them(content: Any, lines: list[str]) -> None:
    assert section_text("s", content).splitlines() == lines


def test_a_line_can_hold_everything() -> None:
    assert in_line({"a": [1, True, None, "x y", "1"], "b c": date(2026, 1, 1)}) == (
        '{a: [1, true, null, x y, "1"], b c: 2026-01-01}'
    )
