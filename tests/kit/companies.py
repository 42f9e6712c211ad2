"""Companies of every shape for hypothesis: each one is such that its file is accepted."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Any

from hypothesis import strategies as st

from cordboard.store.numbers import KINDS
from cordboard.store.values import (
    NO_OUTGOING,
    STRATEGIES,
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
    Step,
    TargetKind,
    TargetRef,
    Trunk,
    VoicemailBox,
)

SYNTAX = """;[]{}()<>$"'\\`#:,&*!|>%@=~^?/-_.+ éßœ漢字🎉"""
"""What some syntax or other takes for its own, and letters of more than one byte."""

SPEAKING = ["true", "null", "no", "1", "0x1f", "1e5", "2026-12-24", "~", "- a", "a: b", "#", "@x", "=", "%"]
"""Names that YAML might take for something else than text."""


def shortened(text: str) -> str:
    """The longest beginning that is a name: NFC, no space at its ends, no more bytes than Asterisk keeps."""
    return unicodedata.normalize("NFC", text).encode()[:79].decode(errors="ignore").strip()


letters = st.one_of(st.sampled_from(SYNTAX), st.characters(exclude_categories=["C", "Zl", "Zp"]))
names = st.one_of(st.text(letters, min_size=1), st.text(letters, min_size=70, max_size=80)).map(shortened).filter(bool)
display_names = st.one_of(names, st.sampled_from(SPEAKING))
slugs = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)
languages = st.sampled_from(["fr", "en", "pt_BR", "no"])
sounds = st.lists(st.sampled_from(["hello", "digits/1", "custom/été-1".replace("é", "e"), "1"]), min_size=1, max_size=3)
durations = st.floats(0.5, 30).map(lambda seconds: round(seconds, 2))


def ids(least: int = 0, most: int = 4) -> st.SearchStrategy[list[str]]:
    return st.lists(slugs, min_size=least, max_size=most, unique=True).map(sorted)


def _known_by(position: int) -> list[dict[str, Any]]:
    return [
        {"addresses": (f"192.0.2.{position}", f"2001:db8:{position}::/64")},
        {"addresses": (f"198.51.100.{position}",), "is_peer": True},
        {"header": ("X-Carrier", f"line{position}")},
    ]


