"""A fold from lists: what a switch shows when it is asked for everything, and which received calls that means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ami.fold import Fold
from ami.legs import CALLED, WAITING_ROOM, LiveChannel
from ami.models import ChannelState, FactKind, Stage
from ami.parts import LiveConversation
from ami.received import Offer, ReceivedCall
from ami.rows import BridgeRow, ChannelRow, DeviceRow, MemberRow, ParkedRow, QueueRow, WaitingRow
from ami.staff import LiveQueue, Place

RECEIVED = re.compile(r"(?:([a-z][a-z0-9]{0,39})-)?([a-z][a-z0-9-]{0,39})")  # company (not in older contexts) and DID

_STAGES = {
    "Read": Stage.MENU,
    "BackGround": Stage.MENU,
    "WaitExten": Stage.MENU,
    "VoiceMail": Stage.VOICEMAIL,
    "Record": Stage.VOICEMAIL,
    "Playback": Stage.MESSAGE,
}


@dataclass(frozen=True, slots=True)
class Listing:
    """What the lists said, and when they were asked for."""

    at: datetime
    channels: tuple[ChannelRow, ...]
    bridges: tuple[BridgeRow, ...]
    queues: tuple[QueueRow | MemberRow | WaitingRow, ...]
    devices: tuple[DeviceRow, ...]
    parked: tuple[ParkedRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Memory:
    """What lists cannot tell and an earlier fold knows at this moment: copies of its calls, its hang-ups, and what its
    channels did; and calls that were recollected, of which no fold knew yet. `gap` says why events may be missing
    between then and now ("link", "overflow", "drift"), "" if none are."""

    channels: Mapping[str, LiveChannel]
    calls: tuple[ReceivedCall, ...]
    conversations: tuple[LiveConversation, ...]
    hung_up: tuple[str, ...]
    gap: str

    @classmethod
    def of(cls, fold: Fold, gap: str, recollected: Iterable[ReceivedCall] = ()) -> Memory:
        calls = tuple(call.copy() for call in (*recollected, *fold.calls.values()))
        conversations = tuple(live.copy() for live in fold.conversations.live.values())
        return cls(dict(fold.legs.channels), calls, conversations, fold.legs.hang_ups, gap)


def load(fold: Fold, listing: Listing, memory: Memory | None = None) -> None:
    """Put everything listed into an empty fold. It may be ahead of the events that come after; they are applied to it,
    and when it is exact `settle` puts its calls right."""
    if memory is not None:
        for uniqueid in memory.hung_up:
            fold.legs.bury(uniqueid)
        for call in memory.calls:
            if memory.gap:
                call.note(listing.at, FactKind.GAP, {"reason": memory.gap})
            fold.adopt(call)
        for conversation in memory.conversations:
            fold.conversations.adopt(conversation)
    for bridge in listing.bridges:
        fold.legs.see_bridge(bridge.id, bridge.kind, bridge.technology, bridge.creator, bridge.name)
    for channel in listing.channels:
        known = memory.channels.get(channel.leg.uniqueid) if memory is not None else None
        _place_channel(fold, channel, listing.at, known)
    for device in listing.devices:
        if not device.device.startswith("Queue:"):
            fold.devices[device.device] = device.state
    for row in listing.queues:
        if isinstance(row, QueueRow):
            fold.staff.see_queue(row.queue).strategy = row.strategy
        elif isinstance(row, MemberRow):
            fold.staff.see_member(row.member)
    for row in sorted((row for row in listing.queues if isinstance(row, WaitingRow)), key=_position):
        _place_in_line(fold, row, listing.at)
    for channel in listing.channels:
        _find_call(fold, channel, listing.at)
    for call in fold.calls.values():
        if call.is_talking and not call.peer:
            _find_peer(fold, call)
    fold.conversations.find(listing.at)
    fold.conversations.find_parked(listing.parked, listing.at)
    fold.touched.clear()


def _position(row: WaitingRow) -> tuple[str, int]:
    return row.queue, row.position


def _place_channel(fold: Fold, row: ChannelRow, at: datetime, known: LiveChannel | None) -> None:
    created = known.created if known is not None else at - timedelta(seconds=row.duration)
    dials = known.dials if known is not None else _dials(row)
    channel = fold.legs.see(row.leg, created, dials=dials)
    if channel is None:
        return
    channel.application = row.application
    channel.held = known.held if known is not None else False
    if known is not None and known.interface:
        fold.legs.claim(channel, known.interface)
    if row.bridge is not None:
        fold.legs.enter(channel, fold.legs.see_bridge(row.bridge))


def _dials(row: ChannelRow) -> bool:
    """A leg that is about to be dialled is listed for a moment before it has the application that says so."""
    is_just_made = not row.application and row.leg.state is ChannelState.DOWN
    return row.application not in CALLED and not is_just_made


def _place_in_line(fold: Fold, row: WaitingRow, at: datetime) -> None:
    joined = at - timedelta(seconds=row.wait)
    call = fold.calls.get(row.uniqueid)
    if call is not None and call.waiting.since is not None and call.queue == row.queue:
        joined = call.waiting.since
    place = Place(row.uniqueid, joined, row.priority, row.caller_number, row.caller_name)
    queue = fold.staff.see_queue(row.queue)
    fold.staff.line_up(queue, place, row.position)
    fold.renumber(queue)


def _find_call(fold: Fold, row: ChannelRow, at: datetime) -> None:
    """A received call that was not known enters by the account code that every DID sets, on its first leg."""
    leg = row.leg
    received = RECEIVED.fullmatch(leg.account)
    if leg.uniqueid in fold.calls or leg.uniqueid != leg.linkedid or received is None:
        return
    call = fold.see_call(leg, at)
    if call is not None:
        call.company, call.did = received[1] or "", received[2]
        call.program = _STAGES.get(row.application, call.program)
        fold.touch_call(call)


def _find_peer(fold: Fold, call: ReceivedCall) -> None:
    """By which leg a recollected call goes on, if it still talks to whom it talked."""
    channel = fold.legs.channels.get(call.id.uniqueid)
    bridge = fold.legs.bridge_of(channel) if channel is not None else None
    person = fold.person_with(call, bridge) if bridge is not None else None
    if person is not None and person.interface == call.interface:
        call.talks_through(person.leg.uniqueid)
        fold.adopt(call)


def settle(fold: Fold, at: datetime, over: datetime | None = None) -> None:
    """Once the fold is exact: bring each call to where its channels are, whatever events did not tell. `over`: when
    that was over which is not there any more, by default now.

    A wait or talk whose end nobody saw is not counted; one whose beginning nobody saw counts from what lists tell.
    """
    fold.conversations.settle(at, over or at)
    for call in fold.calls.values():
        channel = fold.legs.channels.get(call.id.uniqueid)
        if channel is None:
            continue
        for leg in [leg for leg in call.offers if leg not in fold.legs.channels]:
            del call.offers[leg]
        queue = next((queue for queue in fold.staff.queues.values() if queue.position_of(call.id.uniqueid)), None)
        if queue is not None:
            _settle_in_line(fold, call, queue, at)
        if call.is_talking and call.peer not in fold.legs.channels:
            call.complete(at)
        bridge = fold.legs.bridge_of(channel)
        if not call.is_talking and bridge is not None and bridge.technology != WAITING_ROOM:
            person = fold.person_with(call, bridge)
            if person is not None:
                _settle_talk(fold, call, person, at)
        if queue is None and call.is_in_line:
            call.waiting.since = None
            call.position = None
        fold.touch_call(call)


def _settle_in_line(fold: Fold, call: ReceivedCall, queue: LiveQueue, at: datetime) -> None:
    position = queue.position_of(call.id.uniqueid) or 1
    if not call.is_in_line:
        call.complete(at)
        call.join(queue.line[position - 1].joined, queue.name, position, len(queue.line))
    call.queue, call.position = queue.name, position
    for channel in fold.legs.channels.values():
        leg, interface = channel.leg, channel.interface
        rings = leg.state is ChannelState.RINGING and leg.linkedid == call.id.uniqueid
        if rings and interface in queue.members and leg.uniqueid not in call.offers:
            call.offers[leg.uniqueid] = Offer(queue.members[interface].name, interface, queue.name, at)
    fold.adopt(call)


def _settle_talk(fold: Fold, call: ReceivedCall, peer: LiveChannel, at: datetime) -> None:
    queue = call.queue if call.is_in_line else ""
    call.waiting.since = None
    agent = fold.staff.name_of(peer.interface)
    fold.connect(call, at, peer.leg.uniqueid, agent, peer.interface, queue or "")
    call.offers.clear()
    fold.touch_call(call)
