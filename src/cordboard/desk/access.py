"""Who may come in, and what they may do: accounts, one-time passwords, sessions, rights.

AccessError
├── SignInRefused       account or password is wrong; which of them is never told
├── TooManyAttempts     wait `seconds`; whether the password was right is not told either
├── WeakPassword        `weakness` says why: too_short, too_long, has_account, too_simple, same
├── AccountTaken        an account of this name exists
└── LastAdministrator   nobody else could let people in

While the database is away, everything here raises DatabaseAway (errors.py): nobody comes in unseen.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import logging
import secrets
import time
import unicodedata
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Self, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cordboard.desk.errors import NoSuchCompany, store_errors
from cordboard.store import accounts
from cordboard.store.audit import record_audit
from cordboard.store.company import list_companies
from cordboard.store.engine import Session as Transaction
from cordboard.store.engine import Store
from cordboard.store.records import Account, AuditEntry, Role, SignIn

log = logging.getLogger(__name__)
T = TypeVar("T")

SHORTEST, LONGEST = 12, 128
FEWEST_LETTERS = 5
"""Different characters that a password must have."""
IDLE = timedelta(days=1)
"""A session that nobody used for so long ends. An open live page counts as use."""
LIFE = timedelta(days=30)
"""A session ends after this, used or not."""
ONE_TIME_LIFE = timedelta(days=7)
"""A one-time password that nobody used for so long is dead."""
PROLONG_AFTER = timedelta(minutes=10)
HASHES_AT_ONCE = 2
HASHES_WAITING = 16
FIRST_ACCOUNT = "admin"

# No letter that is read as another: the one-time password is typed from a terminal.
ONE_TIME_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
ONE_TIME_GROUPS, ONE_TIME_GROUP = 4, 5


class AccessError(Exception):
    """Base of what keeps somebody out."""


class SignInRefused(AccessError):
    """Account or password is wrong."""


class TooManyAttempts(AccessError):
    def __init__(self, seconds: float) -> None:
        super().__init__(f"wait {seconds:.0f} s")
        self.seconds = seconds


class WeakPassword(AccessError):
    def __init__(self, weakness: str) -> None:
        super().__init__(weakness)
        self.weakness = weakness


class AccountTaken(AccessError):
    def __init__(self, name: str) -> None:
        super().__init__(f"account {name!r} exists")
        self.name = name


class LastAdministrator(AccessError):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is the last administrator of all companies: add another one first")
        self.name = name


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who signed in. `company` None: all companies. `must_change`: may do nothing but set a password."""

    account: str
    role: Role
    company: str | None
    person: str | None
    must_change: bool
    session: str = field(repr=False)
    """The hash of the session's token."""

    def may_see(self, company: str) -> bool:
        """Whether this company's board and names are the visitor's to see."""
        return not self.must_change and self.company in (None, company)

    def may_inspect(self) -> bool:
        """Whether the visitor may see the insides of a switch, whichever company they belong to."""
        return self.company is None and self.role is Role.ADMINISTRATOR and not self.must_change

    def may_deploy(self) -> bool:
        """Whether the visitor may see and change what the whole installation runs."""
        return self.may_inspect()

    def may_command(self, company: str, person: str) -> bool:
        """Whether the visitor may log this person in and out, pause him and make him ready."""
        if not self.may_see(company):
            return False
        if self.role is Role.AGENT:
            return self.person == person
        return self.role in (Role.SUPERVISOR, Role.ADMINISTRATOR)

    def may_publish(self, company: str) -> bool:
        """Whether the visitor may change which menus the callers of this company meet."""
        return self.may_see(company) and self.role is Role.ADMINISTRATOR

    def may_lend_phones(self) -> bool:
        """Whether the visitor may seat somebody on the phone of somebody else."""
        return self.may_oversee()

    def may_oversee(self) -> bool:
        """Whether the visitor is told what agents are not: who listens to whom."""
        return self.role in (Role.SUPERVISOR, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: the token goes to the browser and is kept nowhere else."""

    visitor: Visitor
    token: str = field(repr=False)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Access:
    """The door. Passwords are hashed by argon2id in threads of its own, a few at once."""

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], datetime] = utc_now,
        hasher: PasswordHasher | None = None,
        attempts: Attempts | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        self._attempts = attempts or Attempts()
        self._threads = ThreadPoolExecutor(HASHES_AT_ONCE, thread_name_prefix="argon2")
        self._waiting = 0
        self._nobody: str | None = None

    def close(self) -> None:
        """Let the hashing threads end."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- accounts

    async def open_first_account(self, name: str = FIRST_ACCOUNT) -> str | None:
        """The one-time password of an administrator of all companies; None if there is an account already."""
        one_time = new_one_time_password()
        account = self._new_account(name, Role.ADMINISTRATOR, await self._hash(one_time))
        async with self._transaction() as transaction:
            if await accounts.count_accounts(transaction):
                return None
            await accounts.add_account(transaction, account)
            await self._note(transaction, "cordboard init", "account added", name)
        return one_time

    async def add_account(
        self, actor: str, name: str, role: Role, *, company: str | None = None, person: str | None = None
    ) -> str:
        """A new account: its one-time password. Raises: AccountTaken, NoSuchCompany."""
        one_time = new_one_time_password()
        account = self._new_account(name, role, await self._hash(one_time), company, person)
        async with self._transaction() as transaction:
            if await accounts.find_account(transaction, name):
                raise AccountTaken(name)
            if company is not None and company not in {entry.id for entry in await list_companies(transaction)}:
                raise NoSuchCompany(company)
            await accounts.add_account(transaction, account)
            await self._note(transaction, actor, "account added", name, str(role), company)
        return one_time

    async def reset_account(self, actor: str, name: str) -> str | None:
        """A new one-time password for somebody who forgot his own; his sessions end. None: no such account."""
        one_time = new_one_time_password()
        hashed = await self._hash(one_time)
        async with self._transaction() as transaction:
            account = await accounts.find_account(transaction, name)
            if account is None:
                return None
            await accounts.save_account(
                transaction, replace(account, password_hash=hashed, must_change=True, password_since=self._clock())
            )
            await accounts.close_sessions_of(transaction, name)
            await self._note(transaction, actor, "account reset", name)
        return one_time

    async def remove_account(self, actor: str, name: str) -> bool:
        """Nobody signs in by this name any more; its sessions end. False: no such account.

        Raises: LastAdministrator."""
        async with self._transaction() as transaction:
            known = {account.name: account for account in await accounts.list_accounts(transaction)}
            account = known.pop(name, None)
            if account is None:
                return False
            if _governs(account) and not any(map(_governs, known.values())):
                raise LastAdministrator(name)
            await accounts.remove_account(transaction, name)
            await self._note(transaction, actor, "account removed", name, str(account.role), account.company)
        return True

    def _new_account(
        self, name: str, role: Role, hashed: str, company: str | None = None, person: str | None = None
    ) -> Account:
        return Account(
            name=name,
            role=role,
            password_hash=hashed,
            must_change=True,
            company=company,
            person=person,
            password_since=self._clock(),
        )

    # --- sessions

    async def sign_in(self, name: str, password: str, address: str) -> SignedIn:
        """Open a session. Raises: SignInRefused, TooManyAttempts."""
        keys = _attempt_keys(name, address)
        if wait := self._attempts.wait(keys):
            raise TooManyAttempts(wait)
        # Counted before the answer is known: attempts side by side must not share one allowance.
        is_last = self._attempts.count(keys)
        async with self._reading() as reading:
            account = await accounts.find_account(reading, name)
        is_right = await self._verify(account.password_hash if account else None, password)
        if account is None or not is_right or self._is_expired(account):
            if is_last:
                await self._tell_of_lock(name, address)
            raise SignInRefused
        self._attempts.forgive(keys)
        return await self._open_session(account, password, address)

    async def _open_session(self, account: Account, password: str, address: str) -> SignedIn:
        now = self._clock()
        token = secrets.token_urlsafe(32)
        signed_in = SignIn(
            token_hash=_hash_of(token), account=account.name, created=now, expires=now + IDLE, address=address
        )
        renewed = await self._hash(password) if self._hasher.check_needs_rehash(account.password_hash) else None
        async with self._transaction() as transaction:
            # A reset or a removal may have come while the password was verified.
            if await accounts.find_account(transaction, account.name) != account:
                raise SignInRefused
            await accounts.purge_sessions(transaction, now)
            if renewed:
                await accounts.save_account(transaction, replace(account, password_hash=renewed))
            if account.must_change:
                # Of two who hold a one-time password, the one who came first learns of the other.
                await accounts.close_sessions_of(transaction, account.name)
            await accounts.open_session(transaction, signed_in)
            await self._note(transaction, account.name, "signed in", account.name, address, account.company)
        return SignedIn(_visitor(account, signed_in.token_hash), token)

    async def visitor(self, token: str) -> Visitor | None:
        """Whose session this is; None if it has ended. Looking it up counts as use."""
        return await self.visitor_of(_hash_of(token)) if token else None

    async def visitor_of(self, session: str) -> Visitor | None:
        """As `visitor`, by the hash of the token."""
        now = self._clock()
        async with self._reading() as reading:
            found = await accounts.find_session(reading, session, now)
        if found is None:
            return None
        signed_in, account = found
        if self._is_expired(account):
            return None
        expires = min(now + IDLE, signed_in.created + LIFE)
        if expires - signed_in.expires > PROLONG_AFTER:
            async with self._transaction() as transaction:
                await accounts.prolong_session(transaction, session, expires)
        return _visitor(account, session)

    async def sign_out(self, visitor: Visitor) -> None:
        """End the session."""
        async with self._transaction() as transaction:
            await accounts.close_session(transaction, visitor.session)
            await self._note(transaction, visitor.account, "signed out", visitor.account)

    async def set_password(self, visitor: Visitor, password: str, *, current: str = "", address: str = "") -> SignedIn:
        """A password of one's own: every session of the account ends, this is the new one.

        Who still has a one-time password need not repeat it; everybody else gives the current one.
        Raises: SignInRefused, TooManyAttempts, WeakPassword."""
        async with self._reading() as reading:
            account = await accounts.find_account(reading, visitor.account)
        if account is None:
            raise SignInRefused
        if not account.must_change:
            await self._check_current(account, current, address)
        if weakness := weakness_of(password, account.name):
            raise WeakPassword(weakness)
        if await self._verify(account.password_hash, password):
            raise WeakPassword("same")
        hashed = await self._hash(password)
        changed = replace(account, password_hash=hashed, must_change=False, password_since=self._clock())
        async with self._transaction() as transaction:
            # The one-time password may have served, or the session ended, while this was hashed.
            found = await accounts.find_session(transaction, visitor.session, self._clock())
            if found is None or found[1] != account:
                raise SignInRefused
            await accounts.save_account(transaction, changed)
            await accounts.close_sessions_of(transaction, account.name)
            await self._note(transaction, account.name, "password set", account.name)
        return await self._open_session(changed, password, address)

    def _is_expired(self, account: Account) -> bool:
        return account.must_change and self._clock() - account.password_since > ONE_TIME_LIFE

    async def _check_current(self, account: Account, current: str, address: str) -> None:
        keys = _attempt_keys(account.name, address)
        if wait := self._attempts.wait(keys):
            raise TooManyAttempts(wait)
        self._attempts.count(keys)
        if not await self._verify(account.password_hash, current):
            raise SignInRefused
        self._attempts.forgive(keys)

    # --- hashing

    async def _hash(self, password: str) -> str:
        return await self._in_thread(lambda: self._hasher.hash(_normal(password)))

    async def _verify(self, hashed: str | None, password: str) -> bool:
        """Takes as long for an account that does not exist."""
        if hashed is None and self._nobody is None:
            self._nobody = await self._hash(secrets.token_hex())
        against = hashed or self._nobody or ""
        is_right = await self._in_thread(lambda: self._is_right(against, password))
        return is_right and hashed is not None

    def _is_right(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, _normal(password))
        except (VerificationError, InvalidHashError):
            return False

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._waiting >= HASHES_WAITING:
            raise TooManyAttempts(5.0)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    # --- the database

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Transaction]:
        with store_errors():
            async with self._store.transaction() as transaction:
                yield transaction

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[Transaction]:
        with store_errors():
            async with self._store.reading() as reading:
                yield reading

    async def _tell_of_lock(self, name: str, address: str) -> None:
        log.warning("sign-in locked after wrong passwords", extra={"address": address})
        async with self._transaction() as transaction:
            await self._note(transaction, "?", "sign-in locked", name[:64], address)

    async def _note(
        self,
        transaction: Transaction,
        actor: str,
        action: str,
        object_: str,
        detail: str = "",
        company: str | None = None,
    ) -> None:
        entry = AuditEntry(at=self._clock(), actor=actor, action=action, object=object_, detail=detail, company=company)
        await record_audit(transaction, entry)


