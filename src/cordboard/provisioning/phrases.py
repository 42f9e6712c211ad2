"""Each change as sentences of the trade, English and French: what somebody who knows the company would say.

    queue support: max wait 120 -> 90 s        Amel Haddad gains English 3        menu accueil: key 4 now goes to ...

No sentence holds a secret, and none is empty: a parameter that no phrase knows is told by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from cordboard.provisioning.changes import MEMBERSHIP, Action, Change
from cordboard.provisioning.excerpts import excerpts
from cordboard.provisioning.inventory import SECRETS, Parameters
from cordboard.provisioning.words import (
    DAYS,
    FRENCH,
    change_of,
    go,
    level,
    listed,
    noun,
    parameter,
    place,
    printable,
    said,
    value_of,
)
from cordboard.store.values import split_switch_name

SKILL = "skill "
KEY = "key "
SPOKEN = "in "
AFTER = "after "
ANYBODY = "anybody"

TOLD_WHEN_NEW: Mapping[str, tuple[str, ...]] = {
    "queue": ("extension", "asks for", "max wait"),
    "DID": ("hours", "open", "closed", "plays", "leads to"),
    "opening": ("hours", "open", "closed"),
    "announcement": ("plays", "leads to"),
    "trunk": ("from", "header", "to", "peer", "shows"),
    "phone": ("dials out",),
    "outgoing permission": ("national numbers", "countries", "prefixes", "never"),
    "dialling out": ("prefix", "trunks"),
    "blocked caller": ("treatment", "reason"),
    "voicemail box": ("email",),
    "conference": ("extension", "most members"),
    "pause reason": ("names", "kind"),
    "switch": ("SIP",),
}
"""What is said of something that comes, beside its name; its other parameters are details."""

Tell = Callable[[Change, str, str], Iterator[str]]
"""The sentences of a change, given what it is about in words, and the language."""


def sentences(change: Change, language: str = "en") -> tuple[str, ...]:
    """The change in words, at least one sentence. `language`: en or fr; any other speaks English."""
    about = subject(change, language)
    match change.action:
        case Action.ADD:
            told = [_added(change, about, language)]
        case Action.REMOVE:
            told = [_removed(change, about, language)]
        case Action.KEEP:
            told = [said(language, f"{about} stays as it is", f"{about} : inchangé")]
        case _:
            told = [*_changed(change, about, language)]
    return tuple(printable(sentence) for sentence in told or [said(language, f"{about} changes", f"{about} : modifié")])


def subject(change: Change, language: str = "en") -> str:
    """What the change is about: "queue support", "phone 204 (Amel Haddad)", "Amel Haddad"."""
    _, item = split_switch_name(change.name)
    match change.kind:
        case "person":
            return change.title or item
        case "phone":
            return _titled(f"{noun('phone', language)} {change.number or item}", change.title)
        case "voicemail box":
            return _titled(f"{noun('voicemail box', language)} {item}", change.title)
        case "DID":
            return f"{noun('DID', language)} {change.number or item}"
        case "relaxation":
            return f"{noun('queue', language) if language == FRENCH else 'queue'} {item}"
        case "blocked caller":
            return f"{noun('blocked caller', language)} {change.name.partition(' ')[2]}"
        case "dialling out":
            return said(language, f"dialling out of {change.name}", f"appels sortants de {change.name}")
        case "company" | "switch" | "manager account" | "file":
            return f"{noun(change.kind, language)} {change.name}"
        case _:
            return f"{noun(change.kind, language)} {item}"


def _titled(text: str, title: str) -> str:
    return f"{text} ({title})" if title and not text.endswith(f" {title}") else text


# --- what comes ------------------------------------------------------------------------------------------------------


def _added(change: Change, about: str, language: str) -> str:
    title = f" ({change.title})" if change.title and change.title not in about else ""
    if change.kind == "file":
        return said(language, f"{about} is written from now on", f"{about} : écrit désormais")
    if change.kind == "relaxation":
        return f"{about}{_colon(language)}{'; '.join(_step(key, change.after[key], language) for key in change.after)}"
    details = "; ".join(_details(change, language))
    told = said(language, f"{about}{title} is new", f"ajout : {about}{title}")
    return f"{told}{said(language, ': ', ', ')}{details}" if details else told


def _removed(change: Change, about: str, language: str) -> str:
    if change.kind == "relaxation":
        return said(language, f"{about} asks for no less after a while", f"{about} n'assouplit plus sa demande")
    if change.kind == "file":
        return said(language, f"{about} is no longer written", f"{about} n'est plus écrit")
    return said(language, f"{about} is removed", f"suppression : {about}")


def _details(change: Change, language: str) -> Iterator[str]:
    has = change.after
    match change.kind:
        case "person":
            if skills := [level(key.removeprefix(SKILL), has[key]) for key in has if key.startswith(SKILL)]:
                yield listed(skills, language)
            if queues := _queues(has):
                yield _serving(queues, language, "serves", "sert")
        case "menu":
            keys = [f"{key.removeprefix(KEY)} {place(has[key], language)}" for key in has if key.startswith(KEY)]
            if keys:
                yield said(language, "keys", "touches") + f" {listed(keys, language)}"
        case "message" | "prompt":
            spoken = [key.removeprefix(SPOKEN) for key in has if key.startswith(SPOKEN)]
            if spoken:
                yield said(language, "in", "en") + f" {listed(spoken, language)}"
        case "hours":
            times: dict[str, list[str]] = {}
            for day in (key for key in has if key in DAYS):
                times.setdefault(has[day], []).append(day)
            yield from (f"{_days(days, language)} {_and(_intervals(open_), language)}" for open_, days in times.items())
        case kind:
            for key in TOLD_WHEN_NEW.get(kind, ()):
                if key in has:
                    yield f"{parameter(key, language)} {value_of(key, has[key], language)}"


def _queues(parameters: Parameters) -> list[str]:
    return [key.removeprefix(MEMBERSHIP) for key in parameters if key.startswith(MEMBERSHIP)]


def _serving(queues: Sequence[str], language: str, english: str, french: str) -> str:
    nouns = ("queue", "la file") if len(queues) == 1 else ("queues", "les files")
    names = listed(list(queues), language)
    return said(language, f"{english} {nouns[0]} {names}", f"{french} {nouns[1]} {names}")


def _step(key: str, asked: str, language: str) -> str:
    seconds = key.removeprefix(AFTER)
    if asked == ANYBODY:
        return said(language, f"after {seconds} takes anybody", f"après {seconds} prend n'importe qui")
    return said(language, f"after {seconds} asks for {asked}", f"après {seconds} demande {asked}")


# --- what changes ----------------------------------------------------------------------------------------------------


def _changed(change: Change, about: str, language: str) -> Iterator[str]:
    if change.kind == "file":
        yield said(language, f"{about}: Cordboard writes it differently now", f"{about} : Cordboard l'écrit autrement")
        return
    yield from TELLS.get(change.kind, _parameters)(change, about, language)


def _parameters(change: Change, about: str, language: str) -> Iterator[str]:
    for key in change.parameters:
        yield from _parameter(change, key, about, language)


def _parameter(change: Change, key: str, about: str, language: str) -> Iterator[str]:
    """One parameter that differs, whatever it is."""
    before, after = change.before.get(key, ""), change.after.get(key, "")
    colon = _colon(language)
    if key == "name":
        yield said(language, f"{about} was called {before}", f"{about} s'appelait {before}")
        return
    if key in SECRETS:
        what = parameter(key, language)
        new = said(language, f"a new {what}", f"nouveau {what}") if after else ""
        yield f"{about}{colon}{new or said(language, f'no {what} any more', f'plus de {what}')}"
        return
    name = parameter(key, language)
    had, has = value_of(key, before, language), value_of(key, after, language)
    if not before:
        yield f"{about}{colon}{name} {has} {said(language, '(was not set)', '(nouveau)')}"
    elif not after:
        yield f"{about}{colon}{said(language, f'no {name} any more (was {had})', f'{name} : aucun (avant : {had})')}"
    else:
        yield f"{about}{colon}{name} {change_of(had, has)}"


def _colon(language: str) -> str:
    return said(language, ": ", " : ")


def _led(about: str, who: str, before: str, after: str, language: str) -> str:
    """`who`, callers of some sort, are led elsewhere."""
    was = said(language, f" (was {place(before, language)})", f" (avant : {place(before, language)})") if before else ""
    now = said(language, "now", "désormais")
    if not after:
        return f"{about}{_colon(language)}{who} {said(language, 'are led nowhere', 'ne sont menés nulle part')}{was}"
    if language == FRENCH:
        verb, _, rest = go(after, language).partition(" ")
        return f"{about}{_colon(language)}{who} {verb} {now} {rest}{was}"
    return f"{about}{_colon(language)}{who} {now} {go(after, language)}{was}"


# --- people ----------------------------------------------------------------------------------------------------------


def _person(change: Change, about: str, language: str) -> Iterator[str]:
    had, has = change.before, change.after
    if "name" in change.parameters:
        yield said(
            language,
            f"{had.get('name', about)} is now called {has.get('name', about)}",
            f"{had.get('name', about)} s'appelle désormais {has.get('name', about)}",
        )
    for key in change.parameters:
        if key.startswith(SKILL):
            yield _skill(key.removeprefix(SKILL), had.get(key, ""), has.get(key, ""), about, language)
        elif not key.startswith(MEMBERSHIP) and key != "name":
            yield from _parameter(change, key, about, language)
    yield from _places(change, about, language)


def _skill(skill: str, before: str, after: str, about: str, language: str) -> str:
    if not before:
        return f"{about} {said(language, 'gains', 'gagne')} {level(skill, after)}"
    if not after:
        return f"{about} {said(language, 'loses', 'perd')} {level(skill, before)}"
    return f"{about}{_colon(language)}{level(skill, '')} {before} -> {after}"


def _places(change: Change, about: str, language: str) -> Iterator[str]:
    """What a person's changed skills, or changed queues, mean for his places in queues."""
    had, has = change.before, change.after
    joined = [queue for queue in _queues(has) if f"{MEMBERSHIP}{queue}" not in had]
    left = [queue for queue in _queues(had) if f"{MEMBERSHIP}{queue}" not in has]
    moved = [queue for queue in _queues(has) if f"{MEMBERSHIP}{queue}" in had]
    earlier = [queue for queue in moved if _rank(has, queue) <= _rank(had, queue)]
    later = [queue for queue in moved if queue not in earlier]
    if joined:
        yield f"{about} {_serving(joined, language, 'now serves', 'sert désormais')}"
    if left:
        yield f"{about} {_serving(left, language, 'no longer serves', 'ne sert plus')}"
    if earlier:
        yield f"{about} {_serving(earlier, language, 'is called earlier in', 'est appelé plus tôt dans')}"
    if later:
        yield f"{about} {_serving(later, language, 'is called later in', 'est appelé plus tard dans')}"


