"""Where the live state and a fresh listing of the same moment disagree: the measure of drift."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from ami.conversation import Doing
from ami.models import Agent, AgentState, Bridge, Channel, Member, Queue, Snapshot

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of one thing. `kind`: channel, bridge, call, conversation, queue, waiting, member, agent or device.
    `field` is "" if only one of the two knows the thing; `model` and `fresh` then say which."""

    kind: str
    key: str
    field: str
    model: str
    fresh: str


def compare(model: Snapshot, fresh: Snapshot) -> list[Difference]:
    """All differences, in order of kind and key.

    Compared is what events and lists both tell. Left out is what Asterisk changes without an event (a member's
    `last_call`, `calls_taken`, `in_call`; the application a channel runs), what only events tell (facts, holds,
    `ring_in_use`) and what is derived from a clock (since when; the end of a wrap-up).
    """
    differences = [
        *_compare("channel", _by(model.channels, _uniqueid), _by(fresh.channels, _uniqueid), _channel),
        *_compare("bridge", _by(model.bridges, _bridge_id), _by(fresh.bridges, _bridge_id), _bridge),
        *_compare("queue", _by(model.queues, _name), _by(fresh.queues, _name), _queue),
        *_compare("member", _members(model), _members(fresh), _member),
        *_compare("agent", _by(model.agents, _interface), _by(fresh.agents, _interface), _agent),
        *_calls(model, fresh),
        *_conversations(model, fresh),
        *_devices(model, fresh),
    ]
    return sorted(differences, key=lambda difference: (difference.kind, difference.key, difference.field))


def _by(values: Iterable[Value], key: Callable[[Value], str]) -> dict[str, Value]:
    return {key(value): value for value in values}


def _compare(
    kind: str,
    model: Mapping[str, Value],
    fresh: Mapping[str, Value],
    fields_of: Callable[[Value], Mapping[str, object]],
) -> Iterator[Difference]:
    for key in model.keys() - fresh.keys():
        yield Difference(kind, key, "", "there", "not there")
    for key in fresh.keys() - model.keys():
        yield Difference(kind, key, "", "not there", "there")
    for key in model.keys() & fresh.keys():
        if model[key] == fresh[key]:
            continue
        ours, theirs = fields_of(model[key]), fields_of(fresh[key])
        for field, value in ours.items():
            if value != theirs[field]:
                yield Difference(kind, key, field, str(value), str(theirs[field]))


def _uniqueid(channel: Channel) -> str:
    return channel.uniqueid


def _bridge_id(bridge: Bridge) -> str:
    return bridge.id


def _name(queue: Queue) -> str:
    return queue.name


def _interface(agent: Agent) -> str:
    return agent.interface


def _members(snapshot: Snapshot) -> dict[str, Member]:
    return {f"{queue.name} {member.interface}": member for queue in snapshot.queues for member in queue.members}


def _channel(channel: Channel) -> dict[str, object]:
    return {
        "name": channel.name,
        "linkedid": channel.linkedid,
        "state": channel.state.value,
        "caller_number": channel.caller_number,
        "caller_name": channel.caller_name,
        "connected_number": channel.connected_number,
        "account": channel.account,
        "bridge": channel.bridge,
    }


def _bridge(bridge: Bridge) -> dict[str, object]:
    return {"channels": sorted(bridge.channels)}


def _queue(queue: Queue) -> dict[str, object]:
    return {"waiting": [waiting.call for waiting in queue.waiting]}


def _member(member: Member) -> dict[str, object]:
    return {
        "name": member.name,
        "penalty": member.penalty,
        "paused": member.paused,
        "pause_reason": member.pause_reason,
        "status": member.status.name.lower(),
        "wrap_up": member.wrap_up,
    }


# Whether a wrap-up is over is a matter of the second at which it was looked at; and of a call that is up no list tells
# who began it.
_ALIKE = {
    AgentState.READY: "free",
    AgentState.WRAP_UP: "free",
    AgentState.INBOUND_CALL: "in call",
    AgentState.OUTBOUND_CALL: "in call",
}


