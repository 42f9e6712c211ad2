"""Files and a running Asterisk -> a company, what stays secret, and all that has to be told. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from cordboard.adoption import asterisk
from cordboard.adoption.asterisk import Running
from cordboard.adoption.conf import Conf, Place, Section
from cordboard.adoption.dialplan import Dialplan, Line, read_dialplan
from cordboard.adoption.differences import tell_box_differences, tell_endpoint_differences, tell_queue_differences
from cordboard.adoption.errors import HeadRefused, NothingToAdopt
from cordboard.adoption.files import Files
from cordboard.adoption.findings import Finding, Kind
from cordboard.adoption.handsets import Handset, handset_of, read_handsets
from cordboard.adoption.leftovers import tell_leftovers
from cordboard.adoption.lines import adopt_queues, mark_members, read_members
from cordboard.adoption.people import adopt_people, adopt_shared_boxes, owned_boxes, read_boxes, unknown_boxes
from cordboard.adoption.sip import Sip, sip_objects
from cordboard.adoption.trunks import adopt_trunks, trunks_of
from cordboard.adoption.work import Head, Renamed, Work
from cordboard.documents import export_company, read_company
from cordboard.documents.kinds import slug
from cordboard.store.numbers import international, is_e164
from cordboard.store.records import CompanySecrets
from cordboard.store.values import Company

Item = TypeVar("Item")

_TO_EXTENSIONS = ("from-did-direct", "ext-local", "from-internal")
"""Contexts of a FreePBX in which a number is the extension of somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """`taken`: the lines that became part of the company. `settings`: what cordboard.toml should say."""

    company: Company
    secrets: CompanySecrets
    findings: tuple[Finding, ...]
    taken: frozenset[Place]
    renamed: tuple[Renamed, ...]
    settings: Mapping[str, str]
    version: str


def understand(head: Head, files: Files, running: Running | None, *, keeps_secrets: bool = True) -> Adopted:
    """Make a company of it. Raises HeadRefused, NothingToAdopt."""
    _check(head)
    work = Work(head, keeps_secrets)
    ledger = work.ledger
    sip = sip_objects(files.pjsip.sections, files.wizards.sections, ledger)
    queues, voicemail = files.queues, files.voicemail
    members = read_members(work, queues, running)
    boxes = read_boxes(work, voicemail)
    _tell_sources(work, files, running)
    if running is not None:
        _tell_silence(work, running)
        if any(conf.is_there for conf in (files.pjsip, files.wizards)):
            tell_endpoint_differences(work, sip.endpoints, running)
        if queues.is_there:
            tell_queue_differences(work, _real(queues), members, running)
        if voicemail.is_there:
            tell_box_differences(work, boxes, running)
        sip, queues, voicemail = _completed(work, sip, queues, voicemail, running)
        members, boxes = read_members(work, queues, running), read_boxes(work, voicemail)
    dialplan = read_dialplan(files.extensions)
    trunks = trunks_of(sip)
    handsets = read_handsets(work, sip, trunks, dialplan)
    mark_members(work, members, handsets)
    owned = owned_boxes(handsets, boxes)
    adopt_people(work, sip, handsets, owned)
    adopt_shared_boxes(work, boxes, owned)
    unknown_boxes(work, handsets, boxes)
    adopt_trunks(work, sip, trunks, running)
    adopt_queues(work, queues, members, handsets, dialplan)
    _suggest_numbers(work, sip, trunks, dialplan, handsets)
    _take_settings(work, sip, files.rtp)
    tell_leftovers(work, files, dialplan)
    if not (work.people or work.phones or work.queues or work.voicemails or work.trunks):
        raise NothingToAdopt("No phone, trunk, queue or voicemail box was found: is this the folder of Asterisk?")
    return Adopted(
        company=_company(work),
        secrets=CompanySecrets(sip=work.sip, pins=work.pins),
        findings=tuple(dict.fromkeys(ledger.findings)),
        taken=frozenset(ledger.taken),
        renamed=tuple(sorted(work.renamed, key=lambda one: (len(one.number), one.number))),
        settings=work.settings,
        version=running.version if running else "",
    )


def _check(head: Head) -> None:
    """Raises HeadRefused unless this can be the head of a company file."""
    bare = Company(id=head.id, name=head.name, language=head.language, country=head.country, time_zone=head.time_zone)
    reading = read_company(export_company(bare))
    if reading.company is None:
        raise HeadRefused([problem for problem in reading.problems if not problem.is_warning])


def _real(conf: Conf) -> list[Section]:
    return [one for one in conf.sections if not one.is_template and one.name.lower() != "general"]


def _tell_sources(work: Work, files: Files, running: Running | None) -> None:
    """Say what was not there to be read."""
    if running is None:
        what = "was not asked: the files are not compared with what runs, and who is logged in to queues is not known"
        work.ledger.tell(Kind.DIFFERS, "running Asterisk", what, "Adopt with --ami-host too, if there is one")
    if not any(conf.is_there for conf in files.all):
        what = "none was read: passwords, PINs, times of queues, dialplan and transports are in files alone"
        cure = "Adopt where the folder can be read; else look at ring, wrap_up and announce_position of each queue"
        work.ledger.tell(Kind.DECIDE, "files", what, cure)


def _tell_silence(work: Work, running: Running) -> None:
    for what, why in running.silent.items():
        cure = "Give the account the right that is missing, or see that the module is loaded; then adopt again"
        work.ledger.tell(Kind.DECIDE, "running Asterisk", f"would not tell of {what}: {why}", cure)


