"""The calls in progress as the live page shows them: every call once, a received one with what its dialplan told of it.

Whose it is follows from what Cordboard itself gave it: the company that a received call
entered, the queue that it is in, and the phones that are in it. One that shows nothing of these, or the phones of two
companies, is a stray: nobody's who sees one company alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum

from ami.conversation import Direction, Doing, Role
from ami.glance import Glance, Present
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

    of: Glance
    call: Call | None
    key: str
    card: CallCard | None

    def is_still(self, one: Glance, call: Call | None) -> bool:
        return call is self.call and (one is self.of or one == self.of)


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
        for one, call in _joined(snapshot):
            known = before.get(one.id.uniqueid)
            if known is None or not known.is_still(one, call):
                known = Made(one, call, f"call/{one.id}", self._card(one, call))
            made[one.id.uniqueid] = known
            if known.card is not None and (card := _seen(known.card, sight)) is not None:
                yield known.key, card

    def _card(self, one: Glance, call: Call | None) -> CallCard | None:
        company = company_of(one.queue, one.phones, call, self._companies)
        if company not in (self._names.company, ""):
            return None
        return call_card(one, call, self._names, is_stray=not company)


def _joined(snapshot: Snapshot) -> Iterator[tuple[Glance, Call | None]]:
    """Each call once: as everybody in it, and as what was told of who called, if it was received."""
    there = {one.id.uniqueid: one for one in snapshot.glances}
    received: dict[str, Call] = {}
    others: list[Call] = []
    for call in snapshot.calls:
        if call.stage is not Stage.ENDED:
            if call.id.uniqueid in there:
                received[call.id.uniqueid] = call
            else:
                others.append(call)
    if others:  # they are in calls that are called after somebody else: put together, or begun by another leg
        called = {leg: one.id.uniqueid for one in snapshot.glances for leg in one.legs}
        for call in others:
            if (uniqueid := called.get(call.id.uniqueid)) is None:
                yield _alone(call), call
            else:
                received.setdefault(uniqueid, call)
    for uniqueid, one in there.items():
        found = received.get(uniqueid)
        if found is not None or one.present:
            yield one, found


def _alone(call: Call) -> Glance:
    """A received call of whose legs nothing is known."""
    return Glance(
        id=call.id, direction=Direction.INBOUND, dialled="", queue="", started=call.entered, present=(), phones=(),
        legs=(call.id.uniqueid,),
    )  # fmt: skip


def call_card(one: Glance, call: Call | None, names: Names, *, is_stray: bool = False) -> CallCard:
    """The card of a call; `call`: what its dialplan told, if it was received."""
    parties = tuple(_party(party, names) for party in one.present[:MOST_PARTIES])
    stage, since = _stage(one, call)
    caller = parties[0] if parties else None
    line = call if stage in IN_LINE else None
    return CallCard(
        node=one.id.node,
        direction=Direction.INBOUND if call else one.direction,
        caller=call.caller_number if call else caller.number if caller else "",
        caller_name=call.caller_name if call else caller.name if caller else "",
        did=names.dids.get(call.did, call.did) if call else "",
        dialled="" if call else one.dialled,
        stage=stage,
        entered=seconds(call.entered if call else one.started),
        since=seconds(since),
        place=_place(stage, one, call, names),
        position=line.position if line else None,
        agent=names.person(call.agent) if call and stage in WITH_AN_AGENT else "",
        offered_to=tuple(names.person(name) for name in line.offered_to) if line else (),
        parties=parties,
        more=len(one.present) - len(parties),
        spied_by=tuple(_listener(each.endpoint, names) for each in one.listeners),
        spies_on=str(one.spies_on or ""),
        is_received=call is not None,
        is_recorded=one.is_recorded,
        is_partial=call.is_partial if call else one.is_partial,
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


def _stage(one: Glance, call: Call | None) -> tuple[str, datetime]:
    """Where the call stands, and since when."""
    present = one.present
    if call is not None:
        caller = next((party for party in present if call.id.uniqueid in party.legs), None)
        if caller is not None and caller.doing in BESIDE_THE_DIALPLAN:
            return caller.doing, caller.since
        return call.stage, _stage_since(call)
    for doing, stage in TELLING:
        if since := [party.since for party in present if party.doing is doing]:
            return stage, min(since)
    return (present[0].doing, present[0].since) if present else (Doing.CONNECTING, one.started)


def _stage_since(call: Call) -> datetime:
    if call.stage is Stage.HELD:
        return call.held_since or call.answered or call.entered
    if call.stage is Stage.TALKING:
        return call.talking_since or call.answered or call.entered
    if call.stage in IN_LINE:
        return call.joined or call.entered
    return call.entered


def _place(stage: str, one: Glance, call: Call | None, names: Names) -> str:
    if stage == Doing.CONFERENCE:
        of, room = split_switch_name(one.conference)
        return names.place(room) if of == names.company else one.conference
    if stage == Doing.PARKED:
        return one.space
    if stage == Stage.MENU:
        return names.places.get(call.menu, call.menu) if call and call.menu else ""
    return names.queue(call.queue if call else one.queue)


def _party(party: Present, names: Names) -> PartyCard:
    # A queue's member is called by his own name, at whosever phone he sits.
    known = names.people.get(party.name) or names.people.get(party.endpoint)
    of, trunk = split_switch_name(party.endpoint)
    return PartyCard(
        id=known.id if known else "",
        name=known.name if known else party.name,
        number=party.number,
        is_outside=party.is_outside,
        role=party.role,
        doing=party.doing,
        since=seconds(party.since),
        trunk=trunk if party.is_outside and of == names.company else "",
    )


def _listener(endpoint: str, names: Names) -> str:
    known = names.people.get(endpoint)
    return known.name if known else ""
