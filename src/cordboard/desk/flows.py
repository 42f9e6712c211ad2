"""The menus of a company by version: drafted, published at once, at a time or to some calls, and taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from cordboard.desk.errors import ChangedMeanwhile, store_errors
from cordboard.desk.flow_objections import out_of_turn, without_menus
from cordboard.desk.flow_versions import Version, listed_versions, tenant_of
from cordboard.desk.foreseeing import Basis, Foreseen, Foresight, Seen, Trial, basis_now, basis_of, seen_now
from cordboard.documents import (
    FlowTest,
    Reading,
    export_company,
    export_draft,
    export_menus,
    menus_of,
    read_draft,
    read_menus,
    with_noted_flow_of,
)
from cordboard.journal.tally import Tally, tally_of
from cordboard.provisioning.changes import Change
from cordboard.provisioning.menus import menu_changes, words_of
from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.sources import Tenant
from cordboard.speech.studio import Studio
from cordboard.store.company import load_company, save_company
from cordboard.store.engine import Store
from cordboard.store.errors import UnknownVersion
from cordboard.store.flow_drafts import find_draft, find_published, keep_draft, publish_draft, wait_for_turn
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
from cordboard.store.values import Company

LISTED_VERSIONS = 10


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft that is kept; the rest as `Foreseen`."""

    draft: FlowDraft
    changes: tuple[Change, ...]
    problems: tuple[PlanProblem, ...]
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """The sections of menus as a text, of the draft if there is one; `newest`: the version that was published last."""

    text: str
    draft: FlowDraft | None
    newest: Publication | None

    @property
    def basis(self) -> Basis:
        return basis_of(self.draft, self.newest)


