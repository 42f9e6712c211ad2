"""The calls in progress as the live page shows them: every call once, a received one with what its dialplan told of it.

A call is a conversation. Whose it is follows from what Cordboard itself gave it: the company that a received call
entered, the queue that it is in, and the phones that are in it. One that shows nothing of these, or the phones of two
companies, is a stray: nobody's who sees one company alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum

from ami.conversation import Conversation, Direction, Doing, Party, Role, StepKind
from ami.models import Call, Snapshot, Stage
from cordboard.desk.cards import CallCard, PartyCard, seconds
from cordboard.desk.names import Names
from cordboard.desk.open_calls import company_of
from cordboard.store.values import split_switch_name

MOST_PARTIES = 8
WITH_AN_AGENT = frozenset({Stage.TALKING, Stage.HELD})
IN_LINE = frozenset({Stage.WAITING, Stage.RINGING})
BESIDE_THE_DIALPLAN = frozenset({Doing.PARKED, Doing.CONFERENCE})
"""What a received call's caller may do of which its dialplan tells nothing."""
TELLING = (
    (Doing.CONFERENCE, Doing.CONFERENCE),
    (Doing.SPYING, Doing.SPYING),
    (Doing.PARKED, Doing.PARKED),
    (Doing.HELD, Stage.HELD),
    (Doing.HOLDING, Stage.HELD),
    (Doing.TALKING, Stage.TALKING),
    (Doing.RINGING, Stage.RINGING),
    (Doing.CALLING, Stage.RINGING),
)
"""What anybody in a call does, and what that makes of the call; the first that somebody does."""


class Sight(IntEnum):
    """How much of a company's calls somebody is shown; each includes the one before."""

    CALLS = 0
    SPYING = 1
    """Also who listens to whom: for those who oversee others."""
    STRAYS = 2
    """Also calls of which nobody knows whose they are: for those to whom every company is open."""


@dataclass(frozen=True, slots=True)
class Made:
    """The card made of a call, under its key on the board; None: it is of another company."""

    conversation: Conversation
    call: Call | None
    key: str
    card: CallCard | None


class LiveCalls:
    """The cards of a company's calls, made anew for those alone that changed. `companies`: ids of all there are."""

    def __init__(self, names: Names, companies: Set[str]) -> None:
        self._names = names
        self._companies = companies
        self._made: dict[str, dict[str, Made]] = {}  # by node and uniqueid

    def cards(self, snapshot: Snapshot, sight: Sight) -> Iterator[tuple[str, CallCard]]:
        """Those of one switch, each under its key: `call/` and the id of the call, which commands are given."""
        before = self._made.get(snapshot.node, {})
        made = self._made[snapshot.node] = {}
        for conversation, call in _joined(snapshot):
            uniqueid = conversation.id.uniqueid
            one = before.get(uniqueid)
            if one is None or one.conversation is not conversation or one.call is not call:
                one = Made(conversation, call, f"call/{conversation.id}", self._card(conversation, call))
            made[uniqueid] = one
            if one.card is not None and (card := _seen(one.card, sight)) is not None:
                yield one.key, card

    def _card(self, conversation: Conversation, call: Call | None) -> CallCard | None:
        company = company_of(conversation, call, self._companies)
        if company not in (self._names.company, ""):
            return None
        return call_card(conversation, call, self._names, is_stray=not company)


def _joined(snapshot: Snapshot) -> Iterator[tuple[Conversation, Call | None]]:
    """Each call once: as everybody in it, and as what was told of who called, if it was received."""
    there = {conversation.id.uniqueid: conversation for conversation in snapshot.conversations}
    received: dict[str, Call] = {}
    strays: list[Call] = []
    for call in snapshot.calls:
        if call.stage is not Stage.ENDED:
            if call.id.uniqueid in there:
                received[call.id.uniqueid] = call
            else:
                strays.append(call)
    if strays:  # they are in calls that are called after others: put together, or begun by another leg
        named = {leg: conversation.id.uniqueid for conversation in snapshot.conversations for leg in conversation.legs}
        for call in strays:
            if (uniqueid := named.get(call.id.uniqueid)) is None:
                yield _alone(call), call
            else:
                received.setdefault(uniqueid, call)
    for uniqueid, conversation in there.items():
        found = received.get(uniqueid)
        if found is not None or any(party.left is None for party in conversation.parties):
            yield conversation, found


