"""What things are called in the generated files: every compound name is put together here, from encoded parts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter, itemgetter
from typing import Protocol, TypeVar

from dialplan_templates import escaping
from dialplan_templates.escaping import DialPattern, Word
from dialplan_templates.views import (
    BlockedView,
    CaseView,
    CollectView,
    CompanyView,
    DialledView,
    HoursView,
    KeyView,
    MenuView,
    Mode,
    OutgoingView,
    PermissionView,
    PhoneView,
    RecordView,
    RetryView,
    RouteCaseView,
    RouteView,
    SayView,
    Sounds,
    TargetKind,
    TargetView,
    TestView,
    TrunkView,
)

IN_THE_FLOW = frozenset({TargetKind.MENU, TargetKind.HOURS, TargetKind.PLAY, TargetKind.STEP})
"""Nodes of the flow."""
MOVES = frozenset({TargetKind.REPEAT, TargetKind.BACK, TargetKind.TOP})
"""Ways back inside the menus."""
HIDER = "*31"
"""What is dialled before an outside number that shall not see the caller's own."""
_LENGTHS = range(2, 21)
LENGTHS_ABROAD = range(7, 16)
"""How many digits phones dial behind a plus."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# Where a call of each kind of target is sent: context of its generation, and extension there.
_KINDS = {
    TargetKind.HOURS: "hours",
    TargetKind.PLAY: "play",
    TargetKind.QUEUE: "queue",
    TargetKind.PERSON: "person",
    TargetKind.VOICEMAIL: "voicemail",
    TargetKind.MESSAGE: "message",
    TargetKind.CONFERENCE: "conference",
    TargetKind.EXTERNAL: "external",
}


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


Thing = TypeVar("Thing", bound=_HasId)


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one generation, by its number or by what stands for it. Everything that it returns is encoded."""

    generation: int | Word

    def context(self, kind: str) -> Word:
        """A versioned context: `cb-queue-g7`."""
        return Word(f"cb-{escaping.slug(kind)}-g{self.generation}")

    def company_context(self, kind: str, company: CompanyView) -> Word:
        """A versioned context of one company: `cb-blocked-acme-g7`."""
        return Word(f"cb-{escaping.slug(kind)}-{escaping.company_id(company.id)}-g{self.generation}")

    def may(self, company: CompanyView, permission: str) -> Word:
        """The context of the numbers that a permission names: `cb-may-acme-world-g7`."""
        return Word(f"cb-may-{self.of(company, permission)}-g{self.generation}")

    def never(self, company: CompanyView, permission: str) -> Word:
        """The context of those that it may not dial all the same."""
        return Word(f"cb-never-{self.of(company, permission)}-g{self.generation}")

    def menu(self, company: CompanyView, menu_id: str) -> Word:
        """The context of a compiled menu: `cb-menu-acme-accueil-g7`."""
        return Word(f"cb-menu-{self.of(company, menu_id)}-g{self.generation}")

    @property
    def dialplan_file(self) -> Word:
        return Word(f"contexts-g{self.generation}.conf")

    @property
    def marker(self) -> Word:
        return Word(f"cordboard-generation-{self.generation}")

    def of(self, company: CompanyView, item: str) -> Word:
        """The switch name of something of a company: `acme-billing`."""
        return Word(f"{escaping.company_id(company.id)}-{escaping.node_id(item)}")

    def right(self, company: CompanyView, permission: str) -> Word:
        """Who calls callers back by a permission: `acme.world`, which no phone is called."""
        return Word(f"{escaping.company_id(company.id)}.{escaping.node_id(permission)}")

    def pins(self, company: CompanyView, conference: str, mode: Mode) -> Word:
        """The file of the PINs of a conference: `pins-acme-staff.txt`."""
        return self._pins(self.of(company, conference), mode)

    def pins_of_room(self, mode: Mode) -> Word:
        """The same as the dialplan finds it, of the room that a caller comes to."""
        return self._pins(Word("${CB_ROOM}"), mode)

    def _pins(self, room: Word, mode: Mode) -> Word:
        return Word(f"{prefix(mode)}pins-{room}.txt")

    def phones(self, company: CompanyView) -> Word:
        """The stable context that a company's phones dial in."""
        return Word(f"cordboard-phones-{escaping.company_id(company.id)}")

    def parking(self, company: CompanyView) -> Word:
        """The company's parking lot."""
        return Word(f"cordboard-parking-{escaping.company_id(company.id)}")

    def extension_of(self, company: CompanyView, target: TargetView) -> Word:
        """The extension that stands for a target in its context."""
        if target.kind is TargetKind.EXTERNAL:
            return Word(f"{escaping.company_id(company.id)}-{escaping.e164(target.id)[1:]}")
        return self.of(company, target.id)

    def place(self, company: CompanyView, target: TargetView) -> Word:
        """Where a call goes for a target, as Goto() takes it: `cb-queue-g7,acme-x,1`.

        REPEAT, BACK and TOP depend on the call: they lead to where the caller's own way is looked up.
        """
        if target.kind in MOVES:
            return Word(f"{self.context('move')},{target.kind},1")
        if target.kind in (TargetKind.MENU, TargetKind.STEP):
            return Word(f"{self.menu(company, target.id)},s,1")
        if target.kind is TargetKind.HANGUP:
            return Word(f"{self.context('end')},s,1")
        return Word(f"{self.context(_KINDS[target.kind])},{self.extension_of(company, target)},1")

    def numbers_outside(self, companies: Iterable[CompanyView]) -> Mapping[Word, Word]:
        """What callers outside dial -> where they go: each DID in the two ways in which trunks write it."""
        doors: dict[Word, Word] = {}
        for company in companies:
            for did in company.dids:
                number, place = escaping.e164(did.number), Word(f"{self.context('did')},{self.of(company, did.id)},1")
                doors |= {number: place, Word(number[1:]): place}
        return dict(sorted(doors.items(), reverse=True))

    def numbers_inside(self, company: CompanyView) -> Mapping[Word, Word]:
        """What the phones of a company dial -> where they go."""
        people = [(phone.number, TargetView(TargetKind.PERSON, phone.id)) for phone in company.phones]
        queues = [(queue.number, TargetView(TargetKind.QUEUE, queue.id)) for queue in company.queues]
        rooms = [(room.number, TargetView(TargetKind.CONFERENCE, room.id)) for room in company.conferences]
        inside = [(number, target) for number, target in (*people, *queues, *rooms) if number]
        doors = {escaping.extension(number): self.place(company, target) for number, target in inside}
        return dict(sorted(doors.items(), reverse=True))


