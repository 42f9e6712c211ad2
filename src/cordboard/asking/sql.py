"""Asks one database: one query that the settings say, for its first row."""

from __future__ import annotations

from agi.flow.lookup import Untrue
from agi.ports import Notice, Question
from cordboard.asking.connections import Sql
from cordboard.asking.errors import Unanswered, Unasked
from cordboard.store.errors import StoreError, ValueRefused
from cordboard.store.foreign import ForeignDatabase


class SqlSource:
    def __init__(self, connection: Sql) -> None:
        self._connection = connection
        self._database = ForeignDatabase(connection.database, connection.at_once)

    async def ask(self, question: Question) -> object:
        """The first row; None: there is none. Raises Unanswered, Untrue."""
        values = {name: question.values[name] for name in self._connection.needed}
        try:
            return await self._database.first_row(self._connection.query, values)
        except ValueRefused as error:
            raise Untrue("refuses a value") from error
        except StoreError as error:
            raise Unanswered(type(error).__name__) from error

    async def tell(self, notice: Notice) -> None:
        """Raises Unasked."""
        raise Unasked("a database is only read")

    async def close(self) -> None:
        await self._database.close()