def _completed(work: Work, sip: Sip, queues: Conf, voicemail: Conf, running: Running) -> tuple[Sip, Conf, Conf]:
    """With what only the running Asterisk has."""
    known = [(kind, name) for kind in ("endpoint", "aor", "auth", "identify") for name in sip.of(kind)]
    more = sip_objects(asterisk.sip_sections(running, known), (), work.ledger)
    for kind in ("endpoint", "aor", "auth", "identify"):
        sip.of(kind).update(more.of(kind))
    queues = replace(
        queues,
        sections=(*queues.sections, *asterisk.queues_conf(running, (one.name for one in _real(queues))).sections),
    )
    boxes = [
        (section.name, option.name)
        for section in voicemail.sections
        if not section.is_template
        for option in section.options
    ]
    voicemail = replace(voicemail, sections=(*voicemail.sections, *asterisk.voicemail_conf(running, boxes).sections))
    return sip, queues, voicemail


def _company(work: Work) -> Company:
    people = {
        person.id: replace(person, skills=dict(sorted(work.levels.get(person.id, {}).items())))
        for person in work.people.values()
    }
    return Company(
        id=work.head.id,
        name=work.head.name,
        language=work.head.language,
        country=work.head.country,
        time_zone=work.head.time_zone,
        people=_ordered(people),
        phones=_ordered(work.phones),
        voicemails=_ordered(work.voicemails),
        skills=_ordered(work.skills),
        queues=_ordered(work.queues),
        messages=_ordered(work.messages),
        trunks=_ordered(work.trunks),
    )


def _ordered(items: Mapping[str, Item]) -> dict[str, Item]:
    return dict(sorted(items.items()))


# ----- numbers of the network, and settings


def _suggest_numbers(
    work: Work, sip: Sip, trunks: Mapping[str, object], dialplan: Dialplan, handsets: Mapping[str, Handset]
) -> None:
    """Numbers of the network that the trunks' contexts name: what to write under dids."""
    contexts = {option.value for name in trunks for option in sip.endpoints[name].every("context")[-1:]}
    for number, lines in dialplan.public_numbers(sorted(contexts)).items():
        written = international(number, work.head.country)
        if not is_e164(written):
            continue
        target = next(filter(None, (_target(work, line, dialplan, handsets) for line in lines)), "")
        where = target or "..., with a target of your own"
        made = slug(f"did-{written.removeprefix('+')}")
        cure = f'dids: "{written}": {{id: {made}, name: "{written}", target: {where}}}'
        what = "comes in by a trunk; where it leads is yours to write"
        work.ledger.tell(Kind.DECIDE, f"number {written}", what, cure, *(line.option for line in lines))


def _target(
    work: Work, line: Line, dialplan: Dialplan, handsets: Mapping[str, Handset], *, is_first: bool = True
) -> str:
    """Where a line plainly leads, over one Goto at most, as a company file says it; "" if that is not plain."""
    if line.application == "queue":
        named = (one.id for one in work.queues.values() if line.argument in (one.number, one.id, one.name))
        return next((f"{{queue: {queue}}}" for queue in named), "")
    if line.application == "dial" and (handset := handset_of(line.argument, handsets)):
        return _phone_target(work, handset)
    if line.application == "goto" and is_first:
        context, number, *_ = (*(part.strip() for part in line.data.split(",")), "", "")
        if context in _TO_EXTENSIONS and (handset := _handset_with(number, handsets)):
            return _phone_target(work, handset)
        there = (one for one in dialplan.lines if (one.context, one.number) == (context, number))
        return next(filter(None, (_target(work, one, dialplan, handsets, is_first=False) for one in there)), "")
    return ""


def _handset_with(number: str, handsets: Mapping[str, Handset]) -> Handset | None:
    return next((handset for handset in handsets.values() if handset.number == number), None)


def _phone_target(work: Work, handset: Handset) -> str:
    if handset.number is None:
        return ""
    owner = work.owners[handset.name]
    return f"{{{'person' if owner in work.people else 'phone'}: {owner}}}"


def _take_settings(work: Work, sip: Sip, rtp: Conf) -> None:
    """What cordboard.toml should say to be where Asterisk was."""
    for name, transport in sip.transports.items():
        protocol, bind = transport.last("protocol"), transport.last("bind")
        kind = protocol.value.lower() if protocol else "udp"
        if kind not in ("udp", "tcp") or bind is None:
            what = f"{kind} is not offered: phones are reached by UDP and TCP"
            work.ledger.tell(Kind.LOST, f"transport {name}", what, "Put a SIP proxy before it, or change the phones",
                             transport, *transport.options)  # fmt: skip
            continue
        work.ledger.take(protocol)
        address, _, port = work.ledger.take(bind).rpartition(":") if ":" in bind.value else (bind.value, "", "5060")
        said = {"sip_host": address or bind.value, "sip_port": port if port.isdecimal() else "5060"}
        if media := transport.last("external_media_address"):
            said["media_host"] = work.ledger.take(media)
        for setting, value in said.items():
            if work.settings.setdefault(setting, value) != value:
                what = f"{setting}: another transport said {work.settings[setting]} before, and Cordboard has one"
                work.ledger.tell(Kind.CHANGED, f"transport {name}", what, "Choose one of the two", transport)
    for section in rtp.sections:
        for name, setting in (("rtpstart", "rtp_first"), ("rtpend", "rtp_last")):
            if not section.is_template and (option := section.last(name)):
                work.settings[setting] = work.ledger.take(option)
