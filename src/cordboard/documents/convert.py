"""A draft without faults -> the company's values. What the file leaves out gets the default of the value."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from cordboard.documents.draft import Draft
from cordboard.documents.inputs import (
    WrittenBlocked,
    WrittenConference,
    WrittenDialling,
    WrittenDid,
    WrittenHearing,
    WrittenHours,
    WrittenMenu,
    WrittenMessage,
    WrittenOpenTime,
    WrittenOutgoing,
    WrittenPause,
    WrittenPerson,
    WrittenPhone,
    WrittenPrompt,
    WrittenQueue,
    WrittenRelax,
    WrittenSite,
    WrittenSkill,
    WrittenSounds,
    WrittenSpeech,
    WrittenTrunk,
    WrittenVoicemail,
)
from cordboard.documents.items import Item
from cordboard.documents.kinds import parse_days, parse_time
from cordboard.documents.places import WrittenChoice, WrittenEdge, WrittenPlace, WrittenRetry, WrittenStart
from cordboard.documents.steps import step_of
from cordboard.store.numbers import KINDS
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
    OpenTime,
    Outgoing,
    PauseKind,
    PauseReason,
    Person,
    Phone,
    Prompt,
    QueueSpec,
    RelaxStep,
    Retry,
    Site,
    Skill,
    Sounds,
    Speech,
    TargetKind,
    TargetRef,
    Trunk,
    VoicemailBox,
)

Value = TypeVar("Value")
Shape = TypeVar("Shape")


def company_of(draft: Draft) -> Company:
    """The company that a faultless draft describes, every collection in the order of its ids."""
    head = draft.head
    language, time_zone = given(head.language), given(head.time_zone)
    dids = [_did(number, did, language) for number, did in draft.dids.items()]
    return Company(
        id=given(head.id),
        name=given(head.name),
        language=language,
        country=given(head.country),
        time_zone=time_zone,
        sites=_each(draft.sites, _site),
        skills=_each(draft.skills, _skill),
        people=_each(draft.people, _person),
        phones=_each(draft.phones, _phone),
        hours=_each(draft.hours, lambda key, hours: _hours(key, hours, time_zone)),
        prompts=_each(draft.prompts, _prompt),
        messages=_each(draft.messages, _message),
        voicemails=_each(draft.voicemails, _voicemail),
        conferences=_each(draft.conferences, _conference),
        pauses=_each(draft.pauses, _pause),
        queues=_each(draft.queues, _queue),
        menus=_each(draft.menus, _menu),
        steps=_each(draft.steps, lambda key, step: step_of(key, step, _edge_json)),
        dids={did.id: did for did in sorted(dids, key=lambda did: did.id)},
        trunks=_each(draft.trunks, _trunk),
        outgoing=_each(draft.outgoing, _outgoing),
        dialling=_dialling(draft.dialling) if draft.dialling else None,
        blocked=tuple(sorted(map(_blocked, draft.blocked.values()), key=lambda one: (one.number, one.is_prefix))),
    )


def given(value: Value | None) -> Value:
    """What was made sure to be there."""
    assert value is not None
    return value


def open_time(time: WrittenOpenTime) -> OpenTime:
    return OpenTime(
        days=parse_days(given(time.days)), start=parse_time(given(time.from_)), end=parse_time(given(time.to))
    )


def target(place: WrittenPlace) -> TargetRef:
    """The one place that it names. A phone is called as a person is."""
    kind = next(name for name in place.places() if getattr(place, name) is not None)
    return TargetRef(TargetKind.PERSON if kind == "phone" else TargetKind(kind), getattr(place, kind))


def lowered(skills: Mapping[str, int], steps: Iterable[WrittenRelax]) -> tuple[RelaxStep, ...]:
    """The whole requirement after each step, of which the file says only what goes down."""
    required = dict(skills)
    made = []
    for step in steps:
        required |= given(step.skills)
        asked = {skill: level for skill, level in sorted(required.items()) if level}
        made.append(RelaxStep(after=given(step.after), skills=asked))
    return tuple(made)


def _each(items: Mapping[str, Shape], made: Any) -> dict[str, Any]:
    return {key: made(key, item) for key, item in sorted(items.items())}


def _written(item: Item, *names: str) -> dict[str, Any]:
    """The parts that the file has, to leave the others to their defaults."""
    return {name: value for name in names if (value := getattr(item, name)) is not None}


def _site(key: str, site: WrittenSite) -> Site:
    return Site(id=key, name=given(site.name), outgoing=site.outgoing)


def _skill(key: str, skill: WrittenSkill) -> Skill:
    return Skill(id=key, name=given(skill.name))


def _person(key: str, person: WrittenPerson) -> Person:
    skills = dict(sorted((person.skills or {}).items()))
    return Person(
        id=key,
        skills=skills,
        **_written(person, "name", "extension", "email", "site", "language", "voicemail", "outgoing"),
    )


def _phone(key: str, phone: WrittenPhone) -> Phone:
    return Phone(id=key, **_written(phone, "name", "extension", "site", "language", "outgoing"))


def _hours(key: str, hours: WrittenHours, time_zone: str) -> Hours:
    return Hours(
        id=key,
        name=hours.name or key,
        time_zone=hours.time_zone or time_zone,
        open=tuple(sorted(map(open_time, given(hours.open)), key=lambda time: (time.days, time.start))),
        holidays=hours.holidays,
        closed=tuple(sorted(set(hours.closed or ()))),
    )


def _prompt(key: str, prompt: WrittenPrompt) -> Prompt:
    return Prompt(id=key, sounds=_sounds(prompt), **_written(prompt, "barge_in"))


def _message(key: str, message: WrittenMessage) -> Message:
    return Message(id=key, name=message.name or key, sounds=_sounds(message), answers=bool(message.answers))


def _sounds(prompt: WrittenSounds) -> Sounds:
    return {language: tuple(map(_piece, pieces)) for language, pieces in sorted(prompt.sounds.items())}


def _piece(written: str | WrittenSpeech) -> str | Speech:
    return written if isinstance(written, str) else Speech(text=written.say or "", recording=written.file or "")


def _voicemail(key: str, box: WrittenVoicemail) -> VoicemailBox:
    return VoicemailBox(id=key, **_written(box, "name", "email", "language"))


def _conference(key: str, conference: WrittenConference) -> Conference:
    return Conference(
        id=key, **_written(conference, "name", "number", "most_members", "wait_for_host", "announce", "muted")
    )


def _pause(key: str, pause: WrittenPause) -> PauseReason:
    return PauseReason(id=key, names=dict(sorted(pause.names.items())), kind=PauseKind(pause.kind or PauseKind.PAUSE))


def _queue(key: str, queue: WrittenQueue) -> QueueSpec:
    """A queue overflows to where it sends the late, unless told otherwise."""
    when_late = target(given(queue.when_late))
    skills = dict(sorted(given(queue.skills).items()))
    return QueueSpec(
        id=key,
        skills=skills,
        relax=lowered(skills, queue.relax or ()),
        when_late=when_late,
        when_full=target(queue.when_full) if queue.when_full else when_late,
        when_empty=target(queue.when_empty) if queue.when_empty else when_late,
        **_written(
            *(queue, "name", "number", "ring", "max_wait", "max_waiting", "wrap_up", "music"),
            *("announce_position", "priority", "strategy", "missed_before_pause"),
        ),
    )


def _menu(key: str, menu: WrittenMenu) -> Menu:
    return Menu(
        id=key,
        keys={key: _edge(edge) for key, edge in sorted(given(menu.keys).items())},
        no_input=_retry(given(menu.no_input)),
        wrong_input=_retry(given(menu.wrong_input)),
        speech=_hearing(menu.speech) if menu.speech else None,
        **_written(menu, "name", "prompt", "barge_in", "first_digit", "inter_digit"),
    )


def _hearing(hearing: WrittenHearing) -> Hearing:
    words = {
        key: {language: tuple(phrases) for language, phrases in sorted(spoken.items())}
        for key, spoken in sorted(given(hearing.words).items())
    }
    return Hearing(words=words, **_written(hearing, "least"))


def _edge(edge: WrittenEdge | WrittenStart) -> Edge:
    if isinstance(edge, WrittenPlace):
        return Edge(target(edge), edge.language if isinstance(edge, WrittenChoice) else None)
    return Edge(TargetRef(TargetKind(edge)))


def _edge_json(edge: WrittenEdge | WrittenStart) -> dict[str, Any]:
    """As the flow document writes it."""
    made = _edge(edge)
    parts = {"kind": str(made.target.kind), "id": made.target.id, "language": made.language}
    return {name: part for name, part in parts.items() if part}


def _retry(retry: WrittenRetry) -> Retry:
    return Retry(tries=given(retry.tries), prompt=retry.prompt, then=_edge(given(retry.then)))


def _did(number: str, did: WrittenDid, language: str) -> Did:
    return Did(
        id=given(did.id),
        number=number,
        name=given(did.name),
        open=target(given(did.target or did.open)),
        hours=did.hours,
        closed=target(did.closed) if did.closed else None,
        site=did.site,
        language=did.language or language,
    )


def _trunk(key: str, trunk: WrittenTrunk) -> Trunk:
    header = trunk.header
    return Trunk(
        id=key,
        name=given(trunk.name),
        addresses=tuple(sorted(set(trunk.from_ or ()))),
        header=(given(header.name), given(header.value)) if header else None,
        to=trunk.to,
        is_peer=bool(trunk.peer),
        shows=trunk.shows,
    )


def _outgoing(key: str, permission: WrittenOutgoing) -> Outgoing:
    return Outgoing(
        id=key,
        national=tuple(kind for kind in KINDS if kind in (permission.national or ())),
        countries=tuple(sorted(set(permission.countries or ()))),
        prefixes=tuple(sorted(set(permission.prefixes or ()))),
        never=tuple(sorted(set(permission.never or ()))),
        **_written(permission, "name", "world", "most_calls", "longest"),
    )


def _dialling(dialling: WrittenDialling) -> Dialling:
    return Dialling(
        trunks=tuple(dict.fromkeys(dialling.trunks or ())), **_written(dialling, "prefix", "number", "most_calls")
    )


def _blocked(blocked: WrittenBlocked) -> Blocked:
    return Blocked(
        number=given(blocked.number or blocked.prefix),
        is_prefix=blocked.number is None,
        reason=blocked.reason or "",
        message=blocked.message,
    )
