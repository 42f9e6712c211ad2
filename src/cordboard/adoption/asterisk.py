"""What an Asterisk that runs says of its phones, queues and boxes, over the manager account that its admin gives.

Only questions are asked. What it says is put as sections of a file, so that one reading serves both; passwords are
never looked at. What the account may not ask is told in `silent`.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ami import actions, rows
from ami.client import Address, Manager, open_manager
from ami.errors import ActionRefused
from ami.fields import MemberFacts
from cordboard.adoption.conf import Conf, Option, Place, Section

AT_ONCE = 10  # questions about single endpoints that are under way at a time
DEADLINE = 10.0

_ENDPOINT = {"Callerid": "callerid", "Mailboxes": "mailboxes", "Language": "language", "Aors": "aors", "Auth": "auth",
             "OutboundAuth": "outbound_auth", "Context": "context"}  # fmt: skip
_AOR = {"Mailboxes": "mailboxes", "MaxContacts": "max_contacts"}
_AUTH = {"Username": "username", "AuthType": "auth_type"}
_UNSAID = ("", "<unknown>", '"" <>')


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """One reading. Names are those that Asterisk has for its objects. `silent`: what could not be asked, and why."""

    version: str = ""
    objects: tuple[rows.DetailRow, ...] = ()
    queues: tuple[rows.QueueRow, ...] = ()
    members: tuple[MemberFacts, ...] = ()
    boxes: tuple[rows.MailboxRow, ...] = ()
    silent: Mapping[str, str] = field(default_factory=dict)

    def names(self, kind: str) -> set[str]:
        return {one.name for one in self.objects if one.kind == kind}

    def setting(self, kind: str, name: str, setting: str) -> str:
        """A setting of an object, "" if either is not there."""
        found = (one.settings.get(setting, "") for one in self.objects if (one.kind, one.name) == (kind, name))
        value = next(found, "")
        return "" if value in _UNSAID else value


async def ask(address: Address) -> Running:
    """Ask a running Asterisk. Raises LinkDown or LoginRefused when there is none to ask; OutcomeUnknown."""
    silent: dict[str, str] = {}

    async def unless_refused(what: str, question: Awaitable[list[rows.Row]]) -> list[rows.Row]:
        try:
            return await question
        except ActionRefused as refused:
            silent[what] = refused.message
            return []

    async with open_manager(address, DEADLINE) as manager:
        version = ""
        try:
            version = (await manager.act(actions.Getvar("VERSION()"))).value
        except ActionRefused as refused:
            silent["its version (right: call or reporting)"] = refused.message
        phones = await unless_refused("phones and trunks (right: system)", _objects(manager))
        queues = await unless_refused("queues", _rows(manager.list, actions.QueueStatus()))
        boxes = await unless_refused(
            "voicemail boxes (right: call or reporting)", _rows(manager.list, actions.VoicemailUsersList())
        )
    return Running(
        version=version,
        objects=tuple(row for row in phones if isinstance(row, rows.DetailRow)),
        queues=tuple(row for row in queues if isinstance(row, rows.QueueRow)),
        members=tuple(row.member for row in queues if isinstance(row, rows.MemberRow)),
        boxes=tuple(row for row in boxes if isinstance(row, rows.MailboxRow)),
        silent=silent,
    )


async def _rows(list_: Callable[..., Awaitable[list[rows.Row]]], action: object) -> list[rows.Row]:
    return list(await list_(action))


async def _objects(manager: Manager) -> list[rows.Row]:
    """Every endpoint with its addresses of record, accounts and identities."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def details(name: str) -> list[rows.DetailRow]:
        async with gate:
            try:
                return await manager.list(actions.PJSIPShowEndpoint(name))
            except ActionRefused:
                return []  # it went away meanwhile

    endpoints = await manager.list(actions.PJSIPShowEndpoints())
    found = await asyncio.gather(*(details(endpoint.name) for endpoint in endpoints))
    unique = {(one.kind, one.name): one for several in found for one in several}
    return list(unique.values())


