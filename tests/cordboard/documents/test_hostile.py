"""Whatever is in a company file, reading it ends with an answer: refused with a plain problem, or harmless."""

from __future__ import annotations

import re
import unicodedata
from copy import deepcopy
from dataclasses import fields, is_dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cordboard.documents import Reading, export_company, read_company
from cordboard.documents.source import read_source

TODAY = date(2026, 11, 21)
DEMO = (Path(__file__).parents[3] / "demo" / "company.yaml").read_text(encoding="utf-8")
LINES = DEMO.splitlines()
DOCUMENT = read_source(DEMO).data

PIECES = st.sampled_from(
    [
        *("{", "}", "[", "]", ":", ": ", ",", "-", "- ", "#", "&a", "*a", "!!str", "|", ">", "%", "@", "`", "'", '"'),
        *("\n", "\n  ", "\t", "? ", "<<: ", "---\n", "...\n", "~", "null", "true", "1", "-1", "1e999", ".nan", "0x1"),
        *("2026-13-01", "cordboard: 1\n", "company: ", "people: ", "menus: ", "keys: ", "relax: ", "dids: "),
        *("\x00", "\x1b", "\x7f", "\x85", "\u202e", "\u2028", "\ud800", "\ufeff", "\U0001f389", "${SHELL(id)}", ";["),
    ]
)

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.dates(), st.sampled_from(["1", "fr"])
)
keys = st.one_of(
    st.text(max_size=10), st.sampled_from(["name", "id", "fr", "keys", "then", "queue", "open", "from", "to", "skills"])
)
trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=30
)


def answers(content: str | bytes) -> Reading:
    """The answer that every file gets, whatever it holds."""
    reading = read_company(content, "company.yaml", TODAY)
    for problem in reading.problems:
        assert str(problem).isprintable()
        assert problem.line >= 1
        assert problem.what
        assert problem.cure
    errors = [problem for problem in reading.problems if not problem.is_warning]
    assert (reading.company is None) == bool(errors)
    if reading.company is not None:
        assert read_company(export_company(reading.company), today=TODAY).company == reading.company
    return reading


@settings(max_examples=300)
@given(st.one_of(st.text(max_size=300), st.binary(max_size=300), st.lists(PIECES, max_size=40).map("".join)))
@example("\ud800")
@example("? \n? \n")
@example("%YAML 1.1\n---\na: 1")
@example("a: !<tag:yaml.org,2002:python/object/apply:os.system> [id]")
def test_any_text_gets_an_answer(content: str | bytes) -> None:
    answers(content)


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(LINES) - 1), st.integers(0, 60), st.one_of(PIECES, st.text(max_size=5)), st.booleans())
def test_a_file_with_one_accident_gets_an_answer(line: int, column: int, piece: str, is_overwritten: bool) -> None:
    lines = list(LINES)
    text = lines[line]
    lines[line] = text[:column] + piece + text[column + (len(piece) if is_overwritten else 0) :]
    answers("\n".join(lines))


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), trees)
def test_anything_in_the_place_of_anything_gets_an_answer(data: st.DataObject, tree: Any) -> None:
    """One part of the demo company replaced by a random structure, written as YAML by another hand: JSON."""
    document = deepcopy(DOCUMENT)
    place, step = document, data.draw(st.sampled_from(sorted(document)))
    while isinstance(place[step], dict | list) and place[step] and data.draw(st.booleans()):
        place = place[step]
        step = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
    place[step] = tree
    answers(written(document))


def written(value: Any) -> str:
    """JSON, which is YAML: dates bare, everything beyond plain letters escaped."""
    match value:
        case dict():
            return "{" + ", ".join(f"{written(str(key))}: {written(part)}" for key, part in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(written, value)) + "]"
        case str():
            return (
                '"' + "".join(one if one.isascii() and one.isalnum() else f"\\U{ord(one):08x}" for one in value) + '"'
            )
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case _:
            return str(value)


