"""Which daemon serves a switch: one row a switch, taken and kept by comparing what stands in it.

Nobody's clock is believed: who lives counts his beats up, and who wants to follow him sees whether they go on.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update

from cordboard.store.engine import Session, Store
from cordboard.store.errors import Conflict
from cordboard.store.fetch import first
from cordboard.store.tables import Tenure as Row
from cordboard.store.tables import table_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    """Who serves a switch. `holder` is a name that no two daemons have, "" if nobody serves it. `kernel`, `process` and
    `lock` are what tells on the same machine whether he lives: the machine's running kernel, his process, the lock of
    his home. `left_over` names the last file of left-overs that was taken in."""

    node: str
    holder: str
    host: str
    pid: int
    home: str
    since: datetime
    beats: int = 0
    kernel: str
    process: str
    lock: str
    left_over: str = ""


async def find_tenure(store: Store, node: str) -> Tenure | None:
    """Raises: StoreUnavailable."""
    row = table_of(Row)
    async with store.reading() as session:
        found = await first(session, row.select().where(row.c.node == node))
    return Tenure(**found) if found else None


async def take_tenure(store: Store, tenure: Tenure, before: Tenure | None) -> bool:
    """Serve the switch instead of `before`, unless something has happened to that tenure since it was seen. Raises:
    StoreUnavailable."""
    row = table_of(Row)
    try:
        async with store.transaction() as session:
            if before is None:
                await session.execute(insert(row).values(asdict(tenure)))
                return True
            is_as_seen = row.c.holder == before.holder, row.c.beats == before.beats
            values = _without(asdict(tenure), "node", "left_over")
            return await _change(session, row.c.node == tenure.node, *is_as_seen, **values)
    except Conflict:  # somebody else was first
        return False


async def keep_tenure(store: Store, tenure: Tenure, patience: float | None = None) -> bool:
    """One beat more; False when the switch is served by somebody else. Raises: StoreUnavailable."""
    row = table_of(Row)
    async with store.transaction(patience) as session:
        return await _change(session, *_ours(tenure), beats=row.c.beats + 1)


async def end_tenure(store: Store, tenure: Tenure, patience: float | None = None) -> None:
    """Nobody serves the switch from now on, if it is served by this one. Raises: StoreUnavailable."""
    async with store.transaction(patience) as session:
        await _change(session, *_ours(tenure), holder="")


async def note_left_over(session: Session, node: str, name: str) -> bool:
    """Say that this file of left-overs is taken in; False if it was before."""
    row = table_of(Row)
    return await _change(session, row.c.node == node, row.c.left_over != name, left_over=name)


def _ours(tenure: Tenure) -> tuple[Any, Any]:
    row = table_of(Row)
    return row.c.node == tenure.node, row.c.holder == tenure.holder


async def _change(session: Session, *where: Any, **values: Any) -> bool:
    done = await session.execute(update(table_of(Row)).where(*where).values(**values))
    return bool(getattr(done, "rowcount", 0))


def _without(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}
