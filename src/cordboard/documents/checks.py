"""What no single item can tell: references, numbers used twice, hours, relaxation, overflow. Pure; every fault at once.

A draft may lack any part that was found faulty already: what is absent is not judged here.
"""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from cordboard.documents.convert import given, open_time
from cordboard.documents.draft import Draft
from cordboard.documents.inputs import WrittenQueue
from cordboard.documents.kinds import DAYS, write_time
from cordboard.documents.outgoing import outgoing_faults
from cordboard.documents.places import WrittenChoice, WrittenOverflow, WrittenPlace
from cordboard.documents.problems import Fault, Path, did_you_mean, listed, shown, shown_path
from cordboard.documents.step_shapes import (
    WrittenCallback,
    WrittenExternal,
    WrittenLanguage,
    WrittenOpening,
    WrittenRoute,
    WrittenRouteCase,
)
from cordboard.documents.steps import PROMPTS, parts_in
from cordboard.store.numbers import costs_extra, is_emergency
from cordboard.store.rings import rings
from cordboard.store.skills import queue_with, tier_in
from cordboard.store.values import BEST_LEVEL, DEFAULT_MAX_WAIT, RESERVED_REASONS, OpenTime

RESERVED_COMPANIES = ("cordboard", "default", "general", "globals", "system")
SERVICE_NUMBERS = {
    "*98": "is how people hear their voicemail",
    "*43": "is the echo test of every phone",
    "*44": "is the test tone of every phone",
    **{f"*{slot}": "fetches a parked caller" for slot in range(701, 721)},
}
"""Numbers that every phone can dial, and what they are."""

_SECTIONS = {
    "site": "sites",
    "skill": "skills",
    "person": "people",
    "phone": "phones",
    "hours": "hours",
    "prompt": "prompts",
    "message": "messages",
    "conference": "conferences",
    "queue": "queues",
    "menu": "menus",
    "step": "steps",
}
"""What a reference names -> where it is written. A voicemail is a shared box or a person's own."""


def faults_of(draft: Draft) -> Iterator[Fault]:
    """Every fault of the draft as a whole, in no particular order."""
    yield from _ids(draft)
    yield from _numbers(draft)
    yield from _references(draft)
    yield from _targets(draft)
    yield from _dids(draft)
    yield from _trunks(draft)
    yield from outgoing_faults(draft)
    yield from _blocked(draft)
    yield from _hours(draft)
    yield from _pauses(draft)
    yield from _relaxation(draft)
    yield from _routes(draft)
    yield from _outside_steps(draft)
    yield from _overflow_cycles(draft)
    yield from _languages(draft)
    yield from _secrets(draft)


# ----- ids and numbers


def _ids(draft: Draft) -> Iterator[Fault]:
    if draft.head.id in RESERVED_COMPANIES:
        yield Fault(("company", "id"), f'"{draft.head.id}" is used by the switch itself', "Choose another id")
    phones = ("people", "phones", "trunks")
    yield from _twice(
        (((section, key), key) for section in phones for key in getattr(draft, section)),
        "Choose another id: people, phones and trunks share one space of names on the switch",
    )
    boxes = [("people", key) for key, person in draft.people.items() if person.voicemail]
    yield from _twice(
        ((path, path[1]) for path in [*boxes, *(("voicemails", key) for key in draft.voicemails)]),
        "Choose another id: shared voicemails and people's own share one space of names",
    )
    yield from _twice(
        (((section, key), key) for section in ("menus", "steps") for key in getattr(draft, section)),
        "Choose another id: menus and steps share one space of names",
    )
    yield from _twice((("dids", number, "id"), did.id) for number, did in draft.dids.items())


