"""A call as people and programs are shown it: plain values, ids of the company, seconds that count up to now. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ami.conversation import Conversation, Doing
from ami.models import Channel
from cordboard.desk.cards import seconds
from cordboard.desk.open_calls import OpenCall
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
    """A call that is up. `direction`: inbound, outbound, internal, originated (dialled for somebody), spying. Moments
    are seconds since the epoch, durations are seconds; `queue`, `agent` and `offered_to` are ids, `position` and
    `priority` those of somebody who waits."""

    id: str
    direction: str
    stage: str
    caller: str
    caller_name: str
    did: str
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
    talk = one.conversation

    def running(since: datetime | None) -> float:
        return max(0.0, (now - since).total_seconds()) if since is not None else 0.0

    return OpenCallCard(
        id=str(one.id),
        direction=str(one.conversation.direction),
        stage=one.stage,
        caller=call.caller_number if call else one.caller.caller_number,
        caller_name=call.caller_name if call else one.caller.caller_name,
        did=call.did if call else "",
        queue=_item(waiting.queue if waiting else call.queue if call else None),
        agent=_item(call.agent if call else None),
        offered_to=tuple(_item(name) for name in call.offered_to) if call else (),
        position=waiting.position if waiting else None,
        priority=waiting.priority if waiting else None,
        entered=seconds(one.since),
        lasts=round(running(one.since), 1),
        waited=round((call or talk).waited + running(waiting.joined if waiting else None), 1),
        talked=round(talk.talked + running(_since(talk, Doing.TALKING)), 1),
        held=round(talk.held + running(_since(talk, Doing.HELD)), 1),
        legs=tuple(_leg(leg) for leg in one.legs),
    )


def _since(conversation: Conversation, doing: Doing) -> datetime | None:
    """Since when the first of its parties who is still there has been doing this; None if he is not."""
    spans = next((party.spans for party in conversation.parties if party.left is None), ())
    return spans[-1].since if spans and spans[-1].doing is doing and spans[-1].until is None else None


def _leg(leg: Channel) -> LegCard:
    return LegCard(_item(leg.endpoint), leg.caller_number, str(leg.state), seconds(leg.created))


def _item(switch_name: str | None) -> str:
    return split_switch_name(switch_name)[1] if switch_name else ""
