"""The versions of a company's menus as a list: what each is to the calls that come in now, and what it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from cordboard.journal.tally import Tally
from cordboard.provisioning.changes import Change
from cordboard.provisioning.menus import menu_changes, words_of
from cordboard.provisioning.sources import Tenant, flow_in
from cordboard.store.company import load_company
from cordboard.store.engine import Session
from cordboard.store.errors import UnknownVersion
from cordboard.store.flow_menus import with_menus_of
from cordboard.store.flows import list_flows, load_flow
from cordboard.store.records import FlowDraft, Publication
from cordboard.store.values import Company


class State(StrEnum):
    """What a version is to the calls that come in now."""

    WAITING = "waiting"
    ON_TRIAL = "on trial"
    IN_FORCE = "in force"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Version:
    """One of a list. `changes`: against `before`, the version whose place it took; None where that is not known."""

    publication: Publication
    state: State
    before: int | None = None
    changes: tuple[Change, ...] | None = None


async def listed_versions(session: Session, company: str, now: datetime, limit: int) -> list[Version]:
    """The newest `limit` of those that are kept, the newest first. Raises: UnknownCompany."""
    present, known = await load_company(session, company), await list_flows(session, company)
    states, tenants = _states(known, now), dict[int, Tenant | None]()

    async def tenant(version: int) -> Tenant | None:
        if version not in tenants:
            try:
                tenants[version] = await tenant_of(session, present, version)
            except UnknownVersion:
                tenants[version] = None
        return tenants[version]

    found = []
    for each in known[:limit]:
        before = _before(each, known)
        had = await tenant(before.version) if before else None
        has = await tenant(each.version)
        changes = menu_changes(had, has) if had and has else None
        found.append(Version(each, states[each.version], before.version if before else None, changes))
    return found


async def tenant_of(session: Session, present: Company, version: int) -> Tenant:
    """The company as it is, with the menus of this version. Raises: UnknownVersion."""
    found = await load_flow(session, present.id, version)
    flow, company = flow_in(found), await with_menus_of(session, present, found)
    return Tenant(company=company, flow=flow, flow_version=version, sip_secrets={})


def _states(known: Sequence[Publication], now: datetime) -> dict[int, State]:
    states: dict[int, State] = {}
    for each in known:
        if each.withdrawn_at is not None:
            states[each.version] = State.WITHDRAWN
        elif not each.is_due(now):
            states[each.version] = State.WAITING
        elif each.is_on_trial:
            states[each.version] = State.ON_TRIAL
        else:
            states[each.version] = State.SUPERSEDED if State.IN_FORCE in states.values() else State.IN_FORCE
    return states


def _before(version: Publication, known: Sequence[Publication]) -> Publication | None:
    """The version that was the newest when this one was published."""
    for each in known:
        is_gone = each.withdrawn_at is not None and each.withdrawn_at <= version.published_at
        if each.version < version.version and not is_gone:
            return each
    return None


# --- as programs and pages are told -----------------------------------------------------------------------------------


def draft_json(draft: FlowDraft) -> dict[str, Any]:
    return {"by": draft.by, "made_at": draft.made_at.isoformat(), "is_checked": draft.checked_at is not None}


def publication_json(version: Publication) -> dict[str, Any]:
    told = asdict(version)
    told.pop("document", None)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in told.items()}


def drafted_json(draft: FlowDraft, changes: Sequence[Change] | None, language: str) -> dict[str, Any]:
    """`changes`: what it would change; None: nobody knows."""
    return {**draft_json(draft), "changes": _changes_json(changes, language)}


def _changes_json(changes: Sequence[Change] | None, language: str) -> list[str] | None:
    return None if changes is None else list(words_of(changes, language))


def version_json(version: Version, tally: Tally | None, language: str) -> dict[str, Any]:
    calls = None if tally is None else asdict(tally)
    told = {"state": str(version.state), "changes": _changes_json(version.changes, language), "calls": calls}
    return {**publication_json(version.publication), **told}
