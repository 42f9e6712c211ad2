"""Rows as dictionaries: the shapes in which queries read."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Select, Table, tuple_

from cordboard.store.engine import Session

Key = tuple[str, str]
"""What tells calls apart: the switch, and the uniqueid there."""
MOST_IN_ONE_QUESTION = 500  # a database takes so many keys in one statement and more


async def first(session: Session, query: Select[Any]) -> dict[str, Any] | None:
    """The first row, if there is one."""
    row = (await session.execute(query)).mappings().first()
    return dict(row) if row is not None else None


async def every(session: Session, query: Select[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in (await session.execute(query)).mappings()]


async def every_of(
    session: Session, query: Select[Any], table: Table, keys: Sequence[Key]
) -> AsyncIterator[dict[str, Any]]:
    """The rows with these keys."""
    key = tuple_(table.c.node, table.c.uniqueid)
    for start in range(0, len(keys), MOST_IN_ONE_QUESTION):
        for row in await every(session, query.where(key.in_(keys[start : start + MOST_IN_ONE_QUESTION]))):
            yield row
