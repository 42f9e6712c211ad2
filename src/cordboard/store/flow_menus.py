"""The menus of a company by version: those that a version was made of, put into the company as it is."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from cordboard.store.company import load_company
from cordboard.store.engine import Session
from cordboard.store.errors import UnknownRevision
from cordboard.store.flows import current_flow, flows_met
from cordboard.store.records import FlowVersion, Publication
from cordboard.store.revisions import load_revision
from cordboard.store.values import Comments, Company

SECTIONS = ("hours", "prompts", "menus", "steps")
"""What of a company is a flow's alone. Where the callers of each number begin is the rest of it."""
_NOTED = {(section,) for section in (*SECTIONS, "dids")}


def with_flow_of(company: Company, source: Company) -> Company:
    """The company with the menus of `source`, and what is noted there. A number that `source` does not have leads where
    it led."""
    dids = {
        did.id: replace(did, open=given.open, hours=given.hours, closed=given.closed)
        if (given := source.dids.get(did.id))
        else did
        for did in company.dids.values()
    }
    shared = {did.number for did in dids.values() if did.id in source.dids}
    sections = {section: getattr(source, section) for section in SECTIONS}
    return replace(company, dids=dids, comments=_comments(company, source, shared), **sections)


def _comments(company: Company, source: Company, numbers: Collection[str]) -> Comments:
    """`numbers`: those whose callers begin where those of `source` do."""

    def is_of_flow(path: tuple[str, ...]) -> bool:
        return path[:1] in _NOTED and (path[0] in SECTIONS or len(path) == 1 or path[1] in numbers)

    kept = {path: comment for path, comment in company.comments.items() if not is_of_flow(path)}
    return kept | {path: comment for path, comment in source.comments.items() if is_of_flow(path)}


async def company_met(session: Session, company: str, at: datetime | None = None) -> tuple[Company, FlowVersion | None]:
    """The company as it is stored, but with the menus that every call enters, now unless `at` is said, and their
    version. What waits or is on trial is stored already. Raises: UnknownCompany."""
    values, current = await load_company(session, company), await current_flow(session, company, at=at)
    newest = next(iter(await flows_met(session, company, at=at)), None)
    if current is None or newest is None or newest.version == current.version:
        return values, current
    return await with_menus_of(session, values, current), current


async def with_menus_of(session: Session, company: Company, version: Publication) -> Company:
    """The company with the menus that a version was made of; as it is where that is not known any more."""
    if version.revision is None:
        return company
    try:
        return with_flow_of(company, await load_revision(session, company.id, version.revision))
    except UnknownRevision:
        return company
