"""How a call ended: exactly one outcome for every received call, read from what happened to it.

In this order, the first that holds:

1. somebody answered (an agent of a queue, or a person dialled directly): *handled*, whatever was declared before,
   and whether or not the compiled fallback had to lead the caller there;
2. the dialplan or the menu script declared an outcome just before the caller's last prompt, or that a step gave him his
   answer: that one, the last declared if there are several. An empty one takes back what was declared before;
3. the end of the call was not seen (the switch died, or nobody watched): *technical*, detail `unseen`;
4. the caller was let out of a queue and nothing else happened to him: *dissuaded* (`late`, `full`, `empty`,
   `withdrawn`) or *technical*, as QUEUESTATUS says. app_queue calls its own timeouts "abandoned" too, so its word does
   not count;
5. the line broke (a cause of the network's): *technical*, detail `cause:<number>`;
6. the caller hung up: *abandoned*, with the place where he was.

Overflowing into another queue of the company ends nothing: such a call ends where the caller ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ami.models import Call, Fact, FactKind
from cordboard.store.values import split_switch_name


class OutcomeKind(StrEnum):
    """The ends a received call may have. All but `BLOCKED` add up, with those in progress, to the calls received."""

    HANDLED = "handled"
    SELF_SERVICE = "self_service"
    OVERFLOWED = "overflowed"
    DISSUADED = "dissuaded"
    ABANDONED = "abandoned"
    VOICEMAIL = "voicemail"
    CALLBACK = "callback"
    """Somebody is to be called back. The call to him is one of its own, and none that was received."""
    TECHNICAL = "technical"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended. `detail` is an id or `word:id`: the agent who handled it, why it was dissuaded (`closed`,
    `full`, `late`, `empty` ...), where it was abandoned (`entry`, `menu:<id>`, `queue:<id>`, `ringing:<person>`)."""

    kind: OutcomeKind
    detail: str = ""


UNSEEN = Outcome(OutcomeKind.TECHNICAL, "unseen")
UNDECLARABLE = Outcome(OutcomeKind.TECHNICAL, "undeclarable")
SOMEBODY = "?"

# Derived from what happened, never believed from a declaration.
_DERIVED = frozenset({OutcomeKind.HANDLED, OutcomeKind.ABANDONED})

_LEFT_THE_QUEUE = {
    "TIMEOUT": Outcome(OutcomeKind.DISSUADED, "late"),
    "WITHDRAW": Outcome(OutcomeKind.DISSUADED, "withdrawn"),
    "FULL": Outcome(OutcomeKind.DISSUADED, "full"),
    "JOINEMPTY": Outcome(OutcomeKind.DISSUADED, "empty"),
    "LEAVEEMPTY": Outcome(OutcomeKind.DISSUADED, "empty"),
    "JOINUNAVAIL": Outcome(OutcomeKind.DISSUADED, "empty"),
    "LEAVEUNAVAIL": Outcome(OutcomeKind.DISSUADED, "empty"),
}

# Q.850 causes that no caller's hand produces: out of order, no circuit, network out of order, temporary failure,
# congestion, channel lost (Asterisk's own when the audio dried up), resource or bearer not available.
_BROKEN_LINE = frozenset({27, 34, 38, 41, 42, 44, 47, 58})


def outcome_of(call: Call) -> Outcome:
    """The one outcome of a call that is over. Total and pure: any call gets one, the same call always the same."""
    if person := answered_by(call.facts):
        return Outcome(OutcomeKind.HANDLED, person)
    if declared := _declared(call):
        return declared
    if not any(fact.kind == FactKind.HUNG_UP for fact in call.facts):
        return UNSEEN
    place = _place(call.facts)
    if isinstance(place, Outcome):
        return place
    if call.hangup_cause in _BROKEN_LINE:
        return Outcome(OutcomeKind.TECHNICAL, f"cause:{call.hangup_cause}")
    return Outcome(OutcomeKind.ABANDONED, place)


def answered_by(facts: Iterable[Fact]) -> str:
    """Id of the agent or person who talked to the caller, the last one if there were several; "" if nobody did."""
    person, is_sent_outside = "", False
    for fact in facts:
        if fact.kind == FactKind.OUTCOME:
            is_sent_outside = fact.data.get("outcome") == OutcomeKind.OVERFLOWED
        elif fact.kind == FactKind.CONNECTED:
            if is_sent_outside and not fact.data.get("queue"):
                continue  # the outside number answered
            person = id_of(fact.data.get("agent", "")) or SOMEBODY
        elif fact.kind == FactKind.ANSWERED:
            person = fact.data.get("person", "") or SOMEBODY
    return person


def queue_of(facts: Iterable[Fact]) -> str:
    """Id of the queue the caller came to, the last one if there were several; "" if he came to none."""
    queue = ""
    for fact in facts:
        if fact.kind in (FactKind.ROUTED, FactKind.QUEUE_LEFT):
            queue = fact.data.get("queue", "") or queue
        elif fact.kind == FactKind.JOINED:
            queue = id_of(fact.data.get("queue", "")) or queue
    return queue


def id_of(name: str) -> str:
    """The company id in a name that Asterisk uses (`acme-amel` -> `amel`). What the dialplan and the scripts tell are
    ids already: they do not pass through here."""
    return split_switch_name(name)[1]


def _declared(call: Call) -> Outcome | None:
    word, detail = call.declared_outcome, call.declared_detail
    for fact in call.facts:
        if fact.kind == FactKind.OUTCOME:
            word, detail = fact.data.get("outcome", ""), fact.data.get("detail", "")
    if not word:
        return None
    try:
        kind = OutcomeKind(word)
    except ValueError:
        return UNDECLARABLE
    return UNDECLARABLE if kind in _DERIVED else Outcome(kind, detail)


def _place(facts: Iterable[Fact]) -> str | Outcome:
    """Where the caller was last, or the outcome of being let out of a queue into nothing."""
    place: str | Outcome = "entry"
    for fact in facts:
        match fact.kind:
            case FactKind.MENU:
                place = f"menu:{fact.data.get('menu', '')}"
            case FactKind.ROUTED:
                place = f"queue:{fact.data.get('queue', '')}"
            case FactKind.JOINED:
                place = f"queue:{id_of(fact.data.get('queue', ''))}"
            case FactKind.OFFERED:
                place = f"ringing:{id_of(fact.data.get('agent', ''))}"
            case FactKind.NOT_ANSWERED if queue := fact.data.get("queue"):
                # An offer that is *cancelled* is left alone: it is cancelled because the caller went.
                place = f"queue:{id_of(queue)}"
            case FactKind.QUEUE_LEFT:
                status = fact.data.get("status", "")
                unexplained = Outcome(OutcomeKind.TECHNICAL, f"queue_status:{status or 'none'}")
                place = _LEFT_THE_QUEUE.get(status, unexplained)
            case _:
                pass
    return place
