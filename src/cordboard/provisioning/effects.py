"""What changes mean for live calls and people, from who is in Asterisk now. Pure.

What the sentences stand on: a reload of queues keeps callers, their order and dynamic members; a caller who waits keeps
what the dialplan gave him at the entry; calls go on in the contexts of the generation they entered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from cordboard.provisioning.actual import LiveUse, Seat
from cordboard.provisioning.changes import MEMBERSHIP, Action, Change, Effect
from cordboard.provisioning.modules import DIALPLAN, QUEUES, RESTART
from cordboard.store.values import LINEAR

AT_THE_ENTRY = frozenset({"max wait", "priority", "asks for", "when full", "when late", "when empty"})
"""Parameters of a queue that a caller takes along when he enters it: those who wait now keep the old ones."""

GIVEN_LIVE = frozenset({"wrap-up"})
"""Parameters of a queue that Cordboard gives to agents after each call; Asterisk's file holds a guard alone."""

ANSWERED_LIVE = frozenset(
    {"person", "menu", "step", "opening", "announcement", "hours", "prompt", "blocked caller", "pause reason"}
)
"""Kinds that Cordboard answers from the database while calls run. Asterisk's own copy, for when Cordboard is away,
comes with the apply; of reasons of pauses it has none."""


@dataclass(frozen=True, slots=True)
class _Inside:
    """Who is inside, counted once for all changes: by queue, by endpoint."""

    calls: int
    waiting: Mapping[str, int]
    talking: Mapping[str, int]
    agents: Mapping[str, int]
    """Queue -> interfaces that serve it."""
    queues_of: Mapping[str, int]
    """Endpoint -> queues that it serves."""
    channels_of: Mapping[str, int]


def _inside(live: LiveUse) -> _Inside:
    serving = [_endpoint(seat) for seats in live.seats.values() for seat in seats]
    return _Inside(
        calls=live.calls,
        waiting=live.waiting,
        talking=live.talking_in,
        agents={queue: len(seats) for queue, seats in live.seats.items()},
        queues_of=Counter(serving),
        channels_of=live.channels_of,
    )


def _endpoint(seat: Seat) -> str:
    return seat.interface.removeprefix("PJSIP/")


class InForce(StrEnum):
    """When a change reaches calls."""

    IMPORT = "import"
    """It does since the company was imported."""
    APPLY = "apply"
    RESTART = "restart"
    """When Asterisk is restarted."""


def in_force(change: Change) -> InForce:
    """When this change reaches calls."""
    if change.reload == (RESTART,):
        return InForce.RESTART
    if change.moves_sip_transport:
        return InForce.RESTART
    if change.kind == "DID" and change.action is Action.CHANGE and "number" not in change.parameters:
        return InForce.IMPORT
    if change.kind == "queue" and change.action is Action.CHANGE and set() < set(change.parameters) <= GIVEN_LIVE:
        return InForce.IMPORT
    return InForce.IMPORT if change.kind in ANSWERED_LIVE else InForce.APPLY


def with_effects(changes: Sequence[Change], live: LiveUse | None) -> tuple[Change, ...]:
    """The same changes with what they mean now. Nothing is said where Asterisk did not answer."""
    if live is None:
        return tuple(changes)
    inside = _inside(live)
    found = ((change, tuple(_of(change, inside))) for change in changes)
    return tuple(replace(change, effects=effects) if effects else change for change, effects in found)


def effects_of(
    reloads: Sequence[str], restarts: Sequence[str], live: LiveUse | None, changes: Sequence[Change] = ()
) -> tuple[Effect, ...]:
    """What the whole of a plan means."""
    return tuple(_of_all(reloads, restarts, live, changes)) if live else ()