def _numbers(draft: Draft) -> Iterator[Fault]:
    places: list[tuple[Path, str]] = [
        *((("people", key, "extension"), one.extension) for key, one in draft.people.items() if one.extension),
        *((("phones", key, "extension"), one.extension) for key, one in draft.phones.items() if one.extension),
        *((("queues", key, "number"), one.number) for key, one in draft.queues.items() if one.number),
        *((("conferences", key, "number"), one.number) for key, one in draft.conferences.items() if one.number),
    ]
    yield from _twice(places)
    country = draft.head.country
    for path, number in places:
        if number in SERVICE_NUMBERS:
            yield Fault(path, f'"{number}" {SERVICE_NUMBERS[number]}', "Choose another number")
        elif country and is_emergency(number, country):
            yield Fault(path, f'"{number}" is an emergency number in {country}', "Choose another number")


def _twice(places: Iterable[tuple[Path, str | None]], cure: str = "Choose another") -> Iterator[Fault]:
    first: dict[str, Path] = {}
    for path, value in places:
        if value is None:
            continue
        if value in first:
            yield Fault(path, f'"{value}" is taken by {shown_path(first[value])}', cure)
        first.setdefault(value, path)


# ----- references and targets


def _references(draft: Draft) -> Iterator[Fault]:
    for path, kind, key in _named(draft):
        known = draft.written[_SECTIONS[kind]]
        if key is not None and key not in known:
            yield Fault(path, f'no {kind} "{shown(key)}"', did_you_mean(key, known))


def _named(draft: Draft) -> Iterator[tuple[Path, str, str | None]]:
    """Everything but targets that names something else: where, what kind, which."""
    for key, person in draft.people.items():
        yield ("people", key, "site"), "site", person.site
        yield from ((("people", key, "skills", skill), "skill", skill) for skill in person.skills or ())
    for key, phone in draft.phones.items():
        yield ("phones", key, "site"), "site", phone.site
    for key, queue in draft.queues.items():
        yield from ((("queues", key, "skills", skill), "skill", skill) for skill in queue.skills or ())
    yield from ((path, "prompt", part) for path, part in _parts_of_flow(draft) if path[-1] in PROMPTS)
    for key, step in draft.steps.items():
        if isinstance(step, WrittenOpening | WrittenCallback):
            yield ("steps", key, "hours"), "hours", step.hours
        if isinstance(step, WrittenRoute | WrittenCallback):
            for path, routed in _routed(key, step):
                yield (*path, "queue"), "queue", routed.queue
                yield from (((*path, "skills", skill), "skill", skill) for skill in routed.skills or ())
    for number, did in draft.dids.items():
        yield ("dids", number, "hours"), "hours", did.hours
        yield ("dids", number, "site"), "site", did.site
    for position, blocked in draft.blocked.items():
        yield ("blocked", position, "message"), "message", blocked.message


def _targets(draft: Draft) -> Iterator[Fault]:
    boxes = {*draft.written["voicemails"], *(key for key, person in draft.people.items() if person.voicemail)}
    for path, place in _places(draft):
        kind = next(name for name in place.places() if getattr(place, name) is not None)
        key: str = getattr(place, kind)
        path = (*path, kind)
        if kind == "end":
            continue
        if kind == "external":
            yield from _outside(draft, path, key)
        elif kind == "voicemail":
            if key not in boxes and not draft.is_faulty("people", key):
                yield Fault(path, f'no voicemail "{shown(key)}"', did_you_mean(key, boxes))
        elif key not in draft.written[_SECTIONS[kind]]:
            yield Fault(path, f'no {kind} "{shown(key)}"', did_you_mean(key, draft.written[_SECTIONS[kind]]))
        elif kind == "person" and not draft.is_faulty("people", key) and draft.people[key].extension is None:
            yield Fault(path, f'"{key}" has no phone', "Give the person an extension")


def _outside(draft: Draft, path: Path, number: str) -> Iterator[Fault]:
    """What is wrong with sending callers to a number of the public network, whom the company pays for."""
    if number in draft.written["dids"]:
        yield Fault(path, "is a number of this company: the call would go round in circles", "Name its target")
        return
    if costs_extra(number):
        yield Fault(path, "is a premium number: anybody who calls could spend the company's money", "Name another")
    if not any(
        draft.is_faulty("trunks", key) or (key in draft.trunks and draft.trunks[key].to)
        for key in draft.written["trunks"]
    ):
        yield Fault(path, "no trunk leads out", 'Give a trunk its "to"')