def _rank(parameters: Parameters, queue: str) -> int:
    penalty = parameters[f"{MEMBERSHIP}{queue}"].rpartition(" ")[2]
    return int(penalty) if penalty.isdecimal() else 0


def consequences(queue: str, people: Sequence[Change], language: str = "en") -> str:
    """What a queue's change does to people, counted: "37 agents change place, 2 no longer serve it"."""
    key = f"{MEMBERSHIP}{queue}"
    joined = sum(1 for each in people if key in each.after and key not in each.before)
    left = sum(1 for each in people if key in each.before and key not in each.after)
    moved = sum(1 for each in people if key in each.before and key in each.after)
    counted = [
        (joined, ("now serves it", "now serve it"), ("la sert désormais", "la servent désormais")),
        (moved, ("changes place", "change place"), ("change de place", "changent de place")),
        (left, ("no longer serves it", "no longer serve it"), ("ne la sert plus", "ne la servent plus")),
    ]
    told = []
    for number, english, french in counted:
        if number:
            agents = f"{number} agent{'' if number == 1 else 's'}"
            told.append(f"{agents} {said(language, english[number != 1], french[number != 1])}")
    return ", ".join(told)


# --- queues ----------------------------------------------------------------------------------------------------------

CALLERS: Mapping[str, tuple[str, str]] = {
    "when full": ("callers who find it full", "les appelants qui la trouvent pleine"),
    "when late": ("callers who waited too long", "les appelants qui ont trop attendu"),
    "when empty": ("callers who find nobody there", "les appelants qui n'y trouvent personne"),
    "open": ("callers in opening hours", "les appelants aux heures d'ouverture"),
    "closed": ("closed callers", "les appelants hors horaires"),
    "leads to": ("callers", "les appelants"),
}


