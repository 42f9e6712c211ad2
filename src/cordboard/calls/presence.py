"""Who is there to take calls: the little of the live state that a routing decision explains itself with.

The live state is kept in the parent process; the process that answers FastAGI is told of it, a line of JSON at a time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ami.models import AgentState, LinkState, Snapshot


@dataclass(frozen=True, slots=True)
class AgentPresence:
    """One logged-in agent: state, pause reason, end of the last call if there was one."""

    state: AgentState
    pause_reason: str
    last_call: datetime | None


@dataclass(frozen=True, slots=True)
class Presence:
    """Agents by member name. ``is_known`` is False while the switch is not followed: then nobody is shown as absent."""

    is_known: bool
    agents: Mapping[str, AgentPresence]


UNKNOWN = Presence(False, {})


def presence_of(snapshot: Snapshot) -> Presence:
    """What a routing decision needs of a snapshot; unknown unless the snapshot is live."""
    if snapshot.link.state is not LinkState.LIVE:
        return UNKNOWN
    last_calls: dict[str, datetime] = {}
    for queue in snapshot.queues:
        for member in queue.members:
            if member.last_call is not None:
                last_calls[member.name] = max(member.last_call, last_calls.get(member.name, member.last_call))
    agents = {
        agent.name: AgentPresence(agent.state, agent.pause_reason, last_calls.get(agent.name))
        for agent in snapshot.agents
    }
    return Presence(True, agents)


def to_line(presence: Presence) -> bytes:
    """One line of JSON, line feed included."""
    agents = {
        name: [a.state, a.pause_reason, a.last_call.isoformat() if a.last_call else None]
        for name, a in sorted(presence.agents.items())
    }
    return json.dumps({"is_known": presence.is_known, "agents": agents}).encode() + b"\n"


def from_line(line: bytes) -> Presence:
    """The reverse of :func:`to_line`. Raises ValueError for anything else."""
    told = json.loads(line)
    try:
        agents = {
            name: AgentPresence(AgentState(state), reason, datetime.fromisoformat(at) if at else None)
            for name, (state, reason, at) in told["agents"].items()
        }
        return Presence(bool(told["is_known"]), agents)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a line of presence") from error