def _outside_steps(draft: Draft) -> Iterator[Fault]:
    for key, step in draft.steps.items():
        if isinstance(step, WrittenExternal) and step.number:
            yield from _outside(draft, ("steps", key, "number"), step.number)


def _places(draft: Draft) -> Iterator[tuple[Path, WrittenPlace]]:
    """Every target in the file, moves inside menus left out."""
    for key, queue in draft.queues.items():
        yield from ((("queues", key, name), place) for name, place in _overflows(queue))
    yield from ((path, part) for path, part in _parts_of_flow(draft) if isinstance(part, WrittenPlace))
    for number, did in draft.dids.items():
        places = (("target", did.target), ("open", did.open), ("closed", did.closed))
        yield from ((("dids", number, name), place) for name, place in places if place)


def _parts_of_flow(draft: Draft) -> Iterator[tuple[Path, Any]]:
    """Everything that is written of menus and steps."""
    for section, items in (("menus", draft.menus), ("steps", draft.steps)):
        for key, item in items.items():
            yield from parts_in(item, (section, key))


def _overflows(queue: WrittenQueue) -> Iterator[tuple[str, WrittenOverflow]]:
    for name, place in (
        ("when_late", queue.when_late),
        ("when_full", queue.when_full),
        ("when_empty", queue.when_empty),
    ):
        if place is not None:
            yield name, place


# ----- one section each


def _dids(draft: Draft) -> Iterator[Fault]:
    for number, did in draft.dids.items():
        path = ("dids", number)
        if draft.is_faulty(*path):
            continue
        if did.hours is None:
            if did.target is None:
                yield Fault(path, "leads nowhere", 'Add "target", or "hours", "open" and "closed"')
            for name in ("open", "closed"):
                if getattr(did, name) is not None:
                    yield Fault((*path, name), "means nothing without hours", 'Add "hours", or write "target" instead')
        else:
            if did.target is not None:
                yield Fault((*path, "target"), "means nothing beside hours", 'Write "open" and "closed" instead')
            for name in ("open", "closed"):
                if getattr(did, name) is None:
                    yield Fault((*path, name), "is missing", f"Say where callers go when it is {name}")


def _trunks(draft: Draft) -> Iterator[Fault]:
    networks: list[tuple[Path, IPv4Network | IPv6Network]] = []
    for key, trunk in draft.trunks.items():
        path: Path = ("trunks", key)
        if not draft.is_faulty("trunks", key) and not trunk.from_ and not trunk.header:
            yield Fault(path, "cannot be told from other callers", 'Add "from" with addresses, or "header"')
        if not draft.is_faulty("trunks", key) and trunk.from_ and trunk.header:
            yield Fault(
                (*path, "header"),
                "stands beside addresses: Asterisk takes a caller who has either, and anybody can write a header",
                'Keep "from" alone',
            )
        if not draft.is_faulty("trunks", key) and trunk.peer and not trunk.from_:
            what = "would be believed from anybody: a header can be written by whoever reaches the SIP port"
            yield Fault((*path, "peer"), what, 'Name the addresses of the other switch under "from"')
        for position, address in enumerate(trunk.from_ or ()):
            network = ip_network(address)
            place = (*path, "from", position)
            for other, taken in networks:
                if network.version == taken.version and network.overlaps(taken):
                    yield Fault(
                        place, f"meets the address of {shown_path(other)}", "Give each trunk addresses of its own"
                    )
                    break
            networks.append((place, network))
    yield from _twice(
        ((("trunks", key, "header"), f"{trunk.header.name}: {trunk.header.value}".lower()))
        for key, trunk in draft.trunks.items()
        if trunk.header and not draft.is_faulty("trunks", key, "header")
    )


