"""From the company file to a real Asterisk: whatever the import accepts is loaded without a complaint and read back."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings

from cordboard.documents import export_company, flow_of, read_company
from cordboard.provisioning.desired import desired
from cordboard.provisioning.rehearsal import Rehearser
from cordboard.provisioning.scratch import Binary
from cordboard.provisioning.sources import Tenant
from cordboard.store.values import Company
from kit import acme
from kit.companies import companies
from kit.switch import installation

TODAY = date(2026, 11, 21)


@pytest.mark.switch
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(companies())
def test_an_accepted_company_passes_its_rehearsal(company: Company) -> None:
    accepted = read_company(export_company(company), today=TODAY).accepted()
    tenant = Tenant(
        company=accepted,
        flow=flow_of(accepted, TODAY),
        flow_version=1,
        sip_secrets={endpoint.id: "s" * 32 for endpoint in accepted.endpoints()},
        pins={box.id: "123456" for box in accepted.boxes()},
    )
    found = installation()
    placement = acme.placement()
    rehearser = Rehearser(Binary(found.command, found.modules, found.data, found.varlib), placement)
    rehearsal = asyncio.run(rehearser(desired([tenant], placement)))
    assert rehearsal.is_passed, (rehearsal.problems, [str(each) for each in rehearsal.differences])
