"""Companies: saved whole in one transaction, loaded whole, with the secrets that are made for them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from pydantic import SecretStr
from sqlalchemy import Table, bindparam, delete, insert, select, update

from cordboard.store import tables
from cordboard.store.audit import record_audit
from cordboard.store.comment_rows import Columns
from cordboard.store.engine import Session
from cordboard.store.errors import NumberTaken, RevisionConflict, UnknownCompany
from cordboard.store.fetch import every, first
from cordboard.store.records import AuditEntry, CompanyEntry, CompanySecrets, Revision, RevisionEntry, Touched
from cordboard.store.revisions import COMPANY, KINDS, keep_revision, touched_by
from cordboard.store.rows import TABLES, company_of, rows_of
from cordboard.store.secrets import NO_SECRETS, SIP, differing_secrets, keep_secrets, secrets_in
from cordboard.store.tables import table_of
from cordboard.store.values import Company


async def save_company(
    session: Session,
    company: Company,
    actor: str,
    expected: int | None = None,
    *,
    reason: str = "",
    secrets: CompanySecrets | None = None,
    revive: bool = False,
) -> Revision:
    """Make the database hold exactly this company: what is new is added, what differs changed, what is gone deleted,
    all by id; nothing else is touched. If anything differed, the revision goes up by one and is kept whole, with an
    audit line.

    Secrets are made for the endpoints, boxes and conferences seen for the first time, kept for the others.
    `secrets` are taken instead, in place of those that are there too (those of nobody are left). The secret of what is
    gone is retired for 90 days: what comes back within a day, or with `revive`, gets it again, otherwise a new one.
    `expected` is the revision that the caller's picture came from (0: no such company yet).
    Raises: RevisionConflict, NumberTaken."""
    given = secrets or NO_SECRETS
    head = (await session.execute(select(table_of(tables.Company)).filter_by(id=company.id).with_for_update())).first()
    found = head.revision if head else 0
    if expected is not None and expected != found:
        raise RevisionConflict(company.id, expected, found)
    await _refuse_taken_numbers(session, company)

    columns = {name: getattr(company, name) for name in ("id", "name", "language", "country", "time_zone")}
    is_head_new = not head or any(columns[name] != getattr(head, name) for name in columns)
    touched = {Touched(kind=COMPANY, id=company.id)} if is_head_new else set()
    touched |= await differing_secrets(session, company, given)
    added = changed = removed = 0
    rows = rows_of(company)
    noted: set[Touched] = set()
    for table, of_table in rows.items():
        difference = await _save_rows(session, table_of(table), company.id, of_table)
        touches = {touch for of in difference for touch in touched_by(table, of)}
        touched |= touches
        if table is tables.CompanyComment:
            noted = touches
            continue
        added, changed, removed = (
            count + len(of) for count, of in zip((added, changed, removed), difference, strict=True)
        )
    if not touched:
        return Revision(company=company.id, number=found, has_changed=False)

    now = datetime.now(UTC)
    number = found + 1
    if head:
        await session.execute(
            update(table_of(tables.Company))
            .filter_by(id=company.id)
            .values(columns | {"revision": number, "saved_at": now})
        )
    else:
        await session.execute(insert(table_of(tables.Company)).values(columns | {"revision": number, "saved_at": now}))
    entry = RevisionEntry(
        company=company.id, number=number, by=actor, at=now, reason=reason, touched=_in_order(touched)
    )
    await keep_revision(session, entry, columns, rows)
    await keep_secrets(session, company, given, revive, now)
    await _forget_logins(session, company)
    detail = f"revision {number}: {added} added, {changed} changed, {removed} removed"
    comments = tuple(sorted(touch.id for touch in noted))
    if comments:
        detail += f", comments at {len(comments)} {'place' if len(comments) == 1 else 'places'}"
    await record_audit(
        session,
        AuditEntry(
            at=now,
            actor=actor,
            action="company.save",
            object=company.id,
            detail=f"{detail} ({reason})" if reason else detail,
            company=company.id,
        ),
    )
    return Revision(
        company=company.id,
        number=number,
        has_changed=True,
        added=added,
        changed=changed,
        removed=removed,
        comments=comments,
        is_commented_alone=touched == noted,
    )


async def load_company(session: Session, company: str) -> Company:
    """Raises: UnknownCompany."""
    head = await first(session, select(table_of(tables.Company)).filter_by(id=company))
    if head is None:
        raise UnknownCompany(company)
    rows = {row: await every(session, select(table_of(row)).filter_by(company=company)) for row in TABLES}
    return company_of(head, rows)


async def list_companies(session: Session) -> tuple[CompanyEntry, ...]:
    """All companies in the order of their ids."""
    table = table_of(tables.Company)
    query = select(table.c.id, table.c.name, table.c.revision, table.c.saved_at).order_by(table.c.id)
    return tuple(CompanyEntry(**row) for row in await every(session, query))


async def company_revision(session: Session, company: str) -> int:
    """The number of the company's last save: while it stays, `load_company` gives the same. 0: no such company."""
    found = await session.execute(select(table_of(tables.Company).c.revision).filter_by(id=company))
    return found.scalar() or 0


