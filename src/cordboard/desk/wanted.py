"""What the database wants Asterisk to run, all of one moment: companies, flows, secrets; and who wanted it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from agi.flow.document import Flow
from cordboard.provisioning.changes import Author, Thing, authors_of
from cordboard.provisioning.desired import Desired, Desires
from cordboard.provisioning.errors import ProvisioningError
from cordboard.provisioning.generations import Generations
from cordboard.provisioning.sources import Placement, Tenant, flow_in
from cordboard.store.company import list_companies
from cordboard.store.engine import Session
from cordboard.store.flow_menus import company_met
from cordboard.store.flows import flow_versions
from cordboard.store.revisions import list_revisions
from cordboard.store.secrets import company_secrets


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """`revisions` and `flows`: company -> the number of its revision, and of the version of its flow."""

    desired: Desired
    revisions: Mapping[str, int]
    flows: Mapping[str, int]

    @property
    def notes(self) -> dict[str, Any]:
        """What is kept with a generation that is made of it."""
        return {"revisions": dict(self.revisions), "flows": dict(self.flows)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What it is made from, read at one moment."""

    tenants: tuple[Tenant, ...] = field(repr=False)
    revisions: Mapping[str, int]

    async def wanted(self, desires: Desires, placement: Placement) -> Wanted:
        """Checked and described. Of a large company this takes a while: nobody waits for it, neither those who want to
        write in the database nor what else this process serves."""
        return Wanted(
            desired=await asyncio.to_thread(desires.of, self.tenants, placement),
            revisions=self.revisions,
            flows={tenant.company.id: tenant.flow_version for tenant in self.tenants},
        )


async def sources_in(session: Session) -> Sources:
    """What this session sees."""
    entries = await list_companies(session)
    tenants = [await stored_tenant(session, entry.id) for entry in entries]
    return Sources(tenants=tuple(tenants), revisions={entry.id: entry.revision for entry in entries})


async def state_of(session: Session) -> dict[str, tuple[int, int]]:
    """Of each company, its revision and the version of its flow, 0 if it has none. While they stay, the same is wanted.
    Cheap: no company is read."""
    flows = await flow_versions(session)
    return {entry.id: (entry.revision, flows.get(entry.id, 0)) for entry in await list_companies(session)}


def base_revisions(generations: Generations) -> Mapping[str, int]:
    """Of the companies that the generation in force was made from; none if there is none, or it cannot tell."""
    try:
        current = generations.current()
        found: Mapping[str, int] = generations.about(current).notes.get("revisions", {}) if current is not None else {}
    except ProvisioningError:
        return {}  # what is wrong with it is a problem of the plan
    return found


async def authors_since(
    session: Session, now: Mapping[str, int], base: Mapping[str, int]
) -> dict[Thing, tuple[Author, ...]]:
    """Who touched what between the revisions of `base` and those of `now`."""
    saves = {
        company: await list_revisions(session, company, after=base.get(company, 0), upto=number)
        for company, number in now.items()
        if number > base.get(company, 0)
    }
    return authors_of(saves)


async def stored_tenant(session: Session, company: str) -> Tenant:
    """The company as it is stored, with the menus that calls meet, their flow, and secrets. Raises UnknownCompany,
    UnknownVersion."""
    values, flow = await company_met(session, company)
    secrets = await company_secrets(session, company)
    return Tenant(
        company=values,
        flow=flow_in(flow) if flow else Flow(nodes={}),
        flow_version=flow.version if flow else 0,
        sip_secrets=_plain(secrets.sip),
        pins=_plain(secrets.pins),
        guest_pins=_plain(secrets.conferences),
        host_pins=_plain(secrets.hosts),
    )


def _plain(secrets: Mapping[str, SecretStr]) -> Mapping[str, str]:
    return {owner: each.get_secret_value() for owner, each in secrets.items()}
