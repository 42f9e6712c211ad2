"""The menus of companies as the page shows them: tree, versions, figures; and its ways to change what callers meet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from cordboard.desk.errors import store_errors
from cordboard.desk.flow_versions import drafted_json, publication_json, version_json
from cordboard.desk.flows import Flows, Published
from cordboard.desk.operations import DeedRefused
from cordboard.desk.wanted import stored_tenant
from cordboard.flows.comparing import compared
from cordboard.flows.counting import counted
from cordboard.flows.figures import Figures
from cordboard.flows.picture import tree
from cordboard.flows.publishing import trial
from cordboard.flows.trial import local
from cordboard.house.hearing import lexicon_of
from cordboard.house.placement import library_for
from cordboard.house.studio import studio_of
from cordboard.house.systems import needs_of
from cordboard.journal.day import days_of
from cordboard.provisioning.menus import words_of
from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.show import problems_json
from cordboard.settings import Settings
from cordboard.store.company import load_company
from cordboard.store.engine import Store
from cordboard.words.told import plan_problem_in


def flows_of(store: Store, settings: Settings, *, is_draft: bool = False) -> Flows:
    """What drafts and publishes menus on the Asterisk of these settings. `is_draft`: what they have spoken was not made
    yet."""
    library = library_for(settings, is_draft=is_draft)
    tried = trial(library, lambda: datetime.now(UTC).date(), needs_of(settings), lexicon_of(settings))
    return Flows(store, tried, studio=studio_of(settings))


class MenuDesk:
    """Values of JSON. Raises: DatabaseAway, NoSuchCompany; what changes something DeedRefused (`stale`: another draft
    or version than was meant; `refused`, with `problems`) and ChangedMeanwhile."""

    def __init__(self, store: Store, flows: Callable[[], Flows]) -> None:
        """`flows`: made anew for each question, as sounds come and go on the switch."""
        self._store = store
        self._flows = flows
        self._counting = asyncio.Lock()
        """One at a time reads a history through: the daemon has calls to follow."""

    async def overview(self, company: str, language: str) -> dict[str, Any]:
        draft, changes, versions = await self._flows().versions(company)
        with store_errors():
            async with self._store.reading() as session:
                met = await stored_tenant(session, company)
        drawn = await asyncio.to_thread(tree, met.company, met.flow, language)
        return {
            "now": datetime.now(UTC).timestamp(),
            "company": met.company.name,
            "time_zone": met.company.time_zone,
            "dids": {did.id: did.name for did in met.company.dids.values()},
            "tree": drawn,
            "draft": None if draft is None else drafted_json(draft, changes, language),
            "versions": [version_json(each, None, language) for each in versions],
        }

    async def figures(self, company: str, first: date | None, last: date | None, version: int | None) -> dict[str, Any]:
        span, (found,) = await self._counted(company, first, last, version)
        return {"from": span[0].isoformat(), "to": span[1].isoformat(), "version": version, **found.to_json()}

    async def comparison(
        self, company: str, first: date | None, last: date | None, before: int, after: int, language: str
    ) -> dict[str, Any]:
        """Raises: NoSuchVersion."""
        changes = await self._flows().difference(company, before, after)
        _, both = await self._counted(company, first, last, before, after)
        rows = [
            {**asdict(each.measure), "before": each.before, "after": each.after, "difference": each.difference}
            for each in compared(*both)
        ]
        return {"before": before, "after": after, "changes": list(words_of(changes, language)), "figures": rows}

    async def publish(
        self,
        company: str,
        actor: str,
        draft: str,
        language: str,
        *,
        share: int | None = None,
        did: str | None = None,
        starts: datetime | None = None,
    ) -> dict[str, Any]:
        """`did`: the id of a number; `starts`: on the company's clock."""
        flows = self._flows()
        known, _, _ = await flows.versions(company, 1)
        if known is None or known.made_at.isoformat() != draft:
            raise DeedRefused("stale", "the draft is another one meanwhile, or was published")
        with store_errors():
            async with self._store.reading() as session:
                values = await load_company(session, company)
        begins = starts and local(values, starts)
        if did is not None and did not in values.dids:
            raise _refused(language, PlanProblem("DID", f"there is none {did!a}", "choose one of those that there are"))
        if begins is not None and begins <= datetime.now(UTC):
            raise _refused(
                language, PlanProblem("time", f"{starts:%Y-%m-%d %H:%M} is over", "choose a time to come, or now")
            )
        published = await flows.publish(company, actor, starts=begins, share=share, did=did, made_at=known.made_at)
        return _told(published, language)

    async def promote(self, company: str, actor: str, version: int, language: str) -> dict[str, Any]:
        flows = await self._meant(company, version)
        return _told(await flows.promote(company, actor), language)

    async def unpublish(self, company: str, actor: str, version: int, language: str) -> dict[str, Any]:
        flows = await self._meant(company, version)
        return _told(await flows.unpublish(company, actor), language)

    async def _meant(self, company: str, version: int) -> Flows:
        """To change what was seen: this version is the newest of those that were not taken back."""
        flows = self._flows()
        _, _, versions = await flows.versions(company)
        standing = (each.publication.version for each in versions if each.publication.withdrawn_at is None)
        if next(standing, None) != version:
            raise DeedRefused("stale", f"version {version} is not the newest any more")
        return flows

    async def _counted(
        self, company: str, first: date | None, last: date | None, *versions: int | None
    ) -> tuple[tuple[datetime, datetime], list[Figures]]:
        with store_errors():
            async with self._counting, self._store.reading() as session:
                zone = ZoneInfo((await load_company(session, company)).time_zone)
                span = days_of(first, last, zone)
                return span, await counted(session, company, *span, versions)


def _refused(language: str, *problems: PlanProblem) -> DeedRefused:
    return DeedRefused("refused", "nothing was changed", {"problems": _problems(problems, language)})


def _problems(problems: Iterable[PlanProblem], language: str) -> list[dict[str, Any]]:
    return problems_json(plan_problem_in(each, language) for each in problems)


def _told(published: Published, language: str) -> dict[str, Any]:
    if published.version is None:
        raise _refused(language, *published.problems)
    return {
        "version": publication_json(published.version),
        "changes": list(words_of(published.changes, language)),
        "problems": _problems(published.problems, language),
    }
