"""One company in several files: as if it were one, and every problem in the right file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cordboard.documents import export_folder, read_company_files, read_company_parts
from cordboard.documents.source import Budget, read_source
from cordboard.store.values import Company
from kit.companies import companies

TODAY = date(2026, 11, 21)
HEAD = "cordboard: 1\ncompany: {id: acme, name: Acme, language: fr, country: FR, time_zone: Europe/Paris}\n"
PEOPLE = """\
cordboard: 1
people:
  amel: {name: Amel, extension: "201", site: paris}
blocked:
  - {number: "+33899700123"}
"""
SITES = """\
cordboard: 1
sites: {paris: {name: Paris}}
people:
  bob: {name: Bob, extension: "202"}
blocked:
  - {prefix: "+33897"}
"""


def problems(*files: str) -> list[str]:
    names = ("head.yaml", "people.yaml", "sites.yaml", "more.yaml")
    reading = read_company_parts(list(zip(names, files, strict=False)), TODAY)
    assert (reading.company is None) == any(not each.is_warning for each in reading.problems)
    return [str(each) for each in reading.problems]


def test_sections_are_put_together() -> None:
    files = [("head.yaml", HEAD), ("people.yaml", PEOPLE), ("sites.yaml", SITES)]
    company = read_company_parts(files, TODAY).accepted()
    assert list(company.people) == ["amel", "bob"]
    assert [each.number for each in company.blocked] == ["+33897", "+33899700123"]
    assert read_company_parts(files[::-1], TODAY).accepted() == company


def test_a_problem_is_told_in_its_file() -> None:
    assert problems(HEAD, PEOPLE, SITES.replace("202", "201")) == [
        'sites.yaml:4:20: people.bob.extension: "201" is taken by people.amel.extension. Choose another.'
    ]
    assert problems(HEAD, PEOPLE.replace("site: paris", "site: pari"), SITES) == [
        'people.yaml:3:40: people.amel.site: no site "pari". Did you mean "paris"?'
    ]
    assert problems(HEAD, PEOPLE, SITES.replace('prefix: "+33897"', "prefix: x")) == [
        'sites.yaml:6:6: blocked[1].prefix: "x" is not the beginning of a number. Write it as "+33899".'
    ]


def test_problems_stand_in_the_order_of_the_files() -> None:
    found = problems(HEAD.replace("FR", "F"), PEOPLE.replace("site: paris", "site: x"), SITES.replace('"202"', "202"))
    assert [each.split(":")[0] for each in found] == ["head.yaml", "people.yaml", "sites.yaml"]


def test_nothing_is_said_twice() -> None:
    again = PEOPLE.replace("Amel", "Another").replace("+33899700123", "+33899700124")
    assert problems(HEAD, PEOPLE, SITES, again) == [
        "more.yaml:3:3: people.amel: is written in people.yaml:3 already. Keep one of the two."
    ]
    assert problems(HEAD, PEOPLE, SITES, HEAD) == [
        "more.yaml:2:1: company: is written in head.yaml:2 already. Keep one of the two."
    ]
    assert problems(HEAD, PEOPLE, SITES, "cordboard: 1\nblocked: {}\n") == [
        "more.yaml:2:1: blocked: is written in people.yaml:4 already. Keep one of the two."
    ]


def test_every_file_says_what_it_is() -> None:
    assert problems(HEAD, PEOPLE, SITES.replace("cordboard: 1", "")) == [
        "sites.yaml:2:1: cordboard: is not a form that is read here. Begin the file with the line: cordboard: 1."
    ]
    assert problems(HEAD, "", SITES) == [
        "people.yaml:1:1: is not a company file. Begin it with the line: cordboard: 1."
    ]


def test_a_file_that_cannot_be_read_hides_what_would_follow_from_it() -> None:
    assert problems(HEAD, PEOPLE, SITES + "\t") == [
        "sites.yaml:7:1: is not YAML: found character '\\t' that cannot start any token. Indent with spaces, not tabs."
    ]


def test_a_company_without_its_head_is_told() -> None:
    assert "people.yaml:1:1: company.id: is missing. Add id." in [
        each.replace("head.yaml", "people.yaml") for each in problems(PEOPLE, SITES)
    ]


def test_the_size_counts_in_sum() -> None:
    half = "\n" * 4_100_000
    assert problems(HEAD + half, PEOPLE, SITES) == []
    (found,) = problems(HEAD + half, PEOPLE, SITES + half)
    assert "sites.yaml:1:1: is larger than 8000 kB, all files of the company together" in found


def test_the_parts_count_in_sum() -> None:
    budget = Budget(parts=1000)
    many = "x-many: [" + "0," * 600 + "]\n"
    assert not read_source(many, "a.yaml", budget).faults
    (fault,) = read_source("\n" + many, "b.yaml", budget).faults
    assert "has too many parts" in fault.what
    assert fault.spot is not None
    assert (fault.spot.file, fault.spot.line) == ("b.yaml", 2)


def test_a_folder_stands_for_its_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name, content in (("b.yaml", PEOPLE), ("a.yaml", HEAD), ("c.yaml", SITES), (".d.yaml", "["), ("e.txt", "[")):
        (tmp_path / name).write_text(content)
    assert list(read_company_files([tmp_path], TODAY).accepted().people) == ["amel", "bob"]
    (tmp_path / "c.yaml").write_text(PEOPLE)
    (found,) = (each for each in read_company_files([tmp_path], TODAY).problems if each.path == "people.amel")
    assert (found.file, found.line) == (str(tmp_path / "c.yaml"), 3)


def test_no_more_is_read_than_is_needed_to_say_that_it_is_too_much(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"{number:03}.yaml").write_text(f"cordboard: 1\nx-{number}: 1\n")
    (found,) = read_company_files([tmp_path], TODAY).problems
    assert found.what == "is one of more than 200 files"
    with (tmp_path / "000.yaml").open("r+b") as file:
        file.truncate(2**40)  # a terabyte of nothing
    assert [each.what for each in read_company_files([tmp_path], TODAY).problems] == [
        "is larger than 8000 kB, all files of the company together"
    ]


@pytest.mark.parametrize("has_folder", [True, False])
def test_a_folder_without_files_is_a_problem(tmp_path: Path, *, has_folder: bool) -> None:
    folder = tmp_path / "acme"
    if has_folder:
        folder.mkdir()
    (found,) = read_company_files([folder], TODAY).problems
    assert found.file == str(folder)
    assert found.what.startswith("cannot be read: ")


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(companies(), st.randoms(use_true_random=False))
def test_a_company_comes_back_from_its_folder(company: Company, random: object) -> None:
    files = list(export_folder(company).items())
    random.shuffle(files)  # type: ignore[attr-defined]
    reading = read_company_parts(files, TODAY)
    assert not [str(each) for each in reading.problems if not each.is_warning]
    assert reading.company == company
