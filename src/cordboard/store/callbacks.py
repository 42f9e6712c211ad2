"""Callers who asked to be called back: one row each, from the request until what became of it.

Whoever changes a row says what he saw of it before, and changes nothing if it is otherwise by now: so no two ever call
the same caller. A number stands in one request at a time, whichever queue it asked.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, func, insert, select, update

from cordboard.store.engine import Session
from cordboard.store.fetch import every, first
from cordboard.store.tables import Callback as Row
from cordboard.store.tables import table_of


class CallbackState(StrEnum):
    WAITING = "waiting"
    """For his turn, or for the next attempt."""
    PLACED = "placed"
    """He stands in the queue, or is being called."""
    DONE = "done"
    GIVEN_UP = "given_up"
    CANCELLED = "cancelled"


OPEN = (CallbackState.WAITING, CallbackState.PLACED)
TOO_LATE = "too_late"
"""Result: its time was over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """Who is to be called back, and how far that is.

    `call` is the uniqueid of the call in which it was asked for, on `node`; `placed_as` that of the call that stands in
    for it in the queue, or did so last, and `placings` counts these. `attempts` are those in which the customer was
    dialled: `tries` at most, `pause` seconds between two, none after `expires`. `due`: not before. `result` is what
    came of the last one. `wants`: what is wanted of the queue, as routes have it. `outgoing` and `hours` are ids of the
    company file. `changes` counts what happened to the row.
    """

    id: int = 0
    company: str
    node: str
    call: str
    did: str
    queue: str
    number: str
    language: str
    wants: str = ""
    outgoing: str
    hours: str
    tries: int
    pause: int
    asked: datetime
    expires: datetime
    state: CallbackState = CallbackState.WAITING
    due: datetime
    attempts: int = 0
    placings: int = 0
    placed: datetime | None = None
    placed_as: str = ""
    result: str = ""
    ended: datetime | None = None
    changes: int = 0

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


async def add_callback(session: Session, wanted: Callback) -> int:
    """Its id. Raises: Conflict when the number is in an open request already."""
    values = {name: value for name, value in asdict(wanted).items() if name != "id"}
    return int((await session.execute(insert(table_of(Row)).values(values).returning(table_of(Row).c.id))).scalar_one())


async def open_callback_to(session: Session, company: str, number: str) -> Callback | None:
    """The open request of this number, if there is one."""
    row = table_of(Row)
    query = select(row).where(row.c.company == company, row.c.number == number, row.c.state.in_(OPEN))
    found = await first(session, query)
    return _value(found) if found else None


async def count_open_callbacks(session: Session, company: str, queue: str) -> int:
    row = table_of(Row)
    query = select(func.count()).where(row.c.company == company, row.c.queue == queue, row.c.state.in_(OPEN))
    return int((await session.execute(query)).scalar_one())


async def count_callbacks_to(session: Session, company: str, number: str, since: datetime) -> int:
    """How often this number was asked for since then, whatever became of it."""
    row = table_of(Row)
    query = select(func.count()).where(row.c.company == company, row.c.number == number, row.c.asked > since)
    return int((await session.execute(query)).scalar_one())


async def find_callback(session: Session, company: str, number: int) -> Callback | None:
    """The request with this id."""
    row = table_of(Row)
    found = await first(session, select(row).where(row.c.company == company, row.c.id == number))
    return _value(found) if found else None


async def callbacks_of_node(session: Session, node: str) -> tuple[Callback, ...]:
    """What is open on a switch, and what was cancelled while somebody stood in for it there: first asked first."""
    row = table_of(Row)
    is_up = (row.c.state == CallbackState.CANCELLED) & (row.c.placed.is_not(None))
    query = select(row).where(row.c.node == node, row.c.state.in_(OPEN) | is_up)
    return tuple(map(_value, await every(session, query.order_by(row.c.asked, row.c.id))))


async def list_callbacks(
    session: Session, company: str, *, states: Collection[CallbackState] | None = None, limit: int = 200
) -> tuple[Callback, ...]:
    """The latest requests first; those in these states alone, if some are named."""
    row = table_of(Row)
    query = select(row).where(row.c.company == company).order_by(row.c.asked.desc(), row.c.id.desc()).limit(limit)
    if states is not None:
        query = query.where(row.c.state.in_(list(states)))
    return tuple(map(_value, await every(session, query)))


async def delete_callbacks_over(session: Session, company: str, before: datetime) -> tuple[Callback, ...]:
    """Forget the requests that were over before this moment; which they were. One is kept while somebody stands in for
    it on a switch, whatever became of it."""
    row = table_of(Row)
    where = row.c.company == company, row.c.state.not_in(OPEN), row.c.ended < before, row.c.placed.is_(None)
    gone = await session.execute(delete(row).where(*where).returning(*row.c))
    return tuple(sorted((_value(dict(each)) for each in gone.mappings()), key=lambda each: each.id))


async def change_callback(session: Session, before: Callback, after: Callback) -> Callback | None:
    """What it is then; None: something happened to it since it was seen, and nothing was changed."""
    row = table_of(Row)
    after = replace(after, changes=before.changes + 1)
    values = {name: value for name, value in asdict(after).items() if name != "id"}
    where = row.c.id == before.id, row.c.changes == before.changes
    done = await session.execute(update(row).where(*where).values(values).returning(row.c.id))
    return after if done.first() is not None else None


def _value(row: dict[str, object]) -> Callback:
    return Callback(**{**row, "state": CallbackState(str(row["state"]))})  # type: ignore[arg-type]  # as columns are