# ----- what it says, as sections of its files


def sip_sections(running: Running, known: Iterable[tuple[str, str]] = ()) -> list[Section]:
    """Phones and trunks that are not among the known ones (kind, name), as sections of a pjsip.conf."""
    left_out = set(known)
    sections = []
    for one in running.objects:
        if (one.kind, one.name) in left_out or one.kind not in ("endpoint", "aor", "auth", "identify"):
            continue
        said = dict(_said_of(one))
        sections.append(_section(f"running Asterisk, {one.kind} {one.name}", one.name, {"type": one.kind, **said}))
    return sections


def _said_of(one: rows.DetailRow) -> Iterable[tuple[str, str]]:
    named = {"endpoint": _ENDPOINT, "aor": _AOR, "auth": _AUTH}.get(one.kind, {})
    for setting, name in named.items():
        if (value := one.settings.get(setting, "")) not in _UNSAID:
            yield name, value
    if one.kind == "aor" and (contacts := permanent_contacts(one)):
        yield "contact", ",".join(contacts)
    if one.kind == "identify":
        yield "endpoint", one.settings.get("Endpoint", "")
        if networks := matched_networks(one):
            yield "match", ",".join(networks)
        if header := one.settings.get("MatchHeader", ""):
            yield "match_header", header


def permanent_contacts(aor: rows.DetailRow) -> list[str]:
    """The contacts that were configured, those that registered left out: an AOR that takes no registration has only
    such."""
    if aor.settings.get("MaxContacts", "0") != "0":
        return []
    contacts = (one.partition("/")[2] for one in aor.settings.get("Contacts", "").split(","))
    return [contact for contact in contacts if contact]


def matched_networks(identify: rows.DetailRow) -> list[str]:
    """The addresses that Asterisk compares with: names of hosts have become addresses."""
    networks = []
    for one in identify.settings.get("Match", "").split(","):
        try:
            network = ipaddress.ip_network(one.strip())
        except ValueError:
            continue
        networks.append(str(network.network_address) if network.num_addresses == 1 else str(network))
    return networks


def queues_conf(running: Running, known: Iterable[str] = ()) -> Conf:
    """Queues that are not among the known ones, as a queues.conf."""
    left_out = {name.lower() for name in known}
    sections = []
    for queue in running.queues:
        if queue.queue.lower() in left_out or queue.queue.lower() == "default":
            continue
        file = f"running Asterisk, queue {queue.queue}"
        said = {"strategy": queue.strategy, "maxlen": str(queue.max_waiting), "weight": str(queue.weight)}
        section = _section(file, queue.queue, {name: value for name, value in said.items() if value not in ("", "0")})
        for member in running.members:
            if member.queue == queue.queue and member.membership != "dynamic":
                value = f'{member.interface},{member.penalty},"{member.name}",{member.state_interface}'
                section.options.append(Option("member", value, (Place(file, -len(section.options)),)))
        sections.append(section)
    return Conf("queues.conf", tuple(sections))


def voicemail_conf(running: Running, known: Iterable[tuple[str, str]] = ()) -> Conf:
    """Boxes that are not among the known ones (context, number), as a voicemail.conf without PINs."""
    left_out = set(known)
    sections: dict[str, Section] = {}
    for box in running.boxes:
        if (box.context, box.mailbox) not in left_out:
            file = f"running Asterisk, box {box.mailbox}@{box.context}"
            section = sections.setdefault(box.context, _section(file, box.context, {}))
            name = box.full_name.replace(",", " ")
            section.options.append(Option(box.mailbox, f",{name},{box.email}", (Place(file, 0),)))
    return Conf("voicemail.conf", tuple(sections.values()))


def _section(file: str, name: str, said: Mapping[str, str]) -> Section:
    options = [Option(option, value, (Place(file, -line),)) for line, (option, value) in enumerate(said.items(), 1)]
    return Section(name, Place(file, 0), options=options)
