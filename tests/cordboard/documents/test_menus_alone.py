"""Menus alone: the sections of a company file that a draft takes, read and written without the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings

from cordboard.documents import Problem, export_menus, menus_of, read_company, read_draft, read_menus
from cordboard.documents.writing import document_of
from cordboard.documents.yaml_text import in_line
from cordboard.store.values import Company
from kit.companies import companies
from kit.switch import REPOSITORY

DEMO = (REPOSITORY / "demo/company.yaml").read_text(encoding="utf-8")
TODAY = date(2026, 11, 22)
ALONE = {"cordboard", "hours", "prompts", "menus", "steps", "dids", "tests"}


def demo() -> Company:
    return read_company(DEMO, today=TODAY).accepted()


def menus(text: str) -> list[Problem]:
    return list(read_menus(text, demo(), today=TODAY).problems)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(companies())
def test_menus_that_are_written_alone_are_read_as_they_were(company: Company) -> None:
    reading = read_menus(export_menus(company), company, today=TODAY)
    assert reading.company == company, reading.problems


def test_they_hold_nothing_else_of_the_company() -> None:
    text = export_menus(demo())
    assert {line.split(":")[0] for line in text.splitlines() if line[:1].isalpha()} <= ALONE
    assert "Haddad" not in text


def test_the_rest_is_as_it_is_stored_whatever_was_written_of_it_meanwhile() -> None:
    text = export_menus(demo()).replace("{message: opening-hours}", "{queue: suport}")
    (problem,) = menus(text)
    assert problem.what == 'no queue "suport"'
    assert problem.cure == 'Did you mean "support"?'
    assert text.splitlines()[problem.line - 1][problem.column - 1 :].startswith("queue")


@pytest.mark.parametrize("section", ["company", "people", "queues", "secrets", "blocked"])
def test_other_sections_are_told_at_their_line_and_not_looked_at(section: str) -> None:
    (problem,) = menus(f"{export_menus(demo())}\n{section}: {{nonsense: [1]}}\n")
    assert (problem.path, problem.what) == (section, "is no section of menus")
    assert problem.cure.startswith("Import it; menus are hours, prompts, menus, steps, dids, tests")


def test_what_is_no_yaml_or_no_file_is_told_where_it_is() -> None:
    assert [(each.line, each.what) for each in menus("")] == [(1, "is not a company file")]
    assert [each.line for each in menus("cordboard: 1\nmenus:\n  a: {\n")] == [3]


def test_a_draft_is_a_whole_file_or_menus_alone() -> None:
    for text in (DEMO, export_menus(demo())):
        assert read_draft(text, demo(), TODAY).company == demo()


def test_sections_are_cut_out_of_a_whole_file_as_they_are_written() -> None:
    noted = DEMO.replace("\nmenus:", "\n# First of all\nmenus:  # and here")
    cut = menus_of(noted)
    assert "# First of all\nmenus:  # and here\n" in cut
    assert "people" not in cut
    assert read_menus(cut, demo(), today=TODAY).company == read_company(noted, today=TODAY).company
    assert menus_of(cut) == cut


def test_what_cannot_be_cut_is_written_anew() -> None:
    one_line = "{" + ", ".join(f"{name}: {in_line(content)}" for name, content in document_of(demo()).items()) + "}"
    bare = replace(demo(), comments={})
    assert read_company(one_line, today=TODAY).company == bare
    cut = menus_of(one_line)
    assert "people" not in cut
    assert read_menus(cut, bare, today=TODAY).company == bare
