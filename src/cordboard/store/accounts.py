"""Web sign-in: accounts, and the sessions of browsers by the hash of their token."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from cordboard.store.engine import Session
from cordboard.store.fetch import every, first
from cordboard.store.records import Account, Role, SignIn
from cordboard.store.tables import Account as AccountRow
from cordboard.store.tables import Session as SessionRow
from cordboard.store.tables import table_of

_ACCOUNT = ("name", "role", "password_hash", "must_change", "company", "person", "password_since")


async def add_account(session: Session, account: Account) -> None:
    """Raises: Conflict (at the end of the statement) when the name is taken."""
    await session.execute(insert(table_of(AccountRow)).values(_account_columns(account)))


async def save_account(session: Session, account: Account) -> bool:
    """Bring an account up to date, by its name; False if there is none."""
    row = table_of(AccountRow)
    query = update(row).where(row.c.name == account.name).values(_account_columns(account)).returning(row.c.name)
    return (await session.execute(query)).first() is not None


async def find_account(session: Session, name: str) -> Account | None:
    row = await first(session, select(table_of(AccountRow)).filter_by(name=name))
    return _account(row) if row else None


async def list_accounts(session: Session) -> tuple[Account, ...]:
    row = table_of(AccountRow)
    return tuple(_account(found) for found in await every(session, select(row).order_by(row.c.name)))


async def remove_account(session: Session, name: str) -> bool:
    """Its sessions end with it. False if there is none."""
    row = table_of(AccountRow)
    return (await session.execute(delete(row).filter_by(name=name).returning(row.c.name))).first() is not None


async def open_session(session: Session, sign_in: SignIn) -> None:
    await session.execute(
        insert(table_of(SessionRow)).values(
            token_hash=sign_in.token_hash,
            account=sign_in.account,
            created=sign_in.created,
            expires=sign_in.expires,
            address=sign_in.address,
        )
    )


async def find_session(session: Session, token_hash: str, now: datetime) -> tuple[SignIn, Account] | None:
    """The session and its account, unless it has expired."""
    signed, account = table_of(SessionRow), table_of(AccountRow)
    query = select(signed).where(signed.c.token_hash == token_hash, signed.c.expires > now)
    row = await first(session, query)
    owner = row and await first(session, select(account).where(account.c.name == row["account"]))
    return (SignIn(**row), _account(owner)) if row and owner else None


async def prolong_session(session: Session, token_hash: str, expires: datetime) -> None:
    row = table_of(SessionRow)
    await session.execute(update(row).where(row.c.token_hash == token_hash).values(expires=expires))


async def close_session(session: Session, token_hash: str) -> None:
    await session.execute(delete(table_of(SessionRow)).filter_by(token_hash=token_hash))


async def close_sessions_of(session: Session, account: str, except_for: str = "") -> None:
    """End every session of an account, as after a new password; `except_for` is a token's hash."""
    row = table_of(SessionRow)
    await session.execute(delete(row).where(row.c.account == account, row.c.token_hash != except_for))


async def purge_sessions(session: Session, now: datetime) -> None:
    row = table_of(SessionRow)
    await session.execute(delete(row).where(row.c.expires <= now))


async def count_accounts(session: Session) -> int:
    return (await session.execute(select(func.count()).select_from(table_of(AccountRow)))).scalar_one()


def _account(row: dict[str, Any]) -> Account:
    return replace(Account(**row), role=Role(row["role"]))


def _account_columns(account: Account) -> dict[str, Any]:
    return {name: getattr(account, name) for name in _ACCOUNT} | {"role": str(account.role)}
