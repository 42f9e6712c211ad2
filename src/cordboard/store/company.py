"""Companies: saved whole in one transaction, loaded whole, with the secrets that are made for them."""

from collections.abc import Callable, Iterable, Mapping, Set
from datetime import UTC, datetime

from pydantic import SecretStr
from sqlalchemy import Table, bindparam, delete, insert, select, update

from cordboard.store import tables
from cordboard.store.audit import record_audit
from cordboard.store.credentials import new_pin, new_secret
from cordboard.store.engine import Session
from cordboard.store.errors import NumberTaken, RevisionConflict, UnknownCompany
from cordboard.store.fetch import every, first
from cordboard.store.records import AuditEntry, CompanyEntry, Revision
from cordboard.store.rows import TABLES, Columns, company_of, rows_of
from cordboard.store.tables import table_of
from cordboard.store.values import Company


async def save_company(session: Session, company: Company, actor: str, expected: int | None = None) -> Revision:
    """Make the database hold exactly this company: what is new is added, what differs changed, what is gone deleted,
    all by id; nothing else is touched. The revision goes up by one, with an audit line, if anything differed.

    SIP secrets and voicemail PINs are made for endpoints and boxes seen for the first time, kept for the others.
    `expected` is the revision that the caller's picture came from (0: no such company yet).
    Raises: RevisionConflict, NumberTaken."""
    head = (await session.execute(select(table_of(tables.Company)).filter_by(id=company.id).with_for_update())).first()
    found = head.revision if head else 0
    if expected is not None and expected != found:
        raise RevisionConflict(company.id, expected, found)
    await _refuse_taken_numbers(session, company)

    columns = {name: getattr(company, name) for name in ("id", "name", "language", "country", "time_zone")}
    is_head_new = not head or any(columns[name] != getattr(head, name) for name in columns)
    added = changed = removed = 0
    for table, rows in rows_of(company).items():
        difference = await _save_rows(session, table_of(table), company.id, rows)
        added, changed, removed = added + difference[0], changed + difference[1], removed + difference[2]
    if not (is_head_new or added or changed or removed):
        return Revision(company=company.id, number=found, has_changed=False)

    now = datetime.now(UTC)
    columns |= {"revision": found + 1, "saved_at": now}
    if head:
        await session.execute(update(table_of(tables.Company)).filter_by(id=company.id).values(columns))
    else:
        await session.execute(insert(table_of(tables.Company)).values(columns))
    await _keep_secrets(session, company, now)
    await _forget_logins(session, company)
    revision = Revision(
        company=company.id, number=found + 1, has_changed=True, added=added, changed=changed, removed=removed
    )
    detail = f"revision {revision.number}: {added} added, {changed} changed, {removed} removed"
    await record_audit(
        session,
        AuditEntry(at=now, actor=actor, action="company.save", object=company.id, detail=detail, company=company.id),
    )
    return revision


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
    table = table_of(tables.SipSecret)
    found = await session.execute(select(table.c.endpoint, table.c.secret).filter_by(company=company))
    return {row.endpoint: SecretStr(row.secret) for row in found}


async def voicemail_pins(session: Session, company: str) -> Mapping[str, SecretStr]:
    """The PIN of every voicemail box, by the id of the person or shared box."""
    table = table_of(tables.VoicemailPin)
    found = await session.execute(select(table.c.box, table.c.pin).filter_by(company=company))
    return {row.box: SecretStr(row.pin) for row in found}


async def _save_rows(session: Session, table: Table, company: str, rows: Iterable[Columns]) -> tuple[int, int, int]:
    """Make the company's rows of a table these; how many were added, changed and removed."""
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
    return len(added), len(changed), len(removed)


async def _refuse_taken_numbers(session: Session, company: Company) -> None:
    table = table_of(tables.Did)
    others = await session.execute(select(table.c.number, table.c.company).where(table.c.company != company.id))
    owners = {row.number: row.company for row in others}
    for did in company.dids.values():
        if did.number in owners:
            raise NumberTaken(did.number, owners[did.number])


async def _keep_secrets(session: Session, company: Company, now: datetime) -> None:
    await _keep_made(
        session, tables.SipSecret, company.id, {item.id for item in company.endpoints()}, "secret", new_secret, now
    )
    await _keep_made(session, tables.VoicemailPin, company.id, {box.id for box in company.boxes()}, "pin", new_pin, now)


async def _keep_made(
    session: Session,
    row: type[tables.Row],
    company: str,
    wanted: Set[str],
    column: str,
    made: Callable[[], str],
    now: datetime,
) -> None:
    """One secret for each id that is wanted: what is there stays, what is missing is made, what is over goes."""
    table = table_of(row)
    owner = next(key for key in table.primary_key if key.name != "company")
    found = set((await session.execute(select(owner).filter_by(company=company))).scalars())
    if gone := found - wanted:
        await session.execute(delete(table).where(table.c.company == company, owner.in_(gone)))
    if missing := sorted(wanted - found):
        await session.execute(
            insert(table),
            [{"company": company, owner.name: item, column: made(), "created": now} for item in missing],
        )


async def _forget_logins(session: Session, company: Company) -> None:
    """Nobody stays logged in on a phone that is gone. (A person who is gone takes the log-in along.)"""
    table = table_of(tables.AgentLogin)
    found = await session.execute(select(table.c.person, table.c.endpoint).filter_by(company=company.id))
    phones = {item.id for item in company.endpoints()}
    for row in found.all():
        if row.endpoint not in phones:
            await session.execute(delete(table).filter_by(company=company.id, person=row.person))
