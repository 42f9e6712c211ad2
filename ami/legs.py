"""Channels and bridges of one switch, and which of them are over."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime

from ami.fields import Leg, endpoint_of
from ami.models import Bridge, Channel, ChannelState

REMEMBERED_HANGUPS = 20_000
WAITING_ROOM = "holding_bridge"  # parked callers and music: nobody there talks to anybody

CALLED = frozenset({"AppDial", "AppDial2", "AppQueue"})  # the application of a leg that was dialled

_CALLING = frozenset({ChannelState.RING, ChannelState.DIALING, ChannelState.OFF_HOOK, ChannelState.DIALING_OFF_HOOK})


class Touched:
    """The keys of what changed since it was told last, each kind in order: uniqueids of channels and calls, names of
    queues, interfaces of agents."""

    __slots__ = ("agents", "calls", "channels", "queues")

    def __init__(self) -> None:
        self.agents: dict[str, None] = {}
        self.calls: dict[str, None] = {}
        self.channels: dict[str, None] = {}
        self.queues: dict[str, None] = {}

    def clear(self) -> None:
        for keys in (self.agents, self.calls, self.channels, self.queues):
            keys.clear()


class LiveChannel:
    """A channel, and what only its history tells: since when it is, whether it dials or was dialled.

    `interface` is that of the queue member whose phone it is, or who is called by it, "" for what is neither. `took`:
    somebody else's call was taken with it. `asked_for`: it rang for a call that its owner wanted to make. `released`:
    its owner gave his call away, and it is about to end.
    """

    __slots__ = (
        "application", "asked_for", "bridge", "created", "dials", "endpoint", "held", "interface", "leg", "released",
        "took", "value",
    )  # fmt: skip

    def __init__(self, leg: Leg, created: datetime, *, dials: bool) -> None:
        self.created = created
        self.dials = dials
        self.application = ""
        self.bridge: str | None = None
        self.held = self.took = self.asked_for = self.released = False
        self.value: Channel | None = None
        self.name(leg)

    def name(self, leg: Leg) -> None:
        self.leg = leg
        self.endpoint = endpoint_of(leg.name)
        self.interface = f"PJSIP/{self.endpoint}" if self.endpoint else ""


class LiveBridge:
    """Channels in the order in which they came."""

    __slots__ = ("channels", "creator", "id", "kind", "name", "technology")

    def __init__(self, bridge: str, kind: str, technology: str, creator: str, name: str) -> None:
        self.id = bridge
        self.kind = kind
        self.technology = technology
        self.creator = creator
        self.name = name
        self.channels: dict[str, None] = {}

    @property
    def is_conference(self) -> bool:
        return self.creator == "ConfBridge"


class Legs:
    """All channels and bridges. A channel that hung up never returns: Asterisk gives no uniqueid twice.

    The channels of the barrier's probe are left out: they are our own measuring.
    """

    def __init__(self, node: str, touched: Touched, probe_context: str) -> None:
        self.channels: dict[str, LiveChannel] = {}
        self.bridges: dict[str, LiveBridge] = {}
        self._node = node
        self._touched = touched
        self._probe = f"Local/s@{probe_context}-"
        self._by_endpoint: dict[str, dict[str, LiveChannel]] = {}
        self._hung_up: dict[str, None] = {}
        self._hung_up_order: deque[str] = deque()

    # Channels

    def see(self, leg: Leg, at: datetime, *, dials: bool | None = None) -> LiveChannel | None:
        """The channel as it now is, known before or not; None for one that is over or is a probe."""
        channel = self.channels.get(leg.uniqueid)
        if channel is None:
            if leg.uniqueid in self._hung_up or leg.name.startswith(self._probe):
                return None
            channel = LiveChannel(leg, at, dials=leg.state in _CALLING if dials is None else dials)
            self.channels[leg.uniqueid] = channel
            self._file(channel)
        elif channel.leg == leg:
            return channel
        elif channel.leg.name != leg.name:
            self._unfile(channel)
            channel.name(leg)
            self._file(channel)
        else:
            before, channel.leg = channel.leg, leg
            if (before.state, before.linkedid) == (leg.state, leg.linkedid):
                self.touch_alone(channel)
                return channel
        self.touch(channel)
        return channel

    def knows(self, leg: Leg) -> bool:
        """Whether this channel is there, or over, or a probe of ours."""
        return leg.uniqueid in self.channels or leg.uniqueid in self._hung_up or leg.name.startswith(self._probe)

    def rename(self, uniqueid: str, name: str, at: datetime) -> None:
        channel = self.channels.get(uniqueid)
        if channel is not None:
            self.see(channel.leg._replace(name=name), at)

    def touch_alone(self, channel: LiveChannel) -> None:
        """Say that a channel changed, in what an agent's state does not follow from."""
        channel.value = None
        self._touched.channels[channel.leg.uniqueid] = None

    def touch(self, channel: LiveChannel) -> None:
        """Say that a channel changed, and with it the agent whose phone it is."""
        self.touch_alone(channel)
        if channel.interface:
            self._touched.agents[channel.interface] = None

    def explain(self, channel: LiveChannel, *, took: bool, asked_for: bool) -> None:
        """Say why somebody is on the phone, where the leg itself does not show it."""
        if (channel.took, channel.asked_for) != (took, asked_for):
            channel.took, channel.asked_for = took, asked_for
            self.touch(channel)

    def release(self, uniqueid: str) -> None:
        """Its owner transferred his call: he is with nobody any more, though his legs end one after the other."""
        channel = self.channels.get(uniqueid)
        if channel is not None and not channel.released:
            channel.released = True
            self.touch(channel)

    def claim(self, channel: LiveChannel, interface: str) -> None:
        """Say whose leg this is, where its name does not: the Local channel by which a queue calls a member."""
        if not channel.interface:
            channel.interface = interface
            self._file(channel)
            self.touch(channel)

    def of(self, interface: str) -> Iterable[LiveChannel]:
        """The channels of an agent's phone."""
        return self._by_endpoint.get(interface, _NONE).values()

    def drop(self, uniqueid: str) -> None:
        """Forget a channel that hung up, once it has left its bridge."""
        channel = self.channels.pop(uniqueid, None)
        if channel is not None:
            self._unfile(channel)
            self.touch(channel)

    def _file(self, channel: LiveChannel) -> None:
        if channel.interface:
            self._by_endpoint.setdefault(channel.interface, {})[channel.leg.uniqueid] = channel

    def _unfile(self, channel: LiveChannel) -> None:
        legs = self._by_endpoint.get(channel.interface)
        if legs is not None:
            self._touched.agents[channel.interface] = None
            legs.pop(channel.leg.uniqueid, None)
            if not legs:
                del self._by_endpoint[channel.interface]

    # The dead

    def has_hung_up(self, uniqueid: str) -> bool:
        return uniqueid in self._hung_up

    @property
    def hang_ups(self) -> tuple[str, ...]:
        """The uniqueids that are remembered as over, oldest first."""
        return tuple(self._hung_up_order)

    def bury(self, uniqueid: str) -> None:
        """Remember that this channel is over; the oldest memories are let go."""
        if uniqueid not in self._hung_up:
            self._hung_up[uniqueid] = None
            self._hung_up_order.append(uniqueid)
            if len(self._hung_up_order) > REMEMBERED_HANGUPS:
                del self._hung_up[self._hung_up_order.popleft()]

    # Bridges

    def see_bridge(
        self, bridge: str, kind: str = "", technology: str = "", creator: str = "", name: str = ""
    ) -> LiveBridge:
        known = self.bridges.get(bridge)
        if known is None:
            known = self.bridges[bridge] = LiveBridge(bridge, kind, technology, creator, name)
        elif technology:
            known.kind, known.technology = kind, technology
            known.creator, known.name = creator or known.creator, name or known.name
        return known

    def bridge_of(self, channel: LiveChannel) -> LiveBridge | None:
        return self.bridges.get(channel.bridge) if channel.bridge is not None else None

    def enter(self, channel: LiveChannel, bridge: LiveBridge) -> None:
        """Put a channel into a bridge, out of the one where it was."""
        self.leave(channel)
        channel.bridge = bridge.id
        bridge.channels[channel.leg.uniqueid] = None
        if channel.released:
            channel.released = False
            self.touch(channel)
        self.touch_alone(channel)

    def leave(self, channel: LiveChannel) -> LiveBridge | None:
        """Take a channel out of its bridge; gives that bridge, if there was one."""
        bridge = self.bridge_of(channel)
        if channel.bridge is not None:
            channel.bridge = None
            self.touch_alone(channel)
        if bridge is not None:
            bridge.channels.pop(channel.leg.uniqueid, None)
        return bridge

    # Values

    def value(self, channel: LiveChannel) -> Channel:
        """The frozen value; the same object while nothing changes."""
        if channel.value is None:
            leg = channel.leg
            channel.value = Channel(
                node=self._node,
                uniqueid=leg.uniqueid,
                linkedid=leg.linkedid,
                name=leg.name,
                endpoint=channel.endpoint,
                state=leg.state,
                caller_number=leg.caller_number,
                caller_name=leg.caller_name,
                connected_number=leg.connected_number,
                context=leg.context,
                exten=leg.exten,
                application=channel.application,
                account=leg.account,
                bridge=channel.bridge,
                held=channel.held,
                created=channel.created,
            )
        return channel.value

    def bridge_values(self) -> tuple[Bridge, ...]:
        return tuple(
            Bridge(self._node, bridge.id, bridge.kind, bridge.technology, tuple(bridge.channels))
            for bridge in self.bridges.values()
        )


_NONE: dict[str, LiveChannel] = {}
