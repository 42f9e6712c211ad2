"""Signs that events were lost or came out of order: what an event says against what is known.

The manager wire numbers nothing, so that a gap shows only where an event presupposes another: a channel that nobody
announced, a queue or a bridge whose count is not ours. One sign proves nothing (a late event may still come); it is a
reason to compare soon. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ami import events as told
from ami.events import Event
from ami.fields import Leg

if TYPE_CHECKING:
    from ami.fold import Fold

Check = Callable[[Any, "Fold"], bool]
"""Whether an event, which the fold has not taken yet, does not fit what the fold knows."""


def _is_unheard_of(leg: Leg, fold: Fold) -> bool:
    return not fold.legs.knows(leg)


def _channel_unheard_of(event: Any, fold: Fold) -> bool:
    return _is_unheard_of(event.leg, fold)


def _channel_changed(event: told.ChannelSeen, fold: Fold) -> bool:
    return not event.is_new and _is_unheard_of(event.leg, fold)


def _dial_ended(event: told.DialEnded, fold: Fold) -> bool:
    return _is_unheard_of(event.dest, fold)


def _bridge_destroyed(event: told.BridgeDestroyed, fold: Fold) -> bool:
    bridge = fold.legs.bridges.get(event.bridge)
    return bridge is not None and bool(bridge.channels)


def _caller_joined(event: told.CallerJoined, fold: Fold) -> bool:
    return _is_unheard_of(event.leg, fold) or _counts_otherwise(event, fold, 1)


def _caller_left(event: told.CallerLeft, fold: Fold) -> bool:
    return _is_unheard_of(event.leg, fold) or _counts_otherwise(event, fold, -1)


def _counts_otherwise(event: told.CallerJoined | told.CallerLeft, fold: Fold, step: int) -> bool:
    """Whether the line will have another length than app_queue says. An event that was told before tells nothing."""
    queue = fold.staff.queues.get(event.queue)
    line = queue.line if queue is not None else []
    is_in_line = any(place.uniqueid == event.leg.uniqueid for place in line)
    if fold.legs.has_hung_up(event.leg.uniqueid) or is_in_line is (step > 0):
        return False
    return len(line) + step != event.count


CHECKS: dict[type[Event], Check] = {
    told.ChannelSeen: _channel_changed,
    told.ChannelHungUp: _channel_unheard_of,
    told.Held: _channel_unheard_of,
    told.Resumed: _channel_unheard_of,
    told.DialEnded: _dial_ended,
    told.BridgeEntered: _channel_unheard_of,
    told.BridgeLeft: _channel_unheard_of,
    told.BridgeDestroyed: _bridge_destroyed,
    told.CallerJoined: _caller_joined,
    told.CallerLeft: _caller_left,
}