@dataclass(frozen=True, slots=True)
class Door:
    """What a phone dials for the outside: what of it the dialplan of the generation gets, and whether the caller's own
    number is to be hidden."""

    pattern: DialPattern
    dialled: Word
    hides: bool


def doors_outside(outgoing: OutgoingView) -> Iterator[Door]:
    """Every way in which the phones of a company begin an outside number: behind the prefix of the house, or with a
    plus; with `*31` before it the own number is hidden. For help, the prefix may be left out."""
    prefix = escaping.dial_prefix(outgoing.prefix)
    lengths = [*(f"{prefix}{'X' * length}" for length in _LENGTHS), *(f"+{'X' * length}" for length in LENGTHS_ABROAD)]
    if prefix:
        yield from (_door(pattern, 0) for pattern in outgoing.help)
    for hider in ("", HIDER):
        for each in lengths:
            yield _door(f"{hider}{each}", len(hider) + (0 if each.startswith("+") else len(prefix)))


def _door(pattern: str, stripped: int) -> Door:
    hides = pattern.startswith(HIDER)
    exten = f"_{pattern}" if hides else escaping.dial_pattern(pattern)
    # Asterisk passes over hyphens while it compares, and they would be counted among what is stripped.
    dialled = f"${{FILTER(0-9*+,${{EXTEN}}){f':{stripped}' if stripped else ''}}}"
    return Door(DialPattern(exten), Word(dialled), hides)


def outside_number(dialled: DialledView) -> Word:
    """What is dialled in E.164, as the dialplan reads it."""
    return Word(f"+{escaping.dial_prefix(dialled.put)}${{EXTEN{f':{dialled.stripped}' if dialled.stripped else ''}}}")