def _alone(call: Call) -> Conversation:
    """A received call of whose legs nothing is known."""
    return Conversation(
        id=call.id, direction=Direction.INBOUND, dialled="", queue=call.queue or "", agent="", started=call.entered,
        answered=None, ended=None, parties=(), legs=(call.id.uniqueid,), is_partial=call.is_partial,
    )  # fmt: skip


def call_card(conversation: Conversation, call: Call | None, names: Names, *, is_stray: bool = False) -> CallCard:
    """The card of a call; `call`: what its dialplan told, if it was received."""
    present = [party for party in conversation.parties if party.left is None]
    parties = tuple(_party(party, names) for party in present[:MOST_PARTIES])
    stage, since = _stage(conversation, call, present)
    caller = parties[0] if parties else None
    line = call if stage in IN_LINE else None
    return CallCard(
        node=conversation.id.node,
        direction=Direction.INBOUND if call else conversation.direction,
        caller=call.caller_number if call else caller.number if caller else "",
        caller_name=call.caller_name if call else caller.name if caller else "",
        did=names.dids.get(call.did, call.did) if call else "",
        dialled="" if call else conversation.dialled,
        stage=stage,
        entered=seconds(call.entered if call else conversation.started),
        since=seconds(since),
        place=_place(stage, conversation, call, names),
        position=line.position if line else None,
        agent=names.person(call.agent) if call and stage in WITH_AN_AGENT else "",
        offered_to=tuple(names.person(name) for name in line.offered_to) if line else (),
        parties=parties,
        more=len(present) - len(parties),
        spied_by=tuple(_listener(each.endpoint, names) for each in conversation.listeners if each.until is None),
        spies_on=str(conversation.spies_on or ""),
        is_received=call is not None,
        is_recorded=any(each.until is None for each in conversation.recordings),
        is_partial=call.is_partial if call else conversation.is_partial,
        is_stray=is_stray,
    )


def _seen(card: CallCard, sight: Sight) -> CallCard | None:
    if card.is_stray and sight < Sight.STRAYS:
        return None
    if sight >= Sight.SPYING:
        return card
    if card.direction == Direction.SPYING or card.stage == Doing.SPYING:
        return None
    parties = tuple(party for party in card.parties if party.role != Role.SPY)
    return card if not card.spied_by and parties == card.parties else replace(card, spied_by=(), parties=parties)


def _stage(conversation: Conversation, call: Call | None, present: Sequence[Party]) -> tuple[str, datetime]:
    """Where the call stands, and since when."""
    if call is not None:
        spans = next((party.spans for party in present if call.id.uniqueid in party.legs), ())
        if spans and spans[-1].doing in BESIDE_THE_DIALPLAN:
            return spans[-1].doing, spans[-1].since
        return call.stage, _stage_since(call)
    spans = tuple(party.spans[-1] for party in present if party.spans)
    for doing, stage in TELLING:
        if since := [span.since for span in spans if span.doing is doing]:
            return stage, min(since)
    return (spans[0].doing, spans[0].since) if spans else (Doing.CONNECTING, conversation.started)


def _stage_since(call: Call) -> datetime:
    if call.stage is Stage.HELD:
        return call.held_since or call.answered or call.entered
    if call.stage is Stage.TALKING:
        return call.talking_since or call.answered or call.entered
    if call.stage in IN_LINE:
        return call.joined or call.entered
    return call.entered


def _place(stage: str, conversation: Conversation, call: Call | None, names: Names) -> str:
    if stage == Doing.CONFERENCE:
        of, room = split_switch_name(conversation.conference)
        return room if of == names.company else conversation.conference
    if stage == Doing.PARKED:
        parked = (step for step in reversed(conversation.steps) if step.kind == StepKind.PARKED)
        return next((step.data.get("space", "") for step in parked), "")
    if stage == Stage.MENU:
        return names.places.get(call.menu, call.menu) if call and call.menu else ""
    return names.queue(call.queue if call else conversation.queue)


def _party(party: Party, names: Names) -> PartyCard:
    # A queue's member is called by his own name, at whosever phone he sits.
    known = names.people.get(party.name) or names.people.get(party.endpoint)
    last = party.spans[-1] if party.spans else None
    return PartyCard(
        id=known.id if known else "",
        name=known.name if known else party.name,
        number=party.number,
        is_outside=party.is_outside,
        role=party.role,
        doing=last.doing if last else Doing.CONNECTING,
        since=seconds(last.since if last else party.joined),
    )


def _listener(endpoint: str, names: Names) -> str:
    known = names.people.get(endpoint)
    return known.name if known else ""
