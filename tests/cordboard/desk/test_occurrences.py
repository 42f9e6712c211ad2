"""What happens to agents, told late: written at once or an hour afterwards, a log-in becomes the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami.models import Agent, AgentState
from cordboard.desk.duty import next_shown, reason_shown
from cordboard.desk.occurrences import Occurrence, What, Who, after
from cordboard.store.records import AgentLogin
from kit.floor import ACME

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
AMEL: Who = ("acme", "amel")
ROW = AgentLogin(company="acme", person="amel", node="pbx1", endpoint="amel", since=NOON, free_since=NOON)
COMPANY = replace(
    ACME, queues={name: replace(each, wrap_up=5, missed_before_pause=2) for name, each in ACME.queues.items()}
)
COMPANIES = {"acme": COMPANY}


@given(
    steps=st.lists(st.tuples(st.sampled_from(What), st.integers(0, 12)), max_size=12),
    cuts=st.sets(st.integers(0, 12)),
    is_to_pause=st.booleans(),
)
def test_it_does_not_matter_when_it_is_written(
    steps: list[tuple[What, int]], cuts: set[int], is_to_pause: bool
) -> None:
    at, happened = NOON, []
    for what, seconds in steps:
        at += timedelta(seconds=seconds)
        happened.append(Occurrence(what, AMEL, at, "acme-billing" if what is not What.ENDED else ""))
    row = replace(ROW, next_reason="lunch", next_by="amel") if is_to_pause else ROW
    later = at + timedelta(hours=1)
    at_once = {AMEL: row}
    part: list[Occurrence] = []
    for number, one in enumerate(happened):
        part.append(one)
        if number in cuts:
            at_once = after(at_once, COMPANIES, part, one.at)
            part = []
    assert after({AMEL: row}, COMPANIES, happened, later) == after(at_once, COMPANIES, part, later)


def test_what_concerns_nobody_who_is_logged_in_changes_nothing() -> None:
    strangers = [Occurrence(What.TAKEN, ("acme", "bob"), NOON), Occurrence(What.MISSED, ("other", "amel"), NOON)]
    assert after({AMEL: ROW}, COMPANIES, strangers, NOON) == {AMEL: ROW}


@pytest.mark.parametrize(
    ("state", "pause", "shown", "then"),
    [
        (AgentState.READY, "Auto-Pause", "", ""),
        (AgentState.INBOUND_CALL, "lunch", "", "lunch"),
        (AgentState.OUTBOUND_CALL, "wrapup", "", ""),
        (AgentState.INBOUND_CALL, "Auto-Pause", "", ""),
        (AgentState.WRAP_UP, "wrapup", "", ""),
        (AgentState.PAUSE, "Auto-Pause", "missed", ""),
        (AgentState.PAUSE, "lunch", "lunch", ""),
        (AgentState.WITHDRAWN, "training", "training", ""),
    ],
)
def test_the_reason_that_is_shown_is_that_of_the_pause_he_is_in_or_that_follows_the_call(
    state: AgentState, pause: str, shown: str, then: str
) -> None:
    agent = Agent(
        node="pbx1",
        name="acme-amel",
        interface="PJSIP/acme-amel",
        queues=("acme-billing",),
        state=state,
        since=NOON,
        pause_reason=pause,
    )
    assert (reason_shown(agent), next_shown(agent)) == (shown, then)
