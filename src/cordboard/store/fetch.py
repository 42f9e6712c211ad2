"""Rows as dictionaries: the two shapes in which queries read."""

from typing import Any

from sqlalchemy import Select

from cordboard.store.engine import Session


async def first(session: Session, query: Select[Any]) -> dict[str, Any] | None:
    """The first row, if there is one."""
    row = (await session.execute(query)).mappings().first()
    return dict(row) if row is not None else None


async def every(session: Session, query: Select[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in (await session.execute(query)).mappings()]