class Attempts:
    """Counts wrong passwords by account and address, and by address alone; makes the next try wait longer and longer.

    An outsider can slow down only his own address, never the owner of the account. The memory is bounded: the key that
    was silent longest is forgotten first.
    """

    FREE_PAIR, FREE_ADDRESS = 5, 30
    LONGEST_WAIT = 900.0
    FORGET_AFTER = 3600.0

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, keys: int = 10_000) -> None:
        self._clock = clock
        self._keys = keys
        self._failures: OrderedDict[tuple[str, ...], tuple[int, float, float]] = OrderedDict()

    def wait(self, keys: tuple[tuple[str, ...], ...]) -> float:
        """Seconds until the next try is heard; 0 now."""
        now = self._clock()
        return max(0.0, *(self._failures.get(key, (0, 0.0, 0.0))[1] - now for key in keys))

    def count(self, keys: tuple[tuple[str, ...], ...]) -> bool:
        """One more try; whether this was the last free one of a key."""
        now, is_last = self._clock(), False
        for key in keys:
            failures, _, last = self._failures.pop(key, (0, 0.0, now))
            failures = 1 if now - last > self.FORGET_AFTER else failures + 1
            free = self.FREE_PAIR if len(key) > 1 else self.FREE_ADDRESS
            over = failures - free
            until = now + min(2.0 ** min(over, 30), self.LONGEST_WAIT) if over >= 0 else 0.0
            is_last = is_last or over == 0
            self._failures[key] = (failures, until, now)
        while len(self._failures) > self._keys:
            self._failures.popitem(last=False)
        return is_last

    def forgive(self, keys: tuple[tuple[str, ...], ...]) -> None:
        """The password was right: this try did not count, and the account is free again from there."""
        for key in keys:
            failures, _, last = self._failures.pop(key, (0, 0.0, 0.0))
            if len(key) == 1 and failures > 1:
                self._failures[key] = (failures - 1, 0.0, last)


