"""The secrets of endpoints, boxes and conferences: made at first sight or given, kept, retired, revived, purged.

The secret of an endpoint that goes is retired: shown to nobody, but there for `RETIRED_FOR`, so that the endpoint can
be brought back with the secret that its phone still has.
"""

from collections.abc import Callable, Mapping, Set
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pydantic import SecretStr
from sqlalchemy import Table, bindparam, delete, insert, select, update

from cordboard.store import tables
from cordboard.store.credentials import new_host_pin, new_pin, new_secret
from cordboard.store.engine import Session
from cordboard.store.records import CompanySecrets, Touched
from cordboard.store.tables import table_of
from cordboard.store.values import Company, Person, Phone

RETIRED_FOR = timedelta(days=90)
RETURNS_WITHIN = timedelta(days=1)
"""What comes back as soon as this has its secret again: the import of a wrong file is mended by that of the right one.
Ids never change, so it is the same person, whose phone still has it; so has Asterisk if nothing was applied since."""


class Kept(NamedTuple):
    """A table of secrets: which column names the owner, which holds the secret, how one is made."""

    table: Table
    owner: str
    secret: str
    made: Callable[[], str]


class Sort(NamedTuple):
    """A sort of secrets: what `CompanySecrets` calls it, where it is kept, and who of a company has one, each with what
    a revision calls him."""

    part: str
    kept: Kept
    owners: Callable[[Company], Mapping[str, str]]


def _endpoints(company: Company) -> Mapping[str, str]:
    return {each.id: "phone" if isinstance(each, Phone) else "person" for each in company.endpoints()}


def _boxes(company: Company) -> Mapping[str, str]:
    return {box.id: "person" if isinstance(box, Person) else "voicemail" for box in company.boxes()}


def _conferences(company: Company) -> Mapping[str, str]:
    return dict.fromkeys(company.conferences, "conference")


SIP = Kept(table_of(tables.SipSecret), "endpoint", "secret", new_secret)
PINS = Kept(table_of(tables.VoicemailPin), "box", "pin", new_pin)
SORTS = (
    Sort("sip", SIP, _endpoints),
    Sort("pins", PINS, _boxes),
    Sort("conferences", Kept(table_of(tables.ConferencePin), "conference", "pin", new_pin), _conferences),
    Sort("hosts", Kept(table_of(tables.ConferenceHostPin), "conference", "pin", new_host_pin), _conferences),
)
NO_SECRETS = CompanySecrets()


async def secrets_in(
    session: Session, kept: Kept, company: str, *, retired_since: datetime | None = None
) -> dict[str, SecretStr]:
    """The live ones, or those that were retired since then, by the id of their owner."""
    retired = kept.table.c.retired
    query = select(kept.table.c[kept.owner], kept.table.c[kept.secret]).where(kept.table.c.company == company)
    found = await session.execute(query.where(retired >= retired_since if retired_since else retired.is_(None)))
    return {owner: SecretStr(secret) for owner, secret in found.all()}


async def company_secrets(session: Session, company: str) -> CompanySecrets:
    """All that are live."""
    return CompanySecrets(**{sort.part: await secrets_in(session, sort.kept, company) for sort in SORTS})


async def known_sip_secrets(session: Session, company: str) -> dict[str, SecretStr]:
    """The passwords that phones may have: those of now, and those of phones that went."""
    gone = await secrets_in(session, SIP, company, retired_since=datetime.now(UTC) - RETIRED_FOR)
    return gone | await secrets_in(session, SIP, company)


async def keep_secrets(session: Session, company: Company, given: CompanySecrets, revive: bool, now: datetime) -> None:
    """One live secret of each sort for everything of the company that has one, none for anything else.

    A given one is taken; else what is there stays; else one retired within `RETURNS_WITHIN`, with `revive` any retired
    one, is used again; else one is made."""
    for sort in SORTS:
        table = sort.kept.table
        await session.execute(delete(table).where(table.c.retired < now - RETIRED_FOR))
        owners = sort.owners(company).keys()
        await _keep(session, sort.kept, company.id, owners, given.sorts()[sort.part], revive, now)


async def differing_secrets(session: Session, company: Company, given: CompanySecrets) -> set[Touched]:
    """Everything whose live secret is another than the given one."""
    if given == NO_SECRETS:
        return set()
    live, wanted = (await company_secrets(session, company.id)).sorts(), given.sorts()
    return {
        Touched(kind=kind, id=owner)
        for sort in SORTS
        for owner, kind in sort.owners(company).items()
        if _differs(live[sort.part], wanted[sort.part], owner)
    }


def _differs(live: Mapping[str, SecretStr], given: Mapping[str, SecretStr], owner: str) -> bool:
    return owner in live and owner in given and live[owner] != given[owner]


async def _keep(
    session: Session,
    kept: Kept,
    company: str,
    wanted: Set[str],
    given: Mapping[str, SecretStr],
    revive: bool,
    now: datetime,
) -> None:
    live = await secrets_in(session, kept, company)
    retired = await secrets_in(session, kept, company, retired_since=now - RETIRED_FOR)
    back = retired if revive else await secrets_in(session, kept, company, retired_since=now - RETURNS_WITHIN)
    put: dict[str, str] = {}
    for owner in sorted(wanted):
        if owner in given:
            if live.get(owner) != given[owner]:
                put[owner] = given[owner].get_secret_value()
        elif owner not in live:
            put[owner] = back[owner].get_secret_value() if owner in back else kept.made()
    mine = kept.table.c.company == company
    if gone := live.keys() - wanted:
        query = update(kept.table).where(mine, kept.table.c[kept.owner] == bindparam("gone")).values(retired=now)
        await session.execute(query, [{"gone": owner} for owner in sorted(gone)])
    if replaced := put.keys() & (live.keys() | retired.keys()):
        away = delete(kept.table).where(mine, kept.table.c[kept.owner] == bindparam("replaced"))
        await session.execute(away, [{"replaced": owner} for owner in sorted(replaced)])
    if put:
        rows = [
            {"company": company, kept.owner: owner, kept.secret: secret, "created": now, "retired": None}
            for owner, secret in put.items()
        ]
        await session.execute(insert(kept.table), rows)
