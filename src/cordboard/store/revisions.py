"""Revisions of companies: every save is kept whole, with who, when, why, and what it touched.

Kept packed: the columns of each table once, then its rows, as compressed JSON. A column that came with a later version
is missing in what was packed before; the value's own default stands for it.
"""

import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import insert, select

from cordboard.store import tables
from cordboard.store.comment_rows import Columns, about
from cordboard.store.engine import Session
from cordboard.store.errors import UnknownRevision
from cordboard.store.fetch import every
from cordboard.store.records import RevisionEntry, Touched
from cordboard.store.rows import TABLES, Rows, company_of
from cordboard.store.tables import CompanyRevision, table_of
from cordboard.store.values import Company

KINDS: Mapping[type[tables.Row], str] = {
    tables.Site: "site",
    tables.Skill: "skill",
    tables.Person: "person",
    tables.PersonSkill: "person",
    tables.Phone: "phone",
    tables.Hours: "hours",
    tables.Prompt: "prompt",
    tables.Message: "message",
    tables.VoicemailBox: "voicemail",
    tables.Conference: "conference",
    tables.PauseReason: "pause",
    tables.Queue: "queue",
    tables.Menu: "menu",
    tables.Step: "step",
    tables.Did: "did",
    tables.Trunk: "trunk",
    tables.Outgoing: "outgoing",
    tables.Dialling: "dialling",
    tables.BlockedNumber: "blocked",
    tables.CompanyComment: "comment",
}
"""What a row of each table is a part of."""

COMPANY = "company"


async def keep_revision(session: Session, entry: RevisionEntry, head: Columns, rows: Rows) -> None:
    """`head` holds the company's own columns, `rows` the rest of it."""
    touched: dict[str, list[str]] = {}
    for one in entry.touched:
        touched.setdefault(one.kind, []).append(one.id)
    await session.execute(
        insert(table_of(CompanyRevision)).values(
            company=entry.company,
            number=entry.number,
            by=entry.by,
            at=entry.at,
            reason=entry.reason,
            touched=touched,
            content=_packed(head, rows),
        )
    )


async def load_revision(session: Session, company: str, number: int) -> Company:
    """The company as that save left it. Raises: UnknownRevision."""
    row = table_of(CompanyRevision)
    content = (await session.execute(select(row.c.content).filter_by(company=company, number=number))).scalar()
    if content is None:
        raise UnknownRevision(company, number)
    return company_of(*_unpacked(content, company))


async def list_revisions(
    session: Session, company: str, *, after: int = 0, upto: int | None = None
) -> tuple[RevisionEntry, ...]:
    """The saves numbered above `after` and up to `upto`, both as they were kept; the oldest first."""
    row = table_of(CompanyRevision)
    query = select(*(column for column in row.c if column.name != "content")).order_by(row.c.number)
    query = query.where(row.c.company == company, row.c.number > after)
    if upto is not None:
        query = query.where(row.c.number <= upto)
    return tuple(
        RevisionEntry(
            **found
            | {"touched": tuple(Touched(kind=kind, id=each) for kind, ids in found["touched"].items() for each in ids)}
        )
        for found in await every(session, query)
    )


def touched_by(table: type[tables.Row], rows: Iterable[Columns]) -> set[Touched]:
    """What these rows are a part of."""
    return {Touched(kind=KINDS[table], id=_id_of(table, row)) for row in rows}


def _id_of(table: type[tables.Row], row: Columns) -> str:
    if table is tables.BlockedNumber:
        return f"{row['number']}..." if row["is_prefix"] else str(row["number"])
    if table is tables.Dialling:
        return str(row["company"])
    if table is tables.CompanyComment:
        return about(row)
    return str(row["person" if table is tables.PersonSkill else "id"])


def _packed(head: Columns, rows: Rows) -> bytes:
    content = {
        "head": head,
        "rows": {str(table.__tablename__): _without_names(rows[table]) for table in TABLES if rows[table]},
    }
    return zlib.compress(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())


def _without_names(rows: list[Columns]) -> dict[str, Any]:
    columns = [column for column in rows[0] if column != "company"]
    return {"columns": columns, "values": [[row[column] for column in columns] for row in rows]}


def _unpacked(content: bytes, company: str) -> tuple[Columns, Rows]:
    unpacked = json.loads(zlib.decompress(content))
    kept: dict[str, Any] = unpacked["rows"]
    return unpacked["head"], {
        table: [
            {"company": company} | dict(zip(of["columns"], values, strict=True))
            for of in [kept.get(str(table.__tablename__), {"columns": [], "values": []})]
            for values in of["values"]
        ]
        for table in TABLES
    }