def filed(patterns: Iterable[str]) -> list[DialPattern]:
    """The patterns of a context in the order in which Asterisk files thousands of them at once: the last ones of its
    own order first. It compares sign by sign: fewer digits come before more, then the lesser first digit."""
    return [escaping.dial_pattern(pattern) for pattern in sorted(patterns, key=_place_of, reverse=True)]


def _place_of(pattern: str) -> list[tuple[int, str]]:
    signs = re.findall(r"\[[0-9]+\]|.", pattern)
    each = [(10, "0") if sign == "X" else (len(sign.strip("[]")), min(sign.strip("[]"))) for sign in signs]
    return [*each, (99, "")]  # the end comes after anything


def lengths_abroad() -> tuple[DialPattern, ...]:
    """What is dialled in E.164, whatever it is."""
    return tuple(escaping.dial_pattern(f"+{'X' * length}") for length in LENGTHS_ABROAD)


def permissions_of(outgoing: OutgoingView) -> Mapping[str, PermissionView]:
    return {permission.id: permission for permission in outgoing.permissions}


def ways_out(company: CompanyView, outgoing: OutgoingView) -> Iterator[TrunkView]:
    """The trunks in the order in which they are tried."""
    trunks = {trunk.id: trunk for trunk in company.trunks}
    return (trunks[name] for name in outgoing.trunks)


def falling(things: Iterable[Thing]) -> list[Thing]:
    """By falling id, as Asterisk compares extensions. It looks for the place of each one of a context from the first
    one on: in a context with thousands the first place is found at once, the last after a walk past all others."""
    return sorted(things, key=lambda thing: thing.id.replace("-", ""), reverse=True)


# --- what a line of the dialplan holds ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Speech:
    """The sounds of one prompt for the calls of some languages, joined as Background and Playback take them."""

    label: Word
    languages: tuple[Word, ...]
    """Languages that hear this one; empty for the one that everybody else hears."""
    sounds: Word


def speeches(prompt: Sounds, spoken: Iterable[str], default: str) -> tuple[Speech, ...]:
    """What each language of `spoken` hears: its own sounds, else its base language's, else those of `default`.

    The first is for every other language too. Empty when there is nothing to hear.
    """
    if not any(prompt.values()):
        return ()
    common = default if default in prompt else next(iter(prompt))
    heard: dict[str, list[Word]] = {common: []}
    for language in dict.fromkeys(spoken):
        base = language.replace("-", "_").split("_")[0]
        chosen = next((wanted for wanted in (language, base) if wanted in prompt), common)
        if chosen != common:
            heard.setdefault(chosen, []).append(escaping.language(language))
    return tuple(
        Speech(
            label=Word(f"say-{escaping.language(chosen)}"),
            languages=tuple(languages),
            sounds=Word("&".join(escaping.sound(sound) for sound in prompt[chosen]) or "silence/1"),
        )
        for chosen, languages in heard.items()
    )


def spoken_languages(company: CompanyView) -> tuple[str, ...]:
    """Every language that a call of this company can have, the company's own first."""
    found = [
        company.language,
        *(did.language for did in company.dids),
        *(phone.language for phone in company.phones),
        *(menu.language for menu in company.menus if menu.language),
        *(language for menu in company.menus for language in menu.heard_in),
        *(target.language for _, target in located_targets(company) if target.language),
    ]
    return tuple(dict.fromkeys(found))


def opening_times(hours: HoursView) -> tuple[Word, ...]:
    """`09:00-17:59,mon&tue,*,*,Europe/Paris` for each interval: Asterisk counts the last minute in."""
    zone = escaping.time_zone(hours.time_zone)
    return tuple(
        Word(
            f"{_clock(interval.opens)}-{_clock(interval.closes - 1)},"
            f"{'&'.join(DAYS[day] for day in sorted(interval.days))},*,*,{zone}"
        )
        for interval in hours.weekly
    )


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def calendar(names: Names, company: CompanyView, hours: HoursView) -> Word:
    """What the closed dates of these hours are kept under: a hundred DIDs with the same hours share one list."""
    same = next(each for each in company.hours if each.closed_dates == hours.closed_dates)
    return names.of(company, same.id)


