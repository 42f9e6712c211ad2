"""A hostile company generates what its harmless twin generates, or nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialplan_templates import Problem, ViewRefused, manifest, render
from kit.asterisk_conf import Line, read
from kit.generated import EVERYTHING, SMALL, view_of
from kit.hostile import PAYLOADS, named, poisoned

TWIN = render(view_of(SMALL, named(EVERYTHING, "Plain Name")))
DISPLAYED = re.compile(r'"[^"]*" <([0-9*#]+)>')


def bare(line: Line) -> Line:
    """The line without display text, where display text may stand."""
    if line.name == "callerid":
        assert DISPLAYED.fullmatch(line.value)
        return Line(line.section, line.name, DISPLAYED.sub(r"\1", line.value))
    if line.value.startswith("-") and line.value.count(",") == 4:  # a mailbox: PIN, name, address, pager, options
        parts = line.value.split(",")
        return Line(line.section, line.name, ",".join([parts[0], *parts[2:]]))
    return line


def structure(files: dict[str, str]) -> dict[str, list[Line]]:
    """Every option of every file, as Asterisk reads it, without display text and without the seals over the text."""
    seal = re.compile(r"cordboard-end-[0-9a-f]{12}|(?<=NoOp\()[0-9a-f]{64}")
    return {
        name: [
            bare(Line(seal.sub("seal", line.section), line.name, seal.sub("seal", line.value))) for line in read(text)
        ]
        for name, text in files.items()
        if name.endswith(".conf")
    }


EXPECTED = structure(TWIN)
texts = st.lists(st.sampled_from(PAYLOADS) | st.text(max_size=12), min_size=1, max_size=3).map("".join)


def rendered(name: str) -> dict[str, str] | tuple[Problem, ...]:
    """The files of the company in which everything is called `name`, or why there are none."""
    try:
        return render(view_of(SMALL, named(EVERYTHING, name)))
    except ViewRefused as refused:
        return refused.problems


def check_name(name: str) -> None:
    files = rendered(name)
    if isinstance(files, tuple):
        assert {problem.where.rsplit(".", 1)[-1] for problem in files} == {"name"}
        assert all(problem.what and problem.cure for problem in files)
    else:
        assert structure(files) == EXPECTED
        assert manifest(files).endpoints.keys() == manifest(TWIN).endpoints.keys()


@pytest.mark.parametrize("name", PAYLOADS, ids=ascii)
def test_a_known_attack_in_a_name(name: str) -> None:
    check_name(name)


@given(name=texts)
def test_any_name(name: str) -> None:
    check_name(name)


def is_plain(value: str) -> bool:
    """Could this be the id of something, a number, a sound, a folder?"""
    return bool(re.fullmatch(r"[\w ./+@=~:-]*|[0-9*#]+", value)) and ".." not in value


def check_value(value: str) -> None:
    for company in poisoned(EVERYTHING, value):
        with pytest.raises(ViewRefused):
            render(view_of(SMALL, company))


@pytest.mark.parametrize("value", [value for value in PAYLOADS if not is_plain(value)], ids=ascii)
def test_a_known_attack_in_any_other_value_is_refused(value: str) -> None:
    check_value(value)


@settings(deadline=None)
@given(value=texts.filter(lambda value: not is_plain(value)))
def test_any_other_value_that_is_not_plain_is_refused(value: str) -> None:
    check_value(value)