HOSTILE = [
    "Bob; Goto(evil)",
    "[general]",
    "${SHELL(id)}",
    "$[1+1]",
    "Bob\n[evil]",
    "Bob\r\nAction: Command",
    'Bob" <1>',
    "Bob\u202egpj.exe",
    "B\u200bob",
    "Bob\x00",
    "\x1b[31mBob",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "Bob,George|x",
    "B" * 65536,
]


@pytest.mark.parametrize("name", HOSTILE, ids=[ascii(name[:20]) for name in HOSTILE])
def test_a_hostile_name_is_refused_or_stays_a_name(name: str) -> None:
    """Display text alone may hold syntax; nothing that is built into a file's structure ever does."""
    quoted = written(name)
    reading = answers(DEMO.replace("name: Bruno Lefèvre", f"name: {quoted}"))
    if reading.company is None:
        assert [problem.path for problem in reading.problems] == ["people.bruno.name"]
        assert len(name) > 79 or any(unicodedata.category(letter)[0] == "C" for letter in name)
    else:
        assert reading.company.people["bruno"].name == name
    for field in ("site: lyon", 'extension: "202"', "[vm-goodbye]", "queue: billing-en", "id: main", "language: en"):
        content = DEMO.replace(field, f"{field.split(':')[0]}: {quoted}" if ":" in field else f"[{quoted}]", 1)
        assert content != DEMO
        assert answers(content).company is None


def strings(value: Any, name: str = "") -> list[tuple[str, str]]:
    """Every text of a company, with the field it stands in."""
    if isinstance(value, str):
        return [(name, value)]
    if isinstance(value, dict):
        return [pair for key, part in value.items() for pair in [(f"{name}-key", key), *strings(part, name)]]
    if isinstance(value, tuple | list):
        return [pair for part in value for pair in strings(part, name)]
    if is_dataclass(value):
        return [pair for field in fields(value) for pair in strings(getattr(value, field.name), field.name)]
    return []


def test_only_display_text_can_hold_anything_but_plain_words() -> None:
    """All other text of a company is of letters, digits and a few signs that no configuration file gives a meaning. Of
    what is said, none has more than a name."""
    company = replace(read_company(DEMO, today=TODAY).accepted(), comments={})
    plain = re.compile(r"[A-Za-z0-9*#+._:/@-]*")
    for field, text in strings(company):
        assert field in ("name", "reason", "text") or plain.fullmatch(text), (field, text)


@pytest.mark.parametrize(
    ("section", "entry", "count"),
    [
        ("people", '  x{0}: {{name: X, extension: "5{0:05}"}}\n', 3_000),
        ("people", "  x{0}: {{namex: X, extension: 5}}\n", 10_000),
        ("people", "  x{0}: {{name: X, site: nowhere{0}}}\n", 10_000),
        ("messages", "  x{0}: {{fr: [hello]}}\n", 2_500),
        ("x{0}", " 1\n", 10_000),
    ],
)
def test_a_full_file_gets_its_answer_without_end_of_patience(section: str, entry: str, count: int) -> None:
    if "{0}" in section:
        content = DEMO + "".join(f"{section.format(number)}:{entry}" for number in range(count))
    else:
        entries = "".join(entry.format(number) for number in range(count))
        content = DEMO.replace(f"\n{section}:\n", f"\n{section}:\n{entries}", 1)
    assert content != DEMO
    assert len(answers(content).problems) <= 201


def test_a_chain_of_menus_as_long_as_allowed_is_checked() -> None:
    menu = """
  m{0}:
    {{name: M, prompt: welcome, keys: {{"1": {{menu: m{1}}}, "2": back}}, no_input: {2}, wrong_input: {2}}}"""
    retry = "{tries: 1, then: {message: busy}}"
    chain = "".join(menu.format(number, (number + 1) % 490, retry) for number in range(490))
    content = DEMO.replace("\nmenus:\n", f"\nmenus:{chain}\n").replace("target: {menu: english}", "target: {menu: m0}")
    assert answers(content).company is not None
