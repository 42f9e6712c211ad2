"""The draft of a company's menus: one at a time, which no call enters; and the one that was published last."""

from dataclasses import replace

from sqlalchemy import delete, insert, select

from cordboard.store.engine import Session
from cordboard.store.fetch import first
from cordboard.store.flows import MAIN
from cordboard.store.records import FlowDraft
from cordboard.store.tables import Company, table_of
from cordboard.store.tables import FlowDraft as FlowDraftRow

PUBLISHED = "published"
"""What the draft is called that the newest version was made of: its text has what a version has not, its tests."""


async def wait_for_turn(session: Session, company: str) -> None:
    """Whoever else drafts or publishes menus of this company is waited for, and waits until this transaction ends."""
    row = table_of(Company)
    await session.execute(select(row.c.id).filter_by(id=company).with_for_update())


async def keep_draft(session: Session, draft: FlowDraft) -> None:
    """In place of the one that is there."""
    await drop_draft(session, draft.company, draft.name)
    await session.execute(
        insert(table_of(FlowDraftRow)).values(
            company=draft.company,
            name=draft.name,
            text=draft.text,
            by=draft.by,
            base=draft.base,
            made_at=draft.made_at,
            checked_at=draft.checked_at,
        )
    )


async def find_draft(session: Session, company: str, name: str = MAIN) -> FlowDraft | None:
    row = await first(session, select(table_of(FlowDraftRow)).filter_by(company=company, name=name))
    return FlowDraft(**row) if row else None


async def publish_draft(session: Session, draft: FlowDraft, version: int) -> None:
    """It is no draft any more, but what this version was made of."""
    await drop_draft(session, draft.company, draft.name)
    await keep_draft(session, replace(draft, name=PUBLISHED, base=version))


async def find_published(session: Session, company: str, version: int) -> FlowDraft | None:
    """What this version was made of, if it was made of the draft that was published last."""
    found = await find_draft(session, company, PUBLISHED)
    return found if found is not None and found.base == version else None


async def drop_draft(session: Session, company: str, name: str = MAIN) -> None:
    await session.execute(delete(table_of(FlowDraftRow)).filter_by(company=company, name=name))
