"""Any company as one that can be deployed: its flow, and secrets that no text holds by chance."""

from __future__ import annotations

from datetime import date

from cordboard.documents import flow_of
from cordboard.provisioning.sources import Tenant
from cordboard.store.values import Company

SECRET, PIN = "Zq7secret", "90735"
"""What each secret begins with."""


def tenant_of(company: Company, salt: int = 0) -> Tenant:
    """With another `salt` all secrets are others."""
    return Tenant(
        company=company,
        flow=flow_of(company, date(2026, 11, 21)),
        flow_version=1,
        sip_secrets={each.id: f"{SECRET}-{salt}-{each.id}" for each in company.endpoints()},
        pins={box.id: f"{PIN}{salt:03}" for box in company.boxes()},
        guest_pins=dict.fromkeys(company.conferences, f"{PIN}{salt:03}"),
        host_pins=dict.fromkeys(company.conferences, f"{PIN}{salt:04}"),
    )