def closed_dates(names: Names, company: CompanyView) -> tuple[Word, ...]:
    """An extension for each closed date of each calendar: `acme-office-20261224`."""
    calendars = {calendar(names, company, hours): set(hours.closed_dates) for hours in company.hours}
    dates = (Word(f"{kept}-{day:%Y%m%d}") for kept, days in calendars.items() for day in days)
    return tuple(sorted(dates, key=lambda date: date.replace("-", ""), reverse=True))


def key_in_event(key: KeyView) -> Word:
    """The key percent-encoded, as events carry values."""
    return Word(escaping.extension(key.keys).replace("*", "%2A").replace("#", "%23"))


def blocked_callers(company: CompanyView) -> Mapping[Word, BlockedView]:
    """What a blocked caller's digits match -> how he is refused: `33899123456`, or `_33899!` for all that begin so."""
    found: dict[Word, BlockedView] = {}
    for blocked in company.blocked:
        digits = escaping.caller_number(blocked.number).removeprefix("+")
        found[Word(f"_{digits}!" if blocked.is_prefix else digits)] = blocked
    return dict(sorted(found.items(), key=itemgetter(0), reverse=True))


@dataclass(frozen=True, slots=True)
class Failure:
    """One way not to answer a menu: its special extension, its counter and how that is read, and what the menu says."""

    extension: Word
    counter: Word
    count: Word
    edge: Word
    retry: RetryView


def failures(menu: MenuView | CollectView) -> tuple[Failure, Failure]:
    """Silence and wrong keys, which are counted apart."""
    return (
        Failure(Word("t"), Word("CB_SILENT"), Word("${CB_SILENT}"), Word("no_input"), menu.no_input),
        Failure(Word("i"), Word("CB_WRONG"), Word("${CB_WRONG}"), Word("wrong_input"), menu.wrong_input),
    )


def to_node(target: TargetView) -> Word:
    """The node of the flow that a target is, as events carry it; empty where it is none, or is known during a call."""
    return Word(escaping.node_id(target.id) if target.kind in IN_THE_FLOW else "")


def from_announcement(target: TargetView) -> TargetView:
    """The target of something that is no menu: back from there is the menu that led there."""
    return replace(target, kind=TargetKind.REPEAT) if target.kind is TargetKind.BACK else target


def from_here(menu: MenuView, target: TargetView) -> TargetView:
    """The target of a menu, or of a step that is compiled as one."""
    return from_announcement(target) if menu.is_step else target


def prefix(mode: Mode) -> str:
    """What the names of generated files begin with."""
    return "" if mode is Mode.OWNED else "cordboard_"


def yes_or_no(is_so: bool) -> Word:
    """As options of Asterisk are written."""
    return Word("yes" if is_so else "no")


def variable(name: str) -> Word:
    """The channel variable of a variable of the flow."""
    return Word(f"CBV_{escaping.variable(name)}")


_GIVEN = {
    "caller": Word("${IF(${LEN(${CALLERID(num)})}?${FILTER(0-9*#+,${CALLERID(num)})}:unknown)}"),
    "language": Word("${FILTER(A-Za-z0-9_\\-,${CHANNEL(language)})}"),
}


def known(name: str) -> Word:
    """How the dialplan reads a variable of the flow, or one that every call has."""
    return _GIVEN.get(name) or Word(f"${{{variable(name)}}}")


def moment_form(say: SayView) -> Word:
    """How a moment is said in the language of the call."""
    forms = dict(say.forms)
    said = f"{escaping.moment_form(forms.pop(''))}"
    for language, form in forms.items():
        base = f'"${{CB_VALUE}}" = "{escaping.language(language)}"'
        said = f"${{IF($[{base}]?{escaping.moment_form(form)}:{said})}}"
    return Word(said)


def case_way(position: int) -> str:
    """The way out of a step by one of its cases; the first is 0."""
    return f"cases.{position}"


def urgency(route: RouteView | RouteCaseView) -> Word:
    """What is left for the queue: the priority; nothing where that is the queue's own."""
    return Word("" if route.priority is None else f"{int(route.priority)} ")


