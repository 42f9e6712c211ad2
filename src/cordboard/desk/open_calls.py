"""Which calls are up, whose they are and who is in them: what a command on a call begins with. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from ami.conversation import Conversation
from ami.legs import WAITING_ROOM
from ami.models import Call, CallId, Channel, ChannelState, Snapshot, Stage, Waiting
from cordboard.desk.requests import TurnedDown
from cordboard.store.values import Company, split_switch_name


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call that is up. `call` is what is known of a received one, of which the caller is still there. `legs`: oldest
    first, but at the head the caller's, or the one that began it."""

    conversation: Conversation
    legs: tuple[Channel, ...]
    call: Call | None
    waiting: Waiting | None
    is_parked: bool

    @property
    def id(self) -> CallId:
        return self.conversation.id

    @property
    def caller(self) -> Channel:
        return self.legs[0]

    @property
    def together(self) -> tuple[Channel, ...]:
        """The legs that hear each other, the caller among them."""
        bridge = self.caller.bridge
        return tuple(leg for leg in self.legs if leg.bridge == bridge) if bridge and not self.is_parked else ()

    @property
    def aside(self) -> Channel | None:
        """The phone that let the caller wait and talks, or wants to talk, to somebody else about him."""
        others = [leg for leg in self.legs[1:] if leg.state is ChannelState.UP and leg.endpoint]
        return others[0] if len(self.together) == 1 and others else None

    @property
    def stage(self) -> str:
        """A word for where it stands."""
        if self.is_parked:
            return "parked"
        if self.aside is not None:
            return "consulted_about"
        if self.call is not None:
            return str(self.call.stage)
        return str(Stage.TALKING) if len(self.together) > 1 else str(Stage.RINGING)

    @property
    def is_offered(self) -> bool:
        """Does a phone ring for the caller?"""
        return any(leg.state is ChannelState.RINGING for leg in self.legs[1:])

    @property
    def since(self) -> datetime:
        return self.call.entered if self.call else self.conversation.started


def open_calls(snapshot: Snapshot, company: str, companies: Set[str]) -> tuple[OpenCall, ...]:
    """Every call of a company that is up, the oldest first. `companies`: the ids of all there are; a call in which are
    phones of several is nobody's."""
    return tuple(sorted(_all(snapshot, company, companies), key=lambda each: (each.since, each.id)))


def _all(snapshot: Snapshot, company: str, companies: Set[str]) -> Iterator[OpenCall]:
    rooms = {bridge.id for bridge in snapshot.bridges if bridge.technology == WAITING_ROOM}
    waiting = {place.call: place for queue in snapshot.queues for place in queue.waiting}
    channels = {channel.uniqueid: channel for channel in snapshot.channels}
    calls = {call.id.uniqueid: call for call in snapshot.calls if call.ended is None}
    for conversation in snapshot.conversations:
        legs = [channels[uniqueid] for uniqueid in conversation.legs if uniqueid in channels]
        if conversation.ended is not None or not legs:
            continue
        first = conversation.id.uniqueid
        legs.sort(key=lambda leg: (leg.uniqueid not in calls, leg.uniqueid != first, leg.created, leg.uniqueid))
        caller = legs[0]
        place = waiting.get(caller.uniqueid)
        is_parked = caller.bridge in rooms and place is None
        one = OpenCall(conversation, tuple(legs), calls.get(caller.uniqueid), place, is_parked)
        phones = [party.endpoint for party in conversation.parties if not party.is_outside]
        if company_of(conversation.queue, phones, one.call, companies) == company:
            yield one


def company_of(queue: str, phones: Iterable[str], call: Call | None, companies: Set[str]) -> str:
    """The id of the one company whose call it is, by the queue that it was in last and the phones of ours that were in
    it; "" if none is known, or if phones of several are in it. A trunk's name tells nothing: through one company's
    trunk the calls of another may come."""
    places = [queue, *phones]
    if call is not None:
        # A call known from a list alone does not tell its company; whom it is with does.
        places += (call.queue or "", call.agent or "")
    found = {split_switch_name(place)[0] for place in places} & companies
    if call is not None and call.company:
        found.add(call.company)
    return found.pop() if len(found) == 1 else ""


def find(known: Sequence[OpenCall], named: str) -> OpenCall:
    """The call of this id: `node/uniqueid`, `uniqueid`, or the end of it if no other ends so. Raises: TurnedDown."""
    exact = [one for one in known if named in (str(one.id), one.id.uniqueid)]
    exact = exact or [one for one in known if named.rpartition("/")[2] in one.conversation.legs]
    found = exact or [one for one in known if named and one.id.uniqueid.endswith(named.rpartition("/")[2])]
    if len(found) > 1:
        raise TurnedDown("ambiguous_call", f"{len(found)} calls have an id that ends so: say more of it.")
    if not found:
        raise TurnedDown("unknown_call", "There is no such call: it has ended, or it is not of this company.")
    return found[0]


def people_in(one: OpenCall, company: Company, seats: Mapping[str, str]) -> frozenset[str]:
    """Ids of the people whose phone is in the call and was answered. `seats`: phone -> who is logged in there."""
    phones = [split_switch_name(leg.endpoint) for leg in one.legs if leg.endpoint and leg.state is ChannelState.UP]
    return frozenset(seats.get(item, item) for of, item in phones if of == company.id)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two who talk: `stays` is the phone that lets go, `moves` who is sent elsewhere."""

    stays: Channel
    moves: Channel


def pair_in(one: OpenCall, company: Company, by: str | None = None) -> Pair:
    """Who would be moved by a transfer: the far end of the phone `by` (a phone's id), else the caller, unless it was
    one of us who called somebody outside. Raises: TurnedDown."""
    together = one.together
    if len(together) < 2:
        raise TurnedDown("not_talking", "Nobody talks in this call right now.")
    if len(together) > 2:
        raise TurnedDown("not_two", "More than two are in this call.")
    caller, other = together if together[0] is one.caller else together[::-1]
    mine = company.switch_name(by) if by else None
    is_ours = {leg.uniqueid: _is_phone_of(leg, company) for leg in together}
    if mine and mine == caller.endpoint:
        return Pair(caller, other)
    if mine and mine == other.endpoint:
        return Pair(other, caller)
    if is_ours[caller.uniqueid] and not is_ours[other.uniqueid]:
        return Pair(caller, other)
    return Pair(other, caller)


def _is_phone_of(leg: Channel, company: Company) -> bool:
    of, item = split_switch_name(leg.endpoint or "")
    return of == company.id and any(phone.id == item for phone in company.endpoints())
