"""What is exported is read back as it was, and means the same to the calls that run on it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from agi.flow.document import Flow
from cordboard.documents import export_company, flow_of, read_company, read_company_file
from cordboard.store.values import Company
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
@given(companies())
def test_its_flow_can_be_stored_and_read(company: Company) -> None:
    flow = flow_of(company, TODAY)
    assert Flow.from_json(flow.to_json()) == flow


def test_the_demo_company_is_accepted_without_a_warning() -> None:
    reading = read_company_file(DEMO, TODAY)
    assert [str(problem) for problem in reading.problems] == []
    company = reading.accepted()
    assert read_company(export_company(company), today=TODAY).company == company
