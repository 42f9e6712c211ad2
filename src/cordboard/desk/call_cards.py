"""A call as people and programs are shown it: plain values, ids of the company, seconds that count up to now. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ami.conversation import Conversation, Doing
from ami.models import Channel, Fact, FactKind
from cordboard.desk.cards import seconds
from cordboard.desk.open_calls import OpenCall
from cordboard.journal.durations import Durations, durations_of
from cordboard.store.values import split_switch_name


@dataclass(frozen=True, slots=True)
class LegCard:
    """One leg: whose phone (an id), or the number outside."""

    phone: str
    number: str
    state: str
    since: float


@dataclass(frozen=True, slots=True)
class OpenCallCard:
    """A call that is up. `direction`: inbound, outbound, internal, originated (dialled for somebody), spying. `did` is
    where a received call came in, `dialled` the number that another called. Moments are seconds since the epoch,
    durations are seconds up to now; `queue`, `agent` and `offered_to` are ids, `position` and `priority` those of
    somebody who waits."""

    id: str
    direction: str
    stage: str
    caller: str
    caller_name: str
    did: str
    dialled: str
    queue: str
    agent: str
    offered_to: tuple[str, ...]
    position: int | None
    priority: int | None
    entered: float
    lasts: float
    waited: float
    talked: float
    held: float
    legs: tuple[LegCard, ...]


def open_call_card(one: OpenCall, now: datetime) -> OpenCallCard:
    """The card of a call at a moment."""
    call, waiting = one.call, one.waiting
    spent = _spent(one, now)
    return OpenCallCard(
        id=str(one.id),
        direction=str(one.conversation.direction),
        stage=one.stage,
        caller=call.caller_number if call else one.caller.caller_number,
        caller_name=call.caller_name if call else one.caller.caller_name,
        did=call.did if call else "",
        dialled="" if call else one.conversation.dialled,
        queue=_item(waiting.queue if waiting else call.queue if call else None),
        agent=_item(call.agent if call and call.talking_since is not None else None),
        offered_to=tuple(_item(name) for name in call.offered_to) if call else (),
        position=waiting.position if waiting else None,
        priority=waiting.priority if waiting else None,
        entered=seconds(one.since),
        lasts=round(_running(one.since, now), 1),
        waited=round(spent.waited, 1),
        talked=round(spent.talked, 1),
        held=round(spent.held, 1),
        # The two halves of a Local channel are nobody.
        legs=tuple(_leg(leg) for leg in one.legs if not leg.name.startswith("Local/")),
    )


def _spent(one: OpenCall, now: datetime) -> Durations:
    """Waiting, talking and hold up to now: of a received call as its facts tell, of others and of one that was not seen
    from its beginning as far as it was seen."""
    call, talk = one.call, one.conversation
    if call is not None and not call.is_partial:
        return durations_of((*call.facts, Fact(now, FactKind.HUNG_UP)))
    waits = one.waiting.joined if one.waiting else None
    return Durations(
        waited=(call or talk).waited + _running(waits, now),
        talked=talk.talked + _running(_since(talk, Doing.TALKING), now),
        held=talk.held + _running(_since(talk, Doing.HELD), now),
    )


def _running(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since is not None else 0.0


def _since(conversation: Conversation, doing: Doing) -> datetime | None:
    """Since when the first of its parties who is still there has been doing this; None if he is not."""
    spans = next((party.spans for party in conversation.parties if party.left is None), ())
    return spans[-1].since if spans and spans[-1].doing is doing and spans[-1].until is None else None


def _leg(leg: Channel) -> LegCard:
    return LegCard(_item(leg.endpoint), leg.caller_number, str(leg.state), seconds(leg.created))


def _item(switch_name: str | None) -> str:
    return split_switch_name(switch_name)[1] if switch_name else ""