def holds(case: CaseView | TestView) -> tuple[Word, ...]:
    """Expressions, one of which is true of CB_VALUE where the case holds."""
    return (
        *(Word(f'"${{CB_VALUE}}" = "{escaping.value(each)}"') for each in case.values),
        *(Word(f'"${{CB_VALUE:0:{len(each)}}}" = "{escaping.value(each)}"') for each in case.prefixes),
    )


def reading(collect: CollectView) -> Word:
    """How many digits Read() takes, and by which key they end; alone, that key is read as itself."""
    return Word(f"{collect.most},et({escaping.end_key(collect.end)})")


def end_option(record: RecordView) -> Word:
    """The option of Record() that says which key ends it."""
    return Word({"#": "", "*": "t", "any": "y", "": "x"}[record.end])


def wrongs(collect: CollectView) -> tuple[Word, ...]:
    """Expressions, one of which is true of what was typed if it is not right."""
    found = [
        Word('"${CB_DIGITS}" != "${FILTER(0-9,${CB_DIGITS})}"'),
        Word(f"${{LEN(${{CB_DIGITS}})}} < {collect.least}"),
    ]
    if collect.shapes:
        found.append(Word(f"!({' | '.join(map(_of_shape, collect.shapes))})"))
    return tuple(found)


def _of_shape(shape: str) -> str:
    """Is what was typed of this shape? Asked digit by digit: a pattern would need signs that mean more to Asterisk."""
    asked = [f"${{LEN(${{CB_DIGITS}})}} = {len(escaping.shape(shape))}"]
    asked += [f'"${{CB_DIGITS:{place}:1}}" = "{sign}"' for place, sign in enumerate(shape) if sign != "X"]
    return f"({' & '.join(asked)})"


def when_unanswered(phone: PhoneView) -> TargetView | None:
    """Where a caller goes whom a phone did not answer; None: nobody takes the call."""
    if phone.unanswered is not None:
        return phone.unanswered
    return TargetView(TargetKind.VOICEMAIL, phone.mailbox) if phone.mailbox else None


def trunk_out(company: CompanyView) -> TrunkView:
    """The trunk that outside numbers are dialled on: an operator's, else one of the house. Raises StopIteration when no
    trunk can dial."""
    return next(trunk for trunk in sorted(company.trunks, key=attrgetter("is_peer")) if trunk.contact)


def external_numbers(company: CompanyView) -> Mapping[Word, Word]:
    """Extension -> number of every outside number that some target of this company names."""
    named = [target.id for _, target in located_targets(company) if target.kind is TargetKind.EXTERNAL]
    numbers = dict.fromkeys((*named, *company.outside))
    return {external_place(company, number): escaping.e164(number) for number in numbers}


def external_place(company: CompanyView, number: str) -> Word:
    """What stands for an outside number in the dialplan: `acme-33140000000`."""
    return Names(0).extension_of(company, TargetView(TargetKind.EXTERNAL, number))


def located_targets(company: CompanyView) -> tuple[tuple[str, TargetView], ...]:
    """Every target that something of this company leads to, with where it stands: `menus.accueil.keys.1`."""
    found: list[tuple[str, TargetView]] = [(f"dids.{did.id}.start", did.start) for did in company.dids]
    for menu in company.menus:
        found += [(f"menus.{menu.id}.keys.{key.keys}", key.target) for key in menu.keys]
        found.append((f"menus.{menu.id}.no_input.then", menu.no_input.then))
        found.append((f"menus.{menu.id}.wrong_input.then", menu.wrong_input.then))
    for step in company.steps:
        found += [(f"steps.{step.id}.{place}", target) for place, target in step.ways()]
    for hours in company.hours:
        found.append((f"hours.{hours.id}.when_open", hours.when_open))
        found.append((f"hours.{hours.id}.when_closed", hours.when_closed))
    found += [(f"plays.{play.id}.then", play.then) for play in company.plays]
    for queue in company.queues:
        found.append((f"queues.{queue.id}.when_full", queue.when_full))
        found.append((f"queues.{queue.id}.when_late", queue.when_late))
        found.append((f"queues.{queue.id}.when_empty", queue.when_empty))
    found += [(f"phones.{phone.id}.unanswered", phone.unanswered) for phone in company.phones if phone.unanswered]
    return tuple(found)