def _blocked(draft: Draft) -> Iterator[Fault]:
    for position, blocked in draft.blocked.items():
        path = ("blocked", position)
        if not draft.is_faulty(*path) and (blocked.number is None) == (blocked.prefix is None):
            yield Fault(path, "names no caller, or two", 'Write either "number" or "prefix"')
    for name in ("number", "prefix"):
        yield from _twice(
            ((("blocked", position, name), getattr(blocked, name)) for position, blocked in draft.blocked.items()),
            "Keep one of the two",
        )


def _hours(draft: Draft) -> Iterator[Fault]:
    for key, hours in draft.hours.items():
        taken: list[tuple[int, OpenTime]] = []
        for position, written in enumerate(hours.open or ()):
            path = ("hours", key, "open", position)
            if written.days is None or written.from_ is None or written.to is None:
                continue
            time = open_time(written)
            if time.end <= time.start:
                yield Fault(path, "ends before it begins", 'End at "24:00", and begin the next day at "00:00"')
                continue
            for other, earlier in taken:
                shared = sorted(set(time.days) & set(earlier.days))
                if shared and time.start < earlier.end and earlier.start < time.end:
                    begin = write_time(max(time.start, earlier.start))
                    what = f"is open twice, with open[{other}], on {DAYS[shared[0]]} from {begin}"
                    yield Fault(path, what, "Let them touch, not overlap")
                    break
            taken.append((position, time))


def _pauses(draft: Draft) -> Iterator[Fault]:
    for key, pause in draft.pauses.items():
        path: Path = ("pauses", key)
        if key in RESERVED_REASONS:
            yield Fault(path, "is the reason of pauses that nobody chooses", "Choose another id")
        if not draft.is_faulty("pauses", key) and draft.head.language and draft.head.language not in pause.names:
            what = f"has no name in the company's language, {draft.head.language}"
            yield Fault(path, what, f"Add {draft.head.language}: ...")


def _relaxation(draft: Draft) -> Iterator[Fault]:
    levels = [person.skills or {} for person in draft.people.values() if person.extension]
    are_people_whole = not any(draft.is_faulty("people", key) for key in draft.written["people"])
    for key, queue in draft.queues.items():
        if not queue.skills or any(draft.is_faulty("queues", key, part) for part in ("skills", "relax")):
            continue
        path: Path = ("queues", key, "relax")
        required = dict(queue.skills)
        before = 0
        for position, step in enumerate(queue.relax or ()):
            place = (*path, position)
            after, lower = given(step.after), given(step.skills)
            if after <= before:
                yield Fault((*place, "after"), f"comes at {after} s, not after {before} s", "Write rising times")
            if after >= (queue.max_wait or DEFAULT_MAX_WAIT):
                yield Fault((*place, "after"), "comes when nobody waits", "Relax before max_wait", is_warning=True)
            unknown = [skill for skill in lower if skill not in queue.skills]
            for skill in unknown:
                cure = f"Name one of {listed(queue.skills)}"
                yield Fault((*place, "skills", skill), "is not asked for by this queue", cure)
            for skill, level in lower.items():
                if level > required.get(skill, BEST_LEVEL):
                    cure = f"Write less than {required[skill]}"
                    yield Fault((*place, "skills", skill), f"goes up from {required[skill]} to {level}", cure)
            if not unknown and all(level == required[skill] for skill, level in lower.items()):
                yield Fault((*place, "skills"), "lowers nothing", "Lower a level, or take the step out")
            required |= {skill: level for skill, level in lower.items() if skill in queue.skills}
            before = max(before, after)
        least = {skill: level for skill, level in required.items() if level}
        if are_people_whole and not any(tier_in(queue.skills, [least], known) is not None for known in levels):
            what = "nobody with a phone can ever take a call of this queue"
            yield Fault(("queues", key, "skills"), what, "Give somebody these skills, or ask for less", is_warning=True)


