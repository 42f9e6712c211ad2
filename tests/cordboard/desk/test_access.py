"""Who may come in: one-time passwords that die, sessions that end, guesses that wait, rights by role and company."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from cordboard.desk.access import (
    HASHES_WAITING,
    IDLE,
    LIFE,
    ONE_TIME_LIFE,
    Access,
    AccountTaken,
    Attempts,
    LastAdministrator,
    SignedIn,
    SignInRefused,
    TooManyAttempts,
    Visitor,
    WeakPassword,
    new_one_time_password,
    weakness_of,
)
from cordboard.desk.errors import DatabaseAway, NoSuchCompany
from cordboard.store import accounts
from cordboard.store.audit import last_audit
from cordboard.store.engine import Store, open_store
from cordboard.store.records import Role

HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"
OWN = "correct horse battery"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Time:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
        self.elapsed = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.elapsed

    def pass_by(self, span: timedelta) -> None:
        self.at += span
        self.elapsed += span.total_seconds()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def access(store: Store, time: Time) -> Iterator[Access]:
    with Access(store, clock=time.now, hasher=QUICK, attempts=Attempts(clock=time.monotonic)) as opened:
        yield opened


@pytest.fixture
async def one_time(access: Access) -> str:
    password = await access.open_first_account()
    assert password is not None
    return password


@pytest.fixture
async def own(access: Access, one_time: str) -> SignedIn:
    """The administrator, with a password of his own."""
    first = await access.sign_in("admin", one_time, HERE)
    return await access.set_password(first.visitor, OWN, address=HERE)


async def actions(store: Store) -> list[str]:
    async with store.reading() as reading:
        return [entry.action for entry in reversed(await last_audit(reading))]


async def test_the_first_account_is_made_once(access: Access, one_time: str) -> None:
    assert len(one_time) == 23
    assert await access.open_first_account() is None


async def test_two_inits_side_by_side_make_one_account(access: Access) -> None:
    made = await asyncio.gather(access.open_first_account(), access.open_first_account())
    assert sum(password is not None for password in made) == 1


async def test_a_one_time_password_leads_to_setting_ones_own_and_nowhere_else(access: Access, one_time: str) -> None:
    signed_in = await access.sign_in("admin", one_time, HERE)
    assert signed_in.visitor.must_change
    assert not signed_in.visitor.may_see("acme")
    assert not signed_in.visitor.may_command("acme", "amel")
    assert not signed_in.visitor.may_inspect()


async def test_a_one_time_password_is_dead_once_ones_own_is_set(access: Access, one_time: str, own: SignedIn) -> None:
    assert not own.visitor.must_change
    with pytest.raises(SignInRefused):
        await access.sign_in("admin", one_time, HERE)
    assert (await access.sign_in("admin", OWN, HERE)).visitor.account == "admin"


async def test_setting_a_password_ends_every_other_session(access: Access, own: SignedIn) -> None:
    second = await access.sign_in("admin", OWN, ELSEWHERE)
    new = await access.set_password(own.visitor, "another long password", current=OWN)
    assert await access.visitor(own.token) is None
    assert await access.visitor(second.token) is None
    assert await access.visitor(new.token) == new.visitor


async def test_of_two_who_hold_the_one_time_password_only_one_sets_his_own(access: Access, one_time: str) -> None:
    signed_in = await access.sign_in("admin", one_time, HERE)
    ends = await asyncio.gather(
        access.set_password(signed_in.visitor, OWN),
        access.set_password(signed_in.visitor, "another long password"),
        return_exceptions=True,
    )
    assert {type(end) for end in ends} == {SignedIn, SignInRefused}


async def test_a_one_time_password_opens_one_session_at_a_time(access: Access, one_time: str) -> None:
    first = await access.sign_in("admin", one_time, HERE)
    second = await access.sign_in("admin", one_time, ELSEWHERE)
    assert await access.visitor(first.token) is None
    assert await access.visitor(second.token) == second.visitor
    with pytest.raises(SignInRefused):
        await access.set_password(first.visitor, OWN)
    await access.set_password(second.visitor, OWN)


async def test_a_one_time_password_dies_with_time_and_a_reset_gives_a_new_one(
    access: Access, one_time: str, time: Time
) -> None:
    time.pass_by(ONE_TIME_LIFE)
    await access.sign_in("admin", one_time, HERE)
    time.pass_by(timedelta(seconds=1))
    with pytest.raises(SignInRefused):
        await access.sign_in("admin", one_time, HERE)
    again = await access.reset_account("terminal", "admin")
    assert again is not None
    signed_in = await access.sign_in("admin", again, HERE)
    await access.set_password(signed_in.visitor, OWN)
    time.pass_by(10 * ONE_TIME_LIFE)
    assert (await access.sign_in("admin", OWN, HERE)).visitor.account == "admin"


async def test_a_session_of_a_one_time_password_dies_with_it(access: Access, one_time: str, time: Time) -> None:
    time.pass_by(ONE_TIME_LIFE)
    signed_in = await access.sign_in("admin", one_time, HERE)
    time.pass_by(timedelta(seconds=1))
    assert await access.visitor(signed_in.token) is None


async def test_a_password_that_was_reset_while_it_was_verified_opens_nothing(
    access: Access, own: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = access._verify

    async def reset_meanwhile(hashed: str | None, password: str) -> bool:
        is_right = await real(hashed, password)
        await access.reset_account("terminal", "admin")
        return is_right

    monkeypatch.setattr(access, "_verify", reset_meanwhile)
    with pytest.raises(SignInRefused):
        await access.sign_in("admin", OWN, HERE)


@pytest.mark.parametrize(
    ("password", "weakness"),
    [
        ("short", "too_short"),
        ("x" * 200, "too_long"),
        ("my admin password", "has_account"),
        ("aaaaaaaaaaaaaaaa", "too_simple"),
        ("123456789012", "too_simple"),
        ("azertyuiopqsdf", "too_simple"),
    ],
)
async def test_a_weak_password_is_refused_with_its_weakness(
    access: Access, one_time: str, password: str, weakness: str
) -> None:
    signed_in = await access.sign_in("admin", one_time, HERE)
    with pytest.raises(WeakPassword) as refused:
        await access.set_password(signed_in.visitor, password)
    assert refused.value.weakness == weakness


async def test_the_one_time_password_cannot_become_ones_own(access: Access, one_time: str) -> None:
    signed_in = await access.sign_in("admin", one_time, HERE)
    with pytest.raises(WeakPassword, match="same"):
        await access.set_password(signed_in.visitor, one_time)


async def test_a_new_password_needs_the_current_one(access: Access, own: SignedIn) -> None:
    with pytest.raises(SignInRefused):
        await access.set_password(own.visitor, "a quite different one", current="wrong")
    changed = await access.set_password(own.visitor, "a quite different one", current=OWN)
    assert await access.visitor(changed.token) is not None


async def test_guessing_the_current_password_locks_as_signing_in_does(access: Access, own: SignedIn) -> None:
    for _ in range(Attempts.FREE_PAIR):
        with pytest.raises(SignInRefused):
            await access.set_password(own.visitor, "a quite different one", current="wrong", address=HERE)
    with pytest.raises(TooManyAttempts):
        await access.set_password(own.visitor, "a quite different one", current=OWN, address=HERE)


async def test_wrong_account_and_wrong_password_are_told_alike(access: Access, own: SignedIn) -> None:
    with pytest.raises(SignInRefused) as wrong_password:
        await access.sign_in("admin", "wrong", HERE)
    with pytest.raises(SignInRefused) as no_account:
        await access.sign_in("nobody", "wrong", HERE)
    assert str(wrong_password.value) == str(no_account.value) == ""


async def test_an_account_that_does_not_exist_is_hashed_for_too(
    access: Access, own: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    real = access._is_right

    def noted(hashed: str, password: str) -> bool:
        verified.append(hashed)
        return real(hashed, password)

    monkeypatch.setattr(access, "_is_right", noted)
    for name in ("admin", "nobody", "nobody"):
        with pytest.raises(SignInRefused):
            await access.sign_in(name, "wrong", HERE)
    assert len(verified) == 3


async def test_guesses_wait_longer_and_longer_at_one_address_and_not_at_another(
    access: Access, own: SignedIn, time: Time, store: Store
) -> None:
    for _ in range(Attempts.FREE_PAIR):
        with pytest.raises(SignInRefused):
            await access.sign_in("admin", "wrong", HERE)
    waits = []
    for _ in range(4):
        with pytest.raises(TooManyAttempts) as locked:
            await access.sign_in("admin", OWN, HERE)
        waits.append(locked.value.seconds)
        time.pass_by(timedelta(seconds=locked.value.seconds))
        with pytest.raises(SignInRefused):
            await access.sign_in("admin", "wrong", HERE)
    assert waits == [1.0, 2.0, 4.0, 8.0]
    assert (await access.sign_in("admin", OWN, ELSEWHERE)).visitor.account == "admin"
    assert (await actions(store)).count("sign-in locked") == 1


async def test_the_right_password_frees_the_account(access: Access, own: SignedIn) -> None:
    for _ in range(3):
        for _ in range(Attempts.FREE_PAIR - 1):
            with pytest.raises(SignInRefused):
                await access.sign_in("admin", "wrong", HERE)
        await access.sign_in("admin", OWN, HERE)


async def test_attempts_side_by_side_share_one_allowance(access: Access, own: SignedIn) -> None:
    guesses = [access.sign_in("admin", f"guess {n}", HERE) for n in range(HASHES_WAITING)]
    ends = [type(end) for end in await asyncio.gather(*guesses, return_exceptions=True)]
    assert ends.count(SignInRefused) <= Attempts.FREE_PAIR
    assert set(ends) == {SignInRefused, TooManyAttempts}


async def test_more_hashing_than_the_machine_can_do_is_turned_away(
    access: Access, own: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    monkeypatch.setattr(access, "_is_right", lambda *_: release.wait(30) and False)
    guesses = [
        asyncio.create_task(access.sign_in("admin", "wrong", f"198.51.100.{n}")) for n in range(HASHES_WAITING + 5)
    ]
    try:
        async with asyncio.timeout(60):
            while sum(guess.done() for guess in guesses) < 5:
                await asyncio.sleep(0.005)
    finally:
        release.set()
    ends = [type(end) for end in await asyncio.gather(*guesses, return_exceptions=True)]
    assert (ends.count(SignInRefused), ends.count(TooManyAttempts)) == (HASHES_WAITING, 5)


async def test_whoever_has_one_ipv6_address_has_the_whole_network(access: Access, own: SignedIn) -> None:
    for host in range(Attempts.FREE_PAIR):
        with pytest.raises(SignInRefused):
            await access.sign_in("admin", "wrong", f"2001:db8:1:2::{host}")
    with pytest.raises(TooManyAttempts):
        await access.sign_in("admin", OWN, "2001:db8:1:2:ffff::1")
    await access.sign_in("admin", OWN, "2001:db8:1:3::1")


async def test_the_memory_of_attempts_is_bounded() -> None:
    attempts = Attempts(keys=10)
    for n in range(100):
        attempts.count(((f"account {n}", HERE), (f"198.51.100.{n}",)))
    assert len(attempts._failures) == 10


async def test_a_session_ends_with_signing_out(access: Access, own: SignedIn) -> None:
    assert await access.visitor(own.token) == own.visitor
    await access.sign_out(own.visitor)
    assert await access.visitor(own.token) is None


async def test_an_unused_session_ends_and_a_used_one_lasts_its_life(access: Access, own: SignedIn, time: Time) -> None:
    used, unused = own, await access.sign_in("admin", OWN, ELSEWHERE)
    step = IDLE - timedelta(hours=1)
    for _ in range(int(LIFE / step)):
        time.pass_by(step)
        assert await access.visitor(used.token) is not None
    assert await access.visitor(unused.token) is None
    time.pass_by(step)
    assert await access.visitor(used.token) is None


async def test_only_the_hash_of_a_token_is_kept(access: Access, own: SignedIn, store: Store, tmp_path: Path) -> None:
    assert own.token not in repr(own)
    for kept in tmp_path.iterdir():
        assert own.token.encode() not in kept.read_bytes()
        assert OWN.encode() not in kept.read_bytes()


@pytest.mark.parametrize("token", ["", "x", "\udcff", "a" * 5000])
async def test_a_token_of_nobody_opens_nothing(access: Access, own: SignedIn, token: str) -> None:
    assert await access.visitor(token) is None


async def test_an_account_is_added_and_reset(access: Access, own: SignedIn, store: Store) -> None:
    one_time = await access.add_account("admin", "wall", Role.WATCHER)
    signed_in = await access.sign_in("wall", one_time, HERE)
    wall = await access.set_password(signed_in.visitor, OWN)
    with pytest.raises(AccountTaken):
        await access.add_account("admin", "wall", Role.WATCHER)
    with pytest.raises(NoSuchCompany):
        await access.add_account("admin", "amel", Role.AGENT, company="acme", person="amel")
    again = await access.reset_account("admin", "wall")
    assert again is not None
    assert await access.visitor(wall.token) is None
    assert (await access.sign_in("wall", again, HERE)).visitor.must_change
    assert await access.reset_account("admin", "nobody") is None
    assert await actions(store) == [
        "account added", "signed in", "password set", "signed in",
        "account added", "signed in", "password set", "signed in", "account reset", "signed in",
    ]  # fmt: skip


async def test_an_account_is_removed_with_its_sessions(access: Access, own: SignedIn, store: Store) -> None:
    one_time = await access.add_account("admin", "boss", Role.ADMINISTRATOR)
    boss = await access.sign_in("boss", one_time, ELSEWHERE)
    assert await access.remove_account("terminal", "admin")
    assert await access.visitor(own.token) is None
    assert await access.visitor(boss.token) is not None
    with pytest.raises(SignInRefused):
        await access.sign_in("admin", OWN, HERE)
    assert not await access.remove_account("terminal", "admin")
    assert (await actions(store)).count("account removed") == 1


async def test_the_last_administrator_stays(access: Access, own: SignedIn, store: Store) -> None:
    await access.add_account("admin", "sophie", Role.SUPERVISOR)
    with pytest.raises(LastAdministrator):
        await access.remove_account("terminal", "admin")
    assert await access.visitor(own.token) is not None
    assert await access.remove_account("terminal", "sophie")
    assert "account removed" in await actions(store)


async def test_a_hash_of_older_parameters_is_renewed(store: Store, own: SignedIn) -> None:
    slower = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    with Access(store, hasher=slower) as later:
        await later.sign_in("admin", OWN, HERE)
    async with store.reading() as reading:
        account = await accounts.find_account(reading, "admin")
    assert account is not None
    assert not slower.check_needs_rehash(account.password_hash)


async def test_without_the_database_nobody_comes_in(access: Access, own: SignedIn, tmp_path: Path) -> None:
    missing = open_store(f"sqlite:///{tmp_path}/other.db")
    with Access(missing, hasher=QUICK) as away:
        with pytest.raises(DatabaseAway):
            await away.visitor(own.token)
        with pytest.raises(DatabaseAway):
            await away.sign_in("admin", OWN, HERE)
    await missing.close()


def visitor(role: Role, company: str | None = None, person: str | None = None) -> Visitor:
    return Visitor("somebody", role, company, person, False, "")


@pytest.mark.parametrize(
    ("who", "sees_acme", "commands_amel", "inspects"),
    [
        (visitor(Role.ADMINISTRATOR), True, True, True),
        (visitor(Role.ADMINISTRATOR, "acme"), True, True, False),
        (visitor(Role.ADMINISTRATOR, "other"), False, False, False),
        (visitor(Role.SUPERVISOR), True, True, False),
        (visitor(Role.SUPERVISOR, "other"), False, False, False),
        (visitor(Role.AGENT, "acme", "amel"), True, True, False),
        (visitor(Role.AGENT, "acme", "bruno"), True, False, False),
        (visitor(Role.AGENT, "other", "amel"), False, False, False),
        (visitor(Role.AGENT, "acme"), True, False, False),
        (visitor(Role.WATCHER), True, False, False),
        (visitor(Role.WATCHER, "other"), False, False, False),
    ],
)
def test_rights(who: Visitor, sees_acme: bool, commands_amel: bool, inspects: bool) -> None:
    assert (who.may_see("acme"), who.may_command("acme", "amel"), who.may_inspect()) == (
        sees_acme,
        commands_amel,
        inspects,
    )


def test_one_time_passwords_are_strong_and_all_different() -> None:
    made = {new_one_time_password() for _ in range(200)}
    assert len(made) == 200
    assert all(weakness_of(password, "admin") is None for password in made)


@given(st.text(), st.text())
def test_judging_a_password_never_fails(password: str, account: str) -> None:
    assert weakness_of(password, account) in (None, "too_short", "too_long", "has_account", "too_simple")