def _queue(change: Change, about: str, language: str) -> Iterator[str]:
    for key in change.parameters:
        before, after = change.before.get(key, ""), change.after.get(key, "")
        if key in CALLERS:
            yield _led(about, CALLERS[key][language == FRENCH], before, after, language)
        elif key == "asks for" and after:
            told = said(language, f"{about} now asks for {after}", f"{about} demande désormais {after}")
            yield f"{told} {said(language, f'(was {before})', f'(avant : {before})')}" if before else told
        else:
            yield from _parameter(change, key, about, language)


def _relaxation(change: Change, about: str, language: str) -> Iterator[str]:
    for key in change.parameters:
        before, after = change.before.get(key, ""), change.after.get(key, "")
        seconds = key.removeprefix(AFTER)
        if after:
            was = f" {said(language, f'(was {before})', f'(avant : {before})')}" if before else ""
            yield f"{about}{_colon(language)}{_step(key, after, language)}{was}"
        else:
            gone = said(
                language,
                f"nothing changes after {seconds} any more (was {before})",
                f"plus rien ne change après {seconds} (avant : {before})",
            )
            yield f"{about}{_colon(language)}{gone}"


# --- the way of a call -----------------------------------------------------------------------------------------------


def _number(change: Change, about: str, language: str) -> Iterator[str]:
    for key in change.parameters:
        before, after = change.before.get(key, ""), change.after.get(key, "")
        if key in CALLERS and after:
            yield _led(about, CALLERS[key][language == FRENCH], before, after, language)
        elif key == "hours" and not before:
            yield f"{about}{_colon(language)}{said(language, f'opens by hours {after}', f'suit les horaires {after}')}"
        elif key == "hours" and not after:
            always = said(language, f"is always open (was hours {before})", f"toujours ouvert (avant : {before})")
            yield f"{about}{_colon(language)}{always}"
        else:
            yield from _parameter(change, key, about, language)


