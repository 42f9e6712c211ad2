"""What speaks against calls meeting menus beside what they are: the order of versions, and what switches have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from agi.flow.document import start_node
from cordboard.desk.companies import WAYS_ON
from cordboard.documents import flow_of
from cordboard.provisioning.menus import not_there
from cordboard.provisioning.problems import PlanProblem, row_of
from cordboard.provisioning.sources import Tenant
from cordboard.store.records import FlowDraft, Publication
from cordboard.store.values import Company


def out_of_turn(draft: FlowDraft, newest: Publication | None, now: datetime, *, anyway: bool) -> Iterator[PlanProblem]:
    if newest is not None and not newest.is_settled(now):
        yield PlanProblem("menus", f"not every call enters version {newest.version} yet", WAYS_ON)
    elif newest is not None and newest.version != draft.base and not anyway:
        what = f"version {newest.version} by {newest.by} is not the one that it was made from, and would be undone"
        yield PlanProblem("draft", what, "draft again, or look at `cordboard flow diff` and say --anyway")


def strange_numbers(source: Company, company: Company) -> Iterator[PlanProblem]:
    for did in source.dids.values():
        if did.id not in company.dids:
            cure, row = "`cordboard import` and `cordboard apply` first", row_of(company.id, "dids", did.number)
            yield PlanProblem(f"DID {did.number}", "is not stored", cure, row=row)


def without_menus(after: Tenant) -> Iterator[PlanProblem]:
    for did in after.company.dids.values():
        if start_node(did.id) not in after.flow.nodes:
            what = f"version {after.flow_version} does not know it"
            yield PlanProblem(f"DID {did.number}", what, "import or draft the menus that shall be met")


def not_applied(applied: Mapping[str, Company | None], after: Tenant, today: date) -> Iterator[PlanProblem]:
    """`applied`: what each switch runs of the company, None for nothing."""
    cure = "`cordboard apply` first"
    unheld = "import what is not stored yet, then `cordboard apply`"
    for node, company in applied.items():
        if company is None:
            yield PlanProblem(f"switch {node}", "does not have this company yet", cure)
            continue
        for what in not_there(after, company, flow_of(company, today)):
            yield PlanProblem(f"switch {node}", f"does not have {what} yet, which these menus lead to", unheld)
