"""A telephone switch of a page: the second opinion on what the live state should show.

It has callers, two queues, agents and talks of two, says of each step what Asterisk says of it, and lists itself as
Asterisk does. Nothing of it is shared with the fold: plain dictionaries, one step one method.

    switch = SmallSwitch()
    caller = switch.arrives()
    switch.joins(caller, "acme-sales")
    switch.said()                    # bytes of the manager wire since the last time
    switch.listing(at)               # what a relist would be told
    switch.shown() == shown(live.snapshot())
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ami.fields import Leg, MemberFacts
from ami.models import ChannelState, DeviceState, Snapshot, Stage
from ami.relist import Listing
from ami.rows import BridgeRow, ChannelRow, MemberRow, QueueRow, WaitingRow

QUEUES = ("acme-sales", "acme-billing")
AGENTS = ("amel", "bob", "chloe")
Headers = dict[str, str]
View = dict[str, Any]


@dataclass
class Talk:
    agent: str
    leg: str
    bridge: str
    queue: str


class SmallSwitch:
    """Callers by their uniqueid: `menus`, in one of the `lines`, or in one of the `talks`."""

    def __init__(self) -> None:
        self.menus: list[str] = []
        self.lines: dict[str, list[str]] = {queue: [] for queue in QUEUES}
        self.talks: dict[str, Talk] = {}
        self.members: dict[tuple[str, str], str | None] = {}
        """(queue, agent) -> the reason of the pause, None if ready."""
        self.ended: set[str] = set()
        self._count = 0
        self._said: list[Headers] = []

    # What it says

    def said(self) -> list[bytes]:
        """The messages of what happened since the last time, without their empty lines."""
        messages = ["\r\n".join(f"{key}: {value}" for key, value in each.items()).encode() for each in self._said]
        self._said.clear()
        return messages

    def _tell(self, name: str, *parts: Headers, **more: str) -> None:
        headers = {"Event": name}
        for part in parts:
            headers |= part
        self._said.append(headers | more)

    def _leg(self, uniqueid: str, prefix: str = "") -> Headers:
        leg = self._leg_of(uniqueid)
        values = {
            "Channel": leg.name,
            "ChannelState": "6",
            "CallerIDNum": leg.caller_number,
            "AccountCode": leg.account,
            "Context": leg.context,
            "Exten": leg.exten,
            "Uniqueid": leg.uniqueid,
            "Linkedid": leg.linkedid,
        }
        return {f"{prefix}{name}": value for name, value in values.items()}

    def _leg_of(self, uniqueid: str) -> Leg:
        caller, _, agent = uniqueid.partition("/")
        number = caller.rpartition(".")[2]
        name = f"PJSIP/acme-{agent}-0000{number}" if agent else f"PJSIP/carrier-0000{number}"
        context, account = ("cordboard-phones-acme", "") if agent else ("cordboard-in", "acme-main")
        return Leg(uniqueid, caller, name, ChannelState.UP, f"+336{number}", "", "", account, context, "s")

    def _member(self, queue: str, agent: str) -> Headers:
        reason = self.members.get((queue, agent))
        return {
            "Queue": queue,
            "MemberName": f"acme-{agent}",
            "Interface": f"PJSIP/acme-{agent}",
            "Status": "2" if self.is_talking(agent) else "1",
            "Paused": "0" if reason is None else "1",
            "PausedReason": reason or "",
            "Penalty": "0",
        }

    def is_talking(self, agent: str) -> bool:
        return any(talk.agent == agent for talk in self.talks.values())

    # Callers

    def arrives(self) -> str:
        self._count += 1
        caller = f"pbx1-1.{self._count}"
        self.menus.append(caller)
        self._tell("Newchannel", self._leg(caller))
        told = {"UserEvent": "CordboardEntered", "Did": "main", "Company": "acme", "Generation": "1"}
        self._tell("UserEvent", self._leg(caller), told)
        return caller

    def joins(self, caller: str, queue: str) -> None:
        self.menus.remove(caller)
        line = self.lines[queue]
        line.append(caller)
        count = str(len(line))
        self._tell("QueueCallerJoin", self._leg(caller), Queue=queue, Position=count, Count=count)

    def _leaves_line(self, caller: str, queue: str) -> None:
        line = self.lines[queue]
        position = line.index(caller) + 1
        line.remove(caller)
        self._tell("QueueCallerLeave", self._leg(caller), Queue=queue, Position=str(position), Count=str(len(line)))

    def is_answered(self, caller: str, queue: str, agent: str) -> None:
        leg = f"{caller}/{agent}"
        bridge = f"b-{caller}"
        offer = {"Queue": queue, "Interface": f"PJSIP/acme-{agent}", "MemberName": f"acme-{agent}"}
        self._tell("Newchannel", self._leg(leg))
        self._tell("AgentCalled", self._leg(caller), self._leg(leg, "Dest"), offer)
        self._leaves_line(caller, queue)
        self.talks[caller] = Talk(agent, leg, bridge, queue)
        self._tell("AgentConnect", self._leg(caller), self._leg(leg, "Dest"), offer, HoldTime="1", RingTime="1")
        named = {"BridgeUniqueid": bridge, "BridgeType": "basic", "BridgeTechnology": "simple_bridge"}
        self._tell("BridgeCreate", named)
        self._tell("BridgeEnter", self._leg(leg), named)
        self._tell("BridgeEnter", self._leg(caller), named)
        self._tell_of(agent)

    def _tell_of(self, agent: str) -> None:
        for queue, name in self.members:
            if name == agent:
                self._tell("QueueMemberStatus", self._member(queue, agent))

    def holds(self, caller: str, name: str) -> None:
        """`name`: Hold or Unhold, by the agent."""
        self._tell(name, self._leg(self.talks[caller].leg))

    def hangs_up(self, caller: str) -> None:
        """The caller, wherever he is."""
        if (talk := self.talks.pop(caller, None)) is not None:
            named = {"BridgeUniqueid": talk.bridge, "BridgeType": "basic", "BridgeTechnology": "simple_bridge"}
            offer = {"Queue": talk.queue, "Interface": f"PJSIP/acme-{talk.agent}", "MemberName": f"acme-{talk.agent}"}
            for leg in (caller, talk.leg):
                self._tell("BridgeLeave", self._leg(leg), named)
            self._tell("BridgeDestroy", named)
            self._tell("AgentComplete", self._leg(caller), offer, HoldTime="1", TalkTime="1", Reason="caller")
            self._tell("Hangup", self._leg(talk.leg), Cause="16")
            self._tell_of(talk.agent)
        for queue, line in self.lines.items():
            if caller in line:
                place = str(line.index(caller) + 1)
                gave_up = {"Queue": queue, "Position": place, "OriginalPosition": place, "HoldTime": "1"}
                self._tell("QueueCallerAbandon", self._leg(caller), gave_up)
                self._leaves_line(caller, queue)
        if caller in self.menus:
            self.menus.remove(caller)
        self._tell("Hangup", self._leg(caller), Cause="16")
        self.ended.add(caller)

    # Agents

    def adds(self, queue: str, agent: str) -> None:
        self.members[queue, agent] = None
        self._tell("QueueMemberAdded", self._member(queue, agent))

    def removes(self, queue: str, agent: str) -> None:
        told = self._member(queue, agent)
        del self.members[queue, agent]
        self._tell("QueueMemberRemoved", told)

    def pauses(self, queue: str, agent: str, reason: str | None) -> None:
        self.members[queue, agent] = reason
        self._tell("QueueMemberPause", self._member(queue, agent))

    # What it lists

    def listing(self, at: datetime) -> Listing:
        channels = [ChannelRow(self._leg_of(caller), "Read", None, 5.0) for caller in self.menus]
        channels += [
            ChannelRow(self._leg_of(caller), "Queue", None, 5.0) for line in self.lines.values() for caller in line
        ]
        for caller, talk in self.talks.items():
            channels.append(ChannelRow(self._leg_of(caller), "Queue", talk.bridge, 5.0))
            channels.append(ChannelRow(self._leg_of(talk.leg), "AppQueue", talk.bridge, 5.0))
        queues: list[QueueRow | MemberRow | WaitingRow] = [QueueRow(queue, "leastrecent", 0, 0) for queue in QUEUES]
        for (queue, agent), reason in self.members.items():
            interface = f"PJSIP/acme-{agent}"
            status = DeviceState.IN_USE if self.is_talking(agent) else DeviceState.NOT_IN_USE
            facts = MemberFacts(
                queue, interface, f"acme-{agent}", interface, "dynamic", 0, reason is not None, reason or "", None,
                status, False, None, at, 0.0, 0, False,
            )  # fmt: skip
            queues.append(MemberRow(facts))
        for queue, line in self.lines.items():
            for place, caller in enumerate(line, 1):
                queues.append(WaitingRow(queue, caller, place, 0, 1.0, self._leg_of(caller).caller_number, ""))
        bridges = tuple(BridgeRow(talk.bridge, "basic", "simple_bridge", "") for talk in self.talks.values())
        return Listing(at, tuple(channels), bridges, tuple(queues), ())

    def shown(self) -> View:
        """What is to be seen of it."""
        talks = {caller: f"acme-{talk.agent}" for caller, talk in self.talks.items()}
        waiting = {caller for line in self.lines.values() for caller in line}
        return {
            "channels": {*self.menus, *waiting, *self.talks, *(talk.leg for talk in self.talks.values())},
            "bridges": {talk.bridge: {caller, talk.leg} for caller, talk in self.talks.items()},
            "lines": {queue: line for queue, line in self.lines.items() if line},
            "members": dict(self.members),
            "talks": talks,
            "calls": {*self.menus, *waiting, *self.talks},
        }


def shown(snapshot: Snapshot) -> View:
    """The same, of the live state."""
    calls = {call.id.uniqueid: call for call in snapshot.calls}
    return {
        "channels": {channel.uniqueid for channel in snapshot.channels},
        "bridges": {bridge.id: set(bridge.channels) for bridge in snapshot.bridges},
        "lines": {queue.name: [each.call for each in queue.waiting] for queue in snapshot.queues if queue.waiting},
        "members": {
            (queue.name, member.name.removeprefix("acme-")): member.pause_reason if member.paused else None
            for queue in snapshot.queues
            for member in queue.members
        },
        "talks": {
            uniqueid: call.agent for uniqueid, call in calls.items() if call.stage in (Stage.TALKING, Stage.HELD)
        },
        "calls": set(calls),
    }