def _menu(change: Change, about: str, language: str) -> Iterator[str]:
    for key in change.parameters:
        before, after = change.before.get(key, ""), change.after.get(key, "")
        if not key.startswith(KEY):
            yield from _parameter(change, key, about, language)
            continue
        pressed = f"{said(language, 'key', 'touche')} {key.removeprefix(KEY)}"
        had, has = place(before, language), place(after, language)
        was = said(language, f" (was {had})", f" (avant : {had})") if before else ""
        now = said(language, f"now goes to {has}", f"mène désormais vers {has}")
        none = said(language, "does nothing any more", "ne fait plus rien")
        yield f"{about}{_colon(language)}{pressed} {now if after else none}{was}"


def _hours(change: Change, about: str, language: str) -> Iterator[str]:
    days: dict[str, list[str]] = {}
    for key in change.parameters:
        before, after = change.before.get(key, ""), change.after.get(key, "")
        if key in DAYS:
            days.setdefault(_times(before, after, language), []).append(key)
        elif key == "closed on":
            yield from _closed_on(before, after, about, language)
        else:
            yield from _parameter(change, key, about, language)
    for times, of in days.items():
        yield f"{about}{_colon(language)}{_days(of, language)} {times}"


def _days(days: Sequence[str], language: str) -> str:
    """`Monday to Friday`, `Monday, Wednesday`."""
    order = list(DAYS)
    at = sorted(order.index(day) for day in days)
    names = [DAYS[order[day]][language == FRENCH] for day in at]
    if len(at) > 2 and at[-1] - at[0] == len(at) - 1:
        return f"{names[0]} {said(language, 'to', 'à')} {names[-1]}"
    return ", ".join(names)


def _times(before: str, after: str, language: str) -> str:
    """Only the times that differ are told, if each that goes has one that comes in its place."""
    had, has = _intervals(before), _intervals(after)
    gone, come = [each for each in had if each not in has], [each for each in has if each not in had]
    if not after:
        return said(language, f"closed (was {before})", f"fermé (avant : {_and(had, language)})")
    if not before:
        return said(language, f"now open {after}", f"désormais ouvert {_and(has, language)}")
    if not gone:
        return said(language, f"also open {_and(come, language)}", f"ouvert aussi {_and(come, language)}")
    if not come:
        return said(language, f"no longer open {_and(gone, language)}", f"n'est plus ouvert {_and(gone, language)}")
    if len(gone) == len(come):
        return f"{_and(gone, language)} -> {_and(come, language)}"
    return f"{_and(had, language)} -> {_and(has, language)}"


def _intervals(times: str) -> list[str]:
    return times.split(" and ") if times else []


def _and(times: Sequence[str], language: str) -> str:
    return said(language, " and ", " et ").join(times)


def _closed_on(before: str, after: str, about: str, language: str) -> Iterator[str]:
    had, has = before.split(", ") if before else [], after.split(", ") if after else []
    come, gone = [day for day in has if day not in had], [day for day in had if day not in has]
    if come:
        yield f"{about}{_colon(language)}{said(language, 'also closed on', 'fermé aussi le')} {listed(come, language)}"
    if gone:
        text = said(language, "no longer closed on", "n'est plus fermé le")
        yield f"{about}{_colon(language)}{text} {listed(gone, language)}"


