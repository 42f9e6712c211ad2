"""The menus of a company by version: drafted, published at once, at a time or to some calls, and taken back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime

from agi.flow.document import start_node
from cordboard.desk.companies import WAYS_ON
from cordboard.desk.errors import store_errors
from cordboard.desk.flow_versions import Version, listed_versions, tenant_of
from cordboard.desk.spoken import unmade
from cordboard.desk.wanted import stored_tenant
from cordboard.documents import FlowTest, Reading, export_company, flow_of, read_company
from cordboard.documents.flow_tests import SECTION
from cordboard.documents.problems import shown_path
from cordboard.journal.tally import Tally, tally_of
from cordboard.provisioning.changes import Change
from cordboard.provisioning.menus import menu_changes, not_there, words_of
from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.sources import Tenant
from cordboard.speech.studio import Studio
from cordboard.store.company import company_revision, load_company, save_company
from cordboard.store.engine import Session, Store
from cordboard.store.errors import UnknownVersion
from cordboard.store.flow_drafts import drop_draft, find_draft, keep_draft
from cordboard.store.flow_menus import with_flow_of
from cordboard.store.flows import (
    MAIN,
    list_flows,
    newest_flow,
    promote_flow,
    publish_flow,
    withdraw_flow,
)
from cordboard.store.journal import count_outcomes_by_version
from cordboard.store.records import FlowDraft, Publication
from cordboard.store.revisions import load_revision
from cordboard.store.switches import revisions_applied
from cordboard.store.values import Company

Trial = Callable[[Tenant, Sequence[FlowTest]], Awaitable[Sequence[PlanProblem]]]
"""What is wrong with menus, and which of their tests fail."""
LISTED_VERSIONS = 10


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft that is kept. An error among `problems` stops its publishing. `others`: sections of the file that are not
    as they are stored and are no menus, which are not taken."""

    draft: FlowDraft
    changes: tuple[Change, ...]
    problems: tuple[PlanProblem, ...]
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Published:
    """What came of publishing, promoting or taking back. `version`: the one that calls enter by it, maybe not all or
    not yet; None when it was refused for `problems`, and nothing was changed. `changes`: what they meet otherwise."""

    problems: tuple[PlanProblem, ...] = ()
    version: Publication | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a decision is made from, all of one moment: the company as it is stored, what calls enter now, the newest
    version and the draft, and what each switch runs of the company, None for nothing."""

    revision: int
    company: Company
    before: Tenant
    newest: Publication | None
    draft: FlowDraft | None
    applied: Mapping[str, Company | None]


class Flows:
    """For every company of the store. `trial`: what menus must pass before calls meet them. `studio`: makes what they
    have spoken before that. Raises: DatabaseAway, NoSuchCompany, ChangedMeanwhile."""

    def __init__(
        self,
        store: Store,
        trial: Trial,
        *,
        studio: Studio | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._trial = trial
        self._studio = studio
        self._clock = clock

    async def draft(self, reading: Reading, actor: str) -> Drafted:
        """Keep the menus of a company file as the draft, with its tests."""
        source = reading.accepted()
        tests = reading.source.data.get(SECTION)
        text = export_company(source) + (f"{SECTION}: {json.dumps(tests)}\n" if tests else "")
        return await self._keep(await self._see(source.id), source, text, reading.tests, actor)

    async def draft_again(self, company: str, version: int, actor: str) -> Drafted:
        """Make the menus of an earlier version the draft. Raises: NoSuchVersion."""
        seen = await self._see(company)
        with store_errors():
            async with self._store.reading() as session:
                source = (await tenant_of(session, seen.company, version)).company
        return await self._keep(seen, source, export_company(source), (), actor)

    async def _keep(self, seen: _Seen, source: Company, text: str, tests: Sequence[FlowTest], actor: str) -> Drafted:
        now = self._clock()
        after = await self._with_menus(seen.company, source)
        problems = await self._against(seen, source, after, tests, is_draft=True)
        draft = FlowDraft(
            company=source.id,
            name=MAIN,
            text=text,
            by=actor,
            base=seen.newest.version if seen.newest else None,
            made_at=now,
            checked_at=None if _stop(problems) else now,
        )
        with store_errors():
            async with self._store.transaction() as session:
                await keep_draft(session, draft)
        # What would still be another company with these menus is no part of them.
        sections = [each.name for each in fields(Company)]
        others = (name for name in sections if getattr(source, name) != getattr(after.company, name))
        return Drafted(draft, menu_changes(seen.before, after), problems, tuple(others))

    async def publish(
        self,
        company: str,
        actor: str,
        *,
        starts: datetime | None = None,
        share: int | None = None,
        did: str | None = None,
        anyway: bool = False,
    ) -> Published:
        """Let calls enter the menus of the draft: from `starts` on (None: at once), and only `share` percent of them,
        or those of one number (its id), until they are promoted. `anyway`: though others were published meanwhile."""
        seen, now = await self._see(company), self._clock()
        if seen.draft is None:
            return _refused("draft", "there is none", "`cordboard flow draft FILE` makes one")
        reading = await asyncio.to_thread(read_company, seen.draft.text, "draft", now.date())
        if reading.company is None:
            return Published(tuple(PlanProblem(each.path, each.what, each.cure) for each in reading.problems))
        after = await self._with_menus(seen.company, reading.company)
        problems = (
            *_out_of_turn(seen.draft, seen.newest, now, anyway=anyway),
            *await self._against(seen, reading.company, after, reading.tests),
        )
        if _stop(problems):
            return Published(problems)
        changes = menu_changes(seen.before, after)
        with store_errors():
            async with self._store.transaction() as session:
                await save_company(session, after.company, actor, seen.revision, reason="menus of the draft published")
                version = await publish_flow(
                    session,
                    company,
                    after.flow.to_json(),
                    actor,
                    starts=starts if starts and starts > now else None,
                    share=share,
                    did=did,
                    words=words_of(changes),
                )
                await drop_draft(session, company)
        return Published(problems, version, changes)

    async def promote(self, company: str, actor: str) -> Published:
        """Let every call enter the version that waits or is on trial, from now on."""
        with store_errors():
            async with self._store.transaction() as session:
                seen = await _seen(session, company)
                newest = seen.newest
                if newest is None or newest.is_settled(self._clock()):
                    cure = "`cordboard flow versions` tells what there is"
                    return _refused("menus", "no version waits or is on trial", cure)
                after = await tenant_of(session, seen.company, newest.version)
                changes = menu_changes(seen.before, after)
                promoted = await promote_flow(session, newest, actor, words_of(changes))
        return Published((), promoted, changes)

    async def unpublish(self, company: str, actor: str) -> Published:
        """Take the newest version back: calls that come in from now on enter the one before it."""
        seen = await self._see(company)
        with store_errors():
            async with self._store.transaction() as session:
                versions = [each for each in await list_flows(session, company) if each.withdrawn_at is None]
                if len(versions) < 2:
                    return _refused("menus", "no version was published before", "import or draft other menus")
                newest, back = versions[:2]
                after = await tenant_of(session, seen.company, back.version)
                if missing := (*_without_menus(after), *await self._lacking(seen, after)):
                    return Published(missing)
                changes = menu_changes(await tenant_of(session, seen.company, newest.version), after)
                await withdraw_flow(session, newest, actor, words_of(changes))
                reason = f"version {newest.version} of its menus taken back"
                await save_company(session, after.company, actor, seen.revision, reason=reason)
        return Published((), back, changes)

    async def versions(
        self, company: str, limit: int = LISTED_VERSIONS
    ) -> tuple[FlowDraft | None, tuple[Change, ...], list[Version]]:
        """The draft with what it would change, and the versions, the newest first."""
        seen = await self._see(company)
        with store_errors():
            changes = () if seen.draft is None else menu_changes(seen.before, await self._drafted(seen))
            async with self._store.reading() as session:
                return seen.draft, changes, await listed_versions(session, company, self._clock(), limit)

    async def outcomes(self, company: str, since: datetime) -> Mapping[int, Tally]:
        """Version -> how the calls ended that entered since then and were in its menus."""
        with store_errors():
            async with self._store.reading() as session:
                found = await count_outcomes_by_version(session, company, since)
        return {version: tally_of(counts) for version, counts in found.items()}

    async def difference(self, company: str, before: int | None, after: int | None) -> tuple[Change, ...]:
        """What calls meet otherwise by `after` than by `before`. None: the draft, and what they enter now. Raises:
        NoSuchVersion."""
        seen = await self._see(company)
        with store_errors():
            async with self._store.reading() as session:
                had = seen.before if before is None else await tenant_of(session, seen.company, before)
                has = await self._drafted(seen) if after is None else await tenant_of(session, seen.company, after)
        return menu_changes(had, has)

    async def _drafted(self, seen: _Seen) -> Tenant:
        """The company with the menus of its draft. Raises: UnknownVersion."""
        if seen.draft is None:
            raise UnknownVersion(seen.company.id)
        reading = await asyncio.to_thread(read_company, seen.draft.text, "draft", self._clock().date())
        if reading.company is None:
            raise UnknownVersion(seen.company.id, why=str(reading.problems[0]))
        return await self._with_menus(seen.company, reading.company)

    async def _with_menus(self, company: Company, source: Company) -> Tenant:
        values = with_flow_of(company, source)
        flow = await asyncio.to_thread(flow_of, values, self._clock().date())
        return Tenant(company=values, flow=flow, flow_version=0, sip_secrets={})

    async def _against(
        self, seen: _Seen, source: Company, after: Tenant, tests: Sequence[FlowTest], *, is_draft: bool = False
    ) -> tuple[PlanProblem, ...]:
        """What speaks against calls meeting these menus. What is spoken in them is made, unless they are a draft."""
        found = [*_strange_numbers(source, seen.company), *await self._lacking(seen, after)]
        found += await asyncio.to_thread(self._unmade, after.company, is_draft=is_draft)
        return (*found, *await self._trial(after, tests))

    async def _lacking(self, seen: _Seen, after: Tenant) -> list[PlanProblem]:
        """What these menus lead to that switches do not have."""
        today = self._clock().date()
        return await asyncio.to_thread(lambda: list(_not_applied(seen, after, today)))

    def _unmade(self, company: Company, *, is_draft: bool) -> list[PlanProblem]:
        if self._studio is None:
            return []
        found = unmade(self._studio, company, is_dry=is_draft)
        return [PlanProblem(shown_path(path), what, cure) for path, what, cure in found]

    async def _see(self, company: str) -> _Seen:
        with store_errors():
            async with self._store.reading() as session:
                return await _seen(session, company)


async def _seen(session: Session, company: str) -> _Seen:
    applied = {
        node: None if number is None else await load_revision(session, company, number)
        for node, number in (await revisions_applied(session, company)).items()
    }
    return _Seen(
        revision=await company_revision(session, company),
        company=await load_company(session, company),
        before=await stored_tenant(session, company),
        newest=await newest_flow(session, company),
        draft=await find_draft(session, company),
        applied=applied,
    )


def _refused(where: str, what: str, cure: str) -> Published:
    return Published((PlanProblem(where, what, cure),))


def _stop(problems: Sequence[PlanProblem]) -> bool:
    return not all(problem.is_warning for problem in problems)


def _out_of_turn(draft: FlowDraft, newest: Publication | None, now: datetime, *, anyway: bool) -> Iterator[PlanProblem]:
    if newest is not None and not newest.is_settled(now):
        yield PlanProblem("menus", f"not every call enters version {newest.version} yet", WAYS_ON)
    elif newest is not None and newest.version != draft.base and not anyway:
        what = f"version {newest.version} by {newest.by} is not the one that it was made from, and would be undone"
        yield PlanProblem("draft", what, "draft again, or look at `cordboard flow diff` and say --anyway")


def _strange_numbers(source: Company, company: Company) -> Iterator[PlanProblem]:
    for did in source.dids.values():
        if did.id not in company.dids:
            yield PlanProblem(f"DID {did.number}", "is not stored", "`cordboard import` and `cordboard apply` first")


def _without_menus(after: Tenant) -> Iterator[PlanProblem]:
    for did in after.company.dids.values():
        if start_node(did.id) not in after.flow.nodes:
            what = f"version {after.flow_version} does not know it"
            yield PlanProblem(f"DID {did.number}", what, "import or draft the menus that shall be met")


def _not_applied(seen: _Seen, after: Tenant, today: date) -> Iterator[PlanProblem]:
    cure = "`cordboard apply` first"
    unheld = "import what is not stored yet, then `cordboard apply`"
    for node, applied in seen.applied.items():
        if applied is None:
            yield PlanProblem(f"switch {node}", "does not have this company yet", cure)
            continue
        for what in not_there(after.flow, applied, flow_of(applied, today)):
            yield PlanProblem(f"switch {node}", f"does not have {what} yet, which these menus lead to", unheld)
