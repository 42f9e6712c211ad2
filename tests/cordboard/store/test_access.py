"""Accounts, sessions, audit: what signs people in, and what remembers what they did."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from cordboard.store import Store
from cordboard.store.accounts import (
    add_account,
    close_session,
    close_sessions_of,
    count_accounts,
    find_account,
    find_session,
    list_accounts,
    open_session,
    prolong_session,
    purge_sessions,
    remove_account,
    save_account,
)
from cordboard.store.audit import last_audit, record_audit
from cordboard.store.errors import Conflict
from cordboard.store.records import Account, AuditEntry, Role, SignIn

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ADA = Account(
    name="ada", role=Role.ADMINISTRATOR, password_hash="$argon2id$secret", must_change=True, password_since=NOW
)


def sign_in(token: str, account: str = "ada", hours: int = 8) -> SignIn:
    hashed = sha256(token.encode()).hexdigest()
    return SignIn(token_hash=hashed, account=account, created=NOW, expires=NOW + timedelta(hours=hours))


async def test_an_account_is_kept_changed_and_removed(store: Store) -> None:
    async with store.transaction() as session:
        await add_account(session, ADA)
        await add_account(session, replace(ADA, name="Ada", role=Role.WATCHER))
    changed = replace(ADA, must_change=False, password_hash="$argon2id$other")
    async with store.transaction() as session:
        assert await find_account(session, "ada") == ADA
        assert await save_account(session, changed)
        assert not await save_account(session, replace(ADA, name="nobody"))
        assert await list_accounts(session) == (replace(ADA, name="Ada", role=Role.WATCHER), changed)
        assert await count_accounts(session) == 2
        assert await remove_account(session, "Ada")
        assert not await remove_account(session, "Ada")
        assert await find_account(session, "Ada") is None


async def test_a_name_is_given_once(store: Store) -> None:
    async with store.transaction() as session:
        await add_account(session, ADA)
    with pytest.raises(Conflict):
        async with store.transaction() as session:
            await add_account(session, ADA)


async def test_a_session_is_found_by_its_hash_until_it_expires(store: Store) -> None:
    first = sign_in("first")
    async with store.transaction() as session:
        await add_account(session, ADA)
        await open_session(session, first)
        assert await find_session(session, first.token_hash, NOW) == (first, ADA)
        assert await find_session(session, first.token_hash, first.expires) is None
        assert await find_session(session, "first", NOW) is None
        await prolong_session(session, first.token_hash, NOW + timedelta(hours=9))
        assert await find_session(session, first.token_hash, first.expires) is not None
        await close_session(session, first.token_hash)
        assert await find_session(session, first.token_hash, NOW) is None


async def test_sessions_end_with_their_account_a_new_password_or_the_time(store: Store) -> None:
    kept, other, bobs, old = sign_in("kept"), sign_in("other"), sign_in("bob", "bob"), sign_in("old", hours=0)
    async with store.transaction() as session:
        await add_account(session, ADA)
        await add_account(session, replace(ADA, name="bob"))
        for each in (kept, other, bobs, old):
            await open_session(session, each)
        await purge_sessions(session, NOW)
        await close_sessions_of(session, "ada", except_for=kept.token_hash)
        found = [await find_session(session, each.token_hash, NOW - timedelta(days=1)) for each in (kept, other, old)]
        assert [each is not None for each in found] == [True, False, False]
        await remove_account(session, "bob")
        assert await find_session(session, bobs.token_hash, NOW) is None


def test_no_hash_is_shown() -> None:
    assert "secret" not in repr(ADA)
    assert sign_in("x").token_hash not in repr(sign_in("x"))


async def test_the_audit_tells_the_newest_first_of_one_company_or_all(store: Store) -> None:
    lines = [
        AuditEntry(at=NOW, actor="ada", action="a", object=str(number), company="acme" if number % 2 else None)
        for number in range(6)
    ]
    async with store.transaction() as session:
        for line in lines:
            await record_audit(session, line)
    async with store.reading() as session:
        assert await last_audit(session) == tuple(reversed(lines))
        assert await last_audit(session, "acme", limit=2) == (lines[5], lines[3])