def _sounds(change: Change, about: str, language: str) -> Iterator[str]:
    for key in change.parameters:
        before, after = change.before.get(key, ""), change.after.get(key, "")
        if not key.startswith(SPOKEN):
            yield from _parameter(change, key, about, language)
            continue
        spoken = said(language, key, f"en {key.removeprefix(SPOKEN)}")
        if after:
            before, after = excerpts(before, after)
            was = said(language, f" (was {before})", f" (avant : {before})") if before else ""
            yield f"{about}{_colon(language)}{said(language, 'now plays', 'joue désormais')} {after} {spoken}{was}"
        else:
            yield f"{about}{_colon(language)}{said(language, 'is no longer there', 'n’existe plus')} {spoken}"


def _trunk(change: Change, about: str, language: str) -> Iterator[str]:
    for key in change.parameters:
        before, after = change.before.get(key, ""), change.after.get(key, "")
        if key == "from":
            yield from _addresses(before, after, about, language)
        elif key == "to" and after:
            was = said(language, f" (was {before})", f" (avant : {before})") if before else ""
            out = said(language, f"calls now go out to {after}", f"les appels sortent désormais vers {after}")
            yield f"{about}{_colon(language)}{out}{was}"
        elif key == "to":
            out = said(
                language, f"no calls go out any more (was {before})", f"plus d'appels sortants (avant : {before})"
            )
            yield f"{about}{_colon(language)}{out}"
        elif key == "peer" and after:
            yield said(
                language,
                f"{about} now leads to a switch of the house: ids of calls are told and believed",
                f"{about} mène désormais à un autocommutateur de la maison : identifiants d'appel transmis et crus",
            )
        elif key == "peer":
            yield said(
                language,
                f"{about} no longer leads to a switch of the house: ids of calls are neither told nor believed",
                f"{about} ne mène plus à un autocommutateur de la maison : identifiants d'appel ni transmis ni crus",
            )
        else:
            yield from _parameter(change, key, about, language)


def _addresses(before: str, after: str, about: str, language: str) -> Iterator[str]:
    had, has = before.split(", ") if before else [], after.split(", ") if after else []
    come, gone = [each for each in has if each not in had], [each for each in had if each not in has]
    if come:
        calls = said(language, "calls now also come from", "les appels viennent désormais aussi de")
        yield f"{about}{_colon(language)}{calls} {listed(come, language)}"
    if gone:
        calls = said(language, "calls no longer come from", "les appels ne viennent plus de")
        yield f"{about}{_colon(language)}{calls} {listed(gone, language)}"
    if not come and not gone:
        yield said(language, f"{about}: addresses in another order", f"{about} : adresses dans un autre ordre")


def _phone(change: Change, about: str, language: str) -> Iterator[str]:
    for key in change.parameters:
        before, after = change.before.get(key, ""), change.after.get(key, "")
        if key == "extension" and before and after:
            yield f"{change.title or about}{_colon(language)}{noun('phone', language)} {before} -> {after}"
        elif key == "voicemail" and after in ("yes", "no"):
            has = said(language, "has a voicemail box now", "a désormais une boîte vocale")
            lost = said(language, "has no voicemail box any more", "n'a plus de boîte vocale")
            yield f"{about} {has if after == 'yes' else lost}"
        elif key == "dials out":
            yield _dials_out(change.title or about, before, after, language)
        else:
            yield from _parameter(change, key, about, language)


def _dials_out(who: str, before: str, after: str, language: str) -> str:
    if not after:
        return said(
            language,
            f"{who} may no longer dial out (was {before})",
            f"{who} ne peut plus appeler l'extérieur (avant : {before})",
        )
    was = said(language, f" (was {before})", f" (avant : {before})") if before else ""
    return said(language, f"{who} may dial out: {after}{was}", f"{who} peut appeler l'extérieur : {after}{was}")


TELLS: Mapping[str, Tell] = {
    "person": _person,
    "phone": _phone,
    "queue": _queue,
    "relaxation": _relaxation,
    "DID": _number,
    "opening": _number,
    "announcement": _number,
    "menu": _menu,
    "step": _menu,
    "hours": _hours,
    "message": _sounds,
    "prompt": _sounds,
    "trunk": _trunk,
}
