"""Numbers and addresses: each belongs to one, none hides another, and a call is taken for the right company's. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network

from cordboard.provisioning.problems import PlanProblem, row_of
from cordboard.provisioning.sources import Tenant
from cordboard.store.numbers import is_emergency
from cordboard.store.values import Company
from dialplan_templates.check import OWN_NUMBERS

LONGEST_EMERGENCY = 6
"""Digits. No country calls for help with more; asking about each extension of a large company takes a while."""


def numbering_problems(tenants: Sequence[Tenant]) -> list[PlanProblem]:
    """Every problem of phones, extensions, DIDs, blocked callers and trunks."""
    problems: list[PlanProblem] = []
    for tenant in tenants:
        problems += _secrets(tenant)
        problems += _extensions(tenant.company)
        problems += _blocked(tenant.company)
    companies = [tenant.company for tenant in tenants]
    problems += _shared_dids(companies)
    problems += _shared_trunks(companies)
    return problems


def _secrets(tenant: Tenant) -> Iterator[PlanProblem]:
    company = tenant.company
    for endpoint in company.endpoints():
        if not tenant.sip_secrets.get(endpoint.id):
            yield PlanProblem(
                f"phone {endpoint.id}",
                "it has no SIP password",
                "save the company again: one is then made for it",
                row=row_of(company.id, _section(company, endpoint.id), endpoint.id),
            )


def _section(company: Company, endpoint: str) -> str:
    return "phones" if endpoint in company.phones else "people"


def _extensions(company: Company) -> Iterator[PlanProblem]:
    # A company's phones dial in a context of their own: what another company calls its extensions is nothing to them.
    holders: dict[str, list[tuple[str, str]]] = {}
    for endpoint in company.endpoints():
        row = row_of(company.id, _section(company, endpoint.id), endpoint.id, "extension")
        holders.setdefault(endpoint.extension or "", []).append((f"phone {endpoint.id}", row))
    for section, kind, places in (
        ("queues", "queue", company.queues),
        ("conferences", "conference", company.conferences),
    ):
        for name, place in places.items():
            if place.number:
                row = row_of(company.id, section, name, "number")
                holders.setdefault(place.number, []).append((f"{kind} {name}", row))
    for number, held in sorted(holders.items()):
        names, row = " and ".join(name for name, _ in held), held[-1][1]
        where = f"extension {number}"
        if len(held) > 1:
            yield PlanProblem(where, f"belongs to {names}", "give each its own number", row=row)
        if number in OWN_NUMBERS:
            what = f"of {names} is a number that every phone has"
            yield PlanProblem(where, what, "choose another number", row=row)
        elif len(number) <= LONGEST_EMERGENCY and is_emergency(number, company.country):
            what = f"of {names} hides an emergency number of {company.country}"
            yield PlanProblem(where, what, "choose another number", row=row)


def _blocked(company: Company) -> Iterator[PlanProblem]:
    for position, blocked in enumerate(company.blocked):
        digits = blocked.number.removeprefix("+")
        for did in company.dids.values():
            own = did.number.removeprefix("+")
            if own == digits or (blocked.is_prefix and own.startswith(digits)):
                yield PlanProblem(
                    f"blocked {blocked.number}",
                    f"refuses calls from {did.number}, which is this company's own: calls sent on or back are lost",
                    "write a longer prefix, or take it out",
                    is_warning=True,
                    row=row_of(company.id, f"blocked[{position}]"),
                )
                break


def _shared_dids(companies: Sequence[Company]) -> Iterator[PlanProblem]:
    holders: dict[str, list[tuple[str, str]]] = {}
    for company in companies:
        for did in company.dids.values():
            holders.setdefault(did.number, []).append((company.id, did.id))
    for number, named in sorted(holders.items()):
        if len(named) > 1:
            told = " and ".join(f"{company} ({did})" for company, did in named)
            row = row_of(named[-1][0], "dids", number)
            yield PlanProblem(f"DID {number}", f"belongs to {told}", "let one of them alone have it", row=row)


def _shared_trunks(companies: Sequence[Company]) -> Iterator[PlanProblem]:
    """Trunks of two companies that are known by the same: Asterisk takes a call for the first that fits."""
    networks: list[tuple[str, str, str, IPv4Network | IPv6Network]] = []
    headers: dict[tuple[str, str], tuple[str, str]] = {}
    for company in companies:
        for trunk in company.trunks.values():
            for address in trunk.addresses:
                network = _network(address)
                if network is not None:
                    networks.append((company.id, trunk.id, address, network))
            if trunk.header:
                name, value = trunk.header
                owner, other = headers.setdefault((name.lower(), value), (company.id, trunk.id))
                if owner != company.id:
                    yield _taken_for(company.id, trunk.id, "header", f"{name}: {value}", owner, other)
    # In the order of their first addresses, the widest first, a network lies in those before it that have not ended.
    networks.sort(key=lambda each: (each[3].version, int(each[3].network_address), each[3].prefixlen))
    around: list[tuple[str, str, str, IPv4Network | IPv6Network]] = []
    for company_id, trunk_id, address, network in networks:
        while around and not _lies_in(network, around[-1][3]):
            around.pop()
        for owner, other, _, _ in reversed(around):
            if owner != company_id:
                yield _taken_for(company_id, trunk_id, "from", address, owner, other)
                break
        around.append((company_id, trunk_id, address, network))


def _lies_in(one: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    return one.version == other.version and int(one.broadcast_address) <= int(other.broadcast_address)


def _network(address: str) -> IPv4Network | IPv6Network | None:
    """None for what is no address: whoever writes the file refuses that."""
    try:
        return ip_network(address, strict=False)
    except ValueError:
        return None


def _taken_for(company: str, trunk: str, key: str, value: str, owner: str, other: str) -> PlanProblem:
    return PlanProblem(
        f"trunk {trunk}",
        f"{value} of {company} meets trunk {other} of {owner}: its calls would be taken for the wrong company's",
        "give each trunk addresses, or a header, of its own",
        row=row_of(company, "trunks", trunk, key),
    )