def _routed(
    key: str, step: WrittenRoute | WrittenCallback
) -> Iterator[tuple[Path, WrittenRoute | WrittenRouteCase | WrittenCallback]]:
    yield ("steps", key), step
    if isinstance(step, WrittenRoute):
        yield from ((("steps", key, "cases", place), case) for place, case in enumerate(step.cases or ()))


def _routes(draft: Draft) -> Iterator[Fault]:
    """Skills that are wanted beside those of a queue, where no queue asks for all of them."""
    asked = {
        key: queue.skills
        for key, queue in draft.queues.items()
        if queue.skills and not draft.is_faulty("queues", key, "skills")
    }
    if asked.keys() != draft.written["queues"]:
        return
    for key, step in draft.steps.items():
        if not isinstance(step, WrittenRoute | WrittenCallback):
            continue
        for path, routed in _routed(key, step):
            queue = routed.queue or step.queue
            if routed.skills and queue in asked and queue_with(asked, queue, routed.skills) is None:
                what = f"are asked for by no queue together with those of {queue}: its callers wait in {queue} itself"
                cure = "Add a queue that asks for all of them, or leave them out"
                yield Fault((*path, "skills"), what, cure, is_warning=True)


def _overflow_cycles(draft: Draft) -> Iterator[Fault]:
    """Each queue that can come back to itself, told at the first step of its way."""
    ways = {
        key: {place.queue: name for name, place in _overflows(queue) if place.queue in draft.queues}
        for key, queue in draft.queues.items()
    }
    for ring in rings(ways):
        path = ("queues", ring[0], ways[ring[0]][ring[1]], "queue")
        chain = " -> ".join(ring)
        yield Fault(path, f"callers would go round in circles: {shown(chain)}", "Let one of them end elsewhere")


def _languages(draft: Draft) -> Iterator[Fault]:
    """Everything that can be heard is there in the company's language, and better in every language in use."""
    own = draft.head.language
    if own is None:
        return
    spoken = {own, *(did.language for did in draft.dids.values() if did.language)}
    spoken |= {place.language for _, place in _places(draft) if isinstance(place, WrittenChoice) and place.language}
    for step in draft.steps.values():
        spoken |= set((step.languages or {}).values()) if isinstance(step, WrittenLanguage) else set()
    for section, items in (("prompts", draft.prompts), ("messages", draft.messages)):
        for key, item in items.items():
            if draft.is_faulty(section, key):
                continue
            if own not in item.sounds:
                yield Fault((section, key), f"has no sounds in the company's language, {own}", f"Add {own}: [...]")
            elif section == "messages" and (missing := sorted(spoken - set(item.sounds))):
                what = f"is not spoken in {listed(missing)}; its callers hear it in {own}"
                yield Fault((section, key), what, f"Add {missing[0]}: [...]", is_warning=True)


def _secrets(draft: Draft) -> Iterator[Fault]:
    """Secrets of nobody are left out, and said so."""
    if draft.secrets is None:
        return
    phones = {*draft.written["phones"], *(key for key, person in draft.people.items() if person.extension)}
    boxes = {*draft.written["voicemails"], *(key for key, person in draft.people.items() if person.voicemail)}
    for name, what, given_ones, owners in (
        ("sip", "phone", draft.secrets.sip, phones),
        ("pins", "voicemail", draft.secrets.pins, boxes),
        ("conferences", "conference", draft.secrets.conferences, draft.written["conferences"]),
        ("hosts", "conference", draft.secrets.hosts, draft.written["conferences"]),
    ):
        for key in given_ones or ():
            if key not in owners and not draft.is_faulty("people", key):
                path = ("secrets", name, key)
                yield Fault(path, f"is of no {what} here and is left out", "Take it out", is_warning=True)
    for key, pin in (draft.secrets.hosts or {}).items():
        if pin == (draft.secrets.conferences or {}).get(key):
            what = "is the PIN of its guests too: nobody could come in as a guest"
            yield Fault(("secrets", "hosts", key), what, "Choose another PIN for the hosts")