def _of_all(
    reloads: Sequence[str], restarts: Sequence[str], live: LiveUse, changes: Sequence[Change]
) -> Iterator[Effect]:
    if restarts:
        what = ", ".join(restarts)
        calls, appels = _count(live.calls, "call"), _count(live.calls, "appel")
        yield Effect(
            f"{what}: taken over only by a restart of Asterisk, where {calls} would drop now",
            f"{what} : repris seulement par un redémarrage d'Asterisk, qui couperait maintenant {appels}",
            is_harmful=live.calls > 0,
        )
    if DIALPLAN in reloads:
        for generation, number in sorted(live.generation_of_calls.items()):
            stay = "stays" if number == 1 else "stay"
            restent = "reste" if number == 1 else "restent"
            yield Effect(
                f"{_count(number, 'call')} in progress {stay} in the contexts of generation {generation}",
                f"{_count(number, 'appel')} en cours {restent} dans les contextes de la génération {generation}",
            )
    if QUEUES in reloads:
        yield from _queues_stay(live, changes)


def _queues_stay(live: LiveUse, changes: Sequence[Change]) -> Iterator[Effect]:
    waiting = sum(live.waiting.values())
    gone = {change.name for change in changes if change.kind == "phone" and change.action is Action.REMOVE}
    seats = {_endpoint(seat) for seats in live.seats.values() for seat in seats}
    agents = len(seats - gone)  # who goes may be in his queues still, or be logged out already
    if waiting:
        yield Effect(
            f"{_count(waiting, 'caller')} waiting {'keeps' if waiting == 1 else 'keep'} place and order",
            f"{_count(waiting, 'appelant')} en attente {'garde' if waiting == 1 else 'gardent'} place et ordre",
        )
    if agents:
        yield Effect(
            f"{_count(agents, 'agent')} {'stays' if agents == 1 else 'stay'} logged in, pauses included",
            f"{_count(agents, 'agent')} {'reste connecté' if agents == 1 else 'restent connectés'}, pauses comprises",
        )


def _of(change: Change, inside: _Inside) -> Iterator[Effect]:
    match change.kind, change.action:
        case "queue", Action.CHANGE:
            yield from _queue_changes(change, inside)
        case "queue", Action.REMOVE:
            yield from _queue_goes(change, inside)
        case "relaxation", Action.CHANGE | Action.REMOVE if not change.follows and inside.waiting.get(change.name):
            yield _keep(inside.waiting[change.name], ("relaxation",))
        case "phone", Action.REMOVE:
            yield from _phone_goes(change, inside)
        case "phone", Action.CHANGE if "password" in change.parameters:
            yield Effect(
                "cannot be reached until it has the new password",
                "injoignable tant qu'il n'a pas le nouveau mot de passe",
                is_harmful=True,
            )
            yield from _calls_go_on(change, inside)
        case "phone" | "trunk", Action.CHANGE:
            yield from _calls_go_on(change, inside)
        case "trunk", Action.REMOVE:
            yield from _calls_go_on(change, inside)
        case "person", Action.REMOVE:
            yield from _agent_goes(change, inside)
        case "menu" | "DID" | "opening", Action.CHANGE if inside.calls:
            yield Effect(
                "calls that are in progress keep the version they came in with",
                "les appels en cours gardent la version de leur arrivée",
            )
        case _:
            pass


def _queue_changes(change: Change, inside: _Inside) -> Iterator[Effect]:
    waiting, talking = inside.waiting.get(change.name, 0), inside.talking.get(change.name, 0)
    if waiting:
        yield _keep(waiting, tuple(each for each in change.parameters if each in AT_THE_ENTRY))
    agents = inside.agents.get(change.name, 0)
    if agents and change.after.get("strategy") == LINEAR:
        yield Effect(
            f"it is made anew: {_count(agents, 'agent')} {'is' if agents == 1 else 'are'} out of it until Cordboard's "
            f"daemon puts {'him' if agents == 1 else 'them'} back, at once if it runs",
            f"elle est recréée : {_count(agents, 'agent')} en {'sort' if agents == 1 else 'sortent'} jusqu'à ce que le "
            f"démon de Cordboard {'l’y' if agents == 1 else 'les y'} remette, aussitôt s'il tourne",
        )
    if talking:
        yield _talks_go_on(talking)


