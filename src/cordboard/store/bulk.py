"""Many rows at once: one statement, and of each row a plain tuple.

History is written in the process that follows every event: what SQLAlchemy does for each row and column of a statement
of its own would cost more than the database itself.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any

from sqlalchemy import JSON, Column, Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite

from cordboard.store.engine import Session

Bind = Callable[[Any], Any]
_AS_JSON = json.JSONEncoder(separators=(",", ":")).encode


class Bulk:
    """Adds records, whose attributes are the columns, to a table. One whose key is there already is brought up to date,
    or (`keeps`) left as it is."""

    def __init__(self, table: Table, *, keeps: bool = False) -> None:
        self._table = table
        self._keeps = keeps
        self._values: Callable[[Any], tuple[Any, ...]] = attrgetter(*table.columns.keys())
        self._prepared: dict[str, tuple[str, list[tuple[int, Bind]]]] = {}

    async def write(self, session: Session, records: Iterable[object]) -> None:
        connection = await session.connection()
        dialect = connection.dialect
        if dialect.name not in self._prepared:
            self._prepared[dialect.name] = self._prepare(dialect)
        statement, binds = self._prepared[dialect.name]
        rows = []
        for record in records:
            row = list(self._values(record))
            for place, bind in binds:
                row[place] = bind(row[place])
            rows.append(tuple(row))
        if rows:
            await connection.exec_driver_sql(statement, rows)

    def _prepare(self, dialect: Dialect) -> tuple[str, list[tuple[int, Bind]]]:
        """The statement in this database's own words, and what must be done to which values for its driver."""
        columns = list(self._table.columns)
        keys = list(self._table.primary_key)
        statement = (postgresql if dialect.name == "postgresql" else sqlite).insert(self._table)
        if self._keeps:
            statement = statement.on_conflict_do_nothing(index_elements=keys)
        else:
            changed = {column.name: statement.excluded[column.name] for column in columns if column not in set(keys)}
            statement = statement.on_conflict_do_update(index_elements=keys, set_=changed)
        compiled = statement.compile(dialect=dialect, column_keys=[column.name for column in columns])
        binds = [(place, bind) for place, column in enumerate(columns) if (bind := _bind(column, dialect))]
        return str(compiled), binds


def _bind(column: Column[Any], dialect: Dialect) -> Bind | None:
    if isinstance(column.type, JSON):
        return _json
    return column.type.dialect_impl(dialect).bind_processor(dialect)


def _json(value: Mapping[str, Any]) -> str:
    return _AS_JSON(value if type(value) is dict else dict(value))
