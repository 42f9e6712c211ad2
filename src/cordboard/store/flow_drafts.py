"""The draft of a company's menus: one at a time, which no call enters."""

from sqlalchemy import delete, insert, select

from cordboard.store.engine import Session
from cordboard.store.fetch import first
from cordboard.store.flows import MAIN
from cordboard.store.records import FlowDraft
from cordboard.store.tables import FlowDraft as FlowDraftRow
from cordboard.store.tables import table_of


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


async def drop_draft(session: Session, company: str, name: str = MAIN) -> None:
    await session.execute(delete(table_of(FlowDraftRow)).filter_by(company=company, name=name))
