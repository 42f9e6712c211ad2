"""What no single item can tell of calls to the outside: who may dial what, by which trunks, and showing which number.
Pure; every fault at once."""

from collections.abc import Iterator

from cordboard.documents.draft import Draft
from cordboard.documents.inputs import WrittenOutgoing
from cordboard.documents.problems import Fault, Path, did_you_mean, shown
from cordboard.documents.step_shapes import WrittenCallback
from cordboard.store.numbers import hidden_outside, is_emergency, lets_premium_through
from cordboard.store.values import NO_OUTGOING


def outgoing_faults(draft: Draft) -> Iterator[Fault]:
    yield from _who(draft)
    for key, permission in draft.outgoing.items():
        if key == NO_OUTGOING:
            yield Fault(("outgoing", key), "means that somebody may not dial out", "Choose another id")
        if not draft.is_faulty("outgoing", key):
            yield from _what(("outgoing", key), permission)
    yield from _numbers_shown(draft)
    if draft.written["outgoing"] or draft.dialling is not None:
        yield from _by_which_trunks(draft)
        yield from _hidden_numbers(draft)


def _who(draft: Draft) -> Iterator[Fault]:
    """Whoever names a permission names one that there is."""
    known = {*draft.written["outgoing"], NO_OUTGOING}
    for section, items in (("sites", draft.sites), ("people", draft.people), ("phones", draft.phones)):
        for key, item in items.items():
            if item.outgoing is not None and item.outgoing not in known:
                what = f'no outgoing permission "{shown(item.outgoing)}"'
                yield Fault((section, key, "outgoing"), what, did_you_mean(item.outgoing, known))
    there = draft.written["outgoing"]
    for key, step in draft.steps.items():
        if isinstance(step, WrittenCallback) and step.outgoing is not None and step.outgoing not in there:
            what = f'no outgoing permission "{shown(step.outgoing)}"'
            yield Fault(("steps", key, "outgoing"), what, did_you_mean(step.outgoing, there))


def _what(path: Path, permission: WrittenOutgoing) -> Iterator[Fault]:
    never = tuple(permission.never or ())
    if not (permission.national or permission.countries or permission.world or permission.prefixes):
        yield Fault(path, "names no number", 'Add "national", "countries", "world" or "prefixes"')
    for position, prefix in enumerate(permission.prefixes or ()):
        place = (*path, "prefixes", position)
        if prefix.startswith(never):
            yield Fault(place, "stands under never too", "Take one of the two out", is_warning=True)
        elif lets_premium_through(prefix, never):
            cure = 'Write longer prefixes, or "national" and "countries", which leave them out'
            yield Fault(place, "lets premium numbers through among others", cure, is_warning=True)


def _numbers_shown(draft: Draft) -> Iterator[Fault]:
    places: list[tuple[Path, str | None]] = [(("trunks", key, "shows"), one.shows) for key, one in draft.trunks.items()]
    if draft.dialling is not None:
        places.append((("dialling", "number"), draft.dialling.number))
    for path, number in places:
        if number is not None and number not in draft.written["dids"]:
            cure = did_you_mean(number, draft.written["dids"])
            yield Fault(path, f'"{number}" is no number of this company: operators refuse calls that show it', cure)


def _by_which_trunks(draft: Draft) -> Iterator[Fault]:
    path: Path = ("dialling",) if draft.dialling is not None else ("outgoing",)
    named = (draft.dialling.trunks if draft.dialling else None) or ()
    for position, key in enumerate(named):
        place: Path = ("dialling", "trunks", position)
        if key not in draft.written["trunks"]:
            yield Fault(place, f'no trunk "{shown(key)}"', did_you_mean(key, draft.written["trunks"]))
        elif key in draft.trunks and not draft.is_faulty("trunks", key) and draft.trunks[key].to is None:
            yield Fault(place, "does not lead out", 'Give this trunk its "to", or take it out here')
    are_trunks_whole = not any(draft.is_faulty("trunks", key) for key in draft.written["trunks"])
    if are_trunks_whole and not any(trunk.to for trunk in draft.trunks.values()):
        yield Fault(path, "no trunk leads out", 'Give a trunk its "to"')
    if not draft.written["dids"]:
        yield Fault(path, "the company has no number that its calls could show", 'Add one under "dids"')


def _hidden_numbers(draft: Draft) -> Iterator[Fault]:
    """Numbers inside always win: what they keep from being dialled outside is told."""
    country = draft.head.country
    if country is None:
        return
    prefix = (draft.dialling.prefix if draft.dialling else None) or ""
    places: list[tuple[Path, str]] = [
        *((("people", key, "extension"), one.extension) for key, one in draft.people.items() if one.extension),
        *((("phones", key, "extension"), one.extension) for key, one in draft.phones.items() if one.extension),
        *((("queues", key, "number"), one.number) for key, one in draft.queues.items() if one.number),
    ]
    behind = {path: number.removeprefix(prefix) for path, number in places if number.startswith(prefix)}
    hidden = hidden_outside(country, behind.values())
    for path, number in behind.items():
        if prefix and is_emergency(number, country):
            what = f'"{prefix}{number}" hides the emergency number {number}, dialled behind {prefix}'
            yield Fault(path, what, "Choose another number")
        elif number in hidden:
            what = f'"{prefix}{number}" is dialled for an outside number too, which nobody reaches so'
            yield Fault(path, what, "Choose another number, or another prefix", is_warning=True)
