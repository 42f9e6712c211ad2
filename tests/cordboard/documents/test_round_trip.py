"""What is exported is read back as it was, and means the same to the calls that run on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from agi.flow.document import Flow
from cordboard.documents import (
    FileSecrets,
    export_company,
    export_folder,
    flow_of,
    read_company,
    read_company_file,
    read_company_parts,
)
from cordboard.store.records import CompanySecrets, SwitchSecrets
from cordboard.store.values import Company, Person
from kit.companies import companies

DEMO = Path(__file__).parents[3] / "demo" / "company.yaml"
TODAY = date(2026, 11, 21)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(companies())
def test_a_company_comes_back_from_its_file(company: Company) -> None:
    written = export_company(company)
    reading = read_company(written, today=TODAY)
    assert not [str(problem) for problem in reading.problems if not problem.is_warning]
    assert reading.company == company
    assert export_company(company) == written


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(companies(), st.data())
def test_its_secrets_come_back_with_it(company: Company, data: st.DataObject) -> None:
    words = st.from_regex(r"[A-Za-z0-9._~-]{12,40}", fullmatch=True).map(SecretStr)
    pins = st.from_regex(r"[0-9]{4,10}", fullmatch=True).map(SecretStr)
    secrets = FileSecrets(
        company=CompanySecrets(
            sip={item.id: data.draw(words) for item in company.endpoints()},
            pins={box.id: data.draw(pins) for box in company.boxes()},
        ),
        managers={"pbx-1.paris": SwitchSecrets(run=data.draw(words), deploy=data.draw(words))},
        version=data.draw(st.none() | st.integers(1, 999)),
    )
    reading = read_company(export_company(company, secrets), today=TODAY)
    assert (reading.company, reading.secrets) == (company, secrets)
    parts = export_folder(company, secrets)
    assert read_company_parts(list(parts.items()), TODAY).secrets == secrets
    assert read_company(export_company(company), today=TODAY).secrets is None


def test_a_thousand_people_are_a_thousand_lines() -> None:
    """One line each where it fits, none too long, whatever the order they came in."""
    company = read_company_file(DEMO, TODAY).accepted()
    more = {
        f"p{number:04}": Person(
            id=f"p{number:04}",
            name=f"Zoé Person {number}",
            extension=f"{number + 3000}",
            skills={"french": 3, "support": 2},
        )
        for number in range(1000)
    }
    big = replace(company, people={**company.people, **more}, comments={})
    lines = export_company(big).splitlines()
    assert sum(line.startswith("  p") and "{name: Zoé Person" in line for line in lines) == 1000
    assert max(map(len, lines)) <= 120
    changed = replace(big, people={**big.people, "p0500": replace(more["p0500"], name="Renamed")})
    assert len(set(export_company(changed).splitlines()) - set(lines)) == 1
    assert read_company("\n".join(lines), today=TODAY).company == big


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(companies())
def test_its_flow_can_be_stored_and_read(company: Company) -> None:
    flow = flow_of(company, TODAY)
    assert Flow.from_json(flow.to_json()) == flow


def test_the_demo_company_is_accepted_without_a_warning() -> None:
    reading = read_company_file(DEMO, TODAY)
    assert [str(problem) for problem in reading.problems] == []
    company = reading.accepted()
    assert read_company(export_company(company), today=TODAY).company == company
