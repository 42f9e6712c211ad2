"""Conferences in the company file: what is read, what is refused, and where their PINs are and are not."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from cordboard.documents import export_company, read_company_file
from cordboard.documents.secrets import FileSecrets
from cordboard.store.records import CompanySecrets
from cordboard.store.values import Conference, TargetKind, TargetRef

HEAD = """\
cordboard: 1
company: {id: acme, name: Acme, language: en, country: FR, time_zone: Europe/Paris}
people: {amel: {name: Amel, extension: "201"}}
"""
WHOLE = f"""\
{HEAD}
conferences:
  board: {{name: Board}}
  staff: {{name: Staff, number: "800", most_members: 5, wait_for_host: true, announce: false, muted: true}}
dids:
  "+33199000001": {{id: main, name: Main, target: {{conference: staff}}}}
tests:
  comes-in: {{to: "+33199000001", at: "2026-11-24 10:00", ends: {{conference: staff}}}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "company.yaml"


def test_what_is_written_is_meant(file: Path) -> None:
    file.write_text(WHOLE, encoding="utf-8")
    found = read_company_file(file).accepted()
    assert found.conferences == {
        "board": Conference(id="board", name="Board"),
        "staff": Conference(
            id="staff", name="Staff", number="800", most_members=5, wait_for_host=True, announce=False, muted=True
        ),
    }
    assert found.dids["main"].open == TargetRef(TargetKind.CONFERENCE, "staff")
    assert "800" in found.numbers_inside()


@pytest.mark.parametrize(
    ("rest", "place", "what", "cure"),
    [
        ('conferences: {staff: {number: "800"}}', "conferences.staff.name", "is missing", ""),
        ('conferences: {staff: {name: S, number: "201"}}', "conferences.staff.number", "is taken by people.amel", ""),
        ('conferences: {staff: {name: S, number: "*98"}}', "conferences.staff.number", "hear their voicemail", ""),
        ("conferences: {staff: {name: S, most_members: 1}}", "conferences.staff.most_members", "2", ""),
        (
            'conferences: {staff: {name: S}}\ndids: {"+33199000001": {id: a, name: A, target: {conference: stuff}}}',
            "target.conference",
            'no conference "stuff"',
            "staff",
        ),
        (
            'conferences: {staff: {name: S}}\nsecrets: {conferences: {staff: "123"}}',
            "secrets.conferences.staff",
            "",
            "4 to 10 digits",
        ),
        (
            'conferences: {staff: {name: S}}\nsecrets: {conferences: {staff: "1234"}, hosts: {staff: "1234"}}',
            "secrets.hosts.staff",
            "is the PIN of its guests too",
            "another PIN for the hosts",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_cure(file: Path, rest: str, place: str, what: str, cure: str) -> None:
    file.write_text(f"{HEAD}{rest}\n", encoding="utf-8")
    found = [problem for problem in read_company_file(file).problems if not problem.is_warning]
    assert len(found) == 1, found
    assert place in str(found[0])
    assert what in found[0].what
    assert cure in found[0].cure
    assert "1234" not in str(found[0])


def test_a_pin_of_no_conference_is_left_out_and_said(file: Path) -> None:
    file.write_text(f'{HEAD}secrets: {{hosts: {{nobody: "4711"}}}}\n', encoding="utf-8")
    [problem] = read_company_file(file).problems
    assert problem.is_warning
    assert "is of no conference here" in problem.what


def test_an_export_has_pins_only_where_they_are_asked_for(file: Path) -> None:
    file.write_text(WHOLE, encoding="utf-8")
    found = read_company_file(file).accepted()
    pins = CompanySecrets(
        conferences={"board": SecretStr("481516"), "staff": SecretStr("234210")},
        hosts={"board": SecretStr("81516234"), "staff": SecretStr("42108151")},
    )
    plain = export_company(found)
    assert "secrets" not in plain
    with_them = export_company(found, FileSecrets(company=pins))
    file.write_text(with_them, encoding="utf-8")
    reading = read_company_file(file)
    assert reading.accepted() == found
    assert reading.secrets is not None
    assert reading.secrets.company == pins
