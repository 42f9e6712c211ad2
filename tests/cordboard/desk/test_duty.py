"""What becomes of a log-in: by rules one by one, and by whatever happens in any order, with restarts in between."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ami.models import AgentState, DeviceState
from ami.states import NOTHING_NOTED, WRAP_UP, Noted, Phone, state_of
from cordboard.desk import duty
from cordboard.desk.memberships import Seat, desired_members, differences, queue_names
from cordboard.store.records import AgentLogin
from cordboard.store.values import Company
from kit.floor import ACME

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FREE = AgentLogin(company="acme", person="amel", node="pbx1", endpoint="amel", since=NOON, free_since=NOON)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_a_wrap_up_begins_with_the_end_of_a_queues_call_and_ends_in_time() -> None:
    talking = duty.taken(FREE, "billing", after(1))
    wrapping = duty.ended(talking, after(60), 30)
    assert (wrapping.wrap_up_queue, wrapping.wrap_up_since, wrapping.wrap_up_until) == ("billing", after(60), after(90))
    assert duty.wrapped_up(wrapping, after(89)) is wrapping
    free = duty.wrapped_up(wrapping, after(200))
    assert free == replace(FREE, free_since=after(90))


@pytest.mark.parametrize(
    ("before", "seconds"),
    [
        (FREE, 30),  # no queue gave him this call
        (duty.taken(FREE, "billing", after(1)), 0),
        (duty.paused(duty.taken(FREE, "billing", after(1)), "lunch", after(2), "amel"), 30),
    ],
)
def test_no_wrap_up_follows(before: AgentLogin, seconds: int) -> None:
    found = duty.ended(before, after(60), seconds)
    assert (found.wrap_up_until, found.serving, found.is_paused) == (None, "", before.is_paused)


def test_a_call_by_hand_in_a_wrap_up_leaves_it_as_it_is() -> None:
    wrapping = duty.ended(duty.taken(FREE, "billing", after(1)), after(60), 30)
    assert duty.ended(wrapping, after(70), 0) == wrapping


def test_a_pause_to_come_begins_when_the_wrap_up_ends_however_late_that_is_seen() -> None:
    talking = duty.paused_next(duty.taken(FREE, "billing", after(1)), "lunch", "amel")
    assert duty.pause_on_switch(talking) == "lunch"
    wrapping = duty.ended(talking, after(60), 30)
    assert duty.pause_on_switch(wrapping) == WRAP_UP
    paused = duty.wrapped_up(wrapping, after(5000))
    assert (paused.pause_reason, paused.paused_since, paused.paused_by) == ("lunch", after(90), "amel")


def test_missed_offers_in_a_row_are_counted_and_an_answered_call_ends_the_row() -> None:
    one = duty.missed(FREE, after(1), 2)
    assert (one.is_paused, one.missed) == (False, 1)
    assert not duty.missed(duty.taken(one, "billing", after(2)), after(3), 2).is_paused
    two = duty.missed(one, after(2), 2)
    assert (two.is_paused, two.pause_reason, two.paused_since, two.paused_by) == (True, "missed", after(2), "switch")
    assert duty.missed(two, after(9), 2) is two
    assert duty.missed(replace(FREE, missed=99), after(1), 0).is_paused is False


@dataclass
class Switch:
    """What a switch has of the agent, of its own will nothing else: members, calls, and whom it would ring."""

    pause: str | None = None
    """None: he is no member."""
    call: str = ""
    """`queue`, `hand`, or `ringing`."""
    facts: list[str] = field(default_factory=list)


class Desk(RuleBasedStateMachine):
    """Commands, calls, missed offers, time and restarts in any order, against a switch that does what it is told.

    `row` is the database; `told` is what the switch was told before it died or the link was cut."""

    @initialize(limit=st.integers(0, 3), wrap_up=st.sampled_from([0, 5, 30]))
    def opens(self, limit: int, wrap_up: int) -> None:
        self.now = NOON
        self.limit, self.wrap_up = limit, wrap_up
        self.row: AgentLogin | None = None
        self.switch = Switch()
        self.is_followed = True
        self.ended_at: datetime | None = None  # a call that ended while nobody looked
        self.was_asked = ""  # the pause that he asked for, and that nothing has ended since

    # --- what he asks for

    @rule()
    def logs_in(self) -> None:
        if self.row is None:
            self._becomes(replace(FREE, since=self.now, free_since=self.now))
            self.was_asked = ""

    @precondition(lambda self: self.row is not None)
    @rule()
    def logs_out(self) -> None:
        self._becomes(None)

    @precondition(lambda self: self.row is not None)
    @rule(reason=st.sampled_from(["lunch", "break", "training"]), is_later=st.booleans())
    def pauses(self, reason: str, is_later: bool) -> None:
        assert self.row
        is_busy = bool(self.switch.call) or bool(self.row.serving) or self.row.wrap_up_until is not None
        if is_later and is_busy and not self.row.is_paused:
            self._becomes(duty.paused_next(self.row, reason, "amel"))
        else:
            self._becomes(duty.paused(self.row, reason, self.now, "amel"))
        self.was_asked = reason

    @precondition(lambda self: self.row is not None)
    @rule()
    def is_ready(self) -> None:
        assert self.row
        self._becomes(duty.ready(self.row, self.now))
        self.was_asked = ""

    @precondition(lambda self: self.row is not None and self.row.wrap_up_until is not None)
    @rule(seconds=st.integers(1, 60))
    def extends(self, seconds: int) -> None:
        assert self.row
        self._becomes(duty.extended(self.row, timedelta(seconds=seconds)))

    # --- what happens to him

    @precondition(lambda self: self._may_be_offered())
    @rule()
    def is_offered_a_call(self) -> None:
        assert not self._asked_now(), "a call was offered to somebody who had asked for a pause"
        self.switch.call = "ringing"

    @precondition(lambda self: self.switch.call == "ringing")
    @rule()
    def answers(self) -> None:
        self.switch.call = "queue"
        if self.row and self.is_followed:
            self._becomes(duty.taken(self.row, "billing", self.now))

    @precondition(lambda self: self.switch.call == "ringing")
    @rule()
    def misses(self) -> None:
        self.switch.call = ""
        if self.limit == 1 and self.switch.pause == "":
            self.switch.pause = "Auto-Pause"
        if self.row and self.is_followed:
            self._becomes(duty.missed(self.row, self.now, self.limit))

    @precondition(lambda self: self.switch.call == "" and self.switch.pause is not None)
    @rule()
    def calls_by_hand(self) -> None:
        self.switch.call = "hand"

    @precondition(lambda self: self.switch.call in ("queue", "hand"))
    @rule()
    def hangs_up(self) -> None:
        self.switch.call = ""
        if self.row and self.is_followed:
            self._becomes(duty.ended(self.row, self.now, self.wrap_up))
        else:
            self.ended_at = self.now

    @rule(seconds=st.integers(1, 40))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        if self.row and self.is_followed:
            self._becomes(duty.wrapped_up(self.row, self.now))

    # --- what dies

    @precondition(lambda self: self.is_followed)
    @rule()
    def cordboard_dies(self) -> None:
        self.is_followed = False

    @precondition(lambda self: not self.is_followed)
    @rule()
    def cordboard_starts(self) -> None:
        self.is_followed = True
        if self.row:
            row = self.row
            if row.serving and self.switch.call != "queue":
                row = duty.ended(row, self.ended_at or self.now, self.wrap_up)
            if row.next_reason and not self.switch.call and row.wrap_up_until is None:
                row = duty.ended(row, self.now, 0)
            if self.switch.pause == "Auto-Pause" and not row.is_paused:
                row = duty.paused(row, "missed", self.now, "switch")
            self.row = duty.wrapped_up(row, self.now)
        self.ended_at = None
        self._restores()

    @rule()
    def asterisk_dies_and_starts(self) -> None:
        self.switch = Switch()
        if self.row and self.is_followed:
            if self.row.serving or self.row.next_reason:
                self.row = duty.ended(self.row, self.now, self.wrap_up if self.row.serving else 0)
            self.row = duty.wrapped_up(self.row, self.now)
            self._restores()

    # --- how the switch is told

    def _becomes(self, row: AgentLogin | None) -> None:
        """As the desk does: the row first, then the switch. Without the daemon the command line does the same."""
        self.row = row
        self.switch.pause = duty.pause_on_switch(row) if row else None

    def _restores(self) -> None:
        """By the same comparison as on a real switch."""
        logins = [self.row] if self.row else []
        company: Company = ACME
        wanted, ours = desired_members([company], logins), queue_names([company])
        asked = differences(wanted, [], ours, ours)
        assert {action.queue for action in asked if hasattr(action, "queue")} == {seat.queue for seat in wanted}
        place = wanted.get(Seat("acme-billing", "PJSIP/acme-amel"))
        self.switch.pause = place.pause_reason if place else None

    def _may_be_offered(self) -> bool:
        return self.switch.pause == "" and self.switch.call == ""

    def _asked_now(self) -> bool:
        return bool(self.was_asked)

    def _noted(self) -> Noted:
        return duty.noted_of(ACME, self.row) if self.row else NOTHING_NOTED

    def _state(self) -> AgentState:
        phone = {"": Phone.QUIET, "ringing": Phone.RUNG, "queue": Phone.CALLED, "hand": Phone.CALLS}[self.switch.call]
        return state_of(
            is_member=self.switch.pause is not None,
            phone=phone,
            device=DeviceState.NOT_IN_USE,
            pause=self.switch.pause or None,
            is_guarded=False,
            before=None,
            noted=self._noted(),
        )

    # --- what always holds

    @invariant()
    def who_asked_for_a_pause_is_offered_no_call(self) -> None:
        if getattr(self, "was_asked", "") and self.row:
            assert not self._may_be_offered()
            assert self.row.is_paused or self.row.next_reason

    @invariant()
    def nobody_is_stuck(self) -> None:
        """With Cordboard there, who is kept from calls is so for a reason that somebody can see and end."""
        if getattr(self, "row", None) is None or not self.is_followed or self.switch.pause is None:
            return
        row, state = self.row, self._state()
        assert row
        if self.switch.call:
            assert state not in (AgentState.READY, AgentState.PAUSE, AgentState.WRAP_UP, AgentState.WITHDRAWN)
        elif state is AgentState.WRAP_UP:
            assert row.wrap_up_until is not None
            assert row.wrap_up_until > self.now
        elif state in (AgentState.PAUSE, AgentState.WITHDRAWN):
            assert row.is_paused
            assert row.pause_reason == self.switch.pause
            assert row.paused_since is not None
            assert row.paused_since <= self.now
        else:
            assert state is AgentState.READY
            assert row.wrap_up_until is None
            assert not row.next_reason

    @invariant()
    def ready_ends_everything(self) -> None:
        row = getattr(self, "row", None)
        if row is not None:
            assert duty.pause_on_switch(duty.ready(row, self.now)) == ""


TestDesk = Desk.TestCase
