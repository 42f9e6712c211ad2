"""Back to what an earlier generation was made from: its companies saved again, their flows published, then applied.

It is a plan first, made by doing it all in a transaction that is not kept: its identity is that of the plan after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cordboard.desk.switchroom import SwitchRoom
from cordboard.desk.wanted import Sources, Wanted, authors_since, base_revisions, sources_in, state_of
from cordboard.provisioning.changes import Author, Thing
from cordboard.provisioning.errors import PlanRefused
from cordboard.provisioning.plan import Plan
from cordboard.provisioning.problems import PlanProblem
from cordboard.store.company import company_revision, save_company
from cordboard.store.engine import Session
from cordboard.store.errors import NumberTaken, UnknownRevision
from cordboard.store.flow_menus import with_menus_of
from cordboard.store.flows import find_flow, publish_flow
from cordboard.store.records import CompanySecrets
from cordboard.store.revisions import load_revision
from cordboard.store.secrets import company_secrets


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """What going back to generation `target` would change. `staying`: companies that came after it, which stay as they
    are. `secrets`: those that the plan was made with, by company. `is_in_force`: it runs already, and what was saved
    since it was made is taken back."""

    target: int
    plan: Plan
    staying: tuple[str, ...]
    is_in_force: bool = False
    wanted: Wanted = field(repr=False)
    secrets: Mapping[str, CompanySecrets] = field(repr=False)


class NotKept(Exception):
    """Ends a transaction that was but a try."""


class Rollbacks:
    """For one switch."""

    def __init__(self, room: SwitchRoom) -> None:
        self._room = room

    async def look(
        self,
        number: int,
        actor: str,
        *,
        allow_shrink: bool = False,
        secrets: Mapping[str, CompanySecrets] | None = None,
    ) -> Rollback:
        """What going back to generation `number` would change. Changes nothing. Raises PlanRefused when its companies
        cannot be brought back, StoreError, StorageFailed, AmiError."""
        made: tuple[Sources, dict[str, CompanySecrets], dict[Thing, tuple[Author, ...]]] | None = None
        is_in_force = number == self._room.generations.current()
        try:
            async with self._room.store.transaction() as session:
                had = await state_of(session)
                sources, known = await self._bring_back(session, number, actor, secrets or {})
                if is_in_force and await state_of(session) == had:
                    what = "it is in force, and the database holds what it was made from"
                    raise _refused(f"generation {number}", what, "name another one: `cordboard generations` lists them")
                authors = await authors_since(session, sources.revisions, base_revisions(self._room.generations))
                made = sources, known, authors
                raise NotKept
        except NotKept:
            assert made is not None
        sources, known, authors = made
        wanted = await sources.wanted(self._room.desires, self._room.placement)
        async with self._room.asterisk() as manager:
            seen = await self._room.deployer.look(wanted.desired, manager, authors=authors, allow_shrink=allow_shrink)
        staying = tuple(sorted(sources.revisions.keys() - known.keys()))
        return Rollback(
            target=number, plan=seen, staying=staying, is_in_force=is_in_force, wanted=wanted, secrets=known
        )

    async def save(self, rollback: Rollback, actor: str) -> Wanted:
        """Bring the companies back in the database; what it wants from then on. Raises PlanRefused, StoreError."""
        async with self._room.store.transaction() as session:
            sources, _ = await self._bring_back(session, rollback.target, actor, rollback.secrets)
        return await sources.wanted(self._room.desires, self._room.placement)

    async def _bring_back(
        self, session: Session, number: int, actor: str, secrets: Mapping[str, CompanySecrets]
    ) -> tuple[Sources, dict[str, CompanySecrets]]:
        notes = self._room.generations.load(number).notes
        revisions, flows = notes.get("revisions") or {}, notes.get("flows") or {}
        if not revisions:
            raise _refused(f"generation {number}", "it does not say what it was made from", _FILES)
        reason = f"rollback to generation {number}"
        known = {}
        for company, revision in revisions.items():
            given = await _missing(session, company, secrets.get(company) or CompanySecrets())
            try:
                await _restore(session, company, revision, flows.get(company), actor, reason, given)
            except UnknownRevision as unknown:
                raise _refused(f"company {company}", f"{unknown}", _FILES) from unknown
            except NumberTaken as taken:
                raise _refused(
                    f"company {company}", f"{taken.number} is a DID of another company now", "take it out there first"
                ) from taken
            known[company] = await company_secrets(session, company)
        return await sources_in(session), known

    async def undo(self, trial: int, base: int, actor: str) -> tuple[str, ...]:
        """After generation `trial` was taken back: the companies as they were in `base`, menus and skills included, for
        these are answered from the database. Those that somebody saved since the trial are left as they are. The
        companies brought back. Raises StoreError, StorageFailed."""
        tried, before = (self._room.generations.load(number).notes for number in (trial, base))
        had, flows = before.get("revisions") or {}, before.get("flows") or {}
        back = []
        async with self._room.store.transaction() as session:
            for company, revision in (tried.get("revisions") or {}).items():
                if company not in had or revision == had[company]:
                    continue
                if await company_revision(session, company) == revision:
                    reason = f"generation {trial} was not confirmed"
                    await _restore(session, company, had[company], flows.get(company), actor, reason, None)
                    back.append(company)
        return tuple(back)


async def _restore(
    session: Session,
    company: str,
    revision: int,
    flow_version: int | None,
    actor: str,
    reason: str,
    secrets: CompanySecrets | None,
) -> None:
    """Save a revision of a company again and publish the flow it had. Raises UnknownRevision, NumberTaken."""
    from cordboard.documents.flow import flow_of  # loads the whole company file, for this deed alone

    brought = await load_revision(session, company, revision)
    flow = None if flow_version is None else await find_flow(session, company, flow_version)
    if flow is not None and flow.revision != revision:
        brought = await with_menus_of(session, brought, flow)
    await save_company(session, brought, actor, reason=reason, secrets=secrets, revive=True)
    document = flow.document if flow else flow_of(brought, datetime.now(UTC).date()).to_json()
    await publish_flow(session, company, document, actor)


async def _missing(session: Session, company: str, seen: CompanySecrets) -> CompanySecrets:
    """Of the secrets that a plan was made with, those of whoever has none now. Others may have been replaced since,
    because they were stolen: then the plan is stale."""
    live = (await company_secrets(session, company)).sorts()
    return CompanySecrets(
        **{
            sort: {owner: secret for owner, secret in each.items() if owner not in live[sort]}
            for sort, each in seen.sorts().items()
        }
    )


_FILES = "`cordboard rollback N --files` puts its files back as they were"


def _refused(where: str, what: str, cure: str) -> PlanRefused:
    return PlanRefused([PlanProblem(where, what, cure)])