@st.composite
def companies(draw: st.DrawFn) -> Company:
    language = draw(languages)
    sites, skills = draw(ids()), draw(ids(1))
    endpoints = draw(ids(1, 7))
    people, trunks, phones = endpoints[:4], endpoints[4:5], endpoints[5:]
    permissions = draw(ids(0, 2)) if trunks else []
    prompts, messages, queues, menus = draw(ids(1)), draw(ids(1)), draw(ids()), draw(ids())
    extensions = iter(draw(st.permutations([f"0{number}" for number in range(200, 230)])))
    site, spoken = st.none() | st.sampled_from(sites) if sites else st.none(), st.none() | languages
    permission = st.sampled_from([None, NO_OUTGOING, *permissions])
    levels = st.dictionaries(st.sampled_from(skills), st.integers(1, 5))
    made_people = {
        key: Person(
            id=key,
            name=draw(display_names),
            extension=next(extensions) if draw(st.booleans()) else None,
            email=draw(st.sampled_from(["", "a.b+c@example.org"])),
            site=draw(site),
            language=draw(spoken),
            skills=draw(levels),
            voicemail=draw(st.booleans()),
            outgoing=draw(permission),
        )
        for key in people
    }
    own_boxes = [key for key, person in made_people.items() if person.voicemail]
    voicemails = [key for key in draw(ids()) if key not in own_boxes]
    conferences = draw(ids(most=2))
    places = [
        *(TargetRef(TargetKind.MESSAGE, key) for key in messages),
        *(TargetRef(TargetKind.CONFERENCE, key) for key in conferences),
        *(TargetRef(TargetKind.VOICEMAIL, key) for key in [*voicemails, *own_boxes]),
        *(TargetRef(TargetKind.PERSON, key) for key in phones),
        *(TargetRef(TargetKind.PERSON, key) for key, person in made_people.items() if person.extension),
    ]
    to_queues = [TargetRef(TargetKind.QUEUE, key) for key in queues]
    steps = [key for key in draw(ids()) if key not in menus]
    to_menus = [TargetRef(TargetKind.MENU, key) for key in menus]
    to_steps = [TargetRef(TargetKind.STEP, key) for key in steps]
    hours = {key: draw(opening_hours(key)) for key in draw(ids())}
    dids = draw(did_values([*places, *to_queues, *to_menus, *to_steps], list(hours), site, 1 if permissions else 0))
    shown: st.SearchStrategy[str | None] = st.sampled_from([None, *(did.number for did in dids.values())])
    made_trunks = {
        key: Trunk(
            id=key,
            name=draw(display_names),
            **draw(st.sampled_from(_known_by(position))),
            to="sip:out@carrier.example:5062" if draw(st.booleans()) or permissions else None,
            shows=draw(shown),
        )
        for position, key in enumerate(trunks)
    }
    ways_out = [key for key, trunk in made_trunks.items() if trunk.to]
    return Company(
        id=draw(st.from_regex(r"[a-bd-z][a-z0-9]{0,5}", fullmatch=True)),
        name=draw(display_names),
        language=language,
        country="FR",
        time_zone="Europe/Paris",
        sites={key: Site(id=key, name=draw(display_names), outgoing=draw(permission)) for key in sites},
        skills={key: Skill(id=key, name=draw(display_names)) for key in skills},
        people=made_people,
        phones={
            key: Phone(
                id=key,
                name=draw(display_names),
                extension=next(extensions),
                site=draw(site),
                language=draw(spoken),
                outgoing=draw(permission),
            )
            for key in phones
        },
        hours=hours,
        prompts={
            key: Prompt(id=key, sounds=draw(spoken_sounds(language)), barge_in=draw(st.booleans())) for key in prompts
        },
        messages={
            key: Message(
                id=key, name=draw(display_names), sounds=draw(spoken_sounds(language)), answers=draw(st.booleans())
            )
            for key in messages
        },
        voicemails={key: VoicemailBox(id=key, name=draw(display_names), language=draw(spoken)) for key in voicemails},
        conferences={
            key: Conference(
                id=key,
                name=draw(display_names),
                number=next(extensions) if draw(st.booleans()) else None,
                most_members=draw(st.integers(2, 200)),
                wait_for_host=draw(st.booleans()),
                announce=draw(st.booleans()),
                muted=draw(st.booleans()),
            )
            for key in conferences
        },
        pauses={
            key: PauseReason(
                id=key,
                names={
                    each: draw(display_names) for each in sorted({language, *draw(st.lists(languages, max_size=2))})
                },
                kind=draw(st.sampled_from(PauseKind)),
            )
            for key in draw(ids())
        },
        queues={
            key: draw(queue_specs(key, skills, next(extensions), [*places, *to_queues[position + 1 :]]))
            for position, key in enumerate(queues)
        },
        menus={key: draw(menu_values(key, prompts, [*places, *to_queues, *to_steps], menus)) for key in menus},
        steps={key: draw(step_values(key, prompts, [*places, *to_queues])) for key in steps},
        dids=dids,
        trunks=made_trunks,
        outgoing={key: draw(outgoing_values(key)) for key in permissions},
        dialling=draw(st.none() | dialling_values(ways_out, shown)) if dids and ways_out else None,
        blocked=draw(blocked_callers(messages)),
    )


@st.composite
def outgoing_values(draw: st.DrawFn, key: str) -> Outgoing:
    """A permission that names something."""
    prefixes = st.lists(st.sampled_from(["+41", "+4179", "+33899"]), max_size=2, unique=True).map(sorted).map(tuple)
    national = draw(st.lists(st.sampled_from(KINDS), min_size=1, unique=True))
    return Outgoing(
        id=key,
        name=draw(display_names),
        national=tuple(kind for kind in KINDS if kind in national),
        countries=tuple(sorted(draw(st.lists(st.sampled_from(["BE", "CH", "NO"]), max_size=2, unique=True)))),
        world=draw(st.booleans()),
        prefixes=draw(prefixes),
        never=draw(prefixes),
        most_calls=draw(st.integers(1, 10)),
        longest=draw(st.integers(10, 86_400)),
    )


@st.composite
def dialling_values(draw: st.DrawFn, trunks: Sequence[str], shown: st.SearchStrategy[str | None]) -> Dialling:
    return Dialling(
        prefix=draw(st.sampled_from(["", "0", "9"])),
        trunks=tuple(draw(st.lists(st.sampled_from(trunks), unique=True))),
        number=draw(shown),
        most_calls=draw(st.integers(1, 1000)),
    )


