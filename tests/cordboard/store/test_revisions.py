"""Every save is kept whole: what it touched is told, and the company of any of them can be had back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import func, select

from cordboard.documents import read_company_file
from cordboard.store import Store, open_store
from cordboard.store.audit import last_audit
from cordboard.store.company import load_company, save_company
from cordboard.store.errors import UnknownRevision
from cordboard.store.records import RevisionEntry, Touched
from cordboard.store.revisions import list_revisions, load_revision
from cordboard.store.tables import CompanyRevision, table_of
from cordboard.store.values import Blocked, Company, Person
from kit.companies import companies

DEMO = read_company_file(Path(__file__).parents[3] / "demo" / "company.yaml").accepted()


async def save(store: Store, company: Company, by: str = "ada", reason: str = "") -> int:
    async with store.transaction() as session:
        return (await save_company(session, company, by, reason=reason)).number


async def kept(store: Store, number: int, company: str = "acme") -> Company:
    async with store.reading() as session:
        return await load_revision(session, company, number)


async def entries(store: Store, after: int = 0, upto: int | None = None) -> tuple[RevisionEntry, ...]:
    async with store.reading() as session:
        return await list_revisions(session, "acme", after=after, upto=upto)


async def touched(store: Store) -> set[tuple[str, str]]:
    """By the last save."""
    return {(each.kind, each.id) for each in (await entries(store))[-1].touched}


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(first=companies(), second=companies())
async def test_each_revision_is_the_company_that_was_saved(first: Company, second: Company) -> None:
    second = replace(second, id=first.id)
    with TemporaryDirectory() as folder:
        async with open_store(f"sqlite:///{folder}/cordboard.db") as store:
            await store.migrate()
            await save(store, first)
            last = await save(store, second)
            assert await kept(store, 1, first.id) == first
            assert await kept(store, last, first.id) == second
            assert await save(store, await kept(store, 1, first.id)) == (3 if first != second else 1)
            async with store.reading() as session:
                assert await load_company(session, first.id) == first


async def test_who_saved_it_when_and_why_is_told(store: Store) -> None:
    await save(store, DEMO)
    await save(store, replace(DEMO, name="Acme & Cie"), "bob", "the notary was there")
    first, second = await entries(store)
    assert (first.number, first.by, first.reason) == (1, "ada", "")
    assert (second.number, second.by, second.reason) == (2, "bob", "the notary was there")
    assert second.touched == (Touched(kind="company", id="acme"),)
    async with store.reading() as session:
        newest, *_ = await last_audit(session, "acme")
    assert (newest.at, newest.detail) == (
        second.at,
        "revision 2: 0 added, 0 changed, 0 removed (the notary was there)",
    )


async def test_a_first_save_touches_everything(store: Store) -> None:
    await save(store, DEMO)
    assert await touched(store) == {
        ("company", "acme"),
        *(("site", key) for key in DEMO.sites),
        *(("skill", key) for key in DEMO.skills),
        *(("person", key) for key in DEMO.people),
        *(("phone", key) for key in DEMO.phones),
        *(("hours", key) for key in DEMO.hours),
        *(("prompt", key) for key in DEMO.prompts),
        *(("message", key) for key in DEMO.messages),
        *(("voicemail", key) for key in DEMO.voicemails),
        *(("queue", key) for key in DEMO.queues),
        *(("menu", key) for key in DEMO.menus),
        *(("did", key) for key in DEMO.dids),
        *(("trunk", key) for key in DEMO.trunks),
        *(("blocked", f"{one.number}..." if one.is_prefix else one.number) for one in DEMO.blocked),
        *(("comment", ".".join(path[:2])) for path in DEMO.comments),
    }


async def test_what_comes_changes_and_goes_is_touched_and_nothing_else(store: Store) -> None:
    await save(store, DEMO)
    amel = DEMO.people["amel"]
    skilled = replace(DEMO, people={**DEMO.people, "amel": replace(amel, skills={"french": 1})})
    await save(store, skilled)
    assert await touched(store) == {("person", "amel")}
    await save(store, replace(skilled, people={**skilled.people, "gil": Person(id="gil", name="Gil")}))
    assert await touched(store) == {("person", "gil")}
    await save(store, replace(skilled, blocked=(*DEMO.blocked, Blocked(number="+33899", is_prefix=True))))
    assert await touched(store) == {("person", "gil"), ("blocked", "+33899...")}
    key, queue = next(iter(DEMO.queues.items()))
    await save(store, replace(skilled, queues={**DEMO.queues, key: replace(queue, strategy="linear")}))
    assert await touched(store) == {("queue", key), ("blocked", "+33899...")}
    assert (await kept(store, 5)).queues[key].strategy == "linear"


async def test_a_save_that_changes_nothing_is_no_revision(store: Store) -> None:
    await save(store, DEMO)
    assert await save(store, DEMO, reason="again") == 1
    assert len(await entries(store)) == 1


async def test_a_span_of_revisions_is_asked_for(store: Store) -> None:
    for number in range(1, 6):
        await save(store, replace(DEMO, name=f"Acme {number}"))
    assert [entry.number for entry in await entries(store)] == [1, 2, 3, 4, 5]
    assert [entry.number for entry in await entries(store, after=2)] == [3, 4, 5]
    assert [entry.number for entry in await entries(store, after=2, upto=4)] == [3, 4]
    async with store.reading() as session:
        assert await list_revisions(session, "other") == ()


async def test_a_revision_that_never_was_is_said_to_be_unknown(store: Store) -> None:
    await save(store, DEMO)
    for company, number in (("acme", 2), ("acme", 0), ("other", 1)):
        with pytest.raises(UnknownRevision) as unknown:
            await kept(store, number, company)
        assert (unknown.value.company, unknown.value.number) == (company, number)


async def test_a_save_that_fails_keeps_no_revision(store: Store) -> None:
    await save(store, DEMO)

    async def half() -> None:
        async with store.transaction() as session:
            await save_company(session, replace(DEMO, name="Half"), "ada")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await half()
    assert len(await entries(store)) == 1


async def test_a_revision_of_a_thousand_extensions_is_small(store: Store) -> None:
    """Two hundred of them are a few megabytes."""
    people = {
        f"p{number}": Person(
            id=f"p{number}",
            name=f"Person {number * 7919 % 1000}",
            email=f"person{number}@example.org",
            extension=str(2000 + number),
            skills=dict.fromkeys(list(DEMO.skills)[: number % 3], 1 + number % 5),
        )
        for number in range(1000)
    }
    await save(store, replace(DEMO, people={**DEMO.people, **people}))
    async with store.reading() as session:
        size = (await session.execute(select(func.length(table_of(CompanyRevision).c.content)))).scalar_one()
    assert size < 40_000
