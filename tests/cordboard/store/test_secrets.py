"""The secrets of endpoints and boxes: given or made, retired with their owner, revived on demand, purged in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import select, update

from cordboard.documents import read_company_file
from cordboard.store import Store
from cordboard.store.company import save_company, sip_secrets
from cordboard.store.credentials import HOST_PIN_LENGTH, PIN_LENGTH
from cordboard.store.records import CompanySecrets, Revision, SwitchSecrets
from cordboard.store.revisions import list_revisions
from cordboard.store.secrets import PINS, RETIRED_FOR, RETURNS_WITHIN, SIP, company_secrets, secrets_in
from cordboard.store.switches import ensure_switch, find_switch
from cordboard.store.tables import SipSecret, VoicemailPin, table_of
from cordboard.store.values import Company, Conference

EVER = datetime(2000, 1, 1, tzinfo=UTC)
DEMO = read_company_file(Path(__file__).parents[3] / "demo" / "company.yaml").accepted()
WITHOUT_FARID = replace(
    DEMO,
    people={key: person for key, person in DEMO.people.items() if key != "farid"},
    dids={key: did for key, did in DEMO.dids.items() if did.open.id != "farid"},
)
GIVEN = CompanySecrets(
    sip={"farid": SecretStr("of-the-old-system-0123456789"), "nobody": SecretStr("x" * 24)},
    pins={"farid": SecretStr("4711"), "billing": SecretStr("0815")},
)


async def save(
    store: Store, company: Company, secrets: CompanySecrets | None = None, *, revive: bool = False
) -> Revision:
    async with store.transaction() as session:
        return await save_company(session, company, "ada", secrets=secrets, revive=revive)


def plain(secrets: Mapping[str, SecretStr]) -> dict[str, str]:
    return {owner: secret.get_secret_value() for owner, secret in secrets.items()}


async def live(store: Store) -> tuple[dict[str, str], dict[str, str]]:
    async with store.reading() as session:
        return plain(await sip_secrets(session, "acme")), plain(await secrets_in(session, PINS, "acme"))


async def retired(store: Store) -> tuple[dict[str, str], dict[str, str]]:
    async with store.reading() as session:
        sip = await secrets_in(session, SIP, "acme", retired_since=EVER)
        pins = await secrets_in(session, PINS, "acme", retired_since=EVER)
    return plain(sip), plain(pins)


async def test_the_secret_of_what_goes_is_retired_and_seen_no_more(store: Store) -> None:
    await save(store, DEMO)
    sip, pins = await live(store)
    await save(store, WITHOUT_FARID)
    left, left_pins = await live(store)
    assert left == {owner: secret for owner, secret in sip.items() if owner != "farid"}
    assert left_pins == {owner: pin for owner, pin in pins.items() if owner != "farid"}
    assert await retired(store) == ({"farid": sip["farid"]}, {"farid": pins["farid"]})


async def retired_for(store: Store, time: timedelta) -> None:
    async with store.transaction() as session:
        for table in (table_of(SipSecret), table_of(VoicemailPin)):
            gone = update(table).where(table.c.retired.is_not(None))
            await session.execute(gone.values(retired=datetime.now(UTC) - time))


async def test_what_is_brought_back_has_the_secret_that_its_phone_still_has(store: Store) -> None:
    await save(store, DEMO)
    before = await live(store)
    await save(store, WITHOUT_FARID)
    await retired_for(store, RETIRED_FOR - timedelta(days=1))
    await save(store, DEMO, revive=True)
    assert await live(store) == before
    assert await retired(store) == ({}, {})


async def test_what_comes_back_soon_has_its_secrets_again_without_a_word(store: Store) -> None:
    await save(store, DEMO)
    before = await live(store)
    await save(store, WITHOUT_FARID)
    await retired_for(store, RETURNS_WITHIN - timedelta(minutes=1))
    await save(store, DEMO)
    assert await live(store) == before
    assert await retired(store) == ({}, {})


async def test_what_comes_again_later_has_new_secrets(store: Store) -> None:
    await save(store, DEMO)
    sip, _ = await live(store)
    await save(store, WITHOUT_FARID)
    await retired_for(store, RETURNS_WITHIN + timedelta(minutes=1))
    await save(store, DEMO)
    again, _ = await live(store)
    assert again.keys() == sip.keys()
    assert again["farid"] != sip["farid"]
    assert await retired(store) == ({}, {})


async def test_reviving_changes_no_secret_that_is_in_use_and_makes_what_is_missing(store: Store) -> None:
    await save(store, WITHOUT_FARID)
    before, _ = await live(store)
    await save(store, DEMO, revive=True)
    after, _ = await live(store)
    assert before.items() <= after.items()
    assert len(after["farid"]) >= 24


async def test_a_retired_secret_is_purged_after_its_time(store: Store) -> None:
    await save(store, DEMO)
    await save(store, WITHOUT_FARID)
    long_ago = datetime.now(UTC) - RETIRED_FOR - timedelta(minutes=1)
    async with store.transaction() as session:
        for table in (table_of(SipSecret), table_of(VoicemailPin)):
            await session.execute(update(table).where(table.c.retired.is_not(None)).values(retired=long_ago))
    await save(store, replace(WITHOUT_FARID, name="Acme & Cie"))
    assert await retired(store) == ({}, {})
    async with store.reading() as session:
        owners = (await session.execute(select(table_of(SipSecret).c.endpoint))).scalars().all()
    assert "farid" not in owners


async def test_what_is_past_its_time_is_not_revived(store: Store) -> None:
    await save(store, DEMO)
    sip, _ = await live(store)
    await save(store, WITHOUT_FARID)
    async with store.transaction() as session:
        await session.execute(update(table_of(SipSecret)).values(retired=datetime.now(UTC) - 2 * RETIRED_FOR))
    await save(store, DEMO, revive=True)
    again, _ = await live(store)
    assert again["farid"] != sip["farid"]


async def test_given_secrets_are_taken_instead_of_made_ones(store: Store) -> None:
    await save(store, DEMO, GIVEN)
    sip, pins = await live(store)
    assert sip["farid"] == "of-the-old-system-0123456789"
    assert (pins["farid"], pins["billing"]) == ("4711", "0815")
    assert sip.keys() == {item.id for item in DEMO.endpoints()}
    assert len(sip["amel"]) >= 24


async def test_a_given_secret_may_be_as_long_as_a_company_file_allows(store: Store) -> None:
    await save(store, DEMO, CompanySecrets(sip={"farid": SecretStr("s" * 128)}, pins={"farid": SecretStr("0" * 10)}))
    sip, pins = await live(store)
    assert (sip["farid"], pins["farid"]) == ("s" * 128, "0" * 10)


async def test_given_secrets_that_differ_are_a_revision_that_touches_their_owners(store: Store) -> None:
    await save(store, DEMO)
    revision = await save(store, DEMO, GIVEN)
    assert (revision.number, revision.has_changed) == (2, True)
    assert (revision.added, revision.changed, revision.removed) == (0, 0, 0)
    async with store.reading() as session:
        *_, entry = await list_revisions(session, "acme")
    assert {(each.kind, each.id) for each in entry.touched} == {("person", "farid"), ("voicemail", "billing")}
    sip, pins = await live(store)
    assert (sip["farid"], pins["billing"]) == ("of-the-old-system-0123456789", "0815")
    assert (await save(store, DEMO, GIVEN)).has_changed is False


async def test_a_given_secret_goes_before_a_retired_one(store: Store) -> None:
    await save(store, DEMO)
    await save(store, WITHOUT_FARID)
    await save(store, DEMO, GIVEN, revive=True)
    sip, _ = await live(store)
    assert sip["farid"] == "of-the-old-system-0123456789"


async def test_given_secrets_show_in_no_repr() -> None:
    assert "4711" not in repr(GIVEN)
    assert "0123456789" not in repr(GIVEN)


async def test_the_secrets_of_a_switch_may_be_given_at_first_sight_and_later(store: Store) -> None:
    first = SwitchSecrets(run=SecretStr("run-1"), deploy=SecretStr("deploy-1"))
    second = SwitchSecrets(run=SecretStr("run-2"), deploy=SecretStr("deploy-2"))
    async with store.transaction() as session:
        made = await ensure_switch(session, "pbx1", first)
        assert (made.run_secret, made.deploy_secret) == (first.run, first.deploy)
        assert await ensure_switch(session, "pbx1") == made
        replaced = await ensure_switch(session, "pbx1", second)
        assert (replaced.run_secret, replaced.deploy_secret) == (second.run, second.deploy)
        assert (replaced.run_username, replaced.deploy_username) == (made.run_username, made.deploy_username)
        assert await find_switch(session, "pbx1") == replaced
        other = await ensure_switch(session, "pbx0")
    assert other.run_secret != second.run
    assert "run-1" not in repr(first)


async def test_a_conference_has_one_pin_for_guests_and_a_longer_one_for_hosts(store: Store) -> None:
    with_room = replace(DEMO, conferences={"staff": Conference(id="staff", name="Staff")})
    await save(store, with_room)
    async with store.reading() as session:
        made = await company_secrets(session, "acme")
    guest, host = made.conferences["staff"].get_secret_value(), made.hosts["staff"].get_secret_value()
    assert (len(guest), len(host)) == (PIN_LENGTH, HOST_PIN_LENGTH)
    assert f"{guest}{host}".isdecimal()
    given = CompanySecrets(hosts={"staff": SecretStr("4711")})
    assert (await save(store, with_room, given)).has_changed
    await save(store, DEMO)
    async with store.reading() as session:
        assert (await company_secrets(session, "acme")).conferences == {}
    await save(store, with_room)
    async with store.reading() as session:
        back = await company_secrets(session, "acme")
    assert (plain(back.conferences), plain(back.hosts)) == ({"staff": guest}, {"staff": "4711"})
