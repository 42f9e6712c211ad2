"""A company -> its file, in a fixed order, with its author's comments. Reading the file gives the same company; secrets
are in it when given."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from cordboard.documents.headings import BEGIN, END, HEADINGS
from cordboard.documents.kinds import write_days, write_time
from cordboard.documents.margins import FORM
from cordboard.documents.merging import HEAD
from cordboard.documents.remarks import NOTHING, Remarks
from cordboard.documents.secrets import FileSecrets, secrets_document
from cordboard.documents.steps import written_step
from cordboard.documents.yaml_text import Tall, section_text
from cordboard.store.values import (
    Blocked,
    Company,
    Conference,
    Dialling,
    Did,
    Edge,
    Hearing,
    Hours,
    Menu,
    Message,
    Outgoing,
    PauseKind,
    PauseReason,
    Person,
    Phone,
    Prompt,
    QueueSpec,
    Retry,
    Speech,
    TargetKind,
    TargetRef,
    Trunk,
    VoicemailBox,
)

_MOVES = (TargetKind.REPEAT, TargetKind.BACK, TargetKind.TOP, TargetKind.HANGUP)
FILE_NAMES = frozenset(f"{name}.yaml" for name in HEADINGS)
"""What the files of a folder are called."""
SECRET_NAMES = frozenset({"secrets.yaml"})


def export_company(company: Company, secrets: FileSecrets | None = None) -> str:
    """The company file: `read_company(export_company(company)).company == company`. Without `secrets`, it has none."""
    return export_document(company, _with_secrets(document_of(company), secrets))


def export_folder(company: Company, secrets: FileSecrets | None = None) -> dict[str, str]:
    """The same in several files, one a section: file name -> text. A section that has nothing has no file."""
    document = _with_secrets(document_of(company), secrets)
    noted = Remarks.of(company.comments)
    return {
        f"{name}.yaml": export_document(company, {FORM: document[FORM], name: content})
        for name, content in document.items()
        if name != FORM and (content or noted.at(name))
    }


def export_sections(company: Company, names: Collection[str]) -> str:
    """The company file with these of its sections alone."""
    sections = document_of(company)
    return export_document(company, {name: sections[name] for name in sections if name == FORM or name in names})


def document_of(company: Company) -> dict[str, Any]:
    """Everything the file says, as plain data in the order of the file; sections that say nothing are empty."""
    return {"cordboard": 1, "company": _head(company), **_sections(company)}


def _with_secrets(document: dict[str, Any], secrets: FileSecrets | None) -> dict[str, Any]:
    if secrets is None:
        return document
    written = secrets_document(secrets)
    return document | {
        "secrets": {name: Tall(part) if isinstance(part, dict) else part for name, part in written.items()}
    }


def export_document(company: Company, sections: Mapping[str, Any]) -> str:
    """These sections, with what is noted in them; of the company as a whole, where its head is among them."""
    remarks, is_whole = Remarks.of(company.comments), HEAD in sections
    text = [BEGIN.format(id=company.id)]
    if is_whole:
        text += _lines(remarks.above(0))
    for name, content in sections.items():
        noted = remarks.at(name) if is_whole or name != FORM else NOTHING
        if content or noted:
            text.append(f"\n# {HEADINGS[name]}\n" if name in HEADINGS else "\n")
            text += _lines(noted.above(0))
            text.append(section_text(name, content, noted))
    if is_whole and remarks.own.after:
        text += _lines(["", END, *remarks.below(0)])
    return "".join(text)


def _lines(lines: Iterable[str]) -> Iterator[str]:
    return (f"{line}\n" for line in lines)


def _head(company: Company) -> dict[str, Any]:
    return {
        "id": company.id,
        "name": company.name,
        "language": company.language,
        "country": company.country,
        "time_zone": company.time_zone,
    }


def _sections(company: Company) -> dict[str, Any]:
    sections: dict[str, Mapping[str, dict[str, Any]]] = {
        "sites": {site.id: _given(name=site.name, outgoing=site.outgoing) for site in company.sites.values()},
        "skills": {skill.id: {"name": skill.name} for skill in company.skills.values()},
        "people": {person.id: _person(person) for person in company.people.values()},
        "phones": {phone.id: _phone(phone) for phone in company.phones.values()},
        "hours": {hours.id: _hours(hours, company) for hours in company.hours.values()},
        "prompts": {prompt.id: _prompt(prompt) for prompt in company.prompts.values()},
        "messages": {message.id: _message(message) for message in company.messages.values()},
        "voicemails": {box.id: _voicemail(box) for box in company.voicemails.values()},
        "conferences": {conference.id: _conference(conference) for conference in company.conferences.values()},
        "pauses": {reason.id: _pause(reason) for reason in company.pauses.values()},
        "queues": {queue.id: _queue(queue, company) for queue in company.queues.values()},
        "menus": {menu.id: _menu(menu, company) for menu in company.menus.values()},
        "steps": {
            step.id: written_step(step, lambda edge: _edge_of_node(edge, company)) for step in company.steps.values()
        },
        "dids": {did.number: _did(did, company) for did in sorted(company.dids.values(), key=lambda did: did.number)},
        "trunks": {trunk.id: _trunk(trunk) for trunk in company.trunks.values()},
        "outgoing": {permission.id: _outgoing(permission) for permission in company.outgoing.values()},
    }
    dialling = {"dialling": _dialling(company.dialling)} if company.dialling else {}
    return {**sections, **dialling, "blocked": [_blocked(one) for one in company.blocked]}


# ----- items as plain mappings


def _given(**parts: Any) -> dict[str, Any]:
    """Without what says nothing."""
    return {name.rstrip("_"): part for name, part in parts.items() if part not in (None, "", (), [], {})}


def _person(person: Person) -> dict[str, Any]:
    return _given(
        name=person.name,
        site=person.site,
        extension=person.extension,
        email=person.email,
        language=person.language,
        skills=person.skills,
        voicemail=person.voicemail or None,
        outgoing=person.outgoing,
    )


def _phone(phone: Phone) -> dict[str, Any]:
    return _given(
        name=phone.name,
        site=phone.site,
        extension=phone.extension,
        language=phone.language,
        outgoing=phone.outgoing,
    )


def _hours(hours: Hours, company: Company) -> dict[str, Any]:
    times = [
        {"days": write_days(time.days), "from": write_time(time.start), "to": write_time(time.end)}
        for time in hours.open
    ]
    return {"name": hours.name, "open": times} | _given(
        holidays=hours.holidays,
        closed=list(hours.closed),
        time_zone=hours.time_zone if hours.time_zone != company.time_zone else None,
    )


def _sounds(item: Prompt | Message) -> dict[str, Any]:
    written = {language: list(map(_piece, pieces)) for language, pieces in item.sounds.items()}
    return {
        language: pieces[0] if len(pieces) == 1 and isinstance(pieces[0], dict) else pieces
        for language, pieces in written.items()
    }


def _piece(piece: str | Speech) -> str | dict[str, Any]:
    return piece if isinstance(piece, str) else _given(say=piece.text, file=piece.recording)


def _prompt(prompt: Prompt) -> dict[str, Any]:
    return ({} if prompt.barge_in else {"barge_in": False}) | _sounds(prompt)


def _message(message: Message) -> dict[str, Any]:
    return _given(name=message.name, answers=message.answers or None) | _sounds(message)


def _voicemail(box: VoicemailBox) -> dict[str, Any]:
    return _given(name=box.name, email=box.email, language=box.language)


def _conference(conference: Conference) -> dict[str, Any]:
    return _given(name=conference.name, number=conference.number) | {
        "most_members": conference.most_members,
        "wait_for_host": conference.wait_for_host,
        "announce": conference.announce,
        "muted": conference.muted,
    }


def _pause(reason: PauseReason) -> dict[str, Any]:
    return {**reason.names} | _given(kind=str(reason.kind) if reason.kind is not PauseKind.PAUSE else None)


def _queue(queue: QueueSpec, company: Company) -> dict[str, Any]:
    steps = [
        {"after": step.after, "skills": _lowered(before, step.skills)}
        for before, step in zip(queue.requirements, queue.relax, strict=False)
    ]
    return _given(name=queue.name, number=queue.number, skills=queue.skills, relax=steps) | {
        "strategy": queue.strategy,
        "ring": queue.ring,
        "max_wait": queue.max_wait,
        "max_waiting": queue.max_waiting,
        "wrap_up": queue.wrap_up,
        "missed_before_pause": queue.missed_before_pause,
        "music": queue.music,
        "announce_position": queue.announce_position,
        "priority": queue.priority,
        "when_late": _place(queue.when_late, company),
        "when_full": _place(queue.when_full, company),
        "when_empty": _place(queue.when_empty, company),
    }


def _lowered(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """What a step changes; 0 is what it no longer asks for."""
    return {skill: after.get(skill, 0) for skill, level in before.items() if after.get(skill, 0) != level}


def _menu(menu: Menu, company: Company) -> dict[str, Any]:
    return {
        "name": menu.name,
        "prompt": menu.prompt,
        "barge_in": menu.barge_in,
        "first_digit": _seconds(menu.first_digit),
        "inter_digit": _seconds(menu.inter_digit),
        **({"speech": _hearing(menu.speech)} if menu.speech else {}),
        "keys": Tall({key: _edge(edge, company) for key, edge in menu.keys.items()}),
        "no_input": _retry(menu.no_input, company),
        "wrong_input": _retry(menu.wrong_input, company),
    }


def _hearing(hearing: Hearing) -> dict[str, Any]:
    words = {
        key: {language: list(phrases) for language, phrases in spoken.items()} for key, spoken in hearing.words.items()
    }
    return {"words": Tall(words), "least": hearing.least}


def _seconds(seconds: float) -> int | float:
    return int(seconds) if seconds.is_integer() else seconds


def _retry(retry: Retry, company: Company) -> dict[str, Any]:
    return _given(tries=retry.tries, prompt=retry.prompt, then=_edge(retry.then, company))


def _edge(edge: Edge, company: Company) -> Any:
    if edge.target.kind in _MOVES:
        return str(edge.target.kind)
    return _given(language=edge.language) | _place(edge.target, company)


def _edge_of_node(edge: Mapping[str, Any], company: Company) -> Any:
    return _edge(Edge(TargetRef(TargetKind(edge["kind"]), edge.get("id", "")), edge.get("language")), company)


def _place(place: TargetRef, company: Company) -> dict[str, Any]:
    kind = "phone" if place.kind is TargetKind.PERSON and place.id in company.phones else str(place.kind)
    return {kind: place.id}


def _did(did: Did, company: Company) -> dict[str, Any]:
    ways = {"open" if did.hours else "target": _place(did.open, company)}
    if did.closed:
        ways["closed"] = _place(did.closed, company)
    language = did.language if did.language != company.language else None
    return _given(id=did.id, name=did.name, site=did.site, language=language, hours=did.hours) | ways


def _trunk(trunk: Trunk) -> dict[str, Any]:
    header = {"name": trunk.header[0], "value": trunk.header[1]} if trunk.header else None
    return _given(
        name=trunk.name,
        from_=list(trunk.addresses),
        header=header,
        to=trunk.to,
        peer=trunk.is_peer or None,
        shows=trunk.shows,
    )


def _outgoing(permission: Outgoing) -> dict[str, Any]:
    return _given(
        name=permission.name,
        national=list(permission.national),
        countries=list(permission.countries),
        world=permission.world or None,
        prefixes=list(permission.prefixes),
        never=list(permission.never),
        most_calls=permission.most_calls,
        longest=permission.longest,
    )


def _dialling(dialling: Dialling) -> dict[str, Any]:
    return _given(
        prefix=dialling.prefix,
        trunks=list(dialling.trunks),
        number=dialling.number,
        most_calls=dialling.most_calls,
    )


def _blocked(blocked: Blocked) -> dict[str, Any]:
    kind = "prefix" if blocked.is_prefix else "number"
    return {kind: blocked.number} | _given(reason=blocked.reason, message=blocked.message)