@dataclass(frozen=True, slots=True)
class Published:
    """What came of publishing, promoting or taking back. `version`: the one that calls enter by it, maybe not all or
    not yet; None when it was refused for `problems`, and nothing was changed. `changes`: what they meet otherwise."""

    problems: tuple[PlanProblem, ...] = ()
    version: Publication | None = None
    changes: tuple[Change, ...] = ()


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
        self._foresight = Foresight(trial, studio, lambda: clock().date())
        self._clock = clock

    async def text(self, company: str) -> Written:
        """The sections of menus to go on with: of the draft, else as they are stored; as somebody wrote them, with
        their tests, if that is what is stored."""
        with store_errors():
            async with self._store.reading() as session:
                draft, newest = await find_draft(session, company), await newest_flow(session, company)
                published = await find_published(session, company, newest.version) if newest else None
                values = await load_company(session, company)
        today = self._clock().date()
        if draft is not None:
            text = await asyncio.to_thread(menus_of, draft.text)
        elif published is not None and await asyncio.to_thread(_is_stored, values, published.text, today):
            text = await asyncio.to_thread(menus_of, published.text)
        else:
            text = await asyncio.to_thread(export_menus, values)
        return Written(text, draft, newest)

    async def read(self, company: str, text: str) -> Reading:
        """A text of the sections of menus, beside the rest of the company as it is stored."""
        with store_errors():
            async with self._store.reading() as session:
                values = await load_company(session, company)
        return await asyncio.to_thread(read_menus, text, values, today=self._clock().date())

    async def foresee(self, reading: Reading) -> Foreseen:
        """What drafting the menus of a company file would tell. Nothing is kept."""
        source = reading.accepted()
        return await self._foresight.of(await self._see(source.id), source, reading.tests)

    async def draft(self, reading: Reading, actor: str) -> Drafted:
        """Keep the menus of a company file as the draft, with its tests."""
        source = reading.accepted()
        text = export_draft(source, reading.source)
        return await self._keep(await self._see(source.id), source, text, reading.tests, actor)

    async def draft_text(self, company: str, text: str, reading: Reading, basis: Basis, actor: str) -> Drafted:
        """Keep a text of the sections of menus as the draft, as it is written; `reading` is what came of it. Raises:
        ChangedMeanwhile, if there is another draft or version than it was written from."""
        return await self._keep(await self._see(company), reading.accepted(), text, reading.tests, actor, basis)

    async def draft_again(self, company: str, version: int, actor: str) -> Drafted:
        """Make the menus of an earlier version the draft. Raises: NoSuchVersion."""
        seen = await self._see(company)
        with store_errors():
            async with self._store.reading() as session:
                source = (await tenant_of(session, seen.company, version)).company
        return await self._keep(seen, source, export_company(source), (), actor)

    async def _keep(
        self,
        seen: Seen,
        source: Company,
        text: str,
        tests: Sequence[FlowTest],
        actor: str,
        basis: Basis | None = None,
    ) -> Drafted:
        now = self._clock()
        foreseen = await self._foresight.of(seen, source, tests)
        draft = FlowDraft(
            company=source.id,
            name=MAIN,
            text=text,
            by=actor,
            base=seen.newest.version if seen.newest else None,
            made_at=now,
            checked_at=None if _stop(foreseen.problems) else now,
        )
        with store_errors():
            async with self._store.transaction() as session:
                await wait_for_turn(session, source.id)
                if basis is not None and await basis_now(session, source.id) != basis:
                    raise ChangedMeanwhile(source.id)
                await keep_draft(session, draft)
        return Drafted(draft, foreseen.changes, foreseen.problems, foreseen.others)

    async def publish(
        self,
        company: str,
        actor: str,
        *,
        starts: datetime | None = None,
        share: int | None = None,
        did: str | None = None,
        anyway: bool = False,
        made_at: datetime | None = None,
    ) -> Published:
        """Let calls enter the menus of the draft: from `starts` on (None: at once), and only `share` percent of them,
        or those of one number (its id), until they are promoted. `anyway`: though others were published meanwhile.
        `made_at`: when the draft was made that is meant (None: whichever there is)."""
        seen, now = await self._see(company), self._clock()
        if made_at is not None and (seen.draft is None or seen.draft.made_at != made_at):
            raise ChangedMeanwhile(company)
        if seen.draft is None:
            return _refused("draft", "there is none", "`cordboard flow draft FILE` makes one")
        reading = await asyncio.to_thread(read_draft, seen.draft.text, seen.company, now.date())
        if reading.company is None:
            found = (PlanProblem(each.path, each.what, each.cure, each.is_warning) for each in reading.problems)
            return Published(tuple(found))
        after = await self._foresight.with_menus(seen.company, reading.company)
        problems = (
            *out_of_turn(seen.draft, seen.newest, now, anyway=anyway),
            *await self._foresight.against(seen, reading.company, after, reading.tests),
        )
        if _stop(problems):
            return Published(problems)
        changes = menu_changes(seen.before, after)
        with store_errors():
            async with self._store.transaction() as session:
                await wait_for_turn(session, company)
                if await find_draft(session, company) != seen.draft:
                    raise ChangedMeanwhile(company)
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
                await publish_draft(session, seen.draft, version.version)
        return Published(problems, version, changes)

    async def promote(self, company: str, actor: str) -> Published:
        """Let every call enter the version that waits or is on trial, from now on."""
        with store_errors():
            async with self._store.transaction() as session:
                seen = await seen_now(session, company)
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
                if missing := (*without_menus(after), *await self._foresight.lacking(seen, after)):
                    return Published(missing)
                changes = menu_changes(await tenant_of(session, seen.company, newest.version), after)
                await withdraw_flow(session, newest, actor, words_of(changes))
                reason = f"version {newest.version} of its menus taken back"
                await save_company(session, after.company, actor, seen.revision, reason=reason)
        return Published((), back, changes)

    async def versions(
        self, company: str, limit: int = LISTED_VERSIONS
    ) -> tuple[FlowDraft | None, tuple[Change, ...] | None, list[Version]]:
        """The draft with what it would change, and the versions, the newest first. A draft that leads to what is not
        there any more has errors, and nobody knows what it would change: None."""
        seen = await self._see(company)
        draft = seen.draft
        changes: tuple[Change, ...] | None = ()
        if draft is not None:
            try:
                changes = menu_changes(seen.before, await self._drafted(seen))
            except UnknownVersion:
                draft, changes = replace(draft, checked_at=None), None
        with store_errors():
            async with self._store.reading() as session:
                return draft, changes, await listed_versions(session, company, self._clock(), limit)

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

    async def _drafted(self, seen: Seen) -> Tenant:
        """The company with the menus of its draft. Raises: UnknownVersion."""
        if seen.draft is None:
            raise UnknownVersion(seen.company.id)
        reading = await asyncio.to_thread(read_draft, seen.draft.text, seen.company, self._clock().date())
        if reading.company is None:
            raise UnknownVersion(seen.company.id, why=str(reading.first_error()))
        return await self._foresight.with_menus(seen.company, reading.company)

    async def _see(self, company: str) -> Seen:
        with store_errors():
            async with self._store.reading() as session:
                return await seen_now(session, company)


def _is_stored(company: Company, text: str, today: date) -> bool:
    """Does the company have the menus of this text?"""
    read = read_draft(text, company, today).company
    return read is not None and with_noted_flow_of(company, read) == company


def _refused(where: str, what: str, cure: str) -> Published:
    return Published((PlanProblem(where, what, cure),))


def _stop(problems: Sequence[PlanProblem]) -> bool:
    return not all(problem.is_warning for problem in problems)
