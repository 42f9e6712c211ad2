"""Endpoints that lead to the public network -> trunks."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network

from cordboard.adoption.asterisk import Running, matched_networks
from cordboard.adoption.conf import Option, Section
from cordboard.adoption.findings import Kind
from cordboard.adoption.names import is_header_name, is_header_value, is_sip_uri, shown_name
from cordboard.adoption.sip import Sip
from cordboard.adoption.work import Work
from cordboard.documents.kinds import is_too_wide
from cordboard.store.values import Trunk

Network = IPv4Network | IPv6Network

_TRANSPORT = re.compile(r";transport=(udp|tcp|tls)\b", re.IGNORECASE)


def trunks_of(sip: Sip) -> dict[str, list[Section]]:
    """Endpoint -> its identities, for the endpoints that are trunks: known by address or header, signing on somewhere,
    calling out with a password, or calling a fixed address without anybody having to log in."""
    signing = {option.value for section in sip.registrations.values() for option in section.every("endpoint")}
    found: dict[str, list[Section]] = {}
    for name, endpoint in sip.endpoints.items():
        identities = [one for one in sip.identifies.values() if (of := one.last("endpoint")) and of.value == name]
        has_contact = any(aor.last("contact") for aor in aors_of(sip, endpoint))
        is_open = endpoint.last("auth") is None and has_contact and not re.fullmatch(r"[0-9]{2,6}", name)
        if identities or name in signing or endpoint.last("outbound_auth") or is_open:
            found[name] = identities
    return found


def aors_of(sip: Sip, endpoint: Section) -> list[Section]:
    """The addresses of record of an endpoint."""
    names = listed(endpoint.last("aors"))
    return [sip.aors[name] for name in names if name in sip.aors]


def listed(option: Option | None) -> list[str]:
    """`a, b` -> a and b."""
    return [part.strip() for part in option.value.split(",") if part.strip()] if option else []


def adopt_trunks(work: Work, sip: Sip, trunks: dict[str, list[Section]], running: Running | None) -> None:
    """Make a trunk of each of these endpoints that a company file can describe."""
    taken: list[Network] = []
    for name, identities in trunks.items():
        _adopt(work, sip, name, identities, running, taken)


def _adopt(
    work: Work, sip: Sip, name: str, identities: list[Section], running: Running | None, taken: list[Network]
) -> None:
    ledger, endpoint, about = work.ledger, sip.endpoints[name], f"trunk {name}"
    to = _way_out(work, sip, name)
    addresses = _addresses(work, about, identities, running, taken)
    header = None if addresses else _header(work, about, identities)
    if addresses and any(one.last("match_header") for one in identities):
        what = "is known by a header beside its addresses, which anybody can write; the addresses alone were taken"
        headers = [option for one in identities for option in one.every("match_header")]
        ledger.tell(Kind.CHANGED, about, what, "See that the addresses are all of them", *headers)
    host = _network(_host(to))
    if not addresses and header is None and host and _is_free(host, taken):
        what = f"is known by no address: calls from {host}, where its calls go, were taken for its own"
        ledger.tell(Kind.DECIDE, about, what, 'Write all addresses of the operator under "from"', endpoint)
        addresses = [str(host.network_address)]
        taken.append(host)
    _tell_accounts(work, sip, name, endpoint)
    ledger.take(endpoint.last("aors"))
    if not addresses and header is None:
        what = "was left out: a trunk must be told from other callers by addresses or by a header"
        cure = 'Ask the operator where its calls come from, and write it under trunks, "from"'
        ledger.tell(Kind.DECIDE, about, what, cure, endpoint, *identities, *_options(sip, endpoint))
        return
    made = work.ids.give("trunk", name)
    work.owners[name] = made
    work.trunks[made] = Trunk(
        id=made, name=shown_name(name) or made, addresses=tuple(addresses), header=header, to=to or None
    )


def _options(sip: Sip, endpoint: Section) -> Iterable[Option]:
    for section in aors_of(sip, endpoint):
        yield from section.every("contact")


def _way_out(work: Work, sip: Sip, name: str) -> str:
    """The SIP address that calls out go to; "" if there is none that can be written."""
    about = f"trunk {name}"
    contacts = [option for aor in aors_of(sip, sip.endpoints[name]) for option in aor.every("contact")]
    several = [one for option in contacts for one in listed(option)]
    for option in contacts:
        work.ledger.take(option)
    if len(several) > 1:
        what = f"has {len(several)} addresses for calls out; the first was taken"
        work.ledger.tell(Kind.CHANGED, about, what, "Make a trunk of each if all are needed", *contacts)
    if not several:
        return ""
    bare = several[0].strip("<>").partition(";")[0]
    transport = _TRANSPORT.search(several[0])
    uri = bare + (f";transport={transport[1].lower()}" if transport else "")
    if uri != several[0]:
        what = f'calls out go to "{uri}", without what else the address said'
        work.ledger.tell(Kind.CHANGED, about, what, "Make a test call", *contacts)
    if is_sip_uri(uri):
        return uri
    work.ledger.tell(Kind.LOST, about, "its address for calls out is none that can be written", 'Write "to" by hand',
                     *contacts)  # fmt: skip
    return ""


def _addresses(
    work: Work, about: str, identities: list[Section], running: Running | None, taken: list[Network]
) -> list[str]:
    addresses: list[str] = []
    for identity in identities:
        work.ledger.take(identity.last("endpoint"))
        for option in identity.every("match"):
            work.ledger.take(option)
            for written in listed(option):
                if network := _network(written):
                    networks = [network]
                else:
                    networks = _resolved(work, about, written, option, identity, running)
                for found in networks:
                    if _is_acceptable(work, about, found, option, taken):
                        taken.append(found)
                        addresses.append(str(found.network_address) if found.num_addresses == 1 else str(found))
    return addresses


def _network(written: str) -> Network | None:
    try:
        return ipaddress.ip_network(written, strict=False)
    except ValueError:
        return None


def _resolved(
    work: Work, about: str, host: str, option: Option, identity: Section, running: Running | None
) -> list[Network]:
    """The addresses that the running Asterisk found for a host, less those that are written as addresses."""
    written = {str(network) for one in identity.every("match") for part in listed(one) if (network := _network(part))}
    said = [
        network
        for one in (running.objects if running else ())
        if one.kind == "identify" and one.name == identity.name
        for address in matched_networks(one)
        if (network := _network(address)) and str(network) not in written
    ]
    if said:
        what = f'"{host}" is a name; the addresses that Asterisk has found for it were written'
        work.ledger.tell(Kind.CHANGED, about, what, "Ask the operator for the addresses that it keeps", option)
    else:
        what = f'"{host}" is a name, and names are not looked up'
        work.ledger.tell(Kind.DECIDE, about, what, 'Write its addresses under "from"', option)
    return said


def _is_free(network: Network, taken: Iterable[Network]) -> bool:
    return not any(network.version == other.version and network.overlaps(other) for other in taken)


def _is_acceptable(work: Work, about: str, network: Network, option: Option, taken: list[Network]) -> bool:
    if is_too_wide(network):
        what = f"{network} lets in too much of the network, and was left out"
        work.ledger.tell(Kind.DECIDE, about, what, "Name the operator's own addresses", option)
        return False
    if not _is_free(network, taken):
        what = f"{network} meets an address of a trunk that was read before, and was left out"
        work.ledger.tell(Kind.DECIDE, about, what, "Say whose it is", option)
        return False
    return True


def _header(work: Work, about: str, identities: list[Section]) -> tuple[str, str] | None:
    for identity in identities:
        for option in identity.every("match_header"):
            name, _, value = (part.strip() for part in option.value.partition(":"))
            key = (name.lower(), value.lower())
            known = [trunk.header for trunk in work.trunks.values() if trunk.header]
            is_taken = any((other[0].lower(), other[1].lower()) == key for other in known)
            if is_header_name(name) and is_header_value(value) and not is_taken:
                work.ledger.take(option)
                return name, value
            what = "is known by a header that cannot be compared safely"
            work.ledger.tell(Kind.DECIDE, about, what, "Write its addresses instead", option)
    return None


def _tell_accounts(work: Work, sip: Sip, name: str, endpoint: Section) -> None:
    """Cordboard signs on nowhere and knows no password for calls out: told with the lines of what it was."""
    accounts = endpoint.every("outbound_auth")
    named = {one for option in accounts for one in listed(option)}
    where: list[Option] = list(accounts)
    signs_on = False
    for account in named:
        if account in sip.auths:
            where += [option for option in sip.auths[account].options if option.name.lower() != "type"]
    if inbound := endpoint.every("auth"):
        what = "asked its callers for a password; Cordboard knows a trunk by its addresses alone"
        options = [one for auth in inbound for of in listed(auth) if of in sip.auths for one in sip.auths[of].options]
        work.ledger.tell(Kind.CHANGED, f"trunk {name}", what, "See that nobody else has these addresses",
                         *inbound, *options)  # fmt: skip
    hosts = {_host(option.value) for option in _options(sip, endpoint)}
    for registration in sip.registrations.values():
        of = registration.last("endpoint")
        server = registration.last("server_uri")
        mine = named & {one for option in registration.every("outbound_auth") for one in listed(option)}
        if (of and of.value == name) or mine or registration.name == name or (server and _host(server.value) in hosts):
            signs_on = True
            where += [option for option in registration.options if option.name.lower() != "type"]
    if where:
        what = "signs on at the operator" if signs_on else "calls out with a password"
        what += ", which Cordboard does not do"
        cure = "Ask the operator to know you by your address, or keep a proxy that signs on"
        work.ledger.tell(Kind.LOST, f"trunk {name}", what, cure, *where)


def _host(uri: str) -> str:
    return re.sub(r"^sips?:", "", uri.strip().strip("<>")).partition(";")[0].rpartition("@")[2].partition(":")[0]