@st.composite
def spoken_sounds(draw: st.DrawFn, language: str) -> dict[str, tuple[str, ...]]:
    spoken = {language, *draw(st.lists(languages, max_size=2))}
    return {each: tuple(draw(sounds)) for each in sorted(spoken)}


@st.composite
def opening_hours(draw: st.DrawFn, key: str) -> Hours:
    """Times of different days, or of the same days one after the other: none overlaps."""
    days = draw(st.permutations(range(7)))
    cut = draw(st.integers(1, 6))
    times = []
    for group in (days[:cut], days[cut:]):
        bounds = sorted(draw(st.lists(st.integers(0, 1440), max_size=4, unique=True)))
        times += [
            OpenTime(days=tuple(sorted(group)), start=start, end=end)
            for start, end in zip(bounds[::2], bounds[1::2], strict=False)
        ]
    return Hours(
        id=key,
        name=draw(display_names),
        time_zone=draw(st.sampled_from(["Europe/Paris", "America/Sao_Paulo", "UTC"])),
        open=tuple(sorted(times, key=lambda time: (time.days, time.start))),
        holidays=draw(st.sampled_from([None, "FR", "FR-57", "DE-BY"])),
        closed=tuple(sorted(draw(st.sets(st.dates(date(2020, 1, 1), date(2040, 1, 1)), max_size=3)))),
    )


@st.composite
def queue_specs(
    draw: st.DrawFn, key: str, skills: Sequence[str], number: str, places: Sequence[TargetRef]
) -> QueueSpec:
    """A queue whose requirements go down, and whose overflow is one of `places`."""
    asked = dict(sorted(draw(st.dictionaries(st.sampled_from(skills), st.integers(1, 5), min_size=1)).items()))
    steps: list[RelaxStep] = []
    required, after = dict(asked), 0
    while required and len(steps) < 3 and draw(st.booleans()):
        lowered = draw(st.sampled_from(sorted(required)))
        level = draw(st.integers(0, required[lowered] - 1))
        required = {skill: level if skill == lowered else had for skill, had in required.items()}
        required = {skill: had for skill, had in required.items() if had}
        after += draw(st.integers(1, 30))
        steps.append(RelaxStep(after=after, skills=required))
    place = st.sampled_from(places)
    return QueueSpec(
        id=key,
        name=draw(display_names),
        number=number if draw(st.booleans()) else None,
        skills=asked,
        relax=tuple(steps),
        strategy=draw(st.sampled_from(STRATEGIES)),
        ring=draw(st.integers(5, 120)),
        max_wait=draw(st.integers(5, 7200)),
        max_waiting=draw(st.integers(1, 1000)),
        wrap_up=draw(st.integers(0, 600)),
        missed_before_pause=draw(st.integers(0, 20)),
        music=draw(st.sampled_from(["default", "ringing"])),
        announce_position=draw(st.booleans()),
        priority=draw(st.integers(0, 100)),
        when_full=draw(place),
        when_late=draw(place),
        when_empty=draw(place),
    )


@st.composite
def menu_values(
    draw: st.DrawFn, key: str, prompts: Sequence[str], places: Sequence[TargetRef], menus: Sequence[str]
) -> Menu:
    """A menu whose ways of silence and of error leave the menus; its keys go anywhere."""
    moves = [TargetRef(kind) for kind in (TargetKind.REPEAT, TargetKind.BACK, TargetKind.TOP, TargetKind.HANGUP)]
    anywhere = [*places, *moves, *(TargetRef(TargetKind.MENU, menu) for menu in menus)]
    exits = st.builds(Edge, st.sampled_from([*places, moves[-1]]))
    retries = st.builds(Retry, tries=st.integers(1, 9), prompt=st.none() | st.sampled_from(prompts), then=exits)
    targets = draw(st.dictionaries(st.sampled_from("0123456789*#"), st.sampled_from(anywhere), min_size=1))
    letters = dict(zip(sorted(targets), "abcdefghijkl", strict=False))
    words = {
        key: {"en": (f"choice {letter}", f"l'{letter}-{letter}"), "fr": (letter,)} for key, letter in letters.items()
    }
    hearing = st.builds(Hearing, words=st.just(words), least=st.integers(0, 100))
    return Menu(
        id=key,
        name=draw(display_names),
        speech=draw(st.none() | hearing),
        prompt=draw(st.sampled_from(prompts)),
        keys={
            pressed: Edge(target, draw(st.none() | languages) if target not in moves else None)
            for pressed, target in sorted(targets.items())
        },
        no_input=draw(retries),
        wrong_input=draw(retries),
        barge_in=draw(st.booleans()),
        first_digit=draw(durations),
        inter_digit=draw(durations),
    )


