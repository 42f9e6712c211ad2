"""What an agent is doing: one pure function of what his phone does, of his memberships, and of what is noted of him.

Everything that shows an agent's state shows this one. A switch knows a paused member and a reason, no more: whether
that is a pause, a withdrawal or a wrap-up, and until when, is noted by whoever paused him (`Noted`). Without a note the
reason itself decides.

    not a member of any queue           -> logged out
    talks to a caller, or is called,
    or took somebody else's call        -> inbound call
    has called himself                  -> outbound call
    is rung                             -> ringing
    phone cannot be reached             -> unreachable
    paused in all queues                -> pause, withdrawn or wrap-up
    kept out by app_queue after a call  -> wrap-up
    otherwise                           -> ready
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

from ami.models import AgentState, DeviceState

WRAP_UP = "wrapup"
"""The reason of a pause that is a wrap-up."""

IN_CALL = frozenset({AgentState.INBOUND_CALL, AgentState.OUTBOUND_CALL})
AWAY = frozenset({AgentState.PAUSE, AgentState.WITHDRAWN, AgentState.WRAP_UP})
"""The states of somebody who is paused on the switch and does nothing else."""

_RINGING = frozenset({DeviceState.RINGING, DeviceState.RING_IN_USE})
_BUSY = frozenset({DeviceState.IN_USE, DeviceState.BUSY, DeviceState.ON_HOLD})
_GONE = frozenset({DeviceState.UNAVAILABLE, DeviceState.INVALID})


@dataclass(frozen=True, slots=True)
class Noted:
    """What is noted of an agent and no switch tells.

    `pause` is the reason with which he should be paused ("": he should not be), `means` the state that this is, since
    and, for a wrap-up, until when. `next_reason`: the pause that follows what he is in. `free_since`: since when he
    may take calls, calls left aside.
    """

    pause: str = ""
    means: AgentState = AgentState.PAUSE
    since: datetime | None = None
    until: datetime | None = None
    next_reason: str = ""
    free_since: datetime | None = None
    earlier: Noted | None = None
    """What was noted before, for as long as the switch has not taken over the change."""

    def of(self, pause: str) -> Noted:
        """What is to be known of a pause with this reason."""
        if pause != self.pause and self.earlier is not None and pause == self.earlier.pause:
            return replace(self.earlier, next_reason=self.next_reason, free_since=self.free_since)
        return self


NOTHING_NOTED = Noted()


class Phone(Enum):
    """What the channels of an agent's phone say."""

    QUIET = auto()
    RUNG = auto()
    CALLED = auto()
    """He answered, is with a caller, or took a call that was somebody else's: a pick-up, a parked call."""
    CALLS = auto()


def state_of(
    *,
    is_member: bool,
    phone: Phone,
    device: DeviceState,
    pause: str | None,
    is_guarded: bool,
    before: AgentState | None,
    noted: Noted,
) -> AgentState:
    """`pause`: the reason with which he is paused in all his queues, None if he is not. `is_guarded`: app_queue keeps
    him out after a call. `before`: his last known state."""
    if not is_member:
        return AgentState.LOGGED_OUT
    if phone is Phone.CALLED:
        return AgentState.INBOUND_CALL
    if phone is Phone.CALLS:
        return AgentState.OUTBOUND_CALL
    if phone is Phone.RUNG or device in _RINGING:
        return AgentState.RINGING
    if device in _BUSY:
        # His channel is gone and his device not free yet, or he is busy with something that is no channel of his.
        return before if before is not None and before in IN_CALL else AgentState.OUTBOUND_CALL
    if device in _GONE:
        return AgentState.UNREACHABLE
    if pause is not None:
        return meaning_of(pause, noted)
    return AgentState.WRAP_UP if is_guarded else AgentState.READY


def reason_in(state: AgentState, pause: str) -> str:
    """The reason of a pause as far as it belongs to the state: one of somebody who is paused in some of his queues
    alone, or whose pause is to follow the call that he is in, does not."""
    return pause if state in AWAY else ""


def meaning_of(pause: str, noted: Noted) -> AgentState:
    """What a pause with this reason is."""
    if noted.pause and pause == noted.pause:
        return noted.means
    return AgentState.WRAP_UP if pause == WRAP_UP else AgentState.PAUSE
