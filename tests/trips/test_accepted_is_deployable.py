"""From the company file to the configuration: whatever the import accepts, the templates can write."""

from __future__ import annotations

from datetime import date

from hypothesis import HealthCheck, given, settings

from cordboard.documents import export_company, flow_of, read_company
from cordboard.documents.checks import SERVICE_NUMBERS
from cordboard.provisioning.desired import desired
from cordboard.provisioning.sources import Tenant
from cordboard.store.values import Company
from dialplan_templates.check import OWN_NUMBERS
from kit import acme
from kit.companies import companies

TODAY = date(2026, 11, 21)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(companies())
def test_an_accepted_company_can_be_generated(company: Company) -> None:
    accepted = read_company(export_company(company), today=TODAY).accepted()
    tenant = Tenant(
        company=accepted,
        flow=flow_of(accepted, TODAY),
        flow_version=1,
        sip_secrets={endpoint.id: "s" * 32 for endpoint in accepted.endpoints()},
        pins={box.id: "123456" for box in accepted.boxes()},
    )
    wanted = desired([tenant], acme.placement())
    assert wanted.is_possible, [problem for problem in wanted.problems if not problem.is_warning]
    assert wanted.files(1, {})


def test_numbers_of_every_phone_are_refused_by_the_import_already() -> None:
    assert SERVICE_NUMBERS.keys() == OWN_NUMBERS