async def sip_secrets(session: Session, company: str) -> Mapping[str, SecretStr]:
    """The SIP password of every endpoint, by the id of the person or phone."""
    return await secrets_in(session, SIP, company)


class _Difference(NamedTuple):
    added: list[Columns]
    changed: list[Columns]
    removed: list[Columns]


async def _save_rows(session: Session, table: Table, company: str, rows: Iterable[Columns]) -> _Difference:
    """Make the company's rows of a table these."""
    keys = [column.name for column in table.primary_key]
    wanted = {tuple(row[key] for key in keys): row for row in rows}
    found = {
        tuple(row[key] for key in keys): row for row in await every(session, select(table).filter_by(company=company))
    }
    added = [row for key, row in wanted.items() if key not in found]
    changed = [row for key, row in wanted.items() if key in found and row != found[key]]
    removed = [row for key, row in found.items() if key not in wanted]
    match = [table.c[key] == bindparam(f"key_{key}") for key in keys]

    def matched(rows: list[Columns]) -> list[Columns]:
        return [{f"key_{key}": row[key] for key in keys} for row in rows]

    if any(column.unique for column in table.columns):
        # Two rows may exchange a unique value: both are taken out before they are put back.
        gone, put, updated = removed + changed, added + changed, list[Columns]()
    else:
        gone, put, updated = removed, added, changed
    if gone:
        await session.execute(delete(table).where(*match), matched(gone))
    if updated:
        await session.execute(
            update(table).where(*match), [row | key for row, key in zip(updated, matched(updated), strict=True)]
        )
    if put:
        await session.execute(insert(table), put)
    return _Difference(added, changed, removed)


async def _refuse_taken_numbers(session: Session, company: Company) -> None:
    table = table_of(tables.Did)
    others = await session.execute(select(table.c.number, table.c.company).where(table.c.company != company.id))
    owners = {row.number: row.company for row in others}
    for did in company.dids.values():
        if did.number in owners:
            raise NumberTaken(did.number, owners[did.number])


def _in_order(touched: Iterable[Touched]) -> tuple[Touched, ...]:
    kinds = [COMPANY, *dict.fromkeys(KINDS.values())]
    return tuple(sorted(touched, key=lambda touch: (kinds.index(touch.kind), touch.id)))


async def _forget_logins(session: Session, company: Company) -> None:
    """Nobody stays logged in on a phone that is gone. (A person who is gone takes the log-in along.)"""
    table = table_of(tables.AgentLogin)
    found = await session.execute(select(table.c.person, table.c.endpoint).filter_by(company=company.id))
    phones = {item.id for item in company.endpoints()}
    for row in found.all():
        if row.endpoint not in phones:
            await session.execute(delete(table).filter_by(company=company.id, person=row.person))
