"""What somebody is doing in a conversation, from what his leg shows now: its state, its bridge, whom it dials. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ami.conversation import Doing
from ami.legs import CALLED, WAITING_ROOM, Legs, LiveBridge
from ami.models import ChannelState
from ami.parts import LiveConversation, Part

PASSING = frozenset({"NoOp", "Set", "MSet", "Verbose", "Log", "Goto", "GotoIf", "GotoIfTime", "ExecIf", "ExecIfTime"})
PASSING |= {"Gosub", "GosubIf", "Return", "StackPop", "UserEvent", "QueueLog", "Answer", "Hangup"}
PASSING |= CALLED
"""Applications that take no time."""
MAILBOX = frozenset({"VoiceMail", "VoiceMailPlayMsg", "MinivmRecord"})
_RINGING = frozenset({ChannelState.DOWN, ChannelState.RINGING, ChannelState.PRE_RING})


def doing_of(legs: Legs, conversation: LiveConversation, part: Part) -> Doing:
    """What this leg is doing now, as its channel, its bridge and the line it stands in show."""
    channel = legs.channels.get(part.uniqueid)
    if part.spies:
        return Doing.SPYING
    if channel is None:
        return part.doing or Doing.PROGRAM
    bridge = legs.bridge_of(channel)
    if bridge is not None:
        return _together(legs, conversation, part, bridge)
    state = channel.leg.state
    if state in _RINGING or (not part.is_caller and state is not ChannelState.UP):
        return Doing.RINGING
    if conversation.waits(part.uniqueid):
        return Doing.WAITING
    if part.dials:
        return Doing.CONNECTING if any(part.dials.values()) else Doing.CALLING
    if not part.is_caller and conversation.is_up(part.dialled_by) and not part.has_talked:
        return Doing.CONNECTING
    return Doing.PROGRAM


def _together(legs: Legs, conversation: LiveConversation, part: Part, bridge: LiveBridge) -> Doing:
    if bridge.technology == WAITING_ROOM:
        return Doing.PARKED if bridge.creator in ("", "Parking") else Doing.PROGRAM
    if bridge.is_conference:  # asked first: there may be hundreds in it
        return Doing.CONFERENCE
    bridges = list(_reach(legs, conversation, bridge))
    if any(reached.is_conference for reached in bridges):
        return Doing.CONFERENCE
    if part.held_in == bridge.id:
        return Doing.HOLDING
    others = _others(conversation, part, bridges)
    there = {reached.id for reached in bridges}
    if any(other.held_in not in there for other in others):
        return Doing.TALKING
    if others or any(other.held_in == bridge.id for other in conversation.present()):
        return Doing.HELD
    answers = [answer for leg in bridge.channels for answer in _dials_beyond(conversation, leg)]
    if answers:
        return Doing.CONNECTING if any(answers) else Doing.CALLING
    return Doing.ALONE if part.has_talked else Doing.CONNECTING


def _dials_beyond(conversation: LiveConversation, leg: str) -> Iterable[bool]:
    """Of half of a Local channel: the dials of its other half, and whether each was answered."""
    part = conversation.parts.get(leg)
    half = conversation.parts.get(part.pair) if part is not None and part.pair else None
    return half.dials.values() if half is not None else ()


def _reach(legs: Legs, conversation: LiveConversation, bridge: LiveBridge) -> Iterator[LiveBridge]:
    """The bridges that this one is joined to by Local channels, itself first."""
    reached, left = {bridge.id}, [bridge]
    while left:
        here = left.pop()
        yield here
        for leg in here.channels:
            part = conversation.parts.get(leg)
            half = legs.channels.get(part.pair) if part is not None and part.pair else None
            there = legs.bridge_of(half) if half is not None else None
            if there is not None and there.id not in reached and there.technology != WAITING_ROOM:
                reached.add(there.id)
                left.append(there)


def _others(conversation: LiveConversation, part: Part, bridges: list[LiveBridge]) -> list[Part]:
    others = [conversation.parts.get(leg) for bridge in bridges for leg in bridge.channels if leg != part.uniqueid]
    return [other for other in others if other is not None and not other.is_local]


def company(legs: Legs, conversation: LiveConversation, part: Part, bridge: LiveBridge) -> list[Part]:
    """Who else is in this bridge, or in one that Local channels join to it."""
    return _others(conversation, part, list(_reach(legs, conversation, bridge)))