WORDS = {
    "max wait": "l'attente maximale",
    "priority": "la priorité",
    "asks for": "les compétences demandées",
    "when full": "le débordement si pleine",
    "when late": "le débordement si trop d'attente",
    "when empty": "le débordement si personne",
    "relaxation": "l'assouplissement",
}


def _keep(waiting: int, entered_with: Sequence[str]) -> Effect:
    callers, appelants = _count(waiting, "caller"), _count(waiting, "appelant")
    keep, gardent = ("keeps his", "garde sa") if waiting == 1 else ("keep their", "gardent leur")
    english, french = f"{callers} waiting {keep} place", f"{appelants} en attente {gardent} place"
    if entered_with:
        came = "he" if waiting == 1 else "they"
        nouns = _enumerated([_noun(each) for each in entered_with], "and")
        mots = _enumerated([WORDS[each] for each in entered_with], "et")
        english += f", and the {nouns} that {came} came in with"
        french += f", et {mots} de leur arrivée"
    return Effect(english, french)


def _enumerated(words: Sequence[str], last: str) -> str:
    """`a, b and c`."""
    return f" {last} ".join([*filter(None, [", ".join(words[:-1])]), words[-1]])


def _noun(parameter: str) -> str:
    nouns = {"asks for": "skills asked for"}
    return nouns.get(parameter, f"way {parameter}" if parameter.startswith("when ") else parameter)


def _queue_goes(change: Change, inside: _Inside) -> Iterator[Effect]:
    waiting, agents = inside.waiting.get(change.name, 0), inside.agents.get(change.name, 0)
    if waiting:
        yield Effect(
            f"{_count(waiting, 'caller')} {'waits' if waiting == 1 else 'wait'} in it",
            f"{_count(waiting, 'appelant')} y {'attend' if waiting == 1 else 'attendent'}",
            is_harmful=True,
        )
    if agents:
        yield Effect(
            f"{_count(agents, 'agent')} who {'serves' if agents == 1 else 'serve'} it now no longer "
            f"{'does' if agents == 1 else 'do'}",
            f"{_count(agents, 'agent')} ne la {'sert' if agents == 1 else 'servent'} plus",
            is_harmful=True,
        )
    if talking := inside.talking.get(change.name, 0):
        yield _talks_go_on(talking)


def _phone_goes(change: Change, inside: _Inside) -> Iterator[Effect]:
    if inside.channels_of.get(change.name):
        yield Effect(
            "it is in a call now: the talk goes on, and it is the last one",
            "il est en communication : elle continue, et c'est la dernière",
            is_harmful=True,
        )
    if queues := inside.queues_of.get(change.name, 0):
        yield Effect(
            f"somebody is logged in on it and leaves {_count(queues, 'queue')}",
            f"quelqu'un y est connecté et quitte {_count(queues, 'file')}",
            is_harmful=True,
        )


def _agent_goes(change: Change, inside: _Inside) -> Iterator[Effect]:
    if any(key.startswith(MEMBERSHIP) for key in change.before) and inside.queues_of.get(change.name):
        yield Effect("is logged in now and is logged out", "est connecté et sera déconnecté", is_harmful=True)


def _calls_go_on(change: Change, inside: _Inside) -> Iterator[Effect]:
    calls = inside.channels_of.get(change.name, 0)
    if calls:
        yield Effect(
            f"{_count(calls, 'call')} over it {'goes' if calls == 1 else 'go'} on",
            f"{_count(calls, 'appel')} en cours {'continue' if calls == 1 else 'continuent'}",
        )


def _talks_go_on(talking: int) -> Effect:
    return Effect(
        f"{_count(talking, 'talk')} {'goes' if talking == 1 else 'go'} on",
        f"{_count(talking, 'conversation')} {'continue' if talking == 1 else 'continuent'}",
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
