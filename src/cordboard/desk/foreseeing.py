"""What menus would be if calls met them: judged beside the company as it is stored and what each switch runs of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

from cordboard.desk.flow_objections import not_applied, strange_numbers
from cordboard.desk.spoken import unmade
from cordboard.desk.wanted import stored_tenant
from cordboard.documents import FlowTest, flow_of, with_noted_flow_of
from cordboard.documents.problems import shown_path
from cordboard.provisioning.changes import Change
from cordboard.provisioning.menus import menu_changes
from cordboard.provisioning.problems import PlanProblem, row_of
from cordboard.provisioning.sources import Tenant
from cordboard.speech.studio import Studio
from cordboard.store.company import company_revision, load_company
from cordboard.store.engine import Session
from cordboard.store.flow_drafts import find_draft
from cordboard.store.flows import newest_flow
from cordboard.store.records import FlowDraft, Publication
from cordboard.store.revisions import load_revision
from cordboard.store.switches import revisions_applied
from cordboard.store.values import Company

Trial = Callable[[Tenant, Sequence[FlowTest]], Awaitable[Sequence[PlanProblem]]]
"""What is wrong with menus, and which of their tests fail."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a text was written from: the draft, by when it was made, and the newest version that was published; None
    where there was none."""

    draft: datetime | None
    version: int | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a decision is made from, all of one moment: the company as it is stored, what calls enter now, the newest
    version and the draft, and what each switch runs of the company, None for nothing."""

    revision: int
    company: Company
    before: Tenant
    newest: Publication | None
    draft: FlowDraft | None
    applied: Mapping[str, Company | None]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What menus would be if calls met them: the company then, and what callers would meet otherwise. An error among
    `problems` stops their publishing. `others`: sections of the file that are not as they are stored and are no menus,
    which are not taken."""

    after: Tenant
    changes: tuple[Change, ...]
    problems: tuple[PlanProblem, ...]
    others: tuple[str, ...] = ()


class Foresight:
    """`trial`: what menus must pass before calls meet them. `studio`: makes what they have spoken before that. `today`
    decides which public holidays are looked at."""

    def __init__(self, trial: Trial, studio: Studio | None, today: Callable[[], date]) -> None:
        self._trial = trial
        self._studio = studio
        self._today = today

    async def of(self, seen: Seen, source: Company, tests: Sequence[FlowTest]) -> Foreseen:
        """The menus of `source` as a draft: nothing that they have spoken is made."""
        after = await self.with_menus(seen.company, source)
        problems = await self.against(seen, source, after, tests, is_draft=True)
        # What would still be another company with these menus is no part of them.
        sections = [each.name for each in fields(Company)]
        others = tuple(name for name in sections if getattr(source, name) != getattr(after.company, name))
        return Foreseen(after, menu_changes(seen.before, after), problems, others)

    async def with_menus(self, company: Company, source: Company) -> Tenant:
        values = await asyncio.to_thread(with_noted_flow_of, company, source)
        flow = await asyncio.to_thread(flow_of, values, self._today())
        return Tenant(company=values, flow=flow, flow_version=0, sip_secrets={})

    async def against(
        self, seen: Seen, source: Company, after: Tenant, tests: Sequence[FlowTest], *, is_draft: bool = False
    ) -> tuple[PlanProblem, ...]:
        """What speaks against calls meeting these menus. What is spoken in them is made, unless they are a draft."""
        found = [*strange_numbers(source, seen.company), *await self.lacking(seen, after)]
        found += await asyncio.to_thread(self._unmade, after.company, is_draft=is_draft)
        return (*found, *await self._trial(after, tests))

    async def lacking(self, seen: Seen, after: Tenant) -> list[PlanProblem]:
        """What these menus lead to that switches do not have."""
        today = self._today()
        return await asyncio.to_thread(lambda: list(not_applied(seen.applied, after, today)))

    def _unmade(self, company: Company, *, is_draft: bool) -> list[PlanProblem]:
        if self._studio is None:
            return []
        found = ((shown_path(path), what, cure) for path, what, cure in unmade(self._studio, company, is_dry=is_draft))
        return [PlanProblem(path, what, cure, row=row_of(company.id, path)) for path, what, cure in found]


async def seen_now(session: Session, company: str) -> Seen:
    """Raises: UnknownCompany, UnknownVersion."""
    applied = {
        node: None if number is None else await load_revision(session, company, number)
        for node, number in (await revisions_applied(session, company)).items()
    }
    return Seen(
        revision=await company_revision(session, company),
        company=await load_company(session, company),
        before=await stored_tenant(session, company),
        newest=await newest_flow(session, company),
        draft=await find_draft(session, company),
        applied=applied,
    )


async def basis_now(session: Session, company: str) -> Basis:
    return basis_of(await find_draft(session, company), await newest_flow(session, company))


def basis_of(draft: FlowDraft | None, newest: Publication | None) -> Basis:
    return Basis(draft.made_at if draft else None, newest.version if newest else None)