def new_one_time_password() -> str:
    """Four groups of five letters: 99 bits."""
    groups = ("".join(secrets.choice(ONE_TIME_LETTERS) for _ in range(ONE_TIME_GROUP)) for _ in range(ONE_TIME_GROUPS))
    return "-".join(groups)


def weakness_of(password: str, account: str) -> str | None:
    """Why a password will not do; None if it will."""
    password = _normal(password)
    if len(password) < SHORTEST:
        return "too_short"
    if len(password) > LONGEST:
        return "too_long"
    if len(account) > 2 and account.casefold() in password.casefold():
        return "has_account"
    if len(set(password.casefold())) < FEWEST_LETTERS or password.casefold() in _sequences():
        return "too_simple"
    return None


def _sequences() -> str:
    runs = ("0123456789" * 3, "9876543210" * 3, "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")
    return "\n".join((*runs, "azertyuiopqsdfghjklmwxcvbn", "password" * 4, "motdepasse" * 4, "cordboard" * 4))


def _normal(password: str) -> str:
    # The same letters typed on two keyboards may arrive composed or not.
    return unicodedata.normalize("NFC", password)


def _hash_of(token: str) -> str:
    # The token has 256 bits of its own: nothing slower is needed.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _attempt_keys(name: str, address: str) -> tuple[tuple[str, ...], ...]:
    place = network_of(address)
    return ((name[:64], place), (place,))


def network_of(address: str) -> str:
    """Whose an address is: whoever has one IPv6 address has its whole /64."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _governs(account: Account) -> bool:
    return account.role is Role.ADMINISTRATOR and account.company is None


def _visitor(account: Account, session: str) -> Visitor:
    return Visitor(
        account=account.name,
        role=account.role,
        company=account.company,
        person=account.person,
        must_change=account.must_change,
        session=session,
    )