@st.composite
def step_values(draw: st.DrawFn, key: str, prompts: Sequence[str], places: Sequence[TargetRef]) -> Step:
    """A step that leaves the menus, with the parts that a file would give it."""
    prompt = st.sampled_from(prompts)

    def edge() -> dict[str, str]:
        target = draw(st.sampled_from([*places, TargetRef(TargetKind.HANGUP)]))
        return {"kind": str(target.kind)} | ({"id": target.id} if target.id else {})

    def retry() -> dict[str, Any]:
        said = {"prompt": draw(prompt)} if draw(st.booleans()) else {}
        return {"tries": draw(st.integers(1, 9)), **said, "then": edge()}

    plain: dict[str, dict[str, Any]] = {
        "play": {"prompt": draw(prompt), "then": edge()},
        "set": {"values": {"tier": draw(st.sampled_from(["gold", "1.5"]))}, "then": edge()},
        "say": {"what": "digits", "variable": "caller", "then": edge()},
        "condition": {
            "variable": draw(st.sampled_from(["caller", "language"])),
            "cases": [{"is": ["fr"], "then": edge()}, {"begins": ["+33", "0"], "then": edge()}],
            "otherwise": edge(),
        },
        "lookup": {
            "source": "crm",
            "send": {"number": "caller"},
            "into": {"then": draw(st.sampled_from(["kind", "customer.tier"])), "found": "names.0"},
            "prompt": draw(prompt),
            "deadline_seconds": draw(st.sampled_from([0.5, 3.0, 20.0])),
            **{way: edge() for way in ("found", "not_found", "failure")},
        },
        "notify": {
            "source": "sms",
            "send": {"to": "caller"},
            "retry": draw(st.integers(0, 20)),
            "sent": edge(),
            "failure": edge(),
        },
    }
    if draw(st.booleans()):
        kind = draw(st.sampled_from(sorted(plain)))
        return Step(id=key, name=draw(display_names), kind=kind, parts=plain[kind])
    asking: dict[str, Any] = {"prompt": draw(prompt), "then": edge(), "no_input": retry(), "wrong_input": retry()}
    if draw(st.booleans()):
        asking |= {"barge_in": draw(st.booleans()), "first_digit_seconds": draw(durations)}
    if draw(st.booleans()):
        chosen = draw(st.lists(languages, min_size=2, max_size=3, unique=True))
        parts = {"languages": {str(number): each for number, each in enumerate(chosen, start=1)}}
        return Step(id=key, name=draw(display_names), kind="language", parts=asking | parts)
    least = draw(st.integers(1, 6))
    more: dict[str, Any] = {"into": "customer", "least": least, "most": draw(st.integers(least, 9))}
    if draw(st.booleans()):
        more |= {"shapes": ["1" * least, "X" * least], "end": draw(st.sampled_from(["#", "*", ""]))}
    more |= {"secret": True} if draw(st.booleans()) else {"confirm": draw(prompt)}
    return Step(id=key, name=draw(display_names), kind="collect", parts=asking | more)


@st.composite
def did_values(
    draw: st.DrawFn,
    places: Sequence[TargetRef],
    hours: Sequence[str],
    site: st.SearchStrategy[str | None],
    least: int,
) -> dict[str, Did]:
    place = st.sampled_from(places)
    made = {}
    for position, key in enumerate(draw(ids(least))):
        opening = draw(st.one_of(st.none(), st.sampled_from(hours))) if hours else None
        made[key] = Did(
            id=key,
            number=f"+331990000{position:02}",
            name=draw(display_names),
            open=draw(place),
            hours=opening,
            closed=draw(place) if opening else None,
            site=draw(site),
            language=draw(languages),
        )
    return made


@st.composite
def blocked_callers(draw: st.DrawFn, messages: Sequence[str]) -> tuple[Blocked, ...]:
    numbers = draw(st.sets(st.integers(10, 99), max_size=4))
    blocked = [
        Blocked(
            number=f"+338{number}" if is_prefix else f"+3319900{number}00",
            is_prefix=is_prefix,
            reason=draw(st.one_of(st.just(""), display_names)),
            message=draw(st.none() | st.sampled_from(messages)),
        )
        for number in sorted(numbers)
        for is_prefix in [draw(st.booleans())]
    ]
    return tuple(sorted(blocked, key=lambda one: (one.number, one.is_prefix)))