def _agent(agent: Agent) -> dict[str, object]:
    fields: dict[str, object] = {"name": agent.name, "queues": sorted(agent.queues)}
    if agent.interface.startswith("PJSIP/"):  # else his phone is behind another channel, and lists do not tell which
        fields["state"] = _ALIKE.get(agent.state, agent.state.value)
    return fields


def _calls(model: Snapshot, fresh: Snapshot) -> Iterator[Difference]:
    there = {channel.uniqueid for channel in fresh.channels}
    ours = {call.id.uniqueid for call in model.calls}
    for uniqueid in ours - there:
        yield Difference("call", uniqueid, "", "there", "not there")
    for call in fresh.calls:
        # The account by which a list knows a call is set one step before the call says that it entered.
        is_old = (fresh.at - call.entered).total_seconds() > 2
        if call.id.uniqueid not in ours and is_old:
            yield Difference("call", call.id.uniqueid, "", "not there", "there")


def _conversations(model: Snapshot, fresh: Snapshot) -> Iterator[Difference]:
    """Lists tell less than events: legs that they show as one call must be one, but those of one call may have parted
    since; and who holds whom is in no list."""
    there = {channel.uniqueid for channel in fresh.channels}
    ours = {leg: str(conversation.id) for conversation in model.conversations for leg in conversation.legs}
    for conversation in model.conversations:
        if there.isdisjoint(conversation.legs):
            yield Difference("conversation", str(conversation.id), "", "there", "not there")
    doing = _doing(model)
    for conversation in fresh.conversations:
        legs = there.intersection(conversation.legs)
        for leg in legs - ours.keys():
            yield Difference("conversation", leg, "", "not there", "there")
        if len({ours[leg] for leg in legs & ours.keys()}) > 1:
            yield Difference("conversation", str(conversation.id), "legs", "apart", "together")
    for leg, now in _doing(fresh).items():
        before = doing.get(leg)
        if before is not None and before not in _UNLISTED and _TOLD[before] != _TOLD[now]:
            yield Difference("conversation", leg, "doing", _TOLD[before], _TOLD[now])
    spaces = _spaces(model)
    for leg, space in _spaces(fresh).items():
        if leg in spaces and space and spaces[leg] != space:
            yield Difference("conversation", leg, "space", spaces[leg], space)


_UNLISTED = frozenset({Doing.HELD, Doing.HOLDING, Doing.SPYING})
_TOLD = {
    **dict.fromkeys(Doing, "apart"),
    **dict.fromkeys((Doing.TALKING, Doing.HELD, Doing.HOLDING), "together"),
    Doing.CONFERENCE: "conference",
    Doing.PARKED: "parked",
    Doing.RINGING: "ringing",
}


def _doing(snapshot: Snapshot) -> dict[str, Doing]:
    """What each party with one leg, which is up, is doing."""
    return {
        party.legs[0]: party.spans[-1].doing
        for conversation in snapshot.conversations
        for party in conversation.parties
        if len(party.legs) == 1 and party.spans and party.spans[-1].until is None
    }


def _spaces(snapshot: Snapshot) -> dict[str, str]:
    """Where each who is parked is, "" if that was not listed."""
    return {
        party.legs[0]: party.space
        for conversation in snapshot.conversations
        for party in conversation.parties
        if len(party.legs) == 1 and party.spans and party.spans[-1].doing is Doing.PARKED and party.left is None
    }


def _devices(model: Snapshot, fresh: Snapshot) -> Iterator[Difference]:
    # A device is listed only while somebody asked for it once: one that is missing tells nothing.
    for device in model.devices.keys() & fresh.devices.keys():
        if model.devices[device] is not fresh.devices[device]:
            yield Difference(
                "device", device, "state", model.devices[device].name.lower(), fresh.devices[device].name.lower()
            )
