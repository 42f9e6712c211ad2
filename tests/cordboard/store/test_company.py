"""A company saved is the company loaded; only what differs is touched; what never came from its file is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import pytest
from hypothesis import HealthCheck, given, settings
from pydantic import SecretStr
from sqlalchemy import event

from cordboard.documents import export_company, read_company_file
from cordboard.store import Store, open_store
from cordboard.store.agents import keep_login, list_logins
from cordboard.store.audit import last_audit
from cordboard.store.company import (
    company_revision,
    list_companies,
    load_company,
    save_company,
    sip_secrets,
)
from cordboard.store.errors import NumberTaken, RevisionConflict, UnknownCompany
from cordboard.store.records import AgentLogin, Revision
from cordboard.store.rows import TABLES
from cordboard.store.secrets import PINS, secrets_in
from cordboard.store.values import Company, Person, Skill
from kit.companies import companies

DEMO = read_company_file(Path(__file__).parents[3] / "demo" / "company.yaml").accepted()


async def save(store: Store, company: Company, actor: str = "ada", expected: int | None = None) -> Revision:
    async with store.transaction() as session:
        return await save_company(session, company, actor, expected)


async def load(store: Store, company: str = "acme") -> Company:
    async with store.reading() as session:
        return await load_company(session, company)


async def secrets(store: Store, company: str = "acme") -> tuple[dict[str, str], dict[str, str]]:
    async with store.reading() as session:
        sip, pins = await sip_secrets(session, company), await secrets_in(session, PINS, company)
    return (
        {key: secret.get_secret_value() for key, secret in sip.items()},
        {key: pin.get_secret_value() for key, pin in pins.items()},
    )


class Statements:
    """Counts the statements that reach the database; one for all rows of an insert."""

    def __init__(self, store: Store) -> None:
        self._engine = store._engine.sync_engine
        self.number = 0

    def _count(self, *_: Any) -> None:
        self.number += 1

    def __enter__(self) -> Self:
        event.listen(self._engine, "before_cursor_execute", self._count)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._count)


async def test_the_demo_company_is_loaded_as_it_was_saved(store: Store) -> None:
    revision = await save(store, DEMO)
    assert (revision.number, revision.has_changed, revision.changed, revision.removed) == (1, True, 0, 0)
    assert await load(store) == DEMO


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(first=companies(), second=companies())
async def test_whatever_was_there_a_save_makes_it_the_company_that_is_given(first: Company, second: Company) -> None:
    second = replace(second, id=first.id)
    with TemporaryDirectory() as folder:
        async with open_store(f"sqlite:///{folder}/cordboard.db") as store:
            await store.migrate()
            await save(store, first)
            assert await load(store, first.id) == first
            revision = await save(store, second)
            assert revision.has_changed == (first != second)
            assert await load(store, first.id) == second
            assert (await save(store, second)).has_changed is False
            sip, pins = await secrets(store, first.id)
            assert set(sip) == {item.id for item in second.endpoints()}
            assert set(pins) == {box.id for box in second.boxes()}


async def test_a_save_that_changes_nothing_leaves_no_trace(store: Store) -> None:
    await save(store, DEMO)
    revision = await save(store, DEMO, "bob")
    assert revision == Revision(company="acme", number=1, has_changed=False)
    async with store.reading() as session:
        assert [entry.actor for entry in await last_audit(session)] == ["ada"]


async def test_each_change_is_one_revision_and_one_line_of_audit(store: Store) -> None:
    await save(store, DEMO)
    people = {
        **DEMO.people,
        "amel": replace(DEMO.people["amel"], name="Amel Benali"),
        "gil": Person(id="gil", name="Gil"),
    }
    del people["farid"]
    revision = await save(store, replace(DEMO, people=people), "bob")
    # Farid takes three skills along.
    assert (revision.number, revision.added, revision.changed, revision.removed) == (2, 1, 1, 4)
    async with store.reading() as session:
        newest, *_ = await last_audit(session, "acme")
        assert await company_revision(session, "acme") == 2
        (entry,) = await list_companies(session)
    assert (newest.actor, newest.action, newest.object) == ("bob", "company.save", "acme")
    assert newest.detail == "revision 2: 1 added, 1 changed, 4 removed"
    assert (entry.id, entry.name, entry.revision, entry.saved_at) == ("acme", "Acme Conseil", 2, newest.at)


async def test_only_the_company_itself_may_have_changed(store: Store) -> None:
    await save(store, DEMO)
    revision = await save(store, replace(DEMO, name="Acme & Cie"))
    assert (revision.number, revision.has_changed, revision.changed) == (2, True, 0)
    assert (await load(store)).name == "Acme & Cie"


async def test_renaming_is_not_deleting(store: Store) -> None:
    """An agent who is renamed keeps the phone's password, the voicemail's PIN, and stays logged in."""
    await save(store, DEMO)
    before = await secrets(store)
    login = AgentLogin(
        company="acme", person="amel", node="pbx1", endpoint="amel", since=datetime(2026, 11, 21, tzinfo=UTC)
    )
    async with store.transaction() as session:
        await keep_login(session, login)
    amel = replace(DEMO.people["amel"], name="Amel Benali", extension="299", skills={"french": 1})
    await save(store, replace(DEMO, people={**DEMO.people, "amel": amel}))
    assert await secrets(store) == before
    async with store.reading() as session:
        assert await list_logins(session) == (login,)


async def test_secrets_are_made_for_each_phone_and_box_and_are_hard_to_guess(store: Store) -> None:
    await save(store, DEMO)
    sip, pins = await secrets(store)
    assert set(sip) == {"amel", "bruno", "chloe", "dan", "emma", "farid", "lobby"}
    assert set(pins) == {"amel", "billing", "farid", "support"}
    assert len(set(sip.values())) == len(sip)
    assert all(len(secret) >= 24 and secret.isascii() and secret.isalnum() for secret in sip.values())
    assert all(len(pin) == 6 and pin.isdigit() for pin in pins.values())


async def test_a_phone_that_goes_takes_its_secret_and_its_login_along(store: Store) -> None:
    await save(store, DEMO)
    before, _ = await secrets(store)
    async with store.transaction() as session:
        for person, endpoint in (("amel", "amel"), ("bruno", "lobby"), ("farid", "farid")):
            since = datetime(2026, 11, 21, tzinfo=UTC)
            await keep_login(
                session, AgentLogin(company="acme", person=person, node="pbx1", endpoint=endpoint, since=since)
            )
    people = {key: person for key, person in DEMO.people.items() if key != "farid"}
    people["amel"] = replace(people["amel"], extension=None)
    dids = {key: did for key, did in DEMO.dids.items() if key != "amel"}
    await save(store, replace(DEMO, people=people, dids=dids))
    after, pins = await secrets(store)
    assert set(before) - set(after) == {"amel", "farid"}
    assert "farid" not in pins
    async with store.reading() as session:
        assert [login.person for login in await list_logins(session, "acme")] == ["bruno"]


async def test_no_secret_is_part_of_what_is_shown_or_exported(store: Store) -> None:
    await save(store, DEMO)
    sip, pins = await secrets(store)
    company = await load(store)
    shown = repr(company) + export_company(company)
    assert not [secret for secret in [*sip.values(), *pins.values()] if secret in shown]
    async with store.reading() as session:
        kept = await sip_secrets(session, "acme")
    assert isinstance(kept["amel"], SecretStr)
    assert sip["amel"] not in repr(kept)


async def test_two_dids_may_exchange_their_numbers(store: Store) -> None:
    await save(store, DEMO)
    main, office = DEMO.dids["main"], DEMO.dids["office"]
    dids = {
        **DEMO.dids,
        "main": replace(main, number=office.number),
        "office": replace(office, number=main.number),
    }
    revision = await save(store, replace(DEMO, dids=dids))
    assert (revision.added, revision.changed, revision.removed) == (0, 2, 0)
    assert (await load(store)).dids == dids


async def test_a_number_belongs_to_one_company(store: Store) -> None:
    await save(store, DEMO)
    other = replace(DEMO, id="other", dids={"front": replace(DEMO.dids["main"], id="front")})
    with pytest.raises(NumberTaken) as taken:
        await save(store, other)
    assert (taken.value.number, taken.value.company) == ("+33199000001", "acme")
    async with store.reading() as session:
        assert [entry.id for entry in await list_companies(session)] == ["acme"]


async def test_companies_do_not_meet(store: Store) -> None:
    await save(store, DEMO)
    other = replace(
        DEMO, id="other", name="Other", dids={}, people={"amel": Person(id="amel", name="A", extension="1")}
    )
    await save(store, other)
    assert await load(store) == DEMO
    assert await load(store, "other") == other
    ours, _ = await secrets(store)
    theirs, _ = await secrets(store, "other")
    assert ours["amel"] != theirs["amel"]
    await save(store, replace(other, people={}, queues={}, menus={}))
    assert await load(store) == DEMO
    assert await secrets(store) == (ours, (await secrets(store))[1])


async def test_a_save_upon_an_old_picture_is_refused(store: Store) -> None:
    await save(store, DEMO, expected=0)
    await save(store, replace(DEMO, name="New"), expected=1)
    with pytest.raises(RevisionConflict) as conflict:
        await save(store, DEMO, expected=1)
    assert (conflict.value.expected, conflict.value.found) == (1, 2)
    assert (await load(store)).name == "New"


async def test_a_save_that_fails_keeps_nothing(store: Store) -> None:
    await save(store, DEMO)

    async def half() -> None:
        async with store.transaction() as session:
            await save_company(session, replace(DEMO, name="Half", people={}, dids={}, queues={}), "ada")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await half()
    assert await load(store) == DEMO


async def test_an_unknown_company_is_said_to_be_unknown(store: Store) -> None:
    async with store.reading() as session:
        with pytest.raises(UnknownCompany, match="nobody"):
            await load_company(session, "nobody")
        assert await company_revision(session, "nobody") == 0


async def test_a_thousand_people_are_saved_by_few_statements(store: Store) -> None:
    """One insert a table, not one a row; nothing at all when nothing differs."""
    skills = {key: Skill(id=key, name=key) for key in ("a", "b", "c")}
    people = {
        f"p{number}": Person(id=f"p{number}", name=f"P {number}", extension=str(2000 + number), skills={"a": 1, "b": 2})
        for number in range(1000)
    }
    large = replace(DEMO, skills={**DEMO.skills, **skills}, people={**DEMO.people, **people})
    await save(store, DEMO)
    with Statements(store) as counted:
        await save(store, large)
    assert counted.number < 60
    with Statements(store) as counted:
        await save(store, large)
    assert counted.number < len(TABLES) + 5
    assert await load(store) == large
