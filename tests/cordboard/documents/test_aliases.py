"""Anchors, aliases and merge keys: written once, used often, never more than was meant, and told where they stand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from cordboard.documents import read_company
from cordboard.documents.source import MOST_BYTES, Budget, read_source

TODAY = date(2026, 11, 21)
ACME = """\
cordboard: 1
company: {id: acme, name: Acme, language: fr, country: FR, time_zone: Europe/Paris}
x-defaults:
  agent: &agent
    site: paris
    skills: &speaks {french: 3}
  voice: &voice {voicemail: true}
sites: {paris: {name: Paris}, lyon: {name: Lyon}}
skills: {french: {name: Français}}
people:
  amel: {<<: *agent, name: Amel, extension: "201"}
  bob: {name: Bob, extension: "202", site: lyon, <<: [*agent, *voice]}
  carl: {name: Carl, extension: "203", skills: *speaks}
"""


def errors(content: str) -> list[str]:
    return [str(each) for each in read_company(content, today=TODAY).problems if not each.is_warning]


def test_what_is_written_once_is_used_often() -> None:
    people = read_company(ACME, today=TODAY).accepted().people
    assert [(each.id, each.site, dict(each.skills), each.voicemail) for each in people.values()] == [
        ("amel", "paris", {"french": 3}, False),
        ("bob", "lyon", {"french": 3}, True),
        ("carl", None, {"french": 3}, False),
    ]


def test_a_problem_points_to_where_it_stands_and_names_who_uses_it() -> None:
    assert errors(ACME.replace("{french: 3}", "{frnch: 3}")) == [
        'company.yaml:6:22: people.amel.skills.frnch: no skill "frnch" (used on line 11, 12, 13).'
        ' Did you mean "french"?'
    ]
    assert errors(ACME.replace("site: paris", "site: pais")) == [
        'company.yaml:5:5: people.amel.site: no site "pais" (used on line 11). Did you mean "paris"?'
    ]


def test_a_part_that_is_used_where_it_stands_and_elsewhere_is_told_once() -> None:
    content = ACME.replace("skills: *speaks}", "skills: &here {frnch: 1}}").replace("sites:", "x-more: 1\nsites:")
    content += '  dora: {name: Dora, extension: "204", skills: *here}\n'
    assert errors(content) == [
        'company.yaml:14:55: people.carl.skills.frnch: no skill "frnch" (used on line 15). Did you mean "french"?'
    ]


def test_what_nobody_uses_is_nobodys_problem() -> None:
    assert errors(ACME.replace("x-defaults:\n", "x-defaults:\n  unused: {anything: [goes, !tag here]}\n")) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("<<: *agent, name", "<<: *agnet, name", 11, "anchor that does not stand before it"),
        ("<<: *agent, name", "<<: paris, name", 11, "takes in by << what is no mapping"),
        ("<<: *agent, name", "<<: [*agent, [x]], name", 11, "takes in by << what is no mapping"),
        ("site: paris\n", "site: paris\n    boss: *agent\n", 6, "it would go on for ever"),
        ("  voice: &voice", "  voice: &agent", 7, "given on line 4 already"),
        ("  amel:", "  *agent :", 11, "where a name is due"),
        ("country: FR", "country: *late", 2, "anchor that does not stand before it"),
    ],
)
def test_what_is_no_use_of_an_anchor_is_said_plainly(old: str, new: str, line: int, words: str) -> None:
    found = [each for each in errors(ACME.replace(old, new, 1)) if words in each]
    assert found, errors(ACME.replace(old, new, 1))
    assert f":{line}:" in found[0]


def test_an_anchor_holds_in_its_file_alone() -> None:
    both = read_source("a: &x 1\n").data, read_source("b: *x\n").faults
    assert both[0] == {"a": 1}
    assert len(both[1]) == 1


def laughs(depth: int, width: int, text: str = "ha") -> str:
    lines = [f"a0: &a0 [{text}]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * width)}]" for level in range(1, depth + 1)]
    return "\n".join(lines) + "\n"


def merges(depth: int, keys: int) -> str:
    """Mappings that take each other in, each with keys of its own."""
    lines = [f"m0: &m0 {{{', '.join(f'k{key}: 1' for key in range(keys))}}}"]
    lines += [f"m{level}: &m{level} {{<<: [*m{level - 1}, *m{level - 1}]}}" for level in range(1, depth + 1)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "bomb",
    [
        laughs(9, 9),
        laughs(14, 3),
        laughs(200, 1),
        laughs(3, 40, "x" * 100_000),
        merges(14, 100),
        merges(400, 1),
        "a: &a " + "[" * 14 + "]" * 14 + "\nb: {c: {d: {e: *a}}}\n",
        "a: &a [*a]\n",
        "a: &a {b: &b {<<: *a}}\n",
        "&r a: *r\n" * 2,
    ],
    ids=["laughs", "doubling", "deep", "long texts", "merges", "merges of merges", "depths", "self", "loop", "keys"],
)
def test_a_bomb_does_not_go_off(bomb: str) -> None:
    source = read_source(bomb, budget=Budget(parts=20_000))
    assert source.faults
    assert len(source.spots) <= 20_000
    assert len(source.faults) <= 201


def test_a_bomb_is_refused_as_a_company_file_in_one_line() -> None:
    (found,) = read_company("cordboard: 1\n" + laughs(9, 9), today=TODAY).problems
    assert "company.yaml:" in str(found)
    assert "becomes too large when its aliases are written out" in found.what


def test_aliases_in_bounds_are_written_out() -> None:
    source = read_source(laughs(4, 5))
    assert not source.faults
    assert str(source.data["a4"]).count("ha") == 5**4
    assert source.spots["a4", 0, 0, 0, 0, 0][:3] == ("company.yaml", 1, 5)


def test_repeating_counts_towards_the_size() -> None:
    text = "x" * (MOST_BYTES // 4)
    assert not read_source(f"a: &a {text}\nb: [*a, *a]\n").faults
    (fault,) = read_source(f"a: &a {text}\nb: [*a, *a, *a]\n").faults
    assert "too large when its aliases are written out" in fault.what


names = st.sampled_from(["a", "b", "c"])
leaves = st.one_of(st.sampled_from(["1", "x", "~", '"*"']), names.map(lambda name: f"*{name} "))


def _written(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    keys = st.sampled_from(["k", "l", "<<", "x-m"])
    mappings = st.lists(st.tuples(keys, children), max_size=4).map(
        lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
    )
    lists = st.lists(children, max_size=4).map(lambda parts: "[" + ", ".join(parts) + "]")
    return st.tuples(st.one_of(st.just(""), names.map(lambda name: f"&{name} ")), mappings | lists).map("".join)


structures = st.recursive(leaves, _written, max_leaves=20)


@settings(max_examples=400)
@given(st.lists(structures, min_size=1, max_size=4))
@example(["&a {k: 1}", "{<<: *a , l: 2}"])
@example(["&a {k: 1}", "{<<: [*a , {k: 3, l: 4}], k: 2}"])
@example(["{<<: {k: 1, k: x}}"])
@example(["{<<: {k: 1}, <<: {}}"])
@example(["{k: 1, <<: {k: {k: 1, k: 1}}}"])
@example(["{k: 1, <<: {k: *a }}"])
@example(["{<<: {<<: {l: 1}, k: 1}, k: 2}"])
def test_any_use_of_anchors_gets_an_answer_and_the_right_one(parts: list[str]) -> None:
    """Where nothing is refused, another reader of YAML reads the same."""
    content = "".join(f"p{number}: {part}\n" for number, part in enumerate(parts))
    source = read_source(content)
    for spot in source.spots.values():
        assert 1 <= spot.line <= len(parts)
    if not source.faults:
        assert source.data == _otherwise(content)


def _otherwise(content: str) -> Any:
    try:
        return YAML(typ="safe", pure=True).load(content)
    except YAMLError as error:  # pragma: no cover - it must not be stricter than we are
        raise AssertionError(content) from error
