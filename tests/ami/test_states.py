"""What an agent is doing, from all that can be known of him at one moment."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami.models import AgentState, DeviceState
from ami.states import AWAY, IN_CALL, NOTHING_NOTED, Noted, Phone, reason_in, state_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LUNCH = Noted("lunch", AgentState.PAUSE, NOON)
TRAINING = Noted("training", AgentState.WITHDRAWN, NOON)
WRAPPING_UP = Noted("wrapup", AgentState.WRAP_UP, NOON, NOON)


def state(
    *,
    is_member: bool = True,
    phone: Phone = Phone.QUIET,
    device: DeviceState = DeviceState.NOT_IN_USE,
    pause: str | None = None,
    is_guarded: bool = False,
    before: AgentState | None = None,
    noted: Noted = NOTHING_NOTED,
) -> AgentState:
    return state_of(
        is_member=is_member,
        phone=phone,
        device=device,
        pause=pause,
        is_guarded=is_guarded,
        before=before,
        noted=noted,
    )


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (state(), AgentState.READY),
        (state(is_member=False), AgentState.LOGGED_OUT),
        (state(phone=Phone.CALLED), AgentState.INBOUND_CALL),
        (state(phone=Phone.CALLS), AgentState.OUTBOUND_CALL),
        (state(phone=Phone.RUNG), AgentState.RINGING),
        (state(device=DeviceState.RINGING), AgentState.RINGING),
        (state(device=DeviceState.UNAVAILABLE), AgentState.UNREACHABLE),
        (state(device=DeviceState.IN_USE), AgentState.OUTBOUND_CALL),
        (state(device=DeviceState.IN_USE, before=AgentState.INBOUND_CALL), AgentState.INBOUND_CALL),
        (state(is_guarded=True), AgentState.WRAP_UP),
        # A pause is what is noted of it; without a note, and for another reason than the noted one, it is a pause.
        (state(pause="lunch", noted=LUNCH), AgentState.PAUSE),
        (state(pause="training", noted=TRAINING), AgentState.WITHDRAWN),
        (state(pause="wrapup", noted=WRAPPING_UP), AgentState.WRAP_UP),
        (state(pause="training"), AgentState.PAUSE),
        (state(pause=""), AgentState.PAUSE),
        (state(pause="lunch", noted=TRAINING), AgentState.PAUSE),
        (state(pause="wrapup"), AgentState.WRAP_UP),
        # What is noted and not so on the switch yet is not shown.
        (state(noted=LUNCH), AgentState.READY),
        # Who is in a call is in a call, paused or not; who cannot be reached is out of it whatever he asked for.
        (state(phone=Phone.CALLED, pause="lunch", noted=LUNCH), AgentState.INBOUND_CALL),
        (state(device=DeviceState.UNAVAILABLE, pause="lunch", noted=LUNCH), AgentState.UNREACHABLE),
    ],
)
def test_a_state_follows_from_what_is_seen_and_noted(seen: AgentState, expected: AgentState) -> None:
    assert seen is expected


@given(
    is_member=st.booleans(),
    phone=st.sampled_from(Phone),
    device=st.sampled_from(DeviceState),
    pause=st.sampled_from([None, "", "lunch", "training", "wrapup", "Auto-Pause"]),
    is_guarded=st.booleans(),
    before=st.none() | st.sampled_from(AgentState),
    noted=st.sampled_from([NOTHING_NOTED, LUNCH, TRAINING, WRAPPING_UP]),
)
def test_ready_is_who_may_be_offered_a_call(
    is_member: bool,
    phone: Phone,
    device: DeviceState,
    pause: str | None,
    is_guarded: bool,
    before: AgentState | None,
    noted: Noted,
) -> None:
    found = state(
        is_member=is_member, phone=phone, device=device, pause=pause, is_guarded=is_guarded, before=before, noted=noted
    )
    free = {DeviceState.NOT_IN_USE, DeviceState.UNKNOWN}
    may_be_offered = is_member and phone is Phone.QUIET and device in free and pause is None and not is_guarded
    assert (found is AgentState.READY) == may_be_offered
    assert (found is AgentState.LOGGED_OUT) == (not is_member)
    if found in AWAY:
        assert pause is not None or is_guarded
    if found in IN_CALL:
        assert phone in (Phone.CALLED, Phone.CALLS) or device not in free


@pytest.mark.parametrize("state_now", AgentState)
def test_the_reason_of_a_pause_stands_beside_a_pause_alone(state_now: AgentState) -> None:
    """One whom app_queue paused in one of his queues is ready in the others; who pauses after his call is in that."""
    is_paused = state_now in (AgentState.PAUSE, AgentState.WITHDRAWN, AgentState.WRAP_UP)
    assert reason_in(state_now, "Auto-Pause") == ("Auto-Pause" if is_paused else "")
